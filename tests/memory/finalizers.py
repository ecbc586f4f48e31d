"""Prompt destruction, cycles, weak references."""
import gc
import weakref

log = []


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log.append(self.name)


x = Loud('a')
del x
assert log == ['a']
x = Loud('b')
x = None
assert log == ['a', 'b']


def scope():
    y = Loud('c')
    log.append('leaving')


scope()
assert log[2:] == ['leaving', 'c']

a, b = Loud('p'), Loud('q')
a.other, b.other = b, a
r = weakref.ref(a)
del a, b
assert log[4:] == [] and r() is not None
gc.collect()
assert sorted(log[4:]) == ['p', 'q'] and r() is None

calls = []
target = Loud('w')
reference = weakref.ref(target, lambda dead: calls.append(dead))
assert reference() is target
del target
assert reference() is None and calls == [reference]

nested = None
for _ in range(200_000):
    nested = [nested]
del nested

cycle = []
cycle.append(cycle)
assert repr(cycle) == '[[...]]'
del cycle
assert gc.collect() >= 1
