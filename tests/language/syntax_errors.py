"""What syntax errors carry, and the warnings that come before them."""
import warnings


def failure(source, mode="exec"):
    try:
        compile(source, "<string>", mode)
    except SyntaxError as error:
        return error
    raise AssertionError(f"{source!r} compiles")


# Errors of the compiler have no text when the file is not there; those of the parser have.
error = failure("x = 1\nreturn")
assert error.args == ("'return' outside function", ("<string>", 2, 1, None, 2, 7))
error = failure("a b")
assert error.text == "a b\n" and error._metadata == (0, 0, "a b\n")

# The analysis of scopes tells the place in attributes alone.
error = failure("def f():\n  x = 1\n  global x")
assert error.args == ("name 'x' is assigned to before global declaration",)
assert (error.lineno, error.offset, error.end_lineno, error.end_offset) == (3, 3, 3, 11)

for source in ["'\\e' $", "x = '\\e'\n1 $ 2", "'\\e'; return", "x is 1; return"]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        failure(source)
    assert [w.category for w in caught] == [SyntaxWarning], source

# A compound statement needs its line end at the prompt.
failure("def f(): pass", "single")
compile("def f(): pass\n", "<string>", "single")
compile("if 1:\n  pass", "<string>", "single")

compile("", "<string>", "exec", 0x10)
