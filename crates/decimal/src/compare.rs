//! Orders and choices.

use std::cmp::Ordering;

use crate::coefficient::shifted_left;
use crate::finish::{finish, nan_of};
use crate::number::{Class, Context, Number, Status};

impl Number {
    /// The order of two numbers that are no NaNs.
    pub fn order(&self, other: &Number) -> Ordering {
        let sign = |n: &Number| match (n.is_zero(), n.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        match sign(self).cmp(&sign(other)) {
            Ordering::Equal if sign(self) == 0 => Ordering::Equal,
            Ordering::Equal if self.negative => magnitudes(other, self),
            Ordering::Equal => magnitudes(self, other),
            unequal => unequal,
        }
    }

    /// The total order, in which representations of a number and NaNs have places.
    pub fn total_order(&self, other: &Number) -> Ordering {
        if self.negative != other.negative {
            return other.negative.cmp(&self.negative);
        }
        let order = total_magnitudes(self, other);
        if self.negative { order.reverse() } else { order }
    }

    pub fn compare(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        nan_of(&[self, other], cx, status).unwrap_or_else(|| ordering(self.order(other)))
    }

    /// `compare`, in which every NaN signals.
    pub fn compare_signal(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        match nan_of(&[self, other], cx, status) {
            Some(nan) => {
                status.add(Status::INVALID_OPERATION);
                nan
            }
            None => ordering(self.order(other)),
        }
    }

    pub fn compare_total(&self, other: &Number) -> Number {
        ordering(self.total_order(other))
    }

    pub fn compare_total_mag(&self, other: &Number) -> Number {
        ordering(total_magnitudes(self, other))
    }

    pub fn max(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        choose(self, other, Number::order, Ordering::Greater, cx, status)
    }

    pub fn min(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        choose(self, other, Number::order, Ordering::Less, cx, status)
    }

    pub fn max_mag(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        choose(self, other, order_of_magnitudes, Ordering::Greater, cx, status)
    }

    pub fn min_mag(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        choose(self, other, order_of_magnitudes, Ordering::Less, cx, status)
    }

    /// Whether both have the same exponent, are infinite, or are NaNs.
    pub fn same_quantum(&self, other: &Number) -> bool {
        match (self.is_finite(), other.is_finite()) {
            (true, true) => self.exponent == other.exponent,
            (false, false) => self.is_nan() == other.is_nan(),
            _ => false,
        }
    }
}

fn ordering(order: Ordering) -> Number {
    Number::from_i64(order as i64)
}

fn order_of_magnitudes(a: &Number, b: &Number) -> Ordering {
    match (a.is_zero(), b.is_zero()) {
        (false, false) => magnitudes(a, b),
        (a, b) => b.cmp(&a),
    }
}

/// The order of the magnitudes of two numbers other than 0.
fn magnitudes(a: &Number, b: &Number) -> Ordering {
    match (a.is_infinite(), b.is_infinite()) {
        (false, false) => {}
        (a, b) => return a.cmp(&b),
    }
    a.adjusted().cmp(&b.adjusted()).then_with(|| {
        // Equal adjusted exponents: the exponents are no farther apart than the digits are many.
        let padded = |n: &Number, apart: i64| shifted_left(&n.coefficient, apart.unsigned_abs());
        match a.exponent.cmp(&b.exponent) {
            Ordering::Equal => a.coefficient.cmp(&b.coefficient),
            Ordering::Greater => padded(a, a.exponent - b.exponent).map_or(Ordering::Equal, |a| a.cmp(&b.coefficient)),
            Ordering::Less => padded(b, b.exponent - a.exponent).map_or(Ordering::Equal, |b| a.coefficient.cmp(&b)),
        }
    })
}

fn total_magnitudes(a: &Number, b: &Number) -> Ordering {
    let rank = |n: &Number| match n.class {
        Class::Finite | Class::Infinite => 0,
        Class::Signaling => 1,
        Class::Quiet => 2,
    };
    let order = rank(a).cmp(&rank(b));
    if order.is_ne() {
        return order;
    }
    if a.is_nan() {
        return a.coefficient.cmp(&b.coefficient);
    }
    order_of_magnitudes(a, b).then(a.exponent.cmp(&b.exponent))
}

fn choose(
    a: &Number,
    b: &Number,
    order: fn(&Number, &Number) -> Ordering,
    wanted: Ordering,
    cx: &Context,
    status: &mut Status,
) -> Number {
    let lone_nan = |n: &Number, other: &Number| n.class == Class::Quiet && !other.is_nan();
    if lone_nan(a, b) {
        return finish(b.clone(), cx, status);
    }
    if lone_nan(b, a) {
        return finish(a.clone(), cx, status);
    }
    if let Some(nan) = nan_of(&[a, b], cx, status) {
        return nan;
    }
    let order = order(a, b).then_with(|| a.total_order(b));
    let chosen = if order == wanted || order.is_eq() { a } else { b };
    finish(chosen.clone(), cx, status)
}
