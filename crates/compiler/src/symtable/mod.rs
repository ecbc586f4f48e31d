//! Scopes: which names a block binds and uses, and where each is to be found.
//!
//! Two passes, as in CPython's `symtable.c`: [`build`](SymbolTable::build) first collects what each block says of each
//! name, then `analyze` decides between local, cell, free and global, and splices comprehensions that will be inlined
//! (PEP 709) into the block around them.

mod analyze;
mod annotations;
mod comprehensions;
mod display;
mod expressions;
mod mangle;
mod patterns;
mod statements;
mod table;

pub use mangle::mangle;
pub use table::{BlockKey, BlockType, Comprehension, Entry, EntryId, Scope, SymbolFlags, SymbolTable};

use crate::error::{CompileError, Result};
use crate::future::FutureFeatures;
use crate::names::Name;
use crate::stack::StackGuard;
use pyrope_parser::ast::{Identifier, Mod, Range, Stmt};
use std::borrow::Cow;
use std::rc::Rc;

/// Builds the table while it walks the tree.
pub(crate) struct Builder<'a> {
    table: SymbolTable,
    /// Blocks being visited, the innermost last.
    stack: Vec<EntryId>,
    /// The class whose name mangles private names.
    private: Option<Identifier>,
    future: &'a FutureFeatures,
    guard: &'a StackGuard,
}

impl SymbolTable {
    /// Both passes over a module.
    pub fn build(module: &Mod, future: &FutureFeatures, guard: &StackGuard) -> Result<SymbolTable> {
        let mut builder = Builder { table: SymbolTable::default(), stack: Vec::new(), private: None, future, guard };
        builder.module(module)?;
        let mut table = builder.table;
        analyze::analyze(&mut table, guard)?;
        Ok(table)
    }
}

impl Builder<'_> {
    fn module(&mut self, module: &Mod) -> Result<()> {
        let key = BlockKey::Module;
        self.enter_block("top", BlockType::Module, key, Range::default())?;
        match module {
            Mod::Module { body, .. } => {
                self.current().has_docstring = crate::docstring::docstring(body).is_some();
                self.statements(body)?;
            }
            Mod::Interactive { body } => self.statements(body)?,
            Mod::Expression { body } => self.expression(body)?,
            Mod::FunctionType { .. } => {
                return Err(CompileError::Runtime("this compiler does not handle FunctionTypes".into()));
            }
        }
        self.exit_block();
        Ok(())
    }

    fn statements(&mut self, body: &[Stmt]) -> Result<()> {
        body.iter().try_for_each(|statement| self.statement(statement))
    }

    fn current_id(&self) -> EntryId {
        // `module` pushes the first block before anything is visited and pops it last.
        self.stack.last().copied().unwrap_or_default()
    }

    fn current(&mut self) -> &mut Entry {
        let id = self.current_id();
        &mut self.table.entries[id.index()]
    }

    fn current_ref(&self) -> &Entry {
        self.table.entry(self.current_id())
    }

    /// Makes a block without entering it.
    fn new_entry(&mut self, name: &str, block: BlockType, key: BlockKey, range: Range) -> EntryId {
        let outer = self.stack.last().map(|&id| self.table.entry(id));
        let nested = outer.is_some_and(|outer| outer.nested || outer.is_function_like());
        let method = block == BlockType::Function && outer.is_some_and(|outer| outer.block == BlockType::Class);
        let mut entry = Entry::new(Rc::from(name), block, key, range);
        entry.nested = nested;
        entry.method = method;
        self.table.insert(key, entry)
    }

    fn enter_block(&mut self, name: &str, block: BlockType, key: BlockKey, range: Range) -> Result<EntryId> {
        let id = self.new_entry(name, block, key, range);
        self.enter_existing(id);
        if matches!(block, BlockType::Annotation | BlockType::TypeVariable | BlockType::TypeAlias) {
            self.add_def(".format", SymbolFlags::DEF_PARAM, range)?;
            self.add_def(".format", SymbolFlags::USE, range)?;
        }
        Ok(id)
    }

    fn enter_existing(&mut self, id: EntryId) {
        let outer = self.stack.last().copied();
        self.stack.push(id);
        let Some(outer) = outer else { return };
        let (iter_expr, mangled) = {
            let outer = self.table.entry(outer);
            (outer.comp_iter_expr, outer.mangled_names)
        };
        let entry = &mut self.table.entries[id.index()];
        entry.comp_iter_expr = iter_expr;
        if mangled.is_some() && entry.block != BlockType::Class {
            entry.mangled_names = mangled;
        }
        if self.future.annotations() && entry.block == BlockType::Annotation {
            return;
        }
        // The block of a scope's annotations is entered once for each of them.
        let again = entry.block == BlockType::Annotation && self.table.entry(outer).children.contains(&id);
        if !again {
            self.table.entries[outer.index()].children.push(id);
        }
    }

    fn exit_block(&mut self) {
        self.stack.pop();
    }

    fn lookup(&self, name: &str) -> u32 {
        self.lookup_in(self.current_id(), name)
    }

    fn lookup_in(&self, id: EntryId, name: &str) -> u32 {
        let mangled = self.table.maybe_mangle(self.private.as_deref(), id, name);
        self.table.entry(id).flags(&mangled)
    }

    /// Records what the current block does with a name.
    fn add_def(&mut self, name: &(impl Name + ?Sized), flag: u32, range: Range) -> Result<()> {
        let deleting = false;
        self.add_def_in_context(name, flag, range, deleting)
    }

    fn add_def_in_context(
        &mut self,
        name: &(impl Name + ?Sized),
        flag: u32,
        range: Range,
        deleting: bool,
    ) -> Result<()> {
        use SymbolFlags as F;
        if flag & (F::DEF_PARAM | F::DEF_LOCAL | F::DEF_IMPORT) != 0 {
            check_name(name.text(), range, deleting)?;
        }
        if flag & F::DEF_TYPE_PARAM != 0
            && let Some(set) = self.current_ref().mangled_names
        {
            self.table.mangled_sets[set].insert(name.shared());
        }
        self.add_def_to(name, flag, self.current_id(), range)
    }

    fn add_def_to(&mut self, given: &(impl Name + ?Sized), flag: u32, id: EntryId, range: Range) -> Result<()> {
        use SymbolFlags as F;
        let name = given.text();
        let mangled = self.table.maybe_mangle(self.private.as_deref(), self.current_id(), name);
        let entry = &mut self.table.entries[id.index()];
        let place = entry.symbols.get_index_of(&*mangled);
        let known = place.map_or(0, |place| entry.symbols[place]);
        if flag & F::DEF_PARAM != 0 && known & F::DEF_PARAM != 0 {
            return Err(CompileError::syntax(range, format!("duplicate argument '{name}' in function definition")));
        }
        if flag & F::DEF_TYPE_PARAM != 0 && known & F::DEF_TYPE_PARAM != 0 {
            return Err(CompileError::syntax(range, format!("duplicate type parameter '{name}'")));
        }
        let mut value = known | flag;
        if entry.comp_iter_target {
            if value & (F::DEF_GLOBAL | F::DEF_NONLOCAL) != 0 {
                let message = format!("comprehension inner loop cannot rebind assignment expression target '{name}'");
                return Err(CompileError::syntax(range, message));
            }
            value |= F::DEF_COMP_ITER;
        }
        match place {
            Some(place) => entry.symbols[place] = value,
            None => {
                let name = match &mangled {
                    Cow::Borrowed(_) => given.shared(),
                    Cow::Owned(mangled) => mangled.as_str().into(),
                };
                entry.symbols.insert(name, value);
            }
        }
        if flag & F::DEF_PARAM != 0 {
            let known = entry.symbols.get_key_value(&*mangled).map(|(name, _)| name.clone());
            entry.varnames.push(known.unwrap_or_else(|| mangled.as_ref().into()));
        } else if flag & F::DEF_GLOBAL != 0 {
            let top = &mut self.table.entries[EntryId::TOP.index()];
            let known = top.flags(&mangled);
            top.set_flags(&mangled, known | flag);
        }
        Ok(())
    }

    fn record_directive(&mut self, name: &str, range: Range) {
        let mangled = self.table.maybe_mangle(self.private.as_deref(), self.current_id(), name);
        self.current().directives.push((mangled.into(), range));
    }

    fn allows_top_level_await(&self) -> bool {
        self.future.top_level_await() && self.current_ref().block == BlockType::Module
    }

    fn in_async_def(&self) -> bool {
        let entry = self.current_ref();
        entry.block == BlockType::Function && entry.coroutine
    }

    fn raise_if_not_coroutine(&self, message: &str, range: Range) -> Result<()> {
        if self.current_ref().coroutine { Ok(()) } else { Err(CompileError::syntax(range, message)) }
    }

    /// Runs `visit` with annotations counted as conditional.
    fn conditionally(&mut self, visit: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let id = self.current_id().index();
        let outer = std::mem::replace(&mut self.table.entries[id].in_conditional_block, true);
        visit(self)?;
        self.table.entries[id].in_conditional_block = outer;
        Ok(())
    }
}

fn check_name(name: &str, range: Range, deleting: bool) -> Result<()> {
    match (name, deleting) {
        ("__debug__", false) => Err(CompileError::syntax(range, "cannot assign to __debug__")),
        ("__debug__", true) => Err(CompileError::syntax(range, "cannot delete __debug__")),
        _ => Ok(()),
    }
}
