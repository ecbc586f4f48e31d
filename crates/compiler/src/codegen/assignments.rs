//! Augmented assignment, subscripts and slices.

use std::rc::Rc;

use pyrope_bytecode::{Constant, Location, Opcode};
use pyrope_parser::ast::{Expr, ExprContext, ExprKind, Operator};

use super::expressions::attribute_location;
use super::{Compiler, constant, loc};
use crate::error::{CompileError, Result};

type Part = Option<Box<Expr>>;

impl<'a> Compiler<'a> {
    pub(super) fn augmented_assignment(
        &mut self,
        statement: Location,
        target: &'a Expr,
        op: Operator,
        value: &'a Expr,
    ) -> Result<()> {
        let location = loc(target.range);
        match &target.node {
            ExprKind::Attribute { value: object, attr, .. } => {
                self.expression(object)?;
                self.emit(location, Opcode::Copy, 1);
                let location = attribute_location(location, target.range, attr);
                self.load_attr(location, attr);
                self.expression(value)?;
                self.binary_op(statement, op, true);
                self.emit(location, Opcode::Swap, 2);
                self.flagged_name(location, Opcode::StoreAttr, attr, 0, 0);
            }
            ExprKind::Subscript { value: object, slice, .. } => {
                self.expression(object)?;
                if let Some(parts) = two_part_slice(slice) {
                    self.slice_bounds(loc(slice.range), parts)?;
                    for _ in 0..3 {
                        self.emit(location, Opcode::Copy, 3);
                    }
                    self.plain(location, Opcode::BinarySlice);
                    self.expression(value)?;
                    self.binary_op(statement, op, true);
                    for depth in [4, 3, 2] {
                        self.emit(location, Opcode::Swap, depth);
                    }
                    self.plain(location, Opcode::StoreSlice);
                } else {
                    self.expression(slice)?;
                    self.emit(location, Opcode::Copy, 2);
                    self.emit(location, Opcode::Copy, 2);
                    self.subscript_op(location);
                    self.expression(value)?;
                    self.binary_op(statement, op, true);
                    self.emit(location, Opcode::Swap, 3);
                    self.emit(location, Opcode::Swap, 2);
                    self.plain(location, Opcode::StoreSubscr);
                }
            }
            ExprKind::Name { id, .. } => {
                self.load(location, id)?;
                self.expression(value)?;
                self.binary_op(statement, op, true);
                self.store(location, id)?;
            }
            _ => return Err(CompileError::System("invalid node type for augmented assignment".into())),
        }
        Ok(())
    }

    pub(super) fn subscript(
        &mut self,
        location: Location,
        value: &'a Expr,
        slice: &'a Expr,
        ctx: ExprContext,
    ) -> Result<()> {
        if ctx == ExprContext::Load {
            self.check_subscripter(value);
            self.check_index(value, slice);
        }
        self.expression(value)?;
        if let Some(parts) = two_part_slice(slice)
            && ctx != ExprContext::Del
        {
            self.slice_bounds(loc(slice.range), parts)?;
            let load = ctx == ExprContext::Load;
            self.plain(location, if load { Opcode::BinarySlice } else { Opcode::StoreSlice });
            return Ok(());
        }
        self.expression(slice)?;
        match ctx {
            ExprContext::Load => self.subscript_op(location),
            ExprContext::Store => self.plain(location, Opcode::StoreSubscr),
            ExprContext::Del => self.plain(location, Opcode::DeleteSubscr),
        }
        Ok(())
    }

    fn slice_bounds(&mut self, location: Location, bounds: [&'a Part; 2]) -> Result<()> {
        for bound in bounds {
            match bound {
                Some(bound) => self.expression(bound)?,
                None => self.load_none(location),
            }
        }
        Ok(())
    }

    pub(super) fn slice(&mut self, location: Location, parts: [&'a Part; 3]) -> Result<()> {
        if let Some(constants) = constant_slice(parts) {
            self.load_const(location, Constant::Slice(Rc::new(constants)));
            return Ok(());
        }
        let [lower, upper, step] = parts;
        self.slice_bounds(location, [lower, upper])?;
        if let Some(step) = step {
            self.expression(step)?;
        }
        self.emit(location, Opcode::BuildSlice, if step.is_some() { 3 } else { 2 });
        Ok(())
    }
}

fn constant_slice(parts: [&Part; 3]) -> Option<[Constant; 3]> {
    let part = |part: &Part| match part.as_deref().map(|part| &part.node) {
        None => Some(Constant::None),
        Some(ExprKind::Constant { value, .. }) => Some(constant(value)),
        Some(_) => None,
    };
    let [lower, upper, step] = parts;
    Some([part(lower)?, part(upper)?, part(step)?])
}

/// The bounds of a slice without step that is not constant: it gets instructions of its own.
fn two_part_slice(slice: &Expr) -> Option<[&Part; 2]> {
    match &slice.node {
        ExprKind::Slice { lower, upper, step } if step.is_none() => {
            constant_slice([lower, upper, step]).is_none().then_some([lower, upper])
        }
        _ => None,
    }
}
