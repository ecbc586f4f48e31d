//! Socket addresses, between Python and the system.
#![allow(unsafe_code, reason = "C's ways with socket addresses")]

use std::ffi::{CStr, CString};
use std::mem::{offset_of, zeroed};

use pyrope_modules_os::os_call;
use pyrope_modules_os::system::{errno, fs_decode, fs_encode};
use pyrope_object::bind::BytesLike;
use pyrope_object::{BuiltinType as B, Bytes, PyResult, Raised, Str, Tuple, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::object::Socket;
use super::resolve::resolve;
use pyrope_modules_os::arguments::{masked_u32, part};

/// Room for an address of any family, and how much of it counts.
#[derive(Clone, Copy)]
pub struct Address {
    storage: libc::sockaddr_storage,
    length: libc::socklen_t,
}

/// The C structures of addresses: plain data that begins with the family.
///
/// # Safety
/// The type is made of integers only and is not larger or more aligned than `sockaddr_storage`.
unsafe trait SystemAddress: Copy {}

// SAFETY: so they are defined in the C library's headers.
unsafe impl SystemAddress for libc::sockaddr_in {}
// SAFETY: likewise.
unsafe impl SystemAddress for libc::sockaddr_in6 {}
// SAFETY: likewise.
unsafe impl SystemAddress for libc::sockaddr_un {}
// SAFETY: likewise.
unsafe impl SystemAddress for libc::sockaddr_nl {}
// SAFETY: likewise.
unsafe impl SystemAddress for libc::sockaddr_vm {}
// SAFETY: likewise.
unsafe impl SystemAddress for libc::sockaddr_ll {}
// SAFETY: likewise.
unsafe impl SystemAddress for libc::sockaddr_alg {}
// SAFETY: likewise.
unsafe impl SystemAddress for Qipcrtr {}

/// `sockaddr_qrtr`
#[derive(Clone, Copy)]
#[repr(C)]
struct Qipcrtr {
    family: libc::sa_family_t,
    node: u32,
    port: u32,
}

const AF_QIPCRTR: i32 = 42;
/// The longest flow label.
const FLOWINFO_MAX: u32 = 0xF_FFFF;

impl Address {
    /// No address yet: all the room.
    pub fn blank() -> Address {
        // SAFETY: a plain C struct of integers, for which zero is a value.
        Address { storage: unsafe { zeroed() }, length: size_of::<libc::sockaddr_storage>() as libc::socklen_t }
    }

    fn new<T: SystemAddress>(address: T, length: usize) -> Address {
        let mut this = Address { length: length as libc::socklen_t, ..Address::blank() };
        // SAFETY: `T` fits, as its trait promises.
        unsafe { (&raw mut this.storage).cast::<T>().write(address) };
        this
    }

    fn sized<T: SystemAddress>(address: T) -> Address {
        Address::new(address, size_of::<T>())
    }

    /// A copy of an address that the system gave.
    ///
    /// # Safety
    /// `address` points to `length` readable bytes.
    pub unsafe fn copied(address: *const libc::sockaddr, length: libc::socklen_t) -> Address {
        let mut this = Address::blank();
        let length = (length as usize).min(size_of::<libc::sockaddr_storage>());
        // SAFETY: both have at least `length` bytes.
        unsafe { std::ptr::copy_nonoverlapping(address.cast::<u8>(), (&raw mut this.storage).cast(), length) };
        this.length = length as libc::socklen_t;
        this
    }

    fn view<T: SystemAddress>(&self) -> T {
        // SAFETY: `T` is smaller and consists of integers.
        unsafe { (&raw const self.storage).cast::<T>().read() }
    }

    fn bytes(&self) -> &[u8] {
        let length = (self.length as usize).min(size_of::<libc::sockaddr_storage>());
        // SAFETY: the storage is fully initialised.
        unsafe { std::slice::from_raw_parts((&raw const self.storage).cast(), length) }
    }

    pub fn family(&self) -> i32 {
        self.storage.ss_family.into()
    }

    pub fn set_family(&mut self, family: i32) {
        self.storage.ss_family = family as libc::sa_family_t;
    }

    pub fn pointer(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    pub fn length(&self) -> libc::socklen_t {
        self.length
    }

    pub fn set_length(&mut self, length: libc::socklen_t) {
        self.length = length;
    }

    /// Where the system puts an address, and how long it is.
    pub fn for_system(&mut self) -> (*mut libc::sockaddr, *mut libc::socklen_t) {
        ((&raw mut self.storage).cast(), &raw mut self.length)
    }

    /// The port of an IP address, replaced.
    fn with_ip(mut self, port: u16, flowinfo: u32, scope_id: u32) -> Address {
        if self.family() == libc::AF_INET6 {
            let mut ip = self.view::<libc::sockaddr_in6>();
            ip.sin6_port = port.to_be();
            ip.sin6_flowinfo = flowinfo.to_be();
            ip.sin6_scope_id = scope_id;
            self = Address::sized(ip);
        } else {
            let mut ip = self.view::<libc::sockaddr_in>();
            ip.sin_port = port.to_be();
            self = Address::sized(ip);
        }
        self
    }

    /// An IPv6 address with these two fields replaced; others as they are.
    pub fn with_flow(self, flowinfo: u32, scope_id: u32) -> Address {
        match self.family() {
            libc::AF_INET6 => {
                let port = u16::from_be(self.view::<libc::sockaddr_in6>().sin6_port);
                self.with_ip(port, flowinfo, scope_id)
            }
            _ => self,
        }
    }

    /// 255.255.255.255
    pub fn broadcast() -> Address {
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut ip: libc::sockaddr_in = unsafe { zeroed() };
        ip.sin_family = libc::AF_INET as libc::sa_family_t;
        ip.sin_addr.s_addr = libc::INADDR_BROADCAST;
        Address::sized(ip)
    }

    /// The address of text such as `127.0.0.1`.
    pub fn numeric_v4(text: &CStr) -> Option<Address> {
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut ip: libc::sockaddr_in = unsafe { zeroed() };
        ip.sin_family = libc::AF_INET as libc::sa_family_t;
        let read = os_call!(inet_pton(libc::AF_INET, text.as_ptr(), (&raw mut ip.sin_addr).cast()));
        (read > 0).then(|| Address::sized(ip))
    }

    /// The address of text such as `::1`, without a scope.
    pub fn numeric_v6(text: &CStr) -> Option<Address> {
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut ip: libc::sockaddr_in6 = unsafe { zeroed() };
        ip.sin6_family = libc::AF_INET6 as libc::sa_family_t;
        let read = os_call!(inet_pton(libc::AF_INET6, text.as_ptr(), (&raw mut ip.sin6_addr).cast()));
        (read > 0).then(|| Address::sized(ip))
    }

    /// The IP address alone, as packed bytes.
    pub fn packed(&self) -> Option<Vec<u8>> {
        match self.family() {
            libc::AF_INET => Some(self.view::<libc::sockaddr_in>().sin_addr.s_addr.to_ne_bytes().to_vec()),
            libc::AF_INET6 => Some(self.view::<libc::sockaddr_in6>().sin6_addr.s6_addr.to_vec()),
            _ => None,
        }
    }

    /// The IP address alone, as text.
    pub fn ip_text(&self, vm: &Vm) -> PyResult {
        match self.packed() {
            Some(packed) => show_ip(self.family(), &packed, vm),
            None => Err(vm.raise(B::OSError, "unknown address family")),
        }
    }
}

unsafe extern "C" {
    fn inet_pton(family: libc::c_int, text: *const libc::c_char, packed: *mut libc::c_void) -> libc::c_int;
    fn inet_ntop(
        family: libc::c_int,
        packed: *const libc::c_void,
        text: *mut libc::c_char,
        size: libc::socklen_t,
    ) -> *const libc::c_char;
}

/// The text of a packed IP address, whose length fits the family.
pub fn show_ip(family: i32, packed: &[u8], vm: &Vm) -> PyResult {
    let mut text = [0u8; 64];
    let size = text.len() as libc::socklen_t;
    if os_call!(inet_ntop(family, packed.as_ptr().cast(), text.as_mut_ptr().cast(), size)).is_null() {
        return Err(os_error_from_errno(vm, errno(), None, None));
    }
    fs_decode(until_nul(&text), vm)
}

/// The packed form of the text of an address; `None` if it is not one.
pub fn read_ip(family: i32, text: &CStr, vm: &Vm) -> PyResult<Option<Vec<u8>>> {
    let mut packed = [0u8; 16];
    match os_call!(inet_pton(family, text.as_ptr(), packed.as_mut_ptr().cast())) {
        -1 => Err(os_error_from_errno(vm, errno(), None, None)),
        0 => Ok(None),
        _ if family == libc::AF_INET => Ok(Some(packed[..4].to_vec())),
        _ => Ok(Some(packed.to_vec())),
    }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&b| b == 0).next().unwrap_or_default()
}

/// The name of a network interface.
fn interface_name(index: u32) -> Vec<u8> {
    let mut name = [0u8; libc::IF_NAMESIZE];
    match index {
        0 => Vec::new(),
        _ if os_call!(libc::if_indextoname(index, name.as_mut_ptr().cast())).is_null() => Vec::new(),
        _ => until_nul(&name).to_vec(),
    }
}

impl Address {
    /// What Python sees of it; None for no address.
    pub fn to_python(self, vm: &Vm) -> PyResult {
        let tuple = |items: Vec<Value>| Ok(vm.new_tuple(items).into_value());
        let number = |n: u32| vm.int(n.into());
        if self.length == 0 {
            return Ok(Value::none());
        }
        match self.family() {
            libc::AF_INET => {
                let port = u16::from_be(self.view::<libc::sockaddr_in>().sin_port);
                tuple(vec![self.ip_text(vm)?, number(port.into())])
            }
            libc::AF_INET6 => {
                let ip = self.view::<libc::sockaddr_in6>();
                let (port, flow) = (u16::from_be(ip.sin6_port), u32::from_be(ip.sin6_flowinfo));
                tuple(vec![self.ip_text(vm)?, number(port.into()), number(flow), number(ip.sin6_scope_id)])
            }
            libc::AF_UNIX => match self.bytes().get(offset_of!(libc::sockaddr_un, sun_path)..) {
                Some(path @ [0, ..]) => Ok(vm.new_bytes(path)?.into_value()),
                path => fs_decode(until_nul(path.unwrap_or_default()), vm),
            },
            libc::AF_NETLINK => {
                let address = self.view::<libc::sockaddr_nl>();
                tuple(vec![number(address.nl_pid), number(address.nl_groups)])
            }
            AF_QIPCRTR => {
                let address = self.view::<Qipcrtr>();
                tuple(vec![number(address.node), number(address.port)])
            }
            libc::AF_VSOCK => {
                let address = self.view::<libc::sockaddr_vm>();
                tuple(vec![number(address.svm_cid), number(address.svm_port)])
            }
            libc::AF_PACKET => {
                let address = self.view::<libc::sockaddr_ll>();
                let hardware = address.sll_addr.get(..address.sll_halen.into()).unwrap_or(&address.sll_addr);
                tuple(vec![
                    fs_decode(&interface_name(address.sll_ifindex as u32), vm)?,
                    number(u16::from_be(address.sll_protocol).into()),
                    number(address.sll_pkttype.into()),
                    number(address.sll_hatype.into()),
                    vm.new_bytes(hardware)?.into_value(),
                ])
            }
            libc::AF_ALG => {
                let address = self.view::<libc::sockaddr_alg>();
                tuple(vec![
                    fs_decode(until_nul(&address.salg_type), vm)?,
                    fs_decode(until_nul(&address.salg_name), vm)?,
                    number(address.salg_feat),
                    number(address.salg_mask),
                ])
            }
            family => {
                let data = self.bytes().get(2..16).unwrap_or_default();
                tuple(vec![number(family as u32), vm.new_bytes(data)?.into_value()])
            }
        }
    }

    /// The address that a Python value means to a socket. `caller` is for messages.
    pub fn from_python(socket: &Socket, value: &Value, caller: &str, vm: &Vm) -> PyResult<Address> {
        let family = socket.family();
        const AF_RDS: i32 = 21;
        match family {
            libc::AF_UNIX => return unix_address(value, vm),
            libc::AF_INET | AF_RDS => {
                let items = items(value, "AF_INET", caller, vm)?;
                let [host, port] = items else {
                    return Err(vm.type_error("AF_INET address must be a pair (host, port)"));
                };
                let (host, port) = (host_name(host, vm)?, port_number(port, caller, vm)?);
                let ip = resolve(&host, libc::AF_INET, vm)?;
                return Ok(ip.with_ip(in_range(port, caller, vm)?, 0, 0));
            }
            libc::AF_INET6 => {
                let items = items(value, "AF_INET6", caller, vm)?;
                let ([host, port] | [host, port, _] | [host, port, _, _]) = items else {
                    let message = "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])";
                    return Err(vm.type_error(message));
                };
                let (host, port) = (host_name(host, vm)?, port_number(port, caller, vm)?);
                let field = |index: usize| items.get(index).map_or(Ok(0), |value| masked_u32(value, vm));
                let (flowinfo, scope_id) = (field(2)?, field(3)?);
                let ip = resolve(&host, libc::AF_INET6, vm)?;
                let port = in_range(port, caller, vm)?;
                if flowinfo > FLOWINFO_MAX {
                    return Err(vm.overflow_error(format!("{caller}(): flowinfo must be 0-1048575.")));
                }
                return Ok(ip.with_ip(port, flowinfo, scope_id));
            }
            libc::AF_NETLINK => {
                let [pid, groups] = pair(items(value, "AF_NETLINK", caller, vm)?)
                    .ok_or_else(|| vm.type_error("AF_NETLINK address must be a pair (pid, groups)"))?;
                // SAFETY: a plain C struct of integers, for which zero is a value.
                let mut address: libc::sockaddr_nl = unsafe { zeroed() };
                address.nl_family = family as libc::sa_family_t;
                address.nl_pid = masked_u32(pid, vm)?;
                address.nl_groups = masked_u32(groups, vm)?;
                return Ok(Address::sized(address));
            }
            AF_QIPCRTR => {
                let [node, port] = addressed_pair(value, "AF_QIPCRTR", vm)?;
                let (node, port) = (masked_u32(node, vm)?, masked_u32(port, vm)?);
                return Ok(Address::sized(Qipcrtr { family: family as libc::sa_family_t, node, port }));
            }
            libc::AF_VSOCK => {
                let [cid, port] = addressed_pair(value, "AF_VSOCK", vm)?;
                // SAFETY: a plain C struct of integers, for which zero is a value.
                let mut address: libc::sockaddr_vm = unsafe { zeroed() };
                address.svm_family = family as libc::sa_family_t;
                address.svm_cid = masked_u32(cid, vm)?;
                address.svm_port = masked_u32(port, vm)?;
                return Ok(Address::sized(address));
            }
            libc::AF_PACKET => return packet_address(items(value, "AF_PACKET", caller, vm)?, caller, vm),
            libc::AF_ALG => return algorithm_address(items(value, "AF_ALG", caller, vm)?, vm),
            _ => {}
        }
        Err(vm.raise(B::OSError, format!("{caller}(): bad family")))
    }
}

fn items<'a>(value: &'a Value, family: &str, caller: &str, vm: &Vm) -> PyResult<&'a [Value]> {
    match value.downcast::<Tuple>() {
        Some(tuple) => Ok(tuple.as_slice()),
        None => {
            let kind = vm.type_name(value);
            Err(vm.type_error(format!("{caller}(): {family} address must be tuple, not {kind}")))
        }
    }
}

fn pair(items: &[Value]) -> Option<&[Value; 2]> {
    items.try_into().ok()
}

fn addressed_pair<'a>(value: &'a Value, family: &str, vm: &Vm) -> PyResult<&'a [Value; 2]> {
    let Some(tuple) = value.downcast::<Tuple>() else {
        let kind = vm.type_name(value);
        return Err(vm.type_error(format!("getsockaddrarg: {family} address must be tuple, not {kind}")));
    };
    let given = tuple.as_slice().len();
    pair(tuple.as_slice())
        .ok_or_else(|| vm.type_error(format!("getsockaddrarg() takes exactly 2 arguments ({given} given)")))
}

/// A port as a C `int`; what does not fit one is out of range at once.
fn port_number(value: &Value, caller: &str, vm: &Vm) -> PyResult<i32> {
    part::<i32>(value, vm).map_err(|raised| match vm.raised_is(B::OverflowError) {
        true => {
            vm.ignore(raised);
            port_out_of_range(caller, vm)
        }
        false => raised,
    })
}

fn in_range(port: i32, caller: &str, vm: &Vm) -> PyResult<u16> {
    u16::try_from(port).map_err(|_| port_out_of_range(caller, vm))
}

fn port_out_of_range(caller: &str, vm: &Vm) -> Raised {
    vm.overflow_error(format!("{caller}(): port must be 0-65535."))
}

/// The name of a host for the system: not ASCII goes through IDNA.
pub fn host_name(value: &Value, vm: &Vm) -> PyResult<CString> {
    let bytes = match value.downcast::<Str>() {
        Some(text) => match text.as_ascii() {
            Some(ascii) => ascii.as_bytes().to_vec(),
            None => encode_idna(value, vm).map_err(|raised| {
                vm.ignore(raised);
                vm.type_error("encoding of hostname failed")
            })?,
        },
        None if value.downcast::<Bytes>().is_some() || value.ty(vm).is_subtype(vm.builtin(B::ByteArray)) => {
            part::<BytesLike<'_>>(value, vm)?.to_cow().into_owned()
        }
        None => {
            let kind = vm.type_name(value);
            return Err(vm.type_error(format!("str, bytes or bytearray expected, not {kind}")));
        }
    };
    CString::new(bytes).map_err(|_| vm.type_error("host name must not contain null character"))
}

/// `text.encode("idna")`
pub fn encode_idna(text: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    let encoded = vm.call_method(text, "encode", &[vm.intern("idna").into_value()])?;
    Ok(part::<BytesLike<'_>>(&encoded, vm)?.to_cow().into_owned())
}

fn unix_address(value: &Value, vm: &Vm) -> PyResult<Address> {
    let path = match value.downcast::<Str>() {
        Some(text) => fs_encode(value, text, vm)?,
        None => part::<BytesLike<'_>>(value, vm)?.to_cow().into_owned(),
    };
    // SAFETY: a plain C struct of integers, for which zero is a value.
    let mut address: libc::sockaddr_un = unsafe { zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    // A first NUL, or nothing, is a name outside the file system, which needs no NUL at the end.
    let end = usize::from(!matches!(*path, [] | [0, ..]));
    if path.len() + end > address.sun_path.len() {
        return Err(vm.raise(B::OSError, "AF_UNIX path too long"));
    }
    for (place, byte) in address.sun_path.iter_mut().zip(&path) {
        *place = *byte as libc::c_char;
    }
    Ok(Address::new(address, offset_of!(libc::sockaddr_un, sun_path) + path.len() + end))
}

fn packet_address(items: &[Value], caller: &str, vm: &Vm) -> PyResult<Address> {
    if !(2..=5).contains(&items.len()) {
        return Err(vm.type_error("AF_PACKET address must be a tuple of two to five elements"));
    }
    let number = |index: usize, default: i32| {
        items.get(index).map_or(Ok(default), |value| part::<i32>(value, vm)).map_err(|raised| {
            match vm.raised_is(B::OverflowError) {
                true => {
                    vm.ignore(raised);
                    vm.overflow_error(format!("{caller}(): address argument out of range"))
                }
                false => raised,
            }
        })
    };
    let name = CString::new(part::<String>(&items[0], vm)?).map_err(|_| vm.value_error("embedded null character"))?;
    let proto = number(1, 0)?;
    let (kind, hardware_type) = (number(2, 0)?, number(3, 0)?);
    let hardware = match items.get(4) {
        Some(value) => part::<BytesLike<'_>>(value, vm)?.to_cow().into_owned(),
        None => Vec::new(),
    };
    if hardware.len() > 8 {
        return Err(vm.value_error("hardware address must be 8 bytes or less"));
    }
    let proto = u16::try_from(proto).map_err(|_| vm.overflow_error(format!("{caller}(): proto must be 0-65535.")))?;
    let index = os_call!(libc::if_nametoindex(name.as_ptr()));
    if index == 0 {
        return Err(os_error_from_errno(vm, errno(), None, None));
    }
    // SAFETY: a plain C struct of integers, for which zero is a value.
    let mut address: libc::sockaddr_ll = unsafe { zeroed() };
    address.sll_family = libc::AF_PACKET as libc::sa_family_t;
    address.sll_protocol = proto.to_be();
    address.sll_ifindex = index as i32;
    address.sll_pkttype = kind as u8;
    address.sll_hatype = hardware_type as u16;
    address.sll_halen = hardware.len() as u8;
    address.sll_addr[..hardware.len()].copy_from_slice(&hardware);
    Ok(Address::sized(address))
}

fn algorithm_address(items: &[Value], vm: &Vm) -> PyResult<Address> {
    if !(2..=4).contains(&items.len()) {
        return Err(vm.type_error("AF_ALG address must be a tuple of two to four elements"));
    }
    // SAFETY: a plain C struct of integers, for which zero is a value.
    let mut address: libc::sockaddr_alg = unsafe { zeroed() };
    address.salg_family = libc::AF_ALG as libc::sa_family_t;
    let (kind, name) = (part::<String>(&items[0], vm)?, part::<String>(&items[1], vm)?);
    let field = |index: usize| items.get(index).map_or(Ok(0), |value| masked_u32(value, vm));
    (address.salg_feat, address.salg_mask) = (field(2)?, field(3)?);
    // Both need room for a NUL.
    if kind.len() >= address.salg_type.len() {
        return Err(vm.value_error("AF_ALG type too long."));
    }
    if name.len() >= address.salg_name.len() {
        return Err(vm.value_error("AF_ALG name too long."));
    }
    address.salg_type[..kind.len()].copy_from_slice(kind.as_bytes());
    address.salg_name[..name.len()].copy_from_slice(name.as_bytes());
    Ok(Address::sized(address))
}
