//! Fitting a result to its context.

use dashu_int::UBig;

use crate::coefficient::{self, MAX_DIGITS, power_of_ten, rounded_right, shifted_left};
use crate::number::{Class, Context, Number, Rounding, Status};

/// A number as the context allows it.
#[inline]
pub(crate) fn finish(number: Number, cx: &Context, status: &mut Status) -> Number {
    if number.class != Class::Finite {
        return finish_special(number, cx);
    }
    let digits = coefficient::digits(&number.coefficient);
    if digits == 0 {
        return finish_zero(number, cx, status);
    }
    let adjusted = number.exponent + digits - 1;
    if digits <= cx.prec && adjusted <= cx.emax && adjusted >= cx.emin && !(cx.clamp && number.exponent > cx.etop()) {
        return number;
    }
    finish_finite(number, digits, adjusted, cx, status)
}

fn finish_special(mut number: Number, cx: &Context) -> Number {
    let most = cx.prec - i64::from(cx.clamp);
    if number.is_nan()
        && coefficient::digits(&number.coefficient) > most
        && let Some(power) = power_of_ten(most as u64)
    {
        number.coefficient %= power;
    }
    number
}

fn finish_zero(mut number: Number, cx: &Context, status: &mut Status) -> Number {
    let highest = if cx.clamp { cx.etop() } else { cx.emax };
    let fitting = number.exponent.clamp(cx.etiny().min(highest), highest);
    if fitting != number.exponent {
        number.exponent = fitting;
        status.add(Status::CLAMPED);
    }
    number
}

fn finish_finite(mut number: Number, digits: i64, adjusted: i64, cx: &Context, status: &mut Status) -> Number {
    if adjusted > cx.emax {
        return overflow(number.negative, cx, status);
    }
    let mut least = number.exponent + digits - cx.prec;
    if adjusted < cx.emin {
        status.add(Status::SUBNORMAL);
        least = least.max(cx.etiny());
    }
    if number.exponent < least {
        let exact = round_to(&mut number, least, cx, status);
        if adjusted < cx.emin && !exact {
            status.add(Status::UNDERFLOW);
        }
        if number.coefficient.is_zero() {
            status.add(Status::CLAMPED);
            return number;
        }
        if number.adjusted() > cx.emax {
            return overflow(number.negative, cx, status);
        }
    }
    if cx.clamp && number.exponent > cx.etop() {
        let Some(padded) = shifted_left(&number.coefficient, (number.exponent - cx.etop()) as u64) else {
            return status.invalid(Status::MALLOC_ERROR);
        };
        number.coefficient = padded;
        number.exponent = cx.etop();
        status.add(Status::CLAMPED);
    }
    number
}

/// Rounds to a larger exponent, and one more where the digits run over; says whether that was exact.
fn round_to(number: &mut Number, exponent: i64, cx: &Context, status: &mut Status) -> bool {
    let cut = number.exponent.abs_diff(exponent);
    let (rounded, exact) = rounded_right(&number.coefficient, cut, cx.rounding, number.negative);
    number.coefficient = rounded;
    number.exponent = exponent;
    status.add(Status::ROUNDED);
    if !exact {
        status.add(Status::INEXACT);
    }
    if coefficient::digits(&number.coefficient) > cx.prec {
        number.coefficient = coefficient::shifted_right(&number.coefficient, 1).0;
        number.exponent += 1;
    }
    exact
}

/// The result of a number too large.
pub(crate) fn overflow(negative: bool, cx: &Context, status: &mut Status) -> Number {
    status.add(Status::OVERFLOW.union(Status::INEXACT).union(Status::ROUNDED));
    let infinite = match cx.rounding {
        Rounding::Up | Rounding::HalfUp | Rounding::HalfDown | Rounding::HalfEven => true,
        Rounding::Down | Rounding::ZeroFiveUp => false,
        Rounding::Ceiling => !negative,
        Rounding::Floor => negative,
    };
    if infinite { Number::infinity(negative) } else { largest(negative, cx, status) }
}

/// The largest finite number.
pub(crate) fn largest(negative: bool, cx: &Context, status: &mut Status) -> Number {
    match nines(cx.prec) {
        Some(nines) => Number::new(negative, nines, cx.etop()),
        None => status.invalid(Status::MALLOC_ERROR),
    }
}

fn nines(count: i64) -> Option<UBig> {
    if count > MAX_DIGITS {
        return None;
    }
    Some(power_of_ten(count as u64)? - UBig::ONE)
}

impl Number {
    /// The number as the context allows it: a conversion with rounding.
    pub fn finish(self, cx: &Context, status: &mut Status) -> Number {
        finish(self, cx, status)
    }
}

/// The NaN that an operation with a NaN operand gives: the first signaling one, else the first.
pub(crate) fn nan_of(operands: &[&Number], cx: &Context, status: &mut Status) -> Option<Number> {
    if operands.iter().all(|n| !n.is_nan()) {
        return None;
    }
    let signaling = operands.iter().find(|n| n.is_signaling());
    if signaling.is_some() {
        status.add(Status::INVALID_OPERATION);
    }
    let first = signaling.or_else(|| operands.iter().find(|n| n.is_nan()))?;
    let quiet = Number { class: Class::Quiet, ..(**first).clone() };
    Some(finish(quiet, cx, status))
}
