//! Names in pickles to objects.

use pyrope_object::{BuiltinType as B, PyResult, Str, Tuple, Value, Vm};

use super::save_global::{dotted_path, follow_path, from_cause, import_named};
use super::state::{import_mapping, name_mapping};
use super::unpickler::Unpickler;

/// `Unpickler.find_class`
pub(super) fn find_class(unpickler: &Unpickler, module: &Value, name: &Value, vm: &Vm) -> PyResult {
    vm.audit("pickle.find_class", || [module.clone(), name.clone()])?;
    let (mut module_name, mut name) = (module.clone(), name.clone());
    let protocol = unpickler.protocol.get();
    if protocol < 3 && unpickler.fix_imports.get() {
        (module_name, name) = python3_names(module_name, name, vm)?;
    }
    let module = import_named(&module_name, vm)?;
    if protocol < 4 {
        return vm.get_attr(&module, &name);
    }
    let path = dotted_path(&name, vm)?;
    match follow_path(&module, &path, vm) {
        Err(raised) if path.len() > 1 && vm.raised_is(B::AttributeError) => {
            let cause = vm.catch(raised);
            let (name, module_name) = (vm.repr_text(&name)?, vm.repr_text(&module_name)?);
            let raised = vm.attribute_error(format!("Can't resolve path {name} on module {module_name}"));
            Err(from_cause(raised, cause, vm))
        }
        result => result,
    }
}

/// Where Python 3 has what was `module.name` in Python 2.
fn python3_names(module: Value, name: Value, vm: &Vm) -> PyResult<(Value, Value)> {
    let key = vm.tuple_of([module.clone(), name.clone()]).into_value();
    if let Some(found) = name_mapping(vm)?.get(&key, vm)? {
        return match found.downcast::<Tuple>().map(Tuple::as_slice) {
            Some([module, name]) => Ok((module.clone(), name.clone())),
            _ => {
                let kind = vm.type_name(&found);
                let message = format!("_compat_pickle.NAME_MAPPING values should be 2-tuples, not {kind}");
                Err(vm.runtime_error(message))
            }
        };
    }
    match import_mapping(vm)?.get(&module, vm)? {
        None => Ok((module, name)),
        Some(found) if found.downcast::<Str>().is_some() => Ok((found, name)),
        Some(found) => {
            let kind = vm.type_name(&found);
            let message = format!("_compat_pickle.IMPORT_MAPPING values should be strings, not {kind}");
            Err(vm.runtime_error(message))
        }
    }
}
