//! `round(x, n)` and the exact ratio of a float.

/// Why [`round_to_digits`] has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundError;

impl RoundError {
    /// CPython's message; the exception is `OverflowError`.
    pub const MESSAGE: &str = "rounded value too large to represent";
}

/// `round(x, digits)`: correctly rounded, ties to even of the exact decimal expansion.
pub fn round_to_digits(x: f64, digits: i64) -> Result<f64, RoundError> {
    // 323 is the last place that can matter, and 10^308 is the largest power in range.
    if !x.is_finite() || x == 0.0 || digits > 323 {
        return Ok(x);
    }
    if digits < -308 {
        return Ok(0.0 * x);
    }
    let digits = digits as i32;
    let rounded = if digits >= 0 {
        let places = digits as usize;
        format!("{x:.places$}").parse::<f64>()
    } else {
        round_left_of_point(x, digits).parse::<f64>()
    };
    match rounded {
        Ok(rounded) if rounded.is_finite() => Ok(rounded.copysign(x)),
        _ => Err(RoundError),
    }
}

/// The decimal text of `x` rounded at a place left of the point, `digits < 0`.
fn round_left_of_point(x: f64, digits: i32) -> String {
    let exact = format!("{:e}", ExactInteger(x));
    let exponent: i32 = exact.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let kept = exponent + digits;
    if kept >= 0 {
        let kept = kept as usize;
        return format!("{x:.kept$e}");
    }
    // The place is one left of the first digit: the answer is zero or one unit of that place; 5 exactly is a tie, to the even zero.
    let up = kept == -1 && exceeds_half(x.abs(), exponent);
    if up { format!("1e{}", exponent + 1) } else { "0".to_owned() }
}

/// `x > 5 × 10^exponent`, exactly.
fn exceeds_half(x: f64, exponent: i32) -> bool {
    let exact = format!("{x:.1100e}");
    let digits = exact.split_once('e').map_or("", |(mantissa, _)| mantissa);
    let mut digits = digits.bytes().filter(u8::is_ascii_digit);
    debug_assert!(exponent >= 0);
    match digits.next() {
        Some(first) if first > b'5' => true,
        Some(b'5') => digits.any(|d| d != b'0'),
        _ => false,
    }
}

/// Prints the exact digits of a float, so that the exponent is not rounded up.
struct ExactInteger(f64);

impl std::fmt::LowerExp for ExactInteger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1100e}", self.0)
    }
}

/// `(mantissa, exponent)` with `x == mantissa × 2^exponent`, for a finite `x ≥ 0`; the sign is ignored.
pub fn decompose(x: f64) -> (u64, i32) {
    let bits = x.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match ((bits >> 52) & 0x7FF) as i32 {
        0 => (fraction, -1074),
        biased => (fraction | 1 << 52, biased - 1075),
    }
}

/// `x == mantissa × 2^exponent` with an odd mantissa (or zero with exponent 0), signed: the lowest terms of `as_integer_ratio`.
///
/// `None` for infinities and NaN. The numerator is `mantissa << exponent` where the exponent is positive, otherwise the
/// denominator is `1 << -exponent`.
pub fn integer_ratio(x: f64) -> Option<(i64, i32)> {
    if !x.is_finite() {
        return None;
    }
    let (mantissa, exponent) = decompose(x);
    if mantissa == 0 {
        return Some((0, 0));
    }
    let zeros = mantissa.trailing_zeros();
    let odd = (mantissa >> zeros) as i64;
    Some((if x < 0.0 { -odd } else { odd }, exponent + zeros as i32))
}
