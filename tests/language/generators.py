"""Generators, coroutines, asynchronous generators."""


def countdown(n):
    try:
        while n:
            got = yield n
            n = got if got is not None else n - 1
    finally:
        closed.append(True)
    return 'end'


closed = []
g = countdown(3)
assert next(g) == 3 and g.send(10) == 10 and next(g) == 9
g.close()
assert closed == [True]


def delegate():
    result = yield from countdown(2)
    yield result


assert list(delegate()) == [2, 1, 'end']


def catcher():
    while True:
        try:
            yield 'ready'
        except ValueError as error:
            yield f'caught {error}'


g = catcher()
next(g)
assert g.throw(ValueError('x')) == 'caught x'


def bad():
    yield 1
    raise StopIteration


try:
    list(bad())
except RuntimeError as error:
    assert str(error) == 'generator raised StopIteration' and isinstance(error.__cause__, StopIteration)


class Await:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        yield self.value
        return self.value * 2


async def work():
    first = await Await(1)
    second = await Await(first)
    return first + second


coroutine = work()
assert coroutine.send(None) == 1 and coroutine.send(None) == 2
try:
    coroutine.send(None)
except StopIteration as stop:
    assert stop.value == 6


async def numbers(n):
    for i in range(n):
        await Await(i)
        yield i


async def gather():
    return [x async for x in numbers(3) if x != 1]


def drive(coroutine):
    while True:
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return stop.value


assert drive(gather()) == [0, 2]


class Context:
    async def __aenter__(self):
        await Await(0)
        return 'inside'

    async def __aexit__(self, *args):
        return True


async def use():
    async with Context() as value:
        raise KeyError
    return value


assert drive(use()) == 'inside'
assert (lambda: (yield))().send(None) is None
