//! Number literals, and warnings about escapes.

use super::kind::Kind;
use super::{Fail, PResult, Parser};
use crate::ast::{Expr, ExprKind};
use crate::error::{SyntaxError, SyntaxErrorKind, Warning, WarningCategory, char_offset};
use crate::token::Token;
use crate::tokenizer::{self, InvalidEscape};

impl Parser<'_> {
    /// `integer`, `floatnumber` or `imagnumber`.
    pub(super) fn number(&mut self) -> PResult<Expr> {
        let start = self.here();
        if !self.at(Kind::Number) {
            return Err(Fail::Syntax);
        }
        let text = self.text(self.pos);
        if self.options.feature_version < 6 && text.contains('_') {
            return Err(Fail::Syntax);
        }
        let value = tokenizer::parse_number(text, self.options.int_max_str_digits).map_err(|_| Fail::Syntax)?;
        self.bump();
        Ok(self.node(start, ExprKind::Constant { value, kind: None }))
    }

    /// Keeps the warning about an invalid escape in the token `text`; CPython speaks of it as if that text began at `token`
    /// (the closing quotes, for an f-string's literal text).
    pub(super) fn warn_escape(&mut self, token: Token, text: &str, escape: InvalidEscape) {
        let category = if self.options.feature_version >= 12 {
            WarningCategory::SyntaxWarning
        } else {
            WarningCategory::DeprecationWarning
        };
        let lineno = token.line + escape.line_delta;
        let mut error = SyntaxError::new(SyntaxErrorKind::SyntaxError, escape.error_message);
        let line = self.source.split_inclusive('\n').nth(lineno.saturating_sub(1) as usize).unwrap_or("");
        let col = if escape.line_delta > 0 {
            escape.col as usize
        } else {
            let own = self.text_of(token);
            token.col as usize + leading_quotes(own) + width_before(text, escape.col as usize)
        };
        let offset = |col: usize| char_offset(line, col.min(line.len()));
        (error.lineno, error.offset) = (lineno, offset(col));
        (error.end_lineno, error.end_offset) = (Some(lineno), Some(offset(col + 2)));
        error.text = Some(line.to_string());
        self.warnings.push(Warning { category, message: escape.message, lineno, at: token.start, error });
    }

    fn text_of(&self, token: Token) -> &str {
        token.text(self.source)
    }
}

/// How many quotes of the first kind a token begins with.
fn leading_quotes(text: &str) -> usize {
    match text.chars().next() {
        Some(quote @ ('\'' | '"')) => text.chars().take_while(|c| *c == quote).count(),
        _ => 0,
    }
}

/// How wide the part of a literal before byte `upto` is, prefix and quotes apart, in the form in which CPython decodes
/// escapes: ten bytes for each character that is not ASCII.
fn width_before(text: &str, upto: usize) -> usize {
    let start = text.find(['\'', '"']).filter(|at| text[..*at].bytes().all(|byte| byte.is_ascii_alphabetic()));
    let body = start.map_or(0, |at| {
        let quotes = leading_quotes(&text[at..]);
        at + if quotes >= 3 { 3 } else { 1 }
    });
    let before = text.get(body..upto).unwrap_or("");
    before.chars().map(|c| if c.is_ascii() { 1 } else { 10 }).sum()
}
