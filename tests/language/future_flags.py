"""Future features that `compile` is asked for, that code passes on, and that the prompt remembers."""

import __future__
import subprocess
import sys

flag = __future__.CO_FUTURE_BARRY_AS_BDFL
for mode in ('exec', 'eval', 'single'):
    assert compile('2 <> 3', '', mode, flag).co_flags & flag
assert eval(compile('2 <> 3', '', 'eval', flag))
names = {}
exec("from __future__ import barry_as_FLUFL\nseen = eval('2 <> 2')", names)
assert names['seen'] is False
try:
    compile('2 != 3', '', 'eval', flag)
except SyntaxError as error:
    assert str(error).startswith("with Barry as BDFL, use '<>' instead of '!='")
else:
    raise AssertionError

lines = 'from __future__ import barry_as_FLUFL\nprint(2 <> 3)\n'
prompt = subprocess.run([sys.executable, '-i'], input=lines, capture_output=True, text=True)
assert 'True' in prompt.stdout and 'SyntaxError' not in prompt.stderr, prompt
