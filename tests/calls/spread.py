"""Calls with spread arguments, through each kind of callable that has a way of its own."""


def message(call):
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def take(*args, **kwargs):
    return args, kwargs


def given(a, b=2, *, c=3):
    return a, b, c


assert take(*(1, 2), **{"x": 1}) == ((1, 2), {"x": 1})
assert take(*[1, 2]) == take(*iter([1, 2]), **{}) == ((1, 2), {})
assert given(*(1,), **{"c": 5}) == (1, 2, 5)
assert len(take(*range(30))[0]) == 30
assert take(**{str(i): i for i in range(20)})[1]["7"] == 7

assert message(lambda: given(*())) == "TypeError: given() missing 1 required positional argument: 'a'"
assert message(lambda: given(*(1, 2, 3))).endswith("takes from 1 to 2 positional arguments but 3 were given")
assert message(lambda: given(*(1,), **{"a": 1})).endswith("got multiple values for argument 'a'")
assert message(lambda: given(*(1,), **{"z": 1})).endswith("got an unexpected keyword argument 'z'")
assert message(lambda: take(*(1,), **{1: 1})) == "TypeError: keywords must be strings"
assert message(lambda: given(*1)) == "TypeError: __main__.given() argument after * must be an iterable, not int"

# The caller's own tuple, list and dict stay what they are.
positional, named = [1], {"c": 2}
given(*positional, **named)
take(*positional, **named)[1]["d"] = 1
assert positional == [1] and named == {"c": 2}


class Text(str):
    pass


assert take(**{Text("x"): 1}) == ((), {"x": 1})
assert given(1, **{Text("c"): 9}) == (1, 2, 9)


class Plain:
    def __init__(self, x, y=1, *rest, **more):
        self.all = x, y, rest, more

    def method(self, *args, **kwargs):
        return self.all, args, kwargs

    def __call__(self, *args, **kwargs):
        return "called", args, kwargs

    @classmethod
    def of_class(cls, *args):
        return cls.__name__, args


plain = Plain(*(1,), **{"z": 3})
assert plain.all == (1, 1, (), {"z": 3})
assert plain.method(*(1, 2), **{"q": 1})[1:] == ((1, 2), {"q": 1})
bound = plain.method
assert bound(*(1,))[1] == (1,) and bound(**{"k": 2})[2] == bound(k=2)[2] == {"k": 2}
assert plain(*(1, 2), **{"q": 1}) == ("called", (1, 2), {"q": 1})
assert plain(1, q=2) == ("called", (1,), {"q": 2})
assert Plain.of_class(*(1, 2)) == ("Plain", (1, 2))
assert message(lambda: Plain(*())) == "TypeError: Plain.__init__() missing 1 required positional argument: 'x'"


class Wrong:
    def __init__(self):
        return 1


assert message(lambda: Wrong(*())) == "TypeError: __init__() should return None, not 'int'"


class Calling(type):
    def __call__(cls, *args, **kwargs):
        return "metaclass", args, kwargs


class Called(metaclass=Calling):
    pass


class Named(type):
    pass


class Inheriting(metaclass=Named):
    def __init__(self, *args, **kwargs):
        self.given = args, kwargs


assert Called(*(1,), **{"x": 2}) == ("metaclass", (1,), {"x": 2})
for _ in range(20):
    assert Inheriting(1, x=2).given == Inheriting(*(1,), **{"x": 2}).given == ((1,), {"x": 2})
    assert Inheriting(1).given == ((1,), {})

from abc import ABC, abstractmethod


class Abstract(ABC):
    def __init__(self, x):
        self.x = x

    @abstractmethod
    def f(self): ...


class Concrete(Abstract):
    def f(self): ...


for _ in range(20):
    assert Concrete(1).x == 1
    assert "abstract" in message(lambda: Abstract(1))
Concrete.__abstractmethods__ = frozenset({"f"})
assert "abstract" in message(lambda: Concrete(1))
Concrete.__abstractmethods__ = frozenset()
assert Concrete(2).x == 2


def endless(*args):
    return endless(*args)


assert message(lambda: endless(1)).startswith("RecursionError")
assert message(lambda: len(*(1, 2))) == "TypeError: len() takes exactly one argument (2 given)"
assert message(lambda: len(**{"a": 1})) == "TypeError: len() takes no keyword arguments"

# A dict made from another one does not share its table.
full = dict.fromkeys(range(100))
for key in range(50):
    del full[key]
copy = {**full}
copy["more"] = 1
assert list(copy) == [*range(50, 100), "more"] and 10 not in copy and 60 in copy and len(full) == 50
