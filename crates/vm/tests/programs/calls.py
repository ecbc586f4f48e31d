# Binding of arguments, and the words when they do not fit.
log = 0


def f(a, b=2, *args, c, d=4, **kwargs):
    return a, b, args, c, d, kwargs


assert f(1, c=3) == (1, 2, (), 3, 4, {})
assert f(1, 5, 6, 7, c=3, e=8) == (1, 5, (6, 7), 3, 4, {"e": 8})
assert f(*[1, 2], **{"c": 3}) == (1, 2, (), 3, 4, {})
assert f(b=1, a=0, c=2) == (0, 1, (), 2, 4, {})


def plain(a, b):
    return a - b


def posonly(a, /, b, *, c):
    return a, b, c


def message(call):
    try:
        call()
    except TypeError as error:
        return str(error)


assert message(lambda: plain()) == "plain() missing 2 required positional arguments: 'a' and 'b'"
assert message(lambda: plain(1)) == "plain() missing 1 required positional argument: 'b'"
assert message(lambda: plain(1, 2, 3)) == "plain() takes 2 positional arguments but 3 were given"
assert message(lambda: plain(1, a=2)) == "plain() got multiple values for argument 'a'"
assert message(lambda: plain(1, bb=2)) == "plain() got an unexpected keyword argument 'bb'. Did you mean 'b'?"
assert message(lambda: plain(1, zzzz=2)) == "plain() got an unexpected keyword argument 'zzzz'"
assert message(lambda: posonly(1, 2)) == "posonly() missing 1 required keyword-only argument: 'c'"
assert message(lambda: posonly(a=1, b=2, c=3)) == (
    "posonly() got some positional-only arguments passed as keyword arguments: 'a'"
)
assert message(lambda: posonly(1, 2, 3, c=4)) == (
    "posonly() takes 2 positional arguments but 3 positional arguments (and 1 keyword-only argument) were given"
)
assert message(lambda: plain(*1)) == "__main__.plain() argument after * must be an iterable, not int"
assert message(lambda: plain(**1)) == "__main__.plain() argument after ** must be a mapping, not int"
assert message(lambda: plain(**{"a": 1}, **{"a": 2})) == (
    "__main__.plain() got multiple values for keyword argument 'a'"
)
assert message(lambda: plain(**{1: 2})) == "keywords must be strings"
assert message(lambda: log()) == "'int' object is not callable"


# Defaults, closures, attributes of functions.
def counter():
    count = 0

    def step(by=1):
        nonlocal count
        count += by
        return count

    return step


step = counter()
assert (step(), step(5), step(by=2)) == (1, 6, 8)
assert step.__name__ == "step" and step.__qualname__ == "counter.<locals>.step"
assert step.__defaults__ == (1,) and step.__closure__[0].cell_contents == 8
step.__defaults__ = (100,)
assert step() == 108
plain.note = "x"
assert plain.note == "x" and plain.__dict__ == {"note": "x"}


def other(a, b):
    return a + b


plain.__code__ = other.__code__
assert plain(1, 2) == 3


def annotated(a: int, b: "text" = 1) -> str:
    pass


assert annotated.__annotations__ == {"a": int, "b": "text", "return": str}


# Deep recursion ends in an exception, and the machine goes on.
def deeper(n):
    return deeper(n + 1)


try:
    deeper(0)
except RecursionError as error:
    assert str(error) == "maximum recursion depth exceeded"
else:
    assert False


class Meta(type):
    def __call__(cls, *args):
        return ("made", cls.__name__, args)


class Made(metaclass=Meta):
    pass


assert Made(1) == ("made", "Made", (1,))


class Point:
    def __init__(self, x, y=0):
        self.x = x
        self.y = y

    def __call__(self, *args):
        return (self.x, self.y) + args


points = [Point(i) for i in range(3)]
assert [p(9) for p in points] == [(0, 0, 9), (1, 0, 9), (2, 0, 9)]
assert message(lambda: Point()) == "Point.__init__() missing 1 required positional argument: 'x'"


class Bad:
    def __init__(self):
        return 1


assert message(Bad) == "__init__() should return None, not 'int'"
bound = points[1].__call__
assert bound(5) == (1, 0, 5)


@Point
def decorated():
    pass


assert decorated.x.__name__ == "decorated" and decorated.y == 0
