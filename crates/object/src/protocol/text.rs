//! `repr`, `str`, `format`.

use crate::bind::full_type_name;
use crate::builtin::BuiltinType as B;
use crate::error::PyResult;
use crate::layout::Str;
use crate::reference::Ref;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// `repr(value)`
    pub fn repr(&self, value: &Value) -> PyResult<Ref<Str>> {
        self.check_stack(" while getting the repr of an object")?;
        let Some(repr) = value.ty(self).slots().repr else {
            return Ok(self.new_str(&format!("<{} object at {:#x}>", full_type_name(value, self), value.id())));
        };
        let result = repr(value, self)?;
        self.expect_str(result, "__repr__")
    }

    /// `str(value)`
    pub fn str(&self, value: &Value) -> PyResult<Ref<Str>> {
        if let Some(text) = value.cast::<Str>()
            && value.shape() == crate::shape::STR_SHAPE
        {
            return Ok(text);
        }
        self.check_stack(" while getting the str of an object")?;
        match value.ty(self).slots().str {
            Some(str) => {
                let result = str(value, self)?;
                self.expect_str(result, "__str__")
            }
            None => self.repr(value),
        }
    }

    fn expect_str(&self, result: Value, method: &str) -> PyResult<Ref<Str>> {
        match result.cast::<Str>() {
            Some(text) => Ok(text),
            None => {
                Err(self.type_error(format!("{method} returned non-string (type {})", full_type_name(&result, self))))
            }
        }
    }

    /// `repr(value)` as Rust text; lone surrogates become U+FFFD.
    pub fn repr_text(&self, value: &Value) -> PyResult<String> {
        Ok(self.repr(value)?.to_string_lossy().into_owned())
    }

    /// `format(value, spec)`; `spec` is a `str`.
    pub fn format(&self, value: &Value, spec: &Value) -> PyResult {
        let Some(method) = self.lookup_special(value, &self.names().__format__)? else {
            return Err(self.type_error(format!("Type {} doesn't define __format__", full_type_name(value, self))));
        };
        let result = self.call(&method, std::slice::from_ref(spec))?;
        if result.ty(self).is_subtype(self.builtin(B::Str)) {
            Ok(result)
        } else {
            Err(self.type_error(format!("__format__ must return a str, not {}", full_type_name(&result, self))))
        }
    }
}
