"""faulthandler: tracebacks on request, on a signal, after a time, and when the process dies."""

import faulthandler
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time


def shown(action):
    with tempfile.TemporaryFile() as file:
        action(file)
        file.seek(0)
        return file.read().decode('ascii', 'replace')


def here(file):
    faulthandler.dump_traceback(file, all_threads=False)


text = shown(here)
assert text.startswith('Stack (most recent call first):\n'), text
assert 'line %d in here\n' % (here.__code__.co_firstlineno + 1) in text

# Other threads, too.
wait = threading.Event()


def waiting():
    wait.wait()


thread = threading.Thread(target=waiting)
thread.start()
time.sleep(0.1)
text = shown(faulthandler.dump_traceback)
assert 'Current thread 0x' in text and 'in waiting\n' in text, text
frames = sys._current_frames()
assert set(frames) == {threading.get_ident(), thread.ident}
found = []
frame = frames[thread.ident]
while frame:
    found.append(frame.f_code.co_name)
    frame = frame.f_back
assert 'waiting' in found
assert sys._current_exceptions() == {threading.get_ident(): None, thread.ident: None}


# A signal.
def on_signal(file):
    faulthandler.register(signal.SIGUSR1, file, all_threads=True)
    os.kill(os.getpid(), signal.SIGUSR1)
    assert faulthandler.unregister(signal.SIGUSR1)
    assert not faulthandler.unregister(signal.SIGUSR1)


text = shown(on_signal)
assert 'in on_signal\n' in text and 'in waiting\n' in text, text


# After a time, also while nobody runs Python code.
def later(file):
    faulthandler.dump_traceback_later(0.05, file=file)
    time.sleep(0.5)


text = shown(later)
assert text.startswith('Timeout (0:00:00.050000)!\nThread 0x') and 'in later\n' in text, text


def cancelled(file):
    faulthandler.dump_traceback_later(0.1, repeat=True, file=file)
    faulthandler.cancel_dump_traceback_later()
    time.sleep(0.3)


assert shown(cancelled) == ''
wait.set()
thread.join()

for wrong, kind in ((lambda: faulthandler.register(signal.SIGSEGV), RuntimeError),
                    (lambda: faulthandler.register(1000), ValueError),
                    (lambda: faulthandler.dump_traceback_later(0), ValueError),
                    (lambda: faulthandler.dump_traceback(-1), ValueError),
                    (lambda: faulthandler.dump_traceback('x'), AttributeError)):
    try:
        wrong()
    except kind:
        pass
    else:
        raise AssertionError(wrong)

code = 'import faulthandler, os, signal; faulthandler.enable(); os.kill(os.getpid(), signal.SIGSEGV)'
output = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
assert output.returncode == -signal.SIGSEGV
assert output.stderr.startswith('Fatal Python error: Segmentation fault\n\nCurrent thread 0x'), output.stderr
assert 'File "<string>", line 1 in <module>' in output.stderr


# Functions that trace set for all threads.
seen = []
ready, go = threading.Event(), threading.Event()


def traced():
    pass


def worker():
    ready.set()
    go.wait()
    traced()


thread = threading.Thread(target=worker)
thread.start()
ready.wait()
threading.setprofile_all_threads(lambda frame, event, arg: seen.append((event, frame.f_code.co_name)))
go.set()
thread.join()
threading.setprofile_all_threads(None)
assert ('call', 'traced') in seen
