//! UTF-7 (RFC 2152).

use super::{DecodeErrors, Issue, Sink};
use crate::Unit;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Characters that stand for themselves when decoding.
fn decodes_direct(byte: u8) -> bool {
    byte < 0x80 && byte != b'+'
}

/// Characters written as themselves: printable ASCII but `+ \ ~`, and tab, newline, return.
fn encodes_direct(code_point: u32) -> bool {
    match u8::try_from(code_point) {
        Ok(b'+' | b'\\' | b'~') => false,
        Ok(byte) => matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7D),
        Err(_) => false,
    }
}

/// A shift sequence under way: `+`, base64 of UTF-16.
#[derive(Default)]
struct Shift {
    buffer: u32,
    bits: u32,
    high: Option<u32>,
    /// Held back until the sequence ends: an incremental decoder starts over at the `+`.
    text: Vec<u32>,
}

impl Shift {
    fn push(&mut self, value: u32) {
        self.buffer = self.buffer << 6 | value;
        self.bits += 6;
        if self.bits < 16 {
            return;
        }
        self.bits -= 16;
        let unit = self.buffer >> self.bits;
        self.buffer &= (1 << self.bits) - 1;
        match (self.high.take(), unit) {
            (Some(high), 0xDC00..0xE000) => {
                self.text.push(0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
                return;
            }
            (Some(high), _) => self.text.push(high),
            (None, _) => {}
        }
        match unit {
            0xD800..0xDC00 => self.high = Some(unit),
            _ => self.text.push(unit),
        }
    }

    /// What is wrong if the sequence ends here.
    fn flaw(&self) -> Option<&'static str> {
        if self.bits >= 6 {
            return Some("partial character in shift sequence");
        }
        (self.bits > 0 && self.buffer != 0).then_some("non-zero padding bits in shift sequence")
    }

    fn flush<S: Sink>(&mut self, out: &mut S) {
        self.text.drain(..).for_each(|c| out.push(c));
    }
}

/// Decodes UTF-7.
pub fn decode_utf7<S: Sink, H: DecodeErrors<S>>(
    input: &[u8],
    is_final: bool,
    out: &mut S,
    errors: &mut H,
) -> Result<usize, H::Error> {
    let mut at = 0;
    let mut start = 0;
    let mut shift: Option<Shift> = None;
    loop {
        let Some(&byte) = input.get(at) else {
            let Some(mut open) = shift.take() else { return Ok(at) };
            if !is_final {
                return Ok(start);
            }
            open.flush(out);
            if open.high.is_none() && open.flaw().is_none() {
                return Ok(at);
            }
            let issue = Issue { encoding: "utf7", start, end: at, reason: "unterminated shift sequence" };
            at = errors.handle(&issue, out)?.min(input.len());
            if at == input.len() {
                return Ok(at);
            }
            continue;
        };
        let flaw = if let Some(open) = &mut shift {
            if let Some(value) = sextet(byte) {
                open.push(value);
                at += 1;
                continue;
            }
            open.flush(out);
            let flaw = open.flaw();
            if flaw.is_none() {
                if let Some(high) = open.high.filter(|_| decodes_direct(byte)) {
                    out.push(high);
                }
                at += usize::from(byte == b'-');
            }
            shift = None;
            flaw
        } else {
            start = at;
            if decodes_direct(byte) {
                out.push(u32::from(byte));
                at += 1;
                continue;
            }
            match input.get(at + 1) {
                _ if byte != b'+' => Some("unexpected special character"),
                Some(b'-') => {
                    out.push(u32::from(b'+'));
                    at += 2;
                    continue;
                }
                Some(&next) if sextet(next).is_none() => {
                    at += 1;
                    Some("ill-formed sequence")
                }
                _ => {
                    shift = Some(Shift::default());
                    at += 1;
                    continue;
                }
            }
        };
        if let Some(reason) = flaw {
            let issue = Issue { encoding: "utf7", start, end: at + 1, reason };
            at = errors.handle(&issue, out)?.min(input.len());
        }
    }
}

/// Encodes as UTF-7; anything can be.
pub fn encode_utf7<U: Unit>(text: &[U]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut in_shift, mut buffer, mut bits) = (false, 0u64, 0u32);
    for &unit in text {
        let code_point: u32 = unit.into();
        if in_shift && encodes_direct(code_point) {
            flush_bits(&mut out, &mut buffer, &mut bits);
            in_shift = false;
            let byte = code_point as u8;
            if sextet(byte).is_some() || byte == b'-' {
                out.push(b'-');
            }
            out.push(byte);
            continue;
        }
        if !in_shift {
            if code_point == u32::from(b'+') {
                out.extend_from_slice(b"+-");
                continue;
            }
            if encodes_direct(code_point) {
                out.push(code_point as u8);
                continue;
            }
            out.push(b'+');
            in_shift = true;
        }
        let mut put = |unit: u32| {
            buffer = buffer << 16 | u64::from(unit);
            bits += 16;
            while bits >= 6 {
                bits -= 6;
                out.push(ALPHABET[(buffer >> bits) as usize & 63]);
            }
            buffer &= (1 << bits) - 1;
        };
        match code_point.checked_sub(0x10000) {
            None => put(code_point),
            Some(rest) => {
                put(0xD800 + (rest >> 10));
                put(0xDC00 + (rest & 0x3FF));
            }
        }
    }
    flush_bits(&mut out, &mut buffer, &mut bits);
    if in_shift {
        out.push(b'-');
    }
    out
}

fn flush_bits(out: &mut Vec<u8>, buffer: &mut u64, bits: &mut u32) {
    if *bits > 0 {
        out.push(ALPHABET[(*buffer << (6 - *bits)) as usize & 63]);
    }
    (*buffer, *bits) = (0, 0);
}
