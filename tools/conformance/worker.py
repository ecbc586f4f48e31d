"""Runs one module of CPython's test suite and writes a JSON line for each thing that happens.

usage: worker.py MODULE REPORT

Runs under the Python that is judged. A line `{"start": test}` is written before a test and `{"test": …, "outcome": …,
"why": …}` after it, so that the test in which a process died is known; `{"seconds": …}` at the end is the CPU time of the
process and its children.
"""

import json
import os
import sys
import unittest


class Recorder(unittest.TestResult):
    """A result that writes each outcome at once."""

    def __init__(self, report):
        super().__init__()
        self._report = report
        self._outcome = None

    def _write(self, **line):
        self._report.write(json.dumps(line) + '\n')
        self._report.flush()

    def _settle(self, outcome, why=''):
        """Keeps the worst outcome of a test and its subtests."""
        if self._outcome is None or self._outcome[0] in ('passed', 'skipped'):
            self._outcome = outcome, why

    def _say(self, test, outcome, why):
        self._write(test=test.id(), outcome=outcome, why=why)

    def startTest(self, test):
        super().startTest(test)
        self._outcome = None
        self._write(start=test.id())

    def stopTest(self, test):
        super().stopTest(test)
        self._say(test, *(self._outcome or ('passed', '')))

    def addSuccess(self, test):
        self._settle('passed')

    def addExpectedFailure(self, test, err):
        self._settle('passed')

    def addUnexpectedSuccess(self, test):
        self._settle('failed', 'unexpected success')

    def addSkip(self, test, reason):
        if self._is_running(test):
            self._settle('skipped', reason)
        else:
            self._say(test, 'skipped', reason)

    def addFailure(self, test, err):
        self._settle('failed', _reason(err))

    def addError(self, test, err):
        if self._is_running(test):
            self._settle('error', _reason(err))
        else:
            self._say(test, 'error', _reason(err))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._settle('failed' if issubclass(err[0], test.failureException) else 'error', _reason(err))

    @staticmethod
    def _is_running(test):
        """False for the stand-ins that unittest makes for classes and modules which fail to set up."""
        return isinstance(test, unittest.TestCase)


def _reason(err):
    """The exception in one line: the first of its text, or the last if that shows a failed import."""
    kind, value, _ = err
    try:
        text = str(value).strip().splitlines() or ['']
    except Exception:
        text = ['']
    if text[0].startswith('Failed to import test module'):
        return text[-1][:200]
    return f'{kind.__name__}: {text[0]}'[:200]


def import_module(module, standins):
    """Imports a module of tests; what prevents it is left for the loader to report."""
    try:
        __import__(f'test.{module}')
    except unittest.SkipTest:
        raise
    except Exception:
        return
    standins.leave_out(sys.modules[f'test.{module}'])


def main():
    _, module, report = sys.argv
    # Not at the top: processes that tests start import this file too, and do not know its folder.
    import standins
    # Tests would find modules there.
    del sys.path[0]
    with open(report, 'w', encoding='utf-8', errors='backslashreplace') as file:
        recorder = Recorder(file)
        try:
            standins.install(module)
            import_module(module, standins)
            suite = unittest.defaultTestLoader.loadTestsFromName(f'test.{module}')
        except unittest.SkipTest as reason:
            recorder._write(test='', outcome='skipped', why=str(reason))
            return
        suite.run(recorder)
        recorder._write(seconds=round(sum(os.times()[:4]), 2))


if __name__ == '__main__':
    main()
