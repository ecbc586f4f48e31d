# The time of the next rollover is set even if this one fails or was done by another.
<<<
        currentTime = int(time.time())
        t = self.rolloverAt - self.interval
===
        currentTime = int(time.time())
        t = self.rolloverAt - self.interval
        self.rolloverAt = self.computeRollover(currentTime)
>>>
<<<
            self.stream = self._open()
        self.rolloverAt = self.computeRollover(currentTime)
===
            self.stream = self._open()
>>>
<<<
        self.reopenIfNeeded()
        logging.FileHandler.emit(self, record)
===
        try:
            self.reopenIfNeeded()
        except Exception:
            self.handleError(record)
            return
        logging.FileHandler.emit(self, record)
>>>
<<<
        self.socket = None
        self.createSocket()

    def _connect_unixsocket(self, address):
===
        self.socket = None
        try:
            self.createSocket()
        except socket.gaierror:
            pass  # The name may be known when something is to be sent.

    def _connect_unixsocket(self, address):
>>>
