//! `_thread`: locks, thread-local data, and threads themselves.

mod handle;
mod local;
mod locks;
mod start;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use pyrope_object::layout::Str;
use pyrope_object::vm::breaker;
use pyrope_object::{BuiltinType as B, Guarded, ModuleDef, Object, PyResult, Type, Value, Vm};
use pyrope_types::model::module::module_dict;
use pyrope_types::model::structseq::{StructSequence, struct_sequence_type};

use handle::Thread;

pub(crate) use start::forget;
pub use start::ident;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_thread",
    doc: "This module provides primitive operations to write multi-threaded programs.\nThe 'threading' module provides a \
          more convenient interface.",
    functions: &[functions::FUNCTIONS, start::functions::FUNCTIONS],
    types: &[
        <locks::Lock as Object>::def,
        <locks::RLock as Object>::def,
        <local::Local as Object>::def,
        <handle::ThreadHandle as Object>::def,
    ],
    exec: Some(exec),
};

/// The longest wait, in seconds.
const TIMEOUT_MAX: f64 = 9_223_372_036.0;
/// Longer names are cut.
const NAME_MAX: usize = 15;

static EXCEPT_HOOK_ARGS: StructSequence = StructSequence {
    name: "_thread._ExceptHookArgs",
    doc: "ExceptHookArgs\n\nType used to pass arguments to threading.excepthook.",
    fields: &[
        ("exc_type", "Exception type"),
        ("exc_value", "Exception value"),
        ("exc_traceback", "Exception traceback"),
        ("thread", "Thread"),
    ],
    visible: 4,
};

/// The threads of an interpreter.
#[derive(Default)]
struct ThreadState {
    main_ident: Cell<u64>,
    /// Threads that run besides the main one.
    count: Cell<usize>,
    /// 0 for the default.
    stack_size: Cell<usize>,
    /// Threads that were started; those that ended may still be among them.
    started: Guarded<Vec<Weak<Thread>>>,
    /// Threads to wait for at the end.
    awaited: Guarded<Vec<Arc<Thread>>>,
    /// Weak references to the `_local` objects that hold data of each thread.
    locals: Guarded<HashMap<u64, Vec<Value>>>,
    hook_args: Guarded<Option<Value>>,
}

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    dict.set_str("LockType", vm.type_of::<locks::Lock>().to_value(), vm)?;
    dict.set_str("TIMEOUT_MAX", vm.float(TIMEOUT_MAX), vm)?;
    dict.set_str("_NAME_MAXLEN", vm.int(NAME_MAX as i64), vm)?;
    dict.set_str("error", vm.builtin(B::RuntimeError).to_value(), vm)?;
    let hook_args = struct_sequence_type(&EXCEPT_HOOK_ARGS, vm)?.into_value();
    dict.set_str("_ExceptHookArgs", hook_args.clone(), vm)?;
    let state = vm.state::<ThreadState>();
    state.hook_args.set(Some(hook_args));
    if state.main_ident.get() == 0 {
        state.main_ident.set(ident(vm));
    }
    Ok(())
}

/// True on the thread that first used threads: the main one.
fn is_main(vm: &Vm) -> bool {
    vm.state::<ThreadState>().main_ident.get() == ident(vm)
}

/// What the machine does when it looks up from its work: lets other threads run, and collects.
pub fn check_breaker(vm: &Vm) -> PyResult<()> {
    if vm.interp().breaker.load(Ordering::Relaxed) & breaker::LOCK != 0 {
        vm.yield_lock();
    }
    vm.interp().collect_if_wanted(vm);
    if vm.interp().breaker.load(Ordering::Relaxed) & breaker::BUDGET != 0 {
        return check_budget(vm);
    }
    Ok(())
}

/// Small objects were made beyond the budget: MemoryError, unless a collection brings the heap back.
#[cold]
fn check_budget(vm: &Vm) -> PyResult<()> {
    vm.interp().breaker.fetch_and(!breaker::BUDGET, Ordering::Relaxed);
    let heap = &vm.interp().heap;
    heap.trim();
    if !heap.refuses() {
        return Ok(());
    }
    vm.interp().collect(2, vm);
    heap.trim();
    if heap.is_overdrawn() { Err(vm.memory_error()) } else { Ok(()) }
}

/// In the child of a fork only the calling thread is left.
pub fn after_fork_child(vm: &Vm) {
    vm.interp().lock.reset_after_fork();
    vm.interp().keep_only(vm);
    crate::interpreters::family::after_fork(vm);
    vm.ident.set(0);
    let state = vm.state::<ThreadState>();
    state.main_ident.set(ident(vm));
    state.count.set(0);
    drop(state.awaited.take());
    for thread in state.started.take().iter().filter_map(Weak::upgrade).filter(|thread| thread.ident() != ident(vm)) {
        thread.vanish();
    }
}

/// Prints what `threading.excepthook` prints.
fn excepthook(args: &Value, vm: &Vm) -> PyResult<()> {
    let state = vm.state::<ThreadState>();
    let expected = state.hook_args.get();
    let fits = expected.as_ref().and_then(|t| t.downcast::<Type>()).is_some_and(|t| args.ty(vm).is(t));
    if !fits {
        return Err(vm.type_error("_thread.excepthook argument type must be ExceptHookArgs"));
    }
    let parts = vm.collect(args)?;
    let [class, value, traceback, thread] = parts.as_slice() else { return Ok(()) };
    if class.is(&vm.builtin(B::SystemExit).to_value()) {
        return Ok(());
    }
    let name = match thread.is_none() {
        true => None,
        false => vm.find_attr_str(thread, "_name")?,
    };
    let name = match name {
        Some(name) => vm.str(&name)?.to_string_lossy().into_owned(),
        None => ident(vm).to_string(),
    };
    let mut stream = crate::sys::get(vm, "stderr")?.filter(|s| !s.is_none());
    if stream.is_none() && !thread.is_none() {
        stream = vm.find_attr_str(thread, "_stderr")?.filter(|s| !s.is_none());
    }
    let Some(stream) = stream else { return Ok(()) };
    let head = vm.new_str(&format!("Exception in thread {name}:\n")).into_value();
    vm.call_method(&stream, "write", &[head])?;
    let exception = match value.is_none() {
        true => vm.call(class, &[])?,
        false => value.clone(),
    };
    if !traceback.is_none() {
        vm.set_attr(&exception, vm.names().__traceback__.as_value(), Some(traceback))?;
    }
    crate::sys::show_exception(&exception, vm)?;
    vm.call_method(&stream, "flush", &[]).map(drop)
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Create a new lock object.
    ///
    /// See help(type(threading.Lock())) for information about locks.
    #[pyfunction("allocate_lock()")]
    fn allocate_lock(vm: &Vm) -> Value {
        locks::Lock::new(vm)
    }

    /// An obsolete synonym of allocate_lock().
    #[pyfunction("allocate()")]
    fn allocate(vm: &Vm) -> Value {
        locks::Lock::new(vm)
    }

    /// Return a non-zero integer that uniquely identifies the current thread
    /// amongst other threads that exist simultaneously.
    ///
    /// This may be used to identify per-thread resources.  Even though on
    /// some platforms threads identities may appear to be allocated
    /// consecutive numbers starting at 1, this behavior should not be relied
    /// upon, and the number should be seen purely as a magic cookie.
    /// A thread's identity may be reused for another thread after it exits.
    #[pyfunction("get_ident()")]
    fn get_ident(vm: &Vm) -> Value {
        vm.int_from_u64(ident(vm))
    }

    /// Internal only. Return a non-zero integer that uniquely identifies the main thread
    /// of the main interpreter.
    #[pyfunction("_get_main_thread_ident()")]
    fn get_main_thread_ident(vm: &Vm) -> Value {
        vm.int_from_u64(vm.state::<ThreadState>().main_ident.get())
    }

    /// Return True if the current interpreter is the main Python interpreter.
    #[pyfunction("_is_main_interpreter()")]
    fn is_main_interpreter() -> bool {
        true
    }

    /// Return a non-negative integer identifying the thread as reported
    /// by the OS (kernel). This may be used to uniquely identify a
    /// particular thread within a system.
    #[pyfunction("get_native_id()")]
    fn get_native_id(vm: &Vm) -> Value {
        vm.int(start::native_id())
    }

    /// Return the number of currently running Python threads, excluding
    /// the main thread.
    #[pyfunction("_count()")]
    fn count(vm: &Vm) -> Value {
        vm.int_from_usize(vm.state::<ThreadState>().count.get())
    }

    /// Return the thread stack size used when creating new threads.
    #[pyfunction("stack_size(size=0, /)")]
    fn stack_size(size: isize, vm: &Vm) -> PyResult {
        const LEAST: isize = 53248;
        let state = vm.state::<ThreadState>();
        let old = state.stack_size.get();
        if size != 0 && size < LEAST {
            return Err(vm.value_error(format!("size must be at least {LEAST} bytes")));
        }
        state.stack_size.set(size as usize);
        Ok(vm.int_from_usize(old))
    }

    /// Return True if daemon threads are allowed in the current interpreter,
    /// and False otherwise.
    #[pyfunction("daemon_threads_allowed()")]
    fn daemon_threads_allowed(vm: &Vm) -> bool {
        crate::interpreters::family::config(vm).allow_daemon_threads
    }

    /// Handle uncaught Thread.run() exception.
    #[pyfunction("_excepthook(args, /)")]
    fn excepthook(args: &Value, vm: &Vm) -> PyResult<()> {
        super::excepthook(args, vm)
    }

    /// Synonym for exit().
    #[pyfunction("exit_thread()")]
    fn exit_thread(vm: &Vm) -> PyResult {
        Err(vm.raise_with(B::SystemExit, &[]))
    }

    /// This is synonymous to ``raise SystemExit''.  It will cause the current
    /// thread to exit silently unless the exception is caught.
    #[pyfunction("exit()")]
    fn exit(vm: &Vm) -> PyResult {
        Err(vm.raise_with(B::SystemExit, &[]))
    }

    /// Simulate the arrival of the given signal in the main thread,
    /// where the corresponding signal handler will be executed.
    /// If *signum* is omitted, SIGINT is assumed.
    /// A subthread can use this function to interrupt the main thread.
    ///
    /// Note: the default signal handler for SIGINT raises ``KeyboardInterrupt``.
    #[pyfunction("interrupt_main(signum=2, /)")]
    fn interrupt_main(signum: i32, vm: &Vm) -> PyResult<()> {
        if !(1..=64).contains(&signum) {
            return Err(vm.value_error("signal number out of range"));
        }
        let signal = vm.import("_signal")?;
        let handler = vm.call_method(&signal, "getsignal", &[vm.int(i64::from(signum))])?;
        if handler.ty(vm).slots().call.is_some() {
            start::send_signal(signum);
        }
        vm.check_breaker()
    }

    /// Set the name of the current thread.
    #[pyfunction("set_name(name)")]
    fn set_name(name: &Str) {
        start::set_name(name.to_string_lossy().as_bytes());
    }

    /// Get the name of the current thread.
    #[pyfunction("_get_name()")]
    fn get_name(vm: &Vm) -> PyResult {
        Ok(crate::imp::fs_text(&start::name(), vm)?.into_value())
    }

    /// Internal only. Make a thread handle for threads not spawned
    /// by the _thread or threading module.
    #[pyfunction("_make_thread_handle(ident, /)")]
    fn make_thread_handle(ident: u64, vm: &Vm) -> Value {
        handle::ThreadHandle::of(Thread::running(ident), vm).into_value()
    }

    /// Wait for all non-daemon threads (other than the calling thread) to stop.
    #[pyfunction("_shutdown()")]
    fn shutdown(vm: &Vm) -> PyResult<()> {
        let state = vm.state::<ThreadState>();
        while let Some(thread) = state.awaited.with_mut(Vec::pop) {
            if thread.ident() != ident(vm) {
                handle::join(&thread, None, vm)?;
            }
        }
        Ok(())
    }
}
