//! Sums that lose nothing: `fsum`, `sumprod`, norms of vectors.

use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};

use super::libm::{frexp, ldexp};

/// A number as an unevaluated sum of two floats.
#[derive(Clone, Copy)]
struct Double {
    high: f64,
    low: f64,
}

/// `a + b` exactly, for `|a| >= |b|`.
fn fast_sum(a: f64, b: f64) -> Double {
    let high = a + b;
    Double { high, low: (a - high) + b }
}

/// `a + b` exactly.
fn two_sum(a: f64, b: f64) -> Double {
    let high = a + b;
    let z = high - a;
    Double { high, low: (a - (high - z)) + (b - z) }
}

/// `a * b` exactly.
fn two_product(a: f64, b: f64) -> Double {
    let high = a * b;
    Double { high, low: a.mul_add(b, -high) }
}

/// The Euclidean norm of numbers that are not negative.
pub fn norm(values: &mut [f64]) -> f64 {
    let max = values.iter().copied().fold(0.0, f64::max);
    if max.is_infinite() {
        return max;
    }
    if values.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    if max == 0.0 || values.len() <= 1 {
        return max;
    }
    let (_, exponent) = frexp(max);
    if exponent < -1023 {
        // Subnormal numbers: scaled up first, so that scaling by a power of two cannot overflow.
        values.iter_mut().for_each(|x| *x /= f64::MIN_POSITIVE);
        return f64::MIN_POSITIVE * norm(values);
    }
    let scale = ldexp(1.0, -exponent);
    // The sum begins at one, which is larger than any addend, so that the cheap exact sum is enough.
    let (mut sum, mut low_products, mut low_sums) = (1.0, 0.0, 0.0);
    let mut add = |product: Double| {
        let s = fast_sum(sum, product.high);
        sum = s.high;
        low_products += product.low;
        low_sums += s.low;
        sum - 1.0 + (low_products + low_sums)
    };
    let mut total = 0.0;
    for x in values {
        total = add(two_product(*x * scale, *x * scale));
    }
    let root = total.sqrt();
    // One step of Newton's method with the exact residue.
    let residue = add(two_product(-root, root));
    (root + residue / (2.0 * root)) / scale
}

/// `math.fsum`: partial sums without overlap (Shewchuk), rounded once.
pub fn fsum(iterable: &Value, vm: &Vm) -> PyResult<f64> {
    let mut partials: Vec<f64> = Vec::new();
    let (mut special, mut infinities) = (0.0, 0.0);
    let iterator = vm.iter(iterable)?;
    while let Some(item) = vm.next(&iterator)? {
        let original = vm.to_f64(&item)?;
        let mut x = original;
        let mut kept = 0;
        for at in 0..partials.len() {
            let mut y = partials[at];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let sum = fast_sum_parts(x, y);
            if sum.low != 0.0 {
                partials[kept] = sum.low;
                kept += 1;
            }
            x = sum.high;
        }
        partials.truncate(kept);
        if x == 0.0 {
            continue;
        }
        if x.is_finite() {
            partials.push(x);
            continue;
        }
        if original.is_finite() {
            return Err(vm.overflow_error("intermediate overflow in fsum"));
        }
        if original.is_infinite() {
            infinities += original;
        }
        special += original;
        partials.clear();
    }
    if special != 0.0 {
        return if infinities.is_nan() { Err(vm.value_error("-inf + inf in fsum")) } else { Ok(special) };
    }
    Ok(round_partials(&mut partials))
}

fn fast_sum_parts(x: f64, y: f64) -> Double {
    let high = x + y;
    Double { high, low: y - (high - x) }
}

fn round_partials(partials: &mut Vec<f64>) -> f64 {
    let Some(mut high) = partials.pop() else { return 0.0 };
    let mut low = 0.0;
    while let Some(y) = partials.pop() {
        let sum = fast_sum_parts(high, y);
        (high, low) = (sum.high, sum.low);
        if low != 0.0 {
            break;
        }
    }
    // Ties need a look at the next partial sum.
    if let Some(&next) = partials.last()
        && ((low < 0.0 && next < 0.0) || (low > 0.0 && next > 0.0))
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    high
}

/// A sum in three floats.
#[derive(Clone, Copy, Default)]
struct Triple {
    high: f64,
    low: f64,
    tiny: f64,
}

impl Triple {
    fn add_product(self, x: f64, y: f64) -> Triple {
        let product = two_product(x, y);
        let sum = two_sum(self.high, product.high);
        let r1 = two_sum(self.low, product.low);
        let r2 = two_sum(r1.high, sum.low);
        Triple { high: sum.high, low: r2.high, tiny: self.tiny + r1.low + r2.low }
    }

    fn rounded(self) -> f64 {
        let last = two_sum(self.low, self.tiny);
        two_sum(self.high, last.high).high
    }
}

/// The running state of [`sumprod`]: whole numbers first, then floats, then anything.
struct SumProd {
    total: Value,
    ints: Option<i64>,
    floats: Option<Triple>,
    floats_used: bool,
}

impl SumProd {
    /// Adds one product on a fast path; false if it needs the general way.
    fn fast(&mut self, p: &Value, q: &Value, vm: &Vm) -> PyResult<bool> {
        if let Some(sum) = self.ints {
            let exact = |v: &Value| v.ty(vm).is(vm.builtin(B::Int)).then(|| v.as_i64()).flatten();
            if let (Some(p), Some(q)) = (exact(p), exact(q))
                && let Some(sum) = p.checked_mul(q).and_then(|product| sum.checked_add(product))
            {
                self.ints = Some(sum);
                return Ok(true);
            }
            self.end_ints(vm)?;
        }
        if let Some(sum) = self.floats {
            if let Some((p, q)) = float_pair(p, q, vm) {
                let sum = sum.add_product(p, q);
                if sum.high.is_finite() {
                    self.floats = Some(sum);
                    self.floats_used = true;
                    return Ok(true);
                }
            }
            self.end_floats(vm)?;
        }
        Ok(false)
    }

    fn end_ints(&mut self, vm: &Vm) -> PyResult<()> {
        if let Some(sum) = self.ints.take()
            && sum != 0
        {
            self.total = vm.add(&self.total, &vm.int(sum))?;
        }
        Ok(())
    }

    fn end_floats(&mut self, vm: &Vm) -> PyResult<()> {
        if let Some(sum) = self.floats.take()
            && self.floats_used
        {
            self.total = vm.add(&self.total, &vm.float(sum.rounded()))?;
        }
        Ok(())
    }
}

/// Two floats, or a float and a small whole number.
fn float_pair(p: &Value, q: &Value, vm: &Vm) -> Option<(f64, f64)> {
    let float = |v: &Value| v.ty(vm).is(vm.builtin(B::Float)).then(|| v.as_float()).flatten();
    let whole = |v: &Value| {
        let exact = v.ty(vm).is(vm.builtin(B::Int)) || v.as_bool().is_some();
        exact.then(|| v.as_i64()).flatten().map(|n| n as f64)
    };
    match (float(p), float(q)) {
        (Some(p), Some(q)) => Some((p, q)),
        (Some(p), None) => Some((p, whole(q)?)),
        (None, Some(q)) => Some((whole(p)?, q)),
        (None, None) => None,
    }
}

/// `math.sumprod`
pub fn sumprod(p: &Value, q: &Value, vm: &Vm) -> PyResult {
    let (p_items, q_items) = (vm.iter(p)?, vm.iter(q)?);
    let mut state = SumProd { total: vm.int(0), ints: Some(0), floats: Some(Triple::default()), floats_used: false };
    loop {
        match (vm.next(&p_items)?, vm.next(&q_items)?) {
            (Some(p), Some(q)) => {
                if !state.fast(&p, &q, vm)? {
                    let product = vm.multiply(&p, &q)?;
                    state.total = vm.add(&state.total, &product)?;
                }
            }
            (None, None) => {
                state.end_ints(vm)?;
                state.end_floats(vm)?;
                return Ok(state.total);
            }
            _ => return Err(vm.value_error("Inputs are not the same length")),
        }
    }
}
