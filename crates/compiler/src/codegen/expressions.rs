//! Expressions: the dispatch, operators, attributes, `yield` and `await`.

use pyrope_bytecode::{Intrinsic1, Location, Opcode, ResumeAt};
use pyrope_parser::ast::{BoolOp, CmpOp, Expr, ExprContext, ExprKind, Identifier, Operator, Range, UnaryOp};

use super::unit::ScopeType;
use super::{Compiler, constant, loc};
use crate::error::{CompileError, Result};

impl<'a> Compiler<'a> {
    pub(super) fn expressions(&mut self, expressions: &'a [Expr]) -> Result<()> {
        expressions.iter().try_for_each(|expression| self.expression(expression))
    }

    pub(super) fn expression(&mut self, expression: &'a Expr) -> Result<()> {
        self.guard.check()?;
        let range = expression.range;
        let location = loc(range);
        match &expression.node {
            ExprKind::NamedExpr { target, value } => {
                self.expression(value)?;
                self.emit(location, Opcode::Copy, 1);
                self.expression(target)
            }
            ExprKind::BoolOp { op, values } => self.bool_op(location, *op, values),
            ExprKind::BinOp { .. } => self.binary(expression),
            ExprKind::UnaryOp { op, operand } => self.unary(location, *op, operand),
            ExprKind::Lambda { args, body } => self.lambda(expression, args, body),
            ExprKind::IfExp { test, body, orelse } => self.conditional(location, test, body, orelse),
            ExprKind::Dict { keys, values } => self.dict(location, keys, values),
            ExprKind::Set { elts } => self.set(location, elts),
            ExprKind::ListComp { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::DictComp { .. }
            | ExprKind::GeneratorExp { .. } => self.comprehension(expression),
            ExprKind::Yield { value } => self.yield_expression(range, value.as_deref()),
            ExprKind::YieldFrom { value } => self.yield_from_expression(range, value),
            ExprKind::Await { value } => {
                self.expression(value)?;
                self.emit(location, Opcode::GetAwaitable, 0);
                self.load_none(location);
                self.yield_from(location, true);
                Ok(())
            }
            ExprKind::Compare { left, ops, comparators } => self.compare(range, left, ops, comparators),
            ExprKind::Call { .. } => self.call(expression),
            ExprKind::Constant { value, .. } => {
                self.load_const(location, constant(value));
                Ok(())
            }
            ExprKind::JoinedStr { values } => self.joined_str(location, values),
            ExprKind::TemplateStr { values } => self.template_str(location, values),
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                self.formatted_value(location, value, *conversion, format_spec.as_deref())
            }
            ExprKind::Interpolation { value, str, conversion, format_spec } => {
                self.interpolation(location, value, str, *conversion, format_spec.as_deref())
            }
            ExprKind::Attribute { value, attr, ctx } => self.attribute(expression, value, attr, *ctx),
            ExprKind::Subscript { value, slice, ctx } => self.subscript(location, value, slice, *ctx),
            ExprKind::Starred { ctx: ExprContext::Store, .. } => {
                self.error(range, "starred assignment target must be in a list or tuple")
            }
            ExprKind::Starred { .. } => self.error(range, "can't use starred expression here"),
            ExprKind::Slice { lower, upper, step } => self.slice(location, [lower, upper, step]),
            ExprKind::Name { id, ctx } => self.name(location, id, *ctx),
            ExprKind::List { elts, ctx } => self.list(range, elts, *ctx),
            ExprKind::Tuple { elts, ctx } => self.tuple(range, elts, *ctx),
        }
    }

    /// The left spine of nested operators is walked without recursion.
    fn binary(&mut self, expression: &'a Expr) -> Result<()> {
        let mut pending: Vec<(Location, Operator, &'a Expr)> = Vec::new();
        let mut node = expression;
        while let ExprKind::BinOp { left, op, right } = &node.node {
            pending.push((loc(node.range), *op, right));
            node = left;
        }
        if pending.len() > crate::MAX_OPERATOR_CHAIN {
            return Err(CompileError::Recursion);
        }
        self.expression(node)?;
        for (location, op, right) in pending.into_iter().rev() {
            self.expression(right)?;
            self.binary_op(location, op, false);
        }
        Ok(())
    }

    fn unary(&mut self, location: Location, op: UnaryOp, operand: &'a Expr) -> Result<()> {
        self.expression(operand)?;
        match op {
            UnaryOp::UAdd => self.intrinsic_1(location, Intrinsic1::UnaryPositive),
            UnaryOp::Not => {
                self.plain(location, Opcode::ToBool);
                self.plain(location, Opcode::UnaryNot);
            }
            UnaryOp::Invert => self.plain(location, Opcode::UnaryInvert),
            UnaryOp::USub => self.plain(location, Opcode::UnaryNegative),
        }
        Ok(())
    }

    fn bool_op(&mut self, location: Location, op: BoolOp, values: &'a [Expr]) -> Result<()> {
        let Some((last, others)) = values.split_last() else { return Ok(()) };
        let jump = if op == BoolOp::And { Opcode::JumpIfFalse } else { Opcode::JumpIfTrue };
        let end = self.new_label();
        for value in others {
            self.expression(value)?;
            self.jump(location, jump, end);
            self.plain(location, Opcode::PopTop);
        }
        self.expression(last)?;
        self.use_label(end);
        Ok(())
    }

    fn conditional(&mut self, location: Location, test: &'a Expr, body: &'a Expr, orelse: &'a Expr) -> Result<()> {
        let end = self.new_label();
        let next = self.new_label();
        self.jump_if(location, test, next, false)?;
        self.expression(body)?;
        self.jump(Location::NONE, Opcode::JumpNoInterrupt, end);
        self.use_label(next);
        self.expression(orelse)?;
        self.use_label(end);
        Ok(())
    }

    fn compare(&mut self, range: Range, left: &'a Expr, ops: &'a [CmpOp], comparators: &'a [Expr]) -> Result<()> {
        let location = loc(range);
        self.check_compare(range, left, ops, comparators);
        self.expression(left)?;
        let (Some((last_op, ops)), Some((last, comparators))) = (ops.split_last(), comparators.split_last()) else {
            return Err(CompileError::Value("Compare has no comparators".into()));
        };
        if ops.is_empty() {
            self.expression(last)?;
            self.compare_op(location, *last_op);
            return Ok(());
        }
        let cleanup = self.new_label();
        for (op, comparator) in ops.iter().zip(comparators) {
            self.expression(comparator)?;
            self.emit(location, Opcode::Swap, 2);
            self.emit(location, Opcode::Copy, 2);
            self.compare_op(location, *op);
            self.emit(location, Opcode::Copy, 1);
            self.plain(location, Opcode::ToBool);
            self.jump(location, Opcode::PopJumpIfFalse, cleanup);
            self.plain(location, Opcode::PopTop);
        }
        self.expression(last)?;
        self.compare_op(location, *last_op);
        let end = self.new_label();
        self.jump(Location::NONE, Opcode::JumpNoInterrupt, end);
        self.use_label(cleanup);
        self.emit(location, Opcode::Swap, 2);
        self.plain(location, Opcode::PopTop);
        self.use_label(end);
        Ok(())
    }

    fn attribute(&mut self, node: &'a Expr, value: &'a Expr, attr: &'a Identifier, ctx: ExprContext) -> Result<()> {
        let location = loc(node.range);
        if ctx == ExprContext::Load && self.can_optimize_super(value, attr) {
            let flags = self.load_super_arguments(value)?;
            self.flagged_name(location, Opcode::LoadSuperAttr, attr, 2, flags);
            self.plain(attribute_location(location, node.range, attr), Opcode::Nop);
            return Ok(());
        }
        if ctx == ExprContext::Store && matches!(&value.node, ExprKind::Name { id, .. } if &**id == "self") {
            self.note_static_attribute(attr);
        }
        self.expression(value)?;
        let location = attribute_location(location, node.range, attr);
        match ctx {
            ExprContext::Load => self.load_attr(location, attr),
            ExprContext::Store => self.flagged_name(location, Opcode::StoreAttr, attr, 0, 0),
            ExprContext::Del => self.flagged_name(location, Opcode::DeleteAttr, attr, 0, 0),
        }
        Ok(())
    }

    fn yield_expression(&mut self, range: Range, value: Option<&'a Expr>) -> Result<()> {
        if !self.entry().is_function_like() {
            return self.error(range, "'yield' outside function");
        }
        let location = loc(range);
        match value {
            Some(value) => self.expression(value)?,
            None => self.load_none(location),
        }
        self.yield_value(location);
        Ok(())
    }

    pub(super) fn yield_value(&mut self, location: Location) {
        let entry = self.entry();
        if entry.generator && entry.coroutine {
            self.intrinsic_1(location, Intrinsic1::AsyncGenWrap);
        }
        self.emit(location, Opcode::YieldValue, 0);
        self.emit(location, Opcode::Resume, ResumeAt::AfterYield.number());
    }

    fn yield_from_expression(&mut self, range: Range, value: &'a Expr) -> Result<()> {
        if !self.entry().is_function_like() {
            return self.error(range, "'yield from' outside function");
        }
        if self.unit.scope_type == ScopeType::AsyncFunction {
            return self.error(range, "'yield from' inside async function");
        }
        let location = loc(range);
        self.expression(value)?;
        self.plain(location, Opcode::GetYieldFromIter);
        self.load_none(location);
        self.yield_from(location, false);
        Ok(())
    }
}

/// Of an attribute on a later line than its object, only the name is shown.
pub(super) fn attribute_location(mut location: Location, node: Range, attr: &str) -> Location {
    let end_line = node.end_line as i32;
    if location.line == end_line {
        return location;
    }
    location.line = end_line;
    let length = attr.chars().count() as i32;
    let end_col = node.end_col as i32;
    if length <= end_col {
        location.col = end_col - length;
    } else {
        location.col = -1;
        location.end_col = -1;
    }
    location.end_line = location.end_line.max(location.line);
    if location.line == location.end_line {
        location.end_col = location.end_col.max(location.col);
    }
    location
}
