//! Buffers that a Python `__buffer__` lends, until `__release_buffer__` is told of their end (PEP 688).

use pyrope_macros::pyclass;
use pyrope_object::buffer::{Buffer, BufferOwner};
use pyrope_object::{Guarded, Header, PyResult, Ref, Traverse, Value, Vm};

use super::MemoryView;

/// Stands between a buffer's user and the view that `__buffer__` gave.
#[pyclass(name = "_buffer_wrapper", flags(GC, DISALLOW_INSTANTIATION), doc = "")]
pub struct LentBuffer {
    header: Header,
    object: Value,
    view: Ref<MemoryView>,
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

/// The buffer of `view`, which `object.__buffer__` gave.
pub fn lend(object: &Value, view: Ref<MemoryView>, inner: Buffer, vm: &Vm) -> PyResult<Buffer> {
    if object.ty(vm).lookup(&vm.intern("__release_buffer__"), vm).is_none() {
        return Ok(inner);
    }
    let (offset, len, item_size, readonly) = (inner.offset, inner.len, inner.item_size, inner.readonly);
    let (format, shape, strides) = (inner.format.clone(), inner.shape.clone(), inner.strides.clone());
    let inner = Guarded::new(Some(inner));
    let lent = Ref::new(vm, LentBuffer { header: Header::blank(), object: object.clone(), view, inner });
    let (owner, access) = (lent.into_value(), &LentAccess);
    Ok(Buffer { owner, access, offset, len, item_size, readonly, format, shape, strides })
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
        drop(lent.inner.take());
        let Some(vm) = header.ty().interp().current() else { return };
        let pending = vm.take_exception();
        let view = lent.view.to_value();
        if vm.call_special(&lent.object, &vm.intern("__release_buffer__"), std::slice::from_ref(&view)).is_err() {
            vm.write_unraisable(None, &lent.object);
        }
        vm.restore_exception(pending);
    }
}
