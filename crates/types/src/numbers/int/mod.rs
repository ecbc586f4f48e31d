//! `int`

pub mod arithmetic;
mod bytes;
pub mod construct;

use dashu_int::ops::{Abs, BitTest};
use dashu_int::{IBig, Sign, UBig};
use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::OrNone;
use pyrope_object::layout::INT_LAYOUT;
use pyrope_object::{BuiltinType as B, Bytes, CompareOp, IntView, PyResult, Ref, Slots, Str, Tuple, Type, Value, Vm};
use pyrope_textual::float::hash_limbs;
use pyrope_textual::format_spec::IntPresentation;
use pyrope_textual::int_text;

use super::text::{self, NumberKind};
use crate::model::class;
use construct::exact;

/// int([x]) -> integer
/// int(x, base=10) -> integer
///
/// Convert a number or string to an integer, or return 0 if no arguments
/// are given.  If x is a number, return x.__int__().  For floating-point
/// numbers, this truncates towards zero.
///
/// If x is not a number or if base is given, then x must be a string,
/// bytes, or bytearray instance representing an integer literal in the
/// given base.  The literal can be preceded by '+' or '-' and be surrounded
/// by whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.
/// Base 0 means to interpret the base from the string as an integer literal.
/// >>> int('0b100', base=0)
/// 4
#[pyclass(
    name = "int", layout = INT_LAYOUT, builtin = Int, flags(BASETYPE, MATCH_SELF), slots = SLOTS,
    methods(IntType::METHODS), getset(IntType::GETSETS)
)]
pub struct IntType;

macro_rules! binary {
    ($($slot:ident: $function:path;)*) => {
        mod slots {
            use pyrope_object::{PyResult, Value, Vm};

            $(
                pub(super) fn $slot(a: &Value, b: &Value, vm: &Vm) -> PyResult {
                    match (a.as_int(), b.as_int()) {
                        (Some(a), Some(b)) => $function(a, b, vm),
                        _ => Ok(Value::not_implemented()),
                    }
                }
            )*
        }
    };
}

binary! {
    add: super::arithmetic::add;
    subtract: super::arithmetic::subtract;
    multiply: super::arithmetic::multiply;
    floor_divide: super::arithmetic::floor_divide;
    remainder: super::arithmetic::remainder;
    true_divide: super::arithmetic::true_divide;
    divmod: super::arithmetic::divmod;
    and: super::arithmetic::and;
    or: super::arithmetic::or;
    xor: super::arithmetic::xor;
    lshift: super::arithmetic::lshift;
    rshift: super::arithmetic::rshift;
}

const SLOTS: Slots = Slots {
    new: Some(construct::int_new),
    repr: Some(repr),
    hash: Some(hash),
    richcompare: Some(compare),
    add: Some(slots::add),
    subtract: Some(slots::subtract),
    multiply: Some(slots::multiply),
    floor_divide: Some(slots::floor_divide),
    remainder: Some(slots::remainder),
    true_divide: Some(slots::true_divide),
    divmod: Some(slots::divmod),
    power: Some(power),
    negative: Some(negative),
    positive: Some(itself),
    absolute: Some(absolute),
    bool: Some(truth),
    invert: Some(invert),
    and: Some(slots::and),
    or: Some(slots::or),
    xor: Some(slots::xor),
    lshift: Some(slots::lshift),
    rshift: Some(slots::rshift),
    int: Some(itself),
    float: Some(to_float),
    index: Some(itself),
    ..Slots::EMPTY
};

/// Decimal text, or ValueError beyond the digit limit.
pub fn decimal_text(n: IntView<'_>, vm: &Vm) -> PyResult<String> {
    match n {
        IntView::Small(n) => Ok(int_text::small_to_decimal(n)),
        IntView::Big(n) => int_text::to_decimal(n, super::max_str_digits(vm)).map_err(|e| text::raise(e, vm)),
    }
}

fn view(slf: &Value) -> IntView<'_> {
    slf.as_int().unwrap_or(IntView::Small(0))
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    if let Some(n) = slf.as_i64() {
        return int_text::with_decimal(n, |text| Ok(vm.try_str(text)?.into_value()));
    }
    Ok(vm.try_str(&decimal_text(view(slf), vm)?)?.into_value())
}

fn hash(slf: &Value, _: &Vm) -> PyResult<i64> {
    Ok(hash_int(view(slf)))
}

/// `hash(n)`
pub fn hash_int(n: IntView<'_>) -> i64 {
    const MODULUS: i64 = (1 << 61) - 1;
    match n {
        IntView::Small(-1) => -2,
        IntView::Small(n) if -MODULUS < n && n < MODULUS => n,
        IntView::Small(n) => hash_limbs(n < 0, &[n.unsigned_abs()]),
        IntView::Big(n) => {
            let (sign, words) = n.as_sign_words();
            hash_limbs(sign == Sign::Negative, words)
        }
    }
}

fn compare(a: &Value, b: &Value, op: CompareOp, _: &Vm) -> PyResult {
    match (a.as_int(), b.as_int()) {
        (Some(a), Some(b)) => Ok(Value::bool(arithmetic::holds(arithmetic::order(a, b), op))),
        _ => Ok(Value::not_implemented()),
    }
}

fn power(a: &Value, b: &Value, modulus: &Value, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (a.as_int(), b.as_int()) else { return Ok(Value::not_implemented()) };
    if modulus.is_none() {
        return arithmetic::power(a, b, vm);
    }
    match modulus.as_int() {
        Some(modulus) => arithmetic::modular_power(a, b, modulus, vm),
        None => Ok(Value::not_implemented()),
    }
}

fn negative(slf: &Value, vm: &Vm) -> PyResult {
    Ok(match view(slf) {
        IntView::Small(n) => arithmetic::int_neg(n, vm),
        IntView::Big(n) => vm.int_from_big(-n),
    })
}

fn itself(slf: &Value, vm: &Vm) -> PyResult {
    Ok(exact(slf, vm))
}

fn absolute(slf: &Value, vm: &Vm) -> PyResult {
    if view(slf).is_negative() { negative(slf, vm) } else { itself(slf, vm) }
}

fn truth(slf: &Value, _: &Vm) -> PyResult<bool> {
    Ok(!matches!(view(slf), IntView::Small(0)))
}

fn invert(slf: &Value, vm: &Vm) -> PyResult {
    Ok(match view(slf) {
        IntView::Small(n) => vm.int(!n),
        IntView::Big(n) => vm.int_from_big(!n),
    })
}

fn to_float(slf: &Value, vm: &Vm) -> PyResult {
    Ok(vm.float(super::view_to_f64(view(slf), vm)?))
}

/// The magnitude.
fn magnitude(n: IntView<'_>) -> UBig {
    match n {
        IntView::Small(n) => UBig::from(n.unsigned_abs()),
        IntView::Big(n) => n.clone().into_parts().1,
    }
}

/// `10 ** digits` rounds `n`, ties to even.
fn round_to_power_of_ten(n: IntView<'_>, digits: usize, vm: &Vm) -> Value {
    // A power of ten beyond twice the number rounds it to zero; log10(2) < 0.302.
    let decimal_places = magnitude(n).bit_len() * 302 / 1000 + 2;
    if digits > decimal_places {
        return vm.int(0);
    }
    let unit = IBig::from(10).pow(digits);
    let n = n.to_big();
    let (q, r) = arithmetic::floor_div_rem(&n, &unit);
    let twice: IBig = r << 1;
    let up = twice > unit || (twice == unit && q.bit(0));
    vm.int_from_big((if up { q + IBig::ONE } else { q }) * unit)
}

/// `format(n, spec)`
pub fn format_int(slf: &Value, spec: &Str, vm: &Vm) -> PyResult {
    if spec.is_empty() {
        return Ok(vm.str(slf)?.into_value());
    }
    let spec = text::spec_for(NumberKind::Int, spec, slf, vm)?;
    let n = view(slf);
    match spec.int_presentation().map_err(|e| text::raise(e, vm))? {
        IntPresentation::Float => {
            let x = super::view_to_f64(n, vm)?;
            text::rendered(spec.render_float(x, &crate::text::numeric_locale(vm)), vm)
        }
        IntPresentation::Char => match n.to_i64() {
            Some(point @ 0..=0x10FFFF) => text::rendered(spec.render_char(point as u32), vm),
            _ => Err(vm.overflow_error("%c arg not in range(0x110000)")),
        },
        IntPresentation::Digits(10) => {
            let digits = decimal_text(n, vm)?;
            let digits = digits.strip_prefix('-').unwrap_or(&digits);
            text::rendered(spec.render_int(n.is_negative(), digits, &crate::text::numeric_locale(vm)), vm)
        }
        IntPresentation::Digits(base) => {
            let digits = match n {
                IntView::Small(n) => int_text::small_magnitude_to_base(n.unsigned_abs(), base),
                IntView::Big(_) => int_text::magnitude_to_base(&magnitude(n), base),
            };
            text::rendered(spec.render_int(n.is_negative(), &digits, &crate::text::numeric_locale(vm)), vm)
        }
    }
}

#[pymethods]
impl IntType {
    /// Returns self, the complex conjugate of any int.
    #[method("conjugate($self, /)")]
    fn conjugate(slf: &Value, vm: &Vm) -> Value {
        exact(slf, vm)
    }

    /// Number of bits necessary to represent self in binary.
    ///
    /// >>> bin(37)
    /// '0b100101'
    /// >>> (37).bit_length()
    /// 6
    #[method("bit_length($self, /)")]
    fn bit_length(slf: &Value) -> usize {
        match view(slf) {
            IntView::Small(n) => (64 - n.unsigned_abs().leading_zeros()) as usize,
            IntView::Big(n) => n.abs().bit_len(),
        }
    }

    /// Number of ones in the binary representation of the absolute value of self.
    ///
    /// Also known as the population count.
    ///
    /// >>> bin(13)
    /// '0b1101'
    /// >>> (13).bit_count()
    /// 3
    #[method("bit_count($self, /)")]
    fn bit_count(slf: &Value) -> usize {
        match view(slf) {
            IntView::Small(n) => n.unsigned_abs().count_ones() as usize,
            n @ IntView::Big(_) => magnitude(n).count_ones(),
        }
    }

    /// Return an array of bytes representing an integer.
    ///
    ///   length
    ///     Length of bytes object to use.  An OverflowError is raised if
    ///     the integer is not representable with the given number of bytes.
    ///     Default is length 1.
    ///   byteorder
    ///     The byte order used to represent the integer.  If byteorder is
    ///     'big', the most significant byte is at the beginning of the byte
    ///     array.  If byteorder is 'little', the most significant byte is at
    ///     the end of the byte array.  To request the native byte order of
    ///     the host system, use sys.byteorder as the byte order value.
    ///     Default is to use 'big'.
    ///   signed
    ///     Determines whether two's complement is used to represent the
    ///     integer.  If signed is False and a negative integer is given,
    ///     an OverflowError is raised.
    #[method("to_bytes($self, /, length=1, byteorder='big', *, signed=False)")]
    fn to_bytes(slf: &Value, length: isize, byteorder: Option<&Str>, signed: bool, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let little = bytes::is_little(byteorder, vm)?;
        let Ok(length) = usize::try_from(length) else {
            return Err(vm.value_error("length argument must be non-negative"));
        };
        bytes::to_bytes(view(slf), length, little, signed, vm)
    }

    /// Return the integer represented by the given array of bytes.
    ///
    ///   bytes
    ///     Holds the array of bytes to convert.  The argument must either
    ///     support the buffer protocol or be an iterable object producing
    ///     bytes.  Bytes and bytearray are examples of built-in objects that
    ///     support the buffer protocol.
    ///   byteorder
    ///     The byte order used to represent the integer.  If byteorder is
    ///     'big', the most significant byte is at the beginning of the byte
    ///     array.  If byteorder is 'little', the most significant byte is at
    ///     the end of the byte array.  To request the native byte order of
    ///     the host system, use sys.byteorder as the byte order value.
    ///     Default is to use 'big'.
    ///   signed
    ///     Indicates whether two's complement is used to represent the
    ///     integer.
    #[classmethod("from_bytes($type, /, bytes, byteorder='big', *, signed=False)")]
    fn from_bytes(cls: &Value, bytes: &Value, byteorder: Option<&Str>, signed: bool, vm: &Vm) -> PyResult {
        let little = bytes::is_little(byteorder, vm)?;
        let data = bytes::bytes_argument(bytes, vm)?;
        let value = vm.int_from_big(bytes::from_bytes(&data, little, signed));
        match cls.downcast::<Type>() {
            Some(class) if !class.is(vm.builtin(B::Int)) => vm.call(cls, &[value]),
            _ => Ok(value),
        }
    }

    /// Return a pair of integers, whose ratio is equal to the original int.
    ///
    /// The ratio is in lowest terms and has a positive denominator.
    ///
    /// >>> (10).as_integer_ratio()
    /// (10, 1)
    /// >>> (-10).as_integer_ratio()
    /// (-10, 1)
    /// >>> (0).as_integer_ratio()
    /// (0, 1)
    #[method("as_integer_ratio($self, /)")]
    fn as_integer_ratio(slf: &Value, vm: &Vm) -> Ref<Tuple> {
        vm.tuple_of([exact(slf, vm), vm.int(1)])
    }

    /// Truncating an Integral returns itself.
    #[method("__trunc__($self, /)")]
    fn trunc(slf: &Value, vm: &Vm) -> Value {
        exact(slf, vm)
    }

    /// Flooring an Integral returns itself.
    #[method("__floor__($self, /)")]
    fn floor(slf: &Value, vm: &Vm) -> Value {
        exact(slf, vm)
    }

    /// Ceiling of an Integral returns itself.
    #[method("__ceil__($self, /)")]
    fn ceil(slf: &Value, vm: &Vm) -> Value {
        exact(slf, vm)
    }

    /// Rounding an Integral returns itself.
    ///
    /// Rounding with an ndigits argument also returns an integer.
    #[method("__round__($self, ndigits=None, /)")]
    fn round(slf: &Value, ndigits: OrNone<&Value>, vm: &Vm) -> PyResult {
        let Some(ndigits) = ndigits.into_option() else { return Ok(exact(slf, vm)) };
        let ndigits = vm.index_clamped(ndigits)?;
        if ndigits >= 0 {
            return Ok(exact(slf, vm));
        }
        Ok(round_to_power_of_ten(view(slf), ndigits.unsigned_abs(), vm))
    }

    #[method("__getnewargs__($self, /)")]
    fn getnewargs(slf: &Value, vm: &Vm) -> Ref<Tuple> {
        vm.tuple_of([exact(slf, vm)])
    }

    /// Convert to a string according to format_spec.
    #[method("__format__($self, format_spec, /)")]
    fn format(slf: &Value, format_spec: &Value, vm: &Vm) -> PyResult {
        format_int(slf, text::spec_argument(format_spec, vm)?, vm)
    }

    /// Returns size in memory, in bytes.
    #[method("__sizeof__($self, /)")]
    fn sizeof(slf: &Value, vm: &Vm) -> usize {
        let digits = IntType::bit_length(slf).div_ceil(30).max(1);
        class::shown_basic_size(slf.ty(vm), vm) + 4 * digits
    }

    /// Returns True. Exists for duck type compatibility with float.is_integer.
    #[method("is_integer($self, /)")]
    fn is_integer(slf: &Value) -> bool {
        slf.as_int().is_some()
    }

    /// the real part of a complex number
    #[getter]
    fn real(slf: &Value, vm: &Vm) -> Value {
        exact(slf, vm)
    }

    /// the imaginary part of a complex number
    #[getter]
    fn imag(_slf: &Value, vm: &Vm) -> Value {
        vm.int(0)
    }

    /// the numerator of a rational number in lowest terms
    #[getter]
    fn numerator(slf: &Value, vm: &Vm) -> Value {
        exact(slf, vm)
    }

    /// the denominator of a rational number in lowest terms
    #[getter]
    fn denominator(_slf: &Value, vm: &Vm) -> Value {
        vm.int(1)
    }
}
