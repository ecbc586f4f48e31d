//! Tokenizer and recursive-descent parser: source text to AST, with CPython's syntax errors.

pub mod ast;
mod dump;
pub mod error;
mod explain;
mod parser;
pub mod token;
pub mod tokenizer;

pub use dump::dump;
pub use error::{SyntaxError, SyntaxErrorKind, Warning, WarningCategory, char_offset};
pub use parser::{Mode, Options, Parsed, parse};
