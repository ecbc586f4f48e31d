//! The lock that lets the threads of an interpreter take turns.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use crate::vm::{Vm, breaker};

/// One thread of an interpreter holds this while it runs Python code or touches objects. The thread that makes an
/// interpreter holds it first.
pub struct InterpreterLock {
    state: Mutex<State>,
    /// The lock became free.
    freed: Condvar,
    /// The lock changed hands.
    taken: Condvar,
    breaker: Arc<AtomicU32>,
    /// How long a waiting thread lets the other run before it asks for a turn, in microseconds.
    interval: AtomicU64,
}

struct State {
    held: bool,
    waiting: usize,
    /// Counts changes of hands.
    turns: u64,
    /// The one thread that may still take the lock: the interpreter is ending.
    last: Option<ThreadId>,
}

impl State {
    fn is_barred(&self) -> bool {
        self.last.is_some_and(|last| last != std::thread::current().id())
    }
}

/// CPython's switch interval, in microseconds.
const DEFAULT_INTERVAL: u64 = 5000;

impl InterpreterLock {
    pub(crate) fn new(breaker: Arc<AtomicU32>) -> InterpreterLock {
        InterpreterLock {
            state: Mutex::new(State { held: true, waiting: 0, turns: 0, last: None }),
            freed: Condvar::new(),
            taken: Condvar::new(),
            breaker,
            interval: AtomicU64::new(DEFAULT_INTERVAL),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `sys.setswitchinterval`, in seconds.
    pub fn set_interval(&self, seconds: f64) {
        self.interval.store((seconds * 1e6).clamp(1.0, 1e15) as u64, Ordering::Relaxed);
    }

    /// `sys.getswitchinterval`, in seconds.
    pub fn interval(&self) -> f64 {
        self.interval.load(Ordering::Relaxed) as f64 / 1e6
    }

    /// From now on only the calling thread, which holds the lock, gets it: others that ask wait until the process ends.
    pub fn close(&self) {
        let mut state = self.state();
        state.last = Some(std::thread::current().id());
        state.waiting = 0;
        self.breaker.fetch_and(!breaker::LOCK, Ordering::Relaxed);
    }

    /// Waits until this thread may run.
    pub fn acquire(&self) {
        let mut state = self.state();
        while state.is_barred() {
            state = self.taken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting += 1;
        while state.held {
            let turn = state.turns;
            let interval = Duration::from_micros(self.interval.load(Ordering::Relaxed));
            let (guard, timeout) = self.freed.wait_timeout(state, interval).unwrap_or_else(PoisonError::into_inner);
            state = guard;
            if state.is_barred() {
                drop(state);
                return self.acquire();
            }
            if timeout.timed_out() && state.held && state.turns == turn {
                self.breaker.fetch_or(breaker::LOCK, Ordering::Relaxed);
            }
        }
        state.held = true;
        state.waiting -= 1;
        state.turns = state.turns.wrapping_add(1);
        self.breaker.fetch_and(!breaker::LOCK, Ordering::Relaxed);
        self.taken.notify_all();
    }

    /// Lets another thread run.
    pub fn release(&self) {
        let mut state = self.state();
        state.held = false;
        if state.waiting > 0 {
            self.freed.notify_one();
        }
    }

    /// Gives the lock to a thread that waits for it, and waits until that one has it.
    fn hand_over(&self) {
        let mut state = self.state();
        let turn = state.turns;
        state.held = false;
        self.freed.notify_one();
        while state.turns == turn && state.waiting > 0 {
            state = self.taken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Takes the lock back when it goes out of scope, also when the code in between panics.
struct Outside<'a> {
    vm: &'a Vm,
    nested_deaths: u32,
}

impl<'a> Outside<'a> {
    fn leave(vm: &'a Vm) -> Outside<'a> {
        let interp = vm.interp();
        // How deep deaths are nested is the leaving thread's own affair.
        let nested_deaths = interp.nested_deaths.replace(0);
        interp.leave();
        Outside { vm, nested_deaths }
    }
}

impl Drop for Outside<'_> {
    fn drop(&mut self) {
        let interp = self.vm.interp();
        interp.lock.acquire();
        interp.enter(self.vm);
        interp.nested_deaths.set(self.nested_deaths);
    }
}

impl Vm {
    /// Runs code that may block while other threads of the interpreter run. The code must not touch any object.
    pub fn allow_threads<R>(&self, blocking: impl FnOnce() -> R) -> R {
        let _outside = Outside::leave(self);
        self.interp().lock.release();
        blocking()
    }

    /// Lets another thread have its turn, if one asked for it: the answer to [`breaker::LOCK`].
    pub fn yield_lock(&self) {
        let _outside = Outside::leave(self);
        self.interp().lock.hand_over();
    }
}

impl InterpreterLock {
    /// Copies the process while no thread is inside the lock's own methods: none could leave them in the child.
    pub fn during_fork<R>(&self, fork: impl FnOnce() -> R) -> R {
        let _state = self.state();
        fork()
    }

    /// In the child of a fork no other thread is left to wait.
    pub fn reset_after_fork(&self) {
        self.state().waiting = 0;
        self.breaker.fetch_and(!breaker::LOCK, Ordering::Relaxed);
    }
}
