//! Files and folders by name.
#![allow(unsafe_code, reason = "calls of the system")]

use std::ffi::CString;

use pyrope_object::{PyResult, Tuple, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::stat::reject;
use crate::system::{Path, PathOrFd, PathOrFdOrNone, checked, errno, last_error, os_call, retry_released};

const NO_FOLLOW: i32 = libc::AT_SYMLINK_NOFOLLOW;

/// Raises the last failure about two paths.
fn two_paths<T>(src: &Path, dst: &Path, result: i32, done: T, vm: &Vm) -> PyResult<T> {
    if result == -1 {
        return Err(os_error_from_errno(vm, errno(), Some(&src.object), Some(&dst.object)));
    }
    Ok(done)
}

/// A time for `utimensat`.
fn timespec(seconds: i64, nanos: i64) -> libc::timespec {
    libc::timespec { tv_sec: seconds, tv_nsec: nanos }
}

fn pair(value: &Value) -> Option<[&Value; 2]> {
    match value.downcast::<Tuple>()?.as_slice() {
        [a, b] => Some([a, b]),
        _ => None,
    }
}

fn split_nanoseconds(value: &Value, vm: &Vm) -> PyResult<libc::timespec> {
    let total = vm.index_i64(value)?.ok_or_else(|| vm.overflow_error("timestamp out of range for platform time_t"))?;
    Ok(timespec(total.div_euclid(1_000_000_000), total.rem_euclid(1_000_000_000)))
}

fn utime_of(times: Option<&Value>, ns: Option<&Value>, vm: &Vm) -> PyResult<Option<[libc::timespec; 2]>> {
    if let Some(times) = times.filter(|t| !t.is_none()) {
        if ns.is_some() {
            return Err(vm.value_error("utime: you may specify either 'times' or 'ns' but not both"));
        }
        let Some([a, b]) = pair(times) else {
            return Err(vm.type_error("utime: 'times' must be either a tuple of two ints or None"));
        };
        let (a, b) = (crate::system::split_seconds(a, vm)?, crate::system::split_seconds(b, vm)?);
        return Ok(Some([timespec(a.0, a.1), timespec(b.0, b.1)]));
    }
    match ns {
        None => Ok(None),
        Some(ns) => match pair(ns) {
            Some([a, b]) => Ok(Some([split_nanoseconds(a, vm)?, split_nanoseconds(b, vm)?])),
            None => Err(vm.type_error("utime: 'ns' must be a tuple of two ints")),
        },
    }
}

fn id_of(value: i64, name: &str, vm: &Vm) -> PyResult<u32> {
    match value {
        -1 => Ok(u32::MAX),
        0..=0xFFFF_FFFE => Ok(value as u32),
        ..0 => Err(vm.overflow_error(format!("{name} is less than minimum"))),
        _ => Err(vm.overflow_error(format!("{name} is greater than maximum"))),
    }
}

fn readlink_bytes(path: &Path, dir: i32, vm: &Vm) -> PyResult<Vec<u8>> {
    let mut buffer = vec![0u8; 4096];
    let length = os_call!(libc::readlinkat(dir, path.ptr(), buffer.as_mut_ptr().cast(), buffer.len()));
    if length < 0 {
        return Err(path.error(vm));
    }
    buffer.truncate(length as usize);
    Ok(buffer)
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;
    use crate::system::{DirFd, dir_fd as at};

    /// Open a file for low level IO.  Returns a file descriptor (integer).
    ///
    /// If dir_fd is not None, it should be a file descriptor open to a directory,
    ///   and path should be relative; path will then be relative to that directory.
    /// dir_fd may not be implemented on your platform.
    ///   If it is unavailable, using it will raise a NotImplementedError.
    #[pyfunction("open(path, flags, mode=511, *, dir_fd=None)")]
    fn open(path: Path, flags: i32, mode: i32, dir_fd: Option<DirFd>, vm: &Vm) -> PyResult<i32> {
        let dir = at(dir_fd);
        let opened = retry_released(vm, || {
            os_call!(libc::openat(dir, path.ptr(), flags | libc::O_CLOEXEC, mode as libc::c_uint)) as isize
        })?;
        match opened {
            Ok(fd) => Ok(fd as i32),
            Err(number) => Err(os_error_from_errno(vm, number, Some(&path.object), None)),
        }
    }

    /// Use the real uid/gid to test for access to a path.
    #[pyfunction("access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)")]
    fn access(path: Path, mode: i32, dir_fd: Option<DirFd>, effective_ids: bool, follow_symlinks: bool) -> bool {
        let flags = if follow_symlinks { 0 } else { NO_FOLLOW } | if effective_ids { libc::AT_EACCESS } else { 0 };
        os_call!(libc::faccessat(at(dir_fd), path.ptr(), mode, flags)) == 0
    }

    /// Change the current working directory to the specified path.
    ///
    /// path may always be specified as a string.
    /// On some platforms, path may also be specified as an open file descriptor.
    /// If this functionality is unavailable, using it raises an exception.
    #[pyfunction("chdir(path)")]
    fn chdir(path: PathOrFd, vm: &Vm) -> PyResult<()> {
        let path = path.0;
        let result = match path.descriptor {
            Some(fd) => os_call!(libc::fchdir(fd)),
            None => os_call!(libc::chdir(path.ptr())),
        };
        path.checked(result, vm).map(drop)
    }

    /// Change to the directory of the given file descriptor.
    #[pyfunction("fchdir(fd)")]
    fn fchdir(fd: crate::system::Descriptor, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::fchdir(fd.0)), vm).map(drop)
    }

    /// Return a unicode string representing the current working directory.
    #[pyfunction("getcwd()")]
    fn getcwd(vm: &Vm) -> PyResult {
        crate::system::fs_decode(&working_folder(vm)?, vm)
    }

    /// Return a bytes string representing the current working directory.
    #[pyfunction("getcwdb()")]
    fn getcwdb(vm: &Vm) -> PyResult {
        Ok(vm.new_bytes(&working_folder(vm)?)?.into_value())
    }

    fn working_folder(vm: &Vm) -> PyResult<Vec<u8>> {
        use std::os::unix::ffi::OsStringExt;
        match std::env::current_dir() {
            Ok(path) => Ok(path.into_os_string().into_vec()),
            Err(error) => Err(pyrope_types::exceptions::os_error_from_io(vm, &error, None)),
        }
    }

    /// Change the access permissions of a file.
    #[pyfunction("chmod(path, mode, *, dir_fd=None, follow_symlinks=(os.name != 'nt'))")]
    fn chmod(path: PathOrFd, mode: i32, dir_fd: Option<DirFd>, follow_symlinks: Option<bool>, vm: &Vm) -> PyResult<()> {
        let (path, dir, follow) = (path.0, at(dir_fd), follow_symlinks.unwrap_or(true));
        reject("chmod", &path, dir, follow, vm)?;
        let result = match path.descriptor {
            Some(fd) => os_call!(libc::fchmod(fd, mode as libc::mode_t)),
            None => {
                let flags = if follow { 0 } else { NO_FOLLOW };
                os_call!(libc::fchmodat(dir, path.ptr(), mode as libc::mode_t, flags))
            }
        };
        if result == -1 && !follow && errno() == libc::EOPNOTSUPP {
            return Err(vm.not_implemented_error("chmod: follow_symlinks unavailable on this platform"));
        }
        path.checked(result, vm).map(drop)
    }

    /// Change the access permissions of the file given by file descriptor fd.
    #[pyfunction("fchmod(fd, mode)")]
    fn fchmod(fd: i32, mode: i32, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::fchmod(fd, mode as libc::mode_t)), vm).map(drop)
    }

    /// Change the owner and group id of path to the numeric uid and gid.
    #[pyfunction("chown(path, uid, gid, *, dir_fd=None, follow_symlinks=True)")]
    fn chown(
        path: PathOrFd,
        uid: i64,
        gid: i64,
        dir_fd: Option<DirFd>,
        follow_symlinks: bool,
        vm: &Vm,
    ) -> PyResult<()> {
        let (path, dir) = (path.0, at(dir_fd));
        let (uid, gid) = (id_of(uid, "uid", vm)?, id_of(gid, "gid", vm)?);
        reject("chown", &path, dir, follow_symlinks, vm)?;
        let result = match path.descriptor {
            Some(fd) => os_call!(libc::fchown(fd, uid, gid)),
            None => {
                let flags = if follow_symlinks { 0 } else { NO_FOLLOW };
                os_call!(libc::fchownat(dir, path.ptr(), uid, gid, flags))
            }
        };
        path.checked(result, vm).map(drop)
    }

    /// Change the owner and group id of the file specified by file descriptor.
    #[pyfunction("fchown(fd, uid, gid)")]
    fn fchown(fd: i32, uid: i64, gid: i64, vm: &Vm) -> PyResult<()> {
        let (uid, gid) = (id_of(uid, "uid", vm)?, id_of(gid, "gid", vm)?);
        checked(os_call!(libc::fchown(fd, uid, gid)), vm).map(drop)
    }

    /// Change the owner and group id of path to the numeric uid and gid.
    ///
    /// This function will not follow symbolic links.
    #[pyfunction("lchown(path, uid, gid)")]
    fn lchown(path: Path, uid: i64, gid: i64, vm: &Vm) -> PyResult<()> {
        let (uid, gid) = (id_of(uid, "uid", vm)?, id_of(gid, "gid", vm)?);
        path.checked(os_call!(libc::lchown(path.ptr(), uid, gid)), vm).map(drop)
    }

    /// Change root directory to path.
    #[pyfunction("chroot(path)")]
    fn chroot(path: Path, vm: &Vm) -> PyResult<()> {
        path.checked(os_call!(libc::chroot(path.ptr())), vm).map(drop)
    }

    /// Create a directory.
    #[pyfunction("mkdir(path, mode=511, *, dir_fd=None)")]
    fn mkdir(path: Path, mode: i32, dir_fd: Option<DirFd>, vm: &Vm) -> PyResult<()> {
        path.checked(os_call!(libc::mkdirat(at(dir_fd), path.ptr(), mode as libc::mode_t)), vm).map(drop)
    }

    /// Create a "fifo" (a POSIX named pipe).
    #[pyfunction("mkfifo(path, mode=438, *, dir_fd=None)")]
    fn mkfifo(path: Path, mode: i32, dir_fd: Option<DirFd>, vm: &Vm) -> PyResult<()> {
        path.checked(os_call!(libc::mkfifoat(at(dir_fd), path.ptr(), mode as libc::mode_t)), vm).map(drop)
    }

    /// Create a node in the file system.
    #[pyfunction("mknod(path, mode=384, device=0, *, dir_fd=None)")]
    fn mknod(path: Path, mode: i32, device: u64, dir_fd: Option<DirFd>, vm: &Vm) -> PyResult<()> {
        path.checked(os_call!(libc::mknodat(at(dir_fd), path.ptr(), mode as libc::mode_t, device)), vm).map(drop)
    }

    /// Remove a directory.
    #[pyfunction("rmdir(path, *, dir_fd=None)")]
    fn rmdir(path: Path, dir_fd: Option<DirFd>, vm: &Vm) -> PyResult<()> {
        path.checked(os_call!(libc::unlinkat(at(dir_fd), path.ptr(), libc::AT_REMOVEDIR)), vm).map(drop)
    }

    /// Remove a file (same as remove()).
    #[pyfunction("unlink(path, *, dir_fd=None)")]
    fn unlink(path: Path, dir_fd: Option<DirFd>, vm: &Vm) -> PyResult<()> {
        path.checked(os_call!(libc::unlinkat(at(dir_fd), path.ptr(), 0)), vm).map(drop)
    }

    /// Remove a file (same as unlink()).
    #[pyfunction("remove(path, *, dir_fd=None)")]
    fn remove(path: Path, dir_fd: Option<DirFd>, vm: &Vm) -> PyResult<()> {
        path.checked(os_call!(libc::unlinkat(at(dir_fd), path.ptr(), 0)), vm).map(drop)
    }

    /// Rename a file or directory.
    #[pyfunction("rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
    fn rename(src: Path, dst: Path, src_dir_fd: Option<DirFd>, dst_dir_fd: Option<DirFd>, vm: &Vm) -> PyResult<()> {
        let result = os_call!(libc::renameat(at(src_dir_fd), src.ptr(), at(dst_dir_fd), dst.ptr()));
        two_paths(&src, &dst, result, (), vm)
    }

    /// Rename a file or directory, overwriting the destination.
    #[pyfunction("replace(src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
    fn replace(src: Path, dst: Path, src_dir_fd: Option<DirFd>, dst_dir_fd: Option<DirFd>, vm: &Vm) -> PyResult<()> {
        let result = os_call!(libc::renameat(at(src_dir_fd), src.ptr(), at(dst_dir_fd), dst.ptr()));
        two_paths(&src, &dst, result, (), vm)
    }

    /// Create a hard link to a file.
    #[pyfunction("link(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=(os.name != 'nt'))")]
    fn link(
        src: Path,
        dst: Path,
        src_dir_fd: Option<DirFd>,
        dst_dir_fd: Option<DirFd>,
        follow_symlinks: Option<bool>,
        vm: &Vm,
    ) -> PyResult<()> {
        let flags = if follow_symlinks.unwrap_or(true) { libc::AT_SYMLINK_FOLLOW } else { 0 };
        let result = os_call!(libc::linkat(at(src_dir_fd), src.ptr(), at(dst_dir_fd), dst.ptr(), flags));
        two_paths(&src, &dst, result, (), vm)
    }

    /// Create a symbolic link pointing to src named dst.
    #[pyfunction("symlink(src, dst, target_is_directory=False, *, dir_fd=None)")]
    fn symlink(src: Path, dst: Path, _target_is_directory: bool, dir_fd: Option<DirFd>, vm: &Vm) -> PyResult<()> {
        let result = os_call!(libc::symlinkat(src.ptr(), at(dir_fd), dst.ptr()));
        two_paths(&src, &dst, result, (), vm)
    }

    /// Return a string representing the path to which the symbolic link points.
    #[pyfunction("readlink(path, *, dir_fd=None)")]
    fn readlink(path: Path, dir_fd: Option<DirFd>, vm: &Vm) -> PyResult {
        path.give(&readlink_bytes(&path, at(dir_fd), vm)?, vm)
    }

    /// Truncate a file, specified by path, to a specific length.
    #[pyfunction("truncate(path, length)")]
    fn truncate(path: PathOrFd, length: i64, vm: &Vm) -> PyResult<()> {
        let path = path.0;
        let result = match path.descriptor {
            Some(fd) => os_call!(libc::ftruncate(fd, length)),
            None => os_call!(libc::truncate(path.ptr(), length)),
        };
        path.checked(result, vm).map(drop)
    }

    /// Set the access and modified time of path.
    #[pyfunction("utime(path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)")]
    fn utime(
        path: PathOrFd,
        times: Option<&Value>,
        ns: Option<&Value>,
        dir_fd: Option<DirFd>,
        follow_symlinks: bool,
        vm: &Vm,
    ) -> PyResult<()> {
        let (path, dir) = (path.0, at(dir_fd));
        let times = utime_of(times, ns, vm)?;
        let times = times.as_ref().map_or(std::ptr::null(), |times| times.as_ptr());
        reject("utime", &path, dir, follow_symlinks, vm)?;
        let result = match path.descriptor {
            Some(fd) => os_call!(libc::futimens(fd, times)),
            None => {
                let flags = if follow_symlinks { 0 } else { NO_FOLLOW };
                os_call!(libc::utimensat(dir, path.ptr(), times, flags))
            }
        };
        path.checked(result, vm).map(drop)
    }

    /// Set the current numeric umask and return the previous umask.
    #[pyfunction("umask(mask, /)")]
    fn umask(mask: i32) -> i64 {
        os_call!(libc::umask(mask as libc::mode_t)).into()
    }

    /// Force write of everything to disk.
    #[pyfunction("sync()")]
    fn sync() {
        os_call!(libc::sync());
    }

    /// Return the value of extended attribute attribute on path.
    #[pyfunction("getxattr(path, attribute, *, follow_symlinks=True)")]
    fn getxattr(path: PathOrFd, attribute: Path, follow_symlinks: bool, vm: &Vm) -> PyResult {
        let (path, name) = (path.0, attribute.ptr());
        for size in [128, 65536] {
            let mut buffer = vec![0u8; size];
            let (to, room) = (buffer.as_mut_ptr().cast(), buffer.len());
            let length = match path.descriptor {
                Some(fd) => os_call!(libc::fgetxattr(fd, name, to, room)),
                None if follow_symlinks => os_call!(libc::getxattr(path.ptr(), name, to, room)),
                None => os_call!(libc::lgetxattr(path.ptr(), name, to, room)),
            };
            if length >= 0 {
                return Ok(vm.new_bytes(&buffer[..length as usize])?.into_value());
            }
            if errno() != libc::ERANGE {
                break;
            }
        }
        Err(path.error(vm))
    }

    /// Set extended attribute attribute on path to value.
    #[pyfunction("setxattr(path, attribute, value, flags=0, *, follow_symlinks=True)")]
    fn setxattr(
        path: PathOrFd,
        attribute: Path,
        value: pyrope_object::bind::BytesLike<'_>,
        flags: i32,
        follow_symlinks: bool,
        vm: &Vm,
    ) -> PyResult<()> {
        let (path, name) = (path.0, attribute.ptr());
        let result = value.with(|bytes| {
            let (from, length) = (bytes.as_ptr().cast(), bytes.len());
            match path.descriptor {
                Some(fd) => os_call!(libc::fsetxattr(fd, name, from, length, flags)),
                None if follow_symlinks => os_call!(libc::setxattr(path.ptr(), name, from, length, flags)),
                None => os_call!(libc::lsetxattr(path.ptr(), name, from, length, flags)),
            }
        });
        path.checked(result, vm).map(drop)
    }

    /// Remove extended attribute attribute on path.
    #[pyfunction("removexattr(path, attribute, *, follow_symlinks=True)")]
    fn removexattr(path: PathOrFd, attribute: Path, follow_symlinks: bool, vm: &Vm) -> PyResult<()> {
        let (path, name) = (path.0, attribute.ptr());
        let result = match path.descriptor {
            Some(fd) => os_call!(libc::fremovexattr(fd, name)),
            None if follow_symlinks => os_call!(libc::removexattr(path.ptr(), name)),
            None => os_call!(libc::lremovexattr(path.ptr(), name)),
        };
        path.checked(result, vm).map(drop)
    }

    /// Return a list of extended attributes on path.
    #[pyfunction("listxattr(path=None, *, follow_symlinks=True)")]
    fn listxattr(path: Option<PathOrFdOrNone>, follow_symlinks: bool, vm: &Vm) -> PyResult {
        let path = match path {
            Some(path) => path.0,
            None => Path { text: CString::from(c"."), object: Value::none(), is_bytes: false, descriptor: None },
        };
        let mut buffer = vec![0u8; 65536];
        let (to, room) = (buffer.as_mut_ptr().cast(), buffer.len());
        let length = match path.descriptor {
            Some(fd) => os_call!(libc::flistxattr(fd, to, room)),
            None if follow_symlinks => os_call!(libc::listxattr(path.ptr(), to, room)),
            None => os_call!(libc::llistxattr(path.ptr(), to, room)),
        };
        if length < 0 {
            return Err(path.error(vm));
        }
        let names = buffer[..length as usize].split(|&b| b == 0).filter(|name| !name.is_empty());
        let names = names.map(|name| crate::system::fs_decode(name, vm)).collect::<PyResult<Vec<_>>>()?;
        Ok(vm.new_list(names).into_value())
    }

    /// Return the configuration limit name for the file or directory path.
    #[pyfunction("pathconf(path, name)")]
    fn pathconf(path: PathOrFd, name: &Value, vm: &Vm) -> PyResult<i64> {
        let name = super::super::names::configuration_name(name, super::super::constants::PATHCONF, vm)?;
        let path = path.0;
        os_call!(*libc::__errno_location() = 0);
        let limit = match path.descriptor {
            Some(fd) => os_call!(libc::fpathconf(fd, name)),
            None => os_call!(libc::pathconf(path.ptr(), name)),
        };
        if limit == -1 && errno() != 0 { Err(path.error(vm)) } else { Ok(limit) }
    }

    /// Return the configuration limit name for the file descriptor fd.
    #[pyfunction("fpathconf(fd, name, /)")]
    fn fpathconf(fd: crate::system::Descriptor, name: &Value, vm: &Vm) -> PyResult<i64> {
        let name = super::super::names::configuration_name(name, super::super::constants::PATHCONF, vm)?;
        os_call!(*libc::__errno_location() = 0);
        let limit = os_call!(libc::fpathconf(fd.0, name));
        if limit == -1 && errno() != 0 { Err(last_error(vm)) } else { Ok(limit) }
    }
}
