//! The table as text.

use std::fmt;

use super::{Comprehension, Entry, EntryId, Scope, SymbolFlags as F, SymbolTable};

/// Blocks nested by indentation: `name block line flags`, then a line a symbol: `name flags scope`.
impl fmt::Display for SymbolTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An explicit stack: tables can be nested as deep as the source.
        let mut pending = vec![(EntryId::TOP, 0)];
        while let Some((id, depth)) = pending.pop() {
            let entry = self.entry(id);
            write_entry(f, entry, depth)?;
            pending.extend(entry.children.iter().rev().map(|&child| (child, depth + 1)));
        }
        Ok(())
    }
}

fn write_entry(f: &mut fmt::Formatter<'_>, entry: &Entry, depth: usize) -> fmt::Result {
    let indent = 2 * depth;
    write!(f, "{:indent$}{} {:?} line {}", "", entry.name, entry.block, entry.range.line)?;
    if entry.comprehension != Comprehension::No {
        write!(f, " {:?} comprehension", entry.comprehension)?;
    }
    let flags = [
        (entry.nested, "nested"),
        (entry.generator, "generator"),
        (entry.coroutine, "coroutine"),
        (entry.varargs, "varargs"),
        (entry.varkeywords, "varkeywords"),
        (entry.returns_value, "returns_value"),
        (entry.needs_class_closure, "needs_class_closure"),
        (entry.needs_classdict, "needs_classdict"),
        (entry.can_see_class_scope, "can_see_class_scope"),
        (entry.has_conditional_annotations, "conditional_annotations"),
    ];
    for (_, name) in flags.iter().filter(|(set, _)| *set) {
        write!(f, " {name}")?;
    }
    writeln!(f)?;
    for (name, &flags) in &entry.symbols {
        write!(f, "{:indent$}  - {name}:", "")?;
        for (_, text) in SYMBOL_FLAGS.iter().filter(|(bit, _)| flags & bit != 0) {
            write!(f, " {text}")?;
        }
        if Scope::of(flags) != Scope::Unknown {
            write!(f, " {:?}", Scope::of(flags))?;
        }
        writeln!(f)?;
    }
    Ok(())
}

const SYMBOL_FLAGS: [(u32, &str); 11] = [
    (F::DEF_GLOBAL, "global"),
    (F::DEF_LOCAL, "local"),
    (F::DEF_PARAM, "parameter"),
    (F::DEF_NONLOCAL, "nonlocal"),
    (F::USE, "used"),
    (F::DEF_FREE_CLASS, "free-class"),
    (F::DEF_IMPORT, "import"),
    (F::DEF_ANNOT, "annotated"),
    (F::DEF_COMP_ITER, "iteration"),
    (F::DEF_TYPE_PARAM, "type-parameter"),
    (F::DEF_COMP_CELL, "comprehension-cell"),
];
