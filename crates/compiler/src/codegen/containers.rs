//! Displays of lists, tuples, sets and dicts, and unpacking.

use pyrope_bytecode::{Intrinsic1, Location, Opcode};
use pyrope_parser::ast::{Expr, ExprContext, ExprKind, Range};

use super::{Compiler, STACK_USE_GUIDELINE, is_starred, loc};
use crate::error::Result;

/// How a display is built piece by piece.
#[derive(Clone, Copy)]
pub(super) struct Builder {
    build: Opcode,
    add: Opcode,
    extend: Opcode,
    tuple: bool,
}

impl Builder {
    pub const LIST: Builder =
        Builder { build: Opcode::BuildList, add: Opcode::ListAppend, extend: Opcode::ListExtend, tuple: false };
    pub const TUPLE: Builder = Builder { tuple: true, ..Builder::LIST };
    pub const SET: Builder =
        Builder { build: Opcode::BuildSet, add: Opcode::SetAdd, extend: Opcode::SetUpdate, tuple: false };
}

impl<'a> Compiler<'a> {
    /// Builds a display of `pushed` values already on the stack, the elements, and the value of the name `injected`.
    pub(super) fn display(
        &mut self,
        location: Location,
        elts: &'a [Expr],
        injected: Option<&str>,
        pushed: usize,
        builder: Builder,
    ) -> Result<()> {
        let total = elts.len() + pushed + usize::from(injected.is_some());
        let big = total > STACK_USE_GUIDELINE;
        if !big && !elts.iter().any(is_starred) {
            self.expressions(elts)?;
            if let Some(name) = injected {
                self.load(location, name)?;
            }
            let build = if builder.tuple { Opcode::BuildTuple } else { builder.build };
            self.emit_count(location, build, total);
            return Ok(());
        }
        let mut built = big;
        if big {
            self.emit_count(location, builder.build, pushed);
        }
        for (index, elt) in elts.iter().enumerate() {
            if let ExprKind::Starred { value, .. } = &elt.node {
                if !built {
                    self.emit_count(location, builder.build, index + pushed);
                    built = true;
                }
                self.expression(value)?;
                self.emit(location, builder.extend, 1);
            } else {
                self.expression(elt)?;
                if built {
                    self.emit(location, builder.add, 1);
                }
            }
        }
        if let Some(name) = injected {
            self.load(location, name)?;
            self.emit(location, builder.add, 1);
        }
        if builder.tuple {
            self.intrinsic_1(location, Intrinsic1::ListToTuple);
        }
        Ok(())
    }

    pub(super) fn list(&mut self, range: Range, elts: &'a [Expr], ctx: ExprContext) -> Result<()> {
        match ctx {
            ExprContext::Store => self.unpack_targets(range, elts),
            ExprContext::Load => self.display(loc(range), elts, None, 0, Builder::LIST),
            ExprContext::Del => self.expressions(elts),
        }
    }

    pub(super) fn tuple(&mut self, range: Range, elts: &'a [Expr], ctx: ExprContext) -> Result<()> {
        match ctx {
            ExprContext::Store => self.unpack_targets(range, elts),
            ExprContext::Load => self.display(loc(range), elts, None, 0, Builder::TUPLE),
            ExprContext::Del => self.expressions(elts),
        }
    }

    pub(super) fn set(&mut self, location: Location, elts: &'a [Expr]) -> Result<()> {
        self.display(location, elts, None, 0, Builder::SET)
    }

    fn unpack_targets(&mut self, range: Range, elts: &'a [Expr]) -> Result<()> {
        let location = loc(range);
        let mut stars = elts.iter().enumerate().filter(|(_, elt)| is_starred(elt));
        match (stars.next(), stars.next()) {
            (None, _) => self.emit_count(location, Opcode::UnpackSequence, elts.len()),
            (Some((before, _)), second) => {
                let Some(operand) = unpack_operand(before, elts.len() - before - 1) else {
                    return self.error(range, "too many expressions in star-unpacking assignment");
                };
                if second.is_some() {
                    return self.error(range, "multiple starred expressions in assignment");
                }
                self.emit(location, Opcode::UnpackEx, operand);
            }
        }
        for elt in elts {
            match &elt.node {
                ExprKind::Starred { value, .. } => self.expression(value)?,
                _ => self.expression(elt)?,
            }
        }
        Ok(())
    }

    pub(super) fn dict(&mut self, location: Location, keys: &'a [Option<Expr>], values: &'a [Expr]) -> Result<()> {
        let mut have_dict = false;
        // Where the entries start that are not in the dict yet.
        let mut start = 0;
        for (index, (key, value)) in keys.iter().zip(values).enumerate() {
            let pending = index - start;
            if key.is_some() {
                if pending * 2 > STACK_USE_GUIDELINE {
                    self.merge_entries(location, &keys[start..=index], &values[start..=index], &mut have_dict)?;
                    start = index + 1;
                }
                continue;
            }
            if pending > 0 {
                self.merge_entries(location, &keys[start..index], &values[start..index], &mut have_dict)?;
            }
            if !have_dict {
                self.emit(location, Opcode::BuildMap, 0);
                have_dict = true;
            }
            self.expression(value)?;
            self.emit(location, Opcode::DictUpdate, 1);
            start = index + 1;
        }
        if start < values.len() {
            self.merge_entries(location, &keys[start..], &values[start..], &mut have_dict)?;
        }
        if !have_dict {
            self.emit(location, Opcode::BuildMap, 0);
        }
        Ok(())
    }

    fn merge_entries(
        &mut self,
        location: Location,
        keys: &'a [Option<Expr>],
        values: &'a [Expr],
        have_dict: &mut bool,
    ) -> Result<()> {
        self.entries(location, keys, values)?;
        if std::mem::replace(have_dict, true) {
            self.emit(location, Opcode::DictUpdate, 1);
        }
        Ok(())
    }

    /// Pushes a dict of entries without `**`.
    fn entries(&mut self, location: Location, keys: &'a [Option<Expr>], values: &'a [Expr]) -> Result<()> {
        let big = values.len() * 2 > STACK_USE_GUIDELINE;
        if big {
            self.emit(location, Opcode::BuildMap, 0);
        }
        for (key, value) in keys.iter().flatten().zip(values) {
            self.expression(key)?;
            self.expression(value)?;
            if big {
                self.emit(location, Opcode::MapAdd, 1);
            }
        }
        if !big {
            self.emit_count(location, Opcode::BuildMap, values.len());
        }
        Ok(())
    }
}

/// The operand of `UNPACK_EX`, if it has room.
pub(super) fn unpack_operand(before: usize, after: usize) -> Option<u32> {
    (before < 1 << 8 && after < 1 << 22).then_some((before | after << 8) as u32)
}
