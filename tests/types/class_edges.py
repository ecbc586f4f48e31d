"""Edges of the object model."""
import gc
import operator
import types
import typing
import warnings
import weakref


def raises(kind, text, function, *args):
    try:
        function(*args)
    except kind as e:
        assert text in str(e), e
    else:
        raise AssertionError(f"no {kind.__name__}")


def mro_of_strangers_is_not_cached():
    class Stranger:
        value = 1

    class Meta(type):
        def mro(cls):
            return (cls, Stranger, object)

    class Weird(metaclass=Meta):
        pass

    class Below(Weird):
        def read(self):
            return self.value

    for value in (1, 2, 3):
        Stranger.value = value
        assert Weird.value == Below.value == Below().read() == value


def bases_make_no_cycle():
    class Meta(type):
        def mro(cls):
            return type.mro(cls) if hasattr(cls, "lmro") else [cls, object]

    class A:
        pass

    class B(A):
        pass

    raises(TypeError, "inheritance cycle", setattr, A, "__bases__", (B,))


def collecting_in_a_weakref_callback():
    class Node:
        pass

    def collect(_):
        gc.collect()
        [[] for _ in range(3000)]

    for _ in range(50):
        node = Node()
        node.data = [1]
        ref = weakref.ref(node, collect)
        del node
        assert ref() is None


def comparison_that_cannot_be_bound_is_no_comparison():
    class E:
        __eq__ = property(lambda self: self.absent)

    assert E() != E()


def names_and_documents_are_utf8():
    raises(UnicodeEncodeError, "surrogates", type, "a\ud800", (), {})
    raises(UnicodeEncodeError, "surrogates", type, "a", (), {"__doc__": "\ud800"})


def index_of_a_subclass_warns():
    class Index:
        def __index__(self):
            return True

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert [1, 2][Index()] == 2
        operator.index(Index())
    assert [w.category for w in caught] == [DeprecationWarning] * 2


def sums_are_compensated():
    assert sum([1e16, 1, -1e16]) == 1.0
    assert sum([1e16, 1.0, -1e16]) == 1.0
    assert sum([1e16j, 1j, -1e16j]) == 1j
    assert sum([True, 2, 2**70]) == 3 + 2**70


def code_called_as_a_function_lives_in_its_globals():
    scope = {}
    types.FunctionType(compile("a = 1\nb = a + 1", "f", "exec"), scope)()
    assert scope["b"] == 2


def aliases_and_parameters():
    iterator = iter(tuple[int])
    assert iterator.__reduce__() == (iter, (tuple[int],))
    assert next(iterator) == next(iter(tuple[int])) and iterator.__reduce__() == (iter, ((),))
    assert (int | str) | "x" == typing.Union[int, str, "x"]
    spec = typing.ParamSpec("spec", bound=(int, str), covariant=True)
    assert spec.__bound__ == (int, str) and spec.__covariant__ and not spec.has_default()
    scope = {}
    exec("from typing import TypeVar\nT = TypeVar('T')", {}, scope)
    assert scope["T"].__module__ is None


mro_of_strangers_is_not_cached()
bases_make_no_cycle()
collecting_in_a_weakref_callback()
comparison_that_cannot_be_bound_is_no_comparison()
names_and_documents_are_utf8()
index_of_a_subclass_warns()
sums_are_compensated()
code_called_as_a_function_lives_in_its_globals()
aliases_and_parameters()
