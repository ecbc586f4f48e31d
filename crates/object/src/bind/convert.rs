//! Conversions of arguments and results, with the words of CPython's argument converters.

use std::borrow::Cow;

use dashu_int::IBig;

use crate::args::{ArgName, FromArg, IntoResult};
use crate::builtin::BuiltinType;
use crate::error::{PyResult, Raised};
use crate::layout::{IntView, Str};
use crate::reference::{Object, Ref};
use crate::ty::Type;
use crate::value::Value;
use crate::vm::Vm;

/// The type of `value` as messages show it: with its module for native types outside `builtins`.
pub fn full_type_name(value: &Value, vm: &Vm) -> String {
    full_name(value.ty(vm))
}

/// The name of a type as messages show it.
pub fn full_name(ty: &Type) -> String {
    let def = ty.def();
    if ty.is_heap() || def.module == "builtins" {
        ty.name().to_string()
    } else {
        format!("{}.{}", def.module, def.name)
    }
}

/// The same, but `None` for None, as the argument converters say it.
pub fn argument_type_name(value: &Value, vm: &Vm) -> String {
    if value.is_none() { "None".to_owned() } else { full_type_name(value, vm) }
}

/// Raises `f() argument 1 must be str, not int`.
#[cold]
pub fn bad_argument(what: &ArgName<'_>, expected: &str, value: &Value, vm: &Vm) -> Raised {
    let ArgName { function, argument } = what;
    vm.type_error(format!("{function}() {argument} must be {expected}, not {}", argument_type_name(value, vm)))
}

/// An argument for which Python's None counts as absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrNone<T>(pub Option<T>);

impl<T> OrNone<T> {
    /// The value, if there is one.
    pub fn into_option(self) -> Option<T> {
        self.0
    }
}

/// A conversion that [`OrNone`] can wrap. `or_none` differs from the default only in the words of its errors.
pub trait NullableArg<'a>: FromArg<'a> {
    /// Converts a value that may be None.
    fn or_none(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Option<Self>> {
        if value.is_none() { Ok(None) } else { Self::from_arg(value, what, vm).map(Some) }
    }
}

impl<'a, T: NullableArg<'a>> FromArg<'a> for OrNone<T> {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        T::or_none(value, what, vm).map(OrNone)
    }
}

impl<'a, T: FromArg<'a>> FromArg<'a> for Option<T> {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        T::from_arg(value, what, vm).map(Some)
    }
}

impl<'a, T: Object> FromArg<'a> for &'a T {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        value.downcast::<T>().ok_or_else(|| bad_argument(what, T::def().name, value, vm))
    }
}

impl<'a, T: Object> FromArg<'a> for Ref<T> {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        <&T>::from_arg(value, what, vm).map(Ref::from_borrowed)
    }
}

impl<'a, T: Object> NullableArg<'a> for &'a T {
    fn or_none(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Option<Self>> {
        if value.is_none() {
            return Ok(None);
        }
        let object = value.downcast::<T>();
        object.map(Some).ok_or_else(|| bad_argument(what, &format!("{} or None", T::def().name), value, vm))
    }
}

impl<'a> NullableArg<'a> for &'a Value {}
impl<'a> NullableArg<'a> for Value {}

macro_rules! signed {
    ($($ty:ident $c:literal)*) => {$(
        impl<'a> FromArg<'a> for $ty {
            #[inline]
            fn from_arg(value: &'a Value, _: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
                vm.index_i64(value)?
                    .and_then(|n| $ty::try_from(n).ok())
                    .ok_or_else(|| vm.overflow_error(concat!("Python int too large to convert to C ", $c)))
            }
        }
        impl<'a> NullableArg<'a> for $ty {}
    )*};
}

signed! { i32 "int" i64 "long" isize "ssize_t" }

macro_rules! unsigned {
    ($($ty:ident $c:literal)*) => {$(
        impl<'a> FromArg<'a> for $ty {
            fn from_arg(value: &'a Value, _: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
                unsigned(value, vm)?
                    .and_then(|n| $ty::try_from(n).ok())
                    .ok_or_else(|| vm.overflow_error(concat!("Python int too large for C ", $c)))
            }
        }
        impl<'a> NullableArg<'a> for $ty {}
    )*};
}

unsigned! { u32 "unsigned int" u64 "uint64_t" usize "size_t" }

/// The number by the index protocol, if it is not negative and fits 64 bits; `None` if it is too large.
fn unsigned(value: &Value, vm: &Vm) -> PyResult<Option<u64>> {
    let index = vm.index(value)?;
    match index.as_int() {
        Some(n) if n.is_negative() => Err(vm.value_error("Cannot convert negative int")),
        Some(IntView::Small(n)) => Ok(u64::try_from(n).ok()),
        Some(IntView::Big(n)) => Ok(u64::try_from(n).ok()),
        None => Ok(None),
    }
}

impl<'a> FromArg<'a> for u8 {
    fn from_arg(value: &'a Value, _: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        let bound = match vm.index_i64(value)? {
            Some(n @ 0..=255) => return Ok(n as u8),
            Some(..0) => "less than minimum",
            _ => "greater than maximum",
        };
        Err(vm.overflow_error(format!("unsigned byte integer is {bound}")))
    }
}

impl<'a> NullableArg<'a> for u8 {}

/// Any integer, through the index protocol.
impl<'a> FromArg<'a> for IBig {
    fn from_arg(value: &'a Value, _: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        let index = vm.index(value)?;
        Ok(index.as_int().map_or(IBig::ZERO, |n| n.to_big().into_owned()))
    }
}

impl<'a> NullableArg<'a> for IBig {}

impl<'a> FromArg<'a> for f64 {
    #[inline]
    fn from_arg(value: &'a Value, _: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        match value.as_small_float() {
            Some(x) => Ok(x),
            None => vm.to_f64(value),
        }
    }
}

impl<'a> NullableArg<'a> for f64 {}

/// The truth of the argument.
impl<'a> FromArg<'a> for bool {
    #[inline]
    fn from_arg(value: &'a Value, _: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        match value.as_bool() {
            Some(truth) => Ok(truth),
            None => vm.is_true(value),
        }
    }
}

/// Text without NUL characters and lone surrogates, as for names and modes: what CPython converts to a `char *`.
/// Where any text will do, take a [`Str`].
impl<'a> FromArg<'a> for Cow<'a, str> {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        match value.downcast::<Str>() {
            Some(text) => c_text(value, text, vm),
            None => Err(bad_argument(what, "str", value, vm)),
        }
    }
}

impl<'a> NullableArg<'a> for Cow<'a, str> {
    fn or_none(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Option<Self>> {
        match value.downcast::<Str>() {
            Some(text) => c_text(value, text, vm).map(Some),
            None if value.is_none() => Ok(None),
            None => Err(bad_argument(what, "str or None", value, vm)),
        }
    }
}

/// Any text without lone surrogates; NUL is allowed.
impl<'a> FromArg<'a> for String {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        match value.downcast::<Str>() {
            Some(text) => utf8(value, text, vm).map(Cow::into_owned),
            None => Err(bad_argument(what, "str", value, vm)),
        }
    }
}

impl<'a> NullableArg<'a> for String {
    fn or_none(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Option<Self>> {
        match value.downcast::<Str>() {
            Some(text) => utf8(value, text, vm).map(|text| Some(text.into_owned())),
            None if value.is_none() => Ok(None),
            None => Err(bad_argument(what, "str or None", value, vm)),
        }
    }
}

fn c_text<'a>(value: &'a Value, text: &'a Str, vm: &Vm) -> PyResult<Cow<'a, str>> {
    let text = utf8(value, text, vm)?;
    if text.contains('\0') { Err(vm.value_error("embedded null character")) } else { Ok(text) }
}

/// The text as UTF-8, or UnicodeEncodeError.
pub fn utf8<'a>(value: &'a Value, text: &'a Str, vm: &Vm) -> PyResult<Cow<'a, str>> {
    match text.to_utf8() {
        Some(text) => Ok(text),
        None => Err(surrogates_not_allowed(value, text, vm)),
    }
}

#[cold]
fn surrogates_not_allowed(value: &Value, text: &Str, vm: &Vm) -> Raised {
    let is_surrogate = |c: &u32| (0xD800..0xE000).contains(c);
    let start = text.code_points().position(|c| is_surrogate(&c)).unwrap_or(0);
    let run = text.code_points().skip(start).take_while(is_surrogate).count();
    let args = [
        vm.new_str("utf-8").into_value(),
        value.clone(),
        vm.int(start as i64),
        vm.int((start + run) as i64),
        vm.new_str("surrogates not allowed").into_value(),
    ];
    vm.raise_with(BuiltinType::UnicodeEncodeError, &args)
}

/// One code point: an argument that is a `str` of length one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePoint(pub u32);

impl<'a> FromArg<'a> for CodePoint {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        let Some(text) = value.downcast::<Str>() else {
            return Err(bad_argument(what, "a unicode character", value, vm));
        };
        match text.code_point(0) {
            Some(c) if text.len() == 1 => Ok(CodePoint(c)),
            _ => {
                let ArgName { function, argument } = what;
                let length = text.len();
                Err(vm.type_error(format!(
                    "{function}(): {argument} must be a unicode character, not a string of length {length}"
                )))
            }
        }
    }
}

impl<'a> NullableArg<'a> for CodePoint {}

macro_rules! int_results {
    ($($ty:ident)*) => {$(
        impl IntoResult for $ty {
            #[inline]
            fn into_result(self, vm: &Vm) -> PyResult {
                Ok(vm.int(self as i64))
            }
        }
    )*};
}

int_results! { i8 i16 i32 i64 isize u8 u16 u32 }

macro_rules! big_results {
    ($($ty:ident)*) => {$(
        impl IntoResult for $ty {
            #[inline]
            fn into_result(self, vm: &Vm) -> PyResult {
                Ok(match i64::try_from(self) {
                    Ok(n) => vm.int(n),
                    Err(_) => vm.int_from_big(IBig::from(self)),
                })
            }
        }
    )*};
}

big_results! { u64 usize i128 u128 }

impl IntoResult for IBig {
    fn into_result(self, vm: &Vm) -> PyResult {
        Ok(vm.int_from_big(self))
    }
}

impl IntoResult for f64 {
    #[inline]
    fn into_result(self, vm: &Vm) -> PyResult {
        Ok(vm.float(self))
    }
}

impl IntoResult for &str {
    fn into_result(self, vm: &Vm) -> PyResult {
        vm.try_str(self).map(Ref::into_value)
    }
}

impl IntoResult for String {
    fn into_result(self, vm: &Vm) -> PyResult {
        vm.try_str(&self).map(Ref::into_value)
    }
}

impl IntoResult for Cow<'_, str> {
    fn into_result(self, vm: &Vm) -> PyResult {
        vm.try_str(&self).map(Ref::into_value)
    }
}

/// `None` where there is nothing.
impl<T: IntoResult> IntoResult for Option<T> {
    fn into_result(self, vm: &Vm) -> PyResult {
        self.map_or_else(|| Ok(Value::none()), |value| value.into_result(vm))
    }
}
