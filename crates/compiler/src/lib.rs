//! AST to scopes, instructions, flow graph and code.
//!
//! [`compile_source`] does all of it; [`compile`] starts from a tree. Each stage can be run alone: [`preprocess`],
//! [`SymbolTable::build`], [`instruction_sequence`], [`assemble::assemble`].

pub mod assemble;
mod codegen;
mod collections;
mod docstring;
mod error;
pub mod flowgraph;
mod future;
pub mod instructions;
mod names;
pub mod preprocess;
pub mod repr;
mod stack;
pub mod symtable;
mod unparse;
mod validate;
mod warnings;

use std::rc::Rc;

use pyrope_bytecode::Code;
use pyrope_parser::Mode;
use pyrope_parser::ast::Mod;
use pyrope_parser::error::Warning;
use pyrope_text::Wtf8Buf;

pub use docstring::clean as clean_docstring;
pub use error::{CompileError, Result};
pub use future::{CompileFlags, FutureFeatures};
pub use names::Name;
pub use stack::StackGuard;
pub use symtable::SymbolTable;
pub use unparse::unparse;
pub use validate::validate;

use instructions::InstructionSequence;
use preprocess::PreprocessOptions;

/// Longer chains of binary operators are refused like other deep nesting.
pub(crate) const MAX_OPERATOR_CHAIN: usize = 20_000;

/// How to compile.
#[derive(Clone, Debug)]
pub struct CompileOptions {
    /// 0 to 2, as `-O` and `-OO`.
    pub optimize: u8,
    /// `CO_FUTURE_*` features that are in force whatever the source says, and [`CompileFlags`].
    pub flags: u32,
    /// Bytes of native stack that may be used; see [`StackGuard`].
    pub stack_budget: usize,
    /// The limit of `sys.set_int_max_str_digits` for decimal literals; 0 for none.
    pub int_max_str_digits: usize,
    /// `\N{…}` is to be had.
    pub character_names: bool,
}

impl CompileOptions {
    /// What they mean for the parser.
    pub fn parser(&self) -> pyrope_parser::Options {
        let flag = |flag: u32| self.flags & flag != 0;
        pyrope_parser::Options {
            type_comments: flag(CompileFlags::TYPE_COMMENTS),
            barry_as_bdfl: flag(pyrope_bytecode::CodeFlags::FUTURE_BARRY_AS_BDFL),
            allow_incomplete: flag(CompileFlags::ALLOW_INCOMPLETE_INPUT),
            dont_imply_dedent: flag(CompileFlags::DONT_IMPLY_DEDENT),
            int_max_str_digits: self.int_max_str_digits,
            character_names: self.character_names,
            ..pyrope_parser::Options::default()
        }
    }
}

impl Default for CompileOptions {
    fn default() -> Self {
        CompileOptions {
            optimize: 0,
            flags: 0,
            stack_budget: StackGuard::DEFAULT_BUDGET,
            int_max_str_digits: pyrope_parser::Options::default().int_max_str_digits,
            character_names: true,
        }
    }
}

/// A compiled module.
#[derive(Clone, Debug)]
pub struct CompileOutput {
    pub code: Rc<Code>,
    /// In the order in which they were found.
    pub warnings: Vec<Warning>,
    /// The flags after the source's own future statements; an interactive session keeps them.
    pub flags: u32,
}

/// A tree that was preprocessed, with its scopes.
struct Prepared {
    module: Mod,
    table: SymbolTable,
    future: FutureFeatures,
    warnings: Vec<Warning>,
}

fn prepare(mut module: Mod, options: &CompileOptions, guard: &StackGuard) -> Result<Prepared> {
    let mut future = FutureFeatures::from_ast(&module).map_err(CompileError::bare)?;
    future.flags |= options.flags;
    let folding = PreprocessOptions { optimize: options.optimize, syntax_check_only: false, warn: true };
    let warnings = preprocess::preprocess(&mut module, &future, folding, guard)?;
    let table = match SymbolTable::build(&module, &future, guard) {
        Ok(table) => table,
        Err(error) => return Err(error.bare().after(warnings)),
    };
    Ok(Prepared { module, table, future, warnings })
}

fn input<'a>(
    prepared: &'a Prepared,
    table: SymbolTable,
    filename: &Wtf8Buf,
    options: &CompileOptions,
    guard: &'a StackGuard,
) -> codegen::Input<'a> {
    codegen::Input {
        module: &prepared.module,
        table,
        filename: Rc::new(filename.clone()),
        future: prepared.future.clone(),
        optimize: options.optimize,
        guard,
    }
}

/// Compiles a tree. [`Mod::Interactive`] prints the values of expression statements.
pub fn compile(module: Mod, filename: &Wtf8Buf, options: &CompileOptions) -> Result<CompileOutput> {
    let guard = StackGuard::new(options.stack_budget);
    let mut prepared = prepare(module, options, &guard)?;
    let table = std::mem::take(&mut prepared.table);
    let earlier = std::mem::take(&mut prepared.warnings);
    match codegen::compile(input(&prepared, table, filename, options, &guard)) {
        Ok((code, warnings)) => {
            Ok(CompileOutput { code, warnings: joined(earlier, warnings), flags: prepared.future.flags })
        }
        Err(error) => Err(error.after(earlier)),
    }
}

fn joined(mut first: Vec<Warning>, mut then: Vec<Warning>) -> Vec<Warning> {
    first.append(&mut then);
    first
}

/// The instructions of a tree as the code generator makes them, before any optimisation.
pub fn instruction_sequence(module: Mod, options: &CompileOptions) -> Result<InstructionSequence> {
    let guard = StackGuard::new(options.stack_budget);
    let mut prepared = prepare(module, options, &guard)?;
    let table = std::mem::take(&mut prepared.table);
    codegen::sequence(input(&prepared, table, &Wtf8Buf::new(), options, &guard))
}

/// What `ast.parse` does after parsing: with `fold`, `__debug__`, `%`-templates and numbers of patterns are replaced
/// (`PyCF_OPTIMIZED_AST`). There are no warnings.
pub fn preprocess_tree(module: &mut Mod, options: &CompileOptions, fold: bool) -> Result<()> {
    let guard = StackGuard::new(options.stack_budget);
    let mut future = FutureFeatures::from_ast(module).map_err(CompileError::bare)?;
    future.flags |= options.flags;
    let folding = PreprocessOptions { optimize: options.optimize, syntax_check_only: !fold, warn: false };
    preprocess::preprocess(module, &future, folding, &guard).map(drop)
}

/// The scopes of a tree that was not preprocessed, as the `symtable` module shows them.
pub fn symtable(module: &Mod, options: &CompileOptions) -> Result<SymbolTable> {
    let guard = StackGuard::new(options.stack_budget);
    let mut future = FutureFeatures::from_ast(module).map_err(CompileError::bare)?;
    future.flags |= options.flags;
    SymbolTable::build(module, &future, &guard).map_err(CompileError::bare)
}

/// Parses and compiles a source.
pub fn compile_source(source: &str, mode: Mode, filename: &Wtf8Buf, options: &CompileOptions) -> Result<CompileOutput> {
    let source = pyrope_text::source::normalise(source, mode == Mode::Exec);
    let parsed = pyrope_parser::parse(&source, mode, options.parser())?;
    match compile(parsed.module, filename, options) {
        Ok(output) => Ok(CompileOutput { warnings: joined(parsed.warnings, output.warnings), ..output }),
        Err(error) => Err(error.after(parsed.warnings)),
    }
}
