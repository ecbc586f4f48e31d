//! String literals: implicit concatenation, f-strings (PEP 498, 701) and t-strings (PEP 750).

use std::rc::Rc;

use pyrope_text::Wtf8Buf;

use super::kind::Kind;
use super::{Fail, PResult, Parser};
use crate::ast::{Constant, Expr, ExprKind, Range};
use crate::tokenizer::{self, InvalidEscape};

/// Which of the two kinds of string with replacement fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Format,
    Template,
}

impl Flavour {
    fn middle(self) -> Kind {
        match self {
            Flavour::Format => Kind::FstringMiddle,
            Flavour::Template => Kind::TstringMiddle,
        }
    }

    fn end(self) -> Kind {
        match self {
            Flavour::Format => Kind::FstringEnd,
            Flavour::Template => Kind::TstringEnd,
        }
    }
}

impl Parser<'_> {
    /// `strings`: adjacent literals become one node.
    pub(super) fn strings(&mut self) -> PResult<Expr> {
        let start = self.here();
        if self.at(Kind::TstringStart) {
            return self.template_strings(start);
        }
        if self.at(Kind::String) && !matches!(self.peek(1), Kind::String | Kind::FstringStart | Kind::TstringStart) {
            return self.plain_string();
        }
        let mut parts = Vec::new();
        let (mut formats, mut bytes, mut text) = (false, false, false);
        loop {
            match self.kind() {
                Kind::String => {
                    let part = self.plain_string()?;
                    let is_bytes = matches!(part.node, ExprKind::Constant { value: Constant::Bytes(_), .. });
                    bytes |= is_bytes;
                    text |= !is_bytes;
                    parts.push(part);
                }
                Kind::FstringStart => {
                    formats = true;
                    self.format_string(Flavour::Format, &mut parts)?;
                }
                Kind::TstringStart => return Err(Fail::Syntax),
                _ => break,
            }
        }
        if bytes && (text || formats) {
            return Err(Fail::Syntax);
        }
        if formats {
            return Ok(self.node(start, ExprKind::JoinedStr { values: fold(parts) }));
        }
        let (value, kind) = if bytes { (join_bytes(&parts), None) } else { join_text(&parts) };
        Ok(self.node(start, ExprKind::Constant { value, kind }))
    }

    /// Adjacent t-strings.
    fn template_strings(&mut self, start: Range) -> PResult<Expr> {
        self.require_version(14)?;
        let mut parts = Vec::new();
        while self.at(Kind::TstringStart) {
            self.format_string(Flavour::Template, &mut parts)?;
        }
        if matches!(self.kind(), Kind::String | Kind::FstringStart) {
            return Err(Fail::Syntax);
        }
        Ok(self.node(start, ExprKind::TemplateStr { values: fold(parts) }))
    }

    /// `stringliteral` or `bytesliteral`, as one token.
    fn plain_string(&mut self) -> PResult<Expr> {
        let start = self.here();
        let token = self.tokens[self.pos];
        let literal =
            tokenizer::parse_string(self.text(self.pos), self.options.character_names).map_err(|_| Fail::Syntax)?;
        if let Some(escape) = literal.invalid_escape {
            self.warn_escape(token, self.text(self.pos), escape);
        }
        self.bump();
        let kind = literal.u_prefix.then(|| "u".into());
        Ok(self.node(start, ExprKind::Constant { value: literal.value, kind }))
    }

    /// One f- or t-string; its values are added to `parts`.
    fn format_string(&mut self, flavour: Flavour, parts: &mut Vec<Expr>) -> PResult<()> {
        let raw = tokenizer::is_raw_start(self.text(self.pos));
        let outer = std::mem::replace(&mut self.raw_string, raw);
        self.enter()?;
        self.bump();
        let mut escapes = Vec::new();
        loop {
            match self.kind() {
                Kind::Lbrace => self.replacement_field(flavour, parts)?,
                kind if kind == flavour.middle() => {
                    let text = self.text(self.pos);
                    let (part, escape) = self.middle()?;
                    parts.push(part);
                    escapes.extend(escape.map(|escape| (text, escape)));
                }
                kind if kind == flavour.end() => break,
                _ => return Err(Fail::Syntax),
            }
        }
        for (text, escape) in escapes {
            self.warn_escape(self.tokens[self.pos], text, escape);
        }
        self.bump();
        self.leave();
        self.raw_string = outer;
        Ok(())
    }

    /// Literal text between replacement fields, and its first invalid escape.
    fn middle(&mut self) -> PResult<(Expr, Option<InvalidEscape>)> {
        let start = self.here();
        let (value, escape) =
            tokenizer::decode_middle(self.text(self.pos), self.raw_string, self.options.character_names)
                .map_err(|_| Fail::Syntax)?;
        self.bump();
        let value = Constant::Str(Rc::new(value));
        let escape = escape.filter(|escape| !matches!(escape.escaped, b'{' | b'}'));
        Ok((self.node(start, ExprKind::Constant { value, kind: None }), escape))
    }

    /// `replacement_field`: `"{" f_expression ["="] ["!" conversion] [":" format_spec] "}"`.
    fn replacement_field(&mut self, flavour: Flavour, parts: &mut Vec<Expr>) -> PResult<()> {
        let start = self.here();
        let text_start = self.tokens[self.pos].end;
        self.bump();
        self.enter()?;
        let raw = self.raw_string;
        let value = Box::new(self.yield_or_star_expressions()?);
        let debug = self.eat(Kind::Equal);
        let text_end = self.tokens[self.pos].start;
        let conversion = self.conversion()?;
        let mut spec_start = None;
        let format_spec = if self.at(Kind::Colon) {
            spec_start = Some(self.here());
            Some(Box::new(self.format_spec(flavour)?))
        } else {
            None
        };
        self.raw_string = raw;
        self.expect(Kind::Rbrace)?;
        self.leave();
        let conversion_code = match conversion {
            Some((code, _)) => code,
            None if debug && format_spec.is_none() => i32::from(b'r'),
            None => -1,
        };
        let source = self.source.get(text_start as usize..text_end as usize).unwrap_or("");
        if debug {
            let end = match (conversion, spec_start) {
                (Some((_, name)), _) => (name.line, name.col.saturating_sub(1)),
                (None, Some(colon)) => (colon.line, colon.col),
                (None, None) => (self.end.0, self.end.1.saturating_sub(1)),
            };
            let text = Wtf8Buf::from(&*tokenizer::expression_text(source));
            let range = Range { line: start.line, col: start.col + 1, end_line: end.0, end_col: end.1 };
            let value = Constant::Str(Rc::new(text));
            parts.push(Expr { node: ExprKind::Constant { value, kind: None }, range });
        }
        let node = match flavour {
            Flavour::Format => ExprKind::FormattedValue { value, conversion: conversion_code, format_spec },
            Flavour::Template => {
                let text = tokenizer::expression_text(source);
                let text = if debug { text.rsplit_once('=').map_or(&*text, |(text, _)| text) } else { &*text };
                let str = Constant::Str(Rc::new(Wtf8Buf::from(text)));
                ExprKind::Interpolation { value, str, conversion: conversion_code, format_spec }
            }
        };
        parts.push(self.node(start, node));
        Ok(())
    }

    /// `"!" conversion`: its code and the place of its letter.
    fn conversion(&mut self) -> PResult<Option<(i32, Range)>> {
        if !self.at(Kind::Exclamation) {
            return Ok(None);
        }
        let mark = self.here();
        self.bump();
        let name = self.here();
        let code = match self.text(self.pos) {
            "s" => b's',
            "r" => b'r',
            "a" => b'a',
            _ => return Err(Fail::Syntax),
        };
        if mark.line != name.line || mark.end_col != name.col {
            return Err(Fail::Syntax);
        }
        self.expect(Kind::Name)?;
        Ok(Some((i32::from(code), name)))
    }

    /// `":" format_spec`: always a `JoinedStr`. Fields in it are formatted, also in a t-string.
    fn format_spec(&mut self, flavour: Flavour) -> PResult<Expr> {
        let start = self.here();
        self.bump();
        let mut values = Vec::new();
        loop {
            match self.kind() {
                Kind::Lbrace => self.replacement_field(Flavour::Format, &mut values)?,
                kind if kind == flavour.middle() || kind == Kind::FstringMiddle || kind == Kind::TstringMiddle => {
                    let token = self.tokens[self.pos];
                    let (part, escape) = self.middle()?;
                    values.push(part);
                    if let Some(escape) = escape {
                        self.warn_escape(token, token.text(self.source), escape);
                    }
                }
                _ => break,
            }
        }
        Ok(self.node(start, ExprKind::JoinedStr { values: fold(values) }))
    }
}

/// The text of a constant, if it is a string.
fn constant_text(expr: &Expr) -> Option<&Rc<Wtf8Buf>> {
    match &expr.node {
        ExprKind::Constant { value: Constant::Str(text), .. } => Some(text),
        _ => None,
    }
}

/// Merges neighbouring constants and drops empty ones.
fn fold(parts: Vec<Expr>) -> Vec<Expr> {
    let mut values: Vec<Expr> = Vec::with_capacity(parts.len());
    let mut parts = parts.into_iter().peekable();
    while let Some(mut part) = parts.next() {
        if let Some(first) = constant_text(&part) {
            if let Some(next) = parts.peek()
                && constant_text(next).is_some()
            {
                let mut whole = (**first).clone();
                while let Some(next) = parts.next_if(|next| constant_text(next).is_some()) {
                    if let Some(text) = constant_text(&next) {
                        whole.push_wtf8(text);
                    }
                    part.range.end_line = next.range.end_line;
                    part.range.end_col = next.range.end_col;
                }
                if let ExprKind::Constant { value, .. } = &mut part.node {
                    *value = Constant::Str(Rc::new(whole));
                }
            }
            if constant_text(&part).is_some_and(|text| text.is_empty()) {
                continue;
            }
        }
        values.push(part);
    }
    values
}

/// Adjacent `str` literals as one; the first decides about the kind.
fn join_text(parts: &[Expr]) -> (Constant, Option<Rc<str>>) {
    let mut whole = Wtf8Buf::new();
    for part in parts {
        if let Some(text) = constant_text(part) {
            whole.push_wtf8(text);
        }
    }
    let kind = match parts.first().map(|part| &part.node) {
        Some(ExprKind::Constant { kind, .. }) => kind.clone(),
        _ => None,
    };
    (Constant::Str(Rc::new(whole)), kind)
}

/// Adjacent `bytes` literals as one.
fn join_bytes(parts: &[Expr]) -> Constant {
    let mut whole = Vec::new();
    for part in parts {
        if let ExprKind::Constant { value: Constant::Bytes(bytes), .. } = &part.node {
            whole.extend_from_slice(bytes);
        }
    }
    Constant::Bytes(whole.into())
}
