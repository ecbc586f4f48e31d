//! Numbers as text.

use dashu_int::UBig;

use crate::coefficient::{digits, small, strip_zeros};
use crate::finish::finish;
use crate::number::{Class, Context, Number, Status};

/// Exponents beyond are as good as this one: no context has room for them.
const EXPONENT_LIMIT: i64 = 4_000_000_000_000_000_000;

impl Number {
    /// A number from ASCII text without spaces and underscores, as the context allows it.
    pub fn parse(text: &str, cx: &Context, status: &mut Status) -> Number {
        match parsed(text) {
            Some(number) if number.is_nan() && digits(&number.coefficient) > cx.prec - i64::from(cx.clamp) => {
                status.invalid(Status::CONVERSION_SYNTAX)
            }
            Some(number) => finish(number, cx, status),
            None => status.invalid(Status::CONVERSION_SYNTAX),
        }
    }

    /// Scientific or engineering notation.
    pub fn to_text(&self, capitals: bool, engineering: bool) -> String {
        let sign = if self.negative { "-" } else { "" };
        let payload = || if self.coefficient.is_zero() { String::new() } else { self.coefficient.to_string() };
        match self.class {
            Class::Infinite => format!("{sign}Infinity"),
            Class::Quiet => format!("{sign}NaN{}", payload()),
            Class::Signaling => format!("{sign}sNaN{}", payload()),
            Class::Finite => {
                let digits = self.digits_text();
                let left = self.exponent + digits.len() as i64;
                let dot = dot_place(self, left, engineering);
                let mut text = String::with_capacity(digits.len() + 24);
                text.push_str(sign);
                push_with_dot(&mut text, &digits, dot);
                if left != dot {
                    text.push(if capitals { 'E' } else { 'e' });
                    text.push_str(&format!("{:+}", left - dot));
                }
                text
            }
        }
    }

    /// The digits of the coefficient.
    pub fn digits_text(&self) -> String {
        match small(&self.coefficient) {
            Some(n) => match u64::try_from(n) {
                Ok(n) => n.to_string(),
                Err(_) => n.to_string(),
            },
            None => self.coefficient.to_string(),
        }
    }

    /// The number without zeros at the end, and without an exponent's part in them: for hashing and ratios.
    pub fn reduced(&self) -> Number {
        let mut reduced = self.clone();
        if !reduced.coefficient.is_zero() {
            reduced.exponent += strip_zeros(&mut reduced.coefficient, u64::MAX) as i64;
        }
        reduced
    }
}

/// How many digits stand before the point.
fn dot_place(n: &Number, left: i64, engineering: bool) -> i64 {
    if n.exponent <= 0 && left > -6 {
        left
    } else if !engineering {
        1
    } else if n.coefficient.is_zero() {
        (left + 1).rem_euclid(3) - 1
    } else {
        (left - 1).rem_euclid(3) + 1
    }
}

/// Digits with a point after the first `dot`, and the zeros it takes.
fn push_with_dot(text: &mut String, digits: &str, dot: i64) {
    let (whole, fraction) = split_at_dot(digits, dot);
    text.push_str(&whole);
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(&fraction);
    }
}

/// The digits before and after a point.
pub(crate) fn split_at_dot(digits: &str, dot: i64) -> (String, String) {
    let zeros = |n: u64| "0".repeat(n as usize);
    if dot <= 0 {
        ("0".to_owned(), zeros(dot.unsigned_abs()) + digits)
    } else if dot as usize >= digits.len() {
        (format!("{digits}{}", zeros(dot as u64 - digits.len() as u64)), String::new())
    } else {
        let (whole, fraction) = digits.split_at(dot as usize);
        (whole.to_owned(), fraction.to_owned())
    }
}

fn parsed(text: &str) -> Option<Number> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let first = rest.as_bytes().first()?;
    if first.is_ascii_alphabetic() { special(rest, negative) } else { finite(rest, negative) }
}

fn special(text: &str, negative: bool) -> Option<Number> {
    if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("infinity") {
        return Some(Number::infinity(negative));
    }
    let (class, payload) = match text.as_bytes() {
        [b's' | b'S', rest @ ..] if rest.len() >= 3 && rest[..3].eq_ignore_ascii_case(b"nan") => {
            (Class::Signaling, &text[4..])
        }
        rest if rest.len() >= 3 && rest[..3].eq_ignore_ascii_case(b"nan") => (Class::Quiet, &text[3..]),
        _ => return None,
    };
    if !payload.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(Number { coefficient: magnitude(payload)?, exponent: 0, negative, class })
}

fn finite(text: &str, negative: bool) -> Option<Number> {
    let (mantissa, exponent) = match text.bytes().position(|b| b == b'e' || b == b'E') {
        Some(at) => (&text[..at], parsed_exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let coefficient = if fraction.is_empty() { magnitude(whole)? } else { magnitude(&format!("{whole}{fraction}"))? };
    Some(Number::new(negative, coefficient, exponent - fraction.len() as i64))
}

fn magnitude(digits: &str) -> Option<UBig> {
    match digits.len() {
        0 => Some(UBig::ZERO),
        1..=19 => digits.parse::<u64>().ok().map(UBig::from),
        20..=38 => digits.parse::<u128>().ok().map(UBig::from),
        _ => UBig::from_str_radix(digits, 10).ok(),
    }
}

fn parsed_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse::<i64>().unwrap_or(EXPONENT_LIMIT).min(EXPONENT_LIMIT);
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}
