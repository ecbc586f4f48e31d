"""`__release_buffer__` of classes whose native base lends the buffer (PEP 688)."""


class Told(bytearray):
    def __release_buffer__(self, buffer):
        for another in (
            lambda: memoryview(buffer),
            lambda: buffer.cast("b"),
            lambda: buffer.toreadonly(),
            lambda: buffer[:1],
            lambda: bytes(buffer),
        ):
            try:
                another()
            except ValueError as error:
                assert str(error) == "cannot create new view on restricted memoryview", error
            else:
                raise AssertionError("a view was made of a restricted one")
        assert buffer.tobytes() == b"hello" and buffer.obj is None
        self.seen = buffer
        super().__release_buffer__(buffer)


told = Told(b"hello")
with memoryview(told) as view:
    assert view.obj is told
    assert not hasattr(told, "seen")
told.clear()
try:
    told.seen.tobytes()
except ValueError:
    pass
else:
    raise AssertionError("the buffer was given back")


class Lender(Told):
    def __buffer__(self, flags):
        return super().__buffer__(flags)


lender = Lender(b"hello")
with memoryview(lender) as view:
    assert view.tobytes() == b"hello"
lender.clear()
assert hasattr(lender, "seen")


class Plain(bytearray):
    pass


ends = []
plain = Plain(b"x")
with memoryview(plain):
    pass
Plain.__release_buffer__ = lambda self, buffer: ends.append(buffer.tobytes())
with memoryview(plain):
    pass
assert ends == [b"x"], ends
plain.append(1)
