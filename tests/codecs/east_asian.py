"""The encodings that switch between character sets, and those of JIS X 0213."""

import codecs
import io

KANA = '\u3042'

# Escapes come and go with the character sets.
assert ('a' + KANA + 'b').encode('iso2022_jp') == b'a\x1b$B$"\x1b(Bb'
assert '\uac00\n~'.encode('iso2022_kr') == b'\x1b$)C\x0e0!\x0f\n~'
assert '~\u4e00~'.encode('hz') == b'~~~{R;~}~~'
assert b'~{R;~}~~'.decode('hz') == '\u4e00~'
assert b'\x1b.A\x1bNi\x1b.F\x1bNa'.decode('iso2022_jp_2') == '\xe9\u03b1'

# Two characters in one code.
for codec in 'euc_jis_2004', 'euc_jisx0213', 'shift_jis_2004', 'shift_jisx0213', 'iso2022_jp_2004', 'iso2022_jp_3':
    pair = '\u304b\u309a'
    assert pair.encode(codec).decode(codec) == pair
    encoder = codecs.getincrementalencoder(codec)()
    assert encoder.encode('\u304b') == b''
    assert encoder.encode('\u309a', True) == pair.encode(codec)
    encoder = codecs.getincrementalencoder(codec)()
    assert encoder.encode('\u304b') + encoder.encode('', True) == '\u304b'.encode(codec)

# The editions differ.
for codec in 'euc_jisx0213', 'shift_jisx0213':
    try:
        '\u9b1c'.encode(codec)
    except UnicodeEncodeError as error:
        assert (error.start, error.end, error.encoding) == (0, 1, codec)
    else:
        raise AssertionError(codec)

# In JIS X 0201 the yen sign takes the place of the backslash.
assert '\\\xa5'.encode('shift_jis_2004') == b'\x81_\\'
assert b'\\~'.decode('shift_jis_2004') == '\xa5\u203e'

# johab: letters, syllables, symbols.
for text in '\u3131\u314f', '\ud7a3\uac00', '\u3000\u4f3d':
    assert text.encode('johab').decode('johab') == text
for lead in range(0x80, 0x100):
    bytes([lead, 0x31]).decode('johab', 'ignore')

# What an encoder and a decoder remember.
encoder = codecs.getincrementalencoder('iso2022_jp')()
start = encoder.getstate()
assert encoder.encode(KANA) == b'\x1b$B$"'
assert encoder.encode(KANA) == b'$"'
encoder.setstate(start)
assert encoder.encode(KANA) == b'\x1b$B$"'
assert encoder.encode('', True) == b'\x1b(B'
decoder = codecs.getincrementaldecoder('iso2022_jp')()
assert decoder.decode(b'\x1b$B$') == ''
state = decoder.getstate()
assert state == (b'$', 0x4242c2)
assert decoder.decode(b'"') == KANA
decoder.setstate(state)
assert decoder.decode(b'"') == KANA

# Unfinished escapes are held back, but not for ever.
decoder = codecs.getincrementaldecoder('iso2022_jp')()
try:
    decoder.decode(b'\x1b$((((((((')
except UnicodeDecodeError as error:
    assert (error.reason, error.start, error.end) == ('pending buffer overflow', 0, 10)
else:
    raise AssertionError

# Handlers: positions that are too large, replacements that cannot be encoded.
codecs.register_error('test.long', lambda error: ('x', 2 ** 100))
codecs.register_error('test.other', lambda error: (KANA + '\u1234', error.end))
for attempt in lambda: '\u1234'.encode('iso2022_jp', 'test.long'), lambda: b'\xff'.decode('euc_jp', 'test.long'):
    try:
        attempt()
    except IndexError as error:
        assert str(error) == 'position -1 from error handler out of bounds'
    else:
        raise AssertionError
try:
    'abc\u1234'.encode('iso2022_jp', 'test.other')
except UnicodeEncodeError as error:
    assert (error.object, error.start, error.end) == (KANA + '\u1234', 1, 2)
else:
    raise AssertionError
assert '\u1234a'.encode('iso2022_jp', 'replace') == b'?a'
assert (KANA + '\u1234').encode('iso2022_jp', 'replace') == b'\x1b$B$"\x1b(B?'

# Streams.
data = (KANA + '\n' + KANA).encode('iso2022_jp')
reader = codecs.getreader('iso2022_jp')(io.BytesIO(data))
assert reader.read(0) == ''
assert reader.readline() == KANA + '\n'
assert reader.read() == KANA
