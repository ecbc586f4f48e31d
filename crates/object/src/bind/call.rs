//! Calling a native function: the checks that are the caller's.

use crate::args::Args;
use crate::bind::convert::full_type_name;
use crate::error::{PyResult, Raised};
use crate::reference::{Object, Ref};
use crate::ty::Type;
use crate::typedef::{MethodDef, NativeFn, TypeDef};
use crate::value::Value;
use crate::vm::Vm;

/// Calls `def` on `slf` (an instance, a class or a module) after the checks that CPython makes from its flags.
/// `owner` is what messages show before the name: the type's `__name__`, or the module's name unless it is `builtins`.
#[inline]
pub fn call_native(def: &MethodDef, owner: Option<&str>, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    match enter(def, slf, args, vm) {
        Some(result) => result,
        None => Err(refuse(def, owner, args, vm)),
    }
}

/// Calls, unless the arguments cannot be for a function of this kind.
#[inline]
fn enter(def: &MethodDef, slf: &Value, args: Args<'_>, vm: &Vm) -> Option<PyResult> {
    match def.function {
        NativeFn::NoArgs(function) if args.is_empty() => Some(function(slf, vm)),
        NativeFn::One(function) if args.keyword_count() == 0 && args.values().len() == 1 => {
            Some(function(slf, &args.values()[0], vm))
        }
        NativeFn::Any(function) if args.keyword_count() == 0 || def.keywords => Some(function(slf, args, vm)),
        _ => None,
    }
}

#[cold]
fn refuse(def: &MethodDef, owner: Option<&str>, args: Args<'_>, vm: &Vm) -> Raised {
    let dot = if owner.is_some() { "." } else { "" };
    let (owner, name, given) = (owner.unwrap_or_default(), def.name, args.positional().len());
    vm.type_error(if args.keyword_count() != 0 {
        format!("{owner}{dot}{name}() takes no keyword arguments")
    } else if matches!(def.function, NativeFn::NoArgs(_)) {
        format!("{owner}{dot}{name}() takes no arguments ({given} given)")
    } else {
        format!("{owner}{dot}{name}() takes exactly one argument ({given} given)")
    })
}

/// True if a function with this text signature takes keyword arguments. One without a signature decides for itself.
pub const fn accepts_keywords(signature: &str) -> bool {
    let text = signature.as_bytes();
    if text.len() < 2 || text[0] != b'(' || text[text.len() - 1] != b')' {
        return true;
    }
    let (mut start, mut end) = (1, text.len() - 1);
    while end > start && text[end - 1].is_ascii_whitespace() {
        end -= 1;
    }
    if end > start && text[end - 1] == b'/' {
        return false;
    }
    // What follows the last positional-only marker: nothing but `*args` means that no parameter has a usable name.
    let mut at = start;
    while at + 1 < end {
        if text[at] == b'/' && text[at + 1] == b',' {
            start = at + 2;
        }
        at += 1;
    }
    while start < end && text[start].is_ascii_whitespace() {
        start += 1;
    }
    if end - start < 2 || text[start] != b'*' || text[start + 1] == b'*' {
        return true;
    }
    while start < end {
        if text[start] == b',' {
            return true;
        }
        start += 1;
    }
    false
}

/// Calls the instance method `def` of `owner` the way `owner.method(instance, …)` does: the first positional argument is
/// the instance, and is checked.
pub fn call_unbound(def: &MethodDef, owner: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let Some((slf, _)) = args.positional().split_first() else {
        let message = format!("unbound method {}.{}() needs an argument", owner.name(), def.name);
        return Err(vm.type_error(message));
    };
    let ty = slf.ty(vm);
    if !ty.is(owner) && !ty.is_subtype(owner) {
        return Err(wrong_receiver(def.name, &native_name(owner.def()), slf, vm));
    }
    let args = Args::new(&args.values()[1..], args.kwnames());
    match enter(def, slf, args, vm) {
        Some(result) => result,
        None => Err(refuse(def, Some(&owner.name()), args, vm)),
    }
}

/// Raises `descriptor 'append' for 'list' objects doesn't apply to a 'int' object`.
#[cold]
pub fn wrong_receiver(name: &str, owner: &str, slf: &Value, vm: &Vm) -> Raised {
    let other = full_type_name(slf, vm);
    vm.type_error(format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{other}' object"))
}

fn native_name(def: &TypeDef) -> String {
    if def.module == "builtins" { def.name.to_owned() } else { format!("{}.{}", def.module, def.name) }
}

/// The receiver of the method or attribute `name` as its layout.
#[inline]
pub fn receiver<'a, T: Object>(slf: &'a Value, name: &str, vm: &Vm) -> PyResult<&'a T> {
    match slf.downcast::<T>() {
        Some(this) => Ok(this),
        None => Err(wrong_receiver(name, &native_name(T::def()), slf, vm)),
    }
}

/// The receiver as an owned reference.
#[inline]
pub fn receiver_ref<T: Object>(slf: &Value, name: &str, vm: &Vm) -> PyResult<Ref<T>> {
    receiver::<T>(slf, name, vm).map(Ref::from_borrowed)
}
