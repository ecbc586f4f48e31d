//! What the encoders of UTF-16 and UTF-32 share: the mark, and surrogates as errors.

use super::{ByteOrder, EncodeErrors, Issue, Replacement, is_surrogate};
use crate::Unit;

/// Encodes in units of `width` bytes. `push` appends a code point that is no surrogate in the wanted order of bytes;
/// `names` are the encoding's names with a mark, little-endian and big-endian.
pub(super) fn encode_wide<U: Unit, H: EncodeErrors>(
    text: &[U],
    order: ByteOrder,
    names: [&'static str; 3],
    width: usize,
    errors: &mut H,
    push: impl Fn(&mut Vec<u8>, u32),
) -> Result<Vec<u8>, H::Error> {
    let [marked, little, big] = names;
    let encoding = match order {
        ByteOrder::Mark => marked,
        ByteOrder::Little => little,
        ByteOrder::Big => big,
    };
    let mut out = Vec::with_capacity((text.len() + 1) * width);
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
            Replacement::Bytes(bytes) if bytes.len() % width == 0 => out.extend_from_slice(&bytes),
            Replacement::Text(text) if text.iter().all(|&c| c < 0x80) => {
                text.iter().for_each(|&c| push(&mut out, c));
            }
            _ => return Err(errors.fail(&issue)),
        }
        at = next.min(text.len());
    }
    Ok(out)
}
