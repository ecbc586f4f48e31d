"""Code that `marshal.loads` refuses because it could not be run, and what stands for nothing within containers."""
import marshal
import struct
import types


def fails(kind, text, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError(f"{text}: not raised")


def sized(data):
    return b"s" + struct.pack("<i", len(data)) + data


def tuple_of(*items):
    return b"(" + struct.pack("<i", len(items)) + b"".join(items)


def text(value):
    return b"z" + bytes([len(value)]) + value.encode()


def code(argcount=0, positional=0, keywords=0, flags=3, instructions=sized(b"\x80\0\x1e\0#\0"), consts=tuple_of(b"N"),
         names=tuple_of(), locals=tuple_of(), kinds=sized(b""), name=text("name")):
    numbers = b"c" + struct.pack("<5i", argcount, positional, keywords, 1, flags)
    return (numbers + instructions + consts + names + locals + kinds + text("file") + name + name
            + struct.pack("<i", 1) + sized(b"") + sized(b""))


ONE_LOCAL = {"locals": tuple_of(text("a")), "kinds": sized(b"\x26")}
assert marshal.loads(code(argcount=1, **ONE_LOCAL)).co_varnames == ("a",)
for wrong in [{"argcount": 1}, {"keywords": 1}, {"flags": 7}, {"argcount": 1, "flags": 7, **ONE_LOCAL}]:
    fails(ValueError, "code: co_varnames is too small", marshal.loads, code(**wrong))
fails(ValueError, "code: co_code is malformed", marshal.loads, code(instructions=sized(b"abc")))
for wrong in [{"argcount": -1}, {"positional": 1}, {"flags": -1}, {"consts": b"N"}, {"names": b"N"}, {"name": b"N"},
              {"locals": tuple_of(text("a"))}, {"instructions": b"N"}]:
    fails(SystemError, "bad argument to internal function", marshal.loads, code(**wrong))
fails(SystemError, "non-string found in code slot", marshal.loads, code(names=tuple_of(b"N")))
assert marshal.loads(code(names=tuple_of(b"u\3\0\0\0\xed\xa0\x80"))).co_names == ("\ud800",)

two = struct.pack("<i", 2)
for data, place in [(b"(" + two + b"N0", "tuple"), (b")\2N0", "tuple"), (b"[" + two + b"N0", "list"),
                    (b"<" + two + b"N0", "set"), (b">" + two + b"N0", "set"), (b":N0N", "object"), (b"0", "object"),
                    (code(consts=b"0"), "code object")]:
    fails(TypeError, f"NULL object in marshal data for {place}", marshal.loads, data)
assert marshal.loads(b"{N0") == {}


# What the constructor refuses is the same.
def make(**changes):
    fields = {"argcount": 1, "positional": 0, "keywords": 0, "locals": 1, "stack": 1, "flags": 3,
              "code": b"\x80\0\x1e\0#\0", "consts": (None,), "names": (), "varnames": ("a",), "file": "f", "name": "n",
              "qualname": "q", "line": 1, "lines": b"", "exceptions": b""}
    return types.CodeType(*(fields | changes).values())


assert make().co_varnames == ("a",)
fails(ValueError, "code: co_varnames is too small", make, argcount=2)
fails(ValueError, "code: co_code is malformed", make, code=b"abc")
fails(SystemError, "bad argument to internal function", make, positional=2)


class Text(str):
    pass


assert type(make(varnames=(Text("a"),)).co_varnames[0]) is str
