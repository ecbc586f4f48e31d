"""Loops, exceptions, with, match, comprehensions, unpacking."""


def flow():
    out = []
    for i in range(10):
        if i == 3:
            continue
        if i == 6:
            break
        out.append(i)
    else:
        out.append('never')
    n = 3
    while n:
        n -= 1
    else:
        out.append('done')
    return out


assert flow() == [0, 1, 2, 4, 5, 'done']


def final(log):
    try:
        log.append('try')
        return 'value'
    finally:
        log.append('finally')


log = []
assert final(log) == 'value' and log == ['try', 'finally']

try:
    try:
        1 / 0
    except ZeroDivisionError as first:
        raise KeyError('k') from first
except KeyError as error:
    assert isinstance(error.__cause__, ZeroDivisionError) and error.__suppress_context__
    assert str(error) == "'k'"

try:
    try:
        {}['a']
    except KeyError:
        [][1]
except IndexError as error:
    assert isinstance(error.__context__, KeyError) and str(error) == 'list index out of range'

try:
    raise ExceptionGroup('many', [ValueError(1), TypeError(2), ExceptionGroup('in', [ValueError(3)])])
except* ValueError as group:
    assert [type(e).__name__ for e in group.exceptions] == ['ValueError', 'ExceptionGroup']
except* TypeError as group:
    assert group.exceptions[0].args == (2,)


class Manager:
    def __init__(self, swallow):
        self.swallow, self.log = swallow, []

    def __enter__(self):
        self.log.append('in')
        return self

    def __exit__(self, kind, value, traceback):
        self.log.append(kind and kind.__name__)
        return self.swallow


with Manager(True) as m:
    raise ValueError
assert m.log == ['in', 'ValueError']
with Manager(False) as a, Manager(False) as b:
    pass
assert a.log == b.log == ['in', None]


def kind(value):
    match value:
        case 0 | 1:
            return 'small'
        case int(n) if n < 0:
            return 'negative'
        case [x, y, *rest]:
            return ('sequence', x, y, rest)
        case {'type': str(name), **others}:
            return (name, others)
        case Point(x=0, y=y):
            return ('on axis', y)
        case str() as text:
            return text.upper()
        case None:
            return 'none'
        case _:
            return 'other'


class Point:
    __match_args__ = ('x', 'y')

    def __init__(self, x, y):
        self.x, self.y = x, y


assert kind(1) == 'small' and kind(-5) == 'negative' and kind([1, 2, 3]) == ('sequence', 1, 2, [3])
assert kind({'type': 'a', 'z': 1}) == ('a', {'z': 1}) and kind(Point(0, 3)) == ('on axis', 3)
assert kind('ab') == 'AB' and kind(None) == 'none' and kind(2.5) == 'other'

assert [x * y for x in range(3) for y in range(3) if x != y] == [0, 0, 0, 2, 0, 2]
assert {x: x * x for x in range(4)} == {0: 0, 1: 1, 2: 4, 3: 9}
assert {x % 3 for x in range(9)} == {0, 1, 2}
assert sum(x for x in range(5)) == 10
a, *b, c = range(5)
assert (a, b, c) == (0, [1, 2, 3], 4)
(x, y), z = (1, 2), 3
assert (x, y, z) == (1, 2, 3)
if (n := len('abc')) > 2:
    assert n == 3
assert 1 < 2 < 3 and not 1 < 3 < 2
name, value = 'pi', 3.14159
assert f'{name!r:>6}={value:.2f} {value=:.1f} {{}}' == "  'pi'=3.14 value=3.1 {}"
try:
    a, b = 1, 2, 3
except ValueError as error:
    assert str(error) == 'too many values to unpack (expected 2, got 3)'
try:
    unknown_name
except NameError as error:
    assert str(error) == "name 'unknown_name' is not defined" and error.name == 'unknown_name'


def unbound():
    print(later)
    later = 1


try:
    unbound()
except UnboundLocalError as error:
    assert str(error) == "cannot access local variable 'later' where it is not associated with a value"
