//! `stat`, `statvfs` and what they give.
#![allow(unsafe_code, reason = "calls of the system")]

use dashu_int::IBig;
use pyrope_object::{PyResult, Raised, Value, Vm};
use pyrope_types::model::structseq::StructSequence;

use super::sequence;
use crate::system::{DirFd, Path, PathOrFd, dir_fd, errno, last_error, os_call};

pub static STAT_RESULT: StructSequence = StructSequence {
    name: "os.stat_result",
    doc: "stat_result: Result from stat, fstat, or lstat.\n\nThis object may be accessed either as a tuple of\n  (mode, \
          ino, dev, nlink, uid, gid, size, atime, mtime, ctime)\nor via the attributes st_mode, st_ino, st_dev, \
          st_nlink, st_uid, and so on.\n\nPosix/windows: If your platform supports st_blksize, st_blocks, st_rdev,\nor \
          st_flags, they are available as attributes only.\n\nSee os.stat for more information.",
    fields: &[
        ("st_mode", "protection bits"),
        ("st_ino", "inode"),
        ("st_dev", "device"),
        ("st_nlink", "number of hard links"),
        ("st_uid", "user ID of owner"),
        ("st_gid", "group ID of owner"),
        ("st_size", "total size, in bytes"),
        ("", "integer time of last access"),
        ("", "integer time of last modification"),
        ("", "integer time of last change"),
        ("st_atime", "time of last access"),
        ("st_mtime", "time of last modification"),
        ("st_ctime", "time of last change"),
        ("st_atime_ns", "time of last access in nanoseconds"),
        ("st_mtime_ns", "time of last modification in nanoseconds"),
        ("st_ctime_ns", "time of last change in nanoseconds"),
        ("st_blksize", "blocksize for filesystem I/O"),
        ("st_blocks", "number of blocks allocated"),
        ("st_rdev", "device type (if inode device)"),
    ],
    visible: 10,
};

pub static STATVFS_RESULT: StructSequence = StructSequence {
    name: "os.statvfs_result",
    doc: "statvfs_result: Result from statvfs or fstatvfs.\n\nThis object may be accessed either as a tuple of\n  (bsize, \
          frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax),\nor via the attributes f_bsize, \
          f_frsize, f_blocks, f_bfree, and so on.\n\nSee os.statvfs for more information.",
    fields: &[
        ("f_bsize", ""),
        ("f_frsize", ""),
        ("f_blocks", ""),
        ("f_bfree", ""),
        ("f_bavail", ""),
        ("f_files", ""),
        ("f_ffree", ""),
        ("f_favail", ""),
        ("f_flag", ""),
        ("f_namemax", ""),
        ("f_fsid", ""),
    ],
    visible: 10,
};

/// `os.stat_result` of what the system says.
pub fn stat_result(st: &libc::stat, vm: &Vm) -> PyResult {
    let times = [(st.st_atime, st.st_atime_nsec), (st.st_mtime, st.st_mtime_nsec), (st.st_ctime, st.st_ctime_nsec)];
    let mut values = vec![
        vm.int(st.st_mode.into()),
        vm.int_from_u64(st.st_ino),
        vm.int_from_u64(st.st_dev),
        vm.int_from_u64(st.st_nlink),
        vm.int(st.st_uid.into()),
        vm.int(st.st_gid.into()),
        vm.int(st.st_size),
    ];
    values.extend(times.map(|(seconds, _)| vm.int(seconds)));
    values.extend(times.map(|(seconds, nanos)| vm.float(seconds as f64 + 1e-9 * nanos as f64)));
    values.extend(
        times.map(|(seconds, nanos)| {
            vm.int_from_big(IBig::from(seconds) * IBig::from(1_000_000_000) + IBig::from(nanos))
        }),
    );
    values.extend([vm.int(st.st_blksize), vm.int(st.st_blocks), vm.int_from_u64(st.st_rdev)]);
    sequence(&STAT_RESULT, values, vm)
}

/// A C struct of zeros, to be filled by the system.
pub(crate) fn blank_stat() -> libc::stat {
    // SAFETY: a plain C struct of integers, for which zero is a value.
    unsafe { std::mem::zeroed() }
}

/// The status of a descriptor.
pub fn status_of(fd: i32) -> Result<libc::stat, i32> {
    let mut st = blank_stat();
    if os_call!(libc::fstat(fd, &mut st)) == -1 { Err(errno()) } else { Ok(st) }
}

/// `stat` with all its options.
pub(crate) fn stat_path(path: &Path, dir: i32, follow: bool, vm: &Vm) -> PyResult {
    let mut st = blank_stat();
    let result = match path.descriptor {
        Some(fd) => os_call!(libc::fstat(fd, &mut st)),
        None => {
            let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
            os_call!(libc::fstatat(dir, path.ptr(), &mut st, flags))
        }
    };
    path.checked(result, vm)?;
    stat_result(&st, vm)
}

/// What cannot go with a descriptor.
pub(crate) fn reject(function: &str, path: &Path, dir: i32, follow: bool, vm: &Vm) -> Result<(), Raised> {
    if path.descriptor.is_none() {
        return Ok(());
    }
    if dir != libc::AT_FDCWD {
        return Err(vm.value_error(format!("{function}: can't specify dir_fd without matching path")));
    }
    if !follow {
        return Err(vm.value_error(format!("{function}: cannot use fd and follow_symlinks together")));
    }
    Ok(())
}

fn statvfs_result(st: &libc::statvfs, vm: &Vm) -> PyResult {
    let values = [
        st.f_bsize,
        st.f_frsize,
        st.f_blocks,
        st.f_bfree,
        st.f_bavail,
        st.f_files,
        st.f_ffree,
        st.f_favail,
        st.f_flag,
        st.f_namemax,
        st.f_fsid,
    ];
    sequence(&STATVFS_RESULT, values.iter().map(|&n| vm.int_from_u64(n)).collect(), vm)
}

fn statvfs_of(path: &Path, vm: &Vm) -> PyResult {
    // SAFETY: a plain C struct of integers, for which zero is a value.
    let mut st: libc::statvfs = unsafe { std::mem::zeroed() };
    let result = match path.descriptor {
        Some(fd) => os_call!(libc::fstatvfs(fd, &mut st)),
        None => os_call!(libc::statvfs(path.ptr(), &mut st)),
    };
    path.checked(result, vm)?;
    statvfs_result(&st, vm)
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Perform a stat system call on the given path.
    #[pyfunction("stat(path, *, dir_fd=None, follow_symlinks=True)")]
    fn stat(path: PathOrFd, dir_fd: Option<DirFd>, follow_symlinks: Option<bool>, vm: &Vm) -> PyResult {
        let (dir, follow) = (super::dir_fd(dir_fd), follow_symlinks.unwrap_or(true));
        reject("stat", &path.0, dir, follow, vm)?;
        stat_path(&path.0, dir, follow, vm)
    }

    /// Perform a stat system call on the given path, without following symbolic links.
    #[pyfunction("lstat(path, *, dir_fd=None)")]
    fn lstat(path: Path, dir_fd: Option<DirFd>, vm: &Vm) -> PyResult {
        stat_path(&path, super::dir_fd(dir_fd), false, vm)
    }

    /// Perform a stat system call on the given file descriptor.
    #[pyfunction("fstat(fd)")]
    fn fstat(fd: i32, vm: &Vm) -> PyResult {
        match status_of(fd) {
            Ok(st) => stat_result(&st, vm),
            Err(_) => Err(last_error(vm)),
        }
    }

    /// Perform a statvfs system call on the given path.
    #[pyfunction("statvfs(path)")]
    fn statvfs(path: PathOrFd, vm: &Vm) -> PyResult {
        statvfs_of(&path.0, vm)
    }

    /// Perform an fstatvfs system call on the given fd.
    #[pyfunction("fstatvfs(fd, /)")]
    fn fstatvfs(fd: i32, vm: &Vm) -> PyResult {
        let path = Path { text: Default::default(), object: Value::none(), is_bytes: false, descriptor: Some(fd) };
        match statvfs_of(&path, vm) {
            Ok(found) => Ok(found),
            Err(raised) => {
                let number = errno();
                vm.ignore(raised);
                Err(pyrope_types::exceptions::os_error_from_errno(vm, number, None, None))
            }
        }
    }
}
