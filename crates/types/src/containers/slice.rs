//! `slice`, and what it selects from a sequence.

use dashu_int::IBig;
use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::check_positional;
use pyrope_object::{Args, CompareOp, Header, PyResult, Ref, Slots, Type, Value, Vm, value_of};

use super::TupleHash;
use super::sequence::{is_index, no_keywords, receiver};

/// A range of indices, as `a[start:stop:step]` gives it.
#[pyclass(name = "slice", builtin = Slice, flags(GC), methods(Slice::METHODS), getset(Slice::GETSETS), slots = SLOTS)]
#[derive(Traverse)]
pub struct Slice {
    header: Header,
    start: Value,
    stop: Value,
    step: Value,
}

const SLOTS: Slots = Slots {
    repr: Some(slice_repr),
    hash: Some(slice_hash),
    richcompare: Some(slice_compare),
    new: Some(slice_new),
    ..Slots::EMPTY
};

impl Slice {
    /// A slice object.
    pub fn new(start: Value, stop: Value, step: Value, vm: &Vm) -> Ref<Slice> {
        Ref::new(vm, Slice { header: Header::blank(), start, stop, step })
    }

    /// The three parts as they were given.
    pub fn parts(&self) -> (&Value, &Value, &Value) {
        (&self.start, &self.stop, &self.step)
    }
}

/// The parts of a slice as machine numbers, before the length of the sequence is known.
#[derive(Clone, Copy, Debug)]
pub struct SliceParts {
    pub start: isize,
    pub stop: isize,
    /// Never zero, never `isize::MIN`.
    pub step: isize,
}

/// What a slice selects from a sequence of a known length: `count` indices from `start` on, `step` apart.
#[derive(Clone, Copy, Debug)]
pub struct SliceIndices {
    pub start: isize,
    pub stop: isize,
    pub step: isize,
    pub count: usize,
}

impl SliceParts {
    /// Clips the parts to a length, by the rules of `slice.indices`.
    pub fn adjust(self, len: usize) -> SliceIndices {
        let len = len as isize;
        let (low, high) = if self.step < 0 { (-1, len - 1) } else { (0, len) };
        let clip = |at: isize| {
            if at < 0 { at.saturating_add(len).max(low) } else { at.min(high) }
        };
        let (start, stop, step) = (clip(self.start), clip(self.stop), self.step);
        let count = if step < 0 && stop < start {
            ((start - stop - 1) as usize) / step.unsigned_abs() + 1
        } else if step > 0 && start < stop {
            ((stop - start - 1) as usize) / step as usize + 1
        } else {
            0
        };
        SliceIndices { start, stop, step, count }
    }
}

impl SliceIndices {
    /// The selected indices in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator {
        let start = self.start;
        (0..self.count).map(move |i| start.wrapping_add((i as isize).wrapping_mul(self.step)) as usize)
    }
}

/// One part: an index clamped to the machine's range, or the default for None.
fn part(value: &Value, default: isize, vm: &Vm) -> PyResult<isize> {
    if value.is_none() {
        return Ok(default);
    }
    if let Some(n) = value.as_small_int() {
        return Ok(n as isize);
    }
    if !is_index(value, vm) {
        return Err(vm.type_error("slice indices must be integers or None or have an __index__ method"));
    }
    vm.index_clamped(value)
}

/// Evaluates the parts of a slice. May run `__index__`, so take the sequence's length afterwards.
pub fn slice_parts(slice: &Slice, vm: &Vm) -> PyResult<SliceParts> {
    let step = part(&slice.step, 1, vm)?.max(-isize::MAX);
    if step == 0 {
        return Err(vm.value_error("slice step cannot be zero"));
    }
    let start = part(&slice.start, if step < 0 { isize::MAX } else { 0 }, vm)?;
    let stop = part(&slice.stop, if step < 0 { isize::MIN } else { isize::MAX }, vm)?;
    Ok(SliceParts { start, stop, step })
}

/// What a slice object selects from a sequence of `len` items: `(start, stop, step, count)`. TypeError if `slice` is none.
pub fn slice_indices(slice: &Value, len: usize, vm: &Vm) -> PyResult<(isize, isize, isize, usize)> {
    let slice = receiver!(Slice, slice, vm);
    let SliceIndices { start, stop, step, count } = slice_parts(slice, vm)?.adjust(len);
    Ok((start, stop, step, count))
}

/// One part as a big integer, or `None` for None.
fn big_part(value: &Value, vm: &Vm) -> PyResult<Option<IBig>> {
    if value.is_none() {
        return Ok(None);
    }
    if !is_index(value, vm) {
        return Err(vm.type_error("slice indices must be integers or None or have an __index__ method"));
    }
    vm.index_big(value).map(Some)
}

/// `slice.indices` for lengths of any size: start, stop, step.
pub fn big_indices(slice: &Slice, len: &IBig, vm: &Vm) -> PyResult<(IBig, IBig, IBig)> {
    let zero = IBig::ZERO;
    let step = big_part(&slice.step, vm)?.unwrap_or(IBig::ONE);
    if step == zero {
        return Err(vm.value_error("slice step cannot be zero"));
    }
    let down = step < zero;
    let (low, high) = if down { (IBig::from(-1), len - IBig::ONE) } else { (zero.clone(), len.clone()) };
    let clip = |at: IBig| {
        let at = if at < zero { at + len } else { at };
        at.max(low.clone()).min(high.clone())
    };
    let start = big_part(&slice.start, vm)?.map_or_else(|| if down { high.clone() } else { low.clone() }, clip);
    let stop = big_part(&slice.stop, vm)?.map_or_else(|| if down { low.clone() } else { high.clone() }, clip);
    Ok((start, stop, step))
}

#[pymethods]
impl Slice {
    /// Start, stop and step of this slice for a sequence of the given length, clipped to it.
    #[method("indices($self, object, /)")]
    fn indices(&self, object: &Value, vm: &Vm) -> PyResult {
        let len = vm.index_big(object)?;
        if len < IBig::ZERO {
            return Err(vm.value_error("length should not be negative"));
        }
        let (start, stop, step) = big_indices(self, &len, vm)?;
        let parts = [start, stop, step].map(|n| vm.int_from_big(n));
        Ok(vm.new_tuple(parts.into()).into_value())
    }

    /// How to make this slice again.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Slice, slf, vm);
        let parts = vm.tuple_of([this.start.clone(), this.stop.clone(), this.step.clone()]);
        Ok(vm.tuple_of([slf.ty(vm).to_value(), parts.into_value()]).into_value())
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

fn slice_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    no_keywords("slice", args, vm)?;
    let parts = check_positional("slice", args, 1, 3, vm)?;
    let none = Value::none;
    let (start, stop, step) = match parts {
        [stop] => (none(), stop.clone(), none()),
        [start, stop] => (start.clone(), stop.clone(), none()),
        [start, stop, step, ..] => (start.clone(), stop.clone(), step.clone()),
        [] => (none(), none(), none()),
    };
    Ok(Slice::new(start, stop, step, vm).into_value())
}

fn slice_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Slice, slf, vm);
    let [start, stop, step] = [&this.start, &this.stop, &this.step].map(|part| vm.repr_text(part));
    Ok(vm.try_str(&format!("slice({}, {}, {})", start?, stop?, step?))?.into_value())
}

fn slice_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let this = receiver!(Slice, slf, vm);
    let mut hash = TupleHash::default();
    for part in [&this.start, &this.stop, &this.step] {
        hash.lane(vm.hash(part)?);
    }
    Ok(hash.finish())
}

fn slice_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<Slice>(), other.downcast::<Slice>()) else {
        return Ok(Value::not_implemented());
    };
    if std::ptr::eq(a, b) {
        return Ok(Value::bool(op.holds(std::cmp::Ordering::Equal)));
    }
    let [a, b] = [a, b].map(|s| vm.tuple_of([s.start.clone(), s.stop.clone(), s.step.clone()]).into_value());
    vm.compare(&a, &b, op)
}

/// The slice `value` is, if it is one.
pub fn as_slice(value: &Value) -> Option<Ref<Slice>> {
    value.downcast::<Slice>().and_then(|slice| value_of(slice).cast::<Slice>())
}
