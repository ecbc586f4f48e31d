//! Open files by their descriptors.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_object::bind::{BytesLike, OrNone, WritableBytes};
use pyrope_object::{PyResult, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;
use pyrope_types::model::structseq::StructSequence;

use super::sequence;
use crate::system::{Descriptor, Path, Pinned, checked, errno, fs_decode, last_error, os_call, retried_released};

pub static TERMINAL_SIZE: StructSequence = StructSequence {
    name: "os.terminal_size",
    doc: "A tuple of (columns, lines) for holding terminal window size",
    fields: &[
        ("columns", "width of the terminal window in characters"),
        ("lines", "height of the terminal window in characters"),
    ],
    visible: 2,
};

/// Whether children get the descriptor.
fn inheritable(fd: i32, vm: &Vm) -> PyResult<bool> {
    Ok(checked(os_call!(libc::fcntl(fd, libc::F_GETFD)), vm)? & libc::FD_CLOEXEC == 0)
}

/// Says whether children get the descriptor.
pub(crate) fn set_inheritable(fd: i32, inherit: bool, vm: &Vm) -> PyResult<()> {
    let flags = checked(os_call!(libc::fcntl(fd, libc::F_GETFD)), vm)?;
    let flags = if inherit { flags & !libc::FD_CLOEXEC } else { flags | libc::FD_CLOEXEC };
    checked(os_call!(libc::fcntl(fd, libc::F_SETFD, flags)), vm).map(drop)
}

/// Reads at most `length` bytes.
pub(crate) fn read_bytes(fd: i32, length: usize, vm: &Vm) -> PyResult<Vec<u8>> {
    let mut buffer = Vec::new();
    let length = length.min(isize::MAX as usize);
    buffer.try_reserve_exact(length).map_err(|_| vm.memory_error())?;
    buffer.resize(length, 0);
    let got = retried_released(vm, || os_call!(libc::read(fd, buffer.as_mut_ptr().cast(), length)))?;
    buffer.truncate(got);
    Ok(buffer)
}

fn checked_length(length: isize, vm: &Vm) -> PyResult<usize> {
    usize::try_from(length).map_err(|_| os_error_from_errno(vm, libc::EINVAL, None, None))
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Close a file descriptor.
    #[pyfunction("close(fd)")]
    fn close(fd: i32, vm: &Vm) -> PyResult<()> {
        match os_call!(libc::close(fd)) {
            -1 if errno() != libc::EINTR => Err(last_error(vm)),
            _ => Ok(()),
        }
    }

    /// Closes all file descriptors in [fd_low, fd_high), ignoring errors.
    #[pyfunction("closerange(fd_low, fd_high, /)")]
    fn closerange(fd_low: i32, fd_high: i32) {
        let low = fd_low.max(0);
        if fd_high > low && os_call!(libc::syscall(libc::SYS_close_range, low, fd_high - 1, 0)) != 0 {
            let most = os_call!(libc::sysconf(libc::_SC_OPEN_MAX)).clamp(256, 1 << 20) as i32;
            for fd in low..fd_high.min(most) {
                os_call!(libc::close(fd));
            }
        }
    }

    /// Return a duplicate of a file descriptor.
    #[pyfunction("dup(fd, /)")]
    fn dup(fd: i32, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0)), vm)
    }

    /// Duplicate file descriptor.
    #[pyfunction("dup2(fd, fd2, inheritable=True)")]
    fn dup2(fd: i32, fd2: i32, inheritable: bool, vm: &Vm) -> PyResult<i32> {
        if fd < 0 || fd2 < 0 {
            return Err(os_error_from_errno(vm, libc::EBADF, None, None));
        }
        if inheritable || fd == fd2 {
            let made = checked(os_call!(libc::dup2(fd, fd2)), vm)?;
            if !inheritable {
                super::set_inheritable(made, false, vm)?;
            }
            return Ok(made);
        }
        checked(os_call!(libc::dup3(fd, fd2, libc::O_CLOEXEC)), vm)
    }

    /// Create a pipe.
    ///
    /// Returns a tuple of two file descriptors:
    ///   (read_fd, write_fd)
    #[pyfunction("pipe()")]
    fn pipe(vm: &Vm) -> PyResult {
        pipe_with(libc::O_CLOEXEC, vm)
    }

    /// Create a pipe with flags set atomically.
    ///
    /// Returns a tuple of two file descriptors:
    ///   (read_fd, write_fd)
    ///
    /// flags can be constructed by ORing together one or more of these values:
    /// O_NONBLOCK, O_CLOEXEC.
    #[pyfunction("pipe2(flags, /)")]
    fn pipe2(flags: i32, vm: &Vm) -> PyResult {
        pipe_with(flags, vm)
    }

    fn pipe_with(flags: i32, vm: &Vm) -> PyResult {
        let mut ends = [0i32; 2];
        checked(os_call!(libc::pipe2(ends.as_mut_ptr(), flags)), vm)?;
        Ok(vm.new_tuple(ends.map(|fd| vm.int(fd.into())).to_vec()).into_value())
    }

    /// Read from a file descriptor.  Returns a bytes object.
    #[pyfunction("read(fd, length, /)")]
    fn read(fd: i32, length: isize, vm: &Vm) -> PyResult {
        let length = checked_length(length, vm)?;
        Ok(vm.new_bytes(&read_bytes(fd, length, vm)?)?.into_value())
    }

    /// Read into a buffer object from a file descriptor.
    #[pyfunction("readinto(fd, buffer, /)")]
    fn readinto(fd: i32, buffer: WritableBytes, vm: &Vm) -> PyResult<usize> {
        let buffer = Pinned::writable(&buffer);
        retried_released(vm, || os_call!(libc::read(fd, buffer.pointer_mut().cast(), buffer.len())))
    }

    /// Read a number of bytes from a file descriptor starting at a particular offset.
    #[pyfunction("pread(fd, length, offset, /)")]
    fn pread(fd: i32, length: isize, offset: i64, vm: &Vm) -> PyResult {
        let length = checked_length(length, vm)?;
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(length).map_err(|_| vm.memory_error())?;
        buffer.resize(length, 0u8);
        let got = retried_released(vm, || os_call!(libc::pread(fd, buffer.as_mut_ptr().cast(), length, offset)))?;
        Ok(vm.new_bytes(&buffer[..got])?.into_value())
    }

    /// Write a bytes object to a file descriptor.
    #[pyfunction("write(fd, data, /)")]
    fn write(fd: i32, data: BytesLike<'_>, vm: &Vm) -> PyResult<usize> {
        let data = Pinned::readable(&data);
        retried_released(vm, || os_call!(libc::write(fd, data.pointer().cast(), data.len())))
    }

    /// Write bytes to a file descriptor starting at a particular offset.
    #[pyfunction("pwrite(fd, buffer, offset, /)")]
    fn pwrite(fd: i32, buffer: BytesLike<'_>, offset: i64, vm: &Vm) -> PyResult<usize> {
        let data = Pinned::readable(&buffer);
        retried_released(vm, || os_call!(libc::pwrite(fd, data.pointer().cast(), data.len(), offset)))
    }

    /// Set the position of a file descriptor.  Return the new position.
    #[pyfunction("lseek(fd, position, whence, /)")]
    fn lseek(fd: i32, position: i64, whence: i32, vm: &Vm) -> PyResult<i64> {
        match os_call!(libc::lseek(fd, position, whence)) {
            -1 => Err(last_error(vm)),
            at => Ok(at),
        }
    }

    /// Return True if the fd is connected to a terminal.
    #[pyfunction("isatty(fd, /)")]
    fn isatty(fd: i32) -> bool {
        os_call!(libc::isatty(fd)) == 1
    }

    /// Return the name of the terminal device connected to 'fd'.
    #[pyfunction("ttyname(fd, /)")]
    fn ttyname(fd: i32, vm: &Vm) -> PyResult {
        let mut buffer = [0u8; 256];
        match os_call!(libc::ttyname_r(fd, buffer.as_mut_ptr().cast(), buffer.len())) {
            0 => fs_decode(buffer.split(|&b| b == 0).next().unwrap_or_default(), vm),
            number => Err(os_error_from_errno(vm, number, None, None)),
        }
    }

    /// Force write of fd to disk.
    #[pyfunction("fsync(fd)")]
    fn fsync(fd: Descriptor, vm: &Vm) -> PyResult<()> {
        retried_released(vm, || os_call!(libc::fsync(fd.0)) as isize).map(drop)
    }

    /// Force write of fd to disk without forcing update of metadata.
    #[pyfunction("fdatasync(fd)")]
    fn fdatasync(fd: Descriptor, vm: &Vm) -> PyResult<()> {
        retried_released(vm, || os_call!(libc::fdatasync(fd.0)) as isize).map(drop)
    }

    /// Truncate a file, specified by file descriptor, to a specific length.
    #[pyfunction("ftruncate(fd, length, /)")]
    fn ftruncate(fd: i32, length: i64, vm: &Vm) -> PyResult<()> {
        retried_released(vm, || os_call!(libc::ftruncate(fd, length)) as isize).map(drop)
    }

    /// Get the close-on-exe flag of the specified file descriptor.
    #[pyfunction("get_inheritable(fd, /)")]
    fn get_inheritable(fd: i32, vm: &Vm) -> PyResult<bool> {
        inheritable(fd, vm)
    }

    /// Set the inheritable flag of the specified file descriptor.
    #[pyfunction("set_inheritable(fd, inheritable, /)")]
    fn set_inheritable(fd: i32, inheritable: i32, vm: &Vm) -> PyResult<()> {
        super::set_inheritable(fd, inheritable != 0, vm)
    }

    /// Get the blocking mode of the file descriptor.
    ///
    /// Return False if the O_NONBLOCK flag is set, True if the flag is cleared.
    #[pyfunction("get_blocking(fd, /)")]
    fn get_blocking(fd: i32, vm: &Vm) -> PyResult<bool> {
        Ok(checked(os_call!(libc::fcntl(fd, libc::F_GETFL)), vm)? & libc::O_NONBLOCK == 0)
    }

    /// Set the blocking mode of the specified file descriptor.
    ///
    /// Set the O_NONBLOCK flag if blocking is False,
    /// clear the O_NONBLOCK flag otherwise.
    #[pyfunction("set_blocking(fd, blocking, /)")]
    fn set_blocking(fd: i32, blocking: bool, vm: &Vm) -> PyResult<()> {
        let flags = checked(os_call!(libc::fcntl(fd, libc::F_GETFL)), vm)?;
        let flags = if blocking { flags & !libc::O_NONBLOCK } else { flags | libc::O_NONBLOCK };
        checked(os_call!(libc::fcntl(fd, libc::F_SETFL, flags)), vm).map(drop)
    }

    /// Apply, test or remove a POSIX lock on an open file descriptor.
    #[pyfunction("lockf(fd, command, length, /)")]
    fn lockf(fd: i32, command: i32, length: i64, vm: &Vm) -> PyResult<()> {
        retried_released(vm, || os_call!(libc::lockf(fd, command, length)) as isize).map(drop)
    }

    /// Copy count bytes from file descriptor in_fd to file descriptor out_fd.
    #[pyfunction("sendfile(out_fd, in_fd, offset, count)")]
    fn sendfile(out_fd: i32, in_fd: i32, offset: OrNone<i64>, count: usize, vm: &Vm) -> PyResult<usize> {
        retried_released(vm, || match offset.0 {
            None => os_call!(libc::sendfile(out_fd, in_fd, std::ptr::null_mut(), count)),
            Some(mut at) => os_call!(libc::sendfile(out_fd, in_fd, &mut at, count)),
        })
    }

    /// Copy count bytes from one file descriptor to another.
    #[pyfunction("copy_file_range(src, dst, count, offset_src=None, offset_dst=None)")]
    fn copy_file_range(
        src: i32,
        dst: i32,
        count: isize,
        offset_src: OrNone<i64>,
        offset_dst: OrNone<i64>,
        vm: &Vm,
    ) -> PyResult<usize> {
        let Ok(count) = usize::try_from(count) else {
            return Err(vm.value_error("negative value for 'count' not allowed"));
        };
        retried_released(vm, || {
            let (mut from, mut to) = (offset_src.0, offset_dst.0);
            let from = from.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
            let to = to.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
            os_call!(libc::copy_file_range(src, from, dst, to, count, 0))
        })
    }

    /// Announce an intention to access data in a specific pattern.
    #[pyfunction("posix_fadvise(fd, offset, length, advice, /)")]
    fn posix_fadvise(fd: i32, offset: i64, length: i64, advice: i32, vm: &Vm) -> PyResult<()> {
        match os_call!(libc::posix_fadvise(fd, offset, length, advice)) {
            0 => Ok(()),
            number => Err(os_error_from_errno(vm, number, None, None)),
        }
    }

    /// Ensure a file has allocated at least a particular number of bytes on disk.
    #[pyfunction("posix_fallocate(fd, offset, length, /)")]
    fn posix_fallocate(fd: i32, offset: i64, length: i64, vm: &Vm) -> PyResult<()> {
        match os_call!(libc::posix_fallocate(fd, offset, length)) {
            0 => Ok(()),
            number => Err(os_error_from_errno(vm, number, None, None)),
        }
    }

    #[pyfunction("memfd_create(name, flags=MFD_CLOEXEC)")]
    fn memfd_create(name: Path, flags: Option<u32>, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::memfd_create(name.ptr(), flags.unwrap_or(libc::MFD_CLOEXEC))), vm)
    }

    /// Creates and returns an event notification file descriptor.
    #[pyfunction("eventfd(initval, flags=EFD_CLOEXEC)")]
    fn eventfd(initval: u32, flags: Option<i32>, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::eventfd(initval, flags.unwrap_or(libc::EFD_CLOEXEC))), vm)
    }

    /// Read eventfd value.
    #[pyfunction("eventfd_read(fd)")]
    fn eventfd_read(fd: Descriptor, vm: &Vm) -> PyResult<u64> {
        let mut value = 0u64;
        checked(os_call!(libc::eventfd_read(fd.0, &mut value)), vm)?;
        Ok(value)
    }

    /// Write eventfd value.
    #[pyfunction("eventfd_write(fd, value)")]
    fn eventfd_write(fd: Descriptor, value: u64, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::eventfd_write(fd.0, value)), vm).map(drop)
    }

    /// Return the size of the terminal window as (columns, lines).
    #[pyfunction("get_terminal_size(fd=<unrepresentable>, /)")]
    fn get_terminal_size(fd: Option<i32>, vm: &Vm) -> PyResult {
        let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
        checked(os_call!(libc::ioctl(fd.unwrap_or(1), libc::TIOCGWINSZ, &mut size)), vm)?;
        sequence(&TERMINAL_SIZE, vec![vm.int(size.ws_col.into()), vm.int(size.ws_row.into())], vm)
    }

    /// Return a string describing the encoding of a terminal's file descriptor.
    ///
    /// The file descriptor must be attached to a terminal.
    /// If the device is not a terminal, return None.
    #[pyfunction("device_encoding(fd)")]
    fn device_encoding(fd: i32, vm: &Vm) -> Value {
        if os_call!(libc::isatty(fd)) == 1 { vm.intern("UTF-8").into_value() } else { Value::none() }
    }

    /// Open a pseudo-terminal.
    ///
    /// Return a tuple of (master_fd, slave_fd) containing open file descriptors
    /// for both the master and slave ends.
    #[pyfunction("openpty()")]
    fn openpty(vm: &Vm) -> PyResult {
        let (mut master, mut slave) = (0, 0);
        let null = std::ptr::null_mut();
        checked(os_call!(libc::openpty(&mut master, &mut slave, null, null.cast(), null.cast())), vm)?;
        super::set_inheritable(master, false, vm)?;
        super::set_inheritable(slave, false, vm)?;
        Ok(vm.tuple_of([vm.int(master.into()), vm.int(slave.into())]).into_value())
    }

    /// Return the process group associated with the terminal specified by fd.
    #[pyfunction("tcgetpgrp(fd, /)")]
    fn tcgetpgrp(fd: i32, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::tcgetpgrp(fd)), vm)
    }

    /// Set the process group associated with the terminal specified by fd.
    #[pyfunction("tcsetpgrp(fd, pgid, /)")]
    fn tcsetpgrp(fd: i32, pgid: i32, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::tcsetpgrp(fd, pgid)), vm).map(drop)
    }
}
