//! Syntax errors and warnings, with the attributes that CPython's exceptions carry.

/// The exception class to raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    SyntaxError,
    IndentationError,
    TabError,
    /// "too complex" sources: CPython's parser stack overflow raises `MemoryError`.
    MemoryError,
    RecursionError,
    /// Such as the digit limit of `int` when it is not turned into a `SyntaxError`.
    ValueError,
    /// A line or column too large to count.
    OverflowError,
}

/// An error of the tokenizer, the parser or the compiler's checks, ready to become an exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub kind: SyntaxErrorKind,
    /// The exception's `msg`.
    pub message: String,
    /// `lineno`, from 1 (0 when decoding failed before the first line).
    pub lineno: u32,
    /// `offset`: characters from 1; 0 and -1 occur as CPython gives them.
    pub offset: i32,
    /// `end_lineno`; `None` when CPython passes no end.
    pub end_lineno: Option<u32>,
    /// `end_offset`, like `offset`.
    pub end_offset: Option<i32>,
    /// `text`: the source line, as CPython stores it (with or without its line end).
    pub text: Option<String>,
    /// The tokenizer raised it: `text` stays as it was read. The parser of a whole file shows the line of the file that
    /// bears the source's name, if there is one.
    pub keeps_text: bool,
    /// More input could have completed the source: raise `_IncompleteInputError` where that is asked for.
    pub incomplete: bool,
    /// Line and column of the last compound statement (definitions of functions apart) that made sense before the error,
    /// `(0, 0)` if there is none: with the source, what `_metadata` holds for `traceback` to look for misspelt keywords.
    /// `None` for errors that are not the grammar's.
    pub last_statement: Option<(u32, u32)>,
    /// Only the attributes tell the place, and `args` holds the message alone: how the analysis of scopes reports.
    pub bare: bool,
    /// What was found before the error, in order.
    pub warnings: Vec<Warning>,
}

impl SyntaxError {
    /// An error with a message and no place yet.
    pub fn new(kind: SyntaxErrorKind, message: impl Into<String>) -> Box<Self> {
        Box::new(SyntaxError {
            kind,
            message: message.into(),
            lineno: 0,
            offset: -1,
            end_lineno: None,
            end_offset: None,
            text: None,
            keeps_text: false,
            incomplete: false,
            last_statement: None,
            bare: false,
            warnings: Vec::new(),
        })
    }
}

/// The category of a [`Warning`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningCategory {
    SyntaxWarning,
    DeprecationWarning,
}

/// A warning found while reading. If the runtime's filters turn it into an error, CPython raises a `SyntaxError` with
/// [`Warning::error`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub category: WarningCategory,
    pub message: String,
    /// The line to report, from 1.
    pub lineno: u32,
    /// The byte offset at which it was found: a warning behind the point where parsing failed was never reached.
    pub at: u32,
    /// What to raise instead when the category is filtered as "error".
    pub error: Box<SyntaxError>,
}

/// Bytes of a line to CPython's 1-based character offset (`col` bytes from the line's start).
pub fn char_offset(line: &str, col: usize) -> i32 {
    let bytes = line.as_bytes();
    let upto = &bytes[..col.min(bytes.len())];
    let chars = upto.iter().filter(|byte| (**byte as i8) >= -0x40).count() + col.saturating_sub(bytes.len());
    i32::try_from(chars).unwrap_or(i32::MAX - 1) + 1
}
