//! Pools: 16 KiB of equal blocks behind a small header.

use crate::arena::Arena;
use crate::size_class::block_size;
use std::ptr::{NonNull, null_mut};

/// A pool's size and alignment in bytes.
pub(crate) const POOL_SIZE: usize = 16 * 1024;
/// How much of the untouched part is carved into blocks at a time.
const CARVE_BYTES: usize = 2048;

/// A free block: its first word links to the next.
#[repr(C)]
pub(crate) struct Free {
    pub(crate) next: *mut Free,
}

/// The header at the start of a pool. Blocks follow it.
#[repr(C, align(16))]
pub(crate) struct Pool {
    /// Freed and carved blocks, last in first out.
    pub(crate) free: *mut Free,
    /// Blocks handed out.
    pub(crate) used: u32,
    /// Size class, or `UNUSED` while the pool lies in its arena's free list.
    pub(crate) class: u16,
    /// Whether the pool is in its class's list of pools with room.
    pub(crate) listed: bool,
    /// Offset of the first byte never carved.
    pub(crate) virgin: u32,
    /// Neighbours in the class's list; `next` also links the arena's unused pools.
    pub(crate) next: *mut Pool,
    pub(crate) prev: *mut Pool,
    pub(crate) arena: *mut Arena,
}

/// Bytes of a pool that are not blocks.
pub(crate) const HEADER: usize = size_of::<Pool>();
/// The `class` of a pool that serves none.
pub(crate) const UNUSED: u16 = u16::MAX;

const _: () = assert!(HEADER <= 48 && HEADER.is_multiple_of(16));

/// The pool that stands in a class's list when there is none: never has a free block and is never written.
pub(crate) struct Nowhere(Pool);
// SAFETY: the value is never written after construction, so sharing it is sharing plain data.
unsafe impl Sync for Nowhere {}
pub(crate) static NOWHERE: Nowhere = Nowhere(Pool {
    free: null_mut(),
    used: 0,
    class: UNUSED,
    listed: false,
    virgin: POOL_SIZE as u32,
    next: null_mut(),
    prev: null_mut(),
    arena: null_mut(),
});

/// The stand-in pool's address. Only reads may go through it.
pub(crate) fn nowhere() -> *mut Pool {
    (&raw const NOWHERE.0).cast_mut()
}

/// How many blocks of a class fit in a pool.
pub(crate) const fn capacity(class: usize) -> usize {
    (POOL_SIZE - HEADER) / block_size(class)
}

/// The pool a block lies in.
///
/// The block must be one that a pool handed out.
#[inline(always)]
pub(crate) fn pool_of(block: NonNull<u8>) -> *mut Pool {
    block.as_ptr().map_addr(|address| address & !(POOL_SIZE - 1)).cast()
}

/// Makes an unused pool serve `class`, with no block carved yet.
///
/// # Safety
/// `pool` is the start of an unused pool of an arena, whose `arena` field is set.
pub(crate) unsafe fn set_up(pool: *mut Pool, class: usize) {
    // SAFETY: the header lies inside the pool, which nobody else uses.
    unsafe {
        (*pool).free = null_mut();
        (*pool).used = 0;
        (*pool).class = class as u16;
        (*pool).listed = false;
        (*pool).virgin = HEADER as u32;
        (*pool).next = null_mut();
        (*pool).prev = null_mut();
    }
}

/// Carves some of the untouched part into free blocks, in address order; false when nothing was left to carve.
/// With `fill`, the blocks past their link get that byte.
///
/// # Safety
/// `pool` is a pool in use whose free list is empty.
pub(crate) unsafe fn carve(pool: *mut Pool, fill: Option<u8>) -> bool {
    // SAFETY: `virgin` never passes the pool's end, and no block beyond it was ever handed out.
    unsafe {
        let size = block_size((*pool).class as usize);
        let from = (*pool).virgin as usize;
        let count = ((POOL_SIZE - from) / size).min((CARVE_BYTES / size).max(1));
        if count == 0 {
            return false;
        }
        let first = pool.cast::<u8>().add(from);
        for i in 0..count {
            let block = first.add(i * size);
            if let Some(byte) = fill {
                block.write_bytes(byte, size);
            }
            let next = if i + 1 < count { block.add(size).cast() } else { null_mut() };
            block.cast::<Free>().write(Free { next });
        }
        (*pool).free = first.cast();
        (*pool).virgin = (from + count * size) as u32;
        true
    }
}
