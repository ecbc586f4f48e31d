"""Error handlers that put another object into the exception: decoding goes on there."""

import codecs
import subprocess
import sys
import warnings


def longer(error):
    error.object = b'\0' * 8
    return '\ufffd', error.start


codecs.register_error('tests.longer', longer)
assert b'\0'.decode('utf-16', 'tests.longer') == '\ufffd\0\0\0\0'
assert b'\0'.decode('utf-32', 'tests.longer') == '\ufffd\0\0'


def backslash(error):
    error.object = b'\\' + error.object[error.end:]
    return '?', 0


codecs.register_error('tests.backslash', backslash)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    assert codecs.unicode_escape_decode(br'\x0n\z', 'tests.backslash') == ('?\n\\z', 6)
assert r'"\z" is an invalid escape sequence' in str(caught[0].message)

# Names of characters come with a module.
blocked = 'import sys; sys.modules["unicodedata"] = None; eval("\'\\\\N{SOFT HYPHEN}\'")'
ended = subprocess.run([sys.executable, '-c', blocked], capture_output=True, text=True)
assert "SyntaxError: (unicode error) \\N escapes not supported (can't load unicodedata module)" in ended.stderr
compile(r"'\N{DIGIT ONE}'", '<test>', 'eval')
assert 'unicodedata' in sys.modules

# RFC 3454 folds case as Unicode 3.2 did.
assert '\u13a0\u13a0'.encode('idna') == b'xn--58da'
assert '\u04c0.example'.encode('idna') == b'xn--d5a.example'
