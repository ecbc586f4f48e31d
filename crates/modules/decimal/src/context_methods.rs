//! `Context`'s methods and attributes.

use pyrope_decimal::{Class, Number, Status};
use pyrope_macros::pymethods;
use pyrope_object::bind::OrNone;
use pyrope_object::{PyResult, Value, Vm};

use crate::construct;
use crate::context::Context;
use crate::current::parts;
use crate::decimal::{Binary, Decimal, Unary, new};
use crate::decimal_methods::of_float;
use crate::operands::required;

fn unary(context: &Context, x: &Value, vm: &Vm, operation: Unary) -> PyResult {
    let x = required(x, vm)?;
    let mut met = Status::default();
    let result = operation(&x, &context.parameters.get(), &mut met);
    context.result(result, met, vm)
}

fn binary(context: &Context, x: &Value, y: &Value, vm: &Vm, operation: Binary) -> PyResult {
    let (x, y) = (required(x, vm)?, required(y, vm)?);
    let mut met = Status::default();
    let result = operation(&x, &y, &context.parameters.get(), &mut met);
    context.result(result, met, vm)
}

fn text(context: &Context, x: &Value, engineering: bool, vm: &Vm) -> PyResult {
    let text = required(x, vm)?.to_text(context.capitals.get(), engineering);
    Ok(vm.try_str(&text)?.into_value())
}

/// An argument that must be a Decimal already.
fn decimal_only<'a>(x: &'a Value, vm: &Vm) -> PyResult<&'a Value> {
    if x.downcast::<Decimal>().is_some() { Ok(x) } else { Err(vm.type_error("argument must be a Decimal")) }
}

#[pymethods]
impl Context {
    /// Return the absolute value of x.
    #[method("abs($self, x, /)")]
    fn abs(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::abs)
    }

    /// Return e ** x.
    #[method("exp($self, x, /)")]
    fn exp(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::exp)
    }

    /// Return the natural (base e) logarithm of x.
    #[method("ln($self, x, /)")]
    fn ln(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::ln)
    }

    /// Return the base 10 logarithm of x.
    #[method("log10($self, x, /)")]
    fn log10(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::log10)
    }

    /// Return the exponent of the magnitude of the operand's MSD.
    #[method("logb($self, x, /)")]
    fn logb(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::logb)
    }

    /// Invert all digits of x.
    #[method("logical_invert($self, x, /)")]
    fn logical_invert(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::logical_invert)
    }

    /// Minus corresponds to the unary prefix minus operator in Python, but applies the context to the result.
    #[method("minus($self, x, /)")]
    fn minus(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::minus)
    }

    /// Return the largest representable number smaller than x.
    #[method("next_minus($self, x, /)")]
    fn next_minus(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::next_minus)
    }

    /// Return the smallest representable number larger than x.
    #[method("next_plus($self, x, /)")]
    fn next_plus(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::next_plus)
    }

    /// Reduce x to its simplest form.
    #[method("normalize($self, x, /)")]
    fn normalize(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::normalize)
    }

    /// Plus corresponds to the unary prefix plus operator in Python, but applies the context to the result.
    #[method("plus($self, x, /)")]
    fn plus(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::plus)
    }

    /// Square root of a non-negative number to context precision.
    #[method("sqrt($self, x, /)")]
    fn sqrt(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::sqrt)
    }

    /// Round to an integer without signaling Inexact or Rounded.
    #[method("to_integral($self, x, /)")]
    fn to_integral(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::to_integral_value)
    }

    /// Round to an integer without signaling Inexact or Rounded.
    #[method("to_integral_value($self, x, /)")]
    fn to_integral_value(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::to_integral_value)
    }

    /// Round to an integer, signaling Inexact and Rounded where they apply.
    #[method("to_integral_exact($self, x, /)")]
    fn to_integral_exact(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, Number::to_integral_exact)
    }

    /// Apply the context to x.
    #[method("_apply($self, object, /)")]
    fn apply(&self, x: &Value, vm: &Vm) -> PyResult {
        unary(self, x, vm, |x, parameters, met| x.clone().finish(parameters, met))
    }

    /// Return the sum of x and y.
    #[method("add($self, x, y, /)")]
    fn add(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::add)
    }

    /// Compare x and y numerically.
    #[method("compare($self, x, y, /)")]
    fn compare(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::compare)
    }

    /// Compare x and y numerically; every NaN signals.
    #[method("compare_signal($self, x, y, /)")]
    fn compare_signal(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::compare_signal)
    }

    /// Return x divided by y.
    #[method("divide($self, x, y, /)")]
    fn divide(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::divide)
    }

    /// Return x divided by y, truncated to an integer.
    #[method("divide_int($self, x, y, /)")]
    fn divide_int(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::divide_int)
    }

    /// Digit-wise and of x and y.
    #[method("logical_and($self, x, y, /)")]
    fn logical_and(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::logical_and)
    }

    /// Digit-wise or of x and y.
    #[method("logical_or($self, x, y, /)")]
    fn logical_or(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::logical_or)
    }

    /// Digit-wise xor of x and y.
    #[method("logical_xor($self, x, y, /)")]
    fn logical_xor(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::logical_xor)
    }

    /// Compare the values numerically and return the maximum.
    #[method("max($self, x, y, /)")]
    fn max(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::max)
    }

    /// Compare the values numerically with their sign ignored and return the maximum.
    #[method("max_mag($self, x, y, /)")]
    fn max_mag(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::max_mag)
    }

    /// Compare the values numerically and return the minimum.
    #[method("min($self, x, y, /)")]
    fn min(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::min)
    }

    /// Compare the values numerically with their sign ignored and return the minimum.
    #[method("min_mag($self, x, y, /)")]
    fn min_mag(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::min_mag)
    }

    /// Return the product of x and y.
    #[method("multiply($self, x, y, /)")]
    fn multiply(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::multiply)
    }

    /// Return the number closest to x, in the direction towards y.
    #[method("next_toward($self, x, y, /)")]
    fn next_toward(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::next_toward)
    }

    /// Return a value equal to x (rounded), having the exponent of y.
    #[method("quantize($self, x, y, /)")]
    fn quantize(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::quantize)
    }

    /// Return the remainder from integer division.
    #[method("remainder($self, x, y, /)")]
    fn remainder(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::remainder)
    }

    /// Return x - y * n, where n is the integer nearest the exact value of x / y.
    #[method("remainder_near($self, x, y, /)")]
    fn remainder_near(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::remainder_near)
    }

    /// Return a copy of x, rotated by y places.
    #[method("rotate($self, x, y, /)")]
    fn rotate(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::rotate)
    }

    /// Return the first operand after adding the second value to its exp.
    #[method("scaleb($self, x, y, /)")]
    fn scaleb(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::scaleb)
    }

    /// Return a copy of x, shifted by y places.
    #[method("shift($self, x, y, /)")]
    fn shift(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::shift)
    }

    /// Return the difference between x and y.
    #[method("subtract($self, x, y, /)")]
    fn subtract(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        binary(self, x, y, vm, Number::subtract)
    }

    /// Compare x and y using their abstract representation.
    #[method("compare_total($self, x, y, /)")]
    fn compare_total(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        let (x, y) = (required(x, vm)?, required(y, vm)?);
        Ok(new(x.compare_total(&y), vm))
    }

    /// Compare x and y using their abstract representation, without their signs.
    #[method("compare_total_mag($self, x, y, /)")]
    fn compare_total_mag(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        let (x, y) = (required(x, vm)?, required(y, vm)?);
        Ok(new(x.compare_total_mag(&y), vm))
    }

    /// Copy the sign from y to x.
    #[method("copy_sign($self, x, y, /)")]
    fn copy_sign(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        let (x, y) = (required(x, vm)?, required(y, vm)?);
        Ok(new(x.copy_sign(&y), vm))
    }

    /// Return a copy of x with the sign set to 0.
    #[method("copy_abs($self, x, /)")]
    fn copy_abs(&self, x: &Value, vm: &Vm) -> PyResult {
        Ok(new(required(x, vm)?.copy_abs(), vm))
    }

    /// Return a copy of x with the sign inverted.
    #[method("copy_negate($self, x, /)")]
    fn copy_negate(&self, x: &Value, vm: &Vm) -> PyResult {
        Ok(new(required(x, vm)?.copy_negate(), vm))
    }

    /// Return True if x is finite, False otherwise.
    #[method("is_finite($self, x, /)")]
    fn is_finite(&self, x: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(required(x, vm)?.is_finite())
    }

    /// Return True if x is infinite, False otherwise.
    #[method("is_infinite($self, x, /)")]
    fn is_infinite(&self, x: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(required(x, vm)?.is_infinite())
    }

    /// Return True if x is a qNaN or sNaN, False otherwise.
    #[method("is_nan($self, x, /)")]
    fn is_nan(&self, x: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(required(x, vm)?.is_nan())
    }

    /// Return True if x is a quiet NaN, False otherwise.
    #[method("is_qnan($self, x, /)")]
    fn is_qnan(&self, x: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(required(x, vm)?.class == Class::Quiet)
    }

    /// Return True if x is a signaling NaN, False otherwise.
    #[method("is_snan($self, x, /)")]
    fn is_snan(&self, x: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(required(x, vm)?.is_signaling())
    }

    /// Return True if x is negative, False otherwise.
    #[method("is_signed($self, x, /)")]
    fn is_signed(&self, x: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(required(x, vm)?.negative)
    }

    /// Return True if x is a zero, False otherwise.
    #[method("is_zero($self, x, /)")]
    fn is_zero(&self, x: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(required(x, vm)?.is_zero())
    }

    /// Return True if x is a normal number, False otherwise.
    #[method("is_normal($self, x, /)")]
    fn is_normal(&self, x: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(required(x, vm)?.is_normal(&self.parameters.get()))
    }

    /// Return True if x is subnormal, False otherwise.
    #[method("is_subnormal($self, x, /)")]
    fn is_subnormal(&self, x: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(required(x, vm)?.is_subnormal(&self.parameters.get()))
    }

    /// Return True if x is canonical, False otherwise.
    #[method("is_canonical($self, x, /)")]
    fn is_canonical(&self, x: &Value, vm: &Vm) -> PyResult<bool> {
        decimal_only(x, vm).map(|_| true)
    }

    /// Return a new instance of x.
    #[method("canonical($self, x, /)")]
    fn canonical(&self, x: &Value, vm: &Vm) -> PyResult {
        decimal_only(x, vm).cloned()
    }

    /// Return a copy of Decimal x.
    #[method("copy_decimal($self, x, /)")]
    fn copy_decimal(&self, x: &Value, vm: &Vm) -> PyResult {
        Ok(new(required(x, vm)?.into_owned(), vm))
    }

    /// Return quotient and remainder of the division x / y.
    #[method("divmod($self, x, y, /)")]
    fn divmod(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult {
        let (x, y) = (required(x, vm)?, required(y, vm)?);
        let mut met = Status::default();
        let (quotient, remainder) = x.divmod(&y, &self.parameters.get(), &mut met);
        self.note(met, vm)?;
        Ok(vm.new_tuple(vec![new(quotient, vm), new(remainder, vm)]).into_value())
    }

    /// Return x multiplied by y, plus z.
    #[method("fma($self, x, y, z, /)")]
    fn fma(&self, x: &Value, y: &Value, z: &Value, vm: &Vm) -> PyResult {
        let (x, y, z) = (required(x, vm)?, required(y, vm)?, required(z, vm)?);
        let mut met = Status::default();
        let result = x.fma(&y, &z, &self.parameters.get(), &mut met);
        self.result(result, met, vm)
    }

    /// Compute a**b. If 'a' is negative, then 'b' must be integral. With a modulo, all three must be integral.
    #[method("power($self, /, a, b, modulo=None)")]
    fn power(&self, a: &Value, b: &Value, modulo: OrNone<&Value>, vm: &Vm) -> PyResult {
        let (a, b) = (required(a, vm)?, required(b, vm)?);
        let mut met = Status::default();
        let parameters = self.parameters.get();
        let result = match modulo.0 {
            None => a.power(&b, &parameters, &mut met),
            Some(modulo) => a.power_modulo(&b, &*required(modulo, vm)?, &parameters, &mut met),
        };
        self.result(result, met, vm)
    }

    /// Return an indication of the class of x.
    #[method("number_class($self, x, /)")]
    fn number_class(&self, x: &Value, vm: &Vm) -> PyResult {
        Ok(vm.intern(required(x, vm)?.number_class(&self.parameters.get())).into_value())
    }

    /// Return True if the two operands have the same exponent.
    #[method("same_quantum($self, x, y, /)")]
    fn same_quantum(&self, x: &Value, y: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(required(x, vm)?.same_quantum(&*required(y, vm)?))
    }

    /// Convert a number to a string, using engineering notation.
    #[method("to_eng_string($self, x, /)")]
    fn to_eng_string(&self, x: &Value, vm: &Vm) -> PyResult {
        text(self, x, true, vm)
    }

    /// Convert a number to a string using scientific notation.
    #[method("to_sci_string($self, x, /)")]
    fn to_sci_string(&self, x: &Value, vm: &Vm) -> PyResult {
        text(self, x, false, vm)
    }

    /// Create a new Decimal instance from num, using self as the context.
    #[method("create_decimal($self, num=\"0\", /)")]
    fn create_decimal(&self, num: Option<&Value>, vm: &Vm) -> PyResult {
        match num {
            Some(num) => construct::rounded(num, self, vm),
            None => Ok(new(Number::zero(false, 0), vm)),
        }
    }

    /// Create a new Decimal instance from float f, rounded by the context.
    #[method("create_decimal_from_float($self, f, /)")]
    fn create_decimal_from_float(&self, f: &Value, vm: &Vm) -> PyResult {
        let mut met = Status::default();
        let number = of_float(f, vm)?.finish(&self.parameters.get(), &mut met);
        self.result(number, met, vm)
    }

    /// Return a value equal to Emin - prec + 1, the minimum exponent of subnormal results.
    #[method("Etiny($self, /)")]
    fn etiny(&self) -> i64 {
        self.parameters.get().etiny()
    }

    /// Return a value equal to Emax - prec + 1.
    #[method("Etop($self, /)")]
    fn etop(&self) -> i64 {
        self.parameters.get().etop()
    }

    /// Return Decimal(10).
    #[method("radix($self, /)")]
    fn radix(&self, vm: &Vm) -> Value {
        new(Number::from_i64(10), vm)
    }

    /// Reset all flags to False.
    #[method("clear_flags($self, /)")]
    fn clear_flags(&self) {
        self.status.set(0);
    }

    /// Set all traps to False.
    #[method("clear_traps($self, /)")]
    fn clear_traps(&self) {
        self.traps.set(0);
    }

    /// Return a duplicate of the context with all flags cleared.
    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> Value {
        self.copy_of(vm).into_value()
    }

    #[method("__copy__($self, /)")]
    fn dunder_copy(&self, vm: &Vm) -> Value {
        self.copy_of(vm).into_value()
    }

    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let Some(this) = slf.downcast::<Context>() else { return Err(vm.type_error("argument must be a context")) };
        let parameters = this.parameters.get();
        let classes = &parts(vm)?.classes;
        let arguments = vec![
            vm.int(parameters.prec),
            vm.intern(this.rounding_name()).into_value(),
            vm.int(parameters.emin),
            vm.int(parameters.emax),
            vm.int(this.capitals.get().into()),
            vm.int(parameters.clamp.into()),
            vm.new_list(classes.signals_in(Status(this.status.get()))).into_value(),
            vm.new_list(classes.signals_in(Status(this.traps.get()))).into_value(),
        ];
        let arguments = vm.new_tuple(arguments).into_value();
        Ok(vm.new_tuple(vec![slf.ty(vm).to_value(), arguments]).into_value())
    }

    #[getter("prec")]
    fn get_prec(&self) -> i64 {
        self.parameters.get().prec
    }

    #[setter("prec")]
    fn set_prec(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.set_attribute("prec", value, vm)
    }

    #[getter("Emax")]
    fn get_emax(&self) -> i64 {
        self.parameters.get().emax
    }

    #[setter("Emax")]
    fn set_emax(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.set_attribute("Emax", value, vm)
    }

    #[getter("Emin")]
    fn get_emin(&self) -> i64 {
        self.parameters.get().emin
    }

    #[setter("Emin")]
    fn set_emin(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.set_attribute("Emin", value, vm)
    }

    #[getter("capitals")]
    fn get_capitals(&self) -> i64 {
        self.capitals.get().into()
    }

    #[setter("capitals")]
    fn set_capitals(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.set_attribute("capitals", value, vm)
    }

    #[getter("clamp")]
    fn get_clamp(&self) -> i64 {
        self.parameters.get().clamp.into()
    }

    #[setter("clamp")]
    fn set_clamp(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.set_attribute("clamp", value, vm)
    }

    #[getter("rounding")]
    fn get_rounding(&self, vm: &Vm) -> Value {
        vm.intern(self.rounding_name()).into_value()
    }

    #[setter("rounding")]
    fn set_rounding(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.set_attribute("rounding", value, vm)
    }
}
