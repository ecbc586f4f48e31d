//! Arenas: 1 MiB of pools, taken from and given back to the system whole.
//!
//! Arenas with unused pools are kept in lists by how many they have. The fullest is asked first, so that the emptiest
//! have a chance to become empty and go back.

use crate::pool::{POOL_SIZE, Pool, UNUSED};
use crate::{reserve, system, trim};
use std::alloc::Layout;
use std::ptr::{NonNull, null_mut};

/// An arena's size and alignment in bytes.
pub(crate) const ARENA_SIZE: usize = 1024 * 1024;
/// Pools in an arena.
pub(crate) const POOLS: usize = ARENA_SIZE / POOL_SIZE;

const _: () = assert!(POOLS == 64, "the map of non-empty lists is one 64-bit word");

/// So many arenas given back are worth asking the process's allocator to do likewise.
const MANY: usize = 16;

/// An arena's record; it lies outside the arena, which is all pools.
pub(crate) struct Arena {
    base: NonNull<u8>,
    /// Pools that were used and given back, linked through `next`.
    given_back: *mut Pool,
    /// Pools from here on were never used.
    virgin: usize,
    /// Pools not in use: the given back and the never used.
    unused: usize,
    /// Neighbours in the list of arenas with as many unused pools.
    next: *mut Arena,
    prev: *mut Arena,
    /// Place in `Arenas::all`.
    index: usize,
}

impl Arena {
    /// The pools that were ever used; their headers are initialised.
    pub(crate) fn touched_pools(&self) -> impl Iterator<Item = *mut Pool> + '_ {
        let base = self.base;
        // SAFETY: `virgin <= POOLS`, so every offset lies inside the arena.
        (0..self.virgin).map(move |i| unsafe { base.as_ptr().add(i * POOL_SIZE).cast() })
    }

    fn map() -> Option<NonNull<u8>> {
        system::map_aligned(ARENA_SIZE, ARENA_SIZE)
    }

    fn make(base: NonNull<u8>) -> Option<NonNull<Arena>> {
        // SAFETY: the record's size is not zero.
        let Some(record) = NonNull::new(unsafe { std::alloc::alloc(Layout::new::<Arena>()) }.cast::<Arena>()) else {
            // SAFETY: mapped just above and unknown to anybody.
            unsafe { system::unmap_aligned(base, ARENA_SIZE, ARENA_SIZE) };
            return None;
        };
        let arena = Arena {
            base,
            given_back: null_mut(),
            virgin: 0,
            unused: POOLS,
            next: null_mut(),
            prev: null_mut(),
            index: 0,
        };
        // SAFETY: the record was just allocated with this type's layout.
        unsafe { record.write(arena) };
        Some(record)
    }

    /// # Safety
    /// `arena` came from [`Arena::make`]; it and its pools are not used again.
    unsafe fn destroy(arena: NonNull<Arena>) {
        // SAFETY: by the caller's promise both the mapping and the record are ours to give back.
        unsafe {
            system::unmap_aligned((*arena.as_ptr()).base, ARENA_SIZE, ARENA_SIZE);
            std::alloc::dealloc(arena.as_ptr().cast(), Layout::new::<Arena>());
        }
    }
}

/// All arenas of a heap.
pub(crate) struct Arenas {
    all: Vec<NonNull<Arena>>,
    /// `lists[n - 1]` holds the arenas with `n` unused pools.
    lists: [*mut Arena; POOLS],
    /// Bit `n - 1` is set when `lists[n - 1]` is not empty.
    occupied: u64,
    /// Pools in use in all arenas.
    pub(crate) pools_in_use: usize,
    pub(crate) made: usize,
    pub(crate) given_back: usize,
    pub(crate) highwater: usize,
    /// Arenas given back since the process's allocator was asked to give back, too.
    untold: usize,
    /// Set while what is asked for must not fail.
    pub(crate) use_reserve: bool,
}

impl Arenas {
    pub(crate) const fn new() -> Arenas {
        Arenas {
            all: Vec::new(),
            lists: [null_mut(); POOLS],
            occupied: 0,
            pools_in_use: 0,
            made: 0,
            given_back: 0,
            highwater: 0,
            untold: 0,
            use_reserve: false,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arena> {
        // SAFETY: every record in `all` is live until it is removed from there.
        self.all.iter().map(|arena| unsafe { arena.as_ref() })
    }

    /// # Safety
    /// `arena` is live, in no list, and has unused pools.
    unsafe fn link(&mut self, arena: *mut Arena) {
        // SAFETY: list members are live records.
        unsafe {
            let bucket = (*arena).unused - 1;
            let head = self.lists[bucket];
            (*arena).prev = null_mut();
            (*arena).next = head;
            if !head.is_null() {
                (*head).prev = arena;
            }
            self.lists[bucket] = arena;
            self.occupied |= 1 << bucket;
        }
    }

    /// # Safety
    /// `arena` is in the list for its `unused`.
    unsafe fn unlink(&mut self, arena: *mut Arena) {
        // SAFETY: list members are live records.
        unsafe {
            let bucket = (*arena).unused - 1;
            let (prev, next) = ((*arena).prev, (*arena).next);
            if prev.is_null() {
                self.lists[bucket] = next;
                if next.is_null() {
                    self.occupied &= !(1 << bucket);
                }
            } else {
                (*prev).next = next;
            }
            if !next.is_null() {
                (*next).prev = prev;
            }
        }
    }

    fn grow(&mut self) -> Option<()> {
        self.all.try_reserve(1).ok()?;
        if self.made == 0 {
            reserve::keep();
        }
        let from_reserve = || if self.use_reserve && reserve::give_up() { Arena::map() } else { None };
        let arena = Arena::make(Arena::map().or_else(from_reserve)?)?;
        // SAFETY: the record is new; all its pools are unused.
        unsafe {
            (*arena.as_ptr()).index = self.all.len();
            self.link(arena.as_ptr());
        }
        self.all.push(arena);
        self.made += 1;
        self.highwater = self.highwater.max(self.all.len());
        Some(())
    }

    /// An unused pool, from the fullest arena that has one; only its `arena` field is set.
    pub(crate) fn take_pool(&mut self) -> Option<NonNull<Pool>> {
        if self.occupied == 0 {
            self.grow()?;
        }
        let arena = self.lists[self.occupied.trailing_zeros() as usize];
        // SAFETY: a set bit means a non-empty list, whose members are live and have an unused pool: one given back, or
        // one at `virgin < POOLS`.
        unsafe {
            self.unlink(arena);
            let pool = if (*arena).given_back.is_null() {
                let pool: *mut Pool = (*arena).base.as_ptr().add((*arena).virgin * POOL_SIZE).cast();
                (*arena).virgin += 1;
                (&raw mut (*pool).arena).write(arena);
                pool
            } else {
                let pool = (*arena).given_back;
                (*arena).given_back = (*pool).next;
                pool
            };
            (*arena).unused -= 1;
            if (*arena).unused > 0 {
                self.link(arena);
            }
            self.pools_in_use += 1;
            NonNull::new(pool)
        }
    }

    /// Takes an empty pool back; an arena that becomes empty goes to the system, unless it is the only one so.
    ///
    /// # Safety
    /// `pool` came from [`Arenas::take_pool`], is in no list, and none of its blocks is in use.
    pub(crate) unsafe fn give_pool(&mut self, pool: *mut Pool) {
        // SAFETY: a pool's arena lives as long as one of its pools is in use.
        unsafe {
            let arena = (*pool).arena;
            if (*arena).unused > 0 {
                self.unlink(arena);
            }
            (*pool).class = UNUSED;
            (*pool).free = null_mut();
            (*pool).used = 0;
            (*pool).next = (*arena).given_back;
            (*arena).given_back = pool;
            (*arena).unused += 1;
            self.pools_in_use -= 1;
            let spare = self.lists[POOLS - 1];
            self.link(arena);
            if (*arena).unused == POOLS && !spare.is_null() {
                self.release(spare);
            }
        }
    }

    /// # Safety
    /// `arena` is in the list of arenas without a pool in use.
    unsafe fn release(&mut self, arena: *mut Arena) {
        // SAFETY: nothing points into an arena without used pools; `index` is kept true by the swap below.
        unsafe {
            self.unlink(arena);
            let index = (*arena).index;
            let record = self.all.swap_remove(index);
            if let Some(moved) = self.all.get(index) {
                (*moved.as_ptr()).index = index;
            }
            Arena::destroy(record);
        }
        self.given_back += 1;
        self.untold += 1;
        if self.untold >= MANY.max(self.all.len() / 2) {
            self.untold = 0;
            trim::ask();
        }
        reserve::refill();
    }

    /// Gives back every arena without a pool in use, the spare one too.
    pub(crate) fn release_empty(&mut self) {
        while let empty = self.lists[POOLS - 1]
            && !empty.is_null()
        {
            // SAFETY: it is in the list of empty arenas.
            unsafe { self.release(empty) };
        }
    }
}

impl Drop for Arenas {
    fn drop(&mut self) {
        for arena in self.all.drain(..) {
            // SAFETY: the heap is going, and with it every block.
            unsafe { Arena::destroy(arena) };
        }
    }
}
