//! Native modules of the language's core: itertools, functools, collections, operator, weakref, thread and the like.

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[];
