//! Readers and writers of streams of bytes.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Signature, bind, full_type_name, unbound};
use pyrope_object::{Args, Bytes, Header, PyResult, Ref, Slots, Str, Type, Value, Vm};

use super::codec::{codec_of, text_of};
use super::incremental::{DecoderState, EncoderState, Errors, errors_argument, ignore_arguments, is_int};

const fn stream_and_errors(function: &'static str) -> Signature {
    Signature {
        function,
        names: &["stream", "errors"],
        posonly: 0,
        minpos: 1,
        maxpos: 2,
        minkw: 0,
        varargs: false,
        kwargs: false,
    }
}

/// The arguments of a constructor.
fn stream_arguments(signature: &'static Signature, args: Args<'_>, vm: &Vm) -> PyResult<(Value, Errors)> {
    let mut slots = [None; 2];
    bind(signature, args, &mut slots, vm)?;
    let [Some(stream), errors] = slots else { return Err(unbound(signature.function, vm)) };
    Ok((stream.clone(), Errors::new(errors_argument(errors, signature.function, 2, vm)?)))
}

#[pyclass(
    name = "MultibyteStreamReader", module = "_multibytecodec", doc = "", flags(BASETYPE, GC),
    methods(MultibyteStreamReader::METHODS), getset(MultibyteStreamReader::GETSETS), slots = READER_SLOTS
)]
#[derive(Traverse)]
pub struct MultibyteStreamReader {
    header: Header,
    #[traverse(skip)]
    state: DecoderState,
    errors: Errors,
    stream: Value,
}

const READER_SLOTS: Slots = Slots { new: Some(reader_new), init: Some(ignore_arguments), ..Slots::EMPTY };
static READER_NEW: Signature = stream_and_errors("StreamReader");

fn reader_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let (stream, errors) = stream_arguments(&READER_NEW, args, vm)?;
    let state = DecoderState::new(codec_of(class, vm)?);
    Ok(Ref::new_in(vm, class, MultibyteStreamReader { header: Header::blank(), state, errors, stream }).into_value())
}

impl MultibyteStreamReader {
    /// Reads by a method of the stream until there is text, or no more of it.
    fn read_by(&self, method: &str, size: Option<isize>, vm: &Vm) -> PyResult<Ref<Str>> {
        if size == Some(0) {
            return Ok(vm.new_str(""));
        }
        let mut size = size;
        loop {
            let arguments: Vec<Value> = size.map(|size| vm.int(size as i64)).into_iter().collect();
            let data = vm.call_method(&self.stream, method, &arguments)?;
            let Some(data) = data.downcast::<Bytes>() else {
                let kind = full_type_name(&data, vm);
                return Err(vm.type_error(format!("stream function returned a non-bytes object ({kind})")));
            };
            let at_end = data.as_slice().is_empty() || size.is_none();
            let text = self.state.decode(data.as_slice(), &self.errors.name(), at_end, false, vm)?;
            if at_end || !text.is_empty() {
                return Ok(text);
            }
            size = Some(1);
        }
    }
}

/// A size that may be absent, None or negative: all there is.
fn size_argument(size: Option<&Value>, vm: &Vm) -> PyResult<Option<isize>> {
    match size.filter(|size| !size.is_none()) {
        None => Ok(None),
        Some(size) if is_int(size) => Ok(Some(vm.index_isize(size)?).filter(|&size| size >= 0)),
        Some(_) => Err(vm.type_error("arg 1 must be an integer")),
    }
}

#[pymethods]
impl MultibyteStreamReader {
    #[method("read($self, sizeobj=None, /)")]
    fn read(&self, size: Option<&Value>, vm: &Vm) -> PyResult<Ref<Str>> {
        self.read_by("read", size_argument(size, vm)?, vm)
    }

    #[method("readline($self, sizeobj=None, /)")]
    fn readline(&self, size: Option<&Value>, vm: &Vm) -> PyResult<Ref<Str>> {
        self.read_by("readline", size_argument(size, vm)?, vm)
    }

    #[method("readlines($self, sizehintobj=None, /)")]
    fn readlines(&self, size_hint: Option<&Value>, vm: &Vm) -> PyResult {
        let text = self.read_by("read", size_argument(size_hint, vm)?, vm)?;
        vm.call_method(&text.into_value(), "splitlines", &[Value::bool(true)])
    }

    #[method("reset($self, /)")]
    fn reset(&self) {
        self.state.reset();
    }

    #[getter]
    #[member]
    fn stream(&self) -> Value {
        self.stream.clone()
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

#[pyclass(
    name = "MultibyteStreamWriter", module = "_multibytecodec", doc = "", flags(BASETYPE, GC),
    methods(MultibyteStreamWriter::METHODS), getset(MultibyteStreamWriter::GETSETS), slots = WRITER_SLOTS
)]
#[derive(Traverse)]
pub struct MultibyteStreamWriter {
    header: Header,
    #[traverse(skip)]
    state: EncoderState,
    errors: Errors,
    stream: Value,
}

const WRITER_SLOTS: Slots = Slots { new: Some(writer_new), init: Some(ignore_arguments), ..Slots::EMPTY };
static WRITER_NEW: Signature = stream_and_errors("StreamWriter");

fn writer_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let (stream, errors) = stream_arguments(&WRITER_NEW, args, vm)?;
    let state = EncoderState::new(codec_of(class, vm)?);
    Ok(Ref::new_in(vm, class, MultibyteStreamWriter { header: Header::blank(), state, errors, stream }).into_value())
}

impl MultibyteStreamWriter {
    fn write_encoded(&self, text: &Ref<Str>, vm: &Vm) -> PyResult<()> {
        let data = self.state.encode(text, &self.errors.name(), false, vm)?;
        vm.call_method(&self.stream, "write", &[vm.new_bytes(&data)?.into_value()]).map(drop)
    }
}

#[pymethods]
impl MultibyteStreamWriter {
    #[method("write($self, strobj, /)")]
    fn write(&self, text: &Value, vm: &Vm) -> PyResult<()> {
        self.write_encoded(&text_of(text, vm)?, vm)
    }

    #[method("writelines($self, lines, /)")]
    fn writelines(&self, lines: &Value, vm: &Vm) -> PyResult<()> {
        if lines.ty(vm).slots().sq_item.is_none() {
            return Err(vm.type_error("arg must be a sequence object"));
        }
        let mut index = 0;
        while index < vm.len(lines)? {
            let line = vm.get_item(lines, &vm.int_from_usize(index))?;
            self.write(&line, vm)?;
            index += 1;
        }
        Ok(())
    }

    #[method("reset($self, /)")]
    fn reset(&self, vm: &Vm) -> PyResult<()> {
        // As in CPython, what the codec remembers counts only if there is something pending.
        if !self.state.has_pending() {
            return Ok(());
        }
        let data = self.state.encode(&vm.new_str(""), &self.errors.name(), true, vm);
        self.state.clear();
        let data = data?;
        if data.is_empty() {
            return Ok(());
        }
        vm.call_method(&self.stream, "write", &[vm.new_bytes(&data)?.into_value()]).map(drop)
    }

    #[getter]
    #[member]
    fn stream(&self) -> Value {
        self.stream.clone()
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
