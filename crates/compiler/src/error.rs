//! Why source could not be compiled.

use std::fmt;

use pyrope_parser::ast::Range;
use pyrope_parser::error::{SyntaxError, SyntaxErrorKind, Warning};
use pyrope_text::Wtf8Buf;

use crate::assemble::AssembleError;

/// The result of a stage of the compiler.
pub type Result<T> = std::result::Result<T, CompileError>;

/// What compilation raises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// `SyntaxError` and its subclasses, and what the parser raises besides.
    Syntax(Box<SyntaxError>),
    /// `RecursionError`: the tree is nested too deeply.
    Recursion,
    /// `SystemError`: a tree that the parser would not have made, or a fault of the compiler.
    System(String),
    /// `RuntimeError`.
    Runtime(String),
    /// `ValueError`.
    Value(String),
    /// `TypeError`.
    Type(String),
    /// `UnicodeEncodeError`: a docstring with surrogates.
    Surrogates(Wtf8Buf),
    /// `OverflowError`.
    Overflow(String),
}

impl CompileError {
    /// A syntax error at a node; offsets are byte columns from 1, as the compiler of CPython gives them.
    pub fn syntax(range: Range, message: impl Into<String>) -> CompileError {
        CompileError::Syntax(syntax_error(range, message))
    }

    /// The same after warnings of earlier stages.
    pub(crate) fn after(mut self, mut earlier: Vec<Warning>) -> CompileError {
        if let CompileError::Syntax(error) = &mut self {
            earlier.append(&mut error.warnings);
            error.warnings = earlier;
        }
        self
    }

    /// The same, with its place in attributes alone.
    pub(crate) fn bare(mut self) -> CompileError {
        if let CompileError::Syntax(error) = &mut self {
            error.bare = true;
        }
        self
    }

    /// The name of the exception's class.
    pub fn class(&self) -> &'static str {
        match self {
            CompileError::Syntax(error) => match error.kind {
                SyntaxErrorKind::SyntaxError => "SyntaxError",
                SyntaxErrorKind::IndentationError => "IndentationError",
                SyntaxErrorKind::TabError => "TabError",
                SyntaxErrorKind::MemoryError => "MemoryError",
                SyntaxErrorKind::RecursionError => "RecursionError",
                SyntaxErrorKind::ValueError => "ValueError",
                SyntaxErrorKind::OverflowError => "OverflowError",
            },
            CompileError::Recursion => "RecursionError",
            CompileError::System(_) => "SystemError",
            CompileError::Runtime(_) => "RuntimeError",
            CompileError::Value(_) => "ValueError",
            CompileError::Type(_) => "TypeError",
            CompileError::Surrogates(_) => "UnicodeEncodeError",
            CompileError::Overflow(_) => "OverflowError",
        }
    }
}

/// A syntax error at a node.
pub(crate) fn syntax_error(range: Range, message: impl Into<String>) -> Box<SyntaxError> {
    let mut error = SyntaxError::new(SyntaxErrorKind::SyntaxError, message);
    error.lineno = range.line;
    error.offset = (range.col as i32).saturating_add(1);
    error.end_lineno = Some(range.end_line);
    error.end_offset = Some((range.end_col as i32).saturating_add(1));
    error
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Syntax(error) => f.write_str(&error.message),
            CompileError::Surrogates(_) => f.write_str("surrogates not allowed"),
            CompileError::Recursion => f.write_str("maximum recursion depth exceeded during compilation"),
            CompileError::System(message)
            | CompileError::Runtime(message)
            | CompileError::Value(message)
            | CompileError::Type(message)
            | CompileError::Overflow(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for CompileError {}

impl From<Box<SyntaxError>> for CompileError {
    fn from(error: Box<SyntaxError>) -> Self {
        CompileError::Syntax(error)
    }
}

impl From<AssembleError> for CompileError {
    fn from(error: AssembleError) -> Self {
        match error {
            AssembleError::System(message) => CompileError::System(message),
            AssembleError::Value(message) => CompileError::Value(message),
            AssembleError::Overflow(message) => CompileError::Overflow(message),
        }
    }
}
