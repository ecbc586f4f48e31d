//! Integers, floats and ratios.

use std::cmp::Ordering;

use dashu_int::ops::{Gcd, RemEuclid};
use dashu_int::{IBig, Sign, UBig};

use crate::coefficient::{power_of_ten, shifted_left, shifted_right};
use crate::number::{Number, Rounding};

/// The modulus of hashes of numbers.
const HASH_MODULUS: u64 = (1 << 61) - 1;

impl Number {
    pub fn from_integer(n: &IBig) -> Number {
        let (sign, magnitude) = n.clone().into_parts();
        Number::new(sign == Sign::Negative, magnitude, 0)
    }

    /// `mantissa * 2**exponent`; `None` if too large.
    pub fn from_binary(negative: bool, mantissa: UBig, exponent: i64) -> Number {
        if exponent >= 0 {
            return Number::new(negative, mantissa << exponent as usize, 0);
        }
        let twos = mantissa.trailing_zeros().unwrap_or(0).min(exponent.unsigned_abs() as usize);
        let exponent = exponent + twos as i64;
        let fives = UBig::from(5u8).pow(exponent.unsigned_abs() as usize);
        Number::new(negative, (mantissa >> twos) * fives, exponent)
    }

    /// The integer part of a finite number; `None` if too large.
    pub fn to_integer(&self) -> Option<IBig> {
        let magnitude = if self.exponent >= 0 {
            shifted_left(&self.coefficient, self.exponent as u64)?
        } else {
            shifted_right(&self.coefficient, self.exponent.unsigned_abs()).0
        };
        Some(signed(self.negative, magnitude))
    }

    /// A finite number rounded to an integer.
    pub fn rounded_integer(&self, rounding: Rounding) -> Option<IBig> {
        if self.exponent >= 0 {
            return self.to_integer();
        }
        let (whole, _) = self.rescaled(0, rounding)?;
        Some(signed(self.negative, whole.coefficient))
    }

    /// Numerator and denominator in lowest terms of a finite number.
    pub fn integer_ratio(&self) -> Option<(IBig, IBig)> {
        if self.exponent >= 0 || self.coefficient.is_zero() {
            return Some((self.to_integer()?, IBig::ONE));
        }
        let reduced = self.reduced();
        if reduced.exponent >= 0 {
            return Some((reduced.to_integer()?, IBig::ONE));
        }
        let denominator = power_of_ten(reduced.exponent.unsigned_abs())?;
        let common = (&reduced.coefficient).gcd(&denominator);
        let numerator = signed(self.negative, reduced.coefficient / &common);
        Some((numerator, IBig::from(denominator / common)))
    }

    /// The hash that equal numbers of every type have.
    pub fn hash(&self) -> i64 {
        let ten_power = if self.exponent >= 0 {
            power_modulo(10, self.exponent.unsigned_abs())
        } else {
            power_modulo(inverse_of_ten(), self.exponent.unsigned_abs())
        };
        let coefficient = match u64::try_from(&self.coefficient) {
            Ok(n) => n % HASH_MODULUS,
            Err(_) => u64::try_from((&self.coefficient).rem_euclid(&UBig::from(HASH_MODULUS))).unwrap_or(0),
        };
        let hash = times_modulo(coefficient, ten_power) as i64;
        match if self.negative { -hash } else { hash } {
            -1 => -2,
            hash => hash,
        }
    }

    /// Where a finite number stands to a ratio with a positive denominator.
    pub fn order_to_ratio(&self, numerator: &IBig, denominator: &IBig) -> Option<Ordering> {
        let scaled = Number { negative: self.negative, ..self.clone() };
        let (_, denominator) = denominator.clone().into_parts();
        let product = Number::new(scaled.negative, scaled.coefficient * denominator, scaled.exponent);
        Some(product.order(&Number::from_integer(numerator)))
    }
}

fn signed(negative: bool, magnitude: UBig) -> IBig {
    IBig::from_parts(if negative { Sign::Negative } else { Sign::Positive }, magnitude)
}

fn times_modulo(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(HASH_MODULUS)) as u64
}

fn power_modulo(mut base: u64, mut exponent: u64) -> u64 {
    let mut power = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = times_modulo(power, base);
        }
        base = times_modulo(base, base);
        exponent >>= 1;
    }
    power
}

fn inverse_of_ten() -> u64 {
    power_modulo(10, HASH_MODULUS - 2)
}
