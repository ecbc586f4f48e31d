//! Expressions as source text, for `from __future__ import annotations`.

use std::rc::Rc;

use pyrope_parser::ast::{
    Arg, Arguments, BoolOp, CmpOp, Comprehension, Constant, Expr, ExprKind, Keyword, Operator, UnaryOp,
};
use pyrope_text::Wtf8Buf;

use crate::error::{CompileError, Result};
use crate::repr;
use crate::stack::StackGuard;

/// Binding strengths, the weakest first.
mod level {
    pub const TUPLE: u8 = 0;
    pub const TEST: u8 = 1;
    pub const OR: u8 = 2;
    pub const AND: u8 = 3;
    pub const NOT: u8 = 4;
    pub const CMP: u8 = 5;
    pub const EXPR: u8 = 6;
    pub const BXOR: u8 = 7;
    pub const BAND: u8 = 8;
    pub const SHIFT: u8 = 9;
    pub const ARITH: u8 = 10;
    pub const TERM: u8 = 11;
    pub const FACTOR: u8 = 12;
    pub const POWER: u8 = 13;
    pub const AWAIT: u8 = 14;
    pub const ATOM: u8 = 15;
}

/// The text of an annotation.
pub fn unparse(expression: &Expr, guard: &StackGuard) -> Result<Rc<Wtf8Buf>> {
    let mut writer = Writer { out: Wtf8Buf::new(), guard };
    writer.expression(expression, level::TEST)?;
    Ok(Rc::new(writer.out))
}

struct Writer<'a> {
    out: Wtf8Buf,
    guard: &'a StackGuard,
}

impl Writer<'_> {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn grouped(&mut self, group: bool, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if group {
            self.text("(");
        }
        write(self)?;
        if group {
            self.text(")");
        }
        Ok(())
    }

    fn list(&mut self, items: &[Expr], level: u8) -> Result<()> {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.expression(item, level)?;
        }
        Ok(())
    }

    fn expression(&mut self, expression: &Expr, level: u8) -> Result<()> {
        self.guard.check()?;
        match &expression.node {
            ExprKind::BoolOp { op, values } => self.bool_op(*op, values, level),
            ExprKind::BinOp { left, op, right } => self.binary(left, *op, right, level),
            ExprKind::UnaryOp { op, operand } => self.unary(*op, operand, level),
            ExprKind::Lambda { args, body } => self.grouped(level > level::TEST, |this| this.lambda(args, body)),
            ExprKind::IfExp { test, body, orelse } => self.grouped(level > level::TEST, |this| {
                this.expression(body, level::TEST + 1)?;
                this.text(" if ");
                this.expression(test, level::TEST + 1)?;
                this.text(" else ");
                this.expression(orelse, level::TEST)
            }),
            ExprKind::Dict { keys, values } => self.dict(keys, values),
            ExprKind::Set { elts } => {
                self.text("{");
                self.list(elts, level::TEST)?;
                self.text("}");
                Ok(())
            }
            ExprKind::GeneratorExp { elt, generators } => self.comprehension("(", elt, None, generators, ")"),
            ExprKind::ListComp { elt, generators } => self.comprehension("[", elt, None, generators, "]"),
            ExprKind::SetComp { elt, generators } => self.comprehension("{", elt, None, generators, "}"),
            ExprKind::DictComp { key, value, generators } => self.comprehension("{", key, Some(value), generators, "}"),
            ExprKind::Yield { value: None } => {
                self.text("(yield)");
                Ok(())
            }
            ExprKind::Yield { value: Some(value) } => self.prefixed("(yield ", value),
            ExprKind::YieldFrom { value } => self.prefixed("(yield from ", value),
            ExprKind::Await { value } => self.grouped(level > level::AWAIT, |this| {
                this.text("await ");
                this.expression(value, level::ATOM)
            }),
            ExprKind::Compare { left, ops, comparators } => {
                self.grouped(level > level::CMP, |this| this.compare(left, ops, comparators))
            }
            ExprKind::Call { func, args, keywords } => self.call(func, args, keywords),
            ExprKind::Constant { value: Constant::Ellipsis, .. } => {
                self.text("...");
                Ok(())
            }
            ExprKind::Constant { value, kind } => {
                if kind.is_some() {
                    self.text("u");
                }
                self.constant(value);
                Ok(())
            }
            ExprKind::JoinedStr { values } => self.quoted("f", values),
            ExprKind::TemplateStr { values } => self.quoted("t", values),
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                self.field(value, None, *conversion, format_spec.as_deref())
            }
            ExprKind::Interpolation { value, str, conversion, format_spec } => {
                self.field(value, Some(str), *conversion, format_spec.as_deref())
            }
            ExprKind::Attribute { value, attr, .. } => {
                self.expression(value, level::ATOM)?;
                // Digits and a dot would read as a float.
                let is_int = matches!(value.node, ExprKind::Constant { value: Constant::Int(_), .. });
                self.text(if is_int { " ." } else { "." });
                self.text(attr);
                Ok(())
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expression(value, level::ATOM)?;
                self.text("[");
                self.expression(slice, level::TUPLE)?;
                self.text("]");
                Ok(())
            }
            ExprKind::Starred { value, .. } => {
                self.text("*");
                self.expression(value, level::EXPR)
            }
            ExprKind::Slice { lower, upper, step } => self.slice([lower, upper, step]),
            ExprKind::Name { id, .. } => {
                self.text(id);
                Ok(())
            }
            ExprKind::List { elts, .. } => {
                self.text("[");
                self.list(elts, level::TEST)?;
                self.text("]");
                Ok(())
            }
            ExprKind::Tuple { elts, .. } => self.tuple(elts, level),
            ExprKind::NamedExpr { target, value } => self.grouped(level > level::TUPLE, |this| {
                this.expression(target, level::ATOM)?;
                this.text(" := ");
                this.expression(value, level::ATOM)
            }),
        }
    }

    fn prefixed(&mut self, prefix: &str, value: &Expr) -> Result<()> {
        self.text(prefix);
        self.expression(value, level::TEST)?;
        self.text(")");
        Ok(())
    }

    fn tuple(&mut self, elts: &[Expr], level: u8) -> Result<()> {
        if elts.is_empty() {
            self.text("()");
            return Ok(());
        }
        self.grouped(level > level::TUPLE, |this| {
            this.list(elts, level::TEST)?;
            if elts.len() == 1 {
                this.text(",");
            }
            Ok(())
        })
    }

    fn slice(&mut self, [lower, upper, step]: [&Option<Box<Expr>>; 3]) -> Result<()> {
        if let Some(lower) = lower {
            self.expression(lower, level::TEST)?;
        }
        self.text(":");
        if let Some(upper) = upper {
            self.expression(upper, level::TEST)?;
        }
        if let Some(step) = step {
            self.text(":");
            self.expression(step, level::TEST)?;
        }
        Ok(())
    }

    fn bool_op(&mut self, op: BoolOp, values: &[Expr], level: u8) -> Result<()> {
        let (word, own) = match op {
            BoolOp::And => (" and ", level::AND),
            BoolOp::Or => (" or ", level::OR),
        };
        self.grouped(level > own, |this| {
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    this.text(word);
                }
                this.expression(value, own + 1)?;
            }
            Ok(())
        })
    }

    fn binary(&mut self, left: &Expr, op: Operator, right: &Expr, level: u8) -> Result<()> {
        let (sign, own) = match op {
            Operator::Add => (" + ", level::ARITH),
            Operator::Sub => (" - ", level::ARITH),
            Operator::Mult => (" * ", level::TERM),
            Operator::MatMult => (" @ ", level::TERM),
            Operator::Div => (" / ", level::TERM),
            Operator::Mod => (" % ", level::TERM),
            Operator::FloorDiv => (" // ", level::TERM),
            Operator::LShift => (" << ", level::SHIFT),
            Operator::RShift => (" >> ", level::SHIFT),
            Operator::BitOr => (" | ", level::EXPR),
            Operator::BitXor => (" ^ ", level::BXOR),
            Operator::BitAnd => (" & ", level::BAND),
            Operator::Pow => (" ** ", level::POWER),
        };
        let right_associative = u8::from(op == Operator::Pow);
        self.grouped(level > own, |this| {
            this.expression(left, own + right_associative)?;
            this.text(sign);
            this.expression(right, own + 1 - right_associative)
        })
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr, level: u8) -> Result<()> {
        let (sign, own) = match op {
            UnaryOp::Invert => ("~", level::FACTOR),
            UnaryOp::Not => ("not ", level::NOT),
            UnaryOp::UAdd => ("+", level::FACTOR),
            UnaryOp::USub => ("-", level::FACTOR),
        };
        self.grouped(level > own, |this| {
            this.text(sign);
            this.expression(operand, own)
        })
    }

    fn lambda(&mut self, args: &Arguments, body: &Expr) -> Result<()> {
        let positional = !args.args.is_empty() || !args.posonlyargs.is_empty();
        self.text(if positional { "lambda " } else { "lambda" });
        self.arguments(args)?;
        self.text(": ");
        self.expression(body, level::TEST)
    }

    fn separator(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.text(", ");
        }
    }

    fn arguments(&mut self, args: &Arguments) -> Result<()> {
        let mut first = true;
        let positional = args.posonlyargs.len() + args.args.len();
        for (index, arg) in args.posonlyargs.iter().chain(&args.args).enumerate() {
            self.separator(&mut first);
            self.argument(arg)?;
            let default = (index + args.defaults.len()).checked_sub(positional);
            if let Some(default) = default.and_then(|index| args.defaults.get(index)) {
                self.text("=");
                self.expression(default, level::TEST)?;
            }
            if index + 1 == args.posonlyargs.len() {
                self.text(", /");
            }
        }
        if args.vararg.is_some() || !args.kwonlyargs.is_empty() {
            self.separator(&mut first);
            self.text("*");
            if let Some(arg) = &args.vararg {
                self.argument(arg)?;
            }
        }
        for (arg, default) in args.kwonlyargs.iter().zip(&args.kw_defaults) {
            self.separator(&mut first);
            self.argument(arg)?;
            if let Some(default) = default {
                self.text("=");
                self.expression(default, level::TEST)?;
            }
        }
        if let Some(arg) = &args.kwarg {
            self.separator(&mut first);
            self.text("**");
            self.argument(arg)?;
        }
        Ok(())
    }

    fn argument(&mut self, arg: &Arg) -> Result<()> {
        self.text(&arg.arg);
        if let Some(annotation) = &arg.annotation {
            self.text(": ");
            self.expression(annotation, level::TEST)?;
        }
        Ok(())
    }

    fn dict(&mut self, keys: &[Option<Expr>], values: &[Expr]) -> Result<()> {
        self.text("{");
        for (index, (key, value)) in keys.iter().zip(values).enumerate() {
            if index > 0 {
                self.text(", ");
            }
            if let Some(key) = key {
                self.expression(key, level::TEST)?;
                self.text(": ");
                self.expression(value, level::TEST)?;
            } else {
                self.text("**");
                self.expression(value, level::EXPR)?;
            }
        }
        self.text("}");
        Ok(())
    }

    fn comprehension(
        &mut self,
        open: &str,
        elt: &Expr,
        value: Option<&Expr>,
        clauses: &[Comprehension],
        close: &str,
    ) -> Result<()> {
        self.text(open);
        self.expression(elt, level::TEST)?;
        if let Some(value) = value {
            self.text(": ");
            self.expression(value, level::TEST)?;
        }
        for clause in clauses {
            self.text(if clause.is_async { " async for " } else { " for " });
            self.expression(&clause.target, level::TUPLE)?;
            self.text(" in ");
            self.expression(&clause.iter, level::TEST + 1)?;
            for condition in &clause.ifs {
                self.text(" if ");
                self.expression(condition, level::TEST + 1)?;
            }
        }
        self.text(close);
        Ok(())
    }

    fn compare(&mut self, left: &Expr, ops: &[CmpOp], comparators: &[Expr]) -> Result<()> {
        self.expression(left, level::CMP + 1)?;
        for (op, comparator) in ops.iter().zip(comparators) {
            self.text(match op {
                CmpOp::Eq => " == ",
                CmpOp::NotEq => " != ",
                CmpOp::Lt => " < ",
                CmpOp::LtE => " <= ",
                CmpOp::Gt => " > ",
                CmpOp::GtE => " >= ",
                CmpOp::Is => " is ",
                CmpOp::IsNot => " is not ",
                CmpOp::In => " in ",
                CmpOp::NotIn => " not in ",
            });
            self.expression(comparator, level::CMP + 1)?;
        }
        Ok(())
    }

    fn call(&mut self, func: &Expr, args: &[Expr], keywords: &[Keyword]) -> Result<()> {
        self.expression(func, level::ATOM)?;
        if let ([only @ Expr { node: ExprKind::GeneratorExp { .. }, .. }], []) = (args, keywords) {
            return self.expression(only, level::TEST);
        }
        self.text("(");
        self.list(args, level::TEST)?;
        let mut first = args.is_empty();
        for keyword in keywords {
            self.separator(&mut first);
            match &keyword.arg {
                Some(name) => {
                    self.text(name);
                    self.text("=");
                }
                None => self.text("**"),
            }
            self.expression(&keyword.value, level::TEST)?;
        }
        self.text(")");
        Ok(())
    }

    fn constant(&mut self, value: &Constant) {
        let text = repr::constant(value);
        match value {
            Constant::Float(_) | Constant::Complex { .. } => self.text(&text.replace("inf", "1e309")),
            _ => self.text(&text),
        }
    }

    /// An f-string or t-string: the body as a string's `repr`.
    fn quoted(&mut self, prefix: &str, values: &[Expr]) -> Result<()> {
        let outer = std::mem::take(&mut self.out);
        let result = self.parts(values);
        let body = std::mem::replace(&mut self.out, outer);
        result?;
        self.text(prefix);
        self.text(&repr::string(&body));
        Ok(())
    }

    fn parts(&mut self, values: &[Expr]) -> Result<()> {
        values.iter().try_for_each(|value| self.part(value, false))
    }

    fn part(&mut self, value: &Expr, in_spec: bool) -> Result<()> {
        match &value.node {
            ExprKind::Constant { value: Constant::Str(text), .. } => {
                self.braced(text);
                Ok(())
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } if in_spec => self.parts(values),
            ExprKind::JoinedStr { .. }
            | ExprKind::TemplateStr { .. }
            | ExprKind::FormattedValue { .. }
            | ExprKind::Interpolation { .. } => self.expression(value, level::TEST),
            _ => Err(CompileError::System("unknown expression kind inside f-string".into())),
        }
    }

    /// Literal text with braces doubled.
    fn braced(&mut self, text: &Wtf8Buf) {
        for code_point in text.code_points() {
            self.out.push_code_point(code_point);
            if code_point == u32::from(b'{') || code_point == u32::from(b'}') {
                self.out.push_code_point(code_point);
            }
        }
    }

    fn field(&mut self, value: &Expr, source: Option<&Constant>, conversion: i32, spec: Option<&Expr>) -> Result<()> {
        let outer = std::mem::take(&mut self.out);
        let result = match source {
            Some(Constant::Str(source)) => {
                self.out.push_wtf8(source);
                Ok(())
            }
            // Parentheses keep a lambda's colon apart.
            _ => self.expression(value, level::TEST + 1),
        };
        let text = std::mem::replace(&mut self.out, outer);
        result?;
        self.text(if text.as_bytes().starts_with(b"{") { "{ " } else { "{" });
        self.out.push_wtf8(&text);
        match u8::try_from(conversion).ok() {
            Some(b'a') => self.text("!a"),
            Some(b'r') => self.text("!r"),
            Some(b's') => self.text("!s"),
            _ => {}
        }
        if let Some(spec) = spec {
            self.text(":");
            self.part(spec, true)?;
        }
        self.text("}");
        Ok(())
    }
}
