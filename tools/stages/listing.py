"""What each stage of the front end makes of a source, as lines of text.

Runs under the Python whose stages are wanted. A line never depends on the process (no addresses, no order of sets), so
that two Pythons which agree print the same.
"""

import ast
import doctest
import io
import itertools
import marshal
import os
import py_compile
import symtable
import tempfile
import tokenize
import types
import warnings


def tokens(source, name):
    """Each token of `tokenize.tokenize` with its positions; `generate_tokens` finds the same but the encoding."""
    found = [_token(token) for token in tokenize.tokenize(io.BytesIO(source).readline)]
    yield from found
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    text = io.StringIO(source.decode(encoding), newline=None)
    for index, line in enumerate(map(_token, tokenize.generate_tokens(text.readline)), 1):
        if found[index:index + 1] != [line]:
            yield f'generate_tokens {index}: {line}'


def _token(token):
    return f'{token.start}-{token.end} {token.type} {token.exact_type} {token.string!r} {token.line!r}'


def tree(source, name):
    """The syntax tree with all positions, a node a line."""
    yield from _dump(ast.parse(source, name))


def _dump(tree):
    return ast.dump(tree, include_attributes=True, indent=0).splitlines()


def _parsed(source, name, **options):
    """A tree, or why there is none."""
    try:
        return _dump(ast.parse(source, name, **options))
    except SyntaxError as error:
        return [f'{error.msg} at {error.lineno}, {error.offset} to {error.end_lineno}, {error.end_offset}']


def options(source, name):
    """The tree with type comments, without debug code, and as the grammar of earlier versions has it."""
    yield from _parsed(source, name, type_comments=True)
    for level in (1, 2):
        yield from _parsed(source, name, optimize=level)
    for minor in (4, 7, 11):
        yield f'as 3.{minor}: {"; ".join(_parsed(source, name, feature_version=(3, minor)))}'


def modes(source, name):
    """Statements on their own as `single`, expressions as `eval`, signatures as `func_type`: trees and code."""
    text = _text(source)
    lines = text.splitlines(keepends=True)
    tree = ast.parse(text)
    for statement in tree.body[:40]:
        alone = ''.join(lines[statement.lineno - 1:statement.end_lineno])
        yield from _parsed(alone, name, mode='single')
        yield from _compiled(alone, name, 'single')
    for statement in tree.body:
        value = getattr(statement, 'value', None)
        if isinstance(value, ast.expr) and value.lineno == value.end_lineno:
            alone = ast.get_source_segment(text, value)
            yield from _parsed(alone, name, mode='eval')
            yield from _compiled(alone, name, 'eval')
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    for function in itertools.islice(functions, 40):
        parameters = (ast.unparse(each.annotation) for each in function.args.args if each.annotation)
        returns = ast.unparse(function.returns) if function.returns else function.name
        yield from _parsed(f'({", ".join(parameters)}) -> {returns}', name, mode='func_type')


def _text(source):
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return io.TextIOWrapper(io.BytesIO(source), encoding).read()


def _compiled(source, name, mode):
    try:
        return list(_code(compile(source, name, mode, dont_inherit=True)))
    except SyntaxError as error:
        return [f'{error.msg} at {error.lineno}, {error.offset}']


_SYMBOL_QUESTIONS = [question for question in sorted(dir(symtable.Symbol)) if question.startswith('is_')]
_TABLE_QUESTIONS = ('get_type', 'get_name', 'get_lineno', 'is_optimized', 'is_nested', 'has_children')
_FUNCTION_LISTS = ('get_parameters', 'get_locals', 'get_globals', 'get_nonlocals', 'get_frees')


def symbols(source, name):
    """Every table of `symtable` with what it says of each of its symbols."""
    yield from _table(symtable.symtable(source, name, 'exec'), 0)


def _table(table, depth):
    answers = [f'{question}={_answer(table, question)!r}' for question in _TABLE_QUESTIONS]
    if isinstance(table, symtable.Function):
        answers += [f'{question}={sorted(_answer(table, question))}' for question in _FUNCTION_LISTS]
    yield '  ' * depth + ' '.join(answers)
    for symbol in sorted(table.get_symbols(), key=lambda symbol: symbol.get_name()):
        true = [question[3:] for question in _SYMBOL_QUESTIONS if _answer(symbol, question)]
        yield '  ' * depth + f'- {symbol.get_name()}: {" ".join(true)}'
    for child in table.get_children():
        yield from _table(child, depth + 1)


def _answer(thing, question):
    try:
        return getattr(thing, question)()
    except (ValueError, AttributeError) as error:
        return f'{type(error).__name__}: {error}'


def bytecode(optimize):
    """The stage that compiles at a level of optimisation."""

    def stage(source, name):
        yield from _code(compile(source, name, 'exec', dont_inherit=True, optimize=optimize))

    return stage


_CODE_FIELDS = (
    'co_argcount co_posonlyargcount co_kwonlyargcount co_flags co_stacksize co_nlocals co_firstlineno co_names '
    'co_varnames co_freevars co_cellvars'
).split()


def _code(code):
    yield f'code {code.co_qualname} ({code.co_name}) of {code.co_filename}'
    for field in _CODE_FIELDS:
        yield f'{field} {getattr(code, field)!r}'
    raw = code.co_code
    for start in range(0, len(raw), 32):
        yield f'co_code {start} {raw[start:start + 32].hex()}'
    yield f'co_linetable {code.co_linetable.hex()}'
    yield f'co_exceptiontable {code.co_exceptiontable.hex()}'
    for constant in code.co_consts:
        yield f'constant {_constant(constant)}'
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code(constant)


def _constant(constant):
    """A constant with its type; code objects by name, as they are listed on their own."""
    kind = type(constant).__name__
    if isinstance(constant, types.CodeType):
        return f'{kind} {constant.co_qualname}'
    if isinstance(constant, tuple):
        return f'{kind} ({", ".join(map(_constant, constant))})'
    if isinstance(constant, frozenset):
        return f'{kind} {{{", ".join(sorted(map(_constant, constant)))}}}'
    return f'{kind} {ascii(constant)}'


def sharing(source, name):
    """Which constants of all code objects are one object: each is called by the place where it came first."""
    seen = {}
    yield from _sharing(compile(source, name, 'exec', dont_inherit=True), seen)


def _sharing(code, seen):
    yield f'code {code.co_qualname}'
    for index, constant in enumerate(code.co_consts):
        yield f'constant {_identity(constant, f"{code.co_qualname}[{index}]", seen)}'
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _sharing(constant, seen)


def _identity(constant, place, seen):
    """Where an object and the items of a tuple came first. `seen` keeps them, lest another takes an address."""
    first, _ = seen.setdefault(id(constant), (place, constant))
    if isinstance(constant, tuple):
        items = (_identity(item, f'{place}[{index}]', seen) for index, item in enumerate(constant))
        return f'{first} ({", ".join(items)})'
    return first


def files(source, name):
    """What `py_compile` writes in each invalidation mode: the head, and the code that `marshal` reads. (The bytes
    between depend in CPython on what else the process refers to.)"""
    for mode, data in _written(source, name):
        yield f'{mode} {data[:16].hex()}'
        yield from _code(marshal.loads(data[16:]))


def _written(source, name):
    with tempfile.TemporaryDirectory() as folder:
        path, target = os.path.join(folder, 'source.py'), os.path.join(folder, 'target.pyc')
        with open(path, 'wb') as file:
            file.write(source)
        os.utime(path, (1_000_000_000, 1_000_000_000))
        for mode in py_compile.PycInvalidationMode:
            py_compile.compile(path, target, name, doraise=True, invalidation_mode=mode)
            with open(target, 'rb') as file:
                yield mode.name, file.read()


def snippets(source):
    """The texts in a file that might be sources: its strings, and the examples in them."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and 2 < len(node.value) < 2000:
            found[node.value] = None
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and '>>> ' in node.value:
            found |= dict.fromkeys(_examples(node.value))
    return list(found)[:400]


def _examples(text):
    try:
        return [example.source for example in doctest.DocTestParser().get_examples(text)]
    except ValueError:
        return []


def rejection(source, name, mode='exec'):
    """Why a source is rejected, and the warnings on the way; one line each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        try:
            compile(source, name, mode, dont_inherit=True)
            outcome = 'accepted'
        except SyntaxError as error:
            where = error.lineno, error.offset, error.end_lineno, error.end_offset
            outcome = f'{type(error).__name__}: {error.msg} at {where} in {error.text!r}'
        except (ValueError, OverflowError, RecursionError, MemoryError) as error:
            outcome = f'{type(error).__name__}: {error}'
    yield outcome
    for warning in caught:
        yield f'{warning.category.__name__}: {warning.message} at line {warning.lineno}'


STAGES = {
    'tokens': tokens,
    'tree': tree,
    'tree options': options,
    'other modes': modes,
    'symbols': symbols,
    'bytecode -O0': bytecode(0),
    'bytecode -O1': bytecode(1),
    'bytecode -O2': bytecode(2),
    'sharing': sharing,
    'files': files,
}


# Stages whose lines about each code object are one item.
PER_CODE = {'bytecode -O0', 'bytecode -O1', 'bytecode -O2', 'sharing'}


def listing(stage, source, name):
    """The lines of a stage, or the one line of the exception that ended it."""
    lines = []
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            lines.extend(stage(source, name))
        except Exception as error:
            lines.append(f'{type(error).__name__}: {error}')
    return lines
