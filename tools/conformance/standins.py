"""Stand-ins for CPython's C test modules, so that a module of tests which imports one is not lost as a whole.

A stand-in has the platform's limits and how often code runs before CPython specialises it, as numbers; whatever else is
used of it skips the test that uses it. Only modules of tests that import without asking get them: the others skip their
tests themselves, or have something to fall back on.
"""

import struct
import sys
import types
import unittest

# Modules of tests, and what they import at the top of a file or class.
NEEDED = {
    'test_bytes': ['_testlimitedcapi'],
    'test_class': ['_testinternalcapi'],
    'test_monitoring': ['_testinternalcapi'],
}

# Classes of tests that leave things behind when their set-up skips for want of such a module.
LEFT_OUT = {('test_monitoring', 'TestCApiEventGeneration'): '_testcapi'}

NUMBERS = {
    'SPECIALIZATION_THRESHOLD': 100,
    'SPECIALIZATION_COOLDOWN': 100,
    'PY_SSIZE_T_MAX': sys.maxsize,
    'PY_SSIZE_T_MIN': -sys.maxsize - 1,
}
for name, code in ('INT', 'i'), ('LONG', 'l'):
    bits = struct.calcsize(code) * 8
    NUMBERS.update({f'{name}_MAX': 2 ** (bits - 1) - 1, f'{name}_MIN': -2 ** (bits - 1), f'U{name}_MAX': 2 ** bits - 1})


class Absent:
    """Something of a C test module; to call it skips the test."""

    def __init__(self, name):
        self._name = name

    def __call__(self, *args, **kwargs):
        raise unittest.SkipTest(f'needs {self._name}')


class StandIn(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return NUMBERS[name] if name in NUMBERS else Absent(f'{self.__name__}.{name}')


def install(module):
    """Puts the stand-ins that a module of tests needs into sys.modules, where the real ones are not to be had."""
    for name in NEEDED.get(module, ()):
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = StandIn(name)


def leave_out(module):
    """Skips the classes of an imported module that cannot do without."""
    for (owner, name), needed in LEFT_OUT.items():
        if owner == module.__name__.removeprefix('test.'):
            try:
                __import__(needed)
            except ImportError:
                setattr(module, name, unittest.skip(f'needs {needed}')(getattr(module, name)))
