//! The heap: layer 2 (pools) for small requests, layer 3 (the system) for the rest, under one budget.

use crate::arena::Arenas;
use crate::bulk::{self, Account, BULK};
use crate::debug::{self, Leak, Ledger};
use crate::pool::{self, Free, POOL_SIZE, Pool, UNUSED, capacity, nowhere, pool_of};
use crate::size_class::{CLASSES, SMALL_LIMIT, block_size, class_of};
use crate::stats::{ClassStats, Stats};
use crate::tracer::{self, Tracer};
use crate::{reserve, system};
use std::cell::{Cell, UnsafeCell};
use std::ptr::{NonNull, null_mut};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// Where a heap's blocks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Small blocks from pools.
    Plain,
    /// Every block from the system, for tools that watch the system allocator.
    System,
    /// As `Plain`; fresh and freed blocks are filled (0xCD, 0xDD), and a block freed twice, freed with another size or
    /// written to after its death panics.
    Debug,
    /// Every block from the system, checked as in `Debug`, as far as that can be without pools.
    SystemDebug,
}

impl Mode {
    fn has_pools(self) -> bool {
        matches!(self, Mode::Plain | Mode::Debug)
    }

    fn checks(self) -> bool {
        matches!(self, Mode::Debug | Mode::SystemDebug)
    }
}

/// The memory of one interpreter.
///
/// The budget counts pools in use (16 KiB each), large blocks, what callers [charge](Heap::charge), and the large blocks
/// of Rust's containers on threads that [use](Heap::enter_thread) the heap, if the process's allocator asks
/// [`bulk`] for them.
pub struct Heap {
    /// By class: the first pool with room; its neighbours follow. `nowhere()` when there is none.
    rooms: [Cell<*mut Pool>; CLASSES],
    /// Requests of `1..=fast_limit` bytes take the fast path; 0 unless the mode is `Plain` and nobody is told of blocks.
    fast_limit: Cell<usize>,
    mode: Mode,
    /// Blocks beyond the small ones, below `BULK`.
    large_blocks: Cell<usize>,
    large_bytes: Cell<usize>,
    /// Blocks from `BULK` on.
    account: Arc<Account>,
    charged: Cell<usize>,
    /// How far beyond the budget the last refusal found the heap, with some slack; see [`Heap::refuses`].
    overdraft: Cell<usize>,
    /// `usize::MAX` when there is none.
    budget: Cell<usize>,
    peak: Cell<usize>,
    /// Borrowed only inside methods that call nothing of the caller's.
    arenas: UnsafeCell<Arenas>,
    ledger: Option<UnsafeCell<Ledger>>,
    /// Changed only by `set_tracer`, which is not called from a tracer.
    tracer: UnsafeCell<Option<Rc<dyn Tracer>>>,
}

// SAFETY: the heap owns what it points to; moving it to another thread moves all of it. Blocks are used from other
// threads only under the interpreter's lock, as the heap itself.
unsafe impl Send for Heap {}

impl Heap {
    /// An empty heap; takes nothing from the system yet.
    pub fn new(mode: Mode) -> Heap {
        Heap::with_alarm(mode, Arc::default(), 0)
    }

    /// An empty heap that sets a bit of `alarm` when containers may have gone beyond its budget.
    pub fn with_alarm(mode: Mode, alarm: Arc<AtomicU32>, bit: u32) -> Heap {
        Heap {
            account: Account::new(alarm, bit),
            rooms: std::array::from_fn(|_| Cell::new(nowhere())),
            fast_limit: Cell::new(if mode == Mode::Plain { SMALL_LIMIT } else { 0 }),
            mode,
            large_blocks: Cell::new(0),
            large_bytes: Cell::new(0),
            charged: Cell::new(0),
            overdraft: Cell::new(0),
            budget: Cell::new(usize::MAX),
            peak: Cell::new(0),
            arenas: UnsafeCell::new(Arenas::new()),
            ledger: mode.checks().then(|| UnsafeCell::new(Ledger::new())),
            tracer: UnsafeCell::new(None),
        }
    }

    /// Tells a tracer of every block from now on, or nobody any more. The heap must not move while it is traced, and the
    /// calling thread must be the one that uses it.
    pub fn set_tracer(&self, tracer: Option<Rc<dyn Tracer>>) {
        let plain = if self.mode == Mode::Plain { SMALL_LIMIT } else { 0 };
        self.fast_limit.set(if tracer.is_some() { 0 } else { plain });
        let now = tracer.is_some();
        self.leave_thread();
        // SAFETY: no tracer is being told, so nobody holds a reference to the field.
        let old = unsafe { std::mem::replace(&mut *self.tracer.get(), tracer) };
        if now != old.is_some() {
            tracer::count(now);
        }
        drop(old);
        self.enter_thread();
    }

    /// True if a tracer is told of blocks.
    #[inline]
    pub fn is_traced(&self) -> bool {
        self.tracer().is_some()
    }

    /// The calling thread is about to use the heap: what it takes from the process's allocator is told, too.
    #[inline]
    pub fn enter_thread(&self) {
        bulk::set_current(&raw const *self.account);
        if let Some(tracer) = self.tracer() {
            // SAFETY: `leave_thread` comes before the tracer goes, and before another thread's turn.
            unsafe { tracer::set_current(Some(NonNull::from(&**tracer))) };
        }
    }

    /// The calling thread is done with the heap for now.
    #[inline]
    pub fn leave_thread(&self) {
        bulk::set_current(std::ptr::null());
        if self.is_traced() {
            // SAFETY: none needs to live.
            unsafe { tracer::set_current(None) };
        }
    }

    #[inline]
    fn tracer(&self) -> Option<&Rc<dyn Tracer>> {
        // SAFETY: the field is replaced only by `set_tracer`, under the interpreter's lock as all uses of the heap.
        unsafe { (*self.tracer.get()).as_ref() }
    }

    /// The mode chosen at creation.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// A block of at least `bytes` bytes, 16-byte aligned, its content undefined; `None` when the budget or the system
    /// refuses. A block of no bytes is a block like any other.
    #[inline]
    pub fn allocate(&self, bytes: usize) -> Option<NonNull<u8>> {
        if bytes.wrapping_sub(1) < self.fast_limit.get() {
            let pool = self.rooms[class_of(bytes) % CLASSES].get();
            // SAFETY: a pool in `rooms` is live or the stand-in, which has no free block; a free block holds its link.
            unsafe {
                if let Some(block) = NonNull::new((*pool).free) {
                    (*pool).free = (*block.as_ptr()).next;
                    (*pool).used += 1;
                    return Some(block.cast());
                }
            }
        }
        self.allocate_slow(bytes)
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// `block` came from this heap's `allocate(bytes)` or `reallocate(.., bytes)`, was not freed, and is not used again.
    #[inline]
    pub unsafe fn free(&self, block: NonNull<u8>, bytes: usize) {
        if bytes.wrapping_sub(1) < self.fast_limit.get() {
            let pool = pool_of(block);
            // SAFETY: a small block of a plain heap lies in a live pool, and it is at least a link long.
            unsafe {
                let next = (*pool).free;
                block.cast::<Free>().write(Free { next });
                (*pool).free = block.as_ptr().cast();
                (*pool).used -= 1;
                if next.is_null() || (*pool).used == 0 {
                    self.settle(pool);
                }
            }
        } else {
            // SAFETY: by the caller's promise.
            unsafe { self.free_slow(block, bytes) }
        }
    }

    /// Moves or resizes a block, keeping the first `min(old, new)` bytes; on `None` the old block is as it was.
    ///
    /// # Safety
    /// As [`Heap::free`] with `old` for its size, unless `None` is returned.
    pub unsafe fn reallocate(&self, block: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
        let small = |bytes: usize| self.mode.has_pools() && bytes <= SMALL_LIMIT;
        if self.mode == Mode::Plain && small(old) && small(new) && class_of(old) == class_of(new) && !self.is_traced() {
            return Some(block);
        }
        let alike = !small(old) && !small(new) && (old < BULK) == (new < BULK);
        if !self.mode.checks() && !self.is_traced() && alike {
            if new > old && !self.affords(new - old) {
                return None;
            }
            // SAFETY: neither size is small, so both blocks are the system's, from the same place.
            let moved = unsafe { self.reallocate_large(block, old, new) }?;
            self.note_peak();
            return Some(moved);
        }
        let fresh = self.allocate(new)?;
        // SAFETY: both blocks are live, distinct and at least `min(old, new)` long; the old one is the caller's to free.
        unsafe {
            std::ptr::copy_nonoverlapping(block.as_ptr(), fresh.as_ptr(), old.min(new));
            self.free(block, old);
        }
        Some(fresh)
    }

    /// How many blocks are in use, small and large. Takes a walk over all pools.
    pub fn allocated_blocks(&self) -> usize {
        let stats = self.stats();
        stats.large_blocks + stats.classes.iter().map(|class| class.used).sum::<usize>()
    }

    /// Limits the bytes held; `None` lifts the limit. What is held already stays.
    pub fn set_budget(&self, bytes: Option<usize>) {
        self.budget.set(bytes.unwrap_or(usize::MAX));
        self.account.set_budget(self.budget.get());
    }

    /// The limit, if there is one.
    pub fn budget(&self) -> Option<usize> {
        Some(self.budget.get()).filter(|&bytes| bytes != usize::MAX)
    }

    /// Bytes that count against the budget: pools in use, large blocks, charges.
    pub fn held(&self) -> usize {
        self.arenas_ref(|arenas| arenas.pools_in_use) * POOL_SIZE
            + self.large_bytes.get()
            + self.account.bytes()
            + self.charged.get()
    }

    /// A block that the caller cannot do without, whatever the budget says; where the system has no more to give, it
    /// comes from a reserve.
    pub fn allocate_beyond_budget(&self, bytes: usize) -> Option<NonNull<u8>> {
        let budget = self.budget.replace(usize::MAX);
        self.arenas_mut(|arenas| arenas.use_reserve = true);
        let block = self.allocate(bytes);
        self.arenas_mut(|arenas| arenas.use_reserve = false);
        self.budget.set(budget);
        block
    }

    /// True while the system has no more to give.
    #[inline]
    pub fn is_short(&self) -> bool {
        reserve::is_short()
    }

    /// True if more is held than the budget allows, or the reserve was touched.
    pub fn is_overdrawn(&self) -> bool {
        self.held() > self.budget.get() || reserve::is_short()
    }

    /// True if more is held than the budget allows. After a refusal some slack is granted, so that the error can be
    /// handled, until the heap is within its budget again.
    pub fn refuses(&self) -> bool {
        let (held, budget) = (self.held(), self.budget.get());
        if reserve::is_short() {
            return true;
        }
        if held <= budget {
            self.overdraft.set(0);
            return false;
        }
        let refused = held > self.overdraft.get();
        if refused {
            self.overdraft.set(held.saturating_add(budget / 16));
        }
        refused
    }

    /// The most bytes ever held.
    pub fn peak(&self) -> usize {
        self.peak.get()
    }

    /// Counts bytes that the caller takes elsewhere (a container of the standard library); false when the budget
    /// refuses, and then nothing was counted.
    #[must_use]
    pub fn charge(&self, bytes: usize) -> bool {
        let affordable = self.affords(bytes);
        if affordable {
            self.charged.set(self.charged.get() + bytes);
            self.note_peak();
        }
        affordable
    }

    /// Takes back a charge.
    pub fn discharge(&self, bytes: usize) {
        self.charged.set(self.charged.get().saturating_sub(bytes));
    }

    /// The blocks in use, oldest first. Empty unless the mode is one that checks.
    pub fn leaks(&self) -> Vec<Leak> {
        // SAFETY: the ledger is borrowed for the length of one call that comes back to nobody.
        self.ledger.as_ref().map_or_else(Vec::new, |ledger| unsafe { (*ledger.get()).leaks() })
    }

    /// Gives empty pools and arenas that were kept for the next request back to the system.
    pub fn trim(&self) {
        for room in &self.rooms {
            let pool = room.get();
            // SAFETY: a pool in `rooms` is live or the stand-in (`UNUSED`); one without a block in use may go.
            unsafe {
                if (*pool).class != UNUSED && (*pool).used == 0 {
                    self.unlist(pool);
                    self.arenas_mut(|arenas| arenas.give_pool(pool));
                }
            }
        }
        self.arenas_mut(Arenas::release_empty);
        reserve::refill();
    }

    /// What the heap holds now.
    pub fn stats(&self) -> Stats {
        let mut classes: [ClassStats; CLASSES] =
            std::array::from_fn(|class| ClassStats { size: block_size(class), ..ClassStats::default() });
        self.arenas_ref(|arenas| {
            for pool in arenas.iter().flat_map(|arena| arena.touched_pools()) {
                // SAFETY: a touched pool's header is initialised.
                let (class, used) = unsafe { ((*pool).class, (*pool).used as usize) };
                if let Some(stats) = classes.get_mut(class as usize) {
                    stats.pools += 1;
                    stats.used += used;
                    stats.available += capacity(class as usize) - used;
                }
            }
            Stats {
                classes,
                arenas: arenas.count(),
                arenas_made: arenas.made,
                arenas_given_back: arenas.given_back,
                arenas_highwater: arenas.highwater,
                unused_pools: arenas.count() * crate::arena::POOLS - arenas.pools_in_use,
                large_blocks: self.large_blocks.get() + self.account.blocks(),
                large_bytes: self.large_bytes.get() + self.account.bytes(),
                charged_bytes: self.charged.get(),
                budget: self.budget(),
            }
        })
    }
}

/// The slow paths.
impl Heap {
    fn arenas_ref<R>(&self, look: impl FnOnce(&Arenas) -> R) -> R {
        // SAFETY: the heap is not `Sync`, and `look` is this file's own code, which does not nest.
        look(unsafe { &*self.arenas.get() })
    }

    fn arenas_mut<R>(&self, change: impl FnOnce(&mut Arenas) -> R) -> R {
        // SAFETY: as in `arenas_ref`.
        change(unsafe { &mut *self.arenas.get() })
    }

    fn affords(&self, bytes: usize) -> bool {
        self.held().checked_add(bytes).is_some_and(|total| total <= self.budget.get())
    }

    fn note_peak(&self) {
        self.peak.set(self.peak.get().max(self.held()));
    }

    #[cold]
    #[inline(never)]
    fn allocate_slow(&self, bytes: usize) -> Option<NonNull<u8>> {
        let block = self.allocate_untold(bytes)?;
        if let Some(tracer) = self.tracer() {
            tracer.born(block, bytes);
        }
        Some(block)
    }

    fn allocate_untold(&self, bytes: usize) -> Option<NonNull<u8>> {
        if !self.mode.has_pools() || bytes > SMALL_LIMIT {
            return self.allocate_large(bytes);
        }
        let class = class_of(bytes);
        let pool = self.room_for(class)?;
        // SAFETY: `room_for` returns a live pool with a free block.
        let block = unsafe {
            let block = (*pool).free;
            (*pool).free = (*block).next;
            (*pool).used += 1;
            NonNull::new_unchecked(block.cast::<u8>())
        };
        if let Some(ledger) = &self.ledger {
            // SAFETY: in debug mode every free block is filled; it is ours until it is returned.
            unsafe {
                debug::check_untouched(block.as_ptr(), block_size(class));
                (*ledger.get()).born(block, bytes);
            }
        }
        Some(block)
    }

    /// A pool of the class with a free block, first in the class's list.
    fn room_for(&self, class: usize) -> Option<*mut Pool> {
        let fill = self.ledger.is_some().then_some(debug::FREED);
        loop {
            let pool = self.rooms[class].get();
            // SAFETY: pools in the list are live; the stand-in is only read.
            unsafe {
                if pool == nowhere() {
                    break;
                }
                if !(*pool).free.is_null() || pool::carve(pool, fill) {
                    return Some(pool);
                }
                self.unlist(pool);
            }
        }
        if !self.affords(POOL_SIZE) {
            return None;
        }
        let pool = self.arenas_mut(Arenas::take_pool)?.as_ptr();
        self.note_peak();
        // SAFETY: the pool is new and ours; a fresh pool has room for a block of any class.
        unsafe {
            pool::set_up(pool, class);
            pool::carve(pool, fill);
            self.list(pool);
        }
        Some(pool)
    }

    /// Puts a pool first in its class's list.
    ///
    /// # Safety
    /// `pool` is live and in no list.
    unsafe fn list(&self, pool: *mut Pool) {
        // SAFETY: list members are live pools; the stand-in is not written.
        unsafe {
            let room = &self.rooms[(*pool).class as usize];
            let head = room.get();
            (*pool).prev = null_mut();
            (*pool).next = if head == nowhere() { null_mut() } else { head };
            if head != nowhere() {
                (*head).prev = pool;
            }
            (*pool).listed = true;
            room.set(pool);
        }
    }

    /// Takes a pool out of its class's list.
    ///
    /// # Safety
    /// `pool` is live and in that list.
    unsafe fn unlist(&self, pool: *mut Pool) {
        // SAFETY: list members are live pools.
        unsafe {
            let (prev, next) = ((*pool).prev, (*pool).next);
            if prev.is_null() {
                self.rooms[(*pool).class as usize].set(if next.is_null() { nowhere() } else { next });
            } else {
                (*prev).next = next;
            }
            if !next.is_null() {
                (*next).prev = prev;
            }
            (*pool).listed = false;
        }
    }

    /// After a block came back: a pool that was full gets back into its list, an empty one goes to its arena unless it
    /// is the only one of its class.
    ///
    /// # Safety
    /// `pool` is a live pool in use.
    #[cold]
    #[inline(never)]
    unsafe fn settle(&self, pool: *mut Pool) {
        // SAFETY: by the caller's promise; the lists hold live pools.
        unsafe {
            if !(*pool).listed {
                self.list(pool);
            }
            let alone = (*pool).prev.is_null() && (*pool).next.is_null();
            if (*pool).used == 0 && !alone {
                self.unlist(pool);
                self.arenas_mut(|arenas| arenas.give_pool(pool));
            }
        }
    }

    fn allocate_large(&self, bytes: usize) -> Option<NonNull<u8>> {
        if !self.affords(bytes) {
            return None;
        }
        let block = if bytes >= BULK {
            NonNull::new(bulk::allocate_for(&raw const *self.account, bytes, false))?
        } else {
            let block = system::allocate(bytes)?;
            self.large_blocks.set(self.large_blocks.get() + 1);
            self.large_bytes.set(self.large_bytes.get() + bytes);
            block
        };
        self.note_peak();
        if let Some(ledger) = &self.ledger {
            // SAFETY: the block is new and `bytes` long.
            unsafe { (*ledger.get()).born(block, bytes) };
        }
        Some(block)
    }

    /// # Safety
    /// As [`Heap::free`], for a block that is not small.
    unsafe fn free_large(&self, block: NonNull<u8>, bytes: usize) {
        if bytes >= BULK {
            // SAFETY: by the caller's promise.
            return unsafe { bulk::free(block, bytes) };
        }
        self.large_blocks.set(self.large_blocks.get() - 1);
        self.large_bytes.set(self.large_bytes.get() - bytes);
        // SAFETY: by the caller's promise.
        unsafe { system::free(block, bytes) };
    }

    /// # Safety
    /// As [`Heap::reallocate`], for sizes that are served by the same part of layer 3.
    unsafe fn reallocate_large(&self, block: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
        // SAFETY: by the caller's promise.
        unsafe {
            if old >= BULK {
                return NonNull::new(bulk::resize(block, old, new));
            }
            let moved = system::reallocate(block, old, new)?;
            self.large_bytes.set(self.large_bytes.get() - old + new);
            Some(moved)
        }
    }

    /// # Safety
    /// As [`Heap::free`].
    #[cold]
    #[inline(never)]
    unsafe fn free_slow(&self, block: NonNull<u8>, bytes: usize) {
        if let Some(tracer) = self.tracer() {
            tracer.died(block);
        }
        if let Some(ledger) = &self.ledger {
            // SAFETY: by the caller's promise, which the ledger also checks.
            unsafe { (*ledger.get()).died(block, bytes) };
        }
        if !self.mode.has_pools() || bytes > SMALL_LIMIT {
            // SAFETY: a block of this size was the system's.
            unsafe { self.free_large(block, bytes) };
            return;
        }
        let pool = pool_of(block);
        // SAFETY: a small block lies in a live pool and is at least a link long.
        unsafe {
            if self.ledger.is_some() {
                block.write_bytes(debug::FREED, block_size((*pool).class as usize));
            }
            block.cast::<Free>().write(Free { next: (*pool).free });
            (*pool).free = block.as_ptr().cast();
            (*pool).used -= 1;
            self.settle(pool);
        }
    }
}
