//! `_lzma`: the formats .xz and .lzma, and raw streams.

mod filters;
mod objects;

use std::cell::OnceCell;

use liblzma::stream::Error;
use pyrope_macros::pyfunctions;
use pyrope_object::bind::BytesLike;
use pyrope_object::{BuiltinType as B, ModuleDef, Object, PyResult, Raised, Value, Vm};
use pyrope_types::model::module::module_dict;

use objects::{LzmaCompressor, LzmaDecompressor};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_lzma",
    doc: "",
    functions: &[functions::FUNCTIONS],
    types: &[<LzmaCompressor as Object>::def, <LzmaDecompressor as Object>::def],
    exec: Some(exec),
};

const FORMAT_AUTO: i64 = 0;
const FORMAT_XZ: i64 = 1;
const FORMAT_ALONE: i64 = 2;
const FORMAT_RAW: i64 = 3;

const CHECK_NONE: i64 = 0;
/// Not known yet.
const CHECK_UNKNOWN: i64 = 16;

const CONSTANTS: &[(&str, i64)] = &[
    ("FORMAT_AUTO", FORMAT_AUTO),
    ("FORMAT_XZ", FORMAT_XZ),
    ("FORMAT_ALONE", FORMAT_ALONE),
    ("FORMAT_RAW", FORMAT_RAW),
    ("CHECK_NONE", CHECK_NONE),
    ("CHECK_CRC32", 1),
    ("CHECK_CRC64", 4),
    ("CHECK_SHA256", 10),
    ("CHECK_ID_MAX", 15),
    ("CHECK_UNKNOWN", CHECK_UNKNOWN),
    ("FILTER_LZMA1", filters::LZMA1 as i64),
    ("FILTER_LZMA2", filters::LZMA2 as i64),
    ("FILTER_DELTA", filters::DELTA as i64),
    ("FILTER_X86", filters::X86 as i64),
    ("FILTER_POWERPC", filters::POWERPC as i64),
    ("FILTER_IA64", filters::IA64 as i64),
    ("FILTER_ARM", filters::ARM as i64),
    ("FILTER_ARMTHUMB", filters::ARMTHUMB as i64),
    ("FILTER_SPARC", filters::SPARC as i64),
    ("MF_HC3", 3),
    ("MF_HC4", 4),
    ("MF_BT2", 18),
    ("MF_BT3", 19),
    ("MF_BT4", 20),
    ("MODE_FAST", 1),
    ("MODE_NORMAL", 2),
    ("PRESET_DEFAULT", 6),
    ("PRESET_EXTREME", 1 << 31),
];

#[derive(Default)]
struct State {
    error: OnceCell<Value>,
}

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    for &(name, value) in CONSTANTS {
        dict.set_str(name, vm.int(value), vm)?;
    }
    dict.set_str("LZMAError", error_class(vm)?, vm)
}

/// `LZMAError`
fn error_class(vm: &Vm) -> PyResult {
    let state = vm.state::<State>();
    if let Some(class) = state.error.get() {
        return Ok(class.clone());
    }
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.new_str("_lzma").into_value(), vm)?;
    namespace.set_str("__doc__", vm.new_str("Call to liblzma failed.").into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(B::Exception).to_value()]).into_value();
    let arguments = [vm.new_str("LZMAError").into_value(), bases, namespace.into_value()];
    let class = vm.call(&vm.builtin(B::Type).to_value(), &arguments)?;
    Ok(state.error.get_or_init(|| class).clone())
}

/// Raises LZMAError.
#[cold]
fn lzma_error(message: &str, vm: &Vm) -> Raised {
    match error_class(vm) {
        Ok(class) => vm.raise_class(&class, &[vm.new_str(message).into_value()]),
        Err(raised) => raised,
    }
}

/// Raises what the library reports.
#[cold]
fn failed(error: Error, vm: &Vm) -> Raised {
    lzma_error(
        match error {
            Error::Mem => return vm.memory_error(),
            Error::Data => "Corrupt input data",
            Error::Options => "Invalid or unsupported options",
            Error::Format => "Input format not supported by decoder",
            Error::MemLimit => "Memory usage limit exceeded",
            Error::UnsupportedCheck => "Unsupported integrity check",
            Error::NoCheck | Error::Program => "Internal error",
        },
        vm,
    )
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Test whether the given integrity check is supported.
    ///
    /// Always returns True for CHECK_NONE and CHECK_CRC32.
    #[pyfunction("is_check_supported($module, check_id, /)")]
    fn is_check_supported(check_id: i32) -> bool {
        objects::check_of(check_id.into()).is_some()
    }

    /// Return a bytes object encoding the options (properties) of the filter specified by *filter* (a dict).
    ///
    /// The result does not include the filter ID itself, only the options.
    #[pyfunction("_encode_filter_properties($module, filter, /)")]
    fn encode_filter_properties(filter: &Value, vm: &Vm) -> PyResult {
        let properties = filters::parse(filter, vm)?.properties(vm)?;
        Ok(vm.new_bytes(&properties)?.into_value())
    }

    /// Return a dict describing a filter with ID *filter_id*, and options (properties) encoded in the bytes object
    /// *encoded_props*.
    #[pyfunction("_decode_filter_properties($module, filter_id, encoded_props, /)")]
    fn decode_filter_properties(filter_id: u64, encoded_props: BytesLike<'_>, vm: &Vm) -> PyResult {
        let dict = vm.new_dict();
        let Some(parts) = filters::decode(filter_id, &encoded_props.to_cow()) else {
            return Err(lzma_error("Invalid or unsupported options", vm));
        };
        for (name, value) in parts {
            dict.set_str(name, vm.int_from_u64(value), vm)?;
        }
        Ok(dict.into_value())
    }
}
