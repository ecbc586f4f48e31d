//! Pyrope, a Python 3.14: making an interpreter and running programs in it.
//!
//! ```no_run
//! use pyrope::{Interpreter, Settings};
//!
//! let python = Interpreter::start(Settings::default()).expect("start-up");
//! python.run_string("print('hello')", "<embedded>");
//! ```

mod boot;
mod finalize;
mod natives;
mod run;
mod streams;

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use pyrope_object::layout::Dict;
use pyrope_object::{Guarded, Ref, Vm};

pub use pyrope_modules_runtime::sys::Launch;

/// How an interpreter starts.
#[derive(Clone, Default)]
pub struct Settings {
    /// What `sys` shows of the command line, the environment and the paths.
    pub launch: Launch,
    /// The key for string hashes; zeros make them the same in every process, as `PYTHONHASHSEED=0`.
    pub hash_key: (u64, u64),
    /// `site` is imported at start.
    pub import_site: bool,
    /// Standard streams are unbuffered (`-u`).
    pub unbuffered: bool,
    /// Encoding and error handler of the standard streams, if not UTF-8.
    pub io_encoding: Option<(Option<String>, Option<String>)>,
    /// `faulthandler` is enabled at start.
    pub faulthandler: bool,
    /// Bytes that the heap may hold at most; beyond that MemoryError is raised.
    pub memory_limit: Option<usize>,
}

/// A running interpreter with its main thread.
///
/// Its heap is given back with the process: types, modules and the names that native code holds refer to each other, and
/// no order of dropping them one by one keeps every type alive until its last instance is gone.
pub struct Interpreter {
    interp: ManuallyDrop<Rc<pyrope_object::Interpreter>>,
    /// Boxed: the interpreter knows it by its address.
    vm: ManuallyDrop<Box<Vm>>,
    /// The program ended with an unhandled KeyboardInterrupt.
    interrupted: Cell<bool>,
    /// Modules were taken apart.
    finished: Cell<bool>,
    /// The names of `builtins` as they were at start, for finalizers.
    builtins_copy: Guarded<Option<Ref<Dict>>>,
}

impl Interpreter {
    /// Makes an interpreter and brings its import system, streams and `site` up.
    /// An exception at start-up is printed; the error is the exit status.
    pub fn start(settings: Settings) -> Result<Interpreter, i32> {
        boot::start(settings)
    }

    /// The main thread, for native code.
    pub fn vm(&self) -> &Vm {
        &self.vm
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        self.interp.leave();
    }
}
