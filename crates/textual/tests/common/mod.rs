//! Tables of what CPython answers.

#![allow(dead_code)]

use std::fs;
use std::path::PathBuf;

/// Compares each row of a table, its last field, with an answer to the others.
pub fn check(file: &str, answer: fn(&[&str]) -> String) {
    let folder = std::env::var_os("TEXTUAL_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data"), PathBuf::from);
    let table = fs::read_to_string(folder.join(file)).expect("the table is readable");
    let mut wrong = Vec::new();
    let mut rows = 0;
    for line in table.lines() {
        rows += 1;
        let fields: Vec<&str> = line.split('\t').collect();
        let (expected, question) = fields.split_last().expect("a row has fields");
        let got = answer(question);
        if got != *expected {
            wrong.push(format!("{question:?}\n  want {expected}\n  got  {got}"));
        }
    }
    assert!(rows > 0);
    assert!(wrong.is_empty(), "{} of {rows} rows differ:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

/// Reads Python's `unicode_escape`.
pub fn unescape(text: &str) -> Vec<u32> {
    let mut out = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c as u32);
            continue;
        }
        let width = match chars.next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some('n') => {
                out.push(10);
                continue;
            }
            Some('r') => {
                out.push(13);
                continue;
            }
            Some('t') => {
                out.push(9);
                continue;
            }
            other => {
                out.push(other.expect("an escape ends") as u32);
                continue;
            }
        };
        let hex: String = chars.by_ref().take(width).collect();
        out.push(u32::from_str_radix(&hex, 16).expect("hexadecimal"));
    }
    out
}

/// Writes Python's `unicode_escape`.
pub fn escape(text: impl Iterator<Item = u32>) -> String {
    text.map(|c| match c {
        10 => "\\n".to_owned(),
        13 => "\\r".to_owned(),
        9 => "\\t".to_owned(),
        0x5C => "\\\\".to_owned(),
        0x20..0x7F => (c as u8 as char).to_string(),
        0..0x100 => format!("\\x{c:02x}"),
        0x100..0x10000 => format!("\\u{c:04x}"),
        _ => format!("\\U{c:08x}"),
    })
    .collect()
}

/// The CRC-32 of texts, each ended by a bar.
pub fn checksum(texts: impl Iterator<Item = String>) -> String {
    let step = |crc: u32, byte: u8| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1)))
    };
    let crc = texts.fold(!0, |crc, text| step(text.bytes().fold(crc, step), b'|'));
    format!("{:08x}", !crc)
}
