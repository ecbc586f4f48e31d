"""mmap, termios, fcntl.ioctl, select.epoll, resource, semaphores, shared memory."""
import array
import fcntl
import mmap
import multiprocessing
import os
import pty
import resource
import select
import struct
import tempfile
import termios
import threading
import time
import tty
import warnings
from multiprocessing import shared_memory


def raises(kind, text, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError(f"{kind} not raised")


# mmap
with tempfile.TemporaryFile() as file:
    file.write(b"one\ntwo\nthree\n")
    file.flush()
    with mmap.mmap(file.fileno(), 0) as mapped:
        assert len(mapped) == 14 and mapped[4:7] == b"two" and mapped[-2] == ord("e")
        assert mapped.readline() == b"one\n" and mapped.tell() == 4
        assert mapped.find(b"t") == 4 and mapped.rfind(b"t") == 8 and mapped.find(b"one") == -1
        mapped[0:3] = b"ONE"
        mapped.move(4, 8, 3)
        raises(IndexError, "mmap slice assignment is wrong size", mapped.__setitem__, slice(0, 1), b"ab")
        view = memoryview(mapped)
        raises(BufferError, "cannot close exported pointers exist", mapped.close)
        view.release()
        mapped.resize(20)
        assert mapped.size() == len(mapped) == 20
    raises(ValueError, "mmap closed or invalid", mapped.read)
    assert repr(mapped) == "<mmap.mmap closed=True>"
    assert os.pread(file.fileno(), 7, 0) == b"ONE\nthr"
    with mmap.mmap(file.fileno(), 5, access=mmap.ACCESS_READ) as mapped:
        raises(TypeError, "mmap can't modify a readonly memory map.", mapped.write, b"x")
        assert list(mapped) == [b"O", b"N", b"E", b"\n", b"t"]

# Terminals
parent, child = pty.openpty()
before = termios.tcgetattr(child)
assert before[3] & termios.ICANON and len(before[6]) == 32
assert termios.tcgetattr(child)[4] == termios.B38400
tty.setraw(child)
after = termios.tcgetattr(child)
assert not after[3] & termios.ICANON and after[6][termios.VMIN] == 1
termios.tcsetattr(child, termios.TCSAFLUSH, before)
assert termios.tcgetattr(child) == before
termios.tcsetwinsize(child, (12, 34))
assert termios.tcgetwinsize(child) == (12, 34) == tuple(os.get_terminal_size(child))[::-1]
raises(termios.error, "Bad file descriptor", termios.tcgetattr, 9999)
raises(TypeError, "tcsetattr, arg 3: must be 7 element list", termios.tcsetattr, child, 0, [1])

# ioctl and fcntl with bytes
size = array.array("H", [0] * 4)
assert fcntl.ioctl(child, termios.TIOCGWINSZ, size) == 0 and list(size) == [12, 34, 0, 0]
assert struct.unpack("4H", fcntl.ioctl(child, termios.TIOCGWINSZ, bytes(8))) == (12, 34, 0, 0)
lock = struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 0, 0)
with tempfile.TemporaryFile() as file:
    assert struct.unpack_from("h", fcntl.fcntl(file, fcntl.F_GETLK, lock)) == (fcntl.F_UNLCK,)
raises(ValueError, "ioctl argument 3 is too long", fcntl.ioctl, child, 0, bytes(2000))
os.close(parent)
os.close(child)

# epoll
read, write = os.pipe()
with select.epoll() as epoll:
    epoll.register(read, select.EPOLLIN)
    assert epoll.poll(0) == []
    timer = threading.Timer(0.02, os.write, (write, b"x"))
    timer.start()
    assert epoll.poll(5, 1) == [(read, select.EPOLLIN)]
    timer.join()
    raises(FileExistsError, "File exists", epoll.register, read)
    epoll.unregister(read)
    raises(ValueError, "maxevents must be greater than 0, got 0", epoll.poll, 0, 0)
assert epoll.closed
raises(ValueError, "I/O operation on closed epoll object", epoll.poll)
os.close(read)
os.close(write)

# Resources
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 1, hard))
assert resource.prlimit(0, resource.RLIMIT_NOFILE, (soft, hard)) == (soft - 1, hard)
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
raises(ValueError, "invalid resource specified", resource.getrlimit, 99)
raises(ValueError, "expected a tuple of 2 integers", resource.setrlimit, 7, (1, 2, 3))
pid = os.fork()
if not pid:
    os._exit(3)
assert os.waitstatus_to_exitcode(os.wait4(pid, 0)[1]) == 3

# Between processes
context = multiprocessing.get_context("fork")
memory = shared_memory.SharedMemory(create=True, size=10)
lock, semaphore, queue = context.Lock(), context.Semaphore(0), context.SimpleQueue()


def work(name):
    other = shared_memory.SharedMemory(name=name)
    with lock:
        other.buf[:2] = b"ok"
    other.close()
    queue.put({"from": "child"})
    semaphore.release()


process = context.Process(target=work, args=(memory.name,))
process.start()
assert semaphore.acquire(timeout=20)
assert queue.get() == {"from": "child"}
process.join()
assert process.exitcode == 0 and bytes(memory.buf[:2]) == b"ok"
memory.close()
memory.unlink()
assert not semaphore.acquire(timeout=0.01)
raises(ValueError, "semaphore or lock released too many times", lock.release)

# What the constructor of sched_param takes, and threads in the child of a fork
assert os.sched_param(3).sched_priority == 3 and os.sched_param(3).__reduce__()[1] == (3,)
gate = threading.Event()
other = threading.Thread(target=gate.wait)
other.start()
with warnings.catch_warnings(action="ignore"):
    pid = os.fork()
if not pid:
    os._exit(11 if other.is_alive() else 10)
gate.set()
other.join()
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 10

# A program without the descriptors of this one
read, write = os.pipe()
pid = os.posix_spawn("/bin/echo", ["echo", "spawned"], {}, file_actions=[
    (os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_CLOSE, read)])
os.close(write)
assert os.waitpid(pid, 0)[1] == 0 and os.read(read, 100) == b"spawned\n"
os.close(read)

# Timers
timer = os.timerfd_create(time.CLOCK_MONOTONIC)
assert os.timerfd_settime(timer, initial=0.01) == (0.0, 0.0)
assert os.read(timer, 8) == (1).to_bytes(8, "little")
os.close(timer)
