//! `timedelta`: a duration of days, seconds and microseconds.

use std::cell::Cell;

use dashu_int::IBig;
use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::{Signature, bind};
use pyrope_object::{Args, CompareOp, Header, PyResult, Ref, Slots, Tuple, Type, Value, Vm};

use super::arguments::class_name;
use super::calendar::{MICROSECONDS_PER_DAY, SECONDS_PER_DAY};

/// Days beyond this are refused, in both directions.
const MAX_DELTA_DAYS: i64 = 999_999_999;

/// Difference between two datetime values.
///
/// timedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)
///
/// All arguments are optional and default to 0.
/// Arguments may be integers or floats, and may be positive or negative.
#[pyclass(
    name = "timedelta", module = "datetime", flags(BASETYPE), slots = SLOTS, methods(TimeDelta::METHODS),
    getset(TimeDelta::GETSETS), init = add_constants
)]
pub struct TimeDelta {
    header: Header,
    days: i32,
    seconds: i32,
    microseconds: i32,
    hash: Cell<i64>,
}

const SLOTS: Slots = Slots {
    new: Some(delta_new),
    repr: Some(delta_repr),
    str: Some(delta_str),
    hash: Some(|slf, vm| receiver(slf, vm)?.hash(vm)),
    richcompare: Some(delta_compare),
    add: Some(|a, b, vm| with_both(a, b, vm, |a, b| a + b)),
    subtract: Some(|a, b, vm| with_both(a, b, vm, |a, b| a - b)),
    multiply: Some(delta_multiply),
    remainder: Some(delta_remainder),
    divmod: Some(delta_divmod),
    floor_divide: Some(delta_floor_divide),
    true_divide: Some(delta_true_divide),
    negative: Some(|slf, vm| from_micros(-receiver(slf, vm)?.micros(), vm)),
    positive: Some(|slf, vm| from_micros(receiver(slf, vm)?.micros(), vm)),
    absolute: Some(|slf, vm| from_micros(receiver(slf, vm)?.micros().abs(), vm)),
    bool: Some(|slf, vm| Ok(receiver(slf, vm)?.micros() != 0)),
    ..Slots::EMPTY
};

fn receiver<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a TimeDelta> {
    slf.downcast::<TimeDelta>().ok_or_else(|| vm.system_error("bad argument to internal function"))
}

fn add_constants(class: &Type, vm: &Vm) -> PyResult<()> {
    let dict = class.dict(vm);
    let largest = MAX_DELTA_DAYS as i128 * MICROSECONDS_PER_DAY as i128;
    dict.set_str("resolution", from_micros(1, vm)?, vm)?;
    dict.set_str("min", from_micros(-largest, vm)?, vm)?;
    dict.set_str("max", from_micros(largest + MICROSECONDS_PER_DAY as i128 - 1, vm)?, vm)
}

/// An object of a class from a number of microseconds; OverflowError beyond the bounds.
fn in_class(class: &Type, micros: i128, vm: &Vm) -> PyResult {
    let day = MICROSECONDS_PER_DAY as i128;
    let days = micros.div_euclid(day);
    let rest = micros.rem_euclid(day) as i64;
    let Ok(days) = i32::try_from(days) else {
        return Err(vm.overflow_error("Python int too large to convert to C int"));
    };
    if i64::from(days).abs() > MAX_DELTA_DAYS {
        return Err(vm.overflow_error(format!("days={days}; must have magnitude <= {MAX_DELTA_DAYS}")));
    }
    let (seconds, microseconds) = ((rest / 1_000_000) as i32, (rest % 1_000_000) as i32);
    let fields = TimeDelta { header: Header::blank(), days, seconds, microseconds, hash: Cell::new(-1) };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

/// A `timedelta` from a number of microseconds.
pub(super) fn from_micros(micros: i128, vm: &Vm) -> PyResult {
    in_class(vm.type_of::<TimeDelta>(), micros, vm)
}

fn from_big(micros: &IBig, class: &Type, vm: &Vm) -> PyResult {
    match i128::try_from(micros) {
        Ok(micros) => in_class(class, micros, vm),
        Err(_) => Err(vm.overflow_error("Python int too large to convert to C int")),
    }
}

/// Arguments in the order in which they are added up: place in the signature, microseconds in one.
const UNITS: [(usize, &str, i64); 7] = [
    (2, "microseconds", 1),
    (3, "milliseconds", 1000),
    (1, "seconds", 1_000_000),
    (4, "minutes", 60_000_000),
    (5, "hours", 3_600_000_000),
    (0, "days", MICROSECONDS_PER_DAY),
    (6, "weeks", 7 * MICROSECONDS_PER_DAY),
];

static NEW: Signature =
    Signature::plain("__new__", &["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"], 0);

fn delta_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut places = [None; 7];
    bind(&NEW, args, &mut places, vm)?;
    let mut total = IBig::ZERO;
    let mut leftover = 0.0;
    for (index, name, factor) in UNITS {
        if let Some(value) = places[index] {
            accumulate(value, name, factor, &mut total, &mut leftover, vm)?;
        }
    }
    if leftover != 0.0 {
        total += IBig::from(round_leftover(leftover, &total));
    }
    from_big(&total, class, vm)
}

/// Adds `value` units; what floats have below a microsecond goes to `leftover`.
fn accumulate(value: &Value, name: &str, factor: i64, total: &mut IBig, leftover: &mut f64, vm: &Vm) -> PyResult<()> {
    if let Some(n) = value.as_int() {
        *total += n.to_big().into_owned() * IBig::from(factor);
        return Ok(());
    }
    let Some(x) = value.as_float() else {
        let kind = class_name(value, vm);
        return Err(vm.type_error(format!("unsupported type for timedelta {name} component: {kind}")));
    };
    let whole = whole_part(x, vm)?;
    *total += whole * IBig::from(factor);
    let rest = x.fract() * factor as f64;
    *total += whole_part(rest, vm)?;
    *leftover += rest.fract();
    Ok(())
}

/// `int(x)`
fn whole_part(x: f64, vm: &Vm) -> PyResult<IBig> {
    if x.is_nan() {
        return Err(vm.value_error("cannot convert float NaN to integer"));
    }
    if x.is_infinite() {
        return Err(vm.overflow_error("cannot convert float infinity to integer"));
    }
    Ok(match pyrope_textual::float::integer_ratio(x.trunc()) {
        Some((mantissa, exponent)) if exponent >= 0 => IBig::from(mantissa) << exponent as usize,
        Some((mantissa, exponent)) => IBig::from(mantissa) >> exponent.unsigned_abs() as usize,
        None => IBig::ZERO,
    })
}

/// To the nearest microsecond, halves to an even total.
fn round_leftover(leftover: f64, total: &IBig) -> i64 {
    let mut whole = leftover.round();
    if (whole - leftover).abs() == 0.5 {
        let odd = f64::from(u8::from(total % &IBig::from(2) != IBig::ZERO));
        whole = 2.0 * ((leftover + odd) * 0.5).round() - odd;
    }
    whole as i64
}

impl TimeDelta {
    /// The whole duration.
    pub(super) fn micros(&self) -> i128 {
        let seconds = i64::from(self.days) * SECONDS_PER_DAY + i64::from(self.seconds);
        i128::from(seconds) * 1_000_000 + i128::from(self.microseconds)
    }

    pub(super) fn days(&self) -> i64 {
        self.days.into()
    }

    fn hash(&self, vm: &Vm) -> PyResult<i64> {
        if self.hash.get() == -1 {
            let state = self.state(vm);
            self.hash.set(vm.hash(&state)?);
        }
        Ok(self.hash.get())
    }

    fn state(&self, vm: &Vm) -> Value {
        let parts = [self.days, self.seconds, self.microseconds].map(|n| vm.int(n.into()));
        vm.new_tuple(parts.to_vec()).into_value()
    }
}

fn with_both(a: &Value, b: &Value, vm: &Vm, operation: fn(i128, i128) -> i128) -> PyResult {
    match (a.downcast::<TimeDelta>(), b.downcast::<TimeDelta>()) {
        (Some(a), Some(b)) => from_micros(operation(a.micros(), b.micros()), vm),
        _ => Ok(Value::not_implemented()),
    }
}

fn delta_compare(a: &Value, b: &Value, op: CompareOp, _: &Vm) -> PyResult {
    match (a.downcast::<TimeDelta>(), b.downcast::<TimeDelta>()) {
        (Some(a), Some(b)) => Ok(Value::bool(op.holds(a.micros().cmp(&b.micros())))),
        _ => Ok(Value::not_implemented()),
    }
}

/// `a / b` to the nearest integer, halves to even.
fn divide_nearest(a: IBig, b: IBig) -> IBig {
    let (a, b) = if b < IBig::ZERO { (-a, -b) } else { (a, b) };
    let (quotient, remainder) = floor_division(&a, &b);
    let twice = remainder * IBig::from(2);
    let odd = || &quotient % &IBig::from(2) != IBig::ZERO;
    if twice > b || (twice == b && odd()) { quotient + IBig::from(1) } else { quotient }
}

/// Floor and remainder for a positive divisor.
fn floor_division(a: &IBig, b: &IBig) -> (IBig, IBig) {
    let (quotient, remainder) = (a / b, a % b);
    if remainder < IBig::ZERO { (quotient - IBig::from(1), remainder + b) } else { (quotient, remainder) }
}

/// A float as a ratio of integers, as its `as_integer_ratio` gives it.
fn ratio(value: &Value, vm: &Vm) -> PyResult<(IBig, IBig)> {
    let pair = vm.call_method(value, "as_integer_ratio", &[])?;
    let Some(pair) = pair.downcast::<Tuple>() else {
        let kind = class_name(&pair, vm);
        return Err(
            vm.type_error(format!("unexpected return type from as_integer_ratio(): expected tuple, not '{kind}'"))
        );
    };
    let numbers: Vec<IBig> =
        pair.as_slice().iter().filter_map(|n| n.as_int().map(|n| n.to_big().into_owned())).collect();
    match <[IBig; 2]>::try_from(numbers) {
        Ok([numerator, denominator]) if pair.len() == 2 => Ok((numerator, denominator)),
        _ => Err(vm.value_error("as_integer_ratio() must return a 2-tuple")),
    }
}

fn delta_multiply(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let (delta, factor) = match (a.downcast::<TimeDelta>(), b.downcast::<TimeDelta>()) {
        (Some(delta), None) => (delta, b),
        (None, Some(delta)) => (delta, a),
        _ => return Ok(Value::not_implemented()),
    };
    let micros = IBig::from(delta.micros());
    let product = if let Some(n) = factor.as_int() {
        micros * n.to_big().into_owned()
    } else if factor.as_float().is_some() {
        let (numerator, denominator) = ratio(factor, vm)?;
        if denominator == IBig::ZERO {
            return Err(zero_division(vm));
        }
        divide_nearest(micros * numerator, denominator)
    } else {
        return Ok(Value::not_implemented());
    };
    from_big(&product, vm.type_of::<TimeDelta>(), vm)
}

#[cold]
fn zero_division(vm: &Vm) -> pyrope_object::Raised {
    vm.zero_division_error("division by zero")
}

fn delta_true_divide(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let Some(delta) = a.downcast::<TimeDelta>() else { return Ok(Value::not_implemented()) };
    let micros = IBig::from(delta.micros());
    if let Some(other) = b.downcast::<TimeDelta>() {
        return vm.true_divide(&vm.int_from_big(micros), &vm.int_from_big(IBig::from(other.micros())));
    }
    let quotient = if let Some(n) = b.as_int() {
        let divisor = n.to_big().into_owned();
        if divisor == IBig::ZERO {
            return Err(zero_division(vm));
        }
        divide_nearest(micros, divisor)
    } else if b.as_float().is_some() {
        let (numerator, denominator) = ratio(b, vm)?;
        if numerator == IBig::ZERO {
            return Err(zero_division(vm));
        }
        divide_nearest(micros * denominator, numerator)
    } else {
        return Ok(Value::not_implemented());
    };
    from_big(&quotient, vm.type_of::<TimeDelta>(), vm)
}

/// Floor quotient and remainder of two durations; ZeroDivisionError.
fn divided(a: &TimeDelta, b: &TimeDelta, vm: &Vm) -> PyResult<(i128, i128)> {
    let (a, b) = (a.micros(), b.micros());
    if b == 0 {
        return Err(zero_division(vm));
    }
    let remainder = a % b;
    if remainder != 0 && (remainder < 0) != (b < 0) { Ok((a / b - 1, remainder + b)) } else { Ok((a / b, remainder)) }
}

fn delta_floor_divide(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let Some(delta) = a.downcast::<TimeDelta>() else { return Ok(Value::not_implemented()) };
    if let Some(other) = b.downcast::<TimeDelta>() {
        return Ok(vm.int_from_big(IBig::from(divided(delta, other, vm)?.0)));
    }
    let Some(n) = b.as_int() else { return Ok(Value::not_implemented()) };
    let divisor = n.to_big().into_owned();
    if divisor == IBig::ZERO {
        return Err(zero_division(vm));
    }
    let micros = IBig::from(delta.micros());
    let quotient =
        if divisor < IBig::ZERO { floor_division(&-micros, &-divisor).0 } else { floor_division(&micros, &divisor).0 };
    from_big(&quotient, vm.type_of::<TimeDelta>(), vm)
}

fn delta_remainder(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    match (a.downcast::<TimeDelta>(), b.downcast::<TimeDelta>()) {
        (Some(a), Some(b)) => from_micros(divided(a, b, vm)?.1, vm),
        _ => Ok(Value::not_implemented()),
    }
}

fn delta_divmod(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (a.downcast::<TimeDelta>(), b.downcast::<TimeDelta>()) else {
        return Ok(Value::not_implemented());
    };
    let (quotient, remainder) = divided(a, b, vm)?;
    let remainder = from_micros(remainder, vm)?;
    Ok(vm.tuple_of([vm.int_from_big(IBig::from(quotient)), remainder]).into_value())
}

fn delta_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver(slf, vm)?;
    let parts = [("days", this.days), ("seconds", this.seconds), ("microseconds", this.microseconds)];
    let shown: Vec<String> = parts.iter().filter(|(_, n)| *n != 0).map(|(name, n)| format!("{name}={n}")).collect();
    let shown = if shown.is_empty() { "0".to_owned() } else { shown.join(", ") };
    Ok(vm.try_str(&format!("{}({shown})", class_name(slf, vm)))?.into_value())
}

fn delta_str(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver(slf, vm)?;
    let (hours, minutes, seconds) = (this.seconds / 3600, this.seconds / 60 % 60, this.seconds % 60);
    let mut text = match this.days {
        0 => String::new(),
        days => format!("{days} day{}, ", if days.abs() == 1 { "" } else { "s" }),
    };
    text.push_str(&format!("{hours}:{minutes:02}:{seconds:02}"));
    if this.microseconds != 0 {
        text.push_str(&format!(".{:06}", this.microseconds));
    }
    Ok(vm.try_str(&text)?.into_value())
}

#[pymethods]
impl TimeDelta {
    /// Total seconds in the duration.
    #[method("total_seconds($self, /)")]
    fn total_seconds(&self, vm: &Vm) -> PyResult {
        vm.true_divide(&vm.int_from_big(IBig::from(self.micros())), &vm.int(1_000_000))
    }

    /// __reduce__() -> (cls, state)
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let state = receiver(slf, vm)?.state(vm);
        Ok(vm.tuple_of([slf.ty(vm).to_value(), state]).into_value())
    }

    /// Number of days.
    #[getter("days")]
    #[member]
    fn get_days(&self) -> i32 {
        self.days
    }

    /// Number of seconds (>= 0 and less than 1 day).
    #[getter("seconds")]
    #[member]
    fn get_seconds(&self) -> i32 {
        self.seconds
    }

    /// Number of microseconds (>= 0 and less than 1 second).
    #[getter("microseconds")]
    #[member]
    fn get_microseconds(&self) -> i32 {
        self.microseconds
    }
}
