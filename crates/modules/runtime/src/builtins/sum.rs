//! Adding up for `sum()`, as CPython does: machine integers first, then floats, then complex numbers with Neumaier's
//! compensation, then anything. The way leads only forward.

use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};
use pyrope_types::numbers::complex::{as_complex, new_complex};

/// A sum and what rounding took from it.
#[derive(Clone, Copy)]
pub(super) struct Compensated {
    high: f64,
    low: f64,
}

impl Compensated {
    fn of(high: f64) -> Compensated {
        Compensated { high, low: 0.0 }
    }

    fn add(&mut self, x: f64) {
        let next = self.high + x;
        self.low += if self.high.abs() >= x.abs() { (self.high - next) + x } else { (x - next) + self.high };
        self.high = next;
    }

    fn value(self) -> f64 {
        if self.low != 0.0 && self.low.is_finite() { self.high + self.low } else { self.high }
    }
}

/// The total so far.
pub(super) enum Sum {
    Int(i64),
    Float(Compensated),
    Complex(Compensated, Compensated),
    Any(Value),
}

fn exact_int(value: &Value, vm: &Vm) -> Option<i64> {
    let exact = value.ty(vm).is(vm.builtin(B::Int)) || value.as_bool().is_some();
    if exact { value.as_i64() } else { None }
}

fn exact_float(value: &Value, vm: &Vm) -> Option<f64> {
    if value.ty(vm).is(vm.builtin(B::Float)) { value.as_float() } else { None }
}

fn exact_complex(value: &Value, vm: &Vm) -> Option<(f64, f64)> {
    if value.ty(vm).is(vm.builtin(B::Complex)) { as_complex(value) } else { None }
}

impl Sum {
    /// The sum that begins with a value.
    pub(super) fn from(start: Value, vm: &Vm) -> Sum {
        match exact_int(&start, vm) {
            Some(n) if start.as_bool().is_none() => Sum::Int(n),
            _ => Sum::inexact(start, vm),
        }
    }

    /// Where the way goes on from a total that is no machine integer.
    fn inexact(total: Value, vm: &Vm) -> Sum {
        match exact_float(&total, vm) {
            Some(x) => Sum::Float(Compensated::of(x)),
            None => Sum::past_floats(total, vm),
        }
    }

    fn past_floats(total: Value, vm: &Vm) -> Sum {
        match exact_complex(&total, vm) {
            Some((re, im)) => Sum::Complex(Compensated::of(re), Compensated::of(im)),
            None => Sum::Any(total),
        }
    }

    /// Adds an item.
    pub(super) fn add(&mut self, item: &Value, vm: &Vm) -> PyResult<()> {
        match self {
            Sum::Int(total) => {
                if let Some(next) = item.as_small_int().and_then(|n| total.checked_add(n)) {
                    *total = next;
                    return Ok(());
                }
                if let Some(next) = exact_int(item, vm).and_then(|n| total.checked_add(n)) {
                    *total = next;
                    return Ok(());
                }
                *self = Sum::inexact(vm.add(&vm.int(*total), item)?, vm);
            }
            Sum::Float(total) => {
                if let Some(x) = exact_float(item, vm) {
                    total.add(x);
                    return Ok(());
                }
                if let Some(n) = item.as_i64() {
                    total.add(n as f64);
                    return Ok(());
                }
                *self = Sum::past_floats(vm.add(&vm.float(total.value()), item)?, vm);
            }
            Sum::Complex(re, im) => {
                if let Some((x, y)) = exact_complex(item, vm) {
                    re.add(x);
                    im.add(y);
                } else if let Some(n) = item.as_i64() {
                    re.add(n as f64);
                } else if let Some(x) = item.as_float() {
                    re.add(x);
                } else {
                    let total = new_complex((re.value(), im.value()), vm);
                    *self = Sum::Any(vm.add(&total, item)?);
                }
            }
            Sum::Any(total) => *total = vm.add(total, item)?,
        }
        Ok(())
    }

    /// The total.
    pub(super) fn finish(self, vm: &Vm) -> Value {
        match self {
            Sum::Int(n) => vm.int(n),
            Sum::Float(x) => vm.float(x.value()),
            Sum::Complex(re, im) => new_complex((re.value(), im.value()), vm),
            Sum::Any(total) => total,
        }
    }
}
