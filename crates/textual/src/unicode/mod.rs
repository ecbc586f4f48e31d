//! The Unicode character database, version 16.0 (that of CPython 3.14).
//!
//! Code points are `u32`, `0..=0x10FFFF`, surrogates included; larger numbers answer as unassigned ones do.

mod case;
mod decimal;
#[rustfmt::skip]
mod layout;
mod names;
mod normal;
mod record;
pub mod version_3_2;

pub use case::{Case, fold, is_case_ignorable, is_cased, lower, lower_text, map_simple, title, title_text, upper};
pub use decimal::decimal;
pub use layout::VERSION;
pub use names::{Found, lookup, name};
pub use normal::{Form, decomposition, is_normalized, normalize};
pub use record::{
    bidirectional, category, combining, digit, east_asian_width, is_alnum, is_alpha, is_decimal, is_digit,
    is_id_continue, is_id_start, is_line_end, is_lower, is_mirrored, is_numeric, is_printable, is_space, is_title,
    is_upper, numeric,
};
