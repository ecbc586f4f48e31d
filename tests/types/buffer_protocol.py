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
