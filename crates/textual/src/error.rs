//! The error of this crate: which Python exception to raise, and its message.

use std::fmt;

use pyrope_text::Wtf8Buf;

/// The Python exception type that an error stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `ValueError`
    Value,
    /// `TypeError`
    Type,
    /// `OverflowError`
    Overflow,
    /// `MemoryError`; the message is empty.
    Memory,
}

/// A Python exception to be: its type and the exact message of CPython.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// The exception type.
    pub kind: ErrorKind,
    /// The message, as `str(exception)` shows it (it may quote lone surrogates).
    pub message: Wtf8Buf,
}

impl TextError {
    /// A `ValueError`.
    #[cold]
    pub fn value(message: impl Into<Wtf8Buf>) -> Self {
        TextError { kind: ErrorKind::Value, message: message.into() }
    }

    /// A `TypeError`.
    #[cold]
    pub fn type_error(message: impl Into<Wtf8Buf>) -> Self {
        TextError { kind: ErrorKind::Type, message: message.into() }
    }

    /// An `OverflowError`.
    #[cold]
    pub fn overflow(message: impl Into<Wtf8Buf>) -> Self {
        TextError { kind: ErrorKind::Overflow, message: message.into() }
    }

    /// A `MemoryError`.
    #[cold]
    pub fn memory() -> Self {
        TextError { kind: ErrorKind::Memory, message: Wtf8Buf::new() }
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message.to_string_lossy())
    }
}

impl std::error::Error for TextError {}
