"""What instructions remember of attributes must hold only as long as it is true."""


class Base:
    shared = "base"

    def method(self):
        return "base method"


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self):
        self.x = 1


def load(object):
    return object.shared


def call(object):
    return object.method()


def many_shapes():
    kinds = [type(f"Kind{n}", (Base,), {}) for n in range(7)]
    objects = [kind() for kind in kinds]
    for turn in range(100):
        for n, object in enumerate(objects):
            object.number = n + turn
            assert object.number == n + turn and load(object) == "base" and call(object) == "base method"


def class_changes():
    class Child(Base):
        pass

    child = Child()
    for _ in range(50):
        assert load(child) == "base" and call(child) == "base method"
    Base.shared = "changed"
    assert load(child) == "changed"
    Child.shared = "child"
    assert load(child) == "child"
    child.shared = "own"
    assert load(child) == "own"
    del child.shared
    Child.shared = property(lambda self: "computed")
    for _ in range(20):
        assert load(child) == "computed"
    Child.shared = property(lambda self: "anew")
    assert load(child) == "anew"
    del Child.shared
    Base.shared = "base"
    assert load(child) == "base"
    child.method = lambda: "own method"
    assert call(child) == "own method"
    Child.__getattribute__ = lambda self, name: lambda: "hooked"
    assert call(child) == "hooked"
    del Child.__getattribute__
    assert call(child) == "own method"


def metaclass_attributes():
    class Meta(type):
        pass

    class Made(metaclass=Meta):
        shared = 1

        @classmethod
        def made(cls):
            return cls

        @staticmethod
        def alone():
            return "alone"

    for _ in range(20):
        assert load(Made) == 1 and Made.made() is Made and Made.alone() == "alone"
    Meta.shared = property(lambda cls: "from the metaclass")
    assert load(Made) == "from the metaclass"
    del Meta.shared
    Made.shared = 2
    assert load(Made) == 2


def members():
    def get(object):
        return object.y

    slotted = Slotted()
    for n in range(20):
        slotted.y = n
        assert get(slotted) == n and slotted.x == 1
    del slotted.y
    try:
        get(slotted)
    except AttributeError:
        pass
    else:
        raise AssertionError("an unset member was found")


def supers():
    class Left(Base):
        def method(self):
            return "left " + super().method()

    class Right(Base):
        def method(self):
            return "right " + super().method()

    class Both(Left, Right):
        pass

    for _ in range(20):
        assert Both().method() == "left right base method" and Left().method() == "left base method"
    del Right.method
    assert Both().method() == "left base method"


def late_instance_attributes():
    class Plain:
        pass

    def fill(object):
        object.a = 1
        object.b = 2
        return object

    for _ in range(20):
        assert vars(fill(Plain())) == {"a": 1, "b": 2}
    Plain.a = property(lambda self: 3, lambda self, value: None)
    assert vars(fill(Plain())) == {"b": 2}


many_shapes()
class_changes()
metaclass_attributes()
members()
supers()
late_instance_attributes()
