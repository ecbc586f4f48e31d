//! Powers.

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use crate::coefficient::{MAX_DIGITS, digits, power_of_ten, shifted_left, shifted_right};
use crate::elementary::beyond_exponents;
use crate::finish::{finish, nan_of, overflow};
use crate::number::{Context, Number, Rounding, Status};

impl Number {
    /// `self ** other`
    pub fn power(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self, other], cx, status) {
            return nan;
        }
        if other.is_zero() {
            return match self.is_zero() {
                true => status.invalid(Status::INVALID_OPERATION),
                false => Number::one(),
            };
        }
        let integer = other.is_integer();
        if self.negative && !integer && !self.is_zero() && !other.is_infinite() {
            return status.invalid(Status::INVALID_OPERATION);
        }
        if self.negative && other.is_infinite() && !self.is_zero() {
            return status.invalid(Status::INVALID_OPERATION);
        }
        let negative = self.negative && integer && is_odd(other);
        if self.is_zero() {
            return if other.negative { Number::infinity(negative) } else { Number::zero(negative, 0) };
        }
        if self.is_infinite() {
            return if other.negative { Number::zero(negative, 0) } else { Number::infinity(negative) };
        }
        let base = self.copy_abs();
        let to_one = base.order(&Number::one());
        if to_one.is_eq() {
            return power_of_one(&base, other, negative, cx, status);
        }
        if other.is_infinite() {
            return if other.negative == to_one.is_gt() { Number::zero(false, 0) } else { Number::infinity(false) };
        }
        if let Some(tiny) = out_of_bounds(&base, other, to_one.is_gt(), cx) {
            return match tiny {
                true => finish(Number::new(negative, UBig::ONE, cx.etiny() - 1), cx, status),
                false => overflow(negative, cx, status),
            };
        }
        if integer {
            let power = whole_power(&base, other, cx, status);
            return match power.is_infinite() {
                true => overflow(negative, cx, status),
                false => finish(power.with_sign(negative), cx, status),
            };
        }
        real_power(&base, other, cx, status)
    }

    /// `self ** other % modulo` of integers.
    pub fn power_modulo(&self, other: &Number, modulo: &Number, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self, other, modulo], cx, status) {
            return nan;
        }
        let integers = self.is_integer() && other.is_integer() && modulo.is_integer();
        let zero_to_zero = self.is_zero() && other.is_zero();
        let refused = !integers || other.negative && !other.is_zero() || modulo.is_zero() || zero_to_zero;
        if refused || modulo.adjusted() >= cx.prec {
            return status.invalid(Status::INVALID_OPERATION);
        }
        let Some(modulus) = modulo.copy_abs().to_integer().and_then(|m| UBig::try_from(m).ok()) else {
            return status.invalid(Status::MALLOC_ERROR);
        };
        let negative = self.negative && is_odd(other);
        let base = scaled_modulo(&self.coefficient, self.exponent, &modulus);
        let (coefficient, exponent) = whole_parts(other);
        let mut power = power_in(&base, &coefficient, &modulus);
        if exponent > MAX_DIGITS {
            return status.invalid(Status::MALLOC_ERROR);
        }
        for _ in 0..exponent {
            power = power_in(&power, &UBig::from(10u8), &modulus);
        }
        finish(Number::new(negative, power, 0), cx, status)
    }
}

/// Whether an integer is odd.
fn is_odd(n: &Number) -> bool {
    let (coefficient, exponent) = whole_parts(n);
    exponent == 0 && coefficient.bit(0)
}

/// An integer as a coefficient and an exponent that is not negative.
fn whole_parts(n: &Number) -> (UBig, i64) {
    if n.exponent >= 0 {
        return (n.coefficient.clone(), n.exponent);
    }
    (shifted_right(&n.coefficient, n.exponent.unsigned_abs()).0, 0)
}

/// `c * 10**exponent % modulus`
fn scaled_modulo(c: &UBig, exponent: i64, modulus: &UBig) -> UBig {
    if exponent < 0 {
        return shifted_right(c, exponent.unsigned_abs()).0 % modulus;
    }
    (c % modulus) * power_in(&UBig::from(10u8), &UBig::from(exponent as u64), modulus) % modulus
}

fn power_in(base: &UBig, exponent: &UBig, modulus: &UBig) -> UBig {
    let mut power = UBig::ONE % modulus;
    let base = base % modulus;
    for index in (0..exponent.bit_len()).rev() {
        power = power.sqr() % modulus;
        if exponent.bit(index) {
            power = power * &base % modulus;
        }
    }
    power
}

/// A power of 1 has the digits that an exact or rounded product would have.
fn power_of_one(base: &Number, other: &Number, negative: bool, cx: &Context, status: &mut Status) -> Number {
    let least = 1 - cx.prec;
    let exponent = if other.is_integer() {
        let times = other.rescaled(0, Rounding::Down).and_then(|(n, _)| i64::try_from(&n.coefficient).ok());
        let times = if other.negative { 0 } else { times.unwrap_or(cx.prec).min(cx.prec) };
        base.exponent.saturating_mul(times)
    } else {
        status.add(Status::INEXACT.union(Status::ROUNDED));
        least
    };
    if exponent < least {
        status.add(Status::ROUNDED);
    }
    let exponent = exponent.max(least);
    match shifted_left(&UBig::ONE, exponent.min(0).unsigned_abs()) {
        Some(coefficient) => Number::new(negative, coefficient, exponent.min(0)),
        None => status.invalid(Status::MALLOC_ERROR),
    }
}

/// Whether the power is beyond all exponents, tiny or huge, as far as numbers of digits tell. Where they do not, the
/// squarings or the exponential find out.
fn out_of_bounds(base: &Number, other: &Number, above_one: bool, cx: &Context) -> Option<bool> {
    let tiny = above_one == other.negative;
    let limit = digits_of(if tiny { cx.etiny() } else { cx.emax });
    (limit < least_log(base) + other.adjusted()).then_some(tiny)
}

/// A lower bound of the adjusted exponent of log10(base).
fn least_log(base: &Number) -> i64 {
    let adjusted = base.adjusted();
    match adjusted {
        1.. => digits_of(adjusted) - 1,
        ..=-2 => digits_of(adjusted + 1) - 1,
        _ => {
            let exact = Context::working(base.digits() + 2);
            let distance = base.subtract(&Number::one(), &exact, &mut Status::default());
            distance.adjusted() - if adjusted == 0 { 2 } else { 1 }
        }
    }
}

/// The number of decimal digits of an exponent.
fn digits_of(n: i64) -> i64 {
    n.unsigned_abs().checked_ilog10().map_or(1, |log| i64::from(log) + 1)
}

/// A power with an integer: by squaring, with some digits more.
fn whole_power(base: &Number, other: &Number, cx: &Context, status: &mut Status) -> Number {
    let Some(exponent) = other.copy_abs().to_integer().and_then(|n| UBig::try_from(n).ok()) else {
        return status.invalid(Status::MALLOC_ERROR);
    };
    let extra = digits(&exponent) + 2 + i64::from(other.negative);
    let working = Context { prec: cx.prec + extra, clamp: false, rounding: Rounding::HalfEven, ..*cx };
    let base = if other.negative { Number::one().divide(base, &working, status) } else { base.clone() };
    let mut power = base.clone();
    for index in (0..exponent.bit_len() - 1).rev() {
        power = power.multiply(&power, &working, status);
        if exponent.bit(index) {
            power = power.multiply(&base, &working, status);
        }
        if power.is_zero() || !power.is_finite() {
            break;
        }
    }
    power
}

/// A power with a number that is no integer, by logarithm and exponential; never exact.
fn real_power(base: &Number, other: &Number, cx: &Context, status: &mut Status) -> Number {
    let working = Context::working(cx.prec.max(base.digits()) + 23);
    let mut met = Status::default();
    let product = base.ln(&working, &mut met).multiply(other, &working, &mut met);
    let mut power = product.exp(&working, &mut met);
    if met.has(Status::MALLOC_ERROR) {
        return status.invalid(Status::MALLOC_ERROR);
    }
    if power.is_infinite() || power.is_zero() {
        return beyond_exponents(power.is_zero(), cx, status);
    }
    let missing = cx.prec + 1 - digits(&power.coefficient);
    if missing > 0
        && let Some(padding) = power_of_ten(missing as u64)
    {
        power = Number::new(false, power.coefficient * padding, power.exponent - missing);
    }
    status.add(Status::INEXACT.union(Status::ROUNDED));
    finish(power, cx, status)
}
