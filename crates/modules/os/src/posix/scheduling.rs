//! Scheduling of processes, and their namespaces.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_object::bind::{Signature, bind};
use pyrope_object::{Args, Binding, MethodDef, NativeFn, PyResult, Ref, Tuple, Type, Value, Vm};
use pyrope_types::model::builtin_function::native_function;
use pyrope_types::model::descriptors::method_descriptor;
use pyrope_types::model::structseq::struct_sequence;
use pyrope_types::model::{class, wrappers};

use super::process::SCHED_PARAM;
use super::sequence_type;
use crate::arguments::part;
use crate::system::{Descriptor, checked, os_call};

static NEW: MethodDef = MethodDef {
    name: "__new__",
    function: NativeFn::Any(new),
    binding: Binding::Static,
    signature: "($type, *args, **kwargs)",
    keywords: true,
    doc: "Create and return a new object.  See help(type) for accurate signature.",
};

static REDUCE: MethodDef = MethodDef {
    name: "__reduce__",
    function: NativeFn::NoArgs(reduce),
    binding: Binding::Instance,
    signature: "($self, /)",
    keywords: false,
    doc: "",
};

static PARAMETERS: Signature = Signature::plain("sched_param", &["sched_priority"], 1);

fn new(class: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let class = args.positional().first().unwrap_or(class);
    let Some(ty) = class.downcast::<Type>() else {
        return Err(vm.type_error("sched_param.__new__(X): X is not a type object"));
    };
    let mut given = [None];
    let rest = args.values().get(1..).unwrap_or_default();
    bind(&PARAMETERS, Args::new(rest, args.kwnames()), &mut given, vm)?;
    struct_sequence(ty, vec![given[0].cloned().unwrap_or(Value::none())], vm)
}

fn reduce(slf: &Value, vm: &Vm) -> PyResult {
    let items = slf.downcast::<Tuple>().map(Tuple::as_slice).unwrap_or_default();
    Ok(vm.tuple_of([slf.ty(vm).to_value(), vm.tuple_from_slice(items).into_value()]).into_value())
}

/// The type `sched_param`, whose constructor takes the field itself.
pub(super) fn parameter_type(vm: &Vm) -> PyResult<Ref<Type>> {
    let ty = sequence_type(&SCHED_PARAM, vm)?;
    let new = native_function(&NEW, ty.to_value(), None, vm);
    ty.dict(vm).set_str("__new__", wrappers::static_method(new, vm), vm)?;
    ty.dict(vm).set_str("__reduce__", method_descriptor(&ty, &REDUCE, vm), vm)?;
    ty.modified();
    class::update_slots(&ty, vm);
    Ok(ty)
}

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
