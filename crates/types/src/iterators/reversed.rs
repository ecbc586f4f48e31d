//! `reversed`: a sequence from its end.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::check_positional;
use pyrope_object::{Args, BuiltinType as B, Guarded, Header, PyResult, Ref, Slots, Type, Value, Vm};

use super::sequence::item_or_end;
use super::{itself, state_index};
use crate::containers::sequence::{no_keywords, receiver};
use crate::containers::tuple::same_init;

/// An iterator over a sequence's items in reverse order.
#[pyclass(
    name = "reversed",
    builtin = Reversed,
    signature = "(sequence, /)",
    flags(GC, BASETYPE),
    methods(Reversed::METHODS),
    slots = SLOTS
)]
#[derive(Traverse)]
pub struct Reversed {
    header: Header,
    sequence: Guarded<Option<Value>>,
    #[traverse(skip)]
    index: Cell<isize>,
}

const SLOTS: Slots = Slots { iter: Some(itself), next: Some(reversed_next), new: Some(reversed_new), ..Slots::EMPTY };

fn reversed_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let own = vm.builtin(B::Reversed);
    if class.is(own) || same_init(class, own) {
        no_keywords("reversed", args, vm)?;
    }
    let [sequence] = check_positional("reversed", Args::positional_only(args.positional()), 1, 1, vm)? else {
        return Err(vm.type_error("reversed expected 1 argument, got 0"));
    };
    let not_reversible = || vm.type_error(format!("'{}' object is not reversible", vm.type_name(sequence)));
    if let Some(method) = sequence.ty(vm).lookup(&vm.names().__reversed__, vm) {
        if method.is_none() {
            return Err(not_reversible());
        }
        return vm.call_found(sequence, &method, &[]);
    }
    let ty = sequence.ty(vm);
    if ty.slots().sq_item.is_none() || ty.is_subtype(vm.builtin(B::Dict)) {
        return Err(not_reversible());
    }
    let len = vm.len(sequence)?;
    let reversed = Reversed {
        header: Header::blank(),
        sequence: Guarded::new(Some(sequence.clone())),
        index: Cell::new(len as isize - 1),
    };
    Ok(Ref::new_in(vm, class, reversed).into_value())
}

fn reversed_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Reversed, slf, vm);
    let index = this.index.get();
    if index >= 0
        && let Some(sequence) = this.sequence.get()
        && let Some(item) = item_or_end(&sequence, index, vm)?
    {
        this.index.set(index - 1);
        return Ok(Some(item));
    }
    this.index.set(-1);
    drop(this.sequence.take());
    Ok(None)
}

#[pymethods]
impl Reversed {
    /// How many items are left.
    #[method("__length_hint__($self, /)")]
    fn length_hint(&self, vm: &Vm) -> PyResult<isize> {
        let Some(sequence) = self.sequence.get() else { return Ok(0) };
        let len = vm.len(&sequence)? as isize;
        let left = self.index.get() + 1;
        Ok(if len < left { 0 } else { left })
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Reversed, slf, vm);
        let class = slf.ty(vm).to_value();
        match this.sequence.get() {
            Some(sequence) => super::reduced(class, sequence, Some(this.index.get()), vm),
            None => super::reduced(class, vm.new_tuple(Vec::new()).into_value(), None, vm),
        }
    }

    /// Restore the state of a pickle.
    #[method("__setstate__($self, object, /)")]
    fn setstate(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let index = state_index(object, vm)?;
        if let Some(sequence) = self.sequence.get() {
            let len = vm.len(&sequence)? as isize;
            self.index.set(index.clamp(-1, len - 1));
        }
        Ok(())
    }
}
