//! Codecs by a table of one byte each: `charmap`, on which the `cp…` and `iso8859…` modules stand.

use super::{DecodeErrors, EncodeErrors, Issue, Replacement, Sink};
use crate::Unit;

const NAME: &str = "charmap";
const REASON: &str = "character maps to <undefined>";
/// In a decoding table, a byte without a meaning.
const UNDEFINED: u32 = 0xFFFE;

/// What a byte or a code point stands for in a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapped<T> {
    /// Nothing.
    Undefined,
    /// One code point, or byte.
    One(T),
    /// Any number.
    Many(Vec<T>),
}

/// Decodes by a string of up to 256 characters; U+FFFE, and what lies beyond its end, is undefined.
pub fn decode_table<U: Unit, S: Sink, H: DecodeErrors<S>>(
    input: &[u8],
    table: &[U],
    out: &mut S,
    errors: &mut H,
) -> Result<(), H::Error> {
    let map = |byte: u8| {
        Ok(match table.get(usize::from(byte)).map(|&u| u.into()) {
            None | Some(UNDEFINED) => Mapped::Undefined,
            Some(code_point) => Mapped::One(code_point),
        })
    };
    decode_charmap(input, map, out, errors)
}

/// Decodes by a map that may fail. (A mapping object's `LookupError`, `None` and U+FFFE mean [`Mapped::Undefined`].)
pub fn decode_charmap<S: Sink, H: DecodeErrors<S>>(
    input: &[u8],
    mut map: impl FnMut(u8) -> Result<Mapped<u32>, H::Error>,
    out: &mut S,
    errors: &mut H,
) -> Result<(), H::Error> {
    let mut at = 0;
    while let Some(&byte) = input.get(at) {
        match map(byte)? {
            Mapped::One(code_point) => out.push(code_point),
            Mapped::Many(text) => text.into_iter().for_each(|c| out.push(c)),
            Mapped::Undefined => {
                let issue = Issue { encoding: NAME, start: at, end: at + 1, reason: REASON };
                at = errors.handle(&issue, out)?.min(input.len());
                continue;
            }
        }
        at += 1;
    }
    Ok(())
}

/// Encodes by a map that may fail.
pub fn encode_charmap<U: Unit, H: EncodeErrors>(
    text: &[U],
    mut map: impl FnMut(u32) -> Result<Mapped<u8>, H::Error>,
    errors: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if put(&mut out, map(text[at].into())?) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < text.len() && map(text[end].into())? == Mapped::Undefined {
            end += 1;
        }
        let issue = Issue { encoding: NAME, start: at, end, reason: REASON };
        let (replacement, next) = errors.handle(&issue)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            Replacement::Text(text) => {
                for &c in &text {
                    if !put(&mut out, map(c)?) {
                        return Err(errors.fail(&issue));
                    }
                }
            }
        }
        at = next.min(text.len());
    }
    Ok(out)
}

/// Writes what was mapped; false if that is nothing.
fn put(out: &mut Vec<u8>, mapped: Mapped<u8>) -> bool {
    match mapped {
        Mapped::One(byte) => out.push(byte),
        Mapped::Many(bytes) => out.extend_from_slice(&bytes),
        Mapped::Undefined => return false,
    }
    true
}
