"""Stand-ins for CPython's C test modules, so that a module of tests which imports one is not lost as a whole.

A stand-in has what the tests ask of it and nothing more: how often code runs before CPython specialises it, as numbers, and
functions that skip the test which calls them. Only modules of tests that import without asking get them: the others skip
their tests themselves, or have something to fall back on.
"""

import sys
import types
import unittest

# Modules of tests, what they import at the top of a file or class, and what they use of it.
NEEDED = {
    'test_bytes': {'_testlimitedcapi': ['sequence_getitem', 'sequence_setitem', 'sequence_delitem']},
    'test_class': {'_testinternalcapi': ['has_inline_values']},
    # The helpers it imports skip whatever imports them where this is not to be had.
    'test_compileall': {'_testmultiphase': []},
    'test_monitoring': {'_testinternalcapi': ['SPECIALIZATION_THRESHOLD', 'SPECIALIZATION_COOLDOWN']},
}

# Classes of tests that leave things behind when their set-up skips for want of such a module.
LEFT_OUT = {('test_monitoring', 'TestCApiEventGeneration'): '_testcapi'}


def skipper(name):
    """A function that skips the test which calls it."""

    def skip(*args, **kwargs):
        raise unittest.SkipTest(f'needs {name}')

    return skip


def stand_in(name, uses):
    module = types.ModuleType(name)
    for use in uses:
        setattr(module, use, 100 if use.isupper() else skipper(f'{name}.{use}'))
    return module


def install(module):
    """Puts the stand-ins that a module of tests needs into sys.modules, where the real ones are not to be had."""
    for name, uses in NEEDED.get(module, {}).items():
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = stand_in(name, uses)


def leave_out(module):
    """Skips the classes of an imported module that cannot do without."""
    for (owner, name), needed in LEFT_OUT.items():
        if owner == module.__name__.removeprefix('test.'):
            try:
                __import__(needed)
            except ImportError:
                setattr(module, name, unittest.skip(f'needs {needed}')(getattr(module, name)))
