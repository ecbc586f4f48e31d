//! `posix_spawn`: starting programs without a copy of this one.
#![allow(unsafe_code, reason = "calls of the system")]

use std::ffi::CString;
use std::mem::MaybeUninit;

use pyrope_object::bind::OrNone;
use pyrope_object::{PyResult, Raised, Tuple, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::process::{arguments, environment};
use super::scheduling::parameters;
use crate::arguments::part;
use crate::signal::set_of;
use crate::system::{Path, fs_c_string, os_call};

/// What to do with descriptors in the new process, with the paths that it names.
struct FileActions {
    actions: libc::posix_spawn_file_actions_t,
    paths: Vec<CString>,
}

impl Drop for FileActions {
    fn drop(&mut self) {
        os_call!(libc::posix_spawn_file_actions_destroy(&mut self.actions));
    }
}

fn check(number: i32, vm: &Vm) -> PyResult<()> {
    if number == 0 { Ok(()) } else { Err(os_error_from_errno(vm, number, None, None)) }
}

/// The numbers of `os.POSIX_SPAWN_…`.
mod action {
    pub const OPEN: i32 = 0;
    pub const CLOSE: i32 = 1;
    pub const DUP2: i32 = 2;
    pub const CLOSE_FROM: i32 = 3;
}

impl FileActions {
    fn new(vm: &Vm) -> PyResult<FileActions> {
        let mut actions = MaybeUninit::uninit();
        check(os_call!(libc::posix_spawn_file_actions_init(actions.as_mut_ptr())), vm)?;
        // SAFETY: initialised by the call above.
        Ok(FileActions { actions: unsafe { actions.assume_init() }, paths: Vec::new() })
    }

    fn add(&mut self, action: &Value, vm: &Vm) -> PyResult<()> {
        let parts = action.downcast::<Tuple>().map(Tuple::as_slice).unwrap_or_default();
        let [kind, rest @ ..] = parts else {
            return Err(vm.type_error("Each file_actions element must be a non-empty tuple"));
        };
        let wrong = |words: &str| -> Raised { vm.type_error(format!("{words} elements")) };
        let number = match part::<i32>(kind, vm)? {
            action::OPEN => {
                let [fd, path, flags, mode] = rest else {
                    return Err(wrong("A open file_action tuple must have 5"));
                };
                let (fd, path) = (part::<i32>(fd, vm)?, fs_c_string(path, vm)?);
                let (flags, mode) = (part::<i32>(flags, vm)?, part::<u32>(mode, vm)?);
                let at = path.as_ptr();
                self.paths.push(path);
                os_call!(libc::posix_spawn_file_actions_addopen(&mut self.actions, fd, at, flags, mode))
            }
            action::CLOSE => {
                let [fd] = rest else { return Err(wrong("A close file_action tuple must have 2")) };
                let fd = part::<i32>(fd, vm)?;
                os_call!(libc::posix_spawn_file_actions_addclose(&mut self.actions, fd))
            }
            action::DUP2 => {
                let [from, to] = rest else { return Err(wrong("A dup2 file_action tuple must have 3")) };
                let (from, to) = (part::<i32>(from, vm)?, part::<i32>(to, vm)?);
                os_call!(libc::posix_spawn_file_actions_adddup2(&mut self.actions, from, to))
            }
            action::CLOSE_FROM => {
                let [fd] = rest else { return Err(wrong("A closefrom file_action tuple must have 2")) };
                let fd = part::<i32>(fd, vm)?;
                os_call!(libc::posix_spawn_file_actions_addclosefrom_np(&mut self.actions, fd))
            }
            _ => return Err(vm.type_error("Unknown file_actions identifier")),
        };
        check(number, vm)
    }
}

/// What else differs in the new process.
struct Attributes {
    attributes: libc::posix_spawnattr_t,
    flags: i32,
}

impl Drop for Attributes {
    fn drop(&mut self) {
        os_call!(libc::posix_spawnattr_destroy(&mut self.attributes));
    }
}

/// The keyword arguments of `posix_spawn`.
struct Choices<'a> {
    file_actions: Option<&'a Value>,
    setpgroup: OrNone<&'a Value>,
    resetids: bool,
    setsid: bool,
    setsigmask: Option<&'a Value>,
    setsigdef: Option<&'a Value>,
    scheduler: OrNone<&'a Value>,
}

impl Attributes {
    fn new(choices: &Choices<'_>, function: &str, vm: &Vm) -> PyResult<Attributes> {
        let mut attributes = MaybeUninit::uninit();
        check(os_call!(libc::posix_spawnattr_init(attributes.as_mut_ptr())), vm)?;
        // SAFETY: initialised by the call above.
        let mut this = Attributes { attributes: unsafe { attributes.assume_init() }, flags: 0 };
        let at = &raw mut this.attributes;
        if let Some(group) = choices.setpgroup.0 {
            check(os_call!(libc::posix_spawnattr_setpgroup(at, part::<i32>(group, vm)?)), vm)?;
            this.flags |= libc::POSIX_SPAWN_SETPGROUP;
        }
        if choices.resetids {
            this.flags |= libc::POSIX_SPAWN_RESETIDS;
        }
        if choices.setsid {
            this.flags |= POSIX_SPAWN_SETSID;
        }
        if let Some(signals) = choices.setsigmask {
            let set = set_of(signals, vm)?;
            check(os_call!(libc::posix_spawnattr_setsigmask(at, &set)), vm)?;
            this.flags |= libc::POSIX_SPAWN_SETSIGMASK;
        }
        if let Some(signals) = choices.setsigdef {
            let set = set_of(signals, vm)?;
            check(os_call!(libc::posix_spawnattr_setsigdefault(at, &set)), vm)?;
            this.flags |= libc::POSIX_SPAWN_SETSIGDEF;
        }
        if let Some(scheduler) = choices.scheduler.0 {
            this.set_scheduler(scheduler, function, vm)?;
        }
        check(os_call!(libc::posix_spawnattr_setflags(at, this.flags as libc::c_short)), vm)?;
        Ok(this)
    }

    fn set_scheduler(&mut self, scheduler: &Value, function: &str, vm: &Vm) -> PyResult<()> {
        let Some(parts) = scheduler.downcast::<Tuple>() else {
            return Err(vm.type_error(format!("{function}: scheduler must be a tuple or None")));
        };
        let [policy, parameter] = parts.as_slice() else {
            return Err(vm.type_error("A scheduler tuple must have two elements"));
        };
        if !policy.is_none() {
            let policy = part::<i32>(policy, vm)?;
            check(os_call!(libc::posix_spawnattr_setschedpolicy(&mut self.attributes, policy)), vm)?;
            self.flags |= libc::POSIX_SPAWN_SETSCHEDULER;
        }
        let parameter = parameters(parameter, vm)?;
        check(os_call!(libc::posix_spawnattr_setschedparam(&mut self.attributes, &parameter)), vm)?;
        self.flags |= libc::POSIX_SPAWN_SETSCHEDPARAM;
        Ok(())
    }
}

/// Of the GNU C library since 2.26.
const POSIX_SPAWN_SETSID: i32 = 0x80;

type Spawn = unsafe extern "C" fn(
    *mut libc::pid_t,
    *const libc::c_char,
    *const libc::posix_spawn_file_actions_t,
    *const libc::posix_spawnattr_t,
    *const *mut libc::c_char,
    *const *mut libc::c_char,
) -> libc::c_int;

fn start(
    spawn: Spawn,
    function: &str,
    path: &Path,
    argv: &Value,
    env: &Value,
    choices: &Choices<'_>,
    vm: &Vm,
) -> PyResult<i32> {
    let argv = arguments(argv, function, vm)?;
    let env = if env.is_none() {
        None
    } else {
        if env.ty(vm).slots().mp_subscript.is_none() {
            return Err(vm.type_error(format!("{function}: environment must be a mapping object or None")));
        }
        Some(environment(env, function, vm)?)
    };
    let mut actions = None;
    if let Some(list) = choices.file_actions.filter(|list| !list.is_none()) {
        if list.ty(vm).slots().sq_item.is_none() && list.ty(vm).slots().iter.is_none() {
            return Err(vm.type_error("file_actions must be a sequence or None"));
        }
        let made = actions.insert(FileActions::new(vm)?);
        for action in vm.collect(list)? {
            made.add(&action, vm)?;
        }
    }
    let attributes = Attributes::new(choices, function, vm)?;
    let actions = actions.as_ref().map_or(std::ptr::null(), |made| &raw const made.actions);
    let env = env.as_ref().map_or(own_environment(), |env| env.as_ptr());
    let mut pid = 0;
    // SAFETY: all texts and tables live until the call is over.
    let number =
        unsafe { spawn(&mut pid, path.ptr(), actions, &attributes.attributes, argv.as_ptr().cast(), env.cast()) };
    match number {
        0 => Ok(pid),
        number => Err(os_error_from_errno(vm, number, Some(&path.object), None)),
    }
}

/// The environment of this process.
fn own_environment() -> *const *const libc::c_char {
    unsafe extern "C" {
        static environ: *const *const libc::c_char;
    }
    // SAFETY: the C library's variable; nobody changes the environment meanwhile, as the interpreter's lock is held.
    unsafe { environ }
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Execute the program specified by path in a new process, and return its id.
    ///
    /// file_actions is a sequence of tuples that begin with POSIX_SPAWN_OPEN, POSIX_SPAWN_CLOSE or POSIX_SPAWN_DUP2.
    #[pyfunction(
        "posix_spawn($module, path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=None)"
    )]
    fn posix_spawn(
        path: Path,
        argv: &Value,
        env: &Value,
        file_actions: Option<&Value>,
        setpgroup: OrNone<&Value>,
        resetids: bool,
        setsid: bool,
        setsigmask: Option<&Value>,
        setsigdef: Option<&Value>,
        scheduler: OrNone<&Value>,
        vm: &Vm,
    ) -> PyResult<i32> {
        let choices = Choices { file_actions, setpgroup, resetids, setsid, setsigmask, setsigdef, scheduler };
        start(libc::posix_spawn, "posix_spawn", &path, argv, env, &choices, vm)
    }

    /// Execute the program specified by path, looked for on PATH, in a new process, and return its id.
    #[pyfunction(
        "posix_spawnp($module, path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=None)"
    )]
    fn posix_spawnp(
        path: Path,
        argv: &Value,
        env: &Value,
        file_actions: Option<&Value>,
        setpgroup: OrNone<&Value>,
        resetids: bool,
        setsid: bool,
        setsigmask: Option<&Value>,
        setsigdef: Option<&Value>,
        scheduler: OrNone<&Value>,
        vm: &Vm,
    ) -> PyResult<i32> {
        let choices = Choices { file_actions, setpgroup, resetids, setsid, setsigmask, setsigdef, scheduler };
        start(libc::posix_spawnp, "posix_spawnp", &path, argv, env, &choices, vm)
    }
}
