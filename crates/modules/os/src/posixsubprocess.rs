//! `_posixsubprocess`: starting a program in a new process, as `subprocess` wants it.
#![allow(unsafe_code, reason = "calls of the system")]

use std::ffi::{CStr, CString};

use pyrope_object::{IntView, ModuleDef, PyResult, Tuple, Value, Vm};

use crate::posix::process::{CStrings, after_fork_child, after_fork_parent, before_fork, sys_is_finalizing};
use crate::system::{errno, fs_c_string, last_error, os_call};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_posixsubprocess",
    doc: "A POSIX helper for the subprocess module.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

/// All that the child needs: made before the fork, for the child may allocate nothing.
struct Child {
    arguments: CStrings,
    programs: Vec<CString>,
    environment: Option<CStrings>,
    folder: Option<CString>,
    close: bool,
    /// Sorted.
    keep: Vec<i32>,
    /// Ends of the pipes for input, output and errors: the child's, then the parent's; -1 for none.
    own: [i32; 3],
    parents: [i32; 3],
    report: [i32; 2],
    restore_signals: bool,
    session: bool,
    group: i32,
    gid: Option<u32>,
    groups: Option<Vec<u32>>,
    uid: Option<u32>,
    umask: i32,
}

/// Why a child did not get to run its program: an errno (0 for a failed `preexec_fn`) and where.
struct Failure(i32, &'static CStr);

const BEFORE_EXEC: &CStr = c"noexec";

fn must(result: i32) -> Result<i32, Failure> {
    if result == -1 { Err(Failure(errno(), BEFORE_EXEC)) } else { Ok(result) }
}

fn set_inheritable(fd: i32) -> Result<(), Failure> {
    let flags = must(os_call!(libc::fcntl(fd, libc::F_GETFD)))?;
    must(os_call!(libc::fcntl(fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC))).map(drop)
}

impl Child {
    /// Everything up to the new program. Comes back only with a failure.
    fn run(&self, preexec: impl FnOnce() -> bool) -> Failure {
        let prepared = self.prepare_descriptors().and_then(|()| self.change_identity());
        if let Err(failure) = prepared {
            return failure;
        }
        if !preexec() {
            return Failure(0, c"Exception occurred in preexec_fn.");
        }
        if self.close {
            self.close_others();
        }
        self.execute()
    }

    fn prepare_descriptors(&self) -> Result<(), Failure> {
        for &fd in self.keep.iter().filter(|&&fd| fd != self.report[1]) {
            // One that is not open is told by whoever uses it.
            let _ = set_inheritable(fd);
        }
        for fd in self.parents.into_iter().chain([self.report[0]]).filter(|&fd| fd >= 0) {
            must(os_call!(libc::close(fd)))?;
        }
        let [input, mut output, mut errors] = self.own;
        // The places 0 to 2 are overwritten in order: what stands there and is needed later moves away first.
        if output == 0 {
            output = must(os_call!(libc::fcntl(output, libc::F_DUPFD, 3)))?;
        }
        if errors == 0 || errors == 1 {
            errors = must(os_call!(libc::fcntl(errors, libc::F_DUPFD, 3)))?;
        }
        for (place, fd) in [input, output, errors].into_iter().enumerate() {
            let place = place as i32;
            if fd == place {
                set_inheritable(fd)?;
            } else if fd >= 0 {
                must(os_call!(libc::dup2(fd, place)))?;
            }
        }
        Ok(())
    }

    fn change_identity(&self) -> Result<(), Failure> {
        if let Some(folder) = &self.folder
            && os_call!(libc::chdir(folder.as_ptr())) == -1
        {
            return Err(Failure(errno(), c"noexec:chdir"));
        }
        if self.umask >= 0 {
            os_call!(libc::umask(self.umask as libc::mode_t));
        }
        if self.restore_signals {
            for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
                os_call!(libc::signal(signal, libc::SIG_DFL));
            }
        }
        if self.session {
            must(os_call!(libc::setsid()))?;
        }
        if self.group >= 0 {
            must(os_call!(libc::setpgid(0, self.group)))?;
        }
        if let Some(groups) = &self.groups {
            must(os_call!(libc::setgroups(groups.len(), groups.as_ptr())))?;
        }
        if let Some(gid) = self.gid {
            must(os_call!(libc::setregid(gid, gid)))?;
        }
        if let Some(uid) = self.uid {
            must(os_call!(libc::setreuid(uid, uid)))?;
        }
        Ok(())
    }

    /// Closes all from 3 on but those to keep.
    fn close_others(&self) {
        let mut start = 3_u32;
        for &fd in self.keep.iter().filter(|&&fd| fd >= 3) {
            let fd = fd as u32;
            if fd > start {
                close_range(start, fd - 1);
            }
            start = fd + 1;
        }
        close_range(start, u32::MAX);
    }

    fn execute(&self) -> Failure {
        let mut told = 0;
        for program in &self.programs {
            match &self.environment {
                Some(env) => os_call!(libc::execve(program.as_ptr(), self.arguments.as_ptr(), env.as_ptr())),
                None => os_call!(libc::execv(program.as_ptr(), self.arguments.as_ptr())),
            };
            let number = errno();
            if !matches!(number, libc::ENOENT | libc::ENOTDIR) && told == 0 {
                told = number;
            }
        }
        Failure(if told == 0 { errno() } else { told }, c"")
    }

    /// Writes `Type:errno in hex:where` to the parent.
    fn tell(&self, failure: &Failure) {
        let mut line = [0_u8; 64];
        let mut len = 0;
        let mut put = |bytes: &[u8]| {
            for &byte in bytes {
                if let Some(place) = line.get_mut(len) {
                    *place = byte;
                    len += 1;
                }
            }
        };
        put(if failure.0 == 0 { b"SubprocessError:" } else { b"OSError:" });
        let number = failure.0 as u32;
        let digits = (32 - number.leading_zeros()).div_ceil(4).max(1);
        for at in (0..digits).rev() {
            put(&[b"0123456789ABCDEF"[(number >> (4 * at) & 15) as usize]]);
        }
        put(b":");
        put(failure.1.to_bytes());
        os_call!(libc::write(self.report[1], line.as_ptr().cast(), len));
    }
}

fn close_range(first: u32, last: u32) {
    if os_call!(libc::syscall(libc::SYS_close_range, first, last, 0)) == 0 {
        return;
    }
    let most = os_call!(libc::sysconf(libc::_SC_OPEN_MAX)).clamp(256, 1 << 20) as u32;
    for fd in first..=last.min(most) {
        os_call!(libc::close(fd as i32));
    }
}

/// Descriptors to keep: ascending, none negative.
fn sorted_descriptors(tuple: &Value, vm: &Vm) -> PyResult<Vec<i32>> {
    let refuse = || vm.value_error("bad value(s) in fds_to_keep");
    if tuple.downcast::<Tuple>().is_none() {
        return Err(vm.type_error(format!("fork_exec() argument 4 must be tuple, not {}", vm.type_name(tuple))));
    }
    let mut out: Vec<i32> = Vec::new();
    for item in vm.collect(tuple)? {
        let fd = item.as_i64().and_then(|n| i32::try_from(n).ok()).filter(|&fd| fd >= 0).ok_or_else(refuse)?;
        if out.last().is_some_and(|&last| last >= fd) {
            return Err(refuse());
        }
        out.push(fd);
    }
    Ok(out)
}

fn c_strings(value: &Value, vm: &Vm) -> PyResult<Vec<CString>> {
    vm.collect(value)?.iter().map(|item| fs_c_string(item, vm)).collect()
}

/// A user's or group's number; `None` for None. `what` is `uid` or `gid`.
fn identity(value: &Value, what: &str, vm: &Vm) -> PyResult<Option<u32>> {
    if value.is_none() {
        return Ok(None);
    }
    let index = vm.index(value)?;
    let bound = match index.as_int() {
        Some(IntView::Small(-1)) => return Ok(Some(u32::MAX)),
        Some(IntView::Small(n @ 0..=0xFFFF_FFFE)) => return Ok(Some(n as u32)),
        Some(n) if n.is_negative() || index.as_i64() == Some(1 << 32) => "less than minimum",
        _ => "greater than maximum",
    };
    Err(vm.overflow_error(format!("{what} is {bound}")))
}

fn group_list(value: &Value, vm: &Vm) -> PyResult<Option<Vec<u32>>> {
    if value.is_none() {
        return Ok(None);
    }
    if value.downcast::<pyrope_object::List>().is_none() {
        return Err(vm.type_error("setgroups argument must be a sequence"));
    }
    let mut out = Vec::new();
    for item in vm.collect(value)? {
        if item.as_int().is_none() {
            return Err(vm.type_error("extra_groups must be integers"));
        }
        let number = identity(&item, "gid", vm).map_err(|raised| {
            vm.ignore(raised);
            vm.value_error("invalid group id")
        })?;
        out.extend(number);
    }
    Ok(Some(out))
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Start a program in a new process and return the process's number.
    ///
    /// What goes wrong in the child before the program runs is written to errpipe_write.
    #[allow(clippy::too_many_arguments, reason = "the shape that subprocess calls")]
    #[pyfunction(
        "fork_exec(args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write, restore_signals, call_setsid, pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn, /)"
    )]
    fn fork_exec(
        args: &Value,
        executable_list: &Value,
        close_fds: bool,
        pass_fds: &Value,
        cwd: &Value,
        env: &Value,
        p2cread: i32,
        p2cwrite: i32,
        c2pread: i32,
        c2pwrite: i32,
        errread: i32,
        errwrite: i32,
        errpipe_read: i32,
        errpipe_write: i32,
        restore_signals: bool,
        call_setsid: bool,
        pgid_to_set: i32,
        gid: &Value,
        extra_groups: &Value,
        uid: &Value,
        child_umask: i32,
        preexec_fn: &Value,
        vm: &Vm,
    ) -> PyResult<i32> {
        if close_fds && errpipe_write < 3 {
            return Err(vm.value_error("errpipe_write must be >= 3"));
        }
        vm.audit("_posixsubprocess.fork_exec", || [executable_list.clone(), args.clone(), env.clone()])?;
        let hooks = !preexec_fn.is_none();
        if hooks && sys_is_finalizing(vm) {
            return Err(vm.raise(
                pyrope_object::BuiltinType::PythonFinalizationError,
                "preexec_fn not supported at interpreter shutdown",
            ));
        }
        let child = Child {
            keep: sorted_descriptors(pass_fds, vm)?,
            programs: c_strings(executable_list, vm)?,
            arguments: CStrings::new(c_strings(args, vm)?),
            environment: if env.is_none() { None } else { Some(CStrings::new(c_strings(env, vm)?)) },
            folder: if cwd.is_none() { None } else { Some(fs_c_string(cwd, vm)?) },
            close: close_fds,
            own: [p2cread, c2pwrite, errwrite],
            parents: [p2cwrite, c2pread, errread],
            report: [errpipe_read, errpipe_write],
            restore_signals,
            session: call_setsid,
            group: pgid_to_set,
            groups: group_list(extra_groups, vm)?,
            gid: identity(gid, "gid", vm)?,
            uid: identity(uid, "uid", vm)?,
            umask: child_umask,
        };
        if hooks {
            before_fork(vm);
        }
        let pid = vm.interp().lock.during_fork(|| os_call!(libc::fork()));
        if pid == 0 {
            let failure = child.run(|| {
                if hooks {
                    after_fork_child(vm);
                }
                !hooks || vm.call(preexec_fn, &[]).is_ok()
            });
            child.tell(&failure);
            os_call!(libc::_exit(255))
        }
        let failed = (pid == -1).then(|| vm.catch(last_error(vm)));
        if hooks {
            after_fork_parent(vm);
        }
        failed.map_or(Ok(pid), |exception| Err(vm.reraise(exception)))
    }
}
