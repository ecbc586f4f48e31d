//! Integers to text and back, in any base.

use dashu_int::fmt::InRadix;
use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};

use crate::TextError;

/// Numbers of digits up to here are never limited.
const LIMIT_THRESHOLD: usize = 640;

/// An integer read from text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// It fits.
    Small(i64),
    /// It does not.
    Big(IBig),
}

/// Why text was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Not a literal of the base: `ValueError` "invalid literal for int() with base B: REPR", which the caller builds.
    Invalid,
    /// More decimal digits than the limit; the error to raise.
    TooManyDigits(TextError),
}

/// Decimal text of a small integer.
pub fn small_to_decimal(n: i64) -> String {
    n.to_string()
}

/// Calls back with the decimal text of a machine integer.
#[inline]
pub fn with_decimal<R>(n: i64, look: impl FnOnce(&str) -> R) -> R {
    // Nineteen digits and a sign.
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    look(std::str::from_utf8(&digits[at..]).unwrap_or_default())
}

/// Decimal text of a big integer; `limit` is `sys.get_int_max_str_digits()`, 0 for none.
pub fn to_decimal(n: &IBig, limit: usize) -> Result<String, TextError> {
    if limit > 0 {
        let (_, magnitude) = n.clone().into_parts();
        // A number of b bits has at least (b - 1) × log10(2) digits: refuse before the work where that suffices.
        let least = (magnitude.bit_len().saturating_sub(1) as f64 * std::f64::consts::LOG10_2) as usize;
        if least > limit.max(LIMIT_THRESHOLD) {
            return Err(too_long_to_print(limit));
        }
    }
    let text = n.to_string();
    let digits = text.len() - usize::from(text.starts_with('-'));
    if limit > 0 && digits > limit && digits > LIMIT_THRESHOLD {
        return Err(too_long_to_print(limit));
    }
    Ok(text)
}

#[cold]
fn too_long_to_print(limit: usize) -> TextError {
    TextError::value(format!(
        "Exceeds the limit ({limit} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase \
         the limit"
    ))
}

/// Digits of the magnitude in a base 2 to 36, in lower case, without sign or prefix, and without a limit.
pub fn magnitude_to_base(n: &UBig, base: u32) -> String {
    match base {
        10 => n.to_string(),
        _ => in_radix(n, base).to_string(),
    }
}

fn in_radix(n: &UBig, base: u32) -> InRadix<'_> {
    n.in_radix(base.clamp(2, 36) as u8)
}

/// Digits of a small magnitude in a base 2 to 36, in lower case.
pub fn small_magnitude_to_base(mut n: u64, base: u32) -> String {
    let base = u64::from(base.clamp(2, 36));
    let mut digits = [0u8; 64];
    let mut at = digits.len();
    loop {
        at -= 1;
        let digit = (n % base) as u8;
        digits[at] = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
        n /= base;
        if n == 0 {
            break;
        }
    }
    digits[at..].iter().map(|&d| d as char).collect()
}

/// `bin`, `oct`, `hex`: with sign and prefix.
pub fn with_prefix(negative: bool, base: u32, digits: &str) -> String {
    let prefix = match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    };
    format!("{}{prefix}{digits}", if negative { "-" } else { "" })
}

/// Reads what `int(text, base)` accepts: space around, a sign, a prefix of the base, digits with single underscores
/// between them. `base` is 0 (by prefix, as in source code) or 2 to 36; text is ASCII (the caller turns Unicode digits and
/// spaces into ASCII first). `limit` is `sys.get_int_max_str_digits()`, 0 for none.
pub fn parse(text: &[u8], base: u32, limit: usize) -> Result<Parsed, ParseError> {
    let text = crate::float::trim(text);
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (base, old_octal, digits) = strip_prefix(text, base);
    let digits = if is_single_run(digits) { std::borrow::Cow::Borrowed(digits) } else { join(digits, base)?.into() };
    let radix_value = |byte: &u8| char::from(*byte).to_digit(base);
    let valid = digits.iter().take_while(|b| radix_value(b).is_some()).count();
    if valid == 0 || valid < digits.len() {
        return Err(ParseError::Invalid);
    }
    check_limit(valid, base, limit)?;
    if old_octal && digits.iter().any(|&d| d != b'0') {
        return Err(ParseError::Invalid);
    }
    read_digits(&digits, base, negative)
}

/// The base that counts, whether the text is a decimal that starts with 0 (base 0 allows zeros only), and the digits.
fn strip_prefix(text: &[u8], base: u32) -> (u32, bool, &[u8]) {
    let named = match text {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    match base {
        0 if named == 0 => (10, text.first() == Some(&b'0'), text),
        0 => (named, false, after_prefix(text)),
        _ if base == named => (base, false, after_prefix(text)),
        _ => (base, false, text),
    }
}

/// Behind `0x`; one underscore may follow it.
fn after_prefix(text: &[u8]) -> &[u8] {
    match &text[2..] {
        [b'_', rest @ ..] => rest,
        rest => rest,
    }
}

fn is_single_run(digits: &[u8]) -> bool {
    !digits.contains(&b'_')
}

/// Removes underscores, each of which must stand between digits.
fn join(digits: &[u8], base: u32) -> Result<Vec<u8>, ParseError> {
    let mut joined = Vec::with_capacity(digits.len());
    let mut after_digit = false;
    for &byte in digits {
        if byte == b'_' {
            if !after_digit {
                return Err(ParseError::Invalid);
            }
            after_digit = false;
            continue;
        }
        if char::from(byte).to_digit(base).is_none() {
            return Err(ParseError::Invalid);
        }
        joined.push(byte);
        after_digit = true;
    }
    if after_digit { Ok(joined) } else { Err(ParseError::Invalid) }
}

fn check_limit(digits: usize, base: u32, limit: usize) -> Result<(), ParseError> {
    if limit == 0 || base.is_power_of_two() || digits <= limit || digits <= LIMIT_THRESHOLD {
        return Ok(());
    }
    Err(ParseError::TooManyDigits(TextError::value(format!(
        "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} digits; use \
         sys.set_int_max_str_digits() to increase the limit"
    ))))
}

fn read_digits(digits: &[u8], base: u32, negative: bool) -> Result<Parsed, ParseError> {
    let text = std::str::from_utf8(digits).map_err(|_| ParseError::Invalid)?;
    // 36^12 < 2^63: short text needs no check for overflow.
    if let Ok(n) = i64::from_str_radix(text, base) {
        return Ok(Parsed::Small(if negative { -n } else { n }));
    }
    let magnitude = UBig::from_str_radix(text, base).map_err(|_| ParseError::Invalid)?;
    let sign = if negative { Sign::Negative } else { Sign::Positive };
    let value = IBig::from_parts(sign, magnitude);
    Ok(match i64::try_from(&value) {
        Ok(small) => Parsed::Small(small),
        Err(_) => Parsed::Big(value),
    })
}
