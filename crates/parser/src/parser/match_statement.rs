//! The `match` statement. `match` and `case` are names elsewhere, so a statement may turn out to be another one.

use super::kind::Kind;
use super::{Fail, PResult, Parser};
use crate::ast::{Expr, ExprContext, ExprKind, MatchCase, Stmt, StmtKind};
use crate::token::Keyword;

impl Parser<'_> {
    /// `match_stmt`, the name `match` being next; `None`, with nothing consumed, if it is an ordinary name.
    pub(super) fn match_statement(&mut self) -> PResult<Option<Stmt>> {
        if !(self.peek(1).starts_expression() || self.peek(1) == Kind::Star) {
            return Ok(None);
        }
        let mark = self.mark();
        let start = self.here();
        self.height = 0;
        let subject = match self.match_header() {
            Ok(subject) => Box::new(subject),
            Err(Fail::Syntax) => {
                self.reset(mark);
                return Ok(None);
            }
            Err(other) => return Err(other),
        };
        self.require_version(10)?;
        self.enter()?;
        let mut cases = Vec::new();
        while self.at_soft(Keyword::Case) {
            cases.push(self.case_block()?);
        }
        self.leave();
        self.expect(Kind::Dedent)?;
        Ok(Some(self.statement(start, StmtKind::Match { subject, cases })))
    }

    /// `"match" subject_expr ":" NEWLINE INDENT` and a look at `case`.
    fn match_header(&mut self) -> PResult<Expr> {
        self.bump();
        let subject = self.subject_expression()?;
        self.expect(Kind::Colon)?;
        self.expect(Kind::Newline)?;
        self.expect(Kind::Indent)?;
        if self.at_soft(Keyword::Case) { Ok(subject) } else { Err(Fail::Syntax) }
    }

    /// `subject_expr`: a starred one only in a tuple.
    fn subject_expression(&mut self) -> PResult<Expr> {
        let start = self.here();
        let starred = self.at(Kind::Star);
        let first = self.star_named_expression()?;
        if self.at(Kind::Comma) {
            return self.tuple_tail(start, first, Self::star_named_expression);
        }
        if starred { Err(Fail::Syntax) } else { Ok(first) }
    }

    /// `case_block`.
    fn case_block(&mut self) -> PResult<MatchCase> {
        self.bump();
        self.height = 0;
        let pattern = self.patterns()?;
        let guard = if self.eat(Kind::If) { Some(Box::new(self.named_expression()?)) } else { None };
        self.expect(Kind::Colon)?;
        let body = self.block()?;
        Ok(MatchCase { pattern, guard, body })
    }

    /// A dotted name as an expression, the first name being next.
    pub(super) fn name_or_attribute(&mut self) -> PResult<Expr> {
        let start = self.here();
        let id = self.name()?;
        let mut value = self.node(start, ExprKind::Name { id, ctx: ExprContext::Load });
        let mut length = 0;
        while self.eat(Kind::Dot) {
            length += 1;
            if length > self.max_height {
                return Err(Fail::TooDeep);
            }
            let attr = self.name()?;
            value = self.node(start, ExprKind::Attribute { value: Box::new(value), attr, ctx: ExprContext::Load });
        }
        Ok(value)
    }
}
