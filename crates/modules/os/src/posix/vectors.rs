//! Reading and writing many buffers at once.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_object::bind::{BytesLike, OrNone, WritableBytes};
use pyrope_object::buffer::flags;
use pyrope_object::{PyResult, Value, Vm};

use crate::arguments::part;
use crate::system::{Descriptor, Pinned, os_call, retried_released};

/// The buffers of a sequence.
fn items(buffers: &Value, function: &str, vm: &Vm) -> PyResult<Vec<Value>> {
    if buffers.ty(vm).slots().sq_item.is_none() {
        return Err(vm.type_error(format!("{function}() arg 2 must be a sequence")));
    }
    vm.collect(buffers)
}

fn writable(value: &Value, vm: &Vm) -> PyResult<WritableBytes> {
    let Some(lend) = value.ty(vm).slots().buffer else {
        return Err(pyrope_object::bind::not_bytes_like(value, vm));
    };
    let view = lend(value, flags::WRITABLE, vm)?;
    if view.readonly { Err(vm.buffer_error("Object is not writable.")) } else { Ok(WritableBytes(view)) }
}

/// Calls with the places of the buffers to fill.
fn fill(buffers: &Value, function: &str, vm: &Vm, call: impl Fn(*const libc::iovec, i32) -> isize) -> PyResult<usize> {
    let values = items(buffers, function, vm)?;
    let buffers = values.iter().map(|value| writable(value, vm)).collect::<PyResult<Vec<_>>>()?;
    let parts: Vec<libc::iovec> = buffers
        .iter()
        .map(|buffer| libc::iovec { iov_base: Pinned::writable(buffer).pointer_mut().cast(), iov_len: buffer.len() })
        .collect();
    let count = i32::try_from(parts.len()).map_err(|_| vm.overflow_error("too many buffers"))?;
    retried_released(vm, || call(parts.as_ptr(), count))
}

/// Calls with the places of the buffers to write.
fn drain(buffers: &Value, function: &str, vm: &Vm, call: impl Fn(*const libc::iovec, i32) -> isize) -> PyResult<usize> {
    let values = items(buffers, function, vm)?;
    let buffers = values.iter().map(|value| part::<BytesLike<'_>>(value, vm)).collect::<PyResult<Vec<_>>>()?;
    let parts: Vec<libc::iovec> = buffers
        .iter()
        .map(Pinned::readable)
        .map(|part| libc::iovec { iov_base: part.pointer().cast_mut().cast(), iov_len: part.len() })
        .collect();
    let count = i32::try_from(parts.len()).map_err(|_| vm.overflow_error("too many buffers"))?;
    retried_released(vm, || call(parts.as_ptr(), count))
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Read from a file descriptor fd into an iterable of buffers, one after the other.
    ///
    /// Returns the total number of bytes read.
    #[pyfunction("readv(fd, buffers, /)")]
    fn readv(fd: i32, buffers: &Value, vm: &Vm) -> PyResult<usize> {
        fill(buffers, "readv", vm, |at, count| os_call!(libc::readv(fd, at, count)))
    }

    /// Reads from a file descriptor at an offset into a number of buffers, one after the other.
    #[pyfunction("preadv(fd, buffers, offset, flags=0, /)")]
    fn preadv(fd: i32, buffers: &Value, offset: i64, flags: i32, vm: &Vm) -> PyResult<usize> {
        fill(buffers, "preadv2", vm, |at, count| os_call!(libc::preadv2(fd, at, count, offset, flags)))
    }

    /// Iterate over buffers, and write the contents of each to a file descriptor.
    ///
    /// Returns the total number of bytes written.
    #[pyfunction("writev(fd, buffers, /)")]
    fn writev(fd: i32, buffers: &Value, vm: &Vm) -> PyResult<usize> {
        drain(buffers, "writev", vm, |at, count| os_call!(libc::writev(fd, at, count)))
    }

    /// Writes the contents of bytes-like objects to a file descriptor at a given offset.
    #[pyfunction("pwritev(fd, buffers, offset, flags=0, /)")]
    fn pwritev(fd: i32, buffers: &Value, offset: i64, flags: i32, vm: &Vm) -> PyResult<usize> {
        drain(buffers, "pwritev2", vm, |at, count| os_call!(libc::pwritev2(fd, at, count, offset, flags)))
    }

    /// Transfer count bytes from one pipe to a descriptor or vice versa.
    ///
    /// An offset of None is the current position; a pipe has no other.
    #[pyfunction("splice($module, /, src, dst, count, offset_src=None, offset_dst=None, flags=0)")]
    fn splice(
        src: Descriptor,
        dst: Descriptor,
        count: isize,
        offset_src: OrNone<i64>,
        offset_dst: OrNone<i64>,
        flags: Option<i32>,
        vm: &Vm,
    ) -> PyResult<usize> {
        let Ok(count) = usize::try_from(count) else {
            return Err(vm.value_error("negative value for 'count' not allowed"));
        };
        let (mut from, mut to) = (offset_src.0, offset_dst.0);
        let place = |offset: &mut Option<i64>| offset.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
        let (from, to) = (place(&mut from), place(&mut to));
        retried_released(vm, || os_call!(libc::splice(src.0, from, dst.0, to, count, flags.unwrap_or(0) as u32)))
    }
}
