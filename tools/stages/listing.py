"""What each stage of the front end makes of a source, as lines of text.

Runs under the Python whose stages are wanted. A line never depends on the process (no addresses, no order of sets), so
that two Pythons which agree print the same.
"""

import ast
import io
import symtable
import tokenize
import types
import warnings


def tokens(source, name):
    """Each token of `tokenize.tokenize` with its positions."""
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        yield f'{token.start}-{token.end} {token.type} {token.exact_type} {token.string!r}'


def tree(source, name):
    """The syntax tree with all positions, a node a line, and again with type comments and without debug code."""
    yield from ast.dump(ast.parse(source, name), include_attributes=True, indent=0).splitlines()
    try:
        commented = ast.parse(source, name, type_comments=True, optimize=2)
    except SyntaxError as error:
        yield f'type comments: {error}'
    else:
        yield from ast.dump(commented, indent=0).splitlines()


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


def rejection(source, name):
    """Why a source is rejected, and the warnings on the way; one line each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        try:
            compile(source, name, 'exec', dont_inherit=True)
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
    'symbols': symbols,
    'bytecode -O0': bytecode(0),
    'bytecode -O1': bytecode(1),
    'bytecode -O2': bytecode(2),
}


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
