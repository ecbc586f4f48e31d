"""Taking from both ends of dicts and ordered dicts, and walking backwards."""
from collections import OrderedDict


class Sub(OrderedDict):
    pass


for kind in (OrderedDict, Sub):
    od = kind.fromkeys(range(5), 1)
    assert list(reversed(od)) == [4, 3, 2, 1, 0]
    assert list(reversed(od.items()))[0] == (4, 1)
    assert od.popitem() == (4, 1) and od.popitem(last=False) == (0, 1)
    od.move_to_end(2)
    od.move_to_end(3, last=False)
    assert list(od) == [3, 1, 2] and list(reversed(od)) == [2, 1, 3]
    del od[2]
    assert next(reversed(od)) == 1
    # Taking all from the end needs no search.
    big = kind.fromkeys(range(20_000))
    while big:
        big.popitem()

d = dict.fromkeys(range(6))
del d[5], d[4]
assert d.popitem() == (3, None) and list(reversed(d)) == [2, 1, 0]
d[7] = 7
assert list(reversed(d)) == [7, 2, 1, 0] and d.popitem() == (7, 7)
del d[0], d[1], d[2]
assert list(reversed(d)) == [] and not d
try:
    d.popitem()
except KeyError:
    pass
else:
    raise AssertionError("popitem of an empty dict")
