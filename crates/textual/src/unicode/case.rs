//! Case mappings.

use super::layout::{CASE_IGNORABLE, CASED, SPECIAL_CASE, SPECIAL_KEYS, SPECIAL_OFFSETS, SPECIAL_UNITS};
use super::record::{position, record, sequence};
use crate::Unit;

/// A case to map to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `str.upper`
    Upper,
    /// `str.lower`, without regard to what stands around
    Lower,
    /// `str.title`, of a first letter
    Title,
    /// `str.casefold`
    Fold,
}

/// The mapping to one code point; what maps to several stays as it is.
pub fn map_simple(code_point: u32, case: Case) -> u32 {
    code_point.wrapping_add_signed(record(code_point).delta(case as usize))
}

/// The full mapping of one code point: calls `put` once, or up to three times.
fn map(code_point: u32, case: Case, mut put: impl FnMut(u32)) {
    let record = record(code_point);
    if record.has(SPECIAL_CASE)
        && let Some(index) = position(&SPECIAL_KEYS, code_point << 2 | case as u32)
    {
        sequence(&SPECIAL_OFFSETS, &SPECIAL_UNITS, index).1.for_each(put);
        return;
    }
    put(code_point.wrapping_add_signed(record.delta(case as usize)));
}

/// Upper case of one code point, one to three.
pub fn upper(code_point: u32, put: impl FnMut(u32)) {
    map(code_point, Case::Upper, put);
}

/// Lower case of one code point by itself; for texts see [`lower_text`].
pub fn lower(code_point: u32, put: impl FnMut(u32)) {
    map(code_point, Case::Lower, put);
}

/// Title case of one code point.
pub fn title(code_point: u32, put: impl FnMut(u32)) {
    map(code_point, Case::Title, put);
}

/// Case folding of one code point.
pub fn fold(code_point: u32, put: impl FnMut(u32)) {
    map(code_point, Case::Fold, put);
}

/// Has a case, or one of another.
pub fn is_cased(code_point: u32) -> bool {
    record(code_point).has(CASED)
}

/// Is passed over where the surroundings of a letter are looked at.
pub fn is_case_ignorable(code_point: u32) -> bool {
    record(code_point).has(CASE_IGNORABLE)
}

const SIGMA: u32 = 0x3A3;

/// Lower case of the code point at `at`: a sigma at the end of a word is a final one.
fn lower_at<U: Unit>(text: &[U], at: usize, put: &mut impl FnMut(u32)) {
    let code_point = text[at].into();
    if code_point != SIGMA {
        return lower(code_point, put);
    }
    let skipped = |unit: &&U| is_case_ignorable((**unit).into());
    let cased = |unit: Option<&U>| unit.is_some_and(|&unit| is_cased(unit.into()));
    let before = cased(text[..at].iter().rev().find(|unit| !skipped(unit)));
    let after = cased(text[at + 1..].iter().find(|unit| !skipped(unit)));
    put(if before && !after { 0x3C2 } else { 0x3C3 });
}

/// `str.lower`.
pub fn lower_text<U: Unit>(text: &[U], mut put: impl FnMut(u32)) {
    (0..text.len()).for_each(|at| lower_at(text, at, &mut put));
}

/// `str.title`: title case at the start of words, lower case in them.
pub fn title_text<U: Unit>(text: &[U], mut put: impl FnMut(u32)) {
    let mut in_word = false;
    for (at, &unit) in text.iter().enumerate() {
        if in_word {
            lower_at(text, at, &mut put);
        } else {
            title(unit.into(), &mut put);
        }
        in_word = is_cased(unit.into());
    }
}
