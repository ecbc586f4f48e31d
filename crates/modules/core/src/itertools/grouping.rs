//! `batched`, `pairwise`, `groupby`.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::bind::Signature;
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Type, Value, Vm, value_of};
use pyrope_types::iterators::itself;

use crate::support::{bound, given, positional, receiver, signature, ssize};

/// An iterator over tuples of n items each; the last may be shorter, unless strict.
#[pyclass(name = "batched", module = "itertools", signature = "(iterable, n, *, strict=False)", flags(GC, BASETYPE), slots = BATCHED_SLOTS)]
#[derive(Traverse)]
pub struct Batched {
    header: Header,
    /// None once exhausted.
    iterator: Guarded<Option<Value>>,
    #[traverse(skip)]
    size: usize,
    #[traverse(skip)]
    strict: bool,
}

const BATCHED_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(batched_next), new: Some(batched_new), ..Slots::EMPTY };

fn batched_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = signature("batched", &["iterable", "n", "strict"], 2, 2);
    let [Some(iterable), Some(n), strict] = bound(&SIGNATURE, args, vm)? else { return Ok(Value::none()) };
    let size = ssize(n, vm)?;
    let strict = strict.map_or(Ok(false), |strict| vm.is_true(strict))?;
    if size < 1 {
        return Err(vm.value_error("n must be at least one"));
    }
    let iterator = Guarded::new(Some(vm.iter(iterable)?));
    let fields = Batched { header: Header::blank(), iterator, size: size as usize, strict };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn batched_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Batched, slf, vm);
    let Some(iterator) = this.iterator.get() else { return Ok(None) };
    let mut batch = Vec::new();
    while batch.len() < this.size {
        match vm.next(&iterator)? {
            Some(item) if batch.try_reserve(1).is_ok() => batch.push(item),
            Some(_) => return Err(vm.memory_error()),
            None => {
                drop(this.iterator.take());
                break;
            }
        }
    }
    if batch.is_empty() {
        return Ok(None);
    }
    if this.strict && batch.len() < this.size {
        return Err(vm.value_error("batched(): incomplete batch"));
    }
    Ok(Some(vm.new_tuple(batch).into_value()))
}

/// An iterator over pairs of neighbouring items.
#[pyclass(name = "pairwise", module = "itertools", signature = "(iterable, /)", flags(GC, BASETYPE), slots = PAIRWISE_SLOTS)]
#[derive(Traverse)]
pub struct Pairwise {
    header: Header,
    iterator: Guarded<Option<Value>>,
    old: Guarded<Option<Value>>,
}

const PAIRWISE_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(pairwise_next), new: Some(pairwise_new), ..Slots::EMPTY };

fn pairwise_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let [iterable] = positional(class, vm.type_of::<Pairwise>(), args, 1, 1, vm)? else { return Ok(Value::none()) };
    let iterator = Guarded::new(Some(vm.iter(iterable)?));
    Ok(Ref::new_in(vm, class, Pairwise { header: Header::blank(), iterator, old: Guarded::new(None) }).into_value())
}

fn pairwise_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Pairwise, slf, vm);
    let Some(iterator) = this.iterator.get() else { return Ok(None) };
    let old = match this.old.get() {
        Some(old) => Some(old),
        None => {
            let first = vm.next(&iterator);
            let first = this.or_finish(first)?;
            this.old.set(first.clone());
            // Taking the first item may have come back here and ended this iterator.
            if this.iterator.with(Option::is_none) {
                drop(this.old.take());
                return Ok(None);
            }
            first
        }
    };
    let Some(old) = old else { return Ok(None) };
    let new = vm.next(&iterator);
    let Some(new) = this.or_finish(new)? else { return Ok(None) };
    this.old.set(Some(new.clone()));
    Ok(Some(vm.tuple_of([old, new]).into_value()))
}

impl Pairwise {
    /// Forgets the iterator where it has ended or failed.
    fn or_finish(&self, result: PyResult<Option<Value>>) -> PyResult<Option<Value>> {
        if !matches!(result, Ok(Some(_))) {
            drop(self.iterator.take());
            drop(self.old.take());
        }
        result
    }
}

/// An iterator over pairs of a key and an iterator over the run of items with that key.
#[pyclass(name = "groupby", module = "itertools", signature = "(iterable, key=None)", flags(GC, BASETYPE), slots = GROUPBY_SLOTS)]
#[derive(Traverse)]
pub struct GroupBy {
    header: Header,
    iterator: Value,
    key_function: Option<Value>,
    /// The key of the group being given.
    target: Guarded<Option<Value>>,
    current_key: Guarded<Option<Value>>,
    current: Guarded<Option<Value>>,
    /// The only group iterator that may still take items, by its identity.
    #[traverse(skip)]
    grouper: Cell<u64>,
}

const GROUPBY_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(groupby_next), new: Some(groupby_new), ..Slots::EMPTY };

fn groupby_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = signature("groupby", &["iterable", "key"], 1, 2);
    let [Some(iterable), key] = bound(&SIGNATURE, args, vm)? else { return Ok(Value::none()) };
    let fields = GroupBy {
        header: Header::blank(),
        iterator: vm.iter(iterable)?,
        key_function: given(key),
        target: Guarded::new(None),
        current_key: Guarded::new(None),
        current: Guarded::new(None),
        grouper: Cell::new(0),
    };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

impl GroupBy {
    /// Takes the next item; false at the end.
    fn step(&self, vm: &Vm) -> PyResult<bool> {
        let Some(item) = vm.next(&self.iterator)? else { return Ok(false) };
        let key = match &self.key_function {
            Some(function) => vm.call(function, std::slice::from_ref(&item))?,
            None => item.clone(),
        };
        self.current.set(Some(item));
        self.current_key.set(Some(key));
        Ok(true)
    }
}

fn groupby_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(GroupBy, slf, vm);
    this.grouper.set(0);
    loop {
        match (this.current_key.get(), this.target.get()) {
            (None, _) => {}
            (Some(_), None) => break,
            (Some(key), Some(target)) => {
                if !vm.equal(&target, &key)? {
                    break;
                }
            }
        }
        if !this.step(vm)? {
            return Ok(None);
        }
    }
    let Some(key) = this.current_key.get() else { return Ok(None) };
    this.target.set(Some(key.clone()));
    let grouper = Grouper::of(this, key.clone(), vm);
    Ok(Some(vm.tuple_of([key, grouper]).into_value()))
}

#[pyclass(name = "_grouper", module = "itertools", doc = "", flags(GC), slots = GROUPER_SLOTS)]
#[derive(Traverse)]
pub struct Grouper {
    header: Header,
    parent: Ref<GroupBy>,
    key: Value,
}

const GROUPER_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(grouper_next), new: Some(grouper_new), ..Slots::EMPTY };

impl Grouper {
    fn of(parent: &GroupBy, key: Value, vm: &Vm) -> Value {
        let own = Ref::from_borrowed(parent);
        let grouper = Ref::new(vm, Grouper { header: Header::blank(), parent: own, key }).into_value();
        parent.grouper.set(grouper.id());
        grouper
    }
}

fn grouper_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let [parent, key] = positional(class, vm.type_of::<Grouper>(), args, 2, 2, vm)? else { return Ok(Value::none()) };
    match parent.downcast::<GroupBy>() {
        Some(parent) => Ok(Grouper::of(parent, key.clone(), vm)),
        None => {
            let name = pyrope_object::bind::full_type_name(parent, vm);
            Err(vm.type_error(format!("_grouper() argument 1 must be itertools.groupby, not {name}")))
        }
    }
}

fn grouper_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Grouper, slf, vm);
    let parent = &this.parent;
    if parent.grouper.get() != value_of(this).id() {
        return Ok(None);
    }
    if parent.current.with(Option::is_none) && !parent.step(vm)? {
        return Ok(None);
    }
    let Some(key) = parent.current_key.get() else { return Ok(None) };
    if !vm.equal(&this.key, &key)? {
        return Ok(None);
    }
    drop(parent.current_key.take());
    Ok(parent.current.take())
}
