"""Whoever gets hold of a class's namespace and changes it is heeded, and breaks nothing."""

import gc
import types


marker = object()


class Plain:
    mark = marker

    def method(self):
        return 'old'


namespace = next(found for found in gc.get_referrers(marker) if type(found) is dict and '__module__' in found)
plain = Plain()
for _ in range(200):
    assert plain.method() == 'old'
namespace['method'] = lambda self: 'new'
assert plain.method() == 'new'
namespace.update(method=lambda self: 'newer')
assert plain.method() == 'newer'
del namespace['method']
try:
    plain.method()
except AttributeError:
    pass
else:
    raise AssertionError


# A metaclass's mro() that assigns bases itself wins over the assignment that called it.
class Meta(type):
    def mro(cls):
        if ready and cls.__name__ == 'C' and C.__bases__ != (B2,):
            C.__bases__ = (B2,)
            raise ValueError
        return type.mro(cls)


ready = False


class A(metaclass=Meta):
    pass


class B1(A):
    pass


class B2(A):
    pass


class C(A):
    pass


ready = True
try:
    C.__bases__ = (B1,)
except ValueError:
    pass
assert C.__bases__ == (B2,) and C.__mro__ == tuple(type.mro(C))


# The tuple of bases is kept as it was given.
class Bases(tuple):
    pass


assert type(type('T', Bases((int,)), {}).__bases__) is Bases
assert A.__bases__ is A.__bases__

# Modules and other native structs do not go together, and their dicts are their own.
for bases in ((types.ModuleType, str), (type, types.ModuleType)):
    try:
        type('T', bases, {})
    except TypeError:
        pass
    else:
        raise AssertionError


class Ordinary:
    pass


class Both(types.ModuleType, Ordinary):
    pass


try:
    Ordinary.__dict__['__dict__'].__set__(Both('m'), {})
except AttributeError:
    pass
else:
    raise AssertionError
