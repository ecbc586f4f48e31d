# A fork while other threads start and end leaves no lock behind in the child.
import os
import sys
import threading
import warnings

warnings.simplefilter('ignore')
sys.setswitchinterval(1e-6)
for _ in range(60):
    thread = threading.Thread(target=int)
    thread.start()
    child = os.fork()
    if child == 0:
        os._exit(11 if thread.is_alive() else 10)
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 10
