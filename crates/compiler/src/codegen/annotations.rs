//! Annotations: `__annotate__` functions (PEP 649), or text under `from __future__ import annotations`.

use std::rc::Rc;

use pyrope_bytecode::{Code, CommonConstant, Comparison, Constant, FunctionAttribute, Location, Opcode};
use pyrope_parser::ast::{Arg, Expr, ExprKind, FunctionDef, Stmt, StmtKind};

use super::functions::FunctionFlags;
use super::unit::{Counts, ScopeType};
use super::{Compiler, int_const, loc, name_const};
use crate::error::{CompileError, Result};
use crate::symtable::{BlockKey, BlockType, mangle};
use crate::unparse::unparse;

/// `annotationlib.Format.VALUE_WITH_FAKE_GLOBALS`: the highest format that compiled annotations know.
const VALUE_WITH_FAKE_GLOBALS: usize = 2;
const CONDITIONAL: &str = "__conditional_annotations__";

impl<'a> Compiler<'a> {
    /// Begins a function of one parameter, the format, that refuses formats it does not know.
    pub(super) fn enter_annotations(&mut self, location: Location, key: BlockKey, name: &str) -> Result<()> {
        let counts = Counts { positional: 1, positional_only: 1, ..Counts::default() };
        self.enter_scope(name, ScopeType::Annotations, key, location.line, None, counts)?;
        self.emit(location, Opcode::LoadFast, 0);
        self.load_const(location, int_const(VALUE_WITH_FAKE_GLOBALS));
        self.emit(location, Opcode::CompareOp, Comparison::Greater.operand());
        let body = self.new_label();
        self.jump(location, Opcode::PopJumpIfFalse, body);
        self.common_constant(location, CommonConstant::NotImplementedError);
        self.emit(location, Opcode::RaiseVarargs, 1);
        self.use_label(body);
        Ok(())
    }

    fn leave_annotations(&mut self, location: Location) -> Result<()> {
        self.plain(location, Opcode::ReturnValue);
        let code = self.exit_scope(true)?;
        self.make_closure(location, rename_format(code), 0)
    }

    pub(super) fn process_deferred_annotations(&mut self, location: Location) -> Result<()> {
        let deferred = std::mem::take(&mut self.unit.deferred_annotations);
        if deferred.is_empty() {
            return Ok(());
        }
        let is_module = self.unit.scope_type == ScopeType::Module;
        let is_class = self.entry().block == BlockType::Class;
        let key = BlockKey::Variables(self.unit.scope);
        // A module's function is made where the module begins.
        let stashed = is_module.then(|| std::mem::take(&mut self.unit.sequence));
        self.enter_annotations(location, key, "__annotate__")?;
        self.deferred_annotations(location, &deferred, is_class)?;
        self.leave_annotations(location)?;
        self.store(location, if is_class { "__annotate_func__" } else { "__annotate__" })?;
        if let Some(stashed) = stashed {
            let annotations = std::mem::replace(&mut self.unit.sequence, stashed);
            self.unit.sequence.set_annotations_code(annotations);
        }
        Ok(())
    }

    fn deferred_annotations(
        &mut self,
        location: Location,
        deferred: &[(&'a Stmt, Option<usize>)],
        is_class: bool,
    ) -> Result<()> {
        self.emit(location, Opcode::BuildMap, 0);
        for (statement, index) in deferred {
            let StmtKind::AnnAssign { target, annotation, .. } = &statement.node else { continue };
            let ExprKind::Name { id, .. } = &target.node else { continue };
            let mangled = mangle(self.unit.private.as_deref(), id);
            let place = loc(statement.range);
            let not_set = self.new_label();
            if let Some(index) = index {
                self.load_const(place, int_const(*index));
                if is_class {
                    // Free here whether or not an annotation uses the name.
                    self.unit.meta.freevars.add(CONDITIONAL);
                    let index = self.free_index(CONDITIONAL)?;
                    self.emit(place, Opcode::LoadDeref, index);
                } else {
                    let index = self.unit.meta.names.add(CONDITIONAL);
                    self.emit(place, Opcode::LoadGlobal, index << 1);
                }
                self.emit(place, Opcode::ContainsOp, 0);
                self.jump(place, Opcode::PopJumpIfFalse, not_set);
            }
            self.expression(annotation)?;
            self.emit(place, Opcode::Copy, 2);
            self.load_const(place, name_const(&mangled));
            self.plain(location, Opcode::StoreSubscr);
            self.use_label(not_set);
        }
        Ok(())
    }

    /// Pushes the `__annotate__` function of a signature, if it has annotations.
    pub(super) fn signature(
        &mut self,
        location: Location,
        statement: &'a Stmt,
        def: &'a FunctionDef,
    ) -> Result<FunctionFlags> {
        let key = BlockKey::signature(statement);
        let used = self.table.lookup(key).is_some_and(|id| self.table.entry(id).annotations_used);
        if !used {
            return Ok(0);
        }
        self.enter_annotations(location, key, "__annotate__")?;
        let args = &def.args;
        let mut count = 0;
        let positional = args.args.iter().chain(&args.posonlyargs);
        let all = positional.chain(args.vararg.as_deref()).chain(&args.kwonlyargs).chain(args.kwarg.as_deref());
        for Arg { arg, annotation, .. } in all {
            if let Some(annotation) = annotation {
                self.argument_annotation(location, arg, annotation)?;
                count += 1;
            }
        }
        if let Some(returns) = &def.returns {
            self.argument_annotation(location, "return", returns)?;
            count += 1;
        }
        self.emit(location, Opcode::BuildMap, count);
        self.leave_annotations(location)?;
        Ok(FunctionAttribute::Annotate.number())
    }

    fn argument_annotation(&mut self, location: Location, name: &str, annotation: &'a Expr) -> Result<()> {
        let mangled = self.mangled(name);
        self.load_const(location, name_const(&mangled));
        if self.future.annotations() {
            return self.annotation_text(annotation);
        }
        // `*args: *Ts` means `[value] = [*Ts]`.
        match &annotation.node {
            ExprKind::Starred { value, .. } => {
                self.expression(value)?;
                self.emit(location, Opcode::UnpackSequence, 1);
                Ok(())
            }
            _ => self.expression(annotation),
        }
    }

    fn annotation_text(&mut self, annotation: &Expr) -> Result<()> {
        let value = unparse(annotation, self.guard)?;
        self.load_const(loc(annotation.range), Constant::Str { value, interned: false });
        Ok(())
    }

    pub(super) fn annotated_assignment(
        &mut self,
        statement: &'a Stmt,
        target: &'a Expr,
        annotation: &'a Expr,
        value: Option<&'a Expr>,
        simple: bool,
    ) -> Result<()> {
        if let Some(value) = value {
            self.expression(value)?;
            self.expression(target)?;
        }
        match &target.node {
            ExprKind::Name { id, .. } => {
                let stored = simple && matches!(self.unit.scope_type, ScopeType::Module | ScopeType::Class);
                if !stored {
                    return Ok(());
                }
                if self.future.annotations() {
                    self.store_annotation_text(loc(statement.range), id, annotation)
                } else {
                    self.defer_annotation(statement)
                }
            }
            ExprKind::Attribute { value: object, .. } => {
                if value.is_none() {
                    self.evaluate_and_drop(object)
                } else {
                    Ok(())
                }
            }
            ExprKind::Subscript { value: object, slice, .. } => {
                if value.is_some() {
                    return Ok(());
                }
                self.evaluate_and_drop(object)?;
                self.check_annotated_subscript(slice)
            }
            _ => Err(CompileError::System("invalid node type for annotated assignment".into())),
        }
    }

    fn store_annotation_text(&mut self, location: Location, name: &str, annotation: &Expr) -> Result<()> {
        self.annotation_text(annotation)?;
        self.flagged_name(location, Opcode::LoadName, "__annotations__", 0, 0);
        let mangled = self.mangled(name);
        self.load_const(location, name_const(&mangled));
        self.plain(location, Opcode::StoreSubscr);
        Ok(())
    }

    /// Notes an annotation, and at run time that it was reached where that is not certain.
    fn defer_annotation(&mut self, statement: &'a Stmt) -> Result<()> {
        let is_module = self.unit.scope_type == ScopeType::Module;
        let conditional = is_module || self.unit.in_conditional_block > 0;
        if !conditional {
            self.unit.deferred_annotations.push((statement, None));
            return Ok(());
        }
        let index = self.unit.next_conditional_annotation;
        self.unit.next_conditional_annotation += 1;
        self.unit.deferred_annotations.push((statement, Some(index)));
        let location = loc(statement.range);
        if is_module {
            self.flagged_name(location, Opcode::LoadName, CONDITIONAL, 0, 0);
        } else {
            let cell = self.cell_index(CONDITIONAL)?;
            self.emit(location, Opcode::LoadDeref, cell);
        }
        self.load_const(location, int_const(index));
        self.emit(location, Opcode::SetAdd, 1);
        self.plain(location, Opcode::PopTop);
        Ok(())
    }

    fn evaluate_and_drop(&mut self, expression: &'a Expr) -> Result<()> {
        self.expression(expression)?;
        self.plain(loc(expression.range), Opcode::PopTop);
        Ok(())
    }

    /// All of a subscript is evaluated although nothing is assigned.
    fn check_annotated_subscript(&mut self, slice: &'a Expr) -> Result<()> {
        self.guard.check()?;
        match &slice.node {
            ExprKind::Slice { lower, upper, step } => {
                let parts = [lower, upper, step];
                parts.into_iter().flatten().try_for_each(|part| self.evaluate_and_drop(part))
            }
            ExprKind::Tuple { elts, .. } => elts.iter().try_for_each(|elt| self.check_annotated_subscript(elt)),
            _ => self.evaluate_and_drop(slice),
        }
    }
}

/// The parameter is `.format` within, so that annotations cannot clash with it, and `format` in signatures.
fn rename_format(mut code: Rc<Code>) -> Rc<Code> {
    let inner = Rc::make_mut(&mut code);
    let mut names = inner.localsplusnames.to_vec();
    if let Some(first) = names.first_mut() {
        *first = "format".into();
    }
    inner.localsplusnames = names.into();
    code
}
