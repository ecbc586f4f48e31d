//! `register`: tracebacks on a signal of the user's choice.
//!
//! The handler notes the signal. The thread that got it shows the traceback when it looks up from its work; if it does not
//! run Python code then, a helper that wakes on the handler's word takes the interpreter's lock and does so.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use pyrope_object::interpreter::Interpreter;
use pyrope_object::vm::breaker;
use pyrope_object::{Vm, lock::InterpreterLock};

use super::{INTERPRETER, dump};
use crate::system::os_call;

/// Signals are numbered below this.
pub const COUNT: usize = 65;

/// How to answer a signal.
#[derive(Clone, Copy)]
pub struct User {
    pub fd: i32,
    pub all_threads: bool,
    /// Then the handler that was there before has its turn.
    pub chain: bool,
}

#[derive(Clone, Copy)]
struct Registered {
    user: User,
    previous: libc::sigaction,
}

static USERS: Mutex<[Option<Registered>; COUNT]> = Mutex::new([None; COUNT]);
/// Signals that arrived and were not answered yet, one bit each (bit 0 for signal 1).
static PENDING: AtomicU64 = AtomicU64::new(0);
/// The thread that got the last one of each.
static RECEIVERS: [AtomicU64; COUNT] = [const { AtomicU64::new(0) }; COUNT];

/// A semaphore, which a handler may raise.
struct Bell(UnsafeCell<MaybeUninit<libc::sem_t>>);

// SAFETY: semaphores are made for use by several threads; it is set up before anybody knows of it.
unsafe impl Sync for Bell {}

static BELL: Bell = Bell(UnsafeCell::new(MaybeUninit::uninit()));

impl Bell {
    fn pointer(&self) -> *mut libc::sem_t {
        self.0.get().cast()
    }
}

extern "C" fn arrived(signal: libc::c_int) {
    let Some(receiver) = usize::try_from(signal).ok().and_then(|at| RECEIVERS.get(at)) else { return };
    // SAFETY: reads and restores this thread's errno.
    let saved = unsafe { *libc::__errno_location() };
    receiver.store(os_call!(libc::pthread_self()) as u64, Ordering::SeqCst);
    PENDING.fetch_or(1 << (signal - 1), Ordering::SeqCst);
    // SAFETY: the interpreter lives as long as handlers of its are installed.
    if let Some(interp) = unsafe { INTERPRETER.load(Ordering::SeqCst).as_ref() } {
        interp.breaker.fetch_or(breaker::SIGNAL, Ordering::SeqCst);
    }
    os_call!(libc::sem_post(BELL.pointer()));
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = saved };
}

/// Keeps all signals away from the calling thread.
pub fn block_signals() {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    os_call!(libc::sigfillset(all.as_mut_ptr()));
    os_call!(libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut()));
}

fn registered(signal: usize) -> Option<Registered> {
    USERS.lock().ok().and_then(|users| users.get(signal).copied().flatten())
}

fn set_action(signal: i32, action: &libc::sigaction, previous: *mut libc::sigaction) -> bool {
    os_call!(libc::sigaction(signal, action, previous)) == 0
}

fn own_action(chain: bool) -> libc::sigaction {
    // SAFETY: a plain C struct, for which zero is a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = arrived as *const () as usize;
    // With a chain, the signal must be able to come again while it is handled.
    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK | if chain { libc::SA_NODEFER } else { 0 };
    action
}

/// Installs a handler; false if the system refuses.
pub fn register(signal: i32, user: User, vm: &Vm) -> bool {
    start_helper(vm);
    let Ok(mut users) = USERS.lock() else { return false };
    let Some(place) = usize::try_from(signal).ok().and_then(|at| users.get_mut(at)) else { return false };
    // SAFETY: a plain C struct, for which zero is a value.
    let mut previous: libc::sigaction = unsafe { std::mem::zeroed() };
    if !set_action(signal, &own_action(user.chain), &mut previous) {
        return false;
    }
    let previous = place.as_ref().map_or(previous, |known| known.previous);
    *place = Some(Registered { user, previous });
    true
}

/// Puts the handler back that was there before. False if nothing was registered.
pub fn unregister(signal: i32) -> bool {
    let known = USERS.lock().ok().and_then(|mut users| users.get_mut(signal as usize)?.take());
    match known {
        Some(known) => {
            set_action(signal, &known.previous, std::ptr::null_mut());
            true
        }
        None => false,
    }
}

/// Answers the signals that arrived; the machine calls it when it looks up.
#[inline]
pub fn check(vm: &Vm) {
    if PENDING.load(Ordering::Relaxed) != 0 {
        answer(vm.interp());
    }
}

/// Shows what the signals that arrived ask for. The interpreter's lock is held.
#[cold]
fn answer(interp: &Interpreter) {
    let mut waiting = PENDING.swap(0, Ordering::SeqCst);
    while waiting != 0 {
        let signal = waiting.trailing_zeros() as usize + 1;
        waiting &= waiting - 1;
        let Some(Registered { user, previous }) = registered(signal) else { continue };
        let receiver = RECEIVERS[signal].load(Ordering::SeqCst);
        let text = if user.all_threads {
            dump::all_threads(interp, Some(receiver))
        } else {
            dump::one_thread(interp, receiver)
        };
        dump::write(user.fd, &text);
        if user.chain {
            chain(signal as i32, &previous);
        }
    }
}

/// Does what would have been done without us.
fn chain(signal: i32, previous: &libc::sigaction) {
    match previous.sa_sigaction {
        libc::SIG_IGN => {}
        libc::SIG_DFL => {
            set_action(signal, previous, std::ptr::null_mut());
            os_call!(libc::kill(libc::getpid(), signal));
            set_action(signal, &own_action(true), std::ptr::null_mut());
        }
        // SAFETY: the address of a handler, which takes the signal's number first.
        address => unsafe { std::mem::transmute::<usize, extern "C" fn(libc::c_int)>(address)(signal) },
    }
}

/// Starts the helper, once for the process.
fn start_helper(vm: &Vm) {
    static STARTED: std::sync::Once = std::sync::Once::new();
    let lock = vm.interp().lock.clone();
    STARTED.call_once(|| {
        os_call!(libc::sem_init(BELL.pointer(), 0, 0));
        // Without the helper signals are answered a little later.
        let _ = std::thread::Builder::new().name("faulthandler".to_owned()).spawn(move || help(&lock));
    });
}

fn help(lock: &InterpreterLock) {
    block_signals();
    loop {
        if os_call!(libc::sem_wait(BELL.pointer())) != 0 || PENDING.load(Ordering::SeqCst) == 0 {
            continue;
        }
        lock.acquire();
        // SAFETY: the lock is held; the interpreter that has it lives until the process ends.
        if let Some(interp) = unsafe { INTERPRETER.load(Ordering::SeqCst).as_ref() }
            && PENDING.load(Ordering::SeqCst) != 0
        {
            answer(interp);
        }
        lock.release();
    }
}
