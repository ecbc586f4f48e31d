//! Where things are in `tables.bin`. Written by `tools/unicode_tables.py`.

use std::ops::Range;

/// The version of Unicode.
pub const VERSION: &str = "16.0.0";
pub(super) const FIRST_STAGE: Range<usize> = 0..17408;
pub(super) const SECOND_STAGE: Range<usize> = 17408..103680;
pub(super) const RECORDS: Range<usize> = 103680..131544;
pub(super) const NUMERIC_VALUES: Range<usize> = 131544..132704;
pub(super) const SPECIAL_KEYS: Range<usize> = 132704..133724;
pub(super) const SPECIAL_OFFSETS: Range<usize> = 133724..134234;
pub(super) const SPECIAL_UNITS: Range<usize> = 134234..136673;
pub(super) const DECOMPOSITION_KEYS: Range<usize> = 136673..160325;
pub(super) const DECOMPOSITION_OFFSETS: Range<usize> = 160325..172151;
pub(super) const DECOMPOSITION_UNITS: Range<usize> = 172151..216107;
pub(super) const COMPOSITIONS: Range<usize> = 216107..227639;
pub(super) const MIRRORED: u16 = 1 << 0;
pub(super) const ALPHA: u16 = 1 << 1;
pub(super) const DIGIT: u16 = 1 << 2;
pub(super) const NUMERIC: u16 = 1 << 3;
pub(super) const PRINTABLE: u16 = 1 << 4;
pub(super) const SPACE: u16 = 1 << 5;
pub(super) const LINE_END: u16 = 1 << 6;
pub(super) const ID_START: u16 = 1 << 7;
pub(super) const ID_CONTINUE: u16 = 1 << 8;
pub(super) const LOWER: u16 = 1 << 9;
pub(super) const UPPER: u16 = 1 << 10;
pub(super) const TITLE: u16 = 1 << 11;
pub(super) const CASED: u16 = 1 << 12;
pub(super) const CASE_IGNORABLE: u16 = 1 << 13;
pub(super) const SPECIAL_CASE: u16 = 1 << 14;
pub(super) const DECOMPOSES: u16 = 1 << 15;
pub(super) const CATEGORIES: [&str; 30] = ["Cc", "Zs", "Po", "Sc", "Ps", "Pe", "Sm", "Pd", "Nd", "Lu", "Sk", "Pc", "Ll", "So", "Lo", "Pi", "Cf", "No", "Pf", "Lt", "Lm", "Mn", "Cn", "Me", "Mc", "Nl", "Zl", "Zp", "Cs", "Co"];
pub(super) const BIDIRECTIONAL: [&str; 24] = ["BN", "S", "B", "WS", "ON", "ET", "ES", "CS", "EN", "L", "NSM", "", "R", "AN", "AL", "LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"];
pub(super) const WIDTHS: [&str; 6] = ["N", "Na", "A", "W", "H", "F"];
pub(super) const TAGS: [&str; 17] = ["", "<noBreak>", "<compat>", "<super>", "<fraction>", "<sub>", "<font>", "<circle>", "<wide>", "<vertical>", "<square>", "<isolated>", "<final>", "<initial>", "<medial>", "<small>", "<narrow>"];
