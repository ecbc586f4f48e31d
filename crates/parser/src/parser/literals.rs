//! Number literals, and warnings about escapes.

use super::kind::Kind;
use super::{Fail, PResult, Parser};
use crate::ast::{Expr, ExprKind};
use crate::error::{SyntaxError, SyntaxErrorKind, Warning, WarningCategory};
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

    /// Keeps the warning about a literal's invalid escape.
    pub(super) fn warn_escape(&mut self, token: Token, escape: InvalidEscape) {
        let category = if self.options.feature_version >= 12 {
            WarningCategory::SyntaxWarning
        } else {
            WarningCategory::DeprecationWarning
        };
        let lineno = token.line + escape.line_delta;
        let mut error = SyntaxError::new(SyntaxErrorKind::SyntaxError, escape.error_message);
        error.lineno = lineno;
        error.offset = i32::try_from(token.col).unwrap_or(i32::MAX - 1) + 1;
        error.end_lineno = Some(lineno);
        self.warnings.push(Warning { category, message: escape.message, lineno, at: token.start, error });
    }
}
