# Some character sets are written in another one.
<<<
    cte, payload = _encode_text(string, charset, cte, msg.policy)
===
    charset = email.charset.Charset(charset).output_charset
    cte, payload = _encode_text(string, charset, cte, msg.policy)
>>>
<<<
    msg.set_param('charset',
                  email.charset.ALIASES.get(charset, charset),
                  replace=True)
===
    msg.set_param('charset', charset, replace=True)
>>>
