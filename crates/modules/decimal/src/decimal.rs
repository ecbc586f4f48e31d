//! `Decimal`: the object and its operators.

use std::cell::Cell;

use pyrope_decimal::{Class, Context as Parameters, Number, Rounding, Status};
use pyrope_macros::pyclass;
use pyrope_object::{Header, PyResult, Ref, Slots, Type, Value, Vm};
use pyrope_types::model::object::identity_hash;

use crate::construct::decimal_new;
use crate::current::current;
use crate::operands::{compare, operand};

/// Construct a new Decimal object. 'value' can be an integer, string, tuple,
/// or another Decimal object. If no value is given, return Decimal('0'). The
/// context does not affect the conversion and is only passed to determine if
/// the InvalidOperation trap is active.
#[pyclass(
    name = "Decimal", module = "decimal", signature = "(value=\"0\", context=None)", flags(BASETYPE), slots = SLOTS,
    methods(Decimal::METHODS), getset(Decimal::GETSETS)
)]
pub struct Decimal {
    header: Header,
    pub(crate) number: Number,
    /// -1 as long as it is not known.
    hash: Cell<i64>,
}

const SLOTS: Slots = Slots {
    new: Some(decimal_new),
    repr: Some(|slf, vm| {
        let text = number(slf, vm)?.to_text(current(vm)?.capitals.get(), false);
        Ok(vm.try_str(&format!("Decimal('{text}')"))?.into_value())
    }),
    str: Some(|slf, vm| {
        let text = number(slf, vm)?.to_text(current(vm)?.capitals.get(), false);
        Ok(vm.try_str(&text)?.into_value())
    }),
    hash: Some(hash),
    richcompare: Some(compare),
    add: Some(|a, b, vm| arithmetic(a, b, vm, Number::add)),
    subtract: Some(|a, b, vm| arithmetic(a, b, vm, Number::subtract)),
    multiply: Some(|a, b, vm| arithmetic(a, b, vm, Number::multiply)),
    true_divide: Some(|a, b, vm| arithmetic(a, b, vm, Number::divide)),
    floor_divide: Some(|a, b, vm| arithmetic(a, b, vm, Number::divide_int)),
    remainder: Some(|a, b, vm| arithmetic(a, b, vm, Number::remainder)),
    divmod: Some(divmod),
    power: Some(power),
    negative: Some(|slf, vm| unary(slf, vm, Number::minus)),
    positive: Some(|slf, vm| unary(slf, vm, Number::plus)),
    absolute: Some(|slf, vm| unary(slf, vm, Number::abs)),
    bool: Some(|slf, vm| Ok(!number(slf, vm)?.is_zero())),
    int: Some(|slf, vm| to_integer(number(slf, vm)?, Rounding::Down, vm)),
    float: Some(|slf, vm| Ok(vm.float(to_float(number(slf, vm)?, vm)?))),
    ..Slots::EMPTY
};

/// An operation with two operands.
pub(crate) type Binary = fn(&Number, &Number, &Parameters, &mut Status) -> Number;
/// An operation with one operand.
pub(crate) type Unary = fn(&Number, &Parameters, &mut Status) -> Number;

/// A Decimal.
#[inline]
pub(crate) fn new(number: Number, vm: &Vm) -> Value {
    new_in(vm.type_of::<Decimal>(), number, vm)
}

/// An object of a class from Decimal on.
#[inline]
pub(crate) fn new_in(class: &Type, number: Number, vm: &Vm) -> Value {
    Ref::new_in(vm, class, Decimal { header: Header::blank(), number, hash: Cell::new(-1) }).into_value()
}

fn number<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a Number> {
    match slf.downcast::<Decimal>() {
        Some(decimal) => Ok(&decimal.number),
        None => Err(vm.type_error("argument must be a Decimal")),
    }
}

#[inline]
fn arithmetic(a: &Value, b: &Value, vm: &Vm, operation: Binary) -> PyResult {
    let (Some(a), Some(b)) = (operand(a), operand(b)) else { return Ok(Value::not_implemented()) };
    let context = current(vm)?;
    let mut met = Status::default();
    let result = operation(&a, &b, &context.parameters.get(), &mut met);
    context.result(result, met, vm)
}

fn unary(slf: &Value, vm: &Vm, operation: Unary) -> PyResult {
    let context = current(vm)?;
    let mut met = Status::default();
    let result = operation(number(slf, vm)?, &context.parameters.get(), &mut met);
    context.result(result, met, vm)
}

fn divmod(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (operand(a), operand(b)) else { return Ok(Value::not_implemented()) };
    let context = current(vm)?;
    let mut met = Status::default();
    let (quotient, remainder) = a.divmod(&b, &context.parameters.get(), &mut met);
    context.note(met, vm)?;
    Ok(vm.new_tuple(vec![new(quotient, vm), new(remainder, vm)]).into_value())
}

fn power(base: &Value, exponent: &Value, modulo: &Value, vm: &Vm) -> PyResult {
    let (Some(base), Some(exponent)) = (operand(base), operand(exponent)) else { return Ok(Value::not_implemented()) };
    let context = current(vm)?;
    let mut met = Status::default();
    let result = if modulo.is_none() {
        base.power(&exponent, &context.parameters.get(), &mut met)
    } else {
        let Some(modulo) = operand(modulo) else { return Ok(Value::not_implemented()) };
        base.power_modulo(&exponent, &modulo, &context.parameters.get(), &mut met)
    };
    context.result(result, met, vm)
}

fn hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let Some(decimal) = slf.downcast::<Decimal>() else { return identity_hash(slf, vm) };
    if decimal.hash.get() == -1 {
        let hash = match decimal.number.class {
            Class::Signaling => return Err(vm.type_error("Cannot hash a signaling NaN value")),
            Class::Quiet => identity_hash(slf, vm)?,
            Class::Infinite if decimal.number.negative => -314_159,
            Class::Infinite => 314_159,
            Class::Finite => decimal.number.hash(),
        };
        decimal.hash.set(hash);
    }
    Ok(decimal.hash.get())
}

/// The number rounded to an int; errors for what is not finite.
pub(crate) fn to_integer(number: &Number, rounding: Rounding, vm: &Vm) -> PyResult {
    match number.class {
        Class::Quiet | Class::Signaling => Err(vm.value_error("cannot convert NaN to integer")),
        Class::Infinite => Err(vm.overflow_error("cannot convert Infinity to integer")),
        Class::Finite => match number.rounded_integer(rounding) {
            Some(n) => Ok(vm.int_from_big(n)),
            None => Err(vm.memory_error()),
        },
    }
}

pub(crate) fn to_float(number: &Number, vm: &Vm) -> PyResult<f64> {
    let magnitude = match number.class {
        Class::Signaling => return Err(vm.value_error("cannot convert signaling NaN to float")),
        Class::Quiet => f64::NAN,
        Class::Infinite => f64::INFINITY,
        Class::Finite => {
            let text = format!("{}e{}", number.digits_text(), number.exponent);
            text.parse().unwrap_or(f64::NAN)
        }
    };
    Ok(if number.negative { -magnitude } else { magnitude })
}
