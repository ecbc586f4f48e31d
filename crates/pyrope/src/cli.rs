//! The command line, as CPython's.

mod config;
mod help;
mod locale;
mod options;
mod paths;

use std::io::{IsTerminal, Read};
use std::os::unix::ffi::OsStrExt;

use pyrope::Interpreter;

use options::{Options, Outcome, Program};

/// Runs the command with its arguments, the first of which is its name; gives the exit status.
pub fn main(mut arguments: Vec<Vec<u8>>) -> i32 {
    if arguments.is_empty() {
        arguments.push(b"pyrope".to_vec());
    }
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
    let settings = match config::settings(&options, &arguments) {
        Ok(settings) => settings,
        Err(fatal) => {
            eprintln!("{fatal}");
            return 1;
        }
    };
    let python = match Interpreter::start(settings) {
        Ok(python) => python,
        Err(status) => return status,
    };
    let name = options::program_name(&arguments);
    let mut status = Command { python: &python, options: &options, name: &name }.run();
    if python.wants_inspection() && (options.inspect || std::io::stdin().is_terminal()) {
        status = python.interact();
    }
    let status = python.finish_program(status);
    if python.was_interrupted() {
        end_by_interrupt();
    }
    // The heap goes with the process.
    std::mem::forget(python);
    status
}

/// Ends the process as an unhandled SIGINT does, so that a shell sees why.
#[allow(unsafe_code, reason = "an OS call")]
fn end_by_interrupt() {
    // SAFETY: restores the default disposition and sends the signal to this process.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::kill(libc::getpid(), libc::SIGINT);
    }
}

/// A program to run.
struct Command<'a> {
    python: &'a Interpreter,
    options: &'a Options,
    /// The command as it was called, for messages.
    name: &'a str,
}

impl Command<'_> {
    fn run(&self) -> i32 {
        match &self.options.program {
            Program::Command(source) => {
                self.first_path(b"");
                self.python.run_command(source)
            }
            Program::Module(name) => {
                let folder = std::env::current_dir().map(|d| d.as_os_str().as_bytes().to_vec()).unwrap_or_default();
                self.first_path(&folder);
                self.python.run_module(&String::from_utf8_lossy(name), true)
            }
            Program::File(path) => self.run_path(path),
            Program::StandardInput => {
                self.first_path(b"");
                self.run_standard_input()
            }
        }
    }

    fn run_standard_input(&self) -> i32 {
        if std::io::stdin().is_terminal() || self.options.inspect {
            if !self.options.quiet {
                eprintln!("{}", help::banner());
            }
            return self.python.interact();
        }
        let mut source = Vec::new();
        match std::io::stdin().lock().read_to_end(&mut source) {
            Err(error) if error.kind() == std::io::ErrorKind::IsADirectory => {
                eprintln!("Fatal Python error: init_sys_streams: <stdin> is a directory, cannot continue");
                eprintln!("Python runtime state: core initialized");
                1
            }
            // A closed descriptor is an empty program.
            Err(_) => 0,
            Ok(_) => self.python.run_standard_input(&source),
        }
    }

    /// `sys.path[0]`, unless the path must stay safe.
    fn first_path(&self, path: &[u8]) {
        if !self.python.has_safe_path() {
            self.python.insert_path(path);
        }
    }

    fn run_path(&self, path: &[u8]) -> i32 {
        let path = absolute(path);
        let file = std::path::Path::new(std::ffi::OsStr::from_bytes(&path));
        if (file.is_dir() || !path.ends_with(b".py")) && self.python.is_importable_path(&path) {
            self.python.insert_path(&path);
            return self.python.run_module("__main__", false);
        }
        let shown = || self.python.shown_path(&path);
        let source = match std::fs::read(file) {
            Ok(source) => source,
            Err(_) if file.is_dir() => {
                eprintln!("{}: {} is a directory, cannot continue", self.name, shown());
                return 1;
            }
            Err(error) => {
                let code = error.raw_os_error().unwrap_or(0);
                eprintln!("{}: can't open file {}: [Errno {code}] {}", self.name, shown(), message(&error));
                return 2;
            }
        };
        let folder = file.canonicalize().ok().and_then(|f| f.parent().map(|p| p.as_os_str().as_bytes().to_vec()));
        self.first_path(&folder.unwrap_or_default());
        self.python.run_file(&path, &self.without_skipped_line(source))
    }

    /// With `-x` the first line goes; its line end stays, so that numbers are right.
    fn without_skipped_line(&self, source: Vec<u8>) -> Vec<u8> {
        if !self.options.skip_first_line {
            return source;
        }
        match source.iter().position(|&b| b == b'\n') {
            Some(end) => source[end..].to_vec(),
            None => Vec::new(),
        }
    }
}

/// The path from the root, not otherwise changed.
fn absolute(path: &[u8]) -> Vec<u8> {
    if path.starts_with(b"/") {
        return path.to_vec();
    }
    match std::env::current_dir() {
        Ok(folder) => {
            let mut whole = folder.as_os_str().as_bytes().to_vec();
            if path != b"." {
                whole.push(b'/');
                whole.extend_from_slice(path);
            }
            whole
        }
        Err(_) => path.to_vec(),
    }
}

/// The system's words for an error, without Rust's addition of the number.
fn message(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}
