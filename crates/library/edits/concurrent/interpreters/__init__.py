# One that ends while they are listed is left out.
<<<
    return [Interpreter(id, _whence=whence)
            for id, whence in _interpreters.list_all(require_ready=True)]
===
    found = []
    for id, whence in _interpreters.list_all(require_ready=True):
        with contextlib.suppress(InterpreterNotFoundError):
            found.append(Interpreter(id, _whence=whence))
    return found
>>>
<<<
import threading
import weakref
===
import contextlib
import threading
import weakref
>>>
