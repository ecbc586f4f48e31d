//! `_functools`

mod compare_key;
mod lru_cache;
mod partial;
mod placeholder;

use pyrope_macros::pyfunctions;
use pyrope_object::{BuiltinType as B, ModuleDef, Object, PyResult, Value, Vm};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_functools",
    doc: "Tools that operate on functions.",
    functions: &[functions::FUNCTIONS],
    types: &[
        <placeholder::Placeholder as Object>::def,
        <partial::Partial as Object>::def,
        <lru_cache::LruCache as Object>::def,
    ],
    exec: Some(add_placeholder),
};

fn add_placeholder(module: &Value, vm: &Vm) -> PyResult<()> {
    vm.set_attr_str(module, "Placeholder", &placeholder::singleton(vm))
}

/// The functions of the module.
#[pyfunctions]
pub mod functions {
    use super::*;

    /// Apply a function of two arguments to the items of an iterable from left to right, down to one value.
    #[pyfunction("reduce(function, iterable, /, initial=<unrepresentable>)")]
    fn reduce(function: &Value, iterable: &Value, initial: Option<&Value>, vm: &Vm) -> PyResult {
        let iterator = match vm.iter(iterable) {
            Err(raised) if vm.raised_is(B::TypeError) => {
                vm.ignore(raised);
                return Err(vm.type_error("reduce() arg 2 must support iteration"));
            }
            result => result?,
        };
        let mut total = match initial {
            Some(initial) => initial.clone(),
            None => match vm.next(&iterator)? {
                Some(first) => first,
                None => return Err(vm.type_error("reduce() of empty iterable with no initial value")),
            },
        };
        while let Some(item) = vm.next(&iterator)? {
            total = vm.call(function, &[total, item])?;
        }
        Ok(total)
    }

    /// A key function made of a function that compares two values.
    #[pyfunction("cmp_to_key(mycmp)")]
    fn cmp_to_key(mycmp: &Value, vm: &Vm) -> Value {
        compare_key::KeyWrapper::of(mycmp.clone(), None, vm)
    }
}
