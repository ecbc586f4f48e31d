//! `isinstance` and `issubclass`.

use pyrope_object::layout::Tuple;
use pyrope_object::{BuiltinType as B, PyResult, Type, Value, Vm};

/// `isinstance(object, class_or_tuple)`
pub fn is_instance(object: &Value, class: &Value, vm: &Vm) -> PyResult<bool> {
    if let Some(ty) = class.downcast::<Type>() {
        if object.ty(vm).is(ty) {
            return Ok(true);
        }
        if class.ty(vm).is(vm.builtin(B::Type)) {
            return recursive_isinstance(object, class, vm);
        }
    }
    if class.ty(vm).is(vm.builtin(B::Union)) {
        let args = vm.get_attr(class, vm.names().__args__.as_value())?;
        return is_instance(object, &args, vm);
    }
    vm.check_stack(" in __instancecheck__")?;
    if let Some(classes) = class.downcast::<Tuple>() {
        for class in classes.as_slice() {
            if is_instance(object, class, vm)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    match vm.call_special(class, &vm.names().__instancecheck__, std::slice::from_ref(object))? {
        Some(result) => vm.is_true(&result),
        None => recursive_isinstance(object, class, vm),
    }
}

/// `issubclass(class, class_or_tuple)`
pub fn is_subclass(derived: &Value, class: &Value, vm: &Vm) -> PyResult<bool> {
    if class.ty(vm).is(vm.builtin(B::Type)) {
        return if derived.is(class) { Ok(true) } else { recursive_issubclass(derived, class, vm) };
    }
    if class.ty(vm).is(vm.builtin(B::Union)) {
        let args = vm.get_attr(class, vm.names().__args__.as_value())?;
        return is_subclass(derived, &args, vm);
    }
    vm.check_stack(" in __subclasscheck__")?;
    if let Some(classes) = class.downcast::<Tuple>() {
        for class in classes.as_slice() {
            if is_subclass(derived, class, vm)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    match vm.call_special(class, &vm.names().__subclasscheck__, std::slice::from_ref(derived))? {
        Some(result) => vm.is_true(&result),
        None => recursive_issubclass(derived, class, vm),
    }
}

/// What `type.__instancecheck__` does: the real type, then what `__class__` claims.
pub(crate) fn recursive_isinstance(object: &Value, class: &Value, vm: &Vm) -> PyResult<bool> {
    if let Some(ty) = class.downcast::<Type>() {
        if object.ty(vm).is_subtype(ty) {
            return Ok(true);
        }
        if claims_its_type(object, vm) {
            return Ok(false);
        }
        let claimed = vm.find_attr(object, vm.names().__class__.as_value())?;
        return Ok(claimed
            .as_ref()
            .and_then(|c| c.downcast::<Type>())
            .is_some_and(|c| !c.is(object.ty(vm)) && c.is_subtype(ty)));
    }
    check_class(class, "isinstance() arg 2 must be a type, a tuple of types, or a union", vm)?;
    match vm.find_attr(object, vm.names().__class__.as_value())? {
        Some(claimed) => abstract_issubclass(&claimed, class, vm),
        None => Ok(false),
    }
}

/// Is an object's `__class__` that of every object, its type?
fn claims_its_type(object: &Value, vm: &Vm) -> bool {
    let (ty, plain, name) = (object.ty(vm), vm.builtin(B::Object), &vm.names().__class__);
    let generic = match (ty.slots().getattr, plain.slots().getattr) {
        (Some(own), Some(plain)) => std::ptr::fn_addr_eq(own, plain),
        _ => false,
    };
    generic && matches!((ty.lookup(name, vm), plain.lookup(name, vm)), (Some(own), Some(plain)) if own.is(&plain))
}

/// What `type.__subclasscheck__` does.
pub(crate) fn recursive_issubclass(derived: &Value, class: &Value, vm: &Vm) -> PyResult<bool> {
    if let (Some(derived), Some(class)) = (derived.downcast::<Type>(), class.downcast::<Type>()) {
        return Ok(derived.is_subtype(class));
    }
    check_class(derived, "issubclass() arg 1 must be a class", vm)?;
    check_class(class, "issubclass() arg 2 must be a class, a tuple of classes, or a union", vm)?;
    abstract_issubclass(derived, class, vm)
}

fn abstract_bases(class: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    Ok(vm.find_attr(class, vm.names().__bases__.as_value())?.filter(|b| b.downcast::<Tuple>().is_some()))
}

fn check_class(class: &Value, message: &str, vm: &Vm) -> PyResult<()> {
    match abstract_bases(class, vm)? {
        Some(_) => Ok(()),
        None => Err(vm.type_error(message)),
    }
}

fn abstract_issubclass(derived: &Value, class: &Value, vm: &Vm) -> PyResult<bool> {
    vm.check_stack(" in __issubclass__")?;
    if derived.is(class) {
        return Ok(true);
    }
    let Some(bases) = abstract_bases(derived, vm)? else { return Ok(false) };
    for base in bases.downcast::<Tuple>().map(Tuple::as_slice).unwrap_or_default() {
        if abstract_issubclass(base, class, vm)? {
            return Ok(true);
        }
    }
    Ok(false)
}
