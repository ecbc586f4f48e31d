//! Names and addresses of hosts, services and protocols.
#![allow(unsafe_code, reason = "calls of the system")]

use std::ffi::{CStr, CString};
use std::mem::zeroed;
use std::sync::{Mutex, PoisonError};

use pyrope_modules_os::os_call;
use pyrope_modules_os::system::{errno, fs_c_string, fs_decode};
use pyrope_object::bind::{BytesLike, bad_argument, utf8};
use pyrope_object::{Args, BuiltinType as B, Bytes, PyResult, Raised, Str, Tuple, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::address::{Address, encode_idna, host_name};
use super::{raise_gaierror, raise_herror};
use pyrope_modules_os::arguments::{Positional, masked_u32, part};

unsafe extern "C" {
    fn gethostbyname_r(
        name: *const libc::c_char,
        result: *mut libc::hostent,
        buffer: *mut libc::c_char,
        size: usize,
        found: *mut *mut libc::hostent,
        error: *mut libc::c_int,
    ) -> libc::c_int;
    fn gethostbyaddr_r(
        address: *const libc::c_void,
        length: libc::socklen_t,
        family: libc::c_int,
        result: *mut libc::hostent,
        buffer: *mut libc::c_char,
        size: usize,
        found: *mut *mut libc::hostent,
        error: *mut libc::c_int,
    ) -> libc::c_int;
    fn hstrerror(error: libc::c_int) -> *const libc::c_char;
}

/// The C library's tables of services and protocols are read through storage that all threads share.
static TABLES: Mutex<()> = Mutex::new(());

/// Text of the C library.
///
/// # Safety
/// `text` is null or NUL-terminated and lives while it is copied.
unsafe fn copied(text: *const libc::c_char) -> Vec<u8> {
    if text.is_null() {
        return Vec::new();
    }
    // SAFETY: not null; the system ends its texts with a NUL.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}

/// Texts of the C library, in an array that ends with a null pointer.
///
/// # Safety
/// `list` is null or such an array of texts.
unsafe fn copied_list(mut list: *mut *mut libc::c_char) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    // SAFETY: as the caller promises.
    unsafe {
        while !list.is_null() && !(*list).is_null() {
            texts.push(copied(*list));
            list = list.add(1);
        }
    }
    texts
}

/// Why a look-up failed: what `getaddrinfo` gave, and the system's error number.
struct LookUpError {
    code: i32,
    errno: i32,
}

impl LookUpError {
    fn raise(self, vm: &Vm) -> Raised {
        if self.code == libc::EAI_SYSTEM {
            return os_error_from_errno(vm, self.errno, None, None);
        }
        // SAFETY: gives static text for any number.
        let text = unsafe { copied(libc::gai_strerror(self.code)) };
        raise_gaierror(self.code, &String::from_utf8_lossy(&text), vm)
    }
}

/// One result of `getaddrinfo`.
struct Found {
    family: i32,
    kind: i32,
    proto: i32,
    canonical: Vec<u8>,
    address: Address,
}

/// What is asked of `getaddrinfo`.
#[derive(Clone, Copy, Default)]
struct Hints {
    family: i32,
    kind: i32,
    proto: i32,
    flags: i32,
}

/// `getaddrinfo`, while other threads run.
fn look_up(host: Option<&CStr>, service: Option<&CStr>, hints: Hints, vm: &Vm) -> Result<Vec<Found>, LookUpError> {
    let pointer = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    vm.allow_threads(|| {
        // SAFETY: a plain C struct, for which zero is a value.
        let mut asked: libc::addrinfo = unsafe { zeroed() };
        asked.ai_family = hints.family;
        asked.ai_socktype = hints.kind;
        asked.ai_protocol = hints.proto;
        asked.ai_flags = hints.flags;
        let mut first = std::ptr::null_mut();
        let code = os_call!(libc::getaddrinfo(pointer(host), pointer(service), &asked, &mut first));
        if code != 0 {
            return Err(LookUpError { code, errno: errno() });
        }
        let mut found = Vec::new();
        let mut next = first;
        // SAFETY: a linked list that lives until it is freed below.
        unsafe {
            while let Some(info) = next.as_ref() {
                found.push(Found {
                    family: info.ai_family,
                    kind: info.ai_socktype,
                    proto: info.ai_protocol,
                    canonical: copied(info.ai_canonname),
                    address: Address::copied(info.ai_addr, info.ai_addrlen),
                });
                next = info.ai_next;
            }
            libc::freeaddrinfo(first);
        }
        Ok(found)
    })
}

/// The IP address of a host's name: the first that is found. Empty is any address of this host.
pub fn resolve(name: &CStr, family: i32, vm: &Vm) -> PyResult<Address> {
    let error = |message: &str| Err(vm.raise(B::OSError, message));
    let (any, v4, v6) = (family == libc::AF_UNSPEC, family == libc::AF_INET, family == libc::AF_INET6);
    if name.is_empty() {
        let hints = Hints { family, kind: libc::SOCK_DGRAM, flags: libc::AI_PASSIVE, proto: 0 };
        let found = look_up(None, Some(c"0"), hints, vm).map_err(|error| error.raise(vm))?;
        return match &found[..] {
            [one] if matches!(one.family, libc::AF_INET | libc::AF_INET6) => Ok(one.address),
            [_] | [] => error("unsupported address family"),
            _ => error("wildcard resolved to multiple address"),
        };
    }
    if matches!(name.to_bytes(), b"255.255.255.255" | b"<broadcast>") {
        return if any || v4 { Ok(Address::broadcast()) } else { error("address family mismatched") };
    }
    let scoped = name.to_bytes().contains(&b'%');
    let numeric = if any || v4 { Address::numeric_v4(name) } else { None };
    let numeric = numeric.or_else(|| if (any || v6) && !scoped { Address::numeric_v6(name) } else { None });
    if let Some(address) = numeric {
        return Ok(address);
    }
    let found = look_up(Some(name), None, Hints { family, ..Hints::default() }, vm).map_err(|error| error.raise(vm))?;
    match found.first() {
        Some(first) if matches!(first.family, libc::AF_INET | libc::AF_INET6) => Ok(first.address),
        _ => error("unknown address family"),
    }
}

/// What the C library knows of a host.
struct Host {
    name: Vec<u8>,
    aliases: Vec<Vec<u8>>,
    addresses: Vec<Vec<u8>>,
    family: i32,
}

impl Host {
    /// # Safety
    /// The entry and what it points to are alive.
    unsafe fn copied(entry: &libc::hostent) -> Host {
        let (mut addresses, mut list) = (Vec::new(), entry.h_addr_list);
        let length = usize::try_from(entry.h_length).unwrap_or(0);
        // SAFETY: the C library's arrays end with null; each address has the entry's length.
        unsafe {
            while !list.is_null() && !(*list).is_null() {
                addresses.push(std::slice::from_raw_parts((*list).cast::<u8>(), length).to_vec());
                list = list.add(1);
            }
            Host {
                name: copied(entry.h_name),
                aliases: copied_list(entry.h_aliases),
                addresses,
                family: entry.h_addrtype,
            }
        }
    }

    fn to_python(&self, family: i32, vm: &Vm) -> PyResult {
        if self.family != family {
            return Err(os_error_from_errno(vm, libc::EAFNOSUPPORT, None, None));
        }
        let aliases = self.aliases.iter().map(|alias| fs_decode(alias, vm)).collect::<PyResult<Vec<_>>>()?;
        let shown = self.addresses.iter().map(|packed| super::address::show_ip(family, packed, vm));
        let addresses = shown.collect::<PyResult<Vec<_>>>()?;
        let parts =
            vec![fs_decode(&self.name, vm)?, vm.new_list(aliases).into_value(), vm.new_list(addresses).into_value()];
        Ok(vm.new_tuple(parts).into_value())
    }
}

/// Calls one of the `gethostby…_r` functions with room enough, while other threads run.
fn host_entry(
    vm: &Vm,
    ask: impl Fn(*mut libc::hostent, *mut libc::c_char, usize, *mut *mut libc::hostent, *mut libc::c_int) -> i32,
) -> PyResult<Host> {
    let found = vm.allow_threads(|| {
        let mut room = vec![0 as libc::c_char; 16 * 1024];
        loop {
            // SAFETY: a plain C struct, for which zero is a value.
            let mut entry: libc::hostent = unsafe { zeroed() };
            let (mut found, mut error) = (std::ptr::null_mut(), 0);
            let code = ask(&mut entry, room.as_mut_ptr(), room.len(), &mut found, &mut error);
            if code == libc::ERANGE && room.len() < 1 << 20 {
                room.resize(room.len() * 2, 0);
                continue;
            }
            // SAFETY: null, or the entry above, which points into the room.
            return unsafe { found.as_ref().map(|entry| Host::copied(entry)) }.ok_or(error);
        }
    });
    found.map_err(|error| {
        // SAFETY: gives static text for any number.
        let text = unsafe { copied(hstrerror(error)) };
        raise_herror(error, &String::from_utf8_lossy(&text), vm)
    })
}

/// The host's name as the sole argument of a function.
fn host_argument(args: &Positional<'_>, function: &str, vm: &Vm) -> PyResult<CString> {
    let value: &Value = args.required(0, vm)?;
    let is_text = value.downcast::<Str>().is_some()
        || value.downcast::<Bytes>().is_some()
        || value.ty(vm).is_subtype(vm.builtin(B::ByteArray));
    if !is_text {
        let kind = pyrope_object::bind::argument_type_name(value, vm);
        return Err(vm.type_error(format!("{function}() argument 1 must be str, bytes or bytearray, not {kind}")));
    }
    host_name(value, vm)
}

/// The host argument of `getaddrinfo`.
fn host_to_look_up(value: &Value, vm: &Vm) -> PyResult<Option<CString>> {
    let bytes = match (value.downcast::<Str>(), value.downcast::<Bytes>()) {
        _ if value.is_none() => return Ok(None),
        (Some(text), _) => match text.as_ascii() {
            // Plain labels are their own IDNA.
            Some(ascii) if ascii.trim_end_matches('.').split('.').all(|label| (1..64).contains(&label.len())) => {
                ascii.as_bytes().to_vec()
            }
            Some("") => Vec::new(),
            _ => encode_idna(value, vm)?,
        },
        (_, Some(bytes)) => bytes.as_slice().to_vec(),
        _ => return Err(vm.type_error("getaddrinfo() argument 1 must be string or None")),
    };
    Ok(Some(cut(bytes)))
}

/// The text up to a NUL, as C sees it.
fn cut(mut bytes: Vec<u8>) -> CString {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    CString::new(bytes).unwrap_or_default()
}

/// The service argument of `getaddrinfo`: a number, or a name.
fn service_to_look_up(value: &Value, vm: &Vm) -> PyResult<Option<CString>> {
    let bytes = match (value.downcast::<Str>(), value.downcast::<Bytes>()) {
        _ if value.is_none() => return Ok(None),
        _ if value.as_int().is_some() => vm.str(&vm.index(value)?)?.to_string_lossy().into_owned().into_bytes(),
        (Some(text), _) => utf8(value, text, vm)?.into_owned().into_bytes(),
        (_, Some(bytes)) => bytes.as_slice().to_vec(),
        _ => return Err(vm.raise(B::OSError, "Int or String expected")),
    };
    Ok(Some(cut(bytes)))
}

/// A name for the C library.
fn c_name(value: &Value, function: &str, argument: &'static str, vm: &Vm) -> PyResult<CString> {
    let what = pyrope_object::args::ArgName { function, argument: argument.into() };
    let Some(text) = value.downcast::<Str>() else { return Err(bad_argument(&what, "str", value, vm)) };
    CString::new(&*utf8(value, text, vm)?).map_err(|_| vm.value_error("embedded null character"))
}

#[pyrope_macros::pyfunctions]
pub mod functions {
    use super::*;

    /// getaddrinfo(host, port [, family, type, proto, flags])
    ///     -> list of (family, type, proto, canonname, sockaddr)
    ///
    /// The addresses of a host and a service.
    #[pyfunction("getaddrinfo($module, /, host, port, family=0, type=0, proto=0, flags=0)")]
    fn getaddrinfo(host: &Value, port: &Value, family: i32, kind: i32, proto: i32, flags: i32, vm: &Vm) -> PyResult {
        let host = host_to_look_up(host, vm)?;
        let service = service_to_look_up(port, vm)?;
        let hints = Hints { family, kind, proto, flags };
        let found = look_up(host.as_deref(), service.as_deref(), hints, vm).map_err(|error| error.raise(vm))?;
        let mut shown = Vec::with_capacity(found.len());
        for one in &found {
            let mut parts: Vec<Value> = [one.family, one.kind, one.proto].map(|n| vm.int(n.into())).to_vec();
            parts.push(fs_decode(&one.canonical, vm)?);
            parts.push(one.address.to_python(vm)?);
            shown.push(vm.new_tuple(parts).into_value());
        }
        Ok(vm.new_list(shown).into_value())
    }

    /// getnameinfo(sockaddr, flags) --> (host, port)
    ///
    /// The names of an address's host and port.
    #[pyfunction("getnameinfo")]
    fn getnameinfo(args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("getnameinfo", args, 2, 2, vm)?;
        let (address, flags) = (args.required::<&Value>(0, vm)?, args.required::<i32>(1, vm)?);
        let Some(items) = address.downcast::<Tuple>().map(Tuple::as_slice) else {
            return Err(vm.type_error("getnameinfo() argument 1 must be a tuple"));
        };
        let ([host, port] | [host, port, _] | [host, port, _, _]) = items else {
            return Err(vm.type_error("getnameinfo(): illegal sockaddr argument"));
        };
        let Some(name) = host.downcast::<Str>() else {
            return Err(vm.type_error("getnameinfo(): illegal sockaddr argument"));
        };
        let name = cut(utf8(host, name, vm)?.into_owned().into_bytes());
        let port = part::<i32>(port, vm)?;
        let field = |index: usize| items.get(index).map_or(Ok(0), |value| masked_u32(value, vm));
        let (flowinfo, scope_id) = (field(2)?, field(3)?);
        if flowinfo > 0xF_FFFF {
            return Err(vm.overflow_error("getnameinfo(): flowinfo must be 0-1048575."));
        }
        let service = cut(port.to_string().into_bytes());
        let hints = Hints { kind: libc::SOCK_DGRAM, flags: libc::AI_NUMERICHOST, ..Hints::default() };
        let found = look_up(Some(&name), Some(&service), hints, vm).map_err(|error| error.raise(vm))?;
        let [one] = &found[..] else {
            return Err(vm.raise(B::OSError, "sockaddr resolved to multiple addresses"));
        };
        if one.family == libc::AF_INET && items.len() != 2 {
            return Err(vm.raise(B::OSError, "IPv4 sockaddr must be 2 tuple"));
        }
        let address = one.address.with_flow(flowinfo, scope_id);
        let (mut host, mut service) = ([0u8; libc::NI_MAXHOST as usize], [0u8; 32]);
        let (code, number) = vm.allow_threads(|| {
            let code = os_call!(libc::getnameinfo(
                address.pointer(),
                address.length(),
                host.as_mut_ptr().cast(),
                host.len() as libc::socklen_t,
                service.as_mut_ptr().cast(),
                service.len() as libc::socklen_t,
                flags
            ));
            (code, errno())
        });
        if code != 0 {
            return Err(LookUpError { code, errno: number }.raise(vm));
        }
        let text = |bytes: &[u8]| fs_decode(bytes.split(|&b| b == 0).next().unwrap_or_default(), vm);
        Ok(vm.tuple_of([text(&host)?, text(&service)?]).into_value())
    }

    /// gethostbyname(host) -> address
    ///
    /// The IPv4 address of a host.
    #[pyfunction("gethostbyname")]
    fn gethostbyname(args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("gethostbyname", args, 1, 1, vm)?;
        let name = host_argument(&args, "gethostbyname", vm)?;
        resolve(&name, libc::AF_INET, vm)?.ip_text(vm)
    }

    /// gethostbyname_ex(host) -> (name, aliaslist, addresslist)
    ///
    /// A host's true name, its other names, and its IPv4 addresses.
    #[pyfunction("gethostbyname_ex")]
    fn gethostbyname_ex(args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("gethostbyname_ex", args, 1, 1, vm)?;
        let name = host_argument(&args, "gethostbyname_ex", vm)?;
        let address = resolve(&name, libc::AF_INET, vm)?;
        let host = host_entry(vm, |entry, room, size, found, error| {
            os_call!(gethostbyname_r(name.as_ptr(), entry, room, size, found, error))
        })?;
        host.to_python(address.family(), vm)
    }

    /// gethostbyaddr(host) -> (name, aliaslist, addresslist)
    ///
    /// The same for the host that has an address.
    #[pyfunction("gethostbyaddr")]
    fn gethostbyaddr(args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("gethostbyaddr", args, 1, 1, vm)?;
        let name = host_argument(&args, "gethostbyaddr", vm)?;
        let address = resolve(&name, libc::AF_UNSPEC, vm)?;
        let family = address.family();
        let Some(packed) = address.packed() else {
            return Err(vm.raise(B::OSError, "unsupported address family"));
        };
        let host = host_entry(vm, |entry, room, size, found, error| {
            let length = packed.len() as libc::socklen_t;
            os_call!(gethostbyaddr_r(packed.as_ptr().cast(), length, family, entry, room, size, found, error))
        })?;
        host.to_python(family, vm)
    }

    /// gethostname() -> string
    ///
    /// This host's name.
    #[pyfunction("gethostname($self, /)")]
    fn gethostname(vm: &Vm) -> PyResult {
        vm.audit("socket.gethostname", || [])?;
        let mut name = [0u8; 1024];
        let result = vm.allow_threads(|| os_call!(libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1)));
        if result < 0 {
            return Err(os_error_from_errno(vm, errno(), None, None));
        }
        fs_decode(name.split(|&b| b == 0).next().unwrap_or_default(), vm)
    }

    /// sethostname(name)
    ///
    /// Set this host's name.
    #[pyfunction("sethostname")]
    fn sethostname(args: Args<'_>, vm: &Vm) -> PyResult<()> {
        let args = Positional::count("sethostname", args, 1, 1, vm)?;
        let value: &Value = args.required(0, vm)?;
        let name = match value.downcast::<Bytes>() {
            Some(_) => part::<BytesLike<'_>>(value, vm)?.to_cow().into_owned(),
            None => fs_c_string(value, vm)?.into_bytes(),
        };
        match os_call!(libc::sethostname(name.as_ptr().cast(), name.len())) {
            0 => Ok(()),
            _ => Err(os_error_from_errno(vm, errno(), None, None)),
        }
    }

    /// getservbyname(servicename[, protocolname]) -> integer
    ///
    /// The port number of a service.
    #[pyfunction("getservbyname")]
    fn getservbyname(args: Args<'_>, vm: &Vm) -> PyResult<u16> {
        let args = Positional::count("getservbyname", args, 1, 2, vm)?;
        let name = c_name(args.required(0, vm)?, "getservbyname", "argument 1", vm)?;
        let protocol = args.get(1).map(|value| c_name(value, "getservbyname", "argument 2", vm)).transpose()?;
        let port = vm.allow_threads(|| {
            let _alone = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
            let protocol = protocol.as_ref().map_or(std::ptr::null(), |text| text.as_ptr());
            let entry = os_call!(libc::getservbyname(name.as_ptr(), protocol));
            // SAFETY: null, or an entry that lives until the next look-up.
            unsafe { entry.as_ref() }.map(|entry| u16::from_be(entry.s_port as u16))
        });
        port.ok_or_else(|| vm.raise(B::OSError, "service/proto not found"))
    }

    /// getservbyport(port[, protocolname]) -> string
    ///
    /// The name of the service with a port number.
    #[pyfunction("getservbyport")]
    fn getservbyport(args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("getservbyport", args, 1, 2, vm)?;
        let port = args.required::<i32>(0, vm)?;
        let protocol = args.get(1).map(|value| c_name(value, "getservbyport", "argument 2", vm)).transpose()?;
        let Ok(port) = u16::try_from(port) else {
            return Err(vm.overflow_error("getservbyport: port must be 0-65535."));
        };
        let name = vm.allow_threads(|| {
            let _alone = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
            let protocol = protocol.as_ref().map_or(std::ptr::null(), |text| text.as_ptr());
            let entry = os_call!(libc::getservbyport(port.to_be().into(), protocol));
            // SAFETY: null, or an entry that lives until the next look-up.
            unsafe { entry.as_ref().map(|entry| copied(entry.s_name)) }
        });
        match name {
            Some(name) => fs_decode(&name, vm),
            None => Err(vm.raise(B::OSError, "port/proto not found")),
        }
    }

    /// getprotobyname(name) -> integer
    ///
    /// The number of a protocol.
    #[pyfunction("getprotobyname")]
    fn getprotobyname(args: Args<'_>, vm: &Vm) -> PyResult<i32> {
        let args = Positional::count("getprotobyname", args, 1, 1, vm)?;
        let name = c_name(args.required(0, vm)?, "getprotobyname", "argument 1", vm)?;
        let number = vm.allow_threads(|| {
            let _alone = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = os_call!(libc::getprotobyname(name.as_ptr()));
            // SAFETY: null, or an entry that lives until the next look-up.
            unsafe { entry.as_ref() }.map(|entry| entry.p_proto)
        });
        number.ok_or_else(|| vm.raise(B::OSError, "protocol not found"))
    }
}
