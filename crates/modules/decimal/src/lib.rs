//! `_decimal`: the objects around the arithmetic of `pyrope-decimal`.

mod construct;
mod context;
mod context_methods;
mod current;
mod decimal;
mod decimal_methods;
mod module;
mod operands;
mod rendering;
mod signal_dict;
mod signals;

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[&module::MODULE];
