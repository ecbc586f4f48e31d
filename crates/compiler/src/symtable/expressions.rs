//! First pass: expressions.

use super::{BlockKey, BlockType, Builder, Comprehension, SymbolFlags as F, check_name};
use crate::error::{CompileError, Result};
use pyrope_parser::ast::{Expr, ExprContext, ExprKind, Identifier, Range};

impl Builder<'_> {
    pub(super) fn expressions(&mut self, expressions: &[Expr]) -> Result<()> {
        expressions.iter().try_for_each(|expression| self.expression(expression))
    }

    pub(super) fn optional(&mut self, expression: Option<&Expr>) -> Result<()> {
        expression.map_or(Ok(()), |expression| self.expression(expression))
    }

    pub(super) fn expression(&mut self, expression: &Expr) -> Result<()> {
        self.guard.check()?;
        let range = expression.range;
        match &expression.node {
            ExprKind::NamedExpr { target, value } => {
                self.raise_if_annotation("named expression", range)?;
                self.named_expression(range, target, value)
            }
            ExprKind::BoolOp { values, .. } => self.expressions(values),
            ExprKind::BinOp { .. } => self.binary(expression),
            ExprKind::UnaryOp { operand, .. } => self.expression(operand),
            ExprKind::Lambda { args, body } => {
                self.defaults(args)?;
                self.enter_block("lambda", BlockType::Function, BlockKey::expression(expression), range)?;
                self.arguments(args)?;
                self.expression(body)?;
                self.exit_block();
                Ok(())
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expression(test)?;
                self.expression(body)?;
                self.expression(orelse)
            }
            ExprKind::Dict { keys, values } => {
                keys.iter().flatten().try_for_each(|key| self.expression(key))?;
                self.expressions(values)
            }
            ExprKind::Set { elts } | ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => {
                self.expressions(elts)
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension(expression, Comprehension::Generator, generators, elt, None)
            }
            ExprKind::ListComp { elt, generators } => {
                self.comprehension(expression, Comprehension::List, generators, elt, None)
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension(expression, Comprehension::Set, generators, elt, None)
            }
            ExprKind::DictComp { key, value, generators } => {
                self.comprehension(expression, Comprehension::Dict, generators, key, Some(value))
            }
            ExprKind::Yield { value } => self.yielding(range, value.as_deref()),
            ExprKind::YieldFrom { value } => self.yielding(range, Some(value)),
            ExprKind::Await { value } => self.awaiting(range, value),
            ExprKind::Compare { left, comparators, .. } => {
                self.expression(left)?;
                self.expressions(comparators)
            }
            ExprKind::Call { func, args, keywords } => {
                self.expression(func)?;
                self.expressions(args)?;
                self.keywords(keywords)
            }
            ExprKind::FormattedValue { value, format_spec, .. }
            | ExprKind::Interpolation { value, format_spec, .. } => {
                self.expression(value)?;
                self.optional(format_spec.as_deref())
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => self.expressions(values),
            ExprKind::Constant { .. } => Ok(()),
            ExprKind::Attribute { value, attr, ctx } => {
                if *ctx != ExprContext::Load {
                    check_name(attr, range, *ctx == ExprContext::Del)?;
                }
                self.expression(value)
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expression(value)?;
                self.expression(slice)
            }
            ExprKind::Starred { value, .. } => self.expression(value),
            ExprKind::Slice { lower, upper, step } => {
                self.optional(lower.as_deref())?;
                self.optional(upper.as_deref())?;
                self.optional(step.as_deref())
            }
            ExprKind::Name { id, ctx } => self.name(id, *ctx, range),
        }
    }

    /// The left spine of nested operators is walked without recursion.
    fn binary(&mut self, expression: &Expr) -> Result<()> {
        let mut rights = Vec::new();
        let mut node = expression;
        while let ExprKind::BinOp { left, right, .. } = &node.node {
            rights.push(&**right);
            node = left;
        }
        self.expression(node)?;
        rights.into_iter().rev().try_for_each(|right| self.expression(right))
    }

    fn name(&mut self, id: &Identifier, ctx: ExprContext, range: Range) -> Result<()> {
        if self.current_ref().in_unevaluated_annotation {
            return Ok(());
        }
        let load = ctx == ExprContext::Load;
        let flag = if load { F::USE } else { F::DEF_LOCAL };
        self.add_def_in_context(id, flag, range, ctx == ExprContext::Del)?;
        // `super` counts as a use of `__class__`.
        if load && &**id == "super" && self.current_ref().is_function_like() {
            self.add_def("__class__", F::USE, range)?;
        }
        Ok(())
    }

    fn yielding(&mut self, range: Range, value: Option<&Expr>) -> Result<()> {
        self.raise_if_annotation("yield expression", range)?;
        self.optional(value)?;
        self.current().generator = true;
        let place = match self.current_ref().comprehension {
            Comprehension::No => return Ok(()),
            Comprehension::List => "list comprehension",
            Comprehension::Set => "set comprehension",
            Comprehension::Dict => "dict comprehension",
            Comprehension::Generator => "generator expression",
        };
        Err(CompileError::syntax(range, format!("'yield' inside {place}")))
    }

    fn awaiting(&mut self, range: Range, value: &Expr) -> Result<()> {
        self.raise_if_annotation("await expression", range)?;
        if !self.allows_top_level_await() {
            let entry = self.current_ref();
            if !entry.is_function_like() {
                return Err(CompileError::syntax(range, "'await' outside function"));
            }
            if !self.in_async_def() && entry.comprehension == Comprehension::No {
                return Err(CompileError::syntax(range, "'await' outside async function"));
            }
        }
        self.expression(value)?;
        self.current().coroutine = true;
        Ok(())
    }

    fn raise_if_annotation(&self, what: &str, range: Range) -> Result<()> {
        let entry = self.current_ref();
        let place = match entry.block {
            BlockType::Annotation => "an annotation",
            BlockType::TypeVariable => entry.scope_info.unwrap_or("a type variable"),
            BlockType::TypeAlias => "a type alias",
            BlockType::TypeParameters => "the definition of a generic",
            BlockType::Function | BlockType::Class | BlockType::Module => return Ok(()),
        };
        Err(CompileError::syntax(range, format!("{what} cannot be used within {place}")))
    }
}
