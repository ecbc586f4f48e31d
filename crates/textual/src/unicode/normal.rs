//! Decompositions and normal forms (Unicode Standard Annex 15).

use super::layout::{COMPOSITIONS, DECOMPOSES, DECOMPOSITION_KEYS, DECOMPOSITION_OFFSETS, DECOMPOSITION_UNITS, TAGS};
use super::record::{combining, position, record, sequence, u32_at};
use crate::Unit;

/// A normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Canonical composition.
    Nfc,
    /// Canonical decomposition.
    Nfd,
    /// Compatibility composition.
    Nfkc,
    /// Compatibility decomposition.
    Nfkd,
}

impl Form {
    /// By its name; others are "invalid normalization form", a `ValueError`.
    pub fn from_name(name: &str) -> Option<Form> {
        Some(match name {
            "NFC" => Form::Nfc,
            "NFD" => Form::Nfd,
            "NFKC" => Form::Nfkc,
            "NFKD" => Form::Nfkd,
            _ => return None,
        })
    }

    fn is_compatibility(self) -> bool {
        matches!(self, Form::Nfkc | Form::Nfkd)
    }

    fn composes(self) -> bool {
        matches!(self, Form::Nfc | Form::Nfkc)
    }

    /// Code points below this are themselves in the form, whatever stands around.
    fn safe_below(self) -> u32 {
        match self {
            Form::Nfc => 0x300,
            Form::Nfd => 0xC0,
            Form::Nfkc | Form::Nfkd => 0xA0,
        }
    }
}

const S_BASE: u32 = 0xAC00;
const L_BASE: u32 = 0x1100;
const V_BASE: u32 = 0x1161;
const T_BASE: u32 = 0x11A7;
const L_COUNT: u32 = 19;
const V_COUNT: u32 = 21;
const T_COUNT: u32 = 28;
const S_COUNT: u32 = L_COUNT * V_COUNT * T_COUNT;

/// Calls `put` for the two or three letters of a Hangul syllable; false if it is none.
fn decompose_hangul(code_point: u32, mut put: impl FnMut(u32)) -> bool {
    let index = code_point.wrapping_sub(S_BASE);
    if index >= S_COUNT {
        return false;
    }
    put(L_BASE + index / (V_COUNT * T_COUNT));
    put(V_BASE + index % (V_COUNT * T_COUNT) / T_COUNT);
    if !index.is_multiple_of(T_COUNT) {
        put(T_BASE + index % T_COUNT);
    }
    true
}

/// `unicodedata.decomposition`: a tag perhaps, and hexadecimal code points; empty if there is none.
pub fn decomposition(code_point: u32) -> String {
    let mut parts = Vec::new();
    let mut push = |part: u32| parts.push(format!("{part:04X}"));
    let mut tag = "";
    if !decompose_hangul(code_point, &mut push)
        && let Some(index) = position(&DECOMPOSITION_KEYS, code_point)
    {
        let (number, sequence) = sequence(&DECOMPOSITION_OFFSETS, &DECOMPOSITION_UNITS, index);
        tag = TAGS[usize::from(number)];
        sequence.for_each(push);
    }
    if tag.is_empty() { parts.join(" ") } else { format!("{tag} {}", parts.join(" ")) }
}

/// Appends the full decomposition of one code point.
fn decompose(code_point: u32, compatibility: bool, out: &mut Vec<u32>) {
    if !record(code_point).has(DECOMPOSES) {
        if !decompose_hangul(code_point, |part| out.push(part)) {
            out.push(code_point);
        }
        return;
    }
    let found = position(&DECOMPOSITION_KEYS, code_point)
        .map(|index| sequence(&DECOMPOSITION_OFFSETS, &DECOMPOSITION_UNITS, index))
        .filter(|(tag, _)| compatibility || *tag == 0);
    match found {
        // The database has no cycles, and is a few levels deep.
        Some((_, parts)) => parts.for_each(|part| decompose(part, compatibility, out)),
        None => out.push(code_point),
    }
}

/// Puts runs of combining marks in order of their classes.
fn reorder(text: &mut [u32]) {
    let mut at = 0;
    while at < text.len() {
        if combining(text[at]) == 0 {
            at += 1;
            continue;
        }
        let length = text[at..].iter().take_while(|&&c| combining(c) != 0).count();
        text[at..at + length].sort_by_key(|&c| combining(c));
        at += length;
    }
}

fn compose_pair(first: u32, second: u32) -> Option<u32> {
    let (l, v) = (first.wrapping_sub(L_BASE), second.wrapping_sub(V_BASE));
    if l < L_COUNT && v < V_COUNT {
        return Some(S_BASE + (l * V_COUNT + v) * T_COUNT);
    }
    let (s, t) = (first.wrapping_sub(S_BASE), second.wrapping_sub(T_BASE));
    if s < S_COUNT && s.is_multiple_of(T_COUNT) && (1..T_COUNT).contains(&t) {
        return Some(first + t);
    }
    let (mut low, mut high) = (0, COMPOSITIONS.len() / 12);
    while low < high {
        let middle = usize::midpoint(low, high);
        let found = (u32_at(&COMPOSITIONS, 3 * middle), u32_at(&COMPOSITIONS, 3 * middle + 1));
        match found.cmp(&(first, second)) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(u32_at(&COMPOSITIONS, 3 * middle + 2)),
        }
    }
    None
}

/// Joins what is decomposed and in order.
fn compose(text: &[u32]) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::with_capacity(text.len());
    let mut starter: Option<usize> = None;
    let mut last_class = 0;
    for &code_point in text {
        let class = combining(code_point);
        if let Some(at) = starter {
            // Something of the same class, or a starter, in between blocks.
            let blocked = out.len() > at + 1 && (last_class >= class || class == 0);
            if !blocked && let Some(composed) = compose_pair(out[at], code_point) {
                out[at] = composed;
                continue;
            }
        }
        if class == 0 {
            starter = Some(out.len());
        }
        last_class = class;
        out.push(code_point);
    }
    out
}

/// `unicodedata.normalize`; `None` where the text is in the form already.
pub fn normalize<U: Unit>(text: &[U], form: Form) -> Option<Vec<u32>> {
    normalize_with(text, form, |_| None)
}

/// Normalisation in which `replacement` may give other decompositions than the database has.
pub(super) fn normalize_with<U: Unit>(
    text: &[U],
    form: Form,
    replacement: impl Fn(u32) -> Option<u32>,
) -> Option<Vec<u32>> {
    if text.iter().all(|&unit| unit.into() < form.safe_below()) {
        return None;
    }
    let mut decomposed = Vec::with_capacity(text.len());
    for &unit in text {
        match replacement(unit.into()) {
            Some(replaced) => decomposed.push(replaced),
            None => decompose(unit.into(), form.is_compatibility(), &mut decomposed),
        }
    }
    reorder(&mut decomposed);
    let normal = if form.composes() { compose(&decomposed) } else { decomposed };
    let same = normal.len() == text.len() && normal.iter().zip(text).all(|(&a, &b)| a == b.into());
    (!same).then_some(normal)
}

/// `unicodedata.is_normalized`.
pub fn is_normalized<U: Unit>(text: &[U], form: Form) -> bool {
    normalize(text, form).is_none()
}
