//! Source text made ready for the tokenizer.

use std::borrow::Cow;

/// `text` with `\r\n` and `\r` as `\n`, and, for `final_newline` (modules; an interactive statement or an expression ends as it is written),
/// with a line end after the last line if it has none.
pub fn normalise(text: &str, final_newline: bool) -> Cow<'_, str> {
    let has_returns = memchr::memchr(b'\r', text.as_bytes()).is_some();
    let lacks_newline = final_newline && !text.is_empty() && !text.ends_with(['\n', '\r']);
    if !has_returns && !lacks_newline {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 1);
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\r', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        out.push('\n');
        rest = &rest[at + 1..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    out.push_str(rest);
    if lacks_newline {
        out.push('\n');
    }
    Cow::Owned(out)
}
