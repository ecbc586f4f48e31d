//! The type parameters among the arguments of a generic type.

use pyrope_object::layout::{List, Tuple};
use pyrope_object::{PyResult, Ref, Type, Value, Vm};

/// The items of a tuple or list.
pub(crate) fn sequence_items(value: &Value) -> Option<Vec<Value>> {
    if let Some(tuple) = value.downcast::<Tuple>() {
        return Some(tuple.as_slice().to_vec());
    }
    value.downcast::<List>().map(List::to_vec)
}

fn add_unique(found: &mut Vec<Value>, param: &Value) {
    if !found.iter().any(|known| known.is(param)) {
        found.push(param.clone());
    }
}

fn collect(args: &[Value], found: &mut Vec<Value>, vm: &Vm) -> PyResult<()> {
    vm.check_stack("")?;
    for arg in args {
        if arg.downcast::<Type>().is_some() {
            continue;
        }
        if let Some(items) = sequence_items(arg) {
            collect(&items, found, vm)?;
        } else if vm.find_attr_str(arg, "__typing_subst__")?.is_some() {
            add_unique(found, arg);
        } else if let Some(inner) = vm.find_attr(arg, vm.names().__parameters__.as_value())?
            && let Some(inner) = inner.downcast::<Tuple>()
        {
            inner.as_slice().iter().for_each(|param| add_unique(found, param));
        }
    }
    Ok(())
}

/// `__parameters__` of a type with these arguments.
pub(crate) fn make_parameters(args: &[Value], vm: &Vm) -> PyResult<Ref<Tuple>> {
    let mut found = Vec::new();
    collect(args, &mut found, vm)?;
    Ok(vm.new_tuple(found))
}
