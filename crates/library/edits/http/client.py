# A server must not keep its client busy with interim responses or trailers for ever.
<<<
_MAXHEADERS = 100
===
_MAXHEADERS = 100
_MAXINTERIMRESPONSES = 100
>>>
<<<
        while True:
            version, status, reason = self._read_status()
===
        interim = 0
        while True:
            if interim == _MAXINTERIMRESPONSES:
                raise HTTPException(f"got more than {_MAXINTERIMRESPONSES} interim responses")
            interim += 1
            version, status, reason = self._read_status()
>>>
<<<
        ### note: we shouldn't have any trailers!
        while True:
===
        ### note: we shouldn't have any trailers!
        trailers = -1
        while True:
            trailers += 1
            if trailers > _MAXHEADERS:
                raise HTTPException(f"got more than {_MAXHEADERS} trailers")
>>>
# A tunnel's headers may be what has a text.
<<<
            value_bytes = value.encode("latin-1")
            if not _is_legal_header_name(header_bytes):
===
            value_bytes = str(value).encode("latin-1")
            if not _is_legal_header_name(header_bytes):
>>>
