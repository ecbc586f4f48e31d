"""`tokenize` asks for a line when a token needs it, and not before."""

import _tokenize
import io
import tokenize


def order(lines, extra_tokens=True, **kwargs):
    """Lines asked for (as text) and tokens given (as tuples), in the order of their coming."""
    log = []
    source = iter(lines)

    def readline():
        line = next(source)
        if isinstance(line, Exception):
            log.append("!")
            raise line
        log.append(line)
        return line

    try:
        for kind, text, *_ in _tokenize.TokenizerIter(readline, extra_tokens=extra_tokens, **kwargs):
            log.append((kind, text))
    except Exception as error:
        log.append(type(error).__name__)
    return log


def lines(log):
    """How many tokens came before each line: the shape of the reading."""
    return [at - before for before, at in enumerate(at for at, item in enumerate(log) if isinstance(item, str))]


assert order(["a\n", "b\n"]) == ["a\n", (1, "a"), (4, "\n"), "b\n", (1, "b"), (4, "\n"), (0, "")]
assert lines(order(["x = '''a\n", "b\n", "'''\n", "y\n"])) == [0, 2, 2, 4]
assert lines(order(["(a,\n", " b,\n", "# c\n", ")\n", "d\n"])) == [0, 4, 7, 9, 11]
assert lines(order(["f'''a{x}\n", "b{\n", "y\n", "}\n", "'''\n", "z\n"])) == [0, 5, 8, 10, 11, 14]
assert lines(order(["a = \\\n", " 1 + \\\n", " 2\n", "b\n"])) == [0, 2, 4, 6]
assert lines(order(["# c\n", "\n", "  # d\n", "x # e\n"])) == [0, 2, 3, 5]
assert lines(order(["# c\n", "\n", "  # d\n", "x # e\n"], extra_tokens=False)) == [0, 0, 0, 0]
assert lines(order(["if x:\n", "  y\n", "z\n"])) == [0, 4, 7]

# What `readline` raises comes where its line would, behind the tokens before it.
failing = ["a\n", ZeroDivisionError(), "b\n"]
assert order(failing) == ["a\n", (1, "a"), (4, "\n"), "!", "ZeroDivisionError"]
assert order(["'''a\n", ZeroDivisionError()]) == ["'''a\n", "!", "ZeroDivisionError"]
assert order(["(a\n", 3]) == ["(a\n", (55, "("), (1, "a"), (66, "\n"), 3, "TypeError"]
assert order(["a\n", "0_\n", "b\n"])[-2:] == ["0_\n", "SyntaxError"]

# What `readline` gives is one line, whatever line ends are in it or missing.
given = _tokenize.TokenizerIter(iter(["a\nb\n", "c", "d"]).__next__, extra_tokens=True)
assert [(text, start) for _, text, start, *_ in given] == [
    ("a", (1, 0)), ("\n", (1, 1)), ("b", (1, 2)), ("\n", (1, 3)),
    ("c", (2, 0)), ("", (2, 1)), ("d", (3, 0)), ("", (3, 1)), ("", (4, 0)),
]  # fmt: skip

# Endless sources can be read.
endless = tokenize.generate_tokens(lambda: "x = 1\n")
assert [next(endless).start[0] for _ in range(4000)][-1] == 1000

# Tokens of a line share its text.
tokens = list(tokenize.tokenize(io.BytesIO(b"a + b\nc\n").readline))[1:]
assert tokens[0].line is tokens[1].line is tokens[3].line == "a + b\n"
