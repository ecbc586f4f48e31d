//! Storage of mutable objects, reached only through guards.

#[cfg(debug_assertions)]
use std::cell::Cell;
use std::cell::UnsafeCell;

/// A payload that is borrowed for the length of a closure and no longer.
///
/// The closure must not run Python code: no call, no comparison, no drop of a value. Take old values out, leave, then
/// drop them. Release builds check nothing; debug builds panic when a guard is entered while another is open.
pub struct Guarded<T> {
    #[cfg(debug_assertions)]
    open: Cell<bool>,
    payload: UnsafeCell<T>,
}

#[cfg(debug_assertions)]
struct Open<'a>(&'a Cell<bool>);

#[cfg(debug_assertions)]
impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl<T> Guarded<T> {
    /// Wraps a payload.
    pub const fn new(payload: T) -> Self {
        Guarded {
            #[cfg(debug_assertions)]
            open: Cell::new(false),
            payload: UnsafeCell::new(payload),
        }
    }

    #[cfg(debug_assertions)]
    #[track_caller]
    fn enter(&self) -> Open<'_> {
        assert!(!self.open.replace(true), "an object's storage is already borrowed");
        Open(&self.open)
    }

    /// Reads through a shared borrow.
    #[inline(always)]
    #[cfg_attr(debug_assertions, track_caller)]
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        #[cfg(debug_assertions)]
        let _open = self.enter();
        // SAFETY: the closure runs no code that could reach this payload again (checked in debug builds).
        read(unsafe { &*self.payload.get() })
    }

    /// Changes through an exclusive borrow.
    #[inline(always)]
    #[cfg_attr(debug_assertions, track_caller)]
    pub fn with_mut<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        #[cfg(debug_assertions)]
        let _open = self.enter();
        // SAFETY: as in `with`.
        change(unsafe { &mut *self.payload.get() })
    }

    /// Puts a new payload in and gives the old one back.
    #[inline(always)]
    #[must_use = "dropping the old payload may run Python code; say so with `drop`"]
    pub fn replace(&self, payload: T) -> T {
        self.with_mut(|slot| std::mem::replace(slot, payload))
    }

    /// Puts a new payload in; the old one is dropped after the guard has closed.
    #[inline(always)]
    pub fn set(&self, payload: T) {
        drop(self.replace(payload));
    }

    /// A copy of the payload.
    #[inline(always)]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// The payload, leaving the default.
    #[inline(always)]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }
}

impl<T: Default> Default for Guarded<T> {
    fn default() -> Self {
        Guarded::new(T::default())
    }
}
