"""Functions that take any number of arguments get each where it belongs."""


def message(call):
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def full(a, b=2, *rest, c, d=4, **more):
    return a, b, rest, c, d, more


assert full(1, c=3) == (1, 2, (), 3, 4, {})
assert full(1, 2, 3, 4, c=5) == (1, 2, (3, 4), 5, 4, {})
assert full(1, c=3, z=9) == (1, 2, (), 3, 4, {"z": 9})
assert full(1, 2, d=1, c=2) == (1, 2, (), 2, 1, {})
assert message(lambda: full(1)) == "TypeError: full() missing 1 required keyword-only argument: 'c'"
assert message(lambda: full(c=1)) == "TypeError: full() missing 1 required positional argument: 'a'"
assert message(lambda: full(1, a=2, c=3)) == "TypeError: full() got multiple values for argument 'a'"


def positional(a, b, /, c=3, *rest, **more):
    return a, b, c, rest, more


assert positional(1, 2, 4, 5) == (1, 2, 4, (5,), {})
assert positional(1, 2, a=3) == (1, 2, 3, (), {"a": 3})
assert message(lambda: positional(1, b=2)).startswith("TypeError: positional() missing 1 required positional argument")
assert message(lambda: positional(1, 2, 3, c=4)) == "TypeError: positional() got multiple values for argument 'c'"


def named_only(*args, x=1):
    return args, x


assert named_only(1, 2) == ((1, 2), 1) and named_only(1, x=3) == ((1,), 3)
assert message(lambda: named_only(y=2)).startswith("TypeError: named_only() got an unexpected keyword argument 'y'")


def closing(*args, **kwargs):
    return lambda: (args, kwargs)


assert closing(1, x=2)() == ((1,), {"x": 2}) and closing()() == ((), {})


def generating(self, *args):
    yield from args


async def awaited(*args, **kwargs):
    return args, kwargs


assert list(generating(0, 1, 2)) == [1, 2]
try:
    awaited(1, 2).send(None)
except StopIteration as stop:
    assert stop.value == ((1, 2), {})

# An argument dies with the function's own name for it: the caller keeps no other reference.
events = []


class Dying:
    def __del__(self):
        events.append("died")


def forget(*args):
    del args
    events.append("inside")


forget(Dying())
assert events == ["died", "inside"]

# What an instance itself says of its state is asked, of its reduction not.
import copy


class Stateful:
    pass


own = Stateful()
own.__getstate__ = lambda: {"x": 7}
assert vars(copy.copy(own)) == {"x": 7}
own = Stateful()
own.__reduce__ = lambda: "a name"
assert type(copy.copy(own)) is Stateful
