//! Tokenizer and recursive-descent parser: source text to AST, with CPython's syntax errors.

pub mod ast;
pub mod error;
pub mod token;
pub mod tokenizer;
