//! Patterns.

use pyrope_parser::ast::{Constant, Expr, ExprKind, Operator, Pattern, PatternKind, UnaryOp};

use super::{Validator, name, positions, value_error};
use crate::error::Result;

impl Validator<'_> {
    pub(super) fn pattern(&self, pattern: &Pattern, star_ok: bool) -> Result<()> {
        positions(pattern.range)?;
        self.guard.check()?;
        match &pattern.node {
            PatternKind::MatchValue { value } => self.literal(value),
            PatternKind::MatchSingleton { value: Constant::None | Constant::Bool(_) } => Ok(()),
            PatternKind::MatchSingleton { .. } => value_error("MatchSingleton can only contain True, False and None"),
            PatternKind::MatchSequence { patterns } => self.patterns(patterns, true),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                if keys.len() != patterns.len() {
                    return value_error("MatchMapping doesn't have the same number of keys as patterns");
                }
                capture(rest.as_deref())?;
                keys.iter().filter(|key| !is_singleton(key)).try_for_each(|key| self.literal(key))?;
                self.patterns(patterns, false)
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                if kwd_attrs.len() != kwd_patterns.len() {
                    let message = "MatchClass doesn't have the same number of keyword attributes as patterns";
                    return value_error(message);
                }
                self.load(cls)?;
                dotted_name(cls)?;
                kwd_attrs.iter().try_for_each(|attr| name(attr))?;
                self.patterns(patterns, false)?;
                self.patterns(kwd_patterns, false)
            }
            PatternKind::MatchStar { .. } if !star_ok => value_error("can't use MatchStar here"),
            PatternKind::MatchStar { name } => capture(name.as_deref()),
            PatternKind::MatchAs { pattern, name } => {
                capture(name.as_deref())?;
                match pattern {
                    None => Ok(()),
                    Some(_) if name.is_none() => {
                        value_error("MatchAs must specify a target name if a pattern is given")
                    }
                    Some(pattern) => self.pattern(pattern, false),
                }
            }
            PatternKind::MatchOr { patterns } if patterns.len() < 2 => {
                value_error("MatchOr requires at least 2 patterns")
            }
            PatternKind::MatchOr { patterns } => self.patterns(patterns, false),
        }
    }

    fn patterns(&self, patterns: &[Pattern], star_ok: bool) -> Result<()> {
        patterns.iter().try_for_each(|pattern| self.pattern(pattern, star_ok))
    }

    /// The value of a pattern, or a key.
    fn literal(&self, value: &Expr) -> Result<()> {
        self.load(value)?;
        let allowed = match &value.node {
            ExprKind::Constant { value, .. } => {
                return match value {
                    Constant::Int(_)
                    | Constant::Float(_)
                    | Constant::Complex { .. }
                    | Constant::Bytes(_)
                    | Constant::Str(_) => Ok(()),
                    _ => value_error("unexpected constant inside of a literal pattern"),
                };
            }
            ExprKind::Attribute { .. } | ExprKind::JoinedStr { .. } | ExprKind::TemplateStr { .. } => true,
            ExprKind::UnaryOp { .. } => is_negative(value, true),
            ExprKind::BinOp { left, op: Operator::Add | Operator::Sub, right } => {
                (is_number(left, true, false) || is_negative(left, false)) && is_number(right, false, true)
            }
            _ => false,
        };
        if allowed { Ok(()) } else { value_error("patterns may only match literals and attribute lookups") }
    }
}

fn is_singleton(key: &Expr) -> bool {
    matches!(key.node, ExprKind::Constant { value: Constant::None | Constant::Bool(_), .. })
}

fn is_number(value: &Expr, real: bool, imaginary: bool) -> bool {
    match &value.node {
        ExprKind::Constant { value: Constant::Int(_) | Constant::Float(_), .. } => real,
        ExprKind::Constant { value: Constant::Complex { .. }, .. } => imaginary,
        _ => false,
    }
}

fn is_negative(value: &Expr, imaginary: bool) -> bool {
    match &value.node {
        ExprKind::UnaryOp { op: UnaryOp::USub, operand } => is_number(operand, true, imaginary),
        _ => false,
    }
}

fn capture(id: Option<&str>) -> Result<()> {
    match id {
        None => Ok(()),
        Some("_") => value_error("can't capture name '_' in patterns"),
        Some(id) => name(id),
    }
}

fn dotted_name(cls: &Expr) -> Result<()> {
    let mut node = cls;
    while let ExprKind::Attribute { value, .. } = &node.node {
        node = value;
    }
    match node.node {
        ExprKind::Name { .. } => Ok(()),
        _ => value_error("MatchClass cls field can only contain Name or Attribute nodes."),
    }
}
