//! Native modules about text: codecs, regular expressions, unicodedata, json, csv, string.

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[];
