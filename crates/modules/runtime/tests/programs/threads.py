import _thread
lock = _thread.allocate_lock()
assert lock.acquire() and not lock.acquire(False) and not lock.acquire(timeout=0.01) and lock.locked()
lock.release()
try: lock.release()
except RuntimeError as e: assert str(e) == "release unlocked lock"
results = []
done = _thread.allocate_lock()
done.acquire()
def work(n, key=None):
    for i in range(n): results.append(i)
    results.append(key)
    done.release()
ident = _thread.start_new_thread(work, (1000,), {"key": "end"})
assert ident != _thread.get_ident()
done.acquire()
assert results[:3] == [0, 1, 2] and results[-1] == "end"
# several threads take turns
count = 0
guard = _thread.allocate_lock()
def add():
    global count
    for i in range(2000):
        with guard:
            count += 1
handles = [_thread.start_joinable_thread(add, daemon=False) for i in range(4)]
for h in handles: h.join()
assert count == 8000 and all(h.is_done() for h in handles)
r = _thread.RLock()
with r:
    with r: assert r._is_owned() and r._recursion_count() == 2
assert not r._is_owned()
local = _thread._local()
local.x = "main"
seen = []
def use():
    seen.append(hasattr(local, "x")); local.x = "other"; seen.append(local.x)
_thread.start_joinable_thread(use).join()
assert seen == [False, "other"] and local.x == "main"
class L(_thread._local):
    def __init__(self, v): self.v = [v]
l = L(3)
def use2(): seen.append(l.v); l.v.append(1)
_thread.start_joinable_thread(use2).join()
assert seen[-1] == [3, 1] and l.v == [3]
# a busy thread does not keep others from running
stop = False
def spin():
    while not stop: pass
h = _thread.start_joinable_thread(spin)
n = 0
for i in range(20000): n += i
stop = True
h.join()
