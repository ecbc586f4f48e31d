//! `_posixshmem`: shared memory by name.
#![allow(unsafe_code, reason = "calls of the system")]

use std::borrow::Cow;
use std::ffi::CString;

use pyrope_object::{ModuleDef, PyResult, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use crate::system::{os_call, retry};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_posixshmem",
    doc: "POSIX shared memory module",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

fn call(path: &str, vm: &Vm, function: impl Fn(&CString) -> i32) -> PyResult<usize> {
    let name = CString::new(path).map_err(|_| vm.value_error("embedded null character"))?;
    let result = retry(vm, || function(&name) as isize)?;
    result.map_err(|number| {
        let path: Value = vm.new_str(path).into_value();
        os_error_from_errno(vm, number, Some(&path), None)
    })
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Open a shared memory object, and return its descriptor.
    #[pyfunction("shm_open($module, /, path, flags, mode=511)")]
    fn shm_open(path: Cow<'_, str>, flags: i32, mode: i32, vm: &Vm) -> PyResult<usize> {
        call(&path, vm, |name| os_call!(libc::shm_open(name.as_ptr(), flags, mode as libc::mode_t)))
    }

    /// Remove a shared memory object's name; it lives on until nobody uses it.
    #[pyfunction("shm_unlink(path, /)")]
    fn shm_unlink(path: Cow<'_, str>, vm: &Vm) -> PyResult<()> {
        call(&path, vm, |name| os_call!(libc::shm_unlink(name.as_ptr()))).map(drop)
    }
}
