//! Quoted-printable (RFC 2045) and uuencoding.

const LINE: usize = 76;

/// Switches of [`encode`].
#[derive(Clone, Copy)]
pub struct Options {
    pub quote_tabs: bool,
    pub is_text: bool,
    pub header: bool,
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|d| d as u8)
}

/// Decodes quoted-printable data.
pub fn decode(data: &[u8], header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut at = 0;
    while let Some(&byte) = data.get(at) {
        at += 1;
        match byte {
            b'=' => match data[at..] {
                [] => break,
                // A soft line break, up to the end of the line.
                [b'\n' | b'\r', ..] => {
                    let end = data[at..].iter().position(|&b| b == b'\n');
                    at = end.map_or(data.len(), |end| at + end + 1);
                }
                [b'=', ..] => {
                    out.push(b'=');
                    at += 1;
                }
                [high, low, ..] if hex_digit(high).is_some() && hex_digit(low).is_some() => {
                    let value = |digit| hex_digit(digit).unwrap_or(0);
                    out.push(value(high) << 4 | value(low));
                    at += 2;
                }
                _ => out.push(b'='),
            },
            b'_' if header => out.push(b' '),
            _ => out.push(byte),
        }
    }
    out
}

fn push_quoted(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend([b'=', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// Encodes as quoted-printable.
pub fn encode(data: &[u8], options: Options) -> Vec<u8> {
    let first_line_end = data.iter().position(|&b| b == b'\n');
    let end: &[u8] = match first_line_end {
        Some(at) if at > 0 && data[at - 1] == b'\r' => b"\r\n",
        _ => b"\n",
    };
    let mut out = Vec::with_capacity(data.len() + data.len() / 8);
    let mut column = 0;
    let mut at = 0;
    while let Some(&byte) = data.get(at) {
        let next = data.get(at + 1).copied();
        if must_quote(byte, next, column, options) {
            if column + 3 >= LINE {
                out.push(b'=');
                out.extend_from_slice(end);
                column = 0;
            }
            push_quoted(byte, &mut out);
            column += 3;
            at += 1;
        } else if options.is_text && (byte == b'\n' || byte == b'\r' && next == Some(b'\n')) {
            // Space at the end of a line would be lost on the way.
            if let Some(space @ (b' ' | b'\t')) = out.last().copied() {
                out.pop();
                push_quoted(space, &mut out);
            }
            out.extend_from_slice(end);
            column = 0;
            at += if byte == b'\r' { 2 } else { 1 };
        } else {
            if next.is_some_and(|next| next != b'\n') && column + 1 >= LINE {
                out.push(b'=');
                out.extend_from_slice(end);
                column = 0;
            }
            out.push(if options.header && byte == b' ' { b'_' } else { byte });
            column += 1;
            at += 1;
        }
    }
    out
}

fn must_quote(byte: u8, next: Option<u8>, column: usize, options: Options) -> bool {
    match byte {
        127.. | b'=' => true,
        b'_' => options.header,
        // A line of a dot alone ends a message on some ways.
        b'.' => column == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0)),
        b'\r' | b'\n' => !options.is_text,
        b' ' | b'\t' => next.is_none() || options.quote_tabs,
        0..33 => true,
        _ => false,
    }
}

/// Decodes one line of uuencoded data; the error is the message of `binascii.Error`.
pub fn decode_uu(line: &[u8]) -> Result<Vec<u8>, &'static str> {
    let Some((&first, rest)) = line.split_first() else { return Err("Missing length byte") };
    let length = usize::from(first.wrapping_sub(b' ') & 0o77);
    let mut out = Vec::with_capacity(length);
    let (mut bits, mut count) = (0u32, 0);
    let mut rest = rest.iter();
    while out.len() < length {
        let digit = match rest.next() {
            // Some mailers cut blanks at the end of lines.
            None | Some(b'\n' | b'\r') => 0,
            Some(byte @ b' '..=b'`') => u32::from(byte - b' ') & 0o77,
            Some(_) => return Err("Illegal char"),
        };
        bits = bits << 6 | digit;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    let clean = rest.all(|byte| matches!(byte, b' ' | b'`' | b'\n' | b'\r'));
    if clean { Ok(out) } else { Err("Trailing garbage") }
}

/// Encodes at most 45 bytes as one line.
pub fn encode_uu(data: &[u8], backtick: bool) -> Vec<u8> {
    let digit = |n: u8| if n == 0 && backtick { b'`' } else { n + b' ' };
    let mut out = vec![digit(data.len() as u8)];
    for chunk in data.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        out.extend((0..4).map(|i| digit((word >> (18 - 6 * i) & 63) as u8)));
    }
    out.push(b'\n');
    out
}
