//! Native modules about the operating system: io, posix, time, signal, select, fcntl.

mod accounts;
mod errno;
mod fcntl;
pub mod io;
pub mod posix;
mod posixsubprocess;
mod select;
pub mod signal;
mod stat_module;
pub mod system;
mod time;

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &errno::MODULE,
    &accounts::PWD,
    &accounts::GRP,
    &fcntl::MODULE,
    &io::MODULE,
    &posix::MODULE,
    &posixsubprocess::MODULE,
    &select::MODULE,
    &signal::MODULE,
    &stat_module::MODULE,
    &time::MODULE,
];
