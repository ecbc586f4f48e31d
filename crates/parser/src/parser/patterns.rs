//! Patterns of `case` blocks (PEP 634).

use super::kind::Kind;
use super::{Fail, PResult, Parser};
use crate::ast::{Constant, Expr, ExprKind, Identifier, Operator, Pattern, PatternKind, Range, UnaryOp};
use crate::token::Keyword;

impl Parser<'_> {
    /// `patterns`: an open sequence or one pattern.
    pub(super) fn patterns(&mut self) -> PResult<Pattern> {
        let start = self.here();
        let starred = self.at(Kind::Star);
        let first = self.maybe_star_pattern()?;
        if self.at(Kind::Comma) {
            let patterns = self.sequence_tail(first, Kind::Colon)?;
            return Ok(self.pattern_node(start, PatternKind::MatchSequence { patterns }));
        }
        if starred { Err(Fail::Syntax) } else { Ok(first) }
    }

    fn pattern_node(&self, start: Range, node: PatternKind) -> Pattern {
        Pattern { node, range: self.range_from(start) }
    }

    /// The rest of a comma-separated sequence of patterns, up to but without `close` (or a guard's `if`).
    fn sequence_tail(&mut self, first: Pattern, close: Kind) -> PResult<Vec<Pattern>> {
        let mut patterns = vec![first];
        while self.eat(Kind::Comma) {
            if self.at(close) || (close == Kind::Colon && self.at(Kind::If)) {
                break;
            }
            patterns.push(self.maybe_star_pattern()?);
        }
        Ok(patterns)
    }

    /// `maybe_star_pattern`: `star_pattern | pattern`.
    fn maybe_star_pattern(&mut self) -> PResult<Pattern> {
        if !self.at(Kind::Star) {
            return self.pattern();
        }
        let start = self.here();
        self.bump();
        let name = if self.at_soft(Keyword::Underscore) {
            self.bump();
            None
        } else {
            Some(self.capture_target()?)
        };
        Ok(self.pattern_node(start, PatternKind::MatchStar { name }))
    }

    /// A name that a pattern binds.
    fn capture_target(&mut self) -> PResult<Identifier> {
        if self.at_soft(Keyword::Underscore) || matches!(self.peek(1), Kind::Dot | Kind::Lpar | Kind::Equal) {
            return Err(Fail::Syntax);
        }
        self.name()
    }

    /// `pattern`: `as_pattern | or_pattern`.
    fn pattern(&mut self) -> PResult<Pattern> {
        let start = self.here();
        self.enter()?;
        let inner = self.or_pattern()?;
        self.leave();
        if !self.eat(Kind::As) {
            return Ok(inner);
        }
        let name = Some(self.capture_target()?);
        Ok(self.pattern_node(start, PatternKind::MatchAs { pattern: Some(Box::new(inner)), name }))
    }

    /// `or_pattern`: closed patterns between bars.
    fn or_pattern(&mut self) -> PResult<Pattern> {
        let start = self.here();
        let first = self.closed_pattern()?;
        if !self.at(Kind::Vbar) {
            return Ok(first);
        }
        let mut patterns = vec![first];
        while self.eat(Kind::Vbar) {
            patterns.push(self.closed_pattern()?);
        }
        Ok(self.pattern_node(start, PatternKind::MatchOr { patterns }))
    }

    /// `closed_pattern`.
    fn closed_pattern(&mut self) -> PResult<Pattern> {
        let start = self.here();
        let node = match self.kind() {
            Kind::Name => return self.name_pattern(start),
            Kind::Lpar => return self.parenthesised_pattern(start),
            Kind::Lsqb => {
                self.bump();
                let patterns = self.bracketed_patterns(Kind::Rsqb)?;
                PatternKind::MatchSequence { patterns }
            }
            Kind::Lbrace => self.mapping_pattern()?,
            Kind::None => self.singleton_pattern(Constant::None),
            Kind::True => self.singleton_pattern(Constant::Bool(true)),
            Kind::False => self.singleton_pattern(Constant::Bool(false)),
            Kind::String | Kind::FstringStart | Kind::TstringStart => {
                PatternKind::MatchValue { value: Box::new(self.strings()?) }
            }
            _ => PatternKind::MatchValue { value: Box::new(self.number_literal()?) },
        };
        Ok(self.pattern_node(start, node))
    }

    fn singleton_pattern(&mut self, value: Constant) -> PatternKind {
        self.bump();
        PatternKind::MatchSingleton { value }
    }

    /// `capture_pattern`, `wildcard_pattern`, `value_pattern` or `class_pattern`.
    fn name_pattern(&mut self, start: Range) -> PResult<Pattern> {
        let node = match self.peek(1) {
            Kind::Dot | Kind::Lpar => {
                let value = Box::new(self.name_or_attribute()?);
                if self.at(Kind::Lpar) {
                    self.class_pattern(value)?
                } else if self.at(Kind::Equal) {
                    return Err(Fail::Syntax);
                } else {
                    PatternKind::MatchValue { value }
                }
            }
            Kind::Equal => return Err(Fail::Syntax),
            _ if self.at_soft(Keyword::Underscore) => {
                self.bump();
                PatternKind::MatchAs { pattern: None, name: None }
            }
            _ => PatternKind::MatchAs { pattern: None, name: Some(self.name()?) },
        };
        Ok(self.pattern_node(start, node))
    }

    /// `group_pattern` or a parenthesised `sequence_pattern`.
    fn parenthesised_pattern(&mut self, start: Range) -> PResult<Pattern> {
        self.bump();
        if self.eat(Kind::Rpar) {
            return Ok(self.pattern_node(start, PatternKind::MatchSequence { patterns: Vec::new() }));
        }
        let starred = self.at(Kind::Star);
        let first = self.maybe_star_pattern()?;
        if self.at(Kind::Comma) {
            let patterns = self.sequence_tail(first, Kind::Rpar)?;
            self.expect(Kind::Rpar)?;
            return Ok(self.pattern_node(start, PatternKind::MatchSequence { patterns }));
        }
        self.expect(Kind::Rpar)?;
        if starred { Err(Fail::Syntax) } else { Ok(first) }
    }

    /// Patterns up to and with the closing bracket.
    fn bracketed_patterns(&mut self, close: Kind) -> PResult<Vec<Pattern>> {
        if self.eat(close) {
            return Ok(Vec::new());
        }
        let first = self.maybe_star_pattern()?;
        let patterns = self.sequence_tail(first, close)?;
        self.expect(close)?;
        Ok(patterns)
    }

    /// `mapping_pattern`.
    fn mapping_pattern(&mut self) -> PResult<PatternKind> {
        self.bump();
        let (mut keys, mut patterns, mut rest) = (Vec::new(), Vec::new(), None);
        while !self.at(Kind::Rbrace) {
            if rest.is_some() {
                return Err(Fail::Syntax);
            }
            if self.eat(Kind::DoubleStar) {
                rest = Some(self.capture_target()?);
            } else {
                keys.push(self.mapping_key()?);
                self.expect(Kind::Colon)?;
                patterns.push(self.pattern()?);
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::Rbrace)?;
        Ok(PatternKind::MatchMapping { keys, patterns, rest })
    }

    /// A key of a mapping pattern: a literal or a dotted name.
    fn mapping_key(&mut self) -> PResult<Expr> {
        let start = self.here();
        let value = match self.kind() {
            Kind::Name if self.peek(1) == Kind::Dot => return self.name_or_attribute(),
            Kind::String | Kind::FstringStart | Kind::TstringStart => return self.strings(),
            Kind::None => Constant::None,
            Kind::True => Constant::Bool(true),
            Kind::False => Constant::Bool(false),
            _ => return self.number_literal(),
        };
        self.bump();
        Ok(self.node(start, ExprKind::Constant { value, kind: None }))
    }

    /// `class_pattern` after its name, the parenthesis being next.
    fn class_pattern(&mut self, cls: Box<Expr>) -> PResult<PatternKind> {
        self.bump();
        let (mut patterns, mut kwd_attrs, mut kwd_patterns) = (Vec::new(), Vec::new(), Vec::new());
        while !self.at(Kind::Rpar) {
            if self.at(Kind::Name) && self.peek(1) == Kind::Equal {
                kwd_attrs.push(self.name()?);
                self.bump();
                kwd_patterns.push(self.pattern()?);
            } else if kwd_attrs.is_empty() {
                patterns.push(self.pattern()?);
            } else {
                return Err(Fail::Syntax);
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::Rpar)?;
        Ok(PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns })
    }

    /// `signed_number` or a complex number written as a sum.
    fn number_literal(&mut self) -> PResult<Expr> {
        let start = self.here();
        let real = self.signed_number()?;
        let op = match self.kind() {
            Kind::Plus => Operator::Add,
            Kind::Minus => Operator::Sub,
            _ => return Ok(real),
        };
        self.bump();
        let imaginary = self.number()?;
        if is_imaginary(&real) || !is_imaginary(&imaginary) {
            return Err(Fail::Syntax);
        }
        Ok(self.node(start, ExprKind::BinOp { left: Box::new(real), op, right: Box::new(imaginary) }))
    }

    /// `["-"] NUMBER`. CPython 3.14 takes no plus here.
    fn signed_number(&mut self) -> PResult<Expr> {
        let start = self.here();
        if !self.eat(Kind::Minus) {
            return self.number();
        }
        let operand = Box::new(self.number()?);
        Ok(self.node(start, ExprKind::UnaryOp { op: UnaryOp::USub, operand }))
    }
}

/// True for a complex literal, with or without a sign.
fn is_imaginary(expr: &Expr) -> bool {
    match &expr.node {
        ExprKind::UnaryOp { operand, .. } => is_imaginary(operand),
        node => matches!(node, ExprKind::Constant { value: Constant::Complex { .. }, .. }),
    }
}
