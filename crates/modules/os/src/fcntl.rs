//! `fcntl`: control of descriptors, and locks on files.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_object::bind::{BytesLike, WritableBytes, full_type_name, utf8};
use pyrope_object::{BuiltinType as B, ModuleDef, PyResult, Str, Value, Vm};
use pyrope_types::model::module;

use crate::arguments::{masked_u32, part};
use crate::system::{Descriptor, Pinned, os_call, retried_released};

pub static MODULE: ModuleDef = ModuleDef {
    name: "fcntl",
    doc: "Control of files and I/O by descriptor: the system's fcntl() and locks.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(|module, vm| {
        let dict = module::module_dict(module, vm)?;
        for (name, number) in CONSTANTS {
            dict.set_str(name, vm.int(*number), vm)?;
        }
        Ok(())
    }),
};

const CONSTANTS: &[(&str, i64)] = &[
    ("DN_ACCESS", 1),
    ("DN_ATTRIB", 32),
    ("DN_CREATE", 4),
    ("DN_DELETE", 8),
    ("DN_MODIFY", 2),
    ("DN_MULTISHOT", 2147483648),
    ("DN_RENAME", 16),
    ("FASYNC", 8192),
    ("FD_CLOEXEC", 1),
    ("FICLONE", 1074041865),
    ("FICLONERANGE", 1075876877),
    ("F_ADD_SEALS", 1033),
    ("F_DUPFD", 0),
    ("F_DUPFD_CLOEXEC", 1030),
    ("F_DUPFD_QUERY", 1027),
    ("F_EXLCK", 4),
    ("F_GETFD", 1),
    ("F_GETFL", 3),
    ("F_GETLEASE", 1025),
    ("F_GETLK", 5),
    ("F_GETLK64", 5),
    ("F_GETOWN", 9),
    ("F_GETOWN_EX", 16),
    ("F_GETPIPE_SZ", 1032),
    ("F_GETSIG", 11),
    ("F_GET_FILE_RW_HINT", 1037),
    ("F_GET_RW_HINT", 1035),
    ("F_GET_SEALS", 1034),
    ("F_NOTIFY", 1026),
    ("F_OFD_GETLK", 36),
    ("F_OFD_SETLK", 37),
    ("F_OFD_SETLKW", 38),
    ("F_OWNER_PGRP", 2),
    ("F_OWNER_PID", 1),
    ("F_OWNER_TID", 0),
    ("F_RDLCK", 0),
    ("F_SEAL_FUTURE_WRITE", 16),
    ("F_SEAL_GROW", 4),
    ("F_SEAL_SEAL", 1),
    ("F_SEAL_SHRINK", 2),
    ("F_SEAL_WRITE", 8),
    ("F_SETFD", 2),
    ("F_SETFL", 4),
    ("F_SETLEASE", 1024),
    ("F_SETLK", 6),
    ("F_SETLK64", 6),
    ("F_SETLKW", 7),
    ("F_SETLKW64", 7),
    ("F_SETOWN", 8),
    ("F_SETOWN_EX", 15),
    ("F_SETPIPE_SZ", 1031),
    ("F_SETSIG", 10),
    ("F_SET_FILE_RW_HINT", 1038),
    ("F_SET_RW_HINT", 1036),
    ("F_SHLCK", 8),
    ("F_UNLCK", 2),
    ("F_WRLCK", 1),
    ("LOCK_EX", 2),
    ("LOCK_MAND", 32),
    ("LOCK_NB", 4),
    ("LOCK_READ", 64),
    ("LOCK_RW", 192),
    ("LOCK_SH", 1),
    ("LOCK_UN", 8),
    ("LOCK_WRITE", 128),
    ("RWH_WRITE_LIFE_EXTREME", 5),
    ("RWH_WRITE_LIFE_LONG", 4),
    ("RWH_WRITE_LIFE_MEDIUM", 3),
    ("RWH_WRITE_LIFE_NONE", 1),
    ("RWH_WRITE_LIFE_NOT_SET", 0),
    ("RWH_WRITE_LIFE_SHORT", 2),
];

/// Devices may write more than they were given; arguments up to this size are copied into as much room and a guard.
const ROOM: usize = 1024;
const GUARD: usize = 1024;

/// What a device may change: the argument itself, or if it is small a copy.
struct Memory<'a> {
    argument: Pinned<'a>,
    copy: Option<Vec<u8>>,
}

impl<'a> Memory<'a> {
    fn of(argument: Pinned<'a>) -> Memory<'a> {
        let small = argument.len() <= ROOM;
        let copy = small.then(|| {
            let mut room = vec![0; ROOM + GUARD];
            // SAFETY: the argument has so many bytes, and the room more.
            unsafe { std::ptr::copy_nonoverlapping(argument.pointer(), room.as_mut_ptr(), argument.len()) };
            room
        });
        Memory { argument, copy }
    }

    fn at(&mut self) -> *mut u8 {
        match &mut self.copy {
            Some(copy) => copy.as_mut_ptr(),
            None => self.argument.pointer_mut(),
        }
    }

    fn give_back(self) {
        if let Some(copy) = self.copy {
            // SAFETY: the argument has so many bytes, and the room more.
            unsafe {
                std::ptr::copy_nonoverlapping(copy.as_ptr(), self.argument.pointer_mut(), self.argument.len());
            }
        }
    }
}

/// The bytes of an argument that can be changed.
fn writable(value: &Value, vm: &Vm) -> Option<WritableBytes> {
    value.ty(vm).slots().buffer?;
    match part::<WritableBytes>(value, vm) {
        Ok(buffer) => Some(buffer),
        Err(raised) => {
            vm.ignore(raised);
            None
        }
    }
}

/// A copy of the bytes of an argument, or its text as UTF-8.
fn octets(value: &Value, function: &str, vm: &Vm) -> PyResult<Vec<u8>> {
    if let Some(text) = value.downcast::<Str>() {
        return Ok(utf8(value, text, vm)?.into_owned().into_bytes());
    }
    let data = part::<BytesLike<'_>>(value, vm).map_err(|raised| match vm.raised_is(B::TypeError) {
        true => {
            vm.ignore(raised);
            let shown = full_type_name(value, vm);
            let wanted = "an integer, a bytes-like object, or a string";
            vm.type_error(format!("{function}() argument 3 must be {wanted}, not {shown}"))
        }
        false => raised,
    })?;
    Ok(data.to_cow().into_owned())
}

/// Calls with a copy of the bytes, and gives the copy back as it then is.
fn call_with_copy(data: &[u8], function: &str, vm: &Vm, call: impl Fn(*mut u8) -> i32) -> PyResult {
    if data.len() > ROOM {
        return Err(vm.value_error(format!("{function} argument 3 is too long")));
    }
    let mut room = vec![0; ROOM + GUARD];
    room[..data.len()].copy_from_slice(data);
    retried_released(vm, || call(room.as_mut_ptr()) as isize)?;
    Ok(vm.new_bytes(&room[..data.len()])?.into_value())
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Perform the operation cmd on a file descriptor: with an integer the result is the system's, with bytes or text a copy
    /// of them as the system changed it.
    #[pyfunction("fcntl(fd, cmd, arg=0, /)")]
    fn fcntl(fd: Descriptor, cmd: i32, arg: Option<&Value>, vm: &Vm) -> PyResult {
        let arg = match arg {
            None => 0,
            Some(arg) if arg.ty(vm).slots().index.is_some() => masked_u32(arg, vm)?,
            Some(arg) => {
                let data = octets(arg, "fcntl", vm)?;
                return call_with_copy(&data, "fcntl", vm, |at| os_call!(libc::fcntl(fd.0, cmd, at)));
            }
        };
        retried_released(vm, || os_call!(libc::fcntl(fd.0, cmd, arg)) as isize).map(|n| vm.int_from_usize(n))
    }

    /// Perform the operation request on a file descriptor's device.
    ///
    /// arg is an integer, or bytes that the device reads and perhaps changes: the result is the changed copy, unless arg
    /// can be changed itself and mutate_flag is true; then the result is what the system returned.
    #[pyfunction("ioctl(fd, request, arg=0, mutate_flag=True, /)")]
    fn ioctl(fd: Descriptor, request: &Value, arg: Option<&Value>, mutate_flag: Option<bool>, vm: &Vm) -> PyResult {
        if request.as_int().is_none() {
            let shown = pyrope_object::bind::argument_type_name(request, vm);
            return Err(vm.type_error(format!("ioctl() argument 2 must be int, not {shown}")));
        }
        let request = (vm.index_big(request)? & dashu_int::IBig::from(u64::MAX)).try_into().unwrap_or(u64::MAX);
        let arg = match arg {
            None => 0,
            Some(arg) if arg.ty(vm).slots().index.is_some() => masked_u32(arg, vm)?,
            Some(arg) => {
                if mutate_flag.unwrap_or(true)
                    && let Some(buffer) = writable(arg, vm)
                {
                    let mut memory = Memory::of(Pinned::writable(&buffer));
                    let result = retried_released(vm, || os_call!(libc::ioctl(fd.0, request, memory.at())) as isize)?;
                    memory.give_back();
                    return Ok(vm.int_from_usize(result));
                }
                let data = octets(arg, "ioctl", vm)?;
                return call_with_copy(&data, "ioctl", vm, |at| os_call!(libc::ioctl(fd.0, request, at)));
            }
        };
        retried_released(vm, || os_call!(libc::ioctl(fd.0, request, arg)) as isize).map(|n| vm.int_from_usize(n))
    }

    /// Perform the lock operation on a file descriptor: LOCK_SH, LOCK_EX or LOCK_UN, perhaps with LOCK_NB.
    #[pyfunction("flock(fd, operation, /)")]
    fn flock(fd: Descriptor, operation: i32, vm: &Vm) -> PyResult<()> {
        retried_released(vm, || os_call!(libc::flock(fd.0, operation)) as isize).map(drop)
    }

    /// Lock a part of a file: len bytes (0 for all) from start, counted from where whence says.
    #[pyfunction("lockf(fd, cmd, len=0, start=0, whence=0, /)")]
    fn lockf(
        fd: Descriptor,
        cmd: i32,
        len: Option<i64>,
        start: Option<i64>,
        whence: Option<i32>,
        vm: &Vm,
    ) -> PyResult<()> {
        let kind = match cmd {
            _ if cmd & libc::LOCK_UN != 0 => libc::F_UNLCK,
            _ if cmd & libc::LOCK_SH != 0 => libc::F_RDLCK,
            _ if cmd & libc::LOCK_EX != 0 => libc::F_WRLCK,
            _ => return Err(vm.value_error("unrecognized lockf argument")),
        };
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = kind as libc::c_short;
        lock.l_whence = whence.unwrap_or(0) as libc::c_short;
        lock.l_start = start.unwrap_or(0);
        lock.l_len = len.unwrap_or(0);
        let how = if cmd & libc::LOCK_NB == 0 { libc::F_SETLKW } else { libc::F_SETLK };
        retried_released(vm, || os_call!(libc::fcntl(fd.0, how, &raw const lock)) as isize).map(drop)
    }
}
