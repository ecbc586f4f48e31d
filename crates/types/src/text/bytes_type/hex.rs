//! Hexadecimal text of octets and back.

use pyrope_object::bind::full_type_name;
use pyrope_object::{Bytes, PyResult, Ref, Str, StrView, Value, Vm};

use super::octets;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// `data.hex(sep, bytes_per_sep)`
pub fn hex_text(data: &[u8], sep: Option<&Value>, group: isize, vm: &Vm) -> PyResult<Ref<Str>> {
    vm.str_from_latin1(&hex_digits(data, sep, group, vm)?)
}

/// Two digits for each byte, with separators between groups of bytes.
pub fn hex_digits(data: &[u8], sep: Option<&Value>, group: isize, vm: &Vm) -> PyResult<Vec<u8>> {
    let separator = separator(sep, vm)?.filter(|_| group != 0);
    let mut out = Vec::new();
    let per_byte = 2 + usize::from(separator.is_some());
    if out.try_reserve_exact(data.len().saturating_mul(per_byte).min(isize::MAX as usize)).is_err() {
        return Err(vm.memory_error());
    }
    let Some(separator) = separator else {
        out.resize(2 * data.len(), 0);
        for (digits, byte) in out.chunks_exact_mut(2).zip(data) {
            digits.copy_from_slice(&digits_of(*byte));
        }
        return Ok(out);
    };
    let size = group.unsigned_abs();
    for (at, &byte) in data.iter().enumerate() {
        let before = if group > 0 { data.len() - at } else { at };
        if at > 0 && before.is_multiple_of(size) {
            out.push(separator);
        }
        out.extend(digits_of(byte));
    }
    Ok(out)
}

#[inline(always)]
fn digits_of(byte: u8) -> [u8; 2] {
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

fn separator(sep: Option<&Value>, vm: &Vm) -> PyResult<Option<u8>> {
    let Some(sep) = sep else { return Ok(None) };
    if vm.len(sep)? != 1 {
        return Err(vm.value_error("sep must be length 1."));
    }
    if let Some(text) = sep.downcast::<Str>() {
        return match text.as_ascii() {
            Some(text) => Ok(text.bytes().next()),
            None => Err(vm.value_error("sep must be ASCII.")),
        };
    }
    match sep.downcast::<Bytes>() {
        Some(bytes) => match bytes.as_slice() {
            [c] if c.is_ascii() => Ok(Some(*c)),
            _ => Err(vm.value_error("sep must be ASCII.")),
        },
        None => Err(vm.type_error("sep must be str or bytes.")),
    }
}

/// `bytes.fromhex(string)`
pub(super) fn from_hex(string: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    if let Some(text) = string.downcast::<Str>() {
        return match text.view() {
            StrView::Ascii(text) => parse(text.as_bytes(), vm),
            _ => {
                let at = text.code_points().position(|c| c > 0x7F).unwrap_or(0);
                // What stands before is looked at first.
                let before: Vec<u8> = text.code_points().take(at).map(|c| c as u8).collect();
                match scan(&before) {
                    Err(Flaw::NoDigit(at)) => Err(no_digit(at, vm)),
                    _ => Err(no_digit(at, vm)),
                }
            }
        };
    }
    if string.ty(vm).slots().buffer.is_some() {
        return parse(&octets(string, vm)?, vm);
    }
    let kind = full_type_name(string, vm);
    Err(vm.type_error(format!("fromhex() argument must be str or bytes-like, not {kind}")))
}

enum Flaw {
    NoDigit(usize),
    Odd,
}

fn no_digit(at: usize, vm: &Vm) -> pyrope_object::Raised {
    vm.value_error(format!("non-hexadecimal number found in fromhex() arg at position {at}"))
}

fn scan(text: &[u8]) -> Result<Vec<u8>, Flaw> {
    let digit = |at: usize| text.get(at).and_then(|&c| (c as char).to_digit(16));
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    while let Some(&c) = text.get(at) {
        if matches!(c, b'\t'..=b'\r' | b' ') {
            at += 1;
            continue;
        }
        let high = digit(at).ok_or(Flaw::NoDigit(at))?;
        if at + 1 == text.len() {
            return Err(Flaw::Odd);
        }
        let low = digit(at + 1).ok_or(Flaw::NoDigit(at + 1))?;
        out.push((high << 4 | low) as u8);
        at += 2;
    }
    Ok(out)
}

fn parse(text: &[u8], vm: &Vm) -> PyResult<Vec<u8>> {
    scan(text).map_err(|flaw| match flaw {
        Flaw::NoDigit(at) => no_digit(at, vm),
        Flaw::Odd => vm.value_error("fromhex() arg must contain an even number of hexadecimal digits"),
    })
}
