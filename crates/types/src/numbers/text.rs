//! Text of numbers.

use std::borrow::Cow;

use pyrope_object::{PyResult, Raised, Ref, Str, StrView, Value, Vm};
use pyrope_text::Wtf8Buf;
use pyrope_textual::format_spec::Spec;
use pyrope_textual::{ErrorKind, TextError, unicode};

/// Raises what an algorithm on text says.
#[cold]
pub(crate) fn raise(error: TextError, vm: &Vm) -> Raised {
    let message = match str_from_wtf8(&error.message, vm) {
        Ok(message) => message.into_value(),
        Err(raised) => return raised,
    };
    use pyrope_object::BuiltinType as B;
    match error.kind {
        ErrorKind::Value => vm.raise_with(B::ValueError, &[message]),
        ErrorKind::Type => vm.raise_with(B::TypeError, &[message]),
        ErrorKind::Overflow => vm.raise_with(B::OverflowError, &[message]),
        ErrorKind::Memory => vm.memory_error(),
    }
}

/// A `str` of text that may hold lone surrogates.
pub(crate) fn str_from_wtf8(text: &Wtf8Buf, vm: &Vm) -> PyResult<Ref<Str>> {
    match text.as_str() {
        Some(text) => vm.try_str(text),
        None => vm.str_from_code_points(&text.code_points().collect::<Vec<_>>()),
    }
}

/// The text with decimal digits and spaces of all scripts made ASCII; anything else outside ASCII becomes `?`, which no
/// number has.
pub(crate) fn to_ascii(text: &Str) -> Cow<'_, str> {
    match text.view() {
        StrView::Ascii(text) => text.into(),
        _ => text.code_points().map(ascii_of).collect::<String>().into(),
    }
}

fn ascii_of(point: u32) -> char {
    match point {
        0..0x80 => point as u8 as char,
        _ if unicode::is_space(point) => ' ',
        _ => unicode::decimal(point).and_then(|d| char::from_digit(d, 10)).unwrap_or('?'),
    }
}

/// The message and the repr of the value, cut after 200 characters.
#[cold]
pub(crate) fn invalid(message: &str, value: &Value, limit: usize, vm: &Vm) -> Raised {
    let repr = match vm.repr(value) {
        Ok(repr) => repr,
        Err(raised) => return raised,
    };
    let points: Vec<u32> = message.chars().map(u32::from).chain(repr.code_points().take(limit)).collect();
    match vm.str_from_code_points(&points) {
        Ok(message) => vm.raise_with(pyrope_object::BuiltinType::ValueError, &[message.into_value()]),
        Err(raised) => raised,
    }
}

/// The kind of number that a specification is parsed for.
#[derive(Clone, Copy)]
pub(crate) enum NumberKind {
    Int,
    Float,
    Complex,
}

/// Parses a format specification for a value's type.
pub(crate) fn spec_for(kind: NumberKind, spec: &Str, slf: &Value, vm: &Vm) -> PyResult<Spec> {
    let name = vm.type_name(slf);
    macro_rules! parse {
        ($units:expr) => {
            match kind {
                NumberKind::Int => Spec::for_int($units, &name),
                NumberKind::Float => Spec::for_float($units, &name),
                NumberKind::Complex => Spec::for_complex($units, &name),
            }
        };
    }
    let spec = match spec.view() {
        StrView::Ascii(text) => parse!(text.as_bytes()),
        StrView::Latin1(units) => parse!(units),
        StrView::Ucs2(units) => parse!(units),
        StrView::Ucs4(units) => parse!(units),
    };
    spec.map_err(|error| raise(error, vm))
}

/// The argument of `__format__`.
pub(crate) fn spec_argument<'a>(spec: &'a Value, vm: &Vm) -> PyResult<&'a Str> {
    spec.downcast::<Str>().ok_or_else(|| {
        vm.type_error(format!(
            "__format__() argument must be str, not {}",
            pyrope_object::bind::argument_type_name(spec, vm)
        ))
    })
}

/// A rendered number as a value.
pub(crate) fn rendered(text: Result<Wtf8Buf, TextError>, vm: &Vm) -> PyResult {
    let text = text.map_err(|error| raise(error, vm))?;
    Ok(str_from_wtf8(&text, vm)?.into_value())
}
