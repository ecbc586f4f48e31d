//! The native modules that show the runtime itself: builtins, sys, _imp, marshal, gc, _warnings and the like.

mod ast;
pub mod builtins;
mod frames;
mod abc;
pub mod atexit;
pub mod contextvars;
mod opcode;
mod suggestions;
mod symtable;
mod tokenize;
pub mod thread;
mod tracemalloc;
mod types;
mod typing;
mod weakref;
mod faulthandler;
mod gc;
pub mod imp;
mod marshal;
mod pyrope;
pub mod sys;
pub mod warnings;


use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[&abc::MODULE, &ast::MODULE, &symtable::MODULE, &tokenize::MODULE, &atexit::MODULE, &contextvars::MODULE, &opcode::MODULE, &suggestions::MODULE, &suggestions::SYSCONFIG, &thread::MODULE, &tracemalloc::MODULE, &types::MODULE, &typing::MODULE, &weakref::MODULE, &builtins::MODULE, &faulthandler::MODULE, &gc::MODULE, &imp::MODULE, &marshal::MODULE, &pyrope::MODULE, &sys::MODULE, &warnings::MODULE];
