//! `tee`: several iterators over one, which share what was read ahead.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pyfunctions, pymethods};
use pyrope_object::{Args, Guarded, Header, List, PyResult, Ref, Slots, Type, Value, Vm};
use pyrope_types::iterators::itself;

use crate::support::{positional, receiver};

/// Items in one link.
const LINK_CELLS: usize = 57;

/// A run of items that were read, and the next run.
#[pyclass(name = "_tee_dataobject", module = "itertools", flags(GC), slots = DATA_SLOTS)]
#[derive(Traverse)]
pub struct TeeData {
    header: Header,
    iterator: Value,
    items: Guarded<Vec<Value>>,
    next: Guarded<Option<Ref<TeeData>>>,
    #[traverse(skip)]
    running: Cell<bool>,
}

const DATA_SLOTS: Slots = Slots { new: Some(data_new), ..Slots::EMPTY };

impl TeeData {
    fn over(iterator: Value, vm: &Vm) -> Ref<TeeData> {
        let fields = TeeData {
            header: Header::blank(),
            iterator,
            items: Guarded::default(),
            next: Guarded::new(None),
            running: Cell::new(false),
        };
        Ref::new(vm, fields)
    }

    /// The item at an index, read if need be.
    fn item(&self, index: usize, vm: &Vm) -> PyResult<Option<Value>> {
        if let Some(item) = self.items.with(|items| items.get(index).cloned()) {
            return Ok(Some(item));
        }
        if self.running.get() {
            return Err(vm.runtime_error("cannot re-enter the tee iterator"));
        }
        self.running.set(true);
        let item = vm.next(&self.iterator);
        self.running.set(false);
        let item = item?;
        self.items.with_mut(|items| items.extend(item.clone()));
        Ok(item)
    }

    fn next_link(&self, vm: &Vm) -> Ref<TeeData> {
        if let Some(next) = self.next.get() {
            return next;
        }
        let next = TeeData::over(self.iterator.clone(), vm);
        self.next.set(Some(next.clone()));
        next
    }
}

fn data_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let values = positional(class, vm.type_of::<TeeData>(), args, 3, 3, vm)?;
    let [iterator, items, next] = values else { return Ok(Value::none()) };
    let Some(items) = items.downcast::<List>().map(List::to_vec).filter(|items| items.len() <= LINK_CELLS) else {
        return Err(vm.value_error("_tee_dataobject should not have more than 57 links"));
    };
    let data = TeeData::over(iterator.clone(), vm);
    if let Some(link) = next.cast::<TeeData>() {
        if items.len() < LINK_CELLS {
            return Err(vm.value_error("_tee_dataobject shouldn't have a next if not full"));
        }
        data.next.set(Some(link));
    } else if !next.is_none() {
        return Err(vm.value_error("_tee_dataobject shouldn't have a next if not full"));
    }
    data.items.set(items);
    Ok(data.into_value())
}

/// One of several iterators over the same items.
#[pyclass(name = "_tee", module = "itertools", signature = "(iterable, /)", flags(WEAKREF), methods(Tee::METHODS), slots = TEE_SLOTS)]
#[derive(Traverse)]
pub struct Tee {
    header: Header,
    data: Guarded<Option<Ref<TeeData>>>,
    #[traverse(skip)]
    index: Cell<usize>,
}

const TEE_SLOTS: Slots = Slots { iter: Some(itself), next: Some(tee_next), new: Some(tee_new), ..Slots::EMPTY };

impl Tee {
    fn at(data: Option<Ref<TeeData>>, index: usize, vm: &Vm) -> Ref<Tee> {
        Ref::new(vm, Tee { header: Header::blank(), data: Guarded::new(data), index: Cell::new(index) })
    }

    fn over(iterable: &Value, vm: &Vm) -> PyResult<Ref<Tee>> {
        let iterator = vm.iter(iterable)?;
        match iterator.downcast::<Tee>() {
            Some(tee) => Ok(tee.fork(vm)),
            None => Ok(Tee::at(Some(TeeData::over(iterator, vm)), 0, vm)),
        }
    }

    fn fork(&self, vm: &Vm) -> Ref<Tee> {
        Tee::at(self.data.get(), self.index.get(), vm)
    }
}

fn tee_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let [iterable] = positional(class, vm.type_of::<Tee>(), args, 1, 1, vm)? else { return Ok(Value::none()) };
    Ok(Tee::over(iterable, vm)?.into_value())
}

fn tee_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Tee, slf, vm);
    let Some(mut data) = this.data.get() else { return Ok(None) };
    if this.index.get() >= LINK_CELLS {
        data = data.next_link(vm);
        this.data.set(Some(data.clone()));
        this.index.set(0);
    }
    let item = data.item(this.index.get(), vm)?;
    if item.is_some() {
        this.index.set(this.index.get() + 1);
    }
    Ok(item)
}

#[pymethods]
impl Tee {
    /// An independent iterator at the same place.
    #[method("__copy__($self, /)")]
    fn copy(&self, vm: &Vm) -> PyResult {
        Ok(self.fork(vm).into_value())
    }
}

/// The functions of the module.
#[pyfunctions]
pub mod functions {
    use super::*;

    /// A tuple of n independent iterators over one iterable.
    #[pyfunction("tee(iterable, n=2, /)")]
    fn tee(iterable: &Value, n: isize, vm: &Vm) -> PyResult {
        let Ok(n) = usize::try_from(n) else { return Err(vm.value_error("n must be >= 0")) };
        let mut tees = Vec::new();
        if tees.try_reserve_exact(n).is_err() {
            return Err(vm.memory_error());
        }
        if n > 0 {
            let first = Tee::over(iterable, vm)?;
            tees.extend((1..n).map(|_| first.fork(vm).into_value()));
            tees.insert(0, first.into_value());
        }
        Ok(vm.new_tuple(tees).into_value())
    }
}
