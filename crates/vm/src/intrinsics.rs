//! The functions behind CALL_INTRINSIC_1 and CALL_INTRINSIC_2.

use pyrope_bytecode::{CodeFlags, Intrinsic1, Intrinsic2};
use pyrope_object::layout::{List, Str, Tuple};
use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};
use pyrope_types::typing;

use crate::function::Function;
use crate::generator::AsyncGenWrappedValue;
use crate::stack::Frame;

/// Unary functions.
#[inline(never)]
pub fn unary(number: u32, value: &Value, frame: &Frame, vm: &Vm) -> PyResult {
    match Intrinsic1::from_number(number) {
        Some(Intrinsic1::Print) => print_expression(value, vm),
        Some(Intrinsic1::ImportStar) => crate::imports::import_star(value, frame, vm),
        Some(Intrinsic1::StopIterationError) => stop_iteration_error(value, frame, vm),
        Some(Intrinsic1::AsyncGenWrap) => Ok(AsyncGenWrappedValue::wrap(value.clone(), vm)),
        Some(Intrinsic1::UnaryPositive) => vm.positive(value),
        Some(Intrinsic1::ListToTuple) => match value.downcast::<List>() {
            Some(list) => Ok(vm.new_tuple(list.to_vec()).into_value()),
            None => Err(vm.system_error("INTRINSIC_LIST_TO_TUPLE without list")),
        },
        Some(Intrinsic1::TypeVar) => typing::new_typevar(value, None, None, vm),
        Some(Intrinsic1::ParamSpec) => typing::new_paramspec(value, vm),
        Some(Intrinsic1::TypeVarTuple) => typing::new_typevartuple(value, vm),
        Some(Intrinsic1::SubscriptGeneric) => subscript_generic(value, vm),
        Some(Intrinsic1::TypeAlias) => type_alias(value, vm),
        Some(Intrinsic1::Invalid) | None => Err(vm.system_error("unknown intrinsic function")),
    }
}

/// Binary functions.
#[inline(never)]
pub fn binary(number: u32, first: &Value, second: &Value, vm: &Vm) -> PyResult {
    match Intrinsic2::from_number(number) {
        Some(Intrinsic2::PrepReraiseStar) => crate::matching::prepare_reraise(first, second, vm),
        Some(Intrinsic2::TypeVarWithBound) => typing::new_typevar(first, Some(second), None, vm),
        Some(Intrinsic2::TypeVarWithConstraints) => typing::new_typevar(first, None, Some(second), vm),
        Some(Intrinsic2::SetFunctionTypeParams) => {
            if let Some(function) = first.downcast::<Function>() {
                function.set_type_params_value(second.clone());
            }
            Ok(first.clone())
        }
        Some(Intrinsic2::SetTypeParamDefault) => {
            typing::set_default(first, second, vm)?;
            Ok(first.clone())
        }
        Some(Intrinsic2::Invalid) | None => Err(vm.system_error("unknown intrinsic function")),
    }
}

/// `sys.displayhook(value)`
fn print_expression(value: &Value, vm: &Vm) -> PyResult {
    let sys = match vm.interp().modules.get() {
        Some(modules) => modules.get(vm.names().sys.as_value(), vm)?,
        None => None,
    };
    let hook = match sys {
        Some(sys) => vm.find_attr_str(&sys, "displayhook")?,
        None => None,
    };
    match hook {
        Some(hook) => vm.call(&hook, std::slice::from_ref(value)),
        None => Err(vm.runtime_error("lost sys.displayhook")),
    }
}

/// StopIteration and StopAsyncIteration must not leave a generator.
fn stop_iteration_error(value: &Value, frame: &Frame, vm: &Vm) -> PyResult {
    let ty = value.ty(vm);
    let code = frame.code();
    let message = if ty.is_subtype(vm.builtin(B::StopIteration)) {
        match code.flags {
            flags if flags & CodeFlags::ASYNC_GENERATOR != 0 => "async generator raised StopIteration",
            flags if flags & CodeFlags::COROUTINE != 0 => "coroutine raised StopIteration",
            _ => "generator raised StopIteration",
        }
    } else if code.has(CodeFlags::ASYNC_GENERATOR) && ty.is_subtype(vm.builtin(B::StopAsyncIteration)) {
        "async generator raised StopAsyncIteration"
    } else {
        return Ok(value.clone());
    };
    let raised = vm.runtime_error(message);
    let error = vm.catch(raised);
    vm.set_attr(&error, vm.names().__cause__.as_value(), Some(value))?;
    vm.set_attr(&error, vm.names().__context__.as_value(), Some(value))?;
    Ok(error)
}

/// `Generic[params]` for a class with type parameters.
fn subscript_generic(params: &Value, vm: &Vm) -> PyResult {
    let class = vm.builtin(B::Generic).to_value();
    let unpacked: Vec<Value> = match params.downcast::<Tuple>() {
        Some(tuple) => {
            let mut items = Vec::with_capacity(tuple.len());
            for item in tuple.as_slice() {
                // `*Ts` stands for what the variable is replaced by.
                if item.ty(vm).is(vm.builtin(B::TypeVarTuple)) {
                    let iterator = vm.iter(item)?;
                    items.push(vm.next(&iterator)?.unwrap_or_else(|| item.clone()));
                } else {
                    items.push(item.clone());
                }
            }
            items
        }
        None => vec![params.clone()],
    };
    let key = vm.new_tuple(unpacked).into_value();
    vm.get_item(&class, &key)
}

/// `type Name[Params] = …`: name, parameters, and the function that computes the value.
fn type_alias(parts: &Value, vm: &Vm) -> PyResult {
    let Some(tuple) = parts.cast::<Tuple>() else { return Err(vm.system_error("type alias without parts")) };
    match tuple.as_slice() {
        [name, params, evaluate] if name.downcast::<Str>().is_some() => {
            typing::new_type_alias(name, params, evaluate, vm)
        }
        _ => Err(vm.system_error("type alias without parts")),
    }
}
