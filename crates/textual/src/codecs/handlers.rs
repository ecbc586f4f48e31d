//! The error handlers that `codecs` predefines.

use super::{Issue, Replacement, is_surrogate};
use crate::Unit;

/// A predefined error handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// Raise.
    Strict,
    /// Leave out.
    Ignore,
    /// U+FFFD or `?`.
    Replace,
    /// `\xNN`, `\uNNNN`
    BackslashReplace,
    /// `&#N;`, encoding only.
    XmlCharRefReplace,
    /// `\N{NAME}`, encoding only.
    NameReplace,
    /// Bytes 0x80… as U+DC80… (PEP 383).
    SurrogateEscape,
    /// Surrogates as if they were characters, in the UTF encodings.
    SurrogatePass,
}

impl Standard {
    /// By its name; `None` for handlers that were registered by a program (and `strict` for the empty name).
    pub fn from_name(name: &str) -> Option<Standard> {
        Some(match name {
            "strict" | "" => Standard::Strict,
            "ignore" => Standard::Ignore,
            "replace" => Standard::Replace,
            "backslashreplace" => Standard::BackslashReplace,
            "xmlcharrefreplace" => Standard::XmlCharRefReplace,
            "namereplace" => Standard::NameReplace,
            "surrogateescape" => Standard::SurrogateEscape,
            "surrogatepass" => Standard::SurrogatePass,
            _ => return None,
        })
    }

    /// The text for undecodable bytes, and where to go on. `None`: raise the `UnicodeDecodeError`.
    /// (`xmlcharrefreplace` and `namereplace` are not for decoding: a `TypeError`, which is the caller's.)
    pub fn decode(self, input: &[u8], issue: &Issue) -> Option<(Vec<u32>, usize)> {
        let bad = &input[issue.within(input.len())];
        match self {
            Standard::Strict | Standard::XmlCharRefReplace | Standard::NameReplace => None,
            Standard::Ignore => Some((Vec::new(), issue.end)),
            Standard::Replace => Some((vec![0xFFFD], issue.end)),
            Standard::BackslashReplace => {
                let text = bad.iter().flat_map(|b| ascii(&format!("\\x{b:02x}"))).collect();
                Some((text, issue.end))
            }
            Standard::SurrogateEscape => {
                let text: Vec<u32> =
                    bad.iter().take(4).take_while(|&&b| b >= 0x80).map(|&b| 0xDC00 + u32::from(b)).collect();
                let next = issue.start + text.len();
                (!text.is_empty()).then_some((text, next))
            }
            Standard::SurrogatePass => {
                let form = Form::of(issue.encoding)?;
                let code_point = form.read(&input[issue.start.min(input.len())..])?;
                Some((vec![code_point], issue.start + form.width()))
            }
        }
    }

    /// What to write for text that cannot be encoded, and where to go on. `None`: raise the `UnicodeEncodeError`.
    /// `name` finds the name of a character.
    pub fn encode<U: Unit>(
        self,
        text: &[U],
        issue: &Issue,
        name: impl Fn(u32) -> Option<String>,
    ) -> Option<(Replacement, usize)> {
        let bad = text[issue.within(text.len())].iter().map(|&u| u.into());
        let replacement = match self {
            Standard::Strict => return None,
            Standard::Ignore => Replacement::Text(Vec::new()),
            Standard::Replace => Replacement::Text(bad.map(|_| u32::from(b'?')).collect()),
            Standard::BackslashReplace => Replacement::Text(bad.flat_map(|c| ascii(&backslash(c))).collect()),
            Standard::XmlCharRefReplace => Replacement::Text(bad.flat_map(|c| ascii(&format!("&#{c};"))).collect()),
            Standard::NameReplace => {
                let shown = |c| name(c).map_or_else(|| backslash(c), |name| format!("\\N{{{name}}}"));
                Replacement::Text(bad.flat_map(|c| ascii(&shown(c))).collect())
            }
            Standard::SurrogateEscape => {
                let bytes: Vec<u8> =
                    bad.take_while(|c| (0xDC80..0xDD00).contains(c)).map(|c| (c - 0xDC00) as u8).collect();
                let next = issue.start + bytes.len();
                // These encoders go on behind what could be escaped; others take all or nothing.
                let partial = matches!(issue.encoding, "utf-8" | "ascii" | "latin-1");
                let enough = if partial { next > issue.start } else { next == issue.end };
                return enough.then_some((Replacement::Bytes(bytes), next));
            }
            Standard::SurrogatePass => {
                let form = Form::of(issue.encoding)?;
                let mut bytes = Vec::new();
                for code_point in bad {
                    if !is_surrogate(code_point) {
                        return None;
                    }
                    form.write(code_point, &mut bytes);
                }
                Replacement::Bytes(bytes)
            }
        };
        Some((replacement, issue.end))
    }
}

fn ascii(text: &str) -> Vec<u32> {
    text.bytes().map(u32::from).collect()
}

fn backslash(code_point: u32) -> String {
    match code_point {
        0..0x100 => format!("\\x{code_point:02x}"),
        0x100..0x10000 => format!("\\u{code_point:04x}"),
        _ => format!("\\U{code_point:08x}"),
    }
}

/// How a surrogate is written by the encodings that can pass one.
#[derive(Clone, Copy)]
enum Form {
    Utf8,
    Utf16 { big: bool },
    Utf32 { big: bool },
}

impl Form {
    fn of(encoding: &str) -> Option<Form> {
        let native = cfg!(target_endian = "big");
        Some(match encoding {
            "utf-8" => Form::Utf8,
            "utf-16" => Form::Utf16 { big: native },
            "utf-16-le" => Form::Utf16 { big: false },
            "utf-16-be" => Form::Utf16 { big: true },
            "utf-32" => Form::Utf32 { big: native },
            "utf-32-le" => Form::Utf32 { big: false },
            "utf-32-be" => Form::Utf32 { big: true },
            _ => return None,
        })
    }

    fn width(self) -> usize {
        match self {
            Form::Utf8 => 3,
            Form::Utf16 { .. } => 2,
            Form::Utf32 { .. } => 4,
        }
    }

    /// The surrogate at the start of the input.
    fn read(self, input: &[u8]) -> Option<u32> {
        let code_point = match self {
            Form::Utf8 => match *input.first_chunk::<3>()? {
                [0xED, b @ 0xA0..=0xBF, c @ 0x80..=0xBF] => 0xD000 | u32::from(b & 0x3F) << 6 | u32::from(c & 0x3F),
                _ => return None,
            },
            Form::Utf16 { big } => {
                let bytes = *input.first_chunk()?;
                u32::from(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
            }
            Form::Utf32 { big } => {
                let bytes = *input.first_chunk()?;
                if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
            }
        };
        is_surrogate(code_point).then_some(code_point)
    }

    fn write(self, c: u32, out: &mut Vec<u8>) {
        match self {
            Form::Utf8 => out.extend_from_slice(&[
                0xE0 | (c >> 12) as u8,
                0x80 | ((c >> 6) & 0x3F) as u8,
                0x80 | (c & 0x3F) as u8,
            ]),
            Form::Utf16 { big: true } => out.extend_from_slice(&(c as u16).to_be_bytes()),
            Form::Utf16 { big: false } => out.extend_from_slice(&(c as u16).to_le_bytes()),
            Form::Utf32 { big: true } => out.extend_from_slice(&c.to_be_bytes()),
            Form::Utf32 { big: false } => out.extend_from_slice(&c.to_le_bytes()),
        }
    }
}
