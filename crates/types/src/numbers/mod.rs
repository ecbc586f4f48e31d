//! See the crate's table of folders.

use crate::TypeEntry;

/// The types of this folder.
pub(crate) const TYPES: &[TypeEntry] = &[];

pub mod digit_limit;

pub use digit_limit::{max_str_digits, set_max_str_digits};
