//! Comparison, hashing and truth.

use crate::error::PyResult;
use crate::layout::Str;
use crate::slots::CompareOp;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// `a op b`, the rich comparison.
    pub fn compare(&self, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        self.check_stack(" in comparison")?;
        let (a_type, b_type) = (a.ty(self), b.ty(self));
        let mut tried_swapped = false;
        if !a_type.is(b_type)
            && b_type.is_subtype(a_type)
            && let Some(compare) = b_type.slots().richcompare
        {
            tried_swapped = true;
            let result = compare(b, a, op.swapped(), self)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        if let Some(compare) = a.ty(self).slots().richcompare {
            let result = compare(a, b, op, self)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        if !tried_swapped && let Some(compare) = b.ty(self).slots().richcompare {
            let result = compare(b, a, op.swapped(), self)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        match op {
            CompareOp::Eq => Ok(Value::bool(a.is(b))),
            CompareOp::Ne => Ok(Value::bool(!a.is(b))),
            _ => Err(self.type_error(format!(
                "'{}' not supported between instances of '{}' and '{}'",
                op.symbol(),
                self.type_name(a),
                self.type_name(b)
            ))),
        }
    }

    /// The truth of `a op b`; identity implies equality, as containers compare.
    pub fn compare_bool(&self, a: &Value, b: &Value, op: CompareOp) -> PyResult<bool> {
        if a.is(b) {
            match op {
                CompareOp::Eq => return Ok(true),
                CompareOp::Ne => return Ok(false),
                _ => {}
            }
        }
        let result = self.compare(a, b, op)?;
        self.is_true(&result)
    }

    /// `a is b or a == b`
    #[inline]
    pub fn equal(&self, a: &Value, b: &Value) -> PyResult<bool> {
        if a.is(b) {
            return Ok(true);
        }
        if a.is_small_int() && b.is_small_int() {
            return Ok(false);
        }
        self.compare_bool(a, b, CompareOp::Eq)
    }

    /// `hash(value)`
    #[inline]
    pub fn hash(&self, value: &Value) -> PyResult<i64> {
        if value.shape() == crate::shape::STR_SHAPE
            && let Some(text) = value.downcast::<Str>()
        {
            return Ok(text.hash(self));
        }
        match value.ty(self).slots().hash {
            Some(hash) => hash(value, self),
            None => Err(self.type_error(format!("unhashable type: '{}'", self.type_name(value)))),
        }
    }

    /// `bool(value)`
    #[inline]
    pub fn is_true(&self, value: &Value) -> PyResult<bool> {
        match value.as_bool() {
            Some(truth) => Ok(truth),
            None => self.is_true_slowly(value),
        }
    }

    fn is_true_slowly(&self, value: &Value) -> PyResult<bool> {
        if value.is_none() {
            return Ok(false);
        }
        let slots = value.ty(self).slots();
        if let Some(truth) = slots.bool {
            truth(value, self)
        } else if let Some(len) = slots.mp_length.or(slots.sq_length) {
            Ok(len(value, self)? > 0)
        } else {
            Ok(true)
        }
    }
}
