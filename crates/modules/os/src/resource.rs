//! `resource`: limits and use of the system's resources.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_object::bind::OrNone;
use pyrope_object::{BuiltinType as B, IntView, ModuleDef, PyResult, Value, Vm};
use pyrope_types::model::module;
use pyrope_types::model::structseq::StructSequence;

use crate::posix::{sequence, sequence_type};
use crate::system::{last_error, os_call};

pub static MODULE: ModuleDef = ModuleDef {
    name: "resource",
    doc: "",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(|module, vm| {
        let dict = module::module_dict(module, vm)?;
        for (name, number) in CONSTANTS {
            dict.set_str(name, vm.int(*number), vm)?;
        }
        dict.set_str("error", vm.builtin(B::OSError).to_value(), vm)?;
        dict.set_str("struct_rusage", sequence_type(&USAGE, vm)?.into_value(), vm)
    }),
};

const CONSTANTS: &[(&str, i64)] = &[
    ("RLIMIT_AS", 9),
    ("RLIMIT_CORE", 4),
    ("RLIMIT_CPU", 0),
    ("RLIMIT_DATA", 2),
    ("RLIMIT_FSIZE", 1),
    ("RLIMIT_MEMLOCK", 8),
    ("RLIMIT_MSGQUEUE", 12),
    ("RLIMIT_NICE", 13),
    ("RLIMIT_NOFILE", 7),
    ("RLIMIT_NPROC", 6),
    ("RLIMIT_OFILE", 7),
    ("RLIMIT_RSS", 5),
    ("RLIMIT_RTPRIO", 14),
    ("RLIMIT_RTTIME", 15),
    ("RLIMIT_SIGPENDING", 11),
    ("RLIMIT_STACK", 3),
    ("RLIM_INFINITY", -1),
    ("RUSAGE_CHILDREN", -1),
    ("RUSAGE_SELF", 0),
    ("RUSAGE_THREAD", 1),
];

static USAGE: StructSequence = StructSequence {
    name: "resource.struct_rusage",
    doc: "What getrusage gives; a tuple, and attributes of the same names.",
    fields: &[
        ("ru_utime", "user time used"),
        ("ru_stime", "system time used"),
        ("ru_maxrss", "max. resident set size"),
        ("ru_ixrss", "shared memory size"),
        ("ru_idrss", "unshared data size"),
        ("ru_isrss", "unshared stack size"),
        ("ru_minflt", "page faults not requiring I/O"),
        ("ru_majflt", "page faults requiring I/O"),
        ("ru_nswap", "number of swap outs"),
        ("ru_inblock", "block input operations"),
        ("ru_oublock", "block output operations"),
        ("ru_msgsnd", "IPC messages sent"),
        ("ru_msgrcv", "IPC messages received"),
        ("ru_nsignals", "signals received"),
        ("ru_nvcsw", "voluntary context switches"),
        ("ru_nivcsw", "involuntary context switches"),
    ],
    visible: 16,
};

/// `struct_rusage`, from the system's structure.
pub(crate) fn show_usage(usage: &libc::rusage, vm: &Vm) -> PyResult {
    let seconds = |time: libc::timeval| vm.float(time.tv_sec as f64 + time.tv_usec as f64 * 1e-6);
    let mut values = vec![seconds(usage.ru_utime), seconds(usage.ru_stime)];
    let counts = [
        usage.ru_maxrss,
        usage.ru_ixrss,
        usage.ru_idrss,
        usage.ru_isrss,
        usage.ru_minflt,
        usage.ru_majflt,
        usage.ru_nswap,
        usage.ru_inblock,
        usage.ru_oublock,
        usage.ru_msgsnd,
        usage.ru_msgrcv,
        usage.ru_nsignals,
        usage.ru_nvcsw,
        usage.ru_nivcsw,
    ];
    values.extend(counts.map(|n| vm.int(n)));
    sequence(&USAGE, values, vm)
}

/// How many kinds of limits there are.
const LIMITS: i32 = 16;

fn kind_of(resource: i32, vm: &Vm) -> PyResult<libc::__rlimit_resource_t> {
    if (0..LIMITS).contains(&resource) { Ok(resource as _) } else { Err(vm.value_error("invalid resource specified")) }
}

/// A limit as Python shows it: none is -1.
fn show_limits(limits: &libc::rlimit, vm: &Vm) -> Value {
    let shown = |limit: libc::rlim_t| match limit {
        libc::RLIM_INFINITY => vm.int(-1),
        limit => vm.int_from_u64(limit),
    };
    vm.tuple_of([shown(limits.rlim_cur), shown(limits.rlim_max)]).into_value()
}

fn limit_of(value: &Value, vm: &Vm) -> PyResult<libc::rlim_t> {
    let index = vm.index(value)?;
    match index.as_int() {
        Some(IntView::Small(-1)) => Ok(libc::RLIM_INFINITY),
        Some(n) if n.is_negative() => Err(vm.value_error("Cannot convert negative int")),
        Some(IntView::Small(n)) => Ok(n as libc::rlim_t),
        Some(IntView::Big(n)) => {
            n.try_into().map_err(|_| vm.overflow_error("Python int too large to convert to C rlim_t"))
        }
        None => Ok(0),
    }
}

fn limits_of(value: &Value, vm: &Vm) -> PyResult<libc::rlimit> {
    let limits = vm.collect(value)?;
    let [soft, hard] = &limits[..] else { return Err(vm.value_error("expected a tuple of 2 integers")) };
    Ok(libc::rlimit { rlim_cur: limit_of(soft, vm)?, rlim_max: limit_of(hard, vm)? })
}

fn blank() -> libc::rlimit {
    libc::rlimit { rlim_cur: 0, rlim_max: 0 }
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// What the process (RUSAGE_SELF), its children or the thread used so far.
    #[pyfunction("getrusage(who, /)")]
    fn getrusage(who: i32, vm: &Vm) -> PyResult {
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        match os_call!(libc::getrusage(who, &mut usage)) {
            -1 if crate::system::errno() == libc::EINVAL => Err(vm.value_error("invalid who parameter")),
            -1 => Err(last_error(vm)),
            _ => show_usage(&usage, vm),
        }
    }

    /// The limits of a resource: (soft, hard).
    #[pyfunction("getrlimit(resource, /)")]
    fn getrlimit(resource: i32, vm: &Vm) -> PyResult {
        let (kind, mut limits) = (kind_of(resource, vm)?, blank());
        match os_call!(libc::getrlimit(kind, &mut limits)) {
            -1 => Err(last_error(vm)),
            _ => Ok(show_limits(&limits, vm)),
        }
    }

    /// Set the limits of a resource: (soft, hard).
    #[pyfunction("setrlimit(resource, limits, /)")]
    fn setrlimit(resource: i32, limits: &Value, vm: &Vm) -> PyResult<()> {
        let (kind, limits) = (kind_of(resource, vm)?, limits_of(limits, vm)?);
        if os_call!(libc::setrlimit(kind, &limits)) != -1 {
            return Ok(());
        }
        match crate::system::errno() {
            libc::EINVAL => Err(vm.value_error("current limit exceeds maximum limit")),
            libc::EPERM => Err(vm.value_error("not allowed to raise maximum limit")),
            _ => Err(last_error(vm)),
        }
    }

    /// The limits of a resource of a process, and perhaps new ones.
    #[pyfunction("prlimit(pid, resource, limits=None, /)")]
    fn prlimit(pid: i32, resource: i32, limits: OrNone<&Value>, vm: &Vm) -> PyResult {
        let (kind, mut old) = (kind_of(resource, vm)?, blank());
        let new = limits.0.map(|limits| limits_of(limits, vm)).transpose()?;
        let new = new.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        if os_call!(libc::prlimit(pid, kind, new, &mut old)) != -1 {
            return Ok(show_limits(&old, vm));
        }
        match crate::system::errno() {
            libc::EINVAL => Err(vm.value_error("current limit exceeds maximum limit")),
            _ => Err(last_error(vm)),
        }
    }

    /// The number of bytes of a page of memory.
    #[pyfunction("getpagesize()")]
    fn getpagesize() -> i64 {
        os_call!(libc::sysconf(libc::_SC_PAGESIZE))
    }
}
