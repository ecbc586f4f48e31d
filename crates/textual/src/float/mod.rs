//! `float` and `complex` as text and numbers, digit for digit as CPython has them.

mod complex;
mod format;
mod hash;
mod hex;
mod parse;
mod round;

pub use complex::{complex_repr, parse_complex};
pub use format::{FormatFlags, MAX_PRECISION, format, repr};
pub use hash::{hash_complex, hash_f64, hash_limbs};
pub use hex::{HexError, from_hex, to_hex};
pub(crate) use parse::trim;
pub use parse::{parse, parse_bytes, strip_underscores};
pub use round::{RoundError, decompose, integer_ratio, round_to_digits};
