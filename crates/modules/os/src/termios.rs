//! `termios`: control of terminals.
#![allow(unsafe_code, reason = "calls of the system")]

use std::cell::OnceCell;

use pyrope_object::{BuiltinType as B, Bytes, List, ModuleDef, PyResult, Raised, Value, Vm};
use pyrope_types::exceptions::strerror;
use pyrope_types::model::module;

use crate::arguments::part;
use crate::system::{Descriptor, errno, os_call};
use constants::CONSTANTS;

mod constants;

pub static MODULE: ModuleDef = ModuleDef {
    name: "termios",
    doc: "Control of terminals, as POSIX has it.\n\nAll functions take a descriptor first: an integer, or an object with \
          fileno().",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(|module, vm| {
        let dict = module::module_dict(module, vm)?;
        for (name, number) in CONSTANTS {
            dict.set_str(name, vm.int(*number), vm)?;
        }
        dict.set_str("error", error_class(vm)?, vm)
    }),
};

#[derive(Default)]
struct State {
    error: OnceCell<Value>,
}

/// `termios.error`, which is no OSError.
fn error_class(vm: &Vm) -> PyResult {
    let state = vm.state::<State>();
    if let Some(class) = state.error.get() {
        return Ok(class.clone());
    }
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.new_str("termios").into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(B::Exception).to_value()]).into_value();
    let arguments = [vm.new_str("error").into_value(), bases, namespace.into_value()];
    let class = vm.call(&vm.builtin(B::Type).to_value(), &arguments)?;
    Ok(state.error.get_or_init(|| class).clone())
}

/// Raises `termios.error` for a number of the system.
fn raise(number: i32, vm: &Vm) -> Raised {
    match error_class(vm) {
        Ok(class) => {
            let text = vm.new_str(&strerror(number)).into_value();
            vm.raise_class(&class, &[vm.int(number.into()), text])
        }
        Err(raised) => raised,
    }
}

/// A call that may block; other threads run meanwhile.
fn call(vm: &Vm, function: impl FnOnce() -> i32) -> PyResult<()> {
    let number = vm.allow_threads(|| if function() == -1 { errno() } else { 0 });
    if number == 0 { Ok(()) } else { Err(raise(number, vm)) }
}

fn read_mode(fd: i32, vm: &Vm) -> PyResult<libc::termios> {
    // SAFETY: a plain C struct of integers, for which zero is a value.
    let mut mode: libc::termios = unsafe { std::mem::zeroed() };
    call(vm, || os_call!(libc::tcgetattr(fd, &mut mode)))?;
    Ok(mode)
}

/// The control character that an element of the list stands for.
fn control_character(value: &Value, vm: &Vm) -> PyResult<libc::cc_t> {
    match value.downcast::<Bytes>().map(Bytes::as_slice) {
        Some(&[byte]) => Ok(byte),
        None if value.ty(vm).slots().index.is_some() => Ok(part::<i64>(value, vm)? as libc::cc_t),
        _ => {
            let message = "tcsetattr: elements of attributes must be bytes objects of length 1 or integers";
            Err(vm.type_error(message))
        }
    }
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// The attributes of a terminal: [iflag, oflag, cflag, lflag, ispeed, ospeed, cc].
    ///
    /// cc is a list of the control characters: bytes of length 1, and numbers at VMIN and VTIME where lines are not put
    /// together.
    #[pyfunction("tcgetattr(fd, /)")]
    fn tcgetattr(fd: Descriptor, vm: &Vm) -> PyResult {
        let mode = read_mode(fd.0, vm)?;
        let mut characters = Vec::with_capacity(mode.c_cc.len());
        for (place, &byte) in mode.c_cc.iter().enumerate() {
            let is_number = mode.c_lflag & libc::ICANON == 0 && (place == libc::VMIN || place == libc::VTIME);
            characters.push(match is_number {
                true => vm.int(byte.into()),
                false => vm.new_bytes(&[byte])?.into_value(),
            });
        }
        let speeds = [os_call!(libc::cfgetispeed(&mode)), os_call!(libc::cfgetospeed(&mode))];
        let flags = [mode.c_iflag, mode.c_oflag, mode.c_cflag, mode.c_lflag];
        let mut attributes: Vec<Value> = flags.iter().chain(&speeds).map(|&n| vm.int(n.into())).collect();
        attributes.push(vm.new_list(characters).into_value());
        Ok(vm.new_list(attributes).into_value())
    }

    /// Set the attributes of a terminal, in the form that tcgetattr() gives them.
    ///
    /// when is TCSANOW, TCSADRAIN (after what is written went out) or TCSAFLUSH (and what came in is thrown away).
    #[pyfunction("tcsetattr(fd, when, attributes, /)")]
    fn tcsetattr(fd: Descriptor, when: i32, attributes: &Value, vm: &Vm) -> PyResult<()> {
        let attributes = attributes.downcast::<List>().map(List::to_vec).unwrap_or_default();
        let [flags @ .., input_speed, output_speed, characters] = &attributes[..] else {
            return Err(vm.type_error("tcsetattr, arg 3: must be 7 element list"));
        };
        let [input, output, control, local] = flags else {
            return Err(vm.type_error("tcsetattr, arg 3: must be 7 element list"));
        };
        let mut mode = read_mode(fd.0, vm)?;
        mode.c_iflag = part::<i64>(input, vm)? as libc::tcflag_t;
        mode.c_oflag = part::<i64>(output, vm)? as libc::tcflag_t;
        mode.c_cflag = part::<i64>(control, vm)? as libc::tcflag_t;
        mode.c_lflag = part::<i64>(local, vm)? as libc::tcflag_t;
        let speeds = (part::<i64>(input_speed, vm)? as libc::speed_t, part::<i64>(output_speed, vm)? as libc::speed_t);
        let characters = characters.downcast::<List>().map(List::to_vec).unwrap_or_default();
        if characters.len() != mode.c_cc.len() {
            let count = mode.c_cc.len();
            return Err(vm.type_error(format!("tcsetattr: attributes[6] must be {count} element list")));
        }
        for (place, value) in mode.c_cc.iter_mut().zip(&characters) {
            *place = control_character(value, vm)?;
        }
        if os_call!(libc::cfsetispeed(&mut mode, speeds.0)) == -1
            || os_call!(libc::cfsetospeed(&mut mode, speeds.1)) == -1
        {
            return Err(raise(errno(), vm));
        }
        call(vm, || os_call!(libc::tcsetattr(fd.0, when, &mode)))
    }

    /// Send a break; a duration of zero is the system's.
    #[pyfunction("tcsendbreak(fd, duration, /)")]
    fn tcsendbreak(fd: Descriptor, duration: i32, vm: &Vm) -> PyResult<()> {
        call(vm, || os_call!(libc::tcsendbreak(fd.0, duration)))
    }

    /// Wait until all that is written went out.
    #[pyfunction("tcdrain(fd, /)")]
    fn tcdrain(fd: Descriptor, vm: &Vm) -> PyResult<()> {
        call(vm, || os_call!(libc::tcdrain(fd.0)))
    }

    /// Throw away what came in (TCIFLUSH), what did not go out yet (TCOFLUSH), or both (TCIOFLUSH).
    #[pyfunction("tcflush(fd, queue, /)")]
    fn tcflush(fd: Descriptor, queue: i32, vm: &Vm) -> PyResult<()> {
        call(vm, || os_call!(libc::tcflush(fd.0, queue)))
    }

    /// Stop or go on with output (TCOOFF, TCOON) or input (TCIOFF, TCION).
    #[pyfunction("tcflow(fd, action, /)")]
    fn tcflow(fd: Descriptor, action: i32, vm: &Vm) -> PyResult<()> {
        call(vm, || os_call!(libc::tcflow(fd.0, action)))
    }

    /// The size of a terminal: (rows, columns).
    #[pyfunction("tcgetwinsize(fd, /)")]
    fn tcgetwinsize(fd: Descriptor, vm: &Vm) -> PyResult {
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut size: libc::winsize = unsafe { std::mem::zeroed() };
        call(vm, || os_call!(libc::ioctl(fd.0, libc::TIOCGWINSZ, &raw mut size)))?;
        Ok(vm.tuple_of([vm.int(size.ws_row.into()), vm.int(size.ws_col.into())]).into_value())
    }

    /// Set the size of a terminal: (rows, columns).
    #[pyfunction("tcsetwinsize(fd, winsize, /)")]
    fn tcsetwinsize(fd: Descriptor, winsize: &Value, vm: &Vm) -> PyResult<()> {
        let parts = match winsize.ty(vm).slots().sq_item {
            Some(_) => vm.collect(winsize)?,
            None => Vec::new(),
        };
        let [rows, columns] = &parts[..] else {
            return Err(vm.type_error("tcsetwinsize, arg 2: must be a two-item sequence"));
        };
        let sizes = (part::<i64>(rows, vm)?, part::<i64>(columns, vm)?);
        let (Ok(rows), Ok(columns)) = (u16::try_from(sizes.0), u16::try_from(sizes.1)) else {
            return Err(vm.overflow_error("winsize value(s) out of range."));
        };
        // SAFETY: a plain C struct of integers, for which zero is a value.
        let mut size: libc::winsize = unsafe { std::mem::zeroed() };
        call(vm, || os_call!(libc::ioctl(fd.0, libc::TIOCGWINSZ, &raw mut size)))?;
        (size.ws_row, size.ws_col) = (rows, columns);
        call(vm, || os_call!(libc::ioctl(fd.0, libc::TIOCSWINSZ, &raw const size)))
    }
}
