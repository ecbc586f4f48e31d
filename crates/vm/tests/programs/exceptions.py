# Handlers, finally, chaining, tracebacks.
log = []


def work(kind):
    try:
        try:
            if kind == 1:
                raise ValueError("one")
            if kind == 2:
                return "returned"
            log.append("body")
        except ValueError as error:
            log.append(str(error))
            raise KeyError("two") from error
        else:
            log.append("else")
        finally:
            log.append("finally")
    except KeyError as error:
        assert isinstance(error.__cause__, ValueError) and error.__suppress_context__
        return "caught"


assert work(0) is None and log == ["body", "else", "finally"]
log.clear()
assert work(1) == "caught" and log == ["one", "finally"]
log.clear()
assert work(2) == "returned" and log == ["finally"]

try:
    try:
        1 / 0
    except ZeroDivisionError:
        undefined_name
except NameError as error:
    assert isinstance(error.__context__, ZeroDivisionError) and error.name == "undefined_name"
    assert str(error) == "name 'undefined_name' is not defined"


def unbound():
    if not log:
        local = 1
    return local


try:
    unbound()
except UnboundLocalError as error:
    assert str(error) == "cannot access local variable 'local' where it is not associated with a value"


def free():
    def inner():
        return value

    if not log:
        value = 1
    return inner()


try:
    free()
except NameError as error:
    assert str(error) == (
        "cannot access free variable 'value' where it is not associated with a value in enclosing scope"
    )


def first():
    second()


def second():
    mark = 7
    raise LookupError


try:
    first()
except LookupError as error:
    names, at = [], error.__traceback__
    while at:
        names.append((at.tb_frame.f_code.co_name, at.tb_lineno - first.__code__.co_firstlineno))
        last, at = at, at.tb_next
    assert [name for name, _ in names] == ["<module>", "first", "second"]
    assert [line for _, line in names][1:] == [1, 6]
    assert last.tb_frame.f_locals["mark"] == 7

# The variable of a handler is gone afterwards.
try:
    raise ValueError
except ValueError as gone:
    pass
assert "gone" not in globals()


class Manager:
    def __init__(self, swallow):
        self.swallow = swallow

    def __enter__(self):
        log.append("enter")
        return self

    def __exit__(self, kind, error, traceback):
        log.append(kind)
        return self.swallow


log.clear()
with Manager(True) as manager:
    raise KeyError
assert log == ["enter", KeyError]
try:
    with Manager(False), Manager(False):
        raise OSError
except OSError:
    log.append("out")
assert log[2:] == ["enter", "enter", OSError, OSError, "out"]
try:
    with 1:
        pass
except TypeError as error:
    assert str(error) == "'int' object does not support the context manager protocol (missed __exit__ method)", error

for wrong, text in [(1, "exceptions must derive from BaseException"), (None, "exceptions must derive from BaseException")]:
    try:
        raise wrong
    except TypeError as error:
        assert str(error) == text
try:
    raise
except RuntimeError as error:
    assert str(error) == "No active exception to reraise"
try:
    try:
        raise ValueError
    except 1:
        pass
except TypeError as error:
    assert str(error) == "catching classes that do not inherit from BaseException is not allowed"

# Groups.
seen = []
try:
    try:
        raise ExceptionGroup("g", [ValueError(1), ExceptionGroup("h", [TypeError(2), ValueError(3)]), OSError(4)])
    except* ValueError as group:
        seen.append(repr(group))
    except* TypeError as group:
        seen.append(repr(group))
        raise KeyError("k")
except ExceptionGroup as group:
    seen.append([type(e).__name__ for e in group.exceptions])
assert seen == [
    "ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [ValueError(3)])])",
    "ExceptionGroup('g', [ExceptionGroup('h', [TypeError(2)])])",
    ["KeyError", "ExceptionGroup"],
]
try:
    raise ValueError(5)
except* ValueError as group:
    assert type(group) is ExceptionGroup and group.exceptions[0].args == (5,)


def loops():
    for i in range(3):
        try:
            if i == 1:
                continue
            if i == 2:
                break
        finally:
            seen.append(i)
    return i


seen.clear()
assert loops() == 2 and seen == [0, 1, 2]
