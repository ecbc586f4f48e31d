//! The errors of the tokenizer and their places.

use super::{OpenBracket, Source, Tokenizer, TokenizerError};
use crate::error::{SyntaxError, SyntaxErrorKind, Warning, WarningCategory};

/// Behind this many warnings, one that repeats the last on the same line is dropped.
const MAX_REPEATED_WARNINGS: usize = 100;

/// Characters in the first `bytes` bytes of `line` (a cut character counts as one).
fn chars(line: &[u8], bytes: usize) -> i32 {
    let upto = &line[..bytes.min(line.len())];
    upto.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as i32
}

fn lossless(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl<S: Source> Tokenizer<S> {
    /// An error at `pos`, as the C tokenizer raises it: one position, the line without its end.
    pub(super) fn raise(&self, message: impl Into<String>) -> TokenizerError {
        self.raise_at(message, self.line, self.line_start, self.pos)
    }

    /// The same for a place on another line.
    pub(super) fn raise_at(
        &self,
        message: impl Into<String>,
        line: u32,
        line_start: usize,
        pos: usize,
    ) -> TokenizerError {
        let offset = chars(&self.source.bytes()[line_start..], pos - line_start);
        self.raise_range(message, line, line_start, offset, offset)
    }

    /// The same with two offsets.
    pub(super) fn raise_range(
        &self,
        message: impl Into<String>,
        line: u32,
        line_start: usize,
        offset: i32,
        end_offset: i32,
    ) -> TokenizerError {
        let text = &self.source.bytes()[line_start..self.line_end(line_start)];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let mut error = SyntaxError::new(SyntaxErrorKind::SyntaxError, message);
        error.lineno = line;
        error.offset = offset;
        error.end_lineno = Some(line);
        error.end_offset = Some(end_offset);
        error.text = Some(lossless(text));
        error.keeps_text = true;
        TokenizerError { error, raised: true, at_eof: false }
    }

    /// A range of bytes of the line, counted from 1 as the C tokenizer does.
    pub(super) fn raise_columns(&self, message: impl Into<String>, start: usize, end: usize) -> TokenizerError {
        let line = &self.source.bytes()[self.line_start..];
        let column = |at: usize| 1 + chars(line, (at - self.line_start).saturating_sub(1));
        self.raise_range(message, self.line, self.line_start, column(start), column(end))
    }

    pub(super) fn warn(&mut self, message: String) {
        // Each holds its line: without a bound, one long line could ask for memory without bound.
        let repeated = |last: &Warning| last.lineno == self.line && last.message == message;
        if self.warnings.len() >= MAX_REPEATED_WARNINGS && self.warnings.last().is_some_and(repeated) {
            return;
        }
        let error = self.raise(message.clone()).error;
        let (lineno, at) = (self.line, self.pos as u32);
        self.warnings.push(Warning { category: WarningCategory::SyntaxWarning, message, lineno, at, error });
    }

    /// The line being read, its end included.
    fn current_line(&self) -> &[u8] {
        &self.source.bytes()[self.line_start..self.line_end(self.line_start)]
    }

    /// An error of the whole line: found by the tokenizer, raised only when the parser asks.
    pub(super) fn line_error(&self, kind: SyntaxErrorKind, message: &str) -> TokenizerError {
        let mut error = SyntaxError::new(kind, message);
        error.lineno = self.line;
        error.offset = 1;
        error.end_lineno = Some(self.line);
        error.end_offset = Some(0);
        error.text = Some(lossless(self.current_line()));
        TokenizerError { error, raised: false, at_eof: false }
    }

    pub(super) fn inconsistent_tabs(&self) -> TokenizerError {
        self.line_error(SyntaxErrorKind::TabError, "inconsistent use of tabs and spaces in indentation")
    }

    /// An error placed behind the whole line.
    fn line_end_error(&self, kind: SyntaxErrorKind, message: &str) -> TokenizerError {
        let mut failure = self.line_error(kind, message);
        let line = self.current_line();
        failure.error.offset = chars(line, line.len());
        failure.error.end_offset = Some(-1);
        failure
    }

    pub(super) fn bad_dedent(&self) -> TokenizerError {
        let message = "unindent does not match any outer indentation level";
        self.line_end_error(SyntaxErrorKind::IndentationError, message)
    }

    /// `pos` is behind the character after the backslash. CPython counts from the start of the joined lines and then
    /// cuts at the end of the line.
    pub(super) fn bad_continuation(&self) -> TokenizerError {
        let message = "unexpected character after line continuation character";
        let mut failure = self.line_error(SyntaxErrorKind::SyntaxError, message);
        let bytes = (self.pos - self.buffer_start).saturating_sub(1);
        failure.error.offset = chars(self.current_line(), bytes) + 1;
        failure
    }

    /// The source ends after a backslash.
    pub(super) fn end_after_backslash(&self) -> TokenizerError {
        let mut failure = match self.open.last() {
            Some(open) => {
                TokenizerError { error: never_closed(self.source.text(), open, self.line), raised: false, at_eof: true }
            }
            None => self.line_end_error(SyntaxErrorKind::SyntaxError, "unexpected EOF while parsing"),
        };
        failure.at_eof = true;
        failure.error.incomplete = true;
        failure
    }

    /// The source ends inside brackets.
    pub(super) fn unclosed_at_end(&self) -> TokenizerError {
        self.end_after_backslash()
    }

    pub(super) fn null_bytes(&self) -> TokenizerError {
        let message = "source code cannot contain null bytes";
        let mut failure = self.raise_at(message, self.line, self.line_start, self.line_start);
        failure.error.text = Some(lossless(&self.source.bytes()[self.line_start..self.first_null]));
        failure
    }

    pub(super) fn too_large(&self) -> TokenizerError {
        let message = "Parser column offset overflow - source line is too big";
        let error = SyntaxError::new(SyntaxErrorKind::OverflowError, message);
        TokenizerError { error, raised: true, at_eof: false }
    }

    /// Checks the non-ASCII identifier from the mark to `pos` (PEP 3131).
    pub(super) fn verify_identifier(&self) -> Result<(), TokenizerError> {
        let name = &self.source.text()[self.start..self.pos];
        let Some((at, c)) = pyrope_text::identifier::first_invalid(name) else {
            return Ok(());
        };
        let end = self.start + at + c.len_utf8();
        let code_point = c as u32;
        let message = if pyrope_text::identifier::is_printable(c) {
            format!("invalid character '{c}' (U+{code_point:04X})")
        } else {
            format!("invalid non-printable character U+{code_point:04X}")
        };
        Err(self.raise_at(message, self.line, self.line_start, end))
    }
}

/// `'(' was never closed`: the error for an open bracket when the tokenizer had reached line `tokenizer_line`
/// ([`super::TokenStream::line`]).
pub fn never_closed(source: &str, open: &OpenBracket, tokenizer_line: u32) -> Box<SyntaxError> {
    let message = format!("'{}' was never closed", open.bracket as char);
    let mut error = SyntaxError::new(SyntaxErrorKind::SyntaxError, message);
    let bytes = source.as_bytes();
    let mut start = 0;
    for _ in 1..open.line {
        start = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at + 1);
    }
    let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
    let with_end = if tokenizer_line <= open.line { (end + 1).min(bytes.len()) } else { end };
    error.lineno = open.line;
    error.offset = chars(&bytes[start..], open.col as usize) + 1;
    error.end_lineno = Some(open.line);
    error.end_offset = Some(0);
    error.text = Some(lossless(&bytes[start..with_end]));
    error
}
