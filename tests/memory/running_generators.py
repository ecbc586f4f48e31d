"""`gc.get_referrers` finds the generators that run and hold an object in a local."""

import gc


def holds():
    local = object()
    yield gc.get_referrers(local)


async def awaits():
    local = object()
    return gc.get_referrers(local)


generator = holds()
assert next(generator) == [generator]

coroutine = awaits()
try:
    coroutine.send(None)
except StopIteration as stop:
    assert stop.value == [coroutine]
