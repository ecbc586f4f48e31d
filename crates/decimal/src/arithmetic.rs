//! Sums, products, and what is made of them.

use std::cmp::Ordering;

use dashu_int::UBig;

use crate::coefficient::{MAX_DIGITS, digits, shifted_left, small};
use crate::finish::{finish, nan_of};
use crate::number::{Context, Number, Rounding, Status};

impl Number {
    pub fn add(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        sum(self, other, other.negative, cx, status)
    }

    pub fn subtract(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        sum(self, other, !other.negative, cx, status)
    }

    pub fn multiply(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        let product = product(self, other, cx, status);
        finish(product, cx, status)
    }

    /// `self * other + third` with one rounding.
    pub fn fma(&self, other: &Number, third: &Number, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self, other], cx, status) {
            let signaling = self.is_signaling() || other.is_signaling();
            return if signaling { nan } else { nan_of(&[&nan, third], cx, status).unwrap_or(nan) };
        }
        let before = *status;
        let product = product(self, other, cx, status);
        if *status != before && product.is_nan() {
            return product;
        }
        product.add(third, cx, status)
    }

    /// `+self`
    pub fn plus(&self, cx: &Context, status: &mut Status) -> Number {
        signed(self, self.negative, cx, status)
    }

    /// `-self`
    pub fn minus(&self, cx: &Context, status: &mut Status) -> Number {
        signed(self, !self.negative, cx, status)
    }

    pub fn abs(&self, cx: &Context, status: &mut Status) -> Number {
        if self.negative { self.minus(cx, status) } else { self.plus(cx, status) }
    }
}

/// `0 ± self`
fn signed(a: &Number, negative: bool, cx: &Context, status: &mut Status) -> Number {
    if let Some(nan) = nan_of(&[a], cx, status) {
        return nan;
    }
    let negative = negative && !(a.is_zero() && cx.rounding != Rounding::Floor);
    finish(a.clone().with_sign(negative), cx, status)
}

/// The product as it is, or NaN.
fn product(a: &Number, b: &Number, cx: &Context, status: &mut Status) -> Number {
    let negative = a.negative != b.negative;
    if a.is_finite() && b.is_finite() {
        let exponent = a.exponent + b.exponent;
        if let (Some(x), Some(y)) = (small(&a.coefficient), small(&b.coefficient))
            && let Some(product) = x.checked_mul(y)
        {
            return Number::new(negative, UBig::from(product), exponent);
        }
        if digits(&a.coefficient) + digits(&b.coefficient) > MAX_DIGITS {
            return status.invalid(Status::MALLOC_ERROR);
        }
        return Number::new(negative, &a.coefficient * &b.coefficient, exponent);
    }
    if let Some(nan) = nan_of(&[a, b], cx, status) {
        return nan;
    }
    if a.is_zero() || b.is_zero() {
        return status.invalid(Status::INVALID_OPERATION);
    }
    Number::infinity(negative)
}

/// `a + b`, where `b` has the sign given.
fn sum(a: &Number, b: &Number, b_negative: bool, cx: &Context, status: &mut Status) -> Number {
    if !a.is_finite() || !b.is_finite() {
        return special_sum(a, b, b_negative, cx, status);
    }
    let (coefficients, exponent) = if a.exponent == b.exponent {
        let sum = signed_sum(&a.coefficient, a.negative, &b.coefficient, b_negative, cx.rounding);
        (sum, a.exponent)
    } else {
        let (high, high_negative, low, low_negative) =
            if a.exponent > b.exponent { (a, a.negative, b, b_negative) } else { (b, b_negative, a, a.negative) };
        let Some((high_coefficient, low_coefficient, exponent)) = aligned(high, low, cx) else {
            return status.invalid(Status::MALLOC_ERROR);
        };
        (signed_sum(&high_coefficient, high_negative, &low_coefficient, low_negative, cx.rounding), exponent)
    };
    let (negative, coefficient) = coefficients;
    finish(Number::new(negative, coefficient, exponent), cx, status)
}

#[cold]
fn special_sum(a: &Number, b: &Number, b_negative: bool, cx: &Context, status: &mut Status) -> Number {
    if let Some(nan) = nan_of(&[a, b], cx, status) {
        return nan;
    }
    match (a.is_infinite(), b.is_infinite()) {
        (true, true) if a.negative != b_negative => status.invalid(Status::INVALID_OPERATION),
        (true, _) => Number::infinity(a.negative),
        _ => Number::infinity(b_negative),
    }
}

/// The coefficients of two numbers at one exponent. Where one is too small to show, a number that rounds the same way
/// stands for it.
fn aligned(high: &Number, low: &Number, cx: &Context) -> Option<(UBig, UBig, i64)> {
    if high.coefficient.is_zero() {
        // Only as many zeros as can show.
        return Some((UBig::ZERO, low.coefficient.clone(), low.exponent));
    }
    let (mut coefficient, mut exponent) = (low.coefficient.clone(), low.exponent);
    let high_digits = digits(&high.coefficient);
    if coefficient.is_zero() {
        exponent = exponent.max(high.exponent - (cx.prec + 1 - high_digits).max(0));
    } else {
        let least = high.exponent + (high_digits - cx.prec - 2).min(-1);
        if low.adjusted() < least {
            coefficient = UBig::ONE;
            exponent = least;
        }
    }
    let padded = shifted_left(&high.coefficient, high.exponent.abs_diff(exponent))?;
    Some((padded, coefficient, exponent))
}

/// Sign and magnitude of the sum of two signed magnitudes.
fn signed_sum(a: &UBig, a_negative: bool, b: &UBig, b_negative: bool, rounding: Rounding) -> (bool, UBig) {
    if a_negative == b_negative {
        return (a_negative, a + b);
    }
    match a.cmp(b) {
        Ordering::Greater => (a_negative, a - b),
        Ordering::Less => (b_negative, b - a),
        Ordering::Equal => (rounding == Rounding::Floor, UBig::ZERO),
    }
}
