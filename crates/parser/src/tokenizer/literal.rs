//! The values of literal tokens.

use std::borrow::Cow;
use std::rc::Rc;

use dashu_int::IBig;
use pyrope_text::escape::{self, Unknown};
use pyrope_text::{Wtf8Buf, identifier as identifiers};

use crate::ast::Constant;

/// CPython's default for `sys.set_int_max_str_digits`.
pub const DEFAULT_MAX_STR_DIGITS: usize = 4300;

/// Digits that are always allowed, so that short numbers are not counted.
const MIN_CHECKED_DIGITS: usize = 640;

/// The first invalid escape of a literal, to be warned about (`SyntaxWarning`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEscape {
    /// The warning's message.
    pub message: String,
    /// What the `SyntaxError` says when the warning is filtered as an error.
    pub error_message: String,
    /// Line ends of the token's text before the escape. CPython reports the line of the `String` token plus this; for
    /// the middle of an f-string it adds this to the line of the `FStringEnd` token.
    pub line_delta: u32,
    /// Bytes before the backslash, from the token's start or, if `line_delta` is not 0, from the line's.
    pub col: u32,
    /// The escaped character: for `{` and `}` in the middle of an f-string the tokenizer has warned already.
    pub escaped: u8,
}

impl InvalidEscape {
    /// `body` is the part of `token_text` that was decoded; the escape's offset counts from it.
    fn locate(found: escape::InvalidEscape, token_text: &str, body: usize) -> InvalidEscape {
        let before = &token_text.as_bytes()[..body + found.at];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        InvalidEscape {
            message: found.warning(),
            error_message: found.error(),
            line_delta: memchr::memchr_iter(b'\n', before).count() as u32,
            col: (before.len() - line_start) as u32,
            escaped: match found.what {
                Unknown::Character(byte) => byte,
                Unknown::Octal([first, ..]) => first,
            },
        }
    }
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

/// The value of a `String` token; without `names`, `\N` is refused. `Err` is the message of the `SyntaxError` to raise at the
/// token.
pub fn parse_string(token_text: &str, names: bool) -> Result<StringLiteral, String> {
    let letters = token_text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let prefix = &token_text.as_bytes()[..letters];
    let has = |letter: u8| prefix.iter().any(|byte| byte.eq_ignore_ascii_case(&letter));
    let quoted = &token_text.as_bytes()[letters..];
    let quotes = if quoted.len() >= 6 && quoted[1] == quoted[0] && quoted[2] == quoted[0] { 3 } else { 1 };
    let body_start = letters + quotes;
    let body = token_text.get(body_start..token_text.len().saturating_sub(quotes)).unwrap_or("");
    let escaped = !has(b'r') && memchr::memchr(b'\\', body.as_bytes()).is_some();
    let mut invalid = None;
    let value = if has(b'b') {
        if !body.is_ascii() {
            return Err("bytes can only contain ASCII literal characters".into());
        }
        if escaped {
            let decoded =
                escape::decode_bytes(body.as_bytes()).map_err(|message| format!("(value error) {message}"))?;
            invalid = decoded.1;
            Constant::Bytes(decoded.0.into())
        } else {
            Constant::Bytes(body.as_bytes().into())
        }
    } else if escaped {
        let decoded = escape::decode_str(body, names).map_err(|message| format!("(unicode error) {message}"))?;
        invalid = decoded.1;
        Constant::Str(Rc::new(decoded.0))
    } else {
        Constant::Str(Rc::new(Wtf8Buf::from(body)))
    };
    let invalid_escape = invalid.map(|found| InvalidEscape::locate(found, token_text, body_start));
    Ok(StringLiteral { value, u_prefix: prefix == b"u", invalid_escape })
}

/// The text of an `FStringMiddle` or `TStringMiddle` token (which never spans a `{{`): decoded unless the string is `raw`.
pub fn decode_middle(token_text: &str, raw: bool, names: bool) -> Result<(Wtf8Buf, Option<InvalidEscape>), String> {
    if raw || memchr::memchr(b'\\', token_text.as_bytes()).is_none() {
        return Ok((Wtf8Buf::from(token_text), None));
    }
    let (text, invalid) =
        escape::decode_str(token_text, names).map_err(|message| format!("(unicode error) {message}"))?;
    Ok((text, invalid.map(|found| InvalidEscape::locate(found, token_text, 0))))
}

/// True if the text of an `FStringStart` or `TStringStart` token has the prefix `r`.
pub fn is_raw_start(token_text: &str) -> bool {
    token_text.bytes().any(|byte| matches!(byte, b'r' | b'R'))
}

/// The value of a `Number` token: `Int`, `Float`, or `Complex` with a zero real part. `max_str_digits` bounds decimal
/// integers (0: no bound). `Err` is the message of the `SyntaxError` to raise at the token.
pub fn parse_number(token_text: &str, max_str_digits: usize) -> Result<Constant, String> {
    let digits: Cow<'_, str> =
        if token_text.contains('_') { token_text.replace('_', "").into() } else { token_text.into() };
    let invalid = || format!("invalid number literal: {token_text}");
    let radix = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        [.., b'j' | b'J'] => {
            let imag = digits[..digits.len() - 1].parse().map_err(|_| invalid())?;
            return Ok(Constant::Complex { real: 0.0, imag });
        }
        bytes if bytes.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) => {
            return digits.parse().map(Constant::Float).map_err(|_| invalid());
        }
        _ => return decimal(&digits, max_str_digits).ok_or_else(invalid)?,
    };
    let digits = &digits[2..];
    match u64::from_str_radix(digits, radix) {
        Ok(small) => Ok(Constant::Int(small.into())),
        Err(_) => IBig::from_str_radix(digits, radix).map(Constant::Int).map_err(|_| invalid()),
    }
}

fn decimal(digits: &str, max_str_digits: usize) -> Option<Result<Constant, String>> {
    if let Ok(small) = digits.parse::<u64>() {
        return Some(Ok(Constant::Int(small.into())));
    }
    let count = digits.len();
    if max_str_digits != 0 && count > max_str_digits.max(MIN_CHECKED_DIGITS) {
        return Some(Err(format!(
            "Exceeds the limit ({max_str_digits} digits) for integer string conversion: value has {count} digits; \
             use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer literals \
             to avoid decimal conversion limits."
        )));
    }
    IBig::from_str_radix(digits, 10).ok().map(|value| Ok(Constant::Int(value)))
}

/// The AST's form of an identifier: NFKC-normalised if it is not ASCII.
pub fn identifier(token_text: &str) -> Cow<'_, str> {
    identifiers::normalise(token_text)
}

/// The constant that a normalised identifier spells, which no tree can have for a name.
pub fn constant_name(identifier: &str) -> Option<&'static str> {
    ["None", "True", "False"].into_iter().find(|name| *name == identifier)
}
