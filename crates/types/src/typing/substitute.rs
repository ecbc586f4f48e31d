//! Putting arguments in the place of type parameters.

use pyrope_object::layout::{List, Tuple};
use pyrope_object::{PyResult, Ref, Type, Value, Vm};

use super::params::sequence_items;

/// `*tuple[int, str]` among the arguments stands for its items.
fn unpack_items(item: &Value, vm: &Vm) -> PyResult<Vec<Value>> {
    let given = match item.downcast::<Tuple>() {
        Some(tuple) => tuple.as_slice().to_vec(),
        None => vec![item.clone()],
    };
    let mut items = Vec::with_capacity(given.len());
    for item in given {
        if item.downcast::<Type>().is_some() {
            items.push(item);
            continue;
        }
        let inner = vm.find_attr(&item, vm.names().__typing_unpacked_tuple_args__.as_value())?;
        match inner.as_ref().and_then(|inner| inner.downcast::<Tuple>()) {
            Some(inner) if !inner.as_slice().last().is_some_and(|last| last.is(&Value::ellipsis())) => {
                items.extend_from_slice(inner.as_slice());
            }
            _ => items.push(item),
        }
    }
    Ok(items)
}

fn is_unpacked_typevartuple(arg: &Value, vm: &Vm) -> PyResult<bool> {
    if arg.downcast::<Type>().is_some() {
        return Ok(false);
    }
    match vm.find_attr_str(arg, "__typing_is_unpacked_typevartuple__")? {
        Some(flag) => vm.is_true(&flag),
        None => Ok(false),
    }
}

/// Substitutes in an argument that is generic itself, such as `list[T]`.
fn substitute_inside(arg: Value, params: &[Value], items: &[Value], vm: &Vm) -> PyResult {
    let inner = vm.find_attr(&arg, vm.names().__parameters__.as_value())?;
    let Some(inner) = inner.as_ref().and_then(|inner| inner.downcast::<Tuple>()).filter(|inner| !inner.is_empty())
    else {
        return Ok(arg);
    };
    let mut chosen = Vec::with_capacity(inner.len());
    for param in inner.as_slice() {
        match params.iter().position(|known| known.is(param)).and_then(|at| items.get(at)) {
            Some(item) => match item.downcast::<Tuple>() {
                Some(several) if param.ty(vm).slots().iter.is_some() => chosen.extend_from_slice(several.as_slice()),
                _ => chosen.push(item.clone()),
            },
            None => chosen.push(param.clone()),
        }
    }
    vm.get_item(&arg, vm.new_tuple(chosen).as_value())
}

/// The arguments of `alias` with `item` in place of its parameters.
pub(crate) fn substitute(
    alias: &Value,
    args: &[Value],
    params: &Ref<Tuple>,
    item: &Value,
    vm: &Vm,
) -> PyResult<Vec<Value>> {
    vm.check_stack("")?;
    let params = params.as_slice();
    if params.is_empty() {
        return Err(vm.type_error(format!("{} is not a generic class", vm.repr_text(alias)?)));
    }
    let mut item = vm.new_tuple(unpack_items(item, vm)?).into_value();
    for param in params {
        if let Some(prepare) = vm.find_attr(param, vm.names().__typing_prepare_subst__.as_value())?
            && !prepare.is_none()
        {
            let given = match item.downcast::<Tuple>() {
                Some(_) => item.clone(),
                None => vm.tuple_of([item.clone()]).into_value(),
            };
            item = vm.call(&prepare, &[alias.clone(), given])?;
        }
    }
    let items = match item.downcast::<Tuple>() {
        Some(tuple) => tuple.as_slice().to_vec(),
        None => vec![item.clone()],
    };
    if items.len() != params.len() {
        let word = if items.len() > params.len() { "many" } else { "few" };
        let (shown, given, expected) = (vm.repr_text(alias)?, items.len(), params.len());
        return Err(vm.type_error(format!("Too {word} arguments for {shown}; actual {given}, expected {expected}")));
    }
    replace_each(alias, args, params, &items, vm)
}

fn replace_each(alias: &Value, args: &[Value], params: &[Value], items: &[Value], vm: &Vm) -> PyResult<Vec<Value>> {
    vm.check_stack("")?;
    let mut result = Vec::with_capacity(args.len());
    for arg in args {
        if arg.downcast::<Type>().is_some() {
            result.push(arg.clone());
            continue;
        }
        if let Some(inner) = sequence_items(arg) {
            let replaced = replace_each(alias, &inner, params, items, vm)?;
            result.push(match arg.downcast::<List>() {
                Some(_) => vm.new_list(replaced).into_value(),
                None => vm.new_tuple(replaced).into_value(),
            });
            continue;
        }
        let unpack = is_unpacked_typevartuple(arg, vm)?;
        let replaced = match vm.find_attr_str(arg, "__typing_subst__")? {
            Some(subst) => match params.iter().position(|param| param.is(arg)).and_then(|at| items.get(at)) {
                Some(item) => vm.call(&subst, std::slice::from_ref(item))?,
                None => {
                    let shown = vm.repr_text(arg)?;
                    let message = format!("argument {shown} with __typing_subst__ was not found in __parameters__");
                    return Err(vm.type_error(message));
                }
            },
            None => substitute_inside(arg.clone(), params, items, vm)?,
        };
        if !unpack {
            result.push(replaced);
            continue;
        }
        match replaced.downcast::<Tuple>() {
            Some(several) => result.extend_from_slice(several.as_slice()),
            None => {
                return Err(vm.type_error(format!(
                    "expected __typing_subst__ of {} objects to return a tuple, not {}",
                    vm.type_name(arg),
                    vm.type_name(&replaced)
                )));
            }
        }
    }
    Ok(result)
}
