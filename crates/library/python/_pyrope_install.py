"""Installs this command with its library as files.

    pyrope -m _pyrope_install PREFIX

writes PREFIX/bin/pyrope3.14 (and a link to it, pyrope) and the library's files to PREFIX/lib/pyrope3.14. A command
that finds such a folder beside it uses it in place of the library that it carries inside.
"""

import argparse
import os
import shutil
import sys

import _pyrope


def install_library(prefix):
    """Writes the library's files; gives their folder."""
    folder = os.path.join(prefix, 'lib', f'pyrope{sys.version_info.major}.{sys.version_info.minor}')
    for path in _pyrope.library_files():
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, 'wb') as file:
            file.write(_pyrope.library_data(path))
    return folder


def install_command(prefix):
    """Copies the running command; gives the copy's path."""
    folder = os.path.join(prefix, 'bin')
    os.makedirs(folder, exist_ok=True)
    name = f'pyrope{sys.version_info.major}.{sys.version_info.minor}'
    target, link = os.path.join(folder, name), os.path.join(folder, 'pyrope')
    if not os.path.exists(target) or not os.path.samefile(sys.executable, target):
        # In two steps: a command that runs cannot be written over.
        shutil.copy2(sys.executable, target + '.new')
        os.replace(target + '.new', target)
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(name, link)
    return target


def main():
    parser = argparse.ArgumentParser(
        prog='python -m _pyrope_install', description='Installs this command with its library as files.')
    parser.add_argument('prefix', type=os.path.abspath, help='the folder that shall hold bin and lib')
    prefix = parser.parse_args().prefix
    print(install_library(prefix), install_command(prefix), sep='\n')


if __name__ == '__main__':
    main()
