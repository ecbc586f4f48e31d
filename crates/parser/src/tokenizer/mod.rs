//! Source text to tokens, as CPython's C tokenizer makes them.
//!
//! # How a parser drives it
//! [`tokenize`] reads a whole source into a [`TokenStream`]: all tokens up to [`TokenKind::EndMarker`] or up to the first
//! error, the warnings met on the way, and what was open at the end. CPython's parser pulls tokens one at a time, and an
//! error surfaces only when the parser asks for the token that cannot be made. A parser over a `TokenStream` gets the same
//! by raising [`TokenStream::error`] when it needs the token at `tokens.len()`.
//!
//! When the parser itself fails at an earlier token, CPython tokenises the rest to see whether a tokenizer error should
//! win over "invalid syntax": it does if `error.raised` (the C tokenizer has set an exception), whatever its line;
//! otherwise, if there is an error and brackets are open, `'(' was never closed` is raised for the innermost open bracket
//! ([`TokenStream::open`]) when that bracket's line is smaller than the failing token's. See [`TokenizerError`].
//!
//! # f-strings and t-strings (PEP 701, 750)
//! `f"a{x!r:>{w}}b"` is `FStringStart("f\"")`, `FStringMiddle(a)`, `LBrace`, `Name(x)`, `Exclamation`, `Name(r)`, `Colon`,
//! `FStringMiddle(>)`, `LBrace`, `Name(w)`, `RBrace`, `FStringMiddle()`, `RBrace`, `FStringMiddle(b)`, `FStringEnd`: an empty
//! middle stands between the braces that end a nested field and its outer one, as in CPython. At `{{` and `}}` a middle ends
//! behind the first brace, and its `end_col` is behind the second. The text of `{x = }` or of a template's interpolation is
//! the source between the brace and the `}`, `!` or `:` that ends the expression, made by [`expression_text`]. The parser
//! decides about `=` (it is an ordinary [`TokenKind::Equal`]).
//!
//! # Incomplete input
//! `SyntaxError::incomplete` of a tokenizer's error holds if the parser asked for the token that could not be made;
//! a parser that failed earlier decides by what it has read.

mod bytes;
mod extra;
mod failure;
mod fstring;
mod indentation;
mod literal;
mod number;
mod operator;
mod source;
mod stream;
mod strings;

use crate::error::{SyntaxError, Warning};
use crate::token::{Keyword, Token, TokenKind};
use bytes::{IDENTIFIER_CONTINUE, IDENTIFIER_START, class};
use fstring::Mode;
use source::Entered;

pub use extra::{TokenInfo, TokenInfos};
pub use failure::never_closed;
pub use fstring::expression_text;
pub use literal::{
    DEFAULT_MAX_STR_DIGITS, InvalidEscape, StringLiteral, constant_name, decode_middle, identifier, is_raw_start,
    parse_number, parse_string,
};
pub use source::{Feed, Lines, Source, Text};
pub use stream::{TokenStream, tokenize};

/// How to tokenise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Yield `TypeComment` and `TypeIgnore` (`ast.parse(type_comments=True)`).
    pub type_comments: bool,
    /// Yield `Comment` and `Nl`, and be lenient as the `tokenize` module is.
    pub extra_tokens: bool,
    /// The source is typed at a prompt: an empty line at column 0 ends a statement.
    pub interactive: bool,
    /// `<>` is one token, `NotEqual`, instead of `<` and `>` (PEP 401). [`tokenize`] turns it on by itself for a source
    /// that names `barry_as_FLUFL`; the parser knows whether that was a future statement.
    pub barry_as_bdfl: bool,
}

/// Why no further token can be made.
#[derive(Clone, Debug)]
pub struct TokenizerError {
    /// What CPython raises when its parser asks for this token.
    pub error: Box<SyntaxError>,
    /// True if the C tokenizer itself raises (message with its own place): such an error wins over "invalid syntax" found
    /// at an earlier token. False for those that are only a status until the parser asks: bad dedent, tabs, depth of
    /// indentation, a backslash at the end or before other characters, end of file inside brackets.
    pub raised: bool,
    /// The source ended inside brackets or after a backslash.
    pub at_eof: bool,
}

/// An open bracket: the byte, its line from 1, its column in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenBracket {
    pub bracket: u8,
    pub line: u32,
    pub col: u32,
}

/// CPython's limits: nested brackets, indentation levels, f-strings inside f-strings, expressions inside format specs.
const MAX_BRACKETS: usize = 200;
const MAX_INDENTS: usize = 100;
const MAX_MODES: usize = 150;
const MAX_EXPRESSION_NESTING: i32 = 3;

/// Longest source in bytes: offsets are `u32` and columns are `i32` in CPython.
pub const MAX_SOURCE: usize = i32::MAX as usize;

/// The first NUL byte from an offset on, or `usize::MAX`.
fn first_null(bytes: &[u8], from: usize) -> usize {
    memchr::memchr(0, &bytes[from..]).map_or(usize::MAX, |at| from + at)
}

type Step = Result<Token, TokenizerError>;

/// The tokenizer's state over one source.
pub struct Tokenizer<S> {
    source: S,
    options: Options,
    /// The next byte to read.
    pos: usize,
    /// Where the token being read starts, and its line and that line's start.
    start: usize,
    start_line: u32,
    start_line_begin: usize,
    /// The line being read, from 1 (0 before the first). The end of a line belongs to it until its successor is entered.
    line: u32,
    line_start: usize,
    /// Where the first line of the logical line starts: what CPython keeps buffered.
    buffer_start: usize,
    /// The first NUL byte, or `usize::MAX`.
    first_null: usize,
    at_line_start: bool,
    /// The line holds nothing but blanks and perhaps a comment.
    blank_line: bool,
    /// The comment just yielded stands alone on its line.
    comment_newline: bool,
    /// Columns of the open blocks with tabs to 8, and with tabs to 1.
    indents: Vec<(u32, u32)>,
    /// Indents (positive) or dedents (negative) to yield.
    pending: i32,
    open: Vec<OpenBracket>,
    /// The f- and t-strings being read, innermost last.
    modes: Vec<Mode>,
    /// The lines of an f-string count as joined in the places of some errors, as for a tokenizer over `readline`.
    keeps_fstring_lines: bool,
    warnings: Vec<Warning>,
    failed: Option<TokenizerError>,
}

impl<S: Source> Tokenizer<S> {
    /// A tokenizer at the start of `source`. For a parser its line ends are `\n` only and the last line has one (see
    /// `pyrope_text::source::normalise`); with `extra_tokens`, `\r\n` is understood too.
    pub fn new(source: S, options: Options) -> Self {
        let first_null = first_null(source.bytes(), 0);
        Tokenizer {
            source,
            options,
            pos: 0,
            start: 0,
            start_line: 0,
            start_line_begin: 0,
            line: 0,
            line_start: 0,
            buffer_start: 0,
            first_null,
            at_line_start: true,
            blank_line: false,
            comment_newline: false,
            indents: Vec::with_capacity(16),
            pending: 0,
            open: Vec::with_capacity(16),
            modes: Vec::new(),
            keeps_fstring_lines: false,
            warnings: Vec::new(),
            failed: None,
        }
    }

    /// The next token; after `EndMarker`, `EndMarker` again; after an error, the same error.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Token, TokenizerError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        if self.source.bytes().len() > MAX_SOURCE {
            return Err(self.too_large());
        }
        let step = match self.modes.last() {
            Some(mode) if mode.in_literal => self.next_in_literal(),
            _ => self.next_regular(),
        };
        if let Err(error) = &step {
            self.failed = Some(error.clone());
        }
        step
    }

    /// The brackets open now, innermost last.
    pub fn open(&self) -> &[OpenBracket] {
        &self.open
    }

    /// The line reached, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Takes the warnings so far.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// The byte at `pos`, or 0 at the end (a NUL byte is refused when its line is entered).
    #[inline]
    fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    #[inline]
    fn peek_at(&self, ahead: usize) -> u8 {
        self.source.bytes().get(self.pos + ahead).copied().unwrap_or(0)
    }

    #[inline]
    fn at_end(&self) -> bool {
        self.pos >= self.source.bytes().len()
    }

    /// Enters the line that starts at `pos`; false at the end of the source. `keep`: a token goes on in it.
    #[inline]
    fn enter_line(&mut self, keep: bool) -> Result<bool, TokenizerError> {
        match self.source.enter(self.pos, keep) {
            Entered::Line => {}
            Entered::Fed => self.first_null = first_null(self.source.bytes(), self.pos),
            Entered::Replaced => {
                self.pos = 0;
                self.first_null = first_null(self.source.bytes(), 0);
            }
            Entered::Joined => return Ok(true),
            Entered::End => return Ok(false),
            Entered::Failed => return Err(self.raise("the source cannot be read")),
        }
        self.line += 1;
        self.line_start = self.pos;
        if self.first_null != usize::MAX && self.first_null < self.line_end(self.pos) {
            return Err(self.null_bytes());
        }
        Ok(true)
    }

    /// The offset behind the line end that follows `from`, or the end of the source.
    fn line_end(&self, from: usize) -> usize {
        self.source.line_end(from)
    }

    /// Marks `pos` as the start of a token.
    #[inline]
    fn begin(&mut self) {
        self.start = self.pos;
        self.start_line = self.line;
        self.start_line_begin = self.line_start;
    }

    /// The token from the mark to `pos`.
    #[inline]
    fn token(&self, kind: TokenKind) -> Token {
        self.token_to(kind, self.pos)
    }

    /// The token from the mark to `end`; its last column is still that of `pos`.
    #[inline]
    fn token_to(&self, kind: TokenKind, end: usize) -> Token {
        Token {
            kind,
            keyword: Keyword::None,
            start: self.start as u32,
            end: end as u32,
            line: self.start_line,
            col: (self.start - self.start_line_begin) as u32,
            end_line: self.line,
            end_col: (self.pos - self.line_start) as u32,
        }
    }

    /// One token outside of string literals.
    fn next_regular(&mut self) -> Step {
        loop {
            if self.at_line_start {
                self.measure_indentation()?;
                self.at_line_start = false;
            }
            self.begin();
            if self.pending != 0 {
                return Ok(self.pending_token());
            }
            if let Some(token) = self.after_indentation()? {
                return Ok(token);
            }
        }
    }

    /// One token after the indentation, or `None` if the line ended without one.
    fn after_indentation(&mut self) -> Result<Option<Token>, TokenizerError> {
        loop {
            while matches!(self.peek(), b' ' | b'\t' | 0x0C) {
                self.pos += 1;
            }
            self.begin();
            let mut first = self.peek();
            if first == b'#' {
                if let Some(token) = self.comment() {
                    return Ok(Some(token));
                }
                // A NEWLINE behind a comment starts, for the parser, where the comment does.
                first = self.peek();
            }
            if self.at_end() {
                self.begin();
                return self.end_of_source().map(Some);
            }
            if class(first) & IDENTIFIER_START != 0 {
                return self.name_or_prefixed_string().map(Some);
            }
            return match first {
                b'\n' => Ok(self.newline()),
                b'\r' => self.carriage_return(),
                b'0'..=b'9' => self.number().map(Some),
                b'.' if self.peek_at(1).is_ascii_digit() => self.number().map(Some),
                b'\'' | b'"' => self.string().map(Some),
                b'\\' => {
                    self.continuation_line()?;
                    continue;
                }
                _ => self.operator(first).map(Some),
            };
        }
    }

    /// An identifier or keyword, or a string literal with a prefix.
    fn name_or_prefixed_string(&mut self) -> Step {
        if let Some(prefix) = self.string_prefix()? {
            return if prefix.is_template() || prefix.is_format() { self.open_fstring(prefix) } else { self.string() };
        }
        let mut classes = IDENTIFIER_CONTINUE;
        let rest = &self.source.bytes()[self.pos..];
        let mut length = 0;
        let mut non_ascii = 0;
        while let Some(&byte) = rest.get(length) {
            classes &= class(byte);
            if classes == 0 {
                break;
            }
            non_ascii |= byte;
            length += 1;
        }
        self.pos += length;
        let name = &rest[..length];
        if non_ascii >= 0x80 && !self.options.extra_tokens {
            self.verify_identifier()?;
        }
        let mut token = self.token(TokenKind::Name);
        token.keyword = Keyword::of(name);
        Ok(token)
    }

    /// A comment, when the options ask for it; otherwise it is skipped up to the line end.
    fn comment(&mut self) -> Option<Token> {
        let rest = &self.source.bytes()[self.pos..];
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        self.pos += length;
        if self.options.type_comments
            && let Some(token) = self.type_comment()
        {
            self.blank_line = false;
            return Some(token);
        }
        if !self.options.extra_tokens {
            return None;
        }
        self.comment_newline = self.blank_line;
        Some(self.token(TokenKind::Comment))
    }

    /// The comment from the mark to `pos` as a type comment, if it is one (PEP 484).
    fn type_comment(&mut self) -> Option<Token> {
        let comment = &self.source.text()[self.start..self.pos];
        let blanks = [' ', '\t'];
        let body = comment.strip_prefix('#')?.trim_start_matches(blanks);
        let body = body.strip_prefix("type:")?.trim_start_matches(blanks);
        let mut token = self.token(TokenKind::TypeComment);
        let mut skipped = comment.len() - body.len();
        if let Some(tag) = body.strip_prefix("ignore")
            && !tag.starts_with(|c: char| !c.is_ascii() || c.is_ascii_alphanumeric())
        {
            skipped += "ignore".len();
            token.kind = TokenKind::TypeIgnore;
            // Alone on its line, it takes the line end with it.
            if self.blank_line && self.peek() == b'\n' {
                self.pos += 1;
                self.at_line_start = true;
                token.end += 1;
            }
        }
        token.start += skipped as u32;
        token.col += skipped as u32;
        Some(token)
    }

    /// The line end at `pos`.
    fn newline(&mut self) -> Option<Token> {
        self.pos += 1;
        self.at_line_start = true;
        let lone_comment = self.options.extra_tokens && self.comment_newline;
        if self.blank_line || !self.open.is_empty() || lone_comment {
            self.comment_newline = false;
            return self.options.extra_tokens.then(|| self.token(TokenKind::Nl));
        }
        Some(self.token(TokenKind::Newline))
    }

    /// `\r`, which only sources that were not normalised hold: part of `\r\n`, or read with what follows it.
    fn carriage_return(&mut self) -> Result<Option<Token>, TokenizerError> {
        self.pos += 1;
        if self.at_end() {
            return Ok(Some(self.token(TokenKind::Op)));
        }
        match self.peek() {
            b'\n' => Ok(self.newline()),
            other => self.operator(other).map(Some),
        }
    }

    fn end_of_source(&mut self) -> Step {
        if self.line == 0 {
            self.line = 1;
            self.begin();
        }
        if self.open.is_empty() {
            return Ok(self.token(TokenKind::EndMarker));
        }
        Err(self.unclosed_at_end())
    }
}

#[cfg(test)]
mod tests;
