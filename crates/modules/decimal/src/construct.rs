//! Decimals from other objects.

use std::borrow::Cow;

use dashu_int::UBig;
use pyrope_decimal::{Class, Context as Parameters, Number, Status};
use pyrope_object::bind::{Signature, bind};
use pyrope_object::{Args, List, PyResult, Str, StrView, Tuple, Type, Value, Vm};
use pyrope_textual::unicode;

use crate::context::{Context, word_of};
use crate::current::given_or_current;
use crate::decimal::{Decimal, new_in};
use crate::operands::{from_float, not_supported, operand};

static NEW: Signature = Signature::plain("Decimal", &["value", "context"], 0);

pub(crate) fn decimal_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut places = [None; 2];
    bind(&NEW, args, &mut places, vm)?;
    let [value, context] = places;
    let Some(value) = value else { return Ok(new_in(class, Number::zero(false, 0), vm)) };
    if value.downcast_exact::<Decimal>().is_some() && class.is(vm.type_of::<Decimal>()) && context.is_none() {
        return Ok(value.clone());
    }
    let context = given_or_current(context, vm)?;
    let number = exact(value, &context, vm)?;
    if let Some(same) = value.downcast_exact::<Decimal>()
        && class.is(vm.type_of::<Decimal>())
    {
        return Ok(pyrope_object::value_of(same));
    }
    Ok(new_in(class, number, vm))
}

/// The number that an object stands for, without rounding.
fn exact(value: &Value, context: &Context, vm: &Vm) -> PyResult<Number> {
    if let Some(number) = operand(value) {
        return Ok(number.into_owned());
    }
    if let Some(text) = value.downcast::<Str>() {
        let mut met = Status::default();
        let number = Number::parse(&trimmed(&ascii_text(text)), &Parameters::MAX, &mut met);
        return checked_exact(number, met, context, vm);
    }
    if let Some(x) = value.as_float() {
        context.note(Status::FLOAT_OPERATION, vm)?;
        return Ok(from_float(x));
    }
    if is_sequence(value) {
        let mut met = Status::default();
        let number = from_sequence(value, vm)?.finish(&Parameters::MAX, &mut met);
        return checked_exact(number, met, context, vm);
    }
    Err(not_supported(value, vm))
}

/// A conversion that was to be exact: everything else is invalid.
fn checked_exact(number: Number, met: Status, context: &Context, vm: &Vm) -> PyResult<Number> {
    if met.has(Status::INEXACT.union(Status::ROUNDED).union(Status::CLAMPED)) {
        context.note(Status::INVALID_OPERATION, vm)?;
        return Ok(Number::nan());
    }
    context.note(Status(met.0 & Status::ANY_INVALID.0), vm)?;
    Ok(number)
}

/// The number that an object stands for, as the context allows it.
pub(crate) fn rounded(value: &Value, context: &Context, vm: &Vm) -> PyResult {
    let parameters = context.parameters.get();
    let mut met = Status::default();
    let number = if let Some(decimal) = value.downcast::<Decimal>() {
        let number = &decimal.number;
        let most = parameters.prec - i64::from(parameters.clamp);
        if number.is_nan() && !number.coefficient.is_zero() && number.digits() > most {
            met.add(Status::CONVERSION_SYNTAX);
            Number::nan()
        } else {
            number.clone().finish(&parameters, &mut met)
        }
    } else if let Some(text) = value.downcast::<Str>() {
        Number::parse(&ascii_text(text), &parameters, &mut met)
    } else if is_sequence(value) {
        from_sequence(value, vm)?.finish(&parameters, &mut met)
    } else {
        exact(value, context, vm)?.finish(&parameters, &mut met)
    };
    context.result(number, met, vm)
}

fn is_sequence(value: &Value) -> bool {
    value.downcast::<Tuple>().is_some() || value.downcast::<List>().is_some()
}

/// Text with the digits and spaces of all scripts made ASCII.
fn ascii_text(text: &Str) -> Cow<'_, str> {
    match text.view() {
        StrView::Ascii(text) => text.into(),
        _ => text.code_points().map(ascii_of).collect::<String>().into(),
    }
}

/// Text without spaces at its ends and without underscores.
fn trimmed(text: &str) -> Cow<'_, str> {
    let text = text.trim_matches(|c: char| unicode::is_space(c.into()));
    if text.contains('_') { text.replace('_', "").into() } else { text.into() }
}

fn ascii_of(point: u32) -> char {
    match point {
        0..0x80 => point as u8 as char,
        _ if unicode::is_space(point) => ' ',
        _ => unicode::decimal(point).and_then(|d| char::from_digit(d, 10)).unwrap_or('?'),
    }
}

/// A number from `(sign, digits, exponent)`.
fn from_sequence(value: &Value, vm: &Vm) -> PyResult<Number> {
    let items = vm.collect(value)?;
    let [sign, digits, exponent] = items.as_slice() else {
        return Err(vm.value_error("argument must be a sequence of length 3"));
    };
    let negative = match sign.as_i64() {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(vm.value_error("sign must be an integer with the value 0 or 1")),
    };
    let (class, exponent) = kind_of(exponent, vm)?;
    if class == Class::Infinite {
        return Ok(Number::infinity(negative));
    }
    let coefficient = coefficient_of(digits, vm)?;
    Ok(Number { coefficient, exponent, negative, class })
}

fn kind_of(exponent: &Value, vm: &Vm) -> PyResult<(Class, i64)> {
    if let Some(text) = exponent.downcast::<Str>() {
        let kinds = [("F", Class::Infinite), ("n", Class::Quiet), ("N", Class::Signaling)];
        return match kinds.iter().find(|(name, _)| text.equals_str(name)) {
            Some((_, class)) => Ok((*class, 0)),
            None => Err(vm.value_error("string argument in the third position must be 'F', 'n' or 'N'")),
        };
    }
    if exponent.as_int().is_none() {
        return Err(vm.value_error("exponent must be an integer"));
    }
    // No context has room for more.
    let limit = 4_000_000_000_000_000_000;
    Ok((Class::Finite, word_of(exponent, "exponent must be an integer", vm)?.clamp(-limit, limit)))
}

fn coefficient_of(digits: &Value, vm: &Vm) -> PyResult<UBig> {
    let complaint = || vm.value_error("coefficient must be a tuple of digits");
    if !is_sequence(digits) {
        return Err(complaint());
    }
    let mut text = String::from("0");
    for digit in vm.collect(digits)? {
        match digit.as_i64() {
            Some(digit @ 0..=9) => text.push(char::from(b'0' + digit as u8)),
            _ => return Err(complaint()),
        }
    }
    UBig::from_str_radix(&text, 10).map_err(|_| vm.memory_error())
}
