//! Users, groups, sessions, priorities.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_object::{PyResult, Value, Vm};

use crate::system::{checked, errno, fs_decode, last_error, os_call};

fn id(value: i64, kind: &str, vm: &Vm) -> PyResult<u32> {
    match value {
        -1 => Ok(u32::MAX),
        0..=0xFFFF_FFFE => Ok(value as u32),
        ..0 => Err(vm.overflow_error(format!("{kind} is less than minimum"))),
        _ => Err(vm.overflow_error(format!("{kind} is greater than maximum"))),
    }
}

fn ints<const N: usize>(values: [u32; N], vm: &Vm) -> Value {
    vm.new_tuple(values.map(|n| vm.int(n.into())).to_vec()).into_value()
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Return the current process id.
    #[pyfunction("getpid()")]
    fn getpid() -> i32 {
        os_call!(libc::getpid())
    }

    /// Return the parent's process id.
    #[pyfunction("getppid()")]
    fn getppid() -> i32 {
        os_call!(libc::getppid())
    }

    /// Return the current process's user id.
    #[pyfunction("getuid()")]
    fn getuid() -> u32 {
        os_call!(libc::getuid())
    }

    /// Return the current process's effective user id.
    #[pyfunction("geteuid()")]
    fn geteuid() -> u32 {
        os_call!(libc::geteuid())
    }

    /// Return the current process's group id.
    #[pyfunction("getgid()")]
    fn getgid() -> u32 {
        os_call!(libc::getgid())
    }

    /// Return the current process's effective group id.
    #[pyfunction("getegid()")]
    fn getegid() -> u32 {
        os_call!(libc::getegid())
    }

    /// Return a tuple of the current process's real, effective, and saved user ids.
    #[pyfunction("getresuid()")]
    fn getresuid(vm: &Vm) -> PyResult {
        let (mut a, mut b, mut c) = (0, 0, 0);
        checked(os_call!(libc::getresuid(&mut a, &mut b, &mut c)), vm)?;
        Ok(ints([a, b, c], vm))
    }

    /// Return a tuple of the current process's real, effective, and saved group ids.
    #[pyfunction("getresgid()")]
    fn getresgid(vm: &Vm) -> PyResult {
        let (mut a, mut b, mut c) = (0, 0, 0);
        checked(os_call!(libc::getresgid(&mut a, &mut b, &mut c)), vm)?;
        Ok(ints([a, b, c], vm))
    }

    /// Set the current process's user id.
    #[pyfunction("setuid(uid, /)")]
    fn setuid(uid: i64, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::setuid(id(uid, "uid", vm)?)), vm).map(drop)
    }

    /// Set the current process's effective user id.
    #[pyfunction("seteuid(euid, /)")]
    fn seteuid(euid: i64, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::seteuid(id(euid, "uid", vm)?)), vm).map(drop)
    }

    /// Set the current process's group id.
    #[pyfunction("setgid(gid, /)")]
    fn setgid(gid: i64, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::setgid(id(gid, "gid", vm)?)), vm).map(drop)
    }

    /// Set the current process's effective group id.
    #[pyfunction("setegid(egid, /)")]
    fn setegid(egid: i64, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::setegid(id(egid, "gid", vm)?)), vm).map(drop)
    }

    /// Set the current process's real and effective user ids.
    #[pyfunction("setreuid(ruid, euid, /)")]
    fn setreuid(ruid: i64, euid: i64, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::setreuid(id(ruid, "uid", vm)?, id(euid, "uid", vm)?)), vm).map(drop)
    }

    /// Set the current process's real and effective group ids.
    #[pyfunction("setregid(rgid, egid, /)")]
    fn setregid(rgid: i64, egid: i64, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::setregid(id(rgid, "gid", vm)?, id(egid, "gid", vm)?)), vm).map(drop)
    }

    /// Set the current process's real, effective, and saved user ids.
    #[pyfunction("setresuid(ruid, euid, suid, /)")]
    fn setresuid(ruid: i64, euid: i64, suid: i64, vm: &Vm) -> PyResult<()> {
        let (a, b, c) = (id(ruid, "uid", vm)?, id(euid, "uid", vm)?, id(suid, "uid", vm)?);
        checked(os_call!(libc::setresuid(a, b, c)), vm).map(drop)
    }

    /// Set the current process's real, effective, and saved group ids.
    #[pyfunction("setresgid(rgid, egid, sgid, /)")]
    fn setresgid(rgid: i64, egid: i64, sgid: i64, vm: &Vm) -> PyResult<()> {
        let (a, b, c) = (id(rgid, "gid", vm)?, id(egid, "gid", vm)?, id(sgid, "gid", vm)?);
        checked(os_call!(libc::setresgid(a, b, c)), vm).map(drop)
    }

    /// Return list of supplemental group IDs for the process.
    #[pyfunction("getgroups()")]
    fn getgroups(vm: &Vm) -> PyResult {
        let count = checked(os_call!(libc::getgroups(0, std::ptr::null_mut())), vm)?;
        let mut groups = vec![0; count as usize];
        let count = checked(os_call!(libc::getgroups(count, groups.as_mut_ptr())), vm)?;
        groups.truncate(count as usize);
        Ok(vm.new_list(groups.into_iter().map(|g| vm.int(g.into())).collect()).into_value())
    }

    /// Set the groups of the current process to list.
    #[pyfunction("setgroups(groups, /)")]
    fn setgroups(groups: &Value, vm: &Vm) -> PyResult<()> {
        let mut ids = Vec::new();
        for group in vm.collect(groups)? {
            match vm.index_i64(&group)? {
                Some(n) => ids.push(id(n, "gid", vm)?),
                None => return Err(vm.overflow_error("gid is greater than maximum")),
            }
        }
        checked(os_call!(libc::setgroups(ids.len(), ids.as_ptr())), vm).map(drop)
    }

    /// Returns a list of groups to which a user belongs.
    #[pyfunction("getgrouplist(user, group, /)")]
    fn getgrouplist(user: &Value, group: i64, vm: &Vm) -> PyResult {
        let user = crate::system::fs_c_string(user, vm)?;
        let group = id(group, "gid", vm)?;
        let mut groups = vec![0; 256];
        loop {
            let mut count = groups.len() as i32;
            if os_call!(libc::getgrouplist(user.as_ptr(), group, groups.as_mut_ptr(), &mut count)) != -1 {
                groups.truncate(count as usize);
                return Ok(vm.new_list(groups.into_iter().map(|g| vm.int(g.into())).collect()).into_value());
            }
            if groups.len() > 1 << 20 {
                return Err(last_error(vm));
            }
            groups.resize((count as usize).max(groups.len() * 2), 0);
        }
    }

    /// Initialize the group access list.
    #[pyfunction("initgroups(username, gid, /)")]
    fn initgroups(username: &Value, gid: i64, vm: &Vm) -> PyResult<()> {
        let name = crate::system::fs_c_string(username, vm)?;
        checked(os_call!(libc::initgroups(name.as_ptr(), id(gid, "gid", vm)?)), vm).map(drop)
    }

    /// Return the actual login name.
    #[pyfunction("getlogin()")]
    fn getlogin(vm: &Vm) -> PyResult {
        let name = os_call!(libc::getlogin());
        if name.is_null() {
            return Err(last_error(vm));
        }
        // SAFETY: the system gives NUL-terminated text, copied before the next call.
        fs_decode(unsafe { std::ffi::CStr::from_ptr(name) }.to_bytes(), vm)
    }

    /// Call the system call getpgid(), and return the result.
    #[pyfunction("getpgid(pid)")]
    fn getpgid(pid: i32, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::getpgid(pid)), vm)
    }

    /// Return the current process group id.
    #[pyfunction("getpgrp()")]
    fn getpgrp() -> i32 {
        os_call!(libc::getpgrp())
    }

    /// Make the current process the leader of its process group.
    #[pyfunction("setpgrp()")]
    fn setpgrp(vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::setpgid(0, 0)), vm).map(drop)
    }

    /// Call the system call setpgid(pid, pgrp).
    #[pyfunction("setpgid(pid, pgrp, /)")]
    fn setpgid(pid: i32, pgrp: i32, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::setpgid(pid, pgrp)), vm).map(drop)
    }

    /// Call the system call getsid(pid) and return the result.
    #[pyfunction("getsid(pid, /)")]
    fn getsid(pid: i32, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::getsid(pid)), vm)
    }

    /// Call the system call setsid().
    #[pyfunction("setsid()")]
    fn setsid(vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::setsid()), vm).map(drop)
    }

    /// Add increment to the priority of process and return the new priority.
    #[pyfunction("nice(increment, /)")]
    fn nice(increment: i32, vm: &Vm) -> PyResult<i32> {
        os_call!(*libc::__errno_location() = 0);
        match os_call!(libc::nice(increment)) {
            -1 if errno() != 0 => Err(last_error(vm)),
            value => Ok(value),
        }
    }

    /// Return program scheduling priority.
    #[pyfunction("getpriority(which, who)")]
    fn getpriority(which: i32, who: i32, vm: &Vm) -> PyResult<i32> {
        os_call!(*libc::__errno_location() = 0);
        match os_call!(libc::getpriority(which as u32, who as u32)) {
            -1 if errno() != 0 => Err(last_error(vm)),
            value => Ok(value),
        }
    }

    /// Set program scheduling priority.
    #[pyfunction("setpriority(which, who, priority)")]
    fn setpriority(which: i32, who: i32, priority: i32, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::setpriority(which as u32, who as u32, priority)), vm).map(drop)
    }
}
