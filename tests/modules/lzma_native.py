"""`lzma`: the formats, filters, checks, streams piece by piece, and what is refused."""

import lzma
import _lzma


def raises(kind, text, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        assert str(error) == text, str(error)
        return
    raise AssertionError(f"{kind} was not raised")


text = b"the quick brown fox jumps over the lazy dog. " * 3000
delta = [{"id": lzma.FILTER_DELTA, "dist": 4}, {"id": lzma.FILTER_LZMA2, "preset": 3}]
branch = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "lc": 2, "lp": 1, "pb": 1, "dict_size": 1 << 16}]
for options in (
    {}, {"preset": 0}, {"preset": 9 | lzma.PRESET_EXTREME}, {"check": lzma.CHECK_SHA256}, {"check": lzma.CHECK_NONE},
    {"format": lzma.FORMAT_ALONE}, {"filters": delta}, {"filters": branch},
):
    packed = lzma.compress(text, **options)
    assert lzma.decompress(packed) == text and len(packed) < 2000, options
raw = lzma.compress(text, lzma.FORMAT_RAW, filters=delta)
assert lzma.decompress(raw, lzma.FORMAT_RAW, filters=delta) == text
assert lzma.compress(b"a" * 100, lzma.FORMAT_RAW, filters=delta) == b"\xe0\x00c\x00\t]\x000\xe8|7R\x98\x00\x00\x00\x00"
assert lzma.decompress(lzma.compress(b"one") + lzma.compress(b"two")) == b"onetwo"

packed = lzma.compress(text)
stream = lzma.LZMADecompressor()
assert stream.check == lzma.CHECK_UNKNOWN
pieces = [stream.decompress(packed[i : i + 1]) for i in range(20)]
assert stream.check == lzma.CHECK_CRC64 and stream.needs_input
pieces.append(stream.decompress(packed[20:] + b"tail", 1000))
while not stream.eof:
    assert not stream.needs_input
    pieces.append(stream.decompress(b"", 10_000))
assert b"".join(pieces) == text and stream.unused_data == b"tail"
raises(EOFError, "Already at end of stream", stream.decompress, b"")

encode, decode = _lzma._encode_filter_properties, _lzma._decode_filter_properties
assert encode({"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}) == b"\x10"
assert encode({"id": lzma.FILTER_LZMA1}) == b"]\0\0\x80\0" and encode({"id": lzma.FILTER_DELTA, "dist": 4}) == b"\3"
assert decode(lzma.FILTER_LZMA1, b"]\0\0\x80\0") == {"id": lzma.FILTER_LZMA1, "lc": 3, "lp": 0, "pb": 2, "dict_size": 1 << 23}
assert decode(lzma.FILTER_LZMA2, b"\x10") == {"id": 33, "dict_size": 1 << 20}

raises(lzma.LZMAError, "Input format not supported by decoder", lzma.LZMADecompressor().decompress, b"abcdefgh")
raises(lzma.LZMAError, "Memory usage limit exceeded", lzma.LZMADecompressor(memlimit=1).decompress, packed)
raises(lzma.LZMAError, "Corrupt input data", lzma.decompress, packed[:50] + b"?" * 30 + packed[80:])
raises(lzma.LZMAError, "Invalid or unsupported options", lzma.LZMACompressor, preset=10)
raises(lzma.LZMAError, "Unsupported integrity check", lzma.LZMACompressor, check=9)
raises(ValueError, "Must specify filters for FORMAT_RAW", lzma.LZMACompressor, lzma.FORMAT_RAW)
raises(ValueError, "Invalid filter ID: 99", lzma.LZMACompressor, filters=[{"id": 99}])
raises(ValueError, 'Filter specifier must have an "id" entry', lzma.LZMACompressor, filters=[{}])
raises(ValueError, "Cannot specify both preset and filter chain", lzma.LZMACompressor, preset=1, filters=delta)
