//! Exception classes that modules make for themselves.

use std::cell::OnceCell;

use pyrope_object::{BuiltinType as B, PyResult, Raised, Value, Vm};

/// `class name(base)` of a module.
pub fn new_class(module: &str, name: &str, base: B, vm: &Vm) -> PyResult {
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.new_str(module).into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(base).to_value()]).into_value();
    vm.call(&vm.builtin(B::Type).to_value(), &[vm.new_str(name).into_value(), bases, namespace.into_value()])
}

/// A class made on first use.
pub fn once(cell: &OnceCell<Value>, module: &str, name: &str, base: B, vm: &Vm) -> PyResult {
    if let Some(class) = cell.get() {
        return Ok(class.clone());
    }
    let class = new_class(module, name, base, vm)?;
    Ok(cell.get_or_init(|| class).clone())
}

/// Raises `class(message)`.
#[cold]
pub fn raise(class: PyResult, message: &str, vm: &Vm) -> Raised {
    match class {
        Ok(class) => vm.raise_class(&class, &[vm.new_str(message).into_value()]),
        Err(raised) => raised,
    }
}
