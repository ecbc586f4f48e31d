//! `complex` to text and back.

use super::format::{FormatFlags, format};
use super::parse::{parse_bytes, strip_underscores, trim};

/// `repr(re + im*1j)`.
pub fn complex_repr(re: f64, im: f64) -> String {
    let part = |x, sign| {
        let flags = FormatFlags { sign, ..FormatFlags::default() };
        format(x, b'r', 0, flags).unwrap_or_default()
    };
    if re == 0.0 && re.is_sign_positive() {
        return part(im, false) + "j";
    }
    format!("({}{}j)", part(re, false), part(im, true))
}

/// Reads what `complex()` accepts from ASCII text: `1`, `2j`, `1+2j`, `-j`, each possibly in parentheses and between spaces.
/// `None` where the text is no complex number.
pub fn parse_complex(text: &str) -> Option<(f64, f64)> {
    let mut text = trim(text.as_bytes());
    if let Some(rest) = text.strip_prefix(b"(") {
        text = trim(rest.strip_suffix(b")")?);
    }
    let clean;
    if text.contains(&b'_') {
        clean = strip_underscores(text)?;
        text = &clean;
    }
    let (first, rest) = split_number(text);
    match (first, rest) {
        // One number, real or imaginary.
        (Some(x), []) => Some((x, 0.0)),
        (Some(x), [b'j' | b'J']) => Some((0.0, x)),
        // Two, the second with its sign.
        (Some(re), [b'+' | b'-', ..]) => Some((re, imaginary(rest)?)),
        (None, _) => Some((0.0, imaginary(text)?)),
        _ => None,
    }
}

/// `±nj` or `±j`, whole.
fn imaginary(text: &[u8]) -> Option<f64> {
    let body = text.strip_suffix(b"j").or_else(|| text.strip_suffix(b"J"))?;
    match body {
        b"" | b"+" => Some(1.0),
        b"-" => Some(-1.0),
        _ => match split_number(body) {
            (Some(x), []) => Some(x),
            _ => None,
        },
    }
}

/// The longest float at the start of the text, and what follows it.
fn split_number(text: &[u8]) -> (Option<f64>, &[u8]) {
    let end = number_end(text);
    match end {
        0 => (None, text),
        _ => match text[..end].iter().any(u8::is_ascii_whitespace) {
            true => (None, text),
            false => (parse_bytes(&text[..end]), &text[end..]),
        },
    }
}

fn number_end(text: &[u8]) -> usize {
    let sign = usize::from(matches!(text, [b'+' | b'-', ..]));
    let body = &text[sign..];
    for name in [&b"infinity"[..], b"inf", b"nan"] {
        if body.len() >= name.len() && body[..name.len()].eq_ignore_ascii_case(name) {
            return sign + name.len();
        }
    }
    let digits = |from: usize| body[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(0);
    let mut at = whole;
    let mut count = whole;
    if body.get(at) == Some(&b'.') {
        let part = digits(at + 1);
        count += part;
        at += 1 + part;
    }
    if count == 0 {
        return 0;
    }
    if matches!(body.get(at), Some(b'e' | b'E')) {
        let exponent_sign = usize::from(matches!(body.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + exponent_sign);
        if exponent > 0 {
            at += 1 + exponent_sign + exponent;
        }
    }
    sign + at
}
