//! The socket object: making, closing, time limits.
#![allow(unsafe_code, reason = "calls of the system")]

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_modules_os::os_call;
use pyrope_modules_os::system::{errno, nanoseconds};
use pyrope_object::bind::{Signature, bind};
use pyrope_object::{Args, BuiltinType as B, Header, PyResult, Ref, Slots, Type, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::State;
use super::address::Address;
use super::call::outcome;
use pyrope_modules_os::arguments::{Positional, part};

/// socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object
/// socket(family=-1, type=-1, proto=-1, fileno=None) -> socket object
///
/// One end of a network connection.
///
/// With fileno, the object takes over an open socket and finds out the rest.
#[pyclass(
    name = "socket", module = "_socket", flags(BASETYPE, GC), slots = SLOTS,
    methods(Socket::METHODS, Socket::METHODS_TRANSFER, Socket::METHODS_MESSAGE, Socket::METHODS_OPTIONS),
    getset(Socket::GETSETS)
)]
#[derive(Traverse)]
pub struct Socket {
    header: Header,
    /// -1 when closed.
    #[traverse(skip)]
    fd: Cell<i32>,
    #[traverse(skip)]
    family: Cell<i32>,
    #[traverse(skip)]
    kind: Cell<i32>,
    #[traverse(skip)]
    proto: Cell<i32>,
    /// Nanoseconds; negative for none, zero for calls that never wait.
    #[traverse(skip)]
    timeout: Cell<i64>,
}

const SLOTS: Slots =
    Slots { new: Some(new), init: Some(init), repr: Some(repr), finalize: Some(finalize), ..Slots::EMPTY };

fn blank() -> Socket {
    Socket {
        header: Header::blank(),
        fd: Cell::new(-1),
        family: Cell::new(0),
        kind: Cell::new(0),
        proto: Cell::new(0),
        timeout: Cell::new(-1),
    }
}

fn new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    Ok(Ref::new_in(vm, class, blank()).into_value())
}

static INIT: Signature = Signature::plain("socket", &["family", "type", "proto", "fileno"], 0);

fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let Some(this) = slf.downcast::<Socket>() else { return Ok(()) };
    let mut given = [None; 4];
    bind(&INIT, args, &mut given, vm)?;
    let [family, kind, proto, fileno] = given;
    let number = |value: Option<&Value>| value.map_or(Ok(-1), |value| part::<i32>(value, vm));
    let (family, kind, proto) = (number(family)?, number(kind)?, number(proto)?);
    vm.audit("socket.__new__", || [slf.clone(), vm.int(family.into()), vm.int(kind.into()), vm.int(proto.into())])?;
    match fileno.filter(|fd| !fd.is_none()) {
        Some(fd) => this.take_over(part::<i32>(fd, vm)?, family, kind, proto, vm),
        None => this.open(family, kind, proto, vm),
    }
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<Socket>() else { return Ok(Value::none()) };
    let text = format!(
        "<socket object, fd={}, family={}, type={}, proto={}>",
        this.fd(),
        this.family(),
        this.kind.get(),
        this.proto()
    );
    Ok(vm.new_str(&text).into_value())
}

/// Closes a socket that nobody closed, and warns.
fn finalize(slf: &Value, vm: &Vm) {
    let Some(this) = slf.downcast::<Socket>() else { return };
    if this.fd() < 0 {
        return;
    }
    let shown = vm.repr_text(slf);
    let warned = shown.and_then(|shown| vm.warn_unclosed(slf, &format!("unclosed {shown}")));
    if let Err(raised) = warned {
        if vm.raised_is(B::Warning) {
            vm.write_unraisable(Some("Exception ignored while finalizing socket"), slf);
        } else {
            vm.ignore(raised);
        }
    }
    let fd = this.fd.replace(-1);
    if fd >= 0 {
        vm.allow_threads(|| os_call!(libc::close(fd)));
    }
}

/// An integer option of a socket.
fn option(fd: i32, name: i32, vm: &Vm) -> PyResult<i32> {
    let (mut value, mut size) = (0i32, size_of::<i32>() as libc::socklen_t);
    match os_call!(libc::getsockopt(fd, libc::SOL_SOCKET, name, (&raw mut value).cast(), &mut size)) {
        0 => Ok(value),
        _ => Err(os_error_from_errno(vm, errno(), None, None)),
    }
}

impl Socket {
    pub fn fd(&self) -> i32 {
        self.fd.get()
    }

    pub fn family(&self) -> i32 {
        self.family.get()
    }

    pub fn proto(&self) -> i32 {
        self.proto.get()
    }

    pub fn timeout(&self) -> i64 {
        self.timeout.get()
    }

    /// A new socket of this family.
    fn open(&self, family: i32, kind: i32, proto: i32, vm: &Vm) -> PyResult<()> {
        let or = |value: i32, default: i32| if value == -1 { default } else { value };
        let (family, kind, proto) = (or(family, libc::AF_INET), or(kind, libc::SOCK_STREAM), or(proto, 0));
        let made =
            vm.allow_threads(|| outcome(os_call!(libc::socket(family, kind | libc::SOCK_CLOEXEC, proto)) as isize));
        let fd = made.map_err(|number| os_error_from_errno(vm, number, None, None))? as i32;
        self.set_up(fd, family, kind, proto, vm).inspect_err(|_| {
            self.fd.set(-1);
            os_call!(libc::close(fd));
        })
    }

    /// Someone else's open socket; what is -1 is asked of the system.
    fn take_over(&self, fd: i32, family: i32, kind: i32, proto: i32, vm: &Vm) -> PyResult<()> {
        if fd < 0 {
            return Err(vm.value_error("negative file descriptor"));
        }
        let mut address = Address::blank();
        let (at, length) = address.for_system();
        let found = match os_call!(libc::getsockname(fd, at, length)) {
            0 => Ok(address.family()),
            _ => Err(errno()),
        };
        let family = match found {
            Ok(found) if family == -1 => found,
            // Some families have no names.
            Err(number) if family == -1 || matches!(number, libc::EBADF | libc::ENOTSOCK) => {
                return Err(os_error_from_errno(vm, number, None, None));
            }
            _ => family,
        };
        let kind = if kind == -1 { option(fd, libc::SO_TYPE, vm)? } else { kind };
        let proto = if proto == -1 { option(fd, libc::SO_PROTOCOL, vm)? } else { proto };
        self.set_up(fd, family, kind, proto, vm)
    }

    fn set_up(&self, fd: i32, family: i32, kind: i32, proto: i32, vm: &Vm) -> PyResult<()> {
        self.fd.set(fd);
        self.family.set(family);
        self.kind.set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
        self.proto.set(proto);
        if kind & libc::SOCK_NONBLOCK != 0 {
            self.timeout.set(0);
            return Ok(());
        }
        let timeout = vm.state::<State>().default_timeout.get();
        self.timeout.set(timeout);
        if timeout >= 0 { self.set_system_blocking(false, vm) } else { Ok(()) }
    }

    fn set_system_blocking(&self, blocking: bool, vm: &Vm) -> PyResult<()> {
        self.call_once(vm, |fd| {
            let mut flag = libc::c_int::from(!blocking);
            os_call!(libc::ioctl(fd, libc::FIONBIO, &raw mut flag))
        })
    }

    fn set_timeout(&self, timeout: i64, vm: &Vm) -> PyResult<()> {
        self.timeout.set(timeout);
        self.set_system_blocking(timeout < 0, vm)
    }
}

/// Nanoseconds of a time limit; None is -1.
fn parse_timeout(value: &Value, vm: &Vm) -> PyResult<i64> {
    if value.is_none() {
        return Ok(-1);
    }
    match nanoseconds(value, vm)? {
        n if n < 0 => Err(vm.value_error("Timeout value out of range")),
        n => Ok(n),
    }
}

fn show_timeout(nanoseconds: i64, vm: &Vm) -> Value {
    if nanoseconds < 0 { Value::none() } else { vm.float(nanoseconds as f64 / 1e9) }
}

#[pymethods]
impl Socket {
    /// close()
    ///
    /// Close the socket.  It cannot be used after this call.
    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        match vm.allow_threads(|| outcome(os_call!(libc::close(fd)) as isize)) {
            // The other end may have closed the connection first.
            Ok(_) | Err(libc::ECONNRESET) => Ok(()),
            Err(number) => Err(os_error_from_errno(vm, number, None, None)),
        }
    }

    /// detach()
    ///
    /// Give up the descriptor without closing it, and return it.
    #[method("detach($self, /)")]
    fn detach(&self) -> i32 {
        self.fd.replace(-1)
    }

    /// fileno() -> integer
    ///
    /// Return the integer file descriptor of the socket.
    #[method("fileno($self, /)")]
    fn fileno(&self) -> i32 {
        self.fd()
    }

    /// setblocking(flag)
    ///
    /// Let operations wait (as settimeout(None)) or never wait (as settimeout(0.0)).
    #[method("setblocking($self, object, /)")]
    fn setblocking(&self, object: bool, vm: &Vm) -> PyResult<()> {
        self.set_timeout(if object { -1 } else { 0 }, vm)
    }

    /// getblocking()
    ///
    /// Whether operations wait.
    #[method("getblocking($self, /)")]
    fn getblocking(&self) -> bool {
        self.timeout() != 0
    }

    /// settimeout(timeout)
    ///
    /// Limit how long operations wait: seconds, or None for no limit.  Zero never waits.
    #[method("settimeout($self, object, /)")]
    fn settimeout(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        self.set_timeout(parse_timeout(object, vm)?, vm)
    }

    /// gettimeout() -> timeout
    ///
    /// How many seconds operations wait at most; None if there is no limit.
    #[method("gettimeout($self, /)")]
    fn gettimeout(&self, vm: &Vm) -> Value {
        show_timeout(self.timeout(), vm)
    }

    /// the socket timeout
    #[getter("timeout")]
    fn timeout_attribute(&self, vm: &Vm) -> Value {
        show_timeout(self.timeout(), vm)
    }

    /// the socket family
    #[getter("family")]
    #[member]
    fn family_attribute(&self) -> i32 {
        self.family()
    }

    /// the socket type
    #[getter("type")]
    #[member]
    fn type_attribute(&self) -> i32 {
        self.kind.get()
    }

    /// the socket protocol
    #[getter("proto")]
    #[member]
    fn proto_attribute(&self) -> i32 {
        self.proto()
    }
}

#[pyrope_macros::pyfunctions]
pub mod functions {
    use super::*;

    /// close(integer) -> None
    ///
    /// Close a socket by its descriptor.
    #[pyfunction("close($self, object, /)")]
    fn close(object: i32, vm: &Vm) -> PyResult<()> {
        match vm.allow_threads(|| outcome(os_call!(libc::close(object)) as isize)) {
            Ok(_) | Err(libc::ECONNRESET) => Ok(()),
            Err(number) => Err(os_error_from_errno(vm, number, None, None)),
        }
    }

    /// dup(integer) -> integer
    ///
    /// Duplicate a socket's descriptor; the new one is not inherited.
    #[pyfunction("dup($self, object, /)")]
    fn dup(object: i32, vm: &Vm) -> PyResult<i32> {
        match outcome(os_call!(libc::fcntl(object, libc::F_DUPFD_CLOEXEC, 0)) as isize) {
            Ok(fd) => Ok(fd as i32),
            Err(number) => Err(os_error_from_errno(vm, number, None, None)),
        }
    }

    /// socketpair([family[, type [, proto]]]) -> (socket object, socket object)
    ///
    /// Two sockets that are connected to each other; the family defaults to AF_UNIX.
    #[pyfunction("socketpair")]
    fn socketpair(args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("socketpair", args, 0, 3, vm)?;
        let family = args.or(0, libc::AF_UNIX, vm)?;
        let kind = args.or(1, libc::SOCK_STREAM, vm)?;
        let proto = args.or(2, 0, vm)?;
        let mut fds = [-1; 2];
        let made = vm.allow_threads(|| {
            outcome(os_call!(libc::socketpair(family, kind | libc::SOCK_CLOEXEC, proto, fds.as_mut_ptr())) as isize)
        });
        made.map_err(|number| os_error_from_errno(vm, number, None, None))?;
        // Both own their descriptor before anything can fail.
        let pair = fds.map(|fd| {
            let socket = Ref::new(vm, blank());
            socket.fd.set(fd);
            socket
        });
        for (socket, fd) in pair.iter().zip(fds) {
            socket.set_up(fd, family, kind, proto, vm)?;
        }
        Ok(vm.new_tuple(pair.map(Ref::into_value).to_vec()).into_value())
    }

    /// getdefaulttimeout() -> timeout
    ///
    /// The time limit of new sockets in seconds; None for none.
    #[pyfunction("getdefaulttimeout($self, /)")]
    fn getdefaulttimeout(vm: &Vm) -> Value {
        show_timeout(vm.state::<State>().default_timeout.get(), vm)
    }

    /// setdefaulttimeout(timeout)
    ///
    /// Set the time limit of new sockets: seconds, or None for none.
    #[pyfunction("setdefaulttimeout($self, object, /)")]
    fn setdefaulttimeout(object: &Value, vm: &Vm) -> PyResult<()> {
        vm.state::<State>().default_timeout.set(parse_timeout(object, vm)?);
        Ok(())
    }
}
