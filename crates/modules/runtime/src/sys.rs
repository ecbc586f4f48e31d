//! `sys`

mod attributes;
mod auditing;
mod functions;
mod hooks;
mod printer;
mod repl;
mod tracing;
mod unraisable;

use std::cell::{Cell, RefCell};

use pyrope_object::layout::Dict;
use pyrope_object::{ModuleDef, PyResult, Ref, Value, Vm};

pub use attributes::install_arguments;
pub use auditing::audit;
pub(crate) use hooks::show_exception;
pub use hooks::{print_exception, write_error, write_error_object};
pub use printer::install_preliminary_stderr;
pub use repl::{interactive_loop, register_source, show_unhandled};
pub use unraisable::write_unraisable;

pub static MODULE: ModuleDef = ModuleDef {
    name: "sys",
    doc: "This module provides access to some objects used or maintained by the\ninterpreter and to functions that interact \
          strongly with the interpreter.",
    functions: &[
        functions::functions::FUNCTIONS,
        hooks::functions::FUNCTIONS,
        repl::functions::FUNCTIONS,
        tracing::functions::FUNCTIONS,
        unraisable::functions::FUNCTIONS,
    ],
    types: &[],
    exec: Some(attributes::fill),
};

/// Where the command and its library lie.
#[derive(Clone, Default)]
pub struct Places {
    pub executable: Vec<u8>,
    /// The command behind a virtual environment's; elsewhere the same as `executable`.
    pub base_executable: Vec<u8>,
    pub prefix: Vec<u8>,
    pub exec_prefix: Vec<u8>,
    pub base_prefix: Vec<u8>,
    pub base_exec_prefix: Vec<u8>,
    /// The library's folder.
    pub library: Vec<u8>,
    /// The library is the one inside the binary, which only appears to lie in its folder.
    pub embedded: bool,
    /// `PYTHONHOME`
    pub home: Option<Vec<u8>>,
    /// `PYTHONPATH`
    pub search_path: Option<Vec<u8>>,
}

/// What the command line and the environment decided.
#[derive(Clone, Default)]
pub struct Launch {
    pub argv: Vec<Vec<u8>>,
    pub orig_argv: Vec<Vec<u8>>,
    pub places: Places,
    pub path: Vec<Vec<u8>>,
    pub warn_options: Vec<String>,
    pub x_options: Vec<(String, Option<String>)>,
    pub pycache_prefix: Option<Vec<u8>>,
    pub debug: i64,
    pub inspect: i64,
    pub interactive: i64,
    pub optimize: i64,
    pub dont_write_bytecode: bool,
    pub no_user_site: bool,
    pub no_site: bool,
    pub ignore_environment: bool,
    pub verbose: i64,
    pub bytes_warning: i64,
    pub quiet: bool,
    pub hash_randomization: bool,
    pub isolated: bool,
    pub dev_mode: bool,
    pub utf8_mode: i64,
    pub warn_default_encoding: bool,
    pub safe_path: bool,
    pub int_max_str_digits: i64,
    pub thread_inherit_context: i64,
    pub context_aware_warnings: i64,
    /// What `os.cpu_count` says, if not the truth.
    pub cpu_count: Option<i64>,
    /// Modules that CPython freezes are looked for on the path too.
    pub without_frozen_modules: bool,
    /// 1: imports are timed; 2: look-ups of loaded modules are told too.
    pub import_time: u8,
    /// Code is compiled without columns.
    pub no_debug_ranges: bool,
    /// `--check-hash-based-pycs`; empty as "default".
    pub check_hash_pycs: String,
}

/// This interpreter's `sys`.
#[derive(Default)]
pub struct SysState {
    pub launch: RefCell<Launch>,
    pub module: RefCell<Option<Value>>,
    pub finalizing: Cell<bool>,
    pub audit_hooks: RefCell<Vec<Value>>,
}

/// `sys.__dict__`
pub fn dict(vm: &Vm) -> PyResult<Ref<Dict>> {
    let module = vm.state::<SysState>().module.borrow().clone();
    match module {
        Some(module) => pyrope_types::model::module::module_dict(&module, vm),
        None => Err(vm.runtime_error("lost sys module")),
    }
}

/// `sys.name`, if it is there.
pub fn get(vm: &Vm, name: &str) -> PyResult<Option<Value>> {
    dict(vm)?.get_str(name, vm)
}

/// `sys.name = value`
pub fn set(vm: &Vm, name: &str, value: Value) -> PyResult<()> {
    dict(vm)?.set_str(name, value, vm)
}

/// True with `-X no_debug_ranges`.
pub(crate) fn no_debug_ranges(vm: &Vm) -> bool {
    vm.state::<SysState>().launch.borrow().no_debug_ranges
}

/// 0, 1 or 2, as `-O` says.
pub(crate) fn optimize_level(vm: &Vm) -> u8 {
    vm.state::<SysState>().launch.borrow().optimize.clamp(0, 2) as u8
}
