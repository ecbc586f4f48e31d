"""Annotations that depend on a condition, and the functions that compute annotations."""


def run(source, **names):
    exec(source, names)
    return names


names = run("class C:\n  if yes:\n    a: int\n  else:\n    b: int\n  c: str\n", yes=True)
assert names["C"].__annotations__ == {"a": int, "c": str}

try:
    run("__conditional_annotations__ = 0\nx: int")
    raise AssertionError
except TypeError as error:
    assert str(error) == "'int' object is not a set"


class Own:
    a: int

    def __annotate__(format):
        return {"a": str}


assert Own.__annotate__(1) == {"a": str}


class Outer:
    x: int

    def method(self, x: int): ...


assert Outer.method.__annotate__.__qualname__ == "Outer.method.__annotate__"
assert Outer.__annotate__.__qualname__ == "Outer.__annotate__"

Outer.__annotate__ = lambda format: 42
try:
    Outer.__annotations__
    raise AssertionError
except TypeError as error:
    assert str(error) == "__annotate__ returned non-dict of type 'int'"
