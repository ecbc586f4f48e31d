//! Layer 3 at its largest: the one place through which big blocks come from the system, counted by whose they are.
//!
//! The C library's allocator resizes them in place or by moving pages, so that a growing list is never held twice. Each
//! block has its account before it: it may be freed by a thread that runs another interpreter, or none.

use crate::reserve;
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

/// Requests from here on come here.
pub const BULK: usize = 128 * 1024;
/// Bytes before a block, for its account.
const PREFIX: usize = 16;
/// How blocks are aligned.
const ALIGNMENT: usize = 16;

/// The big blocks of one heap, and of the containers that grew while its interpreter ran.
pub struct Account {
    blocks: AtomicUsize,
    bytes: AtomicUsize,
    /// `usize::MAX` when there is none.
    budget: AtomicUsize,
    /// Where to set `alarm_bit` when a container takes more under a budget: most of them cannot be refused.
    alarm: Arc<AtomicU32>,
    alarm_bit: u32,
}

thread_local! {
    static CURRENT: Cell<*const Account> = const { Cell::new(std::ptr::null()) };
}

impl Account {
    pub(crate) fn new(alarm: Arc<AtomicU32>, alarm_bit: u32) -> Arc<Account> {
        let (blocks, bytes, budget) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        Arc::new(Account { blocks, bytes, budget, alarm, alarm_bit })
    }

    pub(crate) fn blocks(&self) -> usize {
        self.blocks.load(Relaxed)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    pub(crate) fn set_budget(&self, bytes: usize) {
        self.budget.store(bytes, Relaxed);
    }

    /// May a container have so many bytes more? More than the whole budget is refused; what else goes beyond it is
    /// granted, and the interpreter hears of it.
    fn grants(&self, more: usize) -> bool {
        let budget = self.budget.load(Relaxed);
        if budget == usize::MAX {
            return true;
        }
        self.alarm.fetch_or(self.alarm_bit, Relaxed);
        more <= budget
    }
}

/// What containers take on the calling thread goes to this account from now on.
pub(crate) fn set_current(account: *const Account) {
    // A thread that is about to end has no place for it any more, and needs none.
    let _ = CURRENT.try_with(|current| current.set(account));
}

/// The calling thread's account, if it runs an interpreter.
fn current() -> *const Account {
    CURRENT.try_with(Cell::get).unwrap_or(std::ptr::null())
}

/// Does this place serve such a request?
#[inline(always)]
pub fn serves(bytes: usize, align: usize) -> bool {
    bytes >= BULK && align <= ALIGNMENT
}

/// A block for a heap, or for a container on the calling thread; null when the system or the budget refuses.
pub(crate) fn allocate_for(account: *const Account, bytes: usize, zeroed: bool) -> *mut u8 {
    let Some(whole) = bytes.checked_add(PREFIX).filter(|&whole| whole <= isize::MAX as usize) else {
        return null_mut();
    };
    // SAFETY: asks the C library for a block; the prefix lies inside it. The account lives by the count that is added.
    unsafe {
        let base = if zeroed { libc::calloc(1, whole) } else { libc::malloc(whole) }.cast::<u8>();
        if base.is_null() {
            return base;
        }
        base.cast::<*const Account>().write(account);
        if let Some(known) = account.as_ref() {
            Arc::increment_strong_count(account);
            known.blocks.fetch_add(1, Relaxed);
            known.bytes.fetch_add(bytes, Relaxed);
        }
        base.add(PREFIX)
    }
}

/// A block for a container.
#[cold]
#[inline(never)]
pub fn allocate(bytes: usize, zeroed: bool) -> *mut u8 {
    let account = current();
    // SAFETY: a thread's account lives while it runs the interpreter whose it is.
    if unsafe { account.as_ref() }.is_some_and(|known| !known.grants(bytes)) {
        return null_mut();
    }
    let block = allocate_for(account, bytes, zeroed);
    let again = block.is_null() && bytes <= reserve::BYTES / 2 && reserve::give_up();
    if again { allocate_for(account, bytes, zeroed) } else { block }
}

/// Gives a block back.
///
/// # Safety
/// `block` came from this module with this size and is not used again.
#[cold]
#[inline(never)]
pub unsafe fn free(block: NonNull<u8>, bytes: usize) {
    // SAFETY: the prefix was written when the block was made; the account was counted for it then.
    unsafe {
        let base = block.as_ptr().sub(PREFIX);
        let account = base.cast::<*const Account>().read();
        if let Some(known) = account.as_ref() {
            known.blocks.fetch_sub(1, Relaxed);
            known.bytes.fetch_sub(bytes, Relaxed);
            Arc::decrement_strong_count(account);
        }
        libc::free(base.cast());
    }
    reserve::refill();
}

/// Makes the calling thread's interpreter look at its memory.
pub(crate) fn alarm() {
    // SAFETY: a thread's account lives while it runs the interpreter whose it is.
    if let Some(known) = unsafe { current().as_ref() } {
        known.alarm.fetch_or(known.alarm_bit, Relaxed);
    }
}

/// Resizes a block; null when that is refused, and then the old one is as it was.
///
/// # Safety
/// As for [`free`] with `old`, unless the answer is null. Both sizes are served here.
pub(crate) unsafe fn resize(block: NonNull<u8>, old: usize, new: usize) -> *mut u8 {
    let Some(whole) = new.checked_add(PREFIX).filter(|&whole| whole <= isize::MAX as usize) else { return null_mut() };
    // SAFETY: as in `free`; the account stays the block's.
    unsafe {
        let base = block.as_ptr().sub(PREFIX);
        let account = base.cast::<*const Account>().read();
        let moved = libc::realloc(base.cast(), whole).cast::<u8>();
        if moved.is_null() {
            return moved;
        }
        if let Some(known) = account.as_ref() {
            known.bytes.fetch_add(new.wrapping_sub(old), Relaxed);
        }
        moved.add(PREFIX)
    }
}

/// Resizes a container's block.
///
/// # Safety
/// As for [`resize`].
#[cold]
#[inline(never)]
pub unsafe fn reallocate(block: NonNull<u8>, old: usize, new: usize) -> *mut u8 {
    // SAFETY: the prefix was written when the block was made, and its account was counted.
    let account = unsafe { block.as_ptr().sub(PREFIX).cast::<*const Account>().read().as_ref() };
    if new > old && account.is_some_and(|known| !known.grants(new - old)) {
        return null_mut();
    }
    // SAFETY: by the caller's promise.
    unsafe {
        let moved = resize(block, old, new);
        let again = moved.is_null() && new <= reserve::BYTES / 2 && reserve::give_up();
        if again { resize(block, old, new) } else { moved }
    }
}
