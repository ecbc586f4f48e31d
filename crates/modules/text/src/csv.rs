//! `_csv`: reading and writing tables of comma-separated values.

mod dialect;
mod reader;
mod writer;

use std::cell::Cell;

use pyrope_macros::pyfunctions;
use pyrope_object::{Args, Dict, Guarded, ModuleDef, Object, PyResult, Raised, Ref, Str, Value, Vm};
use pyrope_types::model::module::module_dict;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_csv",
    doc: "CSV parsing and writing.\n",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(exec),
};

/// The dialects that were registered, and the limits.
struct CsvState {
    error: Guarded<Option<Value>>,
    dialects: Guarded<Option<Ref<Dict>>>,
    field_limit: Cell<i64>,
}

impl Default for CsvState {
    fn default() -> Self {
        CsvState { error: Guarded::default(), dialects: Guarded::default(), field_limit: Cell::new(128 * 1024) }
    }
}

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    let state = vm.state::<CsvState>();
    let error = crate::new_exception("_csv", "Error", vm)?;
    let dialects = vm.new_dict();
    state.error.set(Some(error.clone()));
    state.dialects.set(Some(dialects.clone()));
    dict.set_str("Error", error, vm)?;
    dict.set_str("_dialects", dialects.into_value(), vm)?;
    let types = [
        ("Dialect", <dialect::Dialect as Object>::def()),
        ("Reader", <reader::CsvReader as Object>::def()),
        ("Writer", <writer::CsvWriter as Object>::def()),
    ];
    for (name, def) in types {
        dict.set_str(name, vm.type_of_def(def).to_value(), vm)?;
    }
    for (name, number) in dialect::QUOTINGS {
        dict.set_str(name, vm.int(*number), vm)?;
    }
    Ok(())
}

/// Raises `_csv.Error`.
fn fail(message: &str, vm: &Vm) -> Raised {
    match vm.state::<CsvState>().error.get() {
        Some(class) => vm.raise_class(&class, &[vm.new_str(message).into_value()]),
        None => vm.value_error(message),
    }
}

fn dialects(vm: &Vm) -> Ref<Dict> {
    let state = vm.state::<CsvState>();
    if let Some(dict) = state.dialects.get() {
        return dict;
    }
    let dict = vm.new_dict();
    state.dialects.set(Some(dict.clone()));
    dict
}

/// The dialect registered under a name.
fn registered(name: &Value, vm: &Vm) -> PyResult {
    dialects(vm).get(name, vm)?.ok_or_else(|| fail("unknown dialect", vm))
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Return a reader object that will process lines from the given iterable.
    #[pyfunction("reader")]
    fn reader(_module: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        reader::make(args, vm)
    }

    /// Return a writer object that will write user data on the given file object.
    #[pyfunction("writer")]
    fn writer(_module: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        writer::make(args, vm)
    }

    /// Create a mapping from a string name to a CVS dialect.
    #[pyfunction("register_dialect")]
    fn register_dialect(_module: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
        let Some(name) = args.positional().first() else {
            return Err(vm.type_error("register_dialect expected at least 1 argument, got 0"));
        };
        if name.downcast::<Str>().is_none() {
            return Err(vm.type_error("dialect name must be a string"));
        }
        let rest = Args::new(&args.values()[1..], args.kwnames());
        let made = dialect::of_arguments(rest, vm)?;
        dialects(vm).set(name.clone(), made.into_value(), vm)
    }

    /// Delete the name/dialect mapping associated with a string name.
    #[pyfunction("unregister_dialect($module, /, name)")]
    fn unregister_dialect(name: &Value, vm: &Vm) -> PyResult<()> {
        match dialects(vm).remove(name, vm)? {
            Some(_) => Ok(()),
            None => Err(fail("unknown dialect", vm)),
        }
    }

    /// Return the dialect instance associated with name.
    #[pyfunction("get_dialect($module, /, name)")]
    fn get_dialect(name: &Value, vm: &Vm) -> PyResult {
        registered(name, vm)
    }

    /// Return a list of all known dialect names.
    #[pyfunction("list_dialects($module, /)")]
    fn list_dialects(vm: &Vm) -> Value {
        vm.new_list(dialects(vm).entries().into_iter().map(|entry| entry.key).collect()).into_value()
    }

    /// Sets an upper limit on parsed fields.
    ///
    /// Returns old limit. If limit is not given, no new limit is set and
    /// the old limit is returned
    #[pyfunction("field_size_limit($module, /, new_limit=<unrepresentable>)")]
    fn field_size_limit(new_limit: Option<&Value>, vm: &Vm) -> PyResult<i64> {
        let state = vm.state::<CsvState>();
        let old = state.field_limit.get();
        if let Some(limit) = new_limit {
            let Some(number) = limit.as_int() else { return Err(vm.type_error("limit must be an integer")) };
            let too_large = || vm.overflow_error("Python int too large to convert to C ssize_t");
            state.field_limit.set(number.to_i64().ok_or_else(too_large)?);
        }
        Ok(old)
    }
}
