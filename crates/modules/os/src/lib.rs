//! Native modules about the operating system: io, posix, time, signal, select, fcntl, mmap, termios and their like.

mod accounts;
pub mod arguments;
mod errno;
pub mod faulthandler;
mod fcntl;
pub mod io;
mod mmap;
pub mod posix;
mod posixsubprocess;
mod remote_debugging;
mod resource;
mod select;
mod semaphore;
mod shared_memory;
pub mod signal;
mod stat_module;
mod syslog;
pub mod system;
mod termios;
mod time;

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &errno::MODULE,
    &accounts::PWD,
    &accounts::GRP,
    &faulthandler::MODULE,
    &fcntl::MODULE,
    &io::MODULE,
    &mmap::MODULE,
    &posix::MODULE,
    &posixsubprocess::MODULE,
    &remote_debugging::MODULE,
    &resource::MODULE,
    &select::MODULE,
    &semaphore::MODULE,
    &shared_memory::MODULE,
    &signal::MODULE,
    &stat_module::MODULE,
    &syslog::MODULE,
    &termios::MODULE,
    &time::MODULE,
];
