//! `_json`: the quick parts of `json`.

mod encode;
mod keys;
mod scan;
mod strings;

use pyrope_macros::pyfunctions;
use pyrope_object::bind::full_type_name;
use pyrope_object::{ModuleDef, Object, PyResult, Ref, Str, Value, Vm};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_json",
    doc: "json speedups\n",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(exec),
};

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = pyrope_types::model::module::module_dict(module, vm)?;
    dict.set_str("make_scanner", vm.type_of_def(<scan::JsonScanner as Object>::def()).to_value(), vm)?;
    dict.set_str("make_encoder", vm.type_of_def(<encode::JsonEncoder as Object>::def()).to_value(), vm)
}

fn text_argument<'a>(value: &'a Value, vm: &Vm) -> PyResult<&'a Str> {
    value
        .downcast::<Str>()
        .ok_or_else(|| vm.type_error(format!("first argument must be a string, not {}", full_type_name(value, vm))))
}

#[pyfunctions]
mod functions {
    use super::*;

    /// encode_basestring_ascii(string) -> string
    ///
    /// Return an ASCII-only JSON representation of a Python string
    #[pyfunction("encode_basestring_ascii($self, object, /)")]
    fn encode_basestring_ascii(object: &Value, vm: &Vm) -> PyResult<Ref<Str>> {
        strings::quoted(text_argument(object, vm)?, true, vm)
    }

    /// encode_basestring(string) -> string
    ///
    /// Return a JSON representation of a Python string
    #[pyfunction("encode_basestring($self, object, /)")]
    fn encode_basestring(object: &Value, vm: &Vm) -> PyResult<Ref<Str>> {
        strings::quoted(text_argument(object, vm)?, false, vm)
    }

    /// scanstring(string, end, strict=True) -> (string, end)
    ///
    /// Scan the string s for a JSON string. End is the index of the
    /// character in s after the quote that started the JSON string.
    /// Unescapes all valid JSON string escape sequences and raises ValueError
    /// on attempt to decode an invalid string. If strict is False then literal
    /// control characters are allowed in the string.
    ///
    /// Returns a tuple of the decoded string and the index of the character in s
    /// after the end quote.
    #[pyfunction("scanstring")]
    fn scanstring(_module: &Value, args: pyrope_object::Args<'_>, vm: &Vm) -> PyResult {
        let values = pyrope_object::bind::check_positional("scanstring", args, 2, 3, vm)?;
        let Some(text) = values[0].downcast::<Str>() else {
            let kind = full_type_name(&values[0], vm);
            return Err(vm.type_error(format!("first argument must be a string, not {kind}")));
        };
        let Some(end) = vm.index_i64(&values[1])? else {
            return Err(vm.overflow_error("Python int too large to convert to C ssize_t"));
        };
        let strict = values.get(2).map_or(Ok(true), |strict| vm.is_true(strict))?;
        let Some(start) = usize::try_from(end).ok().filter(|&end| end <= text.len()) else {
            return Err(vm.value_error("end is out of bounds"));
        };
        let (found, next) = with_units!(text.view(), units => strings::scan(&values[0], units, start, strict, vm))?;
        Ok(vm.tuple_of([found.into_value(), vm.int_from_usize(next)]).into_value())
    }
}
