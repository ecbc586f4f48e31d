"""A profiler whose measuring is native code; the interface is that of `profile`.

Run a program under it with `python -m cProfile [-o FILE] [-s KEY] [-m] PROGRAM`.
"""

import _lsprof
import io
import profile as _pyprofile

__all__ = ["run", "runctx", "Profile"]


def run(statement, filename=None, sort=-1):
    return _pyprofile._Utils(Profile).run(statement, filename, sort)


def runctx(statement, globals, locals, filename=None, sort=-1):
    return _pyprofile._Utils(Profile).runctx(statement, globals, locals, filename, sort)


run.__doc__ = _pyprofile.run.__doc__
runctx.__doc__ = _pyprofile.runctx.__doc__


class Profile(_lsprof.Profiler):
    """Profile(timer=None, timeunit=None, subcalls=True, builtins=True)

    Counts the calls of functions and takes their times: those of `timer`, which gives seconds, or integers that
    count `timeunit` seconds each. Without a timer it is the system's.
    """

    def print_stats(self, sort=-1):
        import pstats
        keys = sort if isinstance(sort, tuple) else (sort,)
        pstats.Stats(self).strip_dirs().sort_stats(*keys).print_stats()

    def dump_stats(self, file):
        import marshal
        with open(file, 'wb') as out:
            self.create_stats()
            marshal.dump(self.stats, out)

    def create_stats(self):
        self.disable()
        self.snapshot_stats()

    def snapshot_stats(self):
        entries = self.getstats()
        callers = {}
        self.stats = {}
        for entry in entries:
            callers[id(entry.code)] = by_caller = {}
            calls = entry.callcount
            self.stats[label(entry.code)] = (
                calls - entry.reccallcount, calls, entry.inlinetime, entry.totaltime, by_caller)
        # Functions of one name share their row.
        for entry in entries:
            caller = label(entry.code)
            for sub in entry.calls or ():
                by_caller = callers.get(id(sub.code))
                if by_caller is None:
                    continue
                row = (sub.callcount, sub.callcount - sub.reccallcount, sub.inlinetime, sub.totaltime)
                known = by_caller.get(caller)
                by_caller[caller] = row if known is None else tuple(map(sum, zip(known, row)))

    def run(self, cmd):
        import __main__
        names = __main__.__dict__
        return self.runctx(cmd, names, names)

    def runctx(self, cmd, globals, locals):
        with self:
            exec(cmd, globals, locals)
        return self

    def runcall(self, func, /, *args, **kw):
        with self:
            return func(*args, **kw)

    def __enter__(self):
        self.enable()
        return self

    def __exit__(self, *error):
        self.disable()


def label(code):
    """The key of a function in `stats`: file, line and name."""
    if isinstance(code, str):
        return '~', 0, code
    return code.co_filename, code.co_firstlineno, code.co_name


def _arguments():
    from optparse import OptionParser
    from pstats import Stats

    parser = OptionParser(usage="cProfile.py [-o output_file_path] [-s sort] [-m module | scriptfile] [arg] ...")
    parser.allow_interspersed_args = False
    parser.add_option('-o', '--outfile', dest="outfile", default=None, help="Save stats to <outfile>")
    parser.add_option('-s', '--sort', dest="sort", default=2, choices=sorted(Stats.sort_arg_dict_default),
                      help="Sort order when printing to stdout, based on pstats.Stats class")
    parser.add_option('-m', dest="module", default=False, action="store_true", help="Profile a library module.")
    return parser


def _program(path):
    """What to run for the script at `path`: its code, and its names, in a module of their own."""
    import os
    import sys
    import types

    sys.path.insert(0, os.path.dirname(path))
    with io.open_code(path) as file:
        code = compile(file.read(), path, 'exec')
    module = types.ModuleType('__main__')
    module.__file__ = path
    module.__builtins__ = __builtins__
    module.__package__ = None
    module.__cached__ = None
    sys.modules['__main__'] = module
    return code, module.__dict__


def main():
    import os
    import sys

    parser = _arguments()
    if not sys.argv[1:]:
        parser.print_usage()
        sys.exit(2)
    options, arguments = parser.parse_args()
    sys.argv[:] = arguments
    # The program may go to another folder.
    if options.outfile is not None:
        options.outfile = os.path.abspath(options.outfile)
    if not arguments:
        parser.print_usage()
        return parser
    if options.module:
        import runpy
        code = "run_module(modname, run_name='__main__')"
        names = {'run_module': runpy.run_module, 'modname': arguments[0]}
    else:
        code, names = _program(arguments[0])
    try:
        runctx(code, names, None, options.outfile, options.sort)
    except BrokenPipeError as error:
        # Nobody is there to read it, nor complaints about that at the end.
        sys.stdout = None
        sys.exit(error.errno)
    return parser


if __name__ == '__main__':
    main()
