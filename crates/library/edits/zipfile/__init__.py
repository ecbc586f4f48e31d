# What one read decompresses has a limit for every method.
<<<
    def decompress(self, data):
        if self._decomp is None:
===
    @property
    def needs_input(self):
        return self._decomp is None or self._decomp.needs_input

    def decompress(self, data, max_length=-1):
        if self._decomp is None:
>>>
<<<
        result = self._decomp.decompress(data)
===
        result = self._decomp.decompress(data, max_length)
>>>
<<<
        else:
            data = self._read2(n)

===
        elif self._compress_type == ZIP_STORED or self._decompressor_needs_input():
            data = self._read2(n)
        else:
            data = b''

>>>
<<<
            data = self._decompressor.decompress(data)
            self._eof = self._decompressor.eof or self._compress_left <= 0
===
            try:
                data = self._decompressor.decompress(data, max(n, self.MIN_READ_SIZE))
            except TypeError:
                # A decompressor that somebody added may know no limit.
                data = self._decompressor.decompress(data)
            self._eof = (self._decompressor.eof or
                         self._compress_left <= 0 and self._decompressor_needs_input())
>>>
<<<
    def _read1(self, n):
===
    def _decompressor_needs_input(self):
        return getattr(self._decompressor, 'needs_input', True)

    def _read1(self, n):
>>>
# Nothing is written beside an open writing handle, nor into a closed archive.
<<<
        with self._lock:
            if self._seekable:
                self.fp.seek(self.start_dir)
            zinfo.header_offset = self.fp.tell()  # Start of header bytes
            if zinfo.compress_type == ZIP_LZMA:
            # Compressed data includes an end-of-stream (EOS) marker
                zinfo.flag_bits |= _MASK_COMPRESS_OPTION_1

            self._writecheck(zinfo)
            self._didModify = True
===
        if not self.fp:
            raise ValueError("Attempt to write to ZIP archive that was already closed")
        if self._writing:
            raise ValueError("Can't write to ZIP archive while an open writing handle exists.")

        with self._lock:
            if self._seekable:
                self.fp.seek(self.start_dir)
            zinfo.header_offset = self.fp.tell()  # Start of header bytes
            if zinfo.compress_type == ZIP_LZMA:
            # Compressed data includes an end-of-stream (EOS) marker
                zinfo.flag_bits |= _MASK_COMPRESS_OPTION_1

            self._writecheck(zinfo)
            self._didModify = True
>>>
