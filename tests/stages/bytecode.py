"""The fourth stage: the tree to bytecode, and what its tables say."""

import dis
import io
import sys
import types


def names(code):
    return [instruction.opname for instruction in dis.get_instructions(code)]


def add(a, b=2, *rest, c, **more):
    return a + b


code = add.__code__
assert names(code) == ['RESUME', 'LOAD_FAST_BORROW_LOAD_FAST_BORROW', 'BINARY_OP', 'RETURN_VALUE']
assert (code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount, code.co_nlocals) == (2, 1, 0, 5)
assert code.co_varnames == ('a', 'b', 'c', 'rest', 'more') and code.co_stacksize == 2
assert code.co_flags & 0x0C == 0x0C and dis.pretty_flags(code.co_flags) == 'OPTIMIZED, NEWLOCALS, VARARGS, VARKEYWORDS'

# Constants are folded, equal ones of one type are one, and tests of constants go away.
folded = compile('a = (1, 2.0, -3)\nb = "x" * 3\nc = 1 if True else d', '', 'exec')
assert (1, 2.0, -3) in folded.co_consts and 'xxx' in folded.co_consts
assert 'CALL' not in names(compile('if False: g()', '', 'exec'))

# The line table knows columns, the exception table the ranges.
module = compile('try:\n    f(1,\n      x)\nexcept E as e:\n    pass\n', 'name', 'exec')
call = next(i for i in dis.get_instructions(module) if i.opname == 'CALL')
assert call.positions == (2, 3, 4, 8)
entries = dis.Bytecode(module).exception_entries
assert entries and entries[0].depth == 0 and not entries[0].lasti
assert list(code.co_positions())[0][0] == code.co_firstlineno

# Code objects are values: equal if what they do is equal; copies with changes.
one, two = (compile('def f(): return 1', 'same', 'exec') for _ in range(2))
assert one == two and hash(one) == hash(two) and one is not two
other = code.replace(co_name='sub', co_consts=(5,))
assert other.co_name == 'sub' and other != code and other.co_code == code.co_code
assert types.FunctionType(other, {}, argdefs=(1,))(4, 1, c=0) == 5

listing = io.StringIO()
dis.dis('x = 1', file=listing)
assert listing.getvalue() == '''  0           RESUME                   0

  1           LOAD_SMALL_INT           1
              STORE_NAME               0 (x)
              LOAD_CONST               1 (None)
              RETURN_VALUE
''', listing.getvalue()

# Optimisation: asserts go at -O, docstrings at -OO.
source = 'def f():\n "doc"\n assert x\n'
for level, doc, checks in [(0, 'doc', True), (1, 'doc', False), (2, None, False)]:
    space = {}
    exec(compile(source, '', 'exec', optimize=level), space)
    assert space['f'].__doc__ == doc and ('x' in space['f'].__code__.co_names) == checks

# Jumps further than one byte reaches, and more names than 255.
many = compile('while c:\n' + ''.join(f'    n{i} = {i}\n' for i in range(400)), '', 'exec')
assert dis.opmap['EXTENDED_ARG'] in many.co_code[::2]
space = {'c': iter([1, 0]).__next__}
exec(compile('while c():\n' + ''.join(f'    n{i} = {i}\n' for i in range(400)), '', 'exec'), space)
assert space['n399'] == 399

# A constant set is made of its items in order; and made again, in its own order, if one of them was interned before.
for known in False, True:
    items = [f'order_{known}_{i * i}' for i in range(13)]
    if known:
        kept = sys.intern(items[5])
    [constant] = [c for c in compile(f'x in {{{str(items)[1:-1]}}}', '', 'eval').co_consts if isinstance(c, frozenset)]
    expected = frozenset(items)
    assert list(constant) == list(frozenset(tuple(expected)) if known else expected)

# A claim to an enormous stack reserves nothing.
greedy = compile("[1, 2]", "<greedy>", "eval").replace(co_stacksize=2**31 - 1)
assert greedy.co_stacksize == 2**31 - 1 and eval(greedy) == [1, 2]

# Equal constants of one source are one object, in whatever function they are.
names = {}
exec("""
def f(): return 'not a name', 1e300, b'ab', (1, 'not a name'), x[1:]
def g(): return 'not a name', -1e300, 1e300, b'ab', (1, 'not a name'), x[1:]
""", names)
first, second = (names[name].__code__.co_consts for name in 'fg')
for constant in first:
    assert any(constant is other for other in second), constant
for source in ['(1e999 - 1e999, 1e999 - 1e999)', 'x in {1e999 - 1e999, 1e999 - 1e999}', 'x in {(1e999-1e999)*1j, (1e999-1e999)*2j}']:
    [nans] = [c for c in compile(source, '', 'eval').co_consts if isinstance(c, (tuple, frozenset))]
    assert len(nans) == 2 and len(set(map(id, nans))) == 2, source
