import _contextvars as c
v = c.ContextVar("v"); w = c.ContextVar("w", default=3)
assert w.get() == 3 and v.get(5) == 5
try: v.get()
except LookupError as e: assert e.args == (v,)
token = v.set(1)
assert v.get() == 1 and token.old_value is c.Token.MISSING and token.var is v
ctx = c.copy_context()
def f(n):
    v.set(n); return v.get()
assert ctx.run(f, 9) == 9 and v.get() == 1 and ctx[v] == 9 and len(ctx) == 1 and list(ctx) == [v]
v.reset(token)
assert v.get(None) is None
try: v.reset(token)
except RuntimeError as e: assert str(e).endswith("has already been used once")
with v.set(2): assert v.get() == 2
assert v.get(None) is None
try: ctx.run(ctx.run, f)
except RuntimeError as e: assert str(e).startswith("cannot enter context")
assert v not in c.copy_context() and v in ctx and ctx.get(w) is None
