"""Calls that defaults complete, in loops long enough to be specialised, while the defaults change."""


def three(a, b=2, c=()):
    return a, b, c


def keyword_only(a, b=2, *, c=3):
    return a, b, c


class Callable:
    def __call__(self, a, *rest):
        return a, rest


def one():
    return three(1)


def two():
    return three(1, 5)


callable_instance = Callable()
for _ in range(40):
    assert one() == (1, 2, ()) and two() == (1, 5, ()) and three(1, 5, 6) == (1, 5, 6)
    assert keyword_only(1) == (1, 2, 3) and keyword_only(1, 4) == (1, 4, 3)
    assert callable_instance(1) == (1, ()) and callable_instance(1, 2) == (1, (2,))

three.__defaults__ = (7,)
for _ in range(40):
    assert two() == (1, 5, 7)
    try:
        one()
    except TypeError as error:
        assert str(error) == "three() missing 1 required positional argument: 'b'"
    else:
        raise AssertionError

three.__defaults__ = (1, 2, 3)
assert one() == (1, 2, 3)
three.__defaults__ = None
try:
    two()
except TypeError as error:
    assert str(error) == "three() missing 1 required positional argument: 'c'"
else:
    raise AssertionError
