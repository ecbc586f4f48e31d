//! What the heap takes from the operating system: whole arenas by mapping, large blocks by the system allocator.

use crate::size_class::ALIGNMENT;
use std::alloc::Layout;
use std::ptr::NonNull;

/// The layout of a large block; `None` when the size is beyond what an address can say.
fn large_layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.max(1), ALIGNMENT).ok()
}

/// A large block, or `None` when the system refuses.
pub(crate) fn allocate(bytes: usize) -> Option<NonNull<u8>> {
    let layout = large_layout(bytes)?;
    // SAFETY: the layout's size is not zero.
    NonNull::new(unsafe { std::alloc::alloc(layout) })
}

/// Gives a large block back.
///
/// # Safety
/// `block` came from [`allocate`] or [`reallocate`] with this size and is not used again.
pub(crate) unsafe fn free(block: NonNull<u8>, bytes: usize) {
    // SAFETY: the layout was valid when the block was made with it, which the caller promises.
    unsafe { std::alloc::dealloc(block.as_ptr(), Layout::from_size_align_unchecked(bytes.max(1), ALIGNMENT)) }
}

/// Resizes a large block; on `None` the old one is as it was.
///
/// # Safety
/// As for [`free`] with `old`, unless `None` is returned.
pub(crate) unsafe fn reallocate(block: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
    large_layout(new)?;
    // SAFETY: the old layout made the block (caller's promise), the new size was just checked and is not zero.
    let moved = unsafe {
        let layout = Layout::from_size_align_unchecked(old.max(1), ALIGNMENT);
        std::alloc::realloc(block.as_ptr(), layout, new.max(1))
    };
    NonNull::new(moved)
}

#[cfg(all(unix, not(miri)))]
mod mapping {
    use std::ptr::NonNull;

    fn map(bytes: usize) -> Option<NonNull<u8>> {
        // SAFETY: an anonymous private mapping at an address of the system's choice touches no existing memory.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        if address == libc::MAP_FAILED { None } else { NonNull::new(address.cast()) }
    }

    /// # Safety
    /// The range is part of a mapping made by [`map`] and is not used again.
    unsafe fn unmap(start: *mut u8, bytes: usize) {
        if bytes > 0 {
            // SAFETY: by the caller's promise. A refusal leaves the range mapped, which is a leak and nothing worse.
            unsafe { libc::munmap(start.cast(), bytes) };
        }
    }

    /// Address space that nobody touches.
    pub(crate) fn map_untouchable(bytes: usize, align: usize) -> Option<NonNull<u8>> {
        let base = map_aligned(bytes, align)?;
        // SAFETY: the mapping was just made and nobody knows it.
        unsafe { libc::mprotect(base.as_ptr().cast(), bytes, libc::PROT_NONE) };
        Some(base)
    }

    /// `bytes` bytes of zeroed memory aligned to `align` (a power of two, a multiple of the page size).
    pub(crate) fn map_aligned(bytes: usize, align: usize) -> Option<NonNull<u8>> {
        let first = map(bytes)?;
        if first.addr().get().is_multiple_of(align) {
            return Some(first);
        }
        // SAFETY: the mapping was just made and nobody knows it.
        unsafe { unmap(first.as_ptr(), bytes) };
        let wide = map(bytes + align)?.as_ptr();
        let lead = wide.addr().next_multiple_of(align) - wide.addr();
        // SAFETY: `lead < align`, so both the start and the two trimmed ends lie inside the wide mapping.
        unsafe {
            unmap(wide, lead);
            let start = wide.add(lead);
            unmap(start.add(bytes), align - lead);
            NonNull::new(start)
        }
    }

    /// Gives a mapping back.
    ///
    /// # Safety
    /// `start` came from [`map_aligned`] with these numbers and is not used again.
    pub(crate) unsafe fn unmap_aligned(start: NonNull<u8>, bytes: usize, _align: usize) {
        // SAFETY: by the caller's promise.
        unsafe { unmap(start.as_ptr(), bytes) };
    }
}

#[cfg(not(all(unix, not(miri))))]
mod mapping {
    use std::alloc::Layout;
    use std::ptr::NonNull;

    /// Without mappings nothing is kept.
    pub(crate) fn map_untouchable(_bytes: usize, _align: usize) -> Option<NonNull<u8>> {
        None
    }

    /// `bytes` bytes of memory aligned to `align` (a power of two).
    pub(crate) fn map_aligned(bytes: usize, align: usize) -> Option<NonNull<u8>> {
        let layout = Layout::from_size_align(bytes, align).ok()?;
        // SAFETY: an arena's size is not zero.
        NonNull::new(unsafe { std::alloc::alloc(layout) })
    }

    /// Gives such memory back.
    ///
    /// # Safety
    /// `start` came from [`map_aligned`] with these numbers and is not used again.
    pub(crate) unsafe fn unmap_aligned(start: NonNull<u8>, bytes: usize, align: usize) {
        // SAFETY: the layout was valid when the memory was made with it, which the caller promises.
        unsafe { std::alloc::dealloc(start.as_ptr(), Layout::from_size_align_unchecked(bytes, align)) }
    }
}

pub(crate) use mapping::{map_aligned, map_untouchable, unmap_aligned};
