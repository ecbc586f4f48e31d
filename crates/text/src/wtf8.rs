//! Strings of code points that may include lone surrogates, as Python's `str` allows.

use std::fmt;

/// A sequence of Unicode code points (surrogates included) in generalised UTF-8.
///
/// Valid text is stored exactly as UTF-8; a surrogate takes the three bytes that UTF-8's pattern would give it.
/// Unlike WTF-8 proper, a high surrogate followed by a low one is *not* joined: Python keeps them apart.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wtf8Buf {
    bytes: Vec<u8>,
}

impl Wtf8Buf {
    /// An empty string.
    pub const fn new() -> Self {
        Wtf8Buf { bytes: Vec::new() }
    }

    /// Makes room for `additional` bytes, or says that memory is short.
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), std::collections::TryReserveError> {
        self.bytes.try_reserve(additional)
    }

    /// Appends one code point, `0..=0x10FFFF`; larger numbers are replaced by U+FFFD.
    pub fn push_code_point(&mut self, code_point: u32) {
        match char::from_u32(code_point) {
            Some(c) => self.push_char(c),
            None if (0xD800..0xE000).contains(&code_point) => self.bytes.extend_from_slice(&[
                0xE0 | (code_point >> 12) as u8,
                0x80 | ((code_point >> 6) & 0x3F) as u8,
                0x80 | (code_point & 0x3F) as u8,
            ]),
            None => self.push_char(char::REPLACEMENT_CHARACTER),
        }
    }

    /// Appends a character.
    pub fn push_char(&mut self, c: char) {
        let mut buffer = [0; 4];
        self.bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
    }

    /// Appends UTF-8 text.
    pub fn push_str(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Appends another string.
    pub fn push_wtf8(&mut self, other: &Wtf8Buf) {
        self.bytes.extend_from_slice(&other.bytes);
    }

    /// The text, if no surrogate is in it.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// The text with each surrogate byte replaced by U+FFFD.
    pub fn to_string_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// The generalised UTF-8 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads generalised UTF-8 (as `marshal` stores it, "surrogatepass"); `None` if it is malformed.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if std::str::from_utf8(bytes).is_ok() {
            return Some(Wtf8Buf { bytes: bytes.to_vec() });
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(_) => break,
                Err(error) => {
                    rest = &rest[error.valid_up_to()..];
                    match rest {
                        [0xED, 0xA0..=0xBF, 0x80..=0xBF, tail @ ..] => rest = tail,
                        _ => return None,
                    }
                }
            }
        }
        Some(Wtf8Buf { bytes: bytes.to_vec() })
    }

    /// True if there are no code points.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The code points in order.
    pub fn code_points(&self) -> impl Iterator<Item = u32> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let first = u32::from(*self.bytes.get(at)?);
            let continuation = |i: usize| u32::from(self.bytes.get(at + i).copied().unwrap_or(0)) & 0x3F;
            let (code_point, width) = match first {
                0..0x80 => (first, 1),
                0x80..0xE0 => ((first & 0x1F) << 6 | continuation(1), 2),
                0xE0..0xF0 => ((first & 0x0F) << 12 | continuation(1) << 6 | continuation(2), 3),
                _ => ((first & 0x07) << 18 | continuation(1) << 12 | continuation(2) << 6 | continuation(3), 4),
            };
            at += width;
            Some(code_point)
        })
    }
}

impl From<&str> for Wtf8Buf {
    fn from(text: &str) -> Self {
        Wtf8Buf { bytes: text.as_bytes().to_vec() }
    }
}

impl From<String> for Wtf8Buf {
    fn from(text: String) -> Self {
        Wtf8Buf { bytes: text.into_bytes() }
    }
}

impl fmt::Debug for Wtf8Buf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string_lossy(), f)
    }
}
