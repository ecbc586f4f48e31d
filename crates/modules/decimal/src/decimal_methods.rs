//! `Decimal`'s methods.

use pyrope_decimal::{Class, Number, Rounding, Status};
use pyrope_macros::pymethods;
use pyrope_object::bind::OrNone;
use pyrope_object::{Args, PyResult, Value, Vm};

use crate::context::rounding_of;
use crate::current::{current, given_or_current, parts};
use crate::decimal::{Binary, Decimal, Unary, new, to_float, to_integer};
use crate::operands::{from_float, not_supported, operand, required};
use crate::rendering;

/// An optional context.
type MaybeContext<'a> = OrNone<&'a Value>;

fn unary(a: &Decimal, context: MaybeContext<'_>, vm: &Vm, operation: Unary) -> PyResult {
    let context = given_or_current(context.0, vm)?;
    let mut met = Status::default();
    let result = operation(&a.number, &context.parameters.get(), &mut met);
    context.result(result, met, vm)
}

fn binary(a: &Decimal, b: &Value, context: MaybeContext<'_>, vm: &Vm, operation: Binary) -> PyResult {
    let context = given_or_current(context.0, vm)?;
    let b = required(b, vm)?;
    let mut met = Status::default();
    let result = operation(&a.number, &b, &context.parameters.get(), &mut met);
    context.result(result, met, vm)
}

/// An operation that the context does not matter to.
fn plain_binary(
    a: &Decimal,
    b: &Value,
    context: MaybeContext<'_>,
    vm: &Vm,
    operation: fn(&Number, &Number) -> Number,
) -> PyResult {
    given_or_current(context.0, vm)?;
    let b = required(b, vm)?;
    Ok(new(operation(&a.number, &b), vm))
}

fn integral(a: &Decimal, rounding: OrNone<&Value>, context: MaybeContext<'_>, vm: &Vm, operation: Unary) -> PyResult {
    let context = given_or_current(context.0, vm)?;
    let mut parameters = context.parameters.get();
    if let Some(rounding) = rounding.0 {
        parameters.rounding = rounding_of(rounding, vm)?;
    }
    let mut met = Status::default();
    let result = operation(&a.number, &parameters, &mut met);
    context.result(result, met, vm)
}

/// `round(a)`, or `round(a, digits)`.
fn round(a: &Decimal, args: Args<'_>, vm: &Vm) -> PyResult {
    let Some(digits) = args.values().first() else { return to_integer(&a.number, Rounding::HalfEven, vm) };
    if args.values().len() > 1 {
        let given = args.values().len();
        return Err(vm.type_error(format!("function takes at most 1 argument ({given} given)")));
    }
    let places = crate::context::word_of(digits, "optional arg must be an integer", vm)?;
    let context = current(vm)?;
    let mut met = Status::default();
    let unit = Number { exponent: places.saturating_neg().clamp(i64::MIN / 4, i64::MAX / 4), ..Number::one() };
    let result = a.number.quantize(&unit, &context.parameters.get(), &mut met);
    context.result(result, met, vm)
}

fn as_tuple(a: &Number, vm: &Vm) -> PyResult {
    let exponent = match a.class {
        Class::Finite => vm.int(a.exponent),
        Class::Infinite => vm.intern("F").into_value(),
        Class::Quiet => vm.intern("n").into_value(),
        Class::Signaling => vm.intern("N").into_value(),
    };
    let digits = match a.is_nan() && a.coefficient.is_zero() {
        true => Vec::new(),
        false => a.digits_text().bytes().map(|digit| vm.int(i64::from(digit - b'0'))).collect(),
    };
    let digits = vm.new_tuple(digits).into_value();
    vm.call(&parts(vm)?.tuple, &[vm.int(a.negative.into()), digits, exponent])
}

fn integer_ratio(a: &Number, vm: &Vm) -> PyResult {
    match a.class {
        Class::Quiet | Class::Signaling => return Err(vm.value_error("cannot convert NaN to integer ratio")),
        Class::Infinite => return Err(vm.overflow_error("cannot convert Infinity to integer ratio")),
        Class::Finite => {}
    }
    let Some((numerator, denominator)) = a.integer_ratio() else { return Err(vm.memory_error()) };
    Ok(vm.new_tuple(vec![vm.int_from_big(numerator), vm.int_from_big(denominator)]).into_value())
}

/// A number as an object of a class, by calling it unless it is Decimal itself.
fn in_class(class: &Value, number: Number, vm: &Vm) -> PyResult {
    let decimal = new(number, vm);
    if class.is(&vm.type_of::<Decimal>().to_value()) { Ok(decimal) } else { vm.call(class, &[decimal]) }
}

/// A number from an int or a float.
pub(crate) fn of_float(value: &Value, vm: &Vm) -> PyResult<Number> {
    if value.as_int().is_some()
        && let Some(number) = operand(value)
    {
        return Ok(number.into_owned());
    }
    match value.as_float() {
        Some(x) => Ok(from_float(x)),
        None => Err(vm.type_error("argument must be int or float")),
    }
}

#[pymethods]
impl Decimal {
    /// Return the value of the (natural) exponential function e**x at the given number.
    #[method("exp($self, /, context=None)")]
    fn exp(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        unary(self, context, vm, Number::exp)
    }

    /// Return the natural (base e) logarithm of the operand.
    #[method("ln($self, /, context=None)")]
    fn ln(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        unary(self, context, vm, Number::ln)
    }

    /// Return the base ten logarithm of the operand.
    #[method("log10($self, /, context=None)")]
    fn log10(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        unary(self, context, vm, Number::log10)
    }

    /// Return the adjusted exponent of the operand as a Decimal.
    #[method("logb($self, /, context=None)")]
    fn logb(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        unary(self, context, vm, Number::logb)
    }

    /// Invert all its digits.
    #[method("logical_invert($self, /, context=None)")]
    fn logical_invert(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        unary(self, context, vm, Number::logical_invert)
    }

    /// Return the largest representable number that is smaller than itself.
    #[method("next_minus($self, /, context=None)")]
    fn next_minus(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        unary(self, context, vm, Number::next_minus)
    }

    /// Return the smallest representable number that is larger than itself.
    #[method("next_plus($self, /, context=None)")]
    fn next_plus(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        unary(self, context, vm, Number::next_plus)
    }

    /// Strip trailing zeros and convert any result equal to 0 to Decimal('0e0').
    #[method("normalize($self, /, context=None)")]
    fn normalize(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        unary(self, context, vm, Number::normalize)
    }

    /// Return the square root of the argument to full precision.
    #[method("sqrt($self, /, context=None)")]
    fn sqrt(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        unary(self, context, vm, Number::sqrt)
    }

    /// Compare self to other; NaN if either is a NaN.
    #[method("compare($self, /, other, context=None)")]
    fn compare(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::compare)
    }

    /// Compare self to other; every NaN signals.
    #[method("compare_signal($self, /, other, context=None)")]
    fn compare_signal(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::compare_signal)
    }

    /// Apply an 'and' operation to the digits of self and other.
    #[method("logical_and($self, /, other, context=None)")]
    fn logical_and(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::logical_and)
    }

    /// Apply an 'or' operation to the digits of self and other.
    #[method("logical_or($self, /, other, context=None)")]
    fn logical_or(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::logical_or)
    }

    /// Apply an 'exclusive or' operation to the digits of self and other.
    #[method("logical_xor($self, /, other, context=None)")]
    fn logical_xor(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::logical_xor)
    }

    /// Return the maximum of self and other.
    #[method("max($self, /, other, context=None)")]
    fn max(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::max)
    }

    /// As the max() method, but compares the absolute values.
    #[method("max_mag($self, /, other, context=None)")]
    fn max_mag(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::max_mag)
    }

    /// Return the minimum of self and other.
    #[method("min($self, /, other, context=None)")]
    fn min(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::min)
    }

    /// As the min() method, but compares the absolute values.
    #[method("min_mag($self, /, other, context=None)")]
    fn min_mag(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::min_mag)
    }

    /// Return the number nearest to self, in the direction towards other.
    #[method("next_toward($self, /, other, context=None)")]
    fn next_toward(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::next_toward)
    }

    /// Return the remainder from dividing self by other, of least magnitude.
    #[method("remainder_near($self, /, other, context=None)")]
    fn remainder_near(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::remainder_near)
    }

    /// Return the result of rotating the digits of self by other places.
    #[method("rotate($self, /, other, context=None)")]
    fn rotate(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::rotate)
    }

    /// Return self with the exponent adjusted by other.
    #[method("scaleb($self, /, other, context=None)")]
    fn scaleb(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::scaleb)
    }

    /// Return the result of shifting the digits of self by other places.
    #[method("shift($self, /, other, context=None)")]
    fn shift(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        binary(self, other, context, vm, Number::shift)
    }

    /// Compare two operands using their abstract representation.
    #[method("compare_total($self, /, other, context=None)")]
    fn compare_total(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        plain_binary(self, other, context, vm, Number::compare_total)
    }

    /// As compare_total(), but without the signs.
    #[method("compare_total_mag($self, /, other, context=None)")]
    fn compare_total_mag(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        plain_binary(self, other, context, vm, Number::compare_total_mag)
    }

    /// Return a copy of self with the sign of other.
    #[method("copy_sign($self, /, other, context=None)")]
    fn copy_sign(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        plain_binary(self, other, context, vm, Number::copy_sign)
    }

    /// Round to the nearest integer without signaling Inexact or Rounded.
    #[method("to_integral($self, /, rounding=None, context=None)")]
    fn to_integral(&self, rounding: OrNone<&Value>, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        integral(self, rounding, context, vm, Number::to_integral_value)
    }

    /// Round to the nearest integer without signaling Inexact or Rounded.
    #[method("to_integral_value($self, /, rounding=None, context=None)")]
    fn to_integral_value(&self, rounding: OrNone<&Value>, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        integral(self, rounding, context, vm, Number::to_integral_value)
    }

    /// Round to the nearest integer, signaling Inexact and Rounded where they apply.
    #[method("to_integral_exact($self, /, rounding=None, context=None)")]
    fn to_integral_exact(&self, rounding: OrNone<&Value>, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        integral(self, rounding, context, vm, Number::to_integral_exact)
    }

    /// Return True: every Decimal is canonical.
    #[method("is_canonical($self, /)")]
    fn is_canonical(&self) -> bool {
        true
    }

    /// Return True if the argument is a finite number.
    #[method("is_finite($self, /)")]
    fn is_finite(&self) -> bool {
        self.number.is_finite()
    }

    /// Return True if the argument is an infinity.
    #[method("is_infinite($self, /)")]
    fn is_infinite(&self) -> bool {
        self.number.is_infinite()
    }

    /// Return True if the argument is a NaN of either kind.
    #[method("is_nan($self, /)")]
    fn is_nan(&self) -> bool {
        self.number.is_nan()
    }

    /// Return True if the argument is a quiet NaN.
    #[method("is_qnan($self, /)")]
    fn is_qnan(&self) -> bool {
        self.number.class == Class::Quiet
    }

    /// Return True if the argument is a signaling NaN.
    #[method("is_snan($self, /)")]
    fn is_snan(&self) -> bool {
        self.number.is_signaling()
    }

    /// Return True if the argument has a negative sign.
    #[method("is_signed($self, /)")]
    fn is_signed(&self) -> bool {
        self.number.negative
    }

    /// Return True if the argument is a zero of either sign.
    #[method("is_zero($self, /)")]
    fn is_zero(&self) -> bool {
        self.number.is_zero()
    }

    /// Return True if the argument is a normal number.
    #[method("is_normal($self, /, context=None)")]
    fn is_normal(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult<bool> {
        Ok(self.number.is_normal(&given_or_current(context.0, vm)?.parameters.get()))
    }

    /// Return True if the argument is subnormal.
    #[method("is_subnormal($self, /, context=None)")]
    fn is_subnormal(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult<bool> {
        Ok(self.number.is_subnormal(&given_or_current(context.0, vm)?.parameters.get()))
    }

    /// Return a string describing the class of the operand.
    #[method("number_class($self, /, context=None)")]
    fn number_class(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        let name = self.number.number_class(&given_or_current(context.0, vm)?.parameters.get());
        Ok(vm.intern(name).into_value())
    }

    /// Convert to an engineering-type string.
    #[method("to_eng_string($self, /, context=None)")]
    fn to_eng_string(&self, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        let capitals = given_or_current(context.0, vm)?.capitals.get();
        Ok(vm.try_str(&self.number.to_text(capitals, true))?.into_value())
    }

    /// Test whether self and other have the same exponent, or both are infinities or NaNs.
    #[method("same_quantum($self, /, other, context=None)")]
    fn same_quantum(&self, other: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult<bool> {
        given_or_current(context.0, vm)?;
        Ok(self.number.same_quantum(&*required(other, vm)?))
    }

    /// Fused multiply-add: self*other+third with no rounding of the intermediate product.
    #[method("fma($self, /, other, third, context=None)")]
    fn fma(&self, other: &Value, third: &Value, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        let context = given_or_current(context.0, vm)?;
        let (other, third) = (required(other, vm)?, required(third, vm)?);
        let mut met = Status::default();
        let result = self.number.fma(&other, &third, &context.parameters.get(), &mut met);
        context.result(result, met, vm)
    }

    /// Return a value equal to the first operand after rounding and having the exponent of the second operand.
    #[method("quantize($self, /, exp, rounding=None, context=None)")]
    fn quantize(&self, exp: &Value, rounding: OrNone<&Value>, context: OrNone<&Value>, vm: &Vm) -> PyResult {
        let context = given_or_current(context.0, vm)?;
        let mut parameters = context.parameters.get();
        if let Some(rounding) = rounding.0 {
            parameters.rounding = rounding_of(rounding, vm)?;
        }
        let exp = required(exp, vm)?;
        let mut met = Status::default();
        let result = self.number.quantize(&exp, &parameters, &mut met);
        context.result(result, met, vm)
    }

    /// Return the adjusted exponent of the number.
    #[method("adjusted($self, /)")]
    fn adjusted(&self) -> i64 {
        if self.number.is_finite() && !self.number.coefficient.is_zero() {
            self.number.adjusted()
        } else if self.number.is_finite() {
            self.number.exponent
        } else {
            0
        }
    }

    /// Express a finite Decimal instance in the form n / d.
    #[method("as_integer_ratio($self, /)")]
    fn as_integer_ratio(&self, vm: &Vm) -> PyResult {
        integer_ratio(&self.number, vm)
    }

    /// Return a tuple representation of the number.
    #[method("as_tuple($self, /)")]
    fn as_tuple(&self, vm: &Vm) -> PyResult {
        as_tuple(&self.number, vm)
    }

    /// Return the canonical encoding of the argument.
    #[method("canonical($self, /)")]
    fn canonical(slf: &Value) -> Value {
        slf.clone()
    }

    /// Return self.
    #[method("conjugate($self, /)")]
    fn conjugate(slf: &Value) -> Value {
        slf.clone()
    }

    /// Return the absolute value of the argument, unaffected by the context.
    #[method("copy_abs($self, /)")]
    fn copy_abs(&self, vm: &Vm) -> Value {
        new(self.number.copy_abs(), vm)
    }

    /// Return the negation of the argument, unaffected by the context.
    #[method("copy_negate($self, /)")]
    fn copy_negate(&self, vm: &Vm) -> Value {
        new(self.number.copy_negate(), vm)
    }

    /// Return Decimal(10), the radix of all arithmetic here.
    #[method("radix($self, /)")]
    fn radix(&self, vm: &Vm) -> Value {
        new(Number::from_i64(10), vm)
    }

    /// Class method that converts a float or an int to a decimal number, exactly.
    #[classmethod("from_float($type, f, /)")]
    fn from_float(cls: &Value, f: &Value, vm: &Vm) -> PyResult {
        in_class(cls, of_float(f, vm)?, vm)
    }

    /// Class method that converts a real number to a decimal number, exactly.
    #[classmethod("from_number($type, number, /)")]
    fn from_number(cls: &Value, number: &Value, vm: &Vm) -> PyResult {
        let exact = match (operand(number), number.as_float()) {
            (Some(exact), _) => exact.into_owned(),
            (None, Some(x)) => from_float(x),
            (None, None) => return Err(not_supported(number, vm)),
        };
        in_class(cls, exact, vm)
    }

    #[method("__copy__($self, /)")]
    fn copy(slf: &Value) -> Value {
        slf.clone()
    }

    #[method("__deepcopy__($self, object, /)")]
    fn deepcopy(slf: &Value, object: &Value) -> Value {
        let _ = object;
        slf.clone()
    }

    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let text = vm.str(slf)?.into_value();
        let arguments = vm.new_tuple(vec![text]).into_value();
        Ok(vm.new_tuple(vec![slf.ty(vm).to_value(), arguments]).into_value())
    }

    #[method("__format__")]
    fn format(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        rendering::format(self, args, vm)
    }

    #[method("__round__")]
    fn round(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        round(self, args, vm)
    }

    #[method("__ceil__($self, /)")]
    fn ceil(&self, vm: &Vm) -> PyResult {
        to_integer(&self.number, Rounding::Ceiling, vm)
    }

    #[method("__floor__($self, /)")]
    fn floor(&self, vm: &Vm) -> PyResult {
        to_integer(&self.number, Rounding::Floor, vm)
    }

    #[method("__trunc__($self, /)")]
    fn trunc(&self, vm: &Vm) -> PyResult {
        to_integer(&self.number, Rounding::Down, vm)
    }

    #[method("__complex__($self, /)")]
    fn complex(&self, vm: &Vm) -> PyResult {
        let real = vm.float(to_float(&self.number, vm)?);
        vm.call(&vm.builtin(pyrope_object::BuiltinType::Complex).to_value(), &[real])
    }

    /// The size that the digits take in words of 19.
    #[method("__sizeof__($self, /)")]
    fn sizeof(&self) -> i64 {
        let words = (self.number.digits() + 18) / 19;
        size_of::<Decimal>() as i64 + 8 * words
    }

    #[getter("real")]
    fn real(slf: &Value) -> Value {
        slf.clone()
    }

    #[getter("imag")]
    fn imag(&self, vm: &Vm) -> Value {
        new(Number::zero(false, 0), vm)
    }
}
