//! Second pass: where each name is to be found.

use std::rc::Rc;

use crate::collections::{HashSet, IndexSet};
use pyrope_parser::ast::Range;

use super::{BlockType, Comprehension, Entry, EntryId, Scope, SymbolFlags as F, SymbolTable};
use crate::error::{CompileError, Result};
use crate::stack::StackGuard;

type Names = HashSet<Rc<str>>;
/// Free names, in an order that does not change from run to run.
type Free = IndexSet<Rc<str>>;
/// The scopes of a block's symbols, in their order.
type Scopes = Vec<Scope>;

const CLASS_CELLS: [&str; 3] = ["__class__", "__classdict__", "__conditional_annotations__"];

/// What a block sees of the blocks around it. Blocks share the sets until one changes them.
#[derive(Clone, Default)]
struct Outer {
    /// Names bound in functions around; `None` for the module.
    bound: Option<Rc<Names>>,
    /// Names that `global` statements around declare.
    global: Rc<Names>,
    type_params: Rc<Names>,
    /// The class whose names annotation scopes see.
    class: Option<EntryId>,
}

/// Takes a name out of a set that may be shared.
fn remove(names: &mut Rc<Names>, name: &str) {
    if names.contains(name) {
        Rc::make_mut(names).remove(name);
    }
}

pub(super) fn analyze(table: &mut SymbolTable, guard: &StackGuard) -> Result<()> {
    block(table, EntryId::TOP, Outer::default(), guard).map(drop)
}

/// Analyses a block and those in it, and returns the names that are free in it.
fn block(table: &mut SymbolTable, id: EntryId, mut outer: Outer, guard: &StackGuard) -> Result<Free> {
    guard.check()?;
    let mut free = Free::default();
    let is_class = table.entry(id).block == BlockType::Class;
    let can_see_class_scope = table.entry(id).can_see_class_scope;
    // A class's names are not visible in its functions: what is visible there is settled before its names are.
    let before = is_class.then(|| (outer.bound.clone(), outer.global.clone()));
    let symbols = &table.entry(id).symbols;
    let mut scopes = Scopes::with_capacity(symbols.len());
    for (name, &flags) in symbols {
        scopes.push(classify(table, id, name, flags, &mut outer, &mut free)?);
    }
    let children = table.entry(id).children.clone();
    let mut inner = match children.is_empty() {
        true => Outer::default(),
        false => inner_view(table.entry(id), &outer, &scopes, before),
    };
    let mut newfree = Free::default();
    let mut inlined_cells = Names::default();
    for child in children {
        let entry = table.entry(child);
        let inline = entry.comprehension != Comprehension::No && !entry.generator && !can_see_class_scope;
        inner.class = if !entry.can_see_class_scope {
            None
        } else if is_class {
            Some(id)
        } else {
            outer.class
        };
        inner.type_params = outer.type_params.clone();
        let mut child_free = block(table, child, inner.clone(), guard)?;
        // CPython passes what is free so far into the child, whose result so contains it.
        child_free.extend(newfree.iter().cloned());
        if inline {
            inline_comprehension(table, id, child, &mut scopes, &mut child_free, &mut inlined_cells);
            table.entries[child.index()].comp_inlined = true;
        }
        newfree.extend(child_free);
    }
    splice_inlined(table, id);
    if table.entry(id).is_function_like() {
        analyze_cells(table.entry(id), &mut scopes, &mut newfree, &inlined_cells);
    } else if is_class {
        drop_class_free(&mut table.entries[id.index()], &mut newfree);
    }
    let entry = &mut table.entries[id.index()];
    update_symbols(entry, &scopes, outer.bound.as_deref(), &newfree, &inlined_cells, is_class || can_see_class_scope);
    free.extend(newfree);
    Ok(free)
}

/// What the blocks within see.
fn inner_view(entry: &Entry, outer: &Outer, scopes: &Scopes, before: Option<(Option<Rc<Names>>, Rc<Names>)>) -> Outer {
    let (mut bound, global) = match before {
        Some((bound, global)) => (bound.unwrap_or_default(), global),
        None => (outer.bound.clone().unwrap_or_default(), outer.global.clone()),
    };
    if entry.block == BlockType::Class {
        Rc::make_mut(&mut bound).extend(CLASS_CELLS.map(Rc::from));
    } else if entry.is_function_like() && scopes.contains(&Scope::Local) {
        let symbols = entry.symbols.keys().zip(scopes);
        let locals = symbols.filter(|(_, scope)| **scope == Scope::Local).map(|(name, _)| name.clone());
        Rc::make_mut(&mut bound).extend(locals);
    }
    Outer { bound: Some(bound), global, type_params: Rc::default(), class: None }
}

fn directive_error(entry: &Entry, name: &str, message: String) -> CompileError {
    let place = entry.directives.iter().find(|(directive, _)| &**directive == name);
    match place {
        Some((_, range)) => CompileError::syntax(*range, message),
        None => CompileError::syntax(Range::default(), message),
    }
}

fn classify(
    table: &SymbolTable,
    id: EntryId,
    name: &Rc<str>,
    flags: u32,
    outer: &mut Outer,
    free: &mut Free,
) -> Result<Scope> {
    let entry = table.entry(id);
    if flags & F::DEF_GLOBAL != 0 {
        if flags & F::DEF_NONLOCAL != 0 {
            return Err(directive_error(entry, name, format!("name '{name}' is nonlocal and global")));
        }
        Rc::make_mut(&mut outer.global).insert(name.clone());
        if let Some(bound) = &mut outer.bound {
            remove(bound, name);
        }
        return Ok(Scope::GlobalExplicit);
    }
    if flags & F::DEF_NONLOCAL != 0 {
        check_nonlocal(entry, name, outer)?;
        free.insert(name.clone());
        return Ok(Scope::Free);
    }
    if flags & F::DEF_BOUND != 0 {
        remove(&mut outer.global, name);
        if flags & F::DEF_TYPE_PARAM != 0 {
            Rc::make_mut(&mut outer.type_params).insert(name.clone());
        } else {
            remove(&mut outer.type_params, name);
        }
        return Ok(Scope::Local);
    }
    // A name of the class around is looked up there at run time, not in the functions around the class.
    if let Some(class) = outer.class {
        let class_flags = table.entry(class).flags(name);
        if class_flags & F::DEF_GLOBAL != 0 {
            return Ok(Scope::GlobalExplicit);
        }
        if class_flags & F::DEF_BOUND != 0 && class_flags & F::DEF_NONLOCAL == 0 {
            return Ok(Scope::GlobalImplicit);
        }
    }
    if outer.bound.as_ref().is_some_and(|bound| bound.contains(name)) {
        free.insert(name.clone());
        return Ok(Scope::Free);
    }
    Ok(Scope::GlobalImplicit)
}

fn check_nonlocal(entry: &Entry, name: &Rc<str>, outer: &Outer) -> Result<()> {
    let Some(bound) = &outer.bound else {
        let message = "nonlocal declaration not allowed at module level";
        return Err(directive_error(entry, name, message.into()));
    };
    if !bound.contains(name) {
        return Err(directive_error(entry, name, format!("no binding for nonlocal '{name}' found")));
    }
    if outer.type_params.contains(name) {
        let message = format!("nonlocal binding not allowed for type parameter '{name}'");
        return Err(directive_error(entry, name, message));
    }
    Ok(())
}

fn is_free_in_any_child(table: &SymbolTable, id: EntryId, name: &str) -> bool {
    table.entry(id).children.iter().any(|&child| table.entry(child).scope(name) == Scope::Free)
}

/// Adds a comprehension's names to the block it is inlined into.
fn inline_comprehension(
    table: &mut SymbolTable,
    id: EntryId,
    comp: EntryId,
    scopes: &mut Scopes,
    comp_free: &mut Free,
    inlined_cells: &mut Names,
) {
    let is_class = table.entry(id).block == BlockType::Class;
    let mut dropped = Vec::new();
    let symbols: Vec<(Rc<str>, u32)> =
        table.entry(comp).symbols.iter().map(|(name, flags)| (name.clone(), *flags)).collect();
    for (name, flags) in symbols {
        if flags & F::DEF_PARAM != 0 {
            continue;
        }
        let mut scope = Scope::of(flags);
        let only_flags = flags & ((1 << F::SCOPE_OFFSET) - 1);
        if scope == Scope::Cell || only_flags & F::DEF_COMP_CELL != 0 {
            inlined_cells.insert(name.clone());
        }
        // A class's implicit cells are seen by functions in it, but not by the comprehension itself.
        if scope == Scope::Free && is_class && CLASS_CELLS.contains(&&*name) {
            scope = Scope::GlobalImplicit;
            if !is_free_in_any_child(table, comp, &name) {
                comp_free.shift_remove(&name);
            }
            dropped.push(name.clone());
        }
        let Some(existing) = table.entries[id.index()].symbols.get_mut(&name) else {
            table.entries[id.index()].symbols.insert(name, only_flags);
            scopes.push(scope);
            continue;
        };
        if scope == Scope::Free && !is_class {
            *existing |= flags & F::USE;
        }
        // What is free in the comprehension and local around it can now simply be local.
        if *existing & F::DEF_BOUND != 0 && !is_class && !is_free_in_any_child(table, comp, &name) {
            comp_free.shift_remove(&name);
        }
    }
    for name in dropped {
        table.entries[comp.index()].symbols.shift_remove(&name);
    }
}

/// The children of inlined comprehensions become children of the block.
fn splice_inlined(table: &mut SymbolTable, id: EntryId) {
    let children = table.entry(id).children.clone();
    if !children.iter().any(|&child| table.entry(child).comp_inlined) {
        return;
    }
    let mut spliced = Vec::with_capacity(children.len());
    for child in children {
        let entry = table.entry(child);
        if entry.comp_inlined {
            spliced.extend_from_slice(&entry.children);
        } else {
            spliced.push(child);
        }
    }
    table.entries[id.index()].children = spliced;
}

/// Locals that are free in a block within become cells.
fn analyze_cells(entry: &Entry, scopes: &mut Scopes, free: &mut Free, inlined_cells: &Names) {
    if free.is_empty() && inlined_cells.is_empty() {
        return;
    }
    for (name, scope) in entry.symbols.keys().zip(scopes) {
        if *scope == Scope::Local && (free.contains(name) || inlined_cells.contains(name)) {
            *scope = Scope::Cell;
            free.shift_remove(name);
        }
    }
}

fn drop_class_free(entry: &mut Entry, free: &mut Free) {
    let [class, classdict, conditional] = CLASS_CELLS;
    entry.needs_class_closure |= free.shift_remove(class);
    entry.needs_classdict |= free.shift_remove(classdict);
    entry.has_conditional_annotations |= free.shift_remove(conditional);
}

fn update_symbols(
    entry: &mut Entry,
    scopes: &Scopes,
    bound: Option<&Names>,
    free: &Free,
    inlined_cells: &Names,
    class_like: bool,
) {
    for ((name, flags), &scope) in entry.symbols.iter_mut().zip(scopes) {
        if !inlined_cells.is_empty() && inlined_cells.contains(name) {
            *flags |= F::DEF_COMP_CELL;
        }
        *flags |= (scope as u32) << F::SCOPE_OFFSET;
    }
    for name in free {
        if let Some(flags) = entry.symbols.get_mut(name) {
            // Free in a method, and bound or global in the class.
            if class_like {
                *flags |= F::DEF_FREE_CLASS;
            }
        } else if bound.is_none_or(|bound| bound.contains(name)) {
            entry.symbols.insert(name.clone(), (Scope::Free as u32) << F::SCOPE_OFFSET);
        }
    }
}
