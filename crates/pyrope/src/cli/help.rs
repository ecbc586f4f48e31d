//! What `-h`, `-V` and their kin print.

/// The version as `-V` prints it; with build details for `-VV`.
pub fn version(verbose: bool) -> String {
    if verbose {
        format!("Python 3.14.0 (main) [Pyrope {}]\n", env!("CARGO_PKG_VERSION"))
    } else {
        "Python 3.14.0\n".to_owned()
    }
}

/// The first lines of an interactive session.
pub fn banner() -> String {
    format!(
        "Python 3.14.0 (main) [Pyrope {}] on linux\nType \"help\", \"copyright\", \"credits\" or \"license\" for more information.",
        env!("CARGO_PKG_VERSION")
    )
}

pub const SHORT: &str =
    "usage: pyrope [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `pyrope -h' for more information.\n";

pub const LONG: &str = "\
usage: pyrope [option] ... [-c cmd | -m mod | file | -] [arg] ...
Options (and corresponding environment variables):
-b     : issue warnings about converting bytes/bytearray to str and comparing
         bytes/bytearray with str or bytes with int; also PYTHONBYTESWARNING=x
         (-bb: issue errors)
-B     : don't write .pyc files on import; also PYTHONDONTWRITEBYTECODE=x
-c cmd : program passed in as string (terminates option list)
-d     : accepted for CPython's sake; also PYTHONDEBUG=x
-E     : ignore PYTHON* environment variables (such as PYTHONPATH)
-h     : print this help message and exit (also -? or --help)
-i     : inspect interactively after running script; also PYTHONINSPECT=x
-I     : isolate from the user's environment (implies -E, -P and -s)
-m mod : run library module as a script (terminates option list)
-O     : remove assert and __debug__-dependent statements; also PYTHONOPTIMIZE=x
-OO    : do -O changes and also discard docstrings
-P     : don't prepend a potentially unsafe path to sys.path; also PYTHONSAFEPATH
-q     : don't print version and copyright messages on interactive startup
-s     : don't add user site directory to sys.path; also PYTHONNOUSERSITE=x
-S     : don't imply 'import site' on initialization
-u     : force the stdout and stderr streams to be unbuffered; also
         PYTHONUNBUFFERED=x
-v     : accepted for CPython's sake; also PYTHONVERBOSE=x
-V     : print the version number and exit (also --version);
         -VV: print more
-W arg : warning control (arg is action:message:category:module:lineno); also
         PYTHONWARNINGS=arg
-x     : skip first line of source
-X opt : set implementation-specific option
--help-env      : print the environment variables and exit
--help-xoptions : print the -X options and exit
--help-all      : print all of this and exit

Arguments:
file   : program read from script file
-      : program read from stdin (default; interactive mode if a tty)
arg ...: arguments passed to program in sys.argv[1:]
";

pub const ENVIRONMENT: &str = "\
Environment variables:
PYTHONPATH      : ':'-separated list of directories prefixed to the module search path
PYTHONHASHSEED  : an integer for reproducible hashes of strings (0 disables randomisation), or 'random'
PYTHONIOENCODING: encoding[:errors] of stdin, stdout and stderr
PYTHONINTMAXSTRDIGITS: limit of digits in conversions between int and str
PYTHONPYCACHEPREFIX: root of a tree for .pyc files
PYTHONWARNDEFAULTENCODING, PYTHONDEVMODE, PYTHONUTF8, PYTHONBREAKPOINT and those named with the options
";

pub const X_OPTIONS: &str = "\
-X dev                   : development mode
-X int_max_str_digits=N  : limit of digits in conversions between int and str
-X pycache_prefix=PATH   : root of a tree for .pyc files
-X utf8                  : UTF-8 mode
-X warn_default_encoding : EncodingWarning for implicit encodings
Other names are kept in sys._xoptions.
";
