//! `TypeAliasType`: what `type Name[Params] = …` makes (PEP 695).

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Signature, argument_type_name, bind, unbound};
use pyrope_object::layout::{Str, Tuple};
use pyrope_object::{Args, Header, PyResult, Ref, Slots, Type, Value, Vm};

use super::alias::generic_alias;
use super::caller_module;
use super::evaluator::Lazy;
use super::type_param::{default_of, unpack, unpacked_params};
use crate::containers::sequence::receiver;

/// Type alias.
///
/// Type aliases are created through the type statement::
///
///     type Alias = int
///
/// In this example, Alias and int will be treated equivalently by static
/// type checkers.
#[pyclass(
    name = "TypeAliasType", module = "typing", builtin = TypeAlias, flags(WEAKREF), slots = SLOTS,
    methods(TypeAliasType::METHODS), getset(TypeAliasType::GETSETS), signature = "(name, value, *, type_params=())"
)]
#[derive(Traverse)]
pub struct TypeAliasType {
    header: Header,
    name: Ref<Str>,
    value: Lazy,
    type_params: Ref<Tuple>,
    module: Value,
}

const SLOTS: Slots = Slots {
    new: Some(alias_new),
    repr: Some(|slf, vm| Ok(receiver!(TypeAliasType, slf, vm).name.to_value())),
    or: Some(super::union_of),
    iter: Some(|slf, vm| vm.iter(vm.tuple_of([unpack(slf, vm)?]).as_value())),
    mp_subscript: Some(|slf, item, vm| {
        if receiver!(TypeAliasType, slf, vm).type_params.is_empty() {
            return Err(vm.type_error("Only generic type aliases are subscriptable"));
        }
        Ok(generic_alias(slf, item, vm))
    }),
    ..Slots::EMPTY
};

fn make(class: &Type, name: Ref<Str>, value: Lazy, type_params: Ref<Tuple>, vm: &Vm) -> PyResult {
    let module = caller_module(vm)?;
    Ok(Ref::new_in(vm, class, TypeAliasType { header: Header::blank(), name, value, type_params, module }).into_value())
}

fn alias_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = Signature {
        function: "typealias",
        names: &["name", "value", "type_params"],
        posonly: 0,
        minpos: 2,
        maxpos: 2,
        minkw: 0,
        varargs: false,
        kwargs: false,
    };
    let mut slots = [None; 3];
    bind(&SIGNATURE, args, &mut slots, vm)?;
    let [Some(name), Some(value), params] = slots else { return Err(unbound("typealias", vm)) };
    let Some(name) = name.cast::<Str>() else {
        let kind = argument_type_name(name, vm);
        return Err(vm.type_error(format!("typealias() argument 'name' must be str, not {kind}")));
    };
    let params = match params {
        None => vm.new_tuple(Vec::new()),
        Some(params) => params.cast::<Tuple>().ok_or_else(|| vm.type_error("type_params must be a tuple"))?,
    };
    check_params(&params, vm)?;
    make(class, name, Lazy::known(Some(value.clone())), params, vm)
}

/// All are type parameters, and those with a default stand last.
fn check_params(params: &Tuple, vm: &Vm) -> PyResult<()> {
    let mut seen_default = false;
    for param in params.as_slice() {
        if default_of(param).is_none() {
            return Err(vm.type_error(format!("Expected a type param, got {}", vm.repr_text(param)?)));
        }
        let has = vm.is_true(&vm.call_method(param, "has_default", &[])?)?;
        if seen_default && !has {
            let shown = vm.repr_text(param)?;
            return Err(vm.type_error(format!("non-default type parameter '{shown}' follows default type parameter")));
        }
        seen_default |= has;
    }
    Ok(())
}

/// A type alias of the syntax `type Name[Params] = …`: `params` is a tuple or None, a function computes the value.
pub fn new_type_alias(name: &Value, params: &Value, evaluate: &Value, vm: &Vm) -> PyResult {
    let Some(name) = name.cast::<Str>() else { return Err(vm.type_error("name must be a string")) };
    let params = params.cast::<Tuple>().unwrap_or_else(|| vm.new_tuple(Vec::new()));
    make(vm.type_of::<TypeAliasType>(), name, Lazy::computed(evaluate.clone()), params, vm)
}

#[pymethods]
impl TypeAliasType {
    #[getter("__name__")]
    #[member]
    fn name(&self) -> Value {
        self.name.to_value()
    }

    #[getter("__value__")]
    fn value(&self, vm: &Vm) -> PyResult {
        Ok(self.value.get(vm)?.unwrap_or(Value::none()))
    }

    #[getter("evaluate_value")]
    fn evaluate_value(&self, vm: &Vm) -> Value {
        self.value.evaluator(vm)
    }

    #[getter("__type_params__")]
    fn type_params(&self) -> Value {
        self.type_params.to_value()
    }

    #[getter("__parameters__")]
    fn parameters(&self, vm: &Vm) -> PyResult {
        unpacked_params(&self.type_params, vm)
    }

    #[getter("__module__")]
    fn module(&self) -> Value {
        self.module.clone()
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self) -> Value {
        self.name.to_value()
    }
}
