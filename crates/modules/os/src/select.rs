//! `select`: waiting for descriptors with `select` and `poll`.
#![allow(unsafe_code, reason = "calls of the system")]

mod epoll;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{BuiltinType as B, Header, List, ModuleDef, Object, PyResult, Ref, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;
use pyrope_types::model::module;

use crate::system::{Descriptor, descriptor_of, errno, nanoseconds_of, os_call};

pub static MODULE: ModuleDef = ModuleDef {
    name: "select",
    doc: "This module supports asynchronous I/O on multiple file descriptors.\n\n*** IMPORTANT NOTICE ***\n\nOn Windows, \
          only sockets are supported; on Unix, all file descriptors.",
    functions: &[functions::FUNCTIONS],
    types: &[<epoll::Epoll as Object>::def],
    exec: Some(|module, vm| {
        let dict = module::module_dict(module, vm)?;
        dict.set_str("error", vm.builtin(B::OSError).to_value(), vm)?;
        for (name, number) in CONSTANTS.iter().chain(epoll::CONSTANTS) {
            dict.set_str(name, vm.int(*number), vm)?;
        }
        Ok(())
    }),
};

const CONSTANTS: &[(&str, i64)] = &[
    ("PIPE_BUF", 4096),
    ("POLLERR", 8),
    ("POLLHUP", 16),
    ("POLLIN", 1),
    ("POLLMSG", 1024),
    ("POLLNVAL", 32),
    ("POLLOUT", 4),
    ("POLLPRI", 2),
    ("POLLRDBAND", 128),
    ("POLLRDHUP", 8192),
    ("POLLRDNORM", 64),
    ("POLLWRBAND", 512),
    ("POLLWRNORM", 256),
];

/// Calls until it is not interrupted, with the milliseconds left (-1 for ever), without holding up other threads.
fn wait(vm: &Vm, timeout: Option<Duration>, mut call: impl FnMut(Option<Duration>) -> i32) -> PyResult<usize> {
    let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let (result, number) = vm.allow_threads(|| {
            let result = call(left);
            (result, if result < 0 { errno() } else { 0 })
        });
        match number {
            0 => return Ok(result.max(0) as usize),
            libc::EINTR => vm.check_breaker()?,
            number => return Err(os_error_from_errno(vm, number, None, None)),
        }
    }
}

/// Milliseconds, rounded up; -1 for ever.
fn milliseconds(left: Option<Duration>) -> i32 {
    left.map_or(-1, |left| i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX))
}

/// Event bits: an unsigned C short.
fn event_mask(value: Option<&Value>, vm: &Vm) -> PyResult<i16> {
    let Some(value) = value else { return Ok(libc::POLLIN | libc::POLLPRI | libc::POLLOUT) };
    match vm.index_i64(value)? {
        Some(n) if n < 0 => Err(vm.value_error("Cannot convert negative int")),
        Some(n) => u16::try_from(n)
            .map(|n| n as i16)
            .map_err(|_| vm.overflow_error("Python int too large for C unsigned short")),
        None => Err(vm.overflow_error("Python int too large for C unsigned short")),
    }
}

/// What `select.poll()` gives.
#[pyclass(name = "poll", module = "select", flags(DISALLOW_INSTANTIATION), methods(Poll::METHODS), doc = "")]
#[derive(Traverse)]
struct Poll {
    header: Header,
    #[traverse(skip)]
    watched: RefCell<BTreeMap<i32, i16>>,
    #[traverse(skip)]
    running: Cell<bool>,
}

#[pymethods]
impl Poll {
    /// Register a file descriptor with the polling object.
    #[method("register($self, fd, eventmask=<unrepresentable>, /)")]
    fn register(&self, fd: Descriptor, eventmask: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let mask = event_mask(eventmask, vm)?;
        self.watched.borrow_mut().insert(fd.0, mask);
        Ok(())
    }

    /// Modify an already registered file descriptor.
    #[method("modify($self, fd, eventmask, /)")]
    fn modify(&self, fd: Descriptor, eventmask: &Value, vm: &Vm) -> PyResult<()> {
        let mask = event_mask(Some(eventmask), vm)?;
        match self.watched.borrow_mut().get_mut(&fd.0) {
            Some(known) => *known = mask,
            None => return Err(os_error_from_errno(vm, libc::ENOENT, None, None)),
        }
        Ok(())
    }

    /// Remove a file descriptor being tracked by the polling object.
    #[method("unregister($self, fd, /)")]
    fn unregister(&self, fd: Descriptor, vm: &Vm) -> PyResult<()> {
        let known = self.watched.borrow_mut().remove(&fd.0);
        known.map(drop).ok_or_else(|| vm.key_error(&vm.int(fd.0.into())))
    }

    /// Poll the registered descriptors; the timeout is in milliseconds.
    ///
    /// Returns a list of (descriptor, events) of those that have something to report.
    #[method("poll($self, timeout=None, /)")]
    fn poll(&self, timeout: Option<&Value>, vm: &Vm) -> PyResult {
        let timeout = short_time_limit(timeout.filter(|t| !t.is_none()), 1_000_000, vm)?;
        if self.running.replace(true) {
            return Err(vm.runtime_error("concurrent poll() invocation"));
        }
        let mut polled: Vec<libc::pollfd> =
            self.watched.borrow().iter().map(|(&fd, &events)| libc::pollfd { fd, events, revents: 0 }).collect();
        let result = wait(vm, timeout, |left| {
            os_call!(libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, milliseconds(left)))
        });
        self.running.set(false);
        result?;
        let pair =
            |p: &libc::pollfd| vm.tuple_of([vm.int(p.fd.into()), vm.int((p.revents as u16).into())]).into_value();
        Ok(vm.new_list(polled.iter().filter(|p| p.revents != 0).map(pair).collect()).into_value())
    }
}

/// Objects to wait for, with their descriptors, and those as bits.
struct Waited {
    items: Vec<(Value, i32)>,
    set: libc::fd_set,
}

impl Waited {
    fn new(list: &Value, vm: &Vm) -> PyResult<Waited> {
        if list.ty(vm).slots().iter.is_none() && list.ty(vm).slots().sq_item.is_none() {
            return Err(vm.type_error("arguments 1-3 must be sequences"));
        }
        let mut items = Vec::new();
        // A list may get shorter while its items are asked for their descriptors.
        let (changing, fixed) = match list.downcast::<List>() {
            Some(list) => (Some(list), Vec::new()),
            None => (None, vm.collect(list)?),
        };
        let at = |index: usize| match changing {
            Some(list) => list.items.with(|items| items.get(index).cloned()),
            None => fixed.get(index).cloned(),
        };
        while let Some(item) = at(items.len()) {
            let fd = descriptor_of(&item, vm)?;
            if fd as usize >= libc::FD_SETSIZE {
                return Err(vm.value_error("filedescriptor out of range in select()"));
            }
            items.push((item, fd));
        }
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut waited = Waited { items, set: unsafe { std::mem::zeroed() } };
        waited.mark();
        Ok(waited)
    }

    /// Puts the descriptors into the set.
    fn mark(&mut self) {
        os_call!(libc::FD_ZERO(&mut self.set));
        for (_, fd) in &self.items {
            // Below FD_SETSIZE, as checked when made.
            os_call!(libc::FD_SET(*fd, &mut self.set));
        }
    }

    fn ready(&self, vm: &Vm) -> Value {
        let ready = self.items.iter().filter(|(_, fd)| os_call!(libc::FD_ISSET(*fd, &self.set)));
        vm.new_list(ready.map(|(item, _)| item.clone()).collect()).into_value()
    }
}

/// A time limit in units of so many nanoseconds; negative is none. `message` is for what is no number.
fn time_limit(value: Option<&Value>, unit: i64, message: &str, vm: &Vm) -> PyResult<Option<Duration>> {
    let Some(value) = value else { return Ok(None) };
    let nanoseconds = nanoseconds_of(value, unit, vm).map_err(|raised| match vm.raised_is(B::TypeError) {
        true => {
            vm.ignore(raised);
            vm.type_error(message)
        }
        false => raised,
    })?;
    Ok(u64::try_from(nanoseconds).ok().map(Duration::from_nanos))
}

/// The same for calls that take milliseconds in a C `int`.
fn short_time_limit(value: Option<&Value>, unit: i64, vm: &Vm) -> PyResult<Option<Duration>> {
    match time_limit(value, unit, "timeout must be an integer or None", vm)? {
        Some(limit) if limit.as_millis() > i32::MAX as u128 => Err(vm.overflow_error("timeout is too large")),
        limit => Ok(limit),
    }
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Wait until one or more file descriptors are ready for some kind of I/O.
    ///
    /// The lists are of what to wait for: reading, writing, exceptional conditions. Returns the ready ones of each.
    #[pyfunction("select(rlist, wlist, xlist, timeout=None, /)")]
    fn select(rlist: &Value, wlist: &Value, xlist: &Value, timeout: Option<&Value>, vm: &Vm) -> PyResult {
        let timeout = match timeout.filter(|t| !t.is_none()) {
            None => None,
            Some(_) => {
                let message = "timeout must be a float or None";
                let limit = time_limit(timeout, 1_000_000_000, message, vm)?;
                Some(limit.ok_or_else(|| vm.value_error("timeout must be non-negative"))?)
            }
        };
        let mut waited = [Waited::new(rlist, vm)?, Waited::new(wlist, vm)?, Waited::new(xlist, vm)?];
        let count = waited.iter().flat_map(|w| &w.items).map(|(_, fd)| fd + 1).max().unwrap_or(0);
        let mut sets = [waited[0].set, waited[1].set, waited[2].set];
        let asked = sets;
        wait(vm, timeout, |left| {
            sets = asked;
            let mut time = left.map(|left| libc::timeval {
                tv_sec: left.as_secs() as libc::time_t,
                tv_usec: left.subsec_micros().into(),
            });
            let time = time.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
            let [read, write, except] = &mut sets;
            os_call!(libc::select(count, read, write, except, time))
        })?;
        for (waited, set) in waited.iter_mut().zip(sets) {
            waited.set = set;
        }
        Ok(vm.new_tuple(waited.iter().map(|w| w.ready(vm)).collect()).into_value())
    }

    /// Returns a polling object.
    #[pyfunction("poll()")]
    fn poll(vm: &Vm) -> Value {
        let poll = Poll { header: Header::blank(), watched: RefCell::default(), running: Cell::new(false) };
        Ref::new(vm, poll).into_value()
    }
}
