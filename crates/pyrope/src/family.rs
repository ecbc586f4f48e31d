//! Interpreters that Python code makes (`_interpreters`): started like the one that makes them.

use std::cell::RefCell;
use std::rc::Rc;

use pyrope_modules_os::posix::PosixState;
use pyrope_modules_runtime::interpreters::family::{self, Child, FamilyState, Membership, Start};
use pyrope_object::Vm;

use crate::{Interpreter, Settings, boot};

/// What this interpreter was started with.
#[derive(Default)]
struct Origin {
    settings: RefCell<Option<Settings>>,
    first_path: RefCell<Option<Vec<u8>>>,
}

/// What the program put before all other paths: others begin with it, too.
pub(crate) fn remember_first_path(path: &[u8], vm: &Vm) {
    *vm.state::<Origin>().first_path.borrow_mut() = Some(path.to_vec());
}

/// Gives a new interpreter its place, and the means to start others.
pub(crate) fn enter(python: &Interpreter, settings: &Settings, place: Option<Membership>) {
    let vm = python.vm();
    *vm.state::<Origin>().settings.borrow_mut() = Some(settings.clone());
    vm.state::<FamilyState>().prepare.set(Some(prepare));
    if let Some(place) = place {
        let posix = vm.state::<PosixState>();
        posix.forbids_fork.set(!place.config.allow_fork);
        posix.forbids_exec.set(!place.config.allow_exec);
        family::join(place, vm);
    }
}

fn prepare(vm: &Vm) -> Start {
    let mut settings = vm.state::<Origin>().settings.borrow().clone().unwrap_or_default();
    let first_path = vm.state::<Origin>().first_path.borrow().clone();
    settings.faulthandler = false;
    settings.allocation_statistics = false;
    Box::new(move |place| {
        let python = boot::start_in(settings, Some(place)).ok()?;
        if let Err(raised) = python.main_dict() {
            python.report(raised);
            return None;
        }
        if let Some(path) = first_path {
            python.insert_path(&path);
        }
        python.rest();
        Some(Box::new(Member(python)))
    })
}

struct Member(Interpreter);

impl Child for Member {
    fn interp(&self) -> &Rc<pyrope_object::Interpreter> {
        &self.0.interp
    }

    fn end(mut self: Box<Self>) {
        self.0.wake();
    }
}

impl Interpreter {
    /// The calling thread leaves; any thread may go on in it.
    fn rest(&self) {
        self.interp.leave();
        self.interp.lock.release();
    }

    /// The calling thread, which has the lock, takes the place of the one that made it.
    fn wake(&mut self) {
        let thread = Box::new(Vm::new(&self.interp));
        self.interp.enter(&thread);
        drop(std::mem::replace(&mut self.vm, thread));
    }
}
