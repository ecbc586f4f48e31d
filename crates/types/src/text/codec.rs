//! Encoding and decoding: direct paths for the common encodings, the registry of codecs for all others.

mod errors;
mod handlers;
mod registry;

pub use errors::{PyDecodeErrors, PyEncodeErrors};
pub use handlers::FUNCTIONS as HANDLER_FUNCTIONS;
pub use registry::{
    codec_state, decode_any, encode_any, lookup, lookup_error, register, register_error, unregister, unregister_error,
};

use std::cell::Cell;

use pyrope_object::bind::BytesLike;
use pyrope_object::{Bytes, PyResult, Ref, Str, StrView, Value, Vm};
use pyrope_textual::codecs::{self, ByteOrder};

use super::builder::{TextBuilder, with_units};

/// An encoding that needs no registry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direct {
    Utf8,
    Latin1,
    Ascii,
    Utf16(ByteOrder),
    Utf32(ByteOrder),
}

/// Lower case, runs of anything but letters, digits and dots as one underscore.
pub fn normalize_encoding(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut punctuation = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            if punctuation && !out.is_empty() {
                out.push('_');
            }
            punctuation = false;
            out.push(c.to_ascii_lowercase());
        } else {
            punctuation = true;
        }
    }
    out
}

fn direct(name: &str) -> Option<Direct> {
    match name {
        "utf-8" => return Some(Direct::Utf8),
        "ascii" => return Some(Direct::Ascii),
        "latin-1" => return Some(Direct::Latin1),
        _ => {}
    }
    let name = normalize_encoding(name);
    Some(match name.as_str() {
        "utf_8" | "utf8" => Direct::Utf8,
        "latin_1" | "latin1" | "iso_8859_1" | "iso8859_1" => Direct::Latin1,
        "ascii" | "us_ascii" => Direct::Ascii,
        "utf_16" | "utf16" => Direct::Utf16(ByteOrder::Mark),
        "utf_32" | "utf32" => Direct::Utf32(ByteOrder::Mark),
        _ => return None,
    })
}

/// Decodes UTF-8.
pub fn decode_utf8(bytes: &[u8], errors: &str, vm: &Vm) -> PyResult<Ref<Str>> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check_errors(errors, vm)?;
        return vm.try_str(text);
    }
    decode_direct(bytes, Direct::Utf8, errors, vm)
}

/// `text.encode()`: `bytes`.
pub(super) fn encode_as_utf8(text: &Ref<Str>, errors: &str, vm: &Vm) -> PyResult {
    encode_to_bytes(text, Direct::Utf8, errors, vm)
}

fn encode_to_bytes(text: &Ref<Str>, encoding: Direct, errors: &str, vm: &Vm) -> PyResult {
    if let (Direct::Utf8 | Direct::Latin1 | Direct::Ascii, Some(ascii)) = (encoding, text.as_ascii()) {
        check_errors(errors, vm)?;
        return Ok(vm.new_bytes(ascii.as_bytes())?.into_value());
    }
    Ok(vm.new_bytes(&encode_direct(text, encoding, errors, vm)?)?.into_value())
}

/// Encodes as UTF-8.
pub fn encode_utf8(text: &Ref<Str>, errors: &str, vm: &Vm) -> PyResult<Vec<u8>> {
    encode_direct(text, Direct::Utf8, errors, vm)
}

/// Per interpreter: whether names of error handlers are looked up before they are needed.
#[derive(Default)]
pub struct EarlyChecks(pub Cell<bool>);

/// LookupError for unknown error handlers in development mode, even if nothing is wrong with the text.
fn check_errors(errors: &str, vm: &Vm) -> PyResult<()> {
    if errors != "strict" && vm.state::<EarlyChecks>().0.get() {
        lookup_error(errors, vm)?;
    }
    Ok(())
}

fn decode_direct(bytes: &[u8], encoding: Direct, errors: &str, vm: &Vm) -> PyResult<Ref<Str>> {
    check_errors(errors, vm)?;
    if matches!(encoding, Direct::Latin1) || (matches!(encoding, Direct::Ascii) && bytes.is_ascii()) {
        return vm.str_from_latin1(bytes);
    }
    let mut handler = PyDecodeErrors::new(bytes, errors, vm);
    let mut out = TextBuilder::new();
    match encoding {
        Direct::Utf8 => codecs::decode_utf8(bytes, true, &mut out, &mut handler).map(drop)?,
        Direct::Latin1 => {}
        Direct::Ascii => codecs::decode_ascii(bytes, &mut out, &mut handler)?,
        Direct::Utf16(order) => codecs::decode_utf16(bytes, order, true, &mut out, &mut handler).map(drop)?,
        Direct::Utf32(order) => codecs::decode_utf32(bytes, order, true, &mut out, &mut handler).map(drop)?,
    }
    out.finish(vm)
}

fn encode_direct(text: &Ref<Str>, encoding: Direct, errors: &str, vm: &Vm) -> PyResult<Vec<u8>> {
    check_errors(errors, vm)?;
    match (encoding, text.view()) {
        (Direct::Utf8 | Direct::Latin1 | Direct::Ascii, StrView::Ascii(text)) => return Ok(text.as_bytes().to_vec()),
        (Direct::Latin1, StrView::Latin1(units)) => return Ok(units.to_vec()),
        _ => {}
    }
    let mut handler = PyEncodeErrors::new(text, errors, vm);
    with_units!(text.view(), units => match encoding {
        Direct::Utf8 => codecs::encode_utf8(units, &mut handler),
        Direct::Latin1 => codecs::encode_latin1(units, &mut handler),
        Direct::Ascii => codecs::encode_ascii(units, &mut handler),
        Direct::Utf16(order) => codecs::encode_utf16(units, order, &mut handler),
        Direct::Utf32(order) => codecs::encode_utf32(units, order, &mut handler),
    })
}

/// `text.encode(encoding, errors)`: `bytes`.
pub fn encode(text: &Ref<Str>, encoding: &str, errors: &str, vm: &Vm) -> PyResult<Value> {
    if let Some(direct) = direct(encoding) {
        return encode_to_bytes(text, direct, errors, vm);
    }
    let result = registry::encode_text(&text.to_value(), encoding, errors, vm)?;
    if result.downcast::<Bytes>().is_some() {
        return Ok(result);
    }
    Err(vm.type_error(format!(
        "'{encoding}' encoder returned '{}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types",
        vm.type_name(&result)
    )))
}

/// Decodes bytes.
pub fn decode_bytes(bytes: &[u8], encoding: &str, errors: &str, vm: &Vm) -> PyResult<Value> {
    if let Some(direct) = direct(encoding) {
        if direct == Direct::Utf8 {
            return Ok(decode_utf8(bytes, errors, vm)?.into_value());
        }
        return Ok(decode_direct(bytes, direct, errors, vm)?.into_value());
    }
    let object = vm.new_bytes(bytes)?.into_value();
    decode_object(&object, encoding, errors, vm)
}

/// `str(object, encoding, errors)` for anything with a buffer.
pub fn decode(object: &Value, encoding: &str, errors: &str, vm: &Vm) -> PyResult<Value> {
    use pyrope_object::FromArg;
    if object.downcast::<Str>().is_some() {
        return Err(vm.type_error("decoding str is not supported"));
    }
    if object.downcast::<Bytes>().is_none() && object.ty(vm).slots().buffer.is_none() {
        let found = pyrope_object::bind::full_type_name(object, vm);
        return Err(vm.type_error(format!("decoding to str: need a bytes-like object, {found} found")));
    }
    if let Some(bytes) = object.downcast::<Bytes>() {
        return decode_bytes(bytes.as_slice(), encoding, errors, vm);
    }
    let name = pyrope_object::args::ArgName { function: "str", argument: "argument".into() };
    let bytes = BytesLike::from_arg(object, &name, vm)?;
    decode_bytes(&bytes.to_cow(), encoding, errors, vm)
}

fn decode_object(object: &Value, encoding: &str, errors: &str, vm: &Vm) -> PyResult<Value> {
    let result = registry::decode_text(object, encoding, errors, vm)?;
    if result.downcast::<Str>().is_some() {
        return Ok(result);
    }
    Err(vm.type_error(format!(
        "'{encoding}' decoder returned '{}' instead of 'str'; use codecs.decode() to decode to arbitrary types",
        vm.type_name(&result)
    )))
}
