"""The code that the library's modules come with is what compiling their sources gives."""
import importlib.util


def same(left, right):
    parts = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_linetable", "co_exceptiontable")
    parts += ("co_flags", "co_stacksize", "co_qualname", "co_firstlineno", "co_argcount", "co_kwonlyargcount")
    assert all(getattr(left, part) == getattr(right, part) for part in parts), (left, right)
    assert len(left.co_consts) == len(right.co_consts), (left.co_consts, right.co_consts)
    for a, b in zip(left.co_consts, right.co_consts):
        assert type(a) is type(b), (a, b)
        if isinstance(a, type(left)):
            same(a, b)
        else:
            # The order of a set depends on what was interned before.
            assert a == b and (isinstance(a, frozenset) or repr(a) == repr(b)), (a, b)


for name in ("textwrap", "dataclasses", "asyncio.base_events", "statistics", "email.header", "fractions", "_pydecimal"):
    spec = importlib.util.find_spec(name)
    code = spec.loader.get_code(name)
    source = spec.loader.get_source(name)
    same(code, compile(source, code.co_filename, "exec"))


# What is asked of a function before it ever ran.
import textwrap

assert textwrap.dedent.__doc__.startswith("Remove any common leading whitespace")
assert textwrap.TextWrapper.__init__.__code__.co_varnames[:3] == ("self", "width", "initial_indent")
documented = textwrap.indent
documented.__code__ = (lambda text, prefix, predicate=None: prefix).__code__
assert documented.__doc__.startswith("Adds 'prefix' to the beginning")
assert documented("a", "b") == "b"
