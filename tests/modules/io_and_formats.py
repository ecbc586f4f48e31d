"""Streams under threads and signals; json's indentation; marshal from a stream; copies of zlib's objects."""

import copy
import io
import json
import marshal
import os
import pickle
import signal
import sys
import threading
import zlib


# A handler that raises ends a write that blocks, and what was written is not written again.
class Interrupted(Exception):
    pass


def interrupt(*_):
    raise Interrupted


signal.signal(signal.SIGALRM, interrupt)
for buffering in 0, -1:
    read_end, write_end = os.pipe()
    first = []
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    reader = threading.Thread(target=lambda: first.append(os.read(read_end, 1)), daemon=True)
    reader.start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    stream = open(write_end, 'wb', buffering=buffering, closefd=False)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        stream.write(b'xy' * 3_000_000)
    except Interrupted:
        pass
    else:
        raise AssertionError
    reader.join()
    assert first + [os.read(read_end, 1)] == [b'x', b'y']
    os.close(read_end)
    os.close(write_end)
    try:
        stream.close()
    except OSError:
        pass

# Threads wait for each other.
raw = io.BytesIO()
stream = io.BufferedWriter(raw, 16)
threads = [threading.Thread(target=lambda: [stream.write(b'0123456789') for _ in range(200)]) for _ in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
stream.flush()
assert raw.getvalue() == b'0123456789' * 1000

# What goes wrong when nobody closes is told.
told = []
sys.unraisablehook, hook = lambda problem: told.append((problem.exc_type, problem.err_msg)), sys.unraisablehook


class Broken(io.RawIOBase):
    def close(self):
        raise OSError


io.BufferedReader.__new__(io.BufferedReader)
Broken()
sys.unraisablehook = hook
assert told[-1][0] is OSError and told[-1][1].startswith('Exception ignored while finalizing file <'), told


# A subclass with a state of its own can be pickled.
class Kept(io.BufferedReader):
    def __getstate__(self):
        return self.raw.getvalue()

    def __setstate__(self, state):
        self.__init__(io.BytesIO(state))


for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    assert pickle.loads(pickle.dumps(Kept(io.BytesIO(b'data')), protocol)).read() == b'data'

# A failed second __init__ leaves nothing to use.
stream = io.TextIOWrapper(io.BytesIO(b'text'))
for use in lambda: stream.__init__(io.BytesIO(), newline='xyz'), stream.read:
    try:
        use()
    except ValueError:
        pass
    else:
        raise AssertionError

# json
text = json.dumps({'a': [1, {}, [], {'b': (2,)}]}, indent=1)
assert text == '{\n "a": [\n  1,\n  {},\n  [],\n  {\n   "b": [\n    2\n   ]\n  }\n ]\n}', text
assert json.dumps({(1, 2): 3, 'k': 1}, skipkeys=True, indent='\t') == '{\n\t"k": 1\n}'
assert json.dumps('\x7f\x80') == '"\\u007f\\u0080"'
first, second = json.loads('[{"\xe9": 1}, {"\xe9": 2}]')
assert list(first)[0] is list(second)[0]

# marshal takes from a stream what it needs, and no more.
stream = io.BytesIO(b''.join(map(marshal.dumps, (1.5, [1, 'a'], 2 ** 70))) + b'rest')
assert [marshal.load(stream) for _ in range(3)] == [1.5, [1, 'a'], 2 ** 70] and stream.read() == b'rest'
looped = slice([], None)
looped.start.append(looped)
try:
    marshal.dumps(looped)
except ValueError:
    pass
else:
    raise AssertionError

# zlib
data = bytes(range(256)) * 50
for duplicate in lambda stream: stream.copy(), copy.copy, copy.deepcopy:
    compressor = zlib.compressobj()
    head = compressor.compress(data)
    other = duplicate(compressor)
    assert zlib.decompress(head + compressor.compress(b'one') + compressor.flush()) == data + b'one'
    assert zlib.decompress(head + other.compress(b'two') + other.flush()) == data + b'two'
    packed = zlib.compress(data) + b'tail'
    decompressor = zlib.decompressobj()
    head = decompressor.decompress(packed[:40])
    other = duplicate(decompressor)
    assert head + decompressor.decompress(packed[40:]) == head + other.decompress(packed[40:]) == data
    assert duplicate(decompressor).unused_data == b'tail'
    decompressor.flush()
    for finished in compressor, decompressor:
        try:
            duplicate(finished)
        except ValueError as error:
            assert str(error) == 'Inconsistent stream state'
        else:
            raise AssertionError
