//! Numbers in groups of six bits, as the line and exception tables have them.

/// Appends a number, low bits first; all bytes but the last have bit 6 set.
pub(crate) fn write_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 64 {
        out.push(0x40 | (value & 0x3F) as u8);
        value >>= 6;
    }
    out.push(value as u8);
}

/// Appends a number whose sign is the lowest bit.
pub(crate) fn write_signed_varint(out: &mut Vec<u8>, value: i32) {
    let magnitude = value.unsigned_abs() << 1;
    write_varint(out, if value < 0 { magnitude | 1 } else { magnitude });
}

/// Reads what [`write_varint`] wrote, advancing `at`; `None` at the end of the table. Excess bits are lost.
pub(crate) fn read_varint(table: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0u32;
    let mut shift = 0;
    loop {
        let byte = *table.get(*at)?;
        *at += 1;
        if shift < 32 {
            value |= u32::from(byte & 0x3F) << shift;
        }
        shift += 6;
        if byte & 0x40 == 0 {
            return Some(value);
        }
    }
}

/// Reads what [`write_signed_varint`] wrote.
pub(crate) fn read_signed_varint(table: &[u8], at: &mut usize) -> Option<i32> {
    let value = read_varint(table, at)?;
    let magnitude = (value >> 1) as i32;
    Some(if value & 1 != 0 { -magnitude } else { magnitude })
}
