//! Connecting, listening, accepting; options; names of both ends.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_macros::pymethods;
use pyrope_modules_os::os_call;
use pyrope_modules_os::system::{Pinned, errno};
use pyrope_object::bind::BytesLike;
use pyrope_object::{Args, BuiltinType as B, PyResult, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::address::Address;
use super::call::{Failure, Wait, outcome};
use super::object::Socket;
use super::transfer::{filled, room};
use pyrope_modules_os::arguments::{Positional, part};

/// How many connections wait to be accepted, if the caller does not say.
const DEFAULT_BACKLOG: i32 = 128;
/// The largest option that `getsockopt` gives as bytes.
const OPTION_SIZE_MAX: i32 = 1024;

/// What became of a connection under way.
fn connection_result(fd: i32) -> Result<usize, i32> {
    let (mut error, mut size) = (0i32, size_of::<i32>() as libc::socklen_t);
    outcome(
        os_call!(libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_ERROR, (&raw mut error).cast(), &mut size)) as isize
    )?;
    match error {
        0 | libc::EISCONN => Ok(0),
        error => Err(error),
    }
}

impl Socket {
    fn connect_to(&self, address: &Address, vm: &Vm) -> PyResult<Result<(), Failure>> {
        let fd = self.fd();
        let (to, size) = (address.pointer(), address.length());
        let number = match vm.allow_threads(|| outcome(os_call!(libc::connect(fd, to, size)) as isize)) {
            Ok(_) => return Ok(Ok(())),
            Err(number) => number,
        };
        let wait = match number {
            // The connection goes on by itself.
            libc::EINTR => {
                vm.check_breaker()?;
                self.timeout() != 0
            }
            number => number == libc::EINPROGRESS && self.timeout() > 0,
        };
        if !wait {
            return Ok(Err(Failure::Errno(number)));
        }
        Ok(self.attempt(Wait::Connected, self.timeout(), vm, connection_result)?.map(drop))
    }

    fn name(
        &self,
        vm: &Vm,
        ask: unsafe extern "C" fn(i32, *mut libc::sockaddr, *mut libc::socklen_t) -> i32,
    ) -> PyResult {
        let mut address = Address::blank();
        let (at, length) = address.for_system();
        self.call_once(vm, |fd| os_call!(ask(fd, at, length)))?;
        address.to_python(vm)
    }

    fn set_option(&self, level: i32, option: i32, at: *const libc::c_void, size: usize, vm: &Vm) -> PyResult<()> {
        match os_call!(libc::setsockopt(self.fd(), level, option, at, size as libc::socklen_t)) {
            0 => Ok(()),
            _ => Err(os_error_from_errno(vm, errno(), None, None)),
        }
    }
}

#[pymethods(OPTIONS)]
impl Socket {
    /// _accept() -> (integer, address info)
    ///
    /// Wait for a connection; returns its descriptor and the other end's address.
    #[method("_accept($self, /)")]
    fn accept(&self, vm: &Vm) -> PyResult {
        let mut address = Address::blank();
        let fd = self.call(Wait::Readable, vm, |fd| {
            address = Address::blank();
            let (at, length) = address.for_system();
            outcome(os_call!(libc::accept4(fd, at, length, libc::SOCK_CLOEXEC)) as isize)
        })?;
        match address.to_python(vm) {
            Ok(address) => Ok(vm.tuple_of([vm.int_from_usize(fd), address]).into_value()),
            Err(raised) => {
                os_call!(libc::close(fd as i32));
                Err(raised)
            }
        }
    }

    /// bind(address)
    ///
    /// Give the socket a local address: (host, port) for IP sockets.
    #[method("bind($self, object, /)")]
    fn bind(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let address = Address::from_python(self, object, "bind", vm)?;
        vm.audit("socket.bind", || [pyrope_object::value_of(self), object.clone()])?;
        self.call_once(vm, |fd| os_call!(libc::bind(fd, address.pointer(), address.length())))
    }

    /// connect(address)
    ///
    /// Connect the socket to a remote address: (host, port) for IP sockets.
    #[method("connect($self, object, /)")]
    fn connect(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let address = Address::from_python(self, object, "connect", vm)?;
        vm.audit("socket.connect", || [pyrope_object::value_of(self), object.clone()])?;
        self.connect_to(&address, vm)?.map_err(|failure| failure.raise(vm))
    }

    /// connect_ex(address) -> errno
    ///
    /// Like connect(address), but returns the number of an error instead of raising it.
    #[method("connect_ex($self, object, /)")]
    fn connect_ex(&self, object: &Value, vm: &Vm) -> PyResult<i32> {
        let address = Address::from_python(self, object, "connect_ex", vm)?;
        vm.audit("socket.connect", || [pyrope_object::value_of(self), object.clone()])?;
        Ok(match self.connect_to(&address, vm)? {
            Ok(()) => 0,
            Err(Failure::TimedOut) => libc::EWOULDBLOCK,
            Err(Failure::Errno(number)) => number,
        })
    }

    /// getsockname() -> address info
    ///
    /// The address of this end.
    #[method("getsockname($self, /)")]
    fn getsockname(&self, vm: &Vm) -> PyResult {
        self.name(vm, libc::getsockname)
    }

    /// getpeername() -> address info
    ///
    /// The address of the other end.
    #[method("getpeername($self, /)")]
    fn getpeername(&self, vm: &Vm) -> PyResult {
        self.name(vm, libc::getpeername)
    }

    /// listen([backlog])
    ///
    /// Begin to take connections, of which backlog may wait to be accepted.
    #[method("listen")]
    fn listen(&self, args: Args<'_>, vm: &Vm) -> PyResult<()> {
        let backlog = Positional::count("listen", args, 0, 1, vm)?.or(0, DEFAULT_BACKLOG, vm)?.max(0);
        self.call_once(vm, |fd| os_call!(libc::listen(fd, backlog)))
    }

    /// shutdown(flag)
    ///
    /// Shut down reading (SHUT_RD), writing (SHUT_WR), or both (SHUT_RDWR).
    #[method("shutdown($self, object, /)")]
    fn shutdown(&self, object: i32, vm: &Vm) -> PyResult<()> {
        self.call_once(vm, |fd| os_call!(libc::shutdown(fd, object)))
    }

    /// setsockopt(level, option, value: int)
    /// setsockopt(level, option, value: buffer)
    /// setsockopt(level, option, None, optlen: int)
    ///
    /// Set an option of the socket or its protocol.
    #[method("setsockopt")]
    fn setsockopt(&self, args: Args<'_>, vm: &Vm) -> PyResult<()> {
        let none = args.positional().get(2).is_some_and(Value::is_none);
        if let ([level, option, _, length], true) = (args.positional(), none) {
            let (level, option) = (part(level, vm)?, part(option, vm)?);
            let length = pyrope_modules_os::arguments::masked_u32(length, vm)?;
            return self.set_option(level, option, std::ptr::null(), length as usize, vm);
        }
        let args = Positional::count("setsockopt", args, 3, 3, vm)?;
        let (level, option) = (args.required(0, vm)?, args.required(1, vm)?);
        let value: &Value = args.required(2, vm)?;
        if self.family() == libc::AF_VSOCK {
            let number = part::<u64>(value, vm)?;
            return self.set_option(level, option, (&raw const number).cast(), size_of::<u64>(), vm);
        }
        if value.ty(vm).slots().index.is_some() {
            match part::<i32>(value, vm) {
                Ok(number) => {
                    return self.set_option(level, option, (&raw const number).cast(), size_of::<i32>(), vm);
                }
                Err(raised) => vm.ignore(raised),
            }
        }
        let value = part::<BytesLike<'_>>(value, vm)?;
        let value = Pinned::readable(&value);
        self.set_option(level, option, value.pointer().cast(), value.len(), vm)
    }

    /// getsockopt(level, option[, buffersize]) -> value
    ///
    /// An option of the socket or its protocol: an integer, or with a size the bytes.
    #[method("getsockopt")]
    fn getsockopt(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("getsockopt", args, 2, 3, vm)?;
        let (level, option, length) = (args.required(0, vm)?, args.required(1, vm)?, args.or(2, 0, vm)?);
        let ask = |at: *mut libc::c_void, size: &mut libc::socklen_t| match os_call!(libc::getsockopt(
            self.fd(),
            level,
            option,
            at,
            size
        )) {
            0 => Ok(()),
            _ => Err(os_error_from_errno(vm, errno(), None, None)),
        };
        let vsock = self.family() == libc::AF_VSOCK;
        match length {
            0 if vsock => {
                let (mut number, mut size) = (0u64, size_of::<u64>() as libc::socklen_t);
                ask((&raw mut number).cast(), &mut size)?;
                Ok(vm.int_from_u64(number))
            }
            0 => {
                let (mut number, mut size) = (0i32, size_of::<i32>() as libc::socklen_t);
                ask((&raw mut number).cast(), &mut size)?;
                Ok(vm.int(number.into()))
            }
            _ if vsock => Err(vm.raise(B::OSError, "getsockopt string buffer not allowed")),
            1..=OPTION_SIZE_MAX => {
                let mut buffer = room(length as usize, vm)?;
                let mut size = length as libc::socklen_t;
                ask(buffer.as_mut_ptr().cast(), &mut size)?;
                // SAFETY: the system wrote so many bytes.
                unsafe { filled(buffer, size as usize, vm) }
            }
            _ => Err(vm.raise(B::OSError, "getsockopt buflen out of range")),
        }
    }
}
