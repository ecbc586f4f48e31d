//! `_zstd`: Zstandard compression (RFC 8878).

mod context;
mod objects;
mod parameters;

use std::cell::OnceCell;

use pyrope_object::bind::BytesLike;
use pyrope_object::layout::Bytes;
use pyrope_object::{BuiltinType as B, Guarded, ModuleDef, Object, PyResult, Raised, Ref, Tuple, Type, Value, Vm};
use pyrope_types::model::module::module_dict;

use context::Failure;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_zstd",
    doc: "Implementation module for Zstandard compression.",
    functions: &[functions::FUNCTIONS],
    types: &[
        <objects::ZstdDict as Object>::def,
        <objects::ZstdCompressor as Object>::def,
        <objects::ZstdDecompressor as Object>::def,
    ],
    exec: Some(fill),
};

#[derive(Default)]
struct State {
    error: OnceCell<Value>,
    /// The enumerations of the module that Python sees.
    compression_type: Guarded<Option<Value>>,
    decompression_type: Guarded<Option<Value>>,
}

const STRATEGIES: [&str; 9] = [
    "ZSTD_fast",
    "ZSTD_dfast",
    "ZSTD_greedy",
    "ZSTD_lazy",
    "ZSTD_lazy2",
    "ZSTD_btlazy2",
    "ZSTD_btopt",
    "ZSTD_btultra",
    "ZSTD_btultra2",
];

fn fill(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    dict.set_str("ZstdError", error_class(vm)?, vm)?;
    let version = context::version();
    let text = format!("{}.{}.{}", version / 10_000, version / 100 % 100, version % 100);
    dict.set_str("zstd_version", vm.new_str(&text).into_value(), vm)?;
    dict.set_str("zstd_version_number", vm.int(version.into()), vm)?;
    dict.set_str("ZSTD_CLEVEL_DEFAULT", vm.int(context::default_level().into()), vm)?;
    dict.set_str("ZSTD_DStreamOutSize", vm.int(context::output_size() as i64), vm)?;
    for (number, name) in (1..).zip(STRATEGIES) {
        dict.set_str(name, vm.int(number), vm)?;
    }
    for (name, _, id) in parameters::COMPRESSION {
        dict.set_str(name, vm.int(id as i64), vm)?;
    }
    for (name, _, id) in parameters::DECOMPRESSION {
        dict.set_str(name, vm.int(id as i64), vm)?;
    }
    Ok(())
}

/// `ZstdError`
fn error_class(vm: &Vm) -> PyResult {
    let state = vm.state::<State>();
    if let Some(class) = state.error.get() {
        return Ok(class.clone());
    }
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.new_str("compression.zstd").into_value(), vm)?;
    namespace.set_str("__doc__", vm.new_str("An error occurred in the zstd library.").into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(B::Exception).to_value()]).into_value();
    let arguments = [vm.new_str("ZstdError").into_value(), bases, namespace.into_value()];
    let class = vm.call(&vm.builtin(B::Type).to_value(), &arguments)?;
    Ok(state.error.get_or_init(|| class).clone())
}

/// Raises ZstdError.
#[cold]
fn zstd_error(message: &str, vm: &Vm) -> Raised {
    match error_class(vm) {
        Ok(class) => vm.raise_class(&class, &[vm.new_str(message).into_value()]),
        Err(raised) => raised,
    }
}

/// Raises what the library reports, or MemoryError.
#[cold]
fn failed(what: &str, failure: Failure, vm: &Vm) -> Raised {
    match failure {
        Failure::Memory => vm.memory_error(),
        Failure::Digest(form) => {
            zstd_error(&format!("Failed to create a {form} instance from Zstandard dictionary content."), vm)
        }
        Failure::Code(_) => zstd_error(&format!("Unable to {what}: {}", failure.reason()), vm),
    }
}

/// Is this type, if there is one, exactly that of the value?
fn is_exactly(value: &Value, class: &Guarded<Option<Value>>, vm: &Vm) -> bool {
    let class = class.get();
    class.is_some_and(|class| value.ty(vm).to_value().is(&class))
}

fn bytes_argument<'a>(value: &'a Value, function: &str, position: usize, vm: &Vm) -> PyResult<&'a Bytes> {
    value.downcast::<Bytes>().ok_or_else(|| {
        let found = vm.type_name(value);
        vm.type_error(format!("{function}() argument {position} must be bytes, not {found}"))
    })
}

/// The sizes of samples, whose sum must be that of all.
fn sample_sizes(sizes: &Value, function: &str, position: usize, all: usize, vm: &Vm) -> PyResult<Vec<usize>> {
    let Some(sizes) = sizes.downcast::<Tuple>() else {
        let found = vm.type_name(sizes);
        return Err(vm.type_error(format!("{function}() argument {position} must be tuple, not {found}")));
    };
    let mismatch = || vm.value_error("The samples size tuple doesn't match the concatenation's size.");
    let (mut numbers, mut sum) = (Vec::new(), 0usize);
    for size in sizes.as_slice() {
        if size.as_int().is_none() {
            return Err(vm.type_error("an integer is required"));
        }
        let size = vm.index_i64(size)?.and_then(|size| usize::try_from(size).ok());
        sum = size.and_then(|size| sum.checked_add(size)).filter(|&sum| sum <= all).ok_or_else(mismatch)?;
        numbers.extend(size);
    }
    if sum == all && u32::try_from(numbers.len()).is_ok() { Ok(numbers) } else { Err(mismatch()) }
}

fn dictionary_size(size: isize, vm: &Vm) -> PyResult<usize> {
    match usize::try_from(size) {
        Ok(size) if size > 0 => Ok(size),
        _ => Err(vm.value_error("dict_size argument should be positive number.")),
    }
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Train a Zstandard dictionary on sample data.
    #[pyfunction("train_dict(samples_bytes, samples_sizes, dict_size, /)")]
    fn train_dict(samples_bytes: &Value, samples_sizes: &Value, dict_size: isize, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let samples = bytes_argument(samples_bytes, "train_dict", 1, vm)?.as_slice();
        let size = dictionary_size(dict_size, vm)?;
        let sizes = sample_sizes(samples_sizes, "train_dict", 2, samples.len(), vm)?;
        match context::train(samples, &sizes, size) {
            Ok(dictionary) => vm.new_bytes(&dictionary),
            Err(failure) => Err(failed("train the Zstandard dictionary", failure, vm)),
        }
    }

    /// Finalize a Zstandard dictionary.
    #[pyfunction("finalize_dict(custom_dict_bytes, samples_bytes, samples_sizes, dict_size, compression_level, /)")]
    fn finalize_dict(
        custom_dict_bytes: &Value,
        samples_bytes: &Value,
        samples_sizes: &Value,
        dict_size: isize,
        compression_level: i32,
        vm: &Vm,
    ) -> PyResult<Ref<Bytes>> {
        let content = bytes_argument(custom_dict_bytes, "finalize_dict", 1, vm)?.as_slice();
        let samples = bytes_argument(samples_bytes, "finalize_dict", 2, vm)?.as_slice();
        let size = dictionary_size(dict_size, vm)?;
        let sizes = sample_sizes(samples_sizes, "finalize_dict", 3, samples.len(), vm)?;
        match context::finalize(content, samples, &sizes, size, compression_level) {
            Ok(dictionary) => vm.new_bytes(&dictionary),
            Err(failure) => Err(failed("finalize the Zstandard dictionary", failure, vm)),
        }
    }

    /// Get CompressionParameter/DecompressionParameter bounds.
    #[pyfunction("get_param_bounds(parameter, is_compress)")]
    fn get_param_bounds(parameter: i32, is_compress: bool, vm: &Vm) -> PyResult {
        let found = parameters::known(parameter, is_compress).and_then(|(_, known)| context::bounds(known).ok());
        let Some((low, high)) = found else {
            let kind = if is_compress { "compression" } else { "decompression" };
            let message = format!("Unable to get zstd {kind} parameter bounds: Unsupported parameter");
            return Err(zstd_error(&message, vm));
        };
        Ok(vm.tuple_of([vm.int(low.into()), vm.int(high.into())]).into_value())
    }

    /// Get the size of a Zstandard frame, including the header and optional checksum.
    #[pyfunction("get_frame_size(frame_buffer)")]
    fn get_frame_size(frame_buffer: BytesLike<'_>, vm: &Vm) -> PyResult<usize> {
        context::frame_size(&frame_buffer.to_cow()).map_err(|failure| {
            let message = format!(
                "Error when finding the compressed size of a Zstandard frame. Ensure the frame_buffer argument starts \
                 from the beginning of a frame, and its length is not less than this complete frame. Zstd error \
                 message: {}.",
                failure.reason()
            );
            zstd_error(&message, vm)
        })
    }

    /// Get Zstandard frame infomation from a frame header.
    #[pyfunction("get_frame_info(frame_buffer)")]
    fn get_frame_info(frame_buffer: BytesLike<'_>, vm: &Vm) -> PyResult {
        let Some((size, dictionary)) = context::frame_info(&frame_buffer.to_cow()) else {
            return Err(zstd_error(
                "Error when getting information from the header of a Zstandard frame. Ensure the frame_buffer \
                 argument starts from the beginning of a frame, and its length is not less than the frame header \
                 (6~18 bytes).",
                vm,
            ));
        };
        let size = size.map_or(Value::none(), |size| vm.int_from_u64(size));
        Ok(vm.tuple_of([size, vm.int(dictionary.into())]).into_value())
    }

    /// Set CompressionParameter and DecompressionParameter types for validity check.
    #[pyfunction("set_parameter_types(c_parameter_type, d_parameter_type)")]
    fn set_parameter_types(c_parameter_type: &Value, d_parameter_type: &Value, vm: &Vm) -> PyResult<()> {
        for (name, class) in [("c_parameter_type", c_parameter_type), ("d_parameter_type", d_parameter_type)] {
            if class.downcast::<Type>().is_none() {
                let found = vm.type_name(class);
                let message = format!("set_parameter_types() argument '{name}' must be type, not {found}");
                return Err(vm.type_error(message));
            }
        }
        let state = vm.state::<State>();
        drop(state.compression_type.replace(Some(c_parameter_type.clone())));
        drop(state.decompression_type.replace(Some(d_parameter_type.clone())));
        Ok(())
    }
}
