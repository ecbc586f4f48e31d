//! `repr()` of constants, for messages and for annotations that are kept as text.

use std::fmt::Write;

use pyrope_parser::ast::Constant;
use pyrope_text::Wtf8Buf;
use pyrope_text::identifier::is_printable;

/// `repr` of a constant.
pub fn constant(value: &Constant) -> String {
    match value {
        Constant::None => "None".into(),
        Constant::Bool(true) => "True".into(),
        Constant::Bool(false) => "False".into(),
        Constant::Ellipsis => "Ellipsis".into(),
        Constant::Int(value) => value.to_string(),
        Constant::Float(value) => float(*value),
        Constant::Complex { real, imag } => complex(*real, *imag),
        Constant::Str(value) => string(value),
        Constant::Bytes(value) => bytes(value),
        Constant::Tuple(items) if items.len() == 1 => format!("({},)", constant(&items[0])),
        Constant::Tuple(items) => format!("({})", sequence(items)),
        Constant::FrozenSet(items) if items.is_empty() => "frozenset()".into(),
        Constant::FrozenSet(items) => format!("frozenset({{{}}})", sequence(items)),
    }
}

fn sequence(items: &[Constant]) -> String {
    items.iter().map(constant).collect::<Vec<_>>().join(", ")
}

/// `repr` of a float: the shortest digits that read back as the same number.
pub fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        if plain.contains('.') { plain } else { plain + ".0" }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    }
}

fn short_float(value: f64) -> String {
    let text = float(value);
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// `repr` of a complex number.
pub fn complex(real: f64, imag: f64) -> String {
    let imaginary = short_float(imag);
    if real == 0.0 && real.is_sign_positive() {
        return format!("{imaginary}j");
    }
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    format!("({}{sign}{imaginary}j)", short_float(real))
}

/// `repr` of a string.
pub fn string(value: &Wtf8Buf) -> String {
    let quote = quote(value.as_bytes());
    let mut text = String::from(quote);
    for code_point in value.code_points() {
        match char::from_u32(code_point) {
            Some(c) if c == quote || c == '\\' => text.extend(['\\', c]),
            Some('\n') => text.push_str("\\n"),
            Some('\r') => text.push_str("\\r"),
            Some('\t') => text.push_str("\\t"),
            Some(c) if is_printable(c) => text.push(c),
            _ => escape(&mut text, code_point),
        }
    }
    text.push(quote);
    text
}

fn escape(text: &mut String, code_point: u32) {
    // Writing to a string cannot fail.
    let _ = match code_point {
        0..0x100 => write!(text, "\\x{code_point:02x}"),
        0x100..0x10000 => write!(text, "\\u{code_point:04x}"),
        _ => write!(text, "\\U{code_point:08x}"),
    };
}

/// `repr` of bytes.
pub fn bytes(value: &[u8]) -> String {
    let quote = quote(value);
    let mut text = format!("b{quote}");
    for &byte in value {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            _ if char::from(byte) == quote => text.extend(['\\', quote]),
            0x20..0x7F => text.push(char::from(byte)),
            _ => escape(&mut text, u32::from(byte)),
        }
    }
    text.push(quote);
    text
}

fn quote(text: &[u8]) -> char {
    if text.contains(&b'\'') && !text.contains(&b'"') { '"' } else { '\'' }
}
