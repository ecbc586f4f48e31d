//! UTF-16, with or without a byte order mark.

use std::borrow::Cow;

use super::wide::encode_wide;
use super::{ByteOrder, DecodeErrors, EncodeErrors, Issue, Sink};
use crate::Unit;

/// Decodes UTF-16. Returns the bytes consumed and the order found: a mark is looked for if `order` is [`ByteOrder::Mark`],
/// and the order stays that where there is none (to be read as the machine's).
pub fn decode_utf16<S: Sink, H: DecodeErrors<S>>(
    input: &[u8],
    order: ByteOrder,
    is_final: bool,
    out: &mut S,
    errors: &mut H,
) -> Result<(usize, ByteOrder), H::Error> {
    let (order, mut at) = match (order, input) {
        (ByteOrder::Mark, [0xFF, 0xFE, ..]) => (ByteOrder::Little, 2),
        (ByteOrder::Mark, [0xFE, 0xFF, ..]) => (ByteOrder::Big, 2),
        _ => (order, 0),
    };
    let big = order.is_big();
    let encoding = if big { "utf-16-be" } else { "utf-16-le" };
    let mut input = Cow::Borrowed(input);
    let unit = |input: &[u8], at: usize| -> Option<u32> {
        let pair = [*input.get(at)?, *input.get(at + 1)?];
        Some(u32::from(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }))
    };
    while at < input.len() {
        let (end, reason) = match unit(&input, at) {
            None if !is_final => break,
            None => (input.len(), "truncated data"),
            Some(high @ 0xD800..0xDC00) => match unit(&input, at + 2) {
                None if !is_final => break,
                None => (input.len(), "unexpected end of data"),
                Some(low @ 0xDC00..0xE000) => {
                    out.push(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
                    at += 4;
                    continue;
                }
                Some(_) => (at + 2, "illegal UTF-16 surrogate"),
            },
            Some(0xDC00..0xE000) => (at + 2, "illegal encoding"),
            Some(code_point) => {
                out.push(code_point);
                at += 2;
                continue;
            }
        };
        let issue = Issue { encoding, start: at, end, reason };
        at = errors.go_on(&issue, &mut input, out)?;
    }
    Ok((at, order))
}

/// Encodes as UTF-16; surrogates are errors.
pub fn encode_utf16<U: Unit, H: EncodeErrors>(
    text: &[U],
    order: ByteOrder,
    errors: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let names = ["utf-16", "utf-16-le", "utf-16-be"];
    encode_wide(text, order, names, 2, errors, |out, code_point| {
        let mut push = |unit: u16| {
            out.extend_from_slice(&if order.is_big() { unit.to_be_bytes() } else { unit.to_le_bytes() });
        };
        match code_point.checked_sub(0x10000) {
            None => push(code_point as u16),
            Some(rest) => {
                push(0xD800 + (rest >> 10) as u16);
                push(0xDC00 + (rest & 0x3FF) as u16);
            }
        }
    })
}
