//! Groups of digits.

use super::Grouping;

/// What a locale says about numbers, in the terms of C's `localeconv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale {
    /// Between the whole part and the fraction.
    pub decimal_point: String,
    /// Between groups of digits.
    pub thousands_sep: String,
    /// Sizes of groups from the right; a zero (or the end) repeats the last, 127 ends grouping.
    pub grouping: Vec<u8>,
}

impl Locale {
    /// The "C" locale.
    pub fn c() -> Self {
        Locale { decimal_point: ".".to_owned(), thousands_sep: String::new(), grouping: Vec::new() }
    }

    pub(super) fn of(grouping: Grouping) -> Self {
        let (separator, size) = match grouping {
            Grouping::None => return Locale::c(),
            Grouping::Comma => (",", 3),
            Grouping::Underscore => ("_", 3),
            Grouping::UnderscoreFour => ("_", 4),
        };
        Locale { decimal_point: ".".to_owned(), thousands_sep: separator.to_owned(), grouping: vec![size] }
    }
}

/// Sizes of groups from the right, endless unless grouping ends.
fn sizes(grouping: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut at = 0;
    let mut last = 0;
    std::iter::from_fn(move || {
        match grouping.get(at) {
            Some(127) => return None,
            None | Some(0) => {}
            Some(&size) => {
                last = usize::from(size);
                at += 1;
            }
        }
        (last > 0).then_some(last)
    })
}

/// ASCII digits with separators, led by zeros (grouped as well) to fill at least `least` characters.
///
/// The number of characters is counted in code points of the separator.
pub(super) fn group(digits: &str, least: usize, locale: &Locale) -> String {
    let separator_width = locale.thousands_sep.chars().count();
    let mut left = least as i64;
    let mut rest = digits.as_bytes();
    // Groups from the right: zeros before, digits.
    let mut groups: Vec<(usize, &[u8])> = Vec::new();
    let mut sizes = sizes(&locale.grouping);
    loop {
        let needed = (rest.len() as i64).max(left).max(1) as usize;
        let size = sizes.next();
        let length = size.map_or(needed, |size| size.min(needed));
        let zeros = length.saturating_sub(rest.len());
        let split = rest.len() - (length - zeros);
        groups.push((zeros, &rest[split..]));
        rest = &rest[..split];
        left -= length as i64;
        if size.is_none() || (rest.is_empty() && left <= 0) {
            break;
        }
        left -= separator_width as i64;
    }
    let mut out = String::with_capacity(digits.len().max(least) * 4 / 3 + 8);
    for (index, (zeros, digits)) in groups.iter().rev().enumerate() {
        if index > 0 {
            out.push_str(&locale.thousands_sep);
        }
        out.extend(std::iter::repeat_n('0', *zeros));
        out.extend(digits.iter().map(|&d| d as char));
    }
    out
}

/// Digits of a fraction in groups of three from the left.
pub(super) fn group_fraction(digits: &str, grouping: Grouping) -> String {
    let separator = match grouping {
        Grouping::None => return digits.to_owned(),
        Grouping::Comma => ',',
        _ => '_',
    };
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}
