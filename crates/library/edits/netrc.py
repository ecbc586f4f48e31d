# The end of the file is None; "" is an empty token in quotes.
<<<
        token = ""
        fiter = iter(self._read_char, "")
        for ch in fiter:
            if ch in self.whitespace:
                continue
===
        token = None
        fiter = iter(self._read_char, "")
        for ch in fiter:
            if ch in self.whitespace:
                continue
            token = ""
>>>
<<<
            if not tt:
                break
            elif tt[0] == '#':
===
            if tt is None:
                break
            elif tt[:1] == '#':
>>>
<<<
                if tt.startswith('#'):
                    if lexer.lineno == prev_lineno:
===
                if tt and tt[0] == '#':
                    if lexer.lineno == prev_lineno:
>>>
<<<
                if tt in {'', 'machine', 'default', 'macdef'}:
===
                if tt is None or tt in ('machine', 'default', 'macdef'):
>>>
<<<
                    login = lexer.get_token()
===
                    login = lexer.get_token() or ''
>>>
<<<
                    account = lexer.get_token()
===
                    account = lexer.get_token() or ''
>>>
<<<
                    password = lexer.get_token()
===
                    password = lexer.get_token() or ''
>>>
