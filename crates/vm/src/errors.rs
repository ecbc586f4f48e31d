//! The exceptions that instructions raise, with CPython's words.

use pyrope_bytecode::{FastKind, SpecialMethod};
use pyrope_object::layout::Str;
use pyrope_object::{BuiltinType as B, PyResult, Raised, Ref, Value, Vm};

use crate::stack::Frame;

/// Is it an exception instance?
pub fn is_exception(value: &Value, vm: &Vm) -> bool {
    value.ty(vm).is_subtype(vm.builtin(B::BaseException))
}

/// The traceback of an exception.
pub fn traceback(exception: &Value) -> Option<Value> {
    pyrope_types::exceptions::traceback(exception)
}

/// Sets the traceback of an exception.
pub fn set_traceback(exception: &Value, traceback: Option<Value>) {
    pyrope_types::exceptions::set_traceback(exception, traceback);
}

/// UnboundLocalError for a fast local.
#[cold]
#[inline(never)]
pub fn unbound_local(frame: &Frame, index: usize, vm: &Vm) -> Raised {
    let name = frame.code().loaded().local_names[index].to_string_lossy();
    // It has no `name`: nothing else could have been meant.
    let message = format!("cannot access local variable '{name}' where it is not associated with a value");
    vm.raise(B::UnboundLocalError, message)
}

/// UnboundLocalError or NameError for an empty cell.
#[cold]
#[inline(never)]
pub fn unbound_cell(frame: &Frame, index: usize, vm: &Vm) -> Raised {
    let free = frame.code().localspluskinds().get(index).is_some_and(|kind| kind & FastKind::FREE != 0);
    if !free {
        return unbound_local(frame, index, vm);
    }
    let name = &frame.code().loaded().local_names[index];
    let text = name.to_string_lossy();
    named(
        B::NameError,
        &format!("cannot access free variable '{text}' where it is not associated with a value in enclosing scope"),
        name,
        vm,
    )
}

/// `name 'x' is not defined`
#[cold]
#[inline(never)]
pub fn undefined_name(name: &Ref<Str>, vm: &Vm) -> Raised {
    named(B::NameError, &format!("name '{}' is not defined", name.to_string_lossy()), name, vm)
}

/// An exception with a `name` attribute.
fn named(kind: B, message: &str, name: &Ref<Str>, vm: &Vm) -> Raised {
    let raised = vm.raise(kind, message);
    let exception = vm.catch(raised);
    match vm.set_attr(&exception, vm.names().name.as_value(), Some(name.as_value())) {
        Ok(()) => vm.reraise(exception),
        Err(raised) => raised,
    }
}

/// What messages about calls show of a callable: `f()` or `module.f()`.
pub fn callable_text(callable: &Value, vm: &Vm) -> PyResult<String> {
    let Some(qualname) = vm.find_attr(callable, vm.names().__qualname__.as_value())? else {
        return Ok(vm.str(callable)?.to_string_lossy().into_owned());
    };
    let qualname = vm.str(&qualname)?.to_string_lossy().into_owned();
    if let Some(module) = vm.find_attr(callable, vm.names().__module__.as_value())?
        && !module.is_none()
        && !module.downcast::<Str>().is_some_and(|m| m.equals_str("builtins"))
    {
        return Ok(format!("{}.{qualname}()", vm.str(&module)?.to_string_lossy()));
    }
    Ok(format!("{qualname}()"))
}

/// TypeError about a call of `callable`.
fn about_call(callable: &Value, vm: &Vm, message: impl FnOnce(String) -> String) -> Raised {
    match callable_text(callable, vm) {
        Ok(text) => vm.type_error(message(text)),
        Err(raised) => raised,
    }
}

/// `f() argument after ** must be a mapping, not int`
#[cold]
pub fn not_a_mapping(callable: &Value, value: &Value, vm: &Vm) -> Raised {
    let kind = vm.type_name(value);
    about_call(callable, vm, |f| format!("{f} argument after ** must be a mapping, not {kind}"))
}

/// `f() argument after * must be an iterable, not int`
#[cold]
pub fn not_an_iterable_argument(callable: &Value, value: &Value, vm: &Vm) -> Raised {
    let kind = vm.type_name(value);
    about_call(callable, vm, |f| format!("{f} argument after * must be an iterable, not {kind}"))
}

/// `f() got multiple values for keyword argument 'x'`
#[cold]
pub fn repeated_keyword(callable: &Value, key: &Value, vm: &Vm) -> Raised {
    match vm.str(key) {
        Ok(key) => {
            let key = key.to_string_lossy().into_owned();
            about_call(callable, vm, |f| format!("{f} got multiple values for keyword argument '{key}'"))
        }
        Err(raised) => raised,
    }
}

/// TypeError for a `with` over something else.
#[cold]
pub fn no_context_manager(object: &Value, which: SpecialMethod, vm: &Vm) -> Raised {
    let ty = object.ty(vm);
    let kind = pyrope_object::bind::full_type_name(object, vm);
    let names = vm.names();
    let has = |enter: &Ref<Str>, exit: &Ref<Str>| ty.lookup(enter, vm).is_some() && ty.lookup(exit, vm).is_some();
    let (protocol, missing) = match which {
        SpecialMethod::Enter => ("context manager", "__enter__"),
        SpecialMethod::Exit => ("context manager", "__exit__"),
        SpecialMethod::AsyncEnter => ("asynchronous context manager", "__aenter__"),
        SpecialMethod::AsyncExit => ("asynchronous context manager", "__aexit__"),
    };
    let hint = match which {
        SpecialMethod::Enter | SpecialMethod::Exit if has(&names.__aenter__, &names.__aexit__) => {
            " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?"
        }
        SpecialMethod::AsyncEnter | SpecialMethod::AsyncExit if has(&names.__enter__, &names.__exit__) => {
            " but it supports the context manager protocol. Did you mean to use 'with'?"
        }
        _ => "",
    };
    vm.type_error(format!("'{kind}' object does not support the {protocol} protocol (missed {missing} method){hint}"))
}
