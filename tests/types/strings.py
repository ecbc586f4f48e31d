"""str and bytes."""
s = 'Hello, World'
assert s[0] == 'H' and s[-1] == 'd' and s[7:] == 'World' and s[::-1] == 'dlroW ,olleH' and len(s) == 12
assert s.lower() == 'hello, world' and s.upper() == 'HELLO, WORLD' and s.swapcase() == 'hELLO, wORLD'
assert s.find('o') == 4 and s.rfind('o') == 8 and s.count('l') == 3 and s.index('W') == 7 and 'World' in s
assert s.split(', ') == ['Hello', 'World'] and ' a  b '.split() == ['a', 'b'] and 'a,b,c'.rsplit(',', 1) == ['a,b', 'c']
assert '-'.join(['a', 'b']) == 'a-b' and 'abc'.replace('b', 'xx') == 'axxc' and 'abc'.partition('b') == ('a', 'b', 'c')
assert ' x '.strip() == 'x' and 'xxaxx'.strip('x') == 'a' and 'abc'.startswith(('x', 'a')) and 'abc'.endswith('bc')
assert 'a\nb\r\nc'.splitlines() == ['a', 'b', 'c'] and 'ab'.center(6, '*') == '**ab**' and '7'.zfill(3) == '007'
assert 'straße'.upper() == 'STRASSE' and 'ǅ'.lower() == 'ǆ' and 'İ'.casefold() == 'i̇' and 'äöü'.title() == 'Äöü'
assert repr('a\'b"c\n\x00é\u200b') == "'a\\'b\"c\\n\\x00é\\u200b'" and ascii('é😀') == "'\\xe9\\U0001f600'"
assert 'é😀'.encode() == b'\xc3\xa9\xf0\x9f\x98\x80' and b'\xc3\xa9'.decode() == 'é' and 'é'.encode('latin-1') == b'\xe9'
assert b'\xff'.decode('utf-8', 'replace') == '\ufffd' and b'\xff'.decode('utf-8', 'surrogateescape') == '\udcff'
assert '{0} {name!r:>5} {1[k]}'.format(1, {'k': 2}, name='x') == "1   'x' 2" and '%s %d%%' % ('a', 5) == 'a 5%'
assert 'abc'.translate({97: 'x', 98: None}) == 'xc' and str.maketrans('ab', 'cd') == {97: 99, 98: 100}
assert 'abc' < 'abd' and 'a' * 3 == 'aaa' and 'ab' 'cd' == 'abcd' and 'x'.isidentifier() and not '1x'.isidentifier()
assert '١٢'.isdigit() and int('١٢') == 12 and '½'.isnumeric() and 'Ab'.istitle() and 'aB1'.isalnum()
assert 'a\tb'.expandtabs(4) == 'a   b' and 'prefix-x'.removeprefix('prefix-') == 'x'
b = b'bytes'
assert b[0] == 98 and b[1:3] == b'yt' and b.hex() == '6279746573' and bytes.fromhex('62 79') == b'by' and list(b'ab') == [97, 98]
assert b'%d-%s' % (5, b'x') == b'5-x' and b'a,b'.split(b',') == [b'a', b'b'] and repr(b'\x00\'') == 'b"\\x00\'"'
m = bytearray(b'abc')
m.append(100)
m[0:1] = b'xy'
assert m == b'xybcd' and bytes(m[::-1]) == b'dcbyx'
view = memoryview(m)
view[0] = 90
assert m[0] == 90 and view[1:3].tobytes() == b'yb' and view.nbytes == 5
try:
    m.append(1)
except BufferError as error:
    assert str(error) == 'Existing exports of data: object cannot be re-sized'
view.release()
m.append(1)


def error(call):
    try:
        call()
    except Exception as e:
        return f'{type(e).__name__}: {e}'


assert error(lambda: 'a' + 1) == 'TypeError: can only concatenate str (not "int") to str'
assert error(lambda: 'abc'[5]) == 'IndexError: string index out of range'
assert error(lambda: 'é'.encode('ascii')) == (
    "UnicodeEncodeError: 'ascii' codec can't encode character '\\xe9' in position 0: ordinal not in range(128)")
assert error(lambda: b'\xff'.decode()) == (
    "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte")
assert error(lambda: 'a'.index('b')) == 'ValueError: substring not found'
assert error(lambda: '{'.format()) == "ValueError: Single '{' encountered in format string"

# The codec of domain names stands on Unicode 3.2.
import unicodedata

assert 'bücher.example'.encode('idna') == b'xn--bcher-kva.example'
old = unicodedata.ucd_3_2_0
assert (old.unidata_version, old.category('\u0221'), unicodedata.category('\u0221')) == ('3.2.0', 'Cn', 'Ll')
assert old.normalize('NFC', '\U0002F868') == '\U0002136A' != unicodedata.normalize('NFC', '\U0002F868')
