import _abc
class ABCMeta(type):
    def __new__(mcls, name, bases, namespace, **kw):
        cls = super().__new__(mcls, name, bases, namespace, **kw)
        _abc._abc_init(cls)
        return cls
    def register(cls, sub): return _abc._abc_register(cls, sub)
    def __instancecheck__(cls, o): return _abc._abc_instancecheck(cls, o)
    def __subclasscheck__(cls, c): return _abc._abc_subclasscheck(cls, c)
def abstract(f): f.__isabstractmethod__ = True; return f
class A(metaclass=ABCMeta):
    @abstract
    def f(self): pass
assert A.__abstractmethods__ == frozenset({"f"})
try: A()
except TypeError as e: assert "Can't instantiate abstract class A" in str(e)
class B(A):
    def f(self): return 1
assert B().f() == 1 and B.__abstractmethods__ == frozenset() and issubclass(B, A)
token = _abc.get_cache_token()
assert not issubclass(int, A) and not isinstance(1, A)
A.register(int)
assert issubclass(int, A) and isinstance(1, A) and issubclass(bool, A) and _abc.get_cache_token() == token + 1
class H(metaclass=ABCMeta):
    @classmethod
    def __subclasshook__(cls, c): return True if hasattr(c, "__len__") else NotImplemented
assert issubclass(list, H) and not issubclass(int, H)
class Seq(metaclass=ABCMeta):
    __abc_tpflags__ = 1 << 5
class Mine(Seq):
    def __len__(self): return 0
    def __getitem__(self, i): raise IndexError
match Mine():
    case []: matched = True
    case _: matched = False
assert matched
try: _abc._abc_register(A, 1)
except TypeError as e: assert str(e) == "Can only register classes"
