//! f-strings and t-strings.

use pyrope_bytecode::{Conversion, Location, Opcode};
use pyrope_parser::ast::{Constant, Expr, ExprKind};

use super::{Compiler, STACK_USE_GUIDELINE, constant, name_const};
use crate::error::{CompileError, Result};

impl<'a> Compiler<'a> {
    pub(super) fn joined_str(&mut self, location: Location, values: &'a [Expr]) -> Result<()> {
        if values.len() > STACK_USE_GUIDELINE {
            self.load_const(location, name_const(""));
            self.load_method(location, "join");
            self.emit(location, Opcode::BuildList, 0);
            for value in values {
                self.expression(value)?;
                self.emit(location, Opcode::ListAppend, 1);
            }
            self.emit(location, Opcode::Call, 1);
            return Ok(());
        }
        self.expressions(values)?;
        match values.len() {
            0 => self.load_const(location, name_const("")),
            1 => {}
            count => self.emit_count(location, Opcode::BuildString, count),
        }
        Ok(())
    }

    pub(super) fn formatted_value(
        &mut self,
        location: Location,
        value: &'a Expr,
        conversion: i32,
        spec: Option<&'a Expr>,
    ) -> Result<()> {
        self.expression(value)?;
        if let Some(conversion) = conversion_of(conversion)? {
            self.emit(location, Opcode::ConvertValue, conversion.number());
        }
        match spec {
            Some(spec) => {
                self.expression(spec)?;
                self.plain(location, Opcode::FormatWithSpec);
            }
            None => self.plain(location, Opcode::FormatSimple),
        }
        Ok(())
    }

    /// A tuple of the literal parts, one more than of the fields between them, and a tuple of these.
    pub(super) fn template_str(&mut self, location: Location, values: &'a [Expr]) -> Result<()> {
        let is_field = |value: &&Expr| matches!(value.node, ExprKind::Interpolation { .. });
        let mut strings = 0;
        let mut after_field = true;
        for value in values {
            let field = is_field(&value);
            if !field {
                self.expression(value)?;
                strings += 1;
            } else if after_field {
                self.load_const(location, name_const(""));
                strings += 1;
            }
            after_field = field;
        }
        if after_field {
            self.load_const(location, name_const(""));
            strings += 1;
        }
        self.emit(location, Opcode::BuildTuple, strings);
        let mut fields = 0;
        for value in values.iter().filter(is_field) {
            self.expression(value)?;
            fields += 1;
        }
        self.emit(location, Opcode::BuildTuple, fields);
        self.plain(location, Opcode::BuildTemplate);
        Ok(())
    }

    pub(super) fn interpolation(
        &mut self,
        location: Location,
        value: &'a Expr,
        source: &Constant,
        conversion: i32,
        spec: Option<&'a Expr>,
    ) -> Result<()> {
        self.expression(value)?;
        self.load_const(location, constant(source));
        let mut operand = 2;
        if let Some(spec) = spec {
            operand |= 1;
            self.expression(spec)?;
        }
        if let Some(conversion) = conversion_of(conversion)? {
            operand |= conversion.number() << 2;
        }
        self.emit(location, Opcode::BuildInterpolation, operand);
        Ok(())
    }
}

fn conversion_of(code: i32) -> Result<Option<Conversion>> {
    match u8::try_from(code) {
        Err(_) if code == -1 => Ok(None),
        Ok(b's') => Ok(Some(Conversion::Str)),
        Ok(b'r') => Ok(Some(Conversion::Repr)),
        Ok(b'a') => Ok(Some(Conversion::Ascii)),
        _ => Err(CompileError::System(format!("Unrecognized conversion character {code}"))),
    }
}
