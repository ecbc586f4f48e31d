//! The Unicode character database, version 16.0 (that of CPython 3.14).

mod decimal;

pub use decimal::decimal;

/// pending
pub fn name(_: u32) -> Option<String> {
    None
}
