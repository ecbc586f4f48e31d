//! Encoders and decoders against tables of what CPython 3.14 answers (see `oracle.rs`).

mod common;

use common::{check, checksum, escape, unescape};
use pyrope_textual::codecs::*;

/// Python's `UnicodeError`, as the tables show it.
fn show(issue: &Issue) -> String {
    format!("!{},{},{},{}", issue.encoding, issue.start, issue.end, issue.reason)
}

struct Decoding<'a> {
    input: &'a [u8],
    handler: Standard,
}

impl DecodeErrors<Vec<u32>> for Decoding<'_> {
    type Error = String;

    fn handle(&mut self, issue: &Issue, out: &mut Vec<u32>) -> Result<usize, String> {
        let (text, next) = self.handler.decode(self.input, issue).ok_or_else(|| show(issue))?;
        out.extend(text);
        Ok(next)
    }
}

struct Encoding<'a> {
    text: &'a [u32],
    handler: Standard,
}

impl EncodeErrors for Encoding<'_> {
    type Error = String;

    fn handle(&mut self, issue: &Issue) -> Result<(Replacement, usize), String> {
        self.handler.encode(self.text, issue, pyrope_textual::unicode::name).ok_or_else(|| show(issue))
    }

    fn fail(&mut self, issue: &Issue) -> String {
        show(issue)
    }
}

/// Windows-1252, rows 8 and 9; the rest is Latin-1.
const CP1252: [u32; 32] = [
    0x20AC, 0xFFFE, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0xFFFE, 0x17D,
    0xFFFE, 0xFFFE, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153,
    0xFFFE, 0x17E, 0x178,
];

fn cp1252() -> Vec<u32> {
    (0..256).map(|b| if (0x80..0xA0).contains(&b) { CP1252[b as usize - 0x80] } else { b }).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hexadecimal")).collect()
}

fn order(codec: &str) -> ByteOrder {
    match codec.rsplit('-').next() {
        Some("le") => ByteOrder::Little,
        Some("be") => ByteOrder::Big,
        _ => ByteOrder::Mark,
    }
}

fn decode(codec: &str, handler: &str, is_final: bool, input: &[u8]) -> Result<String, String> {
    let mut errors = Decoding { input, handler: Standard::from_name(handler).expect("a handler") };
    let mut out = Vec::new();
    let (e, o) = (&mut errors, &mut out);
    let consumed = match codec {
        "utf-8" => decode_utf8(input, is_final, o, e)?,
        "utf-16" | "utf-16-le" | "utf-16-be" => decode_utf16(input, order(codec), is_final, o, e)?.0,
        "utf-32" | "utf-32-le" | "utf-32-be" => decode_utf32(input, order(codec), is_final, o, e)?.0,
        "utf-7" => decode_utf7(input, is_final, o, e)?,
        "unicode_escape" => {
            decode_unicode_escape(input, is_final, |name| (name == "SPACE").then_some(32), o, e)?.consumed
        }
        "raw_unicode_escape" => decode_raw_unicode_escape(input, is_final, o, e)?,
        cjk if Cjk::from_name(cjk).is_some() => {
            Cjk::from_name(cjk).expect("checked").decode(input, &mut [0; 8], is_final, o, e)?
        }
        "ascii" => decode_ascii(input, o, e).map(|()| input.len())?,
        _ => decode_table(input, &cp1252(), o, e).map(|()| input.len())?,
    };
    Ok(format!("{}|{consumed}", escape(out.into_iter())))
}

fn encode(codec: &str, handler: &str, text: &[u32]) -> Result<String, String> {
    let mut errors = Encoding { text, handler: Standard::from_name(handler).expect("a handler") };
    let e = &mut errors;
    let bytes = match codec {
        "utf-8" => encode_utf8(text, e)?,
        "utf-16" | "utf-16-le" | "utf-16-be" => encode_utf16(text, order(codec), e)?,
        "utf-32" | "utf-32-le" | "utf-32-be" => encode_utf32(text, order(codec), e)?,
        "utf-7" => encode_utf7(text),
        "unicode_escape" => encode_unicode_escape(text),
        "raw_unicode_escape" => encode_raw_unicode_escape(text),
        cjk if Cjk::from_name(cjk).is_some() => {
            Cjk::from_name(cjk).expect("checked").encode(text, &mut [0; 8], true, e)?.0
        }
        "ascii" => encode_ascii(text, e)?,
        "latin-1" => encode_latin1(text, e)?,
        _ => {
            let table = cp1252();
            let map = |c| {
                let found = table.iter().position(|&known| known == c && c != 0xFFFE);
                Ok(found.map_or(Mapped::Undefined, |byte| Mapped::One(byte as u8)))
            };
            encode_charmap(text, map, e)?
        }
    };
    Ok(hex(&bytes))
}

#[test]
fn codecs() {
    check("codecs.tsv", |row| match row[0] {
        "decode" => decode(row[1], row[2], row[3] == "1", &unhex(row[4])).unwrap_or_else(|error| error),
        "encode" => encode(row[1], row[2], &unescape(row[3])).unwrap_or_else(|error| error),
        "decode_all" => checksum((0x8000u32..0x10000).map(|pair| {
            let pair = [(pair >> 8) as u8, pair as u8];
            decode(row[1], "strict", true, &pair).unwrap_or_else(|error| error)
        })),
        "encode_all" => checksum((0..0x30000).map(|c| encode(row[1], "strict", &[c]).unwrap_or_else(|error| error))),
        "escape" => hex(&encode_bytes_escape(&unhex(row[1]))),
        _ => match decode_bytes_escape(&unhex(row[2]), row[1]) {
            Ok((bytes, _)) => hex(&bytes),
            Err(error) => format!("!ValueError:{error}"),
        },
    });
}
