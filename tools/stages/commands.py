"""Compares what the stages' commands (`python -m tokenize`, `ast`, `symtable`, `dis`) print under two Pythons.

    python tools/stages/commands.py --reference python3.14 --candidate target/release/pyrope

The name of the program in usage texts and addresses do not count.
"""

import argparse
import itertools
import os
import re
import subprocess
import sys
import tempfile

GOOD = '''
import sys
def f(a, b: int = 1, *c, d=[x for x in range(3)], **e) -> str:
    "doc é"
    try:
        return f"{a!r:>{b}}" + t"{a}".strings[0]
    except* ValueError as exc:
        raise
    finally:
        pass
class C[T](list):  # comment
    x: T = 1  # type: int
    async def m(self):
        async with self as y: await y
type A = int
match f:
    case [1, *r] if r: pass
    case _: assert __debug__
'''
SOURCES = {'good.py': GOOD, 'open.py': 'x = (1,\n  $ 3', 'wrong.py': 'def f(:\n', 'expression.py': 'a + b', 'type.py': '(int, *str) -> x'}


def alternatives(*options):
    """Every choice of some of the options."""
    for count in range(len(options) + 1):
        for chosen in itertools.combinations(options, count):
            yield [word for option in chosen for word in option.split()]


def commands():
    """Words behind the Python, and the file given as standard input, if one is."""
    for module, options in {
        'tokenize': alternatives('-e'),
        'ast': [
            *alternatives('-a', '-i 0', '--no-type-comments', '--show-empty'),
            *(['-O', level] for level in '-1 0 1 2'.split()),
            *(['--feature-version', version] for version in ('3.4', '3.7', '3.11', '3.14', 'x')),
        ],
        'symtable': [[]],
        'dis': alternatives('-C', '-O', '-P', '-S'),
    }.items():
        for words in options:
            yield ['-m', module, *words, 'good.py'], None
        for name in SOURCES:
            yield ['-m', module, name], None
        yield ['-m', module], 'good.py'
        yield ['-m', module, 'missing.py'], None
        yield ['-m', module, '-h'], None
        yield ['-m', module, '--unknown'], None
    for mode, name in (('eval', 'expression.py'), ('single', 'expression.py'), ('func_type', 'type.py'), ('x', 'good.py')):
        yield ['-m', 'ast', '-m', mode, name], None


def located(python):
    """The words of a command, which runs in another folder."""
    program, *options = python.split()
    return [os.path.abspath(program) if os.path.exists(program) else program, *options]


def outcome(python, words, given, folder):
    """Exit code and output, without what differs from process to process."""
    with open(os.path.join(folder, given) if given else os.devnull) as file:
        environment = os.environ | {'COLUMNS': '200', 'PYTHON_COLORS': '0', 'PYTHONIOENCODING': 'utf-8'}
        ended = subprocess.run(
            [*located(python), *words], stdin=file, capture_output=True, text=True, cwd=folder, env=environment
        )
    # Tracebacks show the library, whose files are not the same.
    error = ended.stderr.splitlines()[-1:] if 'Traceback' in ended.stderr else ended.stderr.splitlines()
    text = '\n'.join([f'exit {ended.returncode}', ended.stdout, *error])
    return re.sub(r'(usage: )?\S*(python|pyrope)[\d.]*( -m|:)', r'\1python\3', re.sub('0x[0-9a-f]+', '0x', text))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--reference', required=True)
    parser.add_argument('--candidate', required=True)
    arguments = parser.parse_args()
    count = equal = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text in SOURCES.items():
            with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
                file.write(text)
        for words, given in commands():
            wanted, got = (outcome(python, words, given, folder) for python in (arguments.reference, arguments.candidate))
            count += 1
            equal += wanted == got
            if wanted != got:
                print(f'different: {" ".join(words)}')
                lines = itertools.zip_longest(wanted.splitlines(), got.splitlines())
                for line, other in itertools.islice(((a, b) for a, b in lines if a != b), 3):
                    print(f'    {line}\n    {other}')
    print(f'{equal} of {count} commands print the same')
    sys.exit(equal < count)


if __name__ == '__main__':
    main()
