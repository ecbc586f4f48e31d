//! Exceptions that nobody can receive: `sys.unraisablehook`.

use std::fmt::Write as _;

use pyrope_object::layout::Str;
use pyrope_object::{BuiltinType as B, PyResult, Type, Value, Vm};
use pyrope_types::model::structseq::{StructSequence, struct_sequence, struct_sequence_type};

use super::{SysState, get, print_exception, write_error};

static ARGUMENTS: StructSequence = StructSequence {
    name: "UnraisableHookArgs",
    doc: "UnraisableHookArgs\n\nType used to pass arguments to sys.unraisablehook.",
    fields: &[
        ("exc_type", "Exception type"),
        ("exc_value", "Exception value"),
        ("exc_traceback", "Exception traceback"),
        ("err_msg", "Error message"),
        ("object", "Object causing the exception"),
    ],
    visible: 5,
};

/// The hook behind `vm.write_unraisable`: calls `sys.unraisablehook`. A message is completed by the object's `repr`;
/// an object without a message goes to the hook itself.
pub fn write_unraisable(message: Option<&str>, object: &Value, vm: &Vm) {
    let Some(exception) = vm.take_exception() else { return };
    if try_unraisable(message, object, &exception, vm).is_err() {
        drop(vm.take_exception());
    }
}

fn shown(object: &Value, vm: &Vm) -> String {
    match vm.repr_text(object) {
        Ok(repr) => repr,
        Err(raised) => {
            vm.ignore(raised);
            "<object repr() failed>".to_owned()
        }
    }
}

fn try_unraisable(message: Option<&str>, object: &Value, exception: &Value, vm: &Vm) -> PyResult<()> {
    let mut traceback = vm.get_attr(exception, vm.names().__traceback__.as_value())?;
    if traceback.is_none() {
        // It says at least where it happened.
        pyrope_vm::traceback::add_current_entry(exception, vm);
        traceback = vm.get_attr(exception, vm.names().__traceback__.as_value())?;
    }
    let (message, object) = match message {
        None => (Value::none(), object.clone()),
        Some(text) if object.is_none() => (vm.new_str(text).into_value(), Value::none()),
        Some(text) => (vm.try_str(&format!("{text} {}", shown(object, vm)))?.into_value(), Value::none()),
    };
    let fields = vec![exception.ty(vm).to_value(), exception.clone(), traceback, message, object];
    let report = struct_sequence(&*struct_sequence_type(&ARGUMENTS, vm)?, fields, vm)?;
    match get(vm, "unraisablehook")?.filter(|h| !h.is_none()) {
        Some(hook) => {
            if let Err(raised) = vm.call(&hook, std::slice::from_ref(&report)) {
                let second = vm.catch(raised);
                write_error(&format!("Exception ignored in sys.unraisablehook: {}\n", shown(&hook, vm)), vm)?;
                print_exception(&second, vm)?;
            }
            Ok(())
        }
        None => show_unraisable(&report, vm),
    }
}

/// What the hook prints unless it is replaced.
pub(super) fn show_unraisable(report: &Value, vm: &Vm) -> PyResult<()> {
    if get(vm, "stderr")?.is_none_or(|stderr| stderr.is_none()) {
        return Ok(());
    }
    let field = |name: &str| vm.get_attr_str(report, name);
    let (object, message) = (field("object")?, field("err_msg")?);
    let text = |v: &Value| -> PyResult<String> { Ok(vm.str(v)?.to_string_lossy().into_owned()) };
    let mut out = match (message.is_none(), object.is_none()) {
        (false, false) => format!("{}: {}\n", text(&message)?, shown(&object, vm)),
        (false, true) => format!("{}:\n", text(&message)?),
        (true, false) => format!("Exception ignored in: {}\n", shown(&object, vm)),
        (true, true) => String::new(),
    };
    push_traceback(&field("exc_traceback")?, &mut out, vm)?;
    push_exception(&field("exc_type")?, &field("exc_value")?, &mut out, vm)?;
    write_error(&out, vm)
}

/// The frames with their source lines, without the marks below them.
fn push_traceback(traceback: &Value, out: &mut String, vm: &Vm) -> PyResult<()> {
    if traceback.is_none() {
        return Ok(());
    }
    out.push_str("Traceback (most recent call last):\n");
    let mut at = traceback.clone();
    while !at.is_none() {
        let frame = vm.get_attr_str(&at, "tb_frame")?;
        let code = vm.get_attr_str(&frame, "f_code")?;
        let text = |object: &Value, name: &str| -> PyResult<String> {
            Ok(vm.str(&vm.get_attr_str(object, name)?)?.to_string_lossy().into_owned())
        };
        let (file, name) = (text(&code, "co_filename")?, text(&code, "co_name")?);
        let line = vm.get_attr_str(&at, "tb_lineno")?.as_i64().unwrap_or(0);
        let _ = writeln!(out, "  File \"{file}\", line {line}, in {name}");
        if let Some(source) = source_line(&file, line, vm) {
            let _ = writeln!(out, "    {}", source.trim());
        }
        at = vm.get_attr_str(&at, "tb_next")?;
    }
    Ok(())
}

/// A line of a file or of the embedded library; nothing once the modules are taken apart, as in CPython.
fn source_line(file: &str, line: i64, vm: &Vm) -> Option<String> {
    let state = vm.state::<SysState>();
    if state.finalizing.get() && vm.interp().modules.get().is_none_or(|modules| modules.is_empty()) {
        return None;
    }
    let bytes = std::fs::read(file).ok().or_else(|| {
        let relative = file.strip_prefix(pyrope_library::ROOT)?.strip_prefix('/')?;
        Some(pyrope_library::find(relative)?.source())
    })?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines().nth(usize::try_from(line - 1).ok()?).map(str::to_owned)
}

fn push_exception(class: &Value, value: &Value, out: &mut String, vm: &Vm) -> PyResult<()> {
    if class.is_none() {
        return Ok(());
    }
    let module = vm.find_attr(class, vm.names().__module__.as_value())?;
    match module.as_ref().and_then(|m| m.downcast::<Str>()) {
        None => out.push_str("<unknown>."),
        Some(name) if name.equals_str("builtins") || name.equals_str("__main__") => {}
        Some(name) => out.push_str(&format!("{}.", name.to_string_lossy())),
    }
    match class.downcast::<Type>() {
        Some(class) => out.push_str(&class.qualname()),
        None => out.push_str("<unknown>"),
    }
    if !value.is_none() {
        out.push_str(": ");
        match vm.str(value) {
            Ok(text) => out.push_str(&text.to_string_lossy()),
            Err(raised) => {
                vm.ignore(raised);
                out.push_str("<exception str() failed>");
            }
        }
    }
    out.push('\n');
    Ok(())
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Handle an unraisable exception.
    ///
    /// The unraisable argument has the following attributes:
    ///
    /// * exc_type: Exception type.
    /// * exc_value: Exception value, can be None.
    /// * exc_traceback: Exception traceback, can be None.
    /// * err_msg: Error message, can be None.
    /// * object: Object causing the exception, can be None.
    #[pyfunction("unraisablehook(unraisable, /)")]
    fn unraisablehook(unraisable: &Value, vm: &Vm) -> PyResult<()> {
        if &*unraisable.ty(vm).name() != "UnraisableHookArgs" {
            return Err(vm.raise(B::TypeError, "sys.unraisablehook argument type must be UnraisableHookArgs"));
        }
        show_unraisable(unraisable, vm)
    }
}
