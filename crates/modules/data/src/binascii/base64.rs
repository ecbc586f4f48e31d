//! Base 64 (RFC 4648).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes, with padding and without a newline.
pub fn encode(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(3) * 4 + 1);
    for chunk in data.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let index = (word >> (18 - 6 * digit) & 63) as usize;
            out.push(if digit <= chunk.len() { ALPHABET[index] } else { b'=' });
        }
    }
    out
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Digits of the group of four under way, and what they left over.
#[derive(Default)]
struct Decoder {
    out: Vec<u8>,
    place: usize,
    left: u8,
}

impl Decoder {
    fn push(&mut self, digit: u8) {
        let Decoder { out, place, left } = self;
        match *place {
            0 => {}
            1 => out.push(*left << 2 | digit >> 4),
            2 => out.push(*left << 4 | digit >> 2),
            _ => out.push(*left << 6 | digit),
        }
        *left = digit & [63, 15, 3, 0][*place];
        *place = (*place + 1) % 4;
    }
}

/// Decodes; the error is the message of `binascii.Error`. Without `strict`, bytes outside the alphabet and padding where
/// none is due are passed over.
pub fn decode(data: &[u8], strict: bool) -> Result<Vec<u8>, String> {
    let mut decoder = Decoder { out: Vec::with_capacity(data.len() / 4 * 3 + 3), ..Decoder::default() };
    let mut pads = 0;
    for (at, &byte) in data.iter().enumerate() {
        if byte == b'=' {
            pads += 1;
            let due = decoder.place >= 2 && decoder.place + pads <= 4;
            if due || !strict {
                continue;
            }
            if decoder.place == 1 {
                break;
            }
            return Err(if at == 0 { "Leading padding not allowed" } else { "Excess padding not allowed" }.into());
        }
        let Some(digit) = value(byte) else {
            if strict {
                return Err("Only base64 data is allowed".into());
            }
            continue;
        };
        if strict && pads > 0 {
            let whole = decoder.place + pads == 4;
            return Err(if whole { "Excess data after padding" } else { "Discontinuous padding not allowed" }.into());
        }
        pads = 0;
        decoder.push(digit);
    }
    if decoder.place == 1 {
        return Err(format!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
            decoder.out.len() / 3 * 4 + 1
        ));
    }
    if decoder.place > 0 && decoder.place + pads < 4 {
        return Err("Incorrect padding".into());
    }
    Ok(decoder.out)
}
