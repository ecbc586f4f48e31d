//! Telling an observer of every block that is made and freed (`tracemalloc`).
//!
//! A heap tells its own tracer of its blocks. What Rust's containers take comes from the process's allocator, which knows
//! no heap: it tells the tracer of the thread, if the thread runs an interpreter that is traced.

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Is told of blocks. What it allocates itself while it is told comes back to it, too.
pub trait Tracer {
    /// A block was made.
    fn born(&self, block: NonNull<u8>, bytes: usize);

    /// A block is about to be freed.
    fn died(&self, block: NonNull<u8>);
}

/// How many heaps are traced: while there is none, the process's allocator looks no further.
static TRACED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static CURRENT: Cell<Option<NonNull<dyn Tracer>>> = const { Cell::new(None) };
}

/// Counts heaps that are traced.
pub(crate) fn count(more: bool) {
    if more {
        TRACED.fetch_add(1, Ordering::Relaxed);
    } else {
        TRACED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// True if the process's allocator should tell.
#[inline(always)]
pub fn is_watching() -> bool {
    TRACED.load(Ordering::Relaxed) != 0
}

/// Makes `tracer` the one that the calling thread's blocks are told to.
///
/// # Safety
/// The tracer lives until this thread has another or none.
pub(crate) unsafe fn set_current(tracer: Option<NonNull<dyn Tracer>>) {
    // A thread that is about to end has no place for it any more, and needs none.
    let _ = CURRENT.try_with(|current| current.set(tracer));
}

fn tell(report: impl FnOnce(&dyn Tracer)) {
    if let Ok(Some(tracer)) = CURRENT.try_with(Cell::get) {
        // SAFETY: by the promise made to `set_current`.
        report(unsafe { tracer.as_ref() });
    }
}

/// The process's allocator made a block.
#[cold]
pub fn born(block: *mut u8, bytes: usize) {
    if let Some(block) = NonNull::new(block) {
        tell(|tracer| tracer.born(block, bytes));
    }
}

/// The process's allocator is about to free a block.
#[cold]
pub fn died(block: *mut u8) {
    if let Some(block) = NonNull::new(block) {
        tell(|tracer| tracer.died(block));
    }
}
