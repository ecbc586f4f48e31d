//! Generic aliases, unions, type parameters, type aliases, templates.

pub mod alias;
pub mod evaluator;
pub mod generic;
pub mod params;
pub mod substitute;
pub mod template;
pub mod type_alias;
pub mod type_param;
pub mod union;

use pyrope_object::layout::Str;
use pyrope_object::{BuiltinType as B, Object, PyResult, Value, Vm};

use crate::TypeEntry;

pub use type_alias::new_type_alias;
pub use type_param::{new_paramspec, new_typevar, new_typevartuple, set_default};
pub use union::union_of;

/// The types of this folder.
pub(crate) const TYPES: &[TypeEntry] = &[
    <alias::GenericAlias as Object>::def,
    <union::Union as Object>::def,
    <type_param::TypeVar as Object>::def,
    <type_param::ParamSpec as Object>::def,
    <type_param::ParamSpecArgs as Object>::def,
    <type_param::ParamSpecKwargs as Object>::def,
    <type_param::TypeVarTuple as Object>::def,
    <type_alias::TypeAliasType as Object>::def,
    generic::Generic::def,
    <generic::NoDefaultType as Object>::def,
    <template::Template as Object>::def,
    <template::TemplateIter as Object>::def,
    <template::Interpolation as Object>::def,
];

/// Calls a function of `typing`.
pub(crate) fn call_typing(name: &str, args: &[Value], vm: &Vm) -> PyResult {
    let typing = vm.import("typing")?;
    vm.call_method(&typing, name, args)
}

/// `typing._type_check(arg, message)`, but for what needs no look.
pub(crate) fn type_check(arg: &Value, message: &str, vm: &Vm) -> PyResult {
    if arg.is_none() {
        return Ok(vm.builtin(B::NoneType).to_value());
    }
    if union::is_unionable(arg, vm) {
        return Ok(arg.clone());
    }
    call_typing("_type_check", &[arg.clone(), vm.new_str(message).into_value()], vm)
}

/// The `__name__` of the module of the running Python code, or None.
pub(crate) fn caller_module(vm: &Vm) -> PyResult {
    match vm.frame_globals() {
        Some(globals) => Ok(globals.get(vm.names().__name__.as_value(), vm)?.unwrap_or(Value::none())),
        None => Ok(Value::none()),
    }
}

/// How a type is shown inside an alias or a union.
pub(crate) fn type_repr(item: &Value, vm: &Vm) -> PyResult<String> {
    let names = vm.names();
    if item.is(&Value::ellipsis()) {
        return Ok("...".to_owned());
    }
    if item.is(&vm.builtin(B::NoneType).to_value()) {
        return Ok("None".to_owned());
    }
    let is_alias = vm.has_attr(item, names.__origin__.as_value())? && vm.has_attr(item, names.__args__.as_value())?;
    if !is_alias
        && let Some(qualname) = vm.find_attr(item, names.__qualname__.as_value())?
        && let Some(module) = vm.find_attr(item, names.__module__.as_value())?
        && !module.is_none()
    {
        let qualname = vm.str(&qualname)?.to_string_lossy().into_owned();
        return match module.downcast::<Str>() {
            Some(module) if module.equals_str("builtins") => Ok(qualname),
            _ => Ok(format!("{}.{qualname}", vm.str(&module)?.to_string_lossy())),
        };
    }
    vm.repr_text(item)
}
