//! `match` (PEP 634).
//!
//! Each pattern consumes the subject on top of the stack and jumps to a "fail" label when it does not match. Values to
//! be bound wait on the stack below what is still being matched, and are stored when the whole pattern has matched.

use pyrope_bytecode::{Constant, Location, Opcode};
use pyrope_parser::ast::{self, CmpOp, Expr, ExprKind, Identifier, MatchCase, Operator, Pattern, PatternKind, Range};
use std::rc::Rc;

use super::containers::unpack_operand;
use super::{Compiler, constant, int_const, loc, name_const};
use crate::error::Result;
use crate::instructions::Label;
use crate::repr;

/// The state of matching one pattern.
#[derive(Default)]
struct Context<'a> {
    /// Captured names, whose values lie on the stack in this order.
    stores: Vec<&'a Identifier>,
    /// May the pattern match everything?
    allow_irrefutable: bool,
    /// Label `n` pops `n` values and fails.
    fail_pop: Vec<Label>,
    /// Values on top that must stay there; all are popped on failure.
    on_top: usize,
}

fn is_wildcard(pattern: &Pattern) -> bool {
    matches!(pattern.node, PatternKind::MatchAs { name: None, .. })
}

impl<'a> Compiler<'a> {
    pub(super) fn match_statement(&mut self, subject: &'a Expr, cases: &'a [MatchCase]) -> Result<()> {
        self.expression(subject)?;
        let end = self.new_label();
        let default = match cases {
            [_, .., last] if is_wildcard(&last.pattern) => Some(last),
            _ => None,
        };
        let tested = &cases[..cases.len() - usize::from(default.is_some())];
        for (index, case) in tested.iter().enumerate() {
            let last_tested = index + 1 == tested.len();
            let last = index + 1 == cases.len();
            self.case(case, last, last_tested, end)?;
        }
        if let Some(case) = default {
            let location = loc(case.pattern.range);
            // For the line of the default case, which needs no test.
            self.plain(location, Opcode::Nop);
            if let Some(guard) = &case.guard {
                self.jump_if(location, guard, end, false)?;
            }
            self.statements(&case.body)?;
        }
        self.use_label(end);
        Ok(())
    }

    fn case(&mut self, case: &'a MatchCase, last: bool, last_tested: bool, end: Label) -> Result<()> {
        let location = loc(case.pattern.range);
        if !last_tested {
            self.emit(location, Opcode::Copy, 1);
        }
        let mut context = Context { allow_irrefutable: case.guard.is_some() || last, ..Context::default() };
        self.pattern(&case.pattern, &mut context)?;
        for name in &context.stores {
            self.store(location, name)?;
        }
        if let Some(guard) = &case.guard {
            self.ensure_fail_pop(&mut context, 0);
            let fail = context.fail_pop[0];
            self.jump_if(location, guard, fail, false)?;
        }
        if !last_tested {
            self.plain(Location::NEXT, Opcode::PopTop);
        }
        self.statements(&case.body)?;
        self.jump(Location::NONE, Opcode::Jump, end);
        self.emit_fail_pop(location, &mut context);
        Ok(())
    }

    fn ensure_fail_pop(&mut self, context: &mut Context<'a>, pops: usize) {
        while context.fail_pop.len() <= pops {
            let label = self.new_label();
            context.fail_pop.push(label);
        }
    }

    /// Jumps to where everything pushed so far is popped.
    fn jump_to_fail_pop(&mut self, location: Location, context: &mut Context<'a>, opcode: Opcode) {
        let pops = context.on_top + context.stores.len();
        self.ensure_fail_pop(context, pops);
        self.jump(location, opcode, context.fail_pop[pops]);
    }

    fn emit_fail_pop(&mut self, location: Location, context: &mut Context<'a>) {
        while let Some(label) = context.fail_pop.pop() {
            self.use_label(label);
            if !context.fail_pop.is_empty() {
                self.plain(location, Opcode::PopTop);
            }
        }
    }

    /// Moves the top below `count - 1` others.
    fn rotate(&mut self, location: Location, count: usize) {
        for depth in (2..=count).rev() {
            self.emit_count(location, Opcode::Swap, depth);
        }
    }

    fn capture(&mut self, range: Range, name: Option<&'a Identifier>, context: &mut Context<'a>) -> Result<()> {
        let location = loc(range);
        let Some(name) = name else {
            self.plain(location, Opcode::PopTop);
            return Ok(());
        };
        if context.stores.contains(&name) {
            return self.duplicate_store(range, name);
        }
        self.rotate(location, context.on_top + context.stores.len() + 1);
        context.stores.push(name);
        Ok(())
    }

    fn duplicate_store(&self, range: Range, name: &str) -> Result<()> {
        self.error(range, format!("multiple assignments to name '{name}' in pattern"))
    }

    fn pattern(&mut self, pattern: &'a Pattern, context: &mut Context<'a>) -> Result<()> {
        self.guard.check()?;
        let range = pattern.range;
        match &pattern.node {
            PatternKind::MatchValue { value } => self.value_pattern(range, value, context),
            PatternKind::MatchSingleton { value } => {
                let location = loc(range);
                self.load_const(location, constant(value));
                self.compare_op(location, CmpOp::Is);
                self.jump_to_fail_pop(location, context, Opcode::PopJumpIfFalse);
                Ok(())
            }
            PatternKind::MatchSequence { patterns } => self.sequence_pattern(range, patterns, context),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.mapping_pattern(range, keys, patterns, rest.as_ref(), context)
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.class_pattern(range, cls, patterns, kwd_attrs, kwd_patterns, context)
            }
            PatternKind::MatchStar { name } => self.capture(range, name.as_ref(), context),
            PatternKind::MatchAs { pattern, name } => {
                self.as_pattern(range, pattern.as_deref(), name.as_ref(), context)
            }
            PatternKind::MatchOr { patterns } => self.or_pattern(range, patterns, context),
        }
    }

    /// A pattern within another: it may match everything.
    fn subpattern(&mut self, pattern: &'a Pattern, context: &mut Context<'a>) -> Result<()> {
        let allowed = std::mem::replace(&mut context.allow_irrefutable, true);
        self.pattern(pattern, context)?;
        context.allow_irrefutable = allowed;
        Ok(())
    }

    fn value_pattern(&mut self, range: Range, value: &'a Expr, context: &mut Context<'a>) -> Result<()> {
        if !matches!(value.node, ExprKind::Constant { .. } | ExprKind::Attribute { .. }) {
            return self.error(range, "patterns may only match literals and attribute lookups");
        }
        let location = loc(range);
        self.expression(value)?;
        self.compare_op(location, CmpOp::Eq);
        self.plain(location, Opcode::ToBool);
        self.jump_to_fail_pop(location, context, Opcode::PopJumpIfFalse);
        Ok(())
    }

    fn as_pattern(
        &mut self,
        range: Range,
        pattern: Option<&'a Pattern>,
        name: Option<&'a Identifier>,
        context: &mut Context<'a>,
    ) -> Result<()> {
        let Some(pattern) = pattern else {
            if context.allow_irrefutable {
                return self.capture(range, name, context);
            }
            let what = match name {
                Some(name) => format!("name capture '{name}'"),
                None => "wildcard".into(),
            };
            return self.error(range, format!("{what} makes remaining patterns unreachable"));
        };
        context.on_top += 1;
        self.emit(loc(range), Opcode::Copy, 1);
        self.pattern(pattern, context)?;
        context.on_top -= 1;
        self.capture(range, name, context)
    }

    fn check_length(&mut self, location: Location, length: usize, op: CmpOp, context: &mut Context<'a>) {
        self.plain(location, Opcode::GetLen);
        self.load_const(location, int_const(length));
        self.compare_op(location, op);
        self.jump_to_fail_pop(location, context, Opcode::PopJumpIfFalse);
    }

    fn sequence_pattern(&mut self, range: Range, patterns: &'a [Pattern], context: &mut Context<'a>) -> Result<()> {
        let location = loc(range);
        let star_wildcard = |pattern: &Pattern| matches!(pattern.node, PatternKind::MatchStar { name: None });
        let is_star = |pattern: &Pattern| matches!(pattern.node, PatternKind::MatchStar { .. });
        let star = patterns.iter().position(is_star);
        if patterns.iter().filter(|pattern| is_star(pattern)).count() > 1 {
            return self.error(range, "multiple starred names in sequence pattern");
        }
        context.on_top += 1;
        self.plain(location, Opcode::MatchSequence);
        self.jump_to_fail_pop(location, context, Opcode::PopJumpIfFalse);
        match star {
            None => self.check_length(location, patterns.len(), CmpOp::Eq, context),
            Some(_) if patterns.len() > 1 => self.check_length(location, patterns.len() - 1, CmpOp::GtE, context),
            Some(_) => {}
        }
        context.on_top -= 1;
        if patterns.iter().all(|pattern| is_wildcard(pattern) || star_wildcard(pattern)) {
            self.plain(location, Opcode::PopTop);
            return Ok(());
        }
        match star {
            Some(star) if star_wildcard(&patterns[star]) => self.pick_elements(location, patterns, star, context),
            _ => self.unpack_elements(range, patterns, star, context),
        }
    }

    fn unpack_elements(
        &mut self,
        range: Range,
        patterns: &'a [Pattern],
        star: Option<usize>,
        context: &mut Context<'a>,
    ) -> Result<()> {
        let location = loc(range);
        match star {
            None => self.emit_count(location, Opcode::UnpackSequence, patterns.len()),
            Some(before) => {
                let Some(operand) = unpack_operand(before, patterns.len() - before - 1) else {
                    return self.error(range, "too many expressions in star-unpacking sequence pattern");
                };
                self.emit(location, Opcode::UnpackEx, operand);
            }
        }
        self.stacked_subpatterns(patterns.iter(), context)
    }

    /// Patterns whose subjects all lie on the stack.
    fn stacked_subpatterns(
        &mut self,
        patterns: impl ExactSizeIterator<Item = &'a Pattern>,
        context: &mut Context<'a>,
    ) -> Result<()> {
        context.on_top += patterns.len();
        for pattern in patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        Ok(())
    }

    /// With a `*_` only the elements that matter are fetched.
    fn pick_elements(
        &mut self,
        location: Location,
        patterns: &'a [Pattern],
        star: usize,
        context: &mut Context<'a>,
    ) -> Result<()> {
        context.on_top += 1;
        for (index, pattern) in patterns.iter().enumerate() {
            if is_wildcard(pattern) || index == star {
                continue;
            }
            self.emit(location, Opcode::Copy, 1);
            if index < star {
                self.load_const(location, int_const(index));
            } else {
                // The subject need not take negative indices.
                self.plain(location, Opcode::GetLen);
                self.load_const(location, int_const(patterns.len() - index));
                self.binary_op(location, Operator::Sub, false);
            }
            self.subscript_op(location);
            self.subpattern(pattern, context)?;
        }
        context.on_top -= 1;
        self.plain(location, Opcode::PopTop);
        Ok(())
    }

    fn class_pattern(
        &mut self,
        range: Range,
        cls: &'a Expr,
        patterns: &'a [Pattern],
        kwd_attrs: &'a [Identifier],
        kwd_patterns: &'a [Pattern],
        context: &mut Context<'a>,
    ) -> Result<()> {
        if kwd_attrs.len() != kwd_patterns.len() {
            let (attrs, patterns) = (kwd_attrs.len(), kwd_patterns.len());
            let message = format!("kwd_attrs ({attrs}) / kwd_patterns ({patterns}) length mismatch in class pattern");
            return self.error(range, message);
        }
        for (index, name) in kwd_attrs.iter().enumerate() {
            if let Some(other) = kwd_attrs[index + 1..].iter().position(|other| other == name) {
                let place = kwd_patterns[index + 1 + other].range;
                return self.error(place, format!("attribute name repeated in class pattern: {name}"));
            }
        }
        let location = loc(range);
        self.expression(cls)?;
        let names = kwd_attrs.iter().map(|name| name_const(name)).collect();
        self.load_const(location, Constant::Tuple(names));
        self.emit_count(location, Opcode::MatchClass, patterns.len());
        self.is_not_none(location);
        context.on_top += 1;
        self.jump_to_fail_pop(location, context, Opcode::PopJumpIfFalse);
        let count = patterns.len() + kwd_attrs.len();
        self.emit_count(location, Opcode::UnpackSequence, count);
        context.on_top += count;
        context.on_top -= 1;
        for pattern in patterns.iter().chain(kwd_patterns) {
            context.on_top -= 1;
            if is_wildcard(pattern) {
                self.plain(location, Opcode::PopTop);
            } else {
                self.subpattern(pattern, context)?;
            }
        }
        Ok(())
    }

    fn is_not_none(&mut self, location: Location) {
        self.emit(location, Opcode::Copy, 1);
        self.load_none(location);
        self.emit(location, Opcode::IsOp, 1);
    }

    fn mapping_pattern(
        &mut self,
        range: Range,
        keys: &'a [Expr],
        patterns: &'a [Pattern],
        rest: Option<&'a Identifier>,
        context: &mut Context<'a>,
    ) -> Result<()> {
        let location = loc(range);
        if keys.len() != patterns.len() {
            let message =
                format!("keys ({}) / patterns ({}) length mismatch in mapping pattern", keys.len(), patterns.len());
            return self.error(range, message);
        }
        context.on_top += 1;
        self.plain(location, Opcode::MatchMapping);
        self.jump_to_fail_pop(location, context, Opcode::PopJumpIfFalse);
        if keys.is_empty() && rest.is_none() {
            context.on_top -= 1;
            self.plain(location, Opcode::PopTop);
            return Ok(());
        }
        if !keys.is_empty() {
            self.check_length(location, keys.len(), CmpOp::GtE, context);
        }
        self.mapping_keys(range, keys)?;
        self.emit_count(location, Opcode::BuildTuple, keys.len());
        self.plain(location, Opcode::MatchKeys);
        context.on_top += 2;
        self.is_not_none(location);
        self.jump_to_fail_pop(location, context, Opcode::PopJumpIfFalse);
        self.emit_count(location, Opcode::UnpackSequence, keys.len());
        // The tuple of values is gone, the keys and the subject are still there.
        context.on_top -= 1;
        self.stacked_subpatterns(patterns.iter(), context)?;
        context.on_top -= 2;
        let Some(rest) = rest else {
            self.plain(location, Opcode::PopTop);
            self.plain(location, Opcode::PopTop);
            return Ok(());
        };
        // A copy of the subject without the keys.
        self.emit(location, Opcode::BuildMap, 0);
        self.emit(location, Opcode::Swap, 3);
        self.emit(location, Opcode::DictUpdate, 2);
        self.emit_count(location, Opcode::UnpackSequence, keys.len());
        for remaining in (1..=keys.len()).rev() {
            self.emit_count(location, Opcode::Copy, 1 + remaining);
            self.emit(location, Opcode::Swap, 2);
            self.plain(location, Opcode::DeleteSubscr);
        }
        self.capture(range, Some(rest), context)
    }

    fn mapping_keys(&mut self, range: Range, keys: &'a [Expr]) -> Result<()> {
        let mut seen: Vec<&ast::Constant> = Vec::new();
        for key in keys {
            match &key.node {
                ExprKind::Constant { value, .. } => {
                    if seen.iter().any(|other| equal(other, value)) {
                        let key = repr::constant(value);
                        return self.error(range, format!("mapping pattern checks duplicate key ({key})"));
                    }
                    seen.push(value);
                }
                ExprKind::Attribute { .. } => {}
                _ => {
                    let message = "mapping pattern keys may only match literals and attribute lookups";
                    return self.error(range, message);
                }
            }
            self.expression(key)?;
        }
        Ok(())
    }

    fn or_pattern(&mut self, range: Range, alternatives: &'a [Pattern], context: &mut Context<'a>) -> Result<()> {
        let end = self.new_label();
        // The names that the first alternative binds; the others must bind the same, in whatever order.
        let mut control: Option<Vec<&'a Identifier>> = None;
        for (index, alternative) in alternatives.iter().enumerate() {
            let location = loc(alternative.range);
            let last = index + 1 == alternatives.len();
            let mut inner = Context { allow_irrefutable: last && context.allow_irrefutable, ..Context::default() };
            self.emit(location, Opcode::Copy, 1);
            self.pattern(alternative, &mut inner)?;
            match &control {
                None => control = Some(inner.stores.clone()),
                Some(control) => self.reorder_captures(location, range, control, &mut inner.stores)?,
            }
            self.jump(location, Opcode::Jump, end);
            self.emit_fail_pop(location, &mut inner);
        }
        let location = loc(range);
        self.plain(location, Opcode::PopTop);
        self.jump_to_fail_pop(location, context, Opcode::Jump);
        self.use_label(end);
        let control = control.unwrap_or_default();
        // Below the new captures lie a copy of the subject, what has to stay on top, and earlier captures.
        let rotations = control.len() + 1 + context.on_top + context.stores.len();
        for name in control {
            self.rotate(location, rotations);
            if context.stores.contains(&name) {
                return self.duplicate_store(range, name);
            }
            context.stores.push(name);
        }
        self.plain(location, Opcode::PopTop);
        Ok(())
    }

    /// Brings captures on the stack into the order of the first alternative's.
    fn reorder_captures(
        &mut self,
        location: Location,
        range: Range,
        control: &[&'a Identifier],
        stores: &mut Vec<&'a Identifier>,
    ) -> Result<()> {
        let different = "alternative patterns bind different names";
        if stores.len() != control.len() {
            return self.error(range, different);
        }
        for (wanted, name) in control.iter().enumerate().rev() {
            let Some(found) = stores.iter().position(|store| store == name) else {
                return self.error(range, different);
            };
            if found == wanted {
                continue;
            }
            let moved: Vec<_> = stores.drain(..=found).collect();
            let at = wanted - found;
            stores.splice(at..at, moved);
            for _ in 0..=found {
                self.rotate(location, wanted + 1);
            }
        }
        Ok(())
    }
}

/// Equality as Python has it, across the types of numbers.
fn equal(a: &ast::Constant, b: &ast::Constant) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a == b,
        _ => false,
    }
}

/// A number in a form that is equal for equal numbers.
#[derive(PartialEq)]
enum Number {
    Int(Rc<dashu_int::IBig>),
    Complex(f64, f64),
}

fn number(value: &ast::Constant) -> Option<Number> {
    let int = |value: dashu_int::IBig| Some(Number::Int(Rc::new(value)));
    match value {
        ast::Constant::Bool(value) => int(u8::from(*value).into()),
        ast::Constant::Int(value) => int(value.clone()),
        ast::Constant::Float(value) => real(*value),
        ast::Constant::Complex { real: value, imag } if *imag == 0.0 => real(*value),
        ast::Constant::Complex { real, imag } => Some(Number::Complex(*real, *imag)),
        _ => None,
    }
}

fn real(value: f64) -> Option<Number> {
    match dashu_int::IBig::try_from(value) {
        Ok(value) => Some(Number::Int(Rc::new(value))),
        Err(_) => Some(Number::Complex(value, 0.0)),
    }
}
