//! Atoms: names, literals, and the enclosures `(…)`, `[…]`, `{…}`.

use super::kind::Kind;
use super::{Fail, PResult, Parser};
use crate::ast::{Constant, Expr, ExprContext, ExprKind, Range};

impl Parser<'_> {
    /// `atom`: `identifier | literal | enclosure`.
    pub(super) fn atom(&mut self) -> PResult<Expr> {
        let start = self.here();
        match self.kind() {
            Kind::Name => {
                let id = self.name()?;
                Ok(self.node(start, ExprKind::Name { id, ctx: ExprContext::Load }))
            }
            Kind::Number => self.number(),
            Kind::String | Kind::FstringStart | Kind::TstringStart => self.strings(),
            Kind::Lpar => self.nested(Self::parenthesised),
            Kind::Lsqb => self.nested(Self::list_display),
            Kind::Lbrace => self.nested(Self::brace_display),
            Kind::None => Ok(self.keyword_constant(Constant::None)),
            Kind::True => Ok(self.keyword_constant(Constant::Bool(true))),
            Kind::False => Ok(self.keyword_constant(Constant::Bool(false))),
            Kind::Ellipsis => Ok(self.keyword_constant(Constant::Ellipsis)),
            _ => Err(Fail::Syntax),
        }
    }

    /// A literal of one token.
    fn keyword_constant(&mut self, value: Constant) -> Expr {
        let start = self.here();
        self.bump();
        self.node(start, ExprKind::Constant { value, kind: None })
    }

    /// `parenth_form`, `generator_expression` or `yield_atom`; plain parentheses leave no trace.
    fn parenthesised(&mut self) -> PResult<Expr> {
        let start = self.here();
        self.bump();
        if self.eat(Kind::Rpar) {
            return Ok(self.node(start, ExprKind::Tuple { elts: Vec::new(), ctx: ExprContext::Load }));
        }
        if self.at(Kind::Yield) {
            let inner = self.yield_expression()?;
            self.expect(Kind::Rpar)?;
            return Ok(inner);
        }
        let starred = self.at(Kind::Star);
        let first = self.star_named_expression()?;
        match self.kind() {
            Kind::Rpar if !starred => {
                self.bump();
                Ok(first)
            }
            Kind::Comma => {
                let elts = self.elements(first, Kind::Rpar)?;
                Ok(self.node(start, ExprKind::Tuple { elts, ctx: ExprContext::Load }))
            }
            Kind::For | Kind::Async if !starred => self.generator_tail(start, first),
            _ => Err(Fail::Syntax),
        }
    }

    /// The clauses and closing parenthesis of a generator expression whose element is read.
    pub(super) fn generator_tail(&mut self, start: Range, elt: Expr) -> PResult<Expr> {
        let generators = self.comprehension_clauses()?;
        self.expect(Kind::Rpar)?;
        Ok(self.node(start, ExprKind::GeneratorExp { elt: Box::new(elt), generators }))
    }

    /// The rest of a `flexible_expression_list` up to and with its closing bracket; the comma is next.
    fn elements(&mut self, first: Expr, close: Kind) -> PResult<Vec<Expr>> {
        let mut elts = vec![first];
        while self.eat(Kind::Comma) && !self.at(close) {
            elts.push(self.star_named_expression()?);
        }
        self.expect(close)?;
        Ok(elts)
    }

    /// `list_display`.
    fn list_display(&mut self) -> PResult<Expr> {
        let start = self.here();
        self.bump();
        if self.eat(Kind::Rsqb) {
            return Ok(self.node(start, ExprKind::List { elts: Vec::new(), ctx: ExprContext::Load }));
        }
        let starred = self.at(Kind::Star);
        let first = self.star_named_expression()?;
        if !starred && matches!(self.kind(), Kind::For | Kind::Async) {
            let generators = self.comprehension_clauses()?;
            self.expect(Kind::Rsqb)?;
            return Ok(self.node(start, ExprKind::ListComp { elt: Box::new(first), generators }));
        }
        let elts = self.elements(first, Kind::Rsqb)?;
        Ok(self.node(start, ExprKind::List { elts, ctx: ExprContext::Load }))
    }

    /// `dict_display`, `set_display` or a comprehension of either.
    fn brace_display(&mut self) -> PResult<Expr> {
        let start = self.here();
        self.bump();
        match self.kind() {
            Kind::Rbrace => {
                self.bump();
                Ok(self.node(start, ExprKind::Dict { keys: Vec::new(), values: Vec::new() }))
            }
            Kind::DoubleStar => self.dict_items(start, Vec::new(), Vec::new()),
            Kind::Star => self.set_display(start),
            _ => {
                let named = self.at(Kind::Name) && self.peek(1) == Kind::ColonEqual;
                let first = self.named_expression()?;
                if named || !self.at(Kind::Colon) {
                    return self.set_tail(start, first);
                }
                self.bump();
                let value = self.expression()?;
                if matches!(self.kind(), Kind::For | Kind::Async) {
                    let generators = self.comprehension_clauses()?;
                    self.expect(Kind::Rbrace)?;
                    let (key, value) = (Box::new(first), Box::new(value));
                    return Ok(self.node(start, ExprKind::DictComp { key, value, generators }));
                }
                if !self.at(Kind::Rbrace) {
                    self.expect(Kind::Comma)?;
                }
                self.dict_items(start, vec![Some(first)], vec![value])
            }
        }
    }

    /// A set whose first element is starred.
    fn set_display(&mut self, start: Range) -> PResult<Expr> {
        let first = self.starred_or_expr()?;
        let elts = self.elements(first, Kind::Rbrace)?;
        Ok(self.node(start, ExprKind::Set { elts }))
    }

    /// A set or set comprehension whose first element is read.
    fn set_tail(&mut self, start: Range, first: Expr) -> PResult<Expr> {
        if matches!(self.kind(), Kind::For | Kind::Async) {
            let generators = self.comprehension_clauses()?;
            self.expect(Kind::Rbrace)?;
            return Ok(self.node(start, ExprKind::SetComp { elt: Box::new(first), generators }));
        }
        let elts = self.elements(first, Kind::Rbrace)?;
        Ok(self.node(start, ExprKind::Set { elts }))
    }

    /// `dict_item_list` from the next item to the closing brace.
    fn dict_items(&mut self, start: Range, mut keys: Vec<Option<Expr>>, mut values: Vec<Expr>) -> PResult<Expr> {
        while !self.at(Kind::Rbrace) {
            if self.eat(Kind::DoubleStar) {
                keys.push(None);
                values.push(self.bitwise_or()?);
            } else {
                keys.push(Some(self.expression()?));
                self.expect(Kind::Colon)?;
                values.push(self.expression()?);
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::Rbrace)?;
        Ok(self.node(start, ExprKind::Dict { keys, values }))
    }
}
