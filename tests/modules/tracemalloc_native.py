"""tracemalloc: what is traced, and where it was allocated."""

import gc
import subprocess
import sys
import tracemalloc


def make(size):
    return b'x' * (size - sys.getsizeof(b''))


assert not tracemalloc.is_tracing()
assert tracemalloc.get_traced_memory() == (0, 0)
for wrong in 0, -1, 65536:
    try:
        tracemalloc.start(wrong)
    except ValueError as error:
        assert str(error) == 'the number of frames must be in range [1; 65535]'
    else:
        raise AssertionError

tracemalloc.start(5)
assert tracemalloc.is_tracing() and tracemalloc.get_traceback_limit() == 5
data = make(12345)
here = make.__code__.co_firstlineno + 1
traceback = tracemalloc.get_object_traceback(data)
assert traceback[-1] == tracemalloc.Frame((__file__, here)), traceback
assert any(trace[1] == 12345 for trace in tracemalloc._get_traces())

# The storage of containers and numbers counts.
for build in (lambda: [None] * 100_000, lambda: dict.fromkeys(range(10_000)), lambda: 'a' * 100_000,
              lambda: 1 << 800_000, lambda: set(range(10_000)), lambda: bytearray(100_000)):
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    kept = build()
    grown = tracemalloc.get_traced_memory()[0] - before
    assert grown > 90_000, (build, grown)
    del kept
    assert tracemalloc.get_traced_memory()[0] - before < 10_000

tracemalloc.reset_peak()
now, peak = tracemalloc.get_traced_memory()
assert 0 < now <= peak
old = tracemalloc.take_snapshot()
more = [make(1000) for _ in range(100)]
new = tracemalloc.take_snapshot()
best = new.compare_to(old, 'lineno')[0]
assert best.count_diff >= 100 and best.size_diff >= 100_000, best
tracemalloc.clear_traces()
assert tracemalloc.get_object_traceback(data) is None
tracemalloc.stop()
assert tracemalloc.get_traced_memory() == (0, 0) and tracemalloc._get_traces() == []

# From the start, by an option; a warning tells where the object came from.
code = 'import tracemalloc; print(tracemalloc.get_traceback_limit(), tracemalloc.is_tracing())'
output = subprocess.run([sys.executable, '-X', 'tracemalloc=7', '-c', code], capture_output=True, text=True)
assert output.stdout == '7 True\n', output
code = 'f = open(__import__("os").devnull)\nf = None\n'
output = subprocess.run([sys.executable, '-X', 'tracemalloc=2', '-W', 'always', '-c', code], capture_output=True, text=True)
assert 'Object allocated at (most recent call last):\n  File "<string>", lineno 1\n' in output.stderr, output.stderr
