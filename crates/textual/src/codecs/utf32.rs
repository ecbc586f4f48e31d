//! UTF-32, with or without a byte order mark.

use super::{ByteOrder, DecodeErrors, EncodeErrors, Issue, Replacement, Sink, is_surrogate};
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
        at = errors.handle(&issue, out)?.min(input.len());
    }
    Ok((at, order))
}

/// Encodes as UTF-32; surrogates are errors.
pub fn encode_utf32<U: Unit, H: EncodeErrors>(
    text: &[U],
    order: ByteOrder,
    errors: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let encoding = match order {
        ByteOrder::Mark => "utf-32",
        ByteOrder::Little => "utf-32-le",
        ByteOrder::Big => "utf-32-be",
    };
    let big = order.is_big();
    let mut out = Vec::with_capacity(text.len() * 4 + 4);
    let push = |out: &mut Vec<u8>, unit: u32| {
        out.extend_from_slice(&if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
    };
    if order == ByteOrder::Mark {
        push(&mut out, 0xFEFF);
    }
    let mut at = 0;
    while at < text.len() {
        let code_point: u32 = text[at].into();
        if !is_surrogate(code_point) {
            push(&mut out, code_point);
            at += 1;
            continue;
        }
        let issue = Issue { encoding, start: at, end: at + 1, reason: "surrogates not allowed" };
        let (replacement, next) = errors.handle(&issue)?;
        match replacement {
            Replacement::Bytes(bytes) if bytes.len() % 4 == 0 => out.extend_from_slice(&bytes),
            Replacement::Text(text) if text.iter().all(|&c| c < 0x80) => {
                text.iter().for_each(|&c| push(&mut out, c));
            }
            _ => return Err(errors.fail(&issue)),
        }
        at = next.min(text.len());
    }
    Ok(out)
}
