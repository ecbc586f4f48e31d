//! Text to float, by Python's rules.

/// Reads what `float()` accepts from ASCII text: surrounding whitespace, a sign, digits with underscores between them,
/// `inf`, `infinity`, `nan`. The caller turns Unicode digits and spaces into ASCII first. `None` where the text is no float.
pub fn parse(text: &str) -> Option<f64> {
    parse_bytes(text.as_bytes())
}

/// [`parse`] for bytes.
pub fn parse_bytes(text: &[u8]) -> Option<f64> {
    let text = trim(text);
    if text.contains(&b'_') {
        let clean = strip_underscores(text)?;
        return parse_plain(&clean);
    }
    parse_plain(text)
}

/// Removes underscores; `None` if one does not stand between two digits.
pub fn strip_underscores(text: &[u8]) -> Option<Vec<u8>> {
    let mut clean = Vec::with_capacity(text.len());
    let mut previous = 0;
    for &byte in text {
        if byte == b'_' {
            if !u8::is_ascii_digit(&previous) {
                return None;
            }
        } else {
            if previous == b'_' && !byte.is_ascii_digit() {
                return None;
            }
            clean.push(byte);
        }
        previous = byte;
    }
    (previous != b'_').then_some(clean)
}

/// Strips what `str.isspace` calls space in ASCII where numbers are read: tab to carriage return, and space.
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b'\t'..=b'\r' | b' ', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b'\t'..=b'\r' | b' '] = text {
        text = rest;
    }
    text
}

/// Rust's grammar of floats is Python's but for underscores and space.
fn parse_plain(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
