//! Calling.

use crate::args::Args;
use crate::bind::full_type_name;
use crate::error::PyResult;
use crate::layout::Str;
use crate::reference::Ref;
use crate::typedef::TypeFlags;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// `callable(*args, **kwargs)`
    #[inline]
    pub fn call_args(&self, callable: &Value, args: Args<'_>) -> PyResult {
        match callable.ty(self).slots().call {
            Some(call) => {
                self.check_stack(" while calling a Python object")?;
                call(callable, args, self)
            }
            None => Err(self.type_error(format!("'{}' object is not callable", full_type_name(callable, self)))),
        }
    }

    /// `callable(*args)`
    pub fn call(&self, callable: &Value, args: &[Value]) -> PyResult {
        self.call_args(callable, Args::positional_only(args))
    }

    /// `object.name(*args)`; AttributeError if it has no such attribute.
    pub fn call_method(&self, object: &Value, name: &str, args: &[Value]) -> PyResult {
        let method = self.get_attr(object, self.intern(name).as_value())?;
        self.call(&method, args)
    }

    /// Calls the method that `type(object)` has under a name, binding as for special methods: the instance is not
    /// looked at. `None` if the type has none.
    pub fn call_special(&self, object: &Value, name: &Ref<Str>, args: &[Value]) -> PyResult<Option<Value>> {
        let Some(found) = object.ty(self).lookup(name, self) else { return Ok(None) };
        self.call_found(object, &found, args).map(Some)
    }

    /// Calls an attribute found on `type(object)`, bound to the object. Functions are called unbound, with the object
    /// before the other arguments.
    pub fn call_found(&self, object: &Value, found: &Value, args: &[Value]) -> PyResult {
        let ty = found.ty(self);
        if ty.flags().has(TypeFlags::METHOD_DESCRIPTOR) {
            return match args {
                [] => self.call(found, std::slice::from_ref(object)),
                [a] => self.call(found, &[object.clone(), a.clone()]),
                [a, b] => self.call(found, &[object.clone(), a.clone(), b.clone()]),
                _ => Args::positional_only(args).behind(object, |args| self.call_args(found, args)),
            };
        }
        match ty.slots().descr_get {
            Some(get) => {
                let owner = object.ty(self).to_value();
                let bound = get(found, Some(object), Some(&owner), self)?;
                self.call(&bound, args)
            }
            None => self.call(found, args),
        }
    }

    /// The bound special method, if the type has it.
    pub fn lookup_special(&self, object: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
        let ty = object.ty(self);
        match ty.lookup(name, self) {
            None => Ok(None),
            Some(found) => match found.ty(self).slots().descr_get {
                Some(get) => get(&found, Some(object), Some(&ty.to_value()), self).map(Some),
                None => Ok(Some(found)),
            },
        }
    }
}
