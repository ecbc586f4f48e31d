"""Classes: MRO, super, descriptors, metaclasses, slots, hooks."""


class A:
    def who(self):
        return 'A'


class B(A):
    def who(self):
        return 'B' + super().who()


class C(A):
    def who(self):
        return 'C' + super().who()


class D(B, C):
    def who(self):
        return 'D' + super().who()


assert D().who() == 'DBCA'
assert [k.__name__ for k in D.__mro__] == ['D', 'B', 'C', 'A', 'object']

try:
    class Broken(A, B):
        pass
except TypeError as error:
    assert str(error) == 'Cannot create a consistent method resolution order (MRO) for bases A, B'


class Celsius:
    def __init__(self, degrees):
        self._degrees = degrees

    @property
    def degrees(self):
        return self._degrees

    @degrees.setter
    def degrees(self, value):
        if value < -273:
            raise ValueError('too cold')
        self._degrees = value

    @classmethod
    def zero(cls):
        return cls(0)

    @staticmethod
    def unit():
        return 'C'


t = Celsius.zero()
t.degrees = 20
assert t.degrees == 20 and t.unit() == 'C'
try:
    t.degrees = -300
except ValueError:
    pass
else:
    raise AssertionError


class Slotted:
    __slots__ = ('a', 'b')


s = Slotted()
s.a = 1
assert s.a == 1
try:
    s.c = 1
except AttributeError as error:
    assert str(error) == "'Slotted' object has no attribute 'c' and no __dict__ for setting new attributes"
try:
    s.b
except AttributeError as error:
    assert str(error) == "'Slotted' object has no attribute 'b'"


class Meta(type):
    def __new__(mcls, name, bases, namespace, **kw):
        cls = super().__new__(mcls, name, bases, namespace)
        cls.options = kw
        return cls

    def __init__(cls, name, bases, namespace, **kw):
        super().__init__(name, bases, namespace)


class WithMeta(metaclass=Meta, fast=True):
    pass


assert WithMeta.options == {'fast': True} and type(WithMeta) is Meta


class Registry:
    seen = []

    def __init_subclass__(cls, tag=None, **kw):
        super().__init_subclass__(**kw)
        Registry.seen.append((cls.__name__, tag))


class One(Registry, tag=1):
    pass


assert Registry.seen == [('One', 1)]


class Named:
    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        return self if instance is None else (self.name, instance.tag)


class Owner:
    field = Named()
    tag = 7


assert Owner().field == ('field', 7) and Owner.field.name == 'field'


class Dynamic:
    def __getattr__(self, name):
        if name.startswith('x'):
            return name[1:]
        raise AttributeError(name)


assert Dynamic().xyz == 'yz' and not hasattr(Dynamic(), 'abc')


class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __radd__(self, other):
        return self if other == 0 else NotImplemented

    def __eq__(self, other):
        return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)

    def __hash__(self):
        return hash((self.x, self.y))

    def __repr__(self):
        return f'Vector({self.x}, {self.y})'

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return (self.x, self.y)[i]

    def __bool__(self):
        return bool(self.x or self.y)


v = sum([Vector(1, 2), Vector(3, 4)])
assert v == Vector(4, 6) and repr(v) == 'Vector(4, 6)' and list(v) == [4, 6] and len(v) == 2
assert not Vector(0, 0) and v in {Vector(4, 6)}
v.__class__ = type('Other', (Vector,), {})
assert type(v).__name__ == 'Other'

instance = A()
instance.__dict__['late'] = 5
assert instance.late == 5 and vars(instance) == {'late': 5}
del instance.late
assert not hasattr(instance, 'late')


class Defaults:
    first, second, third, fourth = 'a', 'b', 'c', 'd'


late = Defaults()
for name in ('first', 'second', 'third', 'fourth'):
    object.__setattr__(late, name, '')


def read(thing):
    return thing.first + thing.second + thing.third + thing.fourth


assert [read(late) for _ in range(4)] == [''] * 4 and [read(Defaults()) for _ in range(4)] == ['abcd'] * 4

# A native base without fields decides the layout although a Python class stands before it.
import io
import types


class Mixin:
    pass


for native in (io.RawIOBase, io.IOBase, types.ModuleType, types.SimpleNamespace):
    derived = type('Derived', (Mixin, native), {})
    made = derived('name') if native is types.ModuleType else derived()
    assert isinstance(made, native) and derived.__base__ is native
    assert isinstance(type('More', (derived,), {})('name') if native is types.ModuleType else made, native)
