//! What the host knows about characters, and what follows from it.

/// The host's tables. Code points are Python's: `0..=0x10FFFF`, surrogates included.
///
/// The `locale_` methods are those of the C library's current locale for one byte; their defaults are the "C" locale's.
pub trait Characters: Sync {
    /// `str.isalnum` of one character.
    fn is_alnum(&self, c: u32) -> bool;
    /// `str.isspace` of one character.
    fn is_space(&self, c: u32) -> bool;
    /// `str.isdecimal` of one character.
    fn is_decimal(&self, c: u32) -> bool;
    /// Whether `str.splitlines` splits here.
    fn is_linebreak(&self, c: u32) -> bool;
    /// The simple lower case.
    fn to_lower(&self, c: u32) -> u32;
    /// The simple upper case.
    fn to_upper(&self, c: u32) -> u32;
    /// `isalnum` of the C library.
    fn locale_is_alnum(&self, c: u8) -> bool {
        c.is_ascii_alphanumeric()
    }
    /// `tolower` of the C library.
    fn locale_to_lower(&self, c: u8) -> u8 {
        c.to_ascii_lowercase()
    }
    /// `toupper` of the C library.
    fn locale_to_upper(&self, c: u8) -> u8 {
        c.to_ascii_uppercase()
    }
}

/// `_sre.ascii_iscased`: whether `c` is an ASCII letter.
pub fn ascii_iscased(c: u32) -> bool {
    u8::try_from(c).is_ok_and(|c| c.is_ascii_alphabetic())
}

/// `_sre.ascii_tolower`: the lower case of an ASCII letter, anything else as it is.
pub fn ascii_tolower(c: u32) -> u32 {
    if (0x41..=0x5A).contains(&c) { c + 32 } else { c }
}

/// `_sre.unicode_iscased`: whether `c` differs from its lower or upper case.
pub fn unicode_iscased(c: u32, chars: &dyn Characters) -> bool {
    c != chars.to_lower(c) || c != chars.to_upper(c)
}

/// `_sre.unicode_tolower`.
pub fn unicode_tolower(c: u32, chars: &dyn Characters) -> u32 {
    chars.to_lower(c)
}

fn ascii_digit(c: u32) -> bool {
    (0x30..=0x39).contains(&c)
}

fn ascii_space(c: u32) -> bool {
    c == 0x20 || (0x09..=0x0D).contains(&c)
}

pub(crate) fn ascii_word(c: u32) -> bool {
    c < 128 && ((c as u8).is_ascii_alphanumeric() || c == 0x5F)
}

pub(crate) fn locale_word(c: u32, chars: &dyn Characters) -> bool {
    u8::try_from(c).is_ok_and(|byte| byte == b'_' || chars.locale_is_alnum(byte))
}

pub(crate) fn unicode_word(c: u32, chars: &dyn Characters) -> bool {
    c == 0x5F || chars.is_alnum(c)
}

pub(crate) fn locale_lower(c: u32, chars: &dyn Characters) -> u32 {
    u8::try_from(c).map_or(c, |byte| chars.locale_to_lower(byte).into())
}

pub(crate) fn locale_upper(c: u32, chars: &dyn Characters) -> u32 {
    u8::try_from(c).map_or(c, |byte| chars.locale_to_upper(byte).into())
}

/// Whether the categories `LOC_WORD` and `LOC_NOT_WORD` are meant.
pub(crate) fn is_locale_category(category: u32) -> bool {
    matches!(category, 8 | 9)
}

/// Whether `c` is in a category of `re._constants.CHCODES`; odd numbers are the complements.
pub(crate) fn in_category(category: u32, c: u32, chars: &dyn Characters) -> bool {
    let inside = match category / 2 {
        0 => ascii_digit(c),
        1 => ascii_space(c),
        2 => ascii_word(c),
        3 => c == 0x0A,
        4 => locale_word(c, chars),
        5 => chars.is_decimal(c),
        6 => chars.is_space(c),
        7 => unicode_word(c, chars),
        8 => chars.is_linebreak(c),
        _ => return false,
    };
    inside != (category % 2 == 1)
}

/// How letters are folded before they are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fold {
    None,
    Ascii,
    Unicode,
    Locale,
}

impl Fold {
    /// The lower case under this folding.
    pub(crate) fn lower(self, c: u32, chars: &dyn Characters) -> u32 {
        match self {
            Fold::None => c,
            Fold::Ascii => ascii_tolower(c),
            Fold::Unicode => chars.to_lower(c),
            Fold::Locale => locale_lower(c, chars),
        }
    }
}
