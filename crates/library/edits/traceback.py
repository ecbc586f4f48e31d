# An error's message may have no truth value.
<<<
        msg = self.msg or "<no detail available>"
===
        try:
            msg = self.msg or "<no detail available>"
        except TypeError:
            msg = self.msg
>>>
