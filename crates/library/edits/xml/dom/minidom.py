# Only XML's own white space counts as such.
<<<
    def _get_isWhitespaceInElementContent(self):
        if self.data.strip():
===
    def _get_isWhitespaceInElementContent(self):
        if self.data.strip(' \t\r\n'):
>>>
