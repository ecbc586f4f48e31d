//! Encoders and decoders of text streams: UTF-8, ASCII and Latin-1 without objects, all others through `codecs`.

use pyrope_object::{BuiltinType as B, Bytes, Guarded, PyResult, Raised, Ref, Str, StrView, Value, Vm};
use pyrope_textual::codecs::{
    DecodeErrors, EncodeErrors, Issue, Replacement, Standard, decode_ascii, decode_latin1, decode_utf8, encode_ascii,
    encode_latin1, encode_utf8,
};
use pyrope_textual::unicode;

use super::newline::decoder_state;

/// An encoding with a native path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Native {
    Utf8,
    Ascii,
    Latin1,
}

impl Native {
    /// By any of the common spellings.
    pub fn from_name(name: &str) -> Option<Native> {
        let plain: String = name.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
        Some(match plain.as_str() {
            "utf-8" | "utf8" | "u8" | "cp65001" => Native::Utf8,
            "ascii" | "us-ascii" | "646" => Native::Ascii,
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" => Native::Latin1,
            _ => return None,
        })
    }
}

/// How a stream's bytes become text.
pub(super) enum Decoder {
    /// With bytes that are not a whole character yet.
    Native(Native, Standard, Guarded<Vec<u8>>),
    Python(Value),
}

/// How text becomes a stream's bytes.
#[derive(Clone)]
pub(super) enum Encoder {
    Native(Native, Standard),
    Python(Value),
}

struct Handler<'a> {
    handler: Standard,
    input: &'a [u8],
    vm: &'a Vm,
}

impl DecodeErrors<Vec<u32>> for Handler<'_> {
    type Error = Raised;

    fn handle(&mut self, issue: &Issue, out: &mut Vec<u32>) -> Result<usize, Raised> {
        match self.handler.decode(self.input, issue) {
            Some((text, next)) => {
                out.extend(text);
                Ok(next)
            }
            None => {
                let args = [
                    self.vm.intern(issue.encoding).into_value(),
                    self.vm.new_bytes(self.input)?.into_value(),
                    self.vm.int_from_usize(issue.start),
                    self.vm.int_from_usize(issue.end),
                    self.vm.new_str(issue.reason).into_value(),
                ];
                Err(self.vm.raise_with(B::UnicodeDecodeError, &args))
            }
        }
    }
}

struct EncodeHandler<'a> {
    handler: Standard,
    text: &'a [u32],
    object: &'a Value,
    vm: &'a Vm,
}

impl EncodeErrors for EncodeHandler<'_> {
    type Error = Raised;

    fn handle(&mut self, issue: &Issue) -> Result<(Replacement, usize), Raised> {
        match self.handler.encode(self.text, issue, unicode::name) {
            Some(answer) => Ok(answer),
            None => Err(self.fail(issue)),
        }
    }

    fn fail(&mut self, issue: &Issue) -> Raised {
        let args = [
            self.vm.intern(issue.encoding).into_value(),
            self.object.clone(),
            self.vm.int_from_usize(issue.start),
            self.vm.int_from_usize(issue.end),
            self.vm.new_str(issue.reason).into_value(),
        ];
        self.vm.raise_with(B::UnicodeEncodeError, &args)
    }
}

impl Decoder {
    /// Decodes a further piece.
    pub fn decode(&self, input: &[u8], last: bool, vm: &Vm) -> PyResult<Ref<Str>> {
        match self {
            Decoder::Native(native, handler, pending) => decode_native(*native, *handler, pending, input, last, vm),
            Decoder::Python(decoder) => {
                let bytes = vm.new_bytes(input)?.into_value();
                let text = vm.call_method(decoder, "decode", &[bytes, Value::bool(last)])?;
                text.cast::<Str>().ok_or_else(|| {
                    vm.type_error(format!("decoder should return a string result, not '{}'", vm.type_name(&text)))
                })
            }
        }
    }

    /// Bytes that wait for more, and the decoder's flags.
    pub fn state(&self, vm: &Vm) -> PyResult<(Vec<u8>, u64)> {
        match self {
            Decoder::Native(_, _, pending) => Ok((pending.get(), 0)),
            Decoder::Python(decoder) => {
                let (buffer, flags) = decoder_state(decoder, vm)?;
                match buffer.downcast::<Bytes>() {
                    Some(bytes) => Ok((bytes.as_slice().to_vec(), flags)),
                    None => Err(vm.type_error(format!(
                        "illegal decoder state: the first item should be a bytes object, not '{}'",
                        vm.type_name(&buffer)
                    ))),
                }
            }
        }
    }

    /// Goes back to a state.
    pub fn set_state(&self, buffer: &[u8], flags: u64, vm: &Vm) -> PyResult<()> {
        match self {
            Decoder::Native(_, _, pending) => {
                pending.set(buffer.to_vec());
                Ok(())
            }
            Decoder::Python(decoder) => {
                let state = vec![vm.new_bytes(buffer)?.into_value(), vm.int_from_u64(flags)];
                vm.call_method(decoder, "setstate", &[vm.new_tuple(state).into_value()]).map(drop)
            }
        }
    }

    /// Forgets all.
    pub fn reset(&self, vm: &Vm) -> PyResult<()> {
        match self {
            Decoder::Native(_, _, pending) => {
                pending.set(Vec::new());
                Ok(())
            }
            Decoder::Python(decoder) => vm.call_method(decoder, "reset", &[]).map(drop),
        }
    }
}

fn decode_native(
    native: Native,
    handler: Standard,
    pending: &Guarded<Vec<u8>>,
    input: &[u8],
    last: bool,
    vm: &Vm,
) -> PyResult<Ref<Str>> {
    let mut joined = pending.take();
    let input = if joined.is_empty() {
        input
    } else {
        joined.extend_from_slice(input);
        joined.as_slice()
    };
    match native {
        Native::Latin1 => return vm.str_from_latin1(input),
        _ if input.is_ascii() => return vm.str_from_latin1(input),
        Native::Utf8 => {
            if let Ok(text) = std::str::from_utf8(input) {
                return vm.try_str(text);
            }
        }
        Native::Ascii => {}
    }
    let mut out: Vec<u32> = Vec::with_capacity(input.len());
    let mut errors = Handler { handler, input, vm };
    let used = match native {
        Native::Utf8 => decode_utf8(input, last, &mut out, &mut errors)?,
        Native::Ascii => {
            decode_ascii(input, &mut out, &mut errors)?;
            input.len()
        }
        Native::Latin1 => {
            decode_latin1(input, &mut out);
            input.len()
        }
    };
    pending.set(input[used.min(input.len())..].to_vec());
    vm.str_from_code_points(&out)
}

impl Encoder {
    /// The bytes of a text.
    pub fn encode(&self, text: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
        match self {
            Encoder::Native(native, handler) => encode_native(*native, *handler, text, vm),
            Encoder::Python(encoder) => {
                let bytes = vm.call_method(encoder, "encode", std::slice::from_ref(text))?;
                match bytes.downcast::<Bytes>() {
                    Some(bytes) => Ok(bytes.as_slice().to_vec()),
                    None => Err(
                        vm.type_error(format!("encoder should return a bytes object, not '{}'", vm.type_name(&bytes)))
                    ),
                }
            }
        }
    }

    /// Sets the encoder to the start of a stream (so that it writes a mark) or past it.
    pub fn set_start(&self, at_start: bool, vm: &Vm) -> PyResult<()> {
        match self {
            Encoder::Native(..) => Ok(()),
            Encoder::Python(encoder) if at_start => vm.call_method(encoder, "reset", &[]).map(drop),
            Encoder::Python(encoder) => vm.call_method(encoder, "setstate", &[vm.int(0)]).map(drop),
        }
    }
}

fn encode_native(native: Native, handler: Standard, value: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    let Some(text) = value.downcast::<Str>() else { return Err(vm.type_error("encoder needs a str")) };
    match (native, text.view()) {
        (_, StrView::Ascii(ascii)) => return Ok(ascii.as_bytes().to_vec()),
        (Native::Latin1, StrView::Latin1(units)) => return Ok(units.to_vec()),
        (Native::Utf8, _) => {
            if let Some(utf8) = text.to_utf8() {
                return Ok(utf8.into_owned().into_bytes());
            }
        }
        _ => {}
    }
    let points: Vec<u32> = text.code_points().collect();
    let mut errors = EncodeHandler { handler, text: &points, object: value, vm };
    match native {
        Native::Utf8 => encode_utf8(&points, &mut errors),
        Native::Ascii => encode_ascii(&points, &mut errors),
        Native::Latin1 => encode_latin1(&points, &mut errors),
    }
}

/// What a stream's encoding and error handler ask for: a native path, or a `CodecInfo`.
pub(super) enum Codec {
    Native(Native, Standard),
    Python(Value),
}

/// Finds the codec; LookupError if there is none, or it is not for text.
pub(super) fn find_codec(encoding: &str, errors: &str, vm: &Vm) -> PyResult<Codec> {
    if let (Some(native), Some(handler)) = (Native::from_name(encoding), Standard::from_name(errors)) {
        return Ok(Codec::Native(native, handler));
    }
    let module = vm.import("codecs")?;
    let info = vm.call_method(&module, "lookup", &[vm.try_str(encoding)?.into_value()])?;
    if let Some(is_text) = vm.find_attr_str(&info, "_is_text_encoding")?
        && !vm.is_true(&is_text)?
    {
        return Err(vm.lookup_error(format!("'{encoding}' is not a text encoding")));
    }
    Ok(Codec::Python(info))
}

impl Codec {
    /// A decoder that begins afresh.
    pub fn decoder(&self, errors: &str, vm: &Vm) -> PyResult<Decoder> {
        match self {
            Codec::Native(native, handler) => Ok(Decoder::Native(*native, *handler, Guarded::default())),
            Codec::Python(info) => {
                let errors = vm.try_str(errors)?.into_value();
                Ok(Decoder::Python(vm.call_method(info, "incrementaldecoder", &[errors])?))
            }
        }
    }

    /// An encoder that begins afresh.
    pub fn encoder(&self, errors: &str, vm: &Vm) -> PyResult<Encoder> {
        match self {
            Codec::Native(native, handler) => Ok(Encoder::Native(*native, *handler)),
            Codec::Python(info) => {
                let errors = vm.try_str(errors)?.into_value();
                Ok(Encoder::Python(vm.call_method(info, "incrementalencoder", &[errors])?))
            }
        }
    }
}
