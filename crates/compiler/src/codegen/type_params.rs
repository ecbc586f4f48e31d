//! Type parameters and type aliases (PEP 695, PEP 696).

use pyrope_bytecode::{Constant, FunctionAttribute, Intrinsic1, Intrinsic2, Opcode};
use pyrope_parser::ast::{Expr, ExprKind, Stmt, TypeParam, TypeParamKind};
use std::rc::Rc;

use super::unit::{Counts, ScopeType};
use super::{Compiler, int_const, loc, name_const};
use crate::error::{CompileError, Result};
use crate::symtable::BlockKey;

impl<'a> Compiler<'a> {
    /// Makes and stores the parameters, and pushes a tuple of them.
    pub(super) fn type_params(&mut self, params: &'a [TypeParam]) -> Result<()> {
        let mut seen_default = false;
        for param in params {
            self.type_param(param, &mut seen_default)?;
        }
        if let Some(first) = params.first() {
            self.emit_count(loc(first.range), Opcode::BuildTuple, params.len());
        }
        Ok(())
    }

    fn type_param(&mut self, param: &'a TypeParam, seen_default: &mut bool) -> Result<()> {
        let location = loc(param.range);
        let (name, default, default_key) = match &param.node {
            TypeParamKind::TypeVar { name, bound, default_value } => {
                self.load_const(location, name_const(name));
                match bound {
                    Some(bound) => {
                        self.bound_or_default(bound, name, BlockKey::type_param(param), false)?;
                        let constraints = matches!(bound.node, ExprKind::Tuple { .. });
                        let make =
                            if constraints { Intrinsic2::TypeVarWithConstraints } else { Intrinsic2::TypeVarWithBound };
                        self.intrinsic_2(location, make);
                    }
                    None => self.intrinsic_1(location, Intrinsic1::TypeVar),
                }
                (name, default_value, BlockKey::type_var_default(param))
            }
            TypeParamKind::TypeVarTuple { name, default_value } => {
                self.load_const(location, name_const(name));
                self.intrinsic_1(location, Intrinsic1::TypeVarTuple);
                (name, default_value, BlockKey::type_param(param))
            }
            TypeParamKind::ParamSpec { name, default_value } => {
                self.load_const(location, name_const(name));
                self.intrinsic_1(location, Intrinsic1::ParamSpec);
                (name, default_value, BlockKey::type_param(param))
            }
        };
        if let Some(default) = default {
            *seen_default = true;
            let starred = matches!(param.node, TypeParamKind::TypeVarTuple { .. });
            self.bound_or_default(default, name, default_key, starred)?;
            self.intrinsic_2(location, Intrinsic2::SetTypeParamDefault);
        } else if *seen_default {
            let message = format!("non-default type parameter '{name}' follows default type parameter");
            return self.error(param.range, message);
        }
        self.emit(location, Opcode::Copy, 1);
        self.store(location, name)
    }

    /// A function that evaluates a bound or default when it is asked for.
    fn bound_or_default(&mut self, value: &'a Expr, name: &str, key: BlockKey, allow_starred: bool) -> Result<()> {
        let location = loc(value.range);
        self.load_const(location, one_tuple());
        self.enter_annotations(location, key, name)?;
        match &value.node {
            ExprKind::Starred { value, .. } if allow_starred => {
                self.expression(value)?;
                self.emit(location, Opcode::UnpackSequence, 1);
            }
            _ => self.expression(value)?,
        }
        self.plain(location, Opcode::ReturnValue);
        let code = self.exit_scope(true)?;
        self.make_closure(location, code, FunctionAttribute::Defaults.number())
    }

    pub(super) fn type_alias(
        &mut self,
        statement: &'a Stmt,
        name: &'a Expr,
        type_params: &'a [TypeParam],
        value: &'a Expr,
    ) -> Result<()> {
        let ExprKind::Name { id: name, .. } = &name.node else {
            return Err(CompileError::System("the name of a type alias is not a name".into()));
        };
        let location = loc(statement.range);
        let generic = !type_params.is_empty();
        if generic {
            let scope = format!("<generic parameters of {name}>");
            let key = BlockKey::type_params(statement);
            self.enter_scope(&scope, ScopeType::Annotations, key, location.line, None, Counts::default())?;
            self.load_const(location, name_const(name));
            self.type_params(type_params)?;
        } else {
            self.load_const(location, name_const(name));
            self.load_none(location);
        }
        self.type_alias_body(statement, name, value)?;
        if generic {
            let code = self.exit_scope(false)?;
            self.make_closure(location, code, 0)?;
            self.plain(location, Opcode::PushNull);
            self.emit(location, Opcode::Call, 0);
        }
        self.store(location, name)
    }

    fn type_alias_body(&mut self, statement: &'a Stmt, name: &str, value: &'a Expr) -> Result<()> {
        let location = loc(statement.range);
        self.load_const(location, one_tuple());
        self.enter_annotations(location, BlockKey::statement(statement), name)?;
        self.expression(value)?;
        self.plain(location, Opcode::ReturnValue);
        let code = self.exit_scope(false)?;
        self.make_closure(location, code, FunctionAttribute::Defaults.number())?;
        self.emit(location, Opcode::BuildTuple, 3);
        self.intrinsic_1(location, Intrinsic1::TypeAlias);
        Ok(())
    }
}

/// The default of the format parameter, `Format.VALUE`.
fn one_tuple() -> Constant {
    Constant::Tuple(Rc::from([int_const(1)]))
}
