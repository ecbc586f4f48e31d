//! The command line, as CPython's.

mod help;
mod options;
mod paths;

use std::io::{IsTerminal, Read};
use std::os::unix::ffi::OsStrExt;

use pyrope::Interpreter;

use options::{Options, Outcome, Program};

/// Runs the command; gives the exit status.
pub fn main() -> i32 {
    let arguments: Vec<Vec<u8>> = std::env::args_os().map(|a| a.as_bytes().to_vec()).collect();
    let options = match options::parse(&arguments) {
        Outcome::Run(options) => options,
        Outcome::Print(text) => {
            print!("{text}");
            return 0;
        }
        Outcome::Refuse(text) => {
            eprint!("{text}");
            return 2;
        }
    };
    let settings = paths::settings(&options, &arguments);
    let python = match Interpreter::start(settings) {
        Ok(python) => python,
        Err(status) => return status,
    };
    let mut status = run(&python, &options);
    if options.inspect && std::io::stdin().is_terminal() {
        status = interact(&python, &options);
    }
    python.finish_program(status)
}

fn run(python: &Interpreter, options: &Options) -> i32 {
    match &options.program {
        Program::Command(text) => {
            first_path(python, options, b"");
            let mut source = text.clone();
            source.push(b'\n');
            match String::from_utf8(source) {
                Ok(source) => python.run_string(&source, "<string>"),
                Err(_) => {
                    eprintln!("Unable to decode the command from the command line:");
                    1
                }
            }
        }
        Program::Module(name) => {
            let folder = std::env::current_dir().map(|d| d.as_os_str().as_bytes().to_vec()).unwrap_or_default();
            first_path(python, options, &folder);
            python.run_module(&String::from_utf8_lossy(name), true)
        }
        Program::File(path) => run_path(python, options, path),
        Program::StandardInput => {
            first_path(python, options, b"");
            if std::io::stdin().is_terminal() || options.inspect {
                return interact(python, options);
            }
            let mut source = Vec::new();
            if let Err(error) = std::io::stdin().lock().read_to_end(&mut source) {
                eprintln!("pyrope: can't read standard input: {error}");
                return 1;
            }
            match String::from_utf8(source) {
                Ok(source) => python.run_string(&source, "<stdin>"),
                Err(error) => python.run_file(b"<stdin>", error.as_bytes()),
            }
        }
    }
}

/// `sys.path[0]`, unless the path must stay safe.
fn first_path(python: &Interpreter, options: &Options, path: &[u8]) {
    if !options.safe_path && !options.isolated {
        python.insert_path(path);
    }
}

fn run_path(python: &Interpreter, options: &Options, path: &[u8]) -> i32 {
    let file = std::path::Path::new(std::ffi::OsStr::from_bytes(path));
    if (file.is_dir() || !path.ends_with(b".py")) && python.is_importable_path(path) {
        python.insert_path(path);
        return python.run_module("__main__", false);
    }
    let shown = String::from_utf8_lossy(path);
    let source = match std::fs::read(file) {
        Ok(source) => source,
        Err(error) if file.is_dir() => {
            let _ = error;
            eprintln!("pyrope: '{shown}' is a directory, cannot continue");
            return 1;
        }
        Err(error) => {
            let code = error.raw_os_error().unwrap_or(0);
            eprintln!("pyrope: can't open file '{}': [Errno {code}] {}", absolute(file), message(&error));
            return 2;
        }
    };
    let folder = file.canonicalize().ok().and_then(|f| f.parent().map(|p| p.as_os_str().as_bytes().to_vec()));
    first_path(python, options, &folder.unwrap_or_default());
    let source = if options.skip_first_line { without_first_line(source) } else { source };
    python.run_file(&absolute_path(path), &source)
}

/// The path under which the program knows itself (`__file__`): absolute, but not tidied up.
fn absolute_path(path: &[u8]) -> Vec<u8> {
    if path.is_empty() || path.starts_with(b"/") {
        return path.to_vec();
    }
    let Ok(folder) = std::env::current_dir() else { return path.to_vec() };
    let mut whole = folder.into_os_string().into_encoded_bytes();
    whole.push(b'/');
    whole.extend_from_slice(path.strip_prefix(b"./").unwrap_or(path));
    whole
}

/// The line itself goes, its line end stays, so that numbers are right.
fn without_first_line(source: Vec<u8>) -> Vec<u8> {
    match source.iter().position(|&b| b == b'\n') {
        Some(end) => source[end..].to_vec(),
        None => Vec::new(),
    }
}

fn absolute(file: &std::path::Path) -> String {
    std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf()).to_string_lossy().into_owned()
}

/// The system's words for an error, without Rust's addition of the number.
fn message(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// The interactive prompt: the library's `_pyrepl` where the terminal allows, else `code`.
fn interact(python: &Interpreter, options: &Options) -> i32 {
    if !options.quiet {
        eprintln!("{}", help::banner());
    }
    let program = "import sys\n\
        sys.ps1, sys.ps2 = getattr(sys, 'ps1', '>>> '), getattr(sys, 'ps2', '... ')\n\
        try:\n    import readline\nexcept ImportError:\n    pass\n\
        import code, __main__\n\
        code.interact(banner='', local=__main__.__dict__, exitmsg='', local_exit=False)\n";
    python.run_string(program, "<stdin>")
}
