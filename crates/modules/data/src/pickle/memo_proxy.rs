//! The views of memos that `Pickler.memo` and `Unpickler.memo` give.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{BuiltinType as B, Dict, Header, PyResult, Ref, Value, Vm};

use super::memo::Memo;
use super::pickler::Pickler;
use super::unpickler::Unpickler;

/// `(dict, (content,))`
fn reduce_as_dict(content: Ref<Dict>, vm: &Vm) -> Value {
    let arguments = vm.tuple_of([content.into_value()]).into_value();
    vm.tuple_of([vm.builtin(B::Dict).to_value(), arguments]).into_value()
}

#[pyclass(
    name = "PicklerMemoProxy",
    module = "_pickle",
    doc = "",
    flags(GC, DISALLOW_INSTANTIATION),
    unhashable,
    methods(PicklerMemoProxy::METHODS)
)]
#[derive(Traverse)]
pub struct PicklerMemoProxy {
    header: Header,
    pickler: Ref<Pickler>,
}

impl PicklerMemoProxy {
    pub(super) fn of(pickler: Ref<Pickler>, vm: &Vm) -> Value {
        Ref::new(vm, PicklerMemoProxy { header: Header::blank(), pickler }).into_value()
    }

    pub(super) fn pickler(&self) -> &Pickler {
        &self.pickler
    }

    fn content(&self, vm: &Vm) -> PyResult<Ref<Dict>> {
        let dict = vm.new_dict();
        for (id, index, object) in self.pickler.memo.with(Memo::entries) {
            let pair = vm.tuple_of([vm.int_from_usize(index), object]).into_value();
            dict.set(vm.int_from_u64(id), pair, vm)?;
        }
        Ok(dict)
    }
}

#[pymethods]
impl PicklerMemoProxy {
    /// Remove all items from memo.
    #[method("clear($self, /)")]
    fn clear_all(&self) {
        self.pickler.memo.set(Memo::default());
    }

    /// Copy the memo to a new object.
    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> PyResult<Ref<Dict>> {
        self.content(vm)
    }

    /// Implement pickle support.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        Ok(reduce_as_dict(self.content(vm)?, vm))
    }
}

#[pyclass(
    name = "UnpicklerMemoProxy",
    module = "_pickle",
    doc = "",
    flags(GC, DISALLOW_INSTANTIATION),
    unhashable,
    methods(UnpicklerMemoProxy::METHODS)
)]
#[derive(Traverse)]
pub struct UnpicklerMemoProxy {
    header: Header,
    unpickler: Ref<Unpickler>,
}

impl UnpicklerMemoProxy {
    pub(super) fn of(unpickler: Ref<Unpickler>, vm: &Vm) -> Value {
        Ref::new(vm, UnpicklerMemoProxy { header: Header::blank(), unpickler }).into_value()
    }

    pub(super) fn unpickler(&self) -> &Unpickler {
        &self.unpickler
    }

    fn content(&self, vm: &Vm) -> PyResult<Ref<Dict>> {
        let dict = vm.new_dict();
        for (index, object) in self.unpickler.memo_entries() {
            dict.set(vm.int_from_usize(index), object, vm)?;
        }
        Ok(dict)
    }
}

#[pymethods]
impl UnpicklerMemoProxy {
    /// Remove all items from memo.
    #[method("clear($self, /)")]
    fn clear_all(&self) {
        drop(self.unpickler.take_memo());
    }

    /// Copy the memo to a new object.
    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> PyResult<Ref<Dict>> {
        self.content(vm)
    }

    /// Implement pickling support.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        Ok(reduce_as_dict(self.content(vm)?, vm))
    }
}
