# After start_tls the reader pauses the new transport.
<<<
        loop = self._loop
        self._transport = transport
===
        loop = self._loop
        self._transport = transport
        if (reader := self._stream_reader) is not None:
            reader._transport = transport
>>>
# A callback that fails at once must not leave its connection open.
<<<
            res = self._client_connected_cb(reader, writer)
===
            try:
                res = self._client_connected_cb(reader, writer)
            except Exception as error:
                context = {'exception': error, 'transport': transport}
                context['message'] = 'Unhandled exception in client_connected_cb'
                self._loop.call_exception_handler(context)
                transport.close()
                self._strong_reader = None
                return
>>>
