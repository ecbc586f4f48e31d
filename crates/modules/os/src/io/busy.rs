//! One operation at a time on a buffered stream.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use pyrope_object::{PyResult, Value, Vm};

/// How long to wait, when the interpreter ends, for a thread that will not run any more.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

/// Says that an operation is under way, and whose. The interpreter's lock guards all but the count, which threads wait for
/// without it.
#[derive(Default)]
pub(super) struct Busy {
    owner: Cell<Option<usize>>,
    waiting: Cell<usize>,
    /// Operations that ended while others waited.
    ended: Mutex<u64>,
    freed: Condvar,
}

impl Busy {
    /// Begins an operation. RuntimeError if this thread is in the middle of one (a signal handler may come back here).
    pub fn enter(&self, slf: &Value, vm: &Vm) -> PyResult<()> {
        // Each thread has a context of its own.
        let me = std::ptr::from_ref(vm).addr();
        loop {
            match self.owner.get() {
                None => {
                    self.owner.set(Some(me));
                    return Ok(());
                }
                Some(owner) if owner == me => {
                    return Err(vm.runtime_error(format!("reentrant call inside {}", vm.repr_text(slf)?)));
                }
                Some(_) => self.wait(slf, vm)?,
            }
        }
    }

    pub fn leave(&self) {
        self.owner.set(None);
        if self.waiting.get() > 0 {
            *self.ended.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            self.freed.notify_all();
        }
    }

    /// Waits until an operation ends.
    fn wait(&self, slf: &Value, vm: &Vm) -> PyResult<()> {
        let patience = if is_finalizing(vm)? { Some(LAST_PATIENCE) } else { None };
        let before = *self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.set(self.waiting.get() + 1);
        let freed = vm.allow_threads(|| {
            let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            match patience {
                None => {
                    drop(self.freed.wait_while(ended, |now| *now == before));
                    true
                }
                Some(patience) => match self.freed.wait_timeout_while(ended, patience, |now| *now == before) {
                    Ok((_, outcome)) => !outcome.timed_out(),
                    Err(_) => false,
                },
            }
        });
        self.waiting.set(self.waiting.get() - 1);
        if !freed {
            give_up(slf, vm);
        }
        Ok(())
    }
}

fn is_finalizing(vm: &Vm) -> PyResult<bool> {
    let answer = vm.call_method(&vm.import("sys")?, "is_finalizing", &[])?;
    vm.is_true(&answer)
}

/// The thread that holds the stream is gone for good: nothing sensible can be done.
fn give_up(slf: &Value, vm: &Vm) -> ! {
    let shown = vm.repr_text(slf).unwrap_or_default();
    eprintln!(
        "Fatal Python error: _enter_buffered_busy: could not acquire lock for {shown} at interpreter shutdown, possibly \
         due to daemon threads\nPython runtime state: finalizing\n"
    );
    std::process::abort()
}
