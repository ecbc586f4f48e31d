//! Comparison, hashing and truth.

use crate::bind::full_type_name;
use crate::builtin::BuiltinType;
use crate::error::{PyResult, Raised};
use crate::layout::Str;
use crate::slots::CompareOp;
use crate::ty::Type;
use crate::value::Value;
use crate::vm::Vm;

/// Integers below this are their own hashes, but for -1.
const HASH_MODULUS: u64 = (1 << 61) - 1;

impl Vm {
    /// `a op b`, the rich comparison.
    pub fn compare(&self, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        self.check_stack(" in comparison")?;
        let (a_type, b_type) = (a.ty(self), b.ty(self));
        if matches!(op, CompareOp::Eq | CompareOp::Ne)
            && self.compares_by_identity(a_type)
            && self.compares_by_identity(b_type)
        {
            return Ok(Value::bool(a.is(b) == (op == CompareOp::Eq)));
        }
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
                full_type_name(a, self),
                full_type_name(b, self)
            ))),
        }
    }

    /// Is `==` that of `object`?
    #[inline]
    fn compares_by_identity(&self, ty: &Type) -> bool {
        match (ty.slots().richcompare, self.builtin(BuiltinType::Object).slots().richcompare) {
            (Some(own), Some(of_object)) => std::ptr::fn_addr_eq(own, of_object),
            _ => false,
        }
    }

    /// The truth of `a op b`; identity implies equality, as containers compare.
    pub fn compare_bool(&self, a: &Value, b: &Value, op: CompareOp) -> PyResult<bool> {
        if let (Some(a), Some(b)) = (a.as_small_int(), b.as_small_int()) {
            return Ok(op.holds(a.cmp(&b)));
        }
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
        if let Some(n) = value.as_small_int()
            && n.unsigned_abs() < HASH_MODULUS
        {
            return Ok(if n == -1 { -2 } else { n });
        }
        // Tuples nest, and say themselves what went too deep.
        if value.shape() != crate::shape::builtin_shape(BuiltinType::Tuple) {
            self.check_stack("")?;
        }
        match value.ty(self).slots().hash {
            Some(hash) => hash(value, self),
            None => Err(self.type_error(format!("unhashable type: '{}'", full_type_name(value, self)))),
        }
    }

    /// `hash(key)` for a dict. TypeError names the use: `cannot use 'list' as a dict key (unhashable type: 'list')`.
    #[inline]
    pub fn hash_key(&self, key: &Value) -> PyResult<i64> {
        self.hash(key).map_err(|raised| self.unhashable(raised, key, "a dict key"))
    }

    /// Rewords the TypeError of hashing a value that is to be `purpose`.
    #[cold]
    pub fn unhashable(&self, raised: Raised, value: &Value, purpose: &str) -> Raised {
        let exception = self.catch(raised);
        if !exception.ty(self).is(self.builtin(BuiltinType::TypeError)) {
            return self.reraise(exception);
        }
        let text = match self.str(&exception) {
            Ok(text) => text.to_string_lossy().into_owned(),
            Err(raised) => return raised,
        };
        let name = qualified_type_name(value, self);
        self.type_error(format!("cannot use '{name}' as {purpose} ({text})"))
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
        self.check_stack("")?;
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

/// The type's name with its module and outer classes, as C's `%T` gives it.
fn qualified_type_name(value: &Value, vm: &Vm) -> String {
    let ty = value.ty(vm);
    if !ty.is_heap() {
        return full_type_name(value, vm);
    }
    let module = ty.lookup(&vm.names().__module__, vm);
    match module.and_then(|m| m.downcast::<Str>().map(|m| m.to_string_lossy().into_owned())) {
        Some(module) if module != "builtins" && module != "__main__" => format!("{module}.{}", ty.qualname()),
        _ => ty.qualname().to_string(),
    }
}
