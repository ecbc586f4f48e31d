//! Docstrings: where they stand, and how their indentation is cleaned.

use std::borrow::Cow;
use std::rc::Rc;

use pyrope_parser::ast::{Constant, Expr, ExprKind, Stmt, StmtKind};
use pyrope_text::Wtf8Buf;

use crate::error::{CompileError, Result};

/// The docstring of a body with its expression.
pub(crate) fn docstring(body: &[Stmt]) -> Option<(&Rc<Wtf8Buf>, &Expr)> {
    let StmtKind::Expr { value } = &body.first()?.node else { return None };
    match &value.node {
        ExprKind::Constant { value: Constant::Str(text), .. } => Some((text, value)),
        _ => None,
    }
}

/// The cleaned docstring. CPython encodes it on the way, so that surrogates are an error.
pub(crate) fn checked(doc: &Wtf8Buf) -> Result<Wtf8Buf> {
    if doc.as_str().is_none() {
        // Tabs are expanded before that.
        let expanded = Wtf8Buf::from_bytes(&expand_tabs(doc.as_bytes()));
        return Err(CompileError::Surrogates(expanded.unwrap_or_else(|| doc.clone())));
    }
    Ok(clean(doc))
}

/// `inspect.cleandoc` without dropping blank lines at the ends.
pub fn clean(doc: &Wtf8Buf) -> Wtf8Buf {
    let text = match doc.as_bytes() {
        text if text.contains(&b'\t') => Cow::from(expand_tabs(text)),
        text => text.into(),
    };
    let mut lines = text.split_inclusive(|&byte| byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let margin = lines
        .clone()
        .filter_map(|line| {
            let indent = indent(line);
            line.get(indent).is_some_and(|&byte| byte != b'\n').then_some(indent)
        })
        .min()
        .unwrap_or(0);
    let mut cleaned = first[indent(first)..].to_vec();
    for line in lines {
        cleaned.extend_from_slice(&line[indent(line).min(margin)..]);
    }
    // Only whole spaces were dropped from well-formed text.
    Wtf8Buf::from_bytes(&cleaned).unwrap_or_default()
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|&&byte| byte == b' ').count()
}

/// `str.expandtabs()`: columns count code points and start again after `\n` and `\r`.
fn expand_tabs(text: &[u8]) -> Vec<u8> {
    let mut expanded = Vec::with_capacity(text.len());
    let mut column = 0;
    for &byte in text {
        match byte {
            b'\t' => {
                let width = 8 - column % 8;
                expanded.resize(expanded.len() + width, b' ');
                column += width;
            }
            _ => {
                expanded.push(byte);
                match byte {
                    b'\n' | b'\r' => column = 0,
                    0x80..0xC0 => {}
                    _ => column += 1,
                }
            }
        }
    }
    expanded
}
