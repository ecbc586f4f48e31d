//! `bool`

use pyrope_macros::pyclass;
use pyrope_object::bind::check_positional;
use pyrope_object::layout::{INT_LAYOUT, Int};
use pyrope_object::{Args, BuiltinType as B, PyResult, Slots, Type, Value, Vm};

/// Returns True when the argument is true, False otherwise.
/// The builtins True and False are the only two instances of the class bool.
/// The class bool is a subclass of the class int, and cannot be subclassed.
#[pyclass(
    name = "bool", layout = INT_LAYOUT, base = Int, builtin = Bool, signature = "(object=False, /)",
    flags(MATCH_SELF), slots = SLOTS
)]
pub struct BoolType;

const SLOTS: Slots = Slots {
    new: Some(bool_new),
    repr: Some(repr),
    and: Some(and),
    or: Some(or),
    xor: Some(xor),
    invert: Some(invert),
    ..Slots::EMPTY
};

fn bool_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    match check_positional("bool", args, 0, 1, vm)? {
        [] => Ok(Value::bool(false)),
        [value, ..] => Ok(Value::bool(vm.is_true(value)?)),
    }
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    Ok(vm.intern(if slf.as_bool() == Some(true) { "True" } else { "False" }).into_value())
}

macro_rules! logical {
    ($($name:ident $symbol:tt;)*) => {$(
        fn $name(a: &Value, b: &Value, vm: &Vm) -> PyResult {
            match (a.as_bool(), b.as_bool()) {
                (Some(a), Some(b)) => Ok(Value::bool(a $symbol b)),
                _ => match vm.builtin(B::Int).slots().$name {
                    Some(operation) => operation(a, b, vm),
                    None => Ok(Value::not_implemented()),
                },
            }
        }
    )*};
}

logical! {
    and &;
    or |;
    xor ^;
}

fn invert(slf: &Value, vm: &Vm) -> PyResult {
    vm.warn(
        B::DeprecationWarning,
        "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the bitwise \
         inversion of the underlying int object and is usually not what you expect from negating a bool. Use the 'not' \
         operator for boolean negation or ~int(x) if you really want the bitwise inversion of the underlying int.",
        1,
    )?;
    Ok(vm.int(if slf.as_bool() == Some(true) { -2 } else { -1 }))
}
