//! What the machine and the system are called and can do.
#![allow(unsafe_code, reason = "calls of the system")]

use pyrope_object::{PyResult, Str, Value, Vm};
use pyrope_types::model::structseq::StructSequence;

use super::{constants, sequence};
use crate::system::{checked, errno, fs_decode, last_error, os_call, retried};

pub static UNAME_RESULT: StructSequence = StructSequence {
    name: "posix.uname_result",
    doc: "uname_result: Result from os.uname().\n\nThis object may be accessed either as a tuple of\n  (sysname, nodename, \
          release, version, machine),\nor via the attributes sysname, nodename, release, version, and machine.\n\nSee \
          os.uname for more information.",
    fields: &[
        ("sysname", "operating system name"),
        ("nodename", "name of machine on network (implementation-defined)"),
        ("release", "operating system release"),
        ("version", "operating system version"),
        ("machine", "hardware identifier"),
    ],
    visible: 5,
};

/// A name of `sysconf`, `confstr` or `pathconf` as its number.
pub(super) fn configuration_name(name: &Value, table: &[(&str, i64)], vm: &Vm) -> PyResult<i32> {
    if let Some(text) = name.downcast::<Str>() {
        let found = table.iter().find(|(known, _)| text.equals_str(known));
        return match found {
            Some((_, number)) => Ok(*number as i32),
            None => Err(vm.value_error("unrecognized configuration name")),
        };
    }
    if name.ty(vm).slots().index.is_none() {
        return Err(vm.type_error("configuration names must be strings or integers"));
    }
    match vm.index_i64(name)?.map(i32::try_from) {
        Some(Ok(number)) => Ok(number),
        _ => Err(vm.overflow_error("Python int too large to convert to C int")),
    }
}

/// How many processors this process may use.
fn affinity(pid: i32, vm: &Vm) -> PyResult<Vec<i64>> {
    // SAFETY: a plain C struct of integers, for which zero is a value.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    checked(os_call!(libc::sched_getaffinity(pid, size_of::<libc::cpu_set_t>(), &mut set)), vm)?;
    let most = libc::CPU_SETSIZE as usize;
    // SAFETY: the index is below the set's size.
    Ok((0..most).filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) }).map(|cpu| cpu as i64).collect())
}

/// Fills a buffer with random bytes.
pub(crate) fn random_bytes(size: usize, flags: u32, vm: &Vm) -> PyResult<Vec<u8>> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(size).map_err(|_| vm.memory_error())?;
    buffer.resize(size, 0u8);
    let mut at = 0;
    while at < size {
        let part = &mut buffer[at..];
        at += retried(vm, || os_call!(libc::getrandom(part.as_mut_ptr().cast(), part.len(), flags)))?;
    }
    Ok(buffer)
}

/// Stands for no device; Python shows it as -1.
const NO_DEVICE: u64 = u64::MAX;

fn device_number(value: &Value, vm: &Vm) -> PyResult<u64> {
    if vm.index_i64(value)? == Some(-1) { Ok(NO_DEVICE) } else { crate::arguments::part::<u64>(value, vm) }
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Return an object identifying the current operating system.
    ///
    /// The object behaves like a named tuple with the following fields:
    ///   (sysname, nodename, release, version, machine)
    #[pyfunction("uname()")]
    fn uname(vm: &Vm) -> PyResult {
        // SAFETY: a plain C struct of characters, for which zero is a value.
        let mut names: libc::utsname = unsafe { std::mem::zeroed() };
        checked(os_call!(libc::uname(&mut names)), vm)?;
        let text = |field: &[libc::c_char]| {
            let bytes: Vec<u8> = field.iter().take_while(|&&c| c != 0).map(|&c| c as u8).collect();
            fs_decode(&bytes, vm)
        };
        let values = vec![
            text(&names.sysname)?,
            text(&names.nodename)?,
            text(&names.release)?,
            text(&names.version)?,
            text(&names.machine)?,
        ];
        sequence(&UNAME_RESULT, values, vm)
    }

    /// Return an integer-valued system configuration variable.
    #[pyfunction("sysconf(name, /)")]
    fn sysconf(name: &Value, vm: &Vm) -> PyResult<i64> {
        let name = configuration_name(name, constants::SYSCONF, vm)?;
        os_call!(*libc::__errno_location() = 0);
        match os_call!(libc::sysconf(name)) {
            -1 if errno() != 0 => Err(last_error(vm)),
            value => Ok(value),
        }
    }

    /// Return a string-valued system configuration variable.
    #[pyfunction("confstr(name, /)")]
    fn confstr(name: &Value, vm: &Vm) -> PyResult {
        let name = configuration_name(name, constants::CONFSTR, vm)?;
        os_call!(*libc::__errno_location() = 0);
        let mut buffer = vec![0u8; 4096];
        let length = os_call!(libc::confstr(name, buffer.as_mut_ptr().cast(), buffer.len()));
        if length == 0 {
            return if errno() != 0 { Err(last_error(vm)) } else { Ok(Value::none()) };
        }
        fs_decode(buffer.get(..length - 1).unwrap_or(&buffer), vm)
    }

    /// Return a bytes object containing random bytes suitable for cryptographic use.
    #[pyfunction("urandom(size, /)")]
    fn urandom(size: isize, vm: &Vm) -> PyResult {
        let Ok(size) = usize::try_from(size) else { return Err(vm.value_error("negative argument not allowed")) };
        Ok(vm.new_bytes(&random_bytes(size, 0, vm)?)?.into_value())
    }

    /// Obtain a series of random bytes.
    #[pyfunction("getrandom(size, flags=0)")]
    fn getrandom(size: isize, flags: i32, vm: &Vm) -> PyResult {
        let Ok(size) = usize::try_from(size) else {
            return Err(pyrope_types::exceptions::os_error_from_errno(vm, libc::EINVAL, None, None));
        };
        Ok(vm.new_bytes(&random_bytes(size, flags as u32, vm)?)?.into_value())
    }

    /// Return the number of logical CPUs in the system.
    ///
    /// Return None if indeterminable.
    #[pyfunction("cpu_count()")]
    fn cpu_count(vm: &Vm) -> PyResult {
        let configured = vm.call_method(&vm.import("sys")?, "_get_cpu_count_config", &[])?;
        if configured.as_i64().is_some_and(|n| n > 0) {
            return Ok(configured);
        }
        Ok(match os_call!(libc::sysconf(libc::_SC_NPROCESSORS_ONLN)) {
            n @ 1.. => vm.int(n),
            _ => Value::none(),
        })
    }

    /// Return the affinity of the process identified by pid (or the current process if zero).
    ///
    /// The affinity is returned as a set of CPU identifiers.
    #[pyfunction("sched_getaffinity(pid, /)")]
    fn sched_getaffinity(pid: i32, vm: &Vm) -> PyResult {
        let cpus = affinity(pid, vm)?.into_iter().map(|cpu| vm.int(cpu)).collect();
        let list = vm.new_list(cpus).into_value();
        vm.call(&vm.builtin(pyrope_object::BuiltinType::Set).to_value(), &[list])
    }

    /// Set the CPU affinity of the process identified by pid to mask.
    #[pyfunction("sched_setaffinity(pid, mask, /)")]
    fn sched_setaffinity(pid: i32, mask: &Value, vm: &Vm) -> PyResult<()> {
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        for cpu in vm.collect(mask)? {
            match vm.index_i64(&cpu)? {
                Some(n @ 0..) if n < i64::from(libc::CPU_SETSIZE) => {
                    // SAFETY: the index is below the set's size.
                    unsafe { libc::CPU_SET(n as usize, &mut set) }
                }
                Some(..0) => return Err(vm.value_error("negative CPU number")),
                _ => return Err(vm.overflow_error("CPU number too large")),
            }
        }
        checked(os_call!(libc::sched_setaffinity(pid, size_of::<libc::cpu_set_t>(), &set)), vm).map(drop)
    }

    /// Return average recent system load information.
    #[pyfunction("getloadavg()")]
    fn getloadavg(vm: &Vm) -> PyResult {
        let mut loads = [0f64; 3];
        if os_call!(libc::getloadavg(loads.as_mut_ptr(), 3)) != 3 {
            return Err(vm.raise(pyrope_object::BuiltinType::OSError, "Load averages are unobtainable"));
        }
        Ok(vm.new_tuple(loads.map(|x| vm.float(x)).to_vec()).into_value())
    }

    /// Return the name of the controlling terminal for this process.
    #[pyfunction("ctermid()")]
    fn ctermid() -> &'static str {
        "/dev/tty"
    }

    /// Extracts a device major number from a raw device number.
    #[pyfunction("major(device, /)")]
    fn major(device: &Value, vm: &Vm) -> PyResult<i64> {
        let number = device_number(device, vm)?;
        Ok(if number == NO_DEVICE { -1 } else { libc::major(number).into() })
    }

    /// Extracts a device minor number from a raw device number.
    #[pyfunction("minor(device, /)")]
    fn minor(device: &Value, vm: &Vm) -> PyResult<i64> {
        let number = device_number(device, vm)?;
        Ok(if number == NO_DEVICE { -1 } else { libc::minor(number).into() })
    }

    /// Composes a raw device number from the major and minor device numbers.
    #[pyfunction("makedev(major, minor, /)")]
    fn makedev(major: &Value, minor: &Value, vm: &Vm) -> PyResult {
        let (major, minor) = (device_number(major, vm)?, device_number(minor, vm)?);
        if major == NO_DEVICE && minor == NO_DEVICE {
            return Ok(vm.int(-1));
        }
        let part = |number: u64| {
            u32::try_from(number).map_err(|_| vm.overflow_error("Python int too large to convert to C unsigned int"))
        };
        Ok(vm.int_from_u64(libc::makedev(part(major)?, part(minor)?)))
    }
}
