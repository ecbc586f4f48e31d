//! Functions of the C library that Rust's standard library lacks or computes in its own way.
#![allow(unsafe_code, reason = "declares functions of the C library, which take and give plain numbers")]

// SAFETY: these are the C library's functions with their C signatures; they have no preconditions.
unsafe extern "C" {
    pub safe fn acosh(x: f64) -> f64;
    pub safe fn asinh(x: f64) -> f64;
    pub safe fn atanh(x: f64) -> f64;
    pub safe fn erf(x: f64) -> f64;
    pub safe fn erfc(x: f64) -> f64;
    pub safe fn ldexp(x: f64, exponent: std::ffi::c_int) -> f64;
    pub safe fn nextafter(x: f64, y: f64) -> f64;
    pub safe fn remainder(x: f64, y: f64) -> f64;
}

/// Mantissa in `[0.5, 1)` and exponent; zero, infinities and NaN with exponent 0.
pub fn frexp(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let (x, bias) = if x.abs() < f64::MIN_POSITIVE { (x * 2f64.powi(54), 54) } else { (x, 0) };
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7FF) as i32 - 1022;
    (f64::from_bits(bits & !(0x7FF << 52) | 1022 << 52), exponent - bias)
}
