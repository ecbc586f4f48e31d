//! Buffers whose end a Python `__release_buffer__` is told of (PEP 688): those that a Python `__buffer__` lends, and those
//! that a native type lends for an instance of such a class.

use pyrope_macros::pyclass;
use pyrope_object::buffer::{Buffer, BufferOwner};
use pyrope_object::{Guarded, Header, PyResult, Ref, Traverse, Type, Value, Vm};

use super::MemoryView;
use crate::model::descriptors::MethodDescriptor;

/// Stands between a buffer's user and the view that `__buffer__` gave.
#[pyclass(name = "_buffer_wrapper", flags(GC, DISALLOW_INSTANTIATION), doc = "")]
pub struct LentBuffer {
    header: Header,
    object: Value,
    /// What `__buffer__` gave; none for a native type's buffer.
    view: Option<Ref<MemoryView>>,
    /// None once it was given back.
    inner: Guarded<Option<Buffer>>,
}

impl Traverse for LentBuffer {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.object.traverse(visit);
        self.view.traverse(visit);
        self.inner.with(|inner| inner.iter().for_each(|inner| inner.owner.traverse(visit)));
    }
}

/// True if instances of the class tell a method written in Python of the end of their buffers.
pub fn tells_release(class: &Type, vm: &Vm) -> bool {
    let found = class.is_heap().then(|| class.lookup(&vm.names().__release_buffer__, vm)).flatten();
    found.is_some_and(|method| method.downcast::<MethodDescriptor>().is_none())
}

/// The buffer of `view`, which `object.__buffer__` gave. A view of the object itself tells of its own end.
pub fn lend(object: &Value, view: Ref<MemoryView>, inner: Buffer, vm: &Vm) -> PyResult<Buffer> {
    let own = view.source(vm).is_ok_and(|source| exporter(&source.buffer.owner).is(object));
    if own || !tells_release(object.ty(vm), vm) {
        return Ok(inner);
    }
    Ok(stand_between(object, Some(view), inner, vm))
}

/// The buffer that `object`'s native base lends.
pub fn lend_natively(object: &Value, inner: Buffer, vm: &Vm) -> Buffer {
    if tells_release(object.ty(vm), vm) { stand_between(object, None, inner, vm) } else { inner }
}

/// Who lends the buffer of this owner.
pub fn exporter(owner: &Value) -> Value {
    match owner.downcast_exact::<LentBuffer>() {
        Some(lent) if lent.view.is_none() => lent.object.clone(),
        _ => owner.clone(),
    }
}

fn stand_between(object: &Value, view: Option<Ref<MemoryView>>, inner: Buffer, vm: &Vm) -> Buffer {
    let (offset, len, item_size, readonly) = (inner.offset, inner.len, inner.item_size, inner.readonly);
    let (format, shape, strides) = (inner.format.clone(), inner.shape.clone(), inner.strides.clone());
    let inner = Guarded::new(Some(inner));
    let lent = Ref::new(vm, LentBuffer { header: Header::blank(), object: object.clone(), view, inner });
    let (owner, access) = (lent.into_value(), &LentAccess);
    Buffer { owner, access, offset, len, item_size, readonly, format, shape, strides }
}

struct LentAccess;

impl BufferOwner for LentAccess {
    fn with_bytes(&self, owner: &Value, read: &mut dyn FnMut(&[u8])) {
        if let Some(lent) = owner.downcast::<LentBuffer>() {
            lent.inner.with(|inner| inner.iter().for_each(|inner| inner.access.with_bytes(&inner.owner, read)));
        }
    }

    fn with_bytes_mut(&self, owner: &Value, change: &mut dyn FnMut(&mut [u8])) {
        if let Some(lent) = owner.downcast::<LentBuffer>() {
            lent.inner.with(|inner| inner.iter().for_each(|inner| inner.access.with_bytes_mut(&inner.owner, change)));
        }
    }

    fn release(&self, owner: &Value) {
        let (Some(lent), Some(header)) = (owner.downcast::<LentBuffer>(), owner.header()) else { return };
        let inner = lent.inner.take();
        let Some(vm) = header.ty().interp().current() else { return };
        let pending = vm.take_exception();
        match &lent.view {
            Some(view) => {
                drop(inner);
                tell(&lent.object, view, vm);
            }
            None => {
                let Some(inner) = inner else { return };
                let view = MemoryView::from_buffer(inner, vm);
                view.restricted.set(true);
                tell(&lent.object, &view, vm);
                drop(view.source.take());
            }
        }
        vm.restore_exception(pending);
    }
}

fn tell(object: &Value, view: &Ref<MemoryView>, vm: &Vm) {
    if vm.call_special(object, &vm.names().__release_buffer__, &[view.to_value()]).is_err() {
        let class = object.ty(vm).name();
        vm.write_unraisable(Some(&format!("Exception ignored in __release_buffer__ of {class}")), &Value::none());
    }
}
