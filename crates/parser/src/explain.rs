//! What is wrong with a source.

use crate::error::{SyntaxError, SyntaxErrorKind, char_offset};
use crate::parser::{Mode, Options, Tokens};

/// The error of a source that the parser rejected.
pub(crate) fn explain(source: &str, tokens: &Tokens, _mode: Mode, _options: Options) -> Box<SyntaxError> {
    if let Some(error) = &tokens.stream.error {
        return error.error.clone();
    }
    let _ = (source, char_offset("", 0));
    SyntaxError::new(SyntaxErrorKind::SyntaxError, "invalid syntax")
}

/// The error of a `single` source with more than one statement.
pub(crate) fn several_statements(_source: &str, _tokens: &Tokens) -> Option<Box<SyntaxError>> {
    None
}
