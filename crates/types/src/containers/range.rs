//! `range`: an arithmetic progression of integers of any size.

pub mod iterators;

use dashu_int::IBig;
use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::check_positional;
use pyrope_object::{Args, CompareOp, Header, IntView, PyResult, Ref, Slots, Type, Value, Vm};

use super::TupleHash;
use super::sequence::{bad_index, is_index, no_keywords, receiver};
use super::slice::{Slice, big_indices, slice_parts};
use iterators::{LongRangeIterator, RangeIterator};

/// The integers from start (or 0) up to, not including, stop, in steps of step (or 1).
#[pyclass(
    name = "range",
    builtin = Range,
    flags(SEQUENCE),
    methods(Range::METHODS),
    getset(Range::GETSETS),
    slots = SLOTS
)]
pub struct Range {
    header: Header,
    /// Exact integers, all four.
    start: Value,
    stop: Value,
    step: Value,
    length: Value,
}

const SLOTS: Slots = Slots {
    repr: Some(range_repr),
    hash: Some(range_hash),
    richcompare: Some(range_compare),
    iter: Some(range_iter),
    new: Some(range_new),
    bool: Some(range_bool),
    sq_length: Some(range_len),
    sq_item: Some(range_item),
    sq_contains: Some(range_contains),
    mp_length: Some(range_len),
    mp_subscript: Some(range_subscript),
    ..Slots::EMPTY
};

fn big(value: &Value) -> IBig {
    value.as_int().map_or(IBig::ZERO, |n| n.to_big().into_owned())
}

/// How many numbers there are.
fn length(start: &Value, stop: &Value, step: &Value, vm: &Vm) -> Value {
    if let (Some(start), Some(stop), Some(step)) = (start.as_i64(), stop.as_i64(), step.as_i64()) {
        if step == 1
            && let Some(span) = stop.checked_sub(start)
        {
            return vm.int(span.max(0));
        }
        let (start, stop, step) = (i128::from(start), i128::from(stop), i128::from(step));
        let span = if step > 0 { stop - start } else { start - stop };
        let count = if span <= 0 { 0 } else { (span - 1) / step.abs() + 1 };
        return match i64::try_from(count) {
            Ok(count) => vm.int(count),
            Err(_) => vm.int_from_big(IBig::from(count)),
        };
    }
    let (start, stop, step) = (big(start), big(stop), big(step));
    let down = step < IBig::ZERO;
    let (span, step) = if down { (start - stop, -step) } else { (stop - start, step) };
    if span <= IBig::ZERO { vm.int(0) } else { vm.int_from_big((span - IBig::ONE) / step + IBig::ONE) }
}

impl Range {
    /// A range of exact integers; the step is not zero.
    fn make(start: Value, stop: Value, step: Value, vm: &Vm) -> Ref<Range> {
        let length = length(&start, &stop, &step, vm);
        Ref::new(vm, Range { header: Header::blank(), start, stop, step, length })
    }

    /// `range(start, stop, step)` for machine integers; the step is not zero.
    pub fn from_i64(start: i64, stop: i64, step: i64, vm: &Vm) -> Ref<Range> {
        Range::make(vm.int(start), vm.int(stop), vm.int(step), vm)
    }

    /// Start, stop, step.
    pub fn parts(&self) -> (&Value, &Value, &Value) {
        (&self.start, &self.stop, &self.step)
    }

    fn is_empty(&self) -> bool {
        self.length.as_i64() == Some(0)
    }

    /// The number at an index that is in range.
    fn at(&self, index: &Value, vm: &Vm) -> Value {
        if let (Some(start), Some(step), Some(index)) = (self.start.as_i64(), self.step.as_i64(), index.as_i64())
            && let Some(n) = step.checked_mul(index).and_then(|n| n.checked_add(start))
        {
            return vm.int(n);
        }
        vm.int_from_big(big(&self.start) + big(&self.step) * big(index))
    }

    /// The number at any index, negative ones from the end; `None` if it is out of range.
    fn get(&self, index: &Value, vm: &Vm) -> Option<Value> {
        if let (Some(length), Some(index)) = (self.length.as_i64(), index.as_i64()) {
            let index = if index < 0 { index + length } else { index };
            return (0..length).contains(&index).then(|| self.at(&vm.int(index), vm));
        }
        let (length, index) = (big(&self.length), big(index));
        let index = if index < IBig::ZERO { index + &length } else { index };
        (index >= IBig::ZERO && index < length).then(|| self.at(&vm.int_from_big(index), vm))
    }

    /// The index of an integer, if it is one of the numbers.
    fn position(&self, n: IntView<'_>, vm: &Vm) -> Option<Value> {
        if let (Some(start), Some(stop), Some(step), Some(n)) =
            (self.start.as_i64(), self.stop.as_i64(), self.step.as_i64(), n.to_i64())
        {
            let inside = if step > 0 { start <= n && n < stop } else { stop < n && n <= start };
            let (offset, step) = (i128::from(n) - i128::from(start), i128::from(step));
            return (inside && offset % step == 0).then(|| {
                let index = offset / step;
                i64::try_from(index).map_or_else(|_| vm.int_from_big(IBig::from(index)), |i| vm.int(i))
            });
        }
        let (start, stop, step, n) = (big(&self.start), big(&self.stop), big(&self.step), n.to_big());
        let inside = if step > IBig::ZERO { start <= *n && *n < stop } else { stop < *n && *n <= start };
        let offset = &*n - start;
        (inside && &offset % &step == IBig::ZERO).then(|| vm.int_from_big(offset / step))
    }
}

/// An exact integer by the index protocol.
fn exact_index(value: &Value, vm: &Vm) -> PyResult {
    if value.is_small_int() {
        return Ok(value.clone());
    }
    Ok(vm.int_from_big(vm.index_big(value)?))
}

fn range_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    no_keywords("range", args, vm)?;
    let parts = check_positional("range", args, 1, 3, vm)?;
    let (start, stop, step) = match parts {
        [stop] => (vm.int(0), exact_index(stop, vm)?, vm.int(1)),
        [start, stop, rest @ ..] => {
            let (start, stop) = (exact_index(start, vm)?, exact_index(stop, vm)?);
            let step = rest.first().map_or_else(|| Ok(vm.int(1)), |step| exact_index(step, vm))?;
            (start, stop, step)
        }
        [] => (vm.int(0), vm.int(0), vm.int(1)),
    };
    if step.as_i64() == Some(0) {
        return Err(vm.value_error("range() arg 3 must not be zero"));
    }
    Ok(Range::make(start, stop, step, vm).into_value())
}

fn range_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Range, slf, vm);
    let (start, stop) = (vm.repr_text(&this.start)?, vm.repr_text(&this.stop)?);
    let text = if this.step.as_i64() == Some(1) {
        format!("range({start}, {stop})")
    } else {
        format!("range({start}, {stop}, {})", vm.repr_text(&this.step)?)
    };
    Ok(vm.try_str(&text)?.into_value())
}

fn range_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let this = receiver!(Range, slf, vm);
    let none = Value::none();
    let step = if this.length.as_i64() == Some(1) { &none } else { &this.step };
    let (start, step) = if this.is_empty() { (&none, &none) } else { (&this.start, step) };
    let mut hash = TupleHash::default();
    for part in [&this.length, start, step] {
        hash.lane(vm.hash(part)?);
    }
    Ok(hash.finish_tuple(3))
}

fn equal_ints(a: &Value, b: &Value) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a == b,
        (None, None) => big(a) == big(b),
        _ => false,
    }
}

fn range_compare(slf: &Value, other: &Value, op: CompareOp, _: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<Range>(), other.downcast::<Range>()) else {
        return Ok(Value::not_implemented());
    };
    let equal = equal_ints(&a.length, &b.length)
        && (a.is_empty()
            || (equal_ints(&a.start, &b.start) && (a.length.as_i64() == Some(1) || equal_ints(&a.step, &b.step))));
    match op {
        CompareOp::Eq => Ok(Value::bool(equal)),
        CompareOp::Ne => Ok(Value::bool(!equal)),
        _ => Ok(Value::not_implemented()),
    }
}

/// An iterator over `length` numbers; a plain one if all of them, and the one after, are machine integers.
fn iterate(start: Value, step: Value, length: &Value, vm: &Vm) -> Value {
    if let (Some(first), Some(by), Some(count)) = (start.as_i64(), step.as_i64(), length.as_i64())
        && by.checked_mul(count).and_then(|span| first.checked_add(span)).is_some()
    {
        return RangeIterator::over(first, by, count, vm).into_value();
    }
    LongRangeIterator::over(big(&start), big(&step), big(length), vm).into_value()
}

fn range_iter(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Range, slf, vm);
    Ok(iterate(this.start.clone(), this.step.clone(), &this.length, vm))
}

fn range_bool(slf: &Value, vm: &Vm) -> PyResult<bool> {
    Ok(!receiver!(Range, slf, vm).is_empty())
}

fn range_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    match receiver!(Range, slf, vm).length.as_i64() {
        Some(length) => Ok(length as usize),
        None => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

fn range_item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    let this = receiver!(Range, slf, vm);
    let found = if index < 0 { None } else { this.get(&vm.int(index as i64), vm) };
    found.ok_or_else(|| vm.index_error("range object index out of range"))
}

impl Range {
    /// The slice of a range of small numbers by small parts, for which machine arithmetic will do.
    fn sliced_by_small(&self, slice: &Slice, vm: &Vm) -> Option<Value> {
        let small = |value: &Value| value.as_small_int().filter(|n| n.unsigned_abs() < 1 << 30);
        let (start, own, len) = (small(&self.start)?, small(&self.step)?, small(&self.length)?);
        let (from, to, by) = slice.parts();
        let simple = [from, to, by].into_iter().all(|part| part.is_none() || small(part).is_some());
        if !simple || by.as_small_int() == Some(0) {
            return None;
        }
        let indices = slice_parts(slice, vm).ok()?.adjust(len as usize);
        let at = |index: isize| vm.int(start + index as i64 * own);
        Some(Range::make(at(indices.start), at(indices.stop), vm.int(indices.step as i64 * own), vm).into_value())
    }
}

fn range_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Range, slf, vm);
    if let Some(slice) = key.downcast::<Slice>() {
        if let Some(found) = this.sliced_by_small(slice, vm) {
            return Ok(found);
        }
        let (start, stop, step) = big_indices(slice, &big(&this.length), vm)?;
        let own = big(&this.step);
        let at = |index: IBig| vm.int_from_big(big(&this.start) + index * &own);
        let step = vm.int_from_big(step * &own);
        return Ok(Range::make(at(start), at(stop), step, vm).into_value());
    }
    if !is_index(key, vm) {
        return Err(bad_index("range", key, vm));
    }
    let index = vm.index(key)?;
    this.get(&index, vm).ok_or_else(|| vm.index_error("range object index out of range"))
}

/// The number, if the value is exactly an `int` or a `bool`, for which no comparison is needed.
fn plain_int<'a>(value: &'a Value, vm: &Vm) -> Option<IntView<'a>> {
    let ty = value.ty(vm);
    let exact = ty.is(vm.builtin(pyrope_object::BuiltinType::Int)) || value.as_bool().is_some();
    if exact { value.as_int() } else { None }
}

fn range_contains(slf: &Value, item: &Value, vm: &Vm) -> PyResult<bool> {
    let this = receiver!(Range, slf, vm);
    if let Some(n) = plain_int(item, vm) {
        return Ok(this.position(n, vm).is_some());
    }
    search(slf, item, vm).map(|found| found.is_some())
}

/// The index of the first number equal to a value.
fn search(slf: &Value, item: &Value, vm: &Vm) -> PyResult<Option<usize>> {
    let iterator = vm.iter(slf)?;
    let mut index = 0;
    while let Some(candidate) = vm.next(&iterator)? {
        if vm.equal(&candidate, item)? {
            return Ok(Some(index));
        }
        index += 1;
    }
    Ok(None)
}

#[pymethods]
impl Range {
    /// An iterator over the numbers in reverse order.
    #[method("__reversed__($self, /)")]
    fn reversed(&self, vm: &Vm) -> PyResult {
        if self.is_empty() {
            return Ok(iterate(self.start.clone(), self.step.clone(), &self.length, vm));
        }
        let last = vm.int_from_big(big(&self.length) - IBig::ONE);
        Ok(iterate(self.at(&last, vm), vm.int_from_big(-big(&self.step)), &self.length, vm))
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Range, slf, vm);
        let parts = vm.tuple_of([this.start.clone(), this.stop.clone(), this.step.clone()]).into_value();
        Ok(vm.tuple_of([slf.ty(vm).to_value(), parts]).into_value())
    }

    /// How often a value occurs.
    #[method("count($self, object, /)")]
    fn count(slf: &Value, object: &Value, vm: &Vm) -> PyResult<usize> {
        let this = receiver!(Range, slf, vm);
        if let Some(n) = plain_int(object, vm) {
            return Ok(usize::from(this.position(n, vm).is_some()));
        }
        let iterator = vm.iter(slf)?;
        let mut count = 0;
        while let Some(candidate) = vm.next(&iterator)? {
            count += usize::from(vm.equal(&candidate, object)?);
        }
        Ok(count)
    }

    /// The index of a value.
    ///
    /// ValueError if it is not there.
    #[method("index($self, object, /)")]
    fn index(slf: &Value, object: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Range, slf, vm);
        if let Some(n) = plain_int(object, vm) {
            return match this.position(n, vm) {
                Some(index) => Ok(index),
                None => Err(vm.value_error("range.index(x): x not in range")),
            };
        }
        match search(slf, object, vm)? {
            Some(index) => Ok(vm.int_from_usize(index)),
            None => Err(vm.value_error("sequence.index(x): x not in sequence")),
        }
    }

    #[getter]
    #[member]
    fn start(&self) -> Value {
        self.start.clone()
    }

    #[getter]
    #[member]
    fn stop(&self) -> Value {
        self.stop.clone()
    }

    #[getter]
    #[member]
    fn step(&self) -> Value {
        self.step.clone()
    }
}
