//! IEEE 754 binary16.

/// The value of a half-precision float.
pub fn from_half(bits: u16) -> f64 {
    let negative = bits & 0x8000 != 0;
    let exponent = i32::from(bits >> 10 & 0x1F);
    let fraction = f64::from(bits & 0x3FF);
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1F if fraction == 0.0 => f64::INFINITY,
        0x1F => return f64::from_bits(u64::from(bits & 0x3FF) << 42 | 0x7FF << 52 | u64::from(negative) << 63),
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if negative { -magnitude } else { magnitude }
}

/// The nearest half-precision float, ties to even; `None` where a finite number is too large.
pub fn to_half(x: f64) -> Option<u16> {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    if x.is_nan() {
        let payload = (x.to_bits() >> 42 & 0x3FF) as u16;
        return Some(sign | 0x7C00 | payload | u16::from(payload == 0) << 9);
    }
    if x.is_infinite() {
        return Some(sign | 0x7C00);
    }
    let size = x.abs();
    // Scaled so that the last kept bit is a unit; the product is exact.
    let exponent = ((size.to_bits() >> 52) as i32 - 1023).max(-14);
    let units = (size * 2f64.powi(10 - exponent)).round_ties_even() as u32;
    let bits = if exponent == -14 && units < 1024 { units } else { (((exponent + 14) as u32) << 10) + units };
    (bits < 0x7C00).then_some(sign | bits as u16)
}
