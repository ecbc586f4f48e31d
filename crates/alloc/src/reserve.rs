//! Address space kept for the moment when the system has no more to give.
//!
//! Most small requests cannot be refused without ending the process. When the system refuses one, the reserve is given back
//! to it and the request is made again; the interpreter that runs hears of it, raises MemoryError at its next safe point, and
//! the reserve is taken again once memory was freed.

use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};

use crate::{bulk, system};

/// Bytes of address space; never touched.
pub const BYTES: usize = 64 * 1024 * 1024;
const ALIGNMENT: usize = 4096;

static KEPT: AtomicPtr<u8> = AtomicPtr::new(null_mut());
/// It was given up and is not back yet.
static SHORT: AtomicBool = AtomicBool::new(false);

/// Takes the reserve, unless it is there.
pub(crate) fn keep() {
    if !KEPT.load(Relaxed).is_null() {
        return;
    }
    let Some(base) = system::map_untouchable(BYTES, ALIGNMENT) else { return };
    if KEPT.compare_exchange(null_mut(), base.as_ptr(), Relaxed, Relaxed).is_err() {
        // SAFETY: another thread was faster; this mapping is known to nobody.
        unsafe { system::unmap_aligned(base, BYTES, ALIGNMENT) };
    }
    SHORT.store(false, Relaxed);
}

/// Gives the reserve back to the system; false if there was none. The thread's interpreter hears of it.
#[cold]
#[inline(never)]
pub fn give_up() -> bool {
    let Some(base) = NonNull::new(KEPT.swap(null_mut(), Relaxed)) else { return false };
    SHORT.store(true, Relaxed);
    // SAFETY: mapped by `keep`, never touched, and now known to nobody else.
    unsafe { system::unmap_aligned(base, BYTES, ALIGNMENT) };
    bulk::alarm();
    true
}

/// True while the reserve is given up.
pub(crate) fn is_short() -> bool {
    SHORT.load(Relaxed)
}

/// Memory was freed: takes the reserve again, if the system lets it.
pub(crate) fn refill() {
    if is_short() {
        keep();
    }
}
