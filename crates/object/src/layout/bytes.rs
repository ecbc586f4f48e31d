//! `bytes`: immutable octets, inline, with a cached hash.

use std::cell::Cell;

use crate::builtin::BuiltinType;
use crate::error::PyResult;
use crate::header::Header;
use crate::layout::trailing::Trailing;
use crate::lifetime;
use crate::reference::Ref;
use crate::ty::Type;
use crate::vm::Vm;

/// A zero stands behind the octets, as in CPython: sizes are the same then.
const TERMINATOR: usize = 1;

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
        let bytes = Bytes::try_zeroed(vm, class, data.len(), false)?;
        // SAFETY: the object is new, nobody else sees it, and has room for so many bytes.
        unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), bytes.data.as_ptr(), data.len()) };
        Ok(bytes)
    }

    /// New bytes, which `fill` writes in place over zeros; or MemoryError.
    pub fn try_filled(vm: &Vm, len: usize, fill: impl FnOnce(&mut [u8])) -> PyResult<Ref<Bytes>> {
        let bytes = Bytes::try_zeroed(vm, vm.builtin(BuiltinType::Bytes), len, true)?;
        // SAFETY: the object is new, nobody else sees it, and its bytes are initialised.
        fill(unsafe { std::slice::from_raw_parts_mut(bytes.data.as_ptr(), len) });
        Ok(bytes)
    }

    /// An object with room for `len` bytes, which are zeros, or must be written at once.
    fn try_zeroed(vm: &Vm, class: &Type, len: usize, zeroed: bool) -> PyResult<Ref<Bytes>> {
        let Some(room) = len.checked_add(TERMINATOR) else { return Err(vm.memory_error()) };
        // SAFETY: as many bytes are asked for as are written, or promised to be.
        unsafe {
            let fixed = Bytes { header: Header::blank(), hash: Cell::new(-1), data: Trailing::with_len(len) };
            let bytes = lifetime::allocate::<Bytes>(vm, class, room, fixed)?;
            if zeroed {
                std::ptr::write_bytes(bytes.data.as_ptr(), 0, len);
            }
            bytes.data.as_ptr().add(len).write(0);
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
        unsafe { (*object.cast::<Bytes>()).data.len() + TERMINATOR }
    }
}
