//! `posix`: the system's calls.

mod constants;
mod descriptors;
mod directories;
mod files;
mod identity;
mod names;
pub(crate) mod process;
mod scheduling;
mod spawn;
mod stat;
mod terminals;
mod text;
mod timers;
mod vectors;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use pyrope_object::{BuiltinType as B, Dict, ModuleDef, PyResult, Ref, Type, Value, Vm};
use pyrope_types::model::module;
use pyrope_types::model::structseq::{StructSequence, struct_sequence, struct_sequence_type};

pub use process::{after_fork_child, after_fork_parent, before_fork};
pub use stat::{stat_result, status_of};

pub static MODULE: ModuleDef = ModuleDef {
    name: "posix",
    doc: "This module provides access to operating system functionality that is\nstandardized by the C Standard and the \
          POSIX standard (a thinly\ndisguised Unix interface).  Refer to the library manual and\ncorresponding Unix \
          manual entries for more information on calls.",
    functions: &[
        descriptors::functions::FUNCTIONS,
        directories::functions::FUNCTIONS,
        files::functions::FUNCTIONS,
        identity::functions::FUNCTIONS,
        names::functions::FUNCTIONS,
        process::functions::FUNCTIONS,
        scheduling::functions::FUNCTIONS,
        spawn::functions::FUNCTIONS,
        stat::functions::FUNCTIONS,
        terminals::functions::FUNCTIONS,
        text::functions::FUNCTIONS,
        timers::functions::FUNCTIONS,
        vectors::functions::FUNCTIONS,
    ],
    types: &[<directories::DirEntry as pyrope_object::Object>::def],
    exec: Some(fill),
};

/// The struct sequence types of this interpreter, and the functions to call around `fork`.
#[derive(Default)]
pub struct PosixState {
    sequences: RefCell<HashMap<usize, Ref<Type>>>,
    pub(crate) before_fork: RefCell<Vec<Value>>,
    pub(crate) after_in_child: RefCell<Vec<Value>>,
    pub(crate) after_in_parent: RefCell<Vec<Value>>,
    /// What the thread module does first in the child: forget the threads that are not there.
    pub forget_threads: Cell<Option<fn(&Vm)>>,
    /// This interpreter may not copy the process, or may not replace it.
    pub forbids_fork: Cell<bool>,
    pub forbids_exec: Cell<bool>,
}

/// The type of a struct sequence, made once.
pub(crate) fn sequence_type(def: &'static StructSequence, vm: &Vm) -> PyResult<Ref<Type>> {
    let state = vm.state::<PosixState>();
    let key = std::ptr::from_ref(def) as usize;
    if let Some(known) = state.sequences.borrow().get(&key) {
        return Ok(known.clone());
    }
    let made = struct_sequence_type(def, vm)?;
    state.sequences.borrow_mut().insert(key, made.clone());
    Ok(made)
}

/// An instance of a struct sequence.
pub(crate) fn sequence(def: &'static StructSequence, values: Vec<Value>, vm: &Vm) -> PyResult {
    let ty = sequence_type(def, vm)?;
    struct_sequence(&ty, values, vm)
}

fn fill(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module::module_dict(module, vm)?;
    for (name, value) in constants::CONSTANTS {
        dict.set_str(name, vm.int(*value), vm)?;
    }
    dict.set_str("error", vm.builtin(B::OSError).to_value(), vm)?;
    let functions = constants::HAVE_FUNCTIONS.iter().map(|name| vm.intern(name).into_value()).collect();
    dict.set_str("_have_functions", vm.new_list(functions).into_value(), vm)?;
    for (name, def) in [
        ("stat_result", &stat::STAT_RESULT),
        ("statvfs_result", &stat::STATVFS_RESULT),
        ("times_result", &process::TIMES_RESULT),
        ("uname_result", &names::UNAME_RESULT),
        ("terminal_size", &descriptors::TERMINAL_SIZE),
        ("waitid_result", &process::WAITID_RESULT),
    ] {
        dict.set_str(name, sequence_type(def, vm)?.into_value(), vm)?;
    }
    dict.set_str("sched_param", scheduling::parameter_type(vm)?.into_value(), vm)?;
    for (name, table) in [
        ("sysconf_names", constants::SYSCONF),
        ("confstr_names", constants::CONFSTR),
        ("pathconf_names", constants::PATHCONF),
    ] {
        dict.set_str(name, table_dict(table, vm)?.into_value(), vm)?;
    }
    dict.set_str("environ", environment(vm)?.into_value(), vm)
}

fn table_dict(table: &[(&str, i64)], vm: &Vm) -> PyResult<Ref<Dict>> {
    let dict = vm.new_dict();
    for (name, value) in table {
        dict.set_str(name, vm.int(*value), vm)?;
    }
    Ok(dict)
}

/// The process's environment, names and values as `bytes`; the first of equal names counts.
pub(crate) fn environment(vm: &Vm) -> PyResult<Ref<Dict>> {
    use std::os::unix::ffi::OsStrExt;
    let dict = vm.new_dict();
    for (name, value) in std::env::vars_os() {
        let name = vm.new_bytes(name.as_bytes())?.into_value();
        if dict.get(&name, vm)?.is_none() {
            dict.set(name, vm.new_bytes(value.as_bytes())?.into_value(), vm)?;
        }
    }
    Ok(dict)
}
