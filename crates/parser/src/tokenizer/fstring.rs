//! f-strings and t-strings (PEP 701, PEP 750).

use std::borrow::Cow;

use super::strings::Prefix;
use super::{MAX_EXPRESSION_NESTING, MAX_MODES, Source, Step, Tokenizer, TokenizerError};
use crate::token::TokenKind;

/// An f- or t-string being read.
pub(super) struct Mode {
    /// Literal text or a format specification is being read, not an expression.
    pub(super) in_literal: bool,
    pub(super) in_format_spec: bool,
    pub(super) quote: u8,
    pub(super) quote_size: usize,
    template: bool,
    raw: bool,
    /// Brackets open inside this string.
    pub(super) bracket_depth: i32,
    /// Replacement fields open, minus one: -1 outside of any.
    pub(super) expression_depth: i32,
    start: usize,
    line: u32,
    line_start: usize,
}

impl Mode {
    /// The letter in messages.
    pub(super) fn letter(&self) -> char {
        if self.template { 't' } else { 'f' }
    }

    fn middle(&self) -> TokenKind {
        if self.template { TokenKind::TStringMiddle } else { TokenKind::FStringMiddle }
    }
}

/// What ended a stretch of literal text.
enum End {
    Quotes,
    /// A token that is complete: its end, when that is not `pos`.
    Middle(usize),
}

impl<S: Source> Tokenizer<S> {
    /// The start of an f- or t-string: its prefix starts at the mark, its quote is at `pos`.
    pub(super) fn open_fstring(&mut self, prefix: Prefix) -> Step {
        let (quote, quote_size) = self.opening_quotes();
        if self.modes.len() + 1 >= MAX_MODES {
            return Err(self.raise("too many nested f-strings or t-strings"));
        }
        let template = prefix.is_template();
        self.modes.push(Mode {
            in_literal: true,
            in_format_spec: false,
            quote,
            quote_size,
            template,
            raw: prefix.is_raw(),
            bracket_depth: 0,
            expression_depth: -1,
            start: self.start,
            line: self.line,
            line_start: self.line_start,
        });
        Ok(self.token(if template { TokenKind::TStringStart } else { TokenKind::FStringStart }))
    }

    /// One token while literal text is being read.
    pub(super) fn next_in_literal(&mut self) -> Step {
        self.begin();
        let (next, after) = (self.peek(), self.peek_at(1));
        if next == b'{' && after != b'{' {
            self.enter_expression()?;
            return self.next_regular();
        }
        let Some(mode) = self.modes.last() else {
            return self.next_regular();
        };
        let middle = mode.middle();
        let (quote, size) = (mode.quote, mode.quote_size);
        if self.source.bytes()[self.pos..].iter().take(size).filter(|byte| **byte == quote).count() == size {
            let kind = if mode.template { TokenKind::TStringEnd } else { TokenKind::FStringEnd };
            self.pos += size;
            self.modes.pop();
            return Ok(self.token(kind));
        }
        match self.literal_text(quote, size)? {
            End::Quotes => Ok(self.token(middle)),
            End::Middle(end) => Ok(self.token_to(middle, end)),
        }
    }

    /// A `{` at `pos` begins a replacement field.
    fn enter_expression(&mut self) -> Result<(), TokenizerError> {
        let Some(mode) = self.modes.last_mut() else {
            return Ok(());
        };
        mode.expression_depth += 1;
        if mode.expression_depth >= MAX_EXPRESSION_NESTING {
            let message = format!("{}-string: expressions nested too deeply", mode.letter());
            return Err(self.raise(message));
        }
        mode.in_literal = false;
        mode.in_format_spec = false;
        Ok(())
    }

    /// Reads literal text up to the closing quotes (which stay), a brace, or the end of a format specification.
    fn literal_text(&mut self, quote: u8, size: usize) -> Result<End, TokenizerError> {
        let mut named_escape = false;
        loop {
            let in_spec = self.modes.last().is_some_and(|mode| mode.in_format_spec && mode.expression_depth >= 0);
            let Some(at) = self.source.bytes()[self.pos..]
                .iter()
                .position(|byte| matches!(*byte, b'{' | b'}' | b'\\' | b'\n') || *byte == quote)
            else {
                self.pos = self.source.bytes().len();
                return Err(self.unterminated_fstring(false));
            };
            self.pos += at + 1;
            match self.source.bytes()[self.pos - 1] {
                b'\n' => {
                    if size == 1 {
                        return Err(self.newline_in_literal(in_spec));
                    }
                    if !self.enter_line(true)? {
                        return Err(self.unterminated_fstring(false));
                    }
                }
                b'{' => {
                    if self.peek() == b'{' && !in_spec {
                        self.pos += 1;
                        return Ok(End::Middle(self.pos - 1));
                    }
                    self.pos -= 1;
                    self.enter_expression()?;
                    return Ok(End::Middle(self.pos));
                }
                b'}' => return Ok(self.closing_brace(named_escape, in_spec)),
                b'\\' => named_escape |= self.escape_in_literal()?,
                _ if size == 1 => {
                    self.pos -= 1;
                    return Ok(End::Quotes);
                }
                _ if self.peek() == quote && self.peek_at(1) == quote => {
                    self.pos -= 1;
                    return Ok(End::Quotes);
                }
                _ => {}
            }
        }
    }

    /// A `}` before `pos`: the end of a `\N{…}`, one of two, or the end of the field (or a stray one).
    fn closing_brace(&mut self, named_escape: bool, in_spec: bool) -> End {
        if named_escape {
            return End::Middle(self.pos);
        }
        let depth = self.modes.last().map_or(0, |mode| mode.bracket_depth);
        if self.peek() == b'}' && !in_spec && depth == 0 {
            self.pos += 1;
            return End::Middle(self.pos - 1);
        }
        self.pos -= 1;
        if let Some(mode) = self.modes.last_mut() {
            mode.in_literal = false;
            mode.in_format_spec = false;
        }
        End::Middle(self.pos)
    }

    /// A backslash before `pos`; true if it begins `\N{`, whose braces are not a field's.
    fn escape_in_literal(&mut self) -> Result<bool, TokenizerError> {
        let raw = self.modes.last().is_some_and(|mode| mode.raw);
        let escaped = self.peek();
        if matches!(escaped, b'{' | b'}') {
            if !raw {
                self.warn_escaped_brace(escaped);
            }
            return Ok(false);
        }
        self.skip_escaped()?;
        if !raw && escaped == b'N' && self.peek() == b'{' {
            self.pos += 1;
            return Ok(true);
        }
        Ok(false)
    }

    fn warn_escaped_brace(&mut self, brace: u8) {
        let brace = brace as char;
        let (what, hint) = (
            format!("\"\\{brace}\" is an invalid escape sequence. "),
            format!("Did you mean \"\\\\{brace}\"? A raw string is also an option."),
        );
        self.pos += 1;
        self.warn(format!("{what}Such sequences will not work in the future. {hint}"));
        if let Some(warning) = self.warnings.last_mut() {
            warning.error.message = what + &hint;
        }
        self.pos -= 1;
    }

    /// A line end, before `pos`, in a string with single quotes.
    fn newline_in_literal(&self, in_spec: bool) -> TokenizerError {
        if !in_spec {
            return self.unterminated_fstring(true);
        }
        let letter = self.modes.last().map_or('f', Mode::letter);
        self.raise(format!(
            "{letter}-string: newlines are not allowed in format specifiers for single quoted {letter}-strings"
        ))
    }

    fn unterminated_fstring(&self, at_newline: bool) -> TokenizerError {
        let Some(mode) = self.modes.last() else {
            return self.raise("unterminated f-string literal");
        };
        let triple = if mode.quote_size == 3 { "triple-quoted " } else { "" };
        let message = format!("unterminated {triple}{}-string literal (detected at line {})", mode.letter(), self.line);
        let mut failure = self.raise_at(message, mode.line, mode.line_start, mode.start + 1);
        failure.error.incomplete = mode.quote_size == 3 && !at_newline;
        failure
    }
}

/// The text of a replacement field's expression, from behind its `{` to its `}`, `!` or `:`, as `=` and templates show
/// it: comments are cut out, line ends stay.
pub fn expression_text(source: &str) -> Cow<'_, str> {
    let bytes = source.as_bytes();
    if !bytes.contains(&b'#') {
        return Cow::Borrowed(source);
    }
    let mut text = String::with_capacity(source.len());
    let mut quote = None;
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            byte @ (b'\'' | b'"') => match quote {
                None => quote = Some(byte),
                Some(open) if open == byte => quote = None,
                Some(_) => {}
            },
            b'#' if quote.is_none() => {
                text.push_str(&source[copied..at]);
                at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
                copied = at;
            }
            _ => {}
        }
        at += 1;
    }
    text.push_str(source.get(copied..).unwrap_or(""));
    Cow::Owned(text)
}
