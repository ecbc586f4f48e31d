//! Arithmetic of floats, with CPython's errors.

use std::cmp::Ordering;

use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign};
use pyrope_object::{BuiltinType as B, CompareOp, IntView, PyResult, Raised, Value, Vm};
use pyrope_textual::float::decompose;

use super::super::int::arithmetic::{holds, round_scaled};

#[cold]
fn by_zero(vm: &Vm) -> Raised {
    vm.zero_division_error("division by zero")
}

/// The nearest float; infinity where there is none.
pub fn int_to_f64(n: &IBig) -> f64 {
    let (sign, magnitude) = n.clone().into_parts();
    let bits = magnitude.bit_len();
    let x = if bits <= 128 {
        round_scaled(u128::try_from(&magnitude).unwrap_or(0), 0)
    } else if bits > 1100 {
        f64::INFINITY
    } else {
        let drop = bits - 66;
        let sticky = magnitude.trailing_zeros().is_some_and(|zeros| zeros < drop);
        let top = u128::try_from(magnitude >> drop).unwrap_or(0);
        round_scaled(top | u128::from(sticky), drop as i64)
    };
    if sign == Sign::Negative { -x } else { x }
}

/// The nearest float, or OverflowError.
#[inline]
pub fn view_to_f64(n: IntView<'_>, vm: &Vm) -> PyResult<f64> {
    match n {
        IntView::Small(n) => Ok(n as f64),
        IntView::Big(n) => {
            let x = int_to_f64(n);
            if x.is_finite() { Ok(x) } else { Err(vm.overflow_error("int too large to convert to float")) }
        }
    }
}

/// A float or an int as a float; `None` for anything else.
#[inline]
pub(crate) fn operand(value: &Value, vm: &Vm) -> PyResult<Option<f64>> {
    if let Some(x) = value.as_float() {
        return Ok(Some(x));
    }
    match value.as_int() {
        Some(n) => view_to_f64(n, vm).map(Some),
        None => Ok(None),
    }
}

/// Quotient and remainder, rounded to negative infinity; `b` is not zero.
fn floor_parts(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 {
        if (b < 0.0) != (rest < 0.0) {
            rest += b;
            quotient -= 1.0;
        }
    } else {
        rest = 0.0f64.copysign(b);
    }
    let quotient = if quotient != 0.0 {
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    } else {
        0.0f64.copysign(a / b)
    };
    (quotient, rest)
}

/// `a // b`
pub fn float_floor_div(a: f64, b: f64, vm: &Vm) -> PyResult<f64> {
    if b == 0.0 { Err(by_zero(vm)) } else { Ok(floor_parts(a, b).0) }
}

/// `a % b`, with the sign of `b`.
pub fn float_mod(a: f64, b: f64, vm: &Vm) -> PyResult<f64> {
    if b == 0.0 {
        return Err(by_zero(vm));
    }
    let rest = a % b;
    Ok(if rest == 0.0 {
        0.0f64.copysign(b)
    } else if (b < 0.0) != (rest < 0.0) {
        rest + b
    } else {
        rest
    })
}

/// `divmod(a, b)`
pub fn float_divmod(a: f64, b: f64, vm: &Vm) -> PyResult<(f64, f64)> {
    if b == 0.0 { Err(by_zero(vm)) } else { Ok(floor_parts(a, b)) }
}

/// `a / b`
#[inline]
pub fn float_div(a: f64, b: f64, vm: &Vm) -> PyResult<f64> {
    if b == 0.0 { Err(by_zero(vm)) } else { Ok(a / b) }
}

/// `a ** b`: a float, or a complex number for a fractional power of a negative one.
pub fn float_pow(a: f64, b: f64, vm: &Vm) -> PyResult {
    let odd = b.abs() % 2.0 == 1.0;
    let special = if b == 0.0 || a == 1.0 {
        Some(1.0)
    } else if a.is_nan() {
        Some(a)
    } else if b.is_nan() {
        Some(b)
    } else if b.is_infinite() {
        let a = a.abs();
        Some(if a == 1.0 {
            1.0
        } else if (b > 0.0) == (a > 1.0) {
            b.abs()
        } else {
            0.0
        })
    } else if a.is_infinite() {
        Some(match (b > 0.0, odd) {
            (true, true) => a,
            (true, false) => a.abs(),
            (false, true) => 0.0f64.copysign(a),
            (false, false) => 0.0,
        })
    } else if a == 0.0 {
        if b < 0.0 {
            return Err(vm.zero_division_error("zero to a negative power"));
        }
        Some(if odd { a } else { 0.0 })
    } else {
        None
    };
    if let Some(x) = special {
        return Ok(vm.float(x));
    }
    if a < 0.0 && b != b.floor() {
        return super::super::complex::complex_power((a, 0.0), (b, 0.0), vm);
    }
    let x = a.abs().powf(b);
    if x.is_infinite() {
        let args = [vm.int(34), vm.new_str("Numerical result out of range").into_value()];
        return Err(vm.raise_with(B::OverflowError, &args));
    }
    Ok(vm.float(if a < 0.0 && odd { -x } else { x }))
}

/// `a op b`
#[inline]
pub fn compare_floats(a: f64, b: f64, op: CompareOp) -> bool {
    match op {
        CompareOp::Lt => a < b,
        CompareOp::Le => a <= b,
        CompareOp::Eq => a == b,
        CompareOp::Ne => a != b,
        CompareOp::Gt => a > b,
        CompareOp::Ge => a >= b,
    }
}

/// `x op n`, exactly.
pub(crate) fn compare_with_int(x: f64, n: IntView<'_>, op: CompareOp) -> bool {
    match compare_int_float(n, x) {
        Some(ordering) => holds(ordering.reverse(), op),
        None => op == CompareOp::Ne,
    }
}

/// The order of an integer and a float by their exact values; `None` for a NaN.
pub fn compare_int_float(n: IntView<'_>, x: f64) -> Option<Ordering> {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let inside = (-TWO_63..TWO_63).contains(&x);
    Some(match n {
        IntView::Small(n) if inside => {
            let whole = x.trunc();
            n.cmp(&(whole as i64)).then_with(|| whole.partial_cmp(&x).unwrap_or(Ordering::Equal))
        }
        IntView::Small(_) => {
            if x > 0.0 {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        IntView::Big(n) if inside => {
            if n.sign() == Sign::Negative {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        IntView::Big(n) => n.cmp(&exact_integer(x)),
    })
}

/// The whole number that a finite float is, towards zero.
pub(crate) fn exact_integer(x: f64) -> IBig {
    let (mantissa, exponent) = decompose(x);
    let magnitude = IBig::from(mantissa);
    let magnitude =
        if exponent >= 0 { magnitude << exponent as usize } else { magnitude >> exponent.unsigned_abs() as usize };
    if x < 0.0 { -magnitude } else { magnitude }
}
