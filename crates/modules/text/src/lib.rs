//! Native modules about text: codecs, regular expressions, unicodedata, json, csv, string.

/// Runs an expression with the units of a `str`'s view: `&[u8]`, `&[u16]` or `&[u32]`.
macro_rules! with_units {
    ($view:expr, $units:ident => $body:expr) => {
        match $view {
            pyrope_object::StrView::Ascii(text) => {
                let $units = text.as_bytes();
                $body
            }
            pyrope_object::StrView::Latin1($units) => $body,
            pyrope_object::StrView::Ucs2($units) => $body,
            pyrope_object::StrView::Ucs4($units) => $body,
        }
    };
}

mod codecs;
mod json;
mod sre;
mod string;

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[&codecs::MODULE, &json::MODULE, &sre::MODULE, &string::MODULE];
