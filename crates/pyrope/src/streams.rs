//! `sys.stdin`, `sys.stdout`, `sys.stderr`.

use pyrope_modules_runtime::sys;
use pyrope_object::{Args, PyResult, Value, Vm};

use crate::Settings;

/// Makes the three streams over the process's descriptors; None for one that is closed.
pub(crate) fn install(vm: &Vm, settings: &Settings) -> PyResult<()> {
    let io = vm.import("_io")?;
    let (encoding, errors) = settings.io_encoding.clone().unwrap_or_default();
    let wanted = vm.new_str(encoding.as_deref().unwrap_or("utf-8")).into_value();
    let codec = vm.call_method(&vm.import("_codecs")?, "lookup", &[wanted]);
    let codec = codec.inspect_err(|_| {
        eprintln!("Fatal Python error: init_stdio_encoding: failed to get the Python codec name of the stdio encoding");
        eprintln!("Python runtime state: core initialized");
    })?;
    let encoding = vm.get_attr_str(&codec, "name")?;
    let errors = errors.unwrap_or_else(|| "strict".to_owned());
    for (name, descriptor, writable) in [("stdin", 0, false), ("stdout", 1, true), ("stderr", 2, true)] {
        let stream = make(&io, name, descriptor, writable, (&encoding, &errors), settings.unbuffered, vm)?;
        sys::set(vm, &format!("__{name}__"), stream.clone())?;
        sys::set(vm, name, stream)?;
    }
    let builtins = vm.import("builtins")?;
    let open = vm.get_attr_str(&io, "open")?;
    vm.set_attr_str(&builtins, "open", &open)
}

fn make(
    io: &Value,
    name: &str,
    descriptor: i64,
    writable: bool,
    (encoding, errors): (&Value, &str),
    unbuffered: bool,
    vm: &Vm,
) -> PyResult {
    if !crate::run::descriptor_is_open(descriptor as i32) {
        return Ok(Value::none());
    }
    let text = |s: &str| vm.intern(s).into_value();
    let unbuffered = unbuffered && writable;
    let mode = if writable { "wb" } else { "rb" };
    let buffering = if unbuffered { 0 } else { -1 };
    let raw_or_buffer = call_with(
        vm,
        &vm.get_attr_str(io, "open")?,
        &[vm.int(descriptor), text(mode)],
        &[("buffering", vm.int(buffering)), ("closefd", Value::bool(false))],
    )?;
    let raw = if unbuffered { raw_or_buffer.clone() } else { vm.get_attr_str(&raw_or_buffer, "raw")? };
    vm.set_attr_str(&raw, "name", &text(&format!("<{name}>")))?;
    let is_terminal = vm.call_method(&raw, "isatty", &[])?;
    let is_terminal = vm.is_true(&is_terminal)?;
    let errors = if name == "stderr" { "backslashreplace" } else { errors };
    let stream = call_with(
        vm,
        &vm.get_attr_str(io, "TextIOWrapper")?,
        &[raw_or_buffer],
        &[
            ("encoding", encoding.clone()),
            ("errors", text(errors)),
            ("newline", if writable { text("\n") } else { Value::none() }),
            ("line_buffering", Value::bool(writable && (is_terminal || name == "stderr"))),
            ("write_through", Value::bool(unbuffered)),
        ],
    )?;
    vm.set_attr_str(&stream, "mode", &text(if writable { "w" } else { "r" }))?;
    Ok(stream)
}

fn call_with(vm: &Vm, callable: &Value, positional: &[Value], keywords: &[(&str, Value)]) -> PyResult {
    let names: Vec<Value> = keywords.iter().map(|(name, _)| vm.intern(name).into_value()).collect();
    let values: Vec<Value> = positional.iter().chain(keywords.iter().map(|(_, value)| value)).cloned().collect();
    vm.call_args(callable, Args::new(&values, &names))
}
