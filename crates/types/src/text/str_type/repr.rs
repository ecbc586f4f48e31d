//! `repr` and `ascii` of text.

use pyrope_object::{PyResult, Ref, Str, StrView, Vm};
use pyrope_textual::unicode;

use super::super::builder::{TextBuilder, code_points};

/// Appends the text as a literal: in quotes, unprintable characters escaped.
pub fn push_repr(view: StrView<'_>, out: &mut TextBuilder) {
    let has = |quote: char| match view {
        StrView::Ascii(text) => text.contains(quote),
        view => code_points(view).any(|c| c == quote as u32),
    };
    let quote = if has('\'') && !has('"') { b'"' } else { b'\'' };
    out.push(quote.into());
    if let StrView::Ascii(text) = view
        && text.bytes().all(|c| (0x20..0x7F).contains(&c) && c != quote && c != b'\\')
    {
        out.push_str(text);
    } else {
        code_points(view).for_each(|c| push_escaped(c, quote, out));
    }
    out.push(quote.into());
}

fn push_escaped(c: u32, quote: u8, out: &mut TextBuilder) {
    match c {
        _ if c == u32::from(quote) || c == u32::from(b'\\') => {
            out.push(b'\\'.into());
            out.push(c);
        }
        0x09 => out.push_str("\\t"),
        0x0A => out.push_str("\\n"),
        0x0D => out.push_str("\\r"),
        0x20..0x7F => out.push(c),
        0..0x20 | 0x7F => out.push_str(&format!("\\x{c:02x}")),
        _ if unicode::is_printable(c) => out.push(c),
        _ => push_escape(c, out),
    }
}

fn push_escape(c: u32, out: &mut TextBuilder) {
    out.push_str(&match c {
        0..0x100 => format!("\\x{c:02x}"),
        0x100..0x1_0000 => format!("\\u{c:04x}"),
        _ => format!("\\U{c:08x}"),
    });
}

/// What `ascii()` makes of a `repr`: all but ASCII escaped.
pub fn ascii_text(repr: &Ref<Str>, vm: &Vm) -> PyResult<Ref<Str>> {
    if repr.as_ascii().is_some() {
        return Ok(repr.clone());
    }
    let mut out = TextBuilder::new();
    for c in repr.code_points() {
        if c < 0x80 { out.push(c) } else { push_escape(c, &mut out) }
    }
    out.finish(vm)
}
