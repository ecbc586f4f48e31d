//! Python's numbers as operands.

use std::borrow::Cow;

use dashu_int::{IBig, UBig};
use pyrope_decimal::{Number, Status};
use pyrope_object::{CompareOp, PyResult, Raised, Value, Vm};
use pyrope_textual::float::integer_ratio;

use crate::context::Context;
use crate::current::{current, parts};
use crate::decimal::Decimal;

/// A Decimal or an int, exactly.
#[inline]
pub(crate) fn operand(value: &Value) -> Option<Cow<'_, Number>> {
    match value.downcast::<Decimal>() {
        Some(decimal) => Some(Cow::Borrowed(&decimal.number)),
        None => integer(value).map(Cow::Owned),
    }
}

fn integer(value: &Value) -> Option<Number> {
    let n = value.as_int()?;
    Some(match n.to_i64() {
        Some(n) => Number::from_i64(n),
        None => Number::from_integer(&n.to_big()),
    })
}

#[cold]
pub(crate) fn not_supported(value: &Value, vm: &Vm) -> Raised {
    vm.type_error(format!("conversion from {} to Decimal is not supported", vm.type_name(value)))
}

/// An operand of a method; TypeError for what is neither Decimal nor int.
#[inline]
pub(crate) fn required<'a>(value: &'a Value, vm: &Vm) -> PyResult<Cow<'a, Number>> {
    operand(value).ok_or_else(|| not_supported(value, vm))
}

/// A float, exactly.
pub(crate) fn from_float(x: f64) -> Number {
    let negative = x.is_sign_negative();
    if x.is_nan() {
        return Number::nan().with_sign(negative);
    }
    if x.is_infinite() {
        return Number::infinity(negative);
    }
    match integer_ratio(x.abs()) {
        Some((mantissa, exponent)) => {
            let mantissa = UBig::try_from(IBig::from(mantissa)).unwrap_or(UBig::ZERO);
            Number::from_binary(negative, mantissa, exponent.into())
        }
        None => Number::zero(negative, 0),
    }
}

/// Both sides of a comparison; `None` if the types do not compare.
fn comparands(a: &Number, b: &Value, op: CompareOp, context: &Context, vm: &Vm) -> PyResult<Option<(Number, Number)>> {
    if let Some(b) = operand(b) {
        return Ok(Some((a.clone(), b.into_owned())));
    }
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let float = match b.as_float() {
        Some(x) => Some(x),
        None if equality => real_of_complex(b, vm)?,
        None => None,
    };
    if let Some(x) = float {
        if equality {
            context.status.set(context.status.get() | Status::FLOAT_OPERATION.0);
        } else {
            context.note(Status::FLOAT_OPERATION, vm)?;
        }
        return Ok(Some((a.clone(), from_float(x))));
    }
    let rational = parts(vm)?.rational.clone();
    if !pyrope_types::model::instance_checks::is_instance(b, &rational, vm)? {
        return Ok(None);
    }
    let numerator = vm.get_attr_str(b, "numerator")?;
    let denominator = vm.get_attr_str(b, "denominator")?;
    match (integer(&numerator), integer(&denominator)) {
        (Some(numerator), Some(denominator)) if !a.is_finite() => {
            let _ = denominator;
            Ok(Some((a.clone(), numerator)))
        }
        (Some(numerator), Some(denominator)) => {
            let product = Number::new(a.negative, &a.coefficient * denominator.coefficient, a.exponent);
            Ok(Some((product, numerator)))
        }
        _ => Ok(None),
    }
}

/// The real part of a complex number without an imaginary one.
fn real_of_complex(value: &Value, vm: &Vm) -> PyResult<Option<f64>> {
    let complex = vm.builtin(pyrope_object::BuiltinType::Complex);
    if !value.ty(vm).is_subtype(complex) {
        return Ok(None);
    }
    let imaginary = vm.get_attr_str(value, "imag")?.as_float();
    if imaginary != Some(0.0) {
        return Ok(None);
    }
    Ok(vm.get_attr_str(value, "real")?.as_float())
}

/// The slot of comparisons.
pub(crate) fn compare(a: &Value, b: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let Some(decimal) = a.downcast::<Decimal>() else { return Ok(Value::not_implemented()) };
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    if let Some(b) = operand(b)
        && !decimal.number.is_nan()
        && !b.is_nan()
    {
        return Ok(Value::bool(op.holds(decimal.number.order(&b))));
    }
    let context = current(vm)?;
    let Some((a, b)) = comparands(&decimal.number, b, op, &context, vm)? else { return Ok(Value::not_implemented()) };
    if a.is_nan() || b.is_nan() {
        if !equality || a.is_signaling() || b.is_signaling() {
            context.note(Status::INVALID_OPERATION, vm)?;
        }
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    Ok(Value::bool(op.holds(a.order(&b))))
}
