"""The order of an OrderedDict is a list of its own beside the dict."""

from collections import OrderedDict


def raises(kind, act):
    try:
        act()
    except kind as error:
        return error
    raise AssertionError(f'{kind.__name__} was not raised')


# What dict's own methods take away is still in the list, and is missed.
for act in (lambda od: dict.pop(od, 'a'), lambda od: dict.__delitem__(od, 'a')):
    od = OrderedDict(a=1, b=2)
    act(od)
    assert len(od) == 1
    for use in (repr, list, lambda od: list(od.values()), OrderedDict.copy, lambda od: od.popitem(last=False)):
        assert raises(KeyError, lambda: use(od)).args == ('a',)

# Moving keys changes the order that others see, too.
od = OrderedDict(a=1, b=2, c=3)
od.move_to_end('c', last=False)
assert list(od) == ['c', 'a', 'b'] == list(dict(od)) == list({**od}) == list(dict.copy(od))
assert list(reversed(od.items())) == [('b', 2), ('a', 1), ('c', 3)]
assert [name for name in vars(type('T', (), od)) if len(name) == 1] == ['c', 'a', 'b']
assert od == dict(od) and od != OrderedDict(a=1, b=2, c=3)
assert repr(od) == "OrderedDict({'c': 3, 'a': 1, 'b': 2})"
for key in list(od):
    od.move_to_end(key)
assert list(od) == ['c', 'a', 'b']


def moving():
    for key in od:
        od.move_to_end(key)


assert str(raises(RuntimeError, moving)) == 'OrderedDict mutated during iteration'


# Subclasses are not asked for what pop and popitem take.
class Asked(OrderedDict):
    def __getitem__(self, key):
        raise AssertionError

    __delitem__ = __contains__ = __getitem__


asked = Asked([(1, 'x'), (2, 'y')])
assert asked.pop(1) == 'x' and asked.popitem() == (2, 'y') and asked.pop(3, None) is None

# Many keys come and go at both ends.
od = OrderedDict()
for i in range(5000):
    od[i] = -i
    if i % 3 == 0:
        od.popitem(last=False)
    if i % 5 == 0 and i in od:
        od.move_to_end(i, last=False)
assert list(od.values()) == [-key for key in od] and len(od) == len(list(od))
od.clear()
assert not od and list(od) == []
