//! Native modules about the operating system: io, posix, time, signal, select, fcntl.

pub mod io;
pub mod posix;
pub mod system;

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[&io::MODULE, &posix::MODULE];
