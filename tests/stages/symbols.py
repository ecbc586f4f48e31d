"""The third stage: scopes."""

import symtable

table = symtable.symtable('''
import os
limit: int = 3
def outer(a, *args, key=None, **kwargs):
    global limit
    local = a
    def inner():
        nonlocal local
        local = os, key
        return [local for item in args]
    return inner
class C[T](Base):
    x = limit
    def method(self): return __class__, T
''', 'module', 'exec')

assert (table.get_type(), table.get_name(), table.has_children()) == ('module', 'top', True)
names = {symbol.get_name(): symbol for symbol in table.get_symbols()}
assert names['os'].is_imported() and names['limit'].is_annotated() and names['outer'].is_namespace()

outer = next(child for child in table.get_children() if child.get_name() == 'outer')
assert outer.get_parameters() == ('a', 'key', 'args', 'kwargs')
assert outer.lookup('limit').is_declared_global() and outer.lookup('local').is_local()
assert 'local' in outer.get_locals() and outer.get_globals() == ('limit',)
assert outer.lookup('a').is_parameter() and outer.lookup('args').is_parameter()

inner = next(child for child in outer.get_children() if child.get_name() == 'inner')
assert inner.is_nested() and inner.is_optimized()
assert set(inner.get_frees()) == {'local', 'key', 'args'} and inner.get_nonlocals() == ('local',)
assert inner.lookup('os').is_global() and not inner.lookup('os').is_declared_global()

generic = next(child for child in table.get_children() if child.get_name() == 'C')
assert generic.get_type() == symtable.SymbolTableType.TYPE_PARAMETERS
body = next(child for child in generic.get_children() if child.get_type() == 'class')
assert body.lookup('x').is_local() and body.lookup('limit').is_global()
method = next(child for child in body.get_children() if child.get_name() == 'method')
assert set(method.get_frees()) == {'__class__', 'T'}

for wrong, message in [
    ('def f(a, a): pass', "duplicate argument 'a' in function definition"),
    ('def f():\n x = 1\n global x', "name 'x' is assigned to before global declaration"),
    ('nonlocal x', 'nonlocal declaration not allowed at module level'),
    ('def f():\n nonlocal y', "no binding for nonlocal 'y' found"),
    ('class A:\n def f(self): [(yield) for x in y]', "'yield' inside list comprehension"),
    ('[i := 0 for i in x]', "assignment expression cannot rebind comprehension iteration variable 'i'"),
    ('def f[T, T](): pass', "duplicate type parameter 'T'"),
]:
    try:
        symtable.symtable(wrong, 'wrong', 'exec')
    except SyntaxError as error:
        assert error.msg == message, error.msg
    else:
        raise AssertionError(wrong)
