# A time that has no room in the header is none.
<<<
            mtime = time.time()
        write32u(self.fileobj, int(mtime))
===
            mtime = time.time()
        write32u(self.fileobj, _header_time(mtime))
>>>
<<<
    header = struct.pack("<4sLBB", gzip_data, int(mtime), gzip_data[8], 255)
===
    header = struct.pack("<4sLBB", gzip_data, _header_time(mtime), gzip_data[8], 255)
>>>
<<<
def write32u(output, value):
===
def _header_time(mtime):
    return int(mtime) if 0 <= mtime < 1 << 32 else 0


def write32u(output, value):
>>>
