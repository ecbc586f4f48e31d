"""Attributes of each kind, at sites that have seen others."""


class Thing:
    kind = "thing"

    def __init__(self, n):
        self.n = n

    def method(self):
        return "method", self.n

    @classmethod
    def made(cls):
        return cls.__name__

    @staticmethod
    def fixed():
        return "fixed"

    @property
    def half(self):
        return self.n / 2


class Child(Thing):
    pass


def look(object):
    return object.n, object.kind, object.method(), object.made(), object.fixed(), object.half, object.__class__


def expect(n, cls):
    return n, "thing", ("method", n), cls.__name__, "fixed", n / 2, cls


plain, child, dicted = Thing(1), Child(2), Thing(3)
assert dicted.__dict__ == {"n": 3}
for _ in range(60):
    assert look(plain) == expect(1, Thing)
    assert look(child) == expect(2, Child)
    assert look(dicted) == expect(3, Thing)
for _ in range(30):
    assert look(dicted) == expect(3, Thing)


def stays_true():
    other = Thing(4)
    vars(other)["late"] = 1
    for _ in range(40):
        assert look(other) == expect(4, Thing) and other.late == 1
    other.method = lambda: "own"
    assert other.method() == "own"
    other.__dict__["kind"] = "own kind"
    assert other.kind == "own kind"
    del other.method
    assert other.method() == ("method", 4)
    del other.late
    try:
        other.late
    except AttributeError:
        pass
    else:
        raise AssertionError
    other.__dict__ = {"n": 5}
    assert look(other) == expect(5, Thing)
    other.__dict__[7] = "no name"
    assert look(other) == expect(5, Thing)
    Thing.late = property(lambda self: "computed")
    vars(other)["late"] = "hidden"
    for _ in range(40):
        assert other.late == "computed"
    del Thing.late
    assert other.late == "hidden"


stays_true()


def on_class(cls):
    return cls.made(), cls.fixed(), cls.kind, cls.__name__, cls.method


for cls in (Thing, Child) * 30:
    assert on_class(cls) == (cls.__name__, "fixed", "thing", cls.__name__, Thing.method)
Child.made = staticmethod(lambda: "static now")
assert on_class(Child)[0] == "static now" and child.made() == "static now"
assert on_class(Thing)[0] == "Thing"
del Child.made
assert on_class(Child)[0] == "Child"


def bound_native(container, item):
    add = container.append
    add(item)
    add(item)
    return container


for _ in range(40):
    assert bound_native([], 1) == [1, 1] and bound_native(bytearray(), 1) == b"\1\1"


class Strange:
    """A descriptor that becomes another kind."""

    def __get__(self, instance, owner):
        return "got"


class Holder:
    value = Strange()


holder = Holder()
for _ in range(40):
    assert holder.value == "got"
del Strange.__get__
assert isinstance(holder.value, Strange)
Strange.__get__ = lambda self, instance, owner: "again"
Strange.__set__ = lambda self, instance, value: None
holder.__dict__["value"] = "hidden"
assert holder.value == "again"


def told(error):
    return error.args, error.__traceback__ is None, error.__cause__


for _ in range(30):
    assert told(ValueError(1, 2)) == ((1, 2), True, None)
assert told(KeyError("x")) == (("x",), True, None)


# Awaiting.
async def inner(n):
    return n


async def outer():
    total = 0
    for n in range(20):
        total += await inner(n)
    pending = inner(1)
    assert await pending == 1
    try:
        await pending
    except RuntimeError as error:
        assert "already awaited" in str(error)
    else:
        raise AssertionError
    return total


try:
    outer().send(None)
except StopIteration as stop:
    assert stop.value == 190
