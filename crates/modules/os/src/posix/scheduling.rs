//! Scheduling of processes, and their namespaces.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_object::{PyResult, Value, Vm};

use super::process::SCHED_PARAM;
use super::sequence_type;
use crate::arguments::part;
use crate::system::{Descriptor, checked, os_call};

/// The system's form of a `sched_param`.
pub(super) fn parameters(value: &Value, vm: &Vm) -> PyResult<libc::sched_param> {
    if !value.ty(vm).is(&*sequence_type(&SCHED_PARAM, vm)?) {
        return Err(vm.type_error("must have a sched_param object"));
    }
    let priority = vm.get_attr_str(value, "sched_priority")?;
    let number = part::<i64>(&priority, vm)?;
    match i32::try_from(number) {
        Ok(sched_priority) => Ok(libc::sched_param { sched_priority }),
        Err(_) => Err(vm.overflow_error("sched_priority out of range")),
    }
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Set scheduling parameters for the process identified by pid.
    ///
    /// If pid is 0, sets parameters for the calling process.
    #[pyfunction("sched_setparam(pid, param, /)")]
    fn sched_setparam(pid: i32, param: &Value, vm: &Vm) -> PyResult<()> {
        let param = parameters(param, vm)?;
        checked(os_call!(libc::sched_setparam(pid, &param)), vm).map(drop)
    }

    /// Set the scheduling policy for the process identified by pid.
    ///
    /// If pid is 0, the calling process is changed.
    #[pyfunction("sched_setscheduler(pid, policy, param, /)")]
    fn sched_setscheduler(pid: i32, policy: i32, param: &Value, vm: &Vm) -> PyResult<()> {
        let param = parameters(param, vm)?;
        checked(os_call!(libc::sched_setscheduler(pid, policy, &param)), vm).map(drop)
    }

    /// Return the round-robin quantum for the process identified by pid, in seconds.
    #[pyfunction("sched_rr_get_interval(pid, /)")]
    fn sched_rr_get_interval(pid: i32, vm: &Vm) -> PyResult<f64> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        checked(os_call!(libc::sched_rr_get_interval(pid, &mut time)), vm)?;
        Ok(time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9)
    }

    /// Move the calling thread into different namespaces.
    #[pyfunction("setns($module, /, fd, nstype=0)")]
    fn setns(fd: Descriptor, nstype: i32, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::setns(fd.0, nstype)), vm).map(drop)
    }

    /// Disassociate parts of a process (or thread) execution context.
    #[pyfunction("unshare($module, /, flags)")]
    fn unshare(flags: i32, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::unshare(flags)), vm).map(drop)
    }
}
