//! HZ: GB 2312 between `~{` and `~}`, in bytes of seven bits.

use super::{Cjk, Read, State};

/// The first byte of the state: within `~{` and `~}`.
const CHINESE: u8 = 1;

pub fn reset_encoder(state: &mut State, out: &mut Vec<u8>) {
    if state[0] != 0 {
        out.extend_from_slice(b"~}");
        state[0] = 0;
    }
}

pub fn reset_decoder(state: &mut State) {
    state[0] = 0;
}

/// Writes a character; `None` if it cannot be encoded.
pub fn write(code_point: u32, state: &mut State, out: &mut Vec<u8>) -> Option<usize> {
    if code_point < 0x80 {
        reset_encoder(state, out);
        out.push(code_point as u8);
        if code_point == u32::from(b'~') {
            out.push(b'~');
        }
        return Some(1);
    }
    let key = Cjk::Gb2312.tables().key_of(code_point)?;
    if state[0] == 0 {
        out.extend_from_slice(b"~{");
        state[0] = CHINESE;
    }
    out.extend_from_slice(&(key as u16 & 0x7F7F).to_be_bytes());
    Some(1)
}

/// Reads what stands at the start of input.
pub fn read(input: &[u8], state: &mut State) -> Read {
    let chinese = state[0] != 0;
    match (input[0], input.get(1)) {
        (b'~', None) => Read::Incomplete,
        (b'~', Some(b'~')) if !chinese => Read::Text([u32::from(b'~'), 0], 2),
        (b'~', Some(b'{')) if !chinese => {
            state[0] = CHINESE;
            Read::Nothing(2)
        }
        (b'~', Some(b'}')) if chinese => {
            state[0] = 0;
            Read::Nothing(2)
        }
        (b'~', Some(b'\n')) if !chinese => Read::Nothing(2),
        (b'~' | 0x80.., _) => Read::Illegal(1),
        (byte, _) if !chinese => Read::Text([u32::from(byte), 0], 1),
        (_, None) => Read::Incomplete,
        (lead @ 0x21..=0x7E, Some(&second @ 0x21..=0x7E)) => {
            Cjk::Gb2312.tables().double(lead | 0x80, second | 0x80).map_or(Read::Illegal(1), |text| Read::Text(text, 2))
        }
        _ => Read::Illegal(1),
    }
}
