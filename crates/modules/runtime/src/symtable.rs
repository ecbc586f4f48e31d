//! `_symtable`: the compiler's scopes as objects.

use pyrope_compiler::SymbolTable;
use pyrope_compiler::symtable::{Entry, EntryId};
use pyrope_object::layout::{Dict, List};
use pyrope_object::{Header, ModuleDef, PyResult, Ref, Slots, Value, Vm};
use pyrope_parser::Mode;
use pyrope_types::model::module::module_dict;

use crate::builtins::compile;

pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "_symtable", doc: "", functions: &[functions::FUNCTIONS], types: &[], exec: Some(exec) };

const CONSTANTS: &[(&str, i64)] = &[
    ("USE", 16),
    ("DEF_GLOBAL", 1),
    ("DEF_NONLOCAL", 8),
    ("DEF_LOCAL", 2),
    ("DEF_PARAM", 4),
    ("DEF_TYPE_PARAM", 1024),
    ("DEF_FREE_CLASS", 64),
    ("DEF_IMPORT", 128),
    ("DEF_BOUND", 134),
    ("DEF_ANNOT", 256),
    ("DEF_COMP_ITER", 512),
    ("DEF_COMP_CELL", 2048),
    ("TYPE_FUNCTION", 0),
    ("TYPE_CLASS", 1),
    ("TYPE_MODULE", 2),
    ("TYPE_ANNOTATION", 3),
    ("TYPE_TYPE_ALIAS", 4),
    ("TYPE_TYPE_PARAMETERS", 5),
    ("TYPE_TYPE_VARIABLE", 6),
    ("LOCAL", 1),
    ("GLOBAL_EXPLICIT", 2),
    ("GLOBAL_IMPLICIT", 3),
    ("FREE", 4),
    ("CELL", 5),
    ("SCOPE_OFF", 12),
    ("SCOPE_MASK", 15),
];

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    CONSTANTS.iter().try_for_each(|&(name, number)| dict.set_str(name, vm.int(number), vm))
}

/// A block of the symbol table.
#[pyrope_macros::pyclass(
    name = "symtable entry",
    doc = "",
    flags(GC),
    getset(SymtableEntry::GETSETS),
    slots = ENTRY_SLOTS
)]
#[derive(pyrope_macros::Traverse)]
struct SymtableEntry {
    header: Header,
    name: Value,
    symbols: Ref<Dict>,
    varnames: Ref<List>,
    children: Ref<List>,
    #[traverse(skip)]
    nested: bool,
    #[traverse(skip)]
    kind: i64,
    #[traverse(skip)]
    line: i64,
}

const ENTRY_SLOTS: Slots = Slots { repr: Some(repr), ..Slots::EMPTY };

fn repr(entry: &Value, vm: &Vm) -> PyResult {
    let Some(this) = entry.downcast::<SymtableEntry>() else {
        return Err(vm.system_error("bad argument to internal function"));
    };
    let name = vm.str(&this.name)?;
    let text = format!("<symtable entry {}({}), line {}>", name.to_string_lossy(), entry.id(), this.line);
    Ok(vm.try_str(&text)?.into_value())
}

#[pyrope_macros::pymethods]
impl SymtableEntry {
    #[getter]
    #[member]
    fn id(slf: &Value, vm: &Vm) -> Value {
        vm.int_from_u64(slf.id())
    }

    #[getter]
    #[member]
    fn name(&self) -> Value {
        self.name.clone()
    }

    #[getter]
    #[member]
    fn symbols(&self) -> Ref<Dict> {
        self.symbols.clone()
    }

    #[getter]
    #[member]
    fn varnames(&self) -> Ref<List> {
        self.varnames.clone()
    }

    #[getter]
    #[member]
    fn children(&self) -> Ref<List> {
        self.children.clone()
    }

    #[getter]
    #[member]
    fn nested(&self) -> i64 {
        i64::from(self.nested)
    }

    #[getter("type")]
    #[member]
    fn kind(&self) -> i64 {
        self.kind
    }

    #[getter]
    #[member]
    fn lineno(&self) -> i64 {
        self.line
    }
}

/// The object of a block, with those of the blocks in it.
fn entry_object(table: &SymbolTable, id: EntryId, vm: &Vm) -> PyResult {
    vm.check_stack(" during compilation")?;
    let Some(entry): Option<&Entry> = table.entries.get(id.index()) else {
        return Err(vm.system_error("unknown block in symbol table"));
    };
    let children = entry.children.iter().map(|&child| entry_object(table, child, vm)).collect::<PyResult<Vec<_>>>()?;
    let symbols = vm.new_dict();
    for (name, &flags) in &entry.symbols {
        symbols.set_str(name, vm.int(i64::from(flags)), vm)?;
    }
    let varnames = entry.varnames.iter().map(|name| vm.intern(name).into_value()).collect();
    let object = SymtableEntry {
        header: Header::blank(),
        name: vm.intern(&entry.name).into_value(),
        symbols,
        varnames: vm.new_list(varnames),
        children: vm.new_list(children),
        nested: entry.nested,
        kind: entry.block as i64,
        line: i64::from(entry.range.line),
    };
    Ok(Ref::new(vm, object).into_value())
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Return symbol and scope dictionaries used internally by compiler.
    #[pyfunction("symtable($module, source, filename, startstr, /)")]
    fn symtable(source: &Value, filename: &Value, startstr: &str, vm: &Vm) -> PyResult {
        let filename = crate::imp::fs_decode(filename, vm)?;
        let text = compile::source_text(source, "symtable", "a string or bytes", &filename, 0, vm)?;
        let mode = match startstr {
            "exec" => Mode::Exec,
            "eval" => Mode::Eval,
            "single" => Mode::Single,
            _ => return Err(vm.value_error("symtable() arg 3 must be 'exec' or 'eval' or 'single'")),
        };
        let text = pyrope_text::source::normalise(&text, mode == Mode::Exec);
        let options = compile::inherited_options(false, vm);
        let parsed = pyrope_parser::parse(&text, mode, options.parser())
            .map_err(|error| compile::compile_error(error.into(), &filename, Some((&text, mode)), vm))?;
        compile::issue_warnings(&parsed.warnings, &filename, vm)?;
        let table = pyrope_compiler::symtable(&parsed.module, &options)
            .map_err(|error| compile::compile_error(error, &filename, None, vm))?;
        entry_object(&table, EntryId::TOP, vm)
    }
}
