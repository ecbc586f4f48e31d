//! Escapes in string and bytes literals, decoded as CPython does, errors included.
//!
//! CPython first rewrites every non-ASCII character of a string literal as `\UXXXXXXXX` (and a backslash before one as
//! `\u005c`), then runs its `unicode_escape` codec, so the positions in its messages count ten bytes for such a
//! character. The decoder here works on the text itself and keeps count.

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::Wtf8Buf;
use crate::aliases::character_by_alias;

/// The first escape of a literal that means nothing: it is kept as written, with a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidEscape {
    /// Byte offset of the backslash in the text.
    pub at: usize,
    /// The character behind it, or the value of an octal escape over `\377`.
    pub what: Unknown,
}

/// What is wrong with an [`InvalidEscape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// An ASCII character that follows the backslash.
    Character(u8),
    /// Three octal digits above `\377`.
    Octal([u8; 3]),
}

impl InvalidEscape {
    /// The text of the `SyntaxWarning`.
    pub fn warning(&self) -> String {
        let (what, hint) = self.parts();
        format!("{what}Such sequences will not work in the future. {hint}")
    }

    /// The text of the `SyntaxError` when warnings are errors.
    pub fn error(&self) -> String {
        let (what, hint) = self.parts();
        what + &hint
    }

    fn parts(&self) -> (String, String) {
        let (shown, kind) = match self.what {
            Unknown::Character(byte) => (char::from(byte).to_string(), ""),
            Unknown::Octal(digits) => (digits.map(char::from).iter().collect(), "octal "),
        };
        (
            format!("\"\\{shown}\" is an invalid {kind}escape sequence. "),
            format!("Did you mean \"\\\\{shown}\"? A raw string is also an option."),
        )
    }
}

/// The character of a `\N{name}`: a name or alias, in any case; sequences have none.
pub fn character_by_name(name: &str) -> Option<char> {
    if let Some(c) = character_by_alias(&name.to_ascii_uppercase()) {
        return Some(c);
    }
    if let Some(c) = tangut_ideograph(name) {
        return Some(c);
    }
    // The crate matches loosely (UAX 44); CPython only ignores case. It takes a hyphen for one between letters.
    if name.starts_with('-') {
        return None;
    }
    let c = unicode_names2::character(name)?;
    let exact = eq_ignore_case(unicode_names2::name(c)?, name);
    (exact && get_general_category(c) != GeneralCategory::Unassigned).then_some(c)
}

/// `TANGUT IDEOGRAPH-17000` and so on, whose names follow from their numbers.
fn tangut_ideograph(name: &str) -> Option<char> {
    const PREFIX: &str = "TANGUT IDEOGRAPH-";
    let digits = name.get(PREFIX.len()..).filter(|digits| digits.len() == 5)?;
    if !name[..PREFIX.len()].eq_ignore_ascii_case(PREFIX) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let code_point = u32::from_str_radix(digits, 16).ok()?;
    matches!(code_point, 0x17000..=0x187F7 | 0x18D00..=0x18D08).then(|| char::from_u32(code_point)).flatten()
}

fn eq_ignore_case(known: impl Iterator<Item = &'static str>, name: &str) -> bool {
    let mut rest = name;
    for part in known {
        match rest.get(..part.len()) {
            Some(head) if head.eq_ignore_ascii_case(part) => rest = &rest[part.len()..],
            _ => return false,
        }
    }
    rest.is_empty()
}

struct Decoder<'t> {
    text: &'t str,
    /// Characters are known by their names.
    names: bool,
    at: usize,
    /// The offset in CPython's rewritten text, minus `at`.
    shift: usize,
    out: Wtf8Buf,
    invalid: Option<InvalidEscape>,
}

/// Decodes the text of a string literal, without its quotes. `Err` is what `str()` of CPython's `UnicodeDecodeError`
/// gives. Without `names`, `\N` is refused.
pub fn decode_str(text: &str, names: bool) -> Result<(Wtf8Buf, Option<InvalidEscape>), String> {
    let mut decoder = Decoder { text, names, at: 0, shift: 0, out: Wtf8Buf::new(), invalid: None };
    while decoder.at < text.len() {
        decoder.plain_text();
        if decoder.at < text.len() {
            decoder.escape()?;
        }
    }
    Ok((decoder.out, decoder.invalid))
}

impl Decoder<'_> {
    fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Copies everything up to the next backslash.
    fn plain_text(&mut self) {
        let rest = &self.text[self.at..];
        let length = memchr::memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        let plain = &rest[..length];
        self.shift += rewritten_excess(plain);
        self.out.push_str(plain);
        self.at += length;
    }

    /// Decodes the escape whose backslash is at `at`.
    fn escape(&mut self) -> Result<(), String> {
        let start = self.at;
        self.at += 1;
        let Some(&escaped) = self.bytes().get(self.at) else {
            self.out.push_char('\\');
            return Ok(());
        };
        if escaped >= 0x80 {
            self.shift += "u005c".len();
            self.out.push_char('\\');
            return Ok(());
        }
        self.at += 1;
        match escaped {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => self.out.push_char(escaped as char),
            b'a' => self.out.push_char('\x07'),
            b'b' => self.out.push_char('\x08'),
            b'f' => self.out.push_char('\x0C'),
            b'n' => self.out.push_char('\n'),
            b'r' => self.out.push_char('\r'),
            b't' => self.out.push_char('\t'),
            b'v' => self.out.push_char('\x0B'),
            b'0'..=b'7' => self.octal(start),
            b'x' => self.hexadecimal(start, 2, "truncated \\xXX escape")?,
            b'u' => self.hexadecimal(start, 4, "truncated \\uXXXX escape")?,
            b'U' => self.hexadecimal(start, 8, "truncated \\UXXXXXXXX escape")?,
            b'N' if !self.names => return Err("\\N escapes not supported (can't load unicodedata module)".into()),
            b'N' => self.named(start)?,
            other => {
                let what = Unknown::Character(other);
                self.invalid = self.invalid.or(Some(InvalidEscape { at: start, what }));
                self.out.push_char('\\');
                self.out.push_char(other as char);
            }
        }
        Ok(())
    }

    fn octal(&mut self, start: usize) {
        let (value, end) = octal_value(self.bytes(), start + 1);
        self.at = end;
        if value > 0o377 {
            self.invalid = self.invalid.or_else(|| Some(octal_escape(self.bytes(), start)));
        }
        self.out.push_code_point(value);
    }

    fn hexadecimal(&mut self, start: usize, digits: usize, reason: &str) -> Result<(), String> {
        let mut value: u32 = 0;
        for _ in 0..digits {
            match self.bytes().get(self.at).and_then(|byte| (*byte as char).to_digit(16)) {
                Some(digit) => value = (value << 4) | digit,
                None => return Err(self.fail(start, reason)),
            }
            self.at += 1;
        }
        if value > 0x10_FFFF {
            return Err(self.fail(start, "illegal Unicode character"));
        }
        self.out.push_code_point(value);
        Ok(())
    }

    fn named(&mut self, start: usize) -> Result<(), String> {
        let malformed = "malformed \\N character escape";
        if self.bytes().get(self.at) != Some(&b'{') {
            return Err(self.fail(start, malformed));
        }
        self.at += 1;
        let rest = &self.text[self.at..];
        let Some(length) = memchr::memchr(b'}', rest.as_bytes()) else {
            self.shift += rewritten_excess(rest);
            self.at = self.text.len();
            return Err(self.fail_ending(start, malformed, rewritten_excess(rest)));
        };
        if length == 0 {
            return Err(self.fail(start, malformed));
        }
        let name = &rest[..length];
        self.at += length + 1;
        match character_by_name(name) {
            Some(c) => self.out.push_char(c),
            None => {
                let excess = rewritten_excess(name);
                self.shift += excess;
                return Err(self.fail_ending(start, "unknown Unicode character name", excess));
            }
        }
        Ok(())
    }

    fn fail(&self, start: usize, reason: &str) -> String {
        self.fail_ending(start, reason, 0)
    }

    /// The message for the bytes from `start` to `at`, of which `inner` excess bytes lie behind `start`.
    fn fail_ending(&self, start: usize, reason: &str, inner: usize) -> String {
        let first = start + self.shift - inner;
        let last = (self.at + self.shift).saturating_sub(1);
        if first == last {
            return format!("'unicodeescape' codec can't decode byte 0x5c in position {first}: {reason}");
        }
        format!("'unicodeescape' codec can't decode bytes in position {first}-{last}: {reason}")
    }
}

/// How much longer CPython's rewriting makes a text: each non-ASCII character becomes ten bytes.
fn rewritten_excess(text: &str) -> usize {
    if text.is_ascii() {
        return 0;
    }
    text.chars().filter(|c| !c.is_ascii()).map(|c| 10 - c.len_utf8()).sum()
}

/// The value of one to three octal digits, and where they end.
fn octal_value(bytes: &[u8], start: usize) -> (u32, usize) {
    let mut value = 0;
    let mut at = start;
    while at < start + 3
        && let Some(digit @ b'0'..=b'7') = bytes.get(at).copied()
    {
        value = value * 8 + u32::from(digit - b'0');
        at += 1;
    }
    (value, at)
}

fn octal_escape(bytes: &[u8], backslash: usize) -> InvalidEscape {
    let digit = |i: usize| bytes.get(backslash + 1 + i).copied().unwrap_or(b'0');
    InvalidEscape { at: backslash, what: Unknown::Octal([digit(0), digit(1), digit(2)]) }
}

/// Decodes the text of a bytes literal, without its quotes. `Err` is what `str()` of CPython's `ValueError` gives.
pub fn decode_bytes(text: &[u8]) -> Result<(Vec<u8>, Option<InvalidEscape>), String> {
    let mut out = Vec::with_capacity(text.len());
    let mut invalid = None;
    let mut at = 0;
    while at < text.len() {
        let length = memchr::memchr(b'\\', &text[at..]).unwrap_or(text.len() - at);
        out.extend_from_slice(&text[at..at + length]);
        at += length;
        if at >= text.len() {
            break;
        }
        let start = at;
        let Some(&escaped) = text.get(at + 1) else {
            return Err("Trailing \\ in string".into());
        };
        at += 2;
        match escaped {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(escaped),
            b'a' => out.push(0x07),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0C),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(0x0B),
            b'0'..=b'7' => {
                let (value, end) = octal_value(text, start + 1);
                at = end;
                if value > 0o377 {
                    invalid = invalid.or_else(|| Some(octal_escape(text, start)));
                }
                out.push(value as u8);
            }
            b'x' => {
                let digit = |i: usize| text.get(i).and_then(|byte| (*byte as char).to_digit(16));
                let (Some(high), Some(low)) = (digit(at), digit(at + 1)) else {
                    return Err(format!("invalid \\x escape at position {start}"));
                };
                out.push((high << 4 | low) as u8);
                at += 2;
            }
            other => {
                let what = Unknown::Character(other);
                invalid = invalid.or(Some(InvalidEscape { at: start, what }));
                out.extend_from_slice(&[b'\\', other]);
            }
        }
    }
    Ok((out, invalid))
}
