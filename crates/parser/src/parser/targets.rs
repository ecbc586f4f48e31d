//! Assignment and deletion targets: expressions whose context is set after they were read.

use super::kind::Kind;
use super::{Fail, PResult, Parser};
use crate::ast::{Expr, ExprContext, ExprKind};

/// What a target is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Store,
    Delete,
}

impl Target {
    fn context(self) -> ExprContext {
        match self {
            Target::Store => ExprContext::Store,
            Target::Delete => ExprContext::Del,
        }
    }
}

impl Parser<'_> {
    /// `target_list`: one target, or a tuple if there is a comma.
    pub(super) fn target_list(&mut self, purpose: Target) -> PResult<Expr> {
        let start = self.here();
        let first = self.target(purpose)?;
        if !self.at(Kind::Comma) {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(Kind::Comma) && (self.kind().starts_expression() || self.at(Kind::Star)) {
            elts.push(self.target(purpose)?);
        }
        Ok(self.node(start, ExprKind::Tuple { elts, ctx: purpose.context() }))
    }

    /// `target`: a name, an attribute, a subscription, a bracketed list of targets, or `*` and one of them.
    pub(super) fn target(&mut self, purpose: Target) -> PResult<Expr> {
        let mut expr = if self.at(Kind::Star) { self.starred_or_expr()? } else { self.primary()? };
        set_context(&mut expr, purpose)?;
        Ok(expr)
    }
}

/// Makes an expression a target, all through its tuples and lists; an error if it cannot be one.
pub(super) fn set_context(expr: &mut Expr, purpose: Target) -> PResult<()> {
    match &mut expr.node {
        ExprKind::Name { ctx, .. } | ExprKind::Attribute { ctx, .. } | ExprKind::Subscript { ctx, .. } => {
            *ctx = purpose.context();
        }
        ExprKind::Starred { value, ctx } if purpose == Target::Store => {
            *ctx = ExprContext::Store;
            set_context(value, purpose)?;
        }
        ExprKind::Tuple { elts, ctx } | ExprKind::List { elts, ctx } => {
            *ctx = purpose.context();
            for element in elts {
                set_context(element, purpose)?;
            }
        }
        _ => return Err(Fail::Syntax),
    }
    Ok(())
}

/// Makes a name, attribute or subscription the one target of an annotation or augmented assignment.
pub(super) fn set_single_target(expr: &mut Expr) -> PResult<()> {
    match &mut expr.node {
        ExprKind::Name { ctx, .. } | ExprKind::Attribute { ctx, .. } | ExprKind::Subscript { ctx, .. } => {
            *ctx = ExprContext::Store;
            Ok(())
        }
        _ => Err(Fail::Syntax),
    }
}
