//! Names of characters.

use std::sync::OnceLock;

use super::record::category;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A character.
    Char(u32),
    /// A named sequence.
    Sequence(Vec<u32>),
}

/// `unicodedata.name`; `None` where there is no name.
pub fn name(code_point: u32) -> Option<String> {
    // The names come from a later version: what this one has not assigned stays nameless.
    if category(code_point) == "Cn" {
        return None;
    }
    unicode_names2::name(char::from_u32(code_point)?).map(|name| name.to_string())
}

/// `unicodedata.lookup`, without regard to case. `\N{…}` and `unicode_escape` take a single character only.
pub fn lookup(name: &str) -> Option<Found> {
    let wanted = name.to_ascii_uppercase();
    if !name.is_ascii() || name.starts_with('-') {
        return None;
    }
    // The crate also finds other spellings of spaces and hyphens.
    if let Some(c) = unicode_names2::character(&wanted) {
        let code_point = c as u32;
        if self::name(code_point).is_some_and(|name| name == wanted) {
            return Some(Found::Char(code_point));
        }
    }
    if let Some(code_point) = wanted.strip_prefix("TANGUT IDEOGRAPH-").and_then(tangut) {
        return Some(Found::Char(code_point));
    }
    let extra = extra_names();
    let at = extra.binary_search_by(|(known, _)| (*known).cmp(wanted.as_str())).ok()?;
    let code_points: Vec<u32> = extra[at].1.split(' ').filter_map(|code| u32::from_str_radix(code, 16).ok()).collect();
    Some(match code_points[..] {
        [one] => Found::Char(one),
        _ => Found::Sequence(code_points),
    })
}

/// CPython finds Tangut ideographs by name, but does not name them.
fn tangut(digits: &str) -> Option<u32> {
    let code_point = u32::from_str_radix(digits, 16).ok()?;
    let listed = matches!(code_point, 0x17000..=0x187F7 | 0x18D00..=0x18D08);
    (listed && digits.len() == 5).then_some(code_point)
}

/// Aliases and named sequences, sorted: name, code points.
fn extra_names() -> &'static [(&'static str, &'static str)] {
    static NAMES: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names: Vec<_> =
            include_str!("extra_names.txt").lines().filter_map(|line| line.split_once(';')).collect();
        names.sort_unstable();
        names
    })
}
