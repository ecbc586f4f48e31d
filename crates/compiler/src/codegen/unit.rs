//! Units: the code object being made, its names, constants and open blocks.

use std::collections::BTreeSet;

use crate::collections::HashMap;
use std::rc::Rc;

use pyrope_bytecode::{Code, CodeFlags, Location, Opcode, ResumeAt};
use pyrope_parser::ast::{Identifier, Stmt};

use super::Compiler;
use crate::assemble::{AssembleOptions, CodeUnit, NameTable};
use crate::error::{CompileError, Result};
use crate::future::CompileFlags;
use crate::instructions::{InstructionSequence, Label};
use crate::symtable::{BlockKey, EntryId, Scope, SymbolFlags as F, mangle};

/// Which kind of code object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ScopeType {
    #[default]
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
    /// Annotations, type parameters and aliases.
    Annotations,
}

/// The kinds of block that `return`, `break` and `continue` have to leave in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    WhileLoop,
    ForLoop,
    AsyncForLoop,
    TryExcept,
    FinallyTry,
    FinallyEnd,
    With,
    AsyncWith,
    HandlerCleanup,
    PopValue,
    ExceptionHandler,
    ExceptionGroupHandler,
    AsyncComprehension,
    StopIteration,
}

/// What leaving a block has to do besides.
#[derive(Clone, Debug)]
pub(super) enum BlockDatum<'a> {
    None,
    /// The statements of a `finally` clause.
    Finally(&'a [Stmt]),
    /// The name an `except` clause binds.
    Name(&'a Identifier),
}

/// An open block.
#[derive(Clone, Debug)]
pub(super) struct Block<'a> {
    pub kind: BlockKind,
    pub start: Option<Label>,
    pub exit: Option<Label>,
    pub location: Location,
    pub datum: BlockDatum<'a>,
}

/// A code object being made.
#[derive(Default)]
pub(super) struct Unit<'a> {
    pub scope: EntryId,
    pub scope_type: ScopeType,
    /// The class that mangles private names.
    pub private: Option<Identifier>,
    /// In a class: attributes assigned through `self`.
    pub static_attributes: BTreeSet<Rc<str>>,
    /// Annotated assignments, each with its number if it may not be executed.
    pub deferred_annotations: Vec<(&'a Stmt, Option<usize>)>,
    pub next_conditional_annotation: usize,
    pub sequence: InstructionSequence,
    pub blocks: Vec<Block<'a>>,
    pub in_inlined_comprehension: u32,
    pub in_conditional_block: u32,
    /// Names that inlined comprehensions keep in fast locals, and whether they do so just now.
    pub fast_hidden: HashMap<Rc<str>, bool>,
    pub meta: CodeUnit,
}

/// Positional, positional-only and keyword-only parameters; the first include the second.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub positional: usize,
    pub positional_only: usize,
    pub keyword_only: usize,
}

impl<'a> Compiler<'a> {
    pub(super) fn new_unit(
        &self,
        name: &str,
        scope_type: ScopeType,
        key: BlockKey,
        firstlineno: i32,
    ) -> Result<Unit<'a>> {
        let Some(scope) = self.table.lookup(key) else {
            return Err(CompileError::System("unknown symbol table entry".into()));
        };
        let entry = self.table.entry(scope);
        let mut cellvars = self.names_by_scope(scope, Scope::Cell, F::DEF_COMP_CELL);
        let implicit = [
            (entry.needs_class_closure, "__class__"),
            (entry.needs_classdict, "__classdict__"),
            (entry.has_conditional_annotations, "__conditional_annotations__"),
        ];
        for (_, name) in implicit.into_iter().filter(|(needed, _)| *needed) {
            cellvars.add(name);
        }
        let meta = CodeUnit {
            name: name.into(),
            varnames: entry.varnames.iter().collect(),
            cellvars,
            freevars: self.names_by_scope(scope, Scope::Free, F::DEF_FREE_CLASS),
            param_count: entry.varnames.len() as u32,
            firstlineno,
            ..CodeUnit::default()
        };
        Ok(Unit { scope, scope_type, meta, ..Unit::default() })
    }

    /// Names of a scope, or with a flag, in alphabetical order.
    fn names_by_scope(&self, id: EntryId, scope: Scope, flag: u32) -> NameTable {
        let symbols = &self.table.entry(id).symbols;
        let mut names: Vec<&Rc<str>> = symbols
            .iter()
            .filter(|(_, flags)| Scope::of(**flags) == scope || **flags & flag != 0)
            .map(|(name, _)| name)
            .collect();
        names.sort();
        names.into_iter().collect()
    }

    /// Begins a nested code object.
    pub(super) fn enter_scope(
        &mut self,
        name: &str,
        scope_type: ScopeType,
        key: BlockKey,
        firstlineno: i32,
        private: Option<&Identifier>,
        counts: Counts,
    ) -> Result<()> {
        let mut unit = self.new_unit(name, scope_type, key, firstlineno)?;
        unit.private = private.or(self.unit.private.as_ref()).cloned();
        unit.meta.argcount = counts.positional as u32;
        unit.meta.posonlyargcount = counts.positional_only as u32;
        unit.meta.kwonlyargcount = counts.keyword_only as u32;
        self.outer.push(std::mem::replace(&mut self.unit, unit));
        self.unit.meta.qualname = self.qualname();
        let location = Location { line: firstlineno, end_line: firstlineno, col: 0, end_col: 0 };
        self.emit(location, Opcode::Resume, ResumeAt::FuncStart.number());
        Ok(())
    }

    /// Ends a nested code object and assembles it.
    pub(super) fn exit_scope(&mut self, return_none: bool) -> Result<Rc<Code>> {
        let (meta, sequence, options) = self.finish_unit(return_none);
        if let Some(outer) = self.outer.pop() {
            self.unit = outer;
        }
        if self.keep_sequences {
            let code = sequence_stand_in(&meta, &options);
            self.unit.sequence.add_nested(sequence);
            return Ok(code);
        }
        Ok(crate::assemble::assemble(meta, sequence, &options)?)
    }

    /// Takes what the assembler needs out of the current unit.
    pub(super) fn finish_unit(&mut self, return_none: bool) -> (CodeUnit, InstructionSequence, AssembleOptions) {
        if return_none {
            self.load_none(Location::NONE);
        }
        self.plain(Location::NONE, Opcode::ReturnValue);
        let options = AssembleOptions { filename: self.filename.clone(), flags: self.code_flags() };
        let mut meta = std::mem::take(&mut self.unit.meta);
        meta.fast_hidden = self.unit.fast_hidden.keys().cloned().collect();
        (meta, std::mem::take(&mut self.unit.sequence), options)
    }

    fn code_flags(&self) -> u32 {
        let entry = self.entry();
        let mut flags = self.future.flags & CompileFlags::FUTURE_MASK;
        if entry.is_function_like() {
            flags |= CodeFlags::NEWLOCALS | CodeFlags::OPTIMIZED;
            let conditional = [
                (entry.nested, CodeFlags::NESTED),
                (entry.generator && !entry.coroutine, CodeFlags::GENERATOR),
                (entry.generator && entry.coroutine, CodeFlags::ASYNC_GENERATOR),
                (entry.varargs, CodeFlags::VARARGS),
                (entry.varkeywords, CodeFlags::VARKEYWORDS),
                (entry.has_docstring, CodeFlags::HAS_DOCSTRING),
                (entry.method, CodeFlags::METHOD),
            ];
            flags |= conditional.iter().filter(|(set, _)| *set).fold(0, |flags, (_, flag)| flags | flag);
        }
        if entry.coroutine && !entry.generator {
            flags |= CodeFlags::COROUTINE;
        }
        flags
    }

    fn qualname(&self) -> Rc<str> {
        let name = &self.unit.meta.name;
        let [.., parent] = &self.outer[..] else { return name.clone() };
        if self.outer.len() == 1 {
            return name.clone();
        }
        let parent = match &self.outer[..] {
            [_, last] if last.scope_type == ScopeType::Annotations => return name.clone(),
            [.., grandparent, last] if last.scope_type == ScopeType::Annotations => grandparent,
            _ => parent,
        };
        let named = matches!(self.unit.scope_type, ScopeType::Function | ScopeType::AsyncFunction | ScopeType::Class);
        if named {
            let mangled = mangle(parent.private.as_deref(), name);
            if self.table.entry(parent.scope).scope(&mangled) == Scope::GlobalExplicit {
                return name.clone();
            }
        }
        let base = &parent.meta.qualname;
        match parent.scope_type {
            ScopeType::Function | ScopeType::AsyncFunction | ScopeType::Lambda => {
                format!("{base}.<locals>.{name}").into()
            }
            _ => format!("{base}.{name}").into(),
        }
    }
}

/// A code object without code that stands for a nested scope when only sequences are wanted.
fn sequence_stand_in(meta: &CodeUnit, options: &AssembleOptions) -> Rc<Code> {
    let frees = meta.freevars.names();
    Rc::new(Code {
        argcount: meta.argcount,
        posonlyargcount: meta.posonlyargcount,
        kwonlyargcount: meta.kwonlyargcount,
        stacksize: 0,
        flags: options.flags,
        code: Rc::from([]),
        consts: Rc::from([]),
        names: meta.names.names().into(),
        localsplusnames: frees.into(),
        localspluskinds: frees.iter().map(|_| super::functions::KIND_FREE).collect(),
        filename: options.filename.clone(),
        name: meta.name.clone(),
        qualname: meta.qualname.clone(),
        firstlineno: meta.firstlineno,
        linetable: Rc::from([]),
        exceptiontable: Rc::from([]),
    })
}
