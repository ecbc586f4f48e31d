//! Processes: forking, replacing, waiting, killing.
#![allow(unsafe_code, reason = "calls of the system")]

use std::cell::RefCell;
use std::ffi::CString;

use pyrope_object::bind::full_type_name;
use pyrope_object::{BuiltinType as B, List, PyResult, Tuple, Value, Vm};
use pyrope_types::model::structseq::StructSequence;

use super::{PosixState, sequence};
use crate::system::{Path, PathOrFd, checked, fs_c_string, last_error, os_call, retried_released};

pub static TIMES_RESULT: StructSequence = StructSequence {
    name: "posix.times_result",
    doc: "times_result: Result from os.times().\n\nThis object may be accessed either as a tuple of\n  (user, system, \
          children_user, children_system, elapsed),\nor via the attributes user, system, children_user, \
          children_system,\nand elapsed.\n\nSee os.times for more information.",
    fields: &[
        ("user", "user time"),
        ("system", "system time"),
        ("children_user", "user time of children"),
        ("children_system", "system time of children"),
        ("elapsed", "elapsed time since an arbitrary point in the past"),
    ],
    visible: 5,
};

pub static WAITID_RESULT: StructSequence = StructSequence {
    name: "posix.waitid_result",
    doc: "waitid_result: Result from waitid.\n\nThis object may be accessed either as a tuple of\n  (si_pid, si_uid, \
          si_signo, si_status, si_code),\nor via the attributes si_pid, si_uid, and so on.\n\nSee os.waitid for more \
          information.",
    fields: &[("si_pid", ""), ("si_uid", ""), ("si_signo", ""), ("si_status", ""), ("si_code", "")],
    visible: 5,
};

pub static SCHED_PARAM: StructSequence = StructSequence {
    name: "posix.sched_param",
    doc: "Currently has only one field: sched_priority",
    fields: &[("sched_priority", "the scheduling priority")],
    visible: 1,
};

fn run_hooks(hooks: &RefCell<Vec<Value>>, backwards: bool, vm: &Vm) {
    let mut functions = hooks.borrow().clone();
    if backwards {
        functions.reverse();
    }
    for function in functions {
        if vm.call(&function, &[]).is_err() {
            vm.write_unraisable(None, &function);
        }
    }
}

/// Runs what is registered for before a fork.
pub fn before_fork(vm: &Vm) {
    run_hooks(&vm.state::<PosixState>().before_fork, true, vm);
}

/// Runs what is registered for the parent after a fork.
pub fn after_fork_parent(vm: &Vm) {
    run_hooks(&vm.state::<PosixState>().after_in_parent, false, vm);
}

/// Runs what is registered for the child after a fork.
pub fn after_fork_child(vm: &Vm) {
    crate::signal::forget_pending(vm);
    if let Some(forget_threads) = vm.state::<PosixState>().forget_threads.get() {
        forget_threads(vm);
    }
    run_hooks(&vm.state::<PosixState>().after_in_child, false, vm);
}

/// C strings, and the NULL-ended array of pointers to them.
pub(crate) struct CStrings {
    _texts: Vec<CString>,
    pointers: Vec<*const libc::c_char>,
}

impl CStrings {
    pub fn new(texts: Vec<CString>) -> CStrings {
        let mut pointers: Vec<_> = texts.iter().map(|text| text.as_ptr()).collect();
        pointers.push(std::ptr::null());
        CStrings { _texts: texts, pointers }
    }

    pub fn as_ptr(&self) -> *const *const libc::c_char {
        self.pointers.as_ptr()
    }
}

pub(super) fn arguments(argv: &Value, function: &str, vm: &Vm) -> PyResult<CStrings> {
    if argv.downcast::<List>().is_none() && argv.downcast::<Tuple>().is_none() {
        let which = if function == "execv" { "arg 2" } else { "argv" };
        let gap = if function == "execv" { "()" } else { ":" };
        return Err(vm.type_error(format!("{function}{gap} {which} must be a tuple or list")));
    }
    let items = vm.collect(argv)?;
    let prefix = if function == "execv" { "execv() arg 2".to_owned() } else { format!("{function}: argv") };
    if items.is_empty() {
        return Err(vm.value_error(format!("{prefix} must not be empty")));
    }
    let texts = items.iter().map(|item| fs_c_string(item, vm)).collect::<PyResult<Vec<_>>>()?;
    if texts[0].as_bytes().is_empty() {
        return Err(vm.value_error(format!("{prefix} first element cannot be empty")));
    }
    Ok(CStrings::new(texts))
}

/// `name=value` of each item of a mapping.
pub(super) fn environment(env: &Value, function: &str, vm: &Vm) -> PyResult<CStrings> {
    if env.ty(vm).slots().mp_subscript.is_none() {
        return Err(vm.type_error(format!("{function}: environment must be a mapping object")));
    }
    let count = vm.len(env)?;
    let (keys, values) = (listed(env, "keys", vm)?, listed(env, "values", vm)?);
    let mut texts = Vec::new();
    for index in 0..count {
        let (Some(key), Some(value)) = (keys.get(index).cloned(), values.get(index).cloned()) else {
            return Err(vm.index_error("list index out of range"));
        };
        let (name, value) = (fs_c_string(&key, vm)?, fs_c_string(&value, vm)?);
        if name.as_bytes().is_empty() || name.as_bytes()[1..].contains(&b'=') {
            return Err(vm.value_error("illegal environment variable name"));
        }
        let joined = [name.as_bytes(), b"=", value.as_bytes()].concat();
        texts.push(CString::new(joined).map_err(|_| vm.value_error("embedded null byte"))?);
    }
    Ok(CStrings::new(texts))
}

/// What a method of a mapping gives, as a list.
fn listed(mapping: &Value, method: &str, vm: &Vm) -> PyResult<Vec<Value>> {
    let found = vm.call_method(mapping, method, &[])?;
    match vm.collect(&found) {
        Err(raised) if vm.raised_is(B::TypeError) => {
            vm.ignore(raised);
            let (mapping, found) = (full_type_name(mapping, vm), full_type_name(&found, vm));
            Err(vm.type_error(format!("{mapping}.{method}() returned a non-iterable (type {found})")))
        }
        result => result,
    }
}

/// Does the interpreter take itself apart?
pub(crate) fn sys_is_finalizing(vm: &Vm) -> bool {
    match vm.import("sys").and_then(|sys| vm.call_method(&sys, "is_finalizing", &[])) {
        Ok(answer) => answer.as_bool() == Some(true),
        // Without `sys` the end is near, too.
        Err(raised) => {
            vm.ignore(raised);
            true
        }
    }
}

/// PythonFinalizationError once the interpreter takes itself apart.
fn refuse_at_shutdown(vm: &Vm) -> PyResult<()> {
    if sys_is_finalizing(vm) {
        return Err(vm.raise(B::PythonFinalizationError, "can't fork at interpreter shutdown"));
    }
    Ok(())
}

fn pair(a: i64, b: i64, vm: &Vm) -> Value {
    vm.tuple_of([vm.int(a), vm.int(b)]).into_value()
}

fn register(list: &RefCell<Vec<Value>>, function: Option<&Value>, name: &str, vm: &Vm) -> PyResult<bool> {
    let Some(function) = function else { return Ok(false) };
    if function.ty(vm).slots().call.is_none() {
        return Err(vm.type_error(format!("'{name}' must be callable, not {}", vm.type_name(function))));
    }
    list.borrow_mut().push(function.clone());
    Ok(true)
}

fn wait_with_usage(pid: i32, options: i32, vm: &Vm) -> PyResult {
    let mut status = 0;
    // SAFETY: a plain C struct of integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let pid = retried_released(vm, || os_call!(libc::wait4(pid, &mut status, options, &mut usage)) as isize)?;
    let usage = crate::resource::show_usage(&usage, vm)?;
    Ok(vm.tuple_of([vm.int_from_usize(pid), vm.int(status.into()), usage]).into_value())
}

fn may_fork(vm: &Vm) -> PyResult<()> {
    match vm.state::<PosixState>().forbids_fork.get() {
        true => Err(vm.runtime_error("fork not supported for isolated subinterpreters")),
        false => Ok(()),
    }
}

fn may_exec(vm: &Vm) -> PyResult<()> {
    match vm.state::<PosixState>().forbids_exec.get() {
        true => Err(vm.runtime_error("exec not supported for isolated subinterpreters")),
        false => Ok(()),
    }
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Exit to the system with specified status, without normal exit processing.
    #[pyfunction("_exit(status)")]
    fn exit_now(status: i32) {
        os_call!(libc::_exit(status))
    }

    /// Abort the interpreter immediately.
    ///
    /// This function 'dumps core' or otherwise fails in the hardest way possible
    /// on the hosting operating system.  This function never returns.
    #[pyfunction("abort()")]
    fn abort() {
        std::process::abort()
    }

    /// Fork a child process.
    ///
    /// Return 0 to child process and PID of child to parent process.
    #[pyfunction("fork()")]
    fn fork(vm: &Vm) -> PyResult<i32> {
        refuse_at_shutdown(vm)?;
        may_fork(vm)?;
        before_fork(vm);
        match vm.interp().lock.during_fork(|| os_call!(libc::fork())) {
            -1 => {
                let raised = last_error(vm);
                let exception = vm.catch(raised);
                after_fork_parent(vm);
                Err(vm.reraise(exception))
            }
            0 => {
                after_fork_child(vm);
                Ok(0)
            }
            pid => {
                after_fork_parent(vm);
                Ok(pid)
            }
        }
    }

    /// Fork a new process with a new pseudo-terminal as controlling tty.
    ///
    /// Returns a tuple of (pid, master_fd).
    /// Like fork(), return pid of 0 to the child process,
    /// and pid of child to the parent process.
    /// To both, return fd of newly opened pseudo-terminal.
    #[pyfunction("forkpty()")]
    fn forkpty(vm: &Vm) -> PyResult {
        refuse_at_shutdown(vm)?;
        may_fork(vm)?;
        before_fork(vm);
        let mut master = -1;
        let null = std::ptr::null_mut::<libc::c_char>();
        let fork = || os_call!(libc::forkpty(&mut master, null, std::ptr::null(), std::ptr::null()));
        match vm.interp().lock.during_fork(fork) {
            -1 => {
                let exception = vm.catch(last_error(vm));
                after_fork_parent(vm);
                Err(vm.reraise(exception))
            }
            0 => {
                after_fork_child(vm);
                Ok(pair(0, master.into(), vm))
            }
            pid => {
                after_fork_parent(vm);
                Ok(pair(pid.into(), master.into(), vm))
            }
        }
    }

    /// Register callables to be called when forking a new process.
    #[pyfunction(
        "register_at_fork(*, before=<unrepresentable>, after_in_child=<unrepresentable>, after_in_parent=<unrepresentable>)"
    )]
    fn register_at_fork(
        before: Option<&Value>,
        after_in_child: Option<&Value>,
        after_in_parent: Option<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        let state = vm.state::<PosixState>();
        let any = register(&state.before_fork, before, "before", vm)?
            | register(&state.after_in_child, after_in_child, "after_in_child", vm)?
            | register(&state.after_in_parent, after_in_parent, "after_in_parent", vm)?;
        if any { Ok(()) } else { Err(vm.type_error("At least one argument is required.")) }
    }

    /// Execute an executable path with arguments, replacing current process.
    #[pyfunction("execv(path, argv, /)")]
    fn execv(path: Path, argv: &Value, vm: &Vm) -> PyResult<()> {
        may_exec(vm)?;
        let argv = arguments(argv, "execv", vm)?;
        os_call!(libc::execv(path.ptr(), argv.as_ptr()));
        Err(last_error(vm))
    }

    /// Execute an executable path with arguments, replacing current process.
    #[pyfunction("execve(path, argv, env)")]
    fn execve(path: PathOrFd, argv: &Value, env: &Value, vm: &Vm) -> PyResult<()> {
        may_exec(vm)?;
        let argv = arguments(argv, "execve", vm)?;
        let env = environment(env, "execve", vm)?;
        match path.0.descriptor {
            Some(fd) => os_call!(libc::fexecve(fd, argv.as_ptr(), env.as_ptr())),
            None => os_call!(libc::execve(path.0.ptr(), argv.as_ptr(), env.as_ptr())),
        };
        Err(path.0.error(vm))
    }

    /// Kill a process with a signal.
    #[pyfunction("kill(pid, signal, /)")]
    fn kill(pid: i32, signal: i32, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::kill(pid, signal)), vm)?;
        vm.check_breaker()
    }

    /// Kill a process group with a signal.
    #[pyfunction("killpg(pgid, signal, /)")]
    fn killpg(pgid: i32, signal: i32, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::killpg(pgid, signal)), vm)?;
        vm.check_breaker()
    }

    /// Execute the command in a subshell.
    #[pyfunction("system(command)")]
    fn system(command: &Value, vm: &Vm) -> PyResult<i32> {
        let command = fs_c_string(command, vm)?;
        Ok(vm.allow_threads(|| os_call!(libc::system(command.as_ptr()))))
    }

    /// Wait for completion of a child process.
    #[pyfunction("wait()")]
    fn wait(vm: &Vm) -> PyResult {
        let mut status = 0;
        let pid = retried_released(vm, || os_call!(libc::wait(&mut status)) as isize)?;
        Ok(pair(pid as i64, status.into(), vm))
    }

    /// Wait for completion of a given child process.
    #[pyfunction("waitpid(pid, options, /)")]
    fn waitpid(pid: i32, options: i32, vm: &Vm) -> PyResult {
        let mut status = 0;
        let pid = retried_released(vm, || os_call!(libc::waitpid(pid, &mut status, options)) as isize)?;
        Ok(pair(pid as i64, status.into(), vm))
    }

    /// Wait for completion of a child process.
    #[pyfunction("wait3(options)")]
    fn wait3(options: i32, vm: &Vm) -> PyResult {
        wait_with_usage(-1, options, vm)
    }

    /// Wait for completion of a specific child process.
    #[pyfunction("wait4(pid, options)")]
    fn wait4(pid: i32, options: i32, vm: &Vm) -> PyResult {
        wait_with_usage(pid, options, vm)
    }

    /// Returns the result of waiting for a process or processes.
    #[pyfunction("waitid(idtype, id, options, /)")]
    fn waitid(idtype: u32, id: u32, options: i32, vm: &Vm) -> PyResult {
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        retried_released(vm, || os_call!(libc::waitid(idtype as libc::idtype_t, id, &mut info, options)) as isize)?;
        // SAFETY: the system filled the fields of a child's signal, or left zeros.
        let (pid, uid, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
        if pid == 0 {
            return Ok(Value::none());
        }
        let values = [i64::from(pid), uid.into(), info.si_signo.into(), status.into(), info.si_code.into()];
        sequence(&WAITID_RESULT, values.map(|n| vm.int(n)).to_vec(), vm)
    }

    /// Convert a wait status to an exit code.
    #[pyfunction("waitstatus_to_exitcode(status)")]
    fn waitstatus_to_exitcode(status: i32, vm: &Vm) -> PyResult<i32> {
        if libc::WIFEXITED(status) {
            return Ok(libc::WEXITSTATUS(status));
        }
        if libc::WIFSIGNALED(status) {
            return Ok(-libc::WTERMSIG(status));
        }
        if libc::WIFSTOPPED(status) {
            let signal = libc::WSTOPSIG(status);
            return Err(vm.value_error(format!("process stopped by delivery of signal {signal}")));
        }
        Err(vm.value_error(format!("invalid wait status: {status}")))
    }

    /// Return True if the process returning status was dumped to a core file.
    #[pyfunction("WCOREDUMP(status, /)")]
    fn wcoredump(status: i32) -> bool {
        libc::WCOREDUMP(status)
    }

    /// Return True if a particular process was continued from a job control stop.
    #[pyfunction("WIFCONTINUED(status)")]
    fn wifcontinued(status: i32) -> bool {
        libc::WIFCONTINUED(status)
    }

    /// Return True if the process returning status was stopped.
    #[pyfunction("WIFSTOPPED(status)")]
    fn wifstopped(status: i32) -> bool {
        libc::WIFSTOPPED(status)
    }

    /// Return True if the process returning status was terminated by a signal.
    #[pyfunction("WIFSIGNALED(status)")]
    fn wifsignaled(status: i32) -> bool {
        libc::WIFSIGNALED(status)
    }

    /// Return True if the process returning status exited via the exit() system call.
    #[pyfunction("WIFEXITED(status)")]
    fn wifexited(status: i32) -> bool {
        libc::WIFEXITED(status)
    }

    /// Return the process return code from status.
    #[pyfunction("WEXITSTATUS(status)")]
    fn wexitstatus(status: i32) -> i32 {
        libc::WEXITSTATUS(status)
    }

    /// Return the signal that terminated the process that provided the status value.
    #[pyfunction("WTERMSIG(status)")]
    fn wtermsig(status: i32) -> i32 {
        libc::WTERMSIG(status)
    }

    /// Return the signal that stopped the process that provided the status value.
    #[pyfunction("WSTOPSIG(status)")]
    fn wstopsig(status: i32) -> i32 {
        libc::WSTOPSIG(status)
    }

    /// Return a collection containing process timing information.
    #[pyfunction("times()")]
    fn times(vm: &Vm) -> PyResult {
        let mut used = libc::tms { tms_utime: 0, tms_stime: 0, tms_cutime: 0, tms_cstime: 0 };
        let elapsed = os_call!(libc::times(&mut used));
        if elapsed == -1 {
            return Err(last_error(vm));
        }
        let ticks = os_call!(libc::sysconf(libc::_SC_CLK_TCK)).max(1) as f64;
        let all = [used.tms_utime, used.tms_stime, used.tms_cutime, used.tms_cstime, elapsed];
        sequence(&TIMES_RESULT, all.map(|n| vm.float(n as f64 / ticks)).to_vec(), vm)
    }

    /// Return a file descriptor referring to the process *pid*.
    #[pyfunction("pidfd_open(pid, flags=0)")]
    fn pidfd_open(pid: i32, flags: u32, vm: &Vm) -> PyResult<i64> {
        match os_call!(libc::syscall(libc::SYS_pidfd_open, pid, flags)) {
            -1 => Err(last_error(vm)),
            fd => Ok(fd),
        }
    }

    /// Voluntarily relinquish the CPU.
    #[pyfunction("sched_yield()")]
    fn sched_yield(vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::sched_yield()), vm).map(drop)
    }

    /// Get the scheduling policy for the process identified by pid.
    #[pyfunction("sched_getscheduler(pid, /)")]
    fn sched_getscheduler(pid: i32, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::sched_getscheduler(pid)), vm)
    }

    /// Get the maximum scheduling priority for policy.
    #[pyfunction("sched_get_priority_max(policy)")]
    fn sched_get_priority_max(policy: i32, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::sched_get_priority_max(policy)), vm)
    }

    /// Get the minimum scheduling priority for policy.
    #[pyfunction("sched_get_priority_min(policy)")]
    fn sched_get_priority_min(policy: i32, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::sched_get_priority_min(policy)), vm)
    }

    /// Returns scheduling parameters for the process identified by pid.
    #[pyfunction("sched_getparam(pid, /)")]
    fn sched_getparam(pid: i32, vm: &Vm) -> PyResult {
        let mut param = libc::sched_param { sched_priority: 0 };
        checked(os_call!(libc::sched_getparam(pid, &mut param)), vm)?;
        sequence(&SCHED_PARAM, vec![vm.int(param.sched_priority.into())], vm)
    }
}
