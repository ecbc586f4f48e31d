"""Where the command finds its library: beside itself, through a virtual environment, by PYTHONHOME, or within itself."""

import os
import subprocess
import sys
import tempfile

TELL = 'import sys, json; print(sys.prefix, sys.base_prefix, sys.executable, json.__file__, sep="\\n")'


def told(command, *options, **variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith('PYTHON')} | variables
    ended = subprocess.run([command, *options, '-c', TELL], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split('\n')[:4]


with tempfile.TemporaryDirectory() as folder:
    folder = os.path.realpath(folder)
    environment = os.path.join(folder, 'environment')
    subprocess.run([sys.executable, '-m', 'venv', '--without-pip', environment], check=True)
    inside = os.path.join(environment, 'bin', 'python')
    prefix, base_prefix, executable, library = told(inside)
    assert (prefix, base_prefix, executable) == (environment, sys.base_prefix, inside)
    assert library == told(sys.executable)[3]

    missing = os.path.join(folder, 'missing')
    ended = subprocess.run([sys.executable, '-c', ''], env=os.environ | {'PYTHONHOME': missing}, capture_output=True, text=True)
    assert ended.returncode == 1
    assert f"  PYTHONHOME = '{missing}'\n" in ended.stderr and 'Failed to import encodings module' in ended.stderr

    if sys.implementation.name == 'pyrope':
        home = os.path.join(folder, 'home')
        subprocess.run([sys.executable, '-m', '_pyrope_install', home], check=True, stdout=subprocess.DEVNULL)
        installed = os.path.join(home, 'bin', 'pyrope')
        module = os.path.join(home, 'lib', 'pyrope3.14', 'json', '__init__.py')
        assert told(installed, '-I') == [home, home, installed, module]
        assert told(sys.executable, PYTHONHOME=home)[0::3] == [home, module]
        with open(module, 'a') as file:
            file.write('\nassert False, "read from its file"\n')
        ended = subprocess.run([installed, '-c', 'import json'], capture_output=True, text=True)
        assert 'AssertionError: read from its file' in ended.stderr and module in ended.stderr
