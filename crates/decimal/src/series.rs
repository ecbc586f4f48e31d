//! Exponentials and logarithms in fixed point: a number `x` stands as `x * 2**bits`. Results are within a few units of
//! the last twenty bits' guard that callers add.

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};

/// `e**x` for `0 <= x < 3`.
pub(crate) fn exp(x: &UBig, bits: usize) -> UBig {
    let halvings = bits.isqrt() / 2 + 4;
    let inner = bits + 2 * halvings + 16;
    let small = (x << (inner - bits)) >> halvings;
    let mut term = UBig::ONE << inner;
    let mut sum = term.clone();
    let mut n = 1u64;
    loop {
        term = ((term * &small) >> inner) / n;
        if term.is_zero() {
            break;
        }
        sum += &term;
        n += 1;
    }
    for _ in 0..halvings {
        sum = sum.sqr() >> inner;
    }
    sum >> (inner - bits)
}

/// The natural logarithm of a number from 1 to 10.
pub(crate) fn ln(x: &UBig, bits: usize) -> UBig {
    let first = u64::try_from(x >> bits.saturating_sub(52)).unwrap_or(1 << 52) as f64 / (1u64 << 52) as f64;
    let mut known = 48usize.min(bits);
    let mut y = IBig::from((first.ln().max(0.0) * (1u64 << known) as f64) as u64);
    while known < bits {
        // Halley's step triples the digits.
        let next = (known * 3 - 12).min(bits);
        y <<= next - known;
        let power = IBig::from(exp(&magnitude(&y), next));
        let wanted = IBig::from(x >> (bits - next));
        let step: IBig = ((&wanted - &power) << (next + 1)) / (wanted + power);
        y += step;
        known = next;
    }
    magnitude(&y)
}

/// 0 for what rounding made negative.
fn magnitude(y: &IBig) -> UBig {
    UBig::try_from(y.clone()).unwrap_or(UBig::ZERO)
}

/// The natural logarithm of 10.
pub(crate) fn ln_10(bits: usize) -> UBig {
    let inner = bits + 32;
    let sum =
        inverse_tangent(31, inner) * 46u8 + inverse_tangent(49, inner) * 34u8 + inverse_tangent(161, inner) * 20u8;
    sum >> (inner - bits)
}

/// The hyperbolic arc tangent of `1 / n`.
fn inverse_tangent(n: u64, bits: usize) -> UBig {
    let mut power = (UBig::ONE << bits) / n;
    let mut sum = power.clone();
    let mut k = 3u64;
    while power.bit_len() > 1 {
        power /= n * n;
        sum += &power / k;
        k += 2;
    }
    sum
}
