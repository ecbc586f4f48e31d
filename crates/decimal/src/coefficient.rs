//! Digits of big integers: counting, shifting, rounding.

use std::cmp::Ordering;

use dashu_int::UBig;
use dashu_int::ops::{BitTest, DivRem};

use crate::number::Rounding;

/// No coefficient has more digits: 400 MB of them.
pub const MAX_DIGITS: i64 = 1_000_000_000;

/// Powers of ten that fit two words.
static POWERS: [u128; 39] = {
    let mut powers = [1u128; 39];
    let mut n = 1;
    while n < 39 {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

/// A number of at most two words.
#[inline]
pub(crate) fn small(c: &UBig) -> Option<u128> {
    u128::try_from(c).ok()
}

/// `10**n`, if it is not too large for any coefficient.
pub(crate) fn power_of_ten(n: u64) -> Option<UBig> {
    match POWERS.get(n as usize) {
        Some(&power) => Some(UBig::from(power)),
        None if n <= MAX_DIGITS as u64 => Some(UBig::from(5u8).pow(n as usize) << n as usize),
        None => None,
    }
}

/// The number of digits; 0 has none.
pub(crate) fn digits(c: &UBig) -> i64 {
    match small(c) {
        Some(0) => 0,
        Some(n) => match u64::try_from(n) {
            Ok(n) => i64::from(n.ilog10()) + 1,
            Err(_) => i64::from(n.ilog10()) + 1,
        },
        None => digits_of_large(c),
    }
}

fn digits_of_large(c: &UBig) -> i64 {
    let shift = c.bit_len() - 64;
    let top = u64::try_from(c >> shift).unwrap_or(u64::MAX) as f64;
    let log = top.log10() + shift as f64 * std::f64::consts::LOG10_2;
    let (low, high) = ((log - 1e-5).floor(), (log + 1e-5).floor());
    if low == high {
        return low as i64 + 1;
    }
    let power = UBig::from(10u8).pow(high as usize);
    high as i64 + i64::from(*c >= power)
}

/// `c * 10**n`, if that is not too large.
pub(crate) fn shifted_left(c: &UBig, n: u64) -> Option<UBig> {
    if n == 0 || c.is_zero() {
        return Some(c.clone());
    }
    if let (Some(c), Some(power)) = (small(c), POWERS.get(n as usize))
        && let Some(product) = c.checked_mul(*power)
    {
        return Some(UBig::from(product));
    }
    if n > MAX_DIGITS as u64 || digits(c) + n as i64 > MAX_DIGITS {
        return None;
    }
    Some(c * power_of_ten(n)?)
}

/// What is cut off, against half a unit of the last digit that stays.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    Zero,
    Below,
    Half,
    Above,
}

/// `c / 10**n`, and what was cut off.
pub(crate) fn shifted_right(c: &UBig, n: u64) -> (UBig, Rest) {
    if n == 0 {
        return (c.clone(), Rest::Zero);
    }
    if let Some(c) = small(c) {
        let Some(&power) = POWERS.get(n as usize) else { return (UBig::ZERO, rest_of_all(c == 0)) };
        let (quotient, remainder) = match (u64::try_from(c), u64::try_from(power)) {
            (Ok(c), Ok(power)) => (u128::from(c / power), u128::from(c % power)),
            _ => (c / power, c % power),
        };
        return (UBig::from(quotient), rest(remainder == 0, remainder.cmp(&(power / 2))));
    }
    if digits(c) < n as i64 {
        return (UBig::ZERO, Rest::Below);
    }
    let Some(power) = power_of_ten(n) else { return (UBig::ZERO, Rest::Below) };
    let (quotient, remainder) = c.div_rem(&power);
    let rest = rest(remainder.is_zero(), (remainder << 1usize).cmp(&power));
    (quotient, rest)
}

/// All digits are cut off, and the next place to the left too.
fn rest_of_all(is_zero: bool) -> Rest {
    if is_zero { Rest::Zero } else { Rest::Below }
}

fn rest(is_zero: bool, to_half: Ordering) -> Rest {
    match to_half {
        _ if is_zero => Rest::Zero,
        Ordering::Less => Rest::Below,
        Ordering::Equal => Rest::Half,
        Ordering::Greater => Rest::Above,
    }
}

/// Whether rounding adds one to `c`, from which `rest` was cut off.
pub(crate) fn rounds_up(c: &UBig, rest: Rest, rounding: Rounding, negative: bool) -> bool {
    if rest == Rest::Zero {
        return false;
    }
    match rounding {
        Rounding::Up => true,
        Rounding::Down => false,
        Rounding::Ceiling => !negative,
        Rounding::Floor => negative,
        Rounding::HalfUp => rest != Rest::Below,
        Rounding::HalfDown => rest == Rest::Above,
        Rounding::HalfEven => rest == Rest::Above || rest == Rest::Half && c.bit(0),
        Rounding::ZeroFiveUp => remainder_by(c, 5) == 0,
    }
}

/// `c / 10**n` rounded, and whether it is exact.
pub(crate) fn rounded_right(c: &UBig, n: u64, rounding: Rounding, negative: bool) -> (UBig, bool) {
    let (quotient, rest) = shifted_right(c, n);
    let up = rounds_up(&quotient, rest, rounding, negative);
    (if up { quotient + UBig::ONE } else { quotient }, rest == Rest::Zero)
}

/// `c % n`
pub(crate) fn remainder_by(c: &UBig, n: u64) -> u64 {
    match u64::try_from(c) {
        Ok(c) => c % n,
        Err(_) => u64::try_from(c % UBig::from(n)).unwrap_or(0),
    }
}

/// Whether the last `n` digits of a number other than 0 are zeros.
pub(crate) fn has_trailing_zeros(c: &UBig, n: u64) -> bool {
    c.trailing_zeros().is_some_and(|twos| twos as u64 >= n) && shifted_right(c, n).1 == Rest::Zero
}

/// Takes away zeros at the end of a number other than 0, at most `most`; says how many.
pub(crate) fn strip_zeros(c: &mut UBig, most: u64) -> u64 {
    // 10**n divides only what 2**n does.
    let most = most.min(c.trailing_zeros().unwrap_or(0) as u64);
    if most == 0 {
        return 0;
    }
    let mut stripped = 0;
    let mut step = 1u64 << most.ilog2();
    while step > 0 {
        while stripped + step <= most {
            let (quotient, rest) = shifted_right(c, step);
            if rest != Rest::Zero {
                break;
            }
            *c = quotient;
            stripped += step;
        }
        step /= 2;
    }
    stripped
}
