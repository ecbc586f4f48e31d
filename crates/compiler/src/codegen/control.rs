//! Conditions, loops, `return`, `break` and `continue`.

use pyrope_bytecode::{Location, Opcode};
use pyrope_parser::ast::{BoolOp, Expr, ExprKind, For, Range, Stmt, StmtKind, UnaryOp};

use super::unit::{BlockDatum, BlockKind};
use super::{Compiler, constant, is_constant, loc};
use crate::error::Result;
use crate::instructions::Label;

impl<'a> Compiler<'a> {
    /// Jumps to `target` if the expression's truth is `condition`, else falls through.
    pub(super) fn jump_if(
        &mut self,
        location: Location,
        expression: &'a Expr,
        target: Label,
        condition: bool,
    ) -> Result<()> {
        self.guard.check()?;
        match &expression.node {
            ExprKind::UnaryOp { op: UnaryOp::Not, operand } => self.jump_if(location, operand, target, !condition),
            ExprKind::BoolOp { op, values } => self.jump_if_bool_op(location, *op, values, target, condition),
            ExprKind::IfExp { test, body, orelse } => {
                let end = self.new_label();
                let next = self.new_label();
                self.jump_if(location, test, next, false)?;
                self.jump_if(location, body, target, condition)?;
                self.jump(Location::NONE, Opcode::JumpNoInterrupt, end);
                self.use_label(next);
                self.jump_if(location, orelse, target, condition)?;
                self.use_label(end);
                Ok(())
            }
            ExprKind::Compare { ops, .. } if ops.len() > 1 => self.jump_if_compare(expression, target, condition),
            _ => {
                self.expression(expression)?;
                let location = loc(expression.range);
                self.plain(location, Opcode::ToBool);
                self.jump(location, jump_opcode(condition), target);
                Ok(())
            }
        }
    }

    fn jump_if_bool_op(
        &mut self,
        location: Location,
        op: BoolOp,
        values: &'a [Expr],
        target: Label,
        condition: bool,
    ) -> Result<()> {
        let Some((last, others)) = values.split_last() else { return Ok(()) };
        let decides = op == BoolOp::Or;
        let early = if decides == condition { target } else { self.new_label() };
        for value in others {
            self.jump_if(location, value, early, decides)?;
        }
        self.jump_if(location, last, target, condition)?;
        if early != target {
            self.use_label(early);
        }
        Ok(())
    }

    /// A chain of comparisons.
    fn jump_if_compare(&mut self, expression: &'a Expr, target: Label, condition: bool) -> Result<()> {
        let ExprKind::Compare { left, ops, comparators } = &expression.node else { return Ok(()) };
        let location = loc(expression.range);
        self.check_compare(expression.range, left, ops, comparators);
        let cleanup = self.new_label();
        self.expression(left)?;
        let last = ops.len() - 1;
        for (index, (op, comparator)) in ops.iter().zip(comparators).enumerate() {
            self.expression(comparator)?;
            if index < last {
                self.emit(location, Opcode::Swap, 2);
                self.emit(location, Opcode::Copy, 2);
            }
            self.compare_op(location, *op);
            self.plain(location, Opcode::ToBool);
            if index < last {
                self.jump(location, Opcode::PopJumpIfFalse, cleanup);
            }
        }
        self.jump(location, jump_opcode(condition), target);
        let end = self.new_label();
        self.jump(Location::NONE, Opcode::JumpNoInterrupt, end);
        self.use_label(cleanup);
        self.plain(location, Opcode::PopTop);
        if !condition {
            self.jump(Location::NONE, Opcode::JumpNoInterrupt, target);
        }
        self.use_label(end);
        Ok(())
    }

    /// `if`; a chain of `elif` is a nest of `if`s, here without recursion.
    pub(super) fn if_statement(
        &mut self,
        location: Location,
        test: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
    ) -> Result<()> {
        let (mut location, mut test, mut body, mut orelse) = (location, test, body, orelse);
        let mut ends = Vec::new();
        loop {
            let end = self.new_label();
            ends.push(end);
            let next = if orelse.is_empty() { end } else { self.new_label() };
            self.jump_if(location, test, next, false)?;
            self.statements(body)?;
            if orelse.is_empty() {
                break;
            }
            self.jump(Location::NONE, Opcode::JumpNoInterrupt, end);
            self.use_label(next);
            match orelse {
                [Stmt { node: StmtKind::If { test: t, body: b, orelse: o }, range }] => {
                    (location, test, body, orelse) = (loc(*range), t, b, o);
                }
                _ => {
                    self.statements(orelse)?;
                    break;
                }
            }
        }
        for end in ends.into_iter().rev() {
            self.use_label(end);
        }
        Ok(())
    }

    pub(super) fn for_loop(&mut self, location: Location, node: &'a For) -> Result<()> {
        let start = self.new_label();
        let cleanup = self.new_label();
        let end = self.new_label();
        self.push_block(location, BlockKind::ForLoop, Some(start), Some(end), BlockDatum::None)?;
        self.expression(&node.iter)?;
        let iter_location = loc(node.iter.range);
        self.plain(iter_location, Opcode::GetIter);
        self.use_label(start);
        self.jump(iter_location, Opcode::ForIter, cleanup);
        // For the line of a target that stands on a line of its own.
        self.plain(loc(node.target.range), Opcode::Nop);
        self.expression(&node.target)?;
        self.statements(&node.body)?;
        self.jump(Location::NONE, Opcode::Jump, start);
        self.use_label(cleanup);
        self.plain(Location::NONE, Opcode::EndFor);
        self.plain(Location::NONE, Opcode::PopIter);
        self.pop_block();
        self.statements(&node.orelse)?;
        self.use_label(end);
        Ok(())
    }

    pub(super) fn async_for(&mut self, location: Location, node: &'a For) -> Result<()> {
        let start = self.new_label();
        let send = self.new_label();
        let except = self.new_label();
        let end = self.new_label();
        self.expression(&node.iter)?;
        let iter_location = loc(node.iter.range);
        self.plain(iter_location, Opcode::GetAiter);
        self.use_label(start);
        self.push_block(location, BlockKind::AsyncForLoop, Some(start), Some(end), BlockDatum::None)?;
        self.jump(location, Opcode::SetupFinally, except);
        self.plain(location, Opcode::GetAnext);
        self.load_none(location);
        self.use_label(send);
        self.yield_from(location, true);
        self.plain(location, Opcode::PopBlock);
        self.plain(location, Opcode::NotTaken);
        self.expression(&node.target)?;
        self.statements(&node.body)?;
        self.jump(Location::NONE, Opcode::Jump, start);
        self.pop_block();
        self.use_label(except);
        self.jump(iter_location, Opcode::EndAsyncFor, send);
        self.statements(&node.orelse)?;
        self.use_label(end);
        Ok(())
    }

    pub(super) fn while_loop(
        &mut self,
        location: Location,
        test: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
    ) -> Result<()> {
        let start = self.new_label();
        let end = self.new_label();
        let anchor = self.new_label();
        self.use_label(start);
        self.push_block(location, BlockKind::WhileLoop, Some(start), Some(end), BlockDatum::None)?;
        self.jump_if(location, test, anchor, false)?;
        self.statements(body)?;
        self.jump(Location::NONE, Opcode::Jump, start);
        self.pop_block();
        self.use_label(anchor);
        self.statements(orelse)?;
        self.use_label(end);
        Ok(())
    }

    pub(super) fn return_statement(&mut self, range: Range, value: Option<&'a Expr>) -> Result<()> {
        let entry = self.entry();
        if !entry.is_function_like() {
            return self.error(range, "'return' outside function");
        }
        if value.is_some() && entry.coroutine && entry.generator {
            return self.error(range, "'return' with value in async generator");
        }
        let mut location = loc(range);
        // A constant is loaded last, so that it need not be kept while blocks are left.
        let preserve = value.is_some_and(|value| !is_constant(value));
        match value {
            Some(value) if preserve => self.expression(value)?,
            Some(value) => {
                location = loc(value.range);
                self.plain(location, Opcode::Nop);
            }
            None => {}
        }
        if value.is_none_or(|value| value.range.line != range.line) {
            location = loc(range);
            self.plain(location, Opcode::Nop);
        }
        self.unwind_blocks(&mut location, preserve, false)?;
        match value {
            None => self.load_none(location),
            Some(Expr { node: ExprKind::Constant { value, .. }, .. }) => self.load_const(location, constant(value)),
            Some(_) => {}
        }
        self.plain(location, Opcode::ReturnValue);
        Ok(())
    }

    pub(super) fn break_statement(&mut self, range: Range) -> Result<()> {
        let mut location = loc(range);
        self.plain(location, Opcode::Nop);
        let Some(depth) = self.unwind_blocks(&mut location, false, true)? else {
            return self.error(range, "'break' outside loop");
        };
        let block = self.unit.blocks[depth].clone();
        self.unwind_block(&mut location, &block, false)?;
        if let Some(exit) = block.exit {
            self.jump(location, Opcode::Jump, exit);
        }
        Ok(())
    }

    pub(super) fn continue_statement(&mut self, range: Range) -> Result<()> {
        let mut location = loc(range);
        self.plain(location, Opcode::Nop);
        let Some(depth) = self.unwind_blocks(&mut location, false, true)? else {
            return self.error(range, "'continue' not properly in loop");
        };
        if let Some(start) = self.unit.blocks[depth].start {
            self.jump(location, Opcode::Jump, start);
        }
        Ok(())
    }
}

fn jump_opcode(condition: bool) -> Opcode {
    if condition { Opcode::PopJumpIfTrue } else { Opcode::PopJumpIfFalse }
}
