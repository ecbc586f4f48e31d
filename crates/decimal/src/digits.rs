//! Operations on the digits: logical ones, shifts, rotations.

use dashu_int::UBig;

use crate::coefficient::{MAX_DIGITS, digits, power_of_ten, shifted_left, shifted_right};
use crate::finish::nan_of;
use crate::number::{Context, Number, Status};

impl Number {
    pub fn logical_and(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        logical(self, other, |a, b| a & b, cx, status)
    }

    pub fn logical_or(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        logical(self, other, |a, b| a | b, cx, status)
    }

    pub fn logical_xor(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        logical(self, other, |a, b| a ^ b, cx, status)
    }

    /// Every digit of the precision inverted.
    pub fn logical_invert(&self, cx: &Context, status: &mut Status) -> Number {
        if cx.prec > MAX_DIGITS {
            return status.invalid(Status::MALLOC_ERROR);
        }
        let Some(mut bits) = logical_digits(self) else { return status.invalid(Status::INVALID_OPERATION) };
        bits.resize(cx.prec as usize, 0);
        bits.iter_mut().for_each(|bit| *bit ^= 1);
        from_digits(&bits, status)
    }

    /// Digits shifted to the left, or to the right for a negative `other`.
    pub fn shift(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        let distance = match movement(self, other, cx, status) {
            Ok(distance) => distance,
            Err(result) => return result,
        };
        let coefficient = if distance < 0 {
            last_digits(&self.coefficient, cx.prec).map(|c| shifted_right(&c, distance.unsigned_abs()).0)
        } else {
            last_digits(&self.coefficient, cx.prec - distance).and_then(|c| shifted_left(&c, distance as u64))
        };
        with_coefficient(self, coefficient, status)
    }

    /// Digits rotated within the precision.
    pub fn rotate(&self, other: &Number, cx: &Context, status: &mut Status) -> Number {
        let distance = match movement(self, other, cx, status) {
            Ok(distance) => distance,
            Err(result) => return result,
        };
        let left = if distance < 0 { cx.prec + distance } else { distance };
        let rotated = last_digits(&self.coefficient, cx.prec).and_then(|c| {
            let (high, _) = shifted_right(&c, (cx.prec - left) as u64);
            Some(shifted_left(&last_digits(&c, cx.prec - left)?, left as u64)? + high)
        });
        with_coefficient(self, rotated, status)
    }
}

/// How far `other` says to move, or the result already.
fn movement(a: &Number, other: &Number, cx: &Context, status: &mut Status) -> Result<i64, Number> {
    if let Some(nan) = nan_of(&[a, other], cx, status) {
        return Err(nan);
    }
    match other.small_integer() {
        Some(n) if n.abs() <= cx.prec => {
            if a.is_infinite() {
                return Err(a.clone());
            }
            Ok(n)
        }
        _ => Err(status.invalid(Status::INVALID_OPERATION)),
    }
}

fn with_coefficient(a: &Number, coefficient: Option<UBig>, status: &mut Status) -> Number {
    match coefficient {
        Some(coefficient) => Number { coefficient, ..a.clone() },
        None => status.invalid(Status::MALLOC_ERROR),
    }
}

/// `c % 10**count`
fn last_digits(c: &UBig, count: i64) -> Option<UBig> {
    if digits(c) <= count {
        return Some(c.clone());
    }
    Some(c % power_of_ten(count as u64)?)
}

/// The digits of a number made of zeros and ones, the last one first.
fn logical_digits(a: &Number) -> Option<Vec<u8>> {
    if !a.is_finite() || a.negative || a.exponent != 0 {
        return None;
    }
    let text = a.coefficient.to_string();
    text.bytes().rev().map(|digit| matches!(digit, b'0' | b'1').then(|| digit - b'0')).collect()
}

fn from_digits(bits: &[u8], status: &mut Status) -> Number {
    let text: String = bits.iter().rev().map(|bit| char::from(b'0' + bit)).collect();
    match UBig::from_str_radix(&text, 10) {
        Ok(coefficient) => Number::new(false, coefficient, 0),
        Err(_) => status.invalid(Status::MALLOC_ERROR),
    }
}

fn logical(a: &Number, b: &Number, operation: fn(u8, u8) -> u8, cx: &Context, status: &mut Status) -> Number {
    let (Some(mut a), Some(mut b)) = (logical_digits(a), logical_digits(b)) else {
        return status.invalid(Status::INVALID_OPERATION);
    };
    let count = a.len().max(b.len()).min(usize::try_from(cx.prec).unwrap_or(usize::MAX));
    a.resize(count, 0);
    b.resize(count, 0);
    let bits: Vec<u8> = a.iter().zip(&b).map(|(a, b)| operation(*a, *b)).collect();
    from_digits(&bits, status)
}
