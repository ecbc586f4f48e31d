//! Native modules about data: struct, array, math, random, datetime, pickle, compression, hashing.

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[];
