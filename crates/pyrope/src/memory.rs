//! The process's allocator: mimalloc, and for large blocks the place where they are counted. Neither the C library nor
//! mimalloc asks whether there is memory for the address space they take, so that requests beyond what the machine has are
//! refused here. A refusal becomes MemoryError.
#![allow(unsafe_code, reason = "a global allocator")]

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use mimalloc::MiMalloc;
use pyrope_alloc::{bulk, reserve, tracer};

/// Requests below this size are not compared with the machine's memory.
const HUGE: usize = 1 << 30;

unsafe extern "C" {
    fn mi_collect(force: bool);
}

/// Has mimalloc give back the pages that it keeps for requests to come.
pub fn trim() {
    // SAFETY: may be called at any time; looks at the calling thread's own heap.
    unsafe { mi_collect(true) };
}

/// The global allocator.
pub struct System {
    /// Bytes of memory and swap of the machine; 0 before the first large request.
    total: AtomicUsize,
}

impl System {
    pub const fn new() -> System {
        System { total: AtomicUsize::new(0) }
    }

    fn affords(&self, bytes: usize) -> bool {
        bytes < HUGE || self.machine_has(bytes)
    }

    #[cold]
    #[inline(never)]
    fn allocate_bulk(&self, bytes: usize, zeroed: bool) -> *mut u8 {
        if self.affords(bytes) { bulk::allocate(bytes, zeroed) } else { std::ptr::null_mut() }
    }

    /// Resizes a block when the old or the new one is a large one.
    ///
    /// # Safety
    /// As for [`GlobalAlloc::realloc`].
    #[cold]
    #[inline(never)]
    unsafe fn reallocate_bulk(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: by the caller's promise; `bytes` fits a layout of the same alignment.
        unsafe {
            let [old, new] = [layout.size(), bytes].map(|bytes| bulk::serves(bytes, layout.align()));
            if let (true, true, Some(block)) = (old, new, NonNull::new(block)) {
                let affordable = bytes <= layout.size() || self.affords(bytes);
                return if affordable { bulk::reallocate(block, layout.size(), bytes) } else { std::ptr::null_mut() };
            }
            let fresh = self.take(Layout::from_size_align_unchecked(bytes, layout.align()), false);
            if !fresh.is_null() {
                std::ptr::copy_nonoverlapping(block, fresh, layout.size().min(bytes));
                self.give(block, layout);
            }
            fresh
        }
    }

    /// A block; nobody is told.
    ///
    /// # Safety
    /// As for [`GlobalAlloc::alloc`].
    #[inline(always)]
    unsafe fn take(&self, layout: Layout, zeroed: bool) -> *mut u8 {
        if bulk::serves(layout.size(), layout.align()) {
            return self.allocate_bulk(layout.size(), zeroed);
        }
        // SAFETY: by the caller's promise.
        unsafe {
            let small = || if zeroed { MiMalloc.alloc_zeroed(layout) } else { allocate(layout) };
            let block = small();
            if block.is_null() && reserve::give_up() { small() } else { block }
        }
    }

    /// Gives a block back; nobody is told.
    ///
    /// # Safety
    /// As for [`GlobalAlloc::dealloc`].
    #[inline(always)]
    unsafe fn give(&self, block: *mut u8, layout: Layout) {
        // SAFETY: by the caller's promise; the size tells where the block came from.
        unsafe {
            match NonNull::new(block) {
                Some(block) if bulk::serves(layout.size(), layout.align()) => bulk::free(block, layout.size()),
                _ => MiMalloc.dealloc(block, layout),
            }
        }
    }

    #[cold]
    fn machine_has(&self, bytes: usize) -> bool {
        let mut total = self.total.load(Ordering::Relaxed);
        if total == 0 {
            total = machine_memory();
            self.total.store(total, Ordering::Relaxed);
        }
        bytes <= total
    }
}

/// Bytes of memory and swap of the machine; without an answer there is no limit.
fn machine_memory() -> usize {
    let mut info = std::mem::MaybeUninit::<libc::sysinfo>::uninit();
    // SAFETY: the call fills the structure when it succeeds, and only then is it read.
    unsafe {
        if libc::sysinfo(info.as_mut_ptr()) != 0 {
            return usize::MAX;
        }
        let info = info.assume_init();
        let units = (info.totalram as usize).saturating_add(info.totalswap as usize);
        units.saturating_mul(info.mem_unit as usize)
    }
}

/// Blocks with this alignment come without being asked for, and sooner.
const COMMON_ALIGN: usize = 8;

/// As `MiMalloc.alloc`.
#[inline(always)]
unsafe fn allocate(layout: Layout) -> *mut u8 {
    // SAFETY: by the caller's promise.
    unsafe {
        if layout.align() <= COMMON_ALIGN {
            libmimalloc_sys::mi_malloc(layout.size()).cast()
        } else {
            MiMalloc.alloc(layout)
        }
    }
}

/// As `MiMalloc.realloc`.
#[inline(always)]
unsafe fn reallocate(block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
    // SAFETY: by the caller's promise.
    unsafe {
        if layout.align() <= COMMON_ALIGN {
            libmimalloc_sys::mi_realloc(block.cast(), size).cast()
        } else {
            MiMalloc.realloc(block, layout, size)
        }
    }
}

// SAFETY: each block goes back to where it came from, which its size tells; a null answer is a refusal.
unsafe impl GlobalAlloc for System {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's promise.
        let block = unsafe { self.take(layout, false) };
        if tracer::is_watching() {
            tracer::born(block, layout.size());
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if tracer::is_watching() {
            tracer::died(block);
        }
        // SAFETY: by the caller's promise.
        unsafe { self.give(block, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's promise.
        let block = unsafe { self.take(layout, true) };
        if tracer::is_watching() {
            tracer::born(block, layout.size());
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: by the caller's promise.
        let moved = unsafe {
            if bulk::serves(size.max(layout.size()), layout.align()) {
                self.reallocate_bulk(block, layout, size)
            } else {
                let moved = reallocate(block, layout, size);
                if moved.is_null() && reserve::give_up() { reallocate(block, layout, size) } else { moved }
            }
        };
        if tracer::is_watching() && !moved.is_null() {
            tracer::died(block);
            tracer::born(moved, size);
        }
        moved
    }
}
