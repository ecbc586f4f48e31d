# White space that is a delimiter ends the option's name.
<<<
        (?P<option>                        # very permissive!
            (?:(?!{delim})\S)*             # non-delimiter non-whitespace
            (?:\s+(?:(?!{delim})\S)+)*)    # optionally more words
        \s*(?P<vi>{delim})\s*              # any number of space/tab,
===
        (?P<option>                        # very permissive!
            (?:(?!{delim})\S)*             # a first word
            (?:(?:(?!{delim})\s)+(?:(?!{delim})\S)+)*)  # and more
        \s*(?P<vi>{delim})\s*              # any number of space/tab,
>>>
<<<
        (?P<option>                        # very permissive!
            (?:(?!{delim})\S)*             # non-delimiter non-whitespace
            (?:\s+(?:(?!{delim})\S)+)*)    # optionally more words
        \s*(?:                             # any number of space/tab,
===
        (?P<option>                        # very permissive!
            (?:(?!{delim})\S)*             # a first word
            (?:(?:(?!{delim})\s)+(?:(?!{delim})\S)+)*)  # and more
        \s*(?:                             # any number of space/tab,
>>>
