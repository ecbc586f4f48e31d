//! Weak references: the list behind an object, and the layout of `weakref.ref`.

use std::cell::Cell;
use std::ptr::NonNull;

use crate::guarded::Guarded;
use crate::header::Header;
use crate::reference::Ref;
use crate::typedef::TypeFlags;
use crate::value::Value;
use crate::vm::Vm;

/// The layout of `weakref.ref` and the proxies.
#[repr(C)]
pub struct WeakRef {
    pub header: Header,
    /// Null once the referent died.
    referent: Cell<*const Header>,
    /// Called with the reference when the referent dies.
    pub callback: Guarded<Option<Value>>,
    /// The referent's hash, once asked for; -1 before.
    pub hash: Cell<i64>,
}

/// The layout of `weakref.ProxyType`: a weak reference whose meaning is its referent's.
#[repr(C)]
pub struct WeakProxy {
    pub reference: WeakRef,
}

/// The layout of `weakref.CallableProxyType`.
#[repr(C)]
pub struct WeakCallableProxy {
    pub reference: WeakRef,
}

/// All weak references to one object, oldest first; not counted.
type WeakList = Vec<NonNull<WeakRef>>;

impl WeakRef {
    /// The fields of a reference to `referent`, or `None` if its type does not support weak references.
    /// The caller allocates the object and then calls [`WeakRef::register`].
    pub fn to(referent: &Value, callback: Option<Value>) -> Option<WeakRef> {
        let header = referent.header().filter(|h| h.ty().flags().has(TypeFlags::WEAKREF))?;
        Some(WeakRef {
            header: Header::blank(),
            referent: Cell::new(header),
            callback: Guarded::new(callback),
            hash: Cell::new(-1),
        })
    }

    /// Enters the finished object in its referent's list.
    /// `reference` is a `weakref.ref` or the part of a proxy.
    pub fn register(reference: &WeakRef) {
        // SAFETY: set by `to`, and the caller still holds the referent.
        let Some(header) = (unsafe { reference.referent.get().as_ref() }) else { return };
        with_list(header, true, |list| list.push(NonNull::from(reference)));
    }

    /// The same for one that will be looked for again: it stands first.
    pub fn register_shared(reference: &WeakRef) {
        // SAFETY: as in `register`.
        let Some(header) = (unsafe { reference.referent.get().as_ref() }) else { return };
        with_list(header, true, |list| list.insert(0, NonNull::from(reference)));
    }

    /// The referent, if it is alive.
    pub fn get(&self) -> Option<Value> {
        // SAFETY: not null means alive: death clears it first.
        let header = unsafe { self.referent.get().as_ref() }?;
        if header.refcount.get() == 0 {
            return None;
        }
        header.increment();
        // SAFETY: the increment is handed to the value.
        Some(unsafe { Value::from_bits(header as *const Header as u64) })
    }

    /// Forgets the referent without calling the callback; gives the callback.
    pub fn detach(&self) -> Option<Value> {
        // SAFETY: as in `get`.
        if let Some(header) = unsafe { self.referent.replace(std::ptr::null()).as_ref() } {
            with_list(header, false, |list| list.retain(|r| !std::ptr::eq(r.as_ptr(), self)));
        }
        self.callback.take()
    }
}

impl Drop for WeakRef {
    fn drop(&mut self) {
        drop(self.detach());
    }
}

fn with_list<R: Default>(header: &Header, create: bool, f: impl FnOnce(&mut WeakList) -> R) -> R {
    let Some(extension) = header.extension() else { return R::default() };
    if extension.weak.get().is_null() {
        if !create {
            return R::default();
        }
        extension.weak.set(Box::into_raw(Box::new(WeakList::new())).cast());
    }
    // SAFETY: an owned box, reached only here, and `f` runs no Python code.
    f(unsafe { &mut *extension.weak.get().cast::<WeakList>() })
}

/// The first live weak reference to an object that passes a test, which runs no Python code.
pub fn find_reference(object: &Value, test: impl Fn(&Value) -> bool) -> Option<Value> {
    with_list(object.header()?, false, |list| {
        // SAFETY: as in `references_to`.
        let live = list.iter().map(|r| unsafe { r.as_ref() }).filter(|r| r.header.refcount.get() > 0);
        live.map(|r| Ref::from_borrowed(r).into_value()).find(test)
    })
}

/// The live weak references to an object: the shared ones, then the oldest first.
pub fn references_to(object: &Value) -> Vec<Ref<WeakRef>> {
    let Some(header) = object.header() else { return Vec::new() };
    with_list(header, false, |list| {
        // SAFETY: listed references are live: each leaves the list before it dies.
        list.iter()
            .filter(|r| unsafe { r.as_ref() }.header.refcount.get() > 0)
            .map(|r| Ref::from_borrowed(unsafe { r.as_ref() }))
            .collect()
    })
}

/// Clears all weak references to a dying object, newest first, then calls their callbacks.
pub(crate) fn clear_references(header: &Header) {
    let Some(extension) = header.extension() else { return };
    let list = extension.weak.replace(std::ptr::null_mut());
    if list.is_null() {
        return;
    }
    // SAFETY: the word owned the box.
    let list = unsafe { Box::from_raw(list.cast::<WeakList>()) };
    let mut calls = Vec::new();
    for reference in list.iter().rev() {
        // SAFETY: listed references are live.
        let reference = unsafe { reference.as_ref() };
        reference.referent.set(std::ptr::null());
        let callback = reference.callback.take();
        if reference.header.refcount.get() > 0
            && let Some(callback) = callback
        {
            calls.push((Ref::from_borrowed(reference), callback));
        }
    }
    if let Some(vm) = header.ty().interp().current() {
        call_callbacks(calls, vm);
    }
}

/// Clears all weak references to an object that the collector will end. Gives those with a callback, newest first, but for
/// references that are garbage themselves.
pub(crate) fn clear_for_collection(
    header: &Header,
    is_garbage: impl Fn(&Header) -> bool,
) -> Vec<(Ref<WeakRef>, Value)> {
    let list = with_list(header, false, std::mem::take);
    let mut calls = Vec::new();
    for reference in list.iter().rev() {
        // SAFETY: listed references are live.
        let reference = unsafe { reference.as_ref() };
        reference.referent.set(std::ptr::null());
        if reference.header.refcount.get() == 0 || is_garbage(&reference.header) {
            continue;
        }
        if let Some(callback) = reference.callback.take() {
            calls.push((Ref::from_borrowed(reference), callback));
        }
    }
    calls
}

/// Calls each callback with its reference; errors are reported as unraisable.
pub(crate) fn call_callbacks(calls: Vec<(Ref<WeakRef>, Value)>, vm: &Vm) {
    for (reference, callback) in calls {
        let pending = vm.take_exception();
        if vm.call(&callback, &[reference.into_value()]).is_err() {
            vm.write_unraisable(Some("Exception ignored while calling weakref callback"), &callback);
        }
        vm.restore_exception(pending);
    }
}
