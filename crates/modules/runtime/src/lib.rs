//! The native modules that show the runtime itself: builtins, sys, _imp, marshal, gc, _warnings and the like.

mod abc;
mod ast;
pub mod atexit;
pub mod builtins;
pub mod contextvars;
mod frames;
mod gc;
pub mod imp;
pub mod interpreters;
mod lsprof;
mod marshal;
mod opcode;
mod pyrope;
mod suggestions;
mod symtable;
pub mod sys;
pub mod thread;
mod tokenize;
pub mod tracemalloc;
mod types;
mod typing;
pub mod warnings;
mod weakref;

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &abc::MODULE,
    &ast::MODULE,
    &symtable::MODULE,
    &tokenize::MODULE,
    &atexit::MODULE,
    &contextvars::MODULE,
    &opcode::MODULE,
    &suggestions::MODULE,
    &suggestions::SYSCONFIG,
    &thread::MODULE,
    &tracemalloc::MODULE,
    &types::MODULE,
    &typing::MODULE,
    &weakref::MODULE,
    &builtins::MODULE,
    &gc::MODULE,
    &imp::MODULE,
    &interpreters::MODULE,
    &interpreters::QUEUES,
    &lsprof::MODULE,
    &marshal::MODULE,
    &pyrope::MODULE,
    &sys::MODULE,
    &warnings::MODULE,
];
