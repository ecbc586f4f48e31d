//! The codec objects, and conversion through them.

use std::borrow::Cow;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{BytesLike, OrNone};
use pyrope_object::{Header, PyResult, Raised, Ref, Str, Type, Value, Vm};
use pyrope_textual::codecs::{Cjk, CjkState, DecodeErrors, INCOMPLETE, Issue};
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
    let mut handler = PyEncodeErrors::new(text, errors, vm);
    handler.multibyte = true;
    with_units!(text.view(), units => codec.encode(units, state, is_final, &mut handler))
}

/// Why decoding ended.
pub struct Undecodable {
    pub raised: Raised,
    /// The end of the data was to blame, not what stands in it.
    pub at_end: bool,
}

impl From<Raised> for Undecodable {
    fn from(raised: Raised) -> Undecodable {
        Undecodable { raised, at_end: false }
    }
}

/// Remembers what the last issue was.
struct Noting<'a> {
    handler: PyDecodeErrors<'a>,
    at_end: bool,
}

impl DecodeErrors<TextBuilder> for Noting<'_> {
    type Error = Raised;

    fn handle(&mut self, issue: &Issue, out: &mut TextBuilder) -> PyResult<usize> {
        self.at_end = issue.reason == INCOMPLETE;
        self.handler.handle(issue, out)
    }
}

/// Decodes bytes; the text, and how many bytes it took.
pub fn decode(
    codec: Cjk,
    data: &[u8],
    state: &mut CjkState,
    errors: &str,
    is_final: bool,
    vm: &Vm,
) -> Result<(Ref<Str>, usize), Undecodable> {
    let mut handler = PyDecodeErrors::new(data, errors, vm);
    handler.multibyte = true;
    let mut noting = Noting { handler, at_end: false };
    let mut out = TextBuilder::with_capacity(data.len());
    match codec.decode(data, state, is_final, &mut out, &mut noting) {
        Ok(consumed) => Ok((out.finish(vm)?, consumed)),
        Err(raised) => Err(Undecodable { raised, at_end: noting.at_end }),
    }
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
        Ok(vm.tuple_of([vm.new_bytes(&data)?.into_value(), vm.int_from_usize(text.len())]).into_value())
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
        let mut state = self.codec.decoder_start();
        let (text, consumed) = decode(self.codec, &data, &mut state, errors, true, vm).map_err(|error| error.raised)?;
        Ok(vm.tuple_of([text.into_value(), vm.int_from_usize(consumed)]).into_value())
    }
}
