//! What the engine asks about characters, from the Unicode database.

use pyrope_sre::Characters;
use pyrope_textual::unicode;

/// Python's tables.
pub struct Unicode;

pub static UNICODE: Unicode = Unicode;

/// The first of the characters that a mapping gives.
fn first(c: u32, map: impl FnOnce(&mut dyn FnMut(u32))) -> u32 {
    let mut found = None;
    map(&mut |mapped| {
        found.get_or_insert(mapped);
    });
    found.unwrap_or(c)
}

impl Characters for Unicode {
    fn is_alnum(&self, c: u32) -> bool {
        unicode::is_alnum(c)
    }

    fn is_space(&self, c: u32) -> bool {
        unicode::is_space(c)
    }

    fn is_decimal(&self, c: u32) -> bool {
        unicode::is_decimal(c)
    }

    fn is_linebreak(&self, c: u32) -> bool {
        unicode::is_line_end(c)
    }

    fn to_lower(&self, c: u32) -> u32 {
        first(c, |put| unicode::lower(c, put))
    }

    fn to_upper(&self, c: u32) -> u32 {
        first(c, |put| unicode::upper(c, put))
    }
}
