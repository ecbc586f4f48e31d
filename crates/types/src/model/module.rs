//! `module`, and modules made of native tables.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::layout::{Dict, Str};
use pyrope_object::protocol::generic_find_attr;
use pyrope_object::{BuiltinType as B, Header, ModuleDef, PyResult, Ref, Slots, Value, Vm};

use super::builtin_function;

/// Create a module object.
///
/// The name must be a string; the optional docstring can have any type.
#[pyclass(
    name = "module", builtin = Module, signature = "(name, doc=None)", flags(BASETYPE, DICT, WEAKREF, MUTABLE),
    slots = SLOTS, methods(Module::METHODS), getset(Module::GETSETS)
)]
#[derive(Traverse)]
pub struct Module {
    pub header: Header,
}

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let module = Ref::new_in(vm, class, Module { header: Header::blank() }).into_value();
        module.dict_of_instance(vm)?;
        Ok(module)
    }),
    init: Some(|slf, args, vm| pyrope_object::bind::call_native(&init::FUNCTIONS[0], None, slf, args, vm).map(drop)),
    repr: Some(|slf, vm| {
        let importlib = vm.import("_frozen_importlib")?;
        vm.call_method(&importlib, "_module_repr", std::slice::from_ref(slf))
    }),
    getattr: Some(getattr),
    ..Slots::EMPTY
};

#[pyrope_macros::pyfunctions]
mod init {
    use super::*;

    #[pyfunction("module(name, doc=None)")]
    fn module(module: &Value, name: &Str, doc: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let doc = doc.cloned().unwrap_or(Value::none());
        fill(module, &Ref::from_borrowed(name).into_value(), doc, vm)
    }
}

fn fill(module: &Value, name: &Value, doc: Value, vm: &Vm) -> PyResult<()> {
    let names = vm.names();
    let Some(dict) = module.dict_of_instance(vm)? else { return Ok(()) };
    dict.set(names.__name__.to_value(), name.clone(), vm)?;
    dict.set(names.__doc__.to_value(), doc, vm)?;
    dict.set(names.__package__.to_value(), Value::none(), vm)?;
    dict.set(names.__loader__.to_value(), Value::none(), vm)?;
    dict.set(names.__spec__.to_value(), Value::none(), vm)
}

/// A new, empty module.
pub fn new_module(name: &str, vm: &Vm) -> PyResult {
    let module = Ref::new(vm, Module { header: Header::blank() }).into_value();
    fill(&module, vm.intern(name).as_value(), Value::none(), vm)?;
    Ok(module)
}

/// A module's dict.
pub fn module_dict(module: &Value, vm: &Vm) -> PyResult<Ref<Dict>> {
    match module.dict_of_instance(vm)? {
        Some(dict) => Ok(dict),
        None => Err(vm.type_error("module has no dict")),
    }
}

/// Makes the module that `def` describes: functions, types, and what its `exec` adds.
pub fn native_module(def: &'static ModuleDef, vm: &Vm) -> PyResult {
    native_module_in(def, vm.new_dict(), vm)
}

/// Makes the module that `def` describes, with a dict that exists already.
pub fn native_module_in(def: &'static ModuleDef, dict: Ref<Dict>, vm: &Vm) -> PyResult {
    let module = Ref::new(vm, Module { header: Header::blank() }).into_value();
    module.replace_instance_dict(dict.clone());
    fill(&module, vm.intern(def.name).as_value(), Value::none(), vm)?;
    if !def.doc.is_empty() {
        dict.set_str("__doc__", vm.new_str(def.doc).into_value(), vm)?;
    }
    let name = vm.intern(def.name).into_value();
    for method in def.functions.iter().flat_map(|table| table.iter()) {
        let function = builtin_function::native_function(method, module.clone(), Some(name.clone()), vm);
        dict.set_str(method.name, function, vm)?;
    }
    for ty in def.types {
        let ty = vm.type_of_def(ty());
        dict.set_str(&ty.name(), ty.to_value(), vm)?;
    }
    if let Some(exec) = def.exec {
        exec(&module, vm)?;
    }
    Ok(module)
}

/// `module.__getattribute__`, with PEP 562's `__getattr__` and CPython's hints.
fn getattr(slf: &Value, name: &Value, vm: &Vm) -> PyResult {
    if let Some(found) = generic_find_attr(slf, name, vm)? {
        return Ok(found);
    }
    let names = vm.names();
    let dict = module_dict(slf, vm)?;
    if let Some(hook) = dict.get(names.__getattr__.as_value(), vm)? {
        return vm.call(&hook, std::slice::from_ref(name));
    }
    let attribute = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let own_name = dict.get(names.__name__.as_value(), vm)?.filter(|n| n.downcast::<Str>().is_some());
    let Some(own_name) = own_name else {
        return Err(vm.attribute_error_for(format!("module has no attribute '{attribute}'"), slf, name));
    };
    let own_name = own_name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let message = missing_message(&dict, &own_name, &attribute, vm)?;
    Err(vm.attribute_error_for(message, slf, name))
}

/// A module's attribute, or `None`: an exception is made only where a `__getattr__` raises one.
pub fn find(module: &Value, name: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    if !module.ty(vm).is(vm.builtin(B::Module)) {
        return vm.find_attr(module, name);
    }
    if let Some(found) = generic_find_attr(module, name, vm)? {
        return Ok(Some(found));
    }
    match module_dict(module, vm)?.get(vm.names().__getattr__.as_value(), vm)? {
        Some(_) => vm.find_attr(module, name),
        None => Ok(None),
    }
}

/// True while the module's code runs.
fn is_initialising(dict: &Ref<Dict>, vm: &Vm) -> PyResult<bool> {
    let spec = dict.get(vm.names().__spec__.as_value(), vm)?.filter(|s| !s.is_none());
    let Some(spec) = spec else { return Ok(false) };
    match vm.find_attr(&spec, vm.names()._initializing.as_value())? {
        Some(flag) => vm.is_true(&flag),
        None => Ok(false),
    }
}

fn missing_message(dict: &Ref<Dict>, module: &str, attribute: &str, vm: &Vm) -> PyResult<String> {
    let spec = dict.get(vm.names().__spec__.as_value(), vm)?.filter(|s| !s.is_none());
    let Some(spec) = spec else { return Ok(format!("module '{module}' has no attribute '{attribute}'")) };
    let initializing = is_initialising(dict, vm)?;
    let has_location = match vm.find_attr_str(&spec, "has_location")? {
        Some(flag) => vm.is_true(&flag)?,
        None => false,
    };
    let origin = if has_location { vm.find_attr_str(&spec, "origin")? } else { None };
    let origin = origin.and_then(|o| o.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()));
    let shadows = match &origin {
        Some(_) => shadows_library(dict, module, vm)?,
        None => false,
    };
    Ok(match (initializing, origin) {
        (_, Some(origin)) if shadows => format!(
            "module '{module}' has no attribute '{attribute}' (consider renaming '{origin}' since it has the same name as \
             the standard library module named '{module}' and prevents importing that standard library module)"
        ),
        (true, Some(origin)) => format!(
            "partially initialized module '{module}' from '{origin}' has no attribute '{attribute}' (most likely due to a \
             circular import)"
        ),
        (true, None) => format!(
            "partially initialized module '{module}' has no attribute '{attribute}' (most likely due to a circular import)"
        ),
        (false, _) => format!("module '{module}' has no attribute '{attribute}'"),
    })
}

/// A script beside the program hides a module of the standard library.
fn shadows_library(dict: &Ref<Dict>, module: &str, vm: &Vm) -> PyResult<bool> {
    let sys = vm.import("sys")?;
    let Some(names) = vm.find_attr_str(&sys, "stdlib_module_names")? else { return Ok(false) };
    if !vm.contains(&names, vm.intern(module).as_value())? {
        return Ok(false);
    }
    let file = dict.get_str("__file__", vm)?;
    let Some(file) = file.and_then(|f| f.downcast::<Str>().map(|s| s.to_string_lossy().into_owned())) else {
        return Ok(false);
    };
    let path = vm.find_attr_str(&sys, "path")?;
    let first = path.and_then(|p| p.downcast::<pyrope_object::List>().and_then(|l| l.get(0)));
    let Some(first) = first.and_then(|f| f.downcast::<Str>().map(|s| s.to_string_lossy().into_owned())) else {
        return Ok(false);
    };
    let folder = std::path::Path::new(&file).parent();
    Ok(folder.is_some_and(|folder| folder == std::path::Path::new(&first)))
}

#[pymethods]
impl Module {
    #[getter("__dict__")]
    #[member]
    fn dict(slf: &Value, vm: &Vm) -> PyResult {
        super::object::get_dict(slf, vm)
    }

    #[getter("__annotations__")]
    fn annotations(slf: &Value, vm: &Vm) -> PyResult {
        let dict = module_dict(slf, vm)?;
        let key = vm.names().__annotations__.as_value();
        if let Some(found) = dict.get(key, vm)? {
            return Ok(found);
        }
        let annotate = dict.get(vm.names().__annotate__.as_value(), vm)?;
        let annotations = match annotate.filter(|a| a.ty(vm).slots().call.is_some()) {
            Some(annotate) => {
                let result = vm.call(&annotate, &[vm.int(1)])?;
                if result.downcast::<Dict>().is_none() {
                    return Err(
                        vm.type_error(format!("__annotate__ returned non-dict of type '{}'", vm.type_name(&result)))
                    );
                }
                result
            }
            None => vm.new_dict().into_value(),
        };
        // Of a module that is still being executed there may be more to come.
        if !is_initialising(&dict, vm)? {
            dict.set(key.clone(), annotations.clone(), vm)?;
        }
        Ok(annotations)
    }

    #[setter("__annotations__")]
    fn set_annotations(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let dict = module_dict(slf, vm)?;
        let key = vm.names().__annotations__.as_value();
        match value {
            Some(value) => dict.set(key.clone(), value.clone(), vm)?,
            None => {
                if dict.remove(key, vm)?.is_none() {
                    return Err(vm.attribute_error("__annotations__"));
                }
            }
        }
        drop(dict.remove(vm.names().__annotate__.as_value(), vm)?);
        Ok(())
    }

    #[getter("__annotate__")]
    fn annotate(slf: &Value, vm: &Vm) -> PyResult {
        let dict = module_dict(slf, vm)?;
        let key = vm.names().__annotate__.as_value();
        match dict.get(key, vm)? {
            Some(found) => Ok(found),
            None => {
                dict.set(key.clone(), Value::none(), vm)?;
                Ok(Value::none())
            }
        }
    }

    #[setter("__annotate__")]
    fn set_annotate(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("cannot delete __annotate__ attribute")) };
        if !value.is_none() && value.ty(vm).slots().call.is_none() {
            return Err(vm.type_error("__annotate__ must be callable or None"));
        }
        let dict = module_dict(slf, vm)?;
        dict.set(vm.names().__annotate__.to_value(), value.clone(), vm)?;
        if !value.is_none() {
            drop(dict.remove(vm.names().__annotations__.as_value(), vm)?);
        }
        Ok(())
    }

    /// __dir__() -> list
    /// specialized dir() implementation
    #[method("__dir__($self, /)")]
    fn dir(slf: &Value, vm: &Vm) -> PyResult {
        let dict = vm.get_attr(slf, vm.names().__dict__.as_value())?;
        let Some(dict) = dict.downcast::<Dict>() else {
            return Err(vm.type_error("<module>.__dict__ is not a dictionary"));
        };
        if let Some(hook) = dict.get(vm.names().__dir__.as_value(), vm)? {
            return vm.call(&hook, &[]);
        }
        Ok(vm.new_list(dict.entries().into_iter().map(|e| e.key).collect()).into_value())
    }
}

/// True for a module.
pub fn is_module(value: &Value, vm: &Vm) -> bool {
    value.ty(vm).is_subtype(vm.builtin(B::Module))
}
