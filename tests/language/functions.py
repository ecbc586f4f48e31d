"""Calls, defaults, keyword-only arguments, closures, decorators."""


def f(a, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, kw


assert f(1, c=3) == (1, 2, (), 3, 4, {})
assert f(1, 5, 6, 7, c=3, e=9) == (1, 5, (6, 7), 3, 4, {'e': 9})
assert f(*[1, 2], **{'c': 0}) == (1, 2, (), 0, 4, {})


def positional_only(x, /, y):
    return x - y


assert positional_only(5, y=3) == 2


def message(call):
    try:
        call()
    except TypeError as error:
        return str(error)


assert message(lambda: f()) == "f() missing 1 required positional argument: 'a'"
assert message(lambda: f(1)) == "f() missing 1 required keyword-only argument: 'c'"
assert message(lambda: positional_only(1, 2, 3)) == 'positional_only() takes 2 positional arguments but 3 were given'
assert message(lambda: positional_only(x=1, y=2)) == (
    "positional_only() got some positional-only arguments passed as keyword arguments: 'x'")
assert message(lambda: f(1, c=1, **{'c': 2})).endswith("got multiple values for keyword argument 'c'")


def counter():
    n = 0

    def step():
        nonlocal n
        n += 1
        return n
    return step


step = counter()
assert [step(), step(), step()] == [1, 2, 3]
assert step.__closure__[0].cell_contents == 3
assert [g() for g in [lambda i=i: i for i in range(3)]] == [0, 1, 2]
assert [g() for g in [lambda: i for i in range(3)]] == [2, 2, 2]


def twice(function):
    def inner(*args):
        return function(*args) * 2
    return inner


@twice
def add(a, b):
    return a + b


assert add(1, 2) == 6


def recursive(n):
    return 1 if n == 0 else n * recursive(n - 1)


assert recursive(20) == 2432902008176640000

try:
    def endless():
        return endless()
    endless()
except RecursionError as error:
    assert 'maximum recursion depth exceeded' in str(error)
else:
    raise AssertionError('no RecursionError')
