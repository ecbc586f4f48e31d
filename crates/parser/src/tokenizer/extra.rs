//! Tokens as the module `_tokenize` (and so `tokenize`) shows them: columns in characters, strings, physical lines.

use super::{Options, Source, Tokenizer, TokenizerError};
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
    /// The lines from that on which the token (if it is a string) starts to the current one. Two tokens
    /// in a row whose rows and lengths of this text are equal have the same.
    pub line: &'s str,
}

/// The iterator behind `_tokenize.TokenizerIter`.
pub struct TokenInfos<S> {
    tokenizer: Tokenizer<S>,
    extra_tokens: bool,
    done: bool,
    /// A place on the current line whose column is known: the line's start, bytes and characters from there.
    known: (usize, usize, usize),
    /// The row of the last item.
    last_row: u32,
    /// The source ended behind a line without tokens, which is shown no more.
    past_end: bool,
    /// The row being read and the end of its line, line end included.
    line_bounds: (u32, usize),
}

const FIRST_OPERATOR: u8 = TokenKind::LPar as u8;
const OP: u8 = TokenKind::Op as u8;

impl<S: Source> TokenInfos<S> {
    /// Tokens of `source`, whose last line ends with `\n` unless it is empty.
    pub fn new(source: S, extra_tokens: bool) -> Self {
        let options = Options { extra_tokens, ..Options::default() };
        let mut tokenizer = Tokenizer::new(source, options);
        tokenizer.keeps_fstring_lines = true;
        TokenInfos {
            tokenizer,
            extra_tokens,
            done: false,
            known: (0, 0, 0),
            last_row: 0,
            past_end: false,
            line_bounds: (0, 0),
        }
    }

    pub fn source(&mut self) -> &mut S {
        &mut self.tokenizer.source
    }

    fn text(&self) -> &str {
        self.tokenizer.source.text()
    }

    /// The next item; `None` after `ENDMARKER` or an error.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Result<TokenInfo<'_>, Box<SyntaxError>>> {
        if self.done {
            return None;
        }
        match self.tokenizer.next() {
            Ok(token) => {
                self.done = token.kind == TokenKind::EndMarker;
                if self.done && !self.extra_tokens && self.text().is_empty() {
                    return None;
                }
                Some(Ok(self.info(token)))
            }
            Err(failure) => {
                self.done = true;
                Some(Err(self.error(failure)))
            }
        }
    }

    fn info(&mut self, token: Token) -> TokenInfo<'_> {
        let row = self.tokenizer.line;
        if self.line_bounds.0 != row {
            self.line_bounds = (row, self.tokenizer.line_end(self.tokenizer.line_start));
            self.known = (0, 0, 0);
        }
        let trailing =
            token.kind == TokenKind::EndMarker || (token.kind == TokenKind::Dedent && self.tokenizer.at_end());
        self.past_end |= trailing && token.line != self.last_row;
        self.last_row = token.line;
        if trailing && self.extra_tokens {
            let row = if self.text().is_empty() { 1 } else { token.line + 1 };
            return TokenInfo { kind: token.kind as u8, string: "", start: (row, 0), end: (row, 0), line: "" };
        }
        let first_line = self.tokenizer.start_line_begin;
        let on_last_line = self.on_added_line_end();
        let mut kind = token.kind as u8;
        let mut string = token.start as usize..token.end as usize;
        let mut start = (token.line, self.column(first_line, string.start));
        let mut end = (token.end_line, 0);
        match token.kind {
            TokenKind::Newline => {
                let unseen = !self.extra_tokens || on_last_line;
                end.1 = self.column(first_line, string.end) - i64::from(!self.extra_tokens);
                string.end -= usize::from(unseen);
            }
            TokenKind::Nl => {
                end.1 = start.1 + string.len() as i64;
                if on_last_line {
                    string.end = string.start;
                }
            }
            TokenKind::Indent if self.extra_tokens => {
                start.1 = 0;
                end.1 = self.column(first_line, string.end);
                string.start = self.tokenizer.buffer_start;
            }
            TokenKind::Indent | TokenKind::Dedent | TokenKind::EndMarker if !self.extra_tokens => {
                start.1 = -1;
                end.1 = -1;
            }
            _ => end.1 = self.column(self.tokenizer.line_start, string.end),
        }
        if self.extra_tokens && (FIRST_OPERATOR..OP).contains(&kind) {
            kind = OP;
        }
        let line = if self.past_end { "" } else { self.lines_from(first_line) };
        TokenInfo { kind, string: &self.text()[string], start, end, line }
    }

    /// True if the line being read ends with a line end that was added.
    fn on_added_line_end(&self) -> bool {
        self.tokenizer.source.implicit_newline() && self.line_bounds.1 == self.text().len()
    }

    /// The text from `begin` to the end of the line being read.
    fn lines_from(&self, begin: usize) -> &str {
        let end = self.line_bounds.1;
        &self.text()[begin..end - usize::from(self.on_added_line_end() && end > begin)]
    }

    /// The column in characters of an offset behind `line_start`; cheap for offsets that grow.
    fn column(&mut self, line_start: usize, offset: usize) -> i64 {
        let (known_line, mut bytes, mut chars) = self.known;
        if known_line != line_start || line_start + bytes > offset {
            (bytes, chars) = (0, 0);
        }
        let between = &self.tokenizer.source.bytes()[line_start + bytes..offset];
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
            let after_backslash = self.text()[..end].ends_with("\\\n") && !self.tokenizer.at_line_start;
            let held = after_backslash || !self.tokenizer.modes.is_empty();
            error.kind = SyntaxErrorKind::SyntaxError;
            error.message = "unexpected EOF in multi-line statement".into();
            error.offset = if held { (end - buffer_start) as i32 } else { 0 };
            error.end_lineno = Some(error.lineno);
            error.end_offset = None;
            error.text = None;
            error.bare = true;
            return error;
        }
        let text = &self.text()[buffer_start..end];
        error.offset = text.chars().count() as i32;
        error.end_lineno = None;
        error.end_offset = None;
        error.text = Some(text.strip_suffix('\n').unwrap_or(text).into());
        error
    }
}
