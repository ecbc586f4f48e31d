"""Where the system gives no more memory, containers and loops in native code end in MemoryError, and the program goes on."""
import resource
import subprocess
import sys

LIMIT = 300 << 20
PROGRAMS = [
    "[i for i in iter(int, 1)]",
    "{i: i for i in range(10**9)}",
    "list(zip(range(10**9), range(10**9)))",
    "list(map(str, range(10**9)))",
    "[[] for i in iter(int, 1)]",
    "collections.OrderedDict.fromkeys(range(10**9))",
    "''.join('ab' for i in iter(int, 1))",
    "re.findall('a', 'a' * 10**8)",
    "1 << (1 << 33)",
]
PROLOGUE = "import collections, re\n"


def attempt(program):
    return f"try:\n    {program}\nexcept MemoryError:\n    caught.append(1)\n"


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))


for program in PROGRAMS if sys.platform == "linux" else []:
    source = PROLOGUE + "caught = []\n" + attempt(program) + "assert caught\nassert len(list(range(100000))) == 100000\n"
    done = subprocess.run([sys.executable, "-c", source], preexec_fn=limited, capture_output=True, text=True)
    assert done.returncode == 0, (program, done.returncode, done.stderr[-500:])
