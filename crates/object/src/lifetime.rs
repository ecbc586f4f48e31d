//! Birth and death of objects.
//!
//! An object's block is: extension words (if its type has them), collector links (if it can be part of a cycle), header
//! and native fields, trailing items, `__slots__` members, attribute slots.

use std::ptr::NonNull;

use crate::error::PyResult;
use crate::header::{Extension, GcLinks, Header};
use crate::reference::{Object, Ref};
use crate::ty::Type;
use crate::typedef::TypeFlags;
use crate::value::Value;
use crate::vm::Vm;

/// Nested deaths beyond this depth wait in a queue, so that long chains are freed without recursion.
const MAX_NESTED_DEATHS: u32 = 48;

impl Header {
    /// The header of an object under construction; [`allocate`] writes the real one.
    pub const fn blank() -> Header {
        Header::unset()
    }
}

/// Objects up to this size are made beyond the heap's budget, too; see [`indispensable`].
const INDISPENSABLE: usize = 512;

/// Allocates an object of `class` with `trailing` further bytes and moves `fixed` into it.
/// The object is not yet tracked by the collector.
///
/// # Safety
/// `class`'s layout begins with `T`'s; the trailing bytes are initialised before anyone reads them.
pub(crate) unsafe fn allocate<T: Object>(vm: &Vm, class: &Type, trailing: usize, fixed: T) -> PyResult<Ref<T>> {
    // SAFETY: by the caller's promise.
    unsafe {
        allocate_from(vm, class, trailing, fixed, |bytes| match bytes {
            ..=INDISPENSABLE => indispensable(vm, bytes),
            _ => vm.interp().heap.allocate(bytes),
        })
    }
}

/// [`allocate`] with a source of memory.
///
/// # Safety
/// As for [`allocate`].
unsafe fn allocate_from<T: Object>(
    vm: &Vm,
    class: &Type,
    trailing: usize,
    fixed: T,
    source: impl FnOnce(usize) -> Option<NonNull<u8>>,
) -> PyResult<Ref<T>> {
    debug_assert!(class.derives_layout(T::def()));
    debug_assert_eq!(class.def().layout.size, T::def().layout.size, "a struct without the fields of its class");
    let prefix = class.prefix_bytes();
    let total = class.instance_size(trailing, class.inline_capacity()).and_then(|own| prefix.checked_add(own));
    let Some(total) = total.filter(|&total| total < isize::MAX as usize) else { return Err(vm.memory_error()) };
    let Some(block) = source(total) else { return Err(vm.memory_error()) };
    // SAFETY: the block has room for the prefix, `T`, and all slots; each part is written once before use.
    unsafe {
        let object = block.as_ptr().add(prefix);
        if prefix >= size_of::<GcLinks>() {
            object.cast::<GcLinks>().sub(1).write(GcLinks::detached());
        }
        if prefix > size_of::<GcLinks>() {
            object.cast::<GcLinks>().sub(1).cast::<Extension>().sub(1).write(Extension::empty());
        }
        object.cast::<T>().write(fixed);
        object.cast::<Header>().write(Header::new(class, class.instance_shape()));
        if T::def().layout.trailing.is_none() || class.member_slot_count() > 0 {
            let first = class.member_offset(trailing);
            object.add(first).write_bytes(0, total - prefix - first);
        }
        if class.is_heap() {
            class.header.increment();
        }
        Ok(Ref::from_raw(NonNull::new_unchecked(object.cast())))
    }
}

/// A small block; one beyond the heap's budget makes MemoryError follow at the next look at the breaker.
fn indispensable(vm: &Vm, bytes: usize) -> Option<NonNull<u8>> {
    let heap = &vm.interp().heap;
    heap.allocate(bytes).or_else(|| {
        vm.interp().breaker.fetch_or(crate::vm::breaker::BUDGET, std::sync::atomic::Ordering::Relaxed);
        heap.allocate_beyond_budget(bytes)
    })
}

/// A new tracked object of `class`, which derives from `T`'s own type. An object beyond the heap's budget is made all the
/// same, and MemoryError follows at the next look at the breaker.
pub fn new_of<T: Object>(vm: &Vm, class: &Type, fixed: T) -> Ref<T> {
    assert!(T::def().layout.trailing.is_none() && class.derives_layout(T::def()), "layout mismatch");
    // SAFETY: no trailing bytes, layout checked.
    match unsafe { allocate_from(vm, class, 0, fixed, |bytes| indispensable(vm, bytes)) } {
        Ok(object) => {
            track(vm, object.as_value());
            object
        }
        Err(_) => crate::interpreter::out_of_memory(),
    }
}

impl<T: Object> Ref<T> {
    /// A new object of exactly `T`'s own type.
    #[inline]
    pub fn new(vm: &Vm, fixed: T) -> Ref<T> {
        new_of(vm, vm.type_of::<T>(), fixed)
    }

    /// A new object of `class`, which derives from `T`'s own type.
    pub fn new_in(vm: &Vm, class: &Type, fixed: T) -> Ref<T> {
        new_of(vm, class, fixed)
    }
}

/// Puts a fully initialised object under the collector's eyes, if its type can be part of a cycle.
#[inline]
pub fn track(vm: &Vm, object: &Value) {
    if let Some(links) = object.header().and_then(Header::links) {
        vm.interp().gc.track(links);
    }
}

/// Takes an object out of the collector's sight.
pub fn untrack(vm: &Vm, object: &Value) {
    if let Some(links) = object.header().and_then(Header::links) {
        vm.interp().gc.untrack(links);
    }
}

/// Ends an object whose count fell to zero, now or after the deaths already under way.
///
/// # Safety
/// The count is zero and nothing refers to the object any more (weak references aside).
#[cold]
pub(crate) unsafe fn destroy(object: NonNull<Header>) {
    // SAFETY: the object is still whole.
    let header = unsafe { object.as_ref() };
    let interp = header.ty().interp();
    if interp.nested_deaths.get() >= MAX_NESTED_DEATHS {
        if let Some(links) = header.links() {
            interp.gc.untrack(links);
        }
        interp.waiting_deaths.with_mut(|waiting| waiting.push(object));
        return;
    }
    interp.nested_deaths.set(interp.nested_deaths.get() + 1);
    // SAFETY: as the caller promises.
    unsafe { destroy_now(object) };
    interp.nested_deaths.set(interp.nested_deaths.get() - 1);
    if interp.nested_deaths.get() == 0 {
        while let Some(next) = interp.waiting_deaths.with_mut(Vec::pop) {
            interp.nested_deaths.set(1);
            // SAFETY: queued by `destroy`, untouched since.
            unsafe { destroy_now(next) };
            interp.nested_deaths.set(0);
        }
    }
}

unsafe fn destroy_now(object: NonNull<Header>) {
    // SAFETY: the object is whole until `drop` below.
    let header = unsafe { object.as_ref() };
    if header.ty().slots().finalize.is_some() && resurrected_by_finalizer(header) {
        return;
    }
    // Only now: the finalizer may have assigned `__class__`.
    let ty = header.ty();
    let interp = ty.interp();
    // Before callbacks run: a collection in them must not meet an object without references.
    if let Some(links) = header.links() {
        interp.gc.untrack(links);
    }
    if ty.flags().has(TypeFlags::EXTENSION) {
        crate::weak::clear_references(header);
    }
    let class = ty as *const Type;
    if ty.inline_capacity() > 0 || ty.member_slot_count() > 0 || ty.flags().has(TypeFlags::EXTENSION) {
        header.drop_slots();
        if header.extension().is_some_and(|extension| !extension.attributes.get().is_null()) {
            let mut owned = Vec::new();
            header.take_attributes(&mut owned);
            drop(owned);
        }
    }
    let layout = &ty.def().layout;
    // SAFETY: the layout describes this object; size is read before the fields go.
    unsafe {
        let trailing = layout.trailing.map_or(0, |trailing| trailing(object.as_ptr()));
        let own = ty.instance_size(trailing, header.inline_capacity()).unwrap_or(0);
        let prefix = ty.prefix_bytes();
        let heap_class = ty.is_heap();
        (layout.drop)(object.as_ptr());
        let block = object.as_ptr().cast::<u8>().sub(prefix);
        interp.heap.free(NonNull::new_unchecked(block), prefix + own);
        if heap_class {
            drop(Value::from_bits(class as u64));
        }
    }
}

/// Runs the finalizer once; true if the object lives on.
fn resurrected_by_finalizer(header: &Header) -> bool {
    if let Some(links) = header.links()
        && links.set_finalized()
    {
        return false;
    }
    header.refcount.set(1);
    // SAFETY: the word of a live object; the value gives its count back by `into_bits` below.
    let value = unsafe { Value::from_bits(header as *const Header as u64) };
    run_finalizer(&value);
    let _ = value.into_bits();
    header.decrement();
    header.refcount.get() != 0
}

/// Calls the type's finalizer, keeping the exception that may be under way.
pub(crate) fn run_finalizer(value: &Value) {
    let Some(header) = value.header() else { return };
    let interp = header.ty().interp();
    let Some(finalize) = header.ty().slots().finalize else { return };
    let Some(vm) = interp.current() else { return };
    let pending = vm.take_exception();
    finalize(value, vm);
    vm.restore_exception(pending);
}
