//! Asking the process's allocator to give back what it keeps.

use std::sync::OnceLock;

static TRIM: OnceLock<fn()> = OnceLock::new();

/// Names the function that does it.
pub fn set(trim: fn()) {
    let _ = TRIM.set(trim);
}

/// Much was freed, and containers with it.
pub(crate) fn ask() {
    if let Some(trim) = TRIM.get() {
        trim();
    }
}
