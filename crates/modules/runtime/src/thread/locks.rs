//! `lock` and `RLock`.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::check_positional;
use pyrope_object::{BuiltinType as B, Header, PyResult, Ref, Slots, Tuple, Value, Vm};

use super::{TIMEOUT_MAX, ident, is_main};

/// A lock that one thread takes and any thread gives back. Waiting happens without the interpreter's lock.
#[derive(Default)]
pub struct RawLock {
    state: Mutex<LockState>,
    freed: Condvar,
}

#[derive(Default)]
struct LockState {
    locked: bool,
    /// Threads that wait; without them nobody needs to be woken.
    waiting: usize,
}

/// How long the main thread waits before it looks for signals.
const SIGNAL_SLICE: Duration = Duration::from_millis(50);

impl RawLock {
    fn state(&self) -> MutexGuard<'_, LockState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock if it is free.
    pub fn try_acquire(&self) -> bool {
        !std::mem::replace(&mut self.state().locked, true)
    }

    pub fn is_locked(&self) -> bool {
        self.state().locked
    }

    /// Frees the lock; false if it was free.
    pub fn release(&self) -> bool {
        let mut state = self.state();
        let was = std::mem::replace(&mut state.locked, false);
        if state.waiting > 0 {
            self.freed.notify_one();
        }
        was
    }

    /// Waits for the lock until `deadline`; true if it was taken.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.state();
        state.waiting += 1;
        let mut late = false;
        while state.locked && !late {
            match deadline {
                None => state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    late = left.is_zero();
                    if !late {
                        state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
                    }
                }
            }
        }
        state.waiting -= 1;
        // Free at the last moment counts too: the wake-up that came with it went to nobody else.
        !std::mem::replace(&mut state.locked, true)
    }
}

/// Takes a lock, letting other threads run while it waits; signals interrupt the main thread. False at the timeout.
pub fn acquire(lock: &Arc<RawLock>, timeout: Option<Duration>, vm: &Vm) -> PyResult<bool> {
    if lock.try_acquire() {
        return Ok(true);
    }
    if timeout.is_some_and(|t| t.is_zero()) {
        return Ok(false);
    }
    let lock = lock.clone();
    let deadline = timeout.and_then(|t| Instant::now().checked_add(t));
    let interruptible = is_main(vm);
    loop {
        let slice = match (interruptible, deadline) {
            (false, deadline) => deadline,
            (true, None) => Some(Instant::now() + SIGNAL_SLICE),
            (true, Some(deadline)) => Some(deadline.min(Instant::now() + SIGNAL_SLICE)),
        };
        if vm.allow_threads(|| lock.wait(slice)) {
            return Ok(true);
        }
        vm.check_breaker()?;
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(false);
        }
    }
}

/// The `blocking` and `timeout` arguments of `acquire`: no time limit is `None`.
pub fn time_limit(blocking: bool, timeout: Option<&Value>, vm: &Vm) -> PyResult<Option<Duration>> {
    let seconds = match timeout {
        None => -1.0,
        Some(value) => vm.to_f64(value)?,
    };
    if !blocking && seconds != -1.0 {
        return Err(vm.value_error("can't specify a timeout for a non-blocking call"));
    }
    if seconds.is_nan() {
        return Err(vm.value_error("Invalid value NaN (not a number)"));
    }
    if seconds < 0.0 && seconds != -1.0 {
        return Err(vm.value_error("timeout value must be a non-negative number"));
    }
    if seconds.abs() > 9_223_372_036.854_775 {
        return Err(vm.overflow_error("timestamp out of range for C PyTime_t"));
    }
    if seconds > TIMEOUT_MAX {
        return Err(vm.overflow_error("timeout value is too large"));
    }
    Ok(match (blocking, seconds) {
        (false, _) => Some(Duration::ZERO),
        (true, -1.0) => None,
        (true, seconds) => Some(Duration::from_secs_f64(seconds)),
    })
}

/// A lock object is a synchronization primitive.  To create a lock,
/// call threading.Lock().  Methods are:
///
/// acquire() -- lock the lock, possibly blocking until it can be obtained
/// release() -- unlock of the lock
/// locked() -- test whether the lock is currently locked
///
/// A lock is not owned by the thread that locked it; another thread may
/// unlock it.  A thread attempting to lock a lock that it has already locked
/// will block until another thread unlocks it.  Deadlocks may ensue.
#[pyclass(
    name = "lock", module = "_thread", signature = "()", flags(WEAKREF), slots = LOCK_SLOTS, methods(Lock::METHODS)
)]
#[derive(pyrope_macros::Traverse)]
pub struct Lock {
    header: Header,
    #[traverse(skip)]
    raw: Arc<RawLock>,
}

const LOCK_SLOTS: Slots = Slots {
    new: Some(|class, args, vm| {
        check_positional("lock", args, 0, 0, vm)?;
        Ok(Ref::new_in(vm, class, Lock { header: Header::blank(), raw: Arc::default() }).into_value())
    }),
    repr: Some(|slf, vm| {
        let Some(this) = slf.downcast::<Lock>() else { return Ok(Value::not_implemented()) };
        let state = if this.raw.is_locked() { "locked" } else { "unlocked" };
        let kind = pyrope_object::bind::full_type_name(slf, vm);
        Ok(vm.new_str(&format!("<{state} {kind} object at {:#x}>", slf.id())).into_value())
    }),
    ..Slots::EMPTY
};

impl Lock {
    /// An unlocked lock, as a value.
    #[allow(clippy::new_ret_no_self, reason = "an object is its value")]
    pub fn new(vm: &Vm) -> Value {
        Ref::new(vm, Lock { header: Header::blank(), raw: Arc::default() }).into_value()
    }

    fn take(&self, blocking: Option<bool>, timeout: Option<&Value>, vm: &Vm) -> PyResult<bool> {
        acquire(&self.raw, time_limit(blocking.unwrap_or(true), timeout, vm)?, vm)
    }

    fn free(&self, vm: &Vm) -> PyResult<()> {
        if self.raw.release() { Ok(()) } else { Err(vm.runtime_error("release unlocked lock")) }
    }
}

#[pymethods]
impl Lock {
    /// Lock the lock.
    ///
    /// Without argument, this blocks if the lock is already
    /// locked (even by the same thread), waiting for another thread to release
    /// the lock, and return True once the lock is acquired.
    /// With an argument, this will only block if the argument is true,
    /// and the return value reflects whether the lock is acquired.
    /// The blocking operation is interruptible.
    #[method("acquire($self, /, blocking=True, timeout=-1)")]
    fn acquire(&self, blocking: Option<bool>, timeout: Option<&Value>, vm: &Vm) -> PyResult<bool> {
        let waits = self.raw.is_locked();
        let taken = self.take(blocking, timeout, vm)?;
        // What came meanwhile interrupts the call, not whatever is done next.
        if waits { vm.check_breaker().map(|()| taken) } else { Ok(taken) }
    }

    /// An obsolete synonym of acquire().
    #[method("acquire_lock($self, /, blocking=True, timeout=-1)")]
    fn acquire_lock(&self, blocking: Option<bool>, timeout: Option<&Value>, vm: &Vm) -> PyResult<bool> {
        self.take(blocking, timeout, vm)
    }

    /// Release the lock.
    ///
    /// Allows another thread that is blocked waiting for
    /// the lock to acquire the lock.  The lock must be in the locked state,
    /// but it needn't be locked by the same thread that unlocks it.
    #[method("release($self, /)")]
    fn release(&self, vm: &Vm) -> PyResult<()> {
        self.free(vm)
    }

    /// An obsolete synonym of release().
    #[method("release_lock($self, /)")]
    fn release_lock(&self, vm: &Vm) -> PyResult<()> {
        self.free(vm)
    }

    /// Return whether the lock is in the locked state.
    #[method("locked($self, /)")]
    fn locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// An obsolete synonym of locked().
    #[method("locked_lock($self, /)")]
    fn locked_lock(&self) -> bool {
        self.raw.is_locked()
    }

    /// Lock the lock.
    #[method("__enter__($self, /)")]
    fn enter(&self, vm: &Vm) -> PyResult<bool> {
        self.take(None, None, vm)
    }

    /// Release the lock.
    #[method("__exit__($self, /, *exc_info)")]
    fn exit(&self, _exc_info: &[Value], vm: &Vm) -> PyResult<()> {
        self.free(vm)
    }

    #[method("_at_fork_reinit($self, /)")]
    fn at_fork_reinit(&self) {
        self.raw.release();
    }
}

/// RLock()
///
/// A reentrant lock: the thread that holds it may take it again.
#[pyclass(
    name = "RLock", module = "_thread", flags(WEAKREF, BASETYPE), slots = RLOCK_SLOTS, methods(RLock::METHODS), doc = ""
)]
#[derive(pyrope_macros::Traverse)]
pub struct RLock {
    header: Header,
    #[traverse(skip)]
    raw: Arc<RawLock>,
    /// The holder's ident; 0 for none.
    #[traverse(skip)]
    owner: Cell<u64>,
    #[traverse(skip)]
    count: Cell<u64>,
}

const RLOCK_SLOTS: Slots = Slots {
    new: Some(|class, args, vm| {
        // A class of one's own may take what it likes.
        let inherits = class.slots().init.map(|init| init as usize)
            == vm.builtin(B::Object).slots().init.map(|init| init as usize);
        if !args.is_empty() && inherits {
            let message = "Passing arguments to RLock is deprecated and will be removed in 3.15";
            vm.warn(B::DeprecationWarning, message, 1)?;
        }
        let (raw, owner, count) = (Arc::default(), Cell::new(0), Cell::new(0));
        Ok(Ref::new_in(vm, class, RLock { header: Header::blank(), raw, owner, count }).into_value())
    }),
    repr: Some(|slf, vm| {
        let Some(this) = slf.downcast::<RLock>() else { return Ok(Value::not_implemented()) };
        let state = if this.count.get() > 0 { "locked" } else { "unlocked" };
        let kind = pyrope_object::bind::full_type_name(slf, vm);
        let (owner, count) = (this.owner.get(), this.count.get());
        let text = format!("<{state} {kind} object owner={owner} count={count} at {:#x}>", slf.id());
        Ok(vm.new_str(&text).into_value())
    }),
    ..Slots::EMPTY
};

impl RLock {
    fn is_mine(&self, vm: &Vm) -> bool {
        self.count.get() > 0 && self.owner.get() == ident(vm)
    }

    fn take(&self, blocking: Option<bool>, timeout: Option<&Value>, vm: &Vm) -> PyResult<bool> {
        let limit = time_limit(blocking.unwrap_or(true), timeout, vm)?;
        if self.is_mine(vm) {
            self.count.set(self.count.get() + 1);
            return Ok(true);
        }
        let taken = acquire(&self.raw, limit, vm)?;
        if taken {
            self.owner.set(ident(vm));
            self.count.set(1);
        }
        Ok(taken)
    }

    fn free(&self, vm: &Vm) -> PyResult<()> {
        if !self.is_mine(vm) {
            return Err(vm.runtime_error("cannot release un-acquired lock"));
        }
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0 {
            self.owner.set(0);
            self.raw.release();
        }
        Ok(())
    }
}

#[pymethods]
impl RLock {
    /// Lock the lock.
    ///
    /// `blocking` indicates whether we should wait
    /// for the lock to be available or not.  If `blocking` is False
    /// and another thread holds the lock, the method will return False
    /// immediately.  If `blocking` is True and another thread holds
    /// the lock, the method will wait for the lock to be released,
    /// take it and then return True.
    /// (note: the blocking operation is interruptible.)
    ///
    /// In all other cases, the method will return True immediately.
    /// Precisely, if the current thread already holds the lock, its
    /// internal counter is simply incremented. If nobody holds the lock,
    /// the lock is taken and its internal counter initialized to 1.
    #[method("acquire($self, /, blocking=True, timeout=-1)")]
    fn acquire(&self, blocking: Option<bool>, timeout: Option<&Value>, vm: &Vm) -> PyResult<bool> {
        self.take(blocking, timeout, vm)
    }

    /// Release the lock.
    ///
    /// Allows another thread that is blocked waiting for
    /// the lock to acquire the lock.  The lock must be in the locked state,
    /// and must be locked by the same thread that unlocks it; otherwise a
    /// `RuntimeError` is raised.
    ///
    /// Do note that if the lock was acquire()d several times in a row by the
    /// current thread, release() needs to be called as many times for the lock
    /// to be available for other threads.
    #[method("release($self, /)")]
    fn release(&self, vm: &Vm) -> PyResult<()> {
        self.free(vm)
    }

    /// Return a boolean indicating whether this object is locked right now.
    #[method("locked($self, /)")]
    fn locked(&self) -> bool {
        self.count.get() > 0
    }

    /// For internal use by `threading.Condition`.
    #[method("_is_owned($self, /)")]
    fn is_owned(&self, vm: &Vm) -> bool {
        self.is_mine(vm)
    }

    /// For internal use by reentrancy tests.
    #[method("_recursion_count($self, /)")]
    fn recursion_count(&self, vm: &Vm) -> Value {
        vm.int_from_u64(if self.is_mine(vm) { self.count.get() } else { 0 })
    }

    /// For internal use by `threading.Condition`.
    #[method("_acquire_restore($self, state, /)")]
    fn acquire_restore(&self, state: &Tuple, vm: &Vm) -> PyResult<()> {
        let [count, owner] = state.as_slice() else {
            return Err(vm.type_error("_acquire_restore() argument 1 must be a pair"));
        };
        let number = |value: &Value| -> PyResult<u64> {
            let n = vm.index_i64(value)?.and_then(|n| u64::try_from(n).ok());
            n.ok_or_else(|| vm.overflow_error("can't convert negative int to unsigned"))
        };
        let (count, owner) = (number(count)?, number(owner)?);
        acquire(&self.raw, None, vm)?;
        self.count.set(count);
        self.owner.set(owner);
        Ok(())
    }

    /// For internal use by `threading.Condition`.
    #[method("_release_save($self, /)")]
    fn release_save(&self, vm: &Vm) -> PyResult {
        if self.count.get() == 0 {
            return Err(vm.runtime_error("cannot release un-acquired lock"));
        }
        let (count, owner) = (self.count.replace(0), self.owner.replace(0));
        self.raw.release();
        Ok(vm.tuple_of([vm.int_from_u64(count), vm.int_from_u64(owner)]).into_value())
    }

    /// Lock the lock.
    #[method("__enter__($self, /)")]
    fn enter(&self, vm: &Vm) -> PyResult<bool> {
        self.take(None, None, vm)
    }

    /// Release the lock.
    #[method("__exit__($self, /, *exc_info)")]
    fn exit(&self, _exc_info: &[Value], vm: &Vm) -> PyResult<()> {
        self.free(vm)
    }

    #[method("_at_fork_reinit($self, /)")]
    fn at_fork_reinit(&self) {
        self.owner.set(0);
        self.count.set(0);
        self.raw.release();
    }
}
