//! Comprehensions: inlined into the code around (PEP 709), or functions of their own.

use std::rc::Rc;

use pyrope_bytecode::{Location, Opcode};
use pyrope_parser::ast::{Comprehension as Clause, Expr, ExprKind};

use super::unit::{BlockDatum, BlockKind, Counts, ScopeType};
use super::{Compiler, is_starred, loc};
use crate::error::{CompileError, Result};
use crate::instructions::Label;
use crate::symtable::{BlockKey, BlockType, EntryId, Scope, SymbolFlags as F};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Generator,
    List,
    Set,
    Dict,
}

/// The parts of a comprehension; a dict's element is its key.
#[derive(Clone, Copy)]
struct Parts<'a> {
    kind: Kind,
    clauses: &'a [Clause],
    element: &'a Expr,
    value: Option<&'a Expr>,
}

/// What an inlined comprehension changed in the unit around it.
#[derive(Default)]
struct Inlined {
    /// Locals whose values lie on the stack meanwhile.
    pushed_locals: Vec<Rc<str>>,
    cleanup: Option<Label>,
    /// Symbols as they were.
    symbols: Vec<(Rc<str>, u32)>,
    fast_hidden: Vec<Rc<str>>,
}

impl<'a> Compiler<'a> {
    pub(super) fn comprehension(&mut self, expression: &'a Expr) -> Result<()> {
        let Some(parts) = parts(expression) else { return Ok(()) };
        let Some(outermost) = parts.clauses.first() else {
            return Err(CompileError::Value("comprehension with no generators".into()));
        };
        let Some(scope) = self.table.lookup(BlockKey::expression(expression)) else {
            return Err(CompileError::System("unknown symbol table entry".into()));
        };
        let location = loc(expression.range);
        if self.table.entry(scope).comp_inlined {
            return self.inlined_comprehension(location, scope, outermost, parts);
        }
        let coroutine = self.table.entry(scope).coroutine;
        let counts = Counts { positional: 1, ..Counts::default() };
        let key = BlockKey::expression(expression);
        self.enter_scope(name(parts.kind), ScopeType::Comprehension, key, location.line, None, counts)?;
        if let Some(build) = build_opcode(parts.kind) {
            self.emit(location, build, 0);
        }
        self.clauses(location, parts, 0, 0, false)?;
        if parts.kind == Kind::Generator {
            self.wrap_in_stop_iteration_handler();
        } else {
            self.plain(location, Opcode::ReturnValue);
        }
        let code = self.exit_scope(true)?;
        self.make_closure(location, code, 0)?;
        self.iterator(outermost)?;
        self.emit(location, Opcode::Call, 0);
        if coroutine && parts.kind != Kind::Generator {
            self.emit(location, Opcode::GetAwaitable, 0);
            self.load_none(location);
            self.yield_from(location, true);
        }
        Ok(())
    }

    fn iterator(&mut self, clause: &'a Clause) -> Result<()> {
        self.expression(&clause.iter)?;
        let opcode = if clause.is_async { Opcode::GetAiter } else { Opcode::GetIter };
        self.plain(loc(clause.iter.range), opcode);
        Ok(())
    }

    /// A clause and those within it.
    fn clauses(
        &mut self,
        location: Location,
        parts: Parts<'a>,
        index: usize,
        depth: u32,
        iter_on_stack: bool,
    ) -> Result<()> {
        self.guard.check()?;
        let Some(clause) = parts.clauses.get(index) else { return Ok(()) };
        if clause.is_async {
            self.async_clause(location, parts, clause, index, depth, iter_on_stack)
        } else {
            self.sync_clause(location, parts, clause, index, depth, iter_on_stack)
        }
    }

    fn sync_clause(
        &mut self,
        location: Location,
        parts: Parts<'a>,
        clause: &'a Clause,
        index: usize,
        depth: u32,
        iter_on_stack: bool,
    ) -> Result<()> {
        let start = self.new_label();
        let if_cleanup = self.new_label();
        let anchor = self.new_label();
        let mut looping = true;
        if !iter_on_stack {
            if index == 0 {
                self.emit(location, Opcode::LoadFast, 0);
            } else if let Some(only) = only_element(&clause.iter) {
                // `for y in [f(x)]` is an assignment.
                self.expression(only)?;
                looping = false;
            } else {
                self.iterator(clause)?;
            }
        }
        let mut depth = depth;
        if looping {
            depth += 1;
            self.use_label(start);
            self.jump(loc(clause.iter.range), Opcode::ForIter, anchor);
        }
        self.expression(&clause.target)?;
        for condition in &clause.ifs {
            self.jump_if(location, condition, if_cleanup, false)?;
        }
        let element_location = self.innermost(location, parts, index, depth)?;
        self.use_label(if_cleanup);
        if looping {
            self.jump(element_location, Opcode::Jump, start);
            self.use_label(anchor);
            self.plain(Location::NONE, Opcode::EndFor);
            self.plain(Location::NONE, Opcode::PopIter);
        }
        Ok(())
    }

    fn async_clause(
        &mut self,
        location: Location,
        parts: Parts<'a>,
        clause: &'a Clause,
        index: usize,
        depth: u32,
        iter_on_stack: bool,
    ) -> Result<()> {
        let start = self.new_label();
        let send = self.new_label();
        let except = self.new_label();
        let if_cleanup = self.new_label();
        if !iter_on_stack {
            if index == 0 {
                self.emit(location, Opcode::LoadFast, 0);
            } else {
                self.iterator(clause)?;
            }
        }
        self.use_label(start);
        self.push_block(location, BlockKind::AsyncComprehension, Some(start), None, BlockDatum::None)?;
        self.jump(location, Opcode::SetupFinally, except);
        self.plain(location, Opcode::GetAnext);
        self.load_none(location);
        self.use_label(send);
        self.yield_from(location, true);
        self.plain(location, Opcode::PopBlock);
        self.expression(&clause.target)?;
        for condition in &clause.ifs {
            self.jump_if(location, condition, if_cleanup, false)?;
        }
        let element_location = self.innermost(location, parts, index, depth + 1)?;
        self.use_label(if_cleanup);
        self.jump(element_location, Opcode::Jump, start);
        self.pop_block();
        self.use_label(except);
        self.jump(location, Opcode::EndAsyncFor, send);
        Ok(())
    }

    /// The next clause, or after the last one the element. Returns the element's place.
    fn innermost(&mut self, location: Location, parts: Parts<'a>, index: usize, depth: u32) -> Result<Location> {
        let mut place = loc(parts.element.range);
        if index + 1 < parts.clauses.len() {
            self.clauses(location, parts, index + 1, depth, false)?;
            return Ok(place);
        }
        self.expression(parts.element)?;
        match parts.kind {
            Kind::Generator => {
                self.yield_value(place);
                self.plain(place, Opcode::PopTop);
            }
            Kind::List => self.emit(place, Opcode::ListAppend, depth + 1),
            Kind::Set => self.emit(place, Opcode::SetAdd, depth + 1),
            Kind::Dict => {
                if let Some(value) = parts.value {
                    self.expression(value)?;
                    let end = loc(value.range);
                    place = Location { end_line: end.end_line, end_col: end.end_col, ..place };
                }
                self.emit(place, Opcode::MapAdd, depth + 1);
            }
        }
        Ok(place)
    }

    fn inlined_comprehension(
        &mut self,
        location: Location,
        scope: EntryId,
        outermost: &'a Clause,
        parts: Parts<'a>,
    ) -> Result<()> {
        self.iterator(outermost)?;
        let in_class = self.entry().block == BlockType::Class && self.unit.in_inlined_comprehension == 0;
        self.unit.in_inlined_comprehension += 1;
        // The parameter of the function that it is not.
        let symbols = self.table.entry(scope).symbols.iter().filter(|(_, flags)| **flags & F::DEF_PARAM == 0);
        let symbols: Vec<(Rc<str>, u32)> = symbols.map(|(name, flags)| (name.clone(), *flags)).collect();
        let mut inlined = Inlined::default();
        for (name, flags) in &symbols {
            self.tweak_scope(name, *flags, in_class, &mut inlined);
        }
        self.push_locals(location, &symbols, &mut inlined)?;
        if let Some(build) = build_opcode(parts.kind) {
            self.emit(location, build, 0);
            self.emit(location, Opcode::Swap, 2);
        }
        self.clauses(location, parts, 0, 0, true)?;
        self.pop_locals(location, &inlined);
        self.restore_scopes(inlined);
        Ok(())
    }

    /// Gives a name the scope it has in the comprehension.
    fn tweak_scope(&mut self, name: &Rc<str>, flags: u32, in_class: bool, inlined: &mut Inlined) {
        let scope = Scope::of(flags);
        let outer_flags = self.entry().flags(name);
        let outer_scope = Scope::of(outer_flags);
        let differs =
            scope != outer_scope && scope != Scope::Free && !(scope == Scope::Cell && outer_scope == Scope::Free);
        if differs || in_class {
            let id = self.unit.scope.index();
            self.table.entries[id].symbols.insert(name.clone(), flags);
            inlined.symbols.push((name.clone(), outer_flags));
        }
        if is_bound(flags)
            && !self.entry().is_function_like()
            && self.unit.fast_hidden.insert(name.clone(), true) != Some(true)
        {
            inlined.fast_hidden.push(name.clone());
        }
    }

    /// Saves locals that the comprehension binds.
    fn push_locals(&mut self, location: Location, symbols: &[(Rc<str>, u32)], inlined: &mut Inlined) -> Result<()> {
        for (name, flags) in symbols {
            if !is_bound(*flags) {
                continue;
            }
            let local = self.unit.meta.varnames.add(name);
            self.emit(location, Opcode::LoadFastAndClear, local);
            if Scope::of(*flags) == Scope::Cell {
                let outer = Scope::of(self.entry().flags(name));
                let index = if outer == Scope::Free { self.free_index(name)? } else { self.cell_index(name)? };
                self.emit(location, Opcode::MakeCell, index);
            }
            inlined.pushed_locals.push(name.clone());
        }
        if !inlined.pushed_locals.is_empty() {
            self.emit_count(location, Opcode::Swap, inlined.pushed_locals.len() + 1);
            let cleanup = self.new_label();
            inlined.cleanup = Some(cleanup);
            self.jump(location, Opcode::SetupFinally, cleanup);
        }
        Ok(())
    }

    fn pop_locals(&mut self, location: Location, inlined: &Inlined) {
        let Some(cleanup) = inlined.cleanup else { return };
        self.plain(Location::NONE, Opcode::PopBlock);
        let end = self.new_label();
        self.jump(Location::NONE, Opcode::JumpNoInterrupt, end);
        self.use_label(cleanup);
        // The unfinished result lies below the exception.
        self.emit(Location::NONE, Opcode::Swap, 2);
        self.plain(Location::NONE, Opcode::PopTop);
        self.restore_locals(location, &inlined.pushed_locals);
        self.emit(Location::NONE, Opcode::Reraise, 0);
        self.use_label(end);
        self.restore_locals(location, &inlined.pushed_locals);
    }

    fn restore_locals(&mut self, location: Location, names: &[Rc<str>]) {
        self.emit_count(location, Opcode::Swap, names.len() + 1);
        for name in names.iter().rev() {
            let local = self.unit.meta.varnames.add(name);
            self.emit(location, Opcode::StoreFastMaybeNull, local);
        }
    }

    fn restore_scopes(&mut self, inlined: Inlined) {
        self.unit.in_inlined_comprehension -= 1;
        let id = self.unit.scope.index();
        for (name, flags) in inlined.symbols {
            self.table.entries[id].symbols.insert(name, flags);
        }
        // Kept with `false`: such names are hidden fast locals of the code object.
        for name in inlined.fast_hidden {
            self.unit.fast_hidden.insert(name, false);
        }
    }
}

/// Bound in the comprehension itself.
fn is_bound(flags: u32) -> bool {
    flags & F::DEF_LOCAL != 0 && flags & F::DEF_NONLOCAL == 0
}

fn parts(expression: &Expr) -> Option<Parts<'_>> {
    Some(match &expression.node {
        ExprKind::GeneratorExp { elt, generators } => {
            Parts { kind: Kind::Generator, clauses: generators, element: elt, value: None }
        }
        ExprKind::ListComp { elt, generators } => {
            Parts { kind: Kind::List, clauses: generators, element: elt, value: None }
        }
        ExprKind::SetComp { elt, generators } => {
            Parts { kind: Kind::Set, clauses: generators, element: elt, value: None }
        }
        ExprKind::DictComp { key, value, generators } => {
            Parts { kind: Kind::Dict, clauses: generators, element: key, value: Some(value) }
        }
        _ => return None,
    })
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Generator => "<genexpr>",
        Kind::List => "<listcomp>",
        Kind::Set => "<setcomp>",
        Kind::Dict => "<dictcomp>",
    }
}

fn build_opcode(kind: Kind) -> Option<Opcode> {
    match kind {
        Kind::Generator => None,
        Kind::List => Some(Opcode::BuildList),
        Kind::Set => Some(Opcode::BuildSet),
        Kind::Dict => Some(Opcode::BuildMap),
    }
}

/// The element of a display of one.
fn only_element(iter: &Expr) -> Option<&Expr> {
    match &iter.node {
        ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => match &elts[..] {
            [only] if !is_starred(only) => Some(only),
            _ => None,
        },
        _ => None,
    }
}
