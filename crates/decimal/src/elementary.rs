//! `exp`, `ln` and `log10`, rounded correctly to the nearest, halves to even.

use dashu_int::{IBig, Sign, UBig};

use crate::coefficient::{MAX_DIGITS, digits, power_of_ten, shifted_left, shifted_right};
use crate::finish::{finish, nan_of, overflow};
use crate::number::{Context, Number, Rounding, Status};
use crate::series;

/// Bits beyond what the digits need.
const GUARD_BITS: usize = 32;

impl Number {
    /// `e**self`
    pub fn exp(&self, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self], cx, status) {
            return nan;
        }
        if self.is_infinite() {
            return if self.negative { Number::zero(false, 0) } else { self.clone() };
        }
        if self.coefficient.is_zero() {
            return Number::one();
        }
        let cx = cx.rounded(Rounding::HalfEven);
        // From 10**19 on every context over- or underflows.
        if self.adjusted() >= 19 {
            return beyond_exponents(self.negative, &cx, status);
        }
        settle(|extra| exp_digits(self, cx.prec, extra), &cx, status)
    }

    /// The natural logarithm.
    pub fn ln(&self, cx: &Context, status: &mut Status) -> Number {
        if let Some(result) = special_logarithm(self, cx, status) {
            return result;
        }
        if self.order(&Number::one()).is_eq() {
            return Number::zero(false, 0);
        }
        let cx = cx.rounded(Rounding::HalfEven);
        settle(|extra| logarithm_digits(self, cx.prec, extra, Base::E), &cx, status)
    }

    /// The logarithm to the base 10.
    pub fn log10(&self, cx: &Context, status: &mut Status) -> Number {
        if let Some(result) = special_logarithm(self, cx, status) {
            return result;
        }
        let cx = cx.rounded(Rounding::HalfEven);
        let reduced = self.reduced();
        if reduced.coefficient.is_one() {
            return finish(Number::from_i64(reduced.exponent), &cx, status);
        }
        settle(|extra| logarithm_digits(self, cx.prec, extra, Base::Ten), &cx, status)
    }
}

fn special_logarithm(a: &Number, cx: &Context, status: &mut Status) -> Option<Number> {
    if let Some(nan) = nan_of(&[a], cx, status) {
        return Some(nan);
    }
    if a.is_zero() {
        return Some(Number::infinity(true));
    }
    if a.negative {
        return Some(status.invalid(Status::INVALID_OPERATION));
    }
    a.is_infinite().then(|| a.clone())
}

/// The result of an exponential larger, or smaller, than every number.
pub(crate) fn beyond_exponents(tiny: bool, cx: &Context, status: &mut Status) -> Number {
    if tiny {
        return finish(Number::new(false, UBig::ONE, cx.etiny() - 1), cx, status);
    }
    overflow(false, cx, status)
}

/// Asks for more digits beyond the precision until they tell how to round.
fn settle(approximate: impl Fn(i64) -> Option<Number>, cx: &Context, status: &mut Status) -> Number {
    let mut extra = 4;
    loop {
        let Some(result) = approximate(extra) else { return status.invalid(Status::MALLOC_ERROR) };
        if is_settled(&result.coefficient, cx.prec) {
            status.add(Status::INEXACT.union(Status::ROUNDED));
            return finish(result, cx, status);
        }
        extra *= 2;
    }
}

/// Whether the digits after the precision stay clear of a half and of a whole unit by more than the error of the last.
fn is_settled(c: &UBig, prec: i64) -> bool {
    let beyond = digits(c) - prec;
    if beyond < 2 {
        return false;
    }
    let (Some(unit), (whole, _)) = (power_of_ten(beyond as u64), shifted_right(c, beyond as u64)) else { return true };
    let rest = c - whole * &unit;
    let half = &unit >> 1usize;
    let apart = |a: &UBig, b: &UBig| if a > b { a - b } else { b - a } > UBig::from(4u8);
    apart(&rest, &half) && apart(&rest, &UBig::ZERO) && apart(&rest, &unit)
}

/// Bits for so many decimal digits; `None` for more than a coefficient has.
fn bits_for(digits: i64) -> Option<usize> {
    (digits < MAX_DIGITS / 4).then_some(digits as usize * 10 / 3 + GUARD_BITS)
}

/// `x * 2**bits` of a finite number, cut to an integer.
fn fixed(x: &Number, bits: usize) -> Option<UBig> {
    let scaled = &x.coefficient << bits;
    Some(if x.exponent >= 0 {
        shifted_left(&scaled, x.exponent as u64)?
    } else {
        shifted_right(&scaled, x.exponent.unsigned_abs()).0
    })
}

/// `e**x` with `prec + extra` digits.
fn exp_digits(x: &Number, prec: i64, extra: i64) -> Option<Number> {
    let wanted = prec + extra;
    if x.adjusted() < -wanted - 1 {
        // Too near to 1 to tell from the next number.
        let one = power_of_ten(wanted.min(MAX_DIGITS + 1) as u64)?;
        let coefficient = if x.negative { one * 10u8 - 5u8 } else { one * 10u8 + 5u8 };
        return Some(Number::new(false, coefficient, -wanted - 1));
    }
    let bits = bits_for(wanted)?;
    // The multiple of ln(10) to take off has as many bits as x.
    let inner = bits + 72;
    let ln_10 = IBig::from(series::ln_10(inner));
    let value = IBig::from_parts(if x.negative { Sign::Negative } else { Sign::Positive }, fixed(x, inner)?);
    let mut tens = &value / &ln_10;
    let mut rest = value - &tens * &ln_10;
    if rest < IBig::ZERO {
        rest += ln_10;
        tens -= 1;
    }
    let rest = UBig::try_from(rest >> (inner - bits)).unwrap_or(UBig::ZERO);
    let coefficient = (series::exp(&rest, bits) * power_of_ten(wanted as u64)?) >> bits;
    Some(Number::new(false, coefficient, i64::try_from(tens).unwrap_or(0) - wanted))
}

#[derive(Clone, Copy, PartialEq)]
enum Base {
    E,
    Ten,
}

/// The logarithm of a positive number with `prec + extra` digits.
fn logarithm_digits(x: &Number, prec: i64, extra: i64, base: Base) -> Option<Number> {
    // Near 1 the result is about as small as the distance.
    let mut ignored = Status::default();
    let distance = x.subtract(&Number::one(), &Context::working(prec + x.digits() + 2), &mut ignored);
    let near = if distance.is_finite() { (-distance.adjusted()).max(0) } else { 0 };
    let wanted = prec + extra + near;
    let bits = bits_for(wanted)? + 72;
    let adjusted = x.adjusted();
    let mantissa = fixed(&Number::new(false, x.coefficient.clone(), 1 - x.digits()), bits)?;
    let ln_10 = series::ln_10(bits);
    let fraction = IBig::from(series::ln(&mantissa, bits));
    let logarithm = match base {
        Base::E => fraction + IBig::from(adjusted) * IBig::from(ln_10),
        Base::Ten => ((fraction << bits) / IBig::from(ln_10)) + (IBig::from(adjusted) << bits),
    };
    let (sign, magnitude) = logarithm.into_parts();
    let coefficient = (magnitude * power_of_ten(wanted as u64)?) >> bits;
    Some(Number::new(sign == Sign::Negative, coefficient, -wanted))
}
