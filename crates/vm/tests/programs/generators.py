# Generators: send, throw, close, delegation.
log = []


def numbers(n):
    try:
        for i in range(n):
            sent = yield i
            if sent:
                log.append(sent)
    except ValueError as error:
        log.append(str(error))
        yield "recovered"
    finally:
        log.append("closed")
    return "result"


assert list(numbers(3)) == [0, 1, 2] and log == ["closed"]
log.clear()
g = numbers(5)
assert next(g) == 0 and g.send("a") == 1 and g.throw(ValueError("b")) == "recovered"
try:
    next(g)
except StopIteration as stop:
    assert stop.value == "result"
assert log == ["a", "b", "closed"]
log.clear()
g = numbers(5)
next(g)
assert g.gi_suspended and not g.gi_running and g.gi_frame is not None
assert g.close() is None and g.gi_frame is None and log == ["closed"]
assert next(g, "end") == "end"
g = numbers(1)
try:
    g.send(1)
except TypeError as error:
    assert str(error) == "can't send non-None value to a just-started generator"


def stops():
    yield 1
    raise StopIteration


try:
    list(stops())
except RuntimeError as error:
    assert str(error) == "generator raised StopIteration" and isinstance(error.__cause__, StopIteration)


def reentrant():
    yield next(me)


me = reentrant()
try:
    next(me)
except ValueError as error:
    assert str(error) == "generator already executing"


def outer():
    got = yield from numbers(2)
    log.append(got)
    yield from [7, 8]


log.clear()
assert list(outer()) == [0, 1, 7, 8] and log == ["closed", "result"]
log.clear()
o = outer()
next(o)
assert o.gi_yieldfrom.gi_code.co_name == "numbers"
assert o.throw(ValueError("t")) == "recovered"
o.close()
assert log == ["t", "closed"]


def stubborn():
    while True:
        try:
            yield 1
        except GeneratorExit:
            yield 2


s = stubborn()
next(s)
try:
    s.close()
except RuntimeError as error:
    assert str(error) == "generator ignored GeneratorExit"

# An exception being handled belongs to its own frame.
def handling():
    try:
        raise KeyError
    except KeyError:
        yield
        raise


h = handling()
next(h)
try:
    1 / 0
except ZeroDivisionError:
    try:
        next(h)
    except KeyError as error:
        pass
    else:
        assert False

# Expressions.
assert sum(x * y for x in range(4) for y in range(3) if x != y) == 13
assert [*map(lambda x: x + 1, (i for i in (1, 2)))] == [2, 3]


def closing_value():
    try:
        yield
    except GeneratorExit:
        return 42


c = closing_value()
next(c)
assert c.close() == 42

# Coroutines and asynchronous generators, driven by hand.
class Pause:
    def __await__(self):
        return (yield "paused")


async def leaf(x):
    got = await Pause()
    return x, got


async def root():
    return [await leaf(1), await leaf(2)]


r = root()
assert r.send(None) == "paused" and r.send("a") == "paused" and r.cr_await is not None
try:
    r.send("b")
except StopIteration as stop:
    assert stop.value == [(1, "a"), (2, "b")]
try:
    r.send(None)
except RuntimeError as error:
    assert str(error) == "cannot reuse already awaited coroutine"


def run(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value


async def countdown(n):
    try:
        while n:
            got = yield n
            if got:
                log.append(got)
            await Pause()
            n -= 1
    finally:
        log.append("finished")


async def consume():
    out = [x async for x in countdown(3)]
    async for x in countdown(2):
        out.append(x)
    else:
        out.append("else")
    return out


log.clear()
assert run(consume()) == [3, 2, 1, 2, 1, "else"] and log == ["finished", "finished"]


async def drive():
    a = countdown(3)
    first = await a.__anext__()
    second = await a.asend("hello")
    await a.aclose()
    try:
        await a.__anext__()
    except StopAsyncIteration:
        return first, second, "stopped"


log.clear()
assert run(drive()) == (3, 2, "stopped") and log == ["hello", "finished"]


class Manager:
    async def __aenter__(self):
        await Pause()
        return "managed"

    async def __aexit__(self, kind, error, traceback):
        log.append(kind)
        return True


async def managed():
    async with Manager() as m:
        raise ValueError
    return m


log.clear()
assert run(managed()) == "managed" and log == [ValueError]


async def wrong():
    await 1


try:
    run(wrong())
except TypeError as error:
    assert str(error) == "'int' object can't be awaited", error
