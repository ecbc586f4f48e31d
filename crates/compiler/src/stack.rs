//! A bound on the native stack that nested trees may use.

use std::hint::black_box;

use crate::error::{CompileError, Result};

/// Measures how far the stack has grown since it was made.
///
/// The walkers of the tree call [`check`](StackGuard::check) once a level, so that deep nesting is an error value in
/// every build and on every thread that has more than the budget left.
#[derive(Clone, Debug)]
pub struct StackGuard {
    base: usize,
    budget: usize,
}

impl StackGuard {
    /// Bytes that suit a thread of 2 MiB as well as a main thread of 8 MiB.
    pub const DEFAULT_BUDGET: usize = 1 << 20;

    /// A guard for the calls made from here.
    pub fn new(budget: usize) -> StackGuard {
        StackGuard { base: here(), budget }
    }

    /// An error if the budget is used up.
    pub fn check(&self) -> Result<()> {
        if self.base.abs_diff(here()) < self.budget { Ok(()) } else { Err(CompileError::Recursion) }
    }
}

#[inline(never)]
fn here() -> usize {
    let marker = 0u8;
    std::ptr::from_ref(black_box(&marker)) as usize
}
