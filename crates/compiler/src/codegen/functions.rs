//! Functions, lambdas, closures, defaults and decorators.

use std::rc::Rc;

use pyrope_bytecode::{Code, Constant, FunctionAttribute, Intrinsic1, Intrinsic2, Location, Opcode};
use pyrope_parser::ast::{Arguments, Expr, FunctionDef, Stmt};

use super::unit::{BlockDatum, BlockKind, Counts, ScopeType};
use super::{Compiler, loc, name_const, string};
use crate::docstring;
use crate::error::Result;
use crate::symtable::{BlockKey, Scope};

/// `CO_FAST_FREE`.
pub(super) const KIND_FREE: u8 = 0x80;

/// Bits of [`FunctionAttribute`] that are on the stack below a function's code.
pub(super) type FunctionFlags = u32;

impl<'a> Compiler<'a> {
    pub(super) fn function(&mut self, statement: &'a Stmt, def: &'a FunctionDef, is_async: bool) -> Result<()> {
        self.decorators(&def.decorator_list)?;
        let firstlineno = first_line(statement, &def.decorator_list);
        let location = loc(statement.range);
        let mut flags = self.default_arguments(location, &def.args)?;
        let generic = !def.type_params.is_empty();
        let passed =
            (flags & (FunctionAttribute::Defaults.number() | FunctionAttribute::KwDefaults.number())).count_ones();
        if generic {
            self.enter_generic_function(location, statement, def, firstlineno, passed)?;
        }
        flags |= self.signature(location, statement, def)?;
        self.function_body(statement, def, is_async, flags, firstlineno)?;
        if generic {
            self.emit(location, Opcode::Swap, 2);
            self.intrinsic_2(location, Intrinsic2::SetFunctionTypeParams);
            let code = self.exit_scope(false)?;
            self.make_closure(location, code, 0)?;
            if passed > 0 {
                self.emit(location, Opcode::Swap, passed + 1);
                self.emit(location, Opcode::Call, passed - 1);
            } else {
                self.plain(location, Opcode::PushNull);
                self.emit(location, Opcode::Call, 0);
            }
        }
        self.apply_decorators(&def.decorator_list);
        self.store(location, &def.name)
    }

    fn enter_generic_function(
        &mut self,
        location: Location,
        statement: &'a Stmt,
        def: &'a FunctionDef,
        firstlineno: i32,
        passed: u32,
    ) -> Result<()> {
        if passed == 2 {
            self.emit(location, Opcode::Swap, 2);
        }
        let name = format!("<generic parameters of {}>", def.name);
        let counts = Counts { positional: passed as usize, ..Counts::default() };
        let key = BlockKey::type_params(statement);
        self.enter_scope(&name, ScopeType::Annotations, key, firstlineno, None, counts)?;
        self.type_params(&def.type_params)?;
        for index in 0..passed {
            self.emit(location, Opcode::LoadFast, index);
        }
        Ok(())
    }

    fn function_body(
        &mut self,
        statement: &'a Stmt,
        def: &'a FunctionDef,
        is_async: bool,
        flags: FunctionFlags,
        firstlineno: i32,
    ) -> Result<()> {
        let scope_type = if is_async { ScopeType::AsyncFunction } else { ScopeType::Function };
        let key = BlockKey::statement(statement);
        self.enter_scope(&def.name, scope_type, key, firstlineno, None, counts(&def.args))?;
        let mut body = &def.body[..];
        if self.entry().has_docstring
            && let Some((text, _)) = docstring::docstring(body)
        {
            self.unit.meta.consts.add(string(docstring::checked(text)?));
            body = &body[1..];
        }
        let start = self.new_label();
        self.use_label(start);
        let wrapped = self.entry().coroutine || self.entry().generator;
        if wrapped {
            self.push_block(Location::NONE, BlockKind::StopIteration, Some(start), None, BlockDatum::None)?;
        }
        self.statements(body)?;
        if wrapped {
            self.wrap_in_stop_iteration_handler();
            self.pop_block();
        }
        let code = self.exit_scope(true)?;
        self.make_closure(loc(statement.range), code, flags)
    }

    /// Turns a `StopIteration` that leaves a generator into a `RuntimeError`.
    pub(super) fn wrap_in_stop_iteration_handler(&mut self) {
        let handler = self.new_label();
        self.unit.sequence.insert(0, Opcode::SetupCleanup, handler.0, Location::NONE);
        self.load_none(Location::NONE);
        self.plain(Location::NONE, Opcode::ReturnValue);
        self.use_label(handler);
        self.intrinsic_1(Location::NONE, Intrinsic1::StopIterationError);
        self.emit(Location::NONE, Opcode::Reraise, 1);
    }

    pub(super) fn lambda(&mut self, expression: &'a Expr, args: &'a Arguments, body: &'a Expr) -> Result<()> {
        let location = loc(expression.range);
        let flags = self.default_arguments(location, args)?;
        let key = BlockKey::expression(expression);
        self.enter_scope("<lambda>", ScopeType::Lambda, key, location.line, None, counts(args))?;
        self.expression(body)?;
        let generator = self.entry().generator;
        if !generator {
            self.plain(loc(body.range), Opcode::ReturnValue);
        }
        let code = self.exit_scope(!generator)?;
        self.make_closure(location, code, flags)
    }

    /// Pushes defaults, and says which.
    pub(super) fn default_arguments(&mut self, location: Location, args: &'a Arguments) -> Result<FunctionFlags> {
        let mut flags = 0;
        if !args.defaults.is_empty() {
            self.expressions(&args.defaults)?;
            self.emit_count(location, Opcode::BuildTuple, args.defaults.len());
            flags |= FunctionAttribute::Defaults.number();
        }
        let mut count = 0;
        for (arg, default) in args.kwonlyargs.iter().zip(&args.kw_defaults) {
            if let Some(default) = default {
                let name = self.mangled(&arg.arg);
                self.load_const(location, name_const(&name));
                self.expression(default)?;
                count += 1;
            }
        }
        if count > 0 {
            self.emit(location, Opcode::BuildMap, count);
            flags |= FunctionAttribute::KwDefaults.number();
        }
        Ok(flags)
    }

    /// Makes a function of a code object; what `flags` name is on the stack, the first flag's value on top.
    pub(super) fn make_closure(&mut self, location: Location, code: Rc<Code>, mut flags: FunctionFlags) -> Result<()> {
        let frees = code.localsplusnames.iter().zip(code.localspluskinds.iter());
        let mut count = 0;
        for (name, _) in frees.filter(|(_, kind)| **kind & KIND_FREE != 0) {
            let index = match self.reference_scope(name) {
                Scope::Cell => self.cell_index(name)?,
                _ => self.free_index(name)?,
            };
            self.emit(location, Opcode::LoadClosure, index);
            count += 1;
        }
        if count > 0 {
            flags |= FunctionAttribute::Closure.number();
            self.emit(location, Opcode::BuildTuple, count);
        }
        self.load_const(location, Constant::Code(code));
        self.plain(location, Opcode::MakeFunction);
        let order = [
            FunctionAttribute::Closure,
            FunctionAttribute::Annotations,
            FunctionAttribute::Annotate,
            FunctionAttribute::KwDefaults,
            FunctionAttribute::Defaults,
        ];
        for attribute in order.into_iter().filter(|attribute| flags & attribute.number() != 0) {
            self.emit(location, Opcode::SetFunctionAttribute, attribute.number());
        }
        Ok(())
    }

    pub(super) fn decorators(&mut self, decorators: &'a [Expr]) -> Result<()> {
        self.expressions(decorators)
    }

    pub(super) fn apply_decorators(&mut self, decorators: &[Expr]) {
        for decorator in decorators.iter().rev() {
            self.emit(loc(decorator.range), Opcode::Call, 0);
        }
    }
}

/// The line of the first decorator, or of the statement.
pub(super) fn first_line(statement: &Stmt, decorators: &[Expr]) -> i32 {
    decorators.first().map_or(statement.range, |first| first.range).line as i32
}

fn counts(args: &Arguments) -> Counts {
    Counts {
        positional: args.posonlyargs.len() + args.args.len(),
        positional_only: args.posonlyargs.len(),
        keyword_only: args.kwonlyargs.len(),
    }
}
