//! The interpreters of a process that know of each other: the first one, and those that `_interpreters` makes.
//!
//! They share nothing but this table. A thread that runs code in another interpreter lets go of its own one's lock, takes
//! the other's, and is a thread of that one until it comes back; only plain data goes in and out.
#![allow(unsafe_code, reason = "interpreters, reached by threads that hold their lock")]

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyrope_object::lock::InterpreterLock;
use pyrope_object::{Interpreter, PyResult, Vm};

use super::config::Config;
use super::queues::Queues;
use crate::thread;

/// Who made an interpreter: the values of `WHENCE_…`.
pub const WHENCE_RUNTIME: i64 = 1;
pub const WHENCE_STDLIB: i64 = 5;

/// A running interpreter, as the one that made it holds it.
pub trait Child {
    fn interp(&self) -> &Rc<Interpreter>;

    /// Ends its program and gives its heap back. The calling thread holds its lock.
    fn end(self: Box<Self>);
}

/// Makes an interpreter on the calling thread, which runs no other meanwhile; it is idle and its lock free afterwards.
pub type Start = Box<dyn FnOnce(Membership) -> Option<Box<dyn Child>>>;

/// An interpreter's place in its family.
#[derive(Clone)]
pub struct Membership {
    pub family: Arc<Family>,
    pub id: i64,
    pub config: Config,
}

/// This interpreter's part.
#[derive(Default)]
pub struct FamilyState {
    own: OnceCell<Membership>,
    /// How another one is started, like this one was; the embedding crate sets it.
    pub prepare: Cell<Option<fn(&Vm) -> Start>>,
}

/// All of them.
#[derive(Default)]
pub struct Family {
    members: Mutex<Members>,
    queues: Mutex<Queues>,
}

#[derive(Default)]
struct Members {
    last: i64,
    known: BTreeMap<i64, Member>,
}

struct Member {
    interp: *const Interpreter,
    lock: Arc<InterpreterLock>,
    child: Option<Box<dyn Child>>,
    whence: i64,
    config: Config,
    /// Its `__main__` runs code.
    running: bool,
    /// It is destroyed when the last reference of those who hold it by its id goes.
    linked: bool,
    references: i64,
}

// SAFETY: what belongs to an interpreter is touched only by threads that hold its lock.
unsafe impl Send for Member {}

/// Why an interpreter cannot be had.
pub enum Refusal {
    Unknown,
    Busy,
    Current,
    /// It was not made by `_interpreters`.
    Foreign,
}

impl Family {
    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The queues between interpreters.
    pub fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Id and origin of each, oldest first.
    pub fn list(&self) -> Vec<(i64, i64)> {
        self.members().known.iter().map(|(&id, member)| (id, member.whence)).collect()
    }

    pub fn whence(&self, id: i64) -> Option<i64> {
        self.members().known.get(&id).map(|member| member.whence)
    }

    pub fn config(&self, id: i64) -> Option<Config> {
        self.members().known.get(&id).map(|member| member.config)
    }

    pub fn is_running(&self, id: i64) -> Option<bool> {
        self.members().known.get(&id).map(|member| member.running)
    }

    /// Counts a reference; with `links` the interpreter goes with the last one.
    pub fn incref(&self, id: i64, links: bool) -> bool {
        let mut members = self.members();
        let Some(member) = members.known.get_mut(&id) else { return false };
        member.references += 1;
        member.linked |= links;
        true
    }

    /// Gives a reference back; `Some(true)` if the interpreter is to go now.
    pub fn decref(&self, id: i64) -> Option<bool> {
        let mut members = self.members();
        let member = members.known.get_mut(&id)?;
        member.references -= 1;
        Some(member.references <= 0 && member.linked && !member.running)
    }

    /// Says that `__main__` of an interpreter runs, until the visit ends.
    fn visit(self: &Arc<Family>, id: i64) -> Result<Visit, Refusal> {
        let mut members = self.members();
        let member = members.known.get_mut(&id).ok_or(Refusal::Unknown)?;
        if member.running {
            return Err(Refusal::Busy);
        }
        member.running = true;
        Ok(Visit { family: self.clone(), id, interp: member.interp, lock: member.lock.clone() })
    }

    /// Takes an idle interpreter out of the table.
    fn remove(&self, id: i64, own: i64) -> Result<Removed, Refusal> {
        let mut members = self.members();
        let member = members.known.get(&id).ok_or(Refusal::Unknown)?;
        if id == own {
            return Err(Refusal::Current);
        }
        if member.running {
            return Err(Refusal::Busy);
        }
        let Some(mut member) = members.known.remove(&id) else { return Err(Refusal::Unknown) };
        member.child.take().map(|child| Removed { child, lock: member.lock }).ok_or(Refusal::Foreign)
    }
}

/// An interpreter whose `__main__` this thread runs.
struct Visit {
    family: Arc<Family>,
    id: i64,
    interp: *const Interpreter,
    lock: Arc<InterpreterLock>,
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let Some(member) = self.family.members().known.get_mut(&self.id) {
            member.running = false;
        }
    }
}

impl Visit {
    /// Runs `work` in the interpreter, on the calling thread, which runs no other meanwhile.
    fn run<R>(&self, recursion_limit: isize, work: impl FnOnce(&Vm) -> R) -> R {
        self.lock.acquire();
        // SAFETY: the table keeps the interpreter while it is said to run; this thread has its lock.
        let interp = unsafe {
            Rc::increment_strong_count(self.interp);
            Rc::from_raw(self.interp)
        };
        let vm = Vm::new(&interp);
        vm.recursion_limit.set(recursion_limit);
        vm.recursion_remaining.set(recursion_limit);
        interp.enter(&vm);
        thread::ident(&vm);
        let result = work(&vm);
        thread::forget(&vm);
        interp.leave();
        drop(vm);
        drop(interp);
        self.lock.release();
        result
    }
}

struct Removed {
    child: Box<dyn Child>,
    lock: Arc<InterpreterLock>,
}

impl Removed {
    fn end(self) {
        self.lock.acquire();
        self.child.end();
        self.lock.release();
    }
}

/// This interpreter's place; the first one's is made here.
pub fn membership(vm: &Vm) -> Membership {
    let state = vm.state::<FamilyState>();
    let own = state.own.get_or_init(|| {
        let family = Arc::<Family>::default();
        family.members().known.insert(
            0,
            Member {
                interp: std::ptr::from_ref(vm.interp()),
                lock: vm.interp().lock.clone(),
                child: None,
                whence: WHENCE_RUNTIME,
                config: Config::MAIN,
                running: true,
                linked: false,
                references: 0,
            },
        );
        Membership { family, id: 0, config: Config::MAIN }
    });
    own.clone()
}

/// Tells a new interpreter its place.
pub fn join(place: Membership, vm: &Vm) {
    let _ = vm.state::<FamilyState>().own.set(place);
}

/// Was this interpreter made by another one?
pub fn is_child(vm: &Vm) -> bool {
    vm.state::<FamilyState>().own.get().is_some_and(|place| place.id != 0)
}

/// What this interpreter may do.
pub fn config(vm: &Vm) -> Config {
    vm.state::<FamilyState>().own.get().map_or(Config::MAIN, |place| place.config)
}

/// Makes an interpreter; `None` if that failed.
pub fn create(config: Config, linked: bool, vm: &Vm) -> PyResult<Option<i64>> {
    let family = membership(vm).family;
    let Some(prepare) = vm.state::<FamilyState>().prepare.get() else {
        return Err(vm.runtime_error("this interpreter cannot make others"));
    };
    vm.check_stack(" while making an interpreter")?;
    let id = {
        let mut members = family.members();
        members.last += 1;
        members.last
    };
    let start = prepare(vm);
    let place = Membership { family: family.clone(), id, config };
    let Some(child) = vm.allow_threads(|| start(place)) else { return Ok(None) };
    let interp = child.interp();
    let member = Member {
        interp: Rc::as_ptr(interp),
        lock: interp.lock.clone(),
        child: Some(child),
        whence: WHENCE_STDLIB,
        config,
        running: false,
        linked,
        references: 0,
    };
    family.members().known.insert(id, member);
    Ok(Some(id))
}

/// Runs `work` in `__main__` of another interpreter. What it gives must hold no object.
pub fn run_in<R>(id: i64, vm: &Vm, work: impl FnOnce(&Vm) -> R) -> PyResult<Result<R, Refusal>> {
    vm.check_stack(" while running in another interpreter")?;
    let family = membership(vm).family;
    let visit = match family.visit(id) {
        Ok(visit) => visit,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let limit = vm.recursion_limit.get();
    Ok(Ok(vm.allow_threads(|| visit.run(limit, work))))
}

/// Ends an idle interpreter.
pub fn destroy(id: i64, vm: &Vm) -> Result<(), Refusal> {
    let place = membership(vm);
    let removed = place.family.remove(id, place.id)?;
    vm.allow_threads(|| removed.end());
    place.family.queues().forget_interpreter(id);
    Ok(())
}

/// Ends the interpreters that are left when the first one ends; true if there were any.
pub fn end_all(vm: &Vm) -> bool {
    let state = vm.state::<FamilyState>();
    let Some(place) = state.own.get().filter(|place| place.id == 0) else { return false };
    let mut found = false;
    for (id, _) in place.family.list() {
        found |= destroy(id, vm).is_ok();
    }
    found
}

/// In the child of a fork: only the interpreter that forked goes on; the threads of the others are gone.
pub fn after_fork(vm: &Vm) {
    let state = vm.state::<FamilyState>();
    let Some(place) = state.own.get() else { return };
    let Ok(mut members) = place.family.members.try_lock() else { return };
    let (own, others) = std::mem::take(&mut members.known).into_iter().partition(|(id, _)| *id == place.id);
    members.known = own;
    let others: BTreeMap<i64, Member> = others;
    std::mem::forget(others);
}
