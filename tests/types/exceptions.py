"""The exception hierarchy: construction, chaining, groups."""


def raises(kind, message, function):
    try:
        function()
    except kind as error:
        assert type(error) is kind and str(error) == message, (type(error), str(error))
    else:
        assert False, message


# OSError chooses its class by number, and keeps file names out of args.
error = OSError(2, "gone", "a", None, "b")
assert type(error) is FileNotFoundError and error.args == (2, "gone") and str(error) == "[Errno 2] gone: 'a' -> 'b'"
assert error.__reduce__() == (FileNotFoundError, (2, "gone", "a", None, "b"))
assert BlockingIOError(11, "x", 5).characters_written == 5


class Custom(OSError):
    def __init__(self, *args, extra):
        self.extra = extra
        super().__init__(*args)


error = Custom(2, "no", "f", extra=9)
assert (error.extra, error.errno, error.filename, error.args) == (9, 2, "f", (2, "no"))

# Implicit and explicit context.
try:
    try:
        1 / 0
    except ZeroDivisionError as first:
        raise ValueError("x") from None
except ValueError as second:
    assert type(second.__context__) is ZeroDivisionError and second.__suppress_context__
try:
    try:
        raise KeyError(1)
    except KeyError as key:
        try:
            raise ValueError(2)
        except ValueError as value:
            raise key
except KeyError as key:
    # The chain key → value → key is cut where it would close.
    assert type(key.__context__) is ValueError and key.__context__.__context__ is None

raises(TypeError, "__cause__ may not be deleted", lambda: delattr(Exception(), "__cause__"))
raises(TypeError, "exception context must be None or derive from BaseException", lambda: setattr(Exception(), "__context__", 5))
raises(TypeError, "ValueError() takes no keyword arguments", lambda: ValueError(x=1))

# Fields.
assert StopIteration(3, 4).value == 3 and SystemExit(1, 2).code == (1, 2) and str(KeyError("a")) == "'a'"
assert ImportError("m", name="n").__reduce__() == (ImportError, ("m",), {"name": "n"})
syntax = SyntaxError("bad", ("/d/f.py", 3, 4, "text", 5, 6))
assert str(syntax) == "bad (f.py, line 3)" and (syntax.end_lineno, syntax.end_offset) == (5, 6)
raises(TypeError, "end_offset must be provided when end_lineno is provided", lambda: SyntaxError("m", ("f", 1, 2, "t", 3)))
assert str(UnicodeEncodeError("ascii", "a\u1234", 1, 2, "no")) == "'ascii' codec can't encode character '\\u1234' in position 1: no"
assert str(UnicodeDecodeError("utf-8", b"\xff\xfe", 0, 2, "no")) == "'utf-8' codec can't decode bytes in position 0-1: no"

# Groups.
assert ExceptionGroup.__mro__ == (ExceptionGroup, BaseExceptionGroup, Exception, BaseException, object)
group = ExceptionGroup("g", [ValueError(1), ExceptionGroup("h", [TypeError(2), ValueError(3)])])
part, rest = group.split(ValueError)
assert repr(part) == "ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [ValueError(3)])])"
assert repr(rest) == "ExceptionGroup('g', [ExceptionGroup('h', [TypeError(2)])])"
assert group.subgroup(KeyError) is None and str(group) == "g (2 sub-exceptions)"
assert type(BaseExceptionGroup("b", [ValueError()])) is ExceptionGroup
raises(TypeError, "Cannot nest BaseExceptions in an ExceptionGroup", lambda: ExceptionGroup("x", [KeyboardInterrupt()]))
raises(ValueError, "second argument (exceptions) must be a non-empty sequence", lambda: ExceptionGroup("x", []))

seen = []
try:
    try:
        raise group
    except* ValueError as values:
        seen.append(repr(values))
    except* TypeError:
        raise
except ExceptionGroup as left:
    seen.append(repr(left))
assert seen == [repr(part), repr(rest)], seen
