//! Warnings about expressions that cannot work.

use pyrope_parser::ast::{CmpOp, Constant, Expr, ExprKind, Range};

use super::{Compiler, is_constant};

impl Compiler<'_> {
    /// `is` and `is not` with a literal.
    pub(super) fn check_compare(&mut self, range: Range, left: &Expr, ops: &[CmpOp], comparators: &[Expr]) {
        let mut left = left;
        for (op, right) in ops.iter().zip(comparators) {
            let (sign, better) = match op {
                CmpOp::Is => ("is", "=="),
                CmpOp::IsNot => ("is not", "!="),
                _ => {
                    left = right;
                    continue;
                }
            };
            let literal = [left, right].into_iter().find(|operand| is_plain_literal(operand));
            if let Some(name) = literal.and_then(type_name) {
                self.warn(range, format!("\"{sign}\" with '{name}' literal. Did you mean \"{better}\"?"));
                return;
            }
            left = right;
        }
    }

    pub(super) fn check_caller(&mut self, callee: &Expr) {
        let callable = matches!(callee.node, ExprKind::Lambda { .. });
        if let Some(name) = type_name(callee)
            && !callable
        {
            let message = format!("'{name}' object is not callable; perhaps you missed a comma?");
            self.warn(callee.range, message);
        }
    }

    pub(super) fn check_subscripter(&mut self, value: &Expr) {
        let subscriptable = match &value.node {
            ExprKind::Constant { value, .. } => {
                matches!(value, Constant::Str(_) | Constant::Bytes(_) | Constant::Tuple(_) | Constant::Bool(_))
                    && !matches!(value, Constant::Bool(_))
            }
            ExprKind::Set { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::GeneratorExp { .. }
            | ExprKind::TemplateStr { .. }
            | ExprKind::Interpolation { .. }
            | ExprKind::Lambda { .. } => false,
            _ => true,
        };
        if let Some(name) = type_name(value)
            && !subscriptable
        {
            let message = format!("'{name}' object is not subscriptable; perhaps you missed a comma?");
            self.warn(value.range, message);
        }
    }

    pub(super) fn check_index(&mut self, value: &Expr, index: &Expr) {
        let Some(index_type) = type_name(index) else { return };
        if matches!(index_type, "int" | "bool") {
            return;
        }
        let sequence = match &value.node {
            ExprKind::Constant { value, .. } => {
                matches!(value, Constant::Str(_) | Constant::Bytes(_) | Constant::Tuple(_))
            }
            ExprKind::Tuple { .. }
            | ExprKind::List { .. }
            | ExprKind::ListComp { .. }
            | ExprKind::JoinedStr { .. }
            | ExprKind::FormattedValue { .. } => true,
            _ => false,
        };
        if let Some(name) = type_name(value)
            && sequence
        {
            let message =
                format!("{name} indices must be integers or slices, not {index_type}; perhaps you missed a comma?");
            self.warn(value.range, message);
        }
    }
}

/// A literal that `is` should not be used with: not `None`, `True`, `False` or `...`.
fn is_plain_literal(expression: &Expr) -> bool {
    match &expression.node {
        ExprKind::Tuple { elts, .. } => elts.iter().all(is_constant),
        ExprKind::Constant { value, .. } => !matches!(value, Constant::None | Constant::Bool(_) | Constant::Ellipsis),
        _ => false,
    }
}

/// The type that an expression evidently has.
fn type_name(expression: &Expr) -> Option<&'static str> {
    Some(match &expression.node {
        ExprKind::Tuple { .. } => "tuple",
        ExprKind::List { .. } | ExprKind::ListComp { .. } => "list",
        ExprKind::Dict { .. } | ExprKind::DictComp { .. } => "dict",
        ExprKind::Set { .. } | ExprKind::SetComp { .. } => "set",
        ExprKind::GeneratorExp { .. } => "generator",
        ExprKind::Lambda { .. } => "function",
        ExprKind::TemplateStr { .. } | ExprKind::Interpolation { .. } => "string.templatelib.Template",
        ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => "str",
        ExprKind::Constant { value, .. } => match value {
            Constant::None => "NoneType",
            Constant::Bool(_) => "bool",
            Constant::Ellipsis => "ellipsis",
            Constant::Int(_) => "int",
            Constant::Float(_) => "float",
            Constant::Complex { .. } => "complex",
            Constant::Str(_) => "str",
            Constant::Bytes(_) => "bytes",
            Constant::Tuple(_) => "tuple",
            Constant::FrozenSet(_) => "frozenset",
        },
        _ => return None,
    })
}
