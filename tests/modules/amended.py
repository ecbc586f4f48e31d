"""Bugs of early 3.14 libraries that are mended here as in later releases."""

import configparser
import inspect
import linecache
import logging
import os
import site
import unittest
import unittest.mock
from abc import ABC, abstractmethod

parser = configparser.ConfigParser(delimiters=(' ', '='))
parser.read_string('[s]\nname some value\nother=1\n')
assert dict(parser['s']) == {'name': 'some value', 'other': '1'}

# Lines of the library, wherever it lies.
assert any(line.startswith('def getline(') for line in linecache.getlines(linecache.__file__))
assert inspect.getsource(os.path.join).startswith('def join(')

# A handler that cannot open its file reports that, as one that cannot write.
handler = logging.FileHandler('/nonexistent-folder/file.log', delay=True)
handler.handleError = seen = unittest.mock.Mock()
handler.handle(logging.LogRecord('n', logging.INFO, 'p', 1, 'm', (), None))
assert seen.called


class Abstract(unittest.TestCase, ABC):
    @abstractmethod
    def test(self):
        ...


assert unittest.defaultTestLoader.loadTestsFromTestCase(Abstract).countTestCases() == 0
assert 'rustpython' not in site.getusersitepackages()
assert inspect.getsource(os).startswith('r"""OS routines') and inspect.getsource(inspect.Signature)
