//! Backslash escapes: `unicode_escape`, `raw_unicode_escape`, and those of bytes literals.

use std::borrow::Cow;

use super::{DecodeErrors, Issue, Sink};
use crate::{TextError, Unit};

/// The first escape that Python warns about: `\q` or an octal above `\377`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidEscape {
    /// Position of the character after the backslash.
    pub position: usize,
    /// What follows.
    pub value: InvalidValue,
}

/// What an [`InvalidEscape`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidValue {
    /// An unknown letter.
    Char(u8),
    /// An octal number that is too large.
    Octal(u32),
}

impl InvalidEscape {
    /// CPython's message of the `DeprecationWarning`; `bytes` for a literal of bytes.
    pub fn message(&self, bytes: bool) -> String {
        let prefix = if bytes { "b" } else { "" };
        let (kind, shown) = match self.value {
            InvalidValue::Char(c) => ("", (c as char).to_string()),
            InvalidValue::Octal(n) => ("octal ", format!("{n:o}")),
        };
        format!(
            "{prefix}\"\\{shown}\" is an invalid {kind}escape sequence. Such sequences will not work in the future. "
        )
    }
}

/// What a decoder of escapes did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escapes {
    /// Bytes consumed: all if the input is final.
    pub consumed: usize,
    /// For a warning.
    pub invalid: Option<InvalidEscape>,
}

/// Decodes `unicode_escape`: Latin-1 with the escapes of a string literal. `lookup` finds a character by the name in `\N{…}`.
pub fn decode_unicode_escape<S: Sink, H: DecodeErrors<S>>(
    input: &[u8],
    is_final: bool,
    lookup: impl Fn(&str) -> Option<u32>,
    out: &mut S,
    errors: &mut H,
) -> Result<Escapes, H::Error> {
    let mut invalid = None;
    let (mut at, given) = (0, input.len());
    let mut input = Cow::Borrowed(input);
    while at < input.len() {
        let length = memchr::memchr(b'\\', &input[at..]).unwrap_or(input.len() - at);
        out.push_latin1(&input[at..at + length]);
        at += length;
        if at == input.len() {
            break;
        }
        match escape(&input, at, &lookup) {
            Escape::Char(code_point, end) => {
                out.push(code_point);
                at = end;
            }
            Escape::Nothing(end) => at = end,
            Escape::Octal(value, end) => {
                if value > 0o377 {
                    invalid.get_or_insert(InvalidEscape { position: at + 1, value: InvalidValue::Octal(value) });
                }
                out.push(value);
                at = end;
            }
            Escape::Unknown(byte) => {
                invalid.get_or_insert(InvalidEscape { position: at + 1, value: InvalidValue::Char(byte) });
                out.push(u32::from(b'\\'));
                out.push(u32::from(byte));
                at += 2;
            }
            Escape::Incomplete(_) if !is_final => break,
            Escape::Incomplete(reason) => {
                let issue = Issue { encoding: "unicodeescape", start: at, end: input.len(), reason };
                at = errors.go_on(&issue, &mut input, out)?;
            }
            Escape::Wrong(reason, end) => {
                let issue = Issue { encoding: "unicodeescape", start: at, end, reason };
                at = errors.go_on(&issue, &mut input, out)?;
            }
        }
    }
    Ok(Escapes { consumed: if is_final { given } else { at }, invalid })
}

/// An escape that was read; the numbers are positions behind it.
enum Escape {
    Char(u32, usize),
    Nothing(usize),
    Octal(u32, usize),
    Unknown(u8),
    Incomplete(&'static str),
    Wrong(&'static str, usize),
}

/// Reads the escape whose backslash is at `at`.
fn escape(input: &[u8], at: usize, lookup: &impl Fn(&str) -> Option<u32>) -> Escape {
    let Some(&letter) = input.get(at + 1) else {
        return Escape::Incomplete("\\ at end of string");
    };
    let next = at + 2;
    let simple = match letter {
        b'\n' => return Escape::Nothing(next),
        b'0'..=b'7' => {
            let (value, end) = octal(input, at + 1);
            return Escape::Octal(value, end);
        }
        b'x' => return hexadecimal(input, next, 2, "truncated \\xXX escape"),
        b'u' => return hexadecimal(input, next, 4, "truncated \\uXXXX escape"),
        b'U' => return hexadecimal(input, next, 8, "truncated \\UXXXXXXXX escape"),
        b'N' => return named(input, next, lookup),
        _ => control(letter),
    };
    simple.map_or(Escape::Unknown(letter), |byte| Escape::Char(u32::from(byte), next))
}

/// One-letter escapes.
fn control(letter: u8) -> Option<u8> {
    Some(match letter {
        b'\\' | b'\'' | b'"' => letter,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0B,
        b'f' => 0x0C,
        b'r' => b'\r',
        b'a' => 7,
        _ => return None,
    })
}

/// Up to three octal digits.
fn octal(input: &[u8], start: usize) -> (u32, usize) {
    let digits = input[start..].iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
    let value = input[start..start + digits].iter().fold(0, |value, b| value * 8 + u32::from(b - b'0'));
    (value, start + digits)
}

fn hexadecimal(input: &[u8], start: usize, digits: usize, reason: &'static str) -> Escape {
    match hex_number(input, start, digits) {
        Ok(value) if value > 0x10FFFF => Escape::Wrong("illegal Unicode character", start + digits),
        Ok(value) => Escape::Char(value, start + digits),
        Err(end) if end == input.len() => Escape::Incomplete(reason),
        Err(end) => Escape::Wrong(reason, end),
    }
}

/// Exactly so many digits, or the position of what is not one.
fn hex_number(input: &[u8], start: usize, digits: usize) -> Result<u32, usize> {
    let mut value = 0;
    for at in start..start + digits {
        let digit = input.get(at).and_then(|&b| (b as char).to_digit(16)).ok_or(at)?;
        value = value << 4 | digit;
    }
    Ok(value)
}

fn named(input: &[u8], start: usize, lookup: &impl Fn(&str) -> Option<u32>) -> Escape {
    const MALFORMED: &str = "malformed \\N character escape";
    match input.get(start) {
        None => return Escape::Incomplete(MALFORMED),
        Some(b'{') => {}
        Some(_) => return Escape::Wrong(MALFORMED, start),
    }
    let name = &input[start + 1..];
    let Some(length) = memchr::memchr(b'}', name) else {
        return Escape::Incomplete(MALFORMED);
    };
    let end = start + 1 + length;
    if length == 0 {
        return Escape::Wrong(MALFORMED, end);
    }
    match std::str::from_utf8(&name[..length]).ok().and_then(lookup) {
        Some(code_point) => Escape::Char(code_point, end + 1),
        None => Escape::Wrong("unknown Unicode character name", end + 1),
    }
}

/// Decodes `raw_unicode_escape`: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
pub fn decode_raw_unicode_escape<S: Sink, H: DecodeErrors<S>>(
    input: &[u8],
    is_final: bool,
    out: &mut S,
    errors: &mut H,
) -> Result<usize, H::Error> {
    let mut at = 0;
    while at < input.len() {
        let length = memchr::memchr(b'\\', &input[at..]).unwrap_or(input.len() - at);
        out.push_latin1(&input[at..at + length]);
        at += length;
        let (digits, truncated) = match input.get(at + 1) {
            None if at == input.len() || !is_final => break,
            Some(b'u') => (4, "truncated \\uXXXX escape"),
            Some(b'U') => (8, "truncated \\UXXXXXXXX escape"),
            _ => {
                let end = input.len().min(at + 2);
                out.push_latin1(&input[at..end]);
                at = end;
                continue;
            }
        };
        let (end, reason) = match hex_number(input, at + 2, digits) {
            Ok(value) if value <= 0x10FFFF => {
                out.push(value);
                at += 2 + digits;
                continue;
            }
            Ok(_) => (at + 2 + digits, "\\Uxxxxxxxx out of range"),
            Err(end) if end == input.len() && !is_final => break,
            Err(end) => (end, truncated),
        };
        let issue = Issue { encoding: "rawunicodeescape", start: at, end, reason };
        at = errors.handle(&issue, out)?.min(input.len());
    }
    Ok(at)
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn push_hex(out: &mut Vec<u8>, letter: u8, value: u32, digits: u32) {
    out.extend_from_slice(&[b'\\', letter]);
    out.extend((0..digits).rev().map(|place| HEX[(value >> (4 * place)) as usize & 15]));
}

/// Encodes as `unicode_escape`.
pub fn encode_unicode_escape<U: Unit>(text: &[U]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &unit in text {
        match unit.into() {
            0x09 => out.extend_from_slice(b"\\t"),
            0x0A => out.extend_from_slice(b"\\n"),
            0x0D => out.extend_from_slice(b"\\r"),
            0x5C => out.extend_from_slice(b"\\\\"),
            c @ 0x20..0x7F => out.push(c as u8),
            c @ 0..0x100 => push_hex(&mut out, b'x', c, 2),
            c @ 0x100..0x10000 => push_hex(&mut out, b'u', c, 4),
            c => push_hex(&mut out, b'U', c, 8),
        }
    }
    out
}

/// Encodes as `raw_unicode_escape`.
pub fn encode_raw_unicode_escape<U: Unit>(text: &[U]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &unit in text {
        match unit.into() {
            c @ 0..0x100 => out.push(c as u8),
            c @ 0x100..0x10000 => push_hex(&mut out, b'u', c, 4),
            c => push_hex(&mut out, b'U', c, 8),
        }
    }
    out
}

/// Decodes the escapes of a bytes literal (`codecs.escape_decode`). `errors` is the name of the handler: `strict`, `ignore` or
/// `replace`.
pub fn decode_bytes_escape(input: &[u8], errors: &str) -> Result<(Vec<u8>, Option<InvalidEscape>), TextError> {
    let mut out = Vec::with_capacity(input.len());
    let mut invalid = None;
    let mut at = 0;
    while at < input.len() {
        let length = memchr::memchr(b'\\', &input[at..]).unwrap_or(input.len() - at);
        out.extend_from_slice(&input[at..at + length]);
        at += length;
        if at == input.len() {
            break;
        }
        let Some(&letter) = input.get(at + 1) else {
            return Err(TextError::value("Trailing \\ in string"));
        };
        match letter {
            b'\n' => at += 2,
            b'0'..=b'7' => {
                let (value, end) = octal(input, at + 1);
                if value > 0o377 {
                    invalid.get_or_insert(InvalidEscape { position: at + 1, value: InvalidValue::Octal(value) });
                }
                out.push(value as u8);
                at = end;
            }
            b'x' => match hex_number(input, at + 2, 2) {
                Ok(value) => {
                    out.push(value as u8);
                    at += 4;
                }
                Err(end) => {
                    match errors {
                        "strict" => {
                            return Err(TextError::value(format!("invalid \\x escape at position {at}")));
                        }
                        "replace" => out.push(b'?'),
                        "ignore" => {}
                        _ => {
                            let message = format!("decoding error; unknown error handling code: {errors}");
                            return Err(TextError::value(message));
                        }
                    }
                    // A single digit goes with the escape.
                    at = end;
                }
            },
            _ => {
                match control(letter) {
                    Some(byte) => out.push(byte),
                    None => {
                        invalid.get_or_insert(InvalidEscape { position: at + 1, value: InvalidValue::Char(letter) });
                        out.extend_from_slice(&[b'\\', letter]);
                    }
                }
                at += 2;
            }
        }
    }
    Ok((out, invalid))
}

/// Encodes bytes with the escapes of a literal (`codecs.escape_encode`).
pub fn encode_bytes_escape(input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len());
    for &byte in input {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' | b'\'' => out.extend_from_slice(&[b'\\', byte]),
            0x20..0x7F => out.push(byte),
            _ => push_hex(&mut out, b'x', u32::from(byte), 2),
        }
    }
    out
}
