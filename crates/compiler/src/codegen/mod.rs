//! The code generator: a tree and its symbol table to instruction sequences, one for each code object.
//!
//! It follows CPython 3.14's `codegen.c` and `compile.c` instruction for instruction, locations included; folding of
//! constants, dead code and superinstructions are the flow graph's business.

mod annotations;
mod assignments;
mod calls;
mod checks;
mod classes;
mod comprehensions;
mod containers;
mod control;
mod emit;
mod expressions;
mod functions;
mod imports;
mod names;
mod patterns;
mod statements;
mod strings;
mod try_except;
mod type_params;
mod unit;
mod unwind;
mod with;

use std::rc::Rc;

use pyrope_bytecode::{Code, Constant, Location, Opcode};
use pyrope_parser::ast::{self, Expr, Mod, Range, Stmt};
use pyrope_parser::error::Warning;
use pyrope_text::Wtf8Buf;

use crate::docstring;
use crate::error::{CompileError, Result};
use crate::future::FutureFeatures;
use crate::instructions::InstructionSequence;
use crate::stack::StackGuard;
use crate::symtable::{BlockKey, Entry, SymbolTable};
use crate::warnings::warning;
use unit::{ScopeType, Unit};

/// Above this many values on the operand stack, displays and calls are built piecemeal.
const STACK_USE_GUIDELINE: usize = 30;

/// What the code generator works with.
pub(crate) struct Input<'a> {
    pub module: &'a Mod,
    pub table: SymbolTable,
    pub filename: Rc<Wtf8Buf>,
    pub future: FutureFeatures,
    pub optimize: u8,
    pub guard: &'a StackGuard,
}

/// The state of the compilation of one source file.
pub(crate) struct Compiler<'a> {
    table: SymbolTable,
    filename: Rc<Wtf8Buf>,
    future: FutureFeatures,
    optimize: u8,
    interactive: bool,
    guard: &'a StackGuard,
    /// The code object being made; those around it are in `outer`, the module's first.
    unit: Unit<'a>,
    outer: Vec<Unit<'a>>,
    warnings: Vec<Warning>,
    /// Above 0 while a `finally` block is generated a second time.
    warnings_off: u32,
    /// Keep the sequences of nested scopes, for printing.
    keep_sequences: bool,
}

/// Compiles a module.
pub(crate) fn compile(input: Input<'_>) -> Result<(Rc<Code>, Vec<Warning>)> {
    let expression = matches!(input.module, Mod::Expression { .. });
    let mut compiler = Compiler::generate(input, false)?;
    let (unit, sequence, options) = compiler.finish_unit(!expression);
    let code = crate::assemble::assemble(unit, sequence, &options)?;
    Ok((code, compiler.warnings))
}

/// The module's instructions before optimisation, those of nested scopes within.
pub(crate) fn sequence(input: Input<'_>) -> Result<InstructionSequence> {
    let expression = matches!(input.module, Mod::Expression { .. });
    let mut compiler = Compiler::generate(input, true)?;
    let (_, sequence, _) = compiler.finish_unit(!expression);
    Ok(sequence)
}

impl<'a> Compiler<'a> {
    fn generate(input: Input<'a>, keep_sequences: bool) -> Result<Compiler<'a>> {
        let Input { module, table, filename, future, optimize, guard } = input;
        let interactive = matches!(module, Mod::Interactive { .. });
        let mut compiler = Compiler {
            table,
            filename,
            future,
            optimize,
            interactive,
            guard,
            unit: Unit::default(),
            outer: Vec::new(),
            warnings: Vec::new(),
            warnings_off: 0,
            keep_sequences,
        };
        compiler.enter_module()?;
        let generated = match module {
            Mod::Module { body, .. } => compiler.module(body, false),
            Mod::Interactive { body } => compiler.module(body, true),
            Mod::Expression { body } => compiler.expression(body),
            Mod::FunctionType { .. } => {
                Err(CompileError::Runtime("this compiler does not handle FunctionTypes".into()))
            }
        };
        match generated {
            Ok(()) => Ok(compiler),
            Err(error) => Err(error.after(compiler.warnings)),
        }
    }

    fn enter_module(&mut self) -> Result<()> {
        let mut unit = self.new_unit("<module>", ScopeType::Module, BlockKey::Module, 1)?;
        unit.meta.qualname = "<module>".into();
        self.unit = unit;
        let location = Location { line: 0, end_line: 1, col: 0, end_col: 0 };
        self.emit(location, Opcode::Resume, 0);
        self.plain(location, Opcode::AnnotationsPlaceholder);
        Ok(())
    }

    fn module(&mut self, body: &'a [Stmt], interactive: bool) -> Result<()> {
        let start =
            body.first().map_or(Location { line: 1, end_line: 1, col: 0, end_col: 0 }, |first| loc(first.range));
        if self.entry().has_conditional_annotations {
            self.emit(start, Opcode::BuildSet, 0);
            self.raw_name(start, Opcode::StoreName, "__conditional_annotations__");
        }
        self.body(start, body, interactive)
    }

    /// The statements of a module or class, the docstring first, the annotations last.
    fn body(&mut self, start: Location, body: &'a [Stmt], interactive: bool) -> Result<()> {
        let deferred = !self.future.annotations();
        if !deferred && self.entry().annotations_used {
            self.plain(start, Opcode::SetupAnnotations);
        }
        if body.is_empty() {
            return Ok(());
        }
        let mut statements = body;
        if !interactive
            && self.entry().has_docstring
            && let Some((text, node)) = docstring::docstring(body)
        {
            statements = &body[1..];
            let cleaned = string(docstring::checked(text)?);
            self.load_const(loc(node.range), cleaned);
            self.store(Location::NONE, "__doc__")?;
        }
        self.statements(statements)?;
        if deferred { self.process_deferred_annotations(start) } else { Ok(()) }
    }

    fn statements(&mut self, body: &'a [Stmt]) -> Result<()> {
        body.iter().try_for_each(|statement| self.statement(statement))
    }

    fn entry(&self) -> &Entry {
        self.table.entry(self.unit.scope)
    }

    fn error<T>(&self, range: Range, message: impl Into<String>) -> Result<T> {
        Err(CompileError::syntax(range, message))
    }

    fn warn(&mut self, range: Range, message: String) {
        if self.warnings_off == 0 {
            self.warnings.push(warning(range, message));
        }
    }
}

/// A node's place as an instruction's.
fn loc(range: Range) -> Location {
    // Nodes without a place have `u32::MAX`, which becomes -1.
    Location {
        line: range.line as i32,
        end_line: range.end_line as i32,
        col: range.col as i32,
        end_col: range.end_col as i32,
    }
}

/// A constant string that is not an identifier.
fn string(text: Wtf8Buf) -> Constant {
    Constant::Str { value: Rc::new(text), interned: false }
}

/// A constant string made of an identifier.
fn name_const(name: &str) -> Constant {
    Constant::Str { value: Rc::new(Wtf8Buf::from(name)), interned: true }
}

fn int_const(value: usize) -> Constant {
    Constant::Int(value.into())
}

/// A literal's value as a code object keeps it.
fn constant(value: &ast::Constant) -> Constant {
    let items = |items: &[ast::Constant]| items.iter().map(constant).collect();
    match value {
        ast::Constant::None => Constant::None,
        ast::Constant::Bool(value) => Constant::Bool(*value),
        ast::Constant::Ellipsis => Constant::Ellipsis,
        ast::Constant::Int(value) => Constant::Int(value.clone()),
        ast::Constant::Float(value) => Constant::Float(*value),
        ast::Constant::Complex { real, imag } => Constant::Complex { real: *real, imag: *imag },
        ast::Constant::Str(value) => Constant::Str { value: value.clone(), interned: false },
        ast::Constant::Bytes(value) => Constant::Bytes(value.clone()),
        ast::Constant::Tuple(values) => Constant::Tuple(items(values)),
        ast::Constant::FrozenSet(values) => Constant::FrozenSet(items(values)),
    }
}

fn is_constant(expression: &Expr) -> bool {
    matches!(expression.node, ast::ExprKind::Constant { .. })
}

fn is_starred(expression: &Expr) -> bool {
    matches!(expression.node, ast::ExprKind::Starred { .. })
}
