//! `math`

mod gamma;
mod integers;
pub(crate) mod libm;
mod sums;

use dashu_int::IBig;
use dashu_int::ops::BitTest;
use pyrope_macros::pyfunctions;
use pyrope_object::bind::{OrNone, check_positional};
use pyrope_object::{Args, BuiltinType as B, IntView, ModuleDef, PyResult, Raised, Ref, Tuple, Value, Vm};
use pyrope_types::numbers::{int_from_f64, int_to_f64};

use gamma::NoValue;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "math",
    doc: "This module provides access to the mathematical functions\ndefined by the C standard.",
    functions: &[functions::FUNCTIONS, powers::FUNCTIONS_POWERS, special::FUNCTIONS_SPECIAL, whole::FUNCTIONS_WHOLE],
    types: &[],
    exec: Some(constants),
};

fn constants(module: &Value, vm: &Vm) -> PyResult<()> {
    use std::f64::consts::{E, PI, TAU};
    for (name, x) in [("pi", PI), ("e", E), ("tau", TAU), ("inf", f64::INFINITY), ("nan", f64::NAN)] {
        vm.set_attr_str(module, name, &vm.float(x))?;
    }
    Ok(())
}

#[cold]
fn domain(vm: &Vm) -> Raised {
    vm.value_error("math domain error")
}

#[cold]
pub(crate) fn range(vm: &Vm) -> Raised {
    vm.overflow_error("math range error")
}

/// ValueError `expected …, got x`.
#[cold]
fn expected(what: &str, x: f64, vm: &Vm) -> Raised {
    vm.value_error(format!("expected {what}, got {}", pyrope_textual::float::repr(x)))
}

/// The result of a function whose NaN for a number means a wrong argument, and whose infinity for a finite one overflow
/// (or a pole, where `pole` says so).
fn checked(x: f64, result: f64, what: &str, pole: bool, vm: &Vm) -> PyResult<f64> {
    if result.is_nan() && !x.is_nan() || pole && result.is_infinite() && x.is_finite() {
        return Err(expected(what, x, vm));
    }
    if result.is_infinite() && x.is_finite() {
        return Err(range(vm));
    }
    Ok(result)
}

const FINITE: &str = "a finite input";
const UNIT: &str = "a number in range from -1 up to 1";
const POSITIVE: &str = "a positive input";

/// A logarithm of a float or of an integer of any size.
fn logarithm(x: &Value, log: fn(f64) -> f64, vm: &Vm) -> PyResult<f64> {
    match x.as_int() {
        Some(n) if n.is_negative() || matches!(n, IntView::Small(0)) => {
            Err(vm.value_error("expected a positive input"))
        }
        Some(IntView::Small(n)) => Ok(log(n as f64)),
        Some(IntView::Big(n)) => Ok(big_logarithm(n, log)),
        None => {
            let x = vm.to_f64(x)?;
            if x.is_nan() || x > 0.0 { Ok(log(x)) } else { Err(expected(POSITIVE, x, vm)) }
        }
    }
}

fn big_logarithm(n: &IBig, log: fn(f64) -> f64) -> f64 {
    let x = int_to_f64(n);
    if x.is_finite() {
        return log(x);
    }
    // n == m × 2^e with m in [0.5, 1).
    let bits = n.bit_len();
    let (mantissa, _) = libm::frexp(int_to_f64(&(n >> (bits - 128))));
    log(mantissa) + log(2.0) * bits as f64
}

/// `x` to an integer through a special method, or as a float.
fn integral(x: &Value, method: &str, round: fn(f64) -> f64, vm: &Vm) -> PyResult {
    if let Some(number) = x.as_float().filter(|_| x.ty(vm).is(vm.builtin(B::Float))) {
        return int_from_f64(round(number), vm);
    }
    match vm.lookup_special(x, &vm.intern(method))? {
        Some(method) => vm.call(&method, &[]),
        None => int_from_f64(round(vm.to_f64(x)?), vm),
    }
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Return the arc cosine (measured in radians) of x.
    ///
    /// The result is between 0 and pi.
    #[pyfunction("acos(x, /)")]
    fn acos(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.acos(), UNIT, false, vm)
    }

    /// Return the inverse hyperbolic cosine of x.
    #[pyfunction("acosh(x, /)")]
    fn acosh(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, libm::acosh(x), "argument value not less than 1", false, vm)
    }

    /// Return the arc sine (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[pyfunction("asin(x, /)")]
    fn asin(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.asin(), UNIT, false, vm)
    }

    /// Return the inverse hyperbolic sine of x.
    #[pyfunction("asinh(x, /)")]
    fn asinh(x: f64) -> f64 {
        libm::asinh(x)
    }

    /// Return the arc tangent (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[pyfunction("atan(x, /)")]
    fn atan(x: f64) -> f64 {
        x.atan()
    }

    /// Return the arc tangent (measured in radians) of y/x.
    ///
    /// Unlike atan(y/x), the signs of both x and y are considered.
    #[pyfunction("atan2(y, x, /)")]
    fn atan2(y: f64, x: f64) -> f64 {
        y.atan2(x)
    }

    /// Return the inverse hyperbolic tangent of x.
    #[pyfunction("atanh(x, /)")]
    fn atanh(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, libm::atanh(x), "a number between -1 and 1", true, vm)
    }

    /// Return the cosine of x (measured in radians).
    #[pyfunction("cos(x, /)")]
    fn cos(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.cos(), FINITE, false, vm)
    }

    /// Return the hyperbolic cosine of x.
    #[pyfunction("cosh(x, /)")]
    fn cosh(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.cosh(), FINITE, false, vm)
    }

    /// Return the sine of x (measured in radians).
    #[pyfunction("sin(x, /)")]
    fn sin(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.sin(), FINITE, false, vm)
    }

    /// Return the hyperbolic sine of x.
    #[pyfunction("sinh(x, /)")]
    fn sinh(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.sinh(), FINITE, false, vm)
    }

    /// Return the tangent of x (measured in radians).
    #[pyfunction("tan(x, /)")]
    fn tan(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.tan(), FINITE, false, vm)
    }

    /// Return the hyperbolic tangent of x.
    #[pyfunction("tanh(x, /)")]
    fn tanh(x: f64) -> f64 {
        x.tanh()
    }

    /// Convert angle x from radians to degrees.
    #[pyfunction("degrees(x, /)")]
    fn degrees(x: f64) -> f64 {
        x * (180.0 / std::f64::consts::PI)
    }

    /// Convert angle x from degrees to radians.
    #[pyfunction("radians(x, /)")]
    fn radians(x: f64) -> f64 {
        x * (std::f64::consts::PI / 180.0)
    }

    /// Return the absolute value of the float x.
    #[pyfunction("fabs(x, /)")]
    fn fabs(x: f64) -> f64 {
        x.abs()
    }

    /// Return a float with the magnitude (absolute value) of x but the sign of y.
    ///
    /// On platforms that support signed zeros, copysign(1.0, -0.0)
    /// returns -1.0.
    #[pyfunction("copysign(x, y, /)")]
    fn copysign(x: f64, y: f64) -> f64 {
        x.copysign(y)
    }

    /// Return True if x is neither an infinity nor a NaN, and False otherwise.
    #[pyfunction("isfinite(x, /)")]
    fn isfinite(x: f64) -> bool {
        x.is_finite()
    }

    /// Return True if x is a positive or negative infinity, and False otherwise.
    #[pyfunction("isinf(x, /)")]
    fn isinf(x: f64) -> bool {
        x.is_infinite()
    }

    /// Return True if x is a NaN (not a number), and False otherwise.
    #[pyfunction("isnan(x, /)")]
    fn isnan(x: f64) -> bool {
        x.is_nan()
    }

    /// Determine whether two floating-point numbers are close in value.
    ///
    ///   rel_tol
    ///     maximum difference for being considered "close", relative to the
    ///     magnitude of the input values
    ///   abs_tol
    ///     maximum difference for being considered "close", regardless of the
    ///     magnitude of the input values
    ///
    /// Return True if a is close in value to b, and False otherwise.
    ///
    /// For the values to be considered close, the difference between them
    /// must be smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard.  That
    /// is, NaN is not close to anything, even itself.  inf and -inf are
    /// only close to themselves.
    #[pyfunction("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(a: f64, b: f64, rel_tol: f64, abs_tol: f64, vm: &Vm) -> PyResult<bool> {
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(vm.value_error("tolerances must be non-negative"));
        }
        if a == b {
            return Ok(true);
        }
        if a.is_infinite() || b.is_infinite() {
            return Ok(false);
        }
        let difference = (b - a).abs();
        Ok(difference <= (rel_tol * b).abs() || difference <= (rel_tol * a).abs() || difference <= abs_tol)
    }

    /// Return the mantissa and exponent of x, as pair (m, e).
    ///
    /// If x is a finite nonzero number, then m is a float with
    /// 0.5 <= abs(m) < 1.0 and an integer e is such that
    /// x == m * 2**e exactly.  Else, return (x, 0).
    #[pyfunction("frexp(x, /)")]
    fn frexp(x: f64, vm: &Vm) -> Ref<Tuple> {
        let (mantissa, exponent) = libm::frexp(x);
        vm.tuple_of([vm.float(mantissa), vm.int(exponent.into())])
    }

    /// Return x * (2**i).
    ///
    /// This is essentially the inverse of frexp().
    #[pyfunction("ldexp(x, i, /)")]
    fn ldexp(x: f64, i: &Value, vm: &Vm) -> PyResult<f64> {
        let Some(exponent) = i.as_int() else {
            return Err(vm.type_error("Expected an int as second argument to ldexp."));
        };
        if x == 0.0 || !x.is_finite() {
            return Ok(x);
        }
        let exponent = match exponent {
            IntView::Small(n) => n.clamp(-100_000, 100_000) as i32,
            big if big.is_negative() => -100_000,
            _ => 100_000,
        };
        let result = libm::ldexp(x, exponent);
        if result.is_infinite() { Err(range(vm)) } else { Ok(result) }
    }

    /// Return the fractional and integer parts of x.
    ///
    /// Both results carry the sign of x and are floats.
    #[pyfunction("modf(x, /)")]
    fn modf(x: f64, vm: &Vm) -> Ref<Tuple> {
        let (fraction, whole) = match x {
            x if x.is_nan() => (x, x),
            x if x.is_infinite() => (0.0f64.copysign(x), x),
            x => ((x - x.trunc()).copysign(x), x.trunc()),
        };
        vm.tuple_of([vm.float(fraction), vm.float(whole)])
    }

    /// Return the floating-point value the given number of steps after x towards y.
    ///
    /// If steps is not specified or is None, it defaults to 1.
    ///
    /// Raises a TypeError, if x or y is not a double, or if steps is not
    /// an integer.  Raises ValueError if steps is negative.
    #[pyfunction("nextafter(x, y, /, *, steps=None)")]
    fn nextafter(x: f64, y: f64, steps: OrNone<&Value>, vm: &Vm) -> PyResult<f64> {
        let Some(steps) = steps.into_option() else { return Ok(libm::nextafter(x, y)) };
        let index = vm.index(steps)?;
        let steps = match index.as_int() {
            Some(n) if n.is_negative() => return Err(vm.value_error("steps must be a non-negative integer")),
            Some(IntView::Small(n)) => n as u64,
            Some(IntView::Big(n)) => u64::try_from(n).unwrap_or(u64::MAX),
            None => 0,
        };
        Ok(many_steps(x, y, steps))
    }

    fn many_steps(x: f64, y: f64, steps: u64) -> f64 {
        if steps == 0 || x.is_nan() {
            return x;
        }
        if y.is_nan() {
            return y;
        }
        // Floats in order are integers in order, mirrored at zero.
        let line = |x: f64| {
            let magnitude = i128::from(x.to_bits() & !(1 << 63));
            if x.is_sign_negative() { -magnitude } else { magnitude }
        };
        let (from, to) = (line(x), line(y));
        if from == to {
            return y;
        }
        let steps = i128::from(steps);
        let at = if from < to { (from + steps).min(to) } else { (from - steps).max(to) };
        if at == to {
            return y;
        }
        let magnitude = f64::from_bits(at.unsigned_abs() as u64);
        if at == 0 {
            0.0f64.copysign(x)
        } else if at < 0 {
            -magnitude
        } else {
            magnitude
        }
    }

    /// Return the value of the least significant bit of the float x.
    #[pyfunction("ulp(x, /)")]
    fn ulp(x: f64) -> f64 {
        let x = x.abs();
        if !x.is_finite() {
            return x;
        }
        let next = libm::nextafter(x, f64::INFINITY);
        if next.is_infinite() { x - libm::nextafter(x, f64::NEG_INFINITY) } else { next - x }
    }

    /// Fused multiply-add operation.
    ///
    /// Compute (x * y) + z with a single round.
    #[pyfunction("fma(x, y, z, /)")]
    fn fma(x: f64, y: f64, z: f64, vm: &Vm) -> PyResult<f64> {
        let result = x.mul_add(y, z);
        if result.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
            return Err(vm.value_error("invalid operation in fma"));
        }
        if result.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
            return Err(vm.overflow_error("overflow in fma"));
        }
        Ok(result)
    }
}

#[pyfunctions(POWERS)]
mod powers {
    use super::*;

    /// Return the cube root of x.
    #[pyfunction("cbrt(x, /)")]
    fn cbrt(x: f64) -> f64 {
        x.cbrt()
    }

    /// Return e raised to the power of x.
    #[pyfunction("exp(x, /)")]
    fn exp(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.exp(), FINITE, false, vm)
    }

    /// Return 2 raised to the power of x.
    #[pyfunction("exp2(x, /)")]
    fn exp2(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.exp2(), FINITE, false, vm)
    }

    /// Return exp(x)-1.
    ///
    /// This function avoids the loss of precision involved in the direct evaluation of exp(x)-1 for small x.
    #[pyfunction("expm1(x, /)")]
    fn expm1(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.exp_m1(), FINITE, false, vm)
    }

    /// log(x, [base=math.e])
    /// Return the logarithm of x to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e) of x.
    #[pyfunction("log")]
    fn log(args: Args<'_>, vm: &Vm) -> PyResult {
        match check_positional("log", args, 1, 2, vm)? {
            [x] => Ok(vm.float(logarithm(x, f64::ln, vm)?)),
            [x, base, ..] => {
                let (x, base) = (logarithm(x, f64::ln, vm)?, logarithm(base, f64::ln, vm)?);
                vm.true_divide(&vm.float(x), &vm.float(base))
            }
            [] => Ok(Value::none()),
        }
    }

    /// Return the base 2 logarithm of x.
    #[pyfunction("log2(x, /)")]
    fn log2(x: &Value, vm: &Vm) -> PyResult<f64> {
        logarithm(x, f64::log2, vm)
    }

    /// Return the base 10 logarithm of x.
    #[pyfunction("log10(x, /)")]
    fn log10(x: &Value, vm: &Vm) -> PyResult<f64> {
        logarithm(x, f64::log10, vm)
    }

    /// Return the natural logarithm of 1+x (base e).
    ///
    /// The result is computed in a way which is accurate for x near zero.
    #[pyfunction("log1p(x, /)")]
    fn log1p(x: f64, vm: &Vm) -> PyResult<f64> {
        let result = if x == 0.0 { x } else { x.ln_1p() };
        checked(x, result, "argument value > -1", true, vm)
    }

    /// Return the square root of x.
    #[pyfunction("sqrt(x, /)")]
    fn sqrt(x: f64, vm: &Vm) -> PyResult<f64> {
        checked(x, x.sqrt(), "a nonnegative input", false, vm)
    }

    /// Return x**y (x to the power of y).
    #[pyfunction("pow(x, y, /)")]
    fn pow(x: f64, y: f64, vm: &Vm) -> PyResult<f64> {
        let result = x.powf(y);
        if !x.is_finite() || !y.is_finite() || result.is_finite() {
            return Ok(result);
        }
        Err(if result.is_nan() || x == 0.0 { domain(vm) } else { range(vm) })
    }

    /// Return fmod(x, y), according to platform C.
    ///
    /// x % y may differ.
    #[pyfunction("fmod(x, y, /)")]
    fn fmod(x: f64, y: f64, vm: &Vm) -> PyResult<f64> {
        let result = x % y;
        if result.is_nan() && !x.is_nan() && !y.is_nan() { Err(domain(vm)) } else { Ok(result) }
    }

    /// Difference between x and the closest integer multiple of y.
    ///
    /// Return x - n*y where n*y is the closest integer multiple of y.
    /// In the case where x is exactly halfway between two multiples of
    /// y, the nearest even value of n is used. The result is always exact.
    #[pyfunction("remainder(x, y, /)")]
    fn remainder(x: f64, y: f64, vm: &Vm) -> PyResult<f64> {
        let result = libm::remainder(x, y);
        if result.is_nan() && !x.is_nan() && !y.is_nan() { Err(domain(vm)) } else { Ok(result) }
    }
}

#[pyfunctions(SPECIAL)]
mod special {
    use super::*;

    const NO_POLE: &str = "a noninteger or positive integer";

    fn value(result: Result<f64, NoValue>, x: f64, vm: &Vm) -> PyResult<f64> {
        result.map_err(|why| match why {
            NoValue::Domain => expected(NO_POLE, x, vm),
            NoValue::TooLarge => range(vm),
        })
    }

    /// Gamma function at x.
    #[pyfunction("gamma(x, /)")]
    fn gamma(x: f64, vm: &Vm) -> PyResult<f64> {
        value(super::gamma::gamma(x), x, vm)
    }

    /// Natural logarithm of absolute value of Gamma function at x.
    #[pyfunction("lgamma(x, /)")]
    fn lgamma(x: f64, vm: &Vm) -> PyResult<f64> {
        value(super::gamma::lgamma(x), x, vm)
    }

    /// Error function at x.
    #[pyfunction("erf(x, /)")]
    fn erf(x: f64) -> f64 {
        libm::erf(x)
    }

    /// Complementary error function at x.
    #[pyfunction("erfc(x, /)")]
    fn erfc(x: f64) -> f64 {
        libm::erfc(x)
    }

    /// Multidimensional Euclidean distance from the origin to a point.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum(x**2 for x in coordinates))
    ///
    /// For a two dimensional point (x, y), gives the hypotenuse
    /// using the Pythagorean theorem:  sqrt(x*x + y*y).
    ///
    /// For example, the hypotenuse of a 3/4/5 right triangle is:
    ///
    ///     >>> hypot(3.0, 4.0)
    ///     5.0
    #[pyfunction("hypot(*coordinates)")]
    fn hypot(coordinates: &[Value], vm: &Vm) -> PyResult<f64> {
        let mut values = Vec::with_capacity(coordinates.len());
        for coordinate in coordinates {
            values.push(vm.to_f64(coordinate)?.abs());
        }
        Ok(sums::norm(&mut values))
    }

    /// Return the Euclidean distance between two points p and q.
    ///
    /// The points should be specified as sequences (or iterables) of
    /// coordinates.  Both inputs must have the same dimension.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum((px - qx) ** 2.0 for px, qx in zip(p, q)))
    #[pyfunction("dist(p, q, /)")]
    fn dist(p: &Value, q: &Value, vm: &Vm) -> PyResult<f64> {
        let (p, q) = (vm.collect(p)?, vm.collect(q)?);
        if p.len() != q.len() {
            return Err(vm.value_error("both points must have the same number of dimensions"));
        }
        let mut values = Vec::with_capacity(p.len());
        for (p, q) in p.iter().zip(&q) {
            values.push((vm.to_f64(p)? - vm.to_f64(q)?).abs());
        }
        Ok(sums::norm(&mut values))
    }

    /// Return an accurate floating-point sum of values in the iterable seq.
    ///
    /// Assumes IEEE-754 floating-point arithmetic.
    #[pyfunction("fsum(seq, /)")]
    fn fsum(seq: &Value, vm: &Vm) -> PyResult<f64> {
        sums::fsum(seq, vm)
    }

    /// Return the sum of products of values from two iterables p and q.
    ///
    /// Roughly equivalent to:
    ///
    ///     sum(map(operator.mul, p, q, strict=True))
    ///
    /// For float and mixed int/float inputs, the intermediate products
    /// and sums are computed with extended precision.
    #[pyfunction("sumprod(p, q, /)")]
    fn sumprod(p: &Value, q: &Value, vm: &Vm) -> PyResult {
        sums::sumprod(p, q, vm)
    }

    /// Calculate the product of all the elements in the input iterable.
    ///
    /// The default start value for the product is 1.
    ///
    /// When the iterable is empty, return the start value.  This function is
    /// intended specifically for use with numeric values and may reject
    /// non-numeric types.
    #[pyfunction("prod(iterable, /, *, start=1)")]
    fn prod(iterable: &Value, start: Option<&Value>, vm: &Vm) -> PyResult {
        let iterator = vm.iter(iterable)?;
        let mut result = start.cloned().unwrap_or_else(|| vm.int(1));
        while let Some(item) = vm.next(&iterator)? {
            result = vm.multiply(&result, &item)?;
        }
        Ok(result)
    }
}

#[pyfunctions(WHOLE)]
mod whole {
    use super::*;

    /// Return the ceiling of x as an Integral.
    ///
    /// This is the smallest integer >= x.
    #[pyfunction("ceil(x, /)")]
    fn ceil(x: &Value, vm: &Vm) -> PyResult {
        integral(x, "__ceil__", f64::ceil, vm)
    }

    /// Return the floor of x as an Integral.
    ///
    /// This is the largest integer <= x.
    #[pyfunction("floor(x, /)")]
    fn floor(x: &Value, vm: &Vm) -> PyResult {
        integral(x, "__floor__", f64::floor, vm)
    }

    /// Truncates the Real x to the nearest Integral toward 0.
    ///
    /// Uses the __trunc__ magic method.
    #[pyfunction("trunc(x, /)")]
    fn trunc(x: &Value, vm: &Vm) -> PyResult {
        match vm.lookup_special(x, &vm.intern("__trunc__"))? {
            Some(method) => vm.call(&method, &[]),
            None => Err(vm.type_error(format!("type {} doesn't define __trunc__ method", vm.type_name(x)))),
        }
    }

    /// Find n!.
    #[pyfunction("factorial(n, /)")]
    fn factorial(n: &Value, vm: &Vm) -> PyResult {
        integers::factorial(n, vm)
    }

    /// Number of ways to choose k items from n items without repetition and without order.
    ///
    /// Evaluates to n! / (k! * (n - k)!) when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// Also called the binomial coefficient because it is equivalent
    /// to the coefficient of k-th term in polynomial expansion of the
    /// expression (1 + x)**n.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    #[pyfunction("comb(n, k, /)")]
    fn comb(n: &Value, k: &Value, vm: &Vm) -> PyResult {
        integers::comb(n, k, vm)
    }

    /// Number of ways to choose k items from n items without repetition and with order.
    ///
    /// Evaluates to n! / (n - k)! when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// If k is not specified or is None, then k defaults to n
    /// and the function returns n!.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    #[pyfunction("perm(n, k=None, /)")]
    fn perm(n: &Value, k: OrNone<&Value>, vm: &Vm) -> PyResult {
        integers::perm(n, k.into_option(), vm)
    }

    /// Return the integer part of the square root of the input.
    #[pyfunction("isqrt(n, /)")]
    fn isqrt(n: &Value, vm: &Vm) -> PyResult {
        integers::isqrt(n, vm)
    }

    /// Greatest Common Divisor.
    #[pyfunction("gcd(*integers)")]
    fn gcd(integers: &[Value], vm: &Vm) -> PyResult {
        super::integers::gcd(integers, vm)
    }

    /// Least Common Multiple.
    #[pyfunction("lcm(*integers)")]
    fn lcm(integers: &[Value], vm: &Vm) -> PyResult {
        super::integers::lcm(integers, vm)
    }
}
