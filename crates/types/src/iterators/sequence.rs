//! Iterators over sequences, and over calls.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::check_positional;
use pyrope_object::{Args, BuiltinType as B, Guarded, Header, List, PyResult, Ref, Slots, Tuple, Type, Value, Vm};

use super::{itself, reduced, state_index};
use crate::containers::builtin_function;
use crate::containers::sequence::receiver;

#[pyclass(name = "list_iterator", builtin = ListIterator, flags(GC, DISALLOW_INSTANTIATION), methods(ListIterator::METHODS), slots = LIST_SLOTS)]
#[derive(Traverse)]
pub struct ListIterator {
    header: Header,
    /// None once exhausted.
    list: Guarded<Option<Ref<List>>>,
    #[traverse(skip)]
    index: Cell<usize>,
}

const LIST_SLOTS: Slots = Slots { iter: Some(itself), next: Some(list_next), ..Slots::EMPTY };

impl ListIterator {
    /// An iterator at the list's beginning.
    pub fn over(list: Ref<List>, vm: &Vm) -> Ref<ListIterator> {
        Ref::new(vm, ListIterator { header: Header::blank(), list: Guarded::new(Some(list)), index: Cell::new(0) })
    }

    /// The next item while there is one; the end is left to [`Self::advance`].
    #[inline(always)]
    pub fn advance_within(&self) -> Option<Value> {
        let index = self.index.get();
        let found = self.list.with(|list| list.as_ref().and_then(|list| list.get(index)))?;
        self.index.set(index + 1);
        Some(found)
    }

    /// The next item.
    #[inline]
    pub fn advance(&self) -> Option<Value> {
        let index = self.index.get();
        let found = self.list.with(|list| list.as_ref().and_then(|list| list.get(index)));
        match found {
            Some(_) => self.index.set(index + 1),
            None => drop(self.list.take()),
        }
        found
    }
}

fn list_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    Ok(receiver!(ListIterator, slf, vm).advance())
}

#[pymethods]
impl ListIterator {
    /// How many items are left.
    #[method("__length_hint__($self, /)")]
    fn length_hint(&self) -> usize {
        let len = self.list.with(|list| list.as_ref().map_or(0, |list| list.len()));
        len.saturating_sub(self.index.get())
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let iter = builtin_function("iter", vm)?;
        match self.list.get() {
            Some(list) => reduced(iter, list.into_value(), Some(self.index.get() as isize), vm),
            None => reduced(iter, vm.new_list(Vec::new()).into_value(), None, vm),
        }
    }

    /// Restore the state of a pickle.
    #[method("__setstate__($self, object, /)")]
    fn setstate(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let index = state_index(object, vm)?.max(0) as usize;
        if let Some(list) = self.list.get() {
            self.index.set(index.min(list.len()));
        }
        Ok(())
    }
}

#[pyclass(name = "list_reverseiterator", builtin = ListReverseIterator, flags(GC, DISALLOW_INSTANTIATION), methods(ListReverseIterator::METHODS), slots = LIST_REVERSE_SLOTS)]
#[derive(Traverse)]
pub struct ListReverseIterator {
    header: Header,
    list: Guarded<Option<Ref<List>>>,
    /// Of the next item; -1 at the end.
    #[traverse(skip)]
    index: Cell<isize>,
}

const LIST_REVERSE_SLOTS: Slots = Slots { iter: Some(itself), next: Some(list_reverse_next), ..Slots::EMPTY };

impl ListReverseIterator {
    /// An iterator at the list's end.
    pub fn over(list: Ref<List>, vm: &Vm) -> Ref<ListReverseIterator> {
        let index = Cell::new(list.len() as isize - 1);
        Ref::new(vm, ListReverseIterator { header: Header::blank(), list: Guarded::new(Some(list)), index })
    }
}

fn list_reverse_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(ListReverseIterator, slf, vm);
    let index = this.index.get();
    let found = match usize::try_from(index) {
        Ok(index) => this.list.with(|list| list.as_ref().and_then(|list| list.get(index))),
        Err(_) => None,
    };
    match found {
        Some(_) => this.index.set(index - 1),
        None => {
            this.index.set(-1);
            drop(this.list.take());
        }
    }
    Ok(found)
}

#[pymethods]
impl ListReverseIterator {
    /// How many items are left.
    #[method("__length_hint__($self, /)")]
    fn length_hint(&self) -> isize {
        let len = self.list.with(|list| list.as_ref().map_or(0, |list| list.len() as isize));
        let left = self.index.get() + 1;
        if len < left { 0 } else { left }
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        // The look-up may run Python code, which may use the iterator up.
        let reversed = builtin_function("reversed", vm)?;
        match self.list.get() {
            Some(list) => reduced(reversed, list.into_value(), Some(self.index.get()), vm),
            None => reduced(reversed, vm.new_list(Vec::new()).into_value(), None, vm),
        }
    }

    /// Restore the state of a pickle.
    #[method("__setstate__($self, object, /)")]
    fn setstate(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let index = state_index(object, vm)?;
        if let Some(list) = self.list.get() {
            self.index.set(index.clamp(-1, list.len() as isize - 1));
        }
        Ok(())
    }
}

#[pyclass(name = "tuple_iterator", builtin = TupleIterator, flags(GC, DISALLOW_INSTANTIATION), methods(TupleIterator::METHODS), slots = TUPLE_SLOTS)]
#[derive(Traverse)]
pub struct TupleIterator {
    header: Header,
    tuple: Guarded<Option<Ref<Tuple>>>,
    #[traverse(skip)]
    index: Cell<usize>,
}

const TUPLE_SLOTS: Slots = Slots { iter: Some(itself), next: Some(tuple_next), ..Slots::EMPTY };

impl TupleIterator {
    /// An iterator at the tuple's beginning.
    pub fn over(tuple: Ref<Tuple>, vm: &Vm) -> Ref<TupleIterator> {
        Ref::new(vm, TupleIterator { header: Header::blank(), tuple: Guarded::new(Some(tuple)), index: Cell::new(0) })
    }

    /// The next item while there is one; the end is left to [`Self::advance`].
    #[inline(always)]
    pub fn advance_within(&self) -> Option<Value> {
        let index = self.index.get();
        let found = self.tuple.with(|tuple| tuple.as_ref().and_then(|tuple| tuple.as_slice().get(index).cloned()))?;
        self.index.set(index + 1);
        Some(found)
    }

    /// The next item.
    #[inline]
    pub fn advance(&self) -> Option<Value> {
        let index = self.index.get();
        let found = self.tuple.with(|tuple| tuple.as_ref().and_then(|t| t.as_slice().get(index).cloned()));
        match found {
            Some(_) => self.index.set(index + 1),
            None => drop(self.tuple.take()),
        }
        found
    }
}

fn tuple_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    Ok(receiver!(TupleIterator, slf, vm).advance())
}

#[pymethods]
impl TupleIterator {
    /// How many items are left.
    #[method("__length_hint__($self, /)")]
    fn length_hint(&self) -> usize {
        let len = self.tuple.with(|tuple| tuple.as_ref().map_or(0, |tuple| tuple.len()));
        len.saturating_sub(self.index.get())
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let iter = builtin_function("iter", vm)?;
        match self.tuple.get() {
            Some(tuple) => reduced(iter, tuple.into_value(), Some(self.index.get() as isize), vm),
            None => reduced(iter, vm.new_tuple(Vec::new()).into_value(), None, vm),
        }
    }

    /// Restore the state of a pickle.
    #[method("__setstate__($self, object, /)")]
    fn setstate(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let index = state_index(object, vm)?.max(0) as usize;
        if let Some(tuple) = self.tuple.get() {
            self.index.set(index.min(tuple.len()));
        }
        Ok(())
    }
}

#[pyclass(name = "iterator", builtin = SequenceIterator, flags(GC), methods(SequenceIterator::METHODS), slots = SEQUENCE_SLOTS)]
#[derive(Traverse)]
pub struct SequenceIterator {
    header: Header,
    sequence: Guarded<Option<Value>>,
    #[traverse(skip)]
    index: Cell<isize>,
}

const SEQUENCE_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(sequence_next), new: Some(sequence_new), ..Slots::EMPTY };

impl SequenceIterator {
    /// An iterator that asks a sequence for its items by index.
    pub fn over(sequence: Value, vm: &Vm) -> Ref<SequenceIterator> {
        let sequence = Guarded::new(Some(sequence));
        Ref::new(vm, SequenceIterator { header: Header::blank(), sequence, index: Cell::new(0) })
    }
}

fn sequence_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    match check_positional("iterator", args, 1, 1, vm)? {
        [sequence] => Ok(SequenceIterator::over(sequence.clone(), vm).into_value()),
        _ => Err(vm.type_error("cannot create 'iterator' instances")),
    }
}

/// `sequence[index]` by the sequence protocol; `None` past the end.
pub(crate) fn item_or_end(sequence: &Value, index: isize, vm: &Vm) -> PyResult<Option<Value>> {
    let Some(item) = sequence.ty(vm).slots().sq_item else {
        return Err(vm.type_error(format!("'{}' object does not support indexing", vm.type_name(sequence))));
    };
    match item(sequence, index, vm) {
        Ok(item) => Ok(Some(item)),
        Err(raised) if vm.raised_is(B::IndexError) || vm.raised_is(B::StopIteration) => {
            vm.ignore(raised);
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

fn sequence_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(SequenceIterator, slf, vm);
    let Some(sequence) = this.sequence.get() else { return Ok(None) };
    let index = this.index.get();
    if index == isize::MAX {
        return Err(vm.overflow_error("iter index too large"));
    }
    let found = item_or_end(&sequence, index, vm)?;
    match found {
        Some(_) => this.index.set(index + 1),
        None => drop(this.sequence.take()),
    }
    Ok(found)
}

#[pymethods]
impl SequenceIterator {
    /// How many items are left.
    #[method("__length_hint__($self, /)")]
    fn length_hint(&self, vm: &Vm) -> PyResult {
        let Some(sequence) = self.sequence.get() else { return Ok(vm.int(0)) };
        let slots = sequence.ty(vm).slots();
        if slots.sq_length.or(slots.mp_length).is_none() {
            return Ok(Value::not_implemented());
        }
        let len = vm.len(&sequence)?;
        Ok(vm.int_from_usize(len.saturating_sub(self.index.get() as usize)))
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let iter = builtin_function("iter", vm)?;
        match self.sequence.get() {
            Some(sequence) => reduced(iter, sequence, Some(self.index.get()), vm),
            None => reduced(iter, vm.new_tuple(Vec::new()).into_value(), None, vm),
        }
    }

    /// Restore the state of a pickle.
    #[method("__setstate__($self, object, /)")]
    fn setstate(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let index = state_index(object, vm)?;
        if self.sequence.with(Option::is_some) {
            self.index.set(index.max(0));
        }
        Ok(())
    }
}

#[pyclass(name = "callable_iterator", builtin = CallableIterator, flags(GC, DISALLOW_INSTANTIATION), methods(CallableIterator::METHODS), slots = CALLABLE_SLOTS)]
#[derive(Traverse)]
pub struct CallableIterator {
    header: Header,
    callable: Guarded<Option<Value>>,
    sentinel: Guarded<Option<Value>>,
}

const CALLABLE_SLOTS: Slots = Slots { iter: Some(itself), next: Some(callable_next), ..Slots::EMPTY };

impl CallableIterator {
    /// `iter(callable, sentinel)`
    pub fn over(callable: Value, sentinel: Value, vm: &Vm) -> Ref<CallableIterator> {
        let (callable, sentinel) = (Guarded::new(Some(callable)), Guarded::new(Some(sentinel)));
        Ref::new(vm, CallableIterator { header: Header::blank(), callable, sentinel })
    }

    fn finish(&self) {
        drop(self.callable.take());
        drop(self.sentinel.take());
    }
}

fn callable_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(CallableIterator, slf, vm);
    let Some(callable) = this.callable.get() else { return Ok(None) };
    let result = match vm.call(&callable, &[]) {
        Ok(result) => result,
        Err(raised) if vm.raised_is(B::StopIteration) => {
            vm.ignore(raised);
            this.finish();
            return Ok(None);
        }
        Err(raised) => return Err(raised),
    };
    let Some(sentinel) = this.sentinel.get() else { return Ok(None) };
    if vm.equal(&sentinel, &result)? {
        this.finish();
        return Ok(None);
    }
    Ok(Some(result))
}

#[pymethods]
impl CallableIterator {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let iter = builtin_function("iter", vm)?;
        match (self.callable.get(), self.sentinel.get()) {
            (Some(callable), Some(sentinel)) => {
                let arguments = vm.tuple_of([callable, sentinel]).into_value();
                Ok(vm.tuple_of([iter, arguments]).into_value())
            }
            _ => reduced(iter, vm.new_tuple(Vec::new()).into_value(), None, vm),
        }
    }
}
