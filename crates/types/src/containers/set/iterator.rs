//! The iterator of sets.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Guarded, Header, PyResult, Ref, Slots, Value, Vm};

use super::body_of;
use crate::containers::builtin_function;
use crate::containers::sequence::receiver;
use crate::iterators::{itself, reduced};

#[pyclass(name = "set_iterator", builtin = SetIterator, flags(GC, DISALLOW_INSTANTIATION), methods(SetIterator::METHODS), slots = SLOTS)]
#[derive(Traverse)]
pub struct SetIterator {
    header: Header,
    /// None once exhausted.
    set: Guarded<Option<Value>>,
    /// The set's size at the beginning; `usize::MAX` after it was found changed.
    #[traverse(skip)]
    used: Cell<usize>,
    #[traverse(skip)]
    position: Cell<usize>,
    #[traverse(skip)]
    left: Cell<usize>,
}

const SLOTS: Slots = Slots { iter: Some(itself), next: Some(set_iterator_next), ..Slots::EMPTY };

impl SetIterator {
    /// An iterator over a set of `len` elements.
    pub fn over(set: Value, len: usize, vm: &Vm) -> Ref<SetIterator> {
        let set = Guarded::new(Some(set));
        let (used, position, left) = (Cell::new(len), Cell::new(0), Cell::new(len));
        Ref::new(vm, SetIterator { header: Header::blank(), set, used, position, left })
    }
}

fn set_iterator_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(SetIterator, slf, vm);
    let Some(set) = this.set.get() else { return Ok(None) };
    let Some(body) = body_of(&set) else { return Ok(None) };
    if body.len() != this.used.get() {
        this.used.set(usize::MAX);
        return Err(vm.runtime_error("Set changed size during iteration"));
    }
    let mut position = this.position.get();
    match body.next(&mut position) {
        Some((_, key)) => {
            this.position.set(position);
            this.left.set(this.left.get().saturating_sub(1));
            Ok(Some(key))
        }
        None => {
            drop(this.set.take());
            Ok(None)
        }
    }
}

#[pymethods]
impl SetIterator {
    /// How many elements are left.
    #[method("__length_hint__($self, /)")]
    fn length_hint(&self) -> usize {
        let len = self.set.with(|set| set.as_ref().and_then(body_of).map(super::SetBody::len));
        if len == Some(self.used.get()) { self.left.get() } else { 0 }
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let mut rest = Vec::new();
        if let Some(set) = self.set.get()
            && let Some(body) = body_of(&set)
        {
            if body.len() != self.used.get() {
                return Err(vm.runtime_error("Set changed size during iteration"));
            }
            let mut position = self.position.get();
            while let Some((_, key)) = body.next(&mut position) {
                rest.push(key);
            }
        }
        reduced(builtin_function("iter", vm)?, vm.new_list(rest).into_value(), None, vm)
    }
}
