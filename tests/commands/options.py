"""The command line: options, their refusal, exit statuses."""
import os
import subprocess
import sys
import tempfile


def run(*arguments, stdin="", **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment.update({"LC_ALL": "C.UTF-8"}, **variables)
    done = subprocess.run([sys.executable, *arguments], input=stdin, capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout, done.stderr


def refused(message, *arguments, **variables):
    status, out, err = run(*arguments, **variables)
    assert (status, out) == (2, "") and err.startswith(message + "\nusage: "), (status, out, err)


refused("Unknown option: -z", "-z")
refused("Unknown option: --foo", "--foo")
refused("Argument expected for the -c option", "-c")
refused("Argument expected for the -X option", "-X")
refused("Argument expected for the --check-hash-based-pycs options", "--check-hash-based-pycs")
refused("--check-hash-based-pycs must be one of 'default', 'always', or 'never'", "--check-hash-based-pycs", "maybe")


def fatal(message, *arguments, **variables):
    status, out, err = run(*arguments, "-c", "pass", **variables)
    assert status == 1 and err.startswith("Fatal Python error: " + message), (status, err)


fatal("preconfig_init_utf8_mode: invalid -X utf8 option value", "-X", "utf8=2")
fatal("config_init_hash_seed: PYTHONHASHSEED must be", PYTHONHASHSEED="abc")
fatal("config_init_int_max_str_digits: -X int_max_str_digits: invalid limit", "-X", "int_max_str_digits=100")
fatal("config_init_cpu_count: -X cpu_count=n option", "-X", "cpu_count=0")
fatal("bad value for option -X frozen_modules", "-X", "frozen_modules=maybe")

# Exit statuses.
for code, status, err in [
    ("raise SystemExit", 0, ""),
    ("raise SystemExit(7)", 7, ""),
    ("raise SystemExit(256 + 7)", 7, ""),
    ("raise SystemExit(-1)", 255, ""),
    ("raise SystemExit('no')", 1, "no\n"),
    ("raise SystemExit((1, 2))", 1, "(1, 2)\n"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -15, ""),
]:
    assert run("-c", code) == (status, "", err), (code, run("-c", code))
status, _, err = run("-c", "raise KeyboardInterrupt")
assert status == -2 and err.endswith("KeyboardInterrupt\n")

# The text of -c loses its common indentation, and tracebacks show it.
assert run("-c", "\n    x = 1\n    if x:\n        print(x)\n") == (0, "1\n", "")
assert "\n    1/0\n    ~^~\n" in run("-c", "1/0")[2]
assert "\n    1/0\n    ~^~\n" not in run("-X", "no_debug_ranges", "-c", "1/0")[2]

# Flags.
flags = "import sys; print(*(getattr(sys.flags, n) for n in '{}'.split()))"
for arguments, names, shown in [
    (["-d", "-d"], "debug", "1"),
    (["-OO"], "optimize", "2"),
    (["-I"], "isolated safe_path no_user_site ignore_environment", "1 True 1 1"),
    (["-X", "dev"], "dev_mode", "True"),
    (["-X", "thread_inherit_context=1", "-X", "context_aware_warnings=1"],
     "thread_inherit_context context_aware_warnings", "1 1"),
    (["-X", "int_max_str_digits=0"], "int_max_str_digits", "0"),
    (["-X", "utf8=0"], "utf8_mode", "0"),
]:
    assert run(*arguments, "-c", flags.format(names)) == (0, shown + "\n", ""), arguments
assert run("-c", flags.format("utf8_mode"), LC_ALL="C")[1] == "1\n"
assert run("-X", "cpu_count=3", "-c", "import os; print(os.cpu_count())")[1] == "3\n"
assert run("-c", "import faulthandler; print(faulthandler.is_enabled())", PYTHONFAULTHANDLER="1")[1] == "True\n"
assert "import time: self [us] | cumulative | imported package\n" in run("-X", "importtime", "-c", "pass")[2]

# Files, folders, standard input.
with tempfile.TemporaryDirectory() as folder:
    folder = os.path.realpath(folder)
    os.chdir(folder)
    with open("a.py", "w") as file:
        file.write("skip me (\nimport sys; print(__file__, sys.path[0], sys.argv)\n")
    assert run("-x", "a.py", "b") == (0, f"{folder}/a.py {folder} ['a.py', 'b']\n", "")
    os.mkdir("d")
    assert run("d") == (1, "", f"{sys.executable}: can't find '__main__' module in '{folder}/d'\n")
    with open("d/__main__.py", "w") as file:
        file.write("import sys; print(sys.path[0], __name__)\n")
    assert run("d") == (0, f"{folder}/d __main__\n", "")
    assert run("-m", "d") == (0, f"{folder} __main__\n", "")
    status, _, err = run("absent.py")
    assert status == 2 and err.endswith(f": can't open file '{folder}/absent.py': [Errno 2] No such file or directory\n")
    with open("bad.pyc", "wb") as file:
        file.write(b"abcd")
    assert run("bad.pyc") == (1, "", "RuntimeError: Bad magic number in .pyc file\n")
    assert run("-", "x", stdin="import sys; print(sys.argv)") == (0, "['-', 'x']\n", "")
    assert run("-m", "absent") == (1, "", f"{sys.executable}: No module named absent\n")

# The prompt goes to stderr and ends with the input.
assert run("-q", "-i", stdin="1 + 1\ndef f():\n  return 5\n\nf()\n") == (0, "2\n5\n", ">>> >>> ... ... >>> >>> \n")
assert run("-i", "-c", "x = 3", stdin="x\n") == (0, "3\n", ">>> >>> \n")
assert run("-q", "-i", stdin="import sys\nsys.exit(4)\n")[0] == 4

# Errors of the parser, of the compiler and of a run, each with its place.
for typed, shown in [
    ("x =\n", '  File "<stdin>", line 1\n    x =\n       ^\nSyntaxError: invalid syntax\n'),
    ("1/0\n", 'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n    1/0\n    ~^~\n'
              "ZeroDivisionError: division by zero\n"),
]:
    assert run("-q", "-i", stdin=typed) == (0, "", f">>> {shown}>>> \n"), run("-q", "-i", stdin=typed)
assert "\n    return\n" in run("-q", "-i", stdin="return\n")[2]
assert run("-t", "-c", "print(1)") == (0, "1\n", "")
assert run("-c", "import sys; sys.stderr = None; raise ValueError") == (1, "", "")
assert run("-c", "pass", PYTHONMALLOC="nosuch")[0] == 1
