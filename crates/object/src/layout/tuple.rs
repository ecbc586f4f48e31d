//! `tuple`: an immutable run of values, inline.

use std::cell::Cell;

use crate::error::PyResult;
use crate::header::Header;
use crate::layout::trailing::Trailing;
use crate::lifetime;
use crate::reference::Ref;
use crate::ty::Type;
use crate::value::Value;
use crate::vm::Vm;

/// The layout of `tuple`.
#[repr(C)]
pub struct Tuple {
    header: Header,
    /// -1 until it was asked for.
    hash: Cell<i64>,
    items: Trailing<Value>,
}

impl Tuple {
    /// The items.
    #[inline(always)]
    pub fn as_slice(&self) -> &[Value] {
        self.items.as_slice()
    }

    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True if there are no items.
    pub fn is_empty(&self) -> bool {
        self.items.len() == 0
    }

    /// The hash, if it was computed before.
    #[inline(always)]
    pub fn known_hash(&self) -> Option<i64> {
        Some(self.hash.get()).filter(|&hash| hash != -1)
    }

    /// Keeps the hash.
    pub fn remember_hash(&self, hash: i64) {
        self.hash.set(hash);
    }

    /// A tuple of the values, or MemoryError.
    pub fn try_new(vm: &Vm, class: &Type, items: &[Value]) -> PyResult<Ref<Tuple>> {
        Self::try_from_iter(vm, class, items.len(), items.iter().cloned())
    }

    /// A tuple of exactly `len` values taken from `items`.
    #[inline]
    pub(crate) fn try_from_iter(
        vm: &Vm,
        class: &Type,
        len: usize,
        items: impl Iterator<Item = Value>,
    ) -> PyResult<Ref<Tuple>> {
        let bytes = len.checked_mul(size_of::<Value>()).ok_or_else(|| vm.memory_error())?;
        // SAFETY: room for `len` values is asked for, and all of them are written before the object is published.
        let tuple = unsafe {
            lifetime::allocate::<Tuple>(
                vm,
                class,
                bytes,
                Tuple { header: Header::blank(), hash: Cell::new(-1), items: Trailing::with_len(len) },
            )?
        };
        let base = tuple.items.as_ptr();
        let mut written = 0;
        for item in items.take(len) {
            // SAFETY: `written < len`, inside the block.
            unsafe { base.add(written).write(item) };
            written += 1;
        }
        while written < len {
            // SAFETY: as above; a short iterator leaves no item uninitialised.
            unsafe { base.add(written).write(Value::none()) };
            written += 1;
        }
        lifetime::track(vm, tuple.as_value());
        Ok(tuple)
    }

    /// Bytes of the trailing items.
    ///
    /// # Safety
    /// `object` is a live tuple.
    pub unsafe fn trailing(object: *const Header) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (*object.cast::<Tuple>()).items.len() * size_of::<Value>() }
    }

    /// Drops the items.
    ///
    /// # Safety
    /// `object` is a tuple that nobody will use again.
    pub unsafe fn drop_items(object: *mut Header) {
        // SAFETY: the caller's promise; the items are initialised and dropped once.
        unsafe {
            let tuple = object.cast::<Tuple>();
            std::ptr::drop_in_place(std::ptr::slice_from_raw_parts_mut((*tuple).items.as_ptr(), (*tuple).items.len()));
        }
    }

    /// Replaces an item while the tuple is still private to its maker (reference count one).
    ///
    /// Gives the old item back. Returns the new value unused if the tuple is shared or the index is out of range.
    pub fn replace_unshared(&self, index: usize, item: Value) -> Value {
        if index < self.len() && self.header.refcount.get() == 1 {
            self.hash.set(-1);
            // SAFETY: in range, and the sole owner is the caller, who holds no slice across this call.
            unsafe { std::mem::replace(&mut *self.items.as_ptr().add(index), item) }
        } else {
            item
        }
    }

    /// Replaces the items, first to last, of a tuple that other objects refer to already.
    ///
    /// # Safety
    /// The caller made the tuple, and nobody holds a borrow of its items.
    pub unsafe fn fill(&self, items: Vec<Value>) {
        for (index, item) in items.into_iter().enumerate().take(self.len()) {
            // SAFETY: in range; the caller's promise.
            drop(unsafe { std::mem::replace(&mut *self.items.as_ptr().add(index), item) });
        }
        self.hash.set(-1);
    }

    /// True if one reference exists: iterators that reuse their result tuple ask this.
    pub fn is_unshared(&self) -> bool {
        self.header.refcount.get() == 1
    }
}
