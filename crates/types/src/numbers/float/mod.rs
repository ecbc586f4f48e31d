//! `float`

pub mod arithmetic;

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::args::ArgName;
use pyrope_object::bind::{BytesLike, OrNone, check_positional};
use pyrope_object::layout::FLOAT_LAYOUT;
use pyrope_object::{
    Args, BuiltinType as B, Bytes, CompareOp, FromArg, PyResult, Ref, Slots, Str, Tuple, Type, Value, Vm,
};
use pyrope_textual::float::{self as textual, HexError};

use super::text::{self, NumberKind, invalid, to_ascii};
use crate::containers::sequence::no_keywords;
use crate::containers::tuple::same_init;
use arithmetic::{compare_with_int, exact_integer, float_div, operand};

/// Convert a string or number to a floating-point number, if possible.
#[pyclass(
    name = "float", layout = FLOAT_LAYOUT, builtin = Float, signature = "(x=0, /)", flags(BASETYPE, MATCH_SELF),
    slots = SLOTS, methods(FloatType::METHODS), getset(FloatType::GETSETS)
)]
pub struct FloatType;

macro_rules! binary {
    ($($slot:ident: $function:expr;)*) => {
        mod slots {
            use pyrope_object::{PyResult, Value, Vm};
            use super::*;

            $(
                pub(super) fn $slot(a: &Value, b: &Value, vm: &Vm) -> PyResult {
                    let Some(a) = operand(a, vm)? else { return Ok(Value::not_implemented()) };
                    let Some(b) = operand(b, vm)? else { return Ok(Value::not_implemented()) };
                    let function: fn(f64, f64, &Vm) -> PyResult = $function;
                    function(a, b, vm)
                }
            )*
        }
    };
}

binary! {
    add: |a, b, vm| Ok(vm.float(a + b));
    subtract: |a, b, vm| Ok(vm.float(a - b));
    multiply: |a, b, vm| Ok(vm.float(a * b));
    true_divide: |a, b, vm| Ok(vm.float(float_div(a, b, vm)?));
    floor_divide: |a, b, vm| Ok(vm.float(arithmetic::float_floor_div(a, b, vm)?));
    remainder: |a, b, vm| Ok(vm.float(arithmetic::float_mod(a, b, vm)?));
    divmod: |a, b, vm| {
        let (quotient, rest) = arithmetic::float_divmod(a, b, vm)?;
        Ok(vm.tuple_of([vm.float(quotient), vm.float(rest)]).into_value())
    };
}

const SLOTS: Slots = Slots {
    new: Some(float_new),
    repr: Some(repr),
    hash: Some(hash),
    richcompare: Some(compare),
    add: Some(slots::add),
    subtract: Some(slots::subtract),
    multiply: Some(slots::multiply),
    true_divide: Some(slots::true_divide),
    floor_divide: Some(slots::floor_divide),
    remainder: Some(slots::remainder),
    divmod: Some(slots::divmod),
    power: Some(power),
    negative: Some(|slf, vm| Ok(vm.float(-number(slf)))),
    positive: Some(itself),
    absolute: Some(|slf, vm| Ok(vm.float(number(slf).abs()))),
    bool: Some(|slf, _| Ok(number(slf) != 0.0)),
    int: Some(|slf, vm| int_from_f64(number(slf), vm)),
    float: Some(itself),
    ..Slots::EMPTY
};

fn number(slf: &Value) -> f64 {
    slf.as_float().unwrap_or(0.0)
}

/// The same number as an exact `float`.
fn itself(slf: &Value, vm: &Vm) -> PyResult {
    Ok(if slf.ty(vm).is(vm.builtin(B::Float)) { slf.clone() } else { vm.float(number(slf)) })
}

fn float_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let own = vm.builtin(B::Float);
    if class.is(own) || same_init(class, own) {
        no_keywords("float", args, vm)?;
    }
    let value = match check_positional("float", Args::positional_only(args.positional()), 0, 1, vm)? {
        [] => vm.float(0.0),
        [x, ..] => to_float(x, vm)?,
    };
    if class.is(own) { Ok(value) } else { Ok(vm.float_in(class, number(&value))) }
}

/// `float(x)`: an exact `float`.
fn to_float(x: &Value, vm: &Vm) -> PyResult {
    if x.is_small_float() || x.ty(vm).is(vm.builtin(B::Float)) {
        return Ok(x.clone());
    }
    let slots = x.ty(vm).slots();
    if let Some(float) = slots.float {
        return Ok(vm.float(vm.float_by_slot(x, float)?));
    }
    if slots.index.is_some() {
        return Ok(vm.float(vm.to_f64(x)?));
    }
    if let Some(text) = x.downcast::<Str>() {
        return match textual::parse(&to_ascii(text)) {
            Some(number) => Ok(vm.float(number)),
            None => Err(invalid("could not convert string to float: ", x, usize::MAX, vm)),
        };
    }
    if slots.buffer.is_some() {
        return from_bytes_like(x, vm);
    }
    Err(vm.type_error(format!("float() argument must be a string or a real number, not '{}'", vm.type_name(x))))
}

fn from_bytes_like(x: &Value, vm: &Vm) -> PyResult {
    let view = BytesLike::from_arg(x, &ArgName { function: "float", argument: "argument".into() }, vm)?;
    let data = view.to_cow();
    match textual::parse_bytes(&data) {
        Some(number) => Ok(vm.float(number)),
        None if x.downcast::<Bytes>().is_some() => {
            Err(invalid("could not convert string to float: ", x, usize::MAX, vm))
        }
        None => {
            let shown = if x.ty(vm).is_subtype(vm.builtin(B::ByteArray)) {
                x.clone()
            } else {
                vm.new_bytes(&data)?.into_value()
            };
            Err(invalid("could not convert string to float: ", &shown, usize::MAX, vm))
        }
    }
}

/// The whole part as an `int`; OverflowError for infinities, ValueError for NaN.
pub fn int_from_f64(x: f64, vm: &Vm) -> PyResult {
    if x.abs() < 9e18 {
        return Ok(vm.int(x as i64));
    }
    if x.is_nan() {
        return Err(vm.value_error("cannot convert float NaN to integer"));
    }
    if x.is_infinite() {
        return Err(vm.overflow_error("cannot convert float infinity to integer"));
    }
    Ok(vm.int_from_big(exact_integer(x)))
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    Ok(vm.try_str(&textual::repr(number(slf)))?.into_value())
}

fn hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    match textual::hash_f64(number(slf)) {
        Some(hash) => Ok(hash),
        None => crate::model::object::identity_hash(slf, vm),
    }
}

fn compare(a: &Value, b: &Value, op: CompareOp, _: &Vm) -> PyResult {
    let Some(x) = a.as_float() else { return Ok(Value::not_implemented()) };
    if let Some(y) = b.as_float() {
        return Ok(Value::bool(arithmetic::compare_floats(x, y, op)));
    }
    Ok(match b.as_int() {
        Some(n) => Value::bool(compare_with_int(x, n, op)),
        None => Value::not_implemented(),
    })
}

fn power(a: &Value, b: &Value, modulus: &Value, vm: &Vm) -> PyResult {
    if !modulus.is_none() {
        return Err(vm.type_error("pow() 3rd argument not allowed unless all arguments are integers"));
    }
    let Some(a) = operand(a, vm)? else { return Ok(Value::not_implemented()) };
    let Some(b) = operand(b, vm)? else { return Ok(Value::not_implemented()) };
    arithmetic::float_pow(a, b, vm)
}

fn in_class(cls: &Value, value: Value, vm: &Vm) -> PyResult {
    match cls.downcast::<Type>() {
        Some(class) if !class.is(vm.builtin(B::Float)) => vm.call(cls, &[value]),
        _ => Ok(value),
    }
}

/// `x.as_integer_ratio()`
pub fn integer_ratio(x: f64, vm: &Vm) -> PyResult<Ref<Tuple>> {
    let Some((odd, exponent)) = textual::integer_ratio(x) else {
        return Err(if x.is_nan() {
            vm.value_error("cannot convert NaN to integer ratio")
        } else {
            vm.overflow_error("cannot convert Infinity to integer ratio")
        });
    };
    let power = dashu_int::IBig::ONE << exponent.unsigned_abs() as usize;
    let (numerator, denominator) = if exponent >= 0 {
        (vm.int_from_big(dashu_int::IBig::from(odd) * power), vm.int(1))
    } else {
        (vm.int(odd), vm.int_from_big(power))
    };
    Ok(vm.tuple_of([numerator, denominator]))
}

#[pymethods]
impl FloatType {
    /// Convert real number to a floating-point number.
    #[classmethod("from_number($type, number, /)")]
    fn from_number(cls: &Value, number: &Value, vm: &Vm) -> PyResult {
        let exact = number.ty(vm).is(vm.builtin(B::Float));
        let value = if exact { number.clone() } else { vm.float(vm.to_f64(number)?) };
        in_class(cls, value, vm)
    }

    /// Return self, the complex conjugate of any float.
    #[method("conjugate($self, /)")]
    fn conjugate(slf: &Value, vm: &Vm) -> PyResult {
        itself(slf, vm)
    }

    /// Return the Integral closest to x between 0 and x.
    #[method("__trunc__($self, /)")]
    fn trunc(slf: &Value, vm: &Vm) -> PyResult {
        int_from_f64(number(slf), vm)
    }

    /// Return the floor as an Integral.
    #[method("__floor__($self, /)")]
    fn floor(slf: &Value, vm: &Vm) -> PyResult {
        int_from_f64(number(slf).floor(), vm)
    }

    /// Return the ceiling as an Integral.
    #[method("__ceil__($self, /)")]
    fn ceil(slf: &Value, vm: &Vm) -> PyResult {
        int_from_f64(number(slf).ceil(), vm)
    }

    /// Return the Integral closest to x, rounding half toward even.
    ///
    /// When an argument is passed, work like built-in round(x, ndigits).
    #[method("__round__($self, ndigits=None, /)")]
    fn round(slf: &Value, ndigits: OrNone<&Value>, vm: &Vm) -> PyResult {
        let x = number(slf);
        let Some(ndigits) = ndigits.into_option() else { return int_from_f64(x.round_ties_even(), vm) };
        let digits = vm.index_clamped(ndigits)?;
        match textual::round_to_digits(x, digits as i64) {
            Ok(rounded) => Ok(vm.float(rounded)),
            Err(_) => Err(vm.overflow_error(textual::RoundError::MESSAGE)),
        }
    }

    /// Return a pair of integers, whose ratio is exactly equal to the original float.
    ///
    /// The ratio is in lowest terms and has a positive denominator.  Raise
    /// OverflowError on infinities and a ValueError on NaNs.
    ///
    /// >>> (10.0).as_integer_ratio()
    /// (10, 1)
    /// >>> (0.0).as_integer_ratio()
    /// (0, 1)
    /// >>> (-.25).as_integer_ratio()
    /// (-1, 4)
    #[method("as_integer_ratio($self, /)")]
    fn as_integer_ratio(slf: &Value, vm: &Vm) -> PyResult<Ref<Tuple>> {
        integer_ratio(number(slf), vm)
    }

    /// Create a floating-point number from a hexadecimal string.
    ///
    /// >>> float.fromhex('0x1.ffffp10')
    /// 2047.984375
    /// >>> float.fromhex('-0x1p-1074')
    /// -5e-324
    #[classmethod("fromhex($type, string, /)")]
    fn fromhex(cls: &Value, string: &Value, vm: &Vm) -> PyResult {
        let Some(text) = string.downcast::<Str>() else {
            return Err(vm.type_error("bad argument type for built-in operation"));
        };
        let parsed = text.as_ascii().map_or(Err(HexError::Invalid), textual::from_hex);
        match parsed {
            Ok(x) => in_class(cls, vm.float(x), vm),
            Err(HexError::Invalid) => Err(vm.value_error(HexError::Invalid.message())),
            Err(error) => Err(vm.overflow_error(error.message())),
        }
    }

    /// Return a hexadecimal representation of a floating-point number.
    ///
    /// >>> (-0.1).hex()
    /// '-0x1.999999999999ap-4'
    /// >>> 3.14159.hex()
    /// '0x1.921f9f01b866ep+1'
    #[method("hex($self, /)")]
    fn hex(slf: &Value) -> String {
        textual::to_hex(number(slf))
    }

    /// Return True if the float is an integer.
    #[method("is_integer($self, /)")]
    fn is_integer(slf: &Value) -> bool {
        let x = number(slf);
        x.is_finite() && x.floor() == x
    }

    #[method("__getnewargs__($self, /)")]
    fn getnewargs(slf: &Value, vm: &Vm) -> Ref<Tuple> {
        vm.tuple_of([vm.float(number(slf))])
    }

    /// You probably don't want to use this function.
    ///
    ///   typestr
    ///     Must be 'double' or 'float'.
    ///
    /// It exists mainly to be used in Python's test suite.
    ///
    /// This function returns whichever of 'unknown', 'IEEE, big-endian' or
    /// 'IEEE, little-endian' best describes the format of floating-point
    /// numbers used by the C type named by typestr.
    #[classmethod("__getformat__($type, typestr, /)")]
    fn getformat(_cls: &Value, typestr: &Value, vm: &Vm) -> PyResult<&'static str> {
        let Some(name) = typestr.downcast::<Str>() else {
            let kind = pyrope_object::bind::argument_type_name(typestr, vm);
            return Err(vm.type_error(format!("__getformat__() argument must be str, not {kind}")));
        };
        if !name.equals_str("double") && !name.equals_str("float") {
            return Err(vm.value_error("__getformat__() argument 1 must be 'double' or 'float'"));
        }
        Ok(if cfg!(target_endian = "little") { "IEEE, little-endian" } else { "IEEE, big-endian" })
    }

    /// Formats the float according to format_spec.
    #[method("__format__($self, format_spec, /)")]
    fn format(slf: &Value, format_spec: &Value, vm: &Vm) -> PyResult {
        let spec = text::spec_argument(format_spec, vm)?;
        if spec.is_empty() {
            return Ok(vm.str(slf)?.into_value());
        }
        let spec = text::spec_for(NumberKind::Float, spec, slf, vm)?;
        text::rendered(spec.render_float(number(slf), &crate::text::numeric_locale(vm)), vm)
    }

    /// the real part of a complex number
    #[getter]
    fn real(slf: &Value, vm: &Vm) -> PyResult {
        itself(slf, vm)
    }

    /// the imaginary part of a complex number
    #[getter]
    fn imag(_slf: &Value, vm: &Vm) -> Value {
        vm.float(0.0)
    }
}
