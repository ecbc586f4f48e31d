//! How arguments travel to native code.

use std::borrow::Cow;

use crate::error::PyResult;
use crate::value::Value;
use crate::vm::Vm;

/// The arguments of a call: positional ones first, then the values of keyword arguments, whose names (`str`) stand in
/// `kwnames` in the same order. Borrowed from the caller (often its operand stack).
#[derive(Clone, Copy)]
pub struct Args<'a> {
    values: &'a [Value],
    kwnames: &'a [Value],
}

impl<'a> Args<'a> {
    /// No arguments.
    pub const EMPTY: Args<'static> = Args { values: &[], kwnames: &[] };

    /// Positional arguments only.
    #[inline]
    pub fn positional_only(values: &'a [Value]) -> Self {
        Args { values, kwnames: &[] }
    }

    /// Positional arguments followed by one value for each name.
    #[inline]
    pub fn new(values: &'a [Value], kwnames: &'a [Value]) -> Self {
        debug_assert!(kwnames.len() <= values.len());
        Args { values, kwnames }
    }

    /// The positional arguments.
    #[inline]
    pub fn positional(&self) -> &'a [Value] {
        &self.values[..self.values.len() - self.kwnames.len()]
    }

    /// The keyword arguments, in call order: (name, value).
    pub fn keywords(&self) -> impl ExactSizeIterator<Item = (&'a Value, &'a Value)> + use<'a> {
        let first = self.values.len() - self.kwnames.len();
        self.kwnames.iter().zip(&self.values[first..])
    }

    /// How many keyword arguments there are.
    #[inline]
    pub fn keyword_count(&self) -> usize {
        self.kwnames.len()
    }

    /// All values: positional, then keyword ones.
    pub fn values(&self) -> &'a [Value] {
        self.values
    }

    /// The keyword names.
    pub fn kwnames(&self) -> &'a [Value] {
        self.kwnames
    }

    /// True if there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Calls back with one more positional argument before these.
    pub fn behind<R>(&self, first: &Value, call: impl FnOnce(Args<'_>) -> R) -> R {
        /// So many values need no memory but the stack's.
        const FEW: usize = 6;
        let count = self.values.len() + 1;
        if count > FEW {
            let values: Vec<Value> = std::iter::once(first).chain(self.values).cloned().collect();
            return call(Args::new(&values, self.kwnames));
        }
        let mut values = [const { Value::none() }; FEW];
        values[0] = first.clone();
        for (place, value) in values[1..].iter_mut().zip(self.values) {
            *place = value.clone();
        }
        call(Args::new(&values[..count], self.kwnames))
    }

    /// A copy that owns its values.
    pub fn to_owned(&self) -> OwnedArgs {
        OwnedArgs { values: self.values.to_vec(), kwnames: self.kwnames.to_vec() }
    }
}

/// Arguments that own their values.
#[derive(Clone, Default)]
pub struct OwnedArgs {
    pub values: Vec<Value>,
    pub kwnames: Vec<Value>,
}

impl OwnedArgs {
    /// Borrows them for a call.
    pub fn as_args(&self) -> Args<'_> {
        Args::new(&self.values, &self.kwnames)
    }
}

/// Keyword arguments collected by `**kwargs` of a native function: (name, value) in call order.
pub type Kwargs<'a> = Vec<(&'a Value, &'a Value)>;

/// Conversion of one argument. `what` names the function and argument for error messages, as
/// `"range() argument 1"`; most conversions ignore it, as CPython's do.
pub trait FromArg<'a>: Sized {
    /// Converts, or raises what CPython's argument clinic converter for that type raises.
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self>;
}

/// Which argument of which function is being converted.
pub struct ArgName<'s> {
    /// The function's name without parentheses.
    pub function: &'s str,
    /// The parameter as messages show it: `argument 1` or `argument 'sep'` or, for a sole argument, `argument`.
    pub argument: Cow<'s, str>,
}

impl<'a> FromArg<'a> for &'a Value {
    #[inline]
    fn from_arg(value: &'a Value, _: &ArgName<'_>, _: &Vm) -> PyResult<Self> {
        Ok(value)
    }
}

impl<'a> FromArg<'a> for Value {
    #[inline]
    fn from_arg(value: &'a Value, _: &ArgName<'_>, _: &Vm) -> PyResult<Self> {
        Ok(value.clone())
    }
}

/// Conversion of a native function's result.
pub trait IntoResult {
    /// The Python value, or the raised exception.
    fn into_result(self, vm: &Vm) -> PyResult;
}

impl IntoResult for PyResult {
    #[inline]
    fn into_result(self, _: &Vm) -> PyResult {
        self
    }
}

impl IntoResult for Value {
    #[inline]
    fn into_result(self, _: &Vm) -> PyResult {
        Ok(self)
    }
}

impl IntoResult for () {
    fn into_result(self, _: &Vm) -> PyResult {
        Ok(Value::none())
    }
}

impl IntoResult for bool {
    fn into_result(self, _: &Vm) -> PyResult {
        Ok(Value::bool(self))
    }
}

impl<T: crate::reference::Object> IntoResult for crate::reference::Ref<T> {
    fn into_result(self, _: &Vm) -> PyResult {
        Ok(self.into_value())
    }
}
