"""Recursion without end under a recursion limit that does not help: an error, and the process lives on."""
import collections
import copy
import functools
import itertools
import json
import marshal
import pickle
import sys
import types

sys.setrecursionlimit(10**9)


def survives(function, *arguments):
    try:
        function(*arguments)
    except (RecursionError, MemoryError):
        return True
    return False


def nested(make, depth=200_000):
    value = make(None)
    for _ in range(depth):
        value = make(value)
    return value


class Rep:
    def __repr__(self): return repr(self)
    def __eq__(self, other): return self == other
    def __hash__(self): return hash(self)
    def __add__(self, other): return self + other
    def __call__(self): return self()
    def __getattr__(self, name): return getattr(self, name + "a")
    def __len__(self): return len(self)
    def __iter__(self): return iter(self)
    def __contains__(self, item): return item in self
    def __format__(self, spec): return format(self, spec)


for operation in (
    repr, hash, len, iter, format,
    lambda r: r == Rep(), lambda r: r + 1, lambda r: 1 in r,
):
    assert survives(operation, Rep()), operation

lists = nested(lambda x: [x])
assert survives(repr, lists)
for operation in copy.deepcopy, pickle.dumps, json.dumps, marshal.dumps:
    try:
        survives(operation, lists)
    except ValueError as error:
        assert "too deeply nested" in str(error)  # marshal
tuples = nested(lambda x: (x,))
assert survives(repr, tuples) and survives(hash, tuples)
assert survives(lambda: lists == nested(lambda x: [x]))
assert survives(repr, nested(lambda x: {1: x}))
assert survives(repr, nested(lambda x: collections.deque([x])))
assert survives(repr, nested(lambda x: types.SimpleNamespace(a=x)))
assert survives(repr, nested(lambda x: functools.partial(print, x)))
assert survives(json.loads, "[" * 200_000)
assert survives(repr, nested(lambda x: list[x or int]))
del lists, tuples

# Chains of objects die without recursion.
nested(lambda x: itertools.chain(x or ()), 1_000_000)
nested(lambda x: ValueError(x), 300_000)


class Node:
    def __init__(self, next): self.next = next


nested(Node, 300_000)

# A list that holds itself.
loop = []
loop.append(loop)
other = []
other.append(other)
assert repr(loop) == "[[...]]"
assert survives(lambda: loop == other)


def mutual(): return list(map(lambda x: mutual(), [1]))


assert survives(mutual)


def by_text(): exec("by_text()")


assert survives(by_text)

# Sizes beyond reason.
for source in [
    "[0] * 2**62", "'a' * 2**62", "b'a' * 2**62", "(1,) * 2**62", "bytearray(2**62)", "bytes(2**62)", "1 << 2**40",
    "'a'.ljust(2**62)", "'a'.zfill(2**62)", "'{:1000000000000000}'.format(1)", "'%1000000000000000d' % 1",
]:
    try:
        eval(source)
    except (MemoryError, OverflowError):
        continue
    raise AssertionError(source)
for source, kind in [
    ("int('9' * 10**6)", ValueError), ("object.__new__(int)", TypeError), ("type.__call__(type)", TypeError),
]:
    try:
        eval(source)
    except kind:
        continue
    raise AssertionError(source)
assert range(2**100)[2**90] == 2**90
