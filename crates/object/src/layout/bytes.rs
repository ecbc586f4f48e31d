//! `bytes`: immutable octets, inline, with a cached hash.

use std::cell::Cell;

use crate::error::PyResult;
use crate::header::Header;
use crate::layout::trailing::Trailing;
use crate::lifetime;
use crate::reference::Ref;
use crate::ty::Type;
use crate::vm::Vm;

/// The layout of `bytes`.
#[repr(C)]
pub struct Bytes {
    header: Header,
    hash: Cell<i64>,
    data: Trailing<u8>,
}

impl Bytes {
    /// The octets.
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        self.data.as_slice()
    }

    /// A new object of `class`, or MemoryError.
    pub fn try_new(vm: &Vm, class: &Type, data: &[u8]) -> PyResult<Ref<Bytes>> {
        // SAFETY: `data.len()` bytes are asked for and written at once.
        unsafe {
            let fixed = Bytes { header: Header::blank(), hash: Cell::new(-1), data: Trailing::with_len(data.len()) };
            let bytes = lifetime::allocate::<Bytes>(vm, class, data.len(), fixed)?;
            std::ptr::copy_nonoverlapping(data.as_ptr(), bytes.data.as_ptr(), data.len());
            if class.is_heap() {
                lifetime::track(vm, bytes.as_value());
            }
            Ok(bytes)
        }
    }

    /// The hash, computed once; equal bytes and ASCII strings hash alike.
    pub fn hash(&self, vm: &Vm) -> i64 {
        if self.hash.get() == -1 {
            self.hash.set(vm.interp().hash_bytes(self.as_slice()));
        }
        self.hash.get()
    }

    /// Bytes of the trailing items.
    ///
    /// # Safety
    /// `object` is a live bytes object.
    pub unsafe fn trailing(object: *const Header) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (*object.cast::<Bytes>()).data.len() }
    }
}
