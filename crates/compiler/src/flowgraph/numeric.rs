//! Arithmetic on constants as Python does it. `None` is an exception, for which the code stays as it is.

use dashu_int::IBig;
use pyrope_bytecode::{BinaryOperator, Constant};

/// A number, `bool` counted among the `int`s.
pub(super) enum Number {
    Int(IBig),
    Float(f64),
    Complex(Complex),
}

#[derive(Clone, Copy)]
pub(super) struct Complex {
    pub re: f64,
    pub im: f64,
}

/// No integer result of a multiplication, power or shift may have more bits.
const MAX_INT_BITS: usize = 128;

impl Number {
    pub(super) fn of(constant: &Constant) -> Option<Number> {
        Some(match constant {
            Constant::Bool(value) => Number::Int(IBig::from(u8::from(*value))),
            Constant::Int(value) => Number::Int(value.clone()),
            Constant::Float(value) => Number::Float(*value),
            Constant::Complex { real, imag } => Number::Complex(Complex { re: *real, im: *imag }),
            _ => return None,
        })
    }
}

fn complex(value: Complex) -> Option<Constant> {
    // Recovery of infinities is left to the running program.
    let lost = value.re.is_nan() && value.im.is_nan();
    (!lost).then_some(Constant::Complex { real: value.re, imag: value.im })
}

/// The nearest `float`; `None` if it is out of range.
pub(super) fn to_float(value: &IBig) -> Option<f64> {
    let float = value.to_f64().value();
    float.is_finite().then_some(float)
}

/// Python's binary operators on numbers.
pub(super) fn binary(operator: BinaryOperator, left: Number, right: Number) -> Option<Constant> {
    match (left, right) {
        (Number::Int(a), Number::Int(b)) => int_binary(operator, a, b),
        (Number::Complex(a), b) => match b {
            Number::Complex(b) => complex_binary(operator, a, b),
            Number::Float(b) => complex_with_real(operator, a, b),
            Number::Int(b) => complex_with_real(operator, a, to_float(&b)?),
        },
        (Number::Float(a), Number::Complex(b)) => real_with_complex(operator, a, b),
        (Number::Int(a), Number::Complex(b)) => real_with_complex(operator, to_float(&a)?, b),
        (Number::Float(a), Number::Float(b)) => float_binary(operator, a, b),
        (Number::Float(a), Number::Int(b)) => float_binary(operator, a, to_float(&b)?),
        (Number::Int(a), Number::Float(b)) => float_binary(operator, to_float(&a)?, b),
    }
}

fn bits(value: &IBig) -> usize {
    let (_, words) = value.as_sign_words();
    match words.split_last() {
        Some((top, rest)) => rest.len() * 64 + (64 - top.leading_zeros() as usize),
        None => 0,
    }
}

fn is_negative(value: &IBig) -> bool {
    *value < IBig::ZERO
}

fn int_binary(operator: BinaryOperator, a: IBig, b: IBig) -> Option<Constant> {
    use BinaryOperator::*;
    let zero = IBig::ZERO;
    let result = match operator {
        Add => a + b,
        Subtract => a - b,
        Multiply => {
            if a != zero && b != zero && bits(&a) + bits(&b) > MAX_INT_BITS {
                return None;
            }
            a * b
        }
        TrueDivide => return int_true_divide(&a, &b).map(Constant::Float),
        FloorDivide => int_divmod(a, b)?.0,
        Remainder => int_divmod(a, b)?.1,
        Power => return int_power(a, b),
        Lshift => {
            if is_negative(&b) {
                return None;
            }
            if a == zero {
                return Some(Constant::Int(a));
            }
            let shift = usize::try_from(&b).ok().filter(|&shift| shift <= MAX_INT_BITS)?;
            if b != zero && bits(&a) > MAX_INT_BITS - shift {
                return None;
            }
            a << shift
        }
        Rshift => {
            if is_negative(&b) {
                return None;
            }
            match usize::try_from(&b) {
                Ok(shift) if shift <= bits(&a) => int_divmod(a, IBig::ONE << shift)?.0,
                _ if is_negative(&a) => IBig::NEG_ONE,
                _ => zero,
            }
        }
        Or => a | b,
        Xor => a ^ b,
        And => a & b,
        _ => return None,
    };
    Some(Constant::Int(result))
}

fn int_divmod(a: IBig, b: IBig) -> Option<(IBig, IBig)> {
    if b == IBig::ZERO {
        return None;
    }
    let (quotient, remainder) = (&a / &b, &a % &b);
    if remainder != IBig::ZERO && is_negative(&remainder) != is_negative(&b) {
        return Some((quotient - IBig::ONE, remainder + b));
    }
    Some((quotient, remainder))
}

/// The correctly rounded quotient; results near the limits of `float` are left alone.
fn int_true_divide(a: &IBig, b: &IBig) -> Option<f64> {
    if *b == IBig::ZERO {
        return None;
    }
    if bits(a) <= 53 && bits(b) <= 53 {
        return Some(to_float(a)? / to_float(b)?);
    }
    if *a == IBig::ZERO {
        return Some(if is_negative(b) { -0.0 } else { 0.0 });
    }
    // 66 or 67 bits of quotient, the last one set if anything was lost.
    let shift = 66 - (bits(a) as i64 - bits(b) as i64);
    if !(-900..=900).contains(&shift) {
        return None;
    }
    let negative = is_negative(a) != is_negative(b);
    let absolute = |value: &IBig| if is_negative(value) { -value.clone() } else { value.clone() };
    let (mut numerator, mut denominator) = (absolute(a), absolute(b));
    match usize::try_from(shift) {
        Ok(shift) => numerator <<= shift,
        Err(_) => denominator <<= shift.unsigned_abs() as usize,
    }
    let exact = &numerator % &denominator == IBig::ZERO;
    let mut quotient = numerator / denominator;
    if !exact {
        quotient |= IBig::ONE;
    }
    let magnitude = to_float(&quotient)? * 2f64.powi(-shift as i32);
    Some(if negative { -magnitude } else { magnitude })
}

fn int_power(a: IBig, b: IBig) -> Option<Constant> {
    if is_negative(&b) {
        return float_power(to_float(&a)?, to_float(&b)?);
    }
    if a == IBig::ZERO || b == IBig::ZERO {
        let result = if b == IBig::ZERO { IBig::ONE } else { IBig::ZERO };
        return Some(Constant::Int(result));
    }
    let exponent = usize::try_from(&b).ok()?;
    if bits(&a) > MAX_INT_BITS / exponent {
        return None;
    }
    Some(Constant::Int(a.pow(exponent)))
}

fn float_binary(operator: BinaryOperator, a: f64, b: f64) -> Option<Constant> {
    use BinaryOperator::*;
    let result = match operator {
        Add => a + b,
        Subtract => a - b,
        Multiply => a * b,
        TrueDivide | FloorDivide | Remainder if b == 0.0 => return None,
        TrueDivide => a / b,
        FloorDivide => float_floor_divide(a, b),
        Remainder => float_remainder(a, b),
        Power => return float_power(a, b),
        _ => return None,
    };
    Some(Constant::Float(result))
}

fn float_floor_divide(a: f64, b: f64) -> f64 {
    let remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder != 0.0 && (b < 0.0) != (remainder < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return 0f64.copysign(a / b);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

fn float_remainder(a: f64, b: f64) -> f64 {
    let remainder = a % b;
    if remainder == 0.0 {
        0f64.copysign(b)
    } else if (b < 0.0) != (remainder < 0.0) {
        remainder + b
    } else {
        remainder
    }
}

fn float_power(a: f64, b: f64) -> Option<Constant> {
    if a == 0.0 && b < 0.0 {
        return None;
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b != b.floor() {
        return complex(complex_power(Complex { re: a, im: 0.0 }, Complex { re: b, im: 0.0 })?);
    }
    let result = a.powf(b);
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return None;
    }
    Some(Constant::Float(result))
}

fn product(a: Complex, b: Complex) -> Complex {
    Complex { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re }
}

fn quotient(a: Complex, b: Complex) -> Option<Complex> {
    if b.re.abs() >= b.im.abs() {
        if b.re == 0.0 {
            return None;
        }
        let ratio = b.im / b.re;
        let denominator = b.re + b.im * ratio;
        return Some(Complex { re: (a.re + a.im * ratio) / denominator, im: (a.im - a.re * ratio) / denominator });
    }
    let ratio = b.re / b.im;
    let denominator = b.re * ratio + b.im;
    Some(Complex { re: (a.re * ratio + a.im) / denominator, im: (a.im * ratio - a.re) / denominator })
}

fn complex_binary(operator: BinaryOperator, a: Complex, b: Complex) -> Option<Constant> {
    use BinaryOperator::*;
    complex(match operator {
        Add => Complex { re: a.re + b.re, im: a.im + b.im },
        Subtract => Complex { re: a.re - b.re, im: a.im - b.im },
        Multiply => product(a, b),
        TrueDivide => quotient(a, b)?,
        Power => complex_power(a, b)?,
        _ => return None,
    })
}

fn complex_with_real(operator: BinaryOperator, a: Complex, b: f64) -> Option<Constant> {
    use BinaryOperator::*;
    if operator == Multiply {
        return Some(Constant::Complex { real: a.re * b, imag: a.im * b });
    }
    complex(match operator {
        Add => Complex { re: a.re + b, im: a.im },
        Subtract => Complex { re: a.re - b, im: a.im },
        TrueDivide if b != 0.0 => Complex { re: a.re / b, im: a.im / b },
        Power => complex_power(a, Complex { re: b, im: 0.0 })?,
        _ => return None,
    })
}

fn real_with_complex(operator: BinaryOperator, a: f64, b: Complex) -> Option<Constant> {
    use BinaryOperator::*;
    if operator == Multiply {
        return complex_with_real(operator, b, a);
    }
    complex(match operator {
        Add => Complex { re: a + b.re, im: b.im },
        Subtract => Complex { re: a - b.re, im: -b.im },
        TrueDivide => real_quotient(a, b)?,
        Power => complex_power(Complex { re: a, im: 0.0 }, b)?,
        _ => return None,
    })
}

fn real_quotient(a: f64, b: Complex) -> Option<Complex> {
    if b.re.abs() >= b.im.abs() {
        if b.re == 0.0 {
            return None;
        }
        let ratio = b.im / b.re;
        let denominator = b.re + b.im * ratio;
        return Some(Complex { re: a / denominator, im: (-a * ratio) / denominator });
    }
    let ratio = b.re / b.im;
    let denominator = b.re * ratio + b.im;
    Some(Complex { re: (a * ratio) / denominator, im: -a / denominator })
}

fn complex_power(a: Complex, b: Complex) -> Option<Complex> {
    let result = if b.im == 0.0 && b.re == b.re.floor() && b.re.abs() <= 100.0 {
        let exponent = b.re as i32;
        if exponent > 0 {
            small_power(a, exponent as u32)
        } else {
            quotient(Complex { re: 1.0, im: 0.0 }, small_power(a, exponent.unsigned_abs()))?
        }
    } else if a.re == 0.0 && a.im == 0.0 {
        if b.im != 0.0 || b.re < 0.0 {
            return None;
        }
        Complex { re: 0.0, im: 0.0 }
    } else {
        let absolute = a.re.hypot(a.im);
        let angle = a.im.atan2(a.re);
        let mut length = absolute.powf(b.re);
        let mut phase = angle * b.re;
        if b.im != 0.0 {
            length *= (-angle * b.im).exp();
            phase += b.im * absolute.ln();
        }
        Complex { re: length * phase.cos(), im: length * phase.sin() }
    };
    let finite = result.re.is_finite() && result.im.is_finite();
    finite.then_some(result)
}

fn small_power(base: Complex, exponent: u32) -> Complex {
    let mut result = Complex { re: 1.0, im: 0.0 };
    let mut power = base;
    let mut mask = 1;
    while mask <= exponent {
        if exponent & mask != 0 {
            result = product(result, power);
        }
        mask <<= 1;
        power = product(power, power);
    }
    result
}
