//! Native modules about data: struct, array, math, random, datetime, pickle, compression, hashing.

mod math;
mod random;
mod statistics;

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[&math::MODULE, &random::MODULE, &statistics::MODULE];
