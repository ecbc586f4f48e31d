//! Pyrope, a Python 3.14: making an interpreter and running programs in it.
//!
//! ```no_run
//! use pyrope::{Interpreter, Settings};
//!
//! let python = Interpreter::start(Settings::default()).expect("start-up");
//! python.run_string("print('hello')", "<embedded>");
//! ```
//!
//! - An [`Interpreter`] belongs to the thread that made it. Any number live in one process; they share nothing.
//! - Programs run as `__main__` with [`Interpreter::run_string`] and its kin, which print errors and give exit statuses.
//!   [`Interpreter::vm`] and [`Interpreter::main_dict`] are the way to values; see `examples/embed.rs`.
//! - [`Settings::memory_limit`] bounds the heap: programs that want more get MemoryError. See there for what is
//!   counted.
//! - When it is dropped, a program ends as one ends with the process (threads, `atexit`, finalizers), and the heap goes
//!   back to the system. What Rust containers inside types hold is not given back yet.

mod boot;
mod family;
mod finalize;
mod natives;
mod path_config;
mod run;
mod streams;

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::rc::Rc;

use pyrope_object::layout::Dict;
use pyrope_object::{Guarded, Ref, Vm};

pub use pyrope_alloc::Mode as Allocator;
pub use pyrope_modules_runtime::sys::{Launch, Places};

/// How an interpreter starts. The default: the embedded library alone on the path, no look at the environment, hashes of
/// strings as with `PYTHONHASHSEED=0`.
#[derive(Clone)]
pub struct Settings {
    /// What `sys` shows of the command line, the environment and the paths.
    pub launch: Launch,
    /// The key for string hashes; zeros make them the same in every process, as `PYTHONHASHSEED=0`.
    pub hash_key: (u64, u64),
    /// `site` is imported at start.
    pub import_site: bool,
    /// Standard streams are unbuffered (`-u`).
    pub unbuffered: bool,
    /// Encoding and error handler of the standard streams, if not UTF-8 and strict.
    pub io_encoding: Option<(Option<String>, Option<String>)>,
    /// Frames that `tracemalloc` keeps of each allocation from the start; 0 for no tracing.
    pub tracemalloc: usize,
    /// `faulthandler` is enabled at start.
    pub faulthandler: bool,
    /// Bytes that the heap may hold; beyond that MemoryError is raised. Small objects are counted by pools of 16 KiB, and
    /// made at first even beyond the limit: the error then follows within a few instructions. So is the storage of lists,
    /// dicts, sets and bytearrays from 128 KiB on, unless a single one wants more than the limit, where the
    /// process's allocator asks `pyrope_alloc::bulk` for such blocks, as the command's does.
    pub memory_limit: Option<usize>,
    /// Where objects' memory comes from, and whether each block is checked.
    pub allocator: Allocator,
    /// Collect whenever an object was made, and every so many times all generations: for finding faults.
    pub collector_stress: Option<NonZeroUsize>,
    /// Statistics of the heap are printed to standard error at the end.
    pub allocation_statistics: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        let library = pyrope_library::ROOT.as_bytes().to_vec();
        let launch = Launch {
            argv: vec![Vec::new()],
            path: vec![library.clone()],
            places: Places {
                prefix: b"/usr".to_vec(),
                exec_prefix: b"/usr".to_vec(),
                base_prefix: b"/usr".to_vec(),
                base_exec_prefix: b"/usr".to_vec(),
                library,
                embedded: true,
                ..Places::default()
            },
            ignore_environment: true,
            isolated: true,
            safe_path: true,
            no_user_site: true,
            int_max_str_digits: 4300,
            ..Launch::default()
        };
        Settings {
            launch,
            hash_key: (0, 0),
            import_site: true,
            unbuffered: false,
            io_encoding: None,
            tracemalloc: 0,
            faulthandler: false,
            memory_limit: None,
            allocator: Allocator::Plain,
            collector_stress: None,
            allocation_statistics: false,
        }
    }
}

/// A running interpreter with its main thread.
pub struct Interpreter {
    /// Boxed: the interpreter knows it by its address. Before the interpreter, whose objects it holds.
    vm: Box<Vm>,
    interp: Rc<pyrope_object::Interpreter>,
    /// The program ended with an unhandled KeyboardInterrupt.
    interrupted: Cell<bool>,
    allocation_statistics: bool,
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
        self.finish_program(0);
        drop(self.builtins_copy.take());
        drop(self.vm.take_exception());
        drop(self.vm.handled.take());
        drop(self.vm.context.take());
        self.interp.leave();
    }
}
