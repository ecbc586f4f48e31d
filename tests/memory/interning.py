"""Interned strings live as long as something refers to them; names that came and went are told apart."""
import gc
import sys


def intern_many(count):
    for number in range(count):
        sys.intern(f"a text of its own {number}")


def blocks():
    gc.collect()
    return sys.getallocatedblocks()


intern_many(10)
before = blocks()
intern_many(5000)
assert blocks() - before < 200

kept = sys.intern("a text of its " + "own that is kept")
assert sys.intern("a text of its own " + "that is kept") is kept


class Asked:
    pass


asked = Asked()
for number in range(3000):
    name = f"attribute_{number}"
    assert not hasattr(asked, name) and not hasattr(Asked, name)
    setattr(Asked, name, number)
    assert getattr(asked, name) == number
    delattr(Asked, name)
    assert getattr(asked, name, None) is None
