"""Writes where CPython's East Asian codecs differ from the tables of `encoding_rs`: run it with CPython 3.14.

    cargo run -p pyrope-textual --example dump_encodings FOLDER
    python3.14 tools/cjk_tables.py FOLDER crates/textual/src/codecs/cjk_deltas.txt

A line `@codec base` begins a codec. Then: `-first last` takes keys (bytes in hexadecimal) away, `=key text` adds or changes one,
`!first last` are lead bytes that are wrong even at the end of input, `<character key` encodes otherwise than the table
says (`-` for not at all).
"""

import sys

CODECS = {"gb2312": "gbk", "gbk": "gbk", "gb18030": "gbk", "big5": "big5", "cp950": "big5", "big5hkscs": "big5", "euc_kr": "euc_kr",
          "cp949": "euc_kr", "shift_jis": "shift_jis", "cp932": "shift_jis", "euc_jp": "euc_jp"}


def clean(table):
    """Without pairs that are two single bytes."""
    return {key: text for key, text in table.items() if len(key) == 1 or key[:1] not in table}


def base_table(name):
    table = {}
    for line in open(f"{sys.argv[1]}/{name}.txt", encoding="ascii"):
        key, text = line.rstrip("\n").split("\t")
        table[bytes.fromhex(key)] = "".join(chr(int(code, 16)) for code in text.split())
    return clean(table)


def own_table(codec):
    table = {}

    def add(*key):
        try:
            table[bytes(key)] = bytes(key).decode(codec)
        except UnicodeDecodeError:
            pass

    for lead in range(0x80, 0x100):
        add(lead)
        for second in range(0x100):
            add(lead, second)
            if lead == 0x8F and codec == "euc_jp":
                for third in range(0xA1, 0xFF):
                    add(lead, second, third)
    return clean(table)


def runs(numbers, wanted):
    """Runs of consecutive wanted items, as (first, last)."""
    run = []
    for number in numbers:
        if number in wanted:
            run.append(number)
        elif run:
            yield run[0], run[-1]
            run = []
    if run:
        yield run[0], run[-1]


def order(key):
    return len(key), key


def points(text):
    return " ".join(f"{ord(c):x}" for c in text)


with open(sys.argv[2], "w", encoding="ascii") as file:
    for codec, name in CODECS.items():
        base, own = base_table(name), own_table(codec)
        print(f"@{codec} {name}", file=file)
        for length in (1, 2, 3):
            keys = sorted(key for key in base if len(key) == length)
            for first, last in runs(keys, set(base) - set(own)):
                print(f"-{first.hex()} {last.hex()}", file=file)
        for key in sorted(own, key=order):
            if base.get(key) != own[key]:
                print(f"={key.hex()} {points(own[key])}", file=file)

        def wrong(lead):
            try:
                bytes([lead]).decode(codec)
            except UnicodeDecodeError as error:
                return error.reason.startswith("illegal")

        for first, last in runs(range(0x80, 0x100), set(filter(wrong, range(0x80, 0x100)))):
            print(f"!{first:02x} {last:02x}", file=file)
        inverse = {}
        for key in sorted(own, key=order):
            inverse.setdefault(own[key], key)
        for code in range(0x80, 0x110000):
            try:
                encoded = chr(code).encode(codec)
            except UnicodeEncodeError:
                encoded = b""
            if inverse.get(chr(code), b"") != encoded and len(encoded) < 4:
                print(f"<{code:x} {encoded.hex() or '-'}", file=file)
