//! Calling the system for a socket, waiting no longer than its time limit.
#![allow(unsafe_code, reason = "calls of the system")]

use std::time::{Duration, Instant};

use pyrope_modules_os::os_call;
use pyrope_modules_os::system::errno;
use pyrope_object::{PyResult, Raised, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::object::Socket;

/// What a call waits for first.
#[derive(Clone, Copy, PartialEq)]
pub enum Wait {
    Readable,
    Writable,
    /// A connection under way; waited for without a time limit too.
    Connected,
}

/// Why a call did not succeed.
pub enum Failure {
    TimedOut,
    Errno(i32),
}

impl Failure {
    pub fn raise(self, vm: &Vm) -> Raised {
        match self {
            Failure::TimedOut => vm.raise(pyrope_object::BuiltinType::TimeoutError, "timed out"),
            Failure::Errno(number) => os_error_from_errno(vm, number, None, None),
        }
    }
}

/// The result of a C function: negative is failure.
pub fn outcome(result: isize) -> Result<usize, i32> {
    usize::try_from(result).map_err(|_| errno())
}

/// Polls once; false if the time ran out.
fn poll(fd: i32, wait: Wait, left: Option<Duration>, vm: &Vm) -> Result<bool, i32> {
    // A socket closed meanwhile fails in the call that follows.
    if fd < 0 {
        return Ok(true);
    }
    let events = match wait {
        Wait::Readable => libc::POLLIN,
        Wait::Writable => libc::POLLOUT,
        Wait::Connected => libc::POLLOUT | libc::POLLERR,
    };
    let milliseconds = left.map_or(-1, |left| i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX));
    vm.allow_threads(|| {
        let mut polled = libc::pollfd { fd, events, revents: 0 };
        outcome(os_call!(libc::poll(&mut polled, 1, milliseconds)) as isize).map(|ready| ready > 0)
    })
}

impl Socket {
    /// Calls `function` with the descriptor while other threads run; interrupted calls are repeated. With a time limit
    /// (nanoseconds, negative for none) the socket does not block, and is waited for.
    pub fn attempt(
        &self,
        wait: Wait,
        timeout: i64,
        vm: &Vm,
        mut function: impl FnMut(i32) -> Result<usize, i32>,
    ) -> PyResult<Result<usize, Failure>> {
        let limit = u64::try_from(timeout).ok().filter(|&n| n > 0).map(Duration::from_nanos);
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            if limit.is_some() || wait == Wait::Connected {
                let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
                match poll(self.fd(), wait, left, vm) {
                    Ok(true) => {}
                    Ok(false) => return Ok(Err(Failure::TimedOut)),
                    Err(libc::EINTR) => {
                        vm.check_breaker()?;
                        continue;
                    }
                    Err(number) => return Ok(Err(Failure::Errno(number))),
                }
            }
            let fd = self.fd();
            match vm.allow_threads(|| function(fd)) {
                Ok(count) => return Ok(Ok(count)),
                Err(libc::EINTR) => vm.check_breaker()?,
                // Ready by mistake, or another thread was faster.
                Err(libc::EAGAIN) if self.timeout() > 0 => {}
                Err(number) => return Ok(Err(Failure::Errno(number))),
            }
        }
    }

    /// The same with the socket's own time limit, raising what goes wrong.
    pub fn call(&self, wait: Wait, vm: &Vm, function: impl FnMut(i32) -> Result<usize, i32>) -> PyResult<usize> {
        self.attempt(wait, self.timeout(), vm, function)?.map_err(|failure| failure.raise(vm))
    }

    /// One call that does not wait, while other threads run; raises what goes wrong.
    pub fn call_once(&self, vm: &Vm, function: impl FnOnce(i32) -> i32) -> PyResult<()> {
        let fd = self.fd();
        let result = vm.allow_threads(|| outcome(function(fd) as isize));
        result.map(drop).map_err(|number| os_error_from_errno(vm, number, None, None))
    }
}
