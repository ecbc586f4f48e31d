//! Calls, methods and `super()`.

use pyrope_bytecode::{CommonConstant, Constant, Intrinsic1, Location, Opcode};
use pyrope_parser::ast::{CmpOp, Expr, ExprContext, ExprKind, Identifier, Keyword};

use super::containers::Builder;
use super::expressions::attribute_location;
use super::{Compiler, STACK_USE_GUIDELINE, is_starred, loc, name_const};
use crate::error::{CompileError, Result};
use crate::instructions::Label;
use crate::symtable::{BlockKey, Scope, SymbolFlags};

/// Flags of `LOAD_SUPER_ATTR`: two arguments were given; the attribute is called.
const TWO_ARGUMENTS: u32 = 2;
const METHOD: u32 = 1;

impl<'a> Compiler<'a> {
    pub(super) fn call(&mut self, expression: &'a Expr) -> Result<()> {
        let ExprKind::Call { func, args, keywords } = &expression.node else { return Ok(()) };
        check_repeated(keywords)?;
        if self.method_call(expression, func, args, keywords)? {
            return Ok(());
        }
        let end = self.new_label();
        self.check_caller(func);
        self.expression(func)?;
        self.reduction_call(func, args, keywords, end)?;
        self.plain(loc(func.range), Opcode::PushNull);
        self.call_helper(loc(expression.range), 0, args, None, keywords)?;
        self.use_label(end);
        Ok(())
    }

    /// `all(…)`, `any(…)` and `tuple(…)` of a generator expression run its loop in place, if the name is the builtin's.
    fn reduction_call(&mut self, func: &'a Expr, args: &'a [Expr], keywords: &[Keyword], end: Label) -> Result<()> {
        let (ExprKind::Name { id, .. }, [generator], []) = (&func.node, args, keywords) else { return Ok(()) };
        // Asynchronous generators are not iterated in place.
        let coroutine =
            self.table.lookup(BlockKey::expression(generator)).is_none_or(|id| self.table.entry(id).coroutine);
        if !matches!(generator.node, ExprKind::GeneratorExp { .. }) || coroutine {
            return Ok(());
        }
        // For `all` and `any`: the jump that goes on, and the result of a loop that ran to its end.
        let (builtin, reduce) = match &**id {
            "all" => (CommonConstant::BuiltinAll, Some((Opcode::PopJumpIfTrue, true))),
            "any" => (CommonConstant::BuiltinAny, Some((Opcode::PopJumpIfFalse, false))),
            "tuple" => (CommonConstant::BuiltinTuple, None),
            _ => return Ok(()),
        };
        let location = loc(func.range);
        let skip = self.new_label();
        self.emit(location, Opcode::Copy, 1);
        self.common_constant(location, builtin);
        self.compare_op(location, CmpOp::Is);
        self.jump(location, Opcode::PopJumpIfFalse, skip);
        self.plain(location, Opcode::PopTop);
        if reduce.is_none() {
            self.emit(location, Opcode::BuildList, 0);
        }
        self.expression(generator)?;
        let start = self.new_label();
        let cleanup = self.new_label();
        self.use_label(start);
        self.jump(location, Opcode::ForIter, cleanup);
        match reduce {
            None => {
                self.emit(location, Opcode::ListAppend, 2);
                self.jump(location, Opcode::Jump, start);
            }
            Some((go_on, _)) => {
                self.plain(location, Opcode::ToBool);
                self.jump(location, go_on, start);
            }
        }
        self.plain(Location::NONE, Opcode::PopIter);
        if let Some((_, exhausted)) = reduce {
            self.load_const(location, Constant::Bool(!exhausted));
        }
        self.jump(location, Opcode::Jump, end);
        self.use_label(cleanup);
        self.plain(Location::NONE, Opcode::EndFor);
        self.plain(Location::NONE, Opcode::PopIter);
        match reduce {
            None => self.intrinsic_1(location, Intrinsic1::ListToTuple),
            Some((_, exhausted)) => self.load_const(location, Constant::Bool(exhausted)),
        }
        self.jump(location, Opcode::Jump, end);
        self.use_label(skip);
        Ok(())
    }

    /// `object.method(…)` without stars, unless the object is an import.
    fn method_call(
        &mut self,
        expression: &'a Expr,
        func: &'a Expr,
        args: &'a [Expr],
        keywords: &'a [Keyword],
    ) -> Result<bool> {
        let ExprKind::Attribute { value: object, attr, ctx: ExprContext::Load } = &func.node else {
            return Ok(false);
        };
        let count = args.len() + keywords.len();
        if self.is_imported(object)
            || count + usize::from(!keywords.is_empty()) >= STACK_USE_GUIDELINE
            || args.iter().any(is_starred)
            || keywords.iter().any(|keyword| keyword.arg.is_none())
        {
            return Ok(false);
        }
        let mut location = loc(func.range);
        if self.can_optimize_super(object, attr) {
            let flags = self.load_super_arguments(object)?;
            self.flagged_name(location, Opcode::LoadSuperAttr, attr, 2, flags | METHOD);
            location = attribute_location(location, func.range, attr);
            self.plain(location, Opcode::Nop);
        } else {
            self.expression(object)?;
            location = attribute_location(location, func.range, attr);
            self.load_method(location, attr);
        }
        self.expressions(args)?;
        let call_location = attribute_location(loc(expression.range), func.range, attr);
        if keywords.is_empty() {
            self.emit_count(call_location, Opcode::Call, count);
        } else {
            self.keyword_values(location, keywords)?;
            self.emit_count(call_location, Opcode::CallKw, count);
        }
        Ok(true)
    }

    fn keyword_values(&mut self, location: Location, keywords: &'a [Keyword]) -> Result<()> {
        keywords.iter().try_for_each(|keyword| self.expression(&keyword.value))?;
        let names = keywords.iter().filter_map(|keyword| keyword.arg.as_ref()).map(|name| name_const(name)).collect();
        self.load_const(location, Constant::Tuple(names));
        Ok(())
    }

    /// The arguments and the call of a callable that is on the stack with `pushed` arguments; `injected` names one
    /// more positional argument.
    pub(super) fn call_helper(
        &mut self,
        location: Location,
        pushed: usize,
        args: &'a [Expr],
        injected: Option<&str>,
        keywords: &'a [Keyword],
    ) -> Result<()> {
        check_repeated(keywords)?;
        let simple = args.len() + keywords.len() * 2 <= STACK_USE_GUIDELINE
            && !args.iter().any(is_starred)
            && keywords.iter().all(|keyword| keyword.arg.is_some());
        if !simple {
            return self.call_ex(location, pushed, args, injected, keywords);
        }
        self.expressions(args)?;
        let mut count = pushed + args.len();
        if let Some(name) = injected {
            self.load(location, name)?;
            count += 1;
        }
        if keywords.is_empty() {
            self.emit_count(location, Opcode::Call, count);
        } else {
            self.keyword_values(location, keywords)?;
            self.emit_count(location, Opcode::CallKw, count + keywords.len());
        }
        Ok(())
    }

    /// A call through a tuple and a dict.
    fn call_ex(
        &mut self,
        location: Location,
        pushed: usize,
        args: &'a [Expr],
        injected: Option<&str>,
        keywords: &'a [Keyword],
    ) -> Result<()> {
        match args {
            [Expr { node: ExprKind::Starred { value, .. }, .. }] if pushed == 0 => self.expression(value)?,
            _ => self.display(location, args, injected, pushed, Builder::TUPLE)?,
        }
        if keywords.is_empty() {
            self.plain(location, Opcode::PushNull);
        }
        let mut have_dict = false;
        let mut start = 0;
        for (index, keyword) in keywords.iter().enumerate() {
            if keyword.arg.is_some() {
                continue;
            }
            self.merge_keywords(location, &keywords[start..index], &mut have_dict)?;
            if !have_dict {
                self.emit(location, Opcode::BuildMap, 0);
                have_dict = true;
            }
            self.expression(&keyword.value)?;
            self.emit(location, Opcode::DictMerge, 1);
            start = index + 1;
        }
        self.merge_keywords(location, &keywords[start..], &mut have_dict)?;
        self.plain(location, Opcode::CallFunctionEx);
        Ok(())
    }

    /// Adds named arguments to the dict on the stack, which is made if there is none.
    fn merge_keywords(&mut self, location: Location, keywords: &'a [Keyword], have_dict: &mut bool) -> Result<()> {
        if keywords.is_empty() {
            return Ok(());
        }
        let big = keywords.len() * 2 > STACK_USE_GUIDELINE;
        if big {
            self.emit(Location::NONE, Opcode::BuildMap, 0);
        }
        for keyword in keywords {
            if let Some(name) = &keyword.arg {
                self.load_const(location, name_const(name));
            }
            self.expression(&keyword.value)?;
            if big {
                self.emit(Location::NONE, Opcode::MapAdd, 1);
            }
        }
        if !big {
            self.emit_count(location, Opcode::BuildMap, keywords.len());
        }
        if std::mem::replace(have_dict, true) {
            self.emit(location, Opcode::DictMerge, 1);
        }
        Ok(())
    }

    /// Is the expression a name that the module imports?
    fn is_imported(&self, expression: &Expr) -> bool {
        match &expression.node {
            ExprKind::Name { id, .. } => self.table.top().flags(id) & SymbolFlags::DEF_IMPORT != 0,
            _ => false,
        }
    }

    /// Is `object` a `super(…)` call that is not shadowed, so that its attribute can be fetched in one instruction?
    pub(super) fn can_optimize_super(&self, object: &Expr, attr: &Identifier) -> bool {
        let ExprKind::Call { func, args, keywords } = &object.node else { return false };
        let ExprKind::Name { id, .. } = &func.node else { return false };
        if &**id != "super" || &**attr == "__class__" || !keywords.is_empty() {
            return false;
        }
        if self.entry().scope(id) != Scope::GlobalImplicit || self.table.top().scope(id) != Scope::Unknown {
            return false;
        }
        match args.len() {
            2 => !args.iter().any(is_starred),
            0 => self.unit.meta.argcount > 0 && self.reference_scope("__class__") == Scope::Free,
            _ => false,
        }
    }

    /// Pushes `super`, the class and the object; returns the flags of `LOAD_SUPER_ATTR`.
    pub(super) fn load_super_arguments(&mut self, call: &'a Expr) -> Result<u32> {
        let ExprKind::Call { func, args, .. } = &call.node else { return Ok(0) };
        self.load(loc(func.range), "super")?;
        if !args.is_empty() {
            self.expressions(args)?;
            return Ok(TWO_ARGUMENTS);
        }
        let location = loc(call.range);
        self.load(location, "__class__")?;
        let Some(first) = self.unit.meta.varnames.names().first().cloned() else {
            return Err(CompileError::System("super(): no arguments".into()));
        };
        self.load(location, &first)?;
        Ok(0)
    }
}

fn check_repeated(keywords: &[Keyword]) -> Result<()> {
    let mut seen = crate::collections::HashSet::default();
    let mut repeated: Option<(&Keyword, &Identifier)> = None;
    for keyword in keywords {
        let Some(name) = &keyword.arg else { continue };
        if !seen.insert(name) && repeated.is_none() {
            repeated = Some((keyword, name));
        }
    }
    // CPython reports the second use of the name that is first given twice.
    let Some(_) = repeated else { return Ok(()) };
    for (index, keyword) in keywords.iter().enumerate() {
        let Some(name) = &keyword.arg else { continue };
        if let Some(other) = keywords[index + 1..].iter().find(|other| other.arg.as_ref() == Some(name)) {
            return Err(CompileError::syntax(other.range, format!("keyword argument repeated: {name}")));
        }
    }
    Ok(())
}
