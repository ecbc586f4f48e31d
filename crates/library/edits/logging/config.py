# Who waits for a listener that failed must learn of it.
<<<
            server = self.rcvr(port=self.port, handler=self.hdlr,
                               ready=self.ready,
                               verify=self.verify)
===
            try:
                server = self.rcvr(port=self.port, handler=self.hdlr,
                                   ready=self.ready, verify=self.verify)
            except BaseException:
                self.ready.set()
                raise
>>>
