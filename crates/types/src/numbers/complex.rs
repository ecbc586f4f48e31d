//! `complex`

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::{Signature, bind, full_type_name};
use pyrope_object::{
    Args, BuiltinType as B, CompareOp, Header, PyResult, Raised, Ref, Slots, Str, Tuple, Type, Value, Vm,
};
use pyrope_textual::float as textual;

use super::float::arithmetic::{compare_with_int, operand};
use super::text::{self, NumberKind, to_ascii};

/// Real and imaginary part.
pub type Parts = (f64, f64);

/// Create a complex number from a string or numbers.
///
/// If a string is given, parse it as a complex number.
/// If a single number is given, convert it to a complex number.
/// If the 'real' or 'imag' arguments are given, create a complex number
/// with the specified real and imaginary components.
#[pyclass(
    name = "complex", builtin = Complex, signature = "(real=0, imag=0)", flags(BASETYPE), slots = SLOTS,
    methods(Complex::METHODS), getset(Complex::GETSETS)
)]
pub struct Complex {
    pub header: Header,
    pub re: f64,
    pub im: f64,
}

const SLOTS: Slots = Slots {
    new: Some(complex_new),
    repr: Some(repr),
    hash: Some(hash),
    richcompare: Some(compare),
    add: Some(add),
    subtract: Some(subtract),
    multiply: Some(multiply),
    true_divide: Some(true_divide),
    power: Some(power),
    negative: Some(|slf, vm| Ok(new_complex((-parts(slf).0, -parts(slf).1), vm))),
    positive: Some(|slf, vm| Ok(exact(slf, vm))),
    absolute: Some(absolute),
    bool: Some(|slf, _| Ok(parts(slf) != (0.0, 0.0))),
    ..Slots::EMPTY
};

/// A `complex`.
pub fn new_complex((re, im): Parts, vm: &Vm) -> Value {
    Ref::new(vm, Complex { header: Header::blank(), re, im }).into_value()
}

/// The parts, if the value is a `complex` or an instance of a subclass.
pub fn as_complex(value: &Value) -> Option<Parts> {
    value.downcast::<Complex>().map(|z| (z.re, z.im))
}

fn parts(slf: &Value) -> Parts {
    as_complex(slf).unwrap_or((0.0, 0.0))
}

fn exact(slf: &Value, vm: &Vm) -> Value {
    if slf.ty(vm).is(vm.builtin(B::Complex)) { slf.clone() } else { new_complex(parts(slf), vm) }
}

/// A number as `cmath` and `complex()` take it: complex, `__complex__`, `__float__` or `__index__`.
pub fn to_complex(value: &Value, vm: &Vm) -> PyResult<Parts> {
    if let Some(z) = as_complex(value) {
        return Ok(z);
    }
    match special_complex(value, vm)? {
        Some(z) => Ok(z),
        None => Ok((vm.to_f64(value)?, 0.0)),
    }
}

/// What `__complex__` gives, if there is one.
fn special_complex(value: &Value, vm: &Vm) -> PyResult<Option<Parts>> {
    if value.is_small_float() || value.is_small_int() || value.downcast::<Str>().is_some() {
        return Ok(None);
    }
    let Some(method) = vm.lookup_special(value, &vm.names().__complex__)? else { return Ok(None) };
    let result = vm.call(&method, &[])?;
    let Some(z) = as_complex(&result) else {
        let given = full_type_name(&result, vm);
        return Err(vm.type_error(format!("__complex__ returned non-complex (type {given})")));
    };
    vm.warn_of_subclass("__complex__", &result, B::Complex)?;
    Ok(Some(z))
}

static SIGNATURE: Signature = Signature::plain("complex", &["real", "imag"], 0);

fn complex_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let z = match (args.positional(), args.keyword_count()) {
        ([], 0) => (0.0, 0.0),
        ([sole], 0) => {
            if class.is(vm.builtin(B::Complex)) && sole.ty(vm).is(class) {
                return Ok(sole.clone());
            }
            from_one(sole, vm)?
        }
        _ => {
            let mut slots = [None; 2];
            bind(&SIGNATURE, args, &mut slots, vm)?;
            from_two(slots[0], slots[1], vm)?
        }
    };
    Ok(in_class(class, z, vm))
}

fn in_class(class: &Type, (re, im): Parts, vm: &Vm) -> Value {
    Ref::new_in(vm, class, Complex { header: Header::blank(), re, im }).into_value()
}

fn is_real(value: &Value, vm: &Vm) -> bool {
    let slots = value.ty(vm).slots();
    slots.float.is_some() || slots.index.is_some()
}

fn from_one(value: &Value, vm: &Vm) -> PyResult<Parts> {
    if let Some(text) = value.downcast::<Str>() {
        return textual::parse_complex(&to_ascii(text))
            .ok_or_else(|| vm.value_error("complex() arg is a malformed string"));
    }
    if let Some(z) = special_complex(value, vm)? {
        return Ok(z);
    }
    if let Some(z) = as_complex(value) {
        return Ok(z);
    }
    if is_real(value, vm) {
        return Ok((vm.to_f64(value)?, 0.0));
    }
    Err(vm.type_error(format!("complex() argument must be a string or a number, not {}", full_type_name(value, vm))))
}

fn not_real(which: &str, value: &Value, vm: &Vm) -> String {
    format!("complex() argument '{which}' must be a real number, not {}", full_type_name(value, vm))
}

fn from_two(real: Option<&Value>, imag: Option<&Value>, vm: &Vm) -> PyResult<Parts> {
    let mut result = (0.0, 0.0);
    if let Some(real) = real {
        let z = match as_complex(real) {
            Some(z) => Some(z),
            None => special_complex(real, vm)?,
        };
        match z {
            Some(z) => {
                vm.warn(B::DeprecationWarning, &not_real("real", real, vm), 1)?;
                result = z;
            }
            None if is_real(real, vm) => result.0 = vm.to_f64(real)?,
            None => return Err(vm.type_error(not_real("real", real, vm))),
        }
    }
    if let Some(imag) = imag {
        if let Some((re, im)) = as_complex(imag) {
            vm.warn(B::DeprecationWarning, &not_real("imag", imag, vm), 1)?;
            result = (result.0 - im, result.1 + re);
        } else if is_real(imag, vm) {
            let im = vm.to_f64(imag)?;
            // Adding to an absent imaginary part would lose the sign of a negative zero.
            let mixed = real.is_some_and(|r| as_complex(r).is_some());
            result.1 = if mixed { result.1 + im } else { im };
        } else {
            return Err(vm.type_error(not_real("imag", imag, vm)));
        }
    }
    Ok(result)
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let (re, im) = parts(slf);
    Ok(vm.try_str(&textual::complex_repr(re, im))?.into_value())
}

fn hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let (re, im) = parts(slf);
    Ok(textual::hash_complex(re, im, crate::model::object::identity_hash(slf, vm)?))
}

fn compare(a: &Value, b: &Value, op: CompareOp, _: &Vm) -> PyResult {
    let Some((re, im)) = as_complex(a) else { return Ok(Value::not_implemented()) };
    let equal = if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::not_implemented());
    } else if let Some(n) = b.as_int() {
        im == 0.0 && compare_with_int(re, n, CompareOp::Eq)
    } else if let Some(x) = b.as_float() {
        im == 0.0 && re == x
    } else if let Some(other) = as_complex(b) {
        (re, im) == other
    } else {
        return Ok(Value::not_implemented());
    };
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

/// An operand: mixed arithmetic does not make real numbers complex.
enum Operand {
    Real(f64),
    Complex(Parts),
}

impl Operand {
    fn of(value: &Value, vm: &Vm) -> PyResult<Option<Operand>> {
        match as_complex(value) {
            Some(z) => Ok(Some(Operand::Complex(z))),
            None => Ok(operand(value, vm)?.map(Operand::Real)),
        }
    }

    fn parts(&self) -> Parts {
        match *self {
            Operand::Real(x) => (x, 0.0),
            Operand::Complex(z) => z,
        }
    }
}

fn binary(a: &Value, b: &Value, vm: &Vm, f: impl FnOnce(Operand, Operand) -> PyResult<Parts>) -> PyResult {
    let Some(a) = Operand::of(a, vm)? else { return Ok(Value::not_implemented()) };
    let Some(b) = Operand::of(b, vm)? else { return Ok(Value::not_implemented()) };
    Ok(new_complex(f(a, b)?, vm))
}

fn add(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    use Operand::{Complex as C, Real as R};
    binary(a, b, vm, |a, b| {
        Ok(match (a, b) {
            (C(a), C(b)) => (a.0 + b.0, a.1 + b.1),
            (C(z), R(x)) | (R(x), C(z)) => (z.0 + x, z.1),
            (R(a), R(b)) => (a + b, 0.0),
        })
    })
}

fn subtract(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    use Operand::{Complex as C, Real as R};
    binary(a, b, vm, |a, b| {
        Ok(match (a, b) {
            (C(a), C(b)) => (a.0 - b.0, a.1 - b.1),
            (C(a), R(b)) => (a.0 - b, a.1),
            (R(a), C(b)) => (a - b.0, -b.1),
            (R(a), R(b)) => (a - b, 0.0),
        })
    })
}

fn multiply(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    use Operand::{Complex as C, Real as R};
    binary(a, b, vm, |a, b| {
        Ok(match (a, b) {
            (C(a), C(b)) => product(a, b),
            (C(z), R(x)) | (R(x), C(z)) => (z.0 * x, z.1 * x),
            (R(a), R(b)) => (a * b, 0.0),
        })
    })
}

fn true_divide(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    use Operand::{Complex as C, Real as R};
    let by_zero = |vm: &Vm| vm.zero_division_error("division by zero");
    binary(a, b, vm, |a, b| match (a, b) {
        (_, R(0.0)) => Err(by_zero(vm)),
        (C(a), R(b)) => Ok((a.0 / b, a.1 / b)),
        (R(a), R(b)) => Ok((a / b, 0.0)),
        (a, C(b)) => {
            let result = match a {
                R(a) => real_quotient(a, b),
                C(a) => quotient(a, b),
            };
            result.ok_or_else(|| by_zero(vm))
        }
    })
}

/// One with the sign of `x` if it is infinite, else zero with its sign.
fn boxed(x: f64) -> f64 {
    (if x.is_infinite() { 1.0f64 } else { 0.0 }).copysign(x)
}

fn without_nan(x: f64) -> f64 {
    if x.is_nan() { 0.0f64.copysign(x) } else { x }
}

/// `a * b`; infinities are recovered as C99's Annex G says.
pub fn product((mut a, mut b): Parts, (mut c, mut d): Parts) -> Parts {
    let (ac, bd, ad, bc) = (a * c, b * d, a * d, b * c);
    let result = (ac - bd, ad + bc);
    if !(result.0.is_nan() && result.1.is_nan()) {
        return result;
    }
    let mut again = false;
    if a.is_infinite() || b.is_infinite() {
        (a, b, c, d) = (boxed(a), boxed(b), without_nan(c), without_nan(d));
        again = true;
    }
    if c.is_infinite() || d.is_infinite() {
        (c, d, a, b) = (boxed(c), boxed(d), without_nan(a), without_nan(b));
        again = true;
    }
    if !again && [ac, bd, ad, bc].iter().any(|x| x.is_infinite()) {
        (a, b, c, d) = (without_nan(a), without_nan(b), without_nan(c), without_nan(d));
        again = true;
    }
    if again { (f64::INFINITY * (a * c - b * d), f64::INFINITY * (a * d + b * c)) } else { result }
}

/// `a / b`, scaled against overflow; `None` for a zero divisor.
pub fn quotient(a: Parts, b: Parts) -> Option<Parts> {
    let (re, im) = (b.0.abs(), b.1.abs());
    let result = if re >= im {
        if re == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        ((a.0 + a.1 * ratio) / denominator, (a.1 - a.0 * ratio) / denominator)
    } else if im >= re {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        ((a.0 * ratio + a.1) / denominator, (a.1 * ratio - a.0) / denominator)
    } else {
        (f64::NAN, f64::NAN)
    };
    if !(result.0.is_nan() && result.1.is_nan()) {
        return Some(result);
    }
    let finite = |z: Parts| z.0.is_finite() && z.1.is_finite();
    let infinite = |z: Parts| z.0.is_infinite() || z.1.is_infinite();
    Some(if infinite(a) && finite(b) {
        let (x, y) = (boxed(a.0), boxed(a.1));
        (f64::INFINITY * (x * b.0 + y * b.1), f64::INFINITY * (y * b.0 - x * b.1))
    } else if infinite(b) && finite(a) {
        let (x, y) = (boxed(b.0), boxed(b.1));
        (0.0 * (a.0 * x + a.1 * y), 0.0 * (a.1 * x - a.0 * y))
    } else {
        result
    })
}

fn real_quotient(a: f64, b: Parts) -> Option<Parts> {
    let (re, im) = (b.0.abs(), b.1.abs());
    let result = if re >= im {
        if re == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        (a / denominator, (-a * ratio) / denominator)
    } else if im >= re {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        ((a * ratio) / denominator, -a / denominator)
    } else {
        (f64::NAN, f64::NAN)
    };
    if result.0.is_nan() && result.1.is_nan() && a.is_finite() && (re.is_infinite() || im.is_infinite()) {
        let (x, y) = (boxed(b.0), boxed(b.1));
        return Some((0.0 * (a * x), 0.0 * (-a * y)));
    }
    Some(result)
}

fn power(a: &Value, b: &Value, modulus: &Value, vm: &Vm) -> PyResult {
    let Some(a) = Operand::of(a, vm)? else { return Ok(Value::not_implemented()) };
    let Some(b) = Operand::of(b, vm)? else { return Ok(Value::not_implemented()) };
    if !modulus.is_none() {
        return Err(vm.value_error("complex modulo"));
    }
    complex_power(a.parts(), b.parts(), vm)
}

#[cold]
fn zero_power(vm: &Vm) -> Raised {
    vm.zero_division_error("zero to a negative or complex power")
}

/// `a ** b`
pub fn complex_power(a: Parts, b: Parts, vm: &Vm) -> PyResult {
    let small_whole = b.1 == 0.0 && b.0 == b.0.floor() && b.0.abs() <= 100.0;
    let result = if small_whole {
        let n = b.0 as i32;
        let positive = whole_power(a, n.unsigned_abs());
        if n > 0 { positive } else { quotient((1.0, 0.0), positive).ok_or_else(|| zero_power(vm))? }
    } else {
        polar_power(a, b, vm)?
    };
    if result.0.is_infinite() || result.1.is_infinite() {
        return Err(vm.overflow_error("complex exponentiation"));
    }
    Ok(new_complex(result, vm))
}

fn whole_power(mut base: Parts, n: u32) -> Parts {
    let mut result = (1.0, 0.0);
    let mut mask = 1;
    while mask > 0 && n >= mask {
        if n & mask != 0 {
            result = product(result, base);
        }
        mask <<= 1;
        base = product(base, base);
    }
    result
}

fn polar_power(a: Parts, b: Parts, vm: &Vm) -> PyResult<Parts> {
    if b == (0.0, 0.0) {
        return Ok((1.0, 0.0));
    }
    if a == (0.0, 0.0) {
        return if b.1 != 0.0 || b.0 < 0.0 { Err(zero_power(vm)) } else { Ok((0.0, 0.0)) };
    }
    let size = a.0.hypot(a.1);
    let angle = a.1.atan2(a.0);
    let (mut length, mut phase) = (size.powf(b.0), angle * b.0);
    if b.1 != 0.0 {
        length *= (-angle * b.1).exp();
        phase += b.1 * size.ln();
    }
    Ok((length * phase.cos(), length * phase.sin()))
}

fn absolute(slf: &Value, vm: &Vm) -> PyResult {
    let (re, im) = parts(slf);
    let size = re.hypot(im);
    if size.is_infinite() && re.is_finite() && im.is_finite() {
        return Err(vm.overflow_error("absolute value too large"));
    }
    Ok(vm.float(size))
}

#[pymethods]
impl Complex {
    /// Convert number to a complex floating-point number.
    #[classmethod("from_number($type, number, /)")]
    fn from_number(cls: &Value, number: &Value, vm: &Vm) -> PyResult {
        let Some(class) = cls.downcast::<Type>() else { return Ok(Value::none()) };
        if class.is(vm.builtin(B::Complex)) && number.ty(vm).is(class) {
            return Ok(number.clone());
        }
        let z = new_complex(to_complex(number, vm)?, vm);
        if class.is(vm.builtin(B::Complex)) { Ok(z) } else { vm.call(cls, &[z]) }
    }

    /// Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.
    #[method("conjugate($self, /)")]
    fn conjugate(slf: &Value, vm: &Vm) -> Value {
        let (re, im) = parts(slf);
        new_complex((re, -im), vm)
    }

    /// Convert this value to exact type complex.
    #[method("__complex__($self, /)")]
    fn complex(slf: &Value, vm: &Vm) -> Value {
        exact(slf, vm)
    }

    #[method("__getnewargs__($self, /)")]
    fn getnewargs(slf: &Value, vm: &Vm) -> Ref<Tuple> {
        let (re, im) = parts(slf);
        vm.tuple_of([vm.float(re), vm.float(im)])
    }

    /// Convert to a string according to format_spec.
    #[method("__format__($self, format_spec, /)")]
    fn format(slf: &Value, format_spec: &Value, vm: &Vm) -> PyResult {
        let spec = text::spec_argument(format_spec, vm)?;
        if spec.is_empty() {
            return Ok(vm.str(slf)?.into_value());
        }
        let spec = text::spec_for(NumberKind::Complex, spec, slf, vm)?;
        let (re, im) = parts(slf);
        text::rendered(spec.render_complex(re, im, &crate::text::numeric_locale(vm)), vm)
    }

    /// the real part of a complex number
    #[getter]
    #[member]
    fn real(&self) -> f64 {
        self.re
    }

    /// the imaginary part of a complex number
    #[getter]
    #[member]
    fn imag(&self) -> f64 {
        self.im
    }
}
