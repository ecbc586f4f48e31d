//! The system's clock and zone, and timestamps.
#![allow(unsafe_code, reason = "calls of the C library about local time")]

use pyrope_object::{PyResult, Value, Vm};

use super::calendar::{SECONDS_PER_DAY, from_ordinal, ordinal};

/// Seconds from the first day of year 1 to 1970.
pub(super) const EPOCH: i64 = 719_163 * SECONDS_PER_DAY;
/// The longest time by which clocks are set back.
const MAX_FOLD: i64 = 24 * 3600;

/// Year, month, day, hour, minute, second.
pub(super) type Fields = [i32; 6];

/// Seconds since year 1, day 0.
pub(super) fn seconds_of(fields: Fields) -> i64 {
    let [year, month, day, hour, minute, second] = fields;
    ordinal(year, month, day) * SECONDS_PER_DAY + i64::from(hour * 3600 + minute * 60 + second)
}

/// The fields of a time in UTC; ValueError for years out of range.
pub(super) fn universal(timestamp: i64, vm: &Vm) -> PyResult<Fields> {
    let seconds = timestamp.checked_add(EPOCH);
    let days = seconds.map(|seconds| seconds.div_euclid(SECONDS_PER_DAY));
    let (Some(seconds), Some(days)) = (seconds, days.filter(|days| days.unsigned_abs() < 700_000_000_000)) else {
        return Err(vm.overflow_error("timestamp out of range for platform time_t"));
    };
    let rest = seconds.rem_euclid(SECONDS_PER_DAY) as i32;
    let (year, month, day) = from_ordinal(days);
    check_year(year.into(), vm)?;
    Ok([year, month, day, rest / 3600, rest / 60 % 60, rest % 60])
}

pub(super) fn check_year(year: i64, vm: &Vm) -> PyResult<()> {
    if (1..=9999).contains(&year) { Ok(()) } else { Err(bad_year(year, vm)) }
}

#[cold]
pub(super) fn bad_year(year: i64, vm: &Vm) -> pyrope_object::Raised {
    vm.value_error(format!("year must be in 1..9999, not {year}"))
}

/// What the system says of a moment in local time: fields, offset from UTC in seconds, name of the zone.
pub(super) fn local_zone(timestamp: i64, vm: &Vm) -> PyResult<(Fields, i64, Vec<u8>)> {
    // SAFETY: a plain C struct of integers and a pointer, for which zero is a value.
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values of the right types.
    if unsafe { libc::localtime_r(&timestamp, &mut tm) }.is_null() {
        return Err(vm.overflow_error("timestamp out of range for platform time_t"));
    }
    check_year(i64::from(tm.tm_year) + 1900, vm)?;
    let name = if tm.tm_zone.is_null() {
        Vec::new()
    } else {
        // SAFETY: the C library's own string, which lives on.
        unsafe { std::ffi::CStr::from_ptr(tm.tm_zone) }.to_bytes().to_vec()
    };
    // Leap seconds are not told apart.
    let fields = [tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec.min(59)];
    Ok((fields, tm.tm_gmtoff, name))
}

/// The fields of a moment in local time.
pub(super) fn local(timestamp: i64, vm: &Vm) -> PyResult<Fields> {
    Ok(local_zone(timestamp, vm)?.0)
}

/// Local seconds since year 1 for seconds of the same count in UTC.
fn local_seconds(seconds: i64, vm: &Vm) -> PyResult<i64> {
    Ok(seconds_of(local(seconds - EPOCH, vm)?))
}

/// The second of two moments with the same local fields?
pub(super) fn is_folded(timestamp: i64, fields: Fields, vm: &Vm) -> PyResult<bool> {
    if timestamp + EPOCH - MAX_FOLD < SECONDS_PER_DAY {
        return Ok(false);
    }
    let result = seconds_of(fields);
    let probe = local_seconds(EPOCH + timestamp - MAX_FOLD, vm)?;
    let transition = result - probe - MAX_FOLD;
    if transition >= 0 {
        return Ok(false);
    }
    Ok(local_seconds(EPOCH + timestamp + transition, vm)? == result)
}

/// The timestamp of a local time: of those with these fields the first, or the second if `fold`.
pub(super) fn timestamp_of_local(fields: Fields, fold: bool, vm: &Vm) -> PyResult<i64> {
    let wanted = seconds_of(fields);
    let a = local_seconds(wanted, vm)? - wanted;
    let first = wanted - a;
    let found = local_seconds(first, vm)?;
    let b = if found == wanted {
        let other = if fold { first + MAX_FOLD } else { first - MAX_FOLD };
        let b = local_seconds(other, vm)? - other;
        if a == b {
            return Ok(first - EPOCH);
        }
        b
    } else {
        found - first
    };
    let second = wanted - b;
    if local_seconds(second, vm)? == wanted {
        return Ok(second - EPOCH);
    }
    if found == wanted {
        return Ok(first - EPOCH);
    }
    // The time is one that the clocks skip.
    Ok(if fold { first.min(second) } else { first.max(second) } - EPOCH)
}

/// Seconds and microseconds of now.
pub(super) fn now() -> (i64, i32) {
    match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => (since.as_secs() as i64, since.subsec_micros() as i32),
        Err(before) => {
            let micros = -(before.duration().as_micros() as i64);
            (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000) as i32)
        }
    }
}

/// Seconds and microseconds of a timestamp, halves rounded to even.
pub(super) fn split_timestamp(value: &Value, vm: &Vm) -> PyResult<(i64, i32)> {
    let too_far = || vm.overflow_error("timestamp out of range for platform time_t");
    let Some(x) = value.as_float() else {
        return vm.index_i64(value)?.map(|seconds| (seconds, 0)).ok_or_else(too_far);
    };
    if x.is_nan() {
        return Err(vm.value_error("Invalid value NaN (not a number)"));
    }
    let mut whole = x.trunc();
    let mut micros = (x.fract() * 1e6).round_ties_even();
    if micros >= 1e6 {
        micros -= 1e6;
        whole += 1.0;
    } else if micros < 0.0 {
        micros += 1e6;
        whole -= 1.0;
    }
    if (-(2f64.powi(63))..2f64.powi(63)).contains(&whole) { Ok((whole as i64, micros as i32)) } else { Err(too_far()) }
}

/// Seconds of a timestamp, rounded down.
pub(super) fn floor_timestamp(value: &Value, vm: &Vm) -> PyResult<i64> {
    let too_far = || vm.overflow_error("timestamp out of range for platform time_t");
    let Some(x) = value.as_float() else { return vm.index_i64(value)?.ok_or_else(too_far) };
    if x.is_nan() {
        return Err(vm.value_error("Invalid value NaN (not a number)"));
    }
    let whole = x.floor();
    if (-(2f64.powi(63))..2f64.powi(63)).contains(&whole) { Ok(whole as i64) } else { Err(too_far()) }
}
