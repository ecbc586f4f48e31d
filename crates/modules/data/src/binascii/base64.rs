//! Base 64 (RFC 4648).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The digits of all runs of twelve bits.
const PAIRS: [[u8; 2]; 4096] = {
    let mut pairs = [[0; 2]; 4096];
    let mut bits = 0;
    while bits < 4096 {
        pairs[bits] = [ALPHABET[bits >> 6], ALPHABET[bits & 63]];
        bits += 1;
    }
    pairs
};

/// No digit.
const NONE: u8 = 0xFF;

/// What each byte is as a digit.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut digit = 0;
    while digit < 64 {
        values[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// Encodes, with padding and without a newline.
pub fn encode(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(3) * 4 + 1);
    let (groups, rest) = data.as_chunks::<3>();
    out.extend(groups.iter().flat_map(|&[a, b, c]| {
        let (a, b, c) = (usize::from(a), usize::from(b), usize::from(c));
        let ([p, q], [r, s]) = (PAIRS[a << 4 | b >> 4], PAIRS[(b & 15) << 8 | c]);
        [p, q, r, s]
    }));
    if !rest.is_empty() {
        let word = rest.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - rest.len()));
        for digit in 0..4 {
            let index = (word >> (18 - 6 * digit) & 63) as usize;
            out.push(if digit <= rest.len() { ALPHABET[index] } else { b'=' });
        }
    }
    out
}

/// Decodes whole groups of digits as far as there are nothing but digits; gives how many bytes of `data` that were.
fn decode_groups(data: &[u8], out: &mut Vec<u8>) -> usize {
    let (groups, _) = data.as_chunks::<4>();
    let mut done = 0;
    for group in groups {
        let [a, b, c, d] = group.map(|byte| VALUES[usize::from(byte)]);
        if (a | b | c | d) & 0x80 != 0 {
            break;
        }
        out.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
        done += 4;
    }
    done
}

fn value(byte: u8) -> Option<u8> {
    Some(VALUES[usize::from(byte)]).filter(|&digit| digit != NONE)
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
    let done = decode_groups(data, &mut decoder.out);
    for (at, &byte) in data.iter().enumerate().skip(done) {
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
