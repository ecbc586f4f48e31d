"""What dies with a frame dies in CPython's order, after the return, and sees a whole machine."""
import gc
import sys
import weakref


class Dying:
    ended = []

    def __init__(self, name, act=None):
        self.name, self.act = name, act

    def __del__(self):
        Dying.ended.append(self.name)
        if self.act:
            self.act()


def ended():
    names = list(Dying.ended)
    Dying.ended.clear()
    return names


def few():
    a, b, c = Dying(1, gc.collect), Dying(2), Dying(3, gc.collect)
    d, e = [Dying(4)], (Dying(5),)
    a.friend = weakref.ref(b)
    return 9


assert few() == 9 and ended() == [5, 4, 3, 2, 1]


def many():
    a, b, c, d, e = map(Dying, range(5))
    f, g, h, i, j = map(Dying, range(5, 10))
    k, l, m, n, o = map(Dying, range(10, 15))
    p, q, r, s, t = map(Dying, range(15, 20))


many()
assert ended() == list(range(20))[::-1]


def raising():
    a, b = Dying(1), Dying(2)
    raise KeyError


try:
    raising()
except KeyError:
    assert ended() == []
assert ended() == [2, 1]


def generator():
    a, b = Dying(1), Dying(2)
    yield


for _ in generator():
    pass
assert ended() == [2, 1]


class Returning:
    kept = []

    def __del__(self):
        Returning.kept.append(self)


def resurrected():
    a, b = Returning(), Returning()
    a.other, b.number = b, 1


resurrected()
assert len(Returning.kept) == 1 and Returning.kept[0].other.number == 1


class Failing:
    def __del__(self):
        raise ValueError


def failing():
    a, b = Failing(), Failing()
    return a is b


seen = []
sys.unraisablehook = lambda unraisable: seen.append(unraisable.exc_type)
assert failing() is False and seen == [ValueError] * 2
