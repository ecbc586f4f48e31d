"""Writes the Unicode tables of crates/textual, as CPython's own database has them: run it with CPython 3.14.

    python3.14 tools/unicode_tables.py crates/textual/src/unicode [FOLDER-WITH-NAME-FILES]

`tables.bin` holds, little-endian: two stages of indices to records of properties, the records, numeric values, special
case mappings, decompositions and compositions. `layout.rs` holds where each begins, and the names of property values.
"""

import struct
import sys
import unicodedata as ud

BLOCK = 128
END = 0x110000
FLAGS = ["MIRRORED", "ALPHA", "DIGIT", "NUMERIC", "PRINTABLE", "SPACE", "LINE_END", "ID_START", "ID_CONTINUE", "LOWER", "UPPER", "TITLE",
         "CASED", "CASE_IGNORABLE", "SPECIAL_CASE", "DECOMPOSES"]
CASES = [str.upper, str.lower, str.title, str.casefold]


def flags_of(c):
    ignorable = ("a" + c + "\u03a3").lower().endswith("\u03c2") and not (c + "\u03a3").lower().endswith("\u03c2")
    return [bool(ud.mirrored(c)), c.isalpha(), c.isdigit(), c.isnumeric(), c.isprintable(), c.isspace(), len(("a" + c + "b").splitlines()) == 2,
            c.isidentifier(), ("a" + c).isidentifier(), c.islower(), c.isupper(), ud.category(c) == "Lt", (c + "a").title()[-1] == "a", ignorable,
            any(len(case(c)) > 1 for case in CASES), bool(ud.decomposition(c)) and not 0xAC00 <= ord(c) < 0xD7A4]


class Names(list):
    """Values in order of first use."""

    def number(self, value):
        if value not in self:
            self.append(value)
        return self.index(value)


categories, bidis, widths, numerics, tags = Names(), Names(), Names(), Names([None]), Names([""])
records, indices = {}, []
specials, decompositions = [], []
for code in range(END):
    c = chr(code)
    flags = flags_of(c)
    deltas = []
    for kind, case in enumerate(CASES):
        mapped = case(c)
        deltas.append(ord(mapped) - code if len(mapped) == 1 else 0)
        if len(mapped) > 1:
            specials.append((code << 2 | kind, [ord(m) for m in mapped]))
    decomposition = "" if 0xAC00 <= code < 0xD7A4 else ud.decomposition(c)  # Hangul is arithmetic.
    if decomposition:
        *tag, rest = decomposition.split("> ") if "<" in decomposition else [decomposition]
        decompositions.append((code, tags.number(tag[0] + ">" if tag else ""), [int(part, 16) for part in rest.split()]))
    record = struct.pack(
        "<6BH4i", categories.number(ud.category(c)), bidis.number(ud.bidirectional(c)), ud.combining(c), widths.number(ud.east_asian_width(c)),
        numerics.number(ud.numeric(c, None)), ud.digit(c, 255), sum(flag << i for i, flag in enumerate(flags)), *deltas)
    indices.append(records.setdefault(record, len(records)))

blocks, first_stage = {}, []
for start in range(0, END, BLOCK):
    first_stage.append(blocks.setdefault(tuple(indices[start:start + BLOCK]), len(blocks)))

compositions = []
for code, tag, parts in decompositions:
    if tag == 0 and len(parts) == 2 and ud.normalize("NFC", "".join(map(chr, parts))) == chr(code):
        compositions.append((*parts, code))
compositions.sort()
assert len(numerics) < 256 and len(first_stage) == END // BLOCK

sections = {}


def sequences(name, entries):
    """Keys in order, offsets to units, and the units: a first one that says length and extra, then code points."""
    units, keys, offsets = [], [], []
    for key, extra, parts in entries:
        keys.append(key)
        offsets.append(len(units))
        units += [len(parts) | extra << 8, *parts]
    sections[name + "_KEYS"] = struct.pack(f"<{len(keys)}I", *keys)
    sections[name + "_OFFSETS"] = struct.pack(f"<{len(offsets)}H", *offsets)
    sections[name + "_UNITS"] = b"".join(unit.to_bytes(3, "little") for unit in units)


sections["FIRST_STAGE"] = bytes(first_stage) if len(blocks) <= 256 else struct.pack(f"<{len(first_stage)}H", *first_stage)
sections["SECOND_STAGE"] = b"".join(struct.pack(f"<{BLOCK}H", *block) for block in blocks)
sections["RECORDS"] = b"".join(records)
sections["NUMERIC_VALUES"] = b"".join(struct.pack("<d", value or 0.0) for value in numerics)
sequences("SPECIAL", [(key, 0, parts) for key, parts in specials])
sequences("DECOMPOSITION", decompositions)
sections["COMPOSITIONS"] = b"".join(struct.pack("<3I", *entry) for entry in compositions)
assert len(blocks) > 256

layout = ["//! Where things are in `tables.bin`. Written by `tools/unicode_tables.py`.", "", "use std::ops::Range;", ""]
layout += [f'/// The version of Unicode.\npub const VERSION: &str = "{ud.unidata_version}";']
data = b""
for name, section in sections.items():
    layout.append(f"pub(super) const {name}: Range<usize> = {len(data)}..{len(data) + len(section)};")
    data += section
for i, name in enumerate(FLAGS):
    layout.append(f"pub(super) const {name}: u16 = 1 << {i};")
for name, values in [("CATEGORIES", categories), ("BIDIRECTIONAL", bidis), ("WIDTHS", widths), ("TAGS", tags)]:
    layout.append(f"pub(super) const {name}: [&str; {len(values)}] = [{', '.join(chr(34) + value + chr(34) for value in values)}];")
with open(sys.argv[1] + "/layout.rs", "w", encoding="ascii") as file:
    file.write("\n".join(layout) + "\n")
with open(sys.argv[1] + "/tables.bin", "wb") as file:
    file.write(data)
print({name: len(section) for name, section in sections.items()}, len(records), len(blocks))

if len(sys.argv) > 2:
    # Folder with NameAliases.txt and NamedSequences.txt of the Unicode Character Database, of this version or later.
    known = []
    for file in ["NameAliases.txt", "NamedSequences.txt"]:
        for line in open(f"{sys.argv[2]}/{file}", encoding="utf-8"):
            fields = line.split("#")[0].strip().split(";")
            if len(fields) < 2:
                continue
            name, codes = (fields[1], fields[0]) if file == "NameAliases.txt" else fields
            try:
                found = ud.lookup(name)
            except KeyError:
                continue
            assert found == "".join(chr(int(code, 16)) for code in codes.split()), line
            known.append(f"{name};{codes}\n")
    with open(sys.argv[1] + "/extra_names.txt", "w", encoding="ascii") as file:
        file.writelines(sorted(known))
