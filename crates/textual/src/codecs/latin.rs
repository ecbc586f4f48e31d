//! ASCII and Latin-1: the first 128 and 256 code points, a byte each.

use super::{DecodeErrors, EncodeErrors, Issue, Replacement, Sink, run_end};
use crate::Unit;

/// Decodes ASCII.
pub fn decode_ascii<S: Sink, H: DecodeErrors<S>>(input: &[u8], out: &mut S, errors: &mut H) -> Result<(), H::Error> {
    let mut at = 0;
    while at < input.len() {
        let rest = &input[at..];
        let length = rest.iter().position(|b| !b.is_ascii()).unwrap_or(rest.len());
        out.push_latin1(&rest[..length]);
        let start = at + length;
        if start == input.len() {
            break;
        }
        let issue = Issue { encoding: "ascii", start, end: start + 1, reason: "ordinal not in range(128)" };
        at = errors.handle(&issue, out)?.min(input.len());
    }
    Ok(())
}

/// Decodes Latin-1: every byte is a code point.
pub fn decode_latin1<S: Sink>(input: &[u8], out: &mut S) {
    out.push_latin1(input);
}

/// Encodes as ASCII.
pub fn encode_ascii<U: Unit, H: EncodeErrors>(text: &[U], errors: &mut H) -> Result<Vec<u8>, H::Error> {
    encode_below(text, 0x80, "ascii", "ordinal not in range(128)", errors)
}

/// Encodes as Latin-1.
pub fn encode_latin1<U: Unit, H: EncodeErrors>(text: &[U], errors: &mut H) -> Result<Vec<u8>, H::Error> {
    encode_below(text, 0x100, "latin-1", "ordinal not in range(256)", errors)
}

fn encode_below<U: Unit, H: EncodeErrors>(
    text: &[U],
    limit: u32,
    encoding: &'static str,
    reason: &'static str,
    errors: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let good = run_end(text, at, |c| c < limit);
        out.extend(text[at..good].iter().map(|&u| Into::<u32>::into(u) as u8));
        if good == text.len() {
            break;
        }
        let end = run_end(text, good, |c| c >= limit);
        let issue = Issue { encoding, start: good, end, reason };
        let (replacement, next) = errors.handle(&issue)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            Replacement::Text(text) if text.iter().all(|&c| c < limit) => out.extend(text.iter().map(|&c| c as u8)),
            Replacement::Text(_) => return Err(errors.fail(&issue)),
        }
        at = next.min(text.len());
    }
    Ok(out)
}
