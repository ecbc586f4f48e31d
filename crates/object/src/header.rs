//! What every heap object begins with, and the words that may stand before it.

use std::cell::Cell;

use crate::ty::Type;

/// The first 16 bytes of every heap object.
#[repr(C)]
pub struct Header {
    /// References to the object; at or above [`IMMORTAL`] it is no longer counted.
    pub refcount: Cell<u32>,
    /// The number of the object's [`Shape`](crate::shape::Shape): exact type and attribute layout in one.
    pub shape: Cell<u32>,
    ty: Cell<*const Type>,
}

const _: () = assert!(size_of::<Header>() == 16);

/// Counts from here on stand still.
pub const IMMORTAL: u32 = 0xC000_0000;

impl Header {
    pub(crate) const fn unset() -> Header {
        Header { refcount: Cell::new(1), shape: Cell::new(0), ty: Cell::new(std::ptr::null()) }
    }

    pub(crate) fn new(ty: *const Type, shape: u32) -> Header {
        Header { refcount: Cell::new(1), shape: Cell::new(shape), ty: Cell::new(ty) }
    }

    /// The exact type.
    #[inline(always)]
    pub fn ty(&self) -> &Type {
        // SAFETY: an object holds a reference to its type, and a type's memory outlives the collection that kills it.
        unsafe { &*self.ty.get() }
    }

    pub(crate) fn set_ty(&self, ty: *const Type) {
        self.ty.set(ty);
    }

    #[inline(always)]
    pub(crate) fn increment(&self) {
        let count = self.refcount.get();
        if count < IMMORTAL {
            self.refcount.set(count + 1);
        }
    }

    /// True when the last reference went.
    #[inline(always)]
    pub(crate) fn decrement(&self) -> bool {
        let count = self.refcount.get();
        if count < IMMORTAL {
            self.refcount.set(count - 1);
            count == 1
        } else {
            false
        }
    }

    /// Stops counting for good.
    pub fn make_immortal(&self) {
        self.refcount.set(IMMORTAL);
    }
}

/// The collector's links, before the header of each object that can be part of a cycle.
#[repr(C)]
pub struct GcLinks {
    /// Next in the generation's ring; null while the object is not tracked.
    pub next: Cell<*mut GcLinks>,
    /// Previous in the ring, with flag bits in the low bits; during a collection it holds the trial count.
    pub prev: Cell<usize>,
}

const _: () = assert!(size_of::<GcLinks>() == 16);

/// The object's finalizer has run.
pub(crate) const FINALIZED: usize = 1;
/// The object's finalizer would have nothing to do.
pub(crate) const SETTLED: usize = 0b1000;

impl GcLinks {
    pub(crate) const fn detached() -> GcLinks {
        GcLinks { next: Cell::new(std::ptr::null_mut()), prev: Cell::new(0) }
    }

    /// Marks the finalizer as run; true if it already had.
    pub(crate) fn set_finalized(&self) -> bool {
        let word = self.prev.get();
        self.prev.set(word | FINALIZED);
        word & FINALIZED != 0
    }

    /// From now on the finalizer has nothing to do, and need not be called.
    pub(crate) fn settle(&self) {
        self.prev.set(self.prev.get() | SETTLED);
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.prev.get() & SETTLED != 0
    }

    /// True if the finalizer has run.
    pub fn is_finalized(&self) -> bool {
        self.prev.get() & FINALIZED != 0
    }

    /// True while the collector watches the object.
    #[inline]
    pub fn is_tracked(&self) -> bool {
        !self.next.get().is_null()
    }
}

/// What stands before the links of an object that can have attributes of its own or be weakly referenced.
#[repr(C)]
pub struct Extension {
    /// Null, or the overflow attributes, or the dict of an instance in dict mode; see [`crate::instance`].
    pub attributes: Cell<*mut u8>,
    /// Head of the list of weak references; null if none.
    pub weak: Cell<*mut u8>,
}

const _: () = assert!(size_of::<Extension>() == 16);

impl Extension {
    pub(crate) const fn empty() -> Extension {
        Extension { attributes: Cell::new(std::ptr::null_mut()), weak: Cell::new(std::ptr::null_mut()) }
    }
}
