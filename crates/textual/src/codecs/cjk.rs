//! East Asian encodings of one to four bytes a character, without shift states.
//!
//! The tables are those of `encoding_rs`, put right by `cjk_deltas.txt` where CPython's differ; they are made when a codec
//! is first used.

use std::collections::HashMap;
use std::sync::OnceLock;

use encoding_rs::Encoding;

use super::{DecodeErrors, EncodeErrors, Issue, Replacement, Sink};
use crate::Unit;

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Cjk {
    Gb2312,
    Gbk,
    Gb18030,
    Big5,
    Cp950,
    Big5Hkscs,
    EucKr,
    Cp949,
    ShiftJis,
    Cp932,
    EucJp,
}

/// In the order of [`Cjk`]: CPython's names.
const NAMES: [&str; 11] =
    ["gb2312", "gbk", "gb18030", "big5", "cp950", "big5hkscs", "euc_kr", "cp949", "shift_jis", "cp932", "euc_jp"];
const ALL: [Cjk; 11] = [
    Cjk::Gb2312,
    Cjk::Gbk,
    Cjk::Gb18030,
    Cjk::Big5,
    Cjk::Cp950,
    Cjk::Big5Hkscs,
    Cjk::EucKr,
    Cjk::Cp949,
    Cjk::ShiftJis,
    Cjk::Cp932,
    Cjk::EucJp,
];

const ILLEGAL: &str = "illegal multibyte sequence";
const INCOMPLETE: &str = "incomplete multibyte sequence";

impl Cjk {
    /// By CPython's name of the codec (`_codecs_cn.getcodec("gb2312")` …).
    pub fn from_name(name: &str) -> Option<Cjk> {
        NAMES.iter().position(|&known| known == name).map(|at| ALL[at])
    }

    /// CPython's name.
    pub fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    fn tables(self) -> &'static Tables {
        static TABLES: [OnceLock<Tables>; 11] = [const { OnceLock::new() }; 11];
        TABLES[self as usize].get_or_init(|| Tables::new(self))
    }

    /// Decodes. Returns the bytes consumed: all if `is_final`.
    pub fn decode<S: Sink, H: DecodeErrors<S>>(
        self,
        input: &[u8],
        is_final: bool,
        out: &mut S,
        errors: &mut H,
    ) -> Result<usize, H::Error> {
        let tables = self.tables();
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if byte < 0x80 {
                out.push(u32::from(byte));
                at += 1;
                continue;
            }
            let (end, reason) = match tables.read(self, &input[at..]) {
                Read::Text(text, length) => {
                    text.into_iter().filter(|&c| c != 0).for_each(|c| out.push(c));
                    at += length;
                    continue;
                }
                Read::Incomplete if !is_final => break,
                Read::Incomplete => (input.len(), INCOMPLETE),
                Read::Illegal => (at + 1, ILLEGAL),
            };
            let issue = Issue { encoding: self.name(), start: at, end, reason };
            at = errors.handle(&issue, out)?.min(input.len());
        }
        Ok(at)
    }

    /// Encodes.
    pub fn encode<U: Unit, H: EncodeErrors>(self, text: &[U], errors: &mut H) -> Result<Vec<u8>, H::Error> {
        let tables = self.tables();
        let mut out = Vec::with_capacity(text.len() * 2);
        let mut at = 0;
        while let Some(&unit) = text.get(at) {
            let next = text.get(at + 1).map(|&u| u.into());
            if let Some(length) = tables.write(self, unit.into(), next, &mut out) {
                at += length;
                continue;
            }
            let issue = Issue { encoding: self.name(), start: at, end: at + 1, reason: ILLEGAL };
            let (replacement, next) = errors.handle(&issue)?;
            match replacement {
                Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
                Replacement::Text(text) => {
                    for &c in &text {
                        if tables.write(self, c, None, &mut out).is_none() {
                            return Err(errors.fail(&issue));
                        }
                    }
                }
            }
            at = next.min(text.len());
        }
        Ok(out)
    }
}

/// What stands at the start of input; text is one code point or two, the second 0 if there is none.
enum Read {
    Text([u32; 2], usize),
    Incomplete,
    Illegal,
}

/// One to three bytes as a number with their count on top.
type Key = u32;

fn key(bytes: &[u8]) -> Key {
    bytes.iter().fold(bytes.len() as u32, |key, &byte| key << 8 | u32::from(byte))
}

fn push_key(key: Key, out: &mut Vec<u8>) {
    let bytes = key.to_be_bytes();
    let length = bytes.iter().position(|&b| b != 0).map_or(0, |at| usize::from(bytes[at]));
    out.extend_from_slice(&bytes[4 - length..]);
}

#[derive(Default)]
struct Tables {
    /// By one byte or two, from 0x80 on: `(lead - 0x80) << 8 | second`; for one byte see `singles`.
    doubles: Vec<[u32; 2]>,
    singles: Vec<u32>,
    triples: HashMap<Key, u32>,
    /// Lead bytes that are wrong whatever follows.
    wrong: Vec<bool>,
    keys: HashMap<u32, Key>,
    pairs: HashMap<[u32; 2], Key>,
    /// gb18030: what its four-byte forms below 0x90308130 stand for, in order.
    ranks: Vec<u32>,
}

impl Tables {
    fn new(codec: Cjk) -> Tables {
        let mut entries = base_entries(codec);
        let mut wrong = vec![false; 256];
        let mut exceptions = Vec::new();
        for line in deltas(codec) {
            let (first, second) = line[1..].split_once(' ').unwrap_or_default();
            match line.as_bytes()[0] {
                b'-' => entries.retain(|&(key, _)| !(read_key(first)..=read_key(second)).contains(&key)),
                b'=' => {
                    let mut text = second.split(' ').map(hexadecimal);
                    let text = [text.next().unwrap_or(0), text.next().unwrap_or(0)];
                    let key = read_key(first);
                    entries.retain(|&(known, _)| known != key);
                    entries.push((key, text));
                }
                b'!' => {
                    let (first, last) = (hexadecimal(first) as usize, hexadecimal(second) as usize);
                    wrong[first.min(255)..=last.min(255)].fill(true);
                }
                _ => exceptions.push((hexadecimal(first), (second != "-").then(|| read_key(second)))),
            }
        }
        // In the order of keys, so that the first of several encodings is the one to use.
        entries.sort_unstable();
        let mut tables = Tables { doubles: vec![[0; 2]; 0x8000], singles: vec![0; 0x80], wrong, ..Tables::default() };
        for (key, text) in entries {
            tables.add(key, text);
        }
        for (code_point, key) in exceptions {
            match key {
                Some(key) => tables.keys.insert(code_point, key),
                None => tables.keys.remove(&code_point),
            };
        }
        if codec == Cjk::Gb18030 {
            let missing = |c: &u32| !tables.keys.contains_key(c) && !(0xD800..0xE000).contains(c);
            tables.ranks = (0x80..0x10000).filter(missing).collect();
        }
        tables
    }

    fn add(&mut self, key: Key, text: [u32; 2]) {
        let index = (key & 0xFFFF) as usize;
        match key >> 16 {
            0 => self.singles[index & 0x7F] = text[0],
            2 => self.doubles[index & 0x7FFF] = text,
            _ => {
                self.triples.insert(key, text[0]);
            }
        }
        if text[1] == 0 {
            self.keys.entry(text[0]).or_insert(key);
        } else {
            self.pairs.entry(text).or_insert(key);
        }
    }

    fn read(&self, codec: Cjk, input: &[u8]) -> Read {
        let lead = input[0];
        let single = self.singles[usize::from(lead & 0x7F)];
        if single != 0 {
            return Read::Text([single, 0], 1);
        }
        if self.wrong[usize::from(lead)] {
            return Read::Illegal;
        }
        let Some(&second) = input.get(1) else {
            return Read::Incomplete;
        };
        match (codec, lead, second) {
            (Cjk::EucJp, 0x8F, _) => match input.get(2) {
                None => Read::Incomplete,
                Some(_) => self.triples.get(&key(&input[..3])).map_or(Read::Illegal, |&c| Read::Text([c, 0], 3)),
            },
            (Cjk::Gb18030, _, b'0'..=b'9') => self.read_four(input),
            (Cjk::EucKr, 0xA4, 0xD4) => read_jamo(input),
            _ => match self.doubles[usize::from(lead & 0x7F) << 8 | usize::from(second)] {
                [0, _] => Read::Illegal,
                text => Read::Text(text, 2),
            },
        }
    }

    /// gb18030 in four bytes: a mixed-radix number, of what two bytes do not reach and of the planes above.
    fn read_four(&self, input: &[u8]) -> Read {
        let Some(&[a, b, c, d]) = input.first_chunk() else {
            return Read::Incomplete;
        };
        if !(0x81..=0xFE).contains(&a) || !(0x81..=0xFE).contains(&c) || !d.is_ascii_digit() {
            return Read::Illegal;
        }
        let [a, b, c, d] = [a - 0x81, b - b'0', c - 0x81, d - b'0'].map(u32::from);
        let rank = ((a * 10 + b) * 126 + c) * 10 + d;
        if let Some(&code_point) = self.ranks.get(rank as usize) {
            return Read::Text([code_point, 0], 4);
        }
        match rank.checked_sub(ASTRAL_RANK) {
            Some(rest) if rest < 0x100000 => Read::Text([0x10000 + rest, 0], 4),
            _ => Read::Illegal,
        }
    }

    /// Writes a code point, or two; how many, or `None` if it cannot be encoded.
    fn write(&self, codec: Cjk, code_point: u32, next: Option<u32>, out: &mut Vec<u8>) -> Option<usize> {
        if code_point < 0x80 {
            out.push(code_point as u8);
            return Some(1);
        }
        if let Some(&key) = next.and_then(|next| self.pairs.get(&[code_point, next])) {
            push_key(key, out);
            return Some(2);
        }
        if let Some(&key) = self.keys.get(&code_point) {
            push_key(key, out);
            return Some(1);
        }
        match codec {
            Cjk::Gb18030 => self.write_four(code_point, out),
            Cjk::EucKr => write_jamo(code_point, out),
            _ => None,
        }
    }

    fn write_four(&self, code_point: u32, out: &mut Vec<u8>) -> Option<usize> {
        let rank = match code_point.checked_sub(0x10000) {
            Some(rest) => ASTRAL_RANK + rest,
            None => self.ranks.binary_search(&code_point).ok()? as u32,
        };
        let parts = [rank / 12600, rank / 1260 % 10, rank / 10 % 126, rank % 10];
        out.extend(parts.iter().zip([0x81, b'0', 0x81, b'0']).map(|(&part, base)| part as u8 + base));
        Some(1)
    }
}

/// The rank of U+10000 among the four-byte forms of gb18030: 0x90308130.
const ASTRAL_RANK: u32 = 189_000;

/// KS X 1001's letters, as the second byte after 0xA4, of syllables that have no code: initials, vowels from 0xBF on, finals.
const INITIALS: [u8; 19] =
    [0xA1, 0xA2, 0xA4, 0xA7, 0xA8, 0xA9, 0xB1, 0xB2, 0xB3, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xBB, 0xBC, 0xBD, 0xBE];
const FIRST_VOWEL: u8 = 0xBF;
const FINALS: [u8; 28] = [
    0xD4, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0xB0, 0xB1, 0xB2, 0xB4,
    0xB5, 0xB6, 0xB7, 0xB8, 0xBA, 0xBB, 0xBC, 0xBD, 0xBE,
];

/// euc_kr: a filler and three letters, two bytes each.
fn read_jamo(input: &[u8]) -> Read {
    let Some(&[_, _, x, initial, y, vowel, z, last]) = input.first_chunk() else {
        return Read::Incomplete;
    };
    let initial = INITIALS.iter().position(|&b| b == initial);
    let last = FINALS.iter().position(|&b| b == last);
    let vowel = vowel.checked_sub(FIRST_VOWEL).filter(|&v| v < 21);
    match (initial, vowel, last) {
        (Some(initial), Some(vowel), Some(last)) if [x, y, z] == [0xA4; 3] => {
            let index = (initial as u32 * 21 + u32::from(vowel)) * 28 + last as u32;
            Read::Text([0xAC00 + index, 0], 8)
        }
        _ => Read::Illegal,
    }
}

fn write_jamo(code_point: u32, out: &mut Vec<u8>) -> Option<usize> {
    let index = code_point.checked_sub(0xAC00).filter(|&index| index < 11172)? as usize;
    let (initial, vowel, last) = (INITIALS[index / 588], FIRST_VOWEL + (index / 28 % 21) as u8, FINALS[index % 28]);
    out.extend_from_slice(&[0xA4, 0xD4, 0xA4, initial, 0xA4, vowel, 0xA4, last]);
    Some(1)
}

/// The lines about a codec, less the one that begins them.
fn deltas(codec: Cjk) -> impl Iterator<Item = &'static str> {
    let name = codec.name();
    include_str!("cjk_deltas.txt")
        .lines()
        .skip_while(move |line| line.strip_prefix('@').and_then(|line| line.split(' ').next()) != Some(name))
        .skip(1)
        .take_while(|line| !line.starts_with('@'))
        .filter(|line| !line.is_empty())
}

fn hexadecimal(text: &str) -> u32 {
    u32::from_str_radix(text, 16).unwrap_or(0)
}

/// A key from hexadecimal bytes.
fn read_key(text: &str) -> Key {
    hexadecimal(text) | (text.len() as u32 / 2) << (4 * text.len())
}

/// What `encoding_rs` has, as keys and text.
fn base_entries(codec: Cjk) -> Vec<(Key, [u32; 2])> {
    let encoding = match codec {
        Cjk::Gb2312 | Cjk::Gbk | Cjk::Gb18030 => encoding_rs::GBK,
        Cjk::Big5 | Cjk::Cp950 | Cjk::Big5Hkscs => encoding_rs::BIG5,
        Cjk::EucKr | Cjk::Cp949 => encoding_rs::EUC_KR,
        Cjk::ShiftJis | Cjk::Cp932 => encoding_rs::SHIFT_JIS,
        Cjk::EucJp => encoding_rs::EUC_JP,
    };
    let mut entries = Vec::new();
    let mut add = |bytes: &[u8]| {
        let text = decode_strict(encoding, bytes);
        entries.extend(text.map(|text| (key(bytes), text)));
        text.is_some()
    };
    for lead in 0x80..=0xFF {
        if add(&[lead]) {
            continue;
        }
        for second in 0..=0xFF {
            add(&[lead, second]);
            if lead == 0x8F && codec == Cjk::EucJp {
                (0xA1..=0xFE).for_each(|third| {
                    add(&[lead, second, third]);
                });
            }
        }
    }
    entries
}

fn decode_strict(encoding: &'static Encoding, bytes: &[u8]) -> Option<[u32; 2]> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut text = text.chars().map(u32::from);
    Some([text.next()?, text.next().unwrap_or(0)])
}
