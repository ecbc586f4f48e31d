"""Broken variants of a valid source, the same ones under every Python."""

import io
import random
import tokenize

_SKIPPED = {tokenize.ENCODING, tokenize.ENDMARKER, tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT}


def mutations(source, name, count):
    """`count` variants: a token dropped, doubled or swapped with its neighbour, a bracket or quote removed, or an
    indent changed. Short sources give whole variants; of long ones a window of lines is taken, to keep them fast."""
    chance = random.Random(name)
    try:
        text = source.decode()
    except UnicodeDecodeError:
        return
    for number in range(count):
        window = _window(text, chance)
        mutate = _KINDS[number % len(_KINDS)]
        yield mutate(window, chance).encode()


def _window(text, chance, size=60):
    """Some lines of a text, from one that is not indented."""
    lines = text.splitlines(keepends=True)
    if len(lines) <= size:
        return text
    starts = [number for number, line in enumerate(lines[:-size // 2]) if line[:1] not in ' \t\r\n#)]}']
    start = chance.choice(starts) if starts else 0
    return ''.join(lines[start:start + size])


def _spans(text):
    """Start and end of each visible token, as offsets into the text."""
    offsets = [0]
    for line in text.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    spans = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in _SKIPPED:
                (row, column), (end_row, end_column) = token.start, token.end
                spans.append((offsets[row - 1] + column, offsets[end_row - 1] + end_column))
    except (tokenize.TokenError, SyntaxError, IndexError):
        pass
    return spans


def _drop_token(text, chance):
    spans = _spans(text)
    if not spans:
        return text
    start, end = chance.choice(spans)
    return text[:start] + text[end:]


def _double_token(text, chance):
    spans = _spans(text)
    if not spans:
        return text
    start, end = chance.choice(spans)
    return text[:end] + ' ' + text[start:end] + text[end:]


def _swap_tokens(text, chance):
    spans = _spans(text)
    if len(spans) < 2:
        return text
    at = chance.randrange(len(spans) - 1)
    (a, b), (c, d) = spans[at:at + 2]
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def _remove_delimiter(text, chance):
    places = [at for at, character in enumerate(text) if character in '()[]{}\'":']
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + text[at + 1:]


def _change_indent(text, chance):
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    at = chance.randrange(len(lines))
    line = lines[at]
    lines[at] = line.removeprefix(' ') if chance.random() < 0.5 else chance.choice((' ', '\t', '    ')) + line
    return ''.join(lines)


_KINDS = (_drop_token, _double_token, _swap_tokens, _remove_delimiter, _change_indent)
