//! `_weakref`

use pyrope_object::weak::references_to;
use pyrope_object::{BuiltinType as B, ModuleDef, PyResult, Value, Vm};
use pyrope_types::model::module::module_dict;
use pyrope_types::model::weakref as types;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_weakref",
    doc: "Weak-reference support module.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(exec),
};

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    let names = [
        ("ref", B::WeakRef),
        ("ReferenceType", B::WeakRef),
        ("ProxyType", B::WeakProxy),
        ("CallableProxyType", B::WeakCallableProxy),
    ];
    for (name, kind) in names {
        dict.set_str(name, vm.builtin(kind).to_value(), vm)?;
    }
    Ok(())
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;
    use pyrope_object::bind::OrNone;
    use pyrope_object::layout::Dict;

    /// Return the number of weak references to 'object'.
    #[pyfunction("getweakrefcount(object, /)")]
    fn getweakrefcount(object: &Value, vm: &Vm) -> Value {
        vm.int_from_usize(references_to(object).len())
    }

    /// Return a list of all weak reference objects pointing to 'object'.
    #[pyfunction("getweakrefs(object, /)")]
    fn getweakrefs(object: &Value, vm: &Vm) -> Value {
        vm.new_list(types::all_references(object, vm)).into_value()
    }

    /// Create a proxy object that weakly references 'object'.
    ///
    /// 'callback', if given, is called with a reference to the
    /// proxy when 'object' is about to be finalized.
    #[pyfunction("proxy(object, callback=None, /)")]
    fn proxy(object: &Value, callback: OrNone<&Value>, vm: &Vm) -> PyResult {
        types::proxy(object, callback.into_option().cloned(), vm)
    }

    /// Atomically remove key from dict if it points to a dead weakref.
    #[pyfunction("_remove_dead_weakref(dct, key, /)")]
    fn remove_dead_weakref(dct: &Dict, key: &Value, vm: &Vm) -> PyResult<()> {
        let Some(found) = dct.get(key, vm)? else { return Ok(()) };
        match types::part(&found) {
            None => Err(vm.type_error("not a weakref")),
            Some(reference) if reference.get().is_none() => dct.remove(key, vm).map(drop),
            Some(_) => Ok(()),
        }
    }
}
