"""itertools, _collections, _functools, _operator, _heapq, _bisect."""
import itertools as it
import _bisect
import _collections
import _functools
import _heapq
import _operator


def error(call):
    try:
        call()
    except Exception as e:
        return f'{type(e).__name__}: {e}'


L = list
assert L(it.product('ab', [1, 2])) == [('a', 1), ('a', 2), ('b', 1), ('b', 2)] and L(it.product()) == [()]
assert L(it.permutations([1, 2, 3], 2)) == [(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)]
assert [''.join(c) for c in it.combinations('abcd', 3)] == ['abc', 'abd', 'acd', 'bcd']
assert [''.join(c) for c in it.combinations_with_replacement('ab', 2)] == ['aa', 'ab', 'bb']
assert [(k, L(g)) for k, g in it.groupby('aabcc')] == [('a', ['a', 'a']), ('b', ['b']), ('c', ['c', 'c'])]
assert L(it.batched('abcde', 2)) == [('a', 'b'), ('c', 'd'), ('e',)] and L(it.pairwise('abc')) == [('a', 'b'), ('b', 'c')]
assert error(lambda: L(it.batched('abc', 2, strict=True))) == 'ValueError: batched(): incomplete batch'
assert L(it.islice(range(100), 5, 50, 20)) == [5, 25, 45] and L(it.islice(it.cycle('ab'), 3)) == ['a', 'b', 'a']
a, b = it.tee(range(200))
assert L(a) == L(b) and L(it.accumulate([1, 2, 3], initial=4)) == [4, 5, 7, 10]
assert L(it.zip_longest('ab', [1], fillvalue='-')) == [('a', 1), ('b', '-')] and L(it.compress('abc', [1, 0, 1])) == ['a', 'c']
assert L(it.islice(it.count(2 ** 61 - 2), 3)) == [2 ** 61 - 2, 2 ** 61 - 1, 2 ** 61] and repr(it.count(1, 2)) == 'count(1, 2)'
q = _collections.deque(range(5), 7)
q.rotate(2)
q.extendleft('abc')
assert L(q) == ['c', 'b', 'a', 3, 4, 0, 1] and repr(q) == "deque(['c', 'b', 'a', 3, 4, 0, 1], maxlen=7)"
od = _collections.OrderedDict(a=1, b=2, c=3)
od.move_to_end('a')
od.move_to_end('c', last=False)
assert L(od) == ['c', 'b', 'a'] and od.popitem(last=False) == ('c', 3) and repr(od) == "OrderedDict({'b': 2, 'a': 1})"
assert od != _collections.OrderedDict(a=1, b=2) and od == {'a': 1, 'b': 2} and repr(od.keys()) == "odict_keys(['b', 'a'])"
dd = _collections.defaultdict(list)
dd['k'].append(1)
assert repr(dd) == "defaultdict(<class 'list'>, {'k': [1]})" and dd.get('z') is None
P, partial = _functools.Placeholder, _functools.partial
assert partial(lambda *a: a, P, 2, P, 4)(1, 3, 5) == (1, 2, 3, 4, 5)
assert error(lambda: partial(print, P, 1)()) == "TypeError: missing positional arguments in 'partial' call; expected at least 1, got 0"
cached = _functools._lru_cache_wrapper(lambda n: n if n < 2 else cached(n - 1) + cached(n - 2), 3, False, lambda *a: a)
assert [cached(i) for i in range(15)][-1] == 377 and cached.cache_info() == (26, 15, 3, 3)
assert sorted([3, 1, 2], key=_functools.cmp_to_key(lambda x, y: y - x)) == [3, 2, 1]
heap = [5, 2, 8, 1, 9]
_heapq.heapify(heap)
assert [_heapq.heappop(heap) for _ in range(5)] == [1, 2, 5, 8, 9]
heap = [5, 2, 8]
_heapq.heapify_max(heap)
assert _heapq.heappushpop_max(heap, 3) == 8 and _heapq.heappop_max(heap) == 5
assert (_bisect.bisect_left([1, 2, 2, 3], 2), _bisect.bisect_right([1, 2, 2, 3], 2)) == (1, 3)
assert _operator.itemgetter(1, 0)('ab') == ('b', 'a') and _operator.methodcaller('upper')('a') == 'A'
assert repr(_operator.attrgetter('a', 'b.c')) == "operator.attrgetter('a', 'b.c')"
