# Each thread and each contextvars.Context has a decimal context of its own.
import contextvars
import threading
from _decimal import Context, DefaultContext, getcontext, localcontext, setcontext

getcontext().prec = 10
seen = []
thread = threading.Thread(target=lambda: seen.append(getcontext().prec), context=contextvars.Context())
thread.start()
thread.join()
assert seen == [28]

contextvars.copy_context().run(setcontext, Context(prec=3))
assert getcontext().prec == 10

setcontext(DefaultContext)
assert getcontext() is not DefaultContext
getcontext().prec = 5
assert DefaultContext.prec == 28

outer = getcontext()
with localcontext() as inner:
    assert inner is getcontext() and inner is not outer and inner.prec == 5
assert getcontext() is outer

# A signal dict outlives its context, but has nothing to say then.
flags = Context().flags
try:
    repr(flags)
except ValueError as error:
    assert str(error) == "invalid signal dict"
else:
    raise AssertionError
