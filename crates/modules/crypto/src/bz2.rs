//! `_bz2`: compression by the Burrows-Wheeler transform.

use std::cell::Cell;

use bzip2::{Action, Compress, Compression, Decompress, Status};
use pyrope_object::args::{ArgName, FromArg};
use pyrope_object::bind::{BytesLike, check_positional};
use pyrope_object::layout::Bytes;
use pyrope_object::{Args, Guarded, Header, ModuleDef, Object, PyResult, Raised, Ref, Slots, Type, Vm};

use crate::feed::{Feed, Run};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_bz2",
    doc: "",
    functions: &[],
    types: &[<Bz2Compressor as Object>::def, <Bz2Decompressor as Object>::def],
    exec: None,
};

/// Room for output is made in steps of at least this many bytes.
const CHUNK: usize = 32 * 1024;

enum Failure {
    Memory,
    Stream(bzip2::Error),
}

impl Failure {
    #[cold]
    fn raise(self, vm: &Vm) -> Raised {
        match self {
            Failure::Memory => vm.memory_error(),
            Failure::Stream(bzip2::Error::Sequence) => {
                vm.runtime_error("Internal error - Invalid sequence of commands sent to libbzip2")
            }
            Failure::Stream(bzip2::Error::Param) => {
                vm.value_error("Internal error - invalid parameters passed to libbzip2")
            }
            Failure::Stream(_) => vm.raise(pyrope_object::BuiltinType::OSError, "Invalid data stream"),
        }
    }
}

/// Makes `output` longer by `room` zeros.
fn extend(output: &mut Vec<u8>, room: usize) -> Result<(), Failure> {
    output.try_reserve(room).map_err(|_| Failure::Memory)?;
    output.resize(output.len() + room, 0);
    Ok(())
}

/// Compresses all of `input`, to the end of the stream if it is finished.
fn compress(stream: &mut Compress, mut input: &[u8], finish: bool) -> Result<Vec<u8>, Failure> {
    let mut output = Vec::new();
    let mut room = CHUNK;
    while finish || !input.is_empty() {
        let start = output.len();
        extend(&mut output, room)?;
        let (taken, given) = (stream.total_in(), stream.total_out());
        let action = if finish { Action::Finish } else { Action::Run };
        let status = stream.compress(input, &mut output[start..], action).map_err(Failure::Stream)?;
        input = input.get((stream.total_in() - taken) as usize..).unwrap_or_default();
        output.truncate(start + (stream.total_out() - given) as usize);
        if status == Status::StreamEnd {
            break;
        }
        room = (room * 2).min(64 * 1024 * 1024);
    }
    Ok(output)
}

/// Create a compressor object for compressing data incrementally.
///
///   compresslevel
///     Compression level, as a number between 1 and 9.
///
/// For one-shot compression, use the compress() function instead.
#[pyrope_macros::pyclass(
    name = "BZ2Compressor", module = "_bz2", signature = "(compresslevel=9, /)", methods(Bz2Compressor::METHODS),
    slots = COMPRESSOR_SLOTS
)]
struct Bz2Compressor {
    header: Header,
    /// Gone once flushed.
    stream: Guarded<Option<Compress>>,
}

const COMPRESSOR_SLOTS: Slots = Slots { new: Some(new_compressor), ..Slots::EMPTY };

fn new_compressor(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let level = match check_positional("BZ2Compressor", args, 0, 1, vm)? {
        [level] => i32::from_arg(level, &ArgName { function: "BZ2Compressor", argument: "argument".into() }, vm)?,
        _ => 9,
    };
    let Some(level) = u32::try_from(level).ok().filter(|level| (1..=9).contains(level)) else {
        return Err(vm.value_error("compresslevel must be between 1 and 9"));
    };
    let stream = Guarded::new(Some(Compress::new(Compression::new(level), 0)));
    Ok(Ref::new(vm, Bz2Compressor { header: Header::blank(), stream }).into_value())
}

#[pyrope_macros::pymethods]
impl Bz2Compressor {
    /// Provide data to the compressor object.
    ///
    /// Returns a chunk of compressed data if possible, or b'' otherwise.
    ///
    /// When you have finished providing data to the compressor, call the
    /// flush() method to finish the compression process.
    #[method("compress($self, data, /)")]
    fn compress(&self, data: BytesLike<'_>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let data = data.to_cow();
        match self.stream.with_mut(|stream| stream.as_mut().map(|stream| compress(stream, &data, false))) {
            None => Err(vm.value_error("Compressor has been flushed")),
            Some(Ok(output)) => vm.new_bytes(&output),
            Some(Err(failure)) => Err(failure.raise(vm)),
        }
    }

    /// Finish the compression process.
    ///
    /// Returns the compressed data left in internal buffers.
    ///
    /// The compressor object may not be used after this method is called.
    #[method("flush($self, /)")]
    fn flush(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let Some(mut stream) = self.stream.take() else { return Err(vm.value_error("Repeated call to flush()")) };
        match compress(&mut stream, b"", true) {
            Ok(output) => vm.new_bytes(&output),
            Err(failure) => Err(failure.raise(vm)),
        }
    }
}

/// Decompresses until the input is used up, the stream ends, or `limit` bytes have come out.
fn decompress(stream: &mut Decompress, input: &[u8], limit: Option<usize>) -> Result<Run, Failure> {
    let mut run = Run { output: Vec::new(), consumed: 0, ended: false };
    let mut chunk = CHUNK;
    loop {
        let start = run.output.len();
        let room = limit.map_or(chunk, |limit| chunk.min(limit.saturating_sub(start)));
        if room == 0 {
            return Ok(run);
        }
        extend(&mut run.output, room)?;
        let (taken, given) = (stream.total_in(), stream.total_out());
        let rest = input.get(run.consumed..).unwrap_or_default();
        let status = stream.decompress(rest, &mut run.output[start..]).map_err(Failure::Stream)?;
        let (taken, given) = ((stream.total_in() - taken) as usize, (stream.total_out() - given) as usize);
        run.consumed += taken;
        run.output.truncate(start + given);
        if status == Status::StreamEnd {
            run.ended = true;
            return Ok(run);
        }
        if given < room && run.consumed >= input.len() || taken == 0 && given == 0 {
            return Ok(run);
        }
        chunk = (chunk * 2).min(64 * 1024 * 1024);
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
/// For one-shot decompression, use the decompress() function instead.
#[pyrope_macros::pyclass(
    name = "BZ2Decompressor", module = "_bz2", signature = "()", methods(Bz2Decompressor::METHODS),
    getset(Bz2Decompressor::GETSETS), slots = DECOMPRESSOR_SLOTS
)]
struct Bz2Decompressor {
    header: Header,
    stream: Guarded<Decompress>,
    feed: Feed,
    /// The data was wrong: the stream's state is not to be relied on.
    broken: Cell<bool>,
}

const DECOMPRESSOR_SLOTS: Slots = Slots { new: Some(new_decompressor), ..Slots::EMPTY };

fn new_decompressor(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    check_positional("BZ2Decompressor", args, 0, 0, vm)?;
    let object = Bz2Decompressor {
        header: Header::blank(),
        stream: Guarded::new(Decompress::new(false)),
        feed: Feed::new(),
        broken: Cell::new(false),
    };
    Ok(Ref::new(vm, object).into_value())
}

#[pyrope_macros::pymethods]
impl Bz2Decompressor {
    /// Decompress *data*, returning uncompressed data as bytes.
    ///
    /// If *max_length* is nonnegative, returns at most *max_length* bytes of
    /// decompressed data. If this limit is reached and further output can be
    /// produced, *self.needs_input* will be set to ``False``. In this case, the next
    /// call to *decompress()* may provide *data* as b'' to obtain more of the output.
    ///
    /// If all of the input data was decompressed and returned (either because this
    /// was less than *max_length* bytes, or because *max_length* was negative),
    /// *self.needs_input* will be set to True.
    ///
    /// Attempting to decompress data after the end of stream is reached raises an
    /// EOFError.  Any data found after the end of the stream is ignored and saved in
    /// the unused_data attribute.
    #[method("decompress($self, /, data, max_length=-1)")]
    fn decompress(&self, data: BytesLike<'_>, max_length: isize, vm: &Vm) -> PyResult<Ref<Bytes>> {
        if self.feed.eof() {
            return Err(vm.eof_error("End of stream already reached"));
        }
        if self.broken.get() {
            return Err(vm.value_error("Decompressor is unusable after a previous error"));
        }
        let input = self.feed.input(&data);
        let limit = usize::try_from(max_length).ok();
        let run = match self.stream.with_mut(|stream| decompress(stream, &input, limit)) {
            Ok(run) => run,
            Err(failure) => {
                self.broken.set(true);
                self.feed.stop();
                return Err(failure.raise(vm));
            }
        };
        self.feed.settle(input, &run, limit);
        vm.new_bytes(&run.output)
    }

    /// True if the end-of-stream marker has been reached.
    #[getter]
    #[member]
    fn eof(&self) -> bool {
        self.feed.eof()
    }

    /// Data found after the end of the compressed stream.
    #[getter]
    #[member]
    fn unused_data(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        self.feed.unused_data(vm)
    }

    /// True if more input is needed before more decompressed data can be produced.
    #[getter]
    #[member]
    fn needs_input(&self) -> bool {
        self.feed.needs_input()
    }
}
