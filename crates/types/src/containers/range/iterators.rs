//! Iterators over ranges: of machine integers, and of any.

use std::cell::Cell;

use dashu_int::IBig;
use pyrope_macros::{pyclass, pymethods};
use pyrope_object::{Guarded, Header, PyResult, Ref, Slots, Value, Vm};

use super::Range;
use crate::containers::builtin_function;
use crate::containers::sequence::receiver;
use crate::iterators::{itself, state_index};

#[pyclass(name = "range_iterator", builtin = RangeIterator, flags(DISALLOW_INSTANTIATION), methods(RangeIterator::METHODS), slots = SLOTS)]
pub struct RangeIterator {
    header: Header,
    next: Cell<i64>,
    step: i64,
    /// How many numbers are left. `next + left * step` does not overflow.
    left: Cell<i64>,
}

const SLOTS: Slots = Slots { iter: Some(itself), next: Some(range_next), ..Slots::EMPTY };

impl RangeIterator {
    /// An iterator over `count` numbers; `start + count * step` does not overflow.
    pub fn over(start: i64, step: i64, count: i64, vm: &Vm) -> Ref<RangeIterator> {
        let (next, left) = (Cell::new(start), Cell::new(count));
        Ref::new(vm, RangeIterator { header: Header::blank(), next, step, left })
    }

    /// The next number.
    #[inline(always)]
    pub fn advance(&self) -> Option<i64> {
        let left = self.left.get();
        if left <= 0 {
            return None;
        }
        let n = self.next.get();
        self.next.set(n.wrapping_add(self.step));
        self.left.set(left - 1);
        Some(n)
    }
}

impl RangeIterator {
    /// The next number, if there is one and it needs no box.
    #[inline(always)]
    pub fn advance_small(&self) -> Option<Value> {
        let left = self.left.get();
        if left <= 0 {
            return None;
        }
        let n = self.next.get();
        let value = Value::small_int(n)?;
        self.next.set(n.wrapping_add(self.step));
        self.left.set(left - 1);
        Some(value)
    }
}

fn range_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    Ok(receiver!(RangeIterator, slf, vm).advance().map(|n| vm.int(n)))
}

/// `(iter, (range,), None)`
fn reduced(range: Value, vm: &Vm) -> PyResult {
    let arguments = vm.tuple_of([range]).into_value();
    Ok(vm.tuple_of([builtin_function("iter", vm)?, arguments, Value::none()]).into_value())
}

#[pymethods]
impl RangeIterator {
    /// How many numbers are left.
    #[method("__length_hint__($self, /)")]
    fn length_hint(&self) -> i64 {
        self.left.get()
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let stop = self.next.get().wrapping_add(self.left.get().wrapping_mul(self.step));
        reduced(Range::from_i64(self.next.get(), stop, self.step, vm).into_value(), vm)
    }

    /// Restore the state of a pickle.
    #[method("__setstate__($self, object, /)")]
    fn setstate(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let index = (state_index(object, vm)? as i64).clamp(0, self.left.get());
        self.next.set(self.next.get().wrapping_add(index.wrapping_mul(self.step)));
        self.left.set(self.left.get() - index);
        Ok(())
    }
}

#[pyclass(name = "longrange_iterator", builtin = LongRangeIterator, flags(DISALLOW_INSTANTIATION), methods(LongRangeIterator::METHODS), slots = LONG_SLOTS)]
pub struct LongRangeIterator {
    header: Header,
    step: IBig,
    state: Guarded<LongState>,
}

#[derive(Clone)]
struct LongState {
    next: IBig,
    left: IBig,
}

const LONG_SLOTS: Slots = Slots { iter: Some(itself), next: Some(long_next), ..Slots::EMPTY };

impl LongRangeIterator {
    /// An iterator over `count` numbers.
    pub fn over(start: IBig, step: IBig, count: IBig, vm: &Vm) -> Ref<LongRangeIterator> {
        let state = Guarded::new(LongState { next: start, left: count });
        Ref::new(vm, LongRangeIterator { header: Header::blank(), step, state })
    }

    fn skip(state: &mut LongState, step: &IBig, count: IBig) {
        state.next += step * &count;
        state.left -= count;
    }
}

fn long_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(LongRangeIterator, slf, vm);
    let next = this.state.with_mut(|state| {
        if state.left <= IBig::ZERO {
            return None;
        }
        let next = state.next.clone();
        LongRangeIterator::skip(state, &this.step, IBig::ONE);
        Some(next)
    });
    Ok(next.map(|n| vm.int_from_big(n)))
}

#[pymethods]
impl LongRangeIterator {
    /// How many numbers are left.
    #[method("__length_hint__($self, /)")]
    fn length_hint(&self) -> IBig {
        self.state.with(|state| state.left.clone())
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let LongState { next, left } = self.state.get();
        let stop = &next + left * &self.step;
        let [start, stop, step] = [next, stop, self.step.clone()].map(|n| vm.int_from_big(n));
        reduced(Range::make(start, stop, step, vm).into_value(), vm)
    }

    /// Restore the state of a pickle.
    #[method("__setstate__($self, object, /)")]
    fn setstate(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let Some(index) = object.as_int() else { return Err(vm.type_error("state must be an int")) };
        let index = index.to_big().into_owned();
        self.state.with_mut(|state| {
            let index = index.max(IBig::ZERO).min(state.left.clone());
            LongRangeIterator::skip(state, &self.step, index);
        });
        Ok(())
    }
}
