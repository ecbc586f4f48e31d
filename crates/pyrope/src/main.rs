//! The `pyrope` command.
//!
//! The C library calls it directly: Rust's own start would open the standard descriptors that the caller closed, which a
//! program is to see closed.
#![no_main]
#![allow(unsafe_code, reason = "the process's entry point")]

mod cli;
mod memory;

use std::ffi::{CStr, c_char, c_int};
use std::io::Write;

/// The system layer of allocation: what is too large for the interpreter's own pools, and Rust's containers.
#[global_allocator]
static SYSTEM: memory::System = memory::System::new();

/// The entry point.
#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, values: *const *const c_char) -> c_int {
    // SAFETY: a program that writes to a closed pipe gets an error, not a signal; no other thread runs yet.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    let arguments = (0..usize::try_from(count).unwrap_or(0)).map_while(|at| {
        // SAFETY: the C library gives `count` terminated strings, which live as long as the process.
        unsafe {
            let text = *values.add(at);
            (!text.is_null()).then(|| CStr::from_ptr(text).to_bytes().to_vec())
        }
    });
    pyrope_alloc::trim::set(memory::trim);
    let status = cli::main(arguments.collect());
    drop(std::io::stdout().flush());
    status & 0xFF
}
