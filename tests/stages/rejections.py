"""What is rejected, and where it is said to be wrong."""

import ast
import os
import tempfile
import warnings


def rejected(source, mode='exec', filename='<source>'):
    try:
        compile(source, filename, mode)
    except (SyntaxError, ValueError) as error:
        return error
    raise AssertionError(source)


# Names that are constants once they are normalised.
for written, name in [('Tru\u1d49', 'True'), ('Fal\u017fe', 'False'), ('N\u00bane', 'None')]:
    for source in [written, f'import a.{written}', f'def {written}(): pass', f'f({written}=1', f'{written} b', f'x.{written} +']:
        error = rejected(source)
        assert type(error) is ValueError and str(error) == f"identifier field can't represent '{name}' constant", source

# No character's name begins with a hyphen.
assert 'unknown Unicode character name' in str(rejected(r"'\N{-SPACE}'"))

# compile() takes no indentation off, eval() does.
assert type(rejected(' 1', 'eval')) is IndentationError
assert eval(' \t1') == 1

# The end of an interactive statement may not be on a line of its own that is not ended.
for source in ['if 1:\n    x\n    ', 'if 1:\n    x\n # c', 'class X:\n  pass\n  ']:
    error = rejected(source, 'single')
    assert error.msg == 'invalid syntax' and error.text == source.splitlines()[-1], source
    compile(source, '', 'exec')
    compile(source + '\n', '', 'single')

# The parser shows the line of the file that bears the source's name; what the tokenizer rejects is shown as it was read.
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'file.py')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('line é of a file\nlast')
    error = rejected('a\xe9\xe9\xe9\xe9 b', filename=path)
    assert (error.text, error.offset, error.end_offset) == ('line é of a file\n', 10, 11)
    assert rejected('\n(', filename=path).text == 'last'
    assert rejected('\n\na b', filename=path).text == 'a b\n'
    assert rejected("'abc", filename=path).text == "'abc"
    assert rejected('a b', 'eval', filename=path).text == 'a b'

# Trees made by hand.
load, store = ast.Load(), ast.Store()
nothing = ast.arguments([], [], None, [], [], None, [])
for tree, message in [
    (ast.FunctionDef('True', nothing, [ast.Pass()]), "identifier field can't represent 'True' constant"),
    (ast.ClassDef('None', [], [], [ast.Pass()]), "identifier field can't represent 'None' constant"),
    (ast.Import([ast.alias('False')]), "identifier field can't represent 'False' constant"),
    (ast.Import([ast.alias('a', 'True')]), "identifier field can't represent 'True' constant"),
    (ast.ImportFrom('a', [], -1), 'Negative ImportFrom level'),
    (ast.Try([ast.Pass()], [ast.ExceptHandler(None, 'None', [ast.Pass()])]), "identifier field can't represent 'None' constant"),
]:
    error = rejected(ast.fix_missing_locations(ast.Module([tree])))
    assert type(error) is ValueError and str(error) == message, error

node = ast.parse('x').body[0].value
node.extra = 1
assert list(vars(node.__replace__(id='y'))) == ['id', 'ctx', 'lineno', 'col_offset', 'end_lineno', 'end_col_offset']


class Name(str):
    pass


try:
    compile(ast.Expression(ast.Name(Name('x'), load, lineno=1, col_offset=0)), '', 'eval')
except TypeError as error:
    assert str(error) == 'AST identifier must be of type str'
else:
    raise AssertionError('a name is of a derived class')


def warned(source):
    """The texts of the warnings about a source that is rejected."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        assert type(rejected(source)) is SyntaxError
    return [str(warning.message)[:4] for warning in caught]


# Strings behind the place where the parser stopped are read when it looks for an expression there.
assert warned(r'Get non-"\#" `x`') == warned(r'(1) "\#"') == warned(r'(1) f"\#"') == [r'"\#"']
assert warned(r'Get the "\#"') == warned('a b\n' + r'"\#"') == []
assert warned(r'(1) "\#" "\$" y') == [r'"\#"', r'"\$"']
# All tokens are read before the error is told.
assert warned('a b 9or c') == warned('a b\n9or c') == ['inva']
