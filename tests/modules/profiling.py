# cProfile: counts, callers, native functions, and a timer of one's own.
import _lsprof
import cProfile
import pstats


def leaf(n):
    return len([n])


def tree(n):
    return leaf(n) if n == 0 else tree(n - 1) + tree(n - 1)


profile = cProfile.Profile()
assert profile.runcall(tree, 3) == 8
profile.create_stats()
rows = {name: row for (_, _, name), row in profile.stats.items()}
assert rows['tree'][:2] == (1, 15), rows['tree']
assert rows['leaf'][:2] == (8, 8)
assert rows['<built-in method builtins.len>'][1] == 8
assert [name for _, _, name in rows['leaf'][4]] == ['tree']
assert pstats.Stats(profile).total_calls >= 31

ticks = iter(range(1000))
counted = _lsprof.Profiler(lambda: next(ticks), 0.5, builtins=False)
counted.enable(builtins=False)
leaf(1)
counted.disable()
[entry] = [entry for entry in counted.getstats() if getattr(entry.code, 'co_name', '') == 'leaf']
assert (entry.callcount, entry.reccallcount, entry.totaltime, entry.calls) == (1, 0, 0.5, None), entry

counted.enable()
try:
    profile.enable()
except ValueError as error:
    assert str(error) == 'tool 2 is already in use'
else:
    assert False
counted.disable()
counted.clear()
assert counted.getstats() == []
