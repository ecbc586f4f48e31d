//! Size classes: which pools serve a request of a given size.

/// Every block's alignment in bytes, and the step between size classes.
pub const ALIGNMENT: usize = 16;
/// The largest request, in bytes, that pools serve.
pub const SMALL_LIMIT: usize = 512;
/// How many size classes there are.
pub const CLASSES: usize = SMALL_LIMIT / ALIGNMENT;

/// The class of a request of `1..=SMALL_LIMIT` bytes; a request of no bytes counts as one byte.
#[inline(always)]
pub(crate) const fn class_of(bytes: usize) -> usize {
    bytes.saturating_sub(1) / ALIGNMENT
}

/// The size in bytes of the blocks of a class.
#[inline(always)]
pub(crate) const fn block_size(class: usize) -> usize {
    (class + 1) * ALIGNMENT
}
