//! Native modules about data: struct, array, math, random, datetime, pickle, compression, hashing.

mod arrays;
mod binascii;
mod cmath;
mod datetime;
mod errors;
mod math;
mod pickle;
mod random;
mod statistics;
mod structs;

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &arrays::MODULE,
    &binascii::MODULE,
    &cmath::MODULE,
    &datetime::MODULE,
    &math::MODULE,
    &pickle::MODULE,
    &random::MODULE,
    &statistics::MODULE,
    &structs::MODULE,
];
