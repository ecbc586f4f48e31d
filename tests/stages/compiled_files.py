"""The last stage: code in `__pycache__`, and `marshal`, in which it is written."""

import importlib.util
import marshal
import os
import py_compile
import struct
import sys
import tempfile

values = [None, True, ..., StopIteration, 0, -1, 2 ** 31, -2 ** 100, 0.5, float('inf'), 1 - 2j, '', 'ascii', 'é', '\ud800',
          b'', b'\xff' * 300, (), (1, (2,)), [1, [2]], {'a': {1: 2}}, {1, 2}, frozenset([3]), compile('x', 'f', 'eval')]
for version in range(6):
    for value in values:
        if isinstance(value, type(compile('', '', 'exec'))) or version > 2 or not isinstance(value, float):
            assert marshal.loads(marshal.dumps(value, version)) == value, (version, value)
shared = 'long enough to be shared' * 2
again = marshal.loads(marshal.dumps([shared, shared]))
assert again[0] is again[1]
endless = []
endless.append(endless)
copy = marshal.loads(marshal.dumps(endless))
assert copy[0] is copy
for inner in [], {}:
    outer = (1, inner)
    inner.append(outer) if isinstance(inner, list) else inner.update(self=outer)
    copy = marshal.loads(marshal.dumps(outer))
    assert type(copy) is tuple and (copy[1][0] if isinstance(inner, list) else copy[1]['self']) is copy
for data in [b'\xbe\x01\0\0\0r\0\0\0\0', b'\xbar\0\0\0\0NN', b'\xba[\x01\0\0\0r\0\0\0\0NN']:
    try:
        marshal.loads(data)
    except ValueError as error:
        assert str(error) == 'bad marshal data (invalid reference)'
nans = compile('x in {1e999 - 1e999, 1e999 - 1e999}', '', 'eval')
assert [sorted(map(str, c)) for c in marshal.loads(marshal.dumps(nans)).co_consts if c.__class__ is frozenset] == [['nan'] * 2]
for bad in [b'', b'i\x00', b'(\xff\xff\xff\xff', b'?', b'r\x05\x00\x00\x00', b's\xff\xff\xff\x7fabc']:
    try:
        marshal.loads(bad)
    except (EOFError, ValueError, TypeError):
        pass
    else:
        raise AssertionError(bad)
try:
    marshal.dumps(object())
except ValueError as error:
    assert str(error) == 'unmarshallable object'

with tempfile.TemporaryDirectory() as folder:
    source = os.path.join(folder, 'made.py')
    with open(source, 'w') as file:
        file.write('value = 41 + 1\n')
    for mode in py_compile.PycInvalidationMode:
        target = py_compile.compile(source, doraise=True, invalidation_mode=mode)
        assert target == importlib.util.cache_from_source(source)
        assert os.path.basename(target) == f'made.{sys.implementation.cache_tag}.pyc'
        with open(target, 'rb') as file:
            data = file.read()
        magic, flags = struct.unpack_from('<4sI', data)
        assert magic == importlib.util.MAGIC_NUMBER
        assert flags == {'TIMESTAMP': 0, 'CHECKED_HASH': 3, 'UNCHECKED_HASH': 1}[mode.name]
        if flags:
            assert data[8:16] == importlib.util.source_hash(b'value = 41 + 1\n')
        else:
            stat = os.stat(source)
            assert struct.unpack_from('<II', data, 8) == (int(stat.st_mtime), stat.st_size)
        space = {}
        exec(marshal.loads(data[16:]), space)
        assert space['value'] == 42

    # The import system writes the file, believes a fresh one, and renews a stale one.
    sys.path.insert(0, folder)
    os.remove(target)
    sys.dont_write_bytecode, before = False, sys.dont_write_bytecode
    import made
    assert made.value == 42 and os.path.exists(made.__cached__) and made.__spec__.cached == target
    with open(source, 'w') as file:
        file.write('value = "changed"\n')
    importlib.reload(made)
    assert made.value == 'changed'
    with open(target, 'r+b') as file:
        file.truncate(20)
    try:
        importlib.reload(made)
    except EOFError:
        pass
    sys.dont_write_bytecode = before
    sys.path.remove(folder)
