"""Lets each of two Pythons run what the other compiled.

    python tools/stages/exchange.py --reference python3.14 --candidate target/release/pyrope FOLDER...

Every program of the folders (`tests/language`, say) is compiled by each Python with `py_compile`, in one invalidation
mode after another. Each runs its own file and the other's; exit code and output must be the same.
"""

import argparse
import os
import subprocess
import sys
import tempfile

COMPILE = """
import py_compile, sys
modes = list(py_compile.PycInvalidationMode)
for number, line in enumerate(sys.stdin.read().splitlines()):
    source, target = line.split('|')
    py_compile.compile(source, target, doraise=True, invalidation_mode=modes[number % len(modes)])
"""


def programs(folders):
    """The programs of the folders, by path."""
    return sorted(os.path.join(folder, name) for folder in folders for name in os.listdir(folder) if name.endswith('.py'))


def compile_all(python, sources, folder):
    """Compiles each source to a file of the folder; their paths."""
    os.makedirs(folder)
    targets = [os.path.join(folder, f'{number}.pyc') for number in range(len(sources))]
    lines = '\n'.join(map('|'.join, zip(sources, targets)))
    subprocess.run([*python.split(), '-c', COMPILE], input=lines, text=True, check=True)
    return targets


def run(python, target):
    """Exit code and output of a compiled program."""
    try:
        ended = subprocess.run([*python.split(), target], capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return 'timeout', ''
    return ended.returncode, ended.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--reference', required=True)
    parser.add_argument('--candidate', required=True)
    parser.add_argument('folders', nargs='+', type=os.path.abspath)
    arguments = parser.parse_args()
    sources = programs(arguments.folders)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        files = {
            python: compile_all(python, sources, os.path.join(folder, str(number)))
            for number, python in enumerate((arguments.reference, arguments.candidate))
        }
        for runner, maker in ((arguments.reference, arguments.candidate), (arguments.candidate, arguments.reference)):
            different = [
                source for source, own, other in zip(sources, files[runner], files[maker])
                if run(runner, own) != run(runner, other)
            ]
            print(f'{runner} runs what {maker} compiled: {len(sources) - len(different)} of {len(sources)} as its own')
            for source in different:
                print('   ', source)
            failed = failed or different
    sys.exit(bool(failed))


if __name__ == '__main__':
    main()
