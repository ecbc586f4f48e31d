//! Birth and death of objects.
//!
//! An object's block is: extension words (if its type has them), collector links (if it can be part of a cycle), header
//! and native fields, trailing items, `__slots__` members, attribute slots.

use std::ptr::NonNull;

use crate::error::PyResult;
use crate::header::{Extension, GcLinks, Header};
use crate::layout::Plain;
use crate::reference::{Object, Ref};
use crate::ty::{Plainness, Type};
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
#[inline(always)]
pub(crate) unsafe fn allocate<T: Object>(vm: &Vm, class: &Type, trailing: usize, fixed: T) -> PyResult<Ref<T>> {
    if trailing <= INDISPENSABLE
        && std::ptr::eq(class.def, T::def())
        && matches!(class.plainness(), Plainness::Plain | Plainness::Leaf)
    {
        // SAFETY: by the caller's promise; the type was just looked at.
        return unsafe { allocate_plainly(vm, class, size_of::<T>() + trailing, fixed) }
            .ok_or_else(|| vm.memory_error());
    }
    // SAFETY: by the caller's promise.
    unsafe {
        allocate_from(vm, class, trailing, fixed, |bytes| match bytes {
            ..=INDISPENSABLE => indispensable(vm, bytes),
            _ => vm.interp().heap.allocate(bytes),
        })
    }
}

/// An instance of exactly a type that is not special, of `bytes` from the header on.
///
/// # Safety
/// As for [`allocate`], and instances of the type have no fields beyond `T`'s.
#[inline(always)]
unsafe fn allocate_plainly<T: Object>(vm: &Vm, class: &Type, bytes: usize, fixed: T) -> Option<Ref<T>> {
    debug_assert!(class.derives_layout(T::def()) && class.basic_size() == size_of::<T>());
    let prefix = class.prefix_bytes();
    let block = match vm.interp().heap.allocate(prefix + bytes) {
        Some(block) => block,
        None => indispensable(vm, prefix + bytes)?,
    };
    // SAFETY: the block has room for the links, `T` and what trails; each part is written once before use.
    unsafe {
        let object = block.as_ptr().add(prefix);
        if prefix != 0 {
            object.cast::<GcLinks>().sub(1).write(GcLinks::detached());
        }
        if prefix > size_of::<GcLinks>() {
            object.cast::<GcLinks>().sub(1).cast::<Extension>().sub(1).write(Extension::empty());
        }
        object.cast::<T>().write(fixed);
        object.cast::<Header>().write(Header::new(class, class.instance_shape()));
        Some(Ref::from_raw(NonNull::new_unchecked(object.cast())))
    }
}

/// Puts a fresh instance of a type that is not special under the collector's eyes, if it has links.
#[inline(always)]
pub(crate) fn track_fresh<T: Object>(vm: &Vm, class: &Type, object: &Ref<T>) {
    if class.prefix_bytes() != 0
        && let Some(header) = object.as_value().header()
    {
        // SAFETY: links stand before the header of each object that has a prefix.
        vm.interp().gc.track_fresh(unsafe { &*std::ptr::from_ref(header).cast::<GcLinks>().sub(1) });
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
///
/// Always inlined, so that the fields go from where they are computed to the object: a copy by way of the stack waits
/// for the stores before it.
#[inline(always)]
pub fn new_of<T: Object>(vm: &Vm, class: &Type, fixed: T) -> Ref<T> {
    if T::def().layout.trailing.is_none()
        && std::ptr::eq(class.def, T::def())
        && size_of::<T>() <= INDISPENSABLE
        && class.plainness() != Plainness::Special
    {
        // SAFETY: no trailing bytes, layout checked.
        return match unsafe { allocate_plainly(vm, class, size_of::<T>(), fixed) } {
            Some(object) => {
                track_fresh(vm, class, &object);
                object
            }
            None => crate::interpreter::out_of_memory(),
        };
    }
    new_of_any(vm, class, fixed)
}

#[inline(never)]
fn new_of_any<T: Object>(vm: &Vm, class: &Type, fixed: T) -> Ref<T> {
    assert!(T::def().layout.trailing.is_none() && class.derives_layout(T::def()), "layout mismatch");
    if class.plainness() != Plainness::Special && class.basic_size() == size_of::<T>() {
        // SAFETY: no trailing bytes, layout checked.
        let Some(object) = (unsafe { allocate_plainly(vm, class, size_of::<T>(), fixed) }) else {
            crate::interpreter::out_of_memory()
        };
        track_fresh(vm, class, &object);
        return object;
    }
    // SAFETY: no trailing bytes, layout checked.
    match unsafe { allocate_from(vm, class, 0, fixed, |bytes| indispensable(vm, bytes)) } {
        Ok(object) => {
            track(vm, object.as_value());
            object
        }
        Err(_) => crate::interpreter::out_of_memory(),
    }
}

/// A new object of a class without native fields: [`new_of`] for [`Plain`].
pub fn new_instance(vm: &Vm, class: &Type) -> Ref<Plain> {
    let prefix = class.prefix_bytes();
    let own = class.basic_size() + class.inline_capacity() * size_of::<Value>();
    let plain = std::ptr::eq(class.def, Plain::def()) && class.is_heap() && prefix != 0;
    let block = if plain { vm.interp().heap.allocate(prefix + own) } else { None };
    let Some(block) = block else { return new_of_any(vm, class, Plain { header: Header::blank() }) };
    // SAFETY: the block has room for the prefix, the header, and all slots; each part is written once before use.
    unsafe {
        let object = block.as_ptr().add(prefix);
        object.cast::<GcLinks>().sub(1).write(GcLinks::detached());
        if prefix > size_of::<GcLinks>() {
            object.cast::<GcLinks>().sub(1).cast::<Extension>().sub(1).write(Extension::empty());
        }
        object.cast::<Header>().write(Header::new(class, class.instance_shape()));
        object.add(size_of::<Plain>()).write_bytes(0, own - size_of::<Plain>());
        class.header.increment();
        vm.interp().gc.track_fresh(&*object.cast::<GcLinks>().sub(1));
        Ref::from_raw(NonNull::new_unchecked(object.cast()))
    }
}

impl<T: Object> Ref<T> {
    /// A new object of exactly `T`'s own type.
    #[inline(always)]
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

/// Tells that the object's finalizer would have nothing to do any more. Not while the collector tries the object.
pub fn settle(object: &Value, vm: &Vm) {
    if let Some(links) = object.header().and_then(Header::links)
        && !vm.interp().gc.collecting.get()
    {
        links.settle();
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
    if header.ty().plainness() == Plainness::Leaf {
        // SAFETY: as the caller promises.
        unsafe { destroy_plainly(object) };
        return;
    }
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

#[inline(always)]
unsafe fn destroy_now(object: NonNull<Header>) {
    // SAFETY: the object is whole; by the caller's promise.
    unsafe {
        match object.as_ref().ty().plainness() {
            Plainness::Plain | Plainness::Leaf => destroy_plainly(object),
            Plainness::Light if ends_plainly(object.as_ref()) => destroy_plainly(object),
            _ => destroy_specially(object),
        }
    }
}

/// Has this instance of a light type neither weak references nor attributes, nor anything to finalize?
#[inline(always)]
fn ends_plainly(header: &Header) -> bool {
    let unfinished = header.ty().slots().finalize.is_some() && !header.links().is_some_and(|links| links.is_settled());
    let extended = header
        .extension()
        .is_some_and(|extension| !extension.weak.get().is_null() || !extension.attributes.get().is_null());
    !unfinished && !extended
}

/// The end of an instance of exactly a type that is not special, and has nothing beside its fields.
#[inline(always)]
unsafe fn destroy_plainly(object: NonNull<Header>) {
    // SAFETY: the layout describes this object; size is read before the fields go.
    unsafe {
        let ty = object.as_ref().ty();
        let interp = ty.interp();
        let prefix = ty.prefix_bytes();
        if prefix != 0 {
            interp.gc.forget(&*object.as_ptr().cast::<GcLinks>().sub(1));
        }
        let layout = &ty.def.layout;
        let trailing = layout.trailing.map_or(0, |trailing| trailing(object.as_ptr()));
        let bytes = prefix + layout.size + trailing;
        (layout.drop)(object.as_ptr());
        interp.heap.free(NonNull::new_unchecked(object.as_ptr().cast::<u8>().sub(prefix)), bytes);
    }
}

#[inline(never)]
unsafe fn destroy_specially(object: NonNull<Header>) {
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
    if header.extension().is_some_and(|extension| !extension.weak.get().is_null()) {
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
        && (links.is_settled() || links.set_finalized())
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
