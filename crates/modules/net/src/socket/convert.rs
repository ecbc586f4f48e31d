//! Byte orders, addresses as text, sizes of control messages, network interfaces.
#![allow(unsafe_code, reason = "calls of the system")]

use std::ffi::CString;

use pyrope_modules_os::os_call;
use pyrope_modules_os::system::{errno, fs_c_string, fs_decode};
use pyrope_object::bind::BytesLike;
use pyrope_object::{Args, BuiltinType as B, IntView, PyResult, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::address::{read_ip, show_ip};
use super::message::{SOCKLEN_MAX, control_size};
use pyrope_modules_os::arguments::Positional;

unsafe extern "C" {
    fn inet_aton(text: *const libc::c_char, packed: *mut libc::in_addr) -> libc::c_int;
}

/// An unsigned number of so many bits.
fn unsigned(value: &Value, bits: u32, vm: &Vm) -> PyResult<u32> {
    let index = vm.index(value)?;
    match index.as_int() {
        Some(n) if n.is_negative() => Err(vm.value_error("Cannot convert negative int")),
        Some(IntView::Small(n)) if n < 1 << bits => Ok(n as u32),
        _ => Err(vm.overflow_error(format!("Python int too large for C uint{bits}_t"))),
    }
}

/// Text for the C library; what has a NUL or is no ASCII is no address.
fn text_of(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}

fn control_argument(function: &'static str, args: Args<'_>, padded: bool, vm: &Vm) -> PyResult<usize> {
    let length = Positional::count(function, args, 1, 1, vm)?.required::<isize>(0, vm)?;
    usize::try_from(length)
        .ok()
        .filter(|&n| n <= SOCKLEN_MAX)
        .and_then(|length| control_size(length, padded))
        .ok_or_else(|| vm.overflow_error(format!("{function}() argument out of range")))
}

#[pyrope_macros::pyfunctions]
pub mod functions {
    use super::*;

    /// Convert a 16-bit unsigned integer from network to host byte order.
    #[pyfunction("ntohs($module, integer, /)")]
    fn ntohs(integer: &Value, vm: &Vm) -> PyResult<u32> {
        Ok(u16::from_be(unsigned(integer, 16, vm)? as u16).into())
    }

    /// Convert a 32-bit unsigned integer from network to host byte order.
    #[pyfunction("ntohl($module, integer, /)")]
    fn ntohl(integer: &Value, vm: &Vm) -> PyResult<u32> {
        Ok(u32::from_be(unsigned(integer, 32, vm)?))
    }

    /// Convert a 16-bit unsigned integer from host to network byte order.
    #[pyfunction("htons($module, integer, /)")]
    fn htons(integer: &Value, vm: &Vm) -> PyResult<u32> {
        Ok((unsigned(integer, 16, vm)? as u16).to_be().into())
    }

    /// Convert a 32-bit unsigned integer from host to network byte order.
    #[pyfunction("htonl($module, integer, /)")]
    fn htonl(integer: &Value, vm: &Vm) -> PyResult<u32> {
        Ok(unsigned(integer, 32, vm)?.to_be())
    }

    /// The packed form of an IPv4 address such as 123.45.67.89.
    #[pyfunction("inet_aton($module, ip_addr, /)")]
    fn inet_aton(ip_addr: std::borrow::Cow<'_, str>, vm: &Vm) -> PyResult {
        let mut packed = libc::in_addr { s_addr: 0 };
        let text = text_of(&ip_addr);
        if text.is_empty() || os_call!(super::inet_aton(text.as_ptr(), &mut packed)) == 0 {
            return Err(vm.raise(B::OSError, "illegal IP address string passed to inet_aton"));
        }
        Ok(vm.new_bytes(&packed.s_addr.to_ne_bytes())?.into_value())
    }

    /// The text of a packed IPv4 address.
    #[pyfunction("inet_ntoa($module, packed_ip, /)")]
    fn inet_ntoa(packed_ip: BytesLike<'_>, vm: &Vm) -> PyResult {
        if packed_ip.len() != 4 {
            return Err(vm.raise(B::OSError, "packed IP wrong length for inet_ntoa"));
        }
        show_ip(libc::AF_INET, &packed_ip.to_cow(), vm)
    }

    /// inet_pton(af, ip) -> packed IP address string
    ///
    /// The packed form of an address of a family.
    #[pyfunction("inet_pton")]
    fn inet_pton(args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("inet_pton", args, 2, 2, vm)?;
        let family = args.required::<i32>(0, vm)?;
        let text = text_of(&args.required::<std::borrow::Cow<'_, str>>(1, vm)?);
        match read_ip(family, &text, vm)? {
            Some(packed) => Ok(vm.new_bytes(&packed)?.into_value()),
            None => Err(vm.raise(B::OSError, "illegal IP address string passed to inet_pton")),
        }
    }

    /// inet_ntop(af, packed_ip) -> string formatted IP address
    ///
    /// The text of a packed address of a family.
    #[pyfunction("inet_ntop")]
    fn inet_ntop(args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("inet_ntop", args, 2, 2, vm)?;
        let (family, packed) = (args.required::<i32>(0, vm)?, args.required::<BytesLike<'_>>(1, vm)?);
        let length = match family {
            libc::AF_INET => 4,
            libc::AF_INET6 => 16,
            _ => return Err(vm.value_error(format!("unknown address family {family}"))),
        };
        if packed.len() != length {
            return Err(vm.value_error("invalid length of packed IP address string"));
        }
        show_ip(family, &packed.to_cow(), vm)
    }

    /// CMSG_LEN(length) -> control message length
    ///
    /// The size of a control message with so much data, without padding at its end.
    #[pyfunction("CMSG_LEN")]
    fn cmsg_len(args: Args<'_>, vm: &Vm) -> PyResult<usize> {
        control_argument("CMSG_LEN", args, false, vm)
    }

    /// CMSG_SPACE(length) -> buffer size
    ///
    /// The room that recvmsg() needs for a control message with so much data.
    #[pyfunction("CMSG_SPACE")]
    fn cmsg_space(args: Args<'_>, vm: &Vm) -> PyResult<usize> {
        control_argument("CMSG_SPACE", args, true, vm)
    }

    /// if_nameindex()
    ///
    /// The network interfaces: a list of (index, name).
    #[pyfunction("if_nameindex($self, /)")]
    fn if_nameindex(vm: &Vm) -> PyResult {
        let first = os_call!(libc::if_nameindex());
        if first.is_null() {
            return Err(os_error_from_errno(vm, errno(), None, None));
        }
        let mut found = Vec::new();
        // SAFETY: an array that ends with an entry without name, freed once.
        unsafe {
            let mut next = first;
            while !(*next).if_name.is_null() {
                let name = std::ffi::CStr::from_ptr((*next).if_name).to_bytes().to_vec();
                found.push(((*next).if_index, name));
                next = next.add(1);
            }
            libc::if_freenameindex(first);
        }
        let mut shown = Vec::with_capacity(found.len());
        for (index, name) in found {
            shown.push(vm.tuple_of([vm.int(index.into()), fs_decode(&name, vm)?]).into_value());
        }
        Ok(vm.new_list(shown).into_value())
    }

    /// Returns the interface index corresponding to the interface name if_name.
    #[pyfunction("if_nametoindex($module, oname, /)")]
    fn if_nametoindex(oname: &Value, vm: &Vm) -> PyResult<u32> {
        let name = fs_c_string(oname, vm)?;
        match os_call!(libc::if_nametoindex(name.as_ptr())) {
            0 => Err(os_error_from_errno(vm, errno(), None, None)),
            index => Ok(index),
        }
    }

    /// Returns the interface name corresponding to the interface index if_index.
    #[pyfunction("if_indextoname($module, if_index, /)")]
    fn if_indextoname(if_index: u32, vm: &Vm) -> PyResult {
        let mut name = [0u8; libc::IF_NAMESIZE];
        if os_call!(libc::if_indextoname(if_index, name.as_mut_ptr().cast())).is_null() {
            return Err(os_error_from_errno(vm, errno(), None, None));
        }
        fs_decode(name.split(|&b| b == 0).next().unwrap_or_default(), vm)
    }
}
