//! `syslog`: messages to the system's log.
#![allow(unsafe_code, reason = "calls of the system")]

use std::ffi::CString;
use std::sync::{Mutex, PoisonError};

use pyrope_object::args::ArgName;
use pyrope_object::bind::{bad_argument, utf8};
use pyrope_object::{Args, List, ModuleDef, PyResult, Str, Value, Vm};
use pyrope_types::model::module;

use crate::arguments::part;
use crate::system::os_call;

pub static MODULE: ModuleDef = ModuleDef {
    name: "syslog",
    doc: "",
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
    ("LOG_ALERT", 1),
    ("LOG_AUTH", 32),
    ("LOG_AUTHPRIV", 80),
    ("LOG_CONS", 2),
    ("LOG_CRIT", 2),
    ("LOG_CRON", 72),
    ("LOG_DAEMON", 24),
    ("LOG_DEBUG", 7),
    ("LOG_EMERG", 0),
    ("LOG_ERR", 3),
    ("LOG_FTP", 88),
    ("LOG_INFO", 6),
    ("LOG_KERN", 0),
    ("LOG_LOCAL0", 128),
    ("LOG_LOCAL1", 136),
    ("LOG_LOCAL2", 144),
    ("LOG_LOCAL3", 152),
    ("LOG_LOCAL4", 160),
    ("LOG_LOCAL5", 168),
    ("LOG_LOCAL6", 176),
    ("LOG_LOCAL7", 184),
    ("LOG_LPR", 48),
    ("LOG_MAIL", 16),
    ("LOG_NDELAY", 8),
    ("LOG_NEWS", 56),
    ("LOG_NOTICE", 5),
    ("LOG_NOWAIT", 16),
    ("LOG_ODELAY", 4),
    ("LOG_PERROR", 32),
    ("LOG_PID", 1),
    ("LOG_SYSLOG", 40),
    ("LOG_USER", 8),
    ("LOG_UUCP", 64),
    ("LOG_WARNING", 4),
];

/// Whether the process's log is open, and the name in it, to which the C library keeps a pointer.
static LOG: Mutex<Log> = Mutex::new(Log { open: false, ident: None });

struct Log {
    open: bool,
    ident: Option<CString>,
}

impl Log {
    fn open(&mut self, ident: Option<CString>, option: i32, facility: i32) {
        let pointer = ident.as_ref().map_or(std::ptr::null(), |ident| ident.as_ptr());
        os_call!(libc::openlog(pointer, option, facility));
        self.ident = ident;
        self.open = true;
    }
}

/// The program's name: the last part of `sys.argv[0]`.
fn program_name(vm: &Vm) -> PyResult<Option<CString>> {
    let arguments = vm.get_attr_str(&vm.import("sys")?, "argv")?;
    let first = arguments.downcast::<List>().and_then(|list| list.items.with(|items| items.first().cloned()));
    let text = first.as_ref().and_then(Value::downcast::<Str>).map(|text| text.to_string_lossy().into_owned());
    let name = text.and_then(|text| text.rsplit('/').next().map(str::to_owned)).filter(|name| !name.is_empty());
    Ok(name.and_then(|name| CString::new(name).ok()))
}

fn audit_open(ident: &Option<CString>, option: i32, facility: i32, vm: &Vm) -> PyResult<()> {
    vm.audit("syslog.openlog", || {
        let name = ident.as_ref().map_or(Value::none(), |name| vm.new_str(&name.to_string_lossy()).into_value());
        [name, vm.int(option.into()), vm.int(facility.into())]
    })
}

fn text_argument(value: &Value, argument: &'static str, vm: &Vm) -> PyResult<CString> {
    let what = ArgName { function: "syslog", argument: argument.into() };
    let Some(text) = value.downcast::<Str>() else { return Err(bad_argument(&what, "str", value, vm)) };
    CString::new(&*utf8(value, text, vm)?).map_err(|_| vm.value_error("embedded null character"))
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Open the log: with a name for the program, options (LOG_PID …) and a facility.
    #[pyfunction("openlog($module, /, ident=<unrepresentable>, logoption=0, facility=LOG_USER)")]
    fn openlog(
        ident: Option<std::borrow::Cow<'_, str>>,
        logoption: Option<i32>,
        facility: Option<i32>,
        vm: &Vm,
    ) -> PyResult<()> {
        let ident = match ident {
            Some(text) => CString::new(&*text).ok(),
            None => program_name(vm)?,
        };
        let (option, facility) = (logoption.unwrap_or(0), facility.unwrap_or(libc::LOG_USER));
        audit_open(&ident, option, facility, vm)?;
        LOG.lock().unwrap_or_else(PoisonError::into_inner).open(ident, option, facility);
        Ok(())
    }

    /// syslog([priority=LOG_INFO,] message)
    ///
    /// Send a message to the log.
    #[pyfunction("syslog")]
    fn syslog(args: Args<'_>, vm: &Vm) -> PyResult<()> {
        let (priority, message) = match args.positional() {
            [message] => (libc::LOG_INFO, text_argument(message, "argument 1", vm)?),
            [priority, message] => (part(priority, vm)?, text_argument(message, "argument 2", vm)?),
            _ => return Err(vm.type_error("syslog.syslog requires 1 to 2 arguments")),
        };
        vm.audit("syslog.syslog", || [vm.int(priority.into()), vm.new_str(&message.to_string_lossy()).into_value()])?;
        let is_open = LOG.lock().unwrap_or_else(PoisonError::into_inner).open;
        let name = if is_open { None } else { program_name(vm)? };
        if !is_open {
            audit_open(&name, 0, libc::LOG_USER, vm)?;
        }
        vm.allow_threads(|| {
            let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
            if !log.open {
                log.open(name, 0, libc::LOG_USER);
            }
            os_call!(libc::syslog(priority, c"%s".as_ptr(), message.as_ptr()));
        });
        Ok(())
    }

    /// Close the log and forget its settings.
    #[pyfunction("closelog()")]
    fn closelog(vm: &Vm) -> PyResult<()> {
        vm.audit("syslog.closelog", || [])?;
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        if log.open {
            os_call!(libc::closelog());
            *log = Log { open: false, ident: None };
        }
        Ok(())
    }

    /// Set which priorities are logged, and return the mask before.
    #[pyfunction("setlogmask(maskpri, /)")]
    fn setlogmask(maskpri: i32, vm: &Vm) -> PyResult<i32> {
        vm.audit("syslog.setlogmask", || [vm.int(maskpri.into())])?;
        Ok(os_call!(libc::setlogmask(maskpri)))
    }

    /// The mask for one priority.
    #[pyfunction("LOG_MASK(pri, /)")]
    fn log_mask(pri: i32) -> i32 {
        1i32.wrapping_shl(pri as u32)
    }

    /// The mask for all priorities up to one.
    #[pyfunction("LOG_UPTO(pri, /)")]
    fn log_upto(pri: i32) -> i32 {
        1i32.wrapping_shl((pri as u32).wrapping_add(1)).wrapping_sub(1)
    }
}
