"""list, tuple, dict, set, range, slice."""
a = [3, 1, 2]
a.append(5)
a.extend((4,))
a.insert(0, 9)
assert a == [9, 3, 1, 2, 5, 4] and sorted(a) == [1, 2, 3, 4, 5, 9] and a.pop() == 4 and a.index(2) == 3
a.sort(key=lambda x: -x)
assert a == [9, 5, 3, 2, 1]
a[1:3] = ['x']
assert a == [9, 'x', 2, 1] and a[::2] == [9, 2] and [1, 2] + [3] == [1, 2, 3] and [0] * 3 == [0, 0, 0]
del a[0]
a.reverse()
assert a == [1, 2, 'x'] and a.copy() == a and a.count(2) == 1 and [1, 2] < [1, 3] and [] == []
b = a
b += [7]
assert a is b and a[-1] == 7
t = (1, 'a', (2,))
assert t[1] == 'a' and hash(t) == hash((1, 'a', (2,))) and t + (3,) == (1, 'a', (2,), 3) and repr((1,)) == '(1,)'
d = {'a': 1, 'b': 2}
d['c'] = 3
d |= {'a': 9}
assert list(d) == ['a', 'b', 'c'] and d['a'] == 9 and d.get('z', 0) == 0 and d.pop('b') == 2 and 'b' not in d
d.setdefault('l', []).append(1)
assert d == {'a': 9, 'c': 3, 'l': [1]} and list(d.items())[0] == ('a', 9) and dict(x=1) == {'x': 1}
assert d.keys() & {'a', 'q'} == {'a'} and {**d, 'n': 1}['n'] == 1 and list(reversed(d)) == ['l', 'c', 'a']
assert dict.fromkeys('ab', 0) == {'a': 0, 'b': 0} and {1: 'a', 1.0: 'b', True: 'c'} == {1: 'c'}
s = {1, 2, 3}
s.add(2)
s.discard(9)
assert s | {4} == {1, 2, 3, 4} and s & {2, 5} == {2} and s - {1} == {2, 3} and s ^ {3, 4} == {1, 2, 4} and {1} < s
assert frozenset(s) == s and hash(frozenset([1, 2])) == hash(frozenset([2, 1])) and repr(set()) == 'set()'
assert repr({3, 1, 2}) == '{1, 2, 3}' and repr(frozenset({1})) == 'frozenset({1})'
r = range(10, 0, -3)
assert list(r) == [10, 7, 4, 1] and r[1] == 7 and 4 in r and len(r) == 4 and r[::-1] == range(1, 13, 3)
assert range(2 ** 100)[2 ** 90] == 2 ** 90 and slice(1, None, 2).indices(5) == (1, 5, 2)
assert list(zip('ab', [1, 2])) == [('a', 1), ('b', 2)] and list(enumerate('ab', 1)) == [(1, 'a'), (2, 'b')]
assert list(map(lambda x, y: x + y, [1, 2], [3, 4])) == [4, 6] and list(filter(None, [0, 1])) == [1]
assert list(reversed([1, 2])) == [2, 1] and min([3, 1]) == 1 and max('b', 'a', key=ord) == 'b' and sum([[1], [2]], []) == [1, 2]
assert any([0, 1]) and all([]) and next(iter([5])) == 5 and next(iter([]), 'd') == 'd'


def error(call):
    try:
        call()
    except Exception as e:
        return f'{type(e).__name__}: {e}'


def grow():
    for k in d:
        d[k + 'x'] = 1


assert error(grow) == 'RuntimeError: dictionary changed size during iteration'
assert error(lambda: {}['k']) == "KeyError: 'k'"
assert error(lambda: {[]: 1}) in ("TypeError: unhashable type: 'list'", "TypeError: cannot use 'list' as a dict key (unhashable type: 'list')")
assert error(lambda: [1, 'a'].sort()) == "TypeError: '<' not supported between instances of 'str' and 'int'"
assert error(lambda: [0] * 2 ** 62) == 'MemoryError: '
assert error(lambda: list(zip([1], [], strict=True))) == 'ValueError: zip() argument 2 is shorter than argument 1'
assert error(lambda: [].pop()) == 'IndexError: pop from empty list'

# A list makes room for what is promised before it asks for the first item.
for grow in (lambda: list(range(2**62)), lambda: [*range(2**62)], lambda: [].extend(range(2**62))):
    try:
        grow()
    except MemoryError:
        pass
    else:
        assert False


class Promising:
    """Says that there will be more than there can be."""

    def __length_hint__(self):
        return 2**63 - 1

    def __iter__(self):
        return iter("ab")


few = [1]
few.extend(Promising())
assert few == [1, "a", "b"] and tuple(Promising()) == ("a", "b")
