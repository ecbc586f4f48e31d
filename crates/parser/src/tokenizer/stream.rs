//! A whole source as tokens.

use super::{OpenBracket, Options, Text, Tokenizer, TokenizerError};
use crate::error::Warning;
use crate::token::{Token, TokenKind};

/// All tokens of a source, as far as they could be made.
#[derive(Debug)]
pub struct TokenStream {
    /// Ends with `EndMarker` if there was no error.
    pub tokens: Vec<Token>,
    /// Why there is no token after the last.
    pub error: Option<TokenizerError>,
    /// In source order.
    pub warnings: Vec<Warning>,
    /// The brackets open where tokenising ended, innermost last.
    pub open: Vec<OpenBracket>,
    /// The line where tokenising ended, from 1.
    pub line: u32,
}

/// Tokenises all of `source`.
pub fn tokenize(source: &str, options: Options) -> TokenStream {
    let named = memchr::memmem::find(source.as_bytes(), b"barry_as_FLUFL").is_some();
    let options = Options { barry_as_bdfl: options.barry_as_bdfl || named, ..options };
    let mut tokenizer = Tokenizer::new(Text::new(source, false), options);
    let mut tokens = Vec::with_capacity(source.len() / 4 + 8);
    let error = loop {
        match tokenizer.next() {
            Ok(token) => {
                tokens.push(token);
                if token.kind == TokenKind::EndMarker {
                    break None;
                }
            }
            Err(error) => break Some(error),
        }
    };
    TokenStream {
        tokens,
        error,
        warnings: tokenizer.take_warnings(),
        open: tokenizer.open().to_vec(),
        line: tokenizer.line(),
    }
}
