//! The tables of the encodings that are one: two or three bytes for a character or two.
//!
//! They are those of `encoding_rs`, put right by `deltas.txt` where CPython's differ. JIS X 0213, which `encoding_rs` does
//! not have, is written there whole, as CPython's codec gives it: on top of euc_jp's.

use std::collections::{HashMap, HashSet};

use encoding_rs::Encoding;

use super::jamo::{read_jamo, write_jamo};
use super::{Cjk, Read};

/// One to three bytes as a number with their count on top.
pub type Key = u32;

fn key(bytes: &[u8]) -> Key {
    bytes.iter().fold(bytes.len() as u32, |key, &byte| key << 8 | u32::from(byte))
}

fn push_key(key: Key, out: &mut Vec<u8>) {
    let bytes = key.to_be_bytes();
    let length = bytes.iter().position(|&b| b != 0).map_or(0, |at| usize::from(bytes[at]));
    out.extend_from_slice(&bytes[4 - length..]);
}

/// See the head of the file.
#[derive(Default)]
pub struct Tables {
    /// By one byte or two, from 0x80 on: `(lead - 0x80) << 8 | second`; for one byte see `singles`.
    doubles: Vec<[u32; 2]>,
    singles: Vec<u32>,
    triples: HashMap<Key, u32>,
    /// Lead bytes that are wrong whatever follows.
    wrong: Vec<bool>,
    keys: HashMap<u32, Key>,
    pairs: HashMap<[u32; 2], Key>,
    /// What the pairs begin with.
    starts: HashSet<u32>,
    /// gb18030: what its four-byte forms below 0x90308130 stand for, in order.
    ranks: Vec<u32>,
}

impl Tables {
    pub fn new(codec: Cjk) -> Tables {
        let mut wrong = vec![false; 256];
        let mut exceptions = Vec::new();
        for line in deltas(codec) {
            let (first, second) = fields(line);
            match line.as_bytes()[0] {
                b'!' => {
                    let (first, last) = (hexadecimal(first) as usize, hexadecimal(second) as usize);
                    wrong[first.min(255)..=last.min(255)].fill(true);
                }
                b'<' => exceptions.push((hexadecimal(first), (second != "-").then(|| read_key(second)))),
                _ => {}
            }
        }
        let mut entries = entries(codec);
        // In the order of keys, so that the first of several encodings is the one to use.
        entries.sort_unstable_by_key(|&(key, text)| (is_supplement(key), key, text));
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
            self.starts.insert(text[0]);
        }
    }

    /// The text of two bytes, the first at least 0x80.
    pub fn double(&self, lead: u8, second: u8) -> Option<[u32; 2]> {
        Some(self.doubles[usize::from(lead & 0x7F) << 8 | usize::from(second)]).filter(|text| text[0] != 0)
    }

    /// The character of three bytes.
    pub fn triple(&self, bytes: [u8; 3]) -> Option<u32> {
        self.triples.get(&key(&bytes)).copied()
    }

    /// The bytes of a character, as a number.
    pub fn key_of(&self, code_point: u32) -> Option<Key> {
        self.keys.get(&code_point).copied()
    }

    /// The bytes of two characters together, as a number.
    pub fn key_of_pair(&self, first: u32, second: u32) -> Option<Key> {
        self.pairs.get(&[first, second]).copied()
    }

    /// True if a following character may join this one.
    pub fn may_join(&self, code_point: u32) -> bool {
        self.starts.contains(&code_point)
    }

    pub fn read(&self, codec: Cjk, input: &[u8]) -> Read {
        let lead = input[0];
        let single = self.singles[usize::from(lead & 0x7F)];
        if single != 0 {
            return Read::Text([single, 0], 1);
        }
        if self.wrong[usize::from(lead)] {
            return ILLEGAL;
        }
        let Some(&second) = input.get(1) else {
            return Read::Incomplete;
        };
        match (codec, lead, second) {
            (Cjk::EucJp | Cjk::EucJis2004 | Cjk::EucJisx0213, 0x8F, _) => match input.get(2) {
                None => Read::Incomplete,
                Some(&third) => self.triple([lead, second, third]).map_or(ILLEGAL, |c| Read::Text([c, 0], 3)),
            },
            (Cjk::Gb18030, _, b'0'..=b'9') => self.read_four(input),
            (Cjk::EucKr, 0xA4, 0xD4) => read_jamo(input),
            _ => match (self.double(lead, second), newer_edition(codec)) {
                (Some(text), _) => Read::Text(text, 2),
                // Known not to be there yet, both bytes together.
                (None, Some(newer)) if newer.tables().double(lead, second).is_some() => Read::Illegal(2),
                (None, _) => ILLEGAL,
            },
        }
    }

    /// gb18030 in four bytes: a mixed-radix number, of what two bytes do not reach and of the planes above.
    fn read_four(&self, input: &[u8]) -> Read {
        let Some(&[a, b, c, d]) = input.first_chunk() else {
            return Read::Incomplete;
        };
        if !(0x81..=0xFE).contains(&a) || !(0x81..=0xFE).contains(&c) || !d.is_ascii_digit() {
            return ILLEGAL;
        }
        let [a, b, c, d] = [a - 0x81, b - b'0', c - 0x81, d - b'0'].map(u32::from);
        let rank = ((a * 10 + b) * 126 + c) * 10 + d;
        if let Some(&code_point) = self.ranks.get(rank as usize) {
            return Read::Text([code_point, 0], 4);
        }
        match rank.checked_sub(ASTRAL_RANK) {
            Some(rest) if rest < 0x100000 => Read::Text([0x10000 + rest, 0], 4),
            _ => ILLEGAL,
        }
    }

    /// Writes a code point, or two; how many, or `None` if it cannot be encoded.
    pub fn write(&self, codec: Cjk, code_point: u32, next: Option<u32>, out: &mut Vec<u8>) -> Option<usize> {
        if code_point < 0x80 && !codec.is_roman(code_point) {
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

/// Where JIS X 0213 of 2000 stands as it is in 2004.
fn newer_edition(codec: Cjk) -> Option<Cjk> {
    match codec {
        Cjk::EucJisx0213 => Some(Cjk::EucJis2004),
        Cjk::ShiftJisx0213 => Some(Cjk::ShiftJis2004),
        _ => None,
    }
}

const ILLEGAL: Read = Read::Illegal(1);

/// The lines about a codec, less the one that begins them.
fn deltas(codec: Cjk) -> impl Iterator<Item = &'static str> {
    let name = codec.name();
    include_str!("deltas.txt")
        .lines()
        .skip_while(move |line| line.strip_prefix('@').and_then(|line| line.split(' ').next()) != Some(name))
        .skip(1)
        .take_while(|line| !line.starts_with('@'))
        .filter(|line| !line.is_empty())
}

/// What follows the first letter of a line: the first field and the rest.
fn fields(line: &str) -> (&str, &str) {
    line[1..].split_once(' ').unwrap_or_default()
}

fn hexadecimal(text: &str) -> u32 {
    u32::from_str_radix(text, 16).unwrap_or(0)
}

/// A key from hexadecimal bytes.
fn read_key(text: &str) -> Key {
    hexadecimal(text) | (text.len() as u32 / 2) << (4 * text.len())
}

type Entry = (Key, [u32; 2]);

/// What bytes stand for: a base, and the lines that take away (`-FIRST LAST`), set one key (`=KEY TEXT`) or several that
/// follow each other (`+KEY CHARACTER …`).
fn entries(codec: Cjk) -> Vec<Entry> {
    let mut entries = match codec {
        Cjk::EucJis2004 => entries(Cjk::EucJp),
        Cjk::EucJisx0213 => entries(Cjk::EucJis2004),
        Cjk::ShiftJis2004 => shifted(entries(Cjk::EucJis2004)),
        Cjk::ShiftJisx0213 => shifted(entries(Cjk::EucJisx0213)),
        _ => base_entries(codec),
    };
    for line in deltas(codec) {
        let (first, second) = fields(line);
        let mut set: Vec<Entry> = Vec::new();
        match line.as_bytes()[0] {
            b'-' => entries.retain(|&(key, _)| !(read_key(first)..=read_key(second)).contains(&key)),
            b'=' => {
                let mut text = second.split(' ').map(hexadecimal);
                set.push((read_key(first), [text.next().unwrap_or(0), text.next().unwrap_or(0)]));
            }
            b'+' => set.extend((read_key(first)..).zip(second.split(' ').map(|c| [hexadecimal(c), 0]))),
            _ => continue,
        }
        if let (Some(&(first, _)), Some(&(last, _))) = (set.first(), set.last()) {
            entries.retain(|(key, _)| !(first..=last).contains(key));
        }
        entries.append(&mut set);
    }
    entries
}

/// The rows of JIS X 0213's second plane; the others of EUC's codeset 3 are JIS X 0212's.
pub fn is_second_plane(row: u8) -> bool {
    matches!(row & 0x7F, 0x21 | 0x23..=0x25 | 0x28 | 0x2C..=0x2F | 0x6E..=0x7E)
}

/// True of a key of three bytes in JIS X 0212, which is used for what no plane of JIS X 0213 has.
fn is_supplement(key: Key) -> bool {
    key >> 16 == 0x038F && !is_second_plane((key >> 8) as u8)
}

/// EUC's entries as those of Shift JIS: each odd row and the even one behind it in one row of 188.
fn shifted(entries: Vec<Entry>) -> Vec<Entry> {
    let shift = |key: Key| {
        let [count, lead, row, cell] = key.to_be_bytes();
        let (row, cell) = match (count, lead, row) {
            (0, 2, 0x8E) => return Some(self::key(&[cell])),
            (0, 2, _) => (row - 0xA1, cell - 0xA1),
            (3, 0x8F, 0xEE..) => (row - 0x87, cell - 0xA1),
            (3, 0x8F, 0xA8 | 0xAC..) => (row - 0x49, cell - 0xA1),
            (3, 0x8F, _) => (row - 0x43, cell - 0xA1),
            _ => return None,
        };
        let cell = if row & 1 == 1 { cell + 0x5E } else { cell };
        let lead = row / 2 + if row / 2 < 0x1F { 0x81 } else { 0xC1 };
        Some(self::key(&[lead, cell + if cell < 0x3F { 0x40 } else { 0x41 }]))
    };
    let kept = entries.into_iter().filter(|&(key, _)| !is_supplement(key));
    kept.filter_map(|(key, text)| Some((shift(key)?, text))).collect()
}

/// What `encoding_rs` has, as keys and text.
fn base_entries(codec: Cjk) -> Vec<Entry> {
    let encoding = match codec {
        Cjk::Gb2312 | Cjk::Gbk | Cjk::Gb18030 => encoding_rs::GBK,
        Cjk::Big5 | Cjk::Cp950 | Cjk::Big5Hkscs => encoding_rs::BIG5,
        Cjk::EucKr | Cjk::Cp949 => encoding_rs::EUC_KR,
        Cjk::ShiftJis | Cjk::Cp932 => encoding_rs::SHIFT_JIS,
        Cjk::EucJp => encoding_rs::EUC_JP,
        // These have no tables, or others' ones.
        _ => return Vec::new(),
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
