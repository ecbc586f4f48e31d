//! Length, subscripts, membership.

use crate::bind::full_type_name;
use crate::error::PyResult;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// `len(value)`
    pub fn len(&self, value: &Value) -> PyResult<usize> {
        self.check_stack("")?;
        let slots = value.ty(self).slots();
        match slots.sq_length.or(slots.mp_length) {
            Some(len) => len(value, self),
            None => Err(self.type_error(format!("object of type '{}' has no len()", full_type_name(value, self)))),
        }
    }

    /// `container[key]`
    pub fn get_item(&self, container: &Value, key: &Value) -> PyResult {
        self.check_stack("")?;
        let slots = container.ty(self).slots();
        if let Some(subscript) = slots.mp_subscript {
            return subscript(container, key, self);
        }
        if let Some(item) = slots.sq_item {
            if key.as_int().is_none() && key.ty(self).slots().index.is_none() {
                return Err(
                    self.type_error(format!("sequence index must be integer, not '{}'", full_type_name(key, self)))
                );
            }
            let index = self.sequence_index(container, key)?;
            return item(container, index, self);
        }
        if let Some(class) = container.downcast::<crate::ty::Type>() {
            if class.is(self.builtin(crate::builtin::BuiltinType::Type)) {
                let alias = self.builtin(crate::builtin::BuiltinType::GenericAlias).to_value();
                return self.call(&alias, &[container.clone(), key.clone()]);
            }
            let method = self.find_attr(container, self.names().__class_getitem__.as_value())?;
            return match method {
                Some(method) if !method.is_none() => self.call(&method, std::slice::from_ref(key)),
                _ => Err(self.type_error(format!("type '{}' is not subscriptable", class.name()))),
            };
        }
        Err(self.type_error(format!("'{}' object is not subscriptable", full_type_name(container, self))))
    }

    /// `container[key] = value`, or `del container[key]` with no value.
    pub fn set_item(&self, container: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
        self.check_stack("")?;
        let slots = container.ty(self).slots();
        if let Some(assign) = slots.mp_ass_subscript {
            return assign(container, key, value, self);
        }
        if let Some(assign) = slots.sq_ass_item {
            if key.as_int().is_none() && key.ty(self).slots().index.is_none() {
                return Err(
                    self.type_error(format!("sequence index must be integer, not '{}'", full_type_name(key, self)))
                );
            }
            let index = self.sequence_index(container, key)?;
            return assign(container, index, value, self);
        }
        let verb = if value.is_some() { "assignment" } else { "deletion" };
        Err(self.type_error(format!("'{}' object does not support item {verb}", full_type_name(container, self))))
    }

    fn sequence_index(&self, container: &Value, key: &Value) -> PyResult<isize> {
        let index = self.index_isize(key)?;
        match container.ty(self).slots().sq_length {
            Some(len) if index < 0 => Ok(index.saturating_add(len(container, self)? as isize)),
            _ => Ok(index),
        }
    }

    /// `item in container`
    pub fn contains(&self, container: &Value, item: &Value) -> PyResult<bool> {
        self.check_stack("")?;
        if let Some(contains) = container.ty(self).slots().sq_contains {
            return contains(container, item, self);
        }
        let iterator = match self.iter(container) {
            Ok(iterator) => iterator,
            Err(raised) => {
                if self.raised_is(crate::builtin::BuiltinType::TypeError) && container.ty(self).slots().iter.is_none() {
                    self.ignore(raised);
                    return Err(self.type_error(format!(
                        "argument of type '{}' is not a container or iterable",
                        full_type_name(container, self)
                    )));
                }
                return Err(raised);
            }
        };
        while let Some(candidate) = self.next(&iterator)? {
            if self.equal(&candidate, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
