//! The algorithms behind `str`, `bytes`, `int`, `float` and the codecs, free of any object.
//!
//! | module | what it serves |
//! |---|---|
//! | [`float`] | `float`: repr, formatting, parsing, hex, rounding, hashing |
//! | [`int_text`] | `int`: text in any base, both directions, and the digit limit |
//! | [`format_spec`] | the format mini-language behind `__format__` |
//! | [`percent_format`] | `%`-templates of `str` and `bytes` |
//! | [`str_format`] | `str.format` templates and `_string` |
//! | [`codecs`] | encoders and decoders with error handlers |
//! | [`search`] | finding, counting, splitting |
//! | [`unicode`] | the Unicode character database, version 16.0 |

pub mod codecs;
mod error;
pub mod float;
pub mod format_spec;
pub mod int_text;
pub mod percent_format;
pub mod search;
pub mod str_format;
pub mod unicode;
mod units;

pub use error::{ErrorKind, TextError};
pub use units::Unit;
