//! Unicode 3.2 as differences from the present database, for `unicodedata.ucd_3_2_0` and what is built on it (IDNA,
//! `stringprep`). What 3.2 had not assigned answers as unassigned code points do.

use std::sync::OnceLock;

use super::normal::{Form, normalize_with};
use super::{
    bidirectional as bidirectional_now, category as category_now, combining as combining_now, decimal as decimal_now,
    decomposition as decomposition_now, digit as digit_now, east_asian_width as east_asian_width_now,
    is_mirrored as is_mirrored_now, name as name_now, numeric as numeric_now,
};
use crate::Unit;

/// What `tools/unicode_3_2.py` wrote: first and last code point, property, old value.
const DIFFERENCES: &str = include_str!("version_3_2.txt");

/// The value of something that a code point does not have.
const NONE: &str = "-";

struct Difference {
    first: u32,
    last: u32,
    property: &'static str,
    value: &'static str,
}

/// Sorted by property, then by code point.
fn differences() -> &'static [Difference] {
    static TABLE: OnceLock<Vec<Difference>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let read = |line: &'static str| {
            let mut fields = line.split(' ');
            let mut code_point = || u32::from_str_radix(fields.next()?, 16).ok();
            let (first, last) = (code_point()?, code_point()?);
            Some(Difference { first, last, property: fields.next()?, value: fields.next()? })
        };
        let mut table: Vec<Difference> = DIFFERENCES.lines().filter_map(read).collect();
        table.sort_by_key(|difference| (difference.property, difference.first));
        table
    })
}

fn old(property: &str, code_point: u32) -> Option<&'static str> {
    let table = differences();
    let after = table.partition_point(|d| (d.property, d.first) <= (property, code_point));
    let found = &table[after.checked_sub(1)?];
    (found.property == property && code_point <= found.last).then_some(found.value)
}

fn is_assigned(code_point: u32) -> bool {
    old("unassigned", code_point).is_none() && category_now(code_point) != "Cn"
}

/// As [`category`](super::category).
pub fn category(code_point: u32) -> &'static str {
    if is_assigned(code_point) { old("category", code_point).unwrap_or_else(|| category_now(code_point)) } else { "Cn" }
}

/// As [`bidirectional`](super::bidirectional).
pub fn bidirectional(code_point: u32) -> &'static str {
    if !is_assigned(code_point) {
        return "";
    }
    old("bidirectional", code_point).unwrap_or_else(|| bidirectional_now(code_point))
}

/// As [`combining`](super::combining).
pub fn combining(code_point: u32) -> u8 {
    if is_assigned(code_point) { combining_now(code_point) } else { 0 }
}

/// As [`is_mirrored`](super::is_mirrored).
pub fn is_mirrored(code_point: u32) -> bool {
    is_assigned(code_point)
        && old("mirrored", code_point).map_or_else(|| is_mirrored_now(code_point), |value| value == "1")
}

/// As [`east_asian_width`](super::east_asian_width).
pub fn east_asian_width(code_point: u32) -> &'static str {
    old("east_asian_width", code_point).unwrap_or_else(|| east_asian_width_now(code_point))
}

/// A number that the old version gave, or the present one where they agree.
fn number<T: std::str::FromStr>(property: &str, code_point: u32, now: fn(u32) -> Option<T>) -> Option<T> {
    if !is_assigned(code_point) {
        return None;
    }
    match old(property, code_point) {
        Some(NONE) => None,
        Some(value) => value.parse().ok(),
        None => now(code_point),
    }
}

/// As [`decimal`](super::decimal).
pub fn decimal(code_point: u32) -> Option<u32> {
    number("decimal", code_point, decimal_now)
}

/// As [`digit`](super::digit), which CPython does not ask the old version for.
pub fn digit(code_point: u32) -> Option<u32> {
    digit_now(code_point)
}

/// As [`numeric`](super::numeric).
pub fn numeric(code_point: u32) -> Option<f64> {
    number("numeric", code_point, numeric_now)
}

/// As [`decomposition`](super::decomposition).
pub fn decomposition(code_point: u32) -> String {
    if is_assigned(code_point) { decomposition_now(code_point) } else { String::new() }
}

/// As [`name`](super::name).
pub fn name(code_point: u32) -> Option<String> {
    if is_assigned(code_point) { name_now(code_point) } else { None }
}

/// What stands for a code point in all normal forms, where that is not what the present version says.
fn replacement(code_point: u32) -> Option<u32> {
    if !is_assigned(code_point) {
        return Some(code_point);
    }
    old("normal", code_point).and_then(|value| u32::from_str_radix(value, 16).ok())
}

/// As [`normalize`](super::normalize).
pub fn normalize<U: Unit>(text: &[U], form: Form) -> Option<Vec<u32>> {
    normalize_with(text, form, replacement)
}

/// As [`is_normalized`](super::is_normalized).
pub fn is_normalized<U: Unit>(text: &[U], form: Form) -> bool {
    normalize(text, form).is_none()
}
