//! `functools.Placeholder`: stands for a positional argument of a partial that comes later.

use std::cell::OnceCell;

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::{Args, Header, PyResult, Ref, Slots, Type, Value, Vm};

/// The type of the placeholder for positional arguments of partial.
#[pyclass(name = "_PlaceholderType", module = "functools", methods(Placeholder::METHODS), slots = SLOTS)]
pub struct Placeholder {
    header: Header,
}

const SLOTS: Slots = Slots { new: Some(placeholder_new), repr: Some(placeholder_repr), ..Slots::EMPTY };

#[derive(Default)]
struct State {
    placeholder: OnceCell<Value>,
}

/// The one placeholder of an interpreter.
pub(super) fn singleton(vm: &Vm) -> Value {
    let state = vm.state::<State>();
    state.placeholder.get_or_init(|| Ref::new(vm, Placeholder { header: Header::blank() }).into_value()).clone()
}

/// True for the placeholder.
pub(super) fn is_placeholder(value: &Value) -> bool {
    value.downcast_exact::<Placeholder>().is_some()
}

fn placeholder_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if args.is_empty() { Ok(singleton(vm)) } else { Err(vm.type_error("PlaceholderType takes no arguments")) }
}

fn placeholder_repr(_: &Value, vm: &Vm) -> PyResult {
    Ok(vm.new_str("Placeholder").into_value())
}

#[pymethods]
impl Placeholder {
    /// The name under which the module has it.
    #[method("__reduce__($self, /)")]
    fn reduce(&self) -> &'static str {
        "Placeholder"
    }
}
