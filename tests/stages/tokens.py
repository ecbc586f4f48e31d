"""The first stage: source text to tokens."""

import io
import token
import tokenize


def kinds(source):
    return [token.tok_name[t.exact_type] for t in tokenize.generate_tokens(io.StringIO(source).readline)]


def texts(source):
    return [t.string for t in tokenize.generate_tokens(io.StringIO(source).readline)]


assert kinds('x = 1\n') == ['NAME', 'EQUAL', 'NUMBER', 'NEWLINE', 'ENDMARKER']
assert kinds('if x:\n    y\nz\n') == [
    'NAME', 'NAME', 'COLON', 'NEWLINE', 'INDENT', 'NAME', 'NEWLINE', 'DEDENT', 'NAME', 'NEWLINE', 'ENDMARKER',
]
assert kinds('(1,\n # note\n 2)') == [
    'LPAR', 'NUMBER', 'COMMA', 'NL', 'COMMENT', 'NL', 'NUMBER', 'RPAR', 'NEWLINE', 'ENDMARKER',
]
assert texts('a**=b//c:=d->e...\n')[:-2] == ['a', '**=', 'b', '//', 'c', ':=', 'd', '->', 'e', '...']
assert texts('0x_ff 1_000.5e-3j 0b11 0o17 .5 5.')[:6] == ['0x_ff', '1_000.5e-3j', '0b11', '0o17', '.5', '5.']

# Format and template strings are tokens of their own (PEP 701, PEP 750), nested as deep as one likes.
assert kinds("f'a{x!r:>{w}}b'")[:-2] == [
    'FSTRING_START', 'FSTRING_MIDDLE', 'LBRACE', 'NAME', 'EXCLAMATION', 'NAME', 'COLON', 'FSTRING_MIDDLE', 'LBRACE',
    'NAME', 'RBRACE', 'FSTRING_MIDDLE', 'RBRACE', 'FSTRING_MIDDLE', 'FSTRING_END',
]
assert kinds("t'{f'{1}'}'")[:-2] == [
    'TSTRING_START', 'LBRACE', 'FSTRING_START', 'LBRACE', 'NUMBER', 'RBRACE', 'FSTRING_END', 'RBRACE', 'TSTRING_END',
]
assert texts('rb"""a\nb""" Rf\'\\d\'')[0] == 'rb"""a\nb"""'

# Positions count characters, whatever their width.
words = list(tokenize.generate_tokens(io.StringIO('é𝔸 = "ß"\n').readline))
assert [(t.start, t.end) for t in words[:3]] == [((1, 0), (1, 2)), ((1, 3), (1, 4)), ((1, 5), (1, 8))]
assert words[0].line == 'é𝔸 = "ß"\n'

# The encoding comes first when bytes are read.
first = next(tokenize.tokenize(io.BytesIO(b'# -*- coding: latin-1 -*-\nx\n').readline))
assert (first.type, first.string) == (tokenize.ENCODING, 'iso-8859-1')
assert tokenize.detect_encoding(io.BytesIO(b'\xef\xbb\xbfx').readline) == ('utf-8-sig', [b'x'])

# And back.
source = 'def f(a, *, b=1):\n    return [a,\n            b]  # both\n'
assert tokenize.untokenize(tokenize.generate_tokens(io.StringIO(source).readline)) == source

for wrong, message in [
    ('x = (1,\n', 'unexpected EOF in multi-line statement'),
    ('if x:\n        a\n    b\n', 'unindent does not match any outer indentation level'),
    ("'abc\n", 'unterminated string literal (detected at line 1)'),
    ('1__0', 'invalid decimal literal'),
    ('0b2', "invalid digit '2' in binary literal"),
]:
    try:
        kinds(wrong)
    except (tokenize.TokenError, IndentationError) as error:
        assert message in str(error), (wrong, error)
    else:
        raise AssertionError(wrong)
