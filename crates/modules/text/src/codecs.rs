//! `_codecs`: the registry of codecs, and the codecs that need no tables.

mod charmap;

use std::borrow::Cow;

use pyrope_macros::pyfunctions;
use pyrope_object::bind::{BytesLike, OrNone};
use pyrope_object::{BuiltinType as B, ModuleDef, Object, PyResult, Ref, Str, Value, Vm};
use pyrope_textual::codecs::{self as algorithms, ByteOrder, InvalidEscape};
use pyrope_textual::unicode::{self, Found};
use pyrope_types::text::codec::{self, PyDecodeErrors, PyEncodeErrors};
use pyrope_types::text::{TextBuilder, raise_text_error};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_codecs",
    doc: "",
    functions: &[
        registry::FUNCTIONS,
        decoders::FUNCTIONS,
        encoders::FUNCTIONS,
        escapes::FUNCTIONS,
        charmap::functions::FUNCTIONS,
    ],
    types: &[],
    exec: None,
};

const _: fn() -> &'static pyrope_object::TypeDef = <charmap::EncodingMap as Object>::def;

type Errors<'a> = OrNone<Cow<'a, str>>;

fn strict<'e>(errors: &'e Errors<'_>) -> &'e str {
    errors.0.as_deref().unwrap_or("strict")
}

/// `(text, consumed)`
fn decoded(out: TextBuilder, consumed: usize, vm: &Vm) -> PyResult {
    let text = out.finish(vm)?.into_value();
    Ok(vm.tuple_of([text, vm.int_from_usize(consumed)]).into_value())
}

/// `(bytes, length)`
fn encoded(data: &[u8], length: usize, vm: &Vm) -> PyResult {
    Ok(vm.tuple_of([vm.new_bytes(data)?.into_value(), vm.int_from_usize(length)]).into_value())
}

/// 0 as the mark says, below that little endian, above big endian.
fn byte_order(number: i32) -> ByteOrder {
    match number {
        0 => ByteOrder::Mark,
        ..0 => ByteOrder::Little,
        _ => ByteOrder::Big,
    }
}

fn order_number(order: ByteOrder) -> i64 {
    match order {
        ByteOrder::Mark => 0,
        ByteOrder::Little => -1,
        ByteOrder::Big => 1,
    }
}

/// Issues the DeprecationWarning about an escape.
fn warn_escape(invalid: Option<InvalidEscape>, bytes: bool, vm: &Vm) -> PyResult<()> {
    match invalid {
        Some(invalid) => vm.warn(B::DeprecationWarning, &invalid.message(bytes), 1),
        None => Ok(()),
    }
}

/// The bytes of a buffer, or a text as UTF-8.
fn bytes_or_text<'a>(data: &'a Value, vm: &Vm) -> PyResult<Cow<'a, [u8]>> {
    use pyrope_object::FromArg;
    if let Some(text) = data.downcast::<Str>() {
        return Ok(match pyrope_object::bind::utf8(data, text, vm)? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        });
    }
    let name = pyrope_object::args::ArgName { function: "", argument: "argument".into() };
    let view = BytesLike::from_arg(data, &name, vm)?;
    Ok(Cow::Owned(view.to_cow().into_owned()))
}

#[pyfunctions]
mod registry {
    use super::*;

    /// Register a codec search function.
    ///
    /// Search functions are expected to take one argument, the encoding name in
    /// all lower case letters, and either return None, or a tuple of functions
    /// (encoder, decoder, stream_reader, stream_writer) (or a CodecInfo object).
    #[pyfunction("register(search_function, /)")]
    fn register(search_function: &Value, vm: &Vm) -> PyResult<()> {
        codec::register(search_function, vm)
    }

    /// Unregister a codec search function and clear the registry's cache.
    ///
    /// If the search function is not registered, do nothing.
    #[pyfunction("unregister(search_function, /)")]
    fn unregister(search_function: &Value, vm: &Vm) {
        codec::unregister(search_function, vm);
    }

    /// Looks up a codec tuple in the Python codec registry and returns a CodecInfo object.
    #[pyfunction("lookup(encoding, /)")]
    fn lookup(encoding: Cow<'_, str>, vm: &Vm) -> PyResult {
        codec::lookup(&encoding, vm)
    }

    /// Encodes obj using the codec registered for encoding.
    ///
    /// The default encoding is 'utf-8'.  errors may be given to set a
    /// different error handling scheme.  Default is 'strict' meaning that encoding
    /// errors raise a ValueError.  Other possible values are 'ignore', 'replace'
    /// and 'backslashreplace' as well as any other name registered with
    /// codecs.register_error that can handle ValueErrors.
    #[pyfunction("encode($module, /, obj, encoding='utf-8', errors='strict')")]
    fn encode(obj: &Value, encoding: Option<Cow<'_, str>>, errors: Option<Cow<'_, str>>, vm: &Vm) -> PyResult {
        codec::encode_any(obj, encoding.as_deref().unwrap_or("utf-8"), errors.as_deref(), vm)
    }

    /// Decodes obj using the codec registered for encoding.
    ///
    /// Default encoding is 'utf-8'.  errors may be given to set a
    /// different error handling scheme.  Default is 'strict' meaning that encoding
    /// errors raise a ValueError.  Other possible values are 'ignore', 'replace'
    /// and 'backslashreplace' as well as any other name registered with
    /// codecs.register_error that can handle ValueErrors.
    #[pyfunction("decode($module, /, obj, encoding='utf-8', errors='strict')")]
    fn decode(obj: &Value, encoding: Option<Cow<'_, str>>, errors: Option<Cow<'_, str>>, vm: &Vm) -> PyResult {
        codec::decode_any(obj, encoding.as_deref().unwrap_or("utf-8"), errors.as_deref(), vm)
    }

    /// Register the specified error handler under the name errors.
    ///
    /// handler must be a callable object, that
    /// will be called with an exception instance containing
    /// information about the location of the encoding/decoding
    /// error and must return a (replacement, new position) tuple.
    #[pyfunction("register_error(errors, handler, /)")]
    fn register_error(errors: Cow<'_, str>, handler: &Value, vm: &Vm) -> PyResult<()> {
        codec::register_error(&errors, handler, vm)
    }

    /// Un-register the specified error handler for the error handling `errors'.
    ///
    /// Only custom error handlers can be un-registered. An exception is raised
    /// if the error handling is a built-in one (e.g., 'strict'), or if an error
    /// occurs.
    ///
    /// Otherwise, this returns True if a custom handler has been successfully
    /// un-registered, and False if no custom handler for the specified error
    /// handling exists.
    #[pyfunction("_unregister_error(errors, /)")]
    fn unregister_error(errors: Cow<'_, str>, vm: &Vm) -> PyResult<bool> {
        codec::unregister_error(&errors, vm)
    }

    /// lookup_error(errors) -> handler
    ///
    /// Return the error handler for the specified error handling name or raise a
    /// LookupError, if no handler exists under this name.
    #[pyfunction("lookup_error(name, /)")]
    fn lookup_error(name: Cow<'_, str>, vm: &Vm) -> PyResult {
        codec::lookup_error(&name, vm)
    }
}

macro_rules! utf_decoder {
    ($data:ident, $errors:ident, $vm:ident, $out:ident, $handler:ident => $run:expr) => {{
        let bytes = $data.to_cow();
        let mut $handler = PyDecodeErrors::new(&bytes, strict(&$errors), $vm);
        let mut $out = TextBuilder::with_capacity(bytes.len());
        let run = $run;
        let consumed = run(&bytes, &mut $out, &mut $handler)?;
        decoded($out, consumed, $vm)
    }};
}

fn decode_wide(
    data: &BytesLike<'_>,
    errors: &Errors<'_>,
    order: ByteOrder,
    four: bool,
    is_final: bool,
    vm: &Vm,
) -> PyResult<(TextBuilder, usize, ByteOrder)> {
    let bytes = data.to_cow();
    let mut handler = PyDecodeErrors::new(&bytes, strict(errors), vm);
    let mut out = TextBuilder::with_capacity(bytes.len() / 2);
    let (consumed, order) = if four {
        algorithms::decode_utf32(&bytes, order, is_final, &mut out, &mut handler)?
    } else {
        algorithms::decode_utf16(&bytes, order, is_final, &mut out, &mut handler)?
    };
    Ok((out, consumed, order))
}

fn wide(data: &BytesLike<'_>, errors: &Errors<'_>, order: ByteOrder, four: bool, is_final: bool, vm: &Vm) -> PyResult {
    let (out, consumed, _) = decode_wide(data, errors, order, four, is_final, vm)?;
    decoded(out, consumed, vm)
}

fn wide_ex(data: &BytesLike<'_>, errors: &Errors<'_>, byteorder: i32, four: bool, is_final: bool, vm: &Vm) -> PyResult {
    let (out, consumed, order) = decode_wide(data, errors, byte_order(byteorder), four, is_final, vm)?;
    let text = out.finish(vm)?.into_value();
    let parts = vec![text, vm.int_from_usize(consumed), vm.int(order_number(order))];
    Ok(vm.new_tuple(parts).into_value())
}

#[pyfunctions]
mod decoders {
    use super::*;

    #[pyfunction("utf_8_decode(data, errors=None, final=False, /)")]
    fn utf_8_decode(data: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, is_final: bool, vm: &Vm) -> PyResult {
        utf_decoder!(data, errors, vm, out, handler => |bytes: &[u8], out: &mut TextBuilder, handler: &mut PyDecodeErrors<'_>| {
            algorithms::decode_utf8(bytes, is_final, out, handler)
        })
    }

    #[pyfunction("utf_7_decode(data, errors=None, final=False, /)")]
    fn utf_7_decode(data: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, is_final: bool, vm: &Vm) -> PyResult {
        utf_decoder!(data, errors, vm, out, handler => |bytes: &[u8], out: &mut TextBuilder, handler: &mut PyDecodeErrors<'_>| {
            algorithms::decode_utf7(bytes, is_final, out, handler)
        })
    }

    #[pyfunction("ascii_decode(data, errors=None, /)")]
    fn ascii_decode(data: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        utf_decoder!(data, errors, vm, out, handler => |bytes: &[u8], out: &mut TextBuilder, handler: &mut PyDecodeErrors<'_>| {
            algorithms::decode_ascii(bytes, out, handler).map(|()| bytes.len())
        })
    }

    #[pyfunction("latin_1_decode(data, errors=None, /)")]
    fn latin_1_decode(data: BytesLike<'_>, _errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        let mut out = TextBuilder::with_capacity(data.len());
        data.with(|bytes| algorithms::decode_latin1(bytes, &mut out));
        decoded(out, data.len(), vm)
    }

    #[pyfunction("utf_16_decode(data, errors=None, final=False, /)")]
    fn utf_16_decode(data: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, is_final: bool, vm: &Vm) -> PyResult {
        wide(&data, &errors, ByteOrder::Mark, false, is_final, vm)
    }

    #[pyfunction("utf_16_le_decode(data, errors=None, final=False, /)")]
    fn utf_16_le_decode(data: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, is_final: bool, vm: &Vm) -> PyResult {
        wide(&data, &errors, ByteOrder::Little, false, is_final, vm)
    }

    #[pyfunction("utf_16_be_decode(data, errors=None, final=False, /)")]
    fn utf_16_be_decode(data: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, is_final: bool, vm: &Vm) -> PyResult {
        wide(&data, &errors, ByteOrder::Big, false, is_final, vm)
    }

    #[pyfunction("utf_16_ex_decode(data, errors=None, byteorder=0, final=False, /)")]
    fn utf_16_ex_decode(
        data: BytesLike<'_>,
        errors: OrNone<Cow<'_, str>>,
        byteorder: i32,
        is_final: bool,
        vm: &Vm,
    ) -> PyResult {
        wide_ex(&data, &errors, byteorder, false, is_final, vm)
    }

    #[pyfunction("utf_32_decode(data, errors=None, final=False, /)")]
    fn utf_32_decode(data: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, is_final: bool, vm: &Vm) -> PyResult {
        wide(&data, &errors, ByteOrder::Mark, true, is_final, vm)
    }

    #[pyfunction("utf_32_le_decode(data, errors=None, final=False, /)")]
    fn utf_32_le_decode(data: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, is_final: bool, vm: &Vm) -> PyResult {
        wide(&data, &errors, ByteOrder::Little, true, is_final, vm)
    }

    #[pyfunction("utf_32_be_decode(data, errors=None, final=False, /)")]
    fn utf_32_be_decode(data: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, is_final: bool, vm: &Vm) -> PyResult {
        wide(&data, &errors, ByteOrder::Big, true, is_final, vm)
    }

    #[pyfunction("utf_32_ex_decode(data, errors=None, byteorder=0, final=False, /)")]
    fn utf_32_ex_decode(
        data: BytesLike<'_>,
        errors: OrNone<Cow<'_, str>>,
        byteorder: i32,
        is_final: bool,
        vm: &Vm,
    ) -> PyResult {
        wide_ex(&data, &errors, byteorder, true, is_final, vm)
    }
}

macro_rules! encoder {
    ($text:ident, $errors:ident, $vm:ident, $units:ident, $handler:ident => $run:expr) => {{
        let mut $handler = PyEncodeErrors::new(&$text, strict(&$errors), $vm);
        let data = with_units!($text.view(), $units => $run)?;
        encoded(&data, $text.len(), $vm)
    }};
}

#[pyfunctions]
mod encoders {
    use super::*;

    #[pyfunction("utf_8_encode(str, errors=None, /)")]
    fn utf_8_encode(text: Ref<Str>, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        if let Some(ascii) = text.as_ascii() {
            return encoded(ascii.as_bytes(), text.len(), vm);
        }
        encoder!(text, errors, vm, units, handler => algorithms::encode_utf8(units, &mut handler))
    }

    #[pyfunction("utf_7_encode(str, errors=None, /)")]
    fn utf_7_encode(text: Ref<Str>, _errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        let data = with_units!(text.view(), units => algorithms::encode_utf7(units));
        encoded(&data, text.len(), vm)
    }

    #[pyfunction("ascii_encode(str, errors=None, /)")]
    fn ascii_encode(text: Ref<Str>, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        encoder!(text, errors, vm, units, handler => algorithms::encode_ascii(units, &mut handler))
    }

    #[pyfunction("latin_1_encode(str, errors=None, /)")]
    fn latin_1_encode(text: Ref<Str>, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        encoder!(text, errors, vm, units, handler => algorithms::encode_latin1(units, &mut handler))
    }

    #[pyfunction("utf_16_encode(str, errors=None, byteorder=0, /)")]
    fn utf_16_encode(text: Ref<Str>, errors: OrNone<Cow<'_, str>>, byteorder: i32, vm: &Vm) -> PyResult {
        let order = byte_order(byteorder);
        encoder!(text, errors, vm, units, handler => algorithms::encode_utf16(units, order, &mut handler))
    }

    #[pyfunction("utf_16_le_encode(str, errors=None, /)")]
    fn utf_16_le_encode(text: Ref<Str>, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        encoder!(text, errors, vm, units, handler => algorithms::encode_utf16(units, ByteOrder::Little, &mut handler))
    }

    #[pyfunction("utf_16_be_encode(str, errors=None, /)")]
    fn utf_16_be_encode(text: Ref<Str>, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        encoder!(text, errors, vm, units, handler => algorithms::encode_utf16(units, ByteOrder::Big, &mut handler))
    }

    #[pyfunction("utf_32_encode(str, errors=None, byteorder=0, /)")]
    fn utf_32_encode(text: Ref<Str>, errors: OrNone<Cow<'_, str>>, byteorder: i32, vm: &Vm) -> PyResult {
        let order = byte_order(byteorder);
        encoder!(text, errors, vm, units, handler => algorithms::encode_utf32(units, order, &mut handler))
    }

    #[pyfunction("utf_32_le_encode(str, errors=None, /)")]
    fn utf_32_le_encode(text: Ref<Str>, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        encoder!(text, errors, vm, units, handler => algorithms::encode_utf32(units, ByteOrder::Little, &mut handler))
    }

    #[pyfunction("utf_32_be_encode(str, errors=None, /)")]
    fn utf_32_be_encode(text: Ref<Str>, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        encoder!(text, errors, vm, units, handler => algorithms::encode_utf32(units, ByteOrder::Big, &mut handler))
    }

    #[pyfunction("readbuffer_encode(data, errors=None, /)")]
    fn readbuffer_encode(data: &Value, _errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        let bytes = bytes_or_text(data, vm)?;
        encoded(&bytes, bytes.len(), vm)
    }
}

fn character_named(name: &str) -> Option<u32> {
    match unicode::lookup(name)? {
        Found::Char(c) => Some(c),
        Found::Sequence(_) => None,
    }
}

#[pyfunctions]
mod escapes {
    use super::*;

    #[pyfunction("unicode_escape_decode(data, errors=None, final=True, /)")]
    fn unicode_escape_decode(data: &Value, errors: OrNone<Cow<'_, str>>, is_final: Option<bool>, vm: &Vm) -> PyResult {
        let bytes = bytes_or_text(data, vm)?;
        let mut handler = PyDecodeErrors::new(&bytes, strict(&errors), vm);
        let mut out = TextBuilder::with_capacity(bytes.len());
        let is_final = is_final.unwrap_or(true);
        let done = algorithms::decode_unicode_escape(&bytes, is_final, character_named, &mut out, &mut handler)?;
        warn_escape(done.invalid, false, vm)?;
        decoded(out, done.consumed, vm)
    }

    #[pyfunction("raw_unicode_escape_decode(data, errors=None, final=True, /)")]
    fn raw_unicode_escape_decode(
        data: &Value,
        errors: OrNone<Cow<'_, str>>,
        is_final: Option<bool>,
        vm: &Vm,
    ) -> PyResult {
        let bytes = bytes_or_text(data, vm)?;
        let mut handler = PyDecodeErrors::new(&bytes, strict(&errors), vm);
        let mut out = TextBuilder::with_capacity(bytes.len());
        let is_final = is_final.unwrap_or(true);
        let consumed = algorithms::decode_raw_unicode_escape(&bytes, is_final, &mut out, &mut handler)?;
        decoded(out, consumed, vm)
    }

    #[pyfunction("unicode_escape_encode(str, errors=None, /)")]
    fn unicode_escape_encode(text: Ref<Str>, _errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        let data = with_units!(text.view(), units => algorithms::encode_unicode_escape(units));
        encoded(&data, text.len(), vm)
    }

    #[pyfunction("raw_unicode_escape_encode(str, errors=None, /)")]
    fn raw_unicode_escape_encode(text: Ref<Str>, _errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        let data = with_units!(text.view(), units => algorithms::encode_raw_unicode_escape(units));
        encoded(&data, text.len(), vm)
    }

    #[pyfunction("escape_decode(data, errors=None, /)")]
    fn escape_decode(data: &Value, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        let bytes = bytes_or_text(data, vm)?;
        let result = algorithms::decode_bytes_escape(&bytes, strict(&errors));
        let (out, invalid) = result.map_err(|error| raise_text_error(&error, vm))?;
        warn_escape(invalid, true, vm)?;
        encoded(&out, bytes.len(), vm)
    }

    #[pyfunction("escape_encode(data, errors=None, /)")]
    fn escape_encode(data: Ref<pyrope_object::Bytes>, _errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        encoded(&algorithms::encode_bytes_escape(data.as_slice()), data.as_slice().len(), vm)
    }
}
