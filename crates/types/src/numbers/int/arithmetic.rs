//! Arithmetic of integers: fast paths on machine integers that fall over into big ones, and the general operations.

use std::cmp::Ordering;

use dashu_int::fast_div::ConstDivisor;
use dashu_int::ops::{BitTest, DivRem};
use dashu_int::{IBig, Sign, UBig};
use pyrope_object::{CompareOp, IntView, PyResult, Raised, Value, Vm};

use super::super::float::arithmetic::{float_pow, view_to_f64};

/// Numbers of more bits than this are MemoryError without asking.
const MOST_BITS: u128 = 1 << 38;

fn from_i128(n: i128, vm: &Vm) -> Value {
    match i64::try_from(n) {
        Ok(n) => vm.int(n),
        Err(_) => vm.int_from_big(IBig::from(n)),
    }
}

#[cold]
fn by_zero(vm: &Vm) -> Raised {
    vm.zero_division_error("division by zero")
}

/// `a + b`
#[inline]
pub fn int_add(a: i64, b: i64, vm: &Vm) -> Value {
    match a.checked_add(b) {
        Some(n) => vm.int(n),
        None => from_i128(i128::from(a) + i128::from(b), vm),
    }
}

/// `a - b`
#[inline]
pub fn int_sub(a: i64, b: i64, vm: &Vm) -> Value {
    match a.checked_sub(b) {
        Some(n) => vm.int(n),
        None => from_i128(i128::from(a) - i128::from(b), vm),
    }
}

/// `a * b`
#[inline]
pub fn int_mul(a: i64, b: i64, vm: &Vm) -> Value {
    match a.checked_mul(b) {
        Some(n) => vm.int(n),
        None => from_i128(i128::from(a) * i128::from(b), vm),
    }
}

/// `a // b`
#[inline]
pub fn int_floor_div(a: i64, b: i64, vm: &Vm) -> PyResult {
    match a.checked_div(b) {
        Some(q) => Ok(vm.int(if a % b != 0 && (a < 0) != (b < 0) { q - 1 } else { q })),
        None if b == 0 => Err(by_zero(vm)),
        None => Ok(from_i128(-i128::from(a), vm)),
    }
}

/// `a % b`, with the sign of `b`.
#[inline]
pub fn int_mod(a: i64, b: i64, vm: &Vm) -> PyResult {
    match a.checked_rem(b) {
        Some(r) => Ok(vm.int(if r != 0 && (r < 0) != (b < 0) { r + b } else { r })),
        None if b == 0 => Err(by_zero(vm)),
        None => Ok(vm.int(0)),
    }
}

/// `a / b`, correctly rounded.
#[inline]
pub fn int_true_div(a: i64, b: i64, vm: &Vm) -> PyResult {
    const EXACT: u64 = 1 << 53;
    if b == 0 {
        return Err(by_zero(vm));
    }
    if a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT {
        return Ok(vm.float(a as f64 / b as f64));
    }
    big_true_div(&IBig::from(a), &IBig::from(b), vm)
}

/// `-a`
#[inline]
pub fn int_neg(a: i64, vm: &Vm) -> Value {
    int_sub(0, a, vm)
}

/// `~a`
#[inline]
pub fn int_invert(a: i64, vm: &Vm) -> Value {
    vm.int(!a)
}

macro_rules! bitwise {
    ($($name:ident $symbol:tt;)*) => {$(
        #[doc = concat!("`a ", stringify!($symbol), " b`")]
        #[inline]
        pub fn $name(a: i64, b: i64, vm: &Vm) -> Value {
            vm.int(a $symbol b)
        }
    )*};
}

bitwise! {
    int_and &;
    int_or |;
    int_xor ^;
}

/// `a << b`
#[inline]
pub fn int_lshift(a: i64, b: i64, vm: &Vm) -> PyResult {
    if (0..62).contains(&b) && (a << b) >> b == a {
        return Ok(vm.int(a << b));
    }
    lshift(IntView::Small(a), IntView::Small(b), vm)
}

/// `a >> b`
#[inline]
pub fn int_rshift(a: i64, b: i64, vm: &Vm) -> PyResult {
    match b {
        0..64 => Ok(vm.int(a >> b)),
        64.. => Ok(vm.int(if a < 0 { -1 } else { 0 })),
        _ => Err(vm.value_error("negative shift count")),
    }
}

/// `a op b`
#[inline]
pub fn int_compare(a: i64, b: i64, op: CompareOp) -> bool {
    holds(a.cmp(&b), op)
}

/// Does an ordering satisfy an operator?
#[inline]
pub(crate) fn holds(ordering: Ordering, op: CompareOp) -> bool {
    match op {
        CompareOp::Lt => ordering.is_lt(),
        CompareOp::Le => ordering.is_le(),
        CompareOp::Eq => ordering.is_eq(),
        CompareOp::Ne => ordering.is_ne(),
        CompareOp::Gt => ordering.is_gt(),
        CompareOp::Ge => ordering.is_ge(),
    }
}

/// The order of two integers of any size.
pub(crate) fn order(a: IntView<'_>, b: IntView<'_>) -> Ordering {
    match (a, b) {
        (IntView::Small(a), IntView::Small(b)) => a.cmp(&b),
        (IntView::Big(a), IntView::Big(b)) => a.cmp(b),
        (IntView::Big(a), IntView::Small(_)) => {
            if a.sign() == Sign::Negative {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (IntView::Small(_), IntView::Big(b)) => {
            if b.sign() == Sign::Negative {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
    }
}

/// Quotient and remainder, rounded to negative infinity; the divisor is not zero.
pub(crate) fn floor_div_rem(a: &IBig, b: &IBig) -> (IBig, IBig) {
    let (q, r) = a.div_rem(b);
    if !r.is_zero() && r.sign() != b.sign() { (q - IBig::ONE, r + b) } else { (q, r) }
}

macro_rules! general {
    ($($(#[$meta:meta])* $name:ident: $small:expr, $big:expr;)*) => {$(
        $(#[$meta])*
        pub(crate) fn $name(a: IntView<'_>, b: IntView<'_>, vm: &Vm) -> PyResult {
            if let (IntView::Small(a), IntView::Small(b)) = (a, b) {
                let small: fn(i64, i64, &Vm) -> PyResult = $small;
                return small(a, b, vm);
            }
            let big: fn(&IBig, &IBig, &Vm) -> PyResult = $big;
            big(&a.to_big(), &b.to_big(), vm)
        }
    )*};
}

general! {
    add: |a, b, vm| Ok(int_add(a, b, vm)), |a, b, vm| Ok(vm.int_from_big(a + b));
    subtract: |a, b, vm| Ok(int_sub(a, b, vm)), |a, b, vm| Ok(vm.int_from_big(a - b));
    multiply: |a, b, vm| Ok(int_mul(a, b, vm)), |a, b, vm| {
        reserve(a.bit_len() as u128 + b.bit_len() as u128, vm)?;
        Ok(vm.int_from_big(a * b))
    };
    floor_divide: int_floor_div, |a, b, vm| Ok(vm.int_from_big(checked_div_rem(a, b, vm)?.0));
    remainder: int_mod, |a, b, vm| Ok(vm.int_from_big(checked_div_rem(a, b, vm)?.1));
    true_divide: int_true_div, big_true_div;
    divmod: |a, b, vm| Ok(pair(int_floor_div(a, b, vm)?, int_mod(a, b, vm)?, vm)), |a, b, vm| {
        let (q, r) = checked_div_rem(a, b, vm)?;
        Ok(pair(vm.int_from_big(q), vm.int_from_big(r), vm))
    };
    and: |a, b, vm| Ok(int_and(a, b, vm)), |a, b, vm| Ok(vm.int_from_big(a & b));
    or: |a, b, vm| Ok(int_or(a, b, vm)), |a, b, vm| Ok(vm.int_from_big(a | b));
    xor: |a, b, vm| Ok(int_xor(a, b, vm)), |a, b, vm| Ok(vm.int_from_big(a ^ b));
}

fn pair(a: Value, b: Value, vm: &Vm) -> Value {
    vm.tuple_of([a, b]).into_value()
}

fn checked_div_rem(a: &IBig, b: &IBig, vm: &Vm) -> PyResult<(IBig, IBig)> {
    if b.is_zero() { Err(by_zero(vm)) } else { Ok(floor_div_rem(a, b)) }
}

/// MemoryError for a number of so many bits, if it cannot be had.
fn reserve(bits: u128, vm: &Vm) -> PyResult<()> {
    // Below a megabyte nobody asks.
    if bits < 1 << 23 {
        return Ok(());
    }
    let fits = bits < MOST_BITS && Vec::<u8>::new().try_reserve_exact((bits / 8) as usize + 64).is_ok();
    if fits { Ok(()) } else { Err(vm.memory_error()) }
}

/// `a << b`
pub(crate) fn lshift(a: IntView<'_>, b: IntView<'_>, vm: &Vm) -> PyResult {
    if b.is_negative() {
        return Err(vm.value_error("negative shift count"));
    }
    if matches!(a, IntView::Small(0)) {
        return Ok(vm.int(0));
    }
    let Some(count) = b.to_i64() else { return Err(vm.overflow_error("too many digits in integer")) };
    let a = a.to_big();
    // Room for the result, and for the copy that it is made from.
    reserve(2 * (count as u128 + a.bit_len() as u128), vm)?;
    Ok(vm.int_from_big(a.as_ref() << count as usize))
}

/// `a >> b`
pub(crate) fn rshift(a: IntView<'_>, b: IntView<'_>, vm: &Vm) -> PyResult {
    if b.is_negative() {
        return Err(vm.value_error("negative shift count"));
    }
    match (a, b) {
        (IntView::Small(a), IntView::Small(b)) => int_rshift(a, b, vm),
        (a, IntView::Big(_)) => Ok(vm.int(if a.is_negative() { -1 } else { 0 })),
        (IntView::Big(a), IntView::Small(count)) => {
            let (sign, magnitude) = a.clone().into_parts();
            Ok(vm.int_from_big(match sign {
                Sign::Positive => IBig::from(magnitude >> count as usize),
                // Rounds to negative infinity: ~(~a >> count).
                Sign::Negative => -IBig::ONE - IBig::from((magnitude - UBig::ONE) >> count as usize),
            }))
        }
    }
}

/// `a ** b` for a `b` that is not negative.
#[inline]
pub fn int_pow(a: i64, b: u32, vm: &Vm) -> PyResult {
    match a.checked_pow(b) {
        Some(n) => Ok(vm.int(n)),
        None => big_pow(&IBig::from(a), u64::from(b), vm),
    }
}

fn big_pow(a: &IBig, b: u64, vm: &Vm) -> PyResult {
    // |a| < 2^bits, so the power has at most bits × b.
    reserve((a.bit_len() as u128).saturating_mul(u128::from(b)), vm)?;
    Ok(vm.int_from_big(a.pow(b as usize)))
}

/// `a ** b`
pub(crate) fn power(a: IntView<'_>, b: IntView<'_>, vm: &Vm) -> PyResult {
    if b.is_negative() {
        return float_pow(view_to_f64(a, vm)?, view_to_f64(b, vm)?, vm);
    }
    match (a, b) {
        (IntView::Small(a @ (0 | 1)), b) => Ok(vm.int(if matches!(b, IntView::Small(0)) { 1 } else { a })),
        (IntView::Small(-1), b) => Ok(vm.int(if b.to_big().bit(0) { -1 } else { 1 })),
        (_, IntView::Big(_)) => Err(vm.memory_error()),
        (IntView::Small(a), IntView::Small(b)) if b <= i64::from(u32::MAX) => int_pow(a, b as u32, vm),
        (a, IntView::Small(b)) => big_pow(&a.to_big(), b as u64, vm),
    }
}

/// `pow(a, b, modulus)`
pub(crate) fn modular_power(a: IntView<'_>, b: IntView<'_>, modulus: IntView<'_>, vm: &Vm) -> PyResult {
    if matches!(modulus, IntView::Small(0)) {
        return Err(vm.value_error("pow() 3rd argument cannot be 0"));
    }
    if matches!(modulus, IntView::Small(1 | -1)) {
        return Ok(vm.int(0));
    }
    let negative = modulus.is_negative();
    let (_, magnitude) = modulus.to_big().into_owned().into_parts();
    let result = match (a, b, u64::try_from(&magnitude)) {
        (IntView::Small(a), IntView::Small(b @ 0..), Ok(m)) => UBig::from(small_modular_power(a, b as u64, m)),
        _ => {
            let ring = ConstDivisor::new(magnitude.clone());
            let mut base = ring.reduce(a.to_big().into_owned());
            if b.is_negative() {
                base = base.inv().ok_or_else(|| vm.value_error("base is not invertible for the given modulus"))?;
            }
            let (_, exponent) = b.to_big().into_owned().into_parts();
            base.pow(&exponent).residue()
        }
    };
    let result = IBig::from(result);
    let result = if negative && !result.is_zero() { result - IBig::from(magnitude) } else { result };
    Ok(vm.int_from_big(result))
}

fn small_modular_power(a: i64, mut exponent: u64, modulus: u64) -> u64 {
    let m = u128::from(modulus);
    let mut base = i128::from(a).rem_euclid(m as i128) as u128;
    let mut result = 1 % m;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % m;
        }
        base = base * base % m;
        exponent >>= 1;
    }
    result as u64
}

/// `a / b` for integers of any size, correctly rounded.
pub(crate) fn big_true_div(a: &IBig, b: &IBig, vm: &Vm) -> PyResult {
    if b.is_zero() {
        return Err(by_zero(vm));
    }
    let (a_sign, a) = a.clone().into_parts();
    let (b_sign, b) = b.clone().into_parts();
    let size = a.bit_len() as i64 - b.bit_len() as i64;
    if a.is_zero() || size < -1100 {
        return Ok(vm.float(if a_sign != b_sign { -0.0 } else { 0.0 }));
    }
    let x = match size <= 1100 {
        true => {
            // A quotient of 66 or 67 bits; the last one also stands for all below it.
            let shift = 66 - size;
            let (q, r) =
                if shift >= 0 { (a << shift as usize).div_rem(&b) } else { a.div_rem(&(b << (-shift) as usize)) };
            let q = u128::try_from(q).unwrap_or(u128::MAX) | u128::from(!r.is_zero());
            round_scaled(q, -shift)
        }
        false => f64::INFINITY,
    };
    if x.is_infinite() {
        return Err(vm.overflow_error("integer division result too large for a float"));
    }
    Ok(vm.float(if a_sign == b_sign { x } else { -x }))
}

/// `q × 2^exponent` rounded to the nearest float, ties to even; infinity where it is too large.
pub fn round_scaled(q: u128, exponent: i64) -> f64 {
    if q == 0 {
        return 0.0;
    }
    let bits = i64::from(128 - q.leading_zeros());
    // The weight of the result's last bit.
    let last = (bits - 53 + exponent).max(-1074);
    let drop = last - exponent;
    let (mantissa, last) = match drop {
        ..=0 => (q as u64, exponent),
        1..128 => {
            let (kept, rest, half) = ((q >> drop) as u64, q & ((1 << drop) - 1), 1u128 << (drop - 1));
            let up = rest > half || (rest == half && kept & 1 == 1);
            (kept + u64::from(up), last)
        }
        _ => (0, last),
    };
    ldexp(mantissa as f64, last)
}

/// `x × 2^exponent` for an `x` of at most 2^53 whose product is exact or too large.
fn ldexp(x: f64, exponent: i64) -> f64 {
    let power = |e: i64| f64::from_bits(((e + 1023) as u64) << 52);
    match exponent {
        ..-1022 => x * power(-1022) * power((exponent + 1022).max(-1022)),
        -1022..=1023 => x * power(exponent),
        _ => f64::INFINITY,
    }
}
