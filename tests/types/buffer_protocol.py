"""`__buffer__` and `__release_buffer__` of Python classes (PEP 688)."""


class Array(bytearray):
    def __buffer__(self, flags):
        return super().__buffer__(flags)


assert memoryview(Array(b"hello")).tobytes() == b"hello"


class Lender:
    def __init__(self):
        self.held = []

    def __buffer__(self, flags):
        self.held.append("lent")
        return memoryview(bytearray(b"abc"))

    def __release_buffer__(self, view):
        assert view.tobytes() == b"abc"
        self.kept = view
        self.held.append("released")


lender = Lender()
with memoryview(lender) as view:
    view[0] = ord("x")
    assert view.tobytes() == b"xbc" and lender.held == ["lent"]
    view[0] = ord("a")
assert lender.held == ["lent", "released"]
assert lender.kept.tobytes() == b"abc"

array = bytearray(b"x")
view = memoryview(array)
for wrong, kind in ((3, TypeError), (memoryview(b"a"), ValueError)):
    try:
        array.__release_buffer__(wrong)
    except kind:
        pass
    else:
        raise AssertionError("took a strange buffer")
array.__release_buffer__(view)
array.append(1)


# What the other object's __buffer__ does to the array, or to the list being joined.
class Lending:
    def __init__(self, act, data):
        self.act, self.data = act, data

    def __buffer__(self, flags):
        self.act()
        return memoryview(self.data)


array = bytearray(b"x" * 4)
array.extend(Lending(array.clear, b"AB"))
assert array == b"AB"
array.extend(Lending(lambda: array.extend(b"yy"), b"C"))
assert array == b"ABCyy"
for search in array.find, array.split, array.__contains__:
    try:
        search(Lending(array.clear, b"A"))
    except BufferError:
        pass
    else:
        raise AssertionError("cleared while searched")

parts = [b"a", Lending(lambda: parts.clear(), b"x"), b"c"]
try:
    b"".join(parts)
except RuntimeError:
    pass
else:
    raise AssertionError("joined a list that changed")
parts = [b"a", Lending(lambda: parts.__setitem__(1, b"z"), b"x"), b"c"]
assert b"-".join(parts) == b"a-x-c"


# Numbers are stored as they come, lengths are asked for.
def numbers():
    for n in range(3):
        assert list(array) == list(range(n))
        yield n


array.__init__(numbers())
assert array == b"\0\1\2"


class Unlucky:
    def __iter__(self):
        return iter([1])

    def __length_hint__(self):
        raise RuntimeError("hint")


for take in bytes, bytearray().extend:
    try:
        take(Unlucky())
    except RuntimeError:
        pass
    else:
        raise AssertionError("did not ask for the length")
assert bytearray(Unlucky()) == b"\1"
