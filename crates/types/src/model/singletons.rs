//! The types of `None`, `Ellipsis` and `NotImplemented`.

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::{Args, BuiltinType as B, Header, PyResult, Slots, Type, Value, Vm};

/// The type of the None singleton.
#[pyclass(name = "NoneType", signature = "()", builtin = NoneType, slots = NONE_SLOTS)]
pub struct NoneType {
    header: Header,
}

/// The type of the Ellipsis singleton.
#[pyclass(name = "ellipsis", signature = "()", builtin = Ellipsis, slots = ELLIPSIS_SLOTS, methods(EllipsisType::METHODS))]
pub struct EllipsisType {
    header: Header,
}

/// The type of the NotImplemented singleton.
#[pyclass(
    name = "NotImplementedType", signature = "()", builtin = NotImplementedType, slots = NOT_IMPLEMENTED_SLOTS,
    methods(NotImplementedType::METHODS)
)]
pub struct NotImplementedType {
    header: Header,
}

fn no_arguments(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    if args.is_empty() { Ok(()) } else { Err(vm.type_error(format!("{} takes no arguments", class.name()))) }
}

const NONE_SLOTS: Slots = Slots {
    new: Some(|class, args, vm| no_arguments(class, args, vm).map(|()| Value::none())),
    repr: Some(|_, vm| Ok(vm.intern("None").into_value())),
    bool: Some(|_, _| Ok(false)),
    // A constant, so that sets with None have one order from run to run.
    hash: Some(|_, _| Ok(0xFCA8_6420)),
    richcompare: Some(|slf, other, op, vm| match vm.builtin(B::Object).slots().richcompare {
        Some(compare) => compare(slf, other, op, vm),
        None => Ok(Value::not_implemented()),
    }),
    ..Slots::EMPTY
};

const ELLIPSIS_SLOTS: Slots = Slots {
    new: Some(|_, args, vm| match args.is_empty() {
        true => Ok(Value::ellipsis()),
        false => Err(vm.type_error("EllipsisType takes no arguments")),
    }),
    repr: Some(|_, vm| Ok(vm.intern("Ellipsis").into_value())),
    ..Slots::EMPTY
};

const NOT_IMPLEMENTED_SLOTS: Slots = Slots {
    new: Some(|class, args, vm| no_arguments(class, args, vm).map(|()| Value::not_implemented())),
    repr: Some(|_, vm| Ok(vm.intern("NotImplemented").into_value())),
    bool: Some(|_, vm| Err(vm.type_error("NotImplemented should not be used in a boolean context"))),
    ..Slots::EMPTY
};

#[pymethods]
impl EllipsisType {
    #[method("__reduce__($self, /)")]
    fn reduce(_slf: &Value, vm: &Vm) -> Value {
        vm.intern("Ellipsis").into_value()
    }
}

#[pymethods]
impl NotImplementedType {
    #[method("__reduce__($self, /)")]
    fn reduce(_slf: &Value, vm: &Vm) -> Value {
        vm.intern("NotImplemented").into_value()
    }
}
