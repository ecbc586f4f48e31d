//! The iterator over a view's items.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::{Guarded, Header, PyResult, Ref, Slots, Value, Vm};

use super::{MemoryView, subscript};
use crate::containers::sequence::{bad_receiver, receiver};
use crate::iterators::itself;

#[pyclass(name = "memory_iterator", builtin = MemoryIterator, flags(GC, DISALLOW_INSTANTIATION), slots = SLOTS)]
#[derive(Traverse)]
pub struct MemoryIterator {
    header: Header,
    view: Guarded<Option<Ref<MemoryView>>>,
    #[traverse(skip)]
    index: Cell<usize>,
}

const SLOTS: Slots = Slots { iter: Some(itself), next: Some(next), ..Slots::EMPTY };

pub(super) fn view_iter(slf: &Value, vm: &Vm) -> PyResult {
    let Some(view) = slf.cast::<MemoryView>() else { return Err(bad_receiver(vm)) };
    view.source(vm)?;
    match view.window.shape.len() {
        0 => Err(vm.type_error("invalid indexing of 0-dim memory")),
        1 => {
            let view = Guarded::new(Some(view));
            Ok(Ref::new(vm, MemoryIterator { header: Header::blank(), view, index: Cell::new(0) }).into_value())
        }
        _ => Err(vm.not_implemented_error("multi-dimensional sub-views are not implemented")),
    }
}

fn next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(MemoryIterator, slf, vm);
    let Some(view) = this.view.get() else { return Ok(None) };
    let index = this.index.get();
    let len = view.window.shape.first().map_or(0, |&n| n as usize);
    if index >= len {
        drop(this.view.take());
        return Ok(None);
    }
    this.index.set(index + 1);
    subscript::view_item(view.as_value(), index as isize, vm).map(Some)
}
