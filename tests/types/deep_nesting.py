"""Native recursion is bounded: RecursionError or a result, never a crash."""
import functools
import itertools
import types

DEPTH = 30_000

def nested(wrap, seed):
    for _ in range(DEPTH):
        seed = wrap(seed)
    return seed

def survives(function, value):
    try:
        function(value)
    except (RecursionError, TypeError, AttributeError):
        pass

WRAPS = [
    (lambda x: [x], 0), (lambda x: (x,), 0), (lambda x: {1: x}, 0), (lambda x: frozenset([x]), 0), (slice, 0),
    (types.MappingProxyType, {}), (lambda x: types.SimpleNamespace(x=x), 0), (lambda x: list[x], int),
    (lambda x: types.MethodType(x, 1), len), (staticmethod, len), (property, None), (ValueError, 0),
    (functools.partial, len), (memoryview, b"abc"), (lambda x: functools.cmp_to_key(lambda a, b: 0)(x), 0),
]
ACTIONS = [repr, hash, lambda x: x == x.__class__, len, bool, lambda x: x.absent, lambda x: x(), lambda x: 1 in x]
for wrap, seed in WRAPS:
    first, second = nested(wrap, seed), nested(wrap, seed)
    for action in ACTIONS:
        survives(action, first)
    survives(first.__eq__, second)
    del first, second
