//! `_signal`: signals and what to do when they arrive.
//!
//! The C handler only notes the signal and raises a bit in the interpreter's breaker; Python's handlers run in
//! [`check_signals`], which the machine calls when it looks up.
#![allow(unsafe_code, reason = "calls of the system; a signal handler")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use pyrope_object::bind::OrNone;
use pyrope_object::vm::breaker;
use pyrope_object::{BuiltinType as B, ModuleDef, PyResult, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;
use pyrope_types::model::module;
use pyrope_types::model::structseq::StructSequence;

use crate::posix::{sequence, sequence_type};
use crate::system::{checked, errno, last_error, nanoseconds, os_call, retried_released, split_seconds};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_signal",
    doc: "This module provides mechanisms to use signal handlers in Python.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(fill),
};

static SIGINFO: StructSequence = StructSequence {
    name: "signal.struct_siginfo",
    doc: "struct_siginfo: Result from sigwaitinfo or sigtimedwait.\n\nThis object may be accessed either as a tuple \
          of\n(si_signo, si_code, si_errno, si_pid, si_uid, si_status, si_band),\nor via the attributes si_signo, \
          si_code, and so on.",
    fields: &[
        ("si_signo", "signal number"),
        ("si_code", "signal code"),
        ("si_errno", "errno associated with this signal"),
        ("si_pid", "sending process ID"),
        ("si_uid", "real user ID of sending process"),
        ("si_status", "exit value or signal"),
        ("si_band", "band event for SIGPOLL"),
    ],
    visible: 7,
};

/// Signals are numbered below this.
const COUNT: i32 = 65;

// A signal belongs to the process, and its handler can reach nothing but statics. The first interpreter that asks for
// signals gets them all, as CPython's main interpreter does.

/// Signals that arrived and were not handled yet, one bit each (bit 0 for signal 1).
static PENDING: AtomicU64 = AtomicU64::new(0);
/// The descriptor that `set_wakeup_fd` set, or -1.
static WAKEUP: AtomicI32 = AtomicI32::new(-1);
/// The breaker of the interpreter that handles signals.
static BREAKER: OnceLock<Arc<AtomicU32>> = OnceLock::new();

/// Python's handlers.
#[derive(Default)]
pub struct SignalState {
    handlers: RefCell<HashMap<i32, Value>>,
    timer_error: RefCell<Option<Value>>,
    /// The thread that handlers run on: the main one.
    thread: Cell<u64>,
}

extern "C" fn arrived(signal: libc::c_int) {
    // SAFETY: reads and restores this thread's errno.
    let saved = unsafe { *libc::__errno_location() };
    PENDING.fetch_or(1 << (signal - 1), Ordering::SeqCst);
    if let Some(word) = BREAKER.get() {
        word.fetch_or(breaker::SIGNAL, Ordering::SeqCst);
    }
    let wakeup = WAKEUP.load(Ordering::SeqCst);
    if wakeup >= 0 {
        let byte = signal as u8;
        // SAFETY: one byte from the stack; `write` may be called in a handler.
        unsafe { libc::write(wakeup, (&raw const byte).cast(), 1) };
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = saved };
}

/// Runs the Python handlers of the signals that arrived, lowest number first.
pub fn check_signals(vm: &Vm) -> PyResult<()> {
    crate::faulthandler::check_users(vm);
    let interp = vm.interp();
    let mine = BREAKER.get().is_some_and(|word| Arc::ptr_eq(word, &interp.breaker));
    // Handlers run on the main thread only; the bit stays up until that has its turn.
    if !mine || vm.state::<SignalState>().thread.get() != os_call!(libc::pthread_self()) as u64 {
        return Ok(());
    }
    interp.breaker.fetch_and(!breaker::SIGNAL, Ordering::SeqCst);
    let mut waiting = PENDING.swap(0, Ordering::SeqCst);
    while waiting != 0 {
        let signal = waiting.trailing_zeros() as i32 + 1;
        waiting &= waiting - 1;
        let handler = vm.state::<SignalState>().handlers.borrow().get(&signal).cloned();
        let Some(handler) = handler.filter(|h| h.ty(vm).slots().call.is_some()) else { continue };
        let frame = pyrope_vm::frame::current_frame(vm, 0).map_or(Value::none(), |frame| frame.into_value());
        if let Err(raised) = vm.call(&handler, &[vm.int(signal.into()), frame]) {
            if waiting != 0 {
                PENDING.fetch_or(waiting, Ordering::SeqCst);
                interp.breaker.fetch_or(breaker::SIGNAL, Ordering::SeqCst);
            }
            return Err(raised);
        }
    }
    Ok(())
}

/// In the child of a fork: the parent's signals are not ours, and the calling thread is the main one.
pub(crate) fn forget_pending(vm: &Vm) {
    PENDING.store(0, Ordering::SeqCst);
    vm.interp().breaker.fetch_and(!breaker::SIGNAL, Ordering::SeqCst);
    vm.state::<SignalState>().thread.set(os_call!(libc::pthread_self()) as u64);
}

fn fill(module: &Value, vm: &Vm) -> PyResult<()> {
    let _ = BREAKER.set(vm.interp().breaker.clone());
    let dict = module::module_dict(module, vm)?;
    for (name, number) in CONSTANTS {
        dict.set_str(name, vm.int(*number), vm)?;
    }
    dict.set_str("struct_siginfo", sequence_type(&SIGINFO, vm)?.into_value(), vm)?;
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.intern("signal").into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(B::OSError).to_value()]).into_value();
    let name = vm.intern("ItimerError").into_value();
    let error = vm.call(&vm.builtin(B::Type).to_value(), &[name, bases, namespace.into_value()])?;
    dict.set_str("ItimerError", error.clone(), vm)?;
    let state = vm.state::<SignalState>();
    state.thread.set(os_call!(libc::pthread_self()) as u64);
    *state.timer_error.borrow_mut() = Some(error);
    // A write beyond the limit of a file's size fails, and does not end the process.
    os_call!(libc::signal(libc::SIGXFSZ, libc::SIG_IGN));
    for signal in 1..COUNT {
        // SAFETY: a plain C struct; the call only reads the present action into it.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        if os_call!(libc::sigaction(signal, std::ptr::null(), &mut action)) == -1 {
            continue;
        }
        let known = match action.sa_sigaction {
            libc::SIG_DFL => vm.int(0),
            libc::SIG_IGN => vm.int(1),
            _ => Value::none(),
        };
        state.handlers.borrow_mut().insert(signal, known);
    }
    let interrupt = state.handlers.borrow().get(&libc::SIGINT).and_then(Value::as_i64);
    if interrupt == Some(0) {
        let Some(handler) = dict.get_str("default_int_handler", vm)? else { return Ok(()) };
        install(libc::SIGINT, arrived as *const () as usize, vm)?;
        state.handlers.borrow_mut().insert(libc::SIGINT, handler);
    }
    Ok(())
}

fn install(signal: i32, action: usize, vm: &Vm) -> PyResult<()> {
    // SAFETY: a plain C struct, for which zero is a value.
    let mut new: libc::sigaction = unsafe { std::mem::zeroed() };
    new.sa_sigaction = action;
    new.sa_flags = libc::SA_ONSTACK;
    checked(os_call!(libc::sigaction(signal, &new, std::ptr::null_mut())), vm).map(drop)
}

fn check_number(signal: i32, vm: &Vm) -> PyResult<()> {
    if (1..COUNT).contains(&signal) { Ok(()) } else { Err(vm.value_error("signal number out of range")) }
}

fn timer_error(vm: &Vm) -> pyrope_object::Raised {
    let number = errno();
    let class = vm.state::<SignalState>().timer_error.borrow().clone();
    let text = vm.new_str(&pyrope_types::exceptions::strerror(number)).into_value();
    match class {
        Some(class) => vm.raise_class(&class, &[vm.int(number.into()), text]),
        None => last_error(vm),
    }
}

fn timeval(value: &Value, vm: &Vm) -> PyResult<libc::timeval> {
    let (tv_sec, nanos) = split_seconds(value, vm)?;
    Ok(libc::timeval { tv_sec, tv_usec: (nanos + 999) / 1000 % 1_000_000 })
}

fn timer_pair(timer: &libc::itimerval, vm: &Vm) -> Value {
    let seconds = |t: libc::timeval| vm.float(t.tv_sec as f64 + t.tv_usec as f64 / 1e6);
    vm.tuple_of([seconds(timer.it_value), seconds(timer.it_interval)]).into_value()
}

fn blank_timer() -> libc::itimerval {
    let zero = libc::timeval { tv_sec: 0, tv_usec: 0 };
    libc::itimerval { it_interval: zero, it_value: zero }
}

fn empty_set() -> libc::sigset_t {
    // SAFETY: a plain C struct, which the call makes an empty set.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        set
    }
}

pub(crate) fn set_of(signals: &Value, vm: &Vm) -> PyResult<libc::sigset_t> {
    let mut set = empty_set();
    for signal in vm.collect(signals)? {
        let number = vm.index_i64(&signal)?.unwrap_or(i64::MAX);
        if !(1..i64::from(COUNT)).contains(&number) {
            return Err(vm.value_error(format!("signal number {number} out of range [1; {}]", COUNT - 1)));
        }
        os_call!(libc::sigaddset(&mut set, number as i32));
    }
    Ok(set)
}

fn signals_in(set: &libc::sigset_t, vm: &Vm) -> PyResult {
    let members = (1..COUNT).filter(|&signal| os_call!(libc::sigismember(set, signal)) == 1);
    let list = vm.new_list(members.map(|signal| vm.int(signal.into())).collect()).into_value();
    vm.call(&vm.builtin(B::Set).to_value(), &[list])
}

fn siginfo(info: &libc::siginfo_t, vm: &Vm) -> PyResult {
    // SAFETY: the system filled the struct, zeros where it had nothing.
    let (pid, uid, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
    let values =
        [info.si_signo.into(), info.si_code.into(), info.si_errno.into(), pid.into(), uid.into(), i64::from(status), 0];
    sequence(&SIGINFO, values.map(|n| vm.int(n)).to_vec(), vm)
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// The default handler for SIGINT installed by Python.
    ///
    /// It raises KeyboardInterrupt.
    #[pyfunction("default_int_handler(signalnum, frame, /)")]
    fn default_int_handler(_signalnum: i32, _frame: &Value, vm: &Vm) -> PyResult {
        Err(vm.raise_with(B::KeyboardInterrupt, &[]))
    }

    /// Set the action for the given signal.
    ///
    /// The action can be SIG_DFL, SIG_IGN, or a callable Python object.
    /// The previous action is returned.  See getsignal() for possible return values.
    #[pyfunction("signal(signalnum, handler, /)")]
    fn signal(signalnum: i32, handler: &Value, vm: &Vm) -> PyResult {
        check_number(signalnum, vm)?;
        let action = if handler.ty(vm).slots().call.is_some() {
            arrived as *const () as usize
        } else {
            match handler.as_int().and_then(|n| n.to_i64()) {
                Some(0) => libc::SIG_DFL,
                Some(1) => libc::SIG_IGN,
                _ => {
                    return Err(
                        vm.type_error("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
                    );
                }
            }
        };
        check_signals(vm)?;
        install(signalnum, action, vm)?;
        let old = vm.state::<SignalState>().handlers.borrow_mut().insert(signalnum, handler.clone());
        Ok(old.unwrap_or(Value::none()))
    }

    /// Return the current action for the given signal.
    #[pyfunction("getsignal(signalnum, /)")]
    fn getsignal(signalnum: i32, vm: &Vm) -> PyResult {
        check_number(signalnum, vm)?;
        let handler = vm.state::<SignalState>().handlers.borrow().get(&signalnum).cloned();
        Ok(handler.unwrap_or(Value::none()))
    }

    /// Send a signal to the executing process.
    #[pyfunction("raise_signal(signalnum, /)")]
    fn raise_signal(signalnum: i32, vm: &Vm) -> PyResult<()> {
        if os_call!(libc::raise(signalnum)) != 0 {
            return Err(last_error(vm));
        }
        check_signals(vm)
    }

    /// Send a signal to a thread.
    #[pyfunction("pthread_kill(thread_id, signalnum, /)")]
    fn pthread_kill(thread_id: u64, signalnum: i32, vm: &Vm) -> PyResult<()> {
        match os_call!(libc::pthread_kill(thread_id as libc::pthread_t, signalnum)) {
            0 => check_signals(vm),
            number => Err(pyrope_types::exceptions::os_error_from_errno(vm, number, None, None)),
        }
    }

    /// Send a signal to a process referred to by a pid file descriptor.
    #[pyfunction("pidfd_send_signal(pidfd, signalnum, siginfo=None, flags=0, /)")]
    fn pidfd_send_signal(pidfd: i32, signalnum: i32, siginfo: OrNone<&Value>, flags: i32, vm: &Vm) -> PyResult<()> {
        if siginfo.0.is_some() {
            return Err(vm.type_error("siginfo must be None"));
        }
        let null = std::ptr::null_mut::<libc::siginfo_t>();
        match os_call!(libc::syscall(libc::SYS_pidfd_send_signal, pidfd, signalnum, null, flags)) {
            -1 => Err(last_error(vm)),
            _ => check_signals(vm),
        }
    }

    /// Arrange for SIGALRM to arrive after the given number of seconds.
    #[pyfunction("alarm(seconds, /)")]
    fn alarm(seconds: i32) -> u32 {
        os_call!(libc::alarm(seconds as u32))
    }

    /// Wait until a signal arrives.
    #[pyfunction("pause()")]
    fn pause(vm: &Vm) -> PyResult<()> {
        vm.allow_threads(|| os_call!(libc::pause()));
        vm.check_breaker()
    }

    /// Change system call restart behaviour.
    ///
    /// If flag is False, system calls will be restarted when interrupted by
    /// signal sig, else system calls will be interrupted.
    #[pyfunction("siginterrupt(signalnum, flag, /)")]
    fn siginterrupt(signalnum: i32, flag: i32, vm: &Vm) -> PyResult<()> {
        check_number(signalnum, vm)?;
        // SAFETY: a plain C struct, for which zero is a value.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        checked(os_call!(libc::sigaction(signalnum, std::ptr::null(), &mut action)), vm)?;
        let restart = libc::SA_RESTART;
        action.sa_flags = if flag != 0 { action.sa_flags & !restart } else { action.sa_flags | restart };
        checked(os_call!(libc::sigaction(signalnum, &action, std::ptr::null_mut())), vm).map(drop)
    }

    /// Sets the fd to be written to (with the signal number) when a signal comes in.
    #[pyfunction("set_wakeup_fd(fd, /, *, warn_on_full_buffer=True)")]
    fn set_wakeup_fd(fd: i32, _warn_on_full_buffer: bool, vm: &Vm) -> PyResult<i32> {
        if fd != -1 {
            if crate::posix::status_of(fd).is_err() {
                return Err(last_error(vm));
            }
            let flags = checked(os_call!(libc::fcntl(fd, libc::F_GETFL)), vm)?;
            if flags & libc::O_NONBLOCK == 0 {
                return Err(vm.value_error(format!("the fd {fd} must be in non-blocking mode")));
            }
        }
        Ok(WAKEUP.swap(fd, Ordering::SeqCst))
    }

    /// Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).
    ///
    /// The timer will fire after value seconds and after that every interval seconds.
    /// The itimer can be cleared by setting seconds to zero.
    ///
    /// Returns old values as a tuple: (delay, interval).
    #[pyfunction("setitimer(which, seconds, interval=0.0, /)")]
    fn setitimer(which: i32, seconds: &Value, interval: Option<&Value>, vm: &Vm) -> PyResult {
        let mut new = blank_timer();
        new.it_value = timeval(seconds, vm)?;
        if let Some(interval) = interval {
            new.it_interval = timeval(interval, vm)?;
        }
        let mut old = blank_timer();
        if os_call!(libc::setitimer(which as _, &new, &mut old)) == -1 {
            return Err(timer_error(vm));
        }
        Ok(timer_pair(&old, vm))
    }

    /// Returns current value of given itimer.
    #[pyfunction("getitimer(which, /)")]
    fn getitimer(which: i32, vm: &Vm) -> PyResult {
        let mut now = blank_timer();
        if os_call!(libc::getitimer(which as _, &mut now)) == -1 {
            return Err(timer_error(vm));
        }
        Ok(timer_pair(&now, vm))
    }

    /// Fetch and/or change the signal mask of the calling thread.
    #[pyfunction("pthread_sigmask(how, mask, /)")]
    fn pthread_sigmask(how: i32, mask: &Value, vm: &Vm) -> PyResult {
        let (new, mut old) = (set_of(mask, vm)?, empty_set());
        match os_call!(libc::pthread_sigmask(how, &new, &mut old)) {
            0 => {
                vm.check_breaker()?;
                signals_in(&old, vm)
            }
            number => Err(pyrope_types::exceptions::os_error_from_errno(vm, number, None, None)),
        }
    }

    /// Examine pending signals.
    ///
    /// Returns a set of signal numbers that are pending for delivery to
    /// the calling thread.
    #[pyfunction("sigpending()")]
    fn sigpending(vm: &Vm) -> PyResult {
        let mut set = empty_set();
        checked(os_call!(libc::sigpending(&mut set)), vm)?;
        signals_in(&set, vm)
    }

    /// Wait for a signal.
    #[pyfunction("sigwait(sigset, /)")]
    fn sigwait(sigset: &Value, vm: &Vm) -> PyResult<i32> {
        let set = set_of(sigset, vm)?;
        let mut signal = 0;
        match vm.allow_threads(|| os_call!(libc::sigwait(&set, &mut signal))) {
            0 => Ok(signal),
            number => Err(pyrope_types::exceptions::os_error_from_errno(vm, number, None, None)),
        }
    }

    /// Wait synchronously until one of the signals in *sigset* is delivered.
    ///
    /// Returns a struct_siginfo containing information about the signal.
    #[pyfunction("sigwaitinfo(sigset, /)")]
    fn sigwaitinfo(sigset: &Value, vm: &Vm) -> PyResult {
        let set = set_of(sigset, vm)?;
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        retried_released(vm, || os_call!(libc::sigwaitinfo(&set, &mut info)) as isize)?;
        super::siginfo(&info, vm)
    }

    /// Like sigwaitinfo(), but with a timeout.
    ///
    /// The timeout is specified in seconds, rounded up to nanoseconds.
    #[pyfunction("sigtimedwait(sigset, timeout, /)")]
    fn sigtimedwait(sigset: &Value, timeout: &Value, vm: &Vm) -> PyResult {
        let Ok(limit) = u64::try_from(nanoseconds(timeout, vm)?) else {
            return Err(vm.value_error("timeout must be non-negative"));
        };
        let limit = Duration::from_nanos(limit);
        let set = set_of(sigset, vm)?;
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let deadline = Instant::now().checked_add(limit);
        loop {
            let left = deadline.map_or(limit, |deadline| deadline.saturating_duration_since(Instant::now()));
            let wait = libc::timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
            let number = vm
                .allow_threads(|| if os_call!(libc::sigtimedwait(&set, &mut info, &wait)) == -1 { errno() } else { 0 });
            match number {
                0 => break,
                libc::EAGAIN => return Ok(Value::none()),
                libc::EINTR => vm.check_breaker()?,
                number => return Err(os_error_from_errno(vm, number, None, None)),
            }
        }
        super::siginfo(&info, vm)
    }

    /// Return the system description of the given signal.
    ///
    /// Returns the description of signal *signalnum*, such as "Interrupt"
    /// for :const:`SIGINT`. Returns :const:`None` if *signalnum* has no
    /// description. Raises :exc:`ValueError` if *signalnum* is invalid.
    #[pyfunction("strsignal(signalnum, /)")]
    fn strsignal(signalnum: i32, vm: &Vm) -> PyResult {
        check_number(signalnum, vm)?;
        let text = os_call!(libc::strsignal(signalnum));
        if text.is_null() {
            return Ok(Value::none());
        }
        // SAFETY: the C library gives NUL-terminated text, copied at once.
        let text = unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy().into_owned();
        Ok(if text.starts_with("Unknown signal") { Value::none() } else { vm.new_str(&text).into_value() })
    }

    /// Return a set of valid signal numbers on this platform.
    #[pyfunction("valid_signals()")]
    fn valid_signals(vm: &Vm) -> PyResult {
        let valid = (1..COUNT).filter(|n| !(32..=33).contains(n));
        let list = vm.new_list(valid.map(|n| vm.int(n.into())).collect()).into_value();
        vm.call(&vm.builtin(B::Set).to_value(), &[list])
    }
}

const CONSTANTS: &[(&str, i64)] = &[
    ("NSIG", 65),
    ("SIG_BLOCK", 0),
    ("SIG_UNBLOCK", 1),
    ("SIG_SETMASK", 2),
    ("SIGHUP", 1),
    ("SIGINT", 2),
    ("SIGQUIT", 3),
    ("SIGILL", 4),
    ("SIGTRAP", 5),
    ("SIGIOT", 6),
    ("SIGABRT", 6),
    ("SIGFPE", 8),
    ("SIGKILL", 9),
    ("SIGBUS", 7),
    ("SIGSEGV", 11),
    ("SIGSYS", 31),
    ("SIGPIPE", 13),
    ("SIGALRM", 14),
    ("SIGTERM", 15),
    ("SIGUSR1", 10),
    ("SIGUSR2", 12),
    ("SIGCLD", 17),
    ("SIGCHLD", 17),
    ("SIGPWR", 30),
    ("SIGIO", 29),
    ("SIGURG", 23),
    ("SIGWINCH", 28),
    ("SIGPOLL", 29),
    ("SIGSTOP", 19),
    ("SIGTSTP", 20),
    ("SIGCONT", 18),
    ("SIGTTIN", 21),
    ("SIGTTOU", 22),
    ("SIGVTALRM", 26),
    ("SIGPROF", 27),
    ("SIGXCPU", 24),
    ("SIGXFSZ", 25),
    ("SIGRTMIN", 34),
    ("SIGRTMAX", 64),
    ("SIGSTKFLT", 16),
    ("ITIMER_REAL", 0),
    ("ITIMER_VIRTUAL", 1),
    ("ITIMER_PROF", 2),
    ("SIG_DFL", 0),
    ("SIG_IGN", 1),
];
