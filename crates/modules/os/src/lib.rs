//! Native modules about the operating system: io, posix, time, signal, select, fcntl.

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[];
