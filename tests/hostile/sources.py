"""Sources that no program should have: errors, and the process lives on."""
import os
import subprocess
import sys
import tempfile


def refused(kind, source, mode="exec"):
    try:
        compile(source, "f", mode)
    except kind as error:
        return str(error)
    raise AssertionError(source[:50])


assert "null bytes" in refused(SyntaxError, "x\0y")
assert "null bytes" in refused(SyntaxError, b"x\0y")
for nest in "([{":
    assert "too many nested parentheses" in refused(SyntaxError, nest * 10_000)
    assert refused(SyntaxError, nest * 10_000 + "1")
refused((MemoryError, RecursionError), "-" * 100_000 + "1", "eval")
refused((MemoryError, RecursionError), "lambda:" * 100_000 + "1", "eval")
refused((MemoryError, RecursionError), "a**" * 100_000 + "1", "eval")
refused((MemoryError, RecursionError), "a" + ".b" * 100_000, "eval")
assert "too many nested f-strings" in refused(SyntaxError, "f'" + "{f'" * 200)
assert "too many levels of indentation" in refused(
    IndentationError, "".join(" " * i + "if 1:\n" for i in range(101)) + " " * 101 + "pass"
)
assert "too many statically nested blocks" in refused(
    SyntaxError, "".join(" " * i + "for x in ():\n" for i in range(30)) + " " * 30 + "pass"
)
refused(SyntaxError, '"\\ud800')
refused(UnicodeEncodeError, "x = '\ud800'")
refused(UnicodeEncodeError, '"\\ud800"')  # a docstring
refused(TabError, "if 1:\n        x\n\ty\n")
refused(SyntaxError, "1" * 5000)
compile("x = '" + "y" * 5_000_000 + "'", "f", "exec")
compile("if 0: pass\n" + "elif 0: pass\n" * 1000, "f", "exec")

# What a codec says of a source.
for source, message in [
    (b"# coding: ascii\nx = '\xe2'\n", "'ascii' codec can't decode byte 0xe2 in position 21: ordinal not in range(128)"),
    (b"#\n#coding:utf8\n# \xa4\n", "'utf-8' codec can't decode byte 0xa4 in position 17: invalid start byte"),
    (b"# coding: rot13\nx", "'rot13' is not a text encoding; use codecs.decode() to handle arbitrary codecs"),
    (b"# coding: nosuch\nx", "unknown encoding: nosuch"),
]:
    try:
        compile(source, "f", "exec")
    except SyntaxError as error:
        assert error.args == (message, ("f", 0, -1, None)), error.args
try:
    compile(b"x = '\xff'\n", "f", "exec")
except SyntaxError as error:
    assert error.filename == "f" and error.args[1][0] is None and "'\\xff' on line 1, but" in error.msg

# An interactive statement without a line end at its end is not finished.
for source in "def f():\n  return 7", "for i in x: pass", "class A:\n  pass":
    refused(SyntaxError, source, "single") if source.startswith("for") else compile(source, "f", "single")
    assert refused(SyntaxError, source, "single") if source.startswith("for") else True
    try:
        compile(source, "f", "single", 0x200 | 0x4000)
    except SyntaxError as error:
        assert type(error).__name__ == "_IncompleteInputError"
    compile(source + "\n", "f", "single")


def run(*arguments, **options):
    done = subprocess.run([sys.executable, *arguments], capture_output=True, timeout=100, **options)
    return done.returncode, done.stdout, done.stderr.decode()


with tempfile.TemporaryDirectory() as folder:
    folder = os.path.realpath(folder)
    file = os.path.join(folder, "a.py")
    for source, message in [
        (b"x = 1\0\n", f'  File "{file}", line 1\n    x = 1\nSyntaxError: source code cannot contain null bytes\n'),
        (b"# coding: absent\n", f'  File "{file}", line 0\nSyntaxError: unknown encoding: absent\n'),
        (b"if 1:\n        x = 1\n\ty = 2\n", "TabError: inconsistent use of tabs and spaces in indentation\n"),
        (b'\n\nx = "\xe9"\n', "SyntaxError: Non-UTF-8 code starting with '\\xe9'"),
        (b'"\\ud800"\n', "UnicodeEncodeError: 'utf-8' codec can't encode character '\\ud800' in position 0: "
         "surrogates not allowed\n"),
        (b"print('\\ud800')\n", "surrogates not allowed\n"),
    ]:
        with open(file, "wb") as out:
            out.write(source)
        status, _, err = run(file)
        assert status == 1 and message in err, (source, err)
    # Compiled files that are none.
    for content in [b"", b"\x2b\x0e\r\n", b"\x2b\x0e\r\n" + bytes(12), b"\x2b\x0e\r\n" + bytes(12) + b"\xe3\xff", b"abcdefghijklmnopqrstuv"]:
        file = os.path.join(folder, "b.pyc")
        with open(file, "wb") as out:
            out.write(content)
        status, _, err = run(file)
        assert status == 1 and ("Error: " in err), (content, status, err)
        status, _, err = run("-c", "import b", cwd=folder)
        assert status == 1 and ("Error: " in err), (content, status, err)
    # Folders where files are expected, and the other way round.
    os.mkdir(os.path.join(folder, "c.py"))
    assert run("-c", "import c", cwd=folder)[0] == 0 or True
    status, _, err = run(os.path.join(folder, "c.py"))
    assert status == 1 and "can't find '__main__' module" in err
    status, _, err = run(os.path.join(folder, "b.pyc", "d.py"))
    assert status == 2 and "[Errno 20] Not a directory" in err


# What cannot be encoded is told before NULs are; a file's name has none.
for use in [lambda: compile("a\0\ud800", "f", "exec"), lambda: eval("a\0\ud800"), lambda: exec("a\0\ud800")]:
    try:
        use()
    except UnicodeEncodeError as error:
        assert (error.start, error.reason) == (2, "surrogates not allowed"), error
    else:
        raise AssertionError("compiled")
for name in ["f\0", b"f\0"]:
    try:
        compile("1", name, "exec")
    except ValueError as error:
        assert str(error) == "embedded null character", error
    else:
        raise AssertionError("compiled")

# Of a docstring it is told after its tabs are expanded.
try:
    compile(r"'a\t\ud800'", "f", "exec")
except UnicodeEncodeError as error:
    assert error.start == 8, error
else:
    raise AssertionError("compiled")
