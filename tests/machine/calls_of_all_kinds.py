"""Each call site is used often enough to be specialised, then with other callables."""


def repeated(action, times=40):
    return [action() for _ in range(times)][-1]


def defaults(a, b=2, /, c=3, *, d=4, e=5):
    return a, b, c, d, e


assert repeated(lambda: defaults(1)) == (1, 2, 3, 4, 5)
assert repeated(lambda: defaults(1, 7)) == (1, 7, 3, 4, 5)
assert repeated(lambda: defaults(1, c=8, e=9, d=0)) == (1, 2, 8, 0, 9)
for bad in (
    lambda: defaults(),
    lambda: defaults(1, 2, 3, 4),
    lambda: defaults(1, c=1, b=2),
    lambda: defaults(1, 2, 3, c=4),
    lambda: defaults(1, f=4),
):
    for _ in range(20):
        try:
            bad()
        except TypeError:
            continue
        raise AssertionError


def required(a, *, k):
    return a, k


name = "".join(["", "k"])
assert repeated(lambda: required(1, k=2)) == (1, 2)
assert repeated(lambda: required(1, **{name: 2})) == (1, 2)
required.__kwdefaults__ = {"k": 5}
assert repeated(lambda: required(1)) == (1, 5)
defaults.__defaults__ = (6,)
assert repeated(lambda: defaults(1, 2)) == (1, 2, 6, 4, 5)


class Point:
    def __init__(self, x, y=0):
        self.x, self.y = x, y


class Odd:
    def __init__(self):
        return 1


def make(cls, *args):
    return cls(*args)


for cls in (Point, list, Point, dict, Point):
    for _ in range(30):
        one = cls()if cls is not Point else cls(3, 4)
        assert type(one) is cls
        named = Point(x=1, y=2)
        assert (named.x, named.y) == (1, 2) and Point(x=5).y == 0
for _ in range(30):
    try:
        Odd()
    except TypeError as error:
        assert "__init__() should return None, not 'int'" in str(error)
    else:
        raise AssertionError

Point.__init__ = lambda self, *rest: setattr(self, "rest", rest)
assert repeated(lambda: Point(1, 2)).rest == (1, 2)


class Listed(list):
    def append(self, item):
        super().append((item,))


for items, expected in (([], [0, 1]), (Listed(), [(0,), (1,)]), (bytearray(), bytearray([0, 1]))):
    for n in range(2):
        items.append(n)
    assert items == expected, items
many = []
for n in range(1000):
    assert many.append(n) is None
    many.append(n)
assert len(many) == 2000

for value, expected in ([1, 2], 2), ("abc", 3), ({}, 0), (b"", 0):
    for _ in range(20):
        assert len(value) == expected
        assert value.__len__() == expected
for _ in range(20):
    try:
        len(3)
    except TypeError:
        pass
    else:
        raise AssertionError


# Unpacking straight to locals.
class Tell:
    def __init__(self, log, name):
        self.log, self.name = log, name

    def __del__(self):
        self.log.append(self.name)


def unpack(items):
    a, b, c = items
    return c, b, a


assert repeated(lambda: unpack((1, 2, 3))) == (3, 2, 1)
assert unpack([1, 2, 3]) == unpack(iter([1, 2, 3])) == unpack({1: 0, 2: 0, 3: 0}) == (3, 2, 1)
for wrong in (1, 2), (1, 2, 3, 4), [1], 5:
    try:
        unpack(wrong)
    except (ValueError, TypeError):
        continue
    raise AssertionError


def rebind():
    log = []
    a, b = Tell(log, "a"), Tell(log, "b")
    a, b = b, a
    pair = 1, 2
    a, b = pair
    return log


assert repeated(rebind) == ["b", "a"]


def same_name():
    a, a, b, b = 1, 2, 3, 4
    items = (5, 6, 7)
    a, a, b = items
    return a, b


assert same_name() == (6, 7)


# Slices that exchange their items.
def exchange():
    a, b = list(range(6)), [7, 8]
    a[1:3] = b
    a[3:5] = [9, 10]
    a[:2] = a[1::-1]
    return a, b


assert repeated(exchange) == ([7, 0, 8, 9, 10, 5], [7, 8])

# Membership.
nan = float("nan")
assert 3 in [1, 2, 3] and 4 not in (1, 2.0, 3) and 2 in (1, 2.0) and True in [1] and 1 in (True,)
assert "a" in ["b", "a"] and "c" not in ("a", 1) and nan in [nan] and nan not in [float("nan")]


# Hashes of tuples, kept.
class Hashed:
    calls = 0

    def __hash__(self):
        Hashed.calls += 1
        return 7


key = (Hashed(), -1, 2**61 - 1, "x")
assert hash(key) == hash(key) and Hashed.calls in (1, 2)
assert hash(-1) == hash(-2) == -2 and hash(2**61 - 1) == 0 and hash(2**61 - 2) == 2**61 - 2 and hash(-(2**61)) == -2
for pair in enumerate("abc"):
    assert hash(pair) == hash((pair[0], pair[1]))
    del pair


# Generators in for loops that see other iterators, too.
def count(n):
    for i in range(n):
        yield i


def total(items):
    result = 0
    for item in items:
        result += item
    return result


for items in (count(5), [0, 1, 2, 3, 4], count(5), (i for i in range(5)), iter(range(5)), count(5)):
    assert total(items) == 10
spent = count(3)
assert total(spent) == 3 and total(spent) == 0 and list(spent) == []
