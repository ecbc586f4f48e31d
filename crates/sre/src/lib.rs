//! The matching engine behind `_sre`: runs the code words that Python's `re._compiler` makes.
//!
//! A [`Program`] is made once from the code words: they are validated and translated into instructions with resolved
//! targets, tables for character tests and first-character sets. A [`Matcher`] runs a program over a [`Subject`]; it
//! backtracks over a stack of its own, so neither patterns nor subjects can exhaust the native stack.
//!
//! What a character is (a word character, a space, its lower case …) is asked of [`Characters`], so that the host's
//! Unicode tables decide.

mod characters;
mod charset;
mod constants;
mod first;
mod machine;
mod matcher;
mod program;
mod template;
mod translate;
mod unit;

pub use characters::{Characters, ascii_iscased, ascii_tolower, unicode_iscased, unicode_tolower};
pub use constants::{CODESIZE, MAGIC, MAXGROUPS, MAXREPEAT, flags};
pub use machine::Error;
pub use matcher::{How, Matcher, Scanner};
pub use program::Program;
pub use template::Template;
pub use translate::InvalidCode;
pub use unit::Subject;
