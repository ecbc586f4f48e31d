//! Expressions: contexts, and parts that belong together.

use pyrope_parser::ast::{Comprehension, Constant, Expr, ExprContext, ExprKind, Keyword};

use super::{Validator, name, positions, value_error};
use crate::error::{CompileError, Result};

impl Validator<'_> {
    pub(super) fn load(&self, expression: &Expr) -> Result<()> {
        self.expression(expression, ExprContext::Load)
    }

    pub(super) fn loads(&self, expressions: &[Expr]) -> Result<()> {
        self.expressions(expressions, ExprContext::Load)
    }

    pub(super) fn optional(&self, expression: Option<&Expr>) -> Result<()> {
        expression.map_or(Ok(()), |expression| self.load(expression))
    }

    pub(super) fn expressions(&self, expressions: &[Expr], ctx: ExprContext) -> Result<()> {
        expressions.iter().try_for_each(|expression| self.expression(expression, ctx))
    }

    pub(super) fn keywords(&self, keywords: &[Keyword]) -> Result<()> {
        keywords.iter().try_for_each(|keyword| self.load(&keyword.value))
    }

    pub(super) fn expression(&self, expression: &Expr, ctx: ExprContext) -> Result<()> {
        positions(expression.range)?;
        self.guard.check()?;
        check_context(expression, ctx)?;
        match &expression.node {
            ExprKind::BoolOp { values, .. } if values.len() < 2 => value_error("BoolOp with less than 2 values"),
            ExprKind::BoolOp { values, .. }
            | ExprKind::Set { elts: values }
            | ExprKind::JoinedStr { values }
            | ExprKind::TemplateStr { values } => self.loads(values),
            ExprKind::BinOp { left, right, .. } => {
                self.load(left)?;
                self.load(right)
            }
            ExprKind::UnaryOp { operand: value, .. }
            | ExprKind::YieldFrom { value }
            | ExprKind::Await { value }
            | ExprKind::Attribute { value, .. } => self.load(value),
            ExprKind::Lambda { args, body } => {
                self.arguments(args)?;
                self.load(body)
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.load(test)?;
                self.load(body)?;
                self.load(orelse)
            }
            ExprKind::Dict { keys, values } => {
                if keys.len() != values.len() {
                    return value_error("Dict doesn't have the same number of keys as values");
                }
                keys.iter().flatten().try_for_each(|key| self.load(key))?;
                self.loads(values)
            }
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => {
                self.clauses(generators)?;
                self.load(elt)
            }
            ExprKind::DictComp { key, value, generators } => {
                self.clauses(generators)?;
                self.load(key)?;
                self.load(value)
            }
            ExprKind::Yield { value } => self.optional(value.as_deref()),
            ExprKind::Compare { left, ops, comparators } => {
                if comparators.is_empty() {
                    return value_error("Compare with no comparators");
                }
                if comparators.len() != ops.len() {
                    return value_error("Compare has a different number of comparators and operands");
                }
                self.loads(comparators)?;
                self.load(left)
            }
            ExprKind::Call { func, args, keywords } => {
                self.load(func)?;
                self.loads(args)?;
                self.keywords(keywords)
            }
            ExprKind::FormattedValue { value, format_spec, .. }
            | ExprKind::Interpolation { value, format_spec, .. } => {
                self.load(value)?;
                self.optional(format_spec.as_deref())
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.load(slice)?;
                self.load(value)
            }
            ExprKind::Starred { value, .. } => self.expression(value, ctx),
            ExprKind::Slice { lower, upper, step } => {
                self.optional(lower.as_deref())?;
                self.optional(upper.as_deref())?;
                self.optional(step.as_deref())
            }
            ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => self.expressions(elts, ctx),
            ExprKind::NamedExpr { target, value } => {
                if !matches!(target.node, ExprKind::Name { .. }) {
                    return Err(CompileError::Type("NamedExpr target must be a Name".into()));
                }
                self.load(value)
            }
            ExprKind::Constant { value, .. } => self.constant(value),
            ExprKind::Name { .. } => Ok(()),
        }
    }

    /// Tuples may be nested too deeply.
    fn constant(&self, value: &Constant) -> Result<()> {
        match value {
            Constant::Tuple(items) | Constant::FrozenSet(items) => {
                self.guard.check()?;
                items.iter().try_for_each(|item| self.constant(item))
            }
            _ => Ok(()),
        }
    }

    fn clauses(&self, clauses: &[Comprehension]) -> Result<()> {
        if clauses.is_empty() {
            return value_error("comprehension with no generators");
        }
        for clause in clauses {
            self.expression(&clause.target, ExprContext::Store)?;
            self.load(&clause.iter)?;
            self.loads(&clause.ifs)?;
        }
        Ok(())
    }
}

fn check_context(expression: &Expr, wanted: ExprContext) -> Result<()> {
    let found = match &expression.node {
        ExprKind::Name { id, ctx } => {
            name(id)?;
            *ctx
        }
        ExprKind::Attribute { ctx, .. }
        | ExprKind::Subscript { ctx, .. }
        | ExprKind::Starred { ctx, .. }
        | ExprKind::List { ctx, .. }
        | ExprKind::Tuple { ctx, .. } => *ctx,
        _ if wanted == ExprContext::Load => return Ok(()),
        _ => return value_error(format!("expression which can't be assigned to in {wanted:?} context")),
    };
    if found == wanted {
        return Ok(());
    }
    value_error(format!("expression must have {wanted:?} context but has {found:?} instead"))
}
