//! The import instructions beyond `__import__`: `from m import name`, `from m import *`.

use pyrope_object::layout::{Dict, Str};
use pyrope_object::{BuiltinType as B, PyResult, Ref, Value, Vm};

use crate::stack::Frame;

/// The attribute, or the submodule that `sys.modules` has under the full name.
#[inline(never)]
pub fn import_from(module: &Value, name: &Ref<Str>, vm: &Vm) -> PyResult {
    if let Some(found) = vm.find_attr(module, name.as_value())? {
        return Ok(found);
    }
    let package = vm.find_attr(module, vm.names().__name__.as_value())?;
    let Some(package) = package.and_then(|p| p.cast::<Str>()) else {
        return Err(cannot_import(module, None, name, vm));
    };
    let full = format!("{}.{}", package.to_string_lossy(), name.to_string_lossy());
    if let Some(modules) = vm.interp().modules.get()
        && let Some(found) = modules.get(vm.try_str(&full)?.as_value(), vm)?
    {
        return Ok(found);
    }
    Err(cannot_import(module, Some(package), name, vm))
}

fn cannot_import(module: &Value, package: Option<Ref<Str>>, name: &Ref<Str>, vm: &Vm) -> pyrope_object::Raised {
    match describe(module, package.as_ref(), name, vm) {
        Ok((message, origin)) => {
            let package = package.map_or_else(|| vm.intern("<unknown module name>").into_value(), Ref::into_value);
            pyrope_types::exceptions::raise_import_error(
                vm,
                B::ImportError,
                &message,
                Some(package),
                origin,
                Some(name.to_value()),
            )
        }
        Err(raised) => raised,
    }
}

/// The message, and the file of the module.
fn describe(module: &Value, package: Option<&Ref<Str>>, name: &Ref<Str>, vm: &Vm) -> PyResult<(String, Option<Value>)> {
    let shown = match package {
        Some(package) => vm.repr_text(package.as_value())?,
        None => "'<unknown module name>'".to_owned(),
    };
    let wanted = vm.repr_text(name.as_value())?;
    let spec = vm.find_attr(module, vm.names().__spec__.as_value())?.filter(|spec| !spec.is_none());
    let mut origin = match &spec {
        Some(spec) => match vm.find_attr_str(spec, "has_location")? {
            Some(has) if vm.is_true(&has)? => vm.find_attr_str(spec, "origin")?,
            _ => None,
        },
        None => None,
    };
    if origin.is_none() {
        origin = vm.find_attr(module, vm.names().__file__.as_value())?;
    }
    let origin = origin.filter(|o| o.downcast::<Str>().is_some());
    let place = match &origin {
        Some(origin) => vm.str(origin)?.to_string_lossy().into_owned(),
        None => "unknown location".to_owned(),
    };
    let initializing = match &spec {
        Some(spec) => match vm.find_attr(spec, vm.names()._initializing.as_value())? {
            Some(truth) => vm.is_true(&truth)?,
            None => false,
        },
        None => false,
    };
    let message = if initializing {
        format!(
            "cannot import name {wanted} from partially initialized module {shown} (most likely due to a circular \
             import) ({place})"
        )
    } else {
        format!("cannot import name {wanted} from {shown} ({place})")
    };
    Ok((message, origin))
}

/// Copies a module's public names into the running namespace.
#[inline(never)]
pub fn import_star(module: &Value, frame: &Frame, vm: &Vm) -> PyResult {
    let Some(locals) = frame.locals.clone() else {
        return Err(vm.system_error("no locals found during 'import *'"));
    };
    let (names, skip_private) = match vm.find_attr(module, vm.names().__all__.as_value())? {
        Some(all) => (all, false),
        None => {
            let Some(dict) = vm.find_attr(module, vm.names().__dict__.as_value())? else {
                return Err(vm.import_error("from-import-* object has no __dict__ and no __all__"));
            };
            (vm.call_method(&dict, "keys", &[])?, true)
        }
    };
    let from_all = !skip_private;
    for name in vm.collect(&names)? {
        let Some(text) = name.downcast::<Str>() else {
            return Err(not_a_name(module, &name, from_all, vm));
        };
        if skip_private && text.code_point(0) == Some('_'.into()) {
            continue;
        }
        let value = vm.get_attr(module, &name)?;
        match locals.downcast_exact::<Dict>() {
            Some(dict) => dict.set(name, value, vm)?,
            None => vm.set_item(&locals, &name, Some(&value))?,
        }
    }
    Ok(Value::none())
}

fn not_a_name(module: &Value, name: &Value, from_all: bool, vm: &Vm) -> pyrope_object::Raised {
    let kind = vm.type_name(name);
    let text = vm
        .get_attr(module, vm.names().__name__.as_value())
        .and_then(|n| vm.str(&n))
        .map(|n| n.to_string_lossy().into_owned());
    match text {
        Ok(text) if from_all => vm.type_error(format!("Item in {text}.__all__ must be str, not {kind}")),
        Ok(text) => vm.type_error(format!("Key in {text}.__dict__ must be str, not {kind}")),
        Err(raised) => raised,
    }
}
