"""Writes the tables that the tests of crates/textual compare with: run it with CPython 3.14.

    python3.14 tools/textual_oracle.py DIRECTORY [ROWS-PER-KIND]

Each line is tab-separated: an operation, its arguments, the expected text. Strings are in `unicode_escape`, floats in
hexadecimal of their bits, errors as `!TypeName:message`.
"""

import _codecs
import _string
import codecs
import random
import struct
import sys
import unicodedata as ud
import zlib

random.seed(20)
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 60


def escape(text):
    return text.encode("unicode_escape").decode("ascii")


def bits(x):
    return struct.pack(">d", x).hex()


def outcome(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return f"!{type(error).__name__}:{error}"


EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, 0.1, 1e16, 1e15, 9999999999999998.0, 1e-4, 1e-5, 0.00012345, 1e22, 1e23,
         5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan"), 123456789.125,
         0.000999999, 999999.5, 9.5, 99.5, 2.675, 1e100, 0.045, 1234567.891, 1e-10, 4503599627370496.5, 0.25, 0.125, 1e21]


def floats():
    yield from EDGES
    for _ in range(COUNT):
        yield struct.unpack(">d", random.randbytes(8))[0]
    for _ in range(COUNT):
        yield round(random.uniform(-1e6, 1e6), random.randrange(8))
    for _ in range(COUNT):
        yield random.randrange(1, 4096) / 2 ** random.randrange(12) * 10 ** random.randrange(-3, 4)


def float_rows():
    for x in floats():
        yield "repr", bits(x), repr(x)
        yield "hex", bits(x), x.hex()
        if x == x:
            yield "hash", bits(x), str(hash(x))
        for n in random.sample(range(-25, 25), 3) + [0, 2, random.randrange(-400, 400)]:
            yield "round", bits(x), str(n), str(outcome(lambda: bits(round(x, n))))
    texts = ["1_0.5", "1__0", "_1", "1_", "1_.5", "1._5", "1e5", "1e", "e5", ".", ".5", "5.", "+.5e-3", " 1 ", "\t1\n", "1 1", "",
             "-", "inf", "-Infinity", "nAn", "-nan", "infin", "1e400", "1e-400", "0x10", "1_0e1_0", "1f", "1e+_5", "\x0c1\x0b", "\x1c1"]
    texts += [repr(x) for x in floats()]
    for text in texts:
        if text.isascii() and "\x1c" not in text:
            yield "parse", escape(text), str(outcome(lambda: bits(float(text)))).split(":")[0]
    numbers = ["1", "2.5", "1e3", ".5", "5.", "inf", "nan", "-infinity", "+3", "-4e-2", "1_0", "", "e", " ", "x"]
    for _ in range(COUNT * 4):
        text = random.choice(numbers) + random.choice(["", "+", "-", "j", " "]) + random.choice(numbers) + random.choice(["j", "J", "", "jj"])
        text = random.choice(["{}", "({})", " ( {} ) ", "({}", " {}"]).format(text)
        def pair():
            z = complex(text)
            return bits(z.real) + bits(z.imag)
        yield "complex", escape(text), str(outcome(pair)).split(":")[0]
    for re in EDGES[:24]:
        for im in random.sample(EDGES, 3):
            yield "complex_repr", bits(re), bits(im), repr(complex(re, im))
    hexes = ["0x1p0", "1", "0x.8", "0x1.", ".", "0x", "0x1p", "0x1p+", "1p1024", "0x1.fffffffffffff8p1023", "0x1.fffffffffffff7fp1023", "p1",
             "0x1p-1074", "0x1p-1075", "0x1.8p-1075", "0x0.0000000000001p-1022", "0x1.00000000000008p0", "0x1.00000000000018p0",
             "0x1.000000000000080000000001p0", "-0x0", "+inf", "-nan", "infinity", "0x1p99999999999999999999", "0x1p-99999999999999999999",
             "0x0p99999999999999999999", " 0x1 ", "0x1 p1", "1_0", "0X1P1", "0x123456789abcdef0123p-300", "0x" + "0" * 300 + "1p3", "0x1" + "0" * 300]
    for _ in range(COUNT * 2):
        hexes.append("0x%x.%xp%d" % (random.getrandbits(random.randrange(1, 70)), random.getrandbits(random.randrange(1, 70)), random.randrange(-1150, 1030)))
    for text in hexes:
        yield "fromhex", escape(text), outcome(lambda: bits(float.fromhex(text)))


def spec():
    pick = random.choice
    text = pick(["", "", "<", ">", "^", "=", "*<", "\u1234^", "0=", "\ud800>", "}=", "0<"])
    text += pick(["", "", "", "+", "-", " "]) + pick(["", "", "", "", "z"]) + pick(["", "", "", "#"]) + pick(["", "", "0"])
    text += pick(["", "", "1", "5", "12", "20", "\u0661\u0662"]) + pick(["", "", ",", "_"])
    text += pick(["", "", "", ".0", ".1", ".3", ".12", ".", ".,", ".5_", ".20,", ".4,_"])
    return text + pick(["", "", "d", "b", "o", "x", "X", "n", "c", "e", "E", "f", "F", "g", "G", "%", "s", "s", "q", "\u1234", "dd"])


SPECS = ["+", "z", "#", "=5", ",", "_", ",,", "_,", ",_", ".,_", ".2,,", "9" * 30, "." + "9" * 30, "05", "0=5", "5 5", ",\x01", "010,", "020_x",
         "^+#020_X", "08,.3f", "012,d", "0,", "04_b", ".6_f", "_.7_f", "e", ".0e", "#.0e", "#.0f", "#g", "#.3g", ".17g", ".50f", ".30e", "z.1f", "010.2%", "+z.0f", "="]


def spec_rows():
    values = [0, 1, -1, 7, 65, 1234, -1234567, 10 ** 30, 255, True, 0x110000, 1.5, -0.0, 0.0, 1234567.891, -1e-7, 1e20, 123456789012345680.0,
              float("inf"), float("nan"), float("-inf"), 1e100, 0.05, -0.04, "", "a", "abc", "h\u00e9llo w\u00f6rld \u20ac \U0001f600", 1j, -2.5 + 1e20j,
              complex(0.0, -0.0), complex(-0.0, 1), 1234567.5 - 7654321.25j, complex(float("nan"), float("inf"))]
    for value in values:
        for text in SPECS + [spec() for _ in range(COUNT)]:
            kind, shown = type(value).__name__, str(value)
            if isinstance(value, float):
                shown = bits(value)
            elif isinstance(value, complex):
                shown = bits(value.real) + bits(value.imag)
            elif isinstance(value, str):
                shown = escape(value)
            else:
                shown = str(int(value))
            yield "format", kind, shown, escape(text), escape(outcome(format, value, text))


def percent_rows():
    pick = random.choice
    values = [0, 1, -1, 255, -1234567, 10 ** 25, 1.5, -0.0, 1e20, float("inf"), -1e-5, "ab\u20ac", ""]
    templates = ["%", "%(", "%5", "%l", "%.", "%y", "%\u1234", "%hhd", "%" + "9" * 20 + "d", "%." + "9" * 20 + "d", "%.9999999999d", "%#5%", "a%%b%d%%", "100%%"]
    for value in values:
        for text in templates:
            yield percent(text, value)
        for _ in range(COUNT * 2):
            text = "".join(random.sample("-+ #0", random.randrange(4))) + pick(["", "", "3", "8", "30"]) + pick(["", "", ".", ".0", ".2", ".12"])
            yield percent("<%" + text + pick(["", "", "", "l", "h", "L"]) + pick("diuoxXeEfFgGsr" if not isinstance(value, str) else "sr") + ">", value)


def percent(text, value):
    kind = type(value).__name__
    shown = {"float": bits, "str": escape, "int": str}[kind](value)
    return "percent", escape(text), kind, shown, escape(outcome(lambda: text % (value,)))


def template_rows():
    pieces = ["{", "}", "{{", "}}", "a", "{}", "{0}", "{a.b[0]!r:>{w}}", "!", ":", "[", "]", ".", "{x!", "{x!r", "{x!rs", "{x:", "{x[}]}", "{a[", "\u1234", "{!r}", "{:{}}", "{a!\u1234}", "0"]
    texts = pieces + ["".join(random.choices(pieces, k=random.randrange(1, 5))) for _ in range(COUNT * 8)]
    for text in texts:
        yield "template", escape(text), escape(outcome(lambda: walk(text)))
    parts = ["a", "0", "12", "\u0663", "9" * 25, ".", "[", "]", ".b", "[0]", "[k]", "[]", "..", " "]
    for text in parts + ["".join(random.choices(parts, k=random.randrange(1, 5))) for _ in range(COUNT * 8)]:
        def split():
            first, rest = _string.formatter_field_name_split(text)
            return repr_of(first) + "".join(("." if attribute else "[") + repr_of(name) for attribute, name in rest)
        yield "field", escape(text), escape(outcome(split))


def repr_of(part):
    return f"<{part}>" if isinstance(part, int) else f"'{part}'"


def walk(text):
    shown = []
    for literal, name, spec, conversion in _string.formatter_parser(text):
        shown.append(f"{literal}|" if name is None else f"{literal}|{name}|{spec}|{conversion or ''}|")
    return "/".join(shown)


def int_rows():
    sys.set_int_max_str_digits(700)
    texts = ["", " ", "0", "00", "007", "0x", "0x_", "0x1f", "0X_1F", "0b101", "0b2", "0o17", "0_7", "0_0", "1_000", "1__0", "_1", "1_", " -5 ", "+ 5", "--5",
             "zz", "1" * 700, "1" * 701, "-" + "1" * 701, "1" * 701 + "x", "1_" * 700 + "1", "f" * 800, "0" * 701, "0x" + "f" * 800, "1" * 641, "-0x80", "9223372036854775807",
             "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "0b", "0b_1", "0b1_", "0x__1", "0b0_", "\x0b1\x0c"]
    for text in texts:
        for base in [0, 2, 8, 10, 16, 36]:
            value = outcome(int, text, base)
            if isinstance(value, int):
                sys.set_int_max_str_digits(0)
                value = str(value)
                sys.set_int_max_str_digits(700)
            elif "invalid literal" in value:
                value = "!ValueError"
            yield "int", escape(text), str(base), value
    numbers = [0, 1, -1, 2 ** 63, -2 ** 63, 10 ** 699, -10 ** 699, 10 ** 700, -10 ** 700, 10 ** 700 - 1, 2 ** 2500]
    for n in numbers:
        yield "str", hex(n), str(outcome(str, n))
        yield "hash_int", hex(n), str(hash(n))
    for n in [random.getrandbits(k) for k in range(1, 400, 23)]:
        yield "hash_int", hex(n), str(hash(n))
        yield "bases", hex(n), bin(n)[2:], oct(n)[2:]


HANDLERS = ["strict", "ignore", "replace", "backslashreplace", "surrogateescape", "surrogatepass"]
DECODERS = {
    "utf-8": _codecs.utf_8_decode, "utf-16": _codecs.utf_16_decode, "utf-16-le": _codecs.utf_16_le_decode, "utf-16-be": _codecs.utf_16_be_decode,
    "utf-32": _codecs.utf_32_decode, "utf-32-le": _codecs.utf_32_le_decode, "utf-32-be": _codecs.utf_32_be_decode, "utf-7": _codecs.utf_7_decode,
    "unicode_escape": _codecs.unicode_escape_decode, "raw_unicode_escape": _codecs.raw_unicode_escape_decode,
}
CHUNKS = [b"a", b"+", b"-", b"+AGE-", b"+2AHcAQ-", b"+2AE", b"A", b"AA", b"+AGEA", b"@", b"\\", b"\\x", b"4", b"\\u12", b"\\u1234", b"\\U0001F600", b"\\U00110000", b"\\N{SPACE}",
          b"\\N{", b"}", b"\\7", b"\\400", b"\\q", b"\n", b"\xff", b"\xfe", b"\x80", b"\xc3", b"\xc3\xa9", b"\xe2\x82\xac", b"\xe2\x82", b"\xe2", b"\xed", b"\xed\xa0", b"\xed\xa0\x80",
          b"\xf0\x9f\x98\x80", b"\xf0\x9f\x98", b"\xf4\x90", b"\xc0\x80", b"\xe0\x80\x80", b"\0", b"\0\xd8", b"\xd8\0", b"\0\xdc", b"\xdc\0", b"\0\0", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"]
CHARACTERS = "ab+-~\\/&'\n\t\r\0\x7f\x80\xe9\xff\u0100\u20ac\ud800\udc00\udc80\udcff\uffff\U00010400\U0010ffff"


def decoded(function):
    try:
        text, consumed = function()
    except UnicodeDecodeError as error:
        return f"!{error.encoding},{error.start},{error.end},{error.reason}"
    return f"{escape(text)}|{consumed}"


def encoded(function):
    try:
        return function().hex()
    except UnicodeEncodeError as error:
        return f"!{error.encoding},{error.start},{error.end},{error.reason}"


CJK = ["gb2312", "gbk", "gb18030", "big5", "cp950", "big5hkscs", "euc_kr", "cp949", "shift_jis", "cp932", "euc_jp"]
CJK_BYTES = b"a1\x30\x39\x40\x7e\x80\x81\x8e\x8f\x90\x9f\xa0\xa1\xa4\xb0\xd4\xe0\xe3\xfc\xfe\xff"
CJK_CHARACTERS = "a\xa5\u203e\xb7\u20ac\u4e00\u4e2d\u6587\u3042\u30a2\uff71\uac00\uac02\ud7a3\uc0d8\xca\u0304\u030c\xea\u9673\u5c07\U00020089\U0001f600\ue000\u2014\ud800\u0080\uffff"


def checksum(texts):
    return f"{zlib.crc32(''.join(text + '|' for text in texts).encode()):08x}"


def codec_rows():
    import warnings
    warnings.simplefilter("ignore")
    for codec, decode in DECODERS.items():
        for _ in range(COUNT * 8):
            data = b"".join(random.choices(CHUNKS, k=random.randrange(1, 5)))
            if random.random() < 0.2:
                data = random.randbytes(random.randrange(8))
            handler, final = random.choice(HANDLERS), random.random() < 0.5
            yield "decode", codec, handler, str(int(final)), data.hex(), decoded(lambda: decode(data, handler, final))
    for _ in range(COUNT * 4):
        data, handler = random.randbytes(random.randrange(6)), random.choice(HANDLERS)
        yield "decode", "ascii", handler, "1", data.hex(), decoded(lambda: _codecs.ascii_decode(data, handler))
        yield "decode", "cp1252", handler, "1", data.hex(), decoded(lambda: (data.decode("cp1252", handler), len(data)))
    for codec in list(DECODERS) + ["ascii", "latin-1", "cp1252"]:
        for _ in range(COUNT * 8):
            text, handler = "".join(random.choices(CHARACTERS, k=random.randrange(6))), random.choice(HANDLERS + ["xmlcharrefreplace", "namereplace"])
            yield "encode", codec, handler, escape(text), encoded(lambda: text.encode(codec, handler))
    for codec in CJK:
        decoder = codecs.getincrementaldecoder(codec)

        def decode(data, handler, final):
            if final:
                return data.decode(codec, handler), len(data)
            incremental = decoder(handler)
            text = incremental.decode(data, final)
            return text, len(data) - len(incremental.getstate()[0])
        for _ in range(COUNT * 8):
            data = bytes(random.choices(CJK_BYTES, k=random.randrange(1, 9)))
            if random.random() < 0.3:
                data = random.choice([b"", b"\xa4\xd4", b"\x90\x30", b"\x84\x31\xa4"]) + "".join(random.choices(CJK_CHARACTERS, k=4)).encode(codec, "ignore") + data[:2]
            handler, final = random.choice(HANDLERS[:-1]), random.random() < 0.6
            yield "decode", codec, handler, str(int(final)), data.hex(), decoded(lambda: decode(data, handler, final))
            text, handler = "".join(random.choices(CJK_CHARACTERS, k=random.randrange(6))), random.choice(HANDLERS[:-2] + ["xmlcharrefreplace"])
            yield "encode", codec, handler, escape(text), encoded(lambda: text.encode(codec, handler))
        doubles = [bytes([lead, second]) for lead in range(0x80, 0x100) for second in range(0x100)]
        yield "decode_all", codec, checksum(decoded(lambda: (data.decode(codec), 2)) for data in doubles)
        yield "encode_all", codec, checksum(encoded(lambda: chr(code).encode(codec)) for code in range(0x30000))
    escapes = [b"\\", b"\\x", b"\\x4", b"\\x41", b"\\n", b"\\8", b"\\12", b"\\777", b"\\'", b"'", b"q", b"\xff", b"\\\n", b"\r\n\t"]
    for _ in range(COUNT * 8):
        data, handler = b"".join(random.choices(escapes, k=random.randrange(1, 4))), random.choice(["strict", "ignore", "replace", "other"])
        yield "unescape", handler, data.hex(), str(outcome(lambda: _codecs.escape_decode(data, handler)[0].hex()))
        yield "escape", data.hex(), _codecs.escape_encode(data)[0].hex()


def points(text):
    return " ".join(f"{ord(c):x}" for c in text)


PROPERTIES = {
    "category": ud.category, "bidirectional": ud.bidirectional, "combining": ud.combining, "width": ud.east_asian_width, "mirrored": ud.mirrored,
    "decomposition": ud.decomposition, "numeric": lambda c: bits(float(ud.numeric(c, -1))), "digit": lambda c: ud.digit(c, -1), "decimal": lambda c: ud.decimal(c, -1),
    "name": lambda c: ud.name(c, ""), "nfc": lambda c: points(ud.normalize("NFC", c)), "nfd": lambda c: points(ud.normalize("NFD", c)),
    "nfkc": lambda c: points(ud.normalize("NFKC", c)), "nfkd": lambda c: points(ud.normalize("NFKD", c)),
    "upper": lambda c: points(c.upper()), "lower": lambda c: points(c.lower()), "title": lambda c: points(c.title()), "fold": lambda c: points(c.casefold()),
    "alpha": lambda c: int(c.isalpha()), "alnum": lambda c: int(c.isalnum()), "isdecimal": lambda c: int(c.isdecimal()), "isdigit": lambda c: int(c.isdigit()),
    "isnumeric": lambda c: int(c.isnumeric()), "printable": lambda c: int(c.isprintable()), "space": lambda c: int(c.isspace()),
    "lowercase": lambda c: int(c.islower()), "uppercase": lambda c: int(c.isupper()), "start": lambda c: int(c.isidentifier()), "continue": lambda c: int(("a" + c).isidentifier()),
    "line": lambda c: int(len(("a" + c + "b").splitlines()) == 2), "lookup": lambda c: int(bool(ud.name(c, "")) and ud.lookup(ud.name(c)) == c),
}


def unicode_rows():
    everything = [chr(code) for code in range(0x110000)]
    for name, function in PROPERTIES.items():
        yield "all", name, f"{zlib.crc32(''.join(f'{function(c)}|' for c in everything).encode()):08x}"
    letters = "aA1 .\u0301\u0327\u0300\u0345\u1100\u1161\u11a8\uac00\u03a3\u03c3\u01c5\u00df\u0130\ufb01\u1e9b\u0323\u00ad'\u2019\u0958\u212b\u1fb3\U0001d15e\U00011099\U000110ba\u0f73\u0344"
    interesting = [c for c in everything if ud.combining(c) or ud.decomposition(c)]
    for _ in range(COUNT * 10):
        text = "".join(random.choices(letters, k=random.randrange(1, 9)))
        if random.random() < 0.3:
            text = "".join(random.choices(interesting, k=random.randrange(1, 6)))
        form = random.choice(["NFC", "NFD", "NFKC", "NFKD"])
        yield "normalize", form, points(text), points(ud.normalize(form, text))
        yield "is_normalized", form, points(text), str(int(ud.is_normalized(form, text)))
        yield "lower", points(text), points(text.lower())
        yield "title", points(text), points(text.title())
    for text in ["SPACE", "space", "SPACE ", "LINE FEED", "Black_Star", "NUL", "BELL", "KEYCAP DIGIT ZERO", "LATIN SMALL LETTER GHA", "HANGUL SYLLABLE GA", "cjk unified ideograph-4e00",
                 "CJK UNIFIED IDEOGRAPH-04E00", "CJK UNIFIED IDEOGRAPH-9FFFF", "TANGUT IDEOGRAPH-17000", "tangut ideograph-18d08", "TANGUT IDEOGRAPH-18D09", "TANGUT IDEOGRAPH-017000", "CJK COMPATIBILITY IDEOGRAPH-F900", "LATIN SMALL LETTER I WITH MACRON AND GRAVE", "", "HANGUL SYLLABLE ", "LATINSMALLLETTERA", "\u017fPACE"]:
        yield "lookup", escape(text), str(outcome(lambda: points(ud.lookup(text)))).split(":")[0]


def main():
    for name, rows in [("float", float_rows), ("spec", spec_rows), ("percent", percent_rows), ("template", template_rows), ("int", int_rows), ("codecs", codec_rows), ("unicode", unicode_rows)]:
        with open(f"{sys.argv[1]}/{name}.tsv", "w", encoding="ascii") as file:
            for row in rows():
                file.write("\t".join(row) + "\n")


main()
