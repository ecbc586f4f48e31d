//! The native modules that show the runtime itself: builtins, sys, _imp, marshal, gc, _warnings and the like.

mod ast;
pub mod builtins;
pub mod imp;
mod marshal;
mod pyrope;
pub mod sys;
pub mod warnings;


use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[&builtins::MODULE, &imp::MODULE, &marshal::MODULE, &pyrope::MODULE, &sys::MODULE, &warnings::MODULE];
