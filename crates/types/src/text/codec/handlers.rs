//! The predefined error handlers as functions that a program can call.

use pyrope_macros::pyfunctions;
use pyrope_object::{Bytes, MethodDef, PyResult, Str, Value, Vm};
use pyrope_textual::codecs::{Issue, Replacement, Standard};

use super::super::builder::with_units;
use crate::exceptions::UnicodeError;

pub use functions::FUNCTIONS;

/// The function that stands for a predefined handler.
pub(super) fn find(name: &str) -> Option<&'static MethodDef> {
    let function = match name {
        "strict" | "ignore" | "replace" => format!("{name}_errors"),
        "xmlcharrefreplace" | "backslashreplace" | "namereplace" => format!("{name}_errors"),
        "surrogateescape" | "surrogatepass" => name.to_owned(),
        _ => return None,
    };
    FUNCTIONS.iter().find(|def| def.name == function)
}

/// Encodings whose names the program may spell in its own way: the `surrogatepass` handler accepts any.
fn known_encoding(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase().replace('_', "-");
    match name.as_str() {
        "utf-8" | "utf8" | "cp65001" => "utf-8",
        "utf-16" | "utf16" => "utf-16",
        "utf-16-le" | "utf-16le" | "utf16-le" | "utf16le" => "utf-16-le",
        "utf-16-be" | "utf-16be" | "utf16-be" | "utf16be" => "utf-16-be",
        "utf-32" | "utf32" => "utf-32",
        "utf-32-le" | "utf-32le" | "utf32-le" | "utf32le" => "utf-32-le",
        "utf-32-be" | "utf-32be" | "utf32-be" | "utf32be" => "utf-32-be",
        _ => "",
    }
}

fn handle(exception: &Value, standard: Standard, vm: &Vm) -> PyResult {
    use pyrope_object::BuiltinType as B;
    let unknown = || {
        let name = vm.type_name(exception);
        vm.type_error(format!("don't know how to handle {name} in error callback"))
    };
    let Some(error) = exception.downcast::<UnicodeError>() else { return Err(unknown()) };
    let is = |kind: B| exception.ty(vm).is_subtype(vm.builtin(kind));
    let object = error.object.get().unwrap_or(Value::none());
    let encoding = match error.encoding.get() {
        Some(encoding) => vm.str(&encoding)?.to_string_lossy().into_owned(),
        None => String::new(),
    };
    let issue = |length: usize| {
        let start = error.start.get().clamp(0, length.saturating_sub(1) as isize) as usize;
        let end = (error.end.get().max(0) as usize).clamp((start + 1).min(length), length);
        Issue { encoding: known_encoding(&encoding), start, end, reason: "" }
    };
    let result = if is(B::UnicodeDecodeError) {
        if matches!(standard, Standard::XmlCharRefReplace | Standard::NameReplace) {
            return Err(unknown());
        }
        let Some(bytes) = object.downcast::<Bytes>() else {
            return Err(vm.type_error("UnicodeError 'object' attribute must be a bytes"));
        };
        let bytes = bytes.as_slice();
        match standard.decode(bytes, &issue(bytes.len())) {
            Some((text, next)) => Some((vm.str_from_code_points(&text)?.into_value(), next)),
            None => None,
        }
    } else if is(B::UnicodeEncodeError) {
        let Some(text) = object.downcast::<Str>() else {
            return Err(vm.type_error("UnicodeError 'object' attribute must be a string"));
        };
        let name = pyrope_textual::unicode::name;
        match with_units!(text.view(), units => standard.encode(units, &issue(text.len()), name)) {
            Some((Replacement::Text(text), next)) => Some((vm.str_from_code_points(&text)?.into_value(), next)),
            Some((Replacement::Bytes(bytes), next)) => Some((vm.new_bytes(&bytes)?.into_value(), next)),
            None => None,
        }
    } else if is(B::UnicodeTranslateError) {
        let Some(text) = object.downcast::<Str>() else {
            return Err(vm.type_error("UnicodeError 'object' attribute must be a string"));
        };
        let issue = issue(text.len());
        let replacement = match standard {
            Standard::Ignore => Vec::new(),
            Standard::Replace => vec![0xFFFD; issue.end - issue.start],
            Standard::BackslashReplace => {
                let name = |_| None;
                match with_units!(text.view(), units => standard.encode(units, &issue, name)) {
                    Some((Replacement::Text(text), _)) => text,
                    _ => Vec::new(),
                }
            }
            _ => return Err(unknown()),
        };
        Some((vm.str_from_code_points(&replacement)?.into_value(), issue.end))
    } else {
        return Err(unknown());
    };
    match result {
        Some((text, next)) => Ok(vm.tuple_of([text, vm.int_from_usize(next)]).into_value()),
        None => Err(vm.raise_value(exception.clone())),
    }
}

#[pyfunctions]
mod functions {
    use super::*;

    /// Implements the 'strict' error handling, which raises a UnicodeError on coding errors.
    #[pyfunction("strict_errors(exception, /)")]
    fn strict_errors(exception: &Value, vm: &Vm) -> PyResult {
        if exception.ty(vm).is_subtype(vm.builtin(pyrope_object::BuiltinType::BaseException)) {
            return Err(vm.raise_value(exception.clone()));
        }
        Err(vm.type_error("codec must pass exception instance"))
    }

    /// Implements the 'ignore' error handling, which ignores malformed data and continues.
    #[pyfunction("ignore_errors(exception, /)")]
    fn ignore_errors(exception: &Value, vm: &Vm) -> PyResult {
        handle(exception, Standard::Ignore, vm)
    }

    /// Implements the 'replace' error handling, which replaces malformed data with a replacement marker.
    #[pyfunction("replace_errors(exception, /)")]
    fn replace_errors(exception: &Value, vm: &Vm) -> PyResult {
        handle(exception, Standard::Replace, vm)
    }

    /// Replaces an unencodable character with the appropriate XML character reference.
    #[pyfunction("xmlcharrefreplace_errors(exception, /)")]
    fn xmlcharrefreplace_errors(exception: &Value, vm: &Vm) -> PyResult {
        handle(exception, Standard::XmlCharRefReplace, vm)
    }

    /// Replaces malformed data with a backslashed escape sequence.
    #[pyfunction("backslashreplace_errors(exception, /)")]
    fn backslashreplace_errors(exception: &Value, vm: &Vm) -> PyResult {
        handle(exception, Standard::BackslashReplace, vm)
    }

    /// Replaces an unencodable character with a \N{...} escape sequence.
    #[pyfunction("namereplace_errors(exception, /)")]
    fn namereplace_errors(exception: &Value, vm: &Vm) -> PyResult {
        handle(exception, Standard::NameReplace, vm)
    }

    /// Passes undecodable bytes through as lone surrogates (PEP 383).
    #[pyfunction("surrogateescape(exception, /)")]
    fn surrogateescape(exception: &Value, vm: &Vm) -> PyResult {
        handle(exception, Standard::SurrogateEscape, vm)
    }

    /// Lets surrogates pass in the UTF encodings.
    #[pyfunction("surrogatepass(exception, /)")]
    fn surrogatepass(exception: &Value, vm: &Vm) -> PyResult {
        handle(exception, Standard::SurrogatePass, vm)
    }
}
