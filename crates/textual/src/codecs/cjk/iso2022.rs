//! ISO 2022: escape sequences designate character sets to G0, G1 and G2, SO and SI shift between the first two.

use super::tables::{Tables, is_second_plane};
use super::{Cjk, Read, State};

const ESC: u8 = 0x1B;
const SO: u8 = 0x0E;
const SI: u8 = 0x0F;

/// What is added to the final byte of a set of two bytes.
const DOUBLE: u8 = 0x80;
const ASCII: u8 = b'B';

/// In the state: the sets in G0, G1 and G2, then the flags.
const FLAGS: usize = 4;
const SHIFTED: u8 = 1;
/// A foreign escape sequence is being passed on.
const FOREIGN: u8 = 2;

/// The longest escape sequence looked at.
const MAX_ESCAPE: usize = 16;

/// A character set; those of JIS X 0213 by the codec that has its edition.
#[derive(Clone, Copy)]
enum Set {
    Latin1,
    Greek,
    Roman,
    Katakana,
    Gb2312,
    Jisx0208,
    Jisx0212,
    Ksx1001,
    FirstPlane(Cjk),
    SecondPlane(Cjk),
}

/// A set, its mark in escape sequences, and where an encoder designates it.
struct Designation {
    set: Set,
    mark: u8,
    graphic: usize,
}

const fn on(graphic: usize, mark: u8, set: Set) -> Designation {
    Designation { set, mark, graphic }
}

const JISX0208: Designation = on(0, b'B' | DOUBLE, Set::Jisx0208);
const JISX0208_OLD: Designation = on(0, b'@' | DOUBLE, Set::Jisx0208);
const JISX0212: Designation = on(0, b'D' | DOUBLE, Set::Jisx0212);
const ROMAN: Designation = on(0, b'J', Set::Roman);

/// A member of the family.
pub struct Config {
    /// In the order in which an encoder tries them.
    designations: &'static [Designation],
    /// With SO and SI.
    shifts: bool,
    /// With G2.
    third: bool,
    /// With the announcer `ESC & @`.
    announcer: bool,
    /// Where pairs of characters are looked up.
    pairs: Option<Cjk>,
}

const JAPANESE: Config = Config { designations: &[], shifts: false, third: false, announcer: true, pairs: None };

static KR: Config =
    Config { designations: &[on(1, b'C' | DOUBLE, Set::Ksx1001)], shifts: true, announcer: false, ..JAPANESE };
static JP: Config = Config { designations: &[JISX0208, ROMAN, JISX0208_OLD], ..JAPANESE };
static JP_1: Config = Config { designations: &[JISX0208, JISX0212, ROMAN, JISX0208_OLD], ..JAPANESE };
static JP_2: Config = Config {
    designations: &[
        JISX0208,
        JISX0212,
        on(0, b'C' | DOUBLE, Set::Ksx1001),
        on(0, b'A' | DOUBLE, Set::Gb2312),
        ROMAN,
        JISX0208_OLD,
        on(2, b'A', Set::Latin1),
        on(2, b'F', Set::Greek),
    ],
    third: true,
    ..JAPANESE
};
static JP_2004: Config = Config {
    designations: &[
        JISX0208,
        on(0, b'Q' | DOUBLE, Set::FirstPlane(Cjk::EucJis2004)),
        on(0, b'P' | DOUBLE, Set::SecondPlane(Cjk::EucJis2004)),
    ],
    pairs: Some(Cjk::EucJis2004),
    ..JAPANESE
};
static JP_3: Config = Config {
    designations: &[
        JISX0208,
        on(0, b'O' | DOUBLE, Set::FirstPlane(Cjk::EucJisx0213)),
        on(0, b'P' | DOUBLE, Set::SecondPlane(Cjk::EucJisx0213)),
    ],
    pairs: Some(Cjk::EucJisx0213),
    ..JAPANESE
};
static JP_EXT: Config =
    Config { designations: &[JISX0208, JISX0212, ROMAN, on(0, b'I', Set::Katakana), JISX0208_OLD], ..JAPANESE };

/// That of a codec, if it is one of the family.
pub fn config(codec: Cjk) -> Option<&'static Config> {
    Some(match codec {
        Cjk::Iso2022Kr => &KR,
        Cjk::Iso2022Jp => &JP,
        Cjk::Iso2022Jp1 => &JP_1,
        Cjk::Iso2022Jp2 => &JP_2,
        Cjk::Iso2022Jp2004 => &JP_2004,
        Cjk::Iso2022Jp3 => &JP_3,
        Cjk::Iso2022JpExt => &JP_EXT,
        _ => return None,
    })
}

/// Before the first byte is written.
pub const ENCODER_START: State = [ASCII, ASCII, 0, 0, 0, 0, 0, 0];
/// Before the first byte is read.
pub const DECODER_START: State = [ASCII, ASCII, ASCII, 0, 0, 0, 0, 0];

/// What a decoder's state becomes when it is reset.
pub fn reset_decoder(state: &mut State) {
    state[0] = ASCII;
    state[FLAGS] &= !SHIFTED;
}

/// Writes what leads back to the initial state.
pub fn reset_encoder(state: &mut State, out: &mut Vec<u8>) {
    shift_in(state, out);
    designate_ascii(state, out);
}

fn shift_in(state: &mut State, out: &mut Vec<u8>) {
    if state[FLAGS] & SHIFTED != 0 {
        out.push(SI);
        state[FLAGS] &= !SHIFTED;
    }
}

fn designate_ascii(state: &mut State, out: &mut Vec<u8>) {
    if state[0] != ASCII {
        out.extend_from_slice(&[ESC, b'(', ASCII]);
        state[0] = ASCII;
    }
}

impl Set {
    fn width(self) -> usize {
        if matches!(self, Set::Latin1 | Set::Greek | Set::Roman | Set::Katakana) { 1 } else { 2 }
    }

    /// The codec whose tables, with the high bits of the bytes set, have this set.
    fn tables(self) -> &'static Tables {
        match self {
            Set::Gb2312 => Cjk::Gb2312,
            Set::Ksx1001 => Cjk::Cp949,
            Set::FirstPlane(edition) | Set::SecondPlane(edition) => edition,
            _ => Cjk::EucJp,
        }
        .tables()
    }

    /// The text of this set's bytes, of seven bits each.
    fn read(self, bytes: &[u8]) -> Option<[u32; 2]> {
        let single = |c: u32| Some([c, 0]);
        match (self, bytes) {
            (Set::Roman, [0x5C]) => single(0xA5),
            (Set::Roman, [0x7E]) => single(0x203E),
            (Set::Roman, &[byte]) => single(u32::from(byte)),
            (Set::Katakana, &[byte @ 0x21..=0x5F]) => single(0xFF40 + u32::from(byte)),
            (Set::Jisx0212, &[row, cell @ 0x21..=0x7E]) => {
                single(self.tables().triple([0x8F, row | 0x80, cell | 0x80])?)
            }
            // Where EUC has the full-width tilde.
            (Set::FirstPlane(_), [0x22, 0x32]) => single(0x7E),
            // Of the older edition CPython has one character as the newer one has it.
            (Set::SecondPlane(Cjk::EucJisx0213), [0x7D, 0x3B]) => single(0x9B1C),
            (Set::SecondPlane(_), &[row, cell @ 0x21..=0x7E]) if is_second_plane(row) => {
                single(self.tables().triple([0x8F, row | 0x80, cell | 0x80])?)
            }
            (Set::Jisx0212 | Set::SecondPlane(_), _) => None,
            (_, &[row @ 0x21..=0x7E, cell @ 0x21..=0x7E]) => self.tables().double(row | 0x80, cell | 0x80),
            _ => None,
        }
    }

    /// The bytes of a character, in the low half, or the low quarter, of a word.
    fn write(self, code_point: u32) -> Option<u16> {
        match self {
            Set::Latin1 | Set::Greek => return None,
            Set::Roman => {
                return match code_point {
                    0xA5 => Some(0x5C),
                    0x203E => Some(0x7E),
                    _ => None,
                };
            }
            Set::FirstPlane(_) if code_point == 0xFF5E => return None,
            Set::Katakana => return (0xFF61..=0xFF9F).contains(&code_point).then(|| (code_point - 0xFF40) as u16),
            _ => {}
        }
        let [count, first, second, third] = self.tables().key_of(code_point)?.to_be_bytes();
        let fits = match self {
            Set::Jisx0212 => (count, first) == (3, 0x8F),
            Set::SecondPlane(_) => (count, first) == (3, 0x8F) && is_second_plane(second),
            _ => (count, first) == (0, 2) && second > 0xA0 && third > 0xA0,
        };
        fits.then(|| u16::from_be_bytes([second, third]) & 0x7F7F)
    }
}

/// True if a following character may join this one.
pub fn may_join(config: &Config, code_point: u32) -> bool {
    config.pairs.is_some_and(|edition| edition.tables().may_join(code_point))
}

/// Writes a character, or a pair; how many, or `None` if it cannot be encoded.
pub fn write(
    config: &Config,
    code_point: u32,
    next: Option<u32>,
    state: &mut State,
    out: &mut Vec<u8>,
) -> Option<usize> {
    if code_point < 0x80 {
        designate_ascii(state, out);
        shift_in(state, out);
        out.push(code_point as u8);
        return Some(1);
    }
    let (designation, code, count) = find_code(config, code_point, next)?;
    if designation.graphic == 0 {
        shift_in(state, out);
    }
    designate(designation, state, out);
    if designation.graphic == 1 && state[FLAGS] & SHIFTED == 0 {
        out.push(SO);
        state[FLAGS] |= SHIFTED;
    }
    out.extend_from_slice(&code.to_be_bytes()[2 - designation.set.width()..]);
    Some(count)
}

fn find_code(config: &Config, code_point: u32, next: Option<u32>) -> Option<(&'static Designation, u16, usize)> {
    let designations = config.designations.iter();
    if let (Some(edition), Some(next)) = (config.pairs, next)
        && let Some(key) = edition.tables().key_of_pair(code_point, next)
    {
        let designation = designations.clone().find(|d| matches!(d.set, Set::FirstPlane(_)))?;
        return Some((designation, key as u16 & 0x7F7F, 2));
    }
    designations.clone().find_map(|designation| Some((designation, designation.set.write(code_point)?, 1)))
}

fn designate(designation: &Designation, state: &mut State, out: &mut Vec<u8>) {
    if state[designation.graphic] == designation.mark {
        return;
    }
    let mark = designation.mark & !DOUBLE;
    let graphic = if designation.graphic == 0 { b'(' } else { b')' };
    match designation.set {
        _ if designation.set.width() == 1 => out.extend_from_slice(&[ESC, graphic, mark]),
        Set::Jisx0208 => out.extend_from_slice(&[ESC, b'$', mark]),
        _ => out.extend_from_slice(&[ESC, b'$', graphic, mark]),
    }
    state[designation.graphic] = designation.mark;
}

fn ends_escape(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte == b'@'
}

/// Reads what stands at the start of input.
pub fn read(config: &Config, input: &[u8], state: &mut State) -> Read {
    let byte = input[0];
    let itself = Read::Text([u32::from(byte), 0], 1);
    if state[FLAGS] & FOREIGN != 0 {
        if ends_escape(byte) {
            state[FLAGS] &= !FOREIGN;
        }
        return itself;
    }
    match byte {
        ESC => read_escape(config, input, state),
        SI if config.shifts => {
            state[FLAGS] &= !SHIFTED;
            Read::Nothing(1)
        }
        SO if config.shifts => {
            state[FLAGS] |= SHIFTED;
            Read::Nothing(1)
        }
        b'\n' => {
            state[FLAGS] &= !SHIFTED;
            itself
        }
        0..0x20 => itself,
        0x80.. => Read::Illegal(1),
        _ => match state[usize::from(state[FLAGS] & SHIFTED)] {
            ASCII => itself,
            mark => read_character(config, mark, input),
        },
    }
}

fn find_mark(config: &Config, mark: u8) -> Option<&'static Designation> {
    config.designations.iter().find(|designation| designation.mark == mark)
}

fn read_character(config: &Config, mark: u8, input: &[u8]) -> Read {
    // A state that a program made up may name a set that the codec does not have.
    let Some(designation) = find_mark(config, mark) else { return Read::Illegal(1) };
    let width = designation.set.width();
    match input.get(..width) {
        None => Read::Incomplete,
        Some(bytes) => designation.set.read(bytes).map_or(Read::Illegal(width), |text| Read::Text(text, width)),
    }
}

fn read_escape(config: &Config, input: &[u8], state: &mut State) -> Read {
    match input.get(1) {
        None => Read::Incomplete,
        Some(b'(' | b')' | b'$' | b'.' | b'&') => read_designation(config, input, state),
        Some(b'N') if config.third => match input.get(2) {
            None => Read::Incomplete,
            Some(&byte) => read_third(state[2], byte).map_or(Read::Illegal(3), |c| Read::Text([c, 0], 3)),
        },
        Some(_) => {
            state[FLAGS] |= FOREIGN;
            Read::Text([u32::from(ESC), 0], 1)
        }
    }
}

fn read_designation(config: &Config, input: &[u8], state: &mut State) -> Read {
    let mut at = 1;
    let length = loop {
        if at >= MAX_ESCAPE {
            return Read::Illegal(1);
        }
        match input.get(at) {
            None => return Read::Incomplete,
            Some(&byte) if ends_escape(byte) => break at + 1,
            Some(b'&') if config.announcer && input.get(at + 1) == Some(&b'@') => at += 3,
            Some(_) => at += 1,
        }
    };
    let designated = match input[1..length] {
        [b'$', mark] => Some((0, mark | DOUBLE)),
        [b'(', mark] => Some((0, mark)),
        [b')', mark] => Some((1, mark)),
        [b'.', mark] if config.third => Some((2, mark)),
        [b'$', b'(', mark] => Some((0, mark | DOUBLE)),
        [b'$', b')', mark] => Some((1, mark | DOUBLE)),
        [_, _, ESC, b'$', b'B'] if config.announcer => Some((0, b'B' | DOUBLE)),
        _ => None,
    };
    match designated {
        Some((graphic, mark)) if mark == ASCII || find_mark(config, mark).is_some() => {
            state[graphic] = mark;
            Read::Nothing(length)
        }
        _ => Read::Illegal(length),
    }
}

/// A character of G2.
fn read_third(mark: u8, byte: u8) -> Option<u32> {
    match mark {
        ASCII if byte < 0x80 => Some(u32::from(byte)),
        b'A' if byte < 0x80 => Some(u32::from(byte) + 0x80),
        b'F' => read_greek(byte ^ 0x80),
        _ => None,
    }
}

/// ISO 8859-7 of 1987.
fn read_greek(byte: u8) -> Option<u32> {
    Some(match byte {
        0xA1 => 0x2018,
        0xA2 => 0x2019,
        0xAF => 0x2015,
        0..0xA0 | 0xA0 | 0xA3 | 0xA6..=0xA9 | 0xAB..=0xAD | 0xB0..=0xB3 | 0xB7 | 0xBB | 0xBD => u32::from(byte),
        0xB4..=0xFE if byte != 0xD2 => 0x02D0 + u32::from(byte),
        _ => return None,
    })
}
