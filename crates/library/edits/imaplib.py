# Capabilities that came with the answer to a command can still be read; those of the greeting are used up.
<<<
        self._refresh_capabilities()
        if __debug__:
            if self.debug >= 3:
===
        self._refresh_capabilities(keep=False)
        if __debug__:
            if self.debug >= 3:
>>>
<<<
    def _refresh_capabilities(self):
===
    def _refresh_capabilities(self, keep=True):
>>>
<<<
            dat = self.untagged_responses.pop('CAPABILITY')[-1]
===
            read = self.untagged_responses.get if keep else self.untagged_responses.pop
            dat = read('CAPABILITY')[-1]
>>>
