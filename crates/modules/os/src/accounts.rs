//! `pwd` and `grp`: the databases of users and groups.
#![allow(unsafe_code, reason = "calls of the system")]

use std::ffi::{CStr, CString};

use pyrope_object::{ModuleDef, PyResult, Raised, Str, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;
use pyrope_types::model::module;
use pyrope_types::model::structseq::StructSequence;

use crate::posix::{sequence, sequence_type};
use crate::system::{fs_c_string, fs_decode, os_call};

pub static PWD: ModuleDef = ModuleDef {
    name: "pwd",
    doc: "Access to the database of users: entries are 7-tuples of\npw_name, pw_passwd, pw_uid, pw_gid, pw_gecos, \
          pw_dir, pw_shell.",
    functions: &[users::FUNCTIONS],
    types: &[],
    exec: Some(|module, vm| {
        let ty = sequence_type(&USER, vm)?.into_value();
        module::module_dict(module, vm)?.set_str("struct_passwd", ty, vm)
    }),
};

pub static GRP: ModuleDef = ModuleDef {
    name: "grp",
    doc: "Access to the database of groups: entries are 4-tuples of\ngr_name, gr_passwd, gr_gid, gr_mem.",
    functions: &[groups::FUNCTIONS],
    types: &[],
    exec: Some(|module, vm| {
        let ty = sequence_type(&GROUP, vm)?.into_value();
        module::module_dict(module, vm)?.set_str("struct_group", ty, vm)
    }),
};

static USER: StructSequence = StructSequence {
    name: "pwd.struct_passwd",
    doc: "What the getpw functions give; a tuple, and attributes of the same names.",
    fields: &[
        ("pw_name", "user name"),
        ("pw_passwd", "password"),
        ("pw_uid", "user id"),
        ("pw_gid", "group id"),
        ("pw_gecos", "real name"),
        ("pw_dir", "home directory"),
        ("pw_shell", "shell program"),
    ],
    visible: 7,
};

static GROUP: StructSequence = StructSequence {
    name: "grp.struct_group",
    doc: "What the getgr functions give; a tuple, and attributes of the same names.",
    fields: &[
        ("gr_name", "group name"),
        ("gr_passwd", "password"),
        ("gr_gid", "group id"),
        ("gr_mem", "group members"),
    ],
    visible: 4,
};

/// The largest buffer that an entry's texts may need.
const MOST: usize = 1 << 20;

/// Calls with a growing buffer until the entry fits. `Ok(false)` if there is none.
fn look_up(
    vm: &Vm,
    mut call: impl FnMut(*mut libc::c_char, usize) -> (i32, bool),
    buffer: &mut Vec<u8>,
) -> PyResult<bool> {
    loop {
        let size = (buffer.len() * 2).max(1024);
        buffer.resize(size, 0);
        match call(buffer.as_mut_ptr().cast(), size) {
            (0, found) => return Ok(found),
            (libc::ERANGE, _) if size < MOST => {}
            (libc::ENOENT | libc::ESRCH, _) => return Ok(false),
            (number, _) => return Err(os_error_from_errno(vm, number, None, None)),
        }
    }
}

/// None for NULL.
fn text(pointer: *const libc::c_char, vm: &Vm) -> PyResult {
    if pointer.is_null() {
        return Ok(Value::none());
    }
    // SAFETY: the system's entries hold NUL-terminated texts, alive as long as their buffer.
    fs_decode(unsafe { CStr::from_ptr(pointer) }.to_bytes(), vm)
}

/// An id as Python shows it: the largest is -1.
fn id(number: u32, vm: &Vm) -> Value {
    vm.int(if number == u32::MAX { -1 } else { number.into() })
}

fn user(entry: &libc::passwd, vm: &Vm) -> PyResult {
    let values = vec![
        text(entry.pw_name, vm)?,
        text(entry.pw_passwd, vm)?,
        id(entry.pw_uid, vm),
        id(entry.pw_gid, vm),
        text(entry.pw_gecos, vm)?,
        text(entry.pw_dir, vm)?,
        text(entry.pw_shell, vm)?,
    ];
    sequence(&USER, values, vm)
}

fn group(entry: &libc::group, vm: &Vm) -> PyResult {
    let mut members = Vec::new();
    let mut at = entry.gr_mem;
    // SAFETY: `gr_mem` is NULL or an array of texts that ends with NULL.
    while !at.is_null() && !unsafe { *at }.is_null() {
        // SAFETY: as above: not yet at the end.
        members.push(text(unsafe { *at }, vm)?);
        // SAFETY: as above: the next place is at most the NULL.
        at = unsafe { at.add(1) };
    }
    let members = vm.new_list(members).into_value();
    sequence(&GROUP, vec![text(entry.gr_name, vm)?, text(entry.gr_passwd, vm)?, id(entry.gr_gid, vm), members], vm)
}

fn name_argument(name: &Value, function: &str, vm: &Vm) -> PyResult<CString> {
    if name.downcast::<Str>().is_none() {
        return Err(vm.type_error(format!("{function}() argument must be str, not {}", vm.type_name(name))));
    }
    fs_c_string(name, vm)
}

/// An id; `None` if no id can be that number.
fn id_argument(number: &Value, what: &str, vm: &Vm) -> PyResult<Option<u32>> {
    if number.ty(vm).slots().index.is_none() {
        return Err(vm.type_error(format!("{what} should be integer, not {}", vm.type_name(number))));
    }
    Ok(match vm.index_i64(number)? {
        Some(-1) => Some(u32::MAX),
        Some(n) => u32::try_from(n).ok(),
        None => None,
    })
}

fn missing(message: &str, vm: &Vm) -> Raised {
    vm.key_error(&vm.new_str(message).into_value())
}

#[pyrope_macros::pyfunctions]
mod users {
    use super::*;

    /// Return the password database entry for the given numeric user ID.
    #[pyfunction("getpwuid(uidobj, /)")]
    fn getpwuid(uidobj: &Value, vm: &Vm) -> PyResult {
        let Some(uid) = id_argument(uidobj, "uid", vm)? else {
            return Err(missing("getpwuid(): uid not found", vm));
        };
        // SAFETY: a plain C struct of integers and pointers, for which zero is a value.
        let (mut entry, mut result): (libc::passwd, _) = (unsafe { std::mem::zeroed() }, std::ptr::null_mut());
        let call = |buffer, size| {
            let number = os_call!(libc::getpwuid_r(uid, &mut entry, buffer, size, &mut result));
            (number, !result.is_null())
        };
        let mut buffer = Vec::new();
        if look_up(vm, call, &mut buffer)? {
            return user(&entry, vm);
        }
        Err(missing(&format!("getpwuid(): uid not found: {uid}"), vm))
    }

    /// Return the password database entry for the given user name.
    #[pyfunction("getpwnam(name, /)")]
    fn getpwnam(name: &Value, vm: &Vm) -> PyResult {
        let wanted = name_argument(name, "getpwnam", vm)?;
        // SAFETY: as in `getpwuid`.
        let (mut entry, mut result): (libc::passwd, _) = (unsafe { std::mem::zeroed() }, std::ptr::null_mut());
        let call = |buffer, size| {
            let number = os_call!(libc::getpwnam_r(wanted.as_ptr(), &mut entry, buffer, size, &mut result));
            (number, !result.is_null())
        };
        let mut buffer = Vec::new();
        if look_up(vm, call, &mut buffer)? {
            return user(&entry, vm);
        }
        Err(missing(&format!("getpwnam(): name not found: {}", vm.repr_text(name)?), vm))
    }

    /// Return a list of all available password database entries, in arbitrary order.
    #[pyfunction("getpwall()")]
    fn getpwall(vm: &Vm) -> PyResult {
        let mut out = Vec::new();
        os_call!(libc::setpwent());
        loop {
            let entry = os_call!(libc::getpwent());
            // SAFETY: NULL or the system's entry, good until the next call.
            let Some(entry) = (unsafe { entry.as_ref() }) else { break };
            out.push(user(entry, vm)?);
        }
        os_call!(libc::endpwent());
        Ok(vm.new_list(out).into_value())
    }
}

#[pyrope_macros::pyfunctions]
mod groups {
    use super::*;

    /// Return the group database entry for the given numeric group ID.
    #[pyfunction("getgrgid(id)")]
    fn getgrgid(id: &Value, vm: &Vm) -> PyResult {
        let Some(gid) = id_argument(id, "gid", vm)? else {
            let bound =
                if vm.index_i64(id)?.is_some_and(|n| n < 0) { "less than minimum" } else { "greater than maximum" };
            return Err(vm.overflow_error(format!("gid is {bound}")));
        };
        // SAFETY: a plain C struct of integers and pointers, for which zero is a value.
        let (mut entry, mut result): (libc::group, _) = (unsafe { std::mem::zeroed() }, std::ptr::null_mut());
        let call = |buffer, size| {
            let number = os_call!(libc::getgrgid_r(gid, &mut entry, buffer, size, &mut result));
            (number, !result.is_null())
        };
        let mut buffer = Vec::new();
        if look_up(vm, call, &mut buffer)? {
            return group(&entry, vm);
        }
        Err(missing(&format!("getgrgid(): gid not found: {gid}"), vm))
    }

    /// Return the group database entry for the given group name.
    #[pyfunction("getgrnam(name)")]
    fn getgrnam(name: &Value, vm: &Vm) -> PyResult {
        let wanted = name_argument(name, "getgrnam", vm)?;
        // SAFETY: as in `getgrgid`.
        let (mut entry, mut result): (libc::group, _) = (unsafe { std::mem::zeroed() }, std::ptr::null_mut());
        let call = |buffer, size| {
            let number = os_call!(libc::getgrnam_r(wanted.as_ptr(), &mut entry, buffer, size, &mut result));
            (number, !result.is_null())
        };
        let mut buffer = Vec::new();
        if look_up(vm, call, &mut buffer)? {
            return group(&entry, vm);
        }
        Err(missing(&format!("getgrnam(): name not found: {}", vm.repr_text(name)?), vm))
    }

    /// Return a list of all available group entries, in arbitrary order.
    #[pyfunction("getgrall()")]
    fn getgrall(vm: &Vm) -> PyResult {
        let mut out = Vec::new();
        os_call!(libc::setgrent());
        loop {
            let entry = os_call!(libc::getgrent());
            // SAFETY: NULL or the system's entry, good until the next call.
            let Some(entry) = (unsafe { entry.as_ref() }) else { break };
            out.push(group(entry, vm)?);
        }
        os_call!(libc::endgrent());
        Ok(vm.new_list(out).into_value())
    }
}
