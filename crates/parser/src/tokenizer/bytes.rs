//! Classes of bytes.

pub const IDENTIFIER_START: u8 = 1;
pub const IDENTIFIER_CONTINUE: u8 = 2;

static CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => IDENTIFIER_START | IDENTIFIER_CONTINUE,
            b'0'..=b'9' => IDENTIFIER_CONTINUE,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// The classes of a byte. Every byte of a non-ASCII character counts as part of an identifier until that is verified.
#[inline]
pub fn class(byte: u8) -> u8 {
    CLASSES[byte as usize]
}

/// True if `byte` can continue an identifier.
#[inline]
pub fn is_identifier_byte(byte: u8) -> bool {
    class(byte) & IDENTIFIER_CONTINUE != 0
}
