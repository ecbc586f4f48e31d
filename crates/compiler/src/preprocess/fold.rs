//! Numbers of patterns: `-1`, `1+2j`.

use dashu_int::IBig;
use pyrope_parser::ast::{Constant, Expr, ExprKind, Operator, UnaryOp};

/// The value of a signed or complex number; `None` if the expression is something else, or is a constant already.
pub(super) fn pattern_number(expression: &Expr) -> Option<Constant> {
    match &expression.node {
        ExprKind::UnaryOp { op: UnaryOp::USub, operand } => match &operand.node {
            ExprKind::Constant { value, .. } => negate(value),
            _ => None,
        },
        ExprKind::BinOp { left, op: op @ (Operator::Add | Operator::Sub), right } => {
            let ExprKind::Constant { value: right, .. } = &right.node else { return None };
            let left = match &left.node {
                ExprKind::Constant { value, .. } => value.clone(),
                ExprKind::UnaryOp { .. } => pattern_number(left)?,
                _ => return None,
            };
            combine(&left, right, *op == Operator::Sub)
        }
        _ => None,
    }
}

fn negate(value: &Constant) -> Option<Constant> {
    Some(match value {
        Constant::Bool(value) => Constant::Int(-IBig::from(u8::from(*value))),
        Constant::Int(value) => Constant::Int(-value),
        Constant::Float(value) => Constant::Float(-value),
        Constant::Complex { real, imag } => Constant::Complex { real: -real, imag: -imag },
        _ => return None,
    })
}

fn combine(left: &Constant, right: &Constant, subtract: bool) -> Option<Constant> {
    let sum = |a: f64, b: f64| if subtract { a - b } else { a + b };
    match (left, right) {
        (Constant::Complex { real: a, imag: b }, Constant::Complex { real: c, imag: d }) => {
            Some(Constant::Complex { real: sum(*a, *c), imag: sum(*b, *d) })
        }
        (Constant::Complex { real, imag }, other) => {
            Some(Constant::Complex { real: sum(*real, float(other)?), imag: *imag })
        }
        (other, Constant::Complex { real, imag }) => {
            let imag = if subtract { -imag } else { *imag };
            Some(Constant::Complex { real: sum(float(other)?, *real), imag })
        }
        (Constant::Float(_), _) | (_, Constant::Float(_)) => Some(Constant::Float(sum(float(left)?, float(right)?))),
        _ => {
            let (a, b) = (int(left)?, int(right)?);
            Some(Constant::Int(if subtract { a - b } else { a + b }))
        }
    }
}

fn int(value: &Constant) -> Option<IBig> {
    match value {
        Constant::Bool(value) => Some(IBig::from(u8::from(*value))),
        Constant::Int(value) => Some(value.clone()),
        _ => None,
    }
}

fn float(value: &Constant) -> Option<f64> {
    match value {
        Constant::Float(value) => Some(*value),
        _ => Some(int(value)?.to_f64().value()).filter(|value| value.is_finite()),
    }
}
