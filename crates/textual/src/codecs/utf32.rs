//! UTF-32, with or without a byte order mark.

use std::borrow::Cow;

use super::wide::encode_wide;
use super::{ByteOrder, DecodeErrors, EncodeErrors, Issue, Sink};
use crate::Unit;

/// Decodes UTF-32; see [`super::decode_utf16`] for the order of bytes.
pub fn decode_utf32<S: Sink, H: DecodeErrors<S>>(
    input: &[u8],
    order: ByteOrder,
    is_final: bool,
    out: &mut S,
    errors: &mut H,
) -> Result<(usize, ByteOrder), H::Error> {
    let (order, mut at) = match (order, input) {
        (ByteOrder::Mark, [0xFF, 0xFE, 0, 0, ..]) => (ByteOrder::Little, 4),
        (ByteOrder::Mark, [0, 0, 0xFE, 0xFF, ..]) => (ByteOrder::Big, 4),
        _ => (order, 0),
    };
    let big = order.is_big();
    let mut input = Cow::Borrowed(input);
    let encoding = if big { "utf-32-be" } else { "utf-32-le" };
    while at < input.len() {
        let (end, reason) = match input[at..].first_chunk::<4>() {
            None if !is_final => break,
            None => (input.len(), "truncated data"),
            Some(&bytes) => match if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) } {
                0xD800..0xE000 => (at + 4, "code point in surrogate code point range(0xd800, 0xe000)"),
                0x110000.. => (at + 4, "code point not in range(0x110000)"),
                code_point => {
                    out.push(code_point);
                    at += 4;
                    continue;
                }
            },
        };
        let issue = Issue { encoding, start: at, end, reason };
        at = errors.go_on(&issue, &mut input, out)?;
    }
    Ok((at, order))
}

/// Encodes as UTF-32; surrogates are errors.
pub fn encode_utf32<U: Unit, H: EncodeErrors>(
    text: &[U],
    order: ByteOrder,
    errors: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let names = ["utf-32", "utf-32-le", "utf-32-be"];
    encode_wide(text, order, names, 4, errors, |out, code_point| {
        out.extend_from_slice(&if order.is_big() { code_point.to_be_bytes() } else { code_point.to_le_bytes() });
    })
}
