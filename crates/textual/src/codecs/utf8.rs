//! UTF-8.

use super::{DecodeErrors, EncodeErrors, Issue, Replacement, Sink, is_surrogate, run_end};
use crate::Unit;

const NAME: &str = "utf-8";

/// Decodes UTF-8 (RFC 3629: no surrogates, nothing overlong).
pub fn decode_utf8<S: Sink, H: DecodeErrors<S>>(
    input: &[u8],
    is_final: bool,
    out: &mut S,
    errors: &mut H,
) -> Result<usize, H::Error> {
    let mut at = 0;
    while at < input.len() {
        let rest = &input[at..];
        let error = match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                return Ok(input.len());
            }
            Err(error) => error,
        };
        let (valid, bad) = rest.split_at(error.valid_up_to());
        if let Ok(text) = std::str::from_utf8(valid) {
            out.push_str(text);
        }
        let start = at + valid.len();
        let (length, reason) = match error.error_len() {
            None if !is_final => return Ok(start),
            // A surrogate that is cut off may yet be completed and passed.
            Some(_) if !is_final && matches!(bad, [0xED, 0xA0..=0xBF]) => return Ok(start),
            None => (bad.len(), "unexpected end of data"),
            Some(length) if matches!(bad[0], 0xC2..=0xF4) => (length, "invalid continuation byte"),
            Some(length) => (length, "invalid start byte"),
        };
        let issue = Issue { encoding: NAME, start, end: start + length, reason };
        at = errors.handle(&issue, out)?.min(input.len());
    }
    Ok(at)
}

/// Encodes as UTF-8; surrogates are errors.
pub fn encode_utf8<U: Unit, H: EncodeErrors>(text: &[U], errors: &mut H) -> Result<Vec<u8>, H::Error> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let code_point: u32 = text[at].into();
        if let Some(c) = char::from_u32(code_point) {
            push_char(&mut out, c);
            at += 1;
            continue;
        }
        let end = run_end(text, at, is_surrogate).max(at + 1);
        let issue = Issue { encoding: NAME, start: at, end, reason: "surrogates not allowed" };
        let (replacement, next) = errors.handle(&issue)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            Replacement::Text(text) => {
                if text.iter().any(|&c| c > 0x7F) {
                    return Err(errors.fail(&issue));
                }
                out.extend(text.iter().map(|&c| c as u8));
            }
        }
        at = next.min(text.len());
    }
    Ok(out)
}

fn push_char(out: &mut Vec<u8>, c: char) {
    if c.is_ascii() {
        out.push(c as u8);
    } else {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}
