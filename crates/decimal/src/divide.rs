//! Quotients, remainders and square roots.

use dashu_int::UBig;
use dashu_int::ops::{BitTest, DivRem, SquareRoot};

use crate::coefficient::{digits, remainder_by, shifted_left, shifted_right, small, strip_zeros};
use crate::finish::{finish, nan_of};
use crate::number::{Context, Number, Rounding, Status};

impl Number {
    /// `self / other`
    pub fn divide(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        let negative = self.negative != other.negative;
        if !self.is_finite() || !other.is_finite() {
            if let Some(nan) = nan_of(&[self, other], cx, status) {
                return nan;
            }
            return match (self.is_infinite(), other.is_infinite()) {
                (true, true) => status.invalid(Status::INVALID_OPERATION),
                (true, false) => Number::infinity(negative),
                _ => {
                    status.add(Status::CLAMPED);
                    Number::zero(negative, cx.etiny())
                }
            };
        }
        if other.coefficient.is_zero() {
            return division_by_zero(self, negative, status);
        }
        match quotient(self, other, cx) {
            Some((coefficient, exponent)) => finish(Number::new(negative, coefficient, exponent), cx, status),
            None => status.invalid(Status::MALLOC_ERROR),
        }
    }

    /// `self // other`: the integer part of the quotient.
    pub fn divide_int(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self, other], cx, status) {
            return nan;
        }
        let negative = self.negative != other.negative;
        if self.is_infinite() {
            return match other.is_infinite() {
                true => status.invalid(Status::INVALID_OPERATION),
                false => Number::infinity(negative),
            };
        }
        if other.is_zero() {
            return division_by_zero(self, negative, status);
        }
        if other.is_infinite() {
            return Number::zero(negative, 0);
        }
        match whole_division(self, other, cx) {
            Ok((quotient, _)) => finish(Number::new(negative, quotient, 0), cx, status),
            Err(condition) => status.invalid(condition),
        }
    }

    /// `self % other`, with the sign of `self`.
    pub fn remainder(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self, other], cx, status) {
            return nan;
        }
        if self.is_infinite() {
            return status.invalid(Status::INVALID_OPERATION);
        }
        if other.is_zero() {
            let undefined = self.is_zero();
            return status.invalid(if undefined { Status::DIVISION_UNDEFINED } else { Status::INVALID_OPERATION });
        }
        match whole_division(self, other, cx) {
            Ok((_, remainder)) => finish(remainder, cx, status),
            Err(condition) => status.invalid(condition),
        }
    }

    /// `divmod(self, other)`
    pub fn divmod(&self, other: &Number, cx: &Context, status: &mut Status) -> (Number, Number) {
        if let Some(nan) = nan_of(&[self, other], cx, status) {
            return (nan.clone(), nan);
        }
        let negative = self.negative != other.negative;
        if self.is_infinite() {
            let remainder = status.invalid(Status::INVALID_OPERATION);
            let quotient = if other.is_infinite() { Number::nan() } else { Number::infinity(negative) };
            return (quotient, remainder);
        }
        if other.is_zero() {
            if self.is_zero() {
                return (status.invalid(Status::DIVISION_UNDEFINED), Number::nan());
            }
            status.add(Status::DIVISION_BY_ZERO);
            return (Number::infinity(negative), status.invalid(Status::INVALID_OPERATION));
        }
        match whole_division(self, other, cx) {
            Ok((quotient, remainder)) => {
                let quotient = Number::new(negative, quotient, 0);
                let quotient = if other.is_infinite() { quotient } else { finish(quotient, cx, status) };
                (quotient, finish(remainder, cx, status))
            }
            Err(condition) => (status.invalid(condition), Number::nan()),
        }
    }

    /// The remainder of least magnitude.
    pub fn remainder_near(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self, other], cx, status) {
            return nan;
        }
        if self.is_infinite() {
            return status.invalid(Status::INVALID_OPERATION);
        }
        if other.is_zero() {
            let undefined = self.is_zero();
            return status.invalid(if undefined { Status::DIVISION_UNDEFINED } else { Status::INVALID_OPERATION });
        }
        match nearest_remainder(self, other, cx) {
            Ok(remainder) => finish(remainder, cx, status),
            Err(condition) => status.invalid(condition),
        }
    }

    /// The square root, rounded to the nearest, halves to even.
    pub fn sqrt(&self, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self], cx, status) {
            return nan;
        }
        if self.is_zero() {
            return finish(Number::zero(self.negative, self.exponent >> 1), cx, status);
        }
        if self.negative {
            return status.invalid(Status::INVALID_OPERATION);
        }
        if self.is_infinite() {
            return self.clone();
        }
        match root(self, cx.prec + 1) {
            Some(root) => finish(root, &cx.rounded(Rounding::HalfEven), status),
            None => status.invalid(Status::MALLOC_ERROR),
        }
    }
}

fn division_by_zero(a: &Number, negative: bool, status: &mut Status) -> Number {
    if a.is_zero() {
        return status.invalid(Status::DIVISION_UNDEFINED);
    }
    status.add(Status::DIVISION_BY_ZERO);
    Number::infinity(negative)
}

/// Coefficient and exponent of a quotient: exact, or with a digit more than the precision that tells on which side of
/// a half the rest lies.
fn quotient(a: &Number, b: &Number, cx: &Context) -> Option<(UBig, i64)> {
    let ideal = a.exponent - b.exponent;
    if a.coefficient.is_zero() {
        return Some((UBig::ZERO, ideal));
    }
    let shift = digits(&b.coefficient) - digits(&a.coefficient) + cx.prec + 1;
    // A quotient that ends does so within as many digits as the divisor has bits.
    let enough = b.coefficient.bit_len() as i64;
    if shift > enough.saturating_mul(4).max(256) {
        let (exact, remainder) = shifted_left(&a.coefficient, enough as u64)?.div_rem(&b.coefficient);
        if remainder.is_zero() {
            return Some(towards_ideal(exact, ideal - enough, ideal));
        }
    }
    let (mut quotient, exact) = if shift >= 0 {
        divided(shifted_left(&a.coefficient, shift as u64)?, &b.coefficient)
    } else {
        divided(a.coefficient.clone(), &shifted_left(&b.coefficient, shift.unsigned_abs())?)
    };
    let exponent = ideal - shift;
    if exact {
        return Some(towards_ideal(quotient, exponent, ideal));
    }
    if remainder_by(&quotient, 5) == 0 {
        quotient += UBig::ONE;
    }
    Some((quotient, exponent))
}

/// The quotient and whether it is exact.
fn divided(a: UBig, b: &UBig) -> (UBig, bool) {
    if let (Some(a), Some(b)) = (small(&a), small(b)) {
        return (UBig::from(a / b), a % b == 0);
    }
    let (quotient, remainder) = a.div_rem(b);
    (quotient, remainder.is_zero())
}

fn towards_ideal(mut coefficient: UBig, exponent: i64, ideal: i64) -> (UBig, i64) {
    let stripped = if exponent < ideal { strip_zeros(&mut coefficient, (ideal - exponent) as u64) } else { 0 };
    (coefficient, exponent + stripped as i64)
}

/// The integer quotient and the remainder of two finite numbers, the divisor not 0; or the condition.
fn whole_division(a: &Number, b: &Number, cx: &Context) -> Result<(UBig, Number), Status> {
    let ideal = if b.is_infinite() { a.exponent } else { a.exponent.min(b.exponent) };
    let apart = if b.is_infinite() { -2 } else { a.adjusted() - b.adjusted() };
    if a.is_zero() {
        return Ok((UBig::ZERO, Number::zero(a.negative, ideal)));
    }
    if apart <= -2 {
        let padded = shifted_left(&a.coefficient, a.exponent.abs_diff(ideal)).ok_or(Status::MALLOC_ERROR)?;
        return Ok((UBig::ZERO, Number::new(a.negative, padded, ideal)));
    }
    if apart > cx.prec {
        return Err(Status::DIVISION_IMPOSSIBLE);
    }
    let (quotient, remainder) = aligned_division(a, b, ideal)?;
    if digits(&quotient) > cx.prec {
        return Err(Status::DIVISION_IMPOSSIBLE);
    }
    Ok((quotient, Number::new(a.negative, remainder, ideal)))
}

/// Quotient and remainder of the coefficients at the exponent `ideal`.
fn aligned_division(a: &Number, b: &Number, ideal: i64) -> Result<(UBig, UBig), Status> {
    let dividend = shifted_left(&a.coefficient, a.exponent.abs_diff(ideal)).ok_or(Status::MALLOC_ERROR)?;
    let divisor = shifted_left(&b.coefficient, b.exponent.abs_diff(ideal)).ok_or(Status::MALLOC_ERROR)?;
    Ok(dividend.div_rem(divisor))
}

fn nearest_remainder(a: &Number, b: &Number, cx: &Context) -> Result<Number, Status> {
    if b.is_infinite() {
        return Ok(a.clone());
    }
    let ideal = a.exponent.min(b.exponent);
    if a.is_zero() {
        return Ok(Number::zero(a.negative, ideal));
    }
    let apart = a.adjusted() - b.adjusted();
    if apart > cx.prec {
        return Err(Status::DIVISION_IMPOSSIBLE);
    }
    if apart <= -2 {
        let padded = shifted_left(&a.coefficient, a.exponent.abs_diff(ideal)).ok_or(Status::MALLOC_ERROR)?;
        return Ok(Number::new(a.negative, padded, ideal));
    }
    let (quotient, mut remainder) = aligned_division(a, b, ideal)?;
    let divisor = shifted_left(&b.coefficient, b.exponent.abs_diff(ideal)).ok_or(Status::MALLOC_ERROR)?;
    let twice = &remainder << 1usize;
    let beyond = twice > divisor || twice == divisor && quotient.bit(0);
    let (quotient, negative) = if beyond {
        remainder = divisor - remainder;
        (quotient + UBig::ONE, !a.negative)
    } else {
        (quotient, a.negative)
    };
    if digits(&quotient) > cx.prec {
        return Err(Status::DIVISION_IMPOSSIBLE);
    }
    Ok(Number::new(negative, remainder, ideal))
}

/// The root of a positive number: exact, or with `prec` digits and a mark of what is cut off.
fn root(a: &Number, prec: i64) -> Option<Number> {
    let exponent = a.exponent >> 1;
    let even = shifted_left(&a.coefficient, (a.exponent & 1) as u64)?;
    let whole = even.sqrt();
    if whole.sqr() == even {
        return Some(Number::new(false, whole, exponent));
    }
    let shift = prec - (digits(&even) + 1) / 2;
    let scaled = if shift >= 0 {
        shifted_left(&even, 2 * shift as u64)?
    } else {
        shifted_right(&even, 2 * shift.unsigned_abs()).0
    };
    let mut root = scaled.sqrt();
    if remainder_by(&root, 5) == 0 {
        root += UBig::ONE;
    }
    Some(Number::new(false, root, exponent - shift))
}
