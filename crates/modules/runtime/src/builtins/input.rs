//! `input`

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use pyrope_object::layout::Str;
    use pyrope_object::{PyResult, Value, Vm};

    /// Read a string from standard input.  The trailing newline is stripped.
    ///
    /// The prompt string, if given, is printed to standard output without a
    /// trailing newline before reading input.
    ///
    /// If the user hits EOF (*nix: Ctrl-D, Windows: Ctrl-Z+Return), raise EOFError.
    /// On *nix systems, readline is used if available.
    #[pyfunction("input(prompt='', /)")]
    fn input(prompt: Option<&Value>, vm: &Vm) -> PyResult {
        let stream = |name: &str| -> PyResult {
            match crate::sys::get(vm, name)?.filter(|s| !s.is_none()) {
                Some(stream) => Ok(stream),
                None => Err(vm.runtime_error(format!("input(): lost sys.{name}"))),
            }
        };
        let (stdin, stdout, stderr) = (stream("stdin")?, stream("stdout")?, stream("stderr")?);
        flush_quietly(&stderr, vm);
        if let Some(prompt) = prompt {
            let text = vm.str(prompt)?.into_value();
            vm.call_method(&stdout, "write", &[text])?;
        }
        flush_quietly(&stdout, vm);
        let line = vm.call_method(&stdin, "readline", &[])?;
        let Some(text) = line.downcast::<Str>() else {
            return Err(vm.type_error("object.readline() returned non-string"));
        };
        match text.len() {
            0 => Err(vm.eof_error("EOF when reading a line")),
            n if text.code_point(n - 1) == Some(u32::from('\n')) => {
                Ok(vm.str_from_view(text.view().slice(0, n - 1))?.into_value())
            }
            _ => Ok(line),
        }
    }

    fn flush_quietly(stream: &Value, vm: &Vm) {
        if let Err(raised) = vm.call_method(stream, "flush", &[]) {
            vm.ignore(raised);
        }
    }
}
