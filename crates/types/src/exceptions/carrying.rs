//! Small kinds that carry a field or two.

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::{Signature, bind};
use pyrope_object::{Args, BuiltinType as B, Dict, PyResult, Ref, Slots, Tuple, Value, Vm};

use super::base::{BaseException, Exception, args as args_of, init_args, reduced};
use super::members::{layout, members};

layout! {
    /// Signal the end from iterator.__next__().
    #[pyclass(
        name = "StopIteration", base = Exception, builtin = StopIteration, flags(BASETYPE, GC, DICT),
        slots = STOP_SLOTS, getset(STOP_MEMBERS)
    )]
    StopIteration { value }
}

members! { STOP_MEMBERS: StopIteration { "value" value "generator return value"; } }

const STOP_SLOTS: Slots = Slots { new: Some(super::base::new::<StopIteration>), init: Some(stop_init), ..Slots::EMPTY };

fn stop_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    super::base::init(slf, args, vm)?;
    if let Some(this) = slf.downcast::<StopIteration>() {
        this.value.set(Some(args.positional().first().cloned().unwrap_or(Value::none())));
    }
    Ok(())
}

/// What a StopIteration carries; None for other objects.
pub fn stop_iteration_value(exception: &Value) -> Value {
    exception.downcast::<StopIteration>().and_then(|e| e.value.get()).unwrap_or(Value::none())
}

layout! {
    /// Request to exit from the interpreter.
    #[pyclass(
        name = "SystemExit", base = BaseException, builtin = SystemExit, flags(BASETYPE, GC, DICT),
        slots = EXIT_SLOTS, getset(EXIT_MEMBERS)
    )]
    SystemExit { code }
}

members! { EXIT_MEMBERS: SystemExit { "code" code "exception code"; } }

const EXIT_SLOTS: Slots = Slots { new: Some(super::base::new::<SystemExit>), init: Some(exit_init), ..Slots::EMPTY };

fn exit_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    super::base::init(slf, args, vm)?;
    let code = match args.positional() {
        [] => return Ok(()),
        [one] => one.clone(),
        more => vm.tuple_from_slice(more).into_value(),
    };
    if let Some(this) = slf.downcast::<SystemExit>() {
        this.code.set(Some(code));
    }
    Ok(())
}

layout! {
    /// Name not found globally.
    #[pyclass(
        name = "NameError", base = Exception, builtin = NameError, flags(BASETYPE, GC, DICT),
        slots = NAME_SLOTS, getset(NAME_MEMBERS)
    )]
    NameError { name }
}

members! { NAME_MEMBERS: NameError { "name" name "name"; } }

const NAME_SLOTS: Slots = Slots { new: Some(super::base::new::<NameError>), init: Some(name_init), ..Slots::EMPTY };

static NAME_SIGNATURE: Signature = keyword_only("NameError", &["name"]);

/// A signature of optional keyword-only parameters.
pub(super) const fn keyword_only(function: &'static str, names: &'static [&'static str]) -> Signature {
    Signature { function, names, posonly: 0, minpos: 0, maxpos: 0, minkw: 0, varargs: true, kwargs: false }
}

fn name_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let mut fields = [None];
    bind(&NAME_SIGNATURE, args, &mut fields, vm)?;
    init_args(slf, args, vm);
    if let Some(this) = slf.downcast::<NameError>() {
        this.name.set(fields[0].cloned());
    }
    Ok(())
}

layout! {
    /// Attribute not found.
    #[pyclass(
        name = "AttributeError", base = Exception, builtin = AttributeError, flags(BASETYPE, GC, DICT),
        slots = ATTRIBUTE_SLOTS, methods(AttributeError::METHODS), getset(ATTRIBUTE_MEMBERS)
    )]
    AttributeError { name, obj }
}

members! {
    ATTRIBUTE_MEMBERS: AttributeError {
        "name" name "attribute name";
        "obj" obj "object";
    }
}

const ATTRIBUTE_SLOTS: Slots =
    Slots { new: Some(super::base::new::<AttributeError>), init: Some(attribute_init), ..Slots::EMPTY };

static ATTRIBUTE_SIGNATURE: Signature = keyword_only("AttributeError", &["name", "obj"]);

fn attribute_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let mut fields = [None; 2];
    bind(&ATTRIBUTE_SIGNATURE, args, &mut fields, vm)?;
    init_args(slf, args, vm);
    if let Some(this) = slf.downcast::<AttributeError>() {
        this.name.set(fields[0].cloned());
        this.obj.set(fields[1].cloned());
    }
    Ok(())
}

/// A copy of the instance's dict, or a new one, with the fields that are set.
pub(super) fn dict_with(slf: &Value, fields: &[(&str, Option<Value>)], vm: &Vm) -> PyResult<Ref<Dict>> {
    let dict = vm.new_dict();
    for (name, value) in slf.instance_attributes(vm) {
        dict.set(name, value, vm)?;
    }
    for (name, value) in fields {
        if let Some(value) = value {
            dict.set_str(name, value.clone(), vm)?;
        }
    }
    Ok(dict)
}

#[pymethods]
impl AttributeError {
    #[method("__getstate__($self, /)")]
    fn getstate(slf: &Value, vm: &Vm) -> PyResult<Ref<Dict>> {
        // `obj` is left out: it can be anything, and often cannot be pickled.
        let name = slf.downcast::<AttributeError>().and_then(|e| e.name.get());
        dict_with(slf, &[("name", name), ("args", Some(args_of(slf, vm).into_value()))], vm)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult<Ref<Tuple>> {
        let state = AttributeError::getstate(slf, vm)?.into_value();
        Ok(reduced(slf, args_of(slf, vm).into_value(), state, vm))
    }
}

/// `KeyError.__str__`: a sole argument is shown as its repr, so that `''` and spaces can be seen.
pub(super) fn key_error_str(slf: &Value, vm: &Vm) -> PyResult {
    match args_of(slf, vm).as_slice() {
        [one] => vm.repr(one).map(Ref::into_value),
        _ => super::base::str(slf, vm),
    }
}

/// Sets the fields of an AttributeError that are not set yet, as a failing look-up does.
pub fn fill_attribute_error(exception: &Value, object: &Value, name: &Value) {
    if let Some(this) = exception.downcast::<AttributeError>() {
        let unset = this.name.with(Option::is_none) && this.obj.with(Option::is_none);
        if unset {
            this.name.set(Some(name.clone()));
            this.obj.set(Some(object.clone()));
        }
    }
}

/// Raises NameError with a message and its `name`.
#[cold]
pub fn name_error_for(vm: &Vm, message: &str, name: &Value) -> pyrope_object::Raised {
    let raised = vm.raise(B::NameError, message);
    let exception = vm.catch(raised);
    if let Some(this) = exception.downcast::<NameError>() {
        this.name.set(Some(name.clone()));
    }
    vm.reraise(exception)
}
