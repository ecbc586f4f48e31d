//! Paths as text: `fspath`, normalising, splitting.

use pyrope_object::{Bytes, PyResult, Str, Value, Vm};

use crate::system::{self, fs_decode, path_bytes};

/// What a path function works on: a path's bytes, and whether to give bytes back.
fn open(value: &Value, vm: &Vm) -> PyResult<(Vec<u8>, bool)> {
    let path = system::fspath(value, vm)?;
    Ok((lenient_bytes(&path, vm)?, path.downcast::<Bytes>().is_some()))
}

/// Like the file system's encoding, but lone surrogates pass.
fn lenient_bytes(path: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    path_bytes(path, vm)
}

fn close(bytes: &[u8], is_bytes: bool, vm: &Vm) -> PyResult {
    if is_bytes { Ok(vm.new_bytes(bytes)?.into_value()) } else { fs_decode(bytes, vm) }
}

/// How many leading slashes count: none, one, or exactly two.
fn root_length(path: &[u8]) -> usize {
    match path.iter().take_while(|&&b| b == b'/').count() {
        n @ 0..=2 => n,
        _ => 1,
    }
}

/// A path without `.`, `..` and double slashes, as text says (links are not looked at).
pub(crate) fn normalise(path: &[u8]) -> Vec<u8> {
    let root = root_length(path);
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if root > 0 && parts.is_empty() => {}
            part => parts.push(part),
        }
    }
    let mut out = vec![b'/'; root];
    out.extend(parts.join(&b'/'));
    if out.is_empty() { b".".to_vec() } else { out }
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Return the file system path representation of the object.
    ///
    /// If the object is str or bytes, then allow it to pass through as-is. If the
    /// object defines __fspath__(), then return the result of that method. All other
    /// types raise a TypeError.
    #[pyfunction("fspath(path)")]
    fn fspath(path: &Value, vm: &Vm) -> PyResult {
        system::fspath(path, vm)
    }

    /// Normalize path, eliminating double slashes, etc.
    #[pyfunction("_path_normpath(path)")]
    fn path_normpath(path: &Value, vm: &Vm) -> PyResult {
        let (bytes, is_bytes) = open(path, vm)?;
        close(&normalise(&bytes), is_bytes, vm)
    }

    /// Split a pathname into drive, root and tail.
    ///
    /// The tail contains anything after the root.
    #[pyfunction("_path_splitroot_ex(p)")]
    fn path_splitroot_ex(p: &Value, vm: &Vm) -> PyResult {
        let path = system::fspath(p, vm)?;
        if let Some(text) = path.downcast::<Str>() {
            let slashes = text.code_points().take(3).take_while(|&c| c == u32::from(b'/')).count();
            let root = if slashes == 3 { 1 } else { slashes };
            let view = text.view();
            let part = |a, b| vm.str_from_view(view.slice(a, b));
            let parts =
                vec![vm.empty_str().into_value(), part(0, root)?.into_value(), part(root, text.len())?.into_value()];
            return Ok(vm.new_tuple(parts).into_value());
        }
        let bytes = path_bytes(&path, vm)?;
        let (root, tail) = bytes.split_at(root_length(&bytes));
        let parts = [b"".as_slice(), root, tail].map(|part| vm.new_bytes(part).map(pyrope_object::Ref::into_value));
        Ok(vm.new_tuple(parts.into_iter().collect::<PyResult<_>>()?).into_value())
    }

    /// Return path with environment variables: the process's environment as it is now.
    #[pyfunction("_create_environ()")]
    fn create_environ(vm: &Vm) -> PyResult {
        Ok(super::super::environment(vm)?.into_value())
    }

    /// Change or add an environment variable.
    #[pyfunction("putenv(name, value, /)")]
    fn putenv(name: &Value, value: &Value, vm: &Vm) -> PyResult<()> {
        let (name, value) = (system::fs_c_string(name, vm)?, system::fs_c_string(value, vm)?);
        if name.as_bytes().is_empty() || name.as_bytes().contains(&b'=') {
            return Err(vm.value_error("illegal environment variable name"));
        }
        set_variable(&name, Some(&value), vm)
    }

    /// Delete an environment variable.
    #[pyfunction("unsetenv(name, /)")]
    fn unsetenv(name: &Value, vm: &Vm) -> PyResult<()> {
        let name = system::fs_c_string(name, vm)?;
        if name.as_bytes().is_empty() || name.as_bytes().contains(&b'=') {
            return Err(pyrope_types::exceptions::os_error_from_errno(vm, libc::EINVAL, None, None));
        }
        set_variable(&name, None, vm)
    }

    /// Translate an error code to a message string.
    #[pyfunction("strerror(code, /)")]
    fn strerror(code: i32) -> String {
        pyrope_types::exceptions::strerror(code)
    }
}

#[allow(unsafe_code, reason = "changes the process's environment")]
fn set_variable(name: &std::ffi::CStr, value: Option<&std::ffi::CStr>, vm: &Vm) -> PyResult<()> {
    let result = match value {
        Some(value) => system::os_call!(libc::setenv(name.as_ptr(), value.as_ptr(), 1)),
        None => system::os_call!(libc::unsetenv(name.as_ptr())),
    };
    system::checked(result, vm).map(drop)
}
