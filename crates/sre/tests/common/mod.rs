//! Character tables good enough for the tests: those of Rust's `char`.

use pyrope_sre::Characters;

pub struct Std;

fn of(c: u32) -> Option<char> {
    char::from_u32(c)
}

/// The mapping if it is one character, the first of it for `İ`, the character itself otherwise.
fn simple(c: u32, mut mapped: impl Iterator<Item = char>) -> u32 {
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => single.into(),
        (Some(first), Some(_)) if c == 0x130 => first.into(),
        _ => c,
    }
}

impl Characters for Std {
    fn is_alnum(&self, c: u32) -> bool {
        of(c).is_some_and(char::is_alphanumeric)
    }
    fn is_space(&self, c: u32) -> bool {
        (0x1C..=0x1F).contains(&c) || of(c).is_some_and(char::is_whitespace)
    }
    fn is_decimal(&self, c: u32) -> bool {
        (0x30..=0x39).contains(&c) || (0x660..=0x669).contains(&c)
    }
    fn is_linebreak(&self, c: u32) -> bool {
        matches!(c, 0x0A..=0x0D | 0x1C..=0x1E | 0x85 | 0x2028 | 0x2029)
    }
    fn to_lower(&self, c: u32) -> u32 {
        of(c).map_or(c, |char| simple(c, char.to_lowercase()))
    }
    fn to_upper(&self, c: u32) -> u32 {
        of(c).map_or(c, |char| simple(c, char.to_uppercase()))
    }
}
