//! `_multiprocessing`: semaphores that processes share.
#![allow(unsafe_code, reason = "calls of the system")]

use std::borrow::Cow;
use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{OrNone, Signature, bind};
use pyrope_object::{Args, Header, ModuleDef, Object, PyResult, Ref, Slots, Str, Type, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;
use pyrope_types::model::module;

use crate::arguments::part;
use crate::system::{errno, last_error, os_call};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_multiprocessing",
    doc: "",
    functions: &[functions::FUNCTIONS],
    types: &[<SemLock as Object>::def],
    exec: Some(|module, vm| {
        let flags = vm.new_dict();
        flags.set_str("HAVE_SEM_OPEN", vm.int(1), vm)?;
        flags.set_str("HAVE_SEM_TIMEDWAIT", vm.int(1), vm)?;
        module::module_dict(module, vm)?.set_str("flags", flags.into_value(), vm)
    }),
};

/// The kinds: a lock that its holder may take again; a counting semaphore.
const RECURSIVE_MUTEX: i32 = 0;
const SEMAPHORE: i32 = 1;

/// Semaphore/Mutex type
#[pyclass(
    name = "SemLock", module = "_multiprocessing", flags(BASETYPE, GC), slots = SLOTS, init = add_limit,
    signature = "(kind, value, maxvalue, name, unlink)", methods(SemLock::METHODS), getset(SemLock::GETSETS)
)]
#[derive(Traverse)]
struct SemLock {
    header: Header,
    /// Open as long as this lives.
    #[traverse(skip)]
    handle: *mut libc::sem_t,
    #[traverse(skip)]
    kind: i32,
    #[traverse(skip)]
    maxvalue: i32,
    /// None once the name is gone.
    name: Value,
    /// The thread that took it last, and how often it is taken here.
    #[traverse(skip)]
    owner: Cell<u64>,
    #[traverse(skip)]
    count: Cell<i32>,
}

impl Drop for SemLock {
    fn drop(&mut self) {
        os_call!(libc::sem_close(self.handle));
    }
}

const SLOTS: Slots = Slots { new: Some(new), ..Slots::EMPTY };

fn add_limit(class: &Type, vm: &Vm) -> PyResult<()> {
    class.dict(vm).set_str("SEM_VALUE_MAX", vm.int(i32::MAX.into()), vm)
}

static NEW: Signature = Signature::plain("SemLock", &["kind", "value", "maxvalue", "name", "unlink"], 5);

fn semaphore_name(value: &Value, vm: &Vm) -> PyResult<CString> {
    let text = part::<Cow<'_, str>>(value, vm)?;
    CString::new(&*text).map_err(|_| vm.value_error("embedded null character"))
}

fn new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut given = [None; 5];
    bind(&NEW, args, &mut given, vm)?;
    let [Some(kind), Some(value), Some(maxvalue), Some(name), Some(unlink)] = given else {
        return Err(vm.type_error("SemLock() missing required argument"));
    };
    let (kind, value, maxvalue) = (part::<i32>(kind, vm)?, part::<i32>(value, vm)?, part::<i32>(maxvalue, vm)?);
    if name.downcast::<Str>().is_none() {
        let shown = pyrope_object::bind::argument_type_name(name, vm);
        return Err(vm.type_error(format!("SemLock() argument 'name' must be str, not {shown}")));
    }
    let text = semaphore_name(name, vm)?;
    let unlink = vm.is_true(unlink)?;
    if kind != RECURSIVE_MUTEX && kind != SEMAPHORE {
        return Err(vm.value_error("unrecognized kind"));
    }
    let flags = libc::O_CREAT | libc::O_EXCL;
    let handle = os_call!(libc::sem_open(text.as_ptr(), flags, 0o600 as libc::c_uint, value as libc::c_uint));
    if handle == libc::SEM_FAILED {
        return Err(last_error(vm));
    }
    let name = if unlink { Value::none() } else { name.clone() };
    let made = SemLock::open(class, handle, kind, maxvalue, name, vm);
    if unlink && os_call!(libc::sem_unlink(text.as_ptr())) < 0 {
        return Err(last_error(vm));
    }
    Ok(made.into_value())
}

/// When the system's clock shows so many seconds more than now.
fn deadline_in(seconds: f64) -> libc::timespec {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let wait = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::from_secs(i32::MAX as u64));
    let end = now.saturating_add(wait);
    libc::timespec {
        tv_sec: libc::time_t::try_from(end.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: end.subsec_nanos().into(),
    }
}

impl SemLock {
    fn open(class: &Type, handle: *mut libc::sem_t, kind: i32, maxvalue: i32, name: Value, vm: &Vm) -> Ref<SemLock> {
        let (owner, count) = (Cell::new(0), Cell::new(0));
        Ref::new_in(vm, class, SemLock { header: Header::blank(), handle, kind, maxvalue, name, owner, count })
    }

    fn is_held_here(&self, vm: &Vm) -> bool {
        self.count.get() > 0 && self.owner.get() == vm.ident.get()
    }

    fn value(&self, vm: &Vm) -> PyResult<i32> {
        let mut value = 0;
        match os_call!(libc::sem_getvalue(self.handle, &mut value)) {
            0 => Ok(value),
            _ => Err(last_error(vm)),
        }
    }

    /// Takes the semaphore; without `blocking` or after the time limit, false.
    fn take(&self, blocking: bool, timeout: Option<f64>, vm: &Vm) -> PyResult<bool> {
        if self.kind == RECURSIVE_MUTEX && self.is_held_here(vm) {
            self.count.set(self.count.get() + 1);
            return Ok(true);
        }
        let deadline = timeout.map(deadline_in);
        let handle = self.handle;
        let mut result = if os_call!(libc::sem_trywait(handle)) == 0 { 0 } else { errno() };
        while result == libc::EINTR || (result == libc::EAGAIN && blocking) {
            vm.check_breaker()?;
            result = vm.allow_threads(|| {
                let failed = match &deadline {
                    _ if !blocking => os_call!(libc::sem_trywait(handle)),
                    Some(deadline) => os_call!(libc::sem_timedwait(handle, deadline)),
                    None => os_call!(libc::sem_wait(handle)),
                };
                if failed == 0 { 0 } else { errno() }
            });
        }
        match result {
            0 => {
                self.count.set(self.count.get() + 1);
                self.owner.set(vm.ident.get());
                Ok(true)
            }
            libc::EAGAIN | libc::ETIMEDOUT => Ok(false),
            number => Err(os_error_from_errno(vm, number, None, None)),
        }
    }

    fn give_back(&self, vm: &Vm) -> PyResult<()> {
        if self.kind == RECURSIVE_MUTEX {
            if !self.is_held_here(vm) {
                return Err(vm.assertion_error("attempt to release recursive lock not owned by thread"));
            }
            if self.count.get() > 1 {
                self.count.set(self.count.get() - 1);
                return Ok(());
            }
        } else if self.value(vm)? >= self.maxvalue {
            return Err(vm.value_error("semaphore or lock released too many times"));
        }
        if os_call!(libc::sem_post(self.handle)) < 0 {
            return Err(last_error(vm));
        }
        self.count.set(self.count.get() - 1);
        Ok(())
    }
}

#[pymethods]
impl SemLock {
    /// Acquire the semaphore/lock.
    #[method("acquire($self, /, block=True, timeout=None)")]
    fn acquire(&self, block: bool, timeout: OrNone<f64>, vm: &Vm) -> PyResult<bool> {
        self.take(block, timeout.0, vm)
    }

    /// Release the semaphore/lock.
    #[method("release($self, /)")]
    fn release(&self, vm: &Vm) -> PyResult<()> {
        self.give_back(vm)
    }

    /// Enter the semaphore/lock.
    #[method("__enter__($self, /)")]
    fn enter(&self, vm: &Vm) -> PyResult<bool> {
        self.take(true, None, vm)
    }

    /// Exit the semaphore/lock.
    #[method("__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)")]
    fn exit(
        &self,
        _exc_type: OrNone<&Value>,
        _exc_value: OrNone<&Value>,
        _exc_tb: OrNone<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        self.give_back(vm)
    }

    /// Num of `acquire()`s minus num of `release()`s for this process.
    #[method("_count($self, /)")]
    fn count(&self) -> i32 {
        self.count.get()
    }

    /// Whether the lock is owned by this thread.
    #[method("_is_mine($self, /)")]
    fn is_mine(&self, vm: &Vm) -> bool {
        self.is_held_here(vm)
    }

    /// Get the value of the semaphore.
    #[method("_get_value($self, /)")]
    fn get_value(&self, vm: &Vm) -> PyResult<i32> {
        Ok(self.value(vm)?.max(0))
    }

    /// Return whether semaphore has value zero.
    #[method("_is_zero($self, /)")]
    fn is_zero(&self, vm: &Vm) -> PyResult<bool> {
        Ok(self.value(vm)? <= 0)
    }

    /// Open a semaphore of another process by its name.
    #[classmethod("_rebuild($type, handle, kind, maxvalue, name, /)")]
    fn rebuild(cls: &Value, _handle: &Value, kind: i32, maxvalue: i32, name: &Value, vm: &Vm) -> PyResult {
        let text = semaphore_name(name, vm)?;
        let handle = os_call!(libc::sem_open(text.as_ptr(), 0));
        if handle == libc::SEM_FAILED {
            return Err(last_error(vm));
        }
        let class = cls.downcast::<Type>().unwrap_or_else(|| vm.type_of::<SemLock>());
        Ok(SemLock::open(class, handle, kind, maxvalue, name.clone(), vm).into_value())
    }

    /// Rezero the net acquisition count after fork().
    #[method("_after_fork($self, /)")]
    fn after_fork(&self) {
        self.count.set(0);
    }

    #[getter("handle")]
    #[member]
    fn handle(&self) -> u64 {
        self.handle as u64
    }

    #[getter("kind")]
    #[member]
    fn kind(&self) -> i32 {
        self.kind
    }

    #[getter("maxvalue")]
    #[member]
    fn maxvalue(&self) -> i32 {
        self.maxvalue
    }

    #[getter("name")]
    #[member]
    fn name(&self) -> Value {
        self.name.clone()
    }
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Remove a semaphore's name.
    #[pyfunction("sem_unlink(name, /)")]
    fn sem_unlink(name: &Value, vm: &Vm) -> PyResult<()> {
        let text = semaphore_name(name, vm)?;
        match os_call!(libc::sem_unlink(CStr::as_ptr(&text))) {
            0 => Ok(()),
            _ => Err(last_error(vm)),
        }
    }
}
