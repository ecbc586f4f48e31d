//! `int(x, base)`

use dashu_int::IBig;
use pyrope_object::args::ArgName;
use pyrope_object::bind::{BytesLike, full_type_name};
use pyrope_object::{Args, BuiltinType as B, Bytes, FromArg, IntView, PyResult, Str, Type, Value, Vm};
use pyrope_textual::int_text::{ParseError, Parsed, parse};

use super::super::text::{invalid, raise, to_ascii};

/// `int.__new__`
pub(super) fn int_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let value = match (args.positional(), args.keyword_count()) {
        ([], 0) => vm.int(0),
        ([x], 0) => to_int(x, vm)?,
        _ => with_base(args, vm)?,
    };
    in_class(class, value, vm)
}

/// The value as an instance of `class`.
pub(super) fn in_class(class: &Type, value: Value, vm: &Vm) -> PyResult {
    if class.is(vm.builtin(B::Int)) {
        return Ok(value);
    }
    let big = value.as_int().map(|n| n.to_big().into_owned()).unwrap_or_default();
    Ok(vm.int_in(class, big))
}

fn with_base(args: Args<'_>, vm: &Vm) -> PyResult {
    let (mut x, mut base) = (args.positional().first(), args.positional().get(1));
    if args.positional().len() > 2 {
        let given = args.positional().len() + args.keyword_count();
        return Err(vm.type_error(if args.keyword_count() == 0 {
            format!("int expected at most 2 arguments, got {given}")
        } else {
            format!("int() takes at most 2 arguments ({given} given)")
        }));
    }
    for (name, value) in args.keywords() {
        let name = name.downcast::<Str>().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name != "base" {
            return Err(vm.type_error(format!("int() got an unexpected keyword argument '{name}'")));
        }
        if base.replace(value).is_some() {
            return Err(vm.type_error("argument for int() given by name ('base') and position (2)"));
        }
    }
    match (x.take(), base) {
        (Some(x), None) => to_int(x, vm),
        (None, None) => Ok(vm.int(0)),
        (None, Some(_)) => Err(vm.type_error("int() missing string argument")),
        (Some(x), Some(base)) => {
            let base = match vm.index_i64(base)? {
                Some(base @ (0 | 2..=36)) => base as u32,
                _ => return Err(vm.value_error("int() base must be >= 2 and <= 36, or 0")),
            };
            let is_bytes = x.ty(vm).is_subtype(vm.builtin(B::Bytes)) || x.ty(vm).is_subtype(vm.builtin(B::ByteArray));
            if let Some(text) = x.downcast::<Str>() {
                from_text(x, to_ascii(text).as_bytes(), base, vm)
            } else if is_bytes && !x.ty(vm).is(vm.builtin(B::Object)) {
                from_bytes_like(x, base, vm)
            } else {
                Err(vm.type_error("int() can't convert non-string with explicit base"))
            }
        }
    }
}

/// `int(x)`: an exact `int`.
pub fn to_int(x: &Value, vm: &Vm) -> PyResult {
    if x.is_small_int() {
        return Ok(x.clone());
    }
    let slots = x.ty(vm).slots();
    if let Some(int) = slots.int {
        let result = int(x, vm)?;
        if result.as_int().is_none() {
            return Err(vm.type_error(format!("__int__ returned non-int (type {})", full_type_name(&result, vm))));
        }
        vm.warn_of_subclass("__int__", &result, B::Int)?;
        return Ok(exact(&result, vm));
    }
    if slots.index.is_some() {
        return Ok(exact(&vm.index(x)?, vm));
    }
    if let Some(text) = x.downcast::<Str>() {
        return from_text(x, to_ascii(text).as_bytes(), 10, vm);
    }
    if slots.buffer.is_some() {
        return from_bytes_like(x, 10, vm);
    }
    Err(vm.type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{}'",
        vm.type_name(x)
    )))
}

/// The same number as an exact `int`.
pub(crate) fn exact(value: &Value, vm: &Vm) -> Value {
    if value.is_small_int() || value.ty(vm).is(vm.builtin(B::Int)) {
        return value.clone();
    }
    match value.as_int() {
        Some(IntView::Small(n)) => vm.int(n),
        Some(IntView::Big(n)) => vm.int_from_big(n.clone()),
        None => vm.int(0),
    }
}

fn from_bytes_like(x: &Value, base: u32, vm: &Vm) -> PyResult {
    let view = BytesLike::from_arg(x, &ArgName { function: "int", argument: "argument".into() }, vm)?;
    let text = view.to_cow();
    if x.downcast_exact::<Bytes>().is_some() {
        return from_text(x, &text, base, vm);
    }
    let shown = vm.new_bytes(&text)?.into_value();
    from_text(&shown, &text, base, vm)
}

fn from_text(shown: &Value, text: &[u8], base: u32, vm: &Vm) -> PyResult {
    match parse(text, base, super::super::max_str_digits(vm)) {
        Ok(Parsed::Small(n)) => Ok(vm.int(n)),
        Ok(Parsed::Big(n)) => Ok(vm.int_from_big(n)),
        Err(ParseError::TooManyDigits(error)) => Err(raise(error, vm)),
        Err(ParseError::Invalid) => {
            Err(invalid(&format!("invalid literal for int() with base {base}: "), shown, 200, vm))
        }
    }
}

/// Reads ASCII text as `int(text, base)` does; `None` where it is no integer. Raises for too many digits.
pub fn parse_int(text: &[u8], base: u32, vm: &Vm) -> PyResult<Option<IBig>> {
    match parse(text, base, super::super::max_str_digits(vm)) {
        Ok(Parsed::Small(n)) => Ok(Some(IBig::from(n))),
        Ok(Parsed::Big(n)) => Ok(Some(n)),
        Err(ParseError::TooManyDigits(error)) => Err(raise(error, vm)),
        Err(ParseError::Invalid) => Ok(None),
    }
}
