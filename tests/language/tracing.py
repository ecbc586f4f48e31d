"""sys.settrace, sys.setprofile, sys.monitoring, and setting f_lineno."""
import sys


def lines_of(function, *args):
    first, seen = function.__code__.co_firstlineno, []

    def trace(frame, event, arg):
        if frame.f_code is not function.__code__:
            return None
        if event == "exception":
            arg = arg[0].__name__
        seen.append((event, frame.f_lineno - first, arg))
        return trace

    sys.settrace(trace)
    try:
        function(*args)
    finally:
        sys.settrace(None)
    return seen


def loop(n):
    total = 0
    for i in range(n):
        total += i
    while total < 2: total += 1
    return total


assert [line for event, line, _ in lines_of(loop, 2) if event == "line"] == [1, 2, 3, 2, 3, 2, 4, 4, 5]
assert lines_of(loop, 0)[0] == ("call", 0, None) and lines_of(loop, 0)[-1] == ("return", 5, 2)


def failing():
    try:
        raise KeyError
    finally:
        done = True


def outer():
    try:
        failing()
    except KeyError:
        pass


assert lines_of(outer) == [
    ("call", 0, None), ("line", 1, None), ("line", 2, None), ("exception", 2, "KeyError"),
    ("line", 3, None), ("line", 4, None), ("return", 4, None),
]


def generator():
    yield 1
    yield 2


assert [(event, arg) for event, _, arg in lines_of(lambda: None)] == [("call", None), ("line", None), ("return", None)]


def consume():
    return list(generator())


profiled = []
sys.setprofile(lambda frame, event, arg: profiled.append((event, frame.f_code.co_name)))
consume()
sys.setprofile(None)
assert profiled == [
    ("call", "consume"), ("call", "generator"), ("return", "generator"), ("call", "generator"), ("return", "generator"),
    ("call", "generator"), ("return", "generator"), ("return", "consume"), ("c_call", "<module>"),
], profiled


def native():
    return len([]) + int("1")


profiled.clear()
sys.setprofile(lambda frame, event, arg: profiled.append((event, getattr(arg, "__name__", arg))))
native()
sys.setprofile(None)
assert ("c_call", "len") in profiled and ("c_return", "len") in profiled


# A trace function moves its frame to another line.
def jumping(log):
    log.append(1)
    log.append(2)
    log.append(3)


def jump(frame, event, arg):
    if event == "line" and frame.f_lineno == frame.f_code.co_firstlineno + 2:
        frame.f_lineno += 1
    return jump if frame.f_code is jumping.__code__ else None


log = []
sys.settrace(jump)
jumping(log)
sys.settrace(None)
assert log == [1, 3]

try:
    sys._getframe().f_lineno = 1
    raise AssertionError
except ValueError:
    pass

# Tools, events of all code and of one code object, places that are disabled.
monitoring, E = sys.monitoring, sys.monitoring.events
monitoring.use_tool_id(3, "test")
seen = []
monitoring.register_callback(3, E.PY_START, lambda code, offset: seen.append(code.co_name))
monitoring.set_events(3, E.PY_START)
outer()
monitoring.set_events(3, 0)
assert seen == ["outer", "failing"]


def once(code, line):
    seen.append(line - code.co_firstlineno)
    return monitoring.DISABLE


seen.clear()
monitoring.register_callback(3, E.LINE, once)
monitoring.set_local_events(3, loop.__code__, E.LINE)
loop(5)
assert set(seen) == {1, 2, 3, 4, 5}
count = len(seen)
loop(5)
assert len(seen) == count
monitoring.restart_events()
loop(0)
assert set(seen[count:]) == {1, 2, 4, 5}
monitoring.set_local_events(3, loop.__code__, 0)
monitoring.free_tool_id(3)
assert monitoring.get_tool(3) is None


def events_of(function, *kinds):
    monitoring = sys.monitoring
    seen = []
    monitoring.use_tool_id(4, "test")
    try:
        for kind in kinds:
            event = getattr(monitoring.events, kind)
            monitoring.register_callback(4, event, lambda code, *rest, kind=kind: seen.append((kind, code.co_name, *rest)))
        monitoring.set_events(4, sum(getattr(monitoring.events, kind) for kind in kinds if kind != "C_RETURN"))
        function()
    finally:
        monitoring.set_events(4, 0)
        monitoring.free_tool_id(4)
    return seen


# An exception that is thrown in begins its line anew.
def delegate():
    def inner():
        yield
    def outer():
        yield from inner()
    next(outer())


first = delegate.__code__.co_firstlineno
assert [line - first for _, name, line in events_of(delegate, "LINE") if name != "events_of"] == [1, 3, 5, 4, 2, 4]


# A call of super() is seen where no object is made.
class Base:
    def method(self):
        return 1


class Derived(Base):
    def method(self):
        return super().method()


calls = [event[0] + " " + event[3].__name__ for event in events_of(lambda: Derived().method(), "CALL", "C_RETURN")]
assert calls[3:6] == ["CALL method", "CALL super", "C_RETURN super"], calls


async def waits():
    async for item in items():
        pass


async def items():
    yield 1


def run():
    try:
        waits().send(None)
    except StopIteration:
        pass


(start, left, right), = waits.__code__.co_branches()
branches = {event[2:] for event in events_of(run, "BRANCH_LEFT", "BRANCH_RIGHT") if event[1] == "waits"}
assert branches == {(start, left), (start, right)}, (branches, start, left, right)
