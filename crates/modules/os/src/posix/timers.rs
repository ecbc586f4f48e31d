//! Timers that are descriptors.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_object::{PyResult, Value, Vm};

use crate::system::{Descriptor, checked, nanoseconds, os_call};

const SECOND: i64 = 1_000_000_000;

fn timespec(nanoseconds: i64) -> libc::timespec {
    libc::timespec { tv_sec: nanoseconds.div_euclid(SECOND), tv_nsec: nanoseconds.rem_euclid(SECOND) }
}

fn total(time: libc::timespec) -> i64 {
    time.tv_sec.saturating_mul(SECOND).saturating_add(time.tv_nsec)
}

fn blank() -> libc::itimerspec {
    libc::itimerspec { it_interval: timespec(0), it_value: timespec(0) }
}

fn set(fd: i32, flags: i32, initial: i64, interval: i64, vm: &Vm) -> PyResult<libc::itimerspec> {
    let new = libc::itimerspec { it_interval: timespec(interval), it_value: timespec(initial) };
    let mut old = blank();
    checked(os_call!(libc::timerfd_settime(fd, flags, &new, &mut old)), vm)?;
    Ok(old)
}

fn get(fd: i32, vm: &Vm) -> PyResult<libc::itimerspec> {
    let mut now = blank();
    checked(os_call!(libc::timerfd_gettime(fd, &mut now)), vm)?;
    Ok(now)
}

/// (next expiration, interval), each made by `show` of nanoseconds.
fn shown(timer: &libc::itimerspec, vm: &Vm, show: impl Fn(i64) -> Value) -> Value {
    vm.tuple_of([show(total(timer.it_value)), show(total(timer.it_interval))]).into_value()
}

fn in_seconds(timer: &libc::itimerspec, vm: &Vm) -> Value {
    shown(timer, vm, |n| vm.float(n as f64 * 1e-9))
}

fn in_nanoseconds(timer: &libc::itimerspec, vm: &Vm) -> Value {
    shown(timer, vm, |n| vm.int(n))
}

/// A number of seconds; only the words for what is none differ from [`nanoseconds`].
fn seconds_of(value: Option<&Value>, vm: &Vm) -> PyResult<i64> {
    let Some(value) = value else { return Ok(0) };
    nanoseconds(&vm.float(vm.to_f64(value)?), vm)
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Create and return a timer file descriptor.
    #[pyfunction("timerfd_create($module, clockid, /, *, flags=0)")]
    fn timerfd_create(clockid: i32, flags: i32, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::timerfd_create(clockid, flags | libc::TFD_CLOEXEC)), vm)
    }

    /// Alter a timer file descriptor's internal timer in seconds.
    ///
    /// Returns what (next expiration, interval) were.
    #[pyfunction("timerfd_settime($module, fd, /, *, flags=0, initial=0.0, interval=0.0)")]
    fn timerfd_settime(
        fd: Descriptor,
        flags: i32,
        initial: Option<&Value>,
        interval: Option<&Value>,
        vm: &Vm,
    ) -> PyResult {
        let old = set(fd.0, flags, seconds_of(initial, vm)?, seconds_of(interval, vm)?, vm)?;
        Ok(in_seconds(&old, vm))
    }

    /// Alter a timer file descriptor's internal timer in nanoseconds.
    ///
    /// Returns what (next expiration, interval) were.
    #[pyfunction("timerfd_settime_ns($module, fd, /, *, flags=0, initial=0, interval=0)")]
    fn timerfd_settime_ns(fd: Descriptor, flags: i32, initial: i64, interval: i64, vm: &Vm) -> PyResult {
        Ok(in_nanoseconds(&set(fd.0, flags, initial, interval, vm)?, vm))
    }

    /// Return a tuple of a timer file descriptor's (next expiration, interval) in float seconds.
    #[pyfunction("timerfd_gettime(fd, /)")]
    fn timerfd_gettime(fd: Descriptor, vm: &Vm) -> PyResult {
        Ok(in_seconds(&get(fd.0, vm)?, vm))
    }

    /// Return a tuple of a timer file descriptor's (next expiration, interval) in nanoseconds.
    #[pyfunction("timerfd_gettime_ns(fd, /)")]
    fn timerfd_gettime_ns(fd: Descriptor, vm: &Vm) -> PyResult {
        Ok(in_nanoseconds(&get(fd.0, vm)?, vm))
    }
}
