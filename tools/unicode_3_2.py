"""Writes where Unicode 3.2 differs from today's database: run under CPython, output to
crates/textual/src/unicode/version_3_2.txt.

Each line: first and last code point in hexadecimal, the property, its old value."""
import unicodedata as new

old = new.ucd_3_2_0


def unassigned(char):
    return '-' if old.category(char) == 'Cn' != new.category(char) else None


def difference(name, *default):
    def value(char):
        if old.category(char) == 'Cn' and name != 'east_asian_width':
            return None
        before, now = getattr(old, name)(char, *default), getattr(new, name)(char, *default)
        if before == now:
            return None
        return '-' if before is None else before

    return value


def normal(char):
    if old.category(char) == 'Cn' or old.normalize('NFKC', char) == new.normalize('NFKC', char):
        return None
    return f'{ord(old.normalize("NFKC", char)):X}'


def write(name, value):
    start, current = 0, None
    for code_point in range(0x110001):
        found = value(chr(code_point)) if code_point < 0x110000 else None
        if found != current:
            if current is not None:
                print(f'{start:X} {code_point - 1:X} {name} {current}')
            start, current = code_point, found


write('unassigned', unassigned)
for name in 'category', 'bidirectional', 'mirrored', 'east_asian_width':
    write(name, difference(name))
for name in 'decimal', 'digit', 'numeric':
    write(name, difference(name, None))
write('normal', normal)
