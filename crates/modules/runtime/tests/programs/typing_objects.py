import _typing
from _types import GenericAlias
TypeVar, Union = _typing.TypeVar, _typing.Union
T = TypeVar("T")
assert repr(list[int]) == "list[int]" and list[int].__origin__ is list and list[int].__args__ == (int,)
assert repr(list[T]) == "list[~T]" and list[T].__parameters__ == (T,)
assert list[int] == list[int] and hash(list[int]) == hash(list[int]) and list[int] != list[str]
assert repr(dict[str, list[int]]) == "dict[str, list[int]]" and repr(tuple[()]) == "tuple[()]" and repr(tuple[int, ...]) == "tuple[int, ...]"
assert list[int]() == [] and type(list[int]()) is list
class D(list[int]): pass
assert D.__mro__ == (D, list, object) and D.__orig_bases__ == (list[int],)
assert repr([*tuple[int, str]]) == "[*tuple[int, str]]"
u = int | str
assert repr(u) == "int | str" and type(u) is Union and u == str | int and hash(u) == hash(str | int)
assert repr(int | None) == "int | None" and (int | int) is int and Union[int] is int
assert u | int == u and (u | float).__args__ == (int, str, float)
assert isinstance(1, u) and not isinstance(1.0, u) and issubclass(str, u)
try: int | 1
except TypeError as e: assert str(e) == "unsupported operand type(s) for |: 'type' and 'int'", e
try: Union[()]
except TypeError as e: assert str(e) == "Cannot take a Union of no types."
type A[X] = list[X]
type B = int
assert repr(A) == "A" and B.__value__ is int and repr(A[int]) == "A[int]" and A.__type_params__[0].__name__ == "X"
assert repr(A.__value__) == "list[X]" and repr(A | int) == "A | int" and A.__module__ == "__main__"
try: B[int]
except TypeError as e: assert str(e) == "Only generic type aliases are subscriptable"
def f[S: int, *Ts, **P](x: S): pass
s, ts, p = f.__type_params__
assert s.__bound__ is int and repr(s) == "S" and repr(ts) == "Ts" and repr(p.args) == "P.args" and p.args == p.args
def g[S: (int, str) = str](): pass
(s,) = g.__type_params__
assert s.__constraints__ == (int, str) and s.__default__ is str and s.has_default()
assert repr(T.__default__) == "typing.NoDefault" and not T.has_default() and T.__module__ == "__main__"
for args, kw, message in [(("T", int), {}, "A single constraint is not allowed"), ((1,), {}, "typevar() argument 'name' must be str, not int")]:
    try: TypeVar(*args, **kw)
    except TypeError as e: assert str(e) == message, e
    else: assert False
assert repr(TypeVar("K", covariant=True)) == "+K" and TypeVar("K", bound=int).evaluate_bound(4) == "int"
