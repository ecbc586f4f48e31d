//! The hooks of `sys`: how values and exceptions are shown.

use pyrope_object::{BuiltinType as B, PyResult, Str, Value, Vm};

fn stream(name: &str, vm: &Vm) -> PyResult<Option<Value>> {
    Ok(super::get(vm, name)?.filter(|s| !s.is_none()))
}

/// Prints an exception with its traceback to `sys.stderr`, through the library's `traceback`.
pub fn print_exception(exception: &Value, vm: &Vm) -> PyResult<()> {
    // None, unlike a stream that is lost, asks for silence.
    if super::get(vm, "stderr")?.is_some_and(|stderr| stderr.is_none()) {
        return Ok(());
    }
    show_exception(exception, vm)
}

/// The same where `sys.stderr` may be None: then on the stream of the start.
pub(crate) fn show_exception(exception: &Value, vm: &Vm) -> PyResult<()> {
    let printed = vm
        .import("traceback")
        .and_then(|traceback| vm.call_method(&traceback, "_print_exception_bltin", std::slice::from_ref(exception)));
    match printed {
        Ok(_) => Ok(()),
        Err(raised) => {
            vm.ignore(raised);
            print_plainly(exception, vm)
        }
    }
}

/// Entries that are shown without `traceback`.
const PLAIN_ENTRIES: usize = 1000;

/// Without `traceback`: entries and the last line.
fn print_plainly(exception: &Value, vm: &Vm) -> PyResult<()> {
    let mut out = String::new();
    let mut at = vm.get_attr(exception, vm.names().__traceback__.as_value())?;
    if !at.is_none() {
        out.push_str("Traceback (most recent call last):\n");
    }
    // Memory may be short: of a deep stack the innermost entries will do.
    let mut passed = 0_usize;
    let mut ahead = at.clone();
    while !ahead.is_none() {
        ahead = vm.get_attr_str(&ahead, "tb_next")?;
        passed += 1;
        if passed > PLAIN_ENTRIES {
            at = vm.get_attr_str(&at, "tb_next")?;
        }
    }
    while !at.is_none() {
        let frame = vm.get_attr_str(&at, "tb_frame")?;
        let code = vm.get_attr_str(&frame, "f_code")?;
        let text = |v: Value| -> PyResult<String> { Ok(vm.str(&v)?.to_string_lossy().into_owned()) };
        let file = text(vm.get_attr_str(&code, "co_filename")?)?;
        let name = text(vm.get_attr_str(&code, "co_name")?)?;
        let line = text(vm.get_attr_str(&at, "tb_lineno")?)?;
        out.push_str(&format!("  File \"{file}\", line {line}, in {name}\n"));
        at = vm.get_attr_str(&at, "tb_next")?;
    }
    let message = match vm.str(exception) {
        Ok(text) => text.to_string_lossy().into_owned(),
        Err(raised) => {
            vm.ignore(raised);
            "<exception str() failed>".to_owned()
        }
    };
    let name = vm.type_name(exception);
    out.push_str(&if message.is_empty() { format!("{name}\n") } else { format!("{name}: {message}\n") });
    write_error(&out, vm)
}

/// Writes to `sys.stderr`, or to the process's if that is lost.
pub fn write_error(text: &str, vm: &Vm) -> PyResult<()> {
    write_error_object(vm.try_str(text)?.as_value(), vm)
}

/// [`write_error`] for a `str`, which may hold surrogates.
pub fn write_error_object(text: &Value, vm: &Vm) -> PyResult<()> {
    match stream("stderr", vm) {
        Ok(Some(stderr)) => {
            vm.call_method(&stderr, "write", std::slice::from_ref(text))?;
            return vm.call_method(&stderr, "flush", &[]).map(drop);
        }
        Ok(None) => {}
        Err(raised) => vm.ignore(raised),
    }
    if let Some(text) = text.downcast::<Str>() {
        eprint!("{}", text.to_string_lossy());
    }
    Ok(())
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;
    use pyrope_object::Args;

    /// Print an object to sys.stdout and also save it in builtins._
    #[pyfunction("displayhook(object, /)")]
    fn displayhook(object: &Value, vm: &Vm) -> PyResult<()> {
        let builtins = vm.import("builtins")?;
        if object.is_none() {
            return Ok(());
        }
        vm.set_attr_str(&builtins, "_", &Value::none())?;
        let Some(stdout) = stream("stdout", vm)? else { return Err(vm.runtime_error("lost sys.stdout")) };
        let shown = vm.repr(object)?.into_value();
        if let Err(raised) = vm.call_method(&stdout, "write", std::slice::from_ref(&shown)) {
            if !vm.raised_is(B::UnicodeEncodeError) {
                return Err(raised);
            }
            vm.ignore(raised);
            let encoding = vm.get_attr_str(&stdout, "encoding")?;
            let escaped =
                vm.call_method(&shown, "encode", &[encoding.clone(), vm.intern("backslashreplace").into_value()])?;
            let safe = vm.call_method(&escaped, "decode", &[encoding, vm.intern("strict").into_value()])?;
            vm.call_method(&stdout, "write", &[safe])?;
        }
        vm.call_method(&stdout, "write", &[vm.intern("\n").into_value()])?;
        vm.set_attr_str(&builtins, "_", object)
    }

    /// Handle an exception by displaying it with a traceback on sys.stderr.
    #[pyfunction("excepthook(exctype, value, traceback, /)")]
    fn excepthook(_exctype: &Value, value: &Value, traceback: &Value, vm: &Vm) -> PyResult<()> {
        if !value.ty(vm).is_subtype(vm.builtin(B::BaseException)) {
            let shown =
                format!("TypeError: print_exception(): Exception expected for value, {} found\n", vm.type_name(value));
            return write_error(&shown, vm);
        }
        let missing = vm.get_attr(value, vm.names().__traceback__.as_value())?.is_none();
        if missing && !traceback.is_none() {
            vm.set_attr(value, vm.names().__traceback__.as_value(), Some(traceback))?;
        }
        print_exception(value, vm)
    }

    /// This hook function is called by built-in breakpoint().
    #[pyfunction("breakpointhook")]
    fn breakpointhook(args: Args<'_>, vm: &Vm) -> PyResult {
        let wanted = std::env::var("PYTHONBREAKPOINT").unwrap_or_default();
        let wanted = if wanted.is_empty() { "pdb.set_trace".to_owned() } else { wanted };
        if wanted == "0" {
            return Ok(Value::none());
        }
        let (module, name) = wanted.rsplit_once('.').unwrap_or(("builtins", &wanted));
        let found = match module {
            "" => Err(vm.import_error("")),
            _ => vm.import(module).and_then(|m| vm.get_attr_str(&m, name)),
        };
        match found {
            Ok(hook) => vm.call_args(&hook, args),
            Err(raised) if vm.raised_is(B::ImportError) || vm.raised_is(B::AttributeError) => {
                vm.ignore(raised);
                vm.warn(B::RuntimeWarning, &format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{wanted}\""), 1)?;
                Ok(Value::none())
            }
            Err(raised) => Err(raised),
        }
    }
}
