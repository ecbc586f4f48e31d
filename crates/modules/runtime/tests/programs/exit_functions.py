import atexit
log = []
@atexit.register
def first(): log.append("first")
def second(*args, **kw): log.append((args, kw))
atexit.register(second, 1, k=2)
assert atexit._ncallbacks() == 2
atexit.unregister(first)
assert atexit._ncallbacks() == 1
atexit.register(first)
atexit._run_exitfuncs()
assert log == ["first", ((1,), {"k": 2})] and atexit._ncallbacks() == 0
