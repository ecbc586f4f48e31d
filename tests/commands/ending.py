"""The end of a program: what still runs, and in which order."""
import os
import subprocess
import sys

PROGRAM = r"""
import atexit, sys, weakref, threading, time

class Loud:
    def __init__(self, name): self.name = name
    def __del__(self): print("del", self.name, sys.is_finalizing())

class Cycle(Loud):
    def __init__(self, name):
        super().__init__(name)
        self.me = self

a = Loud("a")
cycle = Cycle("cycle")
late = Loud("late")
weakref.finalize(a, print, "finalize a")
atexit.register(print, "first registered")
atexit.register(print, "second registered")
def fail(): 1/0
atexit.register(fail)
threading.Thread(target=lambda: (time.sleep(0.05), print("thread done"))).start()
class Broken:
    def __del__(self): raise ValueError("in del")
broken = Broken()
print("end of main")
"""
done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
lines = done.stdout.splitlines()
assert done.returncode == 0, done
assert lines[:5] == ["end of main", "thread done", "second registered", "first registered", "finalize a"], lines
assert sorted(lines[5:]) == ["del a True", "del cycle True", "del late True"], lines
assert "ZeroDivisionError" in done.stderr and "Exception ignored" in done.stderr
assert "ValueError: in del" in done.stderr


def run(source):
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


# Names of the module go in the order in which they came, unless functions keep its namespace alive.
loud = "class L:\n  def __init__(s, n): s.n = n\n  __del__ = lambda s, p=print: p(s.n)\n"
status, out, err = run(loud + "b = L('b'); a = L('a'); _c = L('c')")
assert (status, sorted(out.split()), err) == (0, ["a", "b", "c"], ""), (status, out, err)
# What is only reachable from sys.modules or builtins dies too.
assert run(loud + "import sys, builtins; builtins.keep = L('kept'); sys.keep = L('too late')") == (0, "kept\n", "")
# Output that a finalizer prints is not lost, and an unflushed file is written.
assert run("import sys\nclass A:\n  def __del__(s): sys.stdout.write('bye')\na = A()")[1] == "bye"
# A reader that went away.
closed = subprocess.run(
    f"{sys.executable} -c \"print('x' * 100000)\" | true; exit 0", shell=True, capture_output=True, text=True
)
assert "BrokenPipeError" in closed.stderr or closed.stderr == ""
if os.path.exists("/dev/full"):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-c", "print(1)"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode in (1, 120), done
    assert "OSError: [Errno 28]" in done.stderr, done.stderr
# Daemon threads do not keep the program, and do not run while it ends.
daemon = """
import threading, time
def daemon():
    while True: time.sleep(0.001)
threading.Thread(target=daemon, daemon=True).start()
def busy():
    while True: pass
threading.Thread(target=busy, daemon=True).start()
time.sleep(0.05)
print("end")
"""
assert run(daemon) == (0, "end\n", "")
# os._exit runs nothing.
assert run("import atexit, os; atexit.register(print, 'no'); os._exit(5)") == (5, "", "")
# What is registered while the registered functions run is not called.
assert run("import atexit\n@atexit.register\ndef f():\n  atexit.register(print, 'g')\n  print('f')") == (0, "f\n", "")
