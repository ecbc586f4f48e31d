//! Expressions from `starred_expression` lists down to primaries: operators by precedence climbing.

use super::kind::{Kind, Operation, precedence};
use super::{Fail, PResult, Parser};
use crate::ast::{CmpOp, Expr, ExprContext, ExprKind, Identifier, Range, UnaryOp};

impl Parser<'_> {
    /// `starred_expression_list` (pegen's `star_expressions`): a tuple if there is a comma.
    pub(super) fn star_expressions(&mut self) -> PResult<Expr> {
        let start = self.here();
        let first = self.star_expression()?;
        if !self.at(Kind::Comma) {
            return Ok(first);
        }
        self.tuple_tail(start, first, Self::star_expression)
    }

    /// `expression_list` without stars (pegen's `expressions`).
    pub(super) fn expressions(&mut self) -> PResult<Expr> {
        let start = self.here();
        let first = self.expression()?;
        if !self.at(Kind::Comma) {
            return Ok(first);
        }
        self.tuple_tail(start, first, Self::expression)
    }

    /// The rest of an unparenthesised tuple whose first element is read and whose comma is next.
    pub(super) fn tuple_tail(
        &mut self,
        start: Range,
        first: Expr,
        element: fn(&mut Self) -> PResult<Expr>,
    ) -> PResult<Expr> {
        let mut elts = vec![first];
        while self.eat(Kind::Comma) && (self.kind().starts_expression() || self.at(Kind::Star)) {
            elts.push(element(self)?);
        }
        Ok(self.node(start, ExprKind::Tuple { elts, ctx: ExprContext::Load }))
    }

    /// `starred_expression`: `*` binds to an `or_expr`.
    pub(super) fn star_expression(&mut self) -> PResult<Expr> {
        if self.at(Kind::Star) { self.starred_or_expr() } else { self.expression() }
    }

    /// `"*" or_expr`, the star being next.
    pub(super) fn starred_or_expr(&mut self) -> PResult<Expr> {
        let start = self.here();
        self.bump();
        let value = Box::new(self.bitwise_or()?);
        Ok(self.node(start, ExprKind::Starred { value, ctx: ExprContext::Load }))
    }

    /// `flexible_expression` (pegen's `star_named_expression`).
    pub(super) fn star_named_expression(&mut self) -> PResult<Expr> {
        if self.at(Kind::Star) { self.starred_or_expr() } else { self.named_expression() }
    }

    /// `assignment_expression`: `[identifier ":="] expression`.
    pub(super) fn named_expression(&mut self) -> PResult<Expr> {
        if self.at(Kind::Name) && self.peek(1) == Kind::ColonEqual {
            return self.walrus();
        }
        let expr = self.expression()?;
        if self.at(Kind::ColonEqual) { Err(Fail::Syntax) } else { Ok(expr) }
    }

    /// `identifier ":=" expression`, both tokens being next.
    pub(super) fn walrus(&mut self) -> PResult<Expr> {
        self.require_version(8)?;
        let start = self.here();
        let id = self.name()?;
        let target = Box::new(self.node(start, ExprKind::Name { id, ctx: ExprContext::Store }));
        self.bump();
        let value = Box::new(self.expression()?);
        Ok(self.node(start, ExprKind::NamedExpr { target, value }))
    }

    /// `expression`: `conditional_expression | lambda_expr`.
    pub(super) fn expression(&mut self) -> PResult<Expr> {
        self.enter()?;
        let result = if self.at(Kind::Lambda) { self.lambda_expr() } else { self.conditional_expression() };
        self.leave();
        result
    }

    /// `conditional_expression`: `or_test ["if" or_test "else" expression]`.
    fn conditional_expression(&mut self) -> PResult<Expr> {
        let start = self.here();
        let body = self.disjunction()?;
        if !self.eat(Kind::If) {
            return Ok(body);
        }
        let test = Box::new(self.disjunction()?);
        self.expect(Kind::Else)?;
        let orelse = Box::new(self.expression()?);
        Ok(self.node(start, ExprKind::IfExp { test, body: Box::new(body), orelse }))
    }

    /// `lambda_expr`: `"lambda" [parameter_list] ":" expression`.
    fn lambda_expr(&mut self) -> PResult<Expr> {
        let start = self.here();
        self.bump();
        let args = Box::new(self.lambda_parameters()?);
        self.expect(Kind::Colon)?;
        let body = Box::new(self.expression()?);
        Ok(self.node(start, ExprKind::Lambda { args, body }))
    }

    /// `yield_expression`, the keyword being next.
    pub(super) fn yield_expression(&mut self) -> PResult<Expr> {
        let start = self.here();
        self.expect(Kind::Yield)?;
        if self.eat(Kind::From) {
            let value = Box::new(self.expression()?);
            return Ok(self.node(start, ExprKind::YieldFrom { value }));
        }
        let value = if self.kind().starts_expression() || self.at(Kind::Star) {
            Some(Box::new(self.star_expressions()?))
        } else {
            None
        };
        Ok(self.node(start, ExprKind::Yield { value }))
    }

    /// `yield_expression | starred_expression_list`, as the right side of an assignment takes (`annotated_rhs`).
    pub(super) fn yield_or_star_expressions(&mut self) -> PResult<Expr> {
        if self.at(Kind::Yield) { self.yield_expression() } else { self.star_expressions() }
    }

    /// `or_test` (pegen's `disjunction`).
    pub(super) fn disjunction(&mut self) -> PResult<Expr> {
        self.operators(precedence::OR)
    }

    /// `or_expr` (pegen's `bitwise_or`).
    pub(super) fn bitwise_or(&mut self) -> PResult<Expr> {
        self.operators(precedence::BIT_OR)
    }

    /// `or_test` … `u_expr`: everything that binds at least as tightly as `least`.
    fn operators(&mut self, least: u8) -> PResult<Expr> {
        let start = self.here();
        let outer_height = std::mem::take(&mut self.height);
        let mut left = self.prefix(least)?;
        while let Some((level, operation)) = self.kind().operation() {
            if level < least {
                break;
            }
            let left_height = std::mem::take(&mut self.height);
            left = match operation {
                Operation::Bool(op) => {
                    let operator = self.kind();
                    let mut values = vec![left];
                    while self.eat(operator) {
                        values.push(self.operators(level + 1)?);
                    }
                    self.node(start, ExprKind::BoolOp { op, values })
                }
                Operation::Compare => match self.comparison(start, left)? {
                    Ok(compare) => compare,
                    Err(left) => {
                        self.height = self.height.max(left_height).max(outer_height);
                        return Ok(left);
                    }
                },
                Operation::Binary(op) => {
                    if self.at(Kind::At) {
                        self.require_version(5)?;
                    }
                    self.bump();
                    let right = Box::new(self.operators(level + 1)?);
                    self.node(start, ExprKind::BinOp { left: Box::new(left), op, right })
                }
            };
            self.height = self.height.max(left_height) + 1;
            self.check_height()?;
        }
        self.height = self.height.max(outer_height);
        Ok(left)
    }

    /// `not_test`, `u_expr` or `power`, whatever the next token begins.
    fn prefix(&mut self, least: u8) -> PResult<Expr> {
        let (op, operand_level) = match self.kind() {
            Kind::Not if least <= precedence::NOT => (UnaryOp::Not, precedence::NOT),
            Kind::Minus => (UnaryOp::USub, precedence::UNARY),
            Kind::Plus => (UnaryOp::UAdd, precedence::UNARY),
            Kind::Tilde => (UnaryOp::Invert, precedence::UNARY),
            _ => return self.power(),
        };
        let start = self.here();
        self.bump();
        self.enter()?;
        let operand = Box::new(self.operators(operand_level)?);
        self.leave();
        Ok(self.node(start, ExprKind::UnaryOp { op, operand }))
    }

    /// `comparison` after its first operand; hands the operand back if no comparison follows after all (`not` alone).
    fn comparison(&mut self, start: Range, left: Expr) -> PResult<Result<Expr, Expr>> {
        let mut ops = Vec::new();
        let mut comparators = Vec::new();
        while let Some(op) = self.comparison_operator()? {
            ops.push(op);
            comparators.push(self.bitwise_or()?);
        }
        if ops.is_empty() {
            return Ok(Err(left));
        }
        Ok(Ok(self.node(start, ExprKind::Compare { left: Box::new(left), ops, comparators })))
    }

    /// `comp_operator`, consumed if it is next.
    fn comparison_operator(&mut self) -> PResult<Option<CmpOp>> {
        let op = match self.kind() {
            Kind::EqEqual => CmpOp::Eq,
            Kind::NotEqual => {
                let spelled_old = self.text(self.pos) == "<>";
                if spelled_old != self.options.barry_as_bdfl {
                    return Err(Fail::Syntax);
                }
                CmpOp::NotEq
            }
            Kind::Less => CmpOp::Lt,
            Kind::LessEqual => CmpOp::LtE,
            Kind::Greater => CmpOp::Gt,
            Kind::GreaterEqual => CmpOp::GtE,
            Kind::In => CmpOp::In,
            Kind::Not if self.peek(1) == Kind::In => {
                self.bump();
                CmpOp::NotIn
            }
            Kind::Is if self.peek(1) == Kind::Not => {
                self.bump();
                CmpOp::IsNot
            }
            Kind::Is => CmpOp::Is,
            _ => return Ok(None),
        };
        self.bump();
        Ok(Some(op))
    }

    /// `power`: `(await_expr | primary) ["**" u_expr]`.
    fn power(&mut self) -> PResult<Expr> {
        let start = self.here();
        let base = self.await_primary()?;
        if !self.at(Kind::DoubleStar) {
            return Ok(base);
        }
        self.bump();
        self.enter()?;
        let base_height = std::mem::take(&mut self.height);
        let right = Box::new(self.operators(precedence::UNARY)?);
        self.height = self.height.max(base_height) + 1;
        self.leave();
        Ok(self.node(start, ExprKind::BinOp { left: Box::new(base), op: crate::ast::Operator::Pow, right }))
    }

    /// `await_expr`: `"await" primary`.
    fn await_primary(&mut self) -> PResult<Expr> {
        if !self.at(Kind::Await) {
            return self.primary();
        }
        self.require_version(5)?;
        let start = self.here();
        self.bump();
        let value = Box::new(self.primary()?);
        Ok(self.node(start, ExprKind::Await { value }))
    }

    /// `primary`: an atom followed by attribute references, subscriptions and calls.
    pub(super) fn primary(&mut self) -> PResult<Expr> {
        let start = self.here();
        let atom = self.atom()?;
        self.primary_tail(start, atom)
    }

    /// The trailers of a `primary`.
    fn primary_tail(&mut self, start: Range, mut value: Expr) -> PResult<Expr> {
        loop {
            let node = match self.kind() {
                Kind::Dot => {
                    self.bump();
                    let attr = self.name()?;
                    ExprKind::Attribute { value: Box::new(value), attr, ctx: ExprContext::Load }
                }
                Kind::Lpar => {
                    let inner = std::mem::take(&mut self.height);
                    let call = self.call(value)?;
                    self.height = self.height.max(inner);
                    call
                }
                Kind::Lsqb => {
                    self.bump();
                    let inner = std::mem::take(&mut self.height);
                    let slice = Box::new(self.slices()?);
                    self.height = self.height.max(inner);
                    self.expect(Kind::Rsqb)?;
                    ExprKind::Subscript { value: Box::new(value), slice, ctx: ExprContext::Load }
                }
                _ => return Ok(value),
            };
            self.height += 1;
            self.check_height()?;
            value = self.node(start, node);
        }
    }

    /// What stands between the brackets of a `subscription`: a tuple if there is a comma.
    fn slices(&mut self) -> PResult<Expr> {
        let start = self.here();
        if !self.at(Kind::Star) {
            let first = self.slice()?;
            if !self.at(Kind::Comma) {
                return Ok(first);
            }
            return self.slice_list(start, vec![first]);
        }
        let first = self.starred_argument()?;
        self.slice_list(start, vec![first])
    }

    /// The rest of a list of slices.
    fn slice_list(&mut self, start: Range, mut elts: Vec<Expr>) -> PResult<Expr> {
        while self.eat(Kind::Comma) && !self.at(Kind::Rsqb) {
            elts.push(if self.at(Kind::Star) { self.starred_argument()? } else { self.slice()? });
        }
        Ok(self.node(start, ExprKind::Tuple { elts, ctx: ExprContext::Load }))
    }

    /// `slice_item`: `expression | proper_slice`.
    fn slice(&mut self) -> PResult<Expr> {
        let start = self.here();
        let lower = if self.at(Kind::Colon) {
            None
        } else {
            let first = self.named_expression()?;
            if !self.at(Kind::Colon) {
                return Ok(first);
            }
            if matches!(first.node, ExprKind::NamedExpr { .. })
                && first.range.line == start.line
                && first.range.col == start.col
            {
                return Err(Fail::Syntax);
            }
            Some(Box::new(first))
        };
        self.bump();
        let upper = self.slice_bound()?;
        let step = if self.eat(Kind::Colon) { self.slice_bound()? } else { None };
        Ok(self.node(start, ExprKind::Slice { lower, upper, step }))
    }

    /// An optional bound of a slice.
    fn slice_bound(&mut self) -> PResult<Option<Box<Expr>>> {
        if self.kind().starts_expression() { Ok(Some(Box::new(self.expression()?))) } else { Ok(None) }
    }

    /// `identifier`.
    pub(super) fn name(&mut self) -> PResult<Identifier> {
        if !self.at(Kind::Name) {
            return Err(Fail::Syntax);
        }
        let at = self.pos;
        self.bump();
        self.identifier(at)
    }
}
