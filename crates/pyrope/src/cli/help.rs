//! What `-h`, `-V` and their kin print.

/// The version as `-V` prints it; with build details for `-VV`.
pub fn version(verbose: bool) -> String {
    if verbose { format!("Python {}\n", full_version()) } else { "Python 3.14.0\n".to_owned() }
}

fn full_version() -> String {
    format!("3.14.0 (main) [Pyrope {}]", env!("CARGO_PKG_VERSION"))
}

/// The first lines of an interactive session.
pub fn banner() -> String {
    format!(
        "Python {} on linux\nType \"help\", \"copyright\", \"credits\" or \"license\" for more information.",
        full_version()
    )
}

fn usage(program: &str) -> String {
    format!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...\n")
}

/// What follows a refused option.
pub fn short(program: &str) -> String {
    format!("{}Try `pyrope -h' for more information.\n", usage(program))
}

/// `-h`
pub fn long(program: &str) -> String {
    format!("{}{OPTIONS}", usage(program))
}

/// `--help-all`
pub fn all(program: &str) -> String {
    format!("{}\n{ENVIRONMENT}\n{X_OPTIONS}", long(program))
}

const OPTIONS: &str = "\
Options (and corresponding environment variables):
-b     : warn when bytes are turned into str by str(), or compared with str or
         int (-bb: refuse)
-B     : write no .pyc files on import; also PYTHONDONTWRITEBYTECODE=x
-c cmd : run the text cmd (ends the options)
-d     : accepted for CPython's sake; also PYTHONDEBUG=x
-E     : ignore PYTHON* environment variables
-h     : print this and exit (also -? or --help)
-i     : ask for statements after the program has run, even if stdin is no
         terminal; also PYTHONINSPECT=x
-I     : isolate from the user's environment (-E, -P and -s)
-m mod : run a module of the path as the program (ends the options)
-O     : leave out assert and what depends on __debug__; .pyc files are named
         .opt-1; also PYTHONOPTIMIZE=x
-OO    : also leave out docstrings; .pyc files are named .opt-2
-P     : prepend no folder to sys.path that might be unsafe; also
         PYTHONSAFEPATH=x
-q     : print no banner before an interactive session
-s     : leave the user's site-packages out; also PYTHONNOUSERSITE=x
-S     : do not import site
-u     : do not buffer stdout and stderr; also PYTHONUNBUFFERED=x
-v     : tell about each import, more if given more often; also
         PYTHONVERBOSE=x
-V     : print the version and exit (also --version); twice: print more
-W arg : a filter for warnings, action:message:category:module:lineno; also
         PYTHONWARNINGS=arg
-x     : skip the first line of the source
-X opt : an option of the implementation
--check-hash-based-pycs always|default|never:
         whether .pyc files based on hashes are checked against their sources
--help-env: print the environment variables and exit
--help-xoptions: print the -X options and exit
--help-all: print all of this and exit

Arguments:
file   : the program, a file, a folder or a zip archive with __main__
-      : read the program from stdin (the default; interactive on a terminal)
arg ...: the program's arguments, sys.argv[1:]
";

pub const ENVIRONMENT: &str = "\
Environment variables:
PYTHON_BASIC_REPL: use the plain prompt
PYTHONBREAKPOINT: what breakpoint() calls; 0 for nothing
PYTHONCOERCECLOCALE: 0 leaves the C locale as it is; warn tells when it is
                  replaced by a UTF-8 one
PYTHONHASHSEED  : seed of the hashes of str and bytes, 0 to 4294967295, or random
PYTHONIOENCODING: encoding[:errors] of stdin, stdout and stderr
PYTHONPATH      : ':'-separated folders and archives that go before the library
PYTHONSTARTUP   : file to run before an interactive session
PYTHONUSERBASE  : folder of the user's site-packages (site.USER_BASE)

Variables that stand for options:
PYTHON_CONTEXT_AWARE_WARNINGS (-X context_aware_warnings)
PYTHON_CPU_COUNT (-X cpu_count)
PYTHONDEBUG (-d)
PYTHONDEVMODE (-X dev)
PYTHONDONTWRITEBYTECODE (-B)
PYTHONFAULTHANDLER (-X faulthandler)
PYTHON_FROZEN_MODULES (-X frozen_modules)
PYTHONINSPECT (-i)
PYTHONINTMAXSTRDIGITS (-X int_max_str_digits)
PYTHONNODEBUGRANGES (-X no_debug_ranges)
PYTHONNOUSERSITE (-s)
PYTHONOPTIMIZE (-O)
PYTHONPROFILEIMPORTTIME (-X importtime)
PYTHONPYCACHEPREFIX (-X pycache_prefix)
PYTHONSAFEPATH (-P)
PYTHON_THREAD_INHERIT_CONTEXT (-X thread_inherit_context)
PYTHONTRACEMALLOC (-X tracemalloc)
PYTHONUNBUFFERED (-u)
PYTHONUTF8 (-X utf8)
PYTHONVERBOSE (-v)
PYTHONWARNDEFAULTENCODING (-X warn_default_encoding)
PYTHONWARNINGS (-W)
";

pub const X_OPTIONS: &str = "\
Options of the implementation:
-X context_aware_warnings=[0|1]: keep the filters of warnings in a context
         variable
-X cpu_count=N: what os.cpu_count() says; 'default' for the truth
-X dev : development mode
-X faulthandler: enable faulthandler
-X frozen_modules=[on|off]: whether the modules CPython freezes count as frozen
-X importtime[=2]: tell how long each import takes; 2: also of loaded modules
-X int_max_str_digits=N: limit of digits in conversions between int and str; 0
         for none
-X no_debug_ranges: compile without columns
-X pycache_prefix=PATH: root of a tree for .pyc files
-X thread_inherit_context=[0|1]: whether threads start with a copy of the
         context
-X tracemalloc[=N]: trace allocations with N frames
-X utf8[=0|1]: UTF-8 mode
-X warn_default_encoding: warn of implicit encodings
Other names are kept in sys._xoptions.
";
