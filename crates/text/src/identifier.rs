//! Identifiers (PEP 3131) and printability, for Unicode 16.0 as CPython 3.14 has it.
//!
//! The tables come from crates that may know a later Unicode; what 16.0 leaves unassigned is refused here.

use std::borrow::Cow;

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

fn is_assigned(c: char) -> bool {
    get_general_category(c) != GeneralCategory::Unassigned
}

/// True if `c` can begin an identifier.
pub fn is_start(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() || c == '_' } else { unicode_ident::is_xid_start(c) && is_assigned(c) }
}

/// True if `c` can continue an identifier.
pub fn is_continue(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || c == '_'
    } else {
        // U+30FB and U+FF65 became XID_Continue in 15.1, and CPython follows.
        unicode_ident::is_xid_continue(c) && is_assigned(c)
    }
}

/// The byte offset and value of the first character that keeps `name` from being an identifier.
pub fn first_invalid(name: &str) -> Option<(usize, char)> {
    let mut chars = name.char_indices();
    let (at, first) = chars.next()?;
    if !is_start(first) {
        return Some((at, first));
    }
    chars.find(|(_, c)| !is_continue(*c))
}

/// True if `name` is an identifier (`str.isidentifier`); keywords are.
pub fn is_identifier(name: &str) -> bool {
    !name.is_empty() && first_invalid(name).is_none()
}

/// The NFKC form, which is what identifiers are compared in.
pub fn normalise(name: &str) -> Cow<'_, str> {
    if name.is_ascii() || is_nfkc_quick(name.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.nfkc().collect())
}

/// `str.isprintable` of one character: nothing of the categories "Other" and "Separator" but the space.
pub fn is_printable(c: char) -> bool {
    use GeneralCategory::*;
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    !matches!(
        get_general_category(c),
        Control | Format | Surrogate | PrivateUse | Unassigned | LineSeparator | ParagraphSeparator | SpaceSeparator
    )
}
