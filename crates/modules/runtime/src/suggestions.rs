//! `_suggestions` and `_sysconfig`.

use pyrope_object::bind::suggest;
use pyrope_object::layout::{List, Str};
use pyrope_object::{ModuleDef, PyResult, Value, Vm};

pub static MODULE: ModuleDef =
    ModuleDef { name: "_suggestions", doc: "", functions: &[functions::FUNCTIONS], types: &[], exec: None };

/// `_sysconfig`
pub static SYSCONFIG: ModuleDef = ModuleDef {
    name: "_sysconfig",
    doc: "A helper for the sysconfig module.",
    functions: &[sysconfig_functions::FUNCTIONS_SYSCONFIG],
    types: &[],
    exec: None,
};

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Returns the candidate in candidates that's closest to item
    #[pyfunction("_generate_suggestions(candidates, item, /)")]
    fn generate_suggestions(candidates: &Value, item: &Str, vm: &Vm) -> PyResult {
        let Some(list) = candidates.downcast_exact::<List>() else {
            return Err(vm.type_error("candidates must be a list"));
        };
        let mut texts = Vec::with_capacity(list.len());
        for candidate in list.to_vec() {
            match candidate.downcast::<Str>() {
                Some(text) => texts.push(text.to_string_lossy().into_owned()),
                None => return Err(vm.type_error("all elements in 'candidates' must be strings")),
            }
        }
        let nearest = suggest::nearest(&item.to_string_lossy(), texts.iter().map(String::as_str));
        Ok(nearest.map_or(Value::none(), |text| vm.new_str(text).into_value()))
    }
}

#[pyrope_macros::pyfunctions(SYSCONFIG)]
mod sysconfig_functions {
    use super::*;

    /// Returns a dictionary containing build variables intended to be exposed by sysconfig.
    #[pyfunction("config_vars()")]
    fn config_vars(vm: &Vm) -> PyResult {
        let dict = vm.new_dict();
        dict.set_str("Py_GIL_DISABLED", vm.int(0), vm)?;
        dict.set_str("Py_DEBUG", vm.int(0), vm)?;
        Ok(dict.into_value())
    }
}
