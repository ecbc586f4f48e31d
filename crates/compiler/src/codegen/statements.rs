//! Statements: the dispatch, and the short ones.

use pyrope_bytecode::{CommonConstant, Intrinsic1, Location, Opcode};
use pyrope_parser::ast::{Constant, Expr, ExprKind, Range, Stmt, StmtKind};

use super::classes::Class;
use super::{Compiler, is_constant, loc};
use crate::error::Result;

impl<'a> Compiler<'a> {
    pub(super) fn statement(&mut self, statement: &'a Stmt) -> Result<()> {
        self.guard.check()?;
        let location = loc(statement.range);
        match &statement.node {
            StmtKind::FunctionDef(def) => self.function(statement, def, false),
            StmtKind::AsyncFunctionDef(def) => self.function(statement, def, true),
            StmtKind::ClassDef { name, bases, keywords, body, decorator_list, type_params } => {
                let class = Class { name, bases, keywords, body, decorators: decorator_list, type_params };
                self.class(statement, class)
            }
            StmtKind::TypeAlias { name, type_params, value } => self.type_alias(statement, name, type_params, value),
            StmtKind::Return { value } => self.return_statement(statement.range, value.as_deref()),
            StmtKind::Delete { targets } => self.expressions(targets),
            StmtKind::Assign { targets, value, .. } => self.assign(location, targets, value),
            StmtKind::AugAssign { target, op, value } => self.augmented_assignment(location, target, *op, value),
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotated_assignment(statement, target, annotation, value.as_deref(), *simple)
            }
            StmtKind::For(node) => self.conditionally(|this| this.for_loop(location, node)),
            StmtKind::AsyncFor(node) => self.conditionally(|this| this.async_for(location, node)),
            StmtKind::While { test, body, orelse } => {
                self.conditionally(|this| this.while_loop(location, test, body, orelse))
            }
            StmtKind::If { test, body, orelse } => {
                self.conditionally(|this| this.if_statement(location, test, body, orelse))
            }
            StmtKind::Match { subject, cases } => self.conditionally(|this| this.match_statement(subject, cases)),
            StmtKind::Raise { exc, cause } => {
                let values = exc.as_deref().map_or([None; 2], |exc| [Some(exc), cause.as_deref()]);
                values.into_iter().flatten().try_for_each(|value| self.expression(value))?;
                self.emit_count(location, Opcode::RaiseVarargs, values.iter().flatten().count());
                Ok(())
            }
            StmtKind::Try(node) => self.conditionally(|this| this.try_statement(location, node, false)),
            StmtKind::TryStar(node) => self.conditionally(|this| this.try_statement(location, node, true)),
            StmtKind::Assert { test, msg } => self.assert(statement.range, test, msg.as_deref()),
            StmtKind::Import { names } => self.import(location, names),
            StmtKind::ImportFrom { module, names, level } => {
                self.import_from(location, module.as_deref(), names, level.unwrap_or(0))
            }
            StmtKind::Global { .. } | StmtKind::Nonlocal { .. } => Ok(()),
            StmtKind::Expr { value } => self.expression_statement(location, value),
            StmtKind::Pass => {
                self.plain(location, Opcode::Nop);
                Ok(())
            }
            StmtKind::Break => self.break_statement(statement.range),
            StmtKind::Continue => self.continue_statement(statement.range),
            StmtKind::With(node) => self.conditionally(|this| this.with_statement(&node.items, &node.body)),
            StmtKind::AsyncWith(node) => self.conditionally(|this| this.async_with(&node.items, &node.body)),
        }
    }

    /// Annotations within may not be reached.
    fn conditionally(&mut self, generate: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.unit.in_conditional_block += 1;
        generate(self)?;
        self.unit.in_conditional_block -= 1;
        Ok(())
    }

    fn assign(&mut self, location: Location, targets: &'a [Expr], value: &'a Expr) -> Result<()> {
        self.expression(value)?;
        let Some((last, others)) = targets.split_last() else { return Ok(()) };
        for target in others {
            self.emit(location, Opcode::Copy, 1);
            self.expression(target)?;
        }
        self.expression(last)
    }

    fn expression_statement(&mut self, location: Location, value: &'a Expr) -> Result<()> {
        if self.interactive && self.outer.is_empty() {
            self.expression(value)?;
            self.intrinsic_1(location, Intrinsic1::Print);
            self.plain(Location::NONE, Opcode::PopTop);
        } else if is_constant(value) {
            self.plain(location, Opcode::Nop);
        } else {
            self.expression(value)?;
            self.plain(Location::NONE, Opcode::PopTop);
        }
        Ok(())
    }

    fn assert(&mut self, range: Range, test: &'a Expr, message: Option<&'a Expr>) -> Result<()> {
        let always_true = match &test.node {
            ExprKind::Tuple { elts, .. } => !elts.is_empty(),
            ExprKind::Constant { value: Constant::Tuple(items), .. } => !items.is_empty(),
            _ => false,
        };
        if always_true {
            self.warn(range, "assertion is always true, perhaps remove parentheses?".into());
        }
        if self.optimize > 0 {
            return Ok(());
        }
        let location = loc(range);
        let end = self.new_label();
        self.jump_if(location, test, end, true)?;
        self.common_constant(location, CommonConstant::AssertionError);
        if let Some(message) = message {
            self.expression(message)?;
            self.emit(location, Opcode::Call, 0);
        }
        self.emit(loc(test.range), Opcode::RaiseVarargs, 1);
        self.use_label(end);
        Ok(())
    }
}
