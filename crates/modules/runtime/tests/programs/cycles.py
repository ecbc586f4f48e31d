import gc, _weakref
gc.disable()
gc.collect()
log = []
class A:
    def __init__(self, name): self.name = name
    def __del__(self): log.append(self.name)
a = A("a"); a.self = a
r = _weakref.ref(a)
del a
assert log == [] and r() is not None
assert gc.collect() >= 1
assert log == ["a"] and r() is None
# a list in itself, a dict through a tuple
l = []; l.append(l); del l
assert gc.collect() == 1
d = {}; d["t"] = (d,); del d
assert gc.collect() == 2
# resurrection: once finalized, never again
saved = []
class R:
    def __del__(self):
        log.append("r"); saved.append(self)
x = R(); x.x = x
del x
gc.collect()
assert log == ["a", "r"] and len(saved) == 1
assert gc.is_finalized(saved[0])
saved.clear()
gc.collect()
assert log == ["a", "r"]
# weak references: callbacks outside the garbage are called, those inside are not
calls = []
class N: pass
n = N(); n.n = n
outside = _weakref.ref(n, lambda ref: calls.append("outside"))
n.inside = _weakref.ref(n, lambda ref: calls.append("inside"))
del n
gc.collect()
assert calls == ["outside"], calls
# classes are cycles too
def make():
    class Local:
        def method(self): return Local
    return _weakref.ref(Local)
local = make()
gc.collect()
assert local() is None
# a cell and a function
def outer():
    def inner(): return inner
    return _weakref.ref(inner)
assert outer()() is not None
gc.collect()
# automatic collection
gc.enable()
seen = []
gc.callbacks.append(lambda phase, info: seen.append((phase, info["generation"])))
for i in range(5000):
    t = []; t.append(t)
gc.callbacks.clear()
assert ("start", 0) in seen and ("stop", 0) in seen, seen[:3]
gc.disable()
gc.collect()
# SAVEALL
gc.set_debug(gc.DEBUG_SAVEALL)
l = []; l.append(l); mark = id(l); del l
gc.collect()
gc.set_debug(0)
assert any(id(g) == mark for g in gc.garbage)
gc.garbage.clear()
assert gc.get_referents([1, "x", log]) == [log, "x"] or log in gc.get_referents([1, "x", log])
holder = [log]
assert any(h is holder for h in gc.get_referrers(log))
assert gc.is_tracked([]) and not gc.is_tracked(1) and not gc.is_tracked("x")
gc.freeze(); assert gc.get_freeze_count() > 0; gc.unfreeze(); assert gc.get_freeze_count() == 0
assert gc.get_threshold() == (2000, 10, 10)
# deep chains are freed without recursion
chain = None
for i in range(100000): chain = [chain]
del chain
# generators in cycles
def gen():
    try:
        me = yield
        yield me
    finally:
        log.append("closed")
g = gen(); next(g); g.send(g); del g
gc.collect()
assert log[-1] == "closed", log
