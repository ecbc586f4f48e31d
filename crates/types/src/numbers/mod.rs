//! See the crate's table of folders.

use crate::TypeEntry;

/// The types of this folder.
pub(crate) const TYPES: &[TypeEntry] = &[];
