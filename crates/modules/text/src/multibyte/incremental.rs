//! Incremental encoders and decoders: they keep what is incomplete until more comes.

use std::cell::Cell;

use dashu_int::{IBig, UBig};
use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{BytesLike, Signature, bind, full_type_name};
use pyrope_object::{Args, BuiltinType as B, Guarded, Header, Int, PyResult, Ref, Slots, Str, Tuple, Type, Value, Vm};
use pyrope_textual::codecs::{Cjk, CjkState};
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

/// What an encoder has not written yet because the next character may join it, and what the codec remembers.
pub struct EncoderState {
    pub codec: Cjk,
    pending: Guarded<Option<Ref<Str>>>,
    state: Cell<CjkState>,
}

impl EncoderState {
    pub fn new(codec: Cjk) -> EncoderState {
        EncoderState { codec, pending: Guarded::new(None), state: Cell::new(codec.encoder_start()) }
    }

    /// Encodes what is pending and `text`. After an error what was pending is so again.
    pub fn encode(&self, text: &Ref<Str>, errors: &str, is_final: bool, vm: &Vm) -> PyResult<Vec<u8>> {
        let text = match self.pending.get() {
            None => text.clone(),
            Some(pending) => {
                let mut joined = TextBuilder::with_capacity(pending.len() + text.len());
                joined.push_text(&pending);
                joined.push_text(text);
                joined.finish(vm)?
            }
        };
        let mut state = self.state.get();
        let result = encode(self.codec, &text, &mut state, errors, is_final, vm);
        self.state.set(state);
        let (data, consumed) = result?;
        let mut rest = TextBuilder::with_capacity(1);
        (consumed..text.len()).filter_map(|at| text.code_point(at)).for_each(|c| rest.push(c));
        let pending = if consumed < text.len() { Some(rest.finish(vm)?) } else { None };
        drop(self.pending.replace(pending));
        Ok(data)
    }

    pub fn has_pending(&self) -> bool {
        self.pending.with(|pending| pending.is_some())
    }

    /// Forgets what is pending.
    pub fn clear(&self) {
        drop(self.pending.take());
    }

    /// Goes back to the beginning; what would be written then is not.
    pub fn reset(&self) {
        let mut state = self.state.get();
        self.codec.reset_encoder(&mut state, &mut Vec::new());
        self.state.set(state);
        self.clear();
    }

    /// Count of pending UTF-8 bytes, these, and the codec's state, as a little-endian number.
    fn number(&self) -> IBig {
        let text = self.pending.get().map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
        let mut bytes = vec![text.len() as u8];
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&self.state.get());
        UBig::from_le_bytes(&bytes).into()
    }

    fn set_number(&self, number: &IBig, vm: &Vm) -> PyResult<()> {
        let bytes: [u8; 1 + MAX_ENCODER_PENDING + size_of::<CjkState>()] = unsigned_bytes(number, vm)?;
        let count = usize::from(bytes[0]);
        if count > MAX_ENCODER_PENDING {
            return Err(vm.raise(B::UnicodeError, "pending buffer too large"));
        }
        let (pending, rest) = bytes[1..].split_at(count);
        let pending = if count > 0 { Some(decode_strict(pending, vm)?) } else { None };
        let mut state = CjkState::default();
        state.copy_from_slice(&rest[..size_of::<CjkState>()]);
        self.state.set(state);
        drop(self.pending.replace(pending));
        Ok(())
    }
}

/// A number as so many little-endian bytes.
fn unsigned_bytes<const N: usize>(number: &IBig, vm: &Vm) -> PyResult<[u8; N]> {
    let Ok(number) = UBig::try_from(number.clone()) else {
        return Err(vm.overflow_error("can't convert negative int to unsigned"));
    };
    let given = number.to_le_bytes();
    let mut bytes = [0; N];
    let Some(place) = bytes.get_mut(..given.len()) else {
        return Err(vm.overflow_error("int too big to convert"));
    };
    place.copy_from_slice(&given);
    Ok(bytes)
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

/// What a decoder has not read yet because its rest is missing, and what the codec remembers.
pub struct DecoderState {
    codec: Cjk,
    pending: Guarded<Vec<u8>>,
    state: Cell<CjkState>,
}

impl DecoderState {
    pub fn new(codec: Cjk) -> DecoderState {
        DecoderState { codec, pending: Guarded::new(Vec::new()), state: Cell::new(codec.decoder_start()) }
    }

    /// Decodes what is pending and `data`. After an error nothing is pending, but what was so before if only the end of the
    /// data was to blame and `keeps`.
    pub fn decode(&self, data: &[u8], errors: &str, is_final: bool, keeps: bool, vm: &Vm) -> PyResult<Ref<Str>> {
        let pending = self.pending.take();
        let mut joined = pending.clone();
        joined.extend_from_slice(data);
        let mut state = self.state.get();
        let result = decode(self.codec, &joined, &mut state, errors, is_final, vm);
        self.state.set(state);
        let (text, consumed) = match result {
            Ok(done) => done,
            Err(error) => {
                if error.at_end && keeps {
                    self.pending.set(pending);
                }
                return Err(error.raised);
            }
        };
        let rest = &joined[consumed..];
        if rest.len() > MAX_DECODER_PENDING {
            return Err(not_kept(self.codec, rest, "pending buffer overflow", vm));
        }
        self.pending.set(rest.to_vec());
        Ok(text)
    }

    pub fn reset(&self) {
        let mut state = self.state.get();
        self.codec.reset_decoder(&mut state);
        self.state.set(state);
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
        self.state.decode(&data, &self.errors.name(), is_final, true, vm)
    }

    #[method("getstate($self, /)")]
    fn getstate(&self, vm: &Vm) -> PyResult {
        let pending = vm.new_bytes(&self.state.pending.get())?.into_value();
        let number = vm.int_from_big(UBig::from_le_bytes(&self.state.state.get()).into());
        Ok(vm.tuple_of([pending, number]).into_value())
    }

    #[method("setstate($self, state, /)")]
    fn setstate(&self, state: &Value, vm: &Vm) -> PyResult<()> {
        let Some(parts) = state.downcast::<Tuple>() else {
            let kind = full_type_name(state, vm);
            return Err(vm.type_error(format!("setstate() argument must be tuple, not {kind}")));
        };
        let parts = match parts.as_slice() {
            [pending, number] if is_int(number) => pending.downcast::<pyrope_object::Bytes>().zip(Some(number)),
            _ => None,
        };
        let Some((pending, number)) = parts else {
            return Err(vm.type_error("setstate(): illegal state argument"));
        };
        let state = unsigned_bytes(&vm.index_big(number)?, vm)?;
        if pending.as_slice().len() > MAX_DECODER_PENDING {
            return Err(not_kept(self.state.codec, pending.as_slice(), "pending buffer too large", vm));
        }
        self.state.pending.set(pending.as_slice().to_vec());
        self.state.state.set(state);
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

/// UnicodeDecodeError for more bytes than a decoder holds back.
fn not_kept(codec: Cjk, pending: &[u8], reason: &'static str, vm: &Vm) -> pyrope_object::Raised {
    let issue = pyrope_textual::codecs::Issue { encoding: codec.name(), start: 0, end: pending.len(), reason };
    match pyrope_types::text::codec::PyDecodeErrors::new(pending, "strict", vm).exception(&issue) {
        Ok(exception) => vm.raise_value(exception),
        Err(raised) => raised,
    }
}
