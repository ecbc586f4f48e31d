//! Messages with ancillary data.
#![allow(unsafe_code, reason = "calls of the system and C's control messages")]

use std::mem::zeroed;

use pyrope_macros::pymethods;
use pyrope_modules_os::os_call;
use pyrope_modules_os::system::Pinned;
use pyrope_object::bind::{BytesLike, WritableBytes};
use pyrope_object::{Args, BuiltinType as B, Bytes, PyResult, Str, Tuple, Value, Vm};

use super::address::Address;
use super::call::{Wait, outcome};
use super::object::Socket;
use super::transfer::{filled, room};
use pyrope_modules_os::arguments::{Positional, part};

/// The largest size that the system's calls take.
pub const SOCKLEN_MAX: usize = i32::MAX as usize;

/// The size of a control message with so much data, without and with padding; `None` if it is too large.
pub fn control_size(data: usize, padded: bool) -> Option<usize> {
    // SAFETY: pure arithmetic.
    let header = unsafe { libc::CMSG_LEN(0) } as usize;
    if !padded {
        return header.checked_add(data).filter(|&size| size <= SOCKLEN_MAX);
    }
    // SAFETY: computes a number.
    let room_for_one = unsafe { libc::CMSG_SPACE(1) } as usize;
    let fits = data <= SOCKLEN_MAX - room_for_one;
    fits.then(|| header + data.next_multiple_of(size_of::<usize>()))
}

/// Control messages as the system wants them.
struct Control {
    /// Aligned for headers.
    words: Vec<u64>,
    length: usize,
}

impl Control {
    fn with_size(length: usize, vm: &Vm) -> PyResult<Control> {
        let mut words = Vec::new();
        words.try_reserve_exact(length.div_ceil(8)).map_err(|_| vm.memory_error())?;
        words.resize(length.div_ceil(8), 0);
        Ok(Control { words, length })
    }

    fn attach(&mut self, message: &mut libc::msghdr) {
        if self.length > 0 {
            message.msg_control = self.words.as_mut_ptr().cast();
            message.msg_controllen = self.length as _;
        }
    }
}

/// One control message to send.
struct Item<'a> {
    level: i32,
    kind: i32,
    data: BytesLike<'a>,
}

/// The three parts of a control message as Python gives it.
fn control_parts(value: &Value, vm: &Vm) -> PyResult<[Value; 3]> {
    let name = "[sendmsg() ancillary data items]";
    let parts = match (value.downcast::<Tuple>(), value.ty(vm).slots().sq_item) {
        (Some(tuple), _) => tuple.as_slice().to_vec(),
        (None, Some(_)) if value.downcast::<Str>().is_none() && value.downcast::<Bytes>().is_none() => {
            vm.collect(value)?
        }
        _ => {
            let kind = pyrope_object::bind::argument_type_name(value, vm);
            return Err(vm.type_error(format!("{name}() argument must be 3-item tuple, not {kind}")));
        }
    };
    parts.try_into().map_err(|parts: Vec<Value>| {
        vm.type_error(format!("{name}() argument must be tuple of length 3, not {}", parts.len()))
    })
}

fn control_item<'a>([level, kind, data]: &'a [Value; 3], vm: &Vm) -> PyResult<Item<'a>> {
    Ok(Item { level: part(level, vm)?, kind: part(kind, vm)?, data: part(data, vm)? })
}

/// Lays control messages out.
fn control_of(items: &[Item<'_>], vm: &Vm) -> PyResult<Control> {
    let mut length = 0usize;
    for item in items {
        let Some(space) = control_size(item.data.len(), true) else {
            return Err(vm.raise(B::OSError, "ancillary data item too large"));
        };
        length += space;
        if length > SOCKLEN_MAX {
            return Err(vm.raise(B::OSError, "too much ancillary data"));
        }
    }
    let mut control = Control::with_size(length, vm)?;
    // SAFETY: a plain C struct, for which zero is a value.
    let mut message: libc::msghdr = unsafe { zeroed() };
    control.attach(&mut message);
    // SAFETY: the message describes the zeroed buffer made above.
    let mut header = if items.is_empty() { std::ptr::null_mut() } else { unsafe { libc::CMSG_FIRSTHDR(&message) } };
    for item in items {
        if header.is_null() {
            return Err(vm.runtime_error("ancillary data does not fit in calculated space"));
        }
        let data = Pinned::readable(&item.data);
        // SAFETY: the buffer has room for all headers with their data, as sized above.
        unsafe {
            (*header).cmsg_len = libc::CMSG_LEN(data.len() as libc::c_uint) as _;
            (*header).cmsg_level = item.level;
            (*header).cmsg_type = item.kind;
            std::ptr::copy_nonoverlapping(data.pointer(), libc::CMSG_DATA(header), data.len());
            header = libc::CMSG_NXTHDR(&message, header);
        }
    }
    Ok(control)
}

/// A control message that came in: level, kind, data, and whether its data was cut.
struct Received {
    level: i32,
    kind: i32,
    data: Vec<u8>,
    cut: bool,
}

/// The control messages of a message that was received.
fn received_items(message: &libc::msghdr) -> Vec<Received> {
    let mut items = Vec::new();
    if message.msg_controllen == 0 {
        return items;
    }
    let end = message.msg_control as usize + message.msg_controllen;
    // SAFETY: the system described the buffer in the message; headers are only followed inside it.
    unsafe {
        let mut header = libc::CMSG_FIRSTHDR(message);
        while !header.is_null() {
            let data = libc::CMSG_DATA(header);
            let before = data as usize - header as usize;
            let claimed = ((*header).cmsg_len as usize).saturating_sub(before);
            let there = end.saturating_sub(data as usize);
            let length = claimed.min(there);
            let cut = (*header).cmsg_len as usize != claimed + before || claimed > there;
            let data = std::slice::from_raw_parts(data, length).to_vec();
            items.push(Received { level: (*header).cmsg_level, kind: (*header).cmsg_type, data, cut });
            if cut {
                break;
            }
            header = libc::CMSG_NXTHDR(message, header);
        }
    }
    items
}

/// Descriptors that came with a message nobody will see.
fn close_received(items: &[Received]) {
    for item in items.iter().filter(|item| item.level == libc::SOL_SOCKET && item.kind == libc::SCM_RIGHTS) {
        for fd in item.data.as_chunks::<4>().0 {
            os_call!(libc::close(i32::from_ne_bytes(*fd)));
        }
    }
}

fn show_received(items: &[Received], vm: &Vm) -> PyResult {
    let mut shown = Vec::with_capacity(items.len());
    for item in items {
        if item.cut {
            let message = "received malformed or improperly-truncated ancillary data";
            vm.warn(B::RuntimeWarning, message, 1)?;
        }
        let data = vm.new_bytes(&item.data)?.into_value();
        shown.push(vm.tuple_of([vm.int(item.level.into()), vm.int(item.kind.into()), data]).into_value());
    }
    Ok(vm.new_list(shown).into_value())
}

impl Socket {
    /// Receives a message; `give` makes the result's first item of the number of bytes.
    fn receive_message(
        &self,
        parts: &mut [libc::iovec],
        control_length: isize,
        flags: i32,
        give: impl FnOnce(usize) -> PyResult,
        vm: &Vm,
    ) -> PyResult {
        let control_length = usize::try_from(control_length).ok().filter(|&n| n <= SOCKLEN_MAX);
        let Some(control_length) = control_length else {
            return Err(vm.value_error("invalid ancillary data buffer length"));
        };
        let mut control = Control::with_size(control_length, vm)?;
        let mut address = Address::blank();
        address.set_family(libc::AF_UNSPEC);
        let (at, room) = (address.for_system().0, address.length());
        // SAFETY: a plain C struct, for which zero is a value.
        let mut message: libc::msghdr = unsafe { zeroed() };
        let count = self.call(Wait::Readable, vm, |fd| {
            message.msg_name = at.cast();
            message.msg_namelen = room;
            message.msg_iov = parts.as_mut_ptr();
            message.msg_iovlen = parts.len() as _;
            control.attach(&mut message);
            outcome(os_call!(libc::recvmsg(fd, &mut message, flags)))
        })?;
        address.set_length(message.msg_namelen.min(room));
        let items = received_items(&message);
        let result = (|| {
            let data = give(count)?;
            let (items, address) = (show_received(&items, vm)?, address.to_python(vm)?);
            Ok(vm.tuple_of([data, items, vm.int(message.msg_flags.into()), address]).into_value())
        })();
        result.inspect_err(|_| close_received(&items))
    }
}

/// The items of a list or other iterable.
fn sequence(value: &Value, message: &str, vm: &Vm) -> PyResult<Vec<Value>> {
    let slots = value.ty(vm).slots();
    if slots.iter.is_none() && slots.sq_item.is_none() {
        return Err(vm.type_error(message));
    }
    vm.collect(value)
}

#[pymethods(MESSAGE)]
impl Socket {
    /// recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)
    ///
    /// Receive data and ancillary data, of which ancbufsize bytes fit (see CMSG_SPACE()).
    ///
    /// ancdata is a list of (cmsg_level, cmsg_type, cmsg_data).
    #[method("recvmsg")]
    fn recvmsg(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("recvmsg", args, 1, 3, vm)?;
        let (length, control, flags) = (args.required::<isize>(0, vm)?, args.or(1, 0, vm)?, args.or(2, 0, vm)?);
        let Ok(length) = usize::try_from(length) else {
            return Err(vm.value_error("negative buffer size in recvmsg()"));
        };
        let mut buffer = room(length, vm)?;
        let mut parts = [libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: length }];
        self.receive_message(
            &mut parts,
            control,
            flags,
            // SAFETY: the system wrote so many bytes.
            |count| unsafe { filled(buffer, count, vm) },
            vm,
        )
    }

    /// recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)
    ///
    /// Like recvmsg(), with the data going into the buffers, one after the other.
    #[method("recvmsg_into")]
    fn recvmsg_into(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("recvmsg_into", args, 1, 3, vm)?;
        let (buffers, control, flags) = (args.required(0, vm)?, args.or(1, 0, vm)?, args.or(2, 0, vm)?);
        let message = "recvmsg_into() argument 1 must be an iterable";
        let values = sequence(buffers, message, vm)?;
        let mut buffers = Vec::with_capacity(values.len());
        for value in &values {
            buffers.push(part::<WritableBytes>(value, vm).map_err(|raised| {
                vm.ignore(raised);
                vm.type_error(format!("{message} of single-segment read-write buffers"))
            })?);
        }
        let mut parts: Vec<libc::iovec> = buffers
            .iter()
            .map(|buffer| libc::iovec {
                iov_base: Pinned::writable(buffer).pointer_mut().cast(),
                iov_len: buffer.len(),
            })
            .collect();
        self.receive_message(&mut parts, control, flags, |count| Ok(vm.int_from_usize(count)), vm)
    }

    /// sendmsg(buffers[, ancdata[, flags[, address]]]) -> count
    ///
    /// Send the buffers' data as one message, with ancillary data: an iterable of (cmsg_level, cmsg_type, cmsg_data).
    #[method("sendmsg")]
    fn sendmsg(&self, args: Args<'_>, vm: &Vm) -> PyResult<usize> {
        let args = Positional::count("sendmsg", args, 1, 4, vm)?;
        let flags = args.or(2, 0, vm)?;
        let address = match args.get(3).filter(|value| !value.is_none()) {
            Some(value) => Some(Address::from_python(self, value, "sendmsg", vm)?),
            None => None,
        };
        let values = sequence(args.required(0, vm)?, "sendmsg() argument 1 must be an iterable", vm)?;
        let data = values.iter().map(|value| part::<BytesLike<'_>>(value, vm)).collect::<PyResult<Vec<_>>>()?;
        let ancillary = match args.get(1) {
            Some(value) => sequence(value, "sendmsg() argument 2 must be an iterable", vm)?,
            None => Vec::new(),
        };
        let ancillary = ancillary.iter().map(|value| control_parts(value, vm)).collect::<PyResult<Vec<_>>>()?;
        let items = ancillary.iter().map(|parts| control_item(parts, vm)).collect::<PyResult<Vec<_>>>()?;
        let mut control = control_of(&items, vm)?;
        let mut parts: Vec<libc::iovec> = data
            .iter()
            .map(Pinned::readable)
            .map(|part| libc::iovec { iov_base: part.pointer().cast_mut().cast(), iov_len: part.len() })
            .collect();
        // SAFETY: a plain C struct, for which zero is a value.
        let mut message: libc::msghdr = unsafe { zeroed() };
        if let Some(address) = &address {
            message.msg_name = address.pointer().cast_mut().cast();
            message.msg_namelen = address.length();
        }
        message.msg_iov = parts.as_mut_ptr();
        message.msg_iovlen = parts.len() as _;
        control.attach(&mut message);
        self.call(Wait::Writable, vm, |fd| outcome(os_call!(libc::sendmsg(fd, &message, flags))))
    }

    /// sendmsg_afalg([msg], *, op[, iv[, assoclen[, flags=MSG_MORE]]])
    ///
    /// Set what an AF_ALG socket does: the operation, its initialization vector, how much data is only authenticated.
    #[method("sendmsg_afalg($self, /, msg=(), *, op=None, iv=None, assoclen=None, flags=0)")]
    fn sendmsg_afalg(
        &self,
        msg: Option<&Value>,
        op: Option<&Value>,
        iv: Option<BytesLike<'_>>,
        assoclen: Option<&Value>,
        flags: i32,
        vm: &Vm,
    ) -> PyResult<usize> {
        if self.family() != libc::AF_ALG {
            return Err(vm.raise(B::OSError, "algset is only supported for AF_ALG"));
        }
        let op = match op.and_then(Value::as_i64).map(u32::try_from) {
            Some(Ok(op)) => op.to_ne_bytes(),
            _ => return Err(vm.type_error("Invalid or missing argument 'op'")),
        };
        let assoclen = match assoclen.map(|value| part::<i32>(value, vm)).transpose()? {
            Some(n) if n < 0 => return Err(vm.type_error("assoclen must be positive")),
            n => n.map(i32::to_ne_bytes),
        };
        let values = msg.map_or(Ok(Vec::new()), |msg| sequence(msg, "sendmsg() argument 1 must be an iterable", vm))?;
        let data = values.iter().map(|value| part::<BytesLike<'_>>(value, vm)).collect::<PyResult<Vec<_>>>()?;
        let vector = iv.map(|iv| {
            let mut bytes = (iv.len() as u32).to_ne_bytes().to_vec();
            iv.with(|iv| bytes.extend_from_slice(iv));
            bytes
        });
        let item = |kind, data| Item { level: libc::SOL_ALG, kind, data: BytesLike::Bytes(data) };
        let mut items = vec![item(libc::ALG_SET_OP, &op[..])];
        items.extend(vector.as_deref().map(|vector| item(libc::ALG_SET_IV, vector)));
        items.extend(assoclen.as_ref().map(|length| item(libc::ALG_SET_AEAD_ASSOCLEN, &length[..])));
        let mut control = control_of(&items, vm)?;
        let mut parts: Vec<libc::iovec> = data
            .iter()
            .map(Pinned::readable)
            .map(|part| libc::iovec { iov_base: part.pointer().cast_mut().cast(), iov_len: part.len() })
            .collect();
        // SAFETY: a plain C struct, for which zero is a value.
        let mut message: libc::msghdr = unsafe { zeroed() };
        message.msg_iov = parts.as_mut_ptr();
        message.msg_iovlen = parts.len() as _;
        control.attach(&mut message);
        self.call(Wait::Writable, vm, |fd| outcome(os_call!(libc::sendmsg(fd, &message, flags))))
    }
}
