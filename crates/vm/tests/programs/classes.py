# Class statements, attributes and their caches, super, patterns.
class Base:
    kind = "base"

    def who(self):
        return "Base", self.kind

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def static(x):
        return x

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, new):
        self._value = new * 2


class Derived(Base):
    kind = "derived"

    def who(self):
        return ("Derived",) + super().who()


d = Derived.make()
assert d.who() == ("Derived", "Base", "derived") and d.static(3) == 3
d.value = 4
assert d.value == 8 and d.__dict__ == {"_value": 8}


def kind_of(x):
    return x.kind


# A warm cache sees every kind of change.
for _ in range(100):
    assert kind_of(d) == "derived"
d.kind = "own"
assert kind_of(d) == "own"
del d.kind
assert kind_of(d) == "derived"
Derived.kind = "changed"
assert kind_of(d) == "changed"
del Derived.kind
assert kind_of(d) == "base"
Base.kind = property(lambda self: "computed")
assert kind_of(d) == "computed"


class Slot:
    def __init__(self, a):
        self.a = a


def read(x):
    return x.a


def write(x, v):
    x.a = v


for i in range(50):
    s = Slot(i)
    write(s, i + 1)
    assert read(s) == i + 1
s.b = 1
assert read(s) == 50
Slot.a = property(lambda self: "property")
assert read(s) == "property"
try:
    write(s, 1)
except AttributeError as error:
    assert str(error) == "property '<lambda>' of 'Slot' object has no setter", error


class Slotted:
    __slots__ = ("x",)


t = Slotted()
try:
    t.x
except AttributeError:
    pass
t.x = 1
assert read.__code__.co_names == ("a",) and t.x == 1
try:
    t.y = 1
except AttributeError as error:
    assert str(error).startswith("'Slotted' object has no attribute 'y'")


class Meta(type):
    def __new__(meta, name, bases, namespace, **options):
        namespace["options"] = options
        return super().__new__(meta, name, bases, namespace)

    def __init__(cls, name, bases, namespace, **options):
        super().__init__(name, bases, namespace)

    @classmethod
    def __prepare__(meta, name, bases, **options):
        return {"prepared": name}


class Fancy(Base, metaclass=Meta, flag=True):
    def cell(self):
        return __class__


assert Fancy.options == {"flag": True} and Fancy.prepared == "Fancy" and Fancy().cell() is Fancy


class Entries:
    def __mro_entries__(self, bases):
        return (Base,)


class FromEntries(Entries()):
    pass


assert FromEntries.__bases__ == (Base,) and FromEntries.__orig_bases__[0].__class__ is Entries
try:

    class Conflict(Fancy, metaclass=type("Other", (type,), {})):
        pass

except TypeError as error:
    assert str(error).startswith("metaclass conflict")


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


def match(subject):
    match subject:
        case None | True:
            return "singleton"
        case 0:
            return "zero"
        case int(n) if n > 10:
            return "big", n
        case str() as text:
            return "text", text
        case [first, *rest, last]:
            return first, rest, last
        case {"key": value, **rest}:
            return value, rest
        case Point(0, y=y):
            return "axis", y
        case Point(x, y):
            return x, y
        case _:
            return "other"


assert match(None) == "singleton" and match(0) == "zero" and match(11) == ("big", 11)
assert match("t") == ("text", "t") and match([1, 2, 3]) == (1, [2], 3) and match((1, 2)) == (1, [], 2)
assert match({"key": 1, "z": 2}) == (1, {"z": 2}) and match({}) == "other"
assert match(Point(0, 5)) == ("axis", 5) and match(Point(1, 2)) == (1, 2) and match(2.5) == "other"
try:
    match Point(1, 2):
        case Point(1, 2, 3):
            pass
except TypeError as error:
    assert str(error) == "Point() accepts 2 positional sub-patterns (3 given)"

# Unpacking.
a, (b, *c), d = 1, [2, 3, 4], 5
assert (a, b, c, d) == (1, 2, [3, 4], 5)
for count, text in [
    ((1,), "not enough values to unpack (expected 2, got 1)"),
    ((1, 2, 3), "too many values to unpack (expected 2, got 3)"),
]:
    try:
        x, y = count
    except ValueError as error:
        assert str(error) == text
try:
    x, y = 1
except TypeError as error:
    assert str(error) == "cannot unpack non-iterable int object"

# Namespaces of frames.
def frame_locals(a):
    b = a + 1
    view = locals()
    c = 3
    return view


assert frame_locals(1) == {"a": 1, "b": 2}
comprehension = [(lambda: i)() for i in range(3)]
assert comprehension == [0, 1, 2] and "i" not in [k for k in frame_locals(1)]


# Globals that know what they lack.
class Missing(dict):
    def __missing__(self, key):
        return "missing " + key


def uses():
    return [some_name for _ in range(3)][-1]


assert type(uses)(uses.__code__, Missing(range=range))() == "missing some_name"
