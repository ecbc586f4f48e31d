//! Pseudo-terminals, and the hook of prompts.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_object::{PyResult, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use crate::system::{Descriptor, checked, fs_decode, os_call};

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Open and return a file descriptor for a master pseudo-terminal device.
    #[pyfunction("posix_openpt(oflag, /)")]
    fn posix_openpt(oflag: i32, vm: &Vm) -> PyResult<i32> {
        checked(os_call!(libc::posix_openpt(oflag | libc::O_CLOEXEC)), vm)
    }

    /// Grant access to the slave pseudo-terminal device.
    #[pyfunction("grantpt(fd, /)")]
    fn grantpt(fd: Descriptor, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::grantpt(fd.0)), vm).map(drop)
    }

    /// Unlock a pseudo-terminal master/slave pair.
    #[pyfunction("unlockpt(fd, /)")]
    fn unlockpt(fd: Descriptor, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::unlockpt(fd.0)), vm).map(drop)
    }

    /// Return the name of the slave pseudo-terminal device.
    #[pyfunction("ptsname(fd, /)")]
    fn ptsname(fd: Descriptor, vm: &Vm) -> PyResult {
        let mut name = [0u8; 64];
        match os_call!(libc::ptsname_r(fd.0, name.as_mut_ptr().cast(), name.len())) {
            0 => fs_decode(name.split(|&b| b == 0).next().unwrap_or_default(), vm),
            number => Err(os_error_from_errno(vm, number, None, None)),
        }
    }

    /// Prepare the tty of which fd is a file descriptor for a new login session.
    #[pyfunction("login_tty(fd, /)")]
    fn login_tty(fd: Descriptor, vm: &Vm) -> PyResult<()> {
        checked(os_call!(libc::login_tty(fd.0)), vm).map(drop)
    }

    /// Whether something is to be called while a prompt waits: never, as no C code can ask for it.
    #[pyfunction("_is_inputhook_installed()")]
    fn is_inputhook_installed() -> bool {
        false
    }

    /// Call what is to be called while a prompt waits: nothing.
    #[pyfunction("_inputhook()")]
    fn inputhook() {}
}
