//! The process's allocator: mimalloc, which takes address space without asking whether there is memory for it, so that
//! requests beyond what the machine has are refused here. A refusal becomes MemoryError.
#![allow(unsafe_code, reason = "a global allocator")]

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicUsize, Ordering};

use mimalloc::MiMalloc;
use pyrope_alloc::tracer;

/// Requests below this size are not looked at.
const LARGE: usize = 1 << 30;

/// The global allocator.
pub struct System {
    /// Bytes of memory and swap of the machine; 0 before the first large request.
    total: AtomicUsize,
}

impl System {
    pub const fn new() -> System {
        System { total: AtomicUsize::new(0) }
    }

    #[inline(always)]
    fn affords(&self, bytes: usize) -> bool {
        bytes < LARGE || self.machine_has(bytes)
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

// SAFETY: everything goes to mimalloc unchanged; a null answer is a refusal.
unsafe impl GlobalAlloc for System {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !self.affords(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: by the caller's promise.
        let block = unsafe { allocate(layout) };
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
        unsafe { MiMalloc.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !self.affords(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: by the caller's promise.
        let block = unsafe { MiMalloc.alloc_zeroed(layout) };
        if tracer::is_watching() {
            tracer::born(block, layout.size());
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !self.affords(size) {
            return std::ptr::null_mut();
        }
        // SAFETY: by the caller's promise.
        let moved = unsafe { reallocate(block, layout, size) };
        if tracer::is_watching() && !moved.is_null() {
            tracer::died(block);
            tracer::born(moved, size);
        }
        moved
    }
}
