//! The codec objects, and conversion through them.

use std::borrow::Cow;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{BytesLike, OrNone};
use pyrope_object::{Header, PyResult, Ref, Str, Type, Value, Vm};
use pyrope_textual::codecs::{Cjk, CjkState};
use pyrope_types::text::TextBuilder;
use pyrope_types::text::codec::{PyDecodeErrors, PyEncodeErrors};

#[pyclass(
    name = "MultibyteCodec",
    module = "_multibytecodec",
    doc = "",
    flags(DISALLOW_INSTANTIATION),
    methods(MultibyteCodec::METHODS)
)]
#[derive(Traverse)]
pub struct MultibyteCodec {
    header: Header,
    #[traverse(skip)]
    pub codec: Cjk,
}

impl MultibyteCodec {
    pub fn make(codec: Cjk, vm: &Vm) -> Ref<MultibyteCodec> {
        Ref::new(vm, MultibyteCodec { header: Header::blank(), codec })
    }
}

/// The attribute `codec` of a class.
pub fn codec_of(class: &Type, vm: &Vm) -> PyResult<Cjk> {
    let codec = vm.get_attr_str(&class.to_value(), "codec")?;
    match codec.downcast::<MultibyteCodec>() {
        Some(codec) => Ok(codec.codec),
        None => Err(vm.type_error("codec is unexpected type")),
    }
}

/// Encodes text; the bytes, and how many characters they stand for: all if `is_final`.
pub fn encode(
    codec: Cjk,
    text: &Ref<Str>,
    state: &mut CjkState,
    errors: &str,
    is_final: bool,
    vm: &Vm,
) -> PyResult<(Vec<u8>, usize)> {
    let mut handler = PyEncodeErrors { multibyte: true, ..PyEncodeErrors::new(text, errors, vm) };
    with_units!(text.view(), units => codec.encode(units, state, is_final, &mut handler))
}

/// Decodes bytes; the text, and how many bytes it took.
pub fn decode(
    codec: Cjk,
    data: &[u8],
    state: &mut CjkState,
    errors: &str,
    is_final: bool,
    vm: &Vm,
) -> PyResult<(Ref<Str>, usize)> {
    let mut handler = PyDecodeErrors { multibyte: true, ..PyDecodeErrors::new(data, errors, vm) };
    let mut out = TextBuilder::with_capacity(data.len());
    let consumed = codec.decode(data, state, is_final, &mut out, &mut handler)?;
    Ok((out.finish(vm)?, consumed))
}

/// A text, or an object as text.
pub fn text_of(input: &Value, vm: &Vm) -> PyResult<Ref<Str>> {
    match input.cast::<Str>() {
        Some(text) => Ok(text),
        None => vm.str(input),
    }
}

#[pymethods]
impl MultibyteCodec {
    /// Return an encoded string version of 'input'.
    ///
    /// 'errors' may be given to set a different error handling scheme.
    /// Default is 'strict' meaning that encoding errors raise
    /// a UnicodeEncodeError.  Other possible values are 'ignore', 'replace'
    /// and 'xmlcharrefreplace' as well as any other name registered with
    /// codecs.register_error that can handle UnicodeEncodeErrors.
    #[method("encode($self, /, input, errors=None)")]
    fn encode(&self, input: &Value, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        let text = text_of(input, vm)?;
        let errors = errors.0.as_deref().unwrap_or("strict");
        let (data, _) = encode(self.codec, &text, &mut self.codec.encoder_start(), errors, true, vm)?;
        Ok(vm.new_tuple(vec![vm.new_bytes(&data)?.into_value(), vm.int_from_usize(text.len())]).into_value())
    }

    /// Decodes 'input'.
    ///
    /// 'errors' may be given to set a different error handling scheme.
    /// Default is 'strict' meaning that encoding errors raise
    /// a UnicodeDecodeError.  Other possible values are 'ignore' and
    /// 'replace' as well as any other name registered with
    /// codecs.register_error that is able to handle UnicodeDecodeErrors."
    #[method("decode($self, /, input, errors=None)")]
    fn decode(&self, input: BytesLike<'_>, errors: OrNone<Cow<'_, str>>, vm: &Vm) -> PyResult {
        let data = input.to_cow();
        let errors = errors.0.as_deref().unwrap_or("strict");
        let (text, consumed) = decode(self.codec, &data, &mut self.codec.decoder_start(), errors, true, vm)?;
        Ok(vm.new_tuple(vec![text.into_value(), vm.int_from_usize(consumed)]).into_value())
    }
}
