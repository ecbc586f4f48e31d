//! See the crate's table of folders.

use crate::TypeEntry;

/// The types of this folder.
pub(crate) const TYPES: &[TypeEntry] = &[];

/// `str.isidentifier()`
pub fn is_identifier(text: &pyrope_object::Str) -> bool {
    text.to_utf8().is_some_and(|text| pyrope_text::identifier::is_identifier(&text))
}
