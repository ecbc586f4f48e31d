//! The document as it arrives: bytes of some encoding become text, positions count both.

/// How the bytes are to be read.
#[derive(Clone, Debug)]
pub(super) enum Encoding {
    Utf8,
    Ascii,
    Utf16 {
        big_endian: bool,
    },
    /// One character a byte.
    Single(Box<[char; 256]>),
}

impl Encoding {
    /// One of those that expat knows by itself.
    pub(super) fn by_name(name: &str) -> Option<Encoding> {
        Some(match name.to_ascii_uppercase().as_str() {
            "UTF-8" => Encoding::Utf8,
            "US-ASCII" => Encoding::Ascii,
            "ISO-8859-1" => Encoding::Single(Box::new(std::array::from_fn(|byte| char::from(byte as u8)))),
            "UTF-16" => Encoding::Utf16 { big_endian: true },
            "UTF-16BE" => Encoding::Utf16 { big_endian: true },
            "UTF-16LE" => Encoding::Utf16 { big_endian: false },
            _ => return None,
        })
    }

    fn width(&self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Ascii | Encoding::Single(_) => 1,
            Encoding::Utf16 { .. } => 2 * c.len_utf16(),
        }
    }
}

/// Where something is in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub line: usize,
    pub column: usize,
    pub byte: usize,
    after_return: bool,
}

impl Position {
    pub(super) const START: Position = Position { line: 1, column: 0, byte: 0, after_return: false };

    /// The position behind `text`, which was read as `encoding`.
    pub(super) fn after(mut self, text: &str, encoding: &Encoding) -> Position {
        for c in text.chars() {
            match c {
                '\n' if self.after_return => {}
                '\n' | '\r' => {
                    self.line += 1;
                    self.column = 0;
                }
                _ => self.column += 1,
            }
            self.after_return = c == '\r';
            self.byte += encoding.width(c);
        }
        self
    }

    /// A byte order mark counts as a character.
    pub(super) fn after_mark(self, bytes: usize) -> Position {
        Position { column: self.column + 1, byte: self.byte + bytes, ..self }
    }
}

/// What follows the text that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing.
    Clean,
    /// The beginning of a character.
    Partial,
    /// Bytes that are none.
    Invalid,
}

/// Bytes that wait to become text.
#[derive(Default)]
pub(super) struct Undecoded {
    bytes: Vec<u8>,
}

impl Undecoded {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.bytes.drain(..count);
    }

    /// Moves what can be read to the end of `text`.
    pub(super) fn decode(&mut self, encoding: &Encoding, text: &mut String) -> Rest {
        let (taken, rest) = match encoding {
            Encoding::Utf8 => match std::str::from_utf8(&self.bytes) {
                Ok(all) => {
                    text.push_str(all);
                    (self.bytes.len(), Rest::Clean)
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    text.push_str(&String::from_utf8_lossy(&self.bytes[..valid]));
                    (valid, if error.error_len().is_none() { Rest::Partial } else { Rest::Invalid })
                }
            },
            Encoding::Ascii => {
                let valid = self.bytes.iter().take_while(|byte| byte.is_ascii()).count();
                text.extend(self.bytes[..valid].iter().map(|&byte| char::from(byte)));
                (valid, if valid == self.bytes.len() { Rest::Clean } else { Rest::Invalid })
            }
            Encoding::Single(map) => {
                text.extend(self.bytes.iter().map(|&byte| map[usize::from(byte)]));
                (self.bytes.len(), Rest::Clean)
            }
            Encoding::Utf16 { big_endian } => decode_utf16(&self.bytes, *big_endian, text),
        };
        self.skip(taken);
        rest
    }
}

fn decode_utf16(bytes: &[u8], big_endian: bool, text: &mut String) -> (usize, Rest) {
    let unit = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    };
    let units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
    let mut taken = 0;
    for result in char::decode_utf16(units.iter().copied()) {
        match result {
            Ok(c) => {
                text.push(c);
                taken += 2 * c.len_utf16();
            }
            Err(error) => {
                let is_first_half = (0xD800..0xDC00).contains(&error.unpaired_surrogate());
                let rest = if is_first_half && taken + 2 == 2 * units.len() { Rest::Partial } else { Rest::Invalid };
                return (taken, rest);
            }
        }
    }
    (taken, if bytes.len().is_multiple_of(2) { Rest::Clean } else { Rest::Partial })
}

/// White space of XML.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// May stand in a document.
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// May begin a name.
pub(super) fn is_name_start(c: char) -> bool {
    matches!(c, ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}' | '\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// May follow in a name.
pub(super) fn is_name(c: char) -> bool {
    is_name_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}' | '\u{2040}')
}
