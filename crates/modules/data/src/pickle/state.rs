//! What the module keeps per interpreter: its exceptions and the tables of `copyreg` and `_compat_pickle`.

use std::cell::OnceCell;

use pyrope_object::{BuiltinType as B, Dict, PyResult, Raised, Ref, Value, Vm};

use crate::errors::{new_class, raise};

#[derive(Default)]
pub(super) struct State {
    pickle_error: OnceCell<Value>,
    pickling_error: OnceCell<Value>,
    unpickling_error: OnceCell<Value>,
    dispatch_table: OnceCell<Ref<Dict>>,
    extension_registry: OnceCell<Ref<Dict>>,
    inverted_registry: OnceCell<Ref<Dict>>,
    extension_cache: OnceCell<Ref<Dict>>,
    name_mapping: OnceCell<Ref<Dict>>,
    import_mapping: OnceCell<Ref<Dict>>,
    reverse_name_mapping: OnceCell<Ref<Dict>>,
    reverse_import_mapping: OnceCell<Ref<Dict>>,
    encode: OnceCell<Value>,
    partial: OnceCell<Value>,
}

/// A dict that a library module has under a name.
fn table(cell: &OnceCell<Ref<Dict>>, module: &str, name: &str, vm: &Vm) -> PyResult<Ref<Dict>> {
    if let Some(dict) = cell.get() {
        return Ok(dict.clone());
    }
    let found = vm.get_attr_str(&vm.import(module)?, name)?;
    match found.cast::<Dict>() {
        Some(dict) => Ok(cell.get_or_init(|| dict).clone()),
        None => Err(vm.runtime_error(format!("{module}.{name} should be a dict, not {}", vm.type_name(&found)))),
    }
}

macro_rules! tables {
    ($($function:ident $module:literal $name:literal;)*) => {$(
        #[doc = concat!("`", $module, ".", $name, "`")]
        pub(super) fn $function(vm: &Vm) -> PyResult<Ref<Dict>> {
            table(&vm.state::<State>().$function, $module, $name, vm)
        }
    )*};
}

tables! {
    dispatch_table "copyreg" "dispatch_table";
    extension_registry "copyreg" "_extension_registry";
    inverted_registry "copyreg" "_inverted_registry";
    extension_cache "copyreg" "_extension_cache";
    name_mapping "_compat_pickle" "NAME_MAPPING";
    import_mapping "_compat_pickle" "IMPORT_MAPPING";
    reverse_name_mapping "_compat_pickle" "REVERSE_NAME_MAPPING";
    reverse_import_mapping "_compat_pickle" "REVERSE_IMPORT_MAPPING";
}

fn attribute(cell: &OnceCell<Value>, module: &str, name: &str, vm: &Vm) -> PyResult {
    if let Some(found) = cell.get() {
        return Ok(found.clone());
    }
    let found = vm.get_attr_str(&vm.import(module)?, name)?;
    Ok(cell.get_or_init(|| found).clone())
}

/// `codecs.encode`
pub(super) fn codecs_encode(vm: &Vm) -> PyResult {
    attribute(&vm.state::<State>().encode, "codecs", "encode", vm)
}

/// `functools.partial`
pub(super) fn partial(vm: &Vm) -> PyResult {
    attribute(&vm.state::<State>().partial, "functools", "partial", vm)
}

/// `PickleError`
fn pickle_error(vm: &Vm) -> PyResult {
    let state = vm.state::<State>();
    if let Some(class) = state.pickle_error.get() {
        return Ok(class.clone());
    }
    let class = new_class("_pickle", "PickleError", B::Exception, vm)?;
    Ok(state.pickle_error.get_or_init(|| class).clone())
}

fn subclass(cell: &OnceCell<Value>, name: &str, vm: &Vm) -> PyResult {
    if let Some(class) = cell.get() {
        return Ok(class.clone());
    }
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.new_str("_pickle").into_value(), vm)?;
    let bases = vm.tuple_of([pickle_error(vm)?]).into_value();
    let arguments = [vm.new_str(name).into_value(), bases, namespace.into_value()];
    let class = vm.call(&vm.builtin(B::Type).to_value(), &arguments)?;
    Ok(cell.get_or_init(|| class).clone())
}

/// `PicklingError`
pub(super) fn pickling_error_class(vm: &Vm) -> PyResult {
    subclass(&vm.state::<State>().pickling_error, "PicklingError", vm)
}

/// `UnpicklingError`
pub(super) fn unpickling_error_class(vm: &Vm) -> PyResult {
    subclass(&vm.state::<State>().unpickling_error, "UnpicklingError", vm)
}

/// Raises PicklingError.
#[cold]
pub(super) fn pickling_error(message: impl AsRef<str>, vm: &Vm) -> Raised {
    raise(pickling_error_class(vm), message.as_ref(), vm)
}

/// Raises UnpicklingError.
#[cold]
pub(super) fn unpickling_error(message: impl AsRef<str>, vm: &Vm) -> Raised {
    raise(unpickling_error_class(vm), message.as_ref(), vm)
}

/// Adds the exceptions to the module.
pub(super) fn add_exceptions(module: &Value, vm: &Vm) -> PyResult<()> {
    vm.set_attr_str(module, "PickleError", &pickle_error(vm)?)?;
    vm.set_attr_str(module, "PicklingError", &pickling_error_class(vm)?)?;
    vm.set_attr_str(module, "UnpicklingError", &unpickling_error_class(vm)?)
}

/// The type of `value` as messages of this module show it: with its module unless that is `builtins` or `__main__`.
pub(super) fn type_text(value: &Value, vm: &Vm) -> String {
    let class = value.ty(vm).to_value();
    // Notes are written while an exception is being raised.
    let pending = vm.take_exception();
    let module = vm.get_attr(&class, vm.names().__module__.as_value());
    let module = module.and_then(|module| vm.str(&module)).map_err(|raised| vm.ignore(raised)).ok();
    vm.restore_exception(pending);
    let name = value.ty(vm).qualname();
    match module.as_ref().map(|module| module.to_string_lossy()) {
        Some(module) if module != "builtins" && module != "__main__" => format!("{module}.{name}"),
        _ => name.to_string(),
    }
}

/// The exception being raised with a note added.
#[cold]
pub(super) fn with_note(raised: Raised, note: String, vm: &Vm) -> Raised {
    let exception = vm.catch(raised);
    let text = vm.new_str(&note).into_value();
    match vm.call_method(&exception, "add_note", &[text]) {
        Ok(_) => vm.reraise(exception),
        Err(raised) => {
            vm.ignore(raised);
            vm.reraise(exception)
        }
    }
}
