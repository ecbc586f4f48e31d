# A file that cannot be opened is an error of the handler, as one that cannot be written.
<<<
            if self.mode != 'w' or not self._closed:
                self.stream = self._open()
        if self.stream:
===
            if self.mode != 'w' or not self._closed:
                try:
                    self.stream = self._open()
                except Exception:
                    self.handleError(record)
                    return
        if self.stream:
>>>
<<<
            if hdlr in self.handlers:
                self.handlers.remove(hdlr)

    def hasHandlers(self):
===
            if hdlr in self.handlers:
                # A list of its own: the old one may be walked at this moment.
                self.handlers = self.handlers[:]
                self.handlers.remove(hdlr)

    def hasHandlers(self):
>>>
