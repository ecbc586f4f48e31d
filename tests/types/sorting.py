"""Sorting: stable, with CPython's comparisons in number; lists that change meanwhile."""
count = 0


class Key:
    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        global count
        count += 1
        return self.value < other.value


def comparisons(values, reverse=False):
    global count
    count = 0
    keys = [Key(v) for v in values]
    keys.sort(reverse=reverse)
    assert [k.value for k in keys] == sorted(values, reverse=reverse)
    return count


def shuffled(n, seed=1):
    for _ in range(n):
        seed = (seed * 1103515245 + 12345) % 2 ** 31
        yield seed >> 16


assert [comparisons(shuffled_list) for shuffled_list in (list(shuffled(n)) for n in (0, 1, 2, 31, 64, 65, 500, 3000))] == [0, 0, 1, 115, 304, 309, 3843, 30787]
assert comparisons(range(1000)) == 999 and comparisons(range(1000, 0, -1)) == 999
assert [comparisons([i % 10 for i in range(1000)]), comparisons(list(range(500)) + list(shuffled(500)), True)] == [6746, 4455]
pairs = [(v % 7, i) for i, v in enumerate(shuffled(300))]
assert sorted(pairs, key=lambda p: p[0]) == sorted(pairs)
assert [p[1] for p in sorted(pairs, key=lambda p: p[0], reverse=True) if p[0] == 3] == [p[1] for p in pairs if p[0] == 3]
assert sorted(['é', 'z', 'a', '\u1234', '\U0001F600', '\uffff', 'ab']) == ['a', 'ab', 'z', 'é', '\u1234', '\uffff', '\U0001F600']
assert sorted([(1, 'b'), (1, 'a'), (0, 'z'), (0.5, 'q')]) == [(0, 'z'), (0.5, 'q'), (1, 'a'), (1, 'b')]
assert sorted([2.5, -1.0, 1e300, 0.0]) == [-1.0, 0.0, 2.5, 1e300] and sorted([2 ** 70, 1, -2 ** 70]) == [-2 ** 70, 1, 2 ** 70]


def modified():
    items = [3, 1, 2]

    def key(value):
        items.append(value)
        return value

    try:
        items.sort(key=key)
    except ValueError as error:
        return str(error), items


assert modified() == ('list modified during sort', [1, 2, 3])
broken = [3, 1, 'a', 2, 5]
try:
    broken.sort()
except TypeError:
    assert len(broken) == 5 and 'a' in broken
else:
    raise AssertionError
