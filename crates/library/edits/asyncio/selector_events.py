# A future that was cancelled meanwhile waits for nothing.
<<<
    def _sock_accept(self, fut, sock):
===
    def _sock_accept(self, fut, sock):
        if fut.done():
            return
>>>
# Empty pieces can never be sent.
<<<
        self._buffer.extend([memoryview(data) for data in list_of_data])
        self._write_ready()
===
        self._buffer.extend(memoryview(data) for data in list_of_data if data)
        if not self._buffer:
            return
        self._write_ready()
>>>
<<<
            self._write_ready = None
            if self._empty_waiter is not None:
===
            self._write_ready = None
            self._read_ready_cb = None
            if self._empty_waiter is not None:
>>>
# The connection is lost once, also if the protocol closes it on resuming.
<<<
                    self._empty_waiter.set_result(None)
                if self._closing:
                    self._call_connection_lost(None)
                elif self._eof:
                    self._sock.shutdown(socket.SHUT_WR)

    def _adjust_leftover_buffer(self, nbytes: int) -> None:
===
                    self._empty_waiter.set_result(None)
                self._finish_writing()

    def _finish_writing(self):
        if self._closing:
            if not self._conn_lost:
                self._conn_lost += 1
                self._call_connection_lost(None)
        elif self._eof:
            self._sock.shutdown(socket.SHUT_WR)

    def _adjust_leftover_buffer(self, nbytes: int) -> None:
>>>
<<<
                    self._empty_waiter.set_result(None)
                if self._closing:
                    self._call_connection_lost(None)
                elif self._eof:
                    self._sock.shutdown(socket.SHUT_WR)

    def write_eof(self):
===
                    self._empty_waiter.set_result(None)
                self._finish_writing()

    def write_eof(self):
>>>
