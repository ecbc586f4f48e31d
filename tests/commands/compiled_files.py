"""Compiled files: where they are written, when they are believed, what damaged ones do."""
import importlib.util
import os
import py_compile
import subprocess
import sys
import tempfile
import zipfile

TAG = sys.implementation.cache_tag


def run(*arguments, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment.update(variables)
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout, done.stderr


def write(name, text):
    with open(name, "w") as file:
        file.write(text)


folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
cached = f"__pycache__/m.{TAG}.pyc"
write("m.py", "print('one')")

assert run("-B", "-c", "import m")[1] == "one\n" and not os.path.exists("__pycache__")
assert run("-c", "import m")[1] == "one\n" and os.listdir("__pycache__") == [f"m.{TAG}.pyc"]
with open(cached, "rb") as file:
    header = file.read(16)
status = os.stat("m.py")
assert header[:4] == importlib.util.MAGIC_NUMBER and header[4:8] == bytes(4)
assert int.from_bytes(header[8:12], "little") == int(status.st_mtime) & 0xFFFFFFFF
assert int.from_bytes(header[12:], "little") == status.st_size
assert run("-O", "-c", "import m") == run("-OO", "-c", "import m") == (0, "one\n", "")
assert sorted(os.listdir("__pycache__")) == [f"m.{TAG}.opt-1.pyc", f"m.{TAG}.opt-2.pyc", f"m.{TAG}.pyc"]

# Believed as long as time and size agree; then written anew.
times = (status.st_atime, status.st_mtime)
write("m.py", "print('two')")
os.utime("m.py", times)
assert run("-c", "import m")[1] == "one\n"
os.utime("m.py", (1, 1))
assert run("-c", "import m")[1] == "two\n"
write("m.py", "print('three')")
os.utime("m.py", (1, 1))
assert run("-c", "import m")[1] == "three\n"

# Hashes instead of times.
py_compile.compile("m.py", invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
write("m.py", "print('four')")
assert run("--check-hash-based-pycs", "never", "-c", "import m")[1] == "three\n"
assert run("-c", "import m")[1] == "four\n"
py_compile.compile("m.py", invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
write("m.py", "print('five')")
assert run("-c", "import m")[1] == "four\n"
assert run("--check-hash-based-pycs", "always", "-c", "import m")[1] == "five\n"

# Damaged files: a wrong head is passed over, a wrong body is an error.
with open(cached, "rb") as file:
    whole = file.read()
for damaged in b"", whole[:10], b"garbage" * 10:
    with open(cached, "wb") as file:
        file.write(damaged)
    assert run("-c", "import m")[1] == "five\n"
os.utime("m.py", (1, 1))
run("-c", "import m")
with open(cached, "rb") as file:
    whole = file.read()
with open(cached, "wb") as file:
    file.write(whole[:20])
status, _, err = run("-c", "import m")
assert status == 1 and err.endswith("EOFError: marshal data too short\n"), err

# A tree of their own.
os.remove(cached)
assert run("-c", "import m", PYTHONPYCACHEPREFIX=os.path.abspath("tree"))[1] == "five\n"
assert not os.path.exists(cached)
assert any(f"m.{TAG}.pyc" in files for _, _, files in os.walk("tree"))

# Without a source, and in archives.
py_compile.compile("m.py", "alone.pyc")
assert run("-c", "import alone")[1] == run("alone.pyc")[1] == "five\n"
with zipfile.ZipFile("a.zip", "w") as archive:
    archive.write("alone.pyc", "inside.pyc")
    archive.writestr("__main__.py", "import inside, sys; print(__name__, sys.path[0])")
    archive.writestr("p/__init__.py", "")
    archive.writestr("p/q.py", "1/0")
assert run("a.zip") == (0, f"five\n__main__ {os.path.realpath('a.zip')}\n", "") or run("a.zip")[1].startswith("five\n")
status, _, err = run("-c", "import p.q", PYTHONPATH="a.zip")
assert status == 1 and "q.py\", line 1, in <module>" in err and err.endswith("ZeroDivisionError: division by zero\n")
os.chdir("/")
folder.cleanup()
