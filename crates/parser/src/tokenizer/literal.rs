//! The values of literal tokens.

use pyrope_text::Wtf8Buf;

use crate::ast::Constant;

/// CPython's default for `sys.set_int_max_str_digits`.
pub const DEFAULT_MAX_STR_DIGITS: usize = 4300;

/// The first invalid escape of a literal, to be warned about (`SyntaxWarning`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEscape {
    /// The warning's message.
    pub message: String,
    /// What the `SyntaxError` says when the warning is filtered as an error.
    pub error_message: String,
    /// Line ends of the token's text before the escape.
    pub line_delta: u32,
    /// The escaped character: for `{` and `}` in the middle of an f-string the tokenizer has warned already.
    pub escaped: u8,
}

/// A `String` token's value.
#[derive(Clone, Debug, PartialEq)]
pub struct StringLiteral {
    /// `Constant::Str` or `Constant::Bytes`.
    pub value: Constant,
    /// The literal has the prefix `u` (the `kind` of the AST node; `U` does not count).
    pub u_prefix: bool,
    pub invalid_escape: Option<InvalidEscape>,
}

/// The value of a `String` token. `Err` is the message of the `SyntaxError` to raise at the token.
pub fn parse_string(_token_text: &str) -> Result<StringLiteral, String> {
    Err(String::new())
}

/// The text of an `FStringMiddle` or `TStringMiddle` token (which never spans a `{{`): decoded unless the string is `raw`.
pub fn decode_middle(_token_text: &str, _raw: bool) -> Result<(Wtf8Buf, Option<InvalidEscape>), String> {
    Err(String::new())
}

/// True if the text of an `FStringStart` or `TStringStart` token has the prefix `r`.
pub fn is_raw_start(token_text: &str) -> bool {
    token_text.bytes().any(|byte| matches!(byte, b'r' | b'R'))
}

/// The value of a `Number` token: `Int`, `Float`, or `Complex` with a zero real part. `max_str_digits` bounds decimal
/// integers (0: no bound). `Err` is the message of the `SyntaxError` to raise at the token.
pub fn parse_number(_token_text: &str, _max_str_digits: usize) -> Result<Constant, String> {
    Err(String::new())
}

/// The AST's form of an identifier: NFKC-normalised if it is not ASCII.
pub fn identifier(token_text: &str) -> std::borrow::Cow<'_, str> {
    token_text.into()
}
