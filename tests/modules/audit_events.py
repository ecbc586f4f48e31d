"""Audit hooks are told of what goes on, and may forbid it."""

import marshal
import pickle
import sys
import time

seen = []
forbidden = set()


def hook(event, args):
    if event in forbidden:
        raise RuntimeError(event)
    seen.append((event, args))


def events(action, *, of):
    seen.clear()
    action()
    return [args for event, args in seen if event == of]


def raises(action):
    try:
        action()
    except RuntimeError:
        return True


sys.addaudithook(hook)
assert events(lambda: sys.audit('mine', 1, 'a'), of='mine') == [(1, 'a')]
assert events(lambda: eval('1'), of='compile') == [(b'1', '<string>')]
assert [code.co_name for code, in events(lambda: exec('1'), of='exec')] == ['<module>']
assert events(lambda: id(None), of='builtins.id') == [(id(None),)]
assert events(lambda: time.sleep(0), of='time.sleep') == [(0,)]
assert events(lambda: marshal.loads(marshal.dumps(1, 2)), of='marshal.dumps') == [(1, 2)]
assert [args[:2] for args in events(lambda: open('/dev/null').close(), of='open')] == [('/dev/null', 'r')]


class C:
    pass


def rename():
    C.__name__ = 'D'


assert events(rename, of='object.__setattr__') == [(C, '__name__', 'D')]

forbidden |= {'pickle.find_class', 'open', 'sys.addaudithook'}
payload = b'cos\nsystem\n.'
assert raises(lambda: pickle.loads(payload))
assert raises(lambda: open('/dev/null'))
# Another hook is refused without a word.
late = []
sys.addaudithook(lambda *told: late.append(told))
sys.audit('mine')
assert not late
