//! `count`, `cycle`, `repeat`, `accumulate`.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::Signature;
use pyrope_object::{Args, Guarded, Header, Int, PyResult, Ref, Slots, Type, Value, Vm};
use pyrope_types::iterators::itself;

use crate::support::{bound, given, positional, receiver, signature, ssize};

/// An iterator over start, start + step, start + 2 * step and so on, without end.
#[pyclass(name = "count", module = "itertools", signature = "(start=0, step=1)", flags(GC, BASETYPE), slots = COUNT_SLOTS)]
#[derive(Traverse)]
pub struct Count {
    header: Header,
    next: Guarded<Value>,
    step: Value,
}

const COUNT_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(count_next), new: Some(count_new), repr: Some(count_repr), ..Slots::EMPTY };

fn is_number(value: &Value, vm: &Vm) -> bool {
    let slots = value.ty(vm).slots();
    slots.index.is_some() || slots.int.is_some() || slots.float.is_some() || value.as_int().is_some() || {
        value.ty(vm).is_subtype(vm.builtin(pyrope_object::BuiltinType::Complex))
    }
}

fn count_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = signature("count", &["start", "step"], 0, 2);
    let [start, step] = bound(&SIGNATURE, args, vm)?;
    if [start, step].into_iter().flatten().any(|n| !is_number(n, vm)) {
        return Err(vm.type_error("a number is required"));
    }
    let start = start.cloned().unwrap_or_else(|| vm.int(0));
    let step = step.cloned().unwrap_or_else(|| vm.int(1));
    let fields = Count { header: Header::blank(), next: Guarded::new(start), step };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn count_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Count, slf, vm);
    let now = this.next.get();
    let next = match (now.as_small_int(), this.step.as_small_int()) {
        (Some(now), Some(step)) => vm.int(now + step),
        _ => vm.add(&now, &this.step)?,
    };
    this.next.set(next);
    Ok(Some(now))
}

fn count_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Count, slf, vm);
    let name = vm.type_name(slf);
    let now = vm.repr_text(&this.next.get())?;
    let is_int = this.step.is_small_int() || this.step.downcast::<Int>().is_some() || this.step.as_bool().is_some();
    let text = if is_int && this.step.as_i64() == Some(1) {
        format!("{name}({now})")
    } else {
        format!("{name}({now}, {})", vm.repr_text(&this.step)?)
    };
    Ok(vm.try_str(&text)?.into_value())
}

/// An iterator over the items of an iterable, again and again.
#[pyclass(name = "cycle", module = "itertools", signature = "(iterable, /)", flags(GC, BASETYPE), slots = CYCLE_SLOTS)]
#[derive(Traverse)]
pub struct Cycle {
    header: Header,
    /// None once exhausted: then the saved items are given.
    iterator: Guarded<Option<Value>>,
    saved: Guarded<Vec<Value>>,
    #[traverse(skip)]
    index: Cell<usize>,
}

const CYCLE_SLOTS: Slots = Slots { iter: Some(itself), next: Some(cycle_next), new: Some(cycle_new), ..Slots::EMPTY };

fn cycle_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let [iterable] = positional(class, vm.type_of::<Cycle>(), args, 1, 1, vm)? else { return Ok(Value::none()) };
    let iterator = Guarded::new(Some(vm.iter(iterable)?));
    let fields = Cycle { header: Header::blank(), iterator, saved: Guarded::default(), index: Cell::new(0) };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn cycle_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Cycle, slf, vm);
    if let Some(iterator) = this.iterator.get() {
        if let Some(item) = vm.next(&iterator)? {
            this.saved.with_mut(|saved| saved.push(item.clone()));
            return Ok(Some(item));
        }
        drop(this.iterator.take());
    }
    let index = this.index.get();
    let (item, len) = this.saved.with(|saved| (saved.get(index).cloned(), saved.len()));
    this.index.set(if index + 1 >= len { 0 } else { index + 1 });
    Ok(item)
}

/// An iterator that gives an object again and again, or the given number of times.
#[pyclass(name = "repeat", module = "itertools", flags(GC, BASETYPE), methods(Repeat::METHODS), slots = REPEAT_SLOTS)]
#[derive(Traverse)]
pub struct Repeat {
    header: Header,
    object: Value,
    /// How often it will be given; below zero without end.
    #[traverse(skip)]
    left: Cell<isize>,
}

const REPEAT_SLOTS: Slots = Slots {
    iter: Some(itself),
    next: Some(repeat_next),
    new: Some(repeat_new),
    repr: Some(repeat_repr),
    ..Slots::EMPTY
};

fn repeat_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = signature("repeat", &["object", "times"], 1, 2);
    let [object, times] = bound(&SIGNATURE, args, vm)?;
    let left = times.map_or(Ok(-1), |times| ssize(times, vm).map(|n| n.max(0)))?;
    let object = object.cloned().unwrap_or(Value::none());
    Ok(Ref::new_in(vm, class, Repeat { header: Header::blank(), object, left: Cell::new(left) }).into_value())
}

fn repeat_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Repeat, slf, vm);
    let left = this.left.get();
    if left == 0 {
        return Ok(None);
    }
    if left > 0 {
        this.left.set(left - 1);
    }
    Ok(Some(this.object.clone()))
}

fn repeat_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Repeat, slf, vm);
    let (name, object) = (vm.type_name(slf), vm.repr_text(&this.object)?);
    let left = this.left.get();
    let text = if left < 0 { format!("{name}({object})") } else { format!("{name}({object}, {left})") };
    Ok(vm.try_str(&text)?.into_value())
}

#[pymethods]
impl Repeat {
    /// How many items are left.
    #[method("__length_hint__($self, /)")]
    fn length_hint(&self, vm: &Vm) -> PyResult<isize> {
        match self.left.get() {
            ..0 => Err(vm.type_error("len() of unsized object")),
            left => Ok(left),
        }
    }
}

/// An iterator over running totals, or over the running results of a function of two arguments.
#[pyclass(
    name = "accumulate",
    module = "itertools",
    signature = "(iterable, func=None, *, initial=None)",
    flags(GC, BASETYPE),
    slots = ACCUMULATE_SLOTS
)]
#[derive(Traverse)]
pub struct Accumulate {
    header: Header,
    iterator: Value,
    function: Option<Value>,
    initial: Guarded<Option<Value>>,
    total: Guarded<Option<Value>>,
}

const ACCUMULATE_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(accumulate_next), new: Some(accumulate_new), ..Slots::EMPTY };

fn accumulate_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = signature("accumulate", &["iterable", "func", "initial"], 1, 2);
    let [iterable, function, initial] = bound(&SIGNATURE, args, vm)?;
    let iterator = vm.iter(iterable.unwrap_or(&Value::none()))?;
    let fields = Accumulate {
        header: Header::blank(),
        iterator,
        function: given(function),
        initial: Guarded::new(given(initial)),
        total: Guarded::new(None),
    };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn accumulate_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Accumulate, slf, vm);
    if let Some(initial) = this.initial.take() {
        this.total.set(Some(initial.clone()));
        return Ok(Some(initial));
    }
    let Some(item) = vm.next(&this.iterator)? else { return Ok(None) };
    let total = match (this.total.get(), &this.function) {
        (None, _) => item,
        (Some(total), None) => vm.add(&total, &item)?,
        (Some(total), Some(function)) => vm.call(function, &[total, item])?,
    };
    this.total.set(Some(total.clone()));
    Ok(Some(total))
}
