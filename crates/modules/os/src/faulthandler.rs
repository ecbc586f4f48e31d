//! `faulthandler`: tracebacks on request, on a signal, after a time, and before a deadly signal ends the process.
//!
//! Frames are read under the interpreter's lock, so that what is shown is true: a thread of this module's own asks for the
//! lock after the time given, and when a signal came while no thread runs Python code. Only a deadly signal reads them as
//! they are.
#![allow(unsafe_code, reason = "signal handlers, and calls of the system")]

mod dump;
mod later;
mod users;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};

use pyrope_object::interpreter::Interpreter;
use pyrope_object::{BuiltinType as B, ModuleDef, PyResult, Value, Vm};

use crate::system::os_call;

pub use users::check as check_users;

pub static MODULE: ModuleDef = ModuleDef {
    name: "faulthandler",
    doc: "faulthandler module.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

/// The files that tracebacks go to stay open as long as they may be needed.
#[derive(Default)]
struct FaultState {
    fatal: RefCell<Option<Value>>,
    users: RefCell<HashMap<i32, Value>>,
    later: RefCell<Option<later::Later>>,
    later_file: RefCell<Option<Value>>,
}

/// Signals that end the process, and how they are called.
const DEADLY: [(i32, &str); 5] = [
    (libc::SIGBUS, "Bus error"),
    (libc::SIGILL, "Illegal instruction"),
    (libc::SIGFPE, "Floating-point exception"),
    (libc::SIGABRT, "Aborted"),
    (libc::SIGSEGV, "Segmentation fault"),
];

// A signal belongs to the process, and its handler can reach nothing but statics.

static ENABLED: AtomicBool = AtomicBool::new(false);
static FATAL_FD: AtomicI32 = AtomicI32::new(2);
static FATAL_ALL: AtomicBool = AtomicBool::new(true);
static FATAL_C_STACK: AtomicBool = AtomicBool::new(true);
/// The interpreter whose frames are shown.
static INTERPRETER: AtomicPtr<Interpreter> = AtomicPtr::new(std::ptr::null_mut());

fn set_action(signal: i32, action: usize, flags: i32) -> bool {
    // SAFETY: a plain C struct, for which zero is a value.
    let mut new: libc::sigaction = unsafe { std::mem::zeroed() };
    new.sa_sigaction = action;
    new.sa_flags = flags;
    os_call!(libc::sigaction(signal, &new, std::ptr::null_mut())) == 0
}

extern "C" fn deadly(signal: libc::c_int) {
    for (number, _) in DEADLY {
        set_action(number, libc::SIG_DFL, 0);
    }
    let name = DEADLY.iter().find(|(number, _)| *number == signal).map_or("unknown", |(_, name)| *name);
    let fd = FATAL_FD.load(Ordering::Relaxed);
    dump::write(fd, &format!("Fatal Python error: {name}\n\n"));
    // SAFETY: set while the interpreter lives, which it does until the process ends.
    if let Some(interp) = unsafe { INTERPRETER.load(Ordering::Relaxed).as_ref() } {
        let me = os_call!(libc::pthread_self()) as u64;
        let text = if FATAL_ALL.load(Ordering::Relaxed) {
            dump::all_threads(interp, Some(me))
        } else {
            dump::one_thread(interp, me)
        };
        dump::write(fd, &text);
    }
    if FATAL_C_STACK.load(Ordering::Relaxed) {
        dump::write(fd, dump::NO_C_STACK);
    }
    os_call!(libc::raise(signal));
}

/// The descriptor of a file, a number, or `sys.stderr`; and what to keep alive.
fn descriptor(file: Option<&Value>, vm: &Vm) -> PyResult<(i32, Value)> {
    let file = match file.filter(|file| !file.is_none()) {
        Some(file) => file.clone(),
        None => {
            let Some(stderr) = vm.find_attr_str(&vm.import("sys")?, "stderr")? else {
                return Err(vm.runtime_error("unable to get sys.stderr"));
            };
            if stderr.is_none() {
                return Err(vm.runtime_error("sys.stderr is None"));
            }
            stderr
        }
    };
    if file.as_int().is_some() {
        if file.as_bool().is_some() {
            vm.warn(B::RuntimeWarning, "bool is used as a file descriptor", 1)?;
        }
        return match vm.index_i64(&file)?.map(i32::try_from) {
            Some(Ok(fd @ 0..)) => Ok((fd, file)),
            Some(Ok(_)) => Err(vm.value_error("file is not a valid file descriptor")),
            _ => Err(vm.overflow_error("Python int too large to convert to C int")),
        };
    }
    let number = vm.call_method(&file, "fileno", &[])?;
    let fd = number.as_i64().and_then(|fd| i32::try_from(fd).ok()).filter(|&fd| fd >= 0);
    let Some(fd) = fd else { return Err(vm.runtime_error("file.fileno() is not a valid file descriptor")) };
    if let Err(raised) = vm.call_method(&file, "flush", &[]) {
        vm.ignore(raised);
    }
    Ok((fd, file))
}

/// The interpreter that handlers look at from now on.
fn watch(vm: &Vm) {
    INTERPRETER.store(std::ptr::from_ref(vm.interp()).cast_mut(), Ordering::Relaxed);
}

fn this_thread() -> u64 {
    os_call!(libc::pthread_self()) as u64
}

fn check_number(signal: i32, vm: &Vm) -> PyResult<()> {
    if (1..users::COUNT as i32).contains(&signal) { Ok(()) } else { Err(vm.value_error("signal number out of range")) }
}

fn refuse_deadly(signal: i32, vm: &Vm) -> PyResult<()> {
    check_number(signal, vm)?;
    match DEADLY.iter().any(|(number, _)| *number == signal) {
        true => Err(vm.runtime_error(format!("signal {signal} cannot be registered, use enable() instead"))),
        false => Ok(()),
    }
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Enable the fault handler.
    #[pyfunction("enable(file=sys.stderr, all_threads=True, c_stack=True)")]
    fn enable(file: Option<&Value>, all_threads: Option<bool>, c_stack: Option<bool>, vm: &Vm) -> PyResult<()> {
        let (fd, file) = descriptor(file, vm)?;
        watch(vm);
        FATAL_FD.store(fd, Ordering::Relaxed);
        FATAL_ALL.store(all_threads.unwrap_or(true), Ordering::Relaxed);
        FATAL_C_STACK.store(c_stack.unwrap_or(true), Ordering::Relaxed);
        drop(vm.state::<FaultState>().fatal.replace(Some(file)));
        if !ENABLED.swap(true, Ordering::Relaxed) {
            for (signal, _) in DEADLY {
                set_action(signal, deadly as *const () as usize, libc::SA_NODEFER | libc::SA_ONSTACK);
            }
        }
        Ok(())
    }

    /// Disable the fault handler.
    #[pyfunction("disable()")]
    fn disable(vm: &Vm) -> bool {
        let was_enabled = ENABLED.swap(false, Ordering::Relaxed);
        if was_enabled {
            for (signal, _) in DEADLY {
                set_action(signal, libc::SIG_DFL, 0);
            }
        }
        drop(vm.state::<FaultState>().fatal.take());
        was_enabled
    }

    /// Check if the handler is enabled.
    #[pyfunction("is_enabled()")]
    fn is_enabled() -> bool {
        ENABLED.load(Ordering::Relaxed)
    }

    /// Dump the traceback of the current thread, or of all threads if all_threads is True, into file.
    #[pyfunction("dump_traceback(file=sys.stderr, all_threads=True)")]
    fn dump_traceback(file: Option<&Value>, all_threads: Option<bool>, vm: &Vm) -> PyResult<()> {
        let (fd, _file) = descriptor(file, vm)?;
        // The calling thread is found by its number.
        vm.ident.set(this_thread());
        let text = if all_threads.unwrap_or(true) {
            dump::all_threads(vm.interp(), Some(this_thread()))
        } else {
            dump::one_thread(vm.interp(), this_thread())
        };
        dump::write(fd, &text);
        vm.check_breaker()
    }

    /// Dump the C stack of the current thread.
    #[pyfunction("dump_c_stack(file=sys.stderr)")]
    fn dump_c_stack(file: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let (fd, _file) = descriptor(file, vm)?;
        dump::write(fd, dump::NO_C_STACK.trim_start());
        vm.check_breaker()
    }

    /// Dump the traceback of all threads in timeout seconds,
    /// or each timeout seconds if repeat is True. If exit is True, call _exit(1) which is not safe.
    #[pyfunction("dump_traceback_later(timeout, repeat=False, file=sys.stderr, exit=False)")]
    fn dump_traceback_later(
        timeout: &Value,
        repeat: Option<bool>,
        file: Option<&Value>,
        exit: Option<bool>,
        vm: &Vm,
    ) -> PyResult<()> {
        let nanoseconds = crate::system::nanoseconds(timeout, vm)?;
        let microseconds = nanoseconds.saturating_add(999) / 1000;
        if microseconds <= 0 {
            return Err(vm.value_error("timeout must be greater than 0"));
        }
        let (fd, file) = descriptor(file, vm)?;
        let state = vm.state::<FaultState>();
        drop(state.later.take());
        let plan = later::Plan {
            microseconds: microseconds.unsigned_abs(),
            repeat: repeat.unwrap_or(false),
            exit: exit.unwrap_or(false),
            fd,
        };
        let Some(started) = later::Later::start(plan, vm) else {
            return Err(vm.runtime_error("unable to start watchdog thread"));
        };
        drop(state.later_file.replace(Some(file)));
        *state.later.borrow_mut() = Some(started);
        Ok(())
    }

    /// Cancel the previous call to dump_traceback_later().
    #[pyfunction("cancel_dump_traceback_later()")]
    fn cancel_dump_traceback_later(vm: &Vm) {
        let state = vm.state::<FaultState>();
        drop(state.later.take());
        drop(state.later_file.take());
    }

    /// Register a handler for the signal 'signum': dump the traceback of the current thread, or of all threads if all_threads is True, into file.
    #[pyfunction("register(signum, file=sys.stderr, all_threads=True, chain=False)")]
    fn register(
        signum: i32,
        file: Option<&Value>,
        all_threads: Option<bool>,
        chain: Option<bool>,
        vm: &Vm,
    ) -> PyResult<()> {
        refuse_deadly(signum, vm)?;
        let (fd, file) = descriptor(file, vm)?;
        watch(vm);
        let user = users::User { fd, all_threads: all_threads.unwrap_or(true), chain: chain.unwrap_or(false) };
        if !users::register(signum, user, vm) {
            return Err(crate::system::last_error(vm));
        }
        drop(vm.state::<FaultState>().users.borrow_mut().insert(signum, file));
        Ok(())
    }

    /// Unregister the handler of the signal 'signum' registered by register().
    #[pyfunction("unregister(signum, /)")]
    fn unregister(signum: i32, vm: &Vm) -> PyResult<bool> {
        check_number(signum, vm)?;
        drop(vm.state::<FaultState>().users.borrow_mut().remove(&signum));
        Ok(users::unregister(signum))
    }

    /// Raise a SIGSEGV signal.
    #[pyfunction("_sigsegv(release_gil=False, /)")]
    fn sigsegv(_release_gil: Option<bool>) {
        os_call!(libc::raise(libc::SIGSEGV));
    }

    /// Raise a SIGABRT signal.
    #[pyfunction("_sigabrt()")]
    fn sigabrt() {
        std::process::abort();
    }

    /// Raise a SIGFPE signal.
    #[pyfunction("_sigfpe()")]
    fn sigfpe() {
        os_call!(libc::raise(libc::SIGFPE));
    }
}
