//! JSON strings: reading and writing.
#![allow(clippy::useless_conversion, reason = "one body for units of three widths")]

use pyrope_object::{PyResult, Raised, Ref, Str, StrView, Value, Vm};
use pyrope_textual::Unit;
use pyrope_types::text::{TextBuilder, Viewed};

/// Raises `JSONDecodeError(message, document, position)`.
#[cold]
pub(super) fn decode_error(message: &str, document: &Value, position: usize, vm: &Vm) -> Raised {
    let raise = || {
        let module = vm.import("json.decoder")?;
        let class = vm.get_attr_str(&module, "JSONDecodeError")?;
        let args = [vm.new_str(message).into_value(), document.clone(), vm.int_from_usize(position)];
        vm.call(&class, &args)
    };
    match raise() {
        Ok(exception) => vm.raise_value(exception),
        Err(raised) => raised,
    }
}

fn hex(digits: &[impl Unit]) -> Option<u32> {
    digits.iter().try_fold(0, |number, &unit| {
        let digit = char::from_u32(unit.into())?.to_digit(16)?;
        Some(number << 4 | digit)
    })
}

/// Where the run of units from `start` on ends that stand for themselves in a string.
pub(super) fn plain_run<U: Unit>(text: &[U], start: usize) -> usize {
    let special = |&unit: &U| {
        let c: u32 = unit.into();
        c == 0x22 || c == 0x5C || c <= 0x1F
    };
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().position(special).unwrap_or(rest.len())
}

/// Reads the string whose opening quote stands before `start`: its text, and the place behind the closing quote.
pub(super) fn scan<U: Unit + Viewed>(
    document: &Value,
    text: &[U],
    start: usize,
    strict: bool,
    vm: &Vm,
) -> PyResult<(Ref<Str>, usize)> {
    let begin = start.saturating_sub(1);
    let fail = |message: &str, at: usize| Err(decode_error(message, document, at, vm));
    let plain = plain_run(text, start);
    if text.get(plain).is_some_and(|&unit| unit.into() == 0x22) {
        return Ok((vm.str_from_view(U::view(&text[start..plain]))?, plain + 1));
    }
    let mut out = TextBuilder::new();
    let mut at = start;
    loop {
        let mut next = at;
        let stop = loop {
            let Some(&unit) = text.get(next) else { return fail("Unterminated string starting at", begin) };
            let c: u32 = unit.into();
            if c == 0x22 || c == 0x5C {
                break c;
            }
            if c <= 0x1F && strict {
                return fail("Invalid control character at", next);
            }
            next += 1;
        };
        out.push_units(&text[at..next]);
        next += 1;
        if stop == 0x22 {
            return Ok((out.finish(vm)?, next));
        }
        let Some(&letter) = text.get(next) else { return fail("Unterminated string starting at", begin) };
        let letter: u32 = letter.into();
        if letter != u32::from(b'u') {
            out.push(match u8::try_from(letter) {
                Ok(c @ (b'"' | b'\\' | b'/')) => c.into(),
                Ok(b'b') => 8,
                Ok(b'f') => 12,
                Ok(b'n') => 10,
                Ok(b'r') => 13,
                Ok(b't') => 9,
                _ => return fail("Invalid \\escape", next - 1),
            });
            at = next + 1;
            continue;
        }
        next += 1;
        let end = next + 4;
        if end > text.len() {
            return fail("Invalid \\uXXXX escape", next - 1);
        }
        let Some(mut c) = hex(&text[next..end]) else { return fail("Invalid \\uXXXX escape", end - 5) };
        at = end;
        let pair = |at: usize, byte: u8| text.get(at).is_some_and(|&u| u.into() == u32::from(byte));
        if (0xD800..0xDC00).contains(&c) && end + 6 < text.len() && pair(end, b'\\') && pair(end + 1, b'u') {
            let Some(low) = hex(&text[end + 2..end + 6]) else {
                return fail("Invalid \\uXXXX escape", end + 1);
            };
            if (0xDC00..0xE000).contains(&low) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                at = end + 6;
            }
        }
        out.push(c);
    }
}

fn push_escaped(c: u32, out: &mut TextBuilder) {
    match c {
        0x22 => out.push_str("\\\""),
        0x5C => out.push_str("\\\\"),
        0x08 => out.push_str("\\b"),
        0x0C => out.push_str("\\f"),
        0x0A => out.push_str("\\n"),
        0x0D => out.push_str("\\r"),
        0x09 => out.push_str("\\t"),
        0x10000.. => {
            let rest = c - 0x10000;
            out.push_str(&format!("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF)));
        }
        _ => out.push_str(&format!("\\u{c:04x}")),
    }
}

/// Appends the text in quotes, with what must be escaped escaped.
pub(super) fn push_quoted(text: &Str, ascii: bool, out: &mut TextBuilder) {
    let special = |c: u32| c < 0x20 || c == 0x22 || c == 0x5C || (ascii && c >= 0x7F);
    out.push(0x22);
    match text.view() {
        StrView::Ascii(plain) if !plain.bytes().any(|c| special(c.into())) => out.push_str(plain),
        view => with_units!(view, units => {
            let mut start = 0;
            for (at, &unit) in units.iter().enumerate() {
                let c: u32 = unit.into();
                if special(c) {
                    out.push_units(&units[start..at]);
                    push_escaped(c, out);
                    start = at + 1;
                }
            }
            out.push_units(&units[start..]);
        }),
    }
    out.push(0x22);
}

pub(super) fn quoted(text: &Str, ascii: bool, vm: &Vm) -> PyResult<Ref<Str>> {
    let mut out = TextBuilder::with_capacity(text.len() + 2);
    push_quoted(text, ascii, &mut out);
    out.finish(vm)
}
