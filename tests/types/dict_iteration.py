"""What happens to a dict while it is walked, and how often keys are hashed and compared."""
from collections import defaultdict


def deleted_and_added_again():
    for view in (iter, dict.values, dict.items):
        d = {0: 0}
        try:
            for _ in view(d):
                del d[0]
                d[0] = 0
        except RuntimeError as e:
            assert str(e) == "dictionary keys changed during iteration"
        else:
            raise AssertionError("not noticed")


def small_queue_stays_small():
    d = {}
    for i in range(100_000):
        d[i] = i
        del d[i]
    assert d.__sizeof__() < 1000 and not d


def reversed_after_clear():
    d = dict.fromkeys("abc")
    walk = reversed(d)
    next(walk)
    d.clear()
    d.update(x=1, y=2, z=3)
    assert list(walk) in ([], ["y", "x"])


class Counted:
    hashed = compared = 0

    def __hash__(self):
        Counted.hashed += 1
        return 7

    def __eq__(self, other):
        Counted.compared += 1
        return self is other


def setdefault_looks_once():
    d = {Counted(): 0}
    Counted.hashed = Counted.compared = 0
    d.setdefault(Counted(), [])
    assert (Counted.hashed, Counted.compared) == (1, 1)


def known_hashes_are_used():
    keys = {Counted(): 1}
    Counted.hashed = 0
    dict.fromkeys(keys)
    dict.fromkeys(set(keys))
    assert Counted.hashed == 0


def factory_may_set_the_key():
    def make():
        d.setdefault("key", "first")
        return "second"

    d = defaultdict(make)
    assert d["key"] == "first" and d == {"key": "first"}


deleted_and_added_again()
small_queue_stays_small()
reversed_after_clear()
setdefault_looks_once()
known_hashes_are_used()
factory_may_set_the_key()
