//! Exponents: quantizing, integers, neighbours.

use dashu_int::UBig;

use crate::coefficient::{rounded_right, shifted_left, strip_zeros};
use crate::finish::{finish, largest, nan_of};
use crate::number::{Context, Number, Rounding, Status};

impl Number {
    /// The number rounded or padded to an exponent, and whether that is exact; `None` if too large.
    pub(crate) fn rescaled(&self, exponent: i64, rounding: Rounding) -> Option<(Number, bool)> {
        if self.coefficient.is_zero() {
            return Some((Number::zero(self.negative, exponent), true));
        }
        let apart = self.exponent.abs_diff(exponent);
        let (coefficient, exact) = if self.exponent >= exponent {
            (shifted_left(&self.coefficient, apart)?, true)
        } else {
            rounded_right(&self.coefficient, apart, rounding, self.negative)
        };
        Some((Number::new(self.negative, coefficient, exponent), exact))
    }

    /// The number with the exponent of `other`.
    pub fn quantize(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self, other], cx, status) {
            return nan;
        }
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) => self.clone(),
            (false, false) => self.quantize_to(other.exponent, cx, status),
            _ => status.invalid(Status::INVALID_OPERATION),
        }
    }

    /// A finite number with the exponent given.
    pub fn quantize_to(&self, exponent: i64, cx: &Context, status: &mut Status) -> Number {
        if exponent < cx.etiny() || exponent > cx.emax {
            return status.invalid(Status::INVALID_OPERATION);
        }
        if self.coefficient.is_zero() {
            return finish(Number::zero(self.negative, exponent), cx, status);
        }
        let adjusted = self.adjusted();
        if adjusted > cx.emax || adjusted - exponent + 1 > cx.prec {
            return status.invalid(Status::INVALID_OPERATION);
        }
        let Some((rescaled, exact)) = self.rescaled(exponent, cx.rounding) else {
            return status.invalid(Status::MALLOC_ERROR);
        };
        if rescaled.adjusted() > cx.emax || rescaled.digits() > cx.prec {
            return status.invalid(Status::INVALID_OPERATION);
        }
        if exponent > self.exponent {
            status.add(Status::ROUNDED);
            if !exact {
                status.add(Status::INEXACT);
            }
        }
        finish(rescaled, cx, status)
    }

    /// Rounded to an integer, with Inexact and Rounded.
    pub fn to_integral_exact(&self, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self], cx, status) {
            return nan;
        }
        if self.is_infinite() || self.exponent >= 0 {
            return self.clone();
        }
        if self.coefficient.is_zero() {
            return Number::zero(self.negative, 0);
        }
        let Some((whole, exact)) = self.rescaled(0, cx.rounding) else {
            return status.invalid(Status::MALLOC_ERROR);
        };
        status.add(Status::ROUNDED);
        if !exact {
            status.add(Status::INEXACT);
        }
        whole
    }

    /// Rounded to an integer, without Inexact and Rounded.
    pub fn to_integral_value(&self, cx: &Context, status: &mut Status) -> Number {
        let mut met = Status::default();
        let result = self.to_integral_exact(cx, &mut met);
        status.add(Status(met.0 & !(Status::INEXACT.0 | Status::ROUNDED.0)));
        result
    }

    /// Without zeros at the end.
    pub fn normalize(&self, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self], cx, status) {
            return nan;
        }
        let mut result = finish(self.clone(), cx, status);
        if !result.is_finite() {
            return result;
        }
        if result.coefficient.is_zero() {
            return Number::zero(result.negative, 0);
        }
        let highest = if cx.clamp { cx.etop() } else { cx.emax };
        if result.exponent < highest {
            let most = result.exponent.abs_diff(highest);
            result.exponent += strip_zeros(&mut result.coefficient, most) as i64;
        }
        result
    }

    pub fn next_plus(&self, cx: &Context, status: &mut Status) -> Number {
        nan_of(&[self], cx, status).unwrap_or_else(|| neighbour(self, false, cx, status))
    }

    pub fn next_minus(&self, cx: &Context, status: &mut Status) -> Number {
        nan_of(&[self], cx, status).unwrap_or_else(|| neighbour(self, true, cx, status))
    }

    pub fn next_toward(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self, other], cx, status) {
            return nan;
        }
        let order = self.order(other);
        if order.is_eq() {
            return self.copy_sign(other);
        }
        let next = neighbour(self, order.is_gt(), cx, status);
        if next.is_infinite() {
            status.add(Status::OVERFLOW.union(Status::INEXACT).union(Status::ROUNDED));
        } else if next.is_finite() && next.adjusted() < cx.emin {
            status.add(Status::UNDERFLOW.union(Status::SUBNORMAL).union(Status::INEXACT).union(Status::ROUNDED));
            if next.coefficient.is_zero() {
                status.add(Status::CLAMPED);
            }
        }
        next
    }

    /// The adjusted exponent as a number.
    pub fn logb(&self, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self], cx, status) {
            return nan;
        }
        if self.is_infinite() {
            return Number::infinity(false);
        }
        if self.coefficient.is_zero() {
            status.add(Status::DIVISION_BY_ZERO);
            return Number::infinity(true);
        }
        finish(Number::from_i64(self.adjusted()), cx, status)
    }

    /// `self * 10**other`
    pub fn scaleb(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        if let Some(nan) = nan_of(&[self, other], cx, status) {
            return nan;
        }
        let jump = other.small_integer().filter(|n| n.unsigned_abs() <= 2 * (cx.emax + cx.prec).unsigned_abs());
        let Some(jump) = jump else { return status.invalid(Status::INVALID_OPERATION) };
        if self.is_infinite() {
            return self.clone();
        }
        let exponent = self.exponent + jump;
        finish(Number { exponent, ..self.clone() }, cx, status)
    }

    /// The value of an integer with exponent 0 that fits a word.
    pub(crate) fn small_integer(&self) -> Option<i64> {
        if !self.is_finite() || self.exponent != 0 {
            return None;
        }
        let magnitude = i64::try_from(&self.coefficient).ok()?;
        Some(if self.negative { -magnitude } else { magnitude })
    }

    pub fn is_normal(&self, cx: &Context) -> bool {
        self.is_finite() && !self.coefficient.is_zero() && self.adjusted() >= cx.emin
    }

    pub fn is_subnormal(&self, cx: &Context) -> bool {
        self.is_finite() && !self.coefficient.is_zero() && self.adjusted() < cx.emin
    }

    /// The class's name, as the specification has it.
    pub fn number_class(&self, cx: &Context) -> &'static str {
        use crate::number::Class;
        match (self.class, self.negative) {
            (Class::Quiet, _) => "NaN",
            (Class::Signaling, _) => "sNaN",
            (Class::Infinite, true) => "-Infinity",
            (Class::Infinite, false) => "+Infinity",
            (Class::Finite, negative) => match (self.coefficient.is_zero(), self.is_normal(cx)) {
                (true, _) => ["+Zero", "-Zero"][usize::from(negative)],
                (_, true) => ["+Normal", "-Normal"][usize::from(negative)],
                _ => ["+Subnormal", "-Subnormal"][usize::from(negative)],
            },
        }
    }
}

/// The next number downwards or upwards.
fn neighbour(a: &Number, downwards: bool, cx: &Context, status: &mut Status) -> Number {
    if a.is_infinite() {
        return if a.negative == downwards { a.clone() } else { largest(a.negative, cx, status) };
    }
    let cx = cx.rounded(if downwards { Rounding::Floor } else { Rounding::Ceiling });
    let mut ignored = Status::default();
    let fitting = finish(a.clone(), &cx, &mut ignored);
    if fitting.is_infinite() || a.order(&fitting).is_ne() {
        return fitting;
    }
    let tiny = Number::new(downwards, UBig::ONE, cx.etiny() - 1);
    let next = a.add(&tiny, &cx, &mut ignored);
    status.add(Status(ignored.0 & Status::MALLOC_ERROR.0));
    next
}
