"""Interpreters that run beside the first one."""

import _interpreters
import threading
from concurrent import interpreters
from concurrent.futures import InterpreterPoolExecutor


def raises(expected, function, *args):
    try:
        function(*args)
    except expected as error:
        return error
    raise AssertionError(f'{expected} was not raised')


# Code runs in a __main__ of its own, which stays.
child = interpreters.create()
child.exec('x = 41')
child.exec('x += 1; assert x == 42')
assert 'x' not in globals()
child.prepare_main(text='näh', data=b'\0\xff', pair=(1, (2.5, None)), big=-(1 << 60))
child.exec("assert (text, data, pair, big) == ('näh', b'\\0\\xff', (1, (2.5, None)), -(1 << 60))")
assert 'does not support' in str(raises(interpreters.NotShareableError, lambda: child.prepare_main(a=[])))


# Functions that need nothing but builtins go by their code, other objects by pickle.
def total(numbers):
    return sum(numbers)


assert child.call(total, [1, 2, 3]) == 6
assert child.call(len, 'abc') == 3
assert child.call(dict, a=[1]) == {'a': [1]}
assert 'stateless' in str(raises(interpreters.NotShareableError, lambda: child.call(lambda: child)))

# What fails there is told here.
failed = raises(interpreters.ExecutionFailed, child.exec, '1/0')
assert failed.excinfo.formatted == 'ZeroDivisionError: division by zero'
assert failed.excinfo.errdisplay.endswith('ZeroDivisionError: division by zero')
assert isinstance(raises(SyntaxError, child.exec, '1 1'), SyntaxError)

# Modules, and what native ones keep, are each interpreter's own.
child.exec('import json, sys; json.mine = 1; sys.setrecursionlimit(77)')
import json, sys
assert not hasattr(json, 'mine') and sys.getrecursionlimit() != 77

# One runs one program at a time.
there, back = interpreters.create_queue(), interpreters.create_queue(1)
child.prepare_main(there=there, back=back)
thread = threading.Thread(target=child.exec, args=('back.put(1); there.get()',))
thread.start()
assert back.get() == 1
assert str(raises(interpreters.InterpreterError, child.exec, '1')) == 'interpreter already running'
assert str(raises(interpreters.InterpreterError, child.close)) == 'interpreter running'
there.put(2)
thread.join()

# Queues: order, limits, and items whose interpreter is gone.
back.put([1, {'a': 2}])
raises(interpreters.QueueFull, back.put_nowait, 1)
assert back.get() == [1, {'a': 2}]
raises(interpreters.QueueEmpty, back.get_nowait)
child.exec('back.put("x")')
child.close()
assert repr(back.get()) == 'concurrent.interpreters._queues.UNBOUND'
raises(interpreters.InterpreterNotFoundError, _interpreters.exec, child.id, '1')

# What an isolated one may not do.
child = interpreters.create()
assert 'fork not supported' in str(raises(interpreters.ExecutionFailed, child.exec, 'import os; os.fork()'))
assert 'daemon threads' in str(
    raises(interpreters.ExecutionFailed, child.exec, 'import threading as t; t.Thread(daemon=True).start()')
)

# They make others, and each thread may have its own.
child.exec('from concurrent import interpreters as i; g = i.create(); g.exec("assert __name__ == \'__main__\'"); g.close()')
child.close()


def square(n):
    return n * n


with InterpreterPoolExecutor(3) as pool:
    assert list(pool.map(square, range(20))) == [n * n for n in range(20)]
assert len(interpreters.list_all()) == 1
