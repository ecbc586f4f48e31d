//! `select.epoll`: waiting for many descriptors.
#![allow(unsafe_code, reason = "calls of the system")]

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{OrNone, Signature, bind};
use pyrope_object::{Args, BuiltinType as B, Header, PyResult, Ref, Slots, Type, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::{milliseconds, short_time_limit, wait};
use crate::arguments::part;
use crate::system::{Descriptor, errno, last_error, os_call};

/// select.epoll(sizehint=-1, flags=0)
///
/// An object that waits for descriptors; the arguments are ignored, save that flags may be EPOLL_CLOEXEC.
#[pyclass(
    name = "epoll", module = "select", flags(GC), slots = SLOTS, methods(Epoll::METHODS), getset(Epoll::GETSETS)
)]
#[derive(Traverse)]
pub(super) struct Epoll {
    header: Header,
    /// -1 when closed.
    #[traverse(skip)]
    fd: Cell<i32>,
}

pub(super) const CONSTANTS: &[(&str, i64)] = &[
    ("EPOLLERR", 8),
    ("EPOLLET", 2147483648),
    ("EPOLLEXCLUSIVE", 268435456),
    ("EPOLLHUP", 16),
    ("EPOLLIN", 1),
    ("EPOLLMSG", 1024),
    ("EPOLLONESHOT", 1073741824),
    ("EPOLLOUT", 4),
    ("EPOLLPRI", 2),
    ("EPOLLRDBAND", 128),
    ("EPOLLRDHUP", 8192),
    ("EPOLLRDNORM", 64),
    ("EPOLLWAKEUP", 536870912),
    ("EPOLLWRBAND", 512),
    ("EPOLLWRNORM", 256),
    ("EPOLL_CLOEXEC", 524288),
];

/// How many events one call gives, if the caller does not say.
const DEFAULT_EVENTS: i32 = libc::FD_SETSIZE as i32 - 1;

impl Drop for Epoll {
    fn drop(&mut self) {
        if self.fd.get() >= 0 {
            os_call!(libc::close(self.fd.get()));
        }
    }
}

const SLOTS: Slots = Slots { new: Some(new), ..Slots::EMPTY };

static NEW: Signature = Signature::plain("epoll", &["sizehint", "flags"], 0);

fn new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut given = [None; 2];
    bind(&NEW, args, &mut given, vm)?;
    let number = |value: Option<&Value>, default: i32| value.map_or(Ok(default), |value| part::<i32>(value, vm));
    let (sizehint, flags) = (number(given[0], -1)?, number(given[1], 0)?);
    if sizehint != -1 && sizehint <= 0 {
        return Err(vm.value_error("negative sizehint"));
    }
    if flags != 0 && flags != libc::EPOLL_CLOEXEC {
        return Err(vm.raise(B::OSError, "invalid flags"));
    }
    match os_call!(libc::epoll_create1(libc::EPOLL_CLOEXEC)) {
        -1 => Err(last_error(vm)),
        fd => Ok(Ref::new_in(vm, class, Epoll { header: Header::blank(), fd: Cell::new(fd) }).into_value()),
    }
}

impl Epoll {
    fn open_fd(&self, vm: &Vm) -> PyResult<i32> {
        match self.fd.get() {
            -1 => Err(vm.value_error("I/O operation on closed epoll object")),
            fd => Ok(fd),
        }
    }

    fn control(&self, operation: i32, fd: i32, events: u32, vm: &Vm) -> PyResult<()> {
        let epoll = self.open_fd(vm)?;
        let mut event = libc::epoll_event { events, u64: fd as u64 };
        match os_call!(libc::epoll_ctl(epoll, operation, fd, &mut event)) {
            -1 => Err(last_error(vm)),
            _ => Ok(()),
        }
    }

    fn shut(&self, vm: &Vm) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        let number = vm.allow_threads(|| if fd >= 0 && os_call!(libc::close(fd)) == -1 { errno() } else { 0 });
        if number == 0 { Ok(()) } else { Err(os_error_from_errno(vm, number, None, None)) }
    }
}

fn event_bits(value: Option<&Value>, vm: &Vm) -> PyResult<u32> {
    let all = (libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT) as u32;
    value.map_or(Ok(all), |value| crate::arguments::masked_u32(value, vm))
}

#[pymethods]
impl Epoll {
    /// An epoll object for an open descriptor.
    #[classmethod("fromfd($type, fd, /)")]
    fn fromfd(cls: &Value, fd: i32, vm: &Vm) -> Value {
        let class = cls.downcast::<Type>().unwrap_or_else(|| vm.type_of::<Epoll>());
        Ref::new_in(vm, class, Epoll { header: Header::blank(), fd: Cell::new(fd) }).into_value()
    }

    /// Close the epoll control file descriptor.
    ///
    /// Further operations on the epoll object will raise an exception.
    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult<()> {
        self.shut(vm)
    }

    /// Return the epoll control file descriptor.
    #[method("fileno($self, /)")]
    fn fileno(&self, vm: &Vm) -> PyResult<i32> {
        self.open_fd(vm)
    }

    /// Registers a new fd or raises an OSError if the fd is already registered.
    #[method("register($self, /, fd, eventmask=<unrepresentable>)")]
    fn register(&self, fd: &Value, eventmask: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.open_fd(vm)?;
        let fd = part::<Descriptor>(fd, vm)?;
        self.control(libc::EPOLL_CTL_ADD, fd.0, event_bits(eventmask, vm)?, vm)
    }

    /// Modify event mask for a registered file descriptor.
    #[method("modify($self, /, fd, eventmask)")]
    fn modify(&self, fd: &Value, eventmask: &Value, vm: &Vm) -> PyResult<()> {
        self.open_fd(vm)?;
        let fd = part::<Descriptor>(fd, vm)?;
        self.control(libc::EPOLL_CTL_MOD, fd.0, event_bits(Some(eventmask), vm)?, vm)
    }

    /// Remove a registered file descriptor from the epoll object.
    #[method("unregister($self, /, fd)")]
    fn unregister(&self, fd: &Value, vm: &Vm) -> PyResult<()> {
        self.open_fd(vm)?;
        let fd = part::<Descriptor>(fd, vm)?;
        self.control(libc::EPOLL_CTL_DEL, fd.0, 0, vm)
    }

    /// Wait for events on the epoll file descriptor.
    ///
    /// timeout is in seconds; returns a list of (fd, events), at most maxevents of them.
    #[method("poll($self, /, timeout=None, maxevents=-1)")]
    fn poll(&self, timeout: OrNone<&Value>, maxevents: i32, vm: &Vm) -> PyResult {
        self.open_fd(vm)?;
        let timeout = short_time_limit(timeout.0, 1_000_000_000, vm)?;
        let room = match maxevents {
            -1 => DEFAULT_EVENTS,
            n if n < 1 => {
                return Err(vm.value_error(format!("maxevents must be greater than 0, got {n}")));
            }
            n => n,
        };
        let mut events: Vec<libc::epoll_event> = Vec::new();
        events.try_reserve_exact(room as usize).map_err(|_| vm.memory_error())?;
        let fd = self.open_fd(vm)?;
        let count =
            wait(vm, timeout, |left| os_call!(libc::epoll_wait(fd, events.as_mut_ptr(), room, milliseconds(left))))?;
        // SAFETY: the system filled so many, at most the room.
        unsafe { events.set_len(count.min(room as usize)) };
        let shown = events.iter().map(|event| {
            let (fd, bits) = (event.u64 as i32, event.events);
            vm.tuple_of([vm.int(fd.into()), vm.int(bits.into())]).into_value()
        });
        Ok(vm.new_list(shown.collect()).into_value())
    }

    #[method("__enter__($self, /)")]
    fn enter(slf: &Value, vm: &Vm) -> PyResult {
        if let Some(this) = slf.downcast::<Epoll>() {
            this.open_fd(vm)?;
        }
        Ok(slf.clone())
    }

    #[method("__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)")]
    fn exit(
        &self,
        _exc_type: OrNone<&Value>,
        _exc_value: OrNone<&Value>,
        _exc_tb: OrNone<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        self.shut(vm)
    }

    /// True if the epoll handler is closed
    #[getter("closed")]
    fn closed(&self) -> bool {
        self.fd.get() < 0
    }
}
