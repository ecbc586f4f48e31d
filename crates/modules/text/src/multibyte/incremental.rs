//! Incremental encoders and decoders: they keep what is incomplete until more comes.

use dashu_int::IBig;
use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{BytesLike, Signature, bind, full_type_name};
use pyrope_object::{Args, BuiltinType as B, Guarded, Header, Int, PyResult, Ref, Slots, Str, Tuple, Type, Value, Vm};
use pyrope_textual::codecs::Cjk;
use pyrope_types::text::TextBuilder;

use super::codec::{codec_of, decode, encode, text_of};

/// Bytes of UTF-8 that a state of an encoder may bring.
const MAX_ENCODER_PENDING: usize = 8;
/// Bytes that a decoder may hold back.
pub const MAX_DECODER_PENDING: usize = 8;

/// How to treat errors: the attribute `errors`, and what it decides.
#[derive(Traverse)]
pub struct Errors(Guarded<Option<Ref<Str>>>);

impl Errors {
    pub fn new(errors: Ref<Str>) -> Errors {
        Errors(Guarded::new(Some(errors)))
    }

    /// The name as Python sees it; `None` once the collector has cleared the object.
    pub fn get(&self) -> Option<Ref<Str>> {
        self.0.get()
    }

    pub fn name(&self) -> String {
        self.get().map_or_else(|| "strict".to_string(), |name| name.to_string_lossy().into_owned())
    }

    pub fn set(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.attribute_error("cannot delete attribute")) };
        match value.cast::<Str>() {
            Some(text) => {
                drop(self.0.replace(Some(text)));
                Ok(())
            }
            None => Err(vm.type_error("errors must be a string")),
        }
    }
}

/// A constructor's argument at a position: a string, `strict` if it is absent.
pub fn errors_argument(value: Option<&Value>, function: &str, position: usize, vm: &Vm) -> PyResult<Ref<Str>> {
    let Some(value) = value else { return Ok(vm.intern("strict")) };
    value.cast::<Str>().ok_or_else(|| {
        let kind = full_type_name(value, vm);
        vm.type_error(format!("{function}() argument {position} must be str, not {kind}"))
    })
}

pub fn is_int(value: &Value) -> bool {
    value.as_int().is_some() || value.downcast::<Int>().is_some()
}

/// Accepts whatever the constructor took.
pub fn ignore_arguments(_slf: &Value, _args: Args<'_>, _vm: &Vm) -> PyResult<()> {
    Ok(())
}

const fn errors_only(function: &'static str) -> Signature {
    Signature {
        function,
        names: &["errors"],
        posonly: 0,
        minpos: 0,
        maxpos: 1,
        minkw: 0,
        varargs: false,
        kwargs: false,
    }
}

/// What an encoder has not written yet because the next character may join it.
pub struct EncoderState {
    pub codec: Cjk,
    pending: Guarded<Vec<u32>>,
}

impl EncoderState {
    pub fn new(codec: Cjk) -> EncoderState {
        EncoderState { codec, pending: Guarded::new(Vec::new()) }
    }

    /// Encodes what is pending and `text`.
    pub fn encode(&self, text: &Ref<Str>, errors: &str, is_final: bool, vm: &Vm) -> PyResult<Vec<u8>> {
        let mut joined = TextBuilder::with_capacity(text.len());
        self.pending.take().into_iter().for_each(|c| joined.push(c));
        joined.push_text(text);
        let text = joined.finish(vm)?;
        let held = !is_final && text.len().checked_sub(1).is_some_and(|last| self.may_join(text.code_point(last)));
        if !held {
            return encode(self.codec, &text, errors, vm);
        }
        let last = text.len() - 1;
        let mut head = TextBuilder::with_capacity(last);
        (0..last).filter_map(|at| text.code_point(at)).for_each(|c| head.push(c));
        let data = encode(self.codec, &head.finish(vm)?, errors, vm)?;
        self.pending.set(text.code_point(last).into_iter().collect());
        Ok(data)
    }

    /// True of the two letters that big5hkscs writes together with a following accent.
    fn may_join(&self, code_point: Option<u32>) -> bool {
        self.codec == Cjk::Big5Hkscs && matches!(code_point, Some(0xCA | 0xEA))
    }

    pub fn reset(&self) {
        self.pending.set(Vec::new());
    }

    /// Count of pending UTF-8 bytes, these, and eight bytes of the codec's state (which these codecs do not have), as a
    /// little-endian number.
    fn number(&self) -> IBig {
        let text: String = self.pending.get().into_iter().filter_map(char::from_u32).collect();
        let mut bytes = vec![text.len() as u8];
        bytes.extend_from_slice(text.as_bytes());
        dashu_int::UBig::from_le_bytes(&bytes).into()
    }

    fn set_number(&self, state: &IBig, vm: &Vm) -> PyResult<()> {
        let Ok(state) = dashu_int::UBig::try_from(state.clone()) else {
            return Err(vm.raise(B::OverflowError, "can't convert negative int to unsigned"));
        };
        let bytes = state.to_le_bytes();
        let (count, rest) = bytes.split_first().map_or((0, &[][..]), |(&count, rest)| (usize::from(count), rest));
        let mut pending = rest.to_vec();
        if count > MAX_ENCODER_PENDING {
            return Err(vm.raise(B::UnicodeError, "pending buffer too large"));
        }
        pending.resize(count, 0);
        match String::from_utf8(pending) {
            Ok(text) => {
                self.pending.set(text.chars().map(u32::from).collect());
                Ok(())
            }
            Err(error) => decode_strict(error.as_bytes(), vm).map(drop),
        }
    }
}

/// Raises UnicodeDecodeError for bytes that are no UTF-8.
fn decode_strict(bytes: &[u8], vm: &Vm) -> PyResult<Ref<Str>> {
    pyrope_types::text::codec::decode_utf8(bytes, "strict", vm)
}

#[pyclass(
    name = "MultibyteIncrementalEncoder", module = "_multibytecodec", doc = "", flags(BASETYPE, GC),
    methods(MultibyteIncrementalEncoder::METHODS), getset(MultibyteIncrementalEncoder::GETSETS), slots = ENCODER_SLOTS
)]
#[derive(Traverse)]
pub struct MultibyteIncrementalEncoder {
    header: Header,
    #[traverse(skip)]
    state: EncoderState,
    errors: Errors,
}

const ENCODER_SLOTS: Slots = Slots { new: Some(encoder_new), init: Some(ignore_arguments), ..Slots::EMPTY };
static ENCODER_NEW: Signature = errors_only("IncrementalEncoder");

fn encoder_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut slots = [None];
    bind(&ENCODER_NEW, args, &mut slots, vm)?;
    let errors = Errors::new(errors_argument(slots[0], ENCODER_NEW.function, 1, vm)?);
    let state = EncoderState::new(codec_of(class, vm)?);
    Ok(Ref::new_in(vm, class, MultibyteIncrementalEncoder { header: Header::blank(), state, errors }).into_value())
}

#[pymethods]
impl MultibyteIncrementalEncoder {
    #[method("encode($self, /, input, final=False)")]
    fn encode(&self, input: &Value, is_final: bool, vm: &Vm) -> PyResult {
        let data = self.state.encode(&text_of(input, vm)?, &self.errors.name(), is_final, vm)?;
        Ok(vm.new_bytes(&data)?.into_value())
    }

    #[method("getstate($self, /)")]
    fn getstate(&self, vm: &Vm) -> Value {
        vm.int_from_big(self.state.number())
    }

    #[method("setstate($self, state, /)")]
    fn setstate(&self, state: &Value, vm: &Vm) -> PyResult<()> {
        if !is_int(state) {
            let kind = full_type_name(state, vm);
            return Err(vm.type_error(format!("setstate() argument must be int, not {kind}")));
        }
        self.state.set_number(&vm.index_big(state)?, vm)
    }

    #[method("reset($self, /)")]
    fn reset(&self) {
        self.state.reset();
    }

    /// how to treat errors
    #[getter]
    fn errors(&self) -> Option<Ref<Str>> {
        self.errors.get()
    }

    #[setter("errors")]
    fn set_errors(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.errors.set(value, vm)
    }
}

/// What a decoder has not read yet because its rest is missing.
pub struct DecoderState {
    codec: Cjk,
    pending: Guarded<Vec<u8>>,
}

impl DecoderState {
    pub fn new(codec: Cjk) -> DecoderState {
        DecoderState { codec, pending: Guarded::new(Vec::new()) }
    }

    /// Decodes what is pending and `data`. After an error what was pending is so again.
    pub fn decode(&self, data: &[u8], errors: &str, is_final: bool, vm: &Vm) -> PyResult<Ref<Str>> {
        let mut joined = self.pending.get();
        joined.extend_from_slice(data);
        let (text, consumed) = decode(self.codec, &joined, errors, is_final, vm)?;
        let rest = &joined[consumed..];
        if rest.len() > MAX_DECODER_PENDING {
            return Err(vm.raise(B::UnicodeError, "pending buffer overflow"));
        }
        self.pending.set(rest.to_vec());
        Ok(text)
    }

    pub fn reset(&self) {
        self.pending.set(Vec::new());
    }
}

#[pyclass(
    name = "MultibyteIncrementalDecoder", module = "_multibytecodec", doc = "", flags(BASETYPE, GC),
    methods(MultibyteIncrementalDecoder::METHODS), getset(MultibyteIncrementalDecoder::GETSETS), slots = DECODER_SLOTS
)]
#[derive(Traverse)]
pub struct MultibyteIncrementalDecoder {
    header: Header,
    #[traverse(skip)]
    state: DecoderState,
    errors: Errors,
}

const DECODER_SLOTS: Slots = Slots { new: Some(decoder_new), init: Some(ignore_arguments), ..Slots::EMPTY };
static DECODER_NEW: Signature = errors_only("IncrementalDecoder");

fn decoder_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut slots = [None];
    bind(&DECODER_NEW, args, &mut slots, vm)?;
    let errors = Errors::new(errors_argument(slots[0], DECODER_NEW.function, 1, vm)?);
    let state = DecoderState::new(codec_of(class, vm)?);
    Ok(Ref::new_in(vm, class, MultibyteIncrementalDecoder { header: Header::blank(), state, errors }).into_value())
}

#[pymethods]
impl MultibyteIncrementalDecoder {
    #[method("decode($self, /, input, final=False)")]
    fn decode(&self, input: BytesLike<'_>, is_final: bool, vm: &Vm) -> PyResult<Ref<Str>> {
        let data = input.to_cow();
        self.state.decode(&data, &self.errors.name(), is_final, vm)
    }

    #[method("getstate($self, /)")]
    fn getstate(&self, vm: &Vm) -> PyResult {
        let pending = vm.new_bytes(&self.state.pending.get())?.into_value();
        Ok(vm.new_tuple(vec![pending, vm.int(0)]).into_value())
    }

    #[method("setstate($self, state, /)")]
    fn setstate(&self, state: &Value, vm: &Vm) -> PyResult<()> {
        let Some(parts) = state.downcast::<Tuple>() else {
            let kind = full_type_name(state, vm);
            return Err(vm.type_error(format!("setstate() argument must be tuple, not {kind}")));
        };
        let pending = match parts.as_slice() {
            [pending, number] if is_int(number) => pending.downcast::<pyrope_object::Bytes>(),
            _ => None,
        };
        let Some(pending) = pending else {
            return Err(vm.type_error("setstate(): illegal state argument"));
        };
        if pending.as_slice().len() > MAX_DECODER_PENDING {
            return Err(too_large(self.state.codec, pending.as_slice(), vm));
        }
        self.state.pending.set(pending.as_slice().to_vec());
        Ok(())
    }

    #[method("reset($self, /)")]
    fn reset(&self) {
        self.state.reset();
    }

    /// how to treat errors
    #[getter]
    fn errors(&self) -> Option<Ref<Str>> {
        self.errors.get()
    }

    #[setter("errors")]
    fn set_errors(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.errors.set(value, vm)
    }
}

fn too_large(codec: Cjk, pending: &[u8], vm: &Vm) -> pyrope_object::Raised {
    let issue = pyrope_textual::codecs::Issue {
        encoding: codec.name(),
        start: 0,
        end: pending.len(),
        reason: "pending buffer too large",
    };
    match pyrope_types::text::codec::PyDecodeErrors::new(pending, "strict", vm).exception(&issue) {
        Ok(exception) => vm.raise_value(exception),
        Err(raised) => raised,
    }
}
