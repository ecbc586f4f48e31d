//! Attribute access.

use crate::bind::{full_name, full_type_name};
use crate::builtin::BuiltinType as B;
use crate::error::PyResult;
use crate::layout::Str;
use crate::reference::Ref;
use crate::slots::GetattrFn;
use crate::ty::Type;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// `getattr(object, name)`; `name` is a `str`.
    #[inline]
    pub fn get_attr(&self, object: &Value, name: &Value) -> PyResult {
        self.check_stack("")?;
        match object.ty(self).slots().getattr {
            Some(getattr) => getattr(object, name, self),
            None => Err(self.no_attribute(object, name)),
        }
    }

    /// `getattr(object, "name")`
    pub fn get_attr_str(&self, object: &Value, name: &str) -> PyResult {
        self.get_attr(object, self.intern(name).as_value())
    }

    /// The attribute, or `None` where `getattr` raises AttributeError.
    pub fn find_attr(&self, object: &Value, name: &Value) -> PyResult<Option<Value>> {
        // The common cases make no exception just to drop it.
        let getattr = object.ty(self).slots().getattr;
        let is = |known: GetattrFn| getattr.is_some_and(|getattr| std::ptr::fn_addr_eq(getattr, known));
        let found = if is(generic_getattr) {
            generic_find_attr(object, name, self)
        } else if is(type_getattr) {
            type_find_attr(object, name, self)
        } else {
            self.get_attr(object, name).map(Some)
        };
        match found {
            Err(raised) => self.suppress(Err(raised), B::AttributeError),
            found => found,
        }
    }

    /// The attribute named by Rust text, or `None`.
    pub fn find_attr_str(&self, object: &Value, name: &str) -> PyResult<Option<Value>> {
        self.find_attr(object, self.intern(name).as_value())
    }

    /// `hasattr(object, name)`
    pub fn has_attr(&self, object: &Value, name: &Value) -> PyResult<bool> {
        Ok(self.find_attr(object, name)?.is_some())
    }

    /// `setattr(object, name, value)`, or `delattr` with no value.
    pub fn set_attr(&self, object: &Value, name: &Value, value: Option<&Value>) -> PyResult<()> {
        self.check_stack("")?;
        match object.ty(self).slots().setattr {
            Some(setattr) => setattr(object, name, value, self),
            None => Err(self.no_attribute(object, name)),
        }
    }

    /// `setattr(object, "name", value)`
    pub fn set_attr_str(&self, object: &Value, name: &str, value: &Value) -> PyResult<()> {
        self.set_attr(object, self.intern(name).as_value(), Some(value))
    }

    /// AttributeError for an object without that attribute, carrying `name` and `obj`.
    pub fn no_attribute(&self, object: &Value, name: &Value) -> crate::error::Raised {
        let text = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let message = match object.downcast::<Type>() {
            Some(ty) => format!("type object '{}' has no attribute '{text}'", full_name(ty)),
            None => format!("'{}' object has no attribute '{text}'", full_type_name(object, self)),
        };
        self.attribute_error_for(message, object, name)
    }

    /// AttributeError with a message, carrying `name` and `obj`.
    pub fn attribute_error_for(&self, message: String, object: &Value, name: &Value) -> crate::error::Raised {
        let raised = self.attribute_error(message);
        let exception = self.catch(raised);
        for (field, value) in [(&self.names().name, name), (&self.names().obj, object)] {
            if let Err(raised) = self.set_attr(&exception, field.as_value(), Some(value)) {
                return raised;
            }
        }
        self.reraise(exception)
    }
}

/// `object.__getattribute__`
pub fn generic_getattr(object: &Value, name: &Value, vm: &Vm) -> PyResult {
    match generic_find_attr(object, name, vm)? {
        Some(found) => Ok(found),
        None => Err(vm.no_attribute(object, name)),
    }
}

/// `object.__getattribute__`, `None` instead of AttributeError when nothing is found.
/// (An AttributeError that a descriptor raises is passed on.)
pub fn generic_find_attr(object: &Value, name: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let ty = object.ty(vm);
    let Some(text) = name.downcast::<Str>() else {
        return Err(vm.type_error(format!("attribute name must be string, not '{}'", vm.type_name(name))));
    };
    let class_attribute = ty.lookup(text, vm);
    let bind = class_attribute.as_ref().and_then(|found| found.ty(vm).slots().descr_get);
    if let (Some(found), Some(get)) = (&class_attribute, bind)
        && found.ty(vm).slots().descr_set.is_some()
    {
        return get(found, Some(object), Some(&ty.to_value()), vm).map(Some);
    }
    if let Some(own) = object.instance_attribute(name, vm)? {
        return Ok(Some(own));
    }
    match (class_attribute, bind) {
        (Some(found), Some(get)) => {
            let owner = object.ty(vm).to_value();
            get(&found, Some(object), Some(&owner), vm).map(Some)
        }
        (found, _) => Ok(found),
    }
}

/// `type.__getattribute__`
pub fn type_getattr(class: &Value, name: &Value, vm: &Vm) -> PyResult {
    match type_find_attr(class, name, vm)? {
        Some(found) => Ok(found),
        None => Err(vm.no_attribute(class, name)),
    }
}

/// `type.__getattribute__`, `None` instead of AttributeError when nothing is found.
pub fn type_find_attr(slf: &Value, name: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let (Some(class), Some(text)) = (slf.downcast::<Type>(), name.downcast::<Str>()) else {
        return Err(vm.type_error(format!("attribute name must be string, not '{}'", vm.type_name(name))));
    };
    let metatype = slf.ty(vm);
    let meta_attribute = metatype.lookup(text, vm);
    let bind = meta_attribute.as_ref().and_then(|found| found.ty(vm).slots().descr_get);
    if let (Some(found), Some(get)) = (&meta_attribute, bind)
        && found.ty(vm).slots().descr_set.is_some()
    {
        return get(found, Some(slf), Some(&metatype.to_value()), vm).map(Some);
    }
    if let Some(found) = class.lookup(text, vm) {
        return match found.ty(vm).slots().descr_get {
            Some(get) => get(&found, None, Some(slf), vm).map(Some),
            None => Ok(Some(found)),
        };
    }
    match (meta_attribute, bind) {
        (Some(found), Some(get)) => get(&found, Some(slf), Some(&slf.ty(vm).to_value()), vm).map(Some),
        (found, _) => Ok(found),
    }
}

/// `object.__setattr__` and `object.__delattr__`
pub fn generic_setattr(object: &Value, name: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let ty = object.ty(vm);
    let Some(text) = name.downcast::<Str>() else {
        return Err(vm.type_error(format!("attribute name must be string, not '{}'", vm.type_name(name))));
    };
    let class_attribute = ty.lookup(text, vm);
    if let Some(found) = &class_attribute
        && let Some(set) = found.ty(vm).slots().descr_set
    {
        return set(found, object, value, vm);
    }
    if object.has_instance_attributes() {
        return match value {
            Some(value) => object.set_instance_attribute(name, value.clone(), vm),
            None => match object.delete_instance_attribute(name, vm)? {
                Some(_) => Ok(()),
                None => Err(vm.no_attribute(object, name)),
            },
        };
    }
    let name_text = text.to_string_lossy().into_owned();
    let type_name = full_name(ty);
    let message = if class_attribute.is_some() {
        format!("'{type_name}' object attribute '{name_text}' is read-only")
    } else {
        format!("'{type_name}' object has no attribute '{name_text}' and no __dict__ for setting new attributes")
    };
    Err(vm.attribute_error_for(message, object, name))
}

/// The value of `ty`'s attribute `name` along the MRO, bound to nothing; for Rust text.
pub fn lookup_str(ty: &Type, name: &str, vm: &Vm) -> Option<Value> {
    let name: Ref<Str> = vm.intern(name);
    ty.lookup(&name, vm)
}
