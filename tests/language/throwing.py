"""Exceptions thrown into generators: context, tracebacks, the frames in between."""
import sys


def waiting():
    try:
        raise KeyError
    except KeyError:
        yield


gen = waiting()
next(gen)
try:
    gen.throw(ValueError("thrown"))
except ValueError as error:
    assert type(error.__context__) is KeyError


def names():
    frame, found = sys._getframe(1), []
    while frame.f_code.co_name != "<module>":
        found.append(frame.f_code.co_name)
        frame = frame.f_back
    return found


def inner():
    try:
        yield
    except ValueError:
        yield names()


def outer():
    yield from inner()


gen = outer()
next(gen)
assert gen.throw(ValueError) == ["inner", "outer"]

# A generator that never ran takes part in the traceback.
gen = waiting()
try:
    gen.throw(ValueError)
except ValueError as error:
    traceback, depth = error.__traceback__, 0
    while traceback:
        traceback, depth = traceback.tb_next, depth + 1
assert depth == 2


class Bad(Exception):
    def __new__(cls):
        return cls


gen = waiting()
try:
    gen.throw(Bad)
except TypeError as error:
    assert "should have returned an instance of BaseException, not type" in str(error)
assert next(gen, "ended") == "ended"

# Suspended frames are not cleared; ended ones are without a caller.
gen = waiting()
next(gen)
frame = gen.gi_frame
try:
    frame.clear()
    raise AssertionError
except RuntimeError as error:
    assert str(error) == "cannot clear a suspended frame"
gen.close()
frame.clear()
assert frame.f_back is None

# The variables of a comprehension show in the module's locals while it runs.
assert [locals()["item"] for item in "ab"] == ["a", "b"]
assert "item" not in locals()
