//! Calls and their arguments.

use super::kind::Kind;
use super::{Fail, PResult, Parser};
use crate::ast::{Expr, ExprContext, ExprKind, Keyword};

impl Parser<'_> {
    /// `call` after its primary, the parenthesis being next.
    pub(super) fn call(&mut self, func: Expr) -> PResult<ExprKind> {
        let open = self.here();
        self.bump();
        self.enter()?;
        let mut args = Vec::new();
        let mut keywords = Vec::new();
        if matches!(self.kind(), Kind::Rpar) {
            self.bump();
        } else {
            self.argument(&mut args, &mut keywords)?;
            if matches!(self.kind(), Kind::For | Kind::Async)
                && keywords.is_empty()
                && let Some(elt) = args.pop()
            {
                if matches!(elt.node, ExprKind::Starred { .. }) {
                    return Err(Fail::Syntax);
                }
                args.push(self.generator_tail(open, elt)?);
            } else {
                self.argument_tail(&mut args, &mut keywords)?;
            }
        }
        self.leave();
        Ok(ExprKind::Call { func: Box::new(func), args, keywords })
    }

    /// `[argument_list] ")"`, as a class definition has it (no bare generator expression).
    pub(super) fn argument_list(&mut self) -> PResult<(Vec<Expr>, Vec<Keyword>)> {
        let mut args = Vec::new();
        let mut keywords = Vec::new();
        if !self.eat(Kind::Rpar) {
            self.argument(&mut args, &mut keywords)?;
            self.argument_tail(&mut args, &mut keywords)?;
        }
        Ok((args, keywords))
    }

    /// The arguments after the first, and the closing parenthesis.
    fn argument_tail(&mut self, args: &mut Vec<Expr>, keywords: &mut Vec<Keyword>) -> PResult<()> {
        while self.eat(Kind::Comma) && !self.at(Kind::Rpar) {
            self.argument(args, keywords)?;
        }
        self.expect(Kind::Rpar)
    }

    /// One argument: positional before keywords; `*x` anywhere before the first `**x`.
    fn argument(&mut self, args: &mut Vec<Expr>, keywords: &mut Vec<Keyword>) -> PResult<()> {
        let start = self.here();
        match self.kind() {
            Kind::Star => {
                if keywords.iter().any(|keyword| keyword.arg.is_none()) {
                    return Err(Fail::Syntax);
                }
                args.push(self.starred_argument()?);
            }
            Kind::DoubleStar => {
                self.bump();
                let value = self.expression()?;
                keywords.push(Keyword { arg: None, value, range: self.range_from(start) });
            }
            Kind::Name if self.peek(1) == Kind::Equal => {
                let arg = Some(self.name()?);
                self.bump();
                let value = self.expression()?;
                keywords.push(Keyword { arg, value, range: self.range_from(start) });
            }
            _ => {
                if !keywords.is_empty() {
                    return Err(Fail::Syntax);
                }
                args.push(self.named_expression()?);
            }
        }
        Ok(())
    }

    /// `"*" expression`, the star being next.
    pub(super) fn starred_argument(&mut self) -> PResult<Expr> {
        let start = self.here();
        self.bump();
        let value = Box::new(self.expression()?);
        Ok(self.node(start, ExprKind::Starred { value, ctx: ExprContext::Load }))
    }
}
