# compression.zstd: frames, pieces, dictionaries, parameters.
from compression import zstd
from compression.zstd import CompressionParameter, ZstdCompressor, ZstdDecompressor, ZstdDict, ZstdError

data = b'Zstandard is lossless. ' * 4000
packed = zstd.compress(data, level=10)
assert len(packed) < 200 and zstd.decompress(packed + packed) == data + data
assert zstd.get_frame_size(packed) == len(packed)
assert zstd.get_frame_info(packed).decompressed_size == len(data)

compressor = ZstdCompressor(options={CompressionParameter.checksum_flag: 1, CompressionParameter.nb_workers: 1})
pieces = [compressor.compress(data[at:at + 5000]) for at in range(0, len(data), 5000)]
assert compressor.last_mode == ZstdCompressor.CONTINUE
pieces.append(compressor.flush())
decompressor = ZstdDecompressor()
first = decompressor.decompress(b''.join(pieces) + b'rest', max_length=100)
assert len(first) == 100 and not decompressor.needs_input
assert first + decompressor.decompress(b'') == data
assert decompressor.eof and decompressor.unused_data == b'rest'

samples = [b'{"name": "%d", "kind": "sample"}' % n for n in range(2000)]
trained = zstd.train_dict(samples, 2000)
assert trained.dict_id and len(trained) <= 2000
for form in (trained, trained.as_digested_dict, trained.as_undigested_dict):
    assert zstd.decompress(zstd.compress(samples[7], zstd_dict=form), zstd_dict=trained) == samples[7]
prefixed = zstd.compress(samples[7], zstd_dict=trained.as_prefix)
assert zstd.decompress(prefixed, zstd_dict=trained.as_prefix) == samples[7]

for call, error in (
    (lambda: zstd.compress(b'', level=100), ValueError),
    (lambda: zstd.decompress(b'no frame'), ZstdError),
    (lambda: ZstdDict(b'12345678'), ValueError),
    (lambda: ZstdCompressor(options={12345: 1}), ValueError),
    (lambda: ZstdCompressor(zstd_dict=3), TypeError),
):
    try:
        call()
    except error:
        continue
    assert False
