//! `float.hex` and `float.fromhex`.

use std::fmt::Write;

use super::parse::trim;

/// Why [`from_hex`] failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    /// Not a hexadecimal float: a `ValueError`.
    Invalid,
    /// Too large for a float: an `OverflowError`.
    TooLarge,
}

impl HexError {
    /// CPython's message.
    pub const fn message(self) -> &'static str {
        match self {
            HexError::Invalid => "invalid hexadecimal floating-point string",
            HexError::TooLarge => "hexadecimal value too large to represent as a float",
        }
    }
}

/// `x.hex()`.
pub fn to_hex(x: f64) -> String {
    if !x.is_finite() {
        return super::repr(x);
    }
    let sign = if x.is_sign_negative() { "-" } else { "" };
    let bits = x.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let biased = ((bits >> 52) & 0x7FF) as i32;
    if biased == 0 && fraction == 0 {
        return format!("{sign}0x0.0p+0");
    }
    let (lead, exponent) = if biased == 0 { (0, -1022) } else { (1, biased - 1023) };
    let mut text = String::with_capacity(24);
    let _ = write!(text, "{sign}0x{lead}.{fraction:013x}p{exponent:+}");
    text
}

/// `float.fromhex(text)` for ASCII text.
pub fn from_hex(text: &str) -> Result<f64, HexError> {
    let text = trim(text.as_bytes());
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = match body.to_ascii_lowercase().as_slice() {
        b"inf" | b"infinity" => f64::INFINITY,
        b"nan" => f64::NAN,
        lower => finite(lower)?,
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// `[0x]digits[.digits][p±exponent]`, lower case, no sign.
fn finite(text: &[u8]) -> Result<f64, HexError> {
    let text = text.strip_prefix(b"0x").unwrap_or(text);
    let (digits, exponent) = match text.iter().position(|&b| b == b'p') {
        Some(at) => (&text[..at], read_exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let (whole, part) = match digits.iter().position(|&b| b == b'.') {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, &digits[..0]),
    };
    if whole.is_empty() && part.is_empty() {
        return Err(HexError::Invalid);
    }
    let mut number = Accumulator::default();
    for &digit in whole.iter().chain(part) {
        number.push((digit as char).to_digit(16).ok_or(HexError::Invalid)?);
    }
    number.finish(exponent.saturating_sub(4 * part.len() as i64))
}

/// A decimal exponent with sign; huge ones saturate.
fn read_exponent(text: &[u8]) -> Result<i64, HexError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() {
        return Err(HexError::Invalid);
    }
    let mut exponent: i64 = 0;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return Err(HexError::Invalid);
        }
        exponent = exponent.saturating_mul(10).saturating_add(i64::from(digit - b'0')).min(i64::MAX / 4);
    }
    Ok(if negative { -exponent } else { exponent })
}

/// The leading 60 bits or more of a hexadecimal number, whether anything was lost below, and how many bits were.
#[derive(Default)]
struct Accumulator {
    bits: u64,
    dropped: i64,
    sticky: bool,
}

impl Accumulator {
    fn push(&mut self, digit: u32) {
        if self.bits >> 59 == 0 {
            self.bits = self.bits << 4 | u64::from(digit);
        } else {
            self.dropped = self.dropped.saturating_add(4);
            self.sticky |= digit != 0;
        }
    }

    /// The float nearest to `bits × 2^(dropped + exponent)`, ties to even.
    fn finish(self, exponent: i64) -> Result<f64, HexError> {
        if self.bits == 0 {
            return Ok(0.0);
        }
        let exponent = exponent.saturating_add(self.dropped);
        let width = i64::from(64 - self.bits.leading_zeros());
        // The exponent of the most significant bit.
        let top = exponent.saturating_add(width - 1);
        if top >= 1024 {
            return Err(HexError::TooLarge);
        }
        if top < -1076 {
            return Ok(0.0);
        }
        // The last place of the result: 52 below the top, or the subnormal limit.
        let unit = (top - 52).max(-1074);
        let shift = unit - exponent;
        let mut mantissa = if shift <= 0 { self.bits << -shift } else { round_shift(self.bits, shift, self.sticky) };
        let mut unit = unit;
        if mantissa == 1 << 53 {
            mantissa >>= 1;
            unit += 1;
        }
        if unit > 971 {
            return Err(HexError::TooLarge);
        }
        Ok(assemble(mantissa, unit))
    }
}

/// `bits >> shift`, rounded half to even with the lost bits below counted in.
fn round_shift(bits: u64, shift: i64, sticky: bool) -> u64 {
    let bits = u128::from(bits) << 1 | u128::from(sticky);
    let shift = shift as u32 + 1;
    let quotient = bits >> shift;
    let rest = bits & ((1 << shift) - 1);
    let half = 1u128 << (shift - 1);
    let up = rest > half || (rest == half && quotient & 1 == 1);
    (quotient + u128::from(up)) as u64
}

/// `mantissa × 2^unit`, where the pair is in range of a float.
fn assemble(mantissa: u64, unit: i64) -> f64 {
    if mantissa >> 52 == 0 {
        return f64::from_bits(mantissa);
    }
    f64::from_bits((mantissa & ((1 << 52) - 1)) | ((unit + 1075) as u64) << 52)
}
