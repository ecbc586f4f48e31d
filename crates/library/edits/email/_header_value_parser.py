# A word may stand deeper in what is folded.
<<<
    def fold(self, *, policy):
        return _refold_parse_tree(self, policy=policy)

    def pprint(self, indent=''):
===
    def _has_token_type(self, wanted):
        return self.token_type == wanted or any(part._has_token_type(wanted) for part in self)

    def fold(self, *, policy):
        return _refold_parse_tree(self, policy=policy)

    def pprint(self, indent=''):
>>>
<<<
    def __getnewargs__(self):
        return(str(self), self.token_type)
===
    def _has_token_type(self, wanted):
        return self.token_type == wanted

    def __getnewargs__(self):
        return(str(self), self.token_type)
>>>
<<<
            if part.token_type in ('ptext', 'vtext'):
===
            if part.token_type == 'ptext' or part._has_token_type('vtext'):
>>>
