//! First pass: comprehensions, and assignment expressions in them.

use super::{BlockKey, BlockType, Builder, Comprehension, EntryId, SymbolFlags as F};
use crate::error::{CompileError, Result};
use pyrope_parser::ast::{Comprehension as Clause, Expr, ExprKind, Range};

impl Builder<'_> {
    pub(super) fn comprehension(
        &mut self,
        expression: &Expr,
        kind: Comprehension,
        clauses: &[Clause],
        element: &Expr,
        value: Option<&Expr>,
    ) -> Result<()> {
        let Some((outermost, inner)) = clauses.split_first() else {
            return Err(CompileError::Value("comprehension with no generators".into()));
        };
        // The outermost iterator is evaluated in the block around.
        self.current().comp_iter_expr += 1;
        self.expression(&outermost.iter)?;
        self.current().comp_iter_expr -= 1;
        let name = match kind {
            Comprehension::List => "listcomp",
            Comprehension::Set => "setcomp",
            Comprehension::Dict => "dictcomp",
            Comprehension::Generator | Comprehension::No => "genexpr",
        };
        let range = expression.range;
        self.enter_block(name, BlockType::Function, BlockKey::expression(expression), range)?;
        self.current().comprehension = kind;
        self.current().coroutine |= outermost.is_async;
        self.add_def(".0", F::DEF_PARAM, range)?;
        self.target(&outermost.target)?;
        self.expressions(&outermost.ifs)?;
        inner.iter().try_for_each(|clause| self.clause(clause))?;
        self.optional(value)?;
        self.expression(element)?;
        let is_generator = kind == Comprehension::Generator;
        self.current().generator = is_generator;
        let is_async = self.current_ref().coroutine && !is_generator;
        self.exit_block();
        if !is_async {
            return Ok(());
        }
        let in_comprehension = self.current_ref().comprehension != Comprehension::No;
        if !self.in_async_def() && !in_comprehension && !self.allows_top_level_await() {
            let message = "asynchronous comprehension outside of an asynchronous function";
            return Err(CompileError::syntax(range, message));
        }
        self.current().coroutine = true;
        Ok(())
    }

    fn target(&mut self, target: &Expr) -> Result<()> {
        self.current().comp_iter_target = true;
        self.expression(target)?;
        self.current().comp_iter_target = false;
        Ok(())
    }

    fn clause(&mut self, clause: &Clause) -> Result<()> {
        self.target(&clause.target)?;
        self.current().comp_iter_expr += 1;
        self.expression(&clause.iter)?;
        self.current().comp_iter_expr -= 1;
        self.expressions(&clause.ifs)?;
        self.current().coroutine |= clause.is_async;
        Ok(())
    }

    pub(super) fn named_expression(&mut self, range: Range, target: &Expr, value: &Expr) -> Result<()> {
        if self.current_ref().comp_iter_expr > 0 {
            let message = "assignment expression cannot be used in a comprehension iterable expression";
            return Err(CompileError::syntax(range, message));
        }
        if self.current_ref().comprehension != Comprehension::No
            && let ExprKind::Name { id, .. } = &target.node
        {
            self.extend_named_scope(id, target.range)?;
        }
        self.expression(value)?;
        self.expression(target)
    }

    /// Binds the target in the nearest block that is not a comprehension.
    fn extend_named_scope(&mut self, name: &str, range: Range) -> Result<()> {
        for id in self.stack.clone().into_iter().rev() {
            let entry = self.table.entry(id);
            if entry.comprehension != Comprehension::No {
                let known = self.lookup_in(id, name);
                if known & F::DEF_COMP_ITER != 0 && known & F::DEF_LOCAL != 0 {
                    let message =
                        format!("assignment expression cannot rebind comprehension iteration variable '{name}'");
                    return Err(CompileError::syntax(range, message));
                }
                continue;
            }
            match entry.block {
                BlockType::Function => return self.bind_in_function(id, name, range),
                BlockType::Module => {
                    self.add_def(name, F::DEF_GLOBAL, range)?;
                    self.record_directive(name, range);
                    return self.add_def_to(name, F::DEF_GLOBAL, id, range);
                }
                BlockType::Annotation => continue,
                BlockType::Class | BlockType::TypeParameters | BlockType::TypeAlias | BlockType::TypeVariable => {
                    return Err(forbidden(entry.block, range));
                }
            }
        }
        Err(CompileError::System("no block for an assignment expression".into()))
    }

    fn bind_in_function(&mut self, id: EntryId, name: &str, range: Range) -> Result<()> {
        let global = self.lookup_in(id, name) & F::DEF_GLOBAL != 0;
        self.add_def(name, if global { F::DEF_GLOBAL } else { F::DEF_NONLOCAL }, range)?;
        self.record_directive(name, range);
        self.add_def_to(name, F::DEF_LOCAL, id, range)
    }
}

fn forbidden(block: BlockType, range: Range) -> CompileError {
    let place = match block {
        BlockType::Class => "in a class body",
        BlockType::TypeParameters => "within the definition of a generic",
        BlockType::TypeAlias => "in a type alias",
        _ => "in a TypeVar bound",
    };
    CompileError::syntax(range, format!("assignment expression within a comprehension cannot be used {place}"))
}
