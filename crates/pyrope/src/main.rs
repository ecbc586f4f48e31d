//! The `pyrope` command.

mod cli;
mod memory;

use std::process::ExitCode;

/// The system layer of allocation: what is too large for the interpreter's own pools, and Rust's containers.
#[global_allocator]
static SYSTEM: memory::System = memory::System::new();

fn main() -> ExitCode {
    let status = cli::main();
    ExitCode::from((status & 0xFF) as u8)
}
