//! UTF-16, with or without a byte order mark.

use super::{ByteOrder, DecodeErrors, EncodeErrors, Issue, Replacement, Sink, is_surrogate};
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
    let unit = |at: usize| -> Option<u32> {
        let pair = [*input.get(at)?, *input.get(at + 1)?];
        Some(u32::from(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }))
    };
    while at < input.len() {
        let (end, reason) = match unit(at) {
            None if !is_final => break,
            None => (input.len(), "truncated data"),
            Some(high @ 0xD800..0xDC00) => match unit(at + 2) {
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
        at = errors.handle(&issue, out)?.min(input.len());
    }
    Ok((at, order))
}

/// Encodes as UTF-16; surrogates are errors.
pub fn encode_utf16<U: Unit, H: EncodeErrors>(
    text: &[U],
    order: ByteOrder,
    errors: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let encoding = match order {
        ByteOrder::Mark => "utf-16",
        ByteOrder::Little => "utf-16-le",
        ByteOrder::Big => "utf-16-be",
    };
    let big = order.is_big();
    let mut out = Vec::with_capacity(text.len() * 2 + 2);
    let push = |out: &mut Vec<u8>, unit: u16| {
        out.extend_from_slice(&if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
    };
    if order == ByteOrder::Mark {
        push(&mut out, 0xFEFF);
    }
    let mut at = 0;
    while at < text.len() {
        let code_point: u32 = text[at].into();
        if !is_surrogate(code_point) {
            match code_point.checked_sub(0x10000) {
                None => push(&mut out, code_point as u16),
                Some(rest) => {
                    push(&mut out, 0xD800 + (rest >> 10) as u16);
                    push(&mut out, 0xDC00 + (rest & 0x3FF) as u16);
                }
            }
            at += 1;
            continue;
        }
        let issue = Issue { encoding, start: at, end: at + 1, reason: "surrogates not allowed" };
        let (replacement, next) = errors.handle(&issue)?;
        match replacement {
            Replacement::Bytes(bytes) if bytes.len() % 2 == 0 => out.extend_from_slice(&bytes),
            Replacement::Text(text) if text.iter().all(|&c| c < 0x80) => {
                text.iter().for_each(|&c| push(&mut out, c as u16));
            }
            _ => return Err(errors.fail(&issue)),
        }
        at = next.min(text.len());
    }
    Ok(out)
}
