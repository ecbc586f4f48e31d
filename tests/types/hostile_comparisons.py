"""Comparisons that empty the container they are made for: answers as CPython's, and no crash."""


class Hostile:
    def __init__(self, action, equal=False, hash_value=1):
        self.action, self.equal, self.hash_value = action, equal, hash_value

    def __eq__(self, other):
        self.action()
        return self.equal

    def __lt__(self, other):
        self.action()
        return self.equal

    def __hash__(self):
        return self.hash_value


def outcome(call):
    try:
        return call()
    except Exception as error:
        return type(error).__name__


def hostile_list(equal=False):
    items = []
    items.extend(Hostile(items.clear, equal) for _ in range(3))
    return items


def hostile_dict():
    d = {}
    d[Hostile(d.clear)] = 1
    d[Hostile(d.clear, hash_value=2)] = 2
    return d


def hostile_set(equal=False):
    s = set()
    s.add(Hostile(s.clear, equal))
    s.add(Hostile(s.clear, equal, 2))
    return s


assert outcome(lambda: hostile_list().remove(5)) == 'ValueError' and outcome(lambda: hostile_list(True).remove(5)) is None
assert hostile_list().count(5) == 0 and (5 in hostile_list()) is False and (hostile_list() == [1, 2, 3]) is False
assert (hostile_list() < [1, 2, 3]) is True
assert hostile_dict().get(Hostile(lambda: 0)) is None and hostile_dict().pop(Hostile(lambda: 0), 'x') == 'x'
assert len(hostile_set() | {1, 2}) in (2, 4) and hostile_set() & {1, 2} == set()


def shrinking_slices():
    items = list(range(10))

    def gone():
        items.clear()
        yield 1
        yield 2

    items[2:8] = gone()
    assert items == [1, 2]
    items = [1, 2, 3]

    class Index:
        def __index__(self):
            items.clear()
            return 1

    items[Index():2] = [9]
    assert items == [9]


shrinking_slices()
items = [1, 2, 3]
items[1:2] = items
assert items == [1, 1, 2, 3, 3]
items.extend(items)
assert len(items) == 10
nested = []
nested.append(nested)
assert repr(nested) == '[[...]]' and nested == [nested]
assert outcome(lambda: [1] * 2 ** 61) == 'MemoryError' and outcome(lambda: [1] * 2 ** 70) == 'OverflowError'
assert [1, 2][2 ** 80:-2 ** 80:-1] == [2, 1] and range(2 ** 64)[::2 ** 63] == range(0, 2 ** 64, 2 ** 63)
