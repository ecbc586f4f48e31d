//! Sending and receiving bytes.
#![allow(unsafe_code, reason = "calls of the system")]

use std::time::{Duration, Instant};

use pyrope_macros::pymethods;
use pyrope_modules_os::os_call;
use pyrope_modules_os::system::Pinned;
use pyrope_object::bind::{BytesLike, WritableBytes};
use pyrope_object::{Args, PyResult, Value, Vm};

use super::address::Address;
use super::call::{Failure, Wait, outcome};
use super::object::Socket;
use pyrope_modules_os::arguments::Positional;

/// Room for `size` bytes, or MemoryError.
pub fn room(size: usize, vm: &Vm) -> PyResult<Vec<u8>> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(size).map_err(|_| vm.memory_error())?;
    Ok(buffer)
}

/// The bytes that the system put into the room of a buffer.
///
/// # Safety
/// The first `length` bytes of the room are initialised.
pub unsafe fn filled(mut buffer: Vec<u8>, length: usize, vm: &Vm) -> PyResult {
    // SAFETY: as the caller promises; more than the room is never claimed.
    unsafe { buffer.set_len(length.min(buffer.capacity())) };
    Ok(vm.new_bytes(&buffer)?.into_value())
}

fn size(value: isize, function: &str, vm: &Vm) -> PyResult<usize> {
    usize::try_from(value).map_err(|_| vm.value_error(format!("negative buffersize in {function}")))
}

impl Socket {
    /// Receives into memory that stays where it is.
    fn receive(&self, at: *mut u8, length: usize, flags: i32, vm: &Vm) -> PyResult<usize> {
        if length == 0 {
            return Ok(0);
        }
        self.call(Wait::Readable, vm, |fd| outcome(os_call!(libc::recv(fd, at.cast(), length, flags))))
    }

    fn receive_from(&self, at: *mut u8, length: usize, flags: i32, vm: &Vm) -> PyResult<(usize, Value)> {
        let mut address = Address::blank();
        let count = self.call(Wait::Readable, vm, |fd| {
            address = Address::blank();
            let (place, size) = address.for_system();
            outcome(os_call!(libc::recvfrom(fd, at.cast(), length, flags, place, size)))
        })?;
        Ok((count, address.to_python(vm)?))
    }

    fn send_all(&self, data: Pinned, flags: i32, vm: &Vm) -> PyResult<()> {
        let timeout = self.timeout();
        let limit = u64::try_from(timeout).ok().filter(|&n| n > 0).map(Duration::from_nanos);
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut sent = 0;
        loop {
            let left = match deadline {
                None => timeout,
                Some(deadline) => match deadline.saturating_duration_since(Instant::now()).as_nanos() {
                    0 => return Err(Failure::TimedOut.raise(vm)),
                    left => i64::try_from(left).unwrap_or(i64::MAX),
                },
            };
            let rest = data.from(sent);
            let result = self.attempt(Wait::Writable, left, vm, |fd| {
                outcome(os_call!(libc::send(fd, rest.pointer().cast(), rest.len(), flags)))
            })?;
            sent += result.map_err(|failure| failure.raise(vm))?;
            // A call that a signal cut short may have succeeded with a part.
            vm.check_breaker()?;
            if sent >= data.len() {
                return Ok(());
            }
        }
    }
}

#[pymethods(TRANSFER)]
impl Socket {
    /// recv(buffersize[, flags]) -> data
    ///
    /// Receive at most buffersize bytes; empty when the other end has closed and all is read.
    #[method("recv")]
    fn recv(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("recv", args, 1, 2, vm)?;
        let (length, flags) = (args.required(0, vm)?, args.or(1, 0, vm)?);
        let length = size(length, "recv", vm)?;
        let mut buffer = room(length, vm)?;
        let count = self.receive(buffer.as_mut_ptr(), length, flags, vm)?;
        // SAFETY: the system wrote so many bytes.
        unsafe { filled(buffer, count, vm) }
    }

    /// recv_into(buffer, [nbytes[, flags]]) -> nbytes_read
    ///
    /// Receive into a buffer: at most nbytes, or what fits.
    #[method("recv_into($self, /, buffer, nbytes=0, flags=0)")]
    fn recv_into(&self, buffer: WritableBytes, nbytes: isize, flags: i32, vm: &Vm) -> PyResult<usize> {
        let length = match size(nbytes, "recv_into", vm)? {
            0 => buffer.len(),
            n if n > buffer.len() => return Err(vm.value_error("buffer too small for requested bytes")),
            n => n,
        };
        self.receive(Pinned::writable(&buffer).pointer_mut(), length, flags, vm)
    }

    /// recvfrom(buffersize[, flags]) -> (data, address info)
    ///
    /// Like recv(buffersize, flags), with the sender's address.
    #[method("recvfrom")]
    fn recvfrom(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        let args = Positional::count("recvfrom", args, 1, 2, vm)?;
        let (length, flags) = (args.required(0, vm)?, args.or(1, 0, vm)?);
        let length = size(length, "recvfrom", vm)?;
        let mut buffer = room(length, vm)?;
        let (count, address) = self.receive_from(buffer.as_mut_ptr(), length, flags, vm)?;
        // SAFETY: the system wrote so many bytes.
        let data = unsafe { filled(buffer, count, vm) }?;
        Ok(vm.tuple_of([data, address]).into_value())
    }

    /// recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)
    ///
    /// Like recv_into(buffer[, nbytes[, flags]]), with the sender's address.
    #[method("recvfrom_into($self, /, buffer, nbytes=0, flags=0)")]
    fn recvfrom_into(&self, buffer: WritableBytes, nbytes: isize, flags: i32, vm: &Vm) -> PyResult {
        let length = match size(nbytes, "recvfrom_into", vm)? {
            0 => buffer.len(),
            n if n > buffer.len() => {
                return Err(vm.value_error("nbytes is greater than the length of the buffer"));
            }
            n => n,
        };
        let (count, address) = self.receive_from(Pinned::writable(&buffer).pointer_mut(), length, flags, vm)?;
        Ok(vm.tuple_of([vm.int_from_usize(count), address]).into_value())
    }

    /// send(data[, flags]) -> count
    ///
    /// Send data, perhaps not all of it: returns how many bytes went out.
    #[method("send")]
    fn send(&self, args: Args<'_>, vm: &Vm) -> PyResult<usize> {
        let args = Positional::count("send", args, 1, 2, vm)?;
        let (data, flags) = (args.required::<BytesLike<'_>>(0, vm)?, args.or(1, 0, vm)?);
        let data = Pinned::readable(&data);
        self.call(Wait::Writable, vm, |fd| outcome(os_call!(libc::send(fd, data.pointer().cast(), data.len(), flags))))
    }

    /// sendall(data[, flags])
    ///
    /// Send all of the data.  After an error nobody knows how much went out.
    #[method("sendall")]
    fn sendall(&self, args: Args<'_>, vm: &Vm) -> PyResult<()> {
        let args = Positional::count("sendall", args, 1, 2, vm)?;
        let (data, flags) = (args.required::<BytesLike<'_>>(0, vm)?, args.or(1, 0, vm)?);
        self.send_all(Pinned::readable(&data), flags, vm)
    }

    /// sendto(data[, flags], address) -> count
    ///
    /// Like send(data, flags), to an address.
    #[method("sendto")]
    fn sendto(&self, args: Args<'_>, vm: &Vm) -> PyResult<usize> {
        let given = args.positional().len();
        if !(2..=3).contains(&given) {
            return Err(vm.type_error(format!("sendto() takes 2 or 3 arguments ({given} given)")));
        }
        let args = Positional::count("sendto", args, 2, 3, vm)?;
        let data = args.required::<BytesLike<'_>>(0, vm)?;
        let flags = if given == 3 { args.required(1, vm)? } else { 0 };
        let address = Address::from_python(self, args.required(given - 1, vm)?, "sendto", vm)?;
        let data = Pinned::readable(&data);
        self.call(Wait::Writable, vm, |fd| {
            let (to, size) = (address.pointer(), address.length());
            outcome(os_call!(libc::sendto(fd, data.pointer().cast(), data.len(), flags, to, size)))
        })
    }
}
