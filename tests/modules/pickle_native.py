"""`_pickle`: every protocol, shared and recursive objects, files, persistent ids, buffers, and what is refused."""

import _pickle
import copyreg
import io
import pickle


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)


class Slotted:
    __slots__ = ("a", "b")


def raises(kind, text, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        assert str(error) == text, (str(error), text)
        return error
    raise AssertionError(f"{kind} was not raised")


assert pickle.Pickler is _pickle.Pickler and pickle.loads is _pickle.loads

values = [
    None, True, 0, 255, 65535, -1, 2**31 - 1, -(2**31), 2**31, -(2**63), 10**500, -(10**500), 1.5, float("inf"), "",
    "text", "\xe9\u20ac\U0001f600\ud800\n\\\0", b"", b"\x00\xff" * 300, bytearray(b"abc"), (), (1,), (1, 2, 3, 4), [],
    [1], list(range(2500)), {}, {1: 2}, dict.fromkeys(range(2500)), set(range(1500)), frozenset("ab"), Point(1, [2]),
    int, type(None), type(...), len, Point, complex(1, 2), range(3), slice(1, 2),
]
for protocol in range(6):
    for value in values:
        data = _pickle.dumps(value, protocol)
        assert data == pickle._dumps(value, protocol) or isinstance(value, (set, frozenset, float)), (protocol, value)
        assert _pickle.loads(data) == value == pickle._loads(data), (protocol, value)

    loop = []
    loop.append((loop, loop))
    again = _pickle.loads(_pickle.dumps(loop, protocol))
    assert again[0][0] is again and again[0][1] is again

    file = io.BytesIO()
    pickler = _pickle.Pickler(file, protocol)
    shared = "shared"
    pickler.dump([shared])
    pickler.dump([shared, "x" * 100_000])
    file.seek(0)
    unpickler = _pickle.Unpickler(file)
    first, second = unpickler.load(), unpickler.load()
    assert first[0] is second[0] and len(second[1]) == 100_000

slotted = Slotted()
slotted.a = 1
assert _pickle.loads(_pickle.dumps(slotted)).a == 1


class Outside(_pickle.Pickler):
    def persistent_id(self, object):
        return object.x if isinstance(object, Point) else None

    def reducer_override(self, object):
        return "len" if object is print else NotImplemented


class Inside(_pickle.Unpickler):
    def persistent_load(self, id):
        return f"<{id}>"


file = io.BytesIO()
Outside(file).dump([Point("home", 0)])
assert Inside(io.BytesIO(file.getvalue())).load() == ["<home>"]

buffers = []
data = _pickle.dumps([_pickle.PickleBuffer(bytearray(b"out")), _pickle.PickleBuffer(b"of band")], buffer_callback=buffers.append)
assert b"band" not in data
assert _pickle.loads(data, buffers=[memory.raw() for memory in buffers]) == [b"out", b"of band"]

error = raises(
    _pickle.PicklingError, "first item of the tuple returned by __reduce__ must be callable, not int",
    _pickle.dumps, type("R", (), {"__reduce__": lambda self: (1, ())})(),
)
assert error.__notes__ == ["when serializing R object"]
raises(_pickle.UnpicklingError, "unexpected MARK found", _pickle.loads, b"(.")
raises(_pickle.UnpicklingError, "pickle data was truncated", _pickle.loads, b"X\xff\xff\xff\x7f.")
raises(_pickle.UnpicklingError, "invalid load key, '\\x00'.", _pickle.loads, b"\0")
raises(EOFError, "Ran out of input", _pickle.loads, b"")
raises(ValueError, "pickle protocol must be <= 5", _pickle.dumps, 1, 6)
raises(AttributeError, "Can't resolve path 'a.b' on module 'sys'", _pickle.loads, b"\x80\x04\x8c\x03sys\x8c\x03a.b\x93.")

deep = []
for _ in range(200_000):
    deep = [deep]
try:
    _pickle.dumps(deep)
except RecursionError as error:
    assert str(error).endswith(" while pickling an object")
else:
    raise AssertionError("no RecursionError")
while deep:
    deep = deep.pop()

copyreg.add_extension("builtins", "len", 77)
assert _pickle.loads(_pickle.dumps(len, 2)) is len and b"len" not in _pickle.dumps(len, 2)
copyreg.remove_extension("builtins", "len", 77)
