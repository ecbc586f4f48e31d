//! `cmath`: the algorithms of Kahan's "Branch cuts for complex elementary functions", as CPython arranges them.

mod tables;

use std::f64::consts::{E, FRAC_PI_2, LN_2, LN_10};

use pyrope_macros::pyfunctions;
use pyrope_object::args::ArgName;
use pyrope_object::bind::NullableArg;
use pyrope_object::{FromArg, IntoResult, ModuleDef, PyResult, Raised, Ref, Tuple, Value, Vm};
use pyrope_types::numbers::complex::{new_complex, quotient, to_complex};

use crate::math::libm::{asinh as real_asinh, ldexp};
use tables::{Table, class_of};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "cmath",
    doc: "This module provides access to mathematical functions for complex\nnumbers.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(constants),
};

fn constants(module: &Value, vm: &Vm) -> PyResult<()> {
    use std::f64::consts::{PI, TAU};
    for (name, x) in [("pi", PI), ("e", E), ("tau", TAU), ("inf", f64::INFINITY), ("nan", f64::NAN)] {
        vm.set_attr_str(module, name, &vm.float(x))?;
    }
    vm.set_attr_str(module, "infj", &new_complex((0.0, f64::INFINITY), vm))?;
    vm.set_attr_str(module, "nanj", &new_complex((0.0, f64::NAN), vm))
}

/// A complex number.
#[derive(Clone, Copy)]
struct Z {
    re: f64,
    im: f64,
}

impl<'a> FromArg<'a> for Z {
    fn from_arg(value: &'a Value, _: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        let (re, im) = to_complex(value, vm)?;
        Ok(Z { re, im })
    }
}

impl<'a> NullableArg<'a> for Z {}

impl IntoResult for Z {
    fn into_result(self, vm: &Vm) -> PyResult {
        Ok(new_complex((self.re, self.im), vm))
    }
}

/// Why a function has no value.
enum Failure {
    Domain,
    Range,
}

type Outcome = Result<Z, Failure>;

fn z(re: f64, im: f64) -> Z {
    Z { re, im }
}

/// Numbers beyond this are scaled down before they are squared.
const LARGE: f64 = f64::MAX / 4.0;
/// ln(LARGE)
const LOG_LARGE: f64 = 708.396_418_532_264_1;

fn is_large(a: Z) -> bool {
    a.re.abs() > LARGE || a.im.abs() > LARGE
}

fn log_of_half(a: Z) -> f64 {
    (a.re / 2.0).hypot(a.im / 2.0).ln()
}

impl Z {
    fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }

    /// An infinite real part with a direction to take from the angle.
    fn is_directed(self) -> bool {
        self.re.is_infinite() && self.im.is_finite() && self.im != 0.0
    }

    fn times_i(self) -> Z {
        z(-self.im, self.re)
    }

    fn over_i(self) -> Z {
        z(self.im, -self.re)
    }

    fn special(self, table: &Table) -> Outcome {
        let (re, im) = table[class_of(self.re)][class_of(self.im)].ok_or(Failure::Domain)?;
        Ok(z(re, im))
    }
}

fn in_range(a: Z) -> Outcome {
    if a.re.is_infinite() || a.im.is_infinite() { Err(Failure::Range) } else { Ok(a) }
}

fn sqrt(a: Z) -> Outcome {
    if !a.is_finite() {
        return a.special(&tables::SQRT);
    }
    if a.re == 0.0 && a.im == 0.0 {
        return Ok(z(0.0, a.im));
    }
    let (x, y) = (a.re.abs(), a.im.abs());
    let s = if x < f64::MIN_POSITIVE && y < f64::MIN_POSITIVE {
        // Scaled up by 2^53, an odd power, and down by half of it after the root.
        let x = ldexp(x, 53);
        ldexp((x + x.hypot(ldexp(y, 53))).sqrt(), -27)
    } else {
        let x = x / 8.0;
        2.0 * (x + x.hypot(y / 8.0)).sqrt()
    };
    let d = y / (2.0 * s);
    Ok(if a.re >= 0.0 { z(s, d.copysign(a.im)) } else { z(d, s.copysign(a.im)) })
}

fn acos(a: Z) -> Outcome {
    if !a.is_finite() {
        return a.special(&tables::ACOS);
    }
    if is_large(a) {
        let size = log_of_half(a) + 2.0 * LN_2;
        let im = if a.re < 0.0 { -size.copysign(a.im) } else { size.copysign(-a.im) };
        return Ok(z(a.im.abs().atan2(a.re), im));
    }
    let (s, t) = (sqrt(z(1.0 - a.re, -a.im))?, sqrt(z(1.0 + a.re, a.im))?);
    Ok(z(2.0 * s.re.atan2(t.re), real_asinh(t.re * s.im - t.im * s.re)))
}

fn acosh(a: Z) -> Outcome {
    if !a.is_finite() {
        return a.special(&tables::ACOSH);
    }
    if is_large(a) {
        return Ok(z(log_of_half(a) + 2.0 * LN_2, a.im.atan2(a.re)));
    }
    let (s, t) = (sqrt(z(a.re - 1.0, a.im))?, sqrt(z(a.re + 1.0, a.im))?);
    Ok(z(real_asinh(s.re * t.re + s.im * t.im), 2.0 * s.im.atan2(t.re)))
}

fn asinh(a: Z) -> Outcome {
    if !a.is_finite() {
        return a.special(&tables::ASINH);
    }
    if is_large(a) {
        let size = log_of_half(a) + 2.0 * LN_2;
        let re = if a.im >= 0.0 { size.copysign(a.re) } else { -size.copysign(-a.re) };
        return Ok(z(re, a.im.atan2(a.re.abs())));
    }
    let (s, t) = (sqrt(z(1.0 + a.im, -a.re))?, sqrt(z(1.0 - a.im, a.re))?);
    Ok(z(real_asinh(s.re * t.im - t.re * s.im), a.im.atan2(s.re * t.re - s.im * t.im)))
}

fn atanh(a: Z) -> Outcome {
    if !a.is_finite() {
        return a.special(&tables::ATANH);
    }
    if a.re.is_sign_negative() {
        let r = atanh(z(-a.re, -a.im))?;
        return Ok(z(-r.re, -r.im));
    }
    let y = a.im.abs();
    let root = LARGE.sqrt();
    if a.re > root || y > root {
        let h = (a.re / 2.0).hypot(a.im / 2.0);
        return Ok(z(a.re / 4.0 / h / h, -FRAC_PI_2.copysign(-a.im)));
    }
    if a.re == 1.0 && y < f64::MIN_POSITIVE.sqrt() {
        if y == 0.0 {
            return Err(Failure::Domain);
        }
        return Ok(z(-(y.sqrt() / y.hypot(2.0).sqrt()).ln(), (2f64.atan2(-y) / 2.0).copysign(a.im)));
    }
    let rest = 1.0 - a.re;
    Ok(z((4.0 * a.re / (rest * rest + y * y)).ln_1p() / 4.0, -(-2.0 * a.im).atan2(rest * (1.0 + a.re) - y * y) / 2.0))
}

fn cosh(a: Z) -> Outcome {
    let (sin, cos) = (a.im.sin(), a.im.cos());
    if !a.is_finite() {
        if a.is_directed() {
            let im = f64::INFINITY.copysign(sin);
            return Ok(z(f64::INFINITY.copysign(cos), if a.re > 0.0 { im } else { -im }));
        }
        return a.special(&tables::COSH);
    }
    if a.re.abs() > LOG_LARGE {
        let less = a.re - 1f64.copysign(a.re);
        return in_range(z(cos * less.cosh() * E, sin * less.sinh() * E));
    }
    in_range(z(cos * a.re.cosh(), sin * a.re.sinh()))
}

fn sinh(a: Z) -> Outcome {
    let (sin, cos) = (a.im.sin(), a.im.cos());
    if !a.is_finite() {
        if a.is_directed() {
            let re = f64::INFINITY.copysign(cos);
            return Ok(z(if a.re > 0.0 { re } else { -re }, f64::INFINITY.copysign(sin)));
        }
        return a.special(&tables::SINH);
    }
    if a.re.abs() > LOG_LARGE {
        let less = a.re - 1f64.copysign(a.re);
        return in_range(z(cos * less.sinh() * E, sin * less.cosh() * E));
    }
    in_range(z(cos * a.re.sinh(), sin * a.re.cosh()))
}

fn tanh(a: Z) -> Outcome {
    let (sin, cos) = (a.im.sin(), a.im.cos());
    if !a.is_finite() {
        if a.is_directed() {
            return Ok(z(1f64.copysign(a.re), 0f64.copysign(2.0 * sin * cos)));
        }
        return a.special(&tables::TANH);
    }
    if a.re.abs() > LOG_LARGE {
        return Ok(z(1f64.copysign(a.re), 4.0 * sin * cos * (-2.0 * a.re.abs()).exp()));
    }
    let (tx, ty, cx) = (a.re.tanh(), a.im.tan(), 1.0 / a.re.cosh());
    let denominator = 1.0 + (tx * ty) * (tx * ty);
    Ok(z(tx * (1.0 + ty * ty) / denominator, ty / denominator * cx * cx))
}

fn exp(a: Z) -> Outcome {
    let (sin, cos) = (a.im.sin(), a.im.cos());
    if !a.is_finite() {
        if a.is_directed() {
            let size: f64 = if a.re > 0.0 { f64::INFINITY } else { 0.0 };
            return Ok(z(size.copysign(cos), size.copysign(sin)));
        }
        return a.special(&tables::EXP);
    }
    if a.re > LOG_LARGE {
        let l = (a.re - 1.0).exp();
        return in_range(z(l * cos * E, l * sin * E));
    }
    let l = a.re.exp();
    in_range(z(l * cos, l * sin))
}

fn log(a: Z) -> Outcome {
    if !a.is_finite() {
        return a.special(&tables::LOG);
    }
    let (x, y) = (a.re.abs(), a.im.abs());
    let re = if x > LARGE || y > LARGE {
        (x / 2.0).hypot(y / 2.0).ln() + LN_2
    } else if x < f64::MIN_POSITIVE && y < f64::MIN_POSITIVE {
        if x == 0.0 && y == 0.0 {
            return Err(Failure::Domain);
        }
        ldexp(x, 53).hypot(ldexp(y, 53)).ln() - 53.0 * LN_2
    } else {
        let h = x.hypot(y);
        if (0.71..=1.73).contains(&h) {
            let (most, least) = (x.max(y), x.min(y));
            ((most - 1.0) * (most + 1.0) + least * least).ln_1p() / 2.0
        } else {
            h.ln()
        }
    };
    Ok(z(re, a.im.atan2(a.re)))
}

fn rect(r: f64, phi: f64) -> Outcome {
    let (sin, cos) = (phi.sin(), phi.cos());
    let polar = z(r, phi);
    if polar.is_finite() {
        return Ok(if phi == 0.0 { z(r, r * phi) } else { z(r * cos, r * sin) });
    }
    if polar.is_directed() {
        let (re, im) = (f64::INFINITY.copysign(cos), f64::INFINITY.copysign(sin));
        return Ok(if r > 0.0 { z(re, im) } else { z(-re, -im) });
    }
    polar.special(&tables::RECT)
}

#[cold]
fn raise(failure: Failure, vm: &Vm) -> Raised {
    match failure {
        Failure::Domain => vm.value_error("math domain error"),
        Failure::Range => crate::math::range(vm),
    }
}

fn value(outcome: Outcome, vm: &Vm) -> PyResult<Z> {
    outcome.map_err(|failure| raise(failure, vm))
}

fn size(a: Z, vm: &Vm) -> PyResult<f64> {
    let size = a.re.hypot(a.im);
    if size.is_infinite() && a.is_finite() { Err(crate::math::range(vm)) } else { Ok(size) }
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Return the arc cosine of z.
    #[pyfunction("acos(z, /)")]
    fn acos(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::acos(z), vm)
    }

    /// Return the inverse hyperbolic cosine of z.
    #[pyfunction("acosh(z, /)")]
    fn acosh(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::acosh(z), vm)
    }

    /// Return the arc sine of z.
    #[pyfunction("asin(z, /)")]
    fn asin(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::asinh(z.times_i()).map(Z::over_i), vm)
    }

    /// Return the inverse hyperbolic sine of z.
    #[pyfunction("asinh(z, /)")]
    fn asinh(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::asinh(z), vm)
    }

    /// Return the arc tangent of z.
    #[pyfunction("atan(z, /)")]
    fn atan(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::atanh(z.times_i()).map(Z::over_i), vm)
    }

    /// Return the inverse hyperbolic tangent of z.
    #[pyfunction("atanh(z, /)")]
    fn atanh(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::atanh(z), vm)
    }

    /// Return the cosine of z.
    #[pyfunction("cos(z, /)")]
    fn cos(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::cosh(z.times_i()), vm)
    }

    /// Return the hyperbolic cosine of z.
    #[pyfunction("cosh(z, /)")]
    fn cosh(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::cosh(z), vm)
    }

    /// Return the exponential value e**z.
    #[pyfunction("exp(z, /)")]
    fn exp(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::exp(z), vm)
    }

    /// log(z[, base]) -> the logarithm of z to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e)
    /// of z.
    #[pyfunction("log(z, base=<unrepresentable>, /)")]
    fn log(z: Z, base: Option<Z>, vm: &Vm) -> PyResult<Z> {
        let result = value(super::log(z), vm)?;
        let Some(base) = base else { return Ok(result) };
        let base = value(super::log(base), vm)?;
        match quotient((result.re, result.im), (base.re, base.im)) {
            Some((re, im)) => Ok(super::z(re, im)),
            None => Err(raise(Failure::Domain, vm)),
        }
    }

    /// Return the base-10 logarithm of z.
    #[pyfunction("log10(z, /)")]
    fn log10(z: Z, vm: &Vm) -> PyResult<Z> {
        let result = value(super::log(z), vm)?;
        Ok(super::z(result.re / LN_10, result.im / LN_10))
    }

    /// Return the sine of z.
    #[pyfunction("sin(z, /)")]
    fn sin(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::sinh(z.times_i()).map(Z::over_i), vm)
    }

    /// Return the hyperbolic sine of z.
    #[pyfunction("sinh(z, /)")]
    fn sinh(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::sinh(z), vm)
    }

    /// Return the square root of z.
    #[pyfunction("sqrt(z, /)")]
    fn sqrt(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::sqrt(z), vm)
    }

    /// Return the tangent of z.
    #[pyfunction("tan(z, /)")]
    fn tan(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::tanh(z.times_i()).map(Z::over_i), vm)
    }

    /// Return the hyperbolic tangent of z.
    #[pyfunction("tanh(z, /)")]
    fn tanh(z: Z, vm: &Vm) -> PyResult<Z> {
        value(super::tanh(z), vm)
    }

    /// Return argument, also known as the phase angle, of a complex.
    #[pyfunction("phase(z, /)")]
    fn phase(z: Z) -> f64 {
        z.im.atan2(z.re)
    }

    /// Convert a complex from rectangular coordinates to polar coordinates.
    ///
    /// r is the distance from 0 and phi the phase angle.
    #[pyfunction("polar(z, /)")]
    fn polar(z: Z, vm: &Vm) -> PyResult<Ref<Tuple>> {
        Ok(vm.tuple_of([vm.float(size(z, vm)?), vm.float(z.im.atan2(z.re))]))
    }

    /// Convert from polar coordinates to rectangular coordinates.
    #[pyfunction("rect(r, phi, /)")]
    fn rect(r: f64, phi: f64, vm: &Vm) -> PyResult<Z> {
        value(super::rect(r, phi), vm)
    }

    /// Return True if both the real and imaginary parts of z are finite, else False.
    #[pyfunction("isfinite(z, /)")]
    fn isfinite(z: Z) -> bool {
        z.is_finite()
    }

    /// Checks if the real or imaginary part of z is infinite.
    #[pyfunction("isinf(z, /)")]
    fn isinf(z: Z) -> bool {
        z.re.is_infinite() || z.im.is_infinite()
    }

    /// Checks if the real or imaginary part of z not a number (NaN).
    #[pyfunction("isnan(z, /)")]
    fn isnan(z: Z) -> bool {
        z.re.is_nan() || z.im.is_nan()
    }

    /// Determine whether two complex numbers are close in value.
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
    /// For the values to be considered close, the difference between them must
    /// be smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard.  That is,
    /// NaN is not close to anything, even itself. inf and -inf are only close
    /// to themselves.
    #[pyfunction("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(a: Z, b: Z, rel_tol: f64, abs_tol: f64, vm: &Vm) -> PyResult<bool> {
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(vm.value_error("tolerances must be non-negative"));
        }
        if (a.re, a.im) == (b.re, b.im) {
            return Ok(true);
        }
        if isinf(a) || isinf(b) {
            return Ok(false);
        }
        let difference = (a.re - b.re).hypot(a.im - b.im);
        Ok(difference <= rel_tol * b.re.hypot(b.im)
            || difference <= rel_tol * a.re.hypot(a.im)
            || difference <= abs_tol)
    }
}
