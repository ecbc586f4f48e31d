"""Loops over iterators that change from run to run, unpacking, strings: what the machine specialises."""


def items(iterable):
    found = []
    for item in iterable:
        found.append(item)
    return found


def yielding():
    received = yield 1
    assert received is None
    received = yield 2
    yield received


kinds = [range(3), [0, 1, 2], (0, 1, 2), {0: 1, 1: 1, 2: 1}, (n for n in range(3)), iter([0, 1, 2]), map(int, "012")]
for _ in range(3):
    for kind in kinds[:4] * 10 + kinds[4:]:
        assert items(kind) == [0, 1, 2]
    kinds[4:] = [(n for n in range(3)), iter([0, 1, 2]), map(int, "012")]
assert items(range(2**62 - 2, 2**62 + 2)) == [2**62 - 2, 2**62 - 1, 2**62, 2**62 + 1]

for _ in range(20):
    assert items(yielding()) == [1, 2, None]
generator, found = yielding(), []
for item in generator:
    found.append(item)
    if item == 2:
        found.append(generator.send(5))
assert found == [1, 2, 5]

growing = [0]
for item in growing:
    if item < 50:
        growing.append(item + 1)
assert len(growing) == 51


def unpack(values):
    a, b, c = values
    return c, b, a


for values in [(1, 2, 3), [1, 2, 3], "123", {1: 0, 2: 0, 3: 0}] * 10:
    assert unpack(values) in [(3, 2, 1), ("3", "2", "1")]
for values in [(1, 2), [1, 2, 3, 4]]:
    try:
        unpack(values)
    except ValueError as error:
        assert "unpack (expected 3" in str(error)
    else:
        raise AssertionError


def wide(values):
    a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q = values
    return a, q


for _ in range(20):
    assert wide(range(17)) == wide(tuple(range(17))) == wide(list(range(17))) == (0, 16)


def characters(text):
    position, found = 0, []
    while position < len(text):
        if text[position] == "b":
            found.append("B")
        elif text[position] != text[-1]:
            found.append(text[position])
        position += 1
    return "".join(found)


for text, expected in [("abcab", "aBcaB"), ("äbcäb", "äBcäB"), ("a\U0001F600b", "a\U0001F600B")] * 20:
    assert characters(text) == expected
for index in (5, -6):
    try:
        "abcde"[index]
    except IndexError as error:
        assert str(error) == "string index out of range"
    else:
        raise AssertionError


class Text(str):
    def __eq__(self, other):
        return "mine"

    __hash__ = str.__hash__


for left in ["a", "b", Text("a"), 1] * 10:
    assert (left == "a") in [True, False, "mine"] and bool(left == "b") == (left in ("b",) or isinstance(left, Text))
    assert (left in {"a", 1}) == (left != "b") or isinstance(left, Text)
