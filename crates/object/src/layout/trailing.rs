//! Items that lie behind the fixed part of an object, in the same block.

use std::marker::PhantomData;

/// The length of the trailing items, and the place where they begin. Must be the last field of a `repr(C)` layout.
#[repr(C)]
pub(crate) struct Trailing<T> {
    len: usize,
    items: [T; 0],
    _owns: PhantomData<T>,
}

impl<T> Trailing<T> {
    /// The field's value for an object whose block has room for `len` items.
    ///
    /// # Safety
    /// The object is allocated with `len * size_of::<T>()` trailing bytes, and they are initialised before they are read.
    pub(crate) unsafe fn with_len(len: usize) -> Self {
        Trailing { len, items: [], _owns: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> *mut T {
        (&raw const self.items).cast_mut().cast()
    }

    #[inline(always)]
    pub(crate) fn as_slice(&self) -> &[T] {
        // SAFETY: `with_len`'s contract: that many initialised items follow.
        unsafe { std::slice::from_raw_parts(self.as_ptr(), self.len) }
    }
}
