//! Hangul by letters: what euc_kr does with syllables that have no code of their own, and johab.

use super::Read;
use super::tables::Tables;

/// KS X 1001's letters, as the second byte after 0xA4, of syllables that have no code: initials, vowels from 0xBF on, finals.
const INITIALS: [u8; 19] =
    [0xA1, 0xA2, 0xA4, 0xA7, 0xA8, 0xA9, 0xB1, 0xB2, 0xB3, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xBB, 0xBC, 0xBD, 0xBE];
const FIRST_VOWEL: u8 = 0xBF;
const FINALS: [u8; 28] = [
    0xD4, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0xB0, 0xB1, 0xB2, 0xB4,
    0xB5, 0xB6, 0xB7, 0xB8, 0xBA, 0xBB, 0xBC, 0xBD, 0xBE,
];

/// euc_kr: a filler and three letters, two bytes each.
pub fn read_jamo(input: &[u8]) -> Read {
    let Some(&[_, _, x, initial, y, vowel, z, last]) = input.first_chunk() else {
        return Read::Incomplete;
    };
    let initial = INITIALS.iter().position(|&b| b == initial);
    let last = FINALS.iter().position(|&b| b == last);
    let vowel = vowel.checked_sub(FIRST_VOWEL).filter(|&v| v < 21);
    match (initial, vowel, last) {
        (Some(initial), Some(vowel), Some(last)) if [x, y, z] == [0xA4; 3] => {
            let index = (initial as u32 * 21 + u32::from(vowel)) * 28 + last as u32;
            Read::Text([0xAC00 + index, 0], 8)
        }
        _ => Read::Illegal(1),
    }
}

pub fn write_jamo(code_point: u32, out: &mut Vec<u8>) -> Option<usize> {
    let index = code_point.checked_sub(0xAC00).filter(|&index| index < 11172)? as usize;
    let (initial, vowel, last) = (INITIALS[index / 588], FIRST_VOWEL + (index / 28 % 21) as u8, FINALS[index % 28]);
    out.extend_from_slice(&[0xA4, 0xD4, 0xA4, initial, 0xA4, vowel, 0xA4, last]);
    Some(1)
}

/// What a field of five bits of johab says, for the initial, the vowel and the final.
#[derive(Clone, Copy, PartialEq)]
enum Letter {
    Fill,
    Is(u8),
}

/// The codes of the initials follow each other.
fn initial_of(field: u8) -> Option<Letter> {
    match field {
        1 => Some(Letter::Fill),
        2..=20 => Some(Letter::Is(field - 2)),
        _ => None,
    }
}

/// Those of the vowels leave two of eight out.
fn vowel_of(field: u8) -> Option<Letter> {
    match field {
        2 => Some(Letter::Fill),
        3..=29 if field & 7 > 1 => Some(Letter::Is(field - 3 - 2 * (field / 8))),
        _ => None,
    }
}

/// Those of the finals leave 18 out; 0 is none.
fn final_of(field: u8) -> Option<Letter> {
    match field {
        1 => Some(Letter::Fill),
        2..=17 => Some(Letter::Is(field - 1)),
        19..=29 => Some(Letter::Is(field - 2)),
        _ => None,
    }
}

/// The compatibility letter (U+3131 …) that KS X 1001 has at a second byte.
fn letter(second: u8) -> u32 {
    0x3131 + u32::from(second - 0xA1)
}

/// johab: syllables as three fields of five bits, all else of KS X 1001 in rows of 188.
pub fn read_johab(input: &[u8], ksx1001: &Tables) -> Read {
    let [lead, second] = match *input {
        [lead, second, ..] => [lead, second],
        _ => return Read::Incomplete,
    };
    let read = if lead < 0xD8 { read_syllable(lead, second) } else { read_symbol(lead, second, ksx1001) };
    read.map_or(Read::Illegal(1), |c| Read::Text([c, 0], 2))
}

fn read_syllable(lead: u8, second: u8) -> Option<u32> {
    let initial = initial_of(lead >> 2 & 0x1F)?;
    let vowel = vowel_of((lead << 3 | second >> 5) & 0x1F)?;
    let last = final_of(second & 0x1F)?;
    Some(match (initial, vowel, last) {
        (Letter::Fill, Letter::Fill, Letter::Fill) => 0x3000,
        (Letter::Fill, Letter::Fill, Letter::Is(last)) => letter(FINALS[usize::from(last)]),
        (Letter::Fill, Letter::Is(vowel), Letter::Fill) => letter(FIRST_VOWEL + vowel),
        (Letter::Is(initial), Letter::Fill, Letter::Fill) => letter(INITIALS[usize::from(initial)]),
        (Letter::Is(initial), Letter::Is(vowel), last) => {
            let last = if let Letter::Is(last) = last { u32::from(last) } else { 0 };
            0xAC00 + u32::from(initial) * 588 + u32::from(vowel) * 28 + last
        }
        _ => return None,
    })
}

fn read_symbol(lead: u8, second: u8, ksx1001: &Tables) -> Option<u32> {
    let wrong = lead == 0xD8
        || lead == 0xDF
        || lead > 0xF9
        || second < 0x31
        || (0x80..0x91).contains(&second)
        || second & 0x7F == 0x7F
        || (lead == 0xDA && (0xA1..=0xD3).contains(&second));
    if wrong {
        return None;
    }
    let row = if lead < 0xE0 { 2 * (u16::from(lead) - 0xD9) } else { 2 * u16::from(lead) - 0x197 };
    let cell = if second < 0x91 { second - 0x31 } else { second - 0x43 };
    let row = u8::try_from(row + u16::from(cell >= 0x5E)).ok()?;
    let double = ksx1001.double(row.checked_add(0xA1)?, cell % 0x5E + 0xA1)?;
    Some(double[0])
}

/// The fields of johab that stand for letters.
fn vowel_field(vowel: u32) -> u32 {
    // Six of eight after the first five.
    vowel + 3 + 2 * ((vowel + 1) / 6)
}

fn final_field(last: u32) -> u32 {
    if last < 17 { last + 1 } else { last + 2 }
}

/// Writes a character that is not ASCII.
pub fn write_johab(code_point: u32, ksx1001: &Tables, out: &mut Vec<u8>) -> Option<usize> {
    let code = match code_point {
        0xAC00..0xD7A4 => {
            let index = code_point - 0xAC00;
            0x8000 | (index / 588 + 2) << 10 | vowel_field(index / 28 % 21) << 5 | final_field(index % 28)
        }
        0x3131..=0x3163 => letter_code((code_point - 0x3131) as u8 + 0xA1)?,
        _ => {
            let [_, count, lead, second] = ksx1001.key_of(code_point)?.to_be_bytes();
            let (row, cell) = (u16::from(lead.checked_sub(0xA1)?), u16::from(second.checked_sub(0xA1)?));
            let row = match row {
                0..=0x0B => row + 0x1B2,
                0x29..=0x5C => row + 0x197,
                _ => return None,
            };
            let cell = if row & 1 == 1 { cell + 0x5E } else { cell };
            debug_assert_eq!(count, 2);
            u32::from(row / 2) << 8 | u32::from(if cell < 0x4E { cell + 0x31 } else { cell + 0x43 })
        }
    };
    out.extend_from_slice(&(code as u16).to_be_bytes());
    Some(1)
}

/// A lone letter: as an initial if it can be one, else as a final.
fn letter_code(second: u8) -> Option<u32> {
    let position = |letters: &[u8]| letters.iter().position(|&b| b == second).map(|at| at as u32);
    let (initial, vowel, last) = if let Some(vowel) = second.checked_sub(FIRST_VOWEL) {
        (1, vowel_field(u32::from(vowel)), 1)
    } else if let Some(initial) = position(&INITIALS) {
        (initial + 2, 2, 1)
    } else {
        (1, 2, final_field(position(&FINALS)?))
    };
    Some(0x8000 | initial << 10 | vowel << 5 | last)
}
