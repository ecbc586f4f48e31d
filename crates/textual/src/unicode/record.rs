//! Properties of a code point.

use std::ops::Range;

use super::layout::*;

/// What `tools/unicode_tables.py` wrote.
pub(super) static TABLES: &[u8] = include_bytes!("tables.bin");

const BLOCK_BITS: u32 = 7;
const RECORD_SIZE: usize = 24;
/// No digit.
const NO_DIGIT: u8 = 255;

/// Properties many code points share.
#[derive(Clone, Copy)]
pub(super) struct Record(&'static [u8; RECORD_SIZE]);

pub(super) fn u16_at(section: &Range<usize>, index: usize) -> u16 {
    let at = section.start + 2 * index;
    u16::from_le_bytes([TABLES[at], TABLES[at + 1]])
}

pub(super) fn u32_at(section: &Range<usize>, index: usize) -> u32 {
    let at = section.start + 4 * index;
    u32::from_le_bytes([TABLES[at], TABLES[at + 1], TABLES[at + 2], TABLES[at + 3]])
}

/// The record of a code point; that of an unassigned one beyond the end.
pub(super) fn record(code_point: u32) -> Record {
    let code_point = if code_point > 0x10FFFF { 0x378 } else { code_point };
    let block = u16_at(&FIRST_STAGE, (code_point >> BLOCK_BITS) as usize);
    let within = code_point & ((1 << BLOCK_BITS) - 1);
    let index = u16_at(&SECOND_STAGE, (usize::from(block) << BLOCK_BITS) + within as usize);
    let at = RECORDS.start + RECORD_SIZE * usize::from(index);
    Record(TABLES[at..].first_chunk().unwrap_or(&[0; RECORD_SIZE]))
}

impl Record {
    pub(super) fn has(self, flag: u16) -> bool {
        u16::from_le_bytes([self.0[6], self.0[7]]) & flag != 0
    }

    /// What to add for a case mapping to one code point: upper, lower, title, fold.
    pub(super) fn delta(self, kind: usize) -> i32 {
        let at = 8 + 4 * kind;
        i32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    pub(super) fn combining(self) -> u8 {
        self.0[2]
    }
}

/// General category: `Lu`, `Nd`, … and `Cn` for what is not assigned.
pub fn category(code_point: u32) -> &'static str {
    CATEGORIES[usize::from(record(code_point).0[0])]
}

/// Bidirectional class, empty for what is not assigned.
pub fn bidirectional(code_point: u32) -> &'static str {
    BIDIRECTIONAL[usize::from(record(code_point).0[1])]
}

/// Canonical combining class.
pub fn combining(code_point: u32) -> u8 {
    record(code_point).combining()
}

/// East Asian width: `F H W Na A N`.
pub fn east_asian_width(code_point: u32) -> &'static str {
    WIDTHS[usize::from(record(code_point).0[3])]
}

/// Numeric value, fractions included (`unicodedata.numeric`).
pub fn numeric(code_point: u32) -> Option<f64> {
    let record = record(code_point);
    if !record.has(NUMERIC) {
        return None;
    }
    let at = NUMERIC_VALUES.start + 8 * usize::from(record.0[4]);
    TABLES[at..].first_chunk().map(|&bytes| f64::from_le_bytes(bytes))
}

/// Value of a digit, decimal or not (`unicodedata.digit`).
pub fn digit(code_point: u32) -> Option<u32> {
    let digit = record(code_point).0[5];
    (digit != NO_DIGIT).then_some(u32::from(digit))
}

/// `str.isdecimal` of one code point.
pub fn is_decimal(code_point: u32) -> bool {
    super::decimal(code_point).is_some()
}

/// `str.isalnum` of one code point.
pub fn is_alnum(code_point: u32) -> bool {
    record(code_point).has(ALPHA | DIGIT | NUMERIC)
}

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident = $flag:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(code_point: u32) -> bool {
            record(code_point).has($flag)
        })*
    };
}

predicates! {
    /// Mirrored in text that runs from right to left.
    is_mirrored = MIRRORED;
    /// `str.isalpha` of one code point.
    is_alpha = ALPHA;
    /// `str.isdigit` of one code point.
    is_digit = DIGIT;
    /// `str.isnumeric` of one code point.
    is_numeric = NUMERIC;
    /// `str.isprintable` of one code point.
    is_printable = PRINTABLE;
    /// `str.isspace` of one code point.
    is_space = SPACE;
    /// Ends a line for `str.splitlines`.
    is_line_end = LINE_END;
    /// May begin an identifier (`_` included).
    is_id_start = ID_START;
    /// May follow in an identifier.
    is_id_continue = ID_CONTINUE;
    /// Lower case, for `str.islower`.
    is_lower = LOWER;
    /// Upper case, for `str.isupper`.
    is_upper = UPPER;
    /// Title case (`ǅ`), for `str.istitle`.
    is_title = TITLE;
}

/// Where `key` is among the sorted numbers of a section.
pub(super) fn position(keys: &Range<usize>, key: u32) -> Option<usize> {
    let (mut low, mut high) = (0, keys.len() / 4);
    while low < high {
        let middle = usize::midpoint(low, high);
        match u32_at(keys, middle).cmp(&key) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(middle),
        }
    }
    None
}

/// A sequence of the tables: its extra number and its code points.
pub(super) fn sequence(offsets: &Range<usize>, units: &Range<usize>, index: usize) -> (u8, impl Iterator<Item = u32>) {
    let start = units.start + 3 * usize::from(u16_at(offsets, index));
    let (length, extra) = (usize::from(TABLES[start]), TABLES[start + 1]);
    let parts = TABLES[start + 3..start + 3 + 3 * length].chunks_exact(3);
    (extra, parts.map(|unit| u32::from(unit[0]) | u32::from(unit[1]) << 8 | u32::from(unit[2]) << 16))
}
