//! Searching and splitting slices of units: what `str` and `bytes` share.
//!
//! Needle and haystack have the same unit: a needle of a wider one cannot occur, a narrower one is widened first.

use std::ops::Range;

use crate::Unit;

/// Searches that a unit may do better than the general code.
pub trait Searchable: Unit {
    /// The first place of one unit.
    fn find_one(haystack: &[Self], unit: Self) -> Option<usize> {
        haystack.iter().position(|&u| u == unit)
    }

    /// The last place of one unit.
    fn rfind_one(haystack: &[Self], unit: Self) -> Option<usize> {
        haystack.iter().rposition(|&u| u == unit)
    }

    /// The first place of two units or more.
    fn find_many(haystack: &[Self], needle: &[Self]) -> Option<usize> {
        find_general(haystack, needle)
    }

    /// The last place of two units or more.
    fn rfind_many(haystack: &[Self], needle: &[Self]) -> Option<usize> {
        rfind_general(haystack, needle)
    }
}

impl Searchable for u8 {
    fn find_one(haystack: &[u8], unit: u8) -> Option<usize> {
        memchr::memchr(unit, haystack)
    }

    fn rfind_one(haystack: &[u8], unit: u8) -> Option<usize> {
        memchr::memrchr(unit, haystack)
    }

    fn find_many(haystack: &[u8], needle: &[u8]) -> Option<usize> {
        memchr::memmem::find(haystack, needle)
    }

    fn rfind_many(haystack: &[u8], needle: &[u8]) -> Option<usize> {
        memchr::memmem::rfind(haystack, needle)
    }
}

impl Searchable for u16 {}
impl Searchable for u32 {}

/// Where `needle` first begins; 0 for an empty one.
pub fn find<U: Searchable>(haystack: &[U], needle: &[U]) -> Option<usize> {
    match needle {
        [] => Some(0),
        [unit] => U::find_one(haystack, *unit),
        _ if needle.len() > haystack.len() => None,
        _ => U::find_many(haystack, needle),
    }
}

/// Where `needle` last begins; the end for an empty one.
pub fn rfind<U: Searchable>(haystack: &[U], needle: &[U]) -> Option<usize> {
    match needle {
        [] => Some(haystack.len()),
        [unit] => U::rfind_one(haystack, *unit),
        _ if needle.len() > haystack.len() => None,
        _ => U::rfind_many(haystack, needle),
    }
}

/// True if `needle` occurs.
pub fn contains<U: Searchable>(haystack: &[U], needle: &[U]) -> bool {
    find(haystack, needle).is_some()
}

/// How often `needle` occurs without overlap, at most `limit`; an empty one occurs everywhere, also at the end.
pub fn count<U: Searchable>(haystack: &[U], needle: &[U], limit: usize) -> usize {
    if needle.is_empty() {
        return haystack.len().saturating_add(1).min(limit);
    }
    occurrences(haystack, needle).take(limit).count()
}

/// Where `needle`, which is not empty, occurs without overlap, from the left.
pub fn occurrences<'a, U: Searchable>(haystack: &'a [U], needle: &'a [U]) -> impl Iterator<Item = usize> + 'a {
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = at + find(haystack.get(at..)?, needle)?;
        at = found + needle.len().max(1);
        Some(found)
    })
}

/// `split(separator, limit)`: the pieces between at most `limit` separators, which are not empty.
pub fn split<U: Searchable>(text: &[U], separator: &[U], limit: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for at in occurrences(text, separator).take(limit) {
        pieces.push(start..at);
        start = at + separator.len();
    }
    pieces.push(start..text.len());
    pieces
}

/// `rsplit(separator, limit)`: as [`split`], the separators taken from the right; pieces in order.
pub fn rsplit<U: Searchable>(text: &[U], separator: &[U], limit: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut end = text.len();
    while pieces.len() < limit
        && !separator.is_empty()
        && let Some(at) = rfind(&text[..end], separator)
    {
        pieces.push(at + separator.len()..end);
        end = at;
    }
    pieces.push(0..end);
    pieces.reverse();
    pieces
}

/// `split(None, limit)`: runs without space; after `limit` of them the rest as it is, less the space before it.
pub fn split_whitespace<U: Unit>(text: &[U], limit: usize, is_space: impl Fn(u32) -> bool) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let space = |at: usize| is_space(text[at].into());
    loop {
        while at < text.len() && space(at) {
            at += 1;
        }
        if at == text.len() {
            return pieces;
        }
        let start = at;
        if pieces.len() == limit {
            pieces.push(start..text.len());
            return pieces;
        }
        while at < text.len() && !space(at) {
            at += 1;
        }
        pieces.push(start..at);
    }
}

/// `rsplit(None, limit)`: as [`split_whitespace`] from the right; pieces in order.
pub fn rsplit_whitespace<U: Unit>(text: &[U], limit: usize, is_space: impl Fn(u32) -> bool) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut end = text.len();
    let space = |at: usize| is_space(text[at].into());
    loop {
        while end > 0 && space(end - 1) {
            end -= 1;
        }
        if end == 0 {
            break;
        }
        let last = end;
        if pieces.len() == limit {
            pieces.push(0..last);
            break;
        }
        while end > 0 && !space(end - 1) {
            end -= 1;
        }
        pieces.push(end..last);
    }
    pieces.reverse();
    pieces
}

/// `splitlines(keep_ends)`; a carriage return and line feed are one end.
pub fn split_lines<U: Unit>(text: &[U], keep_ends: bool, is_end: impl Fn(u32) -> bool) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < text.len() {
        let unit: u32 = text[at].into();
        if !is_end(unit) {
            at += 1;
            continue;
        }
        let pair = unit == 0x0D && text.get(at + 1).is_some_and(|&u| u.into() == 0x0A);
        let next = at + 1 + usize::from(pair);
        lines.push(start..if keep_ends { next } else { at });
        (start, at) = (next, next);
    }
    if start < text.len() {
        lines.push(start..text.len());
    }
    lines
}

/// A needle this short, or a text this small, is not worth preparing for.
const SMALL: usize = 64;

fn find_general<U: Searchable>(haystack: &[U], needle: &[U]) -> Option<usize> {
    if needle.len() < SMALL || haystack.len() < 16 * SMALL {
        find_by_first(haystack, needle)
    } else {
        TwoWay::new(needle).find(haystack)
    }
}

/// Looks for the first unit, then compares; gives up for [`TwoWay`] where that turns out to be slow.
fn find_by_first<U: Searchable>(haystack: &[U], needle: &[U]) -> Option<usize> {
    let (first, last) = (needle[0], needle[needle.len() - 1]);
    let end = haystack.len() - needle.len() + 1;
    let mut wasted = 0;
    let mut at = 0;
    while at < end {
        at += U::find_one(&haystack[at..end], first)?;
        if haystack[at + needle.len() - 1] == last {
            let same = haystack[at..].iter().zip(needle).take_while(|(a, b)| a == b).count();
            if same == needle.len() {
                return Some(at);
            }
            wasted += same;
        }
        at += 1;
        if wasted > 4 * at + 16 * SMALL {
            return Some(at + TwoWay::new(needle).find(&haystack[at..])?);
        }
    }
    None
}

/// The same from the right: reversed, the last match is the first.
fn rfind_general<U: Searchable>(haystack: &[U], needle: &[U]) -> Option<usize> {
    let last = needle[needle.len() - 1];
    let mut wasted = 0;
    let mut end = haystack.len();
    while end >= needle.len() {
        let at = needle.len() - 1 + U::rfind_one(&haystack[needle.len() - 1..end], last)?;
        let same = haystack[..=at].iter().rev().zip(needle.iter().rev()).take_while(|(a, b)| a == b).count();
        if same == needle.len() {
            return Some(at + 1 - needle.len());
        }
        wasted += same;
        end = at;
        if wasted > 4 * (haystack.len() - end) + 16 * SMALL {
            let reversed: Vec<U> = haystack[..end].iter().rev().copied().collect();
            let wanted: Vec<U> = needle.iter().rev().copied().collect();
            return TwoWay::new(&wanted).find(&reversed).map(|found| end - found - needle.len());
        }
    }
    None
}

/// The two-way algorithm (Crochemore and Perrin 1991): linear time, constant space.
struct TwoWay<'a, U> {
    needle: &'a [U],
    /// Where the needle is cut.
    critical: usize,
    /// How far to move when the left half differs.
    period: usize,
    /// The needle repeats itself with `period`, so that what was compared may be remembered.
    periodic: bool,
}

impl<'a, U: Unit> TwoWay<'a, U> {
    fn new(needle: &'a [U]) -> Self {
        let (less_at, less_period) = maximal_suffix(needle, |a, b| a < b);
        let (more_at, more_period) = maximal_suffix(needle, |a, b| a > b);
        let (critical, period) = if less_at > more_at { (less_at, less_period) } else { (more_at, more_period) };
        let periodic = critical + period <= needle.len() && needle[..critical] == needle[period..period + critical];
        let period = if periodic { period } else { critical.max(needle.len() - critical) + 1 };
        TwoWay { needle, critical, period, periodic }
    }

    fn find(&self, haystack: &[U]) -> Option<usize> {
        let needle = self.needle;
        let mut at = 0;
        // How much of the needle's start is known to match.
        let mut memory = 0;
        while at + needle.len() <= haystack.len() {
            let window = &haystack[at..at + needle.len()];
            let from = self.critical.max(memory);
            if let Some(wrong) = (from..needle.len()).find(|&i| needle[i] != window[i]) {
                at += wrong - self.critical + 1;
                memory = 0;
                continue;
            }
            if (memory..self.critical).rev().all(|i| needle[i] == window[i]) {
                return Some(at);
            }
            at += self.period;
            memory = if self.periodic { needle.len() - self.period } else { 0 };
        }
        None
    }
}

/// Where the suffix that is greatest in the given order begins, and its period.
fn maximal_suffix<U: Unit>(needle: &[U], less: impl Fn(U, U) -> bool) -> (usize, usize) {
    let (mut suffix, mut candidate, mut offset, mut period) = (0, 1, 0, 1);
    while candidate + offset < needle.len() {
        let (a, b) = (needle[candidate + offset], needle[suffix + offset]);
        if less(a, b) {
            candidate += offset + 1;
            offset = 0;
            period = candidate - suffix;
        } else if a == b {
            if offset + 1 == period {
                candidate += period;
                offset = 0;
            } else {
                offset += 1;
            }
        } else {
            suffix = candidate;
            candidate += 1;
            offset = 0;
            period = 1;
        }
    }
    (suffix, period)
}
