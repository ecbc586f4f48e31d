//! Indentation, and lines joined by a backslash.

use super::{MAX_INDENTS, Source, Tokenizer, TokenizerError};
use crate::error::SyntaxErrorKind;
use crate::token::{Token, TokenKind};

/// Tabs go to multiples of this.
const TAB_SIZE: u32 = 8;

impl<S: Source> Tokenizer<S> {
    /// Enters a line and compares its indentation with the open blocks. The second column of each pair counts a tab as
    /// one, so that code whose meaning depends on the size of tabs is refused.
    pub(super) fn measure_indentation(&mut self) -> Result<(), TokenizerError> {
        if self.enter_line(!self.modes.is_empty())? {
            self.drop_earlier_lines();
        }
        let (mut col, mut alt_col, mut joined_col) = (0u32, 0u32, 0u32);
        loop {
            match self.peek() {
                b' ' => {
                    col += 1;
                    alt_col += 1;
                }
                b'\t' => {
                    col = (col / TAB_SIZE + 1) * TAB_SIZE;
                    alt_col += 1;
                }
                0x0C => {
                    col = 0;
                    alt_col = 0;
                }
                b'\\' => {
                    // The first backslash fixes the indentation of what comes on the next lines.
                    if joined_col == 0 {
                        joined_col = col;
                    }
                    self.continuation_line()?;
                    self.drop_earlier_lines();
                    continue;
                }
                _ => break,
            }
            self.pos += 1;
        }
        self.blank_line = false;
        let next = self.peek();
        if matches!(next, b'#' | b'\n' | b'\r') {
            if self.options.interactive && col == 0 && next == b'\n' {
                // An empty line at a prompt ends the statement.
            } else if self.options.interactive && self.line == 1 {
                col = 0;
                alt_col = 0;
            } else {
                self.blank_line = true;
            }
        }
        if self.blank_line || !self.open.is_empty() {
            return Ok(());
        }
        if joined_col != 0 {
            (col, alt_col) = (joined_col, joined_col);
        }
        self.compare_indentation(col, alt_col)
    }

    /// What is before the line being read no longer counts in the places of errors.
    fn drop_earlier_lines(&mut self) {
        if self.modes.is_empty() || !self.keeps_fstring_lines {
            self.buffer_start = self.line_start;
        }
    }

    fn compare_indentation(&mut self, col: u32, alt_col: u32) -> Result<(), TokenizerError> {
        let (open, alt_open) = self.indents.last().copied().unwrap_or((0, 0));
        if col == open {
            return if alt_col == alt_open { Ok(()) } else { Err(self.inconsistent_tabs()) };
        }
        if col > open {
            if self.indents.len() + 1 >= MAX_INDENTS {
                return Err(self.line_error(SyntaxErrorKind::IndentationError, "too many levels of indentation"));
            }
            if alt_col <= alt_open {
                return Err(self.inconsistent_tabs());
            }
            self.indents.push((col, alt_col));
            self.pending += 1;
            return Ok(());
        }
        while self.indents.last().is_some_and(|(open, _)| col < *open) {
            self.indents.pop();
            self.pending -= 1;
        }
        let (open, alt_open) = self.indents.last().copied().unwrap_or((0, 0));
        if col != open {
            return Err(self.bad_dedent());
        }
        if alt_col != alt_open {
            return Err(self.inconsistent_tabs());
        }
        Ok(())
    }

    /// An `Indent` or `Dedent` that is due; empty, at `pos`.
    pub(super) fn pending_token(&mut self) -> Token {
        if self.pending < 0 {
            self.pending += 1;
            return self.token(TokenKind::Dedent);
        }
        self.pending -= 1;
        self.token(TokenKind::Indent)
    }

    /// A backslash at `pos`, the line end behind it, and the start of the next line.
    pub(super) fn continuation_line(&mut self) -> Result<(), TokenizerError> {
        self.pos += 1;
        if self.peek() == b'\r' {
            self.pos += 1;
        }
        if self.peek() != b'\n' {
            if !self.at_end() {
                self.pos += 1;
            }
            return Err(self.bad_continuation());
        }
        self.pos += 1;
        if self.enter_line(true)? { Ok(()) } else { Err(self.end_after_backslash()) }
    }
}
