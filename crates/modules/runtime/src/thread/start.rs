//! Starting and ending OS threads.
#![allow(unsafe_code, reason = "OS calls, and objects that go to a new thread under the interpreter's lock")]

use std::os::unix::thread::JoinHandleExt;
use std::rc::Rc;
use std::sync::Arc;

use pyrope_object::layout::{Dict, Tuple};
use pyrope_object::{BuiltinType as B, Interpreter, OwnedArgs, PyResult, Value, Vm};

use super::handle::{Stage, Thread, ThreadHandle};
use super::{NAME_MAX, ThreadState};

/// Native stack of a new thread, if the program asks for nothing else.
const DEFAULT_STACK: usize = 16 << 20;

/// `threading.get_ident()` of the calling thread.
pub fn ident(vm: &Vm) -> u64 {
    if vm.ident.get() == 0 {
        // SAFETY: asks for a number.
        vm.ident.set(unsafe { libc::pthread_self() } as u64);
    }
    vm.ident.get()
}

/// The kernel's number of the calling thread.
pub(super) fn native_id() -> i64 {
    // SAFETY: asks for a number.
    i64::from(unsafe { libc::gettid() })
}

/// Sends a signal to the process.
pub(super) fn send_signal(number: i32) {
    // SAFETY: the number was checked.
    unsafe { libc::kill(libc::getpid(), number) };
}

/// Names the calling thread for the system.
pub(super) fn set_name(name: &[u8]) {
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    if let Ok(name) = std::ffi::CString::new(&name[..name.len().min(NAME_MAX)]) {
        // SAFETY: a terminated string of at most 15 bytes.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    }
}

/// The calling thread's name in the system.
pub(super) fn name() -> Vec<u8> {
    let mut buffer = [0u8; 16];
    // SAFETY: the call writes at most 16 bytes.
    unsafe { libc::prctl(libc::PR_GET_NAME, buffer.as_mut_ptr()) };
    let end = buffer.iter().position(|&b| b == 0).unwrap_or(buffer.len());
    buffer[..end].to_vec()
}

/// What a new thread needs to run.
struct Parcel {
    interp: Rc<Interpreter>,
    function: Value,
    args: OwnedArgs,
    thread: Arc<Thread>,
    recursion_limit: isize,
}

/// A parcel on its way to its thread.
struct InTransit(Parcel);

// SAFETY: the parcel is packed by the thread that holds the interpreter's lock and opened by the new one only after it
// took that lock: counts are never touched by two threads at a time.
unsafe impl Send for InTransit {}

impl InTransit {
    fn run(self) {
        let Parcel { interp, function, args, thread, recursion_limit } = self.0;
        let lock = interp.lock.clone();
        lock.acquire();
        let vm = Vm::new(&interp);
        let spent = vm.recursion_limit.get() - vm.recursion_remaining.get();
        vm.recursion_limit.set(recursion_limit);
        vm.recursion_remaining.set(recursion_limit - spent);
        interp.enter(&vm);
        thread.set_ident(ident(&vm));
        run(&function, &args, &vm);
        drop((function, args));
        forget(&vm);
        let state = vm.state::<ThreadState>();
        state.count.set(state.count.get().saturating_sub(1));
        state.awaited.with_mut(|awaited| awaited.retain(|t| !Arc::ptr_eq(t, &thread)));
        drop(state);
        interp.leave();
        drop(vm);
        drop(interp);
        thread.set(Stage::Done);
        lock.release();
    }
}

/// Runs the thread's function; what it raises is reported.
fn run(function: &Value, args: &OwnedArgs, vm: &Vm) {
    if vm.call_args(function, args.as_args()).is_ok() {
        return;
    }
    if vm.raised_is(B::SystemExit) {
        drop(vm.take_exception());
        return;
    }
    let pending = vm.take_exception();
    let shown = vm.repr_text(function);
    vm.restore_exception(pending);
    let message = match shown {
        Ok(shown) => format!("Exception ignored in thread started by {shown}"),
        Err(_) => "Exception ignored in thread".to_owned(),
    };
    vm.write_unraisable(Some(&message), &Value::none());
}

/// Drops what a thread that is about to end holds, while Python code may still run on it.
pub(crate) fn forget(vm: &Vm) {
    super::local::forget_thread(vm);
    drop(vm.take_exception());
    drop(vm.handled.take());
    drop(vm.context.take());
    drop(vm.asyncgen_firstiter.take());
    drop(vm.asyncgen_finalizer.take());
}

/// Starts an OS thread that calls `function`.
fn spawn(function: &Value, args: OwnedArgs, thread: &Arc<Thread>, vm: &Vm) -> PyResult<()> {
    if vm.state::<crate::sys::SysState>().finalizing.get() {
        return Err(vm.raise(B::PythonFinalizationError, "can't create new thread at interpreter shutdown"));
    }
    if !thread.begin() {
        return Err(vm.runtime_error("thread already started"));
    }
    let state = vm.state::<ThreadState>();
    let size = match state.stack_size.get() {
        0 => DEFAULT_STACK,
        size => size.max(1 << 20),
    };
    let parcel = InTransit(Parcel {
        interp: vm.interp_rc().clone(),
        function: function.clone(),
        args,
        thread: thread.clone(),
        recursion_limit: vm.recursion_limit.get(),
    });
    match std::thread::Builder::new().stack_size(size).spawn(move || parcel.run()) {
        Ok(join) => {
            thread.set_ident(join.as_pthread_t());
            state.started.with_mut(|started| {
                if started.len().is_power_of_two() {
                    started.retain(|thread| thread.strong_count() > 0);
                }
                started.push(Arc::downgrade(thread));
            });
            // The new thread cannot have ended yet: it needs the lock that this one holds.
            thread.set(Stage::Running);
            state.count.set(state.count.get() + 1);
            Ok(())
        }
        Err(_) => {
            thread.set(Stage::Done);
            Err(vm.runtime_error("can't start new thread"))
        }
    }
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;
    use pyrope_object::Args;
    use pyrope_object::bind::{OrNone, check_positional};

    fn start_new(args: Args<'_>, name: &str, vm: &Vm) -> PyResult {
        let values = check_positional(name, args, 2, 3, vm)?;
        let function = &values[0];
        if function.ty(vm).slots().call.is_none() {
            return Err(vm.type_error("first arg must be callable"));
        }
        let Some(positional) = values[1].downcast::<Tuple>() else {
            return Err(vm.type_error("2nd arg must be a tuple"));
        };
        vm.audit("_thread.start_new_thread", || {
            [function.clone(), values[1].clone(), values.get(2).cloned().unwrap_or(Value::none())]
        })?;
        let mut args = OwnedArgs { values: positional.as_slice().to_vec(), kwnames: Vec::new() };
        if let Some(keywords) = values.get(2) {
            let Some(keywords) = keywords.downcast::<Dict>() else {
                return Err(vm.type_error("optional 3rd arg must be a dictionary"));
            };
            for entry in keywords.entries() {
                args.kwnames.push(entry.key);
                args.values.push(entry.value);
            }
        }
        let thread = Thread::new();
        spawn(function, args, &thread, vm)?;
        Ok(vm.int_from_u64(thread.ident()))
    }

    /// Start a new thread and return its identifier.
    ///
    /// The thread will call the function with positional arguments from the
    /// tuple args and keyword arguments taken from the optional dictionary
    /// kwargs.  The thread exits when the function returns; the return value
    /// is ignored.  The thread will also exit when the function raises an
    /// unhandled exception; a stack trace will be printed unless the exception
    /// is SystemExit.
    #[pyfunction("start_new_thread($module, function, args, kwargs={}, /)")]
    fn start_new_thread(args: Args<'_>, vm: &Vm) -> PyResult {
        start_new(args, "start_new_thread", vm)
    }

    /// An obsolete synonym of start_new_thread().
    #[pyfunction("start_new($module, function, args, kwargs={}, /)")]
    fn start_new_old(args: Args<'_>, vm: &Vm) -> PyResult {
        start_new(args, "start_new_thread", vm)
    }

    /// *For internal use only*: start a new thread.
    ///
    /// Like start_new_thread(), this starts a new thread calling the given function.
    /// Unlike start_new_thread(), this returns a handle object with methods to join
    /// or detach the given thread.
    /// This function is not for third-party code, please use the
    /// `threading` module instead. During finalization the runtime will not wait for
    /// the thread to exit if daemon is True. If handle is provided it must be a
    /// newly created thread._ThreadHandle instance.
    #[pyfunction("start_joinable_thread(function, handle=None, daemon=True)")]
    fn start_joinable_thread(function: &Value, handle: OrNone<&Value>, daemon: Option<bool>, vm: &Vm) -> PyResult {
        if function.ty(vm).slots().call.is_none() {
            return Err(vm.type_error("thread function must be callable"));
        }
        let handle = handle.into_option();
        vm.audit("_thread.start_joinable_thread", || {
            let daemon = vm.int(daemon.unwrap_or(true).into());
            [function.clone(), daemon, handle.cloned().unwrap_or(Value::none())]
        })?;
        let handle = match handle {
            None => ThreadHandle::of(Thread::new(), vm),
            Some(value) => match value.cast::<ThreadHandle>() {
                Some(handle) => handle,
                None => return Err(vm.type_error("'handle' must be a _ThreadHandle")),
            },
        };
        let args = OwnedArgs { values: Vec::new(), kwnames: Vec::new() };
        spawn(function, args, &handle.thread, vm)?;
        if !daemon.unwrap_or(true) {
            vm.state::<ThreadState>().awaited.with_mut(|awaited| awaited.push(handle.thread.clone()));
        }
        Ok(handle.into_value())
    }
}
