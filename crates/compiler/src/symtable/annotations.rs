//! First pass: annotations and type parameters.

use super::{BlockKey, BlockType, Builder, SymbolFlags as F};
use crate::error::{CompileError, Result};
use pyrope_parser::ast::{Arg, Arguments, Expr, ExprKind, Range, Stmt, TypeParam, TypeParamKind};

impl Builder<'_> {
    pub(super) fn annotated_assignment(
        &mut self,
        range: Range,
        target: &Expr,
        annotation: &Expr,
        value: Option<&Expr>,
        simple: bool,
    ) -> Result<()> {
        self.current().annotations_used = true;
        if let ExprKind::Name { id, .. } = &target.node {
            let known = self.lookup(id);
            let module = self.current_ref().block == BlockType::Module;
            if known & (F::DEF_GLOBAL | F::DEF_NONLOCAL) != 0 && !module && simple {
                let word = if known & F::DEF_GLOBAL != 0 { "global" } else { "nonlocal" };
                return Err(CompileError::syntax(range, format!("annotated name '{id}' can't be {word}")));
            }
            if simple {
                self.add_def(id, F::DEF_ANNOT | F::DEF_LOCAL, target.range)?;
            } else if value.is_some() {
                self.add_def(id, F::DEF_LOCAL, target.range)?;
            }
        } else {
            self.expression(target)?;
        }
        self.variable_annotation(annotation)?;
        self.optional(value)
    }

    fn variable_annotation(&mut self, annotation: &Expr) -> Result<()> {
        let outer = self.current_id();
        let block = self.current_ref().block;
        // Annotations of a function's variables are never evaluated.
        let unevaluated = block == BlockType::Function;
        let conditional =
            block == BlockType::Module || (block == BlockType::Class && self.current_ref().in_conditional_block);
        if conditional && !self.current_ref().has_conditional_annotations {
            self.current().has_conditional_annotations = true;
            self.add_def("__conditional_annotations__", F::USE, annotation.range)?;
        }
        if let Some(existing) = self.current_ref().annotation_block {
            self.enter_existing(existing);
        } else {
            let key = BlockKey::Variables(outer);
            let id = self.enter_block("__annotate__", BlockType::Annotation, key, annotation.range)?;
            self.table.entries[outer.index()].annotation_block = Some(id);
            if block == BlockType::Class && !self.future.annotations() {
                self.table.entries[outer.index()].needs_classdict = true;
                self.current().can_see_class_scope = true;
                self.add_def("__classdict__", F::USE, annotation.range)?;
            }
        }
        let id = self.current_id().index();
        self.table.entries[id].in_unevaluated_annotation |= unevaluated;
        let result = self.expression(annotation);
        if unevaluated {
            self.table.entries[id].in_unevaluated_annotation = false;
        }
        self.exit_block();
        result
    }

    pub(super) fn signature_annotations(
        &mut self,
        statement: &Stmt,
        args: &Arguments,
        returns: Option<&Expr>,
    ) -> Result<()> {
        let range = statement.range;
        let in_class = self.current_ref().can_see_class_scope || self.current_ref().block == BlockType::Class;
        self.enter_block("__annotate__", BlockType::Annotation, BlockKey::signature(statement), range)?;
        if in_class {
            self.current().can_see_class_scope = true;
            self.add_def("__classdict__", F::USE, range)?;
        }
        self.argument_annotations(&args.posonlyargs)?;
        self.argument_annotations(&args.args)?;
        self.argument_annotations(args.vararg.as_deref().as_slice())?;
        self.argument_annotations(args.kwarg.as_deref().as_slice())?;
        self.argument_annotations(&args.kwonlyargs)?;
        if let Some(returns) = returns {
            self.current().annotations_used = true;
            self.expression(returns)?;
        }
        self.exit_block();
        Ok(())
    }

    fn argument_annotations<A: std::borrow::Borrow<Arg>>(&mut self, args: &[A]) -> Result<()> {
        for arg in args {
            if let Some(annotation) = &arg.borrow().annotation {
                self.current().annotations_used = true;
                self.expression(annotation)?;
            }
        }
        Ok(())
    }

    pub(super) fn enter_type_params(
        &mut self,
        statement: &Stmt,
        name: &str,
        defaults: bool,
        kwdefaults: bool,
        class: bool,
    ) -> Result<()> {
        let range = statement.range;
        let in_class = self.current_ref().block == BlockType::Class;
        self.enter_block(name, BlockType::TypeParameters, BlockKey::type_params(statement), range)?;
        if in_class {
            self.current().can_see_class_scope = true;
            self.add_def("__classdict__", F::USE, range)?;
        }
        if class {
            // Set when the tuple of parameters is made, used for the bases.
            for name in [".type_params", ".generic_base"] {
                self.add_def(name, F::DEF_LOCAL, range)?;
                self.add_def(name, F::USE, range)?;
            }
        }
        if defaults {
            self.add_def(".defaults", F::DEF_PARAM, range)?;
        }
        if kwdefaults {
            self.add_def(".kwdefaults", F::DEF_PARAM, range)?;
        }
        Ok(())
    }

    pub(super) fn type_params(&mut self, params: &[TypeParam]) -> Result<()> {
        params.iter().try_for_each(|param| self.type_param(param))
    }

    fn type_param(&mut self, param: &TypeParam) -> Result<()> {
        let bind = |this: &mut Self, name: &str| this.add_def(name, F::DEF_TYPE_PARAM | F::DEF_LOCAL, param.range);
        match &param.node {
            TypeParamKind::TypeVar { name, bound, default_value } => {
                bind(self, name)?;
                let info = match bound.as_deref() {
                    Some(Expr { node: ExprKind::Tuple { .. }, .. }) => "a TypeVar constraint",
                    _ => "a TypeVar bound",
                };
                let key = BlockKey::type_param(param);
                self.type_param_value(bound.as_deref(), name, param, key, info)?;
                let key = BlockKey::type_var_default(param);
                self.type_param_value(default_value.as_deref(), name, param, key, "a TypeVar default")
            }
            TypeParamKind::TypeVarTuple { name, default_value } => {
                bind(self, name)?;
                let key = BlockKey::type_param(param);
                self.type_param_value(default_value.as_deref(), name, param, key, "a TypeVarTuple default")
            }
            TypeParamKind::ParamSpec { name, default_value } => {
                bind(self, name)?;
                let key = BlockKey::type_param(param);
                self.type_param_value(default_value.as_deref(), name, param, key, "a ParamSpec default")
            }
        }
    }

    /// A bound or a default.
    fn type_param_value(
        &mut self,
        value: Option<&Expr>,
        name: &str,
        param: &TypeParam,
        key: BlockKey,
        info: &'static str,
    ) -> Result<()> {
        if name == "__classdict__" {
            let message = format!("reserved name '{name}' cannot be used for type parameter");
            return Err(CompileError::syntax(param.range, message));
        }
        let Some(value) = value else { return Ok(()) };
        let in_class = self.current_ref().can_see_class_scope;
        self.enter_block(name, BlockType::TypeVariable, key, value.range)?;
        self.current().can_see_class_scope = in_class;
        if in_class {
            self.add_def("__classdict__", F::USE, value.range)?;
        }
        self.current().scope_info = Some(info);
        self.expression(value)?;
        self.exit_block();
        Ok(())
    }
}
