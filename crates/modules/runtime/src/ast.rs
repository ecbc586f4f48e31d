//! Trees as Python objects. (`_ast` is not there yet: what needs it says so.)

use pyrope_compiler::CompileOptions;
use pyrope_object::{PyResult, Value, Vm};
use pyrope_parser::Mode;

/// Compiles a tree given as a node object; `None` if `source` is no node.
pub(crate) fn compile_tree(
    _source: &Value,
    _filename: &Value,
    _mode: Mode,
    _flags: u32,
    _feature_version: Option<u8>,
    _options: &CompileOptions,
    _vm: &Vm,
) -> PyResult<Option<Value>> {
    Ok(None)
}

/// Parses to a tree of node objects.
pub(crate) fn parse_to_tree(
    _text: &str,
    _filename: &Value,
    _mode: Mode,
    _flags: u32,
    _feature_version: Option<u8>,
    _options: &CompileOptions,
    vm: &Vm,
) -> PyResult {
    Err(vm.not_implemented_error("trees as Python objects"))
}
