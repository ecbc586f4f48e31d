//! Simple Python literals of text signatures as Rust expressions.

use proc_macro2::TokenStream;
use quote::quote;

/// A default's text as a Rust expression: int, float, True, False, a string, a bytes literal, `sys.maxsize`. `None` for
/// anything else.
pub fn rust_literal(text: &str) -> Option<TokenStream> {
    match text {
        "True" => return Some(quote!(true)),
        "False" => return Some(quote!(false)),
        "sys.maxsize" => return Some(quote!((::core::primitive::isize::MAX as _))),
        _ => {}
    }
    if let Some(bytes) = text.strip_prefix('b').and_then(unquote) {
        let bytes: Option<Vec<u8>> = bytes.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        let literal = proc_macro2::Literal::byte_string(&bytes?);
        return Some(quote!(#literal));
    }
    if let Some(string) = unquote(text) {
        return Some(quote!(#string));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    text.parse::<TokenStream>().ok()
}

/// The contents of a quoted string with its simple escapes resolved.
fn unquote(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut out = String::new();
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            'x' => {
                let code: String = chars.by_ref().take(2).collect();
                char::from(u8::from_str_radix(&code, 16).ok()?)
            }
            plain @ ('\\' | '\'' | '"') => plain,
            _ => return None,
        });
    }
    Some(out)
}
