//! `sys.stderr` before there is a real one: a writer for what the import system says with `-v`, and for early errors.

use std::io::Write;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::layout::Str;
use pyrope_object::{Header, PyResult, Ref, Value, Vm};

#[pyclass(name = "stderrprinter", methods(Printer::METHODS), doc = "")]
#[derive(Traverse)]
pub struct Printer {
    header: Header,
}

#[pymethods]
impl Printer {
    #[method("write($self, text, /)")]
    fn write(_this: &Printer, text: &Str) -> usize {
        let shown = text.to_string_lossy();
        // Nobody is left to be told of a failure.
        drop(std::io::stderr().write_all(shown.as_bytes()));
        text.len()
    }

    #[method("flush($self, /)")]
    fn flush(_this: &Printer) {}

    #[method("close($self, /)")]
    fn close(_this: &Printer) {}

    #[method("isatty($self, /)")]
    fn isatty(_this: &Printer) -> bool {
        std::io::IsTerminal::is_terminal(&std::io::stderr())
    }

    #[method("fileno($self, /)")]
    fn fileno(_this: &Printer) -> i64 {
        2
    }
}

/// Sets `sys.stderr` until the streams are there.
pub fn install_preliminary_stderr(vm: &Vm) -> PyResult<()> {
    let printer: Value = Ref::new(vm, Printer { header: Header::blank() }).into_value();
    super::set(vm, "stderr", printer)
}
