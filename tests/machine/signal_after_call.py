"""Handlers of signals run when a native call has returned, before what comes next."""

import os
import signal


def handler(number, frame):
    raise ZeroDivisionError


signal.signal(signal.SIGUSR1, handler)
order = []
try:
    os.kill(os.getpid(), signal.SIGUSR1)
    order.append('after')
except ZeroDivisionError:
    order.append('handled')
assert order == ['handled']
