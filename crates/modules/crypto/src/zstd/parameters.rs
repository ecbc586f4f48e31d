//! Parameters of compression and decompression: their names, and how options set them.

use pyrope_object::args::{ArgName, FromArg};
use pyrope_object::{Dict, PyResult, Raised, Value, Vm};
use zstd_sys::{ZSTD_cParameter as C, ZSTD_dParameter as D};

use super::context::{Compression, Decompression, bounds};
use super::{State, is_exactly};

/// A parameter that the library knows.
#[derive(Clone, Copy)]
pub(super) enum Parameter {
    Compression(C),
    Decompression(D),
}

/// Name of the constant behind `ZSTD_c_`, name of the enumeration's member, and the parameter.
pub(super) const COMPRESSION: [(&str, &str, C); 19] = [
    ("ZSTD_c_compressionLevel", "compression_level", C::ZSTD_c_compressionLevel),
    ("ZSTD_c_windowLog", "window_log", C::ZSTD_c_windowLog),
    ("ZSTD_c_hashLog", "hash_log", C::ZSTD_c_hashLog),
    ("ZSTD_c_chainLog", "chain_log", C::ZSTD_c_chainLog),
    ("ZSTD_c_searchLog", "search_log", C::ZSTD_c_searchLog),
    ("ZSTD_c_minMatch", "min_match", C::ZSTD_c_minMatch),
    ("ZSTD_c_targetLength", "target_length", C::ZSTD_c_targetLength),
    ("ZSTD_c_strategy", "strategy", C::ZSTD_c_strategy),
    ("ZSTD_c_enableLongDistanceMatching", "enable_long_distance_matching", C::ZSTD_c_enableLongDistanceMatching),
    ("ZSTD_c_ldmHashLog", "ldm_hash_log", C::ZSTD_c_ldmHashLog),
    ("ZSTD_c_ldmMinMatch", "ldm_min_match", C::ZSTD_c_ldmMinMatch),
    ("ZSTD_c_ldmBucketSizeLog", "ldm_bucket_size_log", C::ZSTD_c_ldmBucketSizeLog),
    ("ZSTD_c_ldmHashRateLog", "ldm_hash_rate_log", C::ZSTD_c_ldmHashRateLog),
    ("ZSTD_c_contentSizeFlag", "content_size_flag", C::ZSTD_c_contentSizeFlag),
    ("ZSTD_c_checksumFlag", "checksum_flag", C::ZSTD_c_checksumFlag),
    ("ZSTD_c_dictIDFlag", "dict_id_flag", C::ZSTD_c_dictIDFlag),
    ("ZSTD_c_nbWorkers", "nb_workers", C::ZSTD_c_nbWorkers),
    ("ZSTD_c_jobSize", "job_size", C::ZSTD_c_jobSize),
    ("ZSTD_c_overlapLog", "overlap_log", C::ZSTD_c_overlapLog),
];

pub(super) const DECOMPRESSION: [(&str, &str, D); 1] =
    [("ZSTD_d_windowLogMax", "window_log_max", D::ZSTD_d_windowLogMax)];

/// The parameter with a number.
pub(super) fn known(number: i32, is_compress: bool) -> Option<(&'static str, Parameter)> {
    if is_compress {
        let found = COMPRESSION.iter().find(|(_, _, id)| *id as i32 == number)?;
        Some((found.1, Parameter::Compression(found.2)))
    } else {
        let found = DECOMPRESSION.iter().find(|(_, _, id)| *id as i32 == number)?;
        Some((found.1, Parameter::Decompression(found.2)))
    }
}

/// A machine integer; TypeError or OverflowError for others.
fn machine_int(value: &Value, vm: &Vm) -> PyResult<i32> {
    i32::from_arg(value, &ArgName { function: "", argument: "argument".into() }, vm)
}

/// The numbers in a dict of options.
fn numbers(options: &Value, is_compress: bool, vm: &Vm) -> PyResult<Vec<(i32, i32)>> {
    let (class, kind, other) = match is_compress {
        true => ("ZstdCompressor", "compression", "DecompressionParameter"),
        false => ("ZstdDecompressor", "decompression", "CompressionParameter"),
    };
    let Some(options) = options.downcast::<Dict>() else {
        let found = vm.type_name(options);
        return Err(vm.type_error(format!("{class}() argument 'options' must be dict, not {found}")));
    };
    let state = vm.state::<State>();
    let mut numbers = Vec::new();
    for entry in options.entries() {
        let wrong = if is_compress { &state.decompression_type } else { &state.compression_type };
        if is_exactly(&entry.key, wrong, vm) {
            return Err(vm.type_error(format!("{kind} options dictionary key must not be a {other} attribute")));
        }
        numbers.push((machine_int(&entry.key, vm)?, machine_int(&entry.value, vm)?));
    }
    Ok(numbers)
}

fn invalid(number: i32, is_compress: bool, vm: &Vm) -> Raised {
    let kind = if is_compress { "compression" } else { "decompression" };
    vm.value_error(format!("invalid {kind} parameter 'unknown parameter (key {number})'"))
}

fn out_of_range(name: &str, value: i32, parameter: Parameter, vm: &Vm) -> Raised {
    let Ok((low, high)) = bounds(parameter) else {
        return vm.value_error(format!("invalid parameter '{name}'"));
    };
    let kind = if matches!(parameter, Parameter::Compression(_)) { "compression" } else { "decompression" };
    vm.value_error(format!(
        "{kind} parameter '{name}' received an illegal value {value}; the valid range is [{low}, {high}]"
    ))
}

/// Sets the level; ValueError if there is none such.
pub(super) fn set_level(context: &mut Compression, level: Option<i32>, vm: &Vm) -> PyResult<()> {
    let (low, high) = bounds(Parameter::Compression(C::ZSTD_c_compressionLevel)).unwrap_or_default();
    let fits = level.filter(|level| (low..=high).contains(level));
    match fits {
        Some(level) if context.set(C::ZSTD_c_compressionLevel, level).is_ok() => Ok(()),
        _ => {
            let shown = level.map(|level| format!(" {level}")).unwrap_or_default();
            Err(vm.value_error(format!("illegal compression level{shown}; the valid range is [{low}, {high}]")))
        }
    }
}

/// Sets the options of a compressor; gives the level.
pub(super) fn set_compression(context: &mut Compression, options: &Value, vm: &Vm) -> PyResult<i32> {
    let mut level = 0;
    for (number, value) in numbers(options, true, vm)? {
        let Some((name, Parameter::Compression(id))) = known(number, true) else {
            return Err(invalid(number, true, vm));
        };
        if id == C::ZSTD_c_compressionLevel {
            set_level(context, Some(value), vm)?;
            level = value;
            continue;
        }
        context.set(id, value).map_err(|_| out_of_range(name, value, Parameter::Compression(id), vm))?;
    }
    Ok(level)
}

/// Sets the options of a decompressor.
pub(super) fn set_decompression(context: &mut Decompression, options: &Value, vm: &Vm) -> PyResult<()> {
    for (number, value) in numbers(options, false, vm)? {
        let Some((name, Parameter::Decompression(id))) = known(number, false) else {
            return Err(invalid(number, false, vm));
        };
        context.set(id, value).map_err(|_| out_of_range(name, value, Parameter::Decompression(id), vm))?;
    }
    Ok(())
}
