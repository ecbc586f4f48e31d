"""Keywords that are no strings reach the classes that programs make, which mostly refuse them."""
import ast
import collections
import types
import warnings


def fails(text, function):
    try:
        function()
    except TypeError as error:
        assert str(error) == text, error
    else:
        raise AssertionError(text)


class Plain:
    pass


class WithInit:
    def __init__(self, **keywords):
        pass


class WithNew:
    def __new__(cls, **keywords):
        pass


class Meta(type):
    def __call__(cls, **keywords):
        pass


class OfMeta(metaclass=Meta):
    pass


class Mapping(dict):
    pass


class Ordered(collections.OrderedDict):
    pass


class Space(types.SimpleNamespace):
    pass


def function(**keywords):
    pass


REFUSED = "keywords must be strings"
for callable in [function, WithInit, WithNew, OfMeta, Mapping, Space, dict, int, print, len, {}.update,
                 Mapping().update, lambda: None, types.SimpleNamespace, type]:
    fails(REFUSED, lambda: callable(**{1: 2}))
assert Ordered(**{1: 2}) == {1: 2}
fails("Plain() takes no arguments", lambda: Plain(**{1: 2}))
fails("object() takes no arguments", lambda: object(**{1: 2}))

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    fails("attribute name must be string, not 'int'", lambda: ast.Name(**{1: 2}))
assert "got an unexpected keyword argument 1" in str(caught[0].message)
fails("Name.__replace__ got an unexpected keyword argument 1.", lambda: ast.Name("x").__replace__(**{1: 2}))
