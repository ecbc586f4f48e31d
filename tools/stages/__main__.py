"""Compares every stage of the front end under two Pythons over a folder of Python files, and prints the share that is
equal.

    python tools/stages --reference python3.14 --candidate target/release/pyrope FOLDER

For each stage (tokens, tree, symbols, bytecode at each level of optimisation, and the errors and warnings for broken
variants of each file) the table shows how many of how many are equal, and the first difference follows readably.
The exit code is 1 if a stage is below its floor.

Where no reference is at hand, `--recorded FILE` compares with the digests that `--record FILE` wrote once.
"""

import argparse
import difflib
import itertools
import json
import os
import subprocess
import sys
import zlib
from collections import Counter

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'worker.py')


def corpus(folder, every):
    """Each `every`-th Python file below the folder, by its path in there, sorted."""
    files = []
    for place, names, found in os.walk(folder):
        names[:] = sorted(name for name in names if name not in ('__pycache__', 'site-packages'))
        files += [os.path.relpath(os.path.join(place, name), folder) for name in sorted(found) if name.endswith('.py')]
    return files[::every]


def start(python, folder, files, mutations):
    """A worker under a Python that digests files; it reads their names from a pipe."""
    worker = subprocess.Popen(
        [*python.split(), WORKER, 'digests', folder, str(mutations)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    worker.stdin.write('\n'.join(files))
    worker.stdin.close()
    return worker


def digests(worker):
    """The answers of a worker as they come: path and digests."""
    for line in worker.stdout:
        yield json.loads(line)
    if worker.wait():
        sys.exit(f'a worker ended with exit code {worker.returncode}')


def condensed(found):
    """One digest for each stage of a file, for the record."""
    return {stage: [f'{zlib.crc32(" ".join(parts).encode()):08x}'] for stage, parts in found.items()}


def write_record(path, mutations, answers):
    """Writes condensed digests, a line for each file."""
    with open(path, 'w') as file:
        print(json.dumps({'mutations': mutations}), file=file)
        for name, found in answers:
            print(name, *(digest for [digest] in condensed(found).values()), file=file)


def read_record(path, stages):
    """The number of mutations and the digests of each file of a record."""
    with open(path) as file:
        mutations = json.loads(file.readline())['mutations']
        lines = [line.split() for line in file]
    return mutations, {name: dict(zip(stages, ([part] for part in parts), strict=True)) for name, *parts in lines}


class Tally:
    """Equal and all items of each stage, and the files that differ."""

    def __init__(self):
        self.equal, self.all, self.different = Counter(), Counter(), {}

    def add(self, path, reference, candidate):
        for stage, wanted in reference.items():
            got = candidate[stage]
            self.all[stage] += max(len(wanted), len(got))
            self.equal[stage] += sum(a == b for a, b in zip(wanted, got))
            if wanted != got:
                self.different.setdefault(stage, []).append(path)

    def share(self, stage):
        """Percent of a stage's items that are equal."""
        return 100 * self.equal[stage] / max(1, self.all[stage])

    def print(self):
        print(f'{"stage":14} {"equal":>8} {"of":>8} {"share":>9}')
        for stage in self.all:
            print(f'{stage:14} {self.equal[stage]:8} {self.all[stage]:8} {self.share(stage):8.3f}%')


def show_difference(stage, path, arguments):
    """The first lines in which the two Pythons differ on a file."""
    print(f'\n{stage}: {path}')
    if not arguments.reference:
        return
    sides = []
    for python in (arguments.reference, arguments.candidate):
        command = [*python.split(), WORKER, 'show', stage, arguments.folder, path, str(arguments.mutations)]
        sides.append(subprocess.run(command, capture_output=True, text=True).stdout.splitlines())
    difference = difflib.unified_diff(*sides, 'reference', 'candidate', lineterm='', n=1)
    for line in itertools.islice(difference, 2, 14):
        print('   ', line[:300])


def compare(arguments):
    """The tally of a candidate against a running reference."""
    files = corpus(arguments.folder, arguments.every)
    pythons = arguments.reference, arguments.candidate
    workers = [start(python, arguments.folder, files, arguments.mutations) for python in pythons]
    tally = Tally()
    for (path, wanted), (_, got) in zip(*map(digests, workers), strict=True):
        tally.add(path, wanted, got)
    return tally


def compare_with_record(arguments):
    """The tally of a candidate against recorded digests."""
    from listing import STAGES

    arguments.mutations, wanted = read_record(arguments.recorded, [*STAGES, 'rejections', 'snippets'])
    worker = start(arguments.candidate, arguments.folder, list(wanted), arguments.mutations)
    tally = Tally()
    for path, got in digests(worker):
        tally.add(path, wanted[path], condensed(got))
    return tally


def parse_arguments():
    parser = argparse.ArgumentParser(prog='stages', description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--reference', help='the command of the Python that is right')
    parser.add_argument('--candidate', help='the command of the Python to compare')
    parser.add_argument('--record', metavar='FILE', help="write the reference's digests to a file instead of comparing")
    parser.add_argument('--recorded', metavar='FILE', help='compare with the digests of a file')
    parser.add_argument('--mutations', type=int, default=5, help='broken variants of each file (5)')
    parser.add_argument('--every', type=int, default=1, help='take each N-th file only (1)')
    parser.add_argument('--differences', type=int, default=1, help='differences to show for each stage (1)')
    parser.add_argument('--floor', type=float, default=0, help='the least share in percent that is success (0)')
    parser.add_argument('folder', type=os.path.abspath)
    arguments = parser.parse_args()
    if arguments.reference is None and (arguments.record or not arguments.recorded):
        parser.error('a reference is needed')
    if arguments.candidate is None and not arguments.record:
        parser.error('a candidate is needed')
    return arguments


def main():
    arguments = parse_arguments()
    if arguments.record:
        files = corpus(arguments.folder, arguments.every)
        answers = digests(start(arguments.reference, arguments.folder, files, arguments.mutations))
        write_record(arguments.record, arguments.mutations, answers)
        return
    tally = compare_with_record(arguments) if arguments.recorded else compare(arguments)
    tally.print()
    for stage, paths in tally.different.items():
        for path in paths[:arguments.differences]:
            show_difference(stage, path, arguments)
    if any(tally.share(stage) < arguments.floor for stage in tally.all):
        sys.exit(1)


if __name__ == '__main__':
    main()
