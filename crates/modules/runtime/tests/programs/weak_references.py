import _weakref
ref, proxy = _weakref.ref, _weakref.proxy
class C:
    x = 1
    def __len__(self): return 7
    def __add__(self, other): return ("sum", other)
c = C()
r = ref(c)
assert r is ref(c) and r() is c and r.__callback__ is None
assert _weakref.getweakrefcount(c) == 1
called = []
r2 = ref(c, called.append)
assert r2 is not r and r2 == r and hash(r2) == hash(r)
p = proxy(c)
assert p is proxy(c) and p.x == 1 and len(p) == 7 and p + 1 == ("sum", 1)
p.y = 5
assert c.y == 5
assert [x is y for x, y in zip(_weakref.getweakrefs(c), [r, p, r2])] == [True] * 3
assert repr(r).startswith("<weakref at 0x") and "to '__main__.C'" in repr(r) or "to 'C'" in repr(r), repr(r)
del c
assert r() is None and called == [r2] and repr(r).endswith("; dead>")
try: p.x
except ReferenceError as e: assert str(e) == "weakly-referenced object no longer exists"
else: assert False
try: ref(1)
except TypeError as e: assert str(e) == "cannot create weak reference to 'int' object"
class Sub(ref):
    def __new__(cls, ob, callback=None, key=None):
        self = super().__new__(cls, ob, callback)
        self.key = key
        return self
    def __init__(self, ob, callback=None, key=None): super().__init__(ob, callback)
c = C()
s = Sub(c, None, "k")
assert s() is c and s.key == "k" and type(s) is Sub
f = proxy(lambda: 3)
d = {"k": ref(C())}
_weakref._remove_dead_weakref(d, "k")
assert d == {}
