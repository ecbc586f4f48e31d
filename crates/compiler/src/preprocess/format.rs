//! `'…' % (…)` with only `%s`, `%r`, `%a` and their widths, as the parts of an f-string.

use std::rc::Rc;

use pyrope_parser::ast::{Constant, Expr, ExprKind, Range};
use pyrope_text::Wtf8Buf;

/// Literal text, or the place of the next argument.
pub(super) enum Piece {
    Text(Wtf8Buf),
    Value { conversion: u8, spec: String },
}

/// CPython gives made-up constants no position.
const NOWHERE: Range = Range { line: u32::MAX, col: u32::MAX, end_line: u32::MAX, end_col: u32::MAX };
/// Widths and precisions have fewer digits than this.
const MAX_DIGITS: usize = 3;

/// The pieces of a template that takes exactly `count` arguments, if all its conversions are simple.
pub(super) fn parse(template: &Wtf8Buf, count: usize) -> Option<Vec<Piece>> {
    let mut rest = template.as_bytes();
    let mut pieces = Vec::new();
    let mut taken = 0;
    loop {
        let (text, after) = literal(rest)?;
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        let Some((_percent, specifier)) = after.split_first() else { break };
        if taken >= count {
            return None;
        }
        let (piece, after) = value(specifier)?;
        pieces.push(piece);
        taken += 1;
        rest = after;
    }
    (taken == count).then_some(pieces)
}

/// Text up to a conversion, `%%` being a percent sign.
fn literal(bytes: &[u8]) -> Option<(Wtf8Buf, &[u8])> {
    let mut text = Vec::new();
    let mut rest = bytes;
    loop {
        match rest {
            [b'%', b'%', tail @ ..] => {
                text.push(b'%');
                rest = tail;
            }
            [] | [b'%', ..] => break,
            [byte, tail @ ..] => {
                text.push(*byte);
                rest = tail;
            }
        }
    }
    Some((Wtf8Buf::from_bytes(&text)?, rest))
}

fn value(bytes: &[u8]) -> Option<(Piece, &[u8])> {
    let flags = bytes.iter().take_while(|byte| b"-+ #0".contains(byte)).count();
    let left = bytes[..flags].contains(&b'-');
    let mut rest = &bytes[flags..];
    let width = number(&mut rest)?;
    let mut precision = None;
    if let [b'.', tail @ ..] = rest {
        rest = tail;
        precision = Some(number(&mut rest)?.unwrap_or(0));
    }
    let (&conversion, rest) = rest.split_first()?;
    if !b"sra".contains(&conversion) {
        return None;
    }
    let mut spec = String::new();
    if !left && width.is_some_and(|width| width > 0) {
        spec.push('>');
    }
    if let Some(width) = width {
        spec.push_str(&width.to_string());
    }
    if let Some(precision) = precision {
        spec.push_str(&format!(".{precision}"));
    }
    Some((Piece::Value { conversion, spec }, rest))
}

/// Digits, if there are some; `None` for too many.
fn number(bytes: &mut &[u8]) -> Option<Option<u32>> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits >= MAX_DIGITS {
        return None;
    }
    let value = bytes[..digits].iter().fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
    *bytes = &bytes[digits..];
    Some((digits > 0).then_some(value))
}

/// The f-string's values.
pub(super) fn join(pieces: Vec<Piece>, arguments: Vec<Expr>) -> Vec<Expr> {
    let mut arguments = arguments.into_iter();
    pieces
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Text(text) => Some(constant(text)),
            Piece::Value { conversion, spec } => {
                let value = arguments.next()?;
                let range = value.range;
                let format_spec = (!spec.is_empty()).then(|| Box::new(constant(Wtf8Buf::from(spec))));
                let conversion = i32::from(conversion);
                let node = ExprKind::FormattedValue { value: Box::new(value), conversion, format_spec };
                Some(Expr { node, range })
            }
        })
        .collect()
}

fn constant(text: Wtf8Buf) -> Expr {
    Expr { node: ExprKind::Constant { value: Constant::Str(Rc::new(text)), kind: None }, range: NOWHERE }
}
