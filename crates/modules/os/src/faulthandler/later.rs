//! `dump_traceback_later`: a thread that waits, and shows the others when the time is up.

use std::ptr::NonNull;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyrope_object::Vm;
use pyrope_object::interpreter::Interpreter;
use pyrope_object::lock::InterpreterLock;

use super::dump;

/// What was asked for.
pub struct Plan {
    pub microseconds: u64,
    pub repeat: bool,
    pub exit: bool,
    pub fd: i32,
}

#[derive(Default)]
struct Cancelled {
    flag: Mutex<bool>,
    changed: Condvar,
}

/// A dump to come; none comes any more once this is dropped.
pub struct Later {
    cancelled: Arc<Cancelled>,
}

impl Drop for Later {
    fn drop(&mut self) {
        *self.cancelled.flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.cancelled.changed.notify_all();
    }
}

/// The interpreter as its watcher knows it: to be looked at only under the lock, and only if it was not cancelled.
struct Watched {
    interp: NonNull<Interpreter>,
    lock: Arc<InterpreterLock>,
}

// SAFETY: the pointer is used only while the watcher holds the interpreter's lock, and `Later`, which the interpreter
// owns, says before it goes that nobody may use it any more.
unsafe impl Send for Watched {}

impl Watched {
    fn dump(&self, plan: &Plan, cancelled: &Cancelled) {
        self.lock.acquire();
        if !*cancelled.flag.lock().unwrap_or_else(PoisonError::into_inner) {
            dump::write(plan.fd, &heading(plan.microseconds));
            // SAFETY: see `Watched`: not cancelled, and the lock is held.
            dump::write(plan.fd, &dump::all_threads(unsafe { self.interp.as_ref() }, None));
            if plan.exit {
                // SAFETY: ends the process at once, as was asked.
                unsafe { libc::_exit(1) };
            }
        }
        self.lock.release();
    }
}

fn heading(microseconds: u64) -> String {
    let (seconds, rest) = (microseconds / 1_000_000, microseconds % 1_000_000);
    let clock = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest == 0 { format!("Timeout ({clock})!\n") } else { format!("Timeout ({clock}.{rest:06})!\n") }
}

impl Later {
    /// Starts the thread; `None` if there can be none.
    pub fn start(plan: Plan, vm: &Vm) -> Option<Later> {
        let cancelled = Arc::new(Cancelled::default());
        let watched = Watched { interp: NonNull::from(vm.interp()), lock: vm.interp().lock.clone() };
        let seen = cancelled.clone();
        let run = move || {
            super::users::block_signals();
            let watched = watched;
            let step = Duration::from_micros(plan.microseconds);
            let mut due = Instant::now().checked_add(step);
            loop {
                let flag = seen.flag.lock().unwrap_or_else(PoisonError::into_inner);
                let left = due.map_or(Duration::MAX, |due| due.saturating_duration_since(Instant::now()));
                let Ok((flag, _)) = seen.changed.wait_timeout_while(flag, left, |cancelled| !*cancelled) else {
                    return;
                };
                if *flag {
                    return;
                }
                drop(flag);
                watched.dump(&plan, &seen);
                if !plan.repeat {
                    return;
                }
                due = due.and_then(|due| due.checked_add(step));
            }
        };
        std::thread::Builder::new().name("watchdog".to_owned()).spawn(run).ok()?;
        Some(Later { cancelled })
    }
}
