"""Judges a Python by CPython's own test suite, test by test, against the ledger.

    python tools/conformance --tests FOLDER target/release/pyrope [MODULE…]

FOLDER holds CPython 3.14's package `test` (Debian: libpython3.14-testsuite; `fetch` beside this file gets it). The
command is installed with its library into a folder of its own, and the package with it, as on a machine of CPython's.
Each module runs in a process of its own with a limit of time. Without MODULEs all of the ledger's are judged. A test that
the ledger does not excuse must pass, and no process may crash or hang; otherwise the exit code is 1. `--update` writes
what was found into the ledger, and the CPU seconds of each module into `times.txt` beside it. `--as-is` judges another
Python, CPython for instance, which has its library already and finds the package by PYTHONPATH.
"""

import argparse
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter

import ledger

HERE = os.path.dirname(os.path.abspath(__file__))
NEVER_EXCUSED = ('crashed', 'hung')


def install(command, tests, folder):
    """Installs the command and the package `test` with it; gives the installed command and its environment."""
    subprocess.run([command, '-m', '_pyrope_install', folder], check=True, stdout=subprocess.DEVNULL)
    library, = (entry.path for entry in os.scandir(os.path.join(folder, 'lib')))
    shutil.copytree(os.path.join(tests, 'test'), os.path.join(library, 'test'), symlinks=True, ignore=shutil.ignore_patterns('__pycache__'))
    return os.path.join(folder, 'bin', 'pyrope'), environment()


def environment(**more):
    """This process's environment without what tells a Python how to run, and with more."""
    return {name: value for name, value in os.environ.items() if not name.startswith('PYTHON')} | more


def version_of(tests):
    """The version that `fetch` has written beside the tests, if it was `fetch` that got them."""
    try:
        with open(os.path.join(tests, 'version'), encoding='utf-8') as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def judge(command, environment, module, limit):
    """Runs a module; its results: name of the test → (outcome, why), and its CPU seconds if it came to its end."""
    with tempfile.TemporaryDirectory(prefix='conformance') as folder:
        report = os.path.join(folder, 'report')
        try:
            ended = subprocess.run(
                [command, os.path.join(HERE, 'worker.py'), module, report], env=environment, cwd=folder, timeout=limit,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )
            death = 'crashed', _death(ended)
        except subprocess.TimeoutExpired:
            death = 'hung', f'no end after {limit} seconds'
        return results_of(report, module, death)


def _death(ended):
    last = ended.stderr.decode(errors='replace').strip().splitlines()[-1:]
    return f'exit {ended.returncode}: {"".join(last)}'[:200]


def results_of(report, module, death):
    """The results and seconds in a worker's report; `death` is what befell the test that was running at its end."""
    results, running, ended, seconds = {}, None, False, None
    lines = []
    if os.path.exists(report):
        with open(report, encoding='utf-8') as file:
            lines = file.read().splitlines()
    for line in map(json.loads, lines):
        if 'start' in line:
            running = line['start']
        elif 'test' in line:
            results[_short(line['test'], module)] = line['outcome'], line['why']
            running = None
            ended = ended or line['test'] == ''
        else:
            ended, seconds = True, line['seconds']
    if not ended:
        results[_short(running, module) if running else '*'] = death
    return results, seconds


def _short(name, module):
    """The name of a test without its module; one word."""
    name = name.removeprefix(f'test.{module}.').removeprefix('unittest.loader._FailedTest.')
    return name.replace(' ', '_') or '*'


def compare(module, results, excused):
    """What is worse than the ledger says, what of that nothing excuses, and what is better, as lines."""
    worse, fatal, better = [], [], []
    for name, (outcome, why) in results.items():
        bad = outcome not in ('passed', 'skipped')
        if bad and (name not in excused and '*' not in excused or outcome in NEVER_EXCUSED):
            (fatal if outcome in NEVER_EXCUSED else worse).append(f'{module}.{name}: {outcome}: {why}')
        elif name in excused and not bad:
            better.append(f'{module}.{name}: {outcome}')
    return worse, fatal, better


class Tally:
    """What the modules came to, as they are judged, beside what the ledger excuses."""

    def __init__(self, excused):
        self.excused = excused
        self.total, self.modules, self.full = Counter(), 0, 0
        self.worse, self.fatal, self.better = [], [], []

    def is_worse(self, module, results):
        worse, fatal, _ = compare(module, results, self.excused.get(module, {}))
        return bool(worse or fatal)

    def add(self, module, results):
        """Counts a module, says so, and takes its results for what the ledger shall say."""
        count = Counter(outcome for outcome, _ in results.values())
        good = all(outcome in ('passed', 'skipped') for outcome in count)
        print('ok ' if good else '   ', f'{module:32}', *_counts(count), flush=True)
        self.modules += 1
        self.full += good
        self.total += count
        known = self.excused.get(module, {})
        for lines, found in zip((self.worse, self.fatal, self.better), compare(module, results, known)):
            lines += found
        self.excused[module] = ledger.merged(known, ledger.entries_of(results))

    def print(self):
        print(f'\n{self.full} of {self.modules} modules pass in full; tests:', *_counts(self.total))
        for title, lines in (
            ('Better than the ledger says:', self.better),
            ('Worse than the ledger says:', self.worse),
            ('Crashed or hung:', self.fatal),
        ):
            if lines:
                print(title, *lines, sep='\n  ')


def _counts(count):
    return [f'{outcome} {number}' for outcome, number in sorted(count.items())]


def print_times(times, modules):
    """The CPU seconds of the modules that all Pythons came to the end of."""
    names = sorted({name for seconds in times.values() for name in seconds})
    common = [times[module] for module in modules if len(times.get(module, ())) == len(names)]
    print(f'CPU seconds of {len(common)} modules:', *(f'{name} {sum(seconds[name] for seconds in common):.0f}' for name in names))


def parse_arguments():
    parser = argparse.ArgumentParser(prog='conformance', description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--tests', required=True, type=os.path.abspath, help='the folder that holds the package test')
    parser.add_argument('--ledger', default=os.path.join(HERE, 'ledger.txt'))
    parser.add_argument('--times', default=os.path.join(HERE, 'times.txt'))
    parser.add_argument('--name', default='pyrope', help="the Python's name among the times (pyrope)")
    parser.add_argument('--as-is', action='store_true', help='do not install the command')
    parser.add_argument('--rerun', action='store_true', help='give modules that are worse than the ledger says a second go')
    parser.add_argument('--under', type=float, metavar='SECONDS', help='leave out the modules that took more CPU time')
    parser.add_argument('--without', metavar='FILE', help='leave out the modules that the file names, one a line')
    parser.add_argument('--limit', type=int, default=300, help='seconds for a module (300)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), help='processes at a time (one a core)')
    parser.add_argument('--update', action='store_true', help='write the findings into the ledger')
    parser.add_argument('command', help='the Python to judge')
    parser.add_argument('modules', nargs='*', metavar='MODULE')
    return parser.parse_args()


def judge_all(arguments, modules, tally, times):
    """Judges modules, several at a time; tells of each as soon as its turn in the order has come."""
    with tempfile.TemporaryDirectory(prefix='conformance') as folder, concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        if arguments.as_is:
            python, variables = arguments.command, environment(PYTHONPATH=arguments.tests)
        else:
            python, variables = install(arguments.command, arguments.tests, folder)
        judged = pool.map(lambda module: judge(python, variables, module, arguments.limit), modules)
        for module, (results, seconds) in zip(modules, judged):
            if arguments.rerun and tally.is_worse(module, results):
                results, seconds = judge(python, variables, module, arguments.limit)
            tally.add(module, results)
            if seconds is not None:
                times.setdefault(module, {})[arguments.name] = seconds


def main():
    # A shell lets what it runs in the background ignore SIGINT, and children inherit that: tests interrupt themselves.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments = parse_arguments()
    tally, times = Tally(ledger.read(arguments.ledger)), ledger.read_times(arguments.times)
    modules = arguments.modules or list(tally.excused)
    if arguments.under:
        modules = [module for module in modules if times.get(module, {}).get(arguments.name, 0) < arguments.under]
    if arguments.without:
        left_out = ledger.read_names(arguments.without)
        modules = [module for module in modules if module not in left_out]
    known = ledger.version(arguments.ledger)
    version = version_of(arguments.tests) or known
    judge_all(arguments, modules, tally, times)
    tally.print()
    print_times(times, modules)
    if arguments.update:
        if not arguments.as_is:
            ledger.write(arguments.ledger, tally.excused, version)
        ledger.write_times(arguments.times, times)
        return
    held_against = tally.worse + tally.fatal
    if version != known:
        print(f'These are the tests of CPython {version}, the ledger is of {known}: only crashes and hangs count.')
        held_against = tally.fatal
    sys.exit(1 if held_against else 0)


if __name__ == '__main__':
    main()
