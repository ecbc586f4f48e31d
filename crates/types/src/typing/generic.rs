//! `typing.Generic` and `typing.NoDefault`.

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::layout::PLAIN_LAYOUT;
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Value, Vm};

/// Abstract base class for generic types.
///
/// On Python 3.12 and newer, generic classes implicitly inherit from
/// Generic when they declare a parameter list after the class's name::
///
///     class Mapping[KT, VT]:
///         def __getitem__(self, key: KT) -> VT:
///             ...
///             # Etc.
///
/// On older versions of Python, however, generic classes have to
/// explicitly inherit from Generic.
#[pyclass(
    name = "Generic", module = "typing", layout = PLAIN_LAYOUT, builtin = Generic,
    flags(BASETYPE),
    methods(Generic::METHODS)
)]
pub struct Generic;

/// Calls a function of `typing` with the class before the arguments.
fn forward(name: &str, class: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let typing = vm.import("typing")?;
    let function = vm.get_attr_str(&typing, name)?;
    args.behind(class, |args| vm.call_args(&function, args))
}

#[pymethods]
impl Generic {
    /// Parameterizes a generic class.
    ///
    /// At least, parameterizing a generic class is the *main* thing this
    /// method does. For example, for some generic class `Foo`, this is called
    /// when we do `Foo[int]` - there, with `cls=Foo` and `params=int`.
    ///
    /// However, note that this method is also called when defining generic
    /// classes in the first place with `class Foo[T]: ...`.
    #[classmethod("__class_getitem__")]
    fn class_getitem(cls: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        forward("_generic_class_getitem", cls, args, vm)
    }

    /// Function to initialize subclasses.
    #[classmethod("__init_subclass__")]
    fn init_subclass(cls: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        forward("_generic_init_subclass", cls, args, vm)
    }
}

/// The type of the NoDefault singleton.
#[pyclass(
    name = "NoDefaultType", builtin = NoDefaultType, slots = NO_DEFAULT_SLOTS, methods(NoDefaultType::METHODS)
)]
pub struct NoDefaultType {
    header: Header,
}

const NO_DEFAULT_SLOTS: Slots = Slots {
    new: Some(|_, args, vm| match args.is_empty() {
        true => Ok(no_default(vm)),
        false => Err(vm.type_error("NoDefaultType takes no arguments")),
    }),
    repr: Some(|_, vm| Ok(vm.intern("typing.NoDefault").into_value())),
    ..Slots::EMPTY
};

#[derive(Default)]
struct NoDefaultState {
    singleton: Guarded<Option<Value>>,
}

/// `typing.NoDefault`
pub fn no_default(vm: &Vm) -> Value {
    let state = vm.state::<NoDefaultState>();
    if let Some(known) = state.singleton.get() {
        return known;
    }
    let new = Ref::new(vm, NoDefaultType { header: Header::blank() }).into_value();
    state.singleton.set(Some(new.clone()));
    new
}

#[pymethods]
impl NoDefaultType {
    #[method("__reduce__($self, /)")]
    fn reduce(_slf: &Value, vm: &Vm) -> Value {
        vm.intern("NoDefault").into_value()
    }
}
