//! The General Decimal Arithmetic Specification (version 1.70) on big integers, free of objects: what `_decimal` does.
//!
//! An operation takes its operands, a [`Context`] and the [`Status`] that gathers the conditions it meets. Traps are the
//! caller's business. A result that would need more than [`MAX_DIGITS`] digits is NaN with [`Status::MALLOC_ERROR`].

mod arithmetic;
mod coefficient;
mod compare;
mod convert;
mod digits;
mod divide;
mod elementary;
mod finish;
mod format;
mod integral;
mod number;
mod power;
mod series;
mod text;

pub use coefficient::MAX_DIGITS;
pub use format::{FormatError, FormatSpec, Locale};
pub use number::{Class, Context, MAX_EMAX, MAX_PREC, MIN_EMIN, MIN_ETINY, Number, Rounding, Status};
