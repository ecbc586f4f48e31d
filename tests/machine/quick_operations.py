"""Short ways through the machine give what the long ones give."""

import sys


def slices():
    for sequence in ([0, 1, 2, 3, 4], (0, 1, 2, 3, 4), "01234", "äöü€𝄞", b"01234"):
        items = list(sequence)
        for start in (None, -9, -2, 0, 3, 5, 9, 2**70, True):
            for stop in (None, -9, -2, 0, 3, 5, 9, -(2**70), True):
                indices = range(*slice(start, stop).indices(5))
                assert list(sequence[start:stop]) == [items[i] for i in indices], (sequence, start, stop)
    whole = (1, 2)
    assert whole[:] is whole and whole[0:9] is whole


def slices_of_ranges():
    numbers = range(3, 40, 4)
    for start in (None, -2, 1, 30, True, 2**70):
        for stop in (None, -1, 7, 30, -(2**70)):
            for step in (None, 1, 3, -1, -2, 2**70):
                part = numbers[start:stop:step]
                assert list(part) == list(numbers)[start:stop:step], (start, stop, step)
    assert repr(range(10)[2:4]) == "range(2, 4)" and repr(range(10)[::-1]) == "range(9, -1, -1)"


def slice_assignment():
    numbers = list(range(6))
    numbers[1:3] = [10, 20, 30]
    assert numbers == [0, 10, 20, 30, 3, 4, 5]
    numbers[5:2] = (7,)
    assert numbers == [0, 10, 20, 30, 3, 7, 4, 5]
    numbers[:] = numbers
    numbers[2:] = numbers
    assert numbers == [0, 10, 0, 10, 20, 30, 3, 7, 4, 5]
    numbers[:4] = iter("ab")
    assert numbers == ["a", "b", 20, 30, 3, 7, 4, 5]
    try:
        numbers[:2] = 1
    except TypeError:
        pass
    else:
        raise AssertionError


class Dying:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        self.log.append((self.name, sys._getframe(1).f_lineno - sys._getframe(1).f_code.co_firstlineno))


def deaths_are_prompt():
    items = [Dying("item")]
    items[0] = None
    Dying.log.append("after item")
    local = Dying("local")
    local = 1
    Dying.log.append("after local")
    Dying("unused")
    Dying.log.append("after unused")
    assert Dying.log == [("item", 2), "after item", ("local", 5), "after local", ("unused", 7), "after unused"]


def keys_of_several_types():
    table = {1: "int", "a": "str", (1,): "tuple"}
    assert table[1] == table[True] == table[1.0] == "int"
    assert 2 not in table and {1.0: "float"}[1] == "float" and {True: "bool"}[1] == "bool"


def abandoned_generators():
    log = []

    def guarded():
        try:
            yield 1
        finally:
            log.append("closed")

    def plain():
        yield 1
        log.append("never")

    for function in guarded, plain:
        generator = function()
        next(generator)
        generator.close()
        assert list(generator) == []
    assert log == ["closed"] and any(n for n in (0, 1, 2))


def unpacking():
    for sequence in ((1, 2, 3), [1, 2, 3], "abc", iter([1, 2, 3]), {1: 0, 2: 0, 3: 0}):
        a, b, c = sequence
        assert (a, b, c) in [(1, 2, 3), ("a", "b", "c")]
    first, *middle, last = [1, 2, 3, 4]
    assert (first, middle, last) == (1, [2, 3], 4)


slices()
slices_of_ranges()
slice_assignment()
deaths_are_prompt()
keys_of_several_types()
abandoned_generators()
unpacking()


# Appending to a string that only a local knows.
def grow(more, times):
    text = ""
    for _ in range(times):
        text += more
        text = text + more
    return text


assert grow("ab", 1000) == "ab" * 2000 and grow("é", 300) == "é" * 600 and grow("\N{EURO SIGN}x", 300) == "\N{EURO SIGN}x" * 600


def kept(text):
    before = text
    text += "!"
    both = text
    text += "?"
    text += text
    wide = text
    wide += "\N{EURO SIGN}"
    return before, both, text, wide


assert kept("abc" * 2) == ("abcabc", "abcabc!", "abcabc!?abcabc!?", "abcabc!?abcabc!?\N{EURO SIGN}")


def keyed():
    text, keys = "k", {}
    for n in range(50):
        keys[text] = n
        hash(text)
        text += "k"
    return [keys["k" * n] for n in range(1, 51)]


assert keyed() == list(range(50))
