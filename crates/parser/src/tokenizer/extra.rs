//! Tokens as the module `_tokenize` (and so `tokenize`) shows them: columns in characters, strings, physical lines.

use super::{Options, Tokenizer, TokenizerError};
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::token::{Token, TokenKind};

/// One item of `_tokenize.TokenizerIter`: `(type, string, (row, column), (row, column), line)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo<'s> {
    /// The number of the token's type; all operators are `OP` with extra tokens.
    pub kind: u8,
    pub string: &'s str,
    /// Row from 1; column in characters, -1 where CPython has none.
    pub start: (u32, i64),
    pub end: (u32, i64),
    /// The lines from that on which the token (if it is a string) starts to the current one. Tokens of one line share it:
    /// compare addresses to make the object once.
    pub line: &'s str,
}

/// The iterator behind `_tokenize.TokenizerIter`.
pub struct TokenInfos<'s> {
    source: &'s str,
    tokenizer: Tokenizer<'s>,
    extra_tokens: bool,
    implicit_newline: bool,
    done: bool,
    /// A place on the current line whose column is known: the line's start, bytes and characters from there.
    known: (usize, usize, usize),
    /// The row of the last item.
    last_row: u32,
    /// The source ended behind a line without tokens, which is shown no more.
    past_end: bool,
    /// The start of the line being read and its end, line end included.
    line_bounds: (usize, usize),
}

const FIRST_OPERATOR: u8 = TokenKind::LPar as u8;
const OP: u8 = TokenKind::Op as u8;

impl<'s> TokenInfos<'s> {
    /// Tokens of `source`, whose last line ends with `\n` unless it is empty. `implicit_newline`: that line end was added
    /// by the caller and is not shown.
    pub fn new(source: &'s str, extra_tokens: bool, implicit_newline: bool) -> Self {
        let options = Options { extra_tokens, ..Options::default() };
        let mut tokenizer = Tokenizer::new(source, options);
        tokenizer.keeps_fstring_lines = true;
        TokenInfos {
            source,
            tokenizer,
            extra_tokens,
            implicit_newline,
            done: source.is_empty() && !extra_tokens,
            known: (0, 0, 0),
            last_row: 0,
            past_end: false,
            line_bounds: (0, memchr::memchr(b'\n', source.as_bytes()).map_or(source.len(), |at| at + 1)),
        }
    }

    /// The next item; `None` after `ENDMARKER` or an error.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Result<TokenInfo<'s>, Box<SyntaxError>>> {
        if self.done {
            return None;
        }
        match self.tokenizer.next() {
            Ok(token) => {
                self.done = token.kind == TokenKind::EndMarker;
                Some(Ok(self.info(token)))
            }
            Err(failure) => {
                self.done = true;
                Some(Err(self.error(failure)))
            }
        }
    }

    fn info(&mut self, token: Token) -> TokenInfo<'s> {
        let line_start = self.tokenizer.line_start;
        if self.line_bounds.0 != line_start {
            self.line_bounds = (line_start, self.tokenizer.line_end(line_start));
        }
        let trailing =
            token.kind == TokenKind::EndMarker || (token.kind == TokenKind::Dedent && self.tokenizer.at_end());
        let first_line = self.tokenizer.start_line_begin;
        self.past_end |= trailing && token.line != self.last_row;
        let line = if self.past_end { "" } else { self.lines_from(first_line) };
        self.last_row = token.line;
        if trailing && self.extra_tokens {
            let row = if self.source.is_empty() { 1 } else { token.line + 1 };
            return TokenInfo { kind: token.kind as u8, string: "", start: (row, 0), end: (row, 0), line: "" };
        }
        let on_last_line = self.on_added_line_end();
        let mut kind = token.kind as u8;
        let mut string = token.text(self.source);
        let mut start = (token.line, self.column(first_line, token.start as usize));
        let mut end = (token.end_line, 0);
        match token.kind {
            TokenKind::Newline => {
                let unseen = !self.extra_tokens || on_last_line;
                end.1 = self.column(first_line, token.end as usize) - i64::from(!self.extra_tokens);
                string = &string[..string.len() - usize::from(unseen)];
            }
            TokenKind::Nl => {
                end.1 = start.1 + token.end as i64 - token.start as i64;
                string = if on_last_line { "" } else { string };
            }
            TokenKind::Indent if self.extra_tokens => {
                let begin = self.tokenizer.buffer_start;
                string = &self.source[begin..token.end as usize];
                start.1 = 0;
                end.1 = self.column(first_line, token.end as usize);
            }
            TokenKind::Indent | TokenKind::Dedent | TokenKind::EndMarker if !self.extra_tokens => {
                start.1 = -1;
                end.1 = -1;
            }
            _ => end.1 = self.column(self.tokenizer.line_start, token.end as usize),
        }
        if self.extra_tokens && (FIRST_OPERATOR..OP).contains(&kind) {
            kind = OP;
        }
        TokenInfo { kind, string, start, end, line }
    }

    /// True if the line being read ends with the line end that the caller added.
    fn on_added_line_end(&self) -> bool {
        self.implicit_newline && self.line_bounds.1 == self.source.len()
    }

    /// The text from `begin` to the end of the line being read.
    fn lines_from(&self, begin: usize) -> &'s str {
        let end = self.line_bounds.1;
        &self.source[begin..end - usize::from(self.on_added_line_end() && end > begin)]
    }

    /// The column in characters of an offset behind `line_start`; cheap for offsets that grow.
    fn column(&mut self, line_start: usize, offset: usize) -> i64 {
        let (known_line, mut bytes, mut chars) = self.known;
        if known_line != line_start || line_start + bytes > offset {
            (bytes, chars) = (0, 0);
        }
        let between = &self.source.as_bytes()[line_start + bytes..offset];
        chars += between.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.known = (line_start, offset - line_start, chars);
        chars as i64
    }

    /// The errors that are only a status of the C tokenizer get messages and places of their own.
    fn error(&self, failure: TokenizerError) -> Box<SyntaxError> {
        if failure.raised {
            return failure.error;
        }
        let (line_start, buffer_start) = (self.tokenizer.line_start, self.tokenizer.buffer_start);
        let end = self.tokenizer.line_end(line_start);
        let mut error = failure.error;
        error.lineno = self.tokenizer.line();
        if failure.at_eof {
            let after_backslash = self.source[..end].ends_with("\\\n") && !self.tokenizer.at_line_start;
            let held = after_backslash || !self.tokenizer.modes.is_empty();
            error.kind = SyntaxErrorKind::SyntaxError;
            error.message = "unexpected EOF in multi-line statement".into();
            error.offset = if held { (end - buffer_start) as i32 } else { 0 };
            error.end_lineno = Some(error.lineno);
            error.end_offset = None;
            error.text = None;
            return error;
        }
        let text = &self.source[buffer_start..end];
        error.offset = text.chars().count() as i32;
        error.end_lineno = None;
        error.end_offset = None;
        error.text = Some(text.strip_suffix('\n').unwrap_or(text).into());
        error
    }
}
