//! `_ThreadHandle`: a thread as others see it.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::OrNone;
use pyrope_object::{BuiltinType as B, Header, PyResult, Ref, Slots, Value, Vm};

use super::locks::time_limit;
use super::{ident, is_main};
use crate::sys::SysState;

/// Where a thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    NotStarted,
    Starting,
    Running,
    Done,
}

/// A thread, whether it has started or not; shared between OS threads.
pub struct Thread {
    /// A [`Stage`]. Not inside the mutex: a thread may hold that when the process is copied, and for ever then.
    stage: AtomicU8,
    waiting: Mutex<()>,
    ended: Condvar,
    ident: AtomicU64,
}

impl Thread {
    fn at(stage: Stage, ident: u64) -> Arc<Thread> {
        Arc::new(Thread {
            stage: AtomicU8::new(stage as u8),
            waiting: Mutex::new(()),
            ended: Condvar::new(),
            ident: AtomicU64::new(ident),
        })
    }

    /// A thread that will be started.
    pub fn new() -> Arc<Thread> {
        Thread::at(Stage::NotStarted, 0)
    }

    /// A thread that was started elsewhere.
    pub fn running(ident: u64) -> Arc<Thread> {
        Thread::at(Stage::Running, ident)
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_done(&self) -> bool {
        self.stage.load(Ordering::Acquire) == Stage::Done as u8
    }

    /// Where it stands now.
    pub fn now(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::NotStarted,
            1 => Stage::Starting,
            2 => Stage::Running,
            _ => Stage::Done,
        }
    }

    /// Goes on to a stage.
    pub fn set(&self, stage: Stage) {
        let _waiting = self.lock();
        self.stage.store(stage as u8, Ordering::Release);
        if stage == Stage::Done {
            self.ended.notify_all();
        }
    }

    /// In the child of a fork: the thread is not there.
    pub fn vanish(&self) {
        self.stage.store(Stage::Done as u8, Ordering::Release);
    }

    /// Goes on to `Starting`; false if it was started before.
    pub fn begin(&self) -> bool {
        let (fresh, starting) = (Stage::NotStarted as u8, Stage::Starting as u8);
        self.stage.compare_exchange(fresh, starting, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// 0 before it runs.
    pub fn ident(&self) -> u64 {
        self.ident.load(Ordering::Acquire)
    }

    pub fn set_ident(&self, ident: u64) {
        self.ident.store(ident, Ordering::Release);
    }

    fn wait(&self, deadline: Option<Instant>) -> bool {
        if self.is_done() {
            return true;
        }
        let mut waiting = self.lock();
        while !self.is_done() {
            match deadline {
                None => waiting = self.ended.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    waiting = self.ended.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        true
    }
}

/// Waits for the end of a thread, or for the timeout; signals interrupt the main thread.
pub fn join(thread: &Arc<Thread>, timeout: Option<Duration>, vm: &Vm) -> PyResult<()> {
    match thread.now() {
        Stage::NotStarted | Stage::Starting => return Err(vm.runtime_error("thread not started")),
        Stage::Done => return Ok(()),
        Stage::Running if thread.ident() == ident(vm) => {
            return Err(vm.runtime_error("Cannot join current thread"));
        }
        // Other threads run no more Python code, and so never end.
        Stage::Running if vm.state::<SysState>().finalizing.get() => {
            return Err(vm.raise(B::PythonFinalizationError, "cannot join thread at interpreter shutdown"));
        }
        Stage::Running => {}
    }
    const SLICE: Duration = Duration::from_millis(50);
    let deadline = timeout.and_then(|t| Instant::now().checked_add(t));
    let interruptible = is_main(vm);
    loop {
        let slice = match (interruptible, deadline) {
            (false, deadline) => deadline,
            (true, None) => Some(Instant::now() + SLICE),
            (true, Some(deadline)) => Some(deadline.min(Instant::now() + SLICE)),
        };
        if vm.allow_threads(|| thread.wait(slice)) || deadline.is_some_and(|d| Instant::now() >= d) {
            return Ok(());
        }
        vm.check_breaker()?;
    }
}

/// A handle on a thread.
#[pyclass(
    name = "_ThreadHandle", module = "_thread", slots = SLOTS, methods(ThreadHandle::METHODS),
    getset(ThreadHandle::GETSETS), flags(WEAKREF), doc = ""
)]
#[derive(pyrope_macros::Traverse)]
pub struct ThreadHandle {
    header: Header,
    #[traverse(skip)]
    pub thread: Arc<Thread>,
}

const SLOTS: Slots = Slots {
    new: Some(|class, args, vm| {
        pyrope_object::bind::check_positional("_ThreadHandle", args, 0, 0, vm)?;
        Ok(Ref::new_in(vm, class, ThreadHandle { header: Header::blank(), thread: Thread::new() }).into_value())
    }),
    repr: Some(|slf, vm| {
        let ident = slf.downcast::<ThreadHandle>().map_or(0, |h| h.thread.ident());
        Ok(vm.new_str(&format!("<_thread._ThreadHandle object: ident={ident}>")).into_value())
    }),
    ..Slots::EMPTY
};

impl ThreadHandle {
    /// A handle on a thread.
    pub fn of(thread: Arc<Thread>, vm: &Vm) -> Ref<ThreadHandle> {
        Ref::new(vm, ThreadHandle { header: Header::blank(), thread })
    }
}

#[pymethods]
impl ThreadHandle {
    #[getter("ident")]
    fn ident(&self, vm: &Vm) -> Value {
        vm.int_from_u64(self.thread.ident())
    }

    #[method("join($self, timeout=None, /)")]
    fn join(&self, timeout: OrNone<&Value>, vm: &Vm) -> PyResult<()> {
        // A negative timeout means none at all, here as in CPython.
        let limit = match timeout.into_option() {
            None => None,
            Some(value) if vm.to_f64(value)? < 0.0 => None,
            Some(value) => time_limit(true, Some(value), vm)?,
        };
        join(&self.thread.clone(), limit, vm)
    }

    #[method("_set_done($self, /)")]
    fn set_done(&self, vm: &Vm) -> PyResult<()> {
        match self.thread.now() {
            Stage::NotStarted | Stage::Starting => Err(vm.runtime_error("thread not started")),
            _ => {
                self.thread.set(Stage::Done);
                Ok(())
            }
        }
    }

    #[method("is_done($self, /)")]
    fn is_done(&self) -> bool {
        self.thread.now() == Stage::Done
    }
}
