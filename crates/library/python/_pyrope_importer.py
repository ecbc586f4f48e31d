"""Imports modules of the library that the binary carries.

The library appears as a folder on sys.path; this module is its path hook. Modules load from compiled code inside the
binary; sources and data files come from there too, for tracebacks, inspect and importlib.resources.
"""

import _frozen_importlib as _bootstrap
import _frozen_importlib_external as _external
import _imp
import _pyrope

# As the rest of the import system calls itself: debuggers skip its frames by this name.
__name__ = 'importlib._pyrope_importer'

ROOT = _pyrope.library_root()


def _inside(path):
    """The path below the library's folder, or None for a path elsewhere."""
    if path == ROOT:
        return ''
    if path.startswith(ROOT + '/'):
        return path[len(ROOT) + 1:]
    return None


def _data(path):
    relative = _inside(path)
    data = None if relative is None else _pyrope.library_data(relative)
    if data is None:
        raise OSError(2, 'No such file or directory', path)
    return data


class EmbeddedLoader:
    """Loads one module of the library."""

    def __init__(self, name, relative):
        self.name = name
        self.relative = relative
        self.path = ROOT + '/' + relative

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        code = self.get_code(module.__name__)
        _bootstrap._call_with_frames_removed(exec, code, module.__dict__)

    def get_code(self, fullname):
        return _pyrope.library_code(self.relative)

    def get_source(self, fullname):
        return _external.decode_source(_pyrope.library_data(self.relative))

    def get_filename(self, fullname):
        return self.path

    def is_package(self, fullname):
        return self.relative.endswith('/__init__.py')

    def get_data(self, path):
        return _data(path)

    def get_resource_reader(self, fullname):
        from importlib.readers import FileReader
        return FileReader(self)

    def __repr__(self):
        return f'<{type(self).__name__} {self.path!r}>'


class EmbeddedFinder:
    """Finds modules in one folder of the library."""

    def __init__(self, path):
        relative = _inside(path)
        if relative is None or (relative and not _pyrope.library_is_folder(relative)):
            raise ImportError('not a folder of the embedded library', path=path)
        self.path = path
        self._prefix = relative + '/' if relative else ''

    def find_spec(self, fullname, target=None):
        stem = self._prefix + fullname.rpartition('.')[2]
        package = stem + '/__init__.py'
        if _pyrope.library_has(package):
            loader = EmbeddedLoader(fullname, package)
            spec = _bootstrap.ModuleSpec(fullname, loader, origin=loader.path, is_package=True)
            spec.submodule_search_locations = [ROOT + '/' + stem]
        elif _pyrope.library_has(stem + '.py'):
            loader = EmbeddedLoader(fullname, stem + '.py')
            spec = _bootstrap.ModuleSpec(fullname, loader, origin=loader.path)
        elif _pyrope.library_is_folder(stem):
            spec = _bootstrap.ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [ROOT + '/' + stem]
            return spec
        else:
            return None
        spec._set_fileattr = True
        return spec

    def get_data(self, path):
        return _data(path)

    def invalidate_caches(self):
        pass

    def iter_modules(self, prefix=''):
        """Yields (name, is package), as pkgutil asks."""
        for name, is_package in _pyrope.library_modules(self._prefix):
            yield prefix + name, is_package

    def __repr__(self):
        return f'{type(self).__name__}({self.path!r})'


def install():
    import sys
    sys.path_hooks.insert(0, EmbeddedFinder)
