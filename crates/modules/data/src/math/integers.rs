//! Functions on integers of any size.

use dashu_int::ops::{Abs, DivRem, Gcd, SquareRoot};
use dashu_int::{IBig, UBig};
use pyrope_object::{IntView, PyResult, Value, Vm};

/// The product of `from..=to` by halving, so that factors stay of like size.
fn product(from: u64, to: u64) -> UBig {
    match to.checked_sub(from) {
        None => UBig::ONE,
        Some(span) if span < 16 => {
            let mut result = UBig::ONE;
            let mut chunk = 1u64;
            for n in from..=to {
                match chunk.checked_mul(n) {
                    Some(more) => chunk = more,
                    None => {
                        result *= UBig::from(chunk);
                        chunk = n;
                    }
                }
            }
            result * UBig::from(chunk)
        }
        Some(span) => {
            let middle = from + span / 2;
            product(from, middle) * product(middle + 1, to)
        }
    }
}

/// `math.factorial`
pub fn factorial(n: &Value, vm: &Vm) -> PyResult {
    let index = vm.index(n)?;
    match index.as_int() {
        Some(n) if n.is_negative() => Err(vm.value_error("factorial() not defined for negative values")),
        Some(IntView::Small(n)) => Ok(vm.int_from_big(product(2, (n as u64).max(1)).into())),
        _ => Err(vm.overflow_error("factorial() argument should not exceed 9223372036854775807")),
    }
}

/// `n × (n - 1) × …`, `k` factors.
fn falling(n: &IBig, k: u64) -> IBig {
    match u64::try_from(n) {
        Ok(n) if k <= n => product(n - k + 1, n).into(),
        _ => falling_big(n, 0, k),
    }
}

fn falling_big(n: &IBig, from: u64, to: u64) -> IBig {
    match to - from {
        0 => IBig::ONE,
        1 => n - IBig::from(from),
        span => {
            let middle = from + span / 2;
            falling_big(n, from, middle) * falling_big(n, middle, to)
        }
    }
}

fn natural(value: &Value, name: &str, vm: &Vm) -> PyResult<IBig> {
    let n = vm.index_big(value)?;
    if n < IBig::ZERO { Err(vm.value_error(format!("{name} must be a non-negative integer"))) } else { Ok(n) }
}

/// `math.perm`
pub fn perm(n: &Value, k: Option<&Value>, vm: &Vm) -> PyResult {
    let Some(k) = k else { return factorial(n, vm) };
    let (n_index, k_index) = (vm.index(n)?, vm.index(k)?);
    let (n, k) = (natural(&n_index, "n", vm)?, natural(&k_index, "k", vm)?);
    if k > n {
        return Ok(vm.int(0));
    }
    match i64::try_from(&k) {
        Ok(k) => Ok(vm.int_from_big(falling(&n, k as u64))),
        Err(_) => Err(vm.overflow_error("k must not exceed 9223372036854775807")),
    }
}

/// `math.comb`
pub fn comb(n: &Value, k: &Value, vm: &Vm) -> PyResult {
    let (n_index, k_index) = (vm.index(n)?, vm.index(k)?);
    let (n, k) = (natural(&n_index, "n", vm)?, natural(&k_index, "k", vm)?);
    if k > n {
        return Ok(vm.int(0));
    }
    let rest = &n - &k;
    let k = if rest < k { rest } else { k };
    let Ok(k) = i64::try_from(&k) else {
        return Err(vm.overflow_error("min(n - k, k) must not exceed 9223372036854775807"));
    };
    if let Some(small) = small_comb(&n, k as u64) {
        return Ok(vm.int_from_u64(small));
    }
    Ok(vm.int_from_big(falling(&n, k as u64) / IBig::from(product(2, (k as u64).max(1)))))
}

/// By multiplying and dividing in turn, while all fits.
fn small_comb(n: &IBig, k: u64) -> Option<u64> {
    let n = u64::try_from(n).ok()?;
    if k > 64 {
        return None;
    }
    let mut result = 1u128;
    for i in 0..k {
        result = result.checked_mul(u128::from(n - i))? / u128::from(i + 1);
    }
    u64::try_from(result).ok()
}

/// `math.isqrt`
pub fn isqrt(n: &Value, vm: &Vm) -> PyResult {
    let index = vm.index(n)?;
    match index.as_int() {
        Some(n) if n.is_negative() => Err(vm.value_error("isqrt() argument must be nonnegative")),
        Some(IntView::Small(n)) => Ok(vm.int(n.isqrt())),
        Some(IntView::Big(n)) => Ok(vm.int_from_big(n.abs().into_parts().1.sqrt().into())),
        None => Ok(vm.int(0)),
    }
}

fn small_gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The greatest common divisor, never negative.
fn gcd_of(a: &IBig, b: &IBig) -> IBig {
    match (a == &IBig::ZERO, b == &IBig::ZERO) {
        (true, _) => b.clone().abs(),
        (_, true) => a.clone().abs(),
        _ => match (i64::try_from(a), i64::try_from(b)) {
            (Ok(a), Ok(b)) => IBig::from(small_gcd(a.unsigned_abs(), b.unsigned_abs())),
            _ => a.gcd(b).into(),
        },
    }
}

/// `math.gcd`
pub fn gcd(values: &[Value], vm: &Vm) -> PyResult {
    if let [a, b] = values
        && let (Some(a), Some(b)) = (a.as_small_int(), b.as_small_int())
    {
        return Ok(vm.int_from_u64(small_gcd(a.unsigned_abs(), b.unsigned_abs())));
    }
    let mut result = IBig::ZERO;
    for value in values {
        result = gcd_of(&result, &vm.index_big(value)?);
    }
    Ok(vm.int_from_big(result))
}

/// `math.lcm`
pub fn lcm(values: &[Value], vm: &Vm) -> PyResult {
    let mut result = IBig::ONE;
    for value in values {
        let n = vm.index_big(value)?;
        if result == IBig::ZERO || n == IBig::ZERO {
            result = IBig::ZERO;
            continue;
        }
        let divisor = gcd_of(&result, &n);
        let (quotient, _) = result.div_rem(&divisor);
        result = (quotient * n).abs();
    }
    Ok(vm.int_from_big(result))
}
