//! `faulthandler`: tracebacks on request. Fatal signals are no concern of Python code here: it cannot cause any.

use std::cell::Cell;

use pyrope_object::layout::Str;
use pyrope_object::{ModuleDef, PyResult, Value, Vm};

pub static MODULE: ModuleDef = ModuleDef {
    name: "faulthandler",
    doc: "faulthandler module.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

#[derive(Default)]
struct FaultState {
    enabled: Cell<bool>,
}

/// Frames shown at most.
const MAX_FRAMES: usize = 100;

/// The running thread's frames, innermost first, as `faulthandler` shows them.
fn stack_text(vm: &Vm) -> PyResult<String> {
    let mut text = String::from("Stack (most recent call first):\n");
    for depth in 0..=MAX_FRAMES {
        let Some(frame) = pyrope_vm::current_frame(vm, depth) else { break };
        if depth == MAX_FRAMES {
            text.push_str("  ...\n");
            break;
        }
        let frame = frame.into_value();
        let code = vm.get_attr_str(&frame, "f_code")?;
        let part = |object: &Value, name: &str| -> PyResult<String> {
            let value = vm.get_attr_str(object, name)?;
            match value.downcast::<Str>() {
                Some(value) => Ok(value.to_string_lossy().into_owned()),
                None => vm.repr_text(&value),
            }
        };
        let (file, line, name) = (part(&code, "co_filename")?, part(&frame, "f_lineno")?, part(&code, "co_qualname")?);
        text.push_str(&format!("  File \"{file}\", line {line} in {name}\n"));
    }
    Ok(text)
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Enable the fault handler.
    #[pyfunction("enable(file=sys.stderr, all_threads=True)")]
    fn enable(file: Option<&Value>, all_threads: Option<&Value>, vm: &Vm) {
        let _ = (file, all_threads);
        vm.state::<FaultState>().enabled.set(true);
    }

    /// Disable the fault handler.
    #[pyfunction("disable()")]
    fn disable(vm: &Vm) -> bool {
        vm.state::<FaultState>().enabled.replace(false)
    }

    /// Check if the handler is enabled.
    #[pyfunction("is_enabled()")]
    fn is_enabled(vm: &Vm) -> bool {
        vm.state::<FaultState>().enabled.get()
    }

    /// Cancel the previous call to dump_traceback_later().
    #[pyfunction("cancel_dump_traceback_later()")]
    fn cancel_dump_traceback_later() {
        // Nothing can be waiting: this module has no dump_traceback_later.
    }

    /// Dump the traceback of the current thread into file.
    #[pyfunction("dump_traceback(file=sys.stderr, all_threads=True)")]
    fn dump_traceback(file: Option<&Value>, _all_threads: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let text = stack_text(vm)?;
        let Some(file) = file.filter(|f| !f.is_none()) else { return crate::sys::write_error(&text, vm) };
        let text = vm.try_str(&text)?.into_value();
        if let Some(descriptor) = file.as_i64() {
            let os = vm.import("os")?;
            let data = vm.call_method(&text, "encode", &[])?;
            return vm.call_method(&os, "write", &[vm.int(descriptor), data]).map(drop);
        }
        vm.call_method(file, "write", &[text])?;
        vm.call_method(file, "flush", &[]).map(drop)
    }
}
