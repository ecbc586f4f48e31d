"""Prints a digest of every stage of every file: the half of a comparison that runs under each Python.

usage: worker.py digests FOLDER MUTATIONS < list of files        a JSON line for each file
       worker.py show STAGE FOLDER FILE MUTATIONS                the lines behind one digest
Files are named relative to the folder, so that code objects are the same wherever it stands.
"""

import json
import os
import sys
import zlib
from functools import partial

from listing import PER_CODE, STAGES, listing, rejection, snippets
from mutations import mutations


def _digest(lines):
    crc = 0
    for line in lines:
        crc = zlib.crc32(line.encode('utf-8', 'surrogatepass') + b'\n', crc)
    return f'{crc:08x}'


def _digest_each(lines):
    """A digest for each code object of a listing, for the share of equal ones."""
    parts, part = [], []
    for line in lines:
        if line.startswith('code ') and part:
            parts.append(_digest(part))
            part = []
        part.append(line)
    return parts + [_digest(part)]


def _rejections(source, count):
    for variant in mutations(source, 'mutation', count):
        yield ' | '.join(listing(rejection, variant, 'mutation'))


def _snippets(source, count):
    try:
        found = snippets(source)
    except (SyntaxError, ValueError):
        found = [source]
    for text in found:
        for mode in ('exec', 'eval', 'single'):
            yield ' | '.join(listing(partial(rejection, mode=mode), text, 'snippet'))


# Stages of which each line stands for a source of its own.
_SOURCES = {'rejections': _rejections, 'snippets': _snippets}


def _read(folder, path):
    with open(os.path.join(folder, path), 'rb') as file:
        return file.read()


def digests(folder, path, count):
    """The digests of all stages of a file by the stage's name."""
    source = _read(folder, path)
    found = {}
    for name, stage in STAGES.items():
        lines = listing(stage, source, path)
        found[name] = _digest_each(lines) if name in PER_CODE else [_digest(lines)]
    for name, stage in _SOURCES.items():
        found[name] = [_digest([line]) for line in stage(source, count)]
    return found


def show(stage, folder, path, count):
    """The lines of one stage of a file."""
    source = _read(folder, path)
    if stage in _SOURCES:
        return list(_SOURCES[stage](source, count))
    return listing(STAGES[stage], source, path)


def main():
    sys.stdout.reconfigure(encoding='utf-8', errors='backslashreplace')
    match sys.argv[1:]:
        case ['digests', folder, count]:
            for path in sys.stdin.read().splitlines():
                print(json.dumps([path, digests(folder, path, int(count))]), flush=True)
        case ['show', stage, folder, path, count]:
            for line in show(stage, folder, path, int(count)):
                print(line)
        case _:
            sys.exit(__doc__)


if __name__ == '__main__':
    main()
