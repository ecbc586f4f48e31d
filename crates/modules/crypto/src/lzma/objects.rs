//! The objects that compress and decompress piece by piece.

use std::cell::Cell;

use liblzma::stream::{Action, Check, Error, LzmaOptions, Status, Stream};
use pyrope_object::args::{ArgName, FromArg};
use pyrope_object::bind::{BytesLike, Signature, bind};
use pyrope_object::layout::Bytes;
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Type, Value, Vm};

use super::filters::{self, Filter, LZMA1};
use super::{CHECK_NONE, CHECK_UNKNOWN, FORMAT_ALONE, FORMAT_AUTO, FORMAT_RAW, FORMAT_XZ, failed};
use crate::feed::{Feed, Run};
use crate::given;

/// Room for output is made in steps of at least this many bytes.
const CHUNK: usize = 32 * 1024;
const LARGEST_CHUNK: usize = 64 * 1024 * 1024;

/// The first bytes of an .xz stream; its kind of check stands in the eighth byte.
const XZ_MAGIC: [u8; 6] = [0xFD, b'7', b'z', b'X', b'Z', 0];

/// An integrity check by its number.
pub(super) fn check_of(id: i64) -> Option<Check> {
    Some(match id {
        0 => Check::None,
        1 => Check::Crc32,
        4 => Check::Crc64,
        10 => Check::Sha256,
        _ => return None,
    })
}

/// Feeds `input` until it is used up and all output is out, the stream ends, or `limit` bytes have come out.
fn run(stream: &mut Stream, input: &[u8], action: Action, limit: Option<usize>) -> Result<Run, Error> {
    let mut run = Run { output: Vec::new(), consumed: 0, ended: false };
    let mut chunk = CHUNK;
    loop {
        let start = run.output.len();
        let room = limit.map_or(chunk, |limit| chunk.min(limit.saturating_sub(start)));
        if room == 0 {
            return Ok(run);
        }
        run.output.try_reserve(room).map_err(|_| Error::Mem)?;
        run.output.resize(start + room, 0);
        let (taken, given) = (stream.total_in(), stream.total_out());
        let rest = input.get(run.consumed..).unwrap_or_default();
        let status = stream.process(rest, &mut run.output[start..], action);
        let (taken, given) = ((stream.total_in() - taken) as usize, (stream.total_out() - given) as usize);
        run.consumed += taken;
        run.output.truncate(start + given);
        match status? {
            Status::StreamEnd => {
                run.ended = true;
                return Ok(run);
            }
            Status::MemNeeded => return Ok(run),
            Status::Ok | Status::GetCheck => {}
        }
        let finishing = matches!(action, Action::Finish);
        if given < room && run.consumed >= input.len() && !finishing || taken == 0 && given == 0 {
            return Ok(run);
        }
        chunk = (chunk * 2).min(LARGEST_CHUNK);
    }
}

fn number<'a, T: FromArg<'a>>(value: Option<&'a Value>, default: T, function: &str, vm: &Vm) -> PyResult<T> {
    match value {
        Some(value) => T::from_arg(value, &ArgName { function, argument: "argument".into() }, vm),
        None => Ok(default),
    }
}

/// LZMACompressor(format=FORMAT_XZ, check=-1, preset=None, filters=None)
///
/// Create a compressor object for compressing data incrementally.
///
/// format specifies the container format to use for the output. This can
/// be FORMAT_XZ (default), FORMAT_ALONE, or FORMAT_RAW.
///
/// check specifies the integrity check to use. For FORMAT_XZ, the default
/// is CHECK_CRC64. FORMAT_ALONE and FORMAT_RAW do not support integrity
/// checks; for these formats, check must be omitted, or be CHECK_NONE.
///
/// The settings used by the compressor can be specified either as a
/// preset compression level (with the 'preset' argument), or in detail
/// as a custom filter chain (with the 'filters' argument). For FORMAT_XZ
/// and FORMAT_ALONE, the default is to use the PRESET_DEFAULT preset
/// level. For FORMAT_RAW, the caller must always specify a filter chain;
/// the raw compressor does not support preset compression levels.
///
/// preset (if provided) should be an integer in the range 0-9, optionally
/// OR-ed with the constant PRESET_EXTREME.
///
/// filters (if provided) should be a sequence of dicts. Each dict should
/// have an entry for "id" indicating the ID of the filter, plus
/// additional entries for options to the filter.
///
/// For one-shot compression, use the compress() function instead.
#[pyrope_macros::pyclass(
    name = "LZMACompressor", module = "_lzma", methods(LzmaCompressor::METHODS), slots = COMPRESSOR_SLOTS
)]
pub(super) struct LzmaCompressor {
    header: Header,
    /// Gone once flushed.
    stream: Guarded<Option<Stream>>,
}

const COMPRESSOR_SLOTS: Slots = Slots { new: Some(new_compressor), ..Slots::EMPTY };

static COMPRESSOR: Signature = Signature::plain("LZMACompressor", &["format", "check", "preset", "filters"], 0);

fn new_compressor(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut places = [None; 4];
    bind(&COMPRESSOR, args, &mut places, vm)?;
    let [format, check, preset, filters] = places;
    let format = i64::from(number::<i32>(format, FORMAT_XZ as i32, "LZMACompressor", vm)?);
    let check = i64::from(number::<i32>(check, -1, "LZMACompressor", vm)?);
    let (preset, filters) = (given(preset), given(filters));
    if preset.is_some() && filters.is_some() {
        return Err(vm.value_error("Cannot specify both preset and filter chain"));
    }
    let preset: u32 = number(preset, 6, "LZMACompressor", vm)?;
    if format != FORMAT_XZ && check != -1 && check != CHECK_NONE {
        return Err(vm.value_error("Integrity checks are only supported by FORMAT_XZ"));
    }
    let stream = match (format, filters) {
        (FORMAT_XZ, filters) => xz_encoder(check, preset, filters, vm)?,
        (FORMAT_ALONE, filters) => alone_encoder(preset, filters, vm)?,
        (FORMAT_RAW, None) => return Err(vm.value_error("Must specify filters for FORMAT_RAW")),
        (FORMAT_RAW, Some(filters)) => {
            let chain = filters::build(&filters::parse_chain(filters, vm)?, vm)?;
            Stream::new_raw_encoder(&chain).map_err(|error| failed(error, vm))?
        }
        _ => return Err(vm.value_error(format!("Invalid container format: {format}"))),
    };
    Ok(Ref::new(vm, LzmaCompressor { header: Header::blank(), stream: Guarded::new(Some(stream)) }).into_value())
}

fn xz_encoder(check: i64, preset: u32, filters: Option<&Value>, vm: &Vm) -> PyResult<Stream> {
    let Some(check) = (if check == -1 { Some(Check::Crc64) } else { check_of(check) }) else {
        return Err(failed(Error::UnsupportedCheck, vm));
    };
    let stream = match filters {
        None => Stream::new_easy_encoder(preset, check),
        Some(filters) => {
            let chain = filters::build(&filters::parse_chain(filters, vm)?, vm)?;
            Stream::new_stream_encoder(&chain, check)
        }
    };
    stream.map_err(|error| failed(error, vm))
}

fn alone_encoder(preset: u32, filters: Option<&Value>, vm: &Vm) -> PyResult<Stream> {
    let options = match filters {
        None => LzmaOptions::new_preset(preset)
            .map_err(|_| super::lzma_error(&format!("Invalid compression preset: {preset}"), vm))?,
        Some(filters) => match filters::parse_chain(filters, vm)?.as_slice() {
            [Filter::Lzma { id: LZMA1, spec }] => spec.options().map_err(|error| failed(error, vm))?,
            _ => {
                let message = "Invalid filter chain for FORMAT_ALONE - must be a single LZMA1 filter";
                return Err(vm.value_error(message));
            }
        },
    };
    Stream::new_lzma_encoder(&options).map_err(|error| failed(error, vm))
}

#[pyrope_macros::pymethods]
impl LzmaCompressor {
    /// Provide data to the compressor object.
    ///
    /// Returns a chunk of compressed data if possible, or b'' otherwise.
    ///
    /// When you have finished providing data to the compressor, call the
    /// flush() method to finish the compression process.
    #[method("compress($self, data, /)")]
    fn compress(&self, data: BytesLike<'_>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let data = data.to_cow();
        match self.stream.with_mut(|stream| stream.as_mut().map(|stream| run(stream, &data, Action::Run, None))) {
            None => Err(vm.value_error("Compressor has been flushed")),
            Some(Ok(run)) => vm.new_bytes(&run.output),
            Some(Err(error)) => Err(failed(error, vm)),
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
        match run(&mut stream, b"", Action::Finish, None) {
            Ok(run) => vm.new_bytes(&run.output),
            Err(error) => Err(failed(error, vm)),
        }
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
///   format
///     Specifies the container format of the input stream.  If this is
///     FORMAT_AUTO (the default), the decompressor will automatically detect
///     whether the input is FORMAT_XZ or FORMAT_ALONE.  Streams created with
///     FORMAT_RAW cannot be autodetected.
///   memlimit
///     Limit the amount of memory used by the decompressor.  This will cause
///     decompression to fail if the input cannot be decompressed within this
///     limit.
///   filters
///     A custom filter chain.  This argument is required for FORMAT_RAW, and
///     not accepted with any other format.  When provided, this should be a
///     sequence of dicts, each indicating the ID and options for a single
///     filter.
///
/// For one-shot decompression, use the decompress() function instead.
#[pyrope_macros::pyclass(
    name = "LZMADecompressor", module = "_lzma", signature = "(format=FORMAT_AUTO, memlimit=None, filters=None)",
    methods(LzmaDecompressor::METHODS), getset(LzmaDecompressor::GETSETS), slots = DECOMPRESSOR_SLOTS
)]
pub(super) struct LzmaDecompressor {
    header: Header,
    stream: Guarded<Stream>,
    feed: Feed,
    /// The first bytes of the stream, until the check is known.
    head: Guarded<Vec<u8>>,
    check: Cell<i64>,
}

const DECOMPRESSOR_SLOTS: Slots = Slots { new: Some(new_decompressor), ..Slots::EMPTY };

static DECOMPRESSOR: Signature = Signature::plain("LZMADecompressor", &["format", "memlimit", "filters"], 0);

fn new_decompressor(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut places = [None; 3];
    bind(&DECOMPRESSOR, args, &mut places, vm)?;
    let [format, memlimit, filters] = places;
    let format = i64::from(number::<i32>(format, FORMAT_AUTO as i32, "LZMADecompressor", vm)?);
    let (memlimit, filters) = (given(memlimit), given(filters));
    if memlimit.is_some() && format == FORMAT_RAW {
        return Err(vm.value_error("Cannot specify memory limit with FORMAT_RAW"));
    }
    let memlimit = number(memlimit, u64::MAX, "LZMADecompressor", vm)?;
    if format == FORMAT_RAW && filters.is_none() {
        return Err(vm.value_error("Must specify filters for FORMAT_RAW"));
    }
    if format != FORMAT_RAW && filters.is_some() {
        return Err(vm.value_error("Cannot specify filters except with FORMAT_RAW"));
    }
    let stream = match (format, filters) {
        (FORMAT_AUTO, _) => Stream::new_auto_decoder(memlimit, 0),
        (FORMAT_XZ, _) => Stream::new_stream_decoder(memlimit, 0),
        (FORMAT_ALONE, _) => Stream::new_lzma_decoder(memlimit),
        (FORMAT_RAW, Some(filters)) => {
            let chain = filters::build(&filters::parse_chain(filters, vm)?, vm)?;
            Stream::new_raw_decoder(&chain)
        }
        _ => return Err(vm.value_error(format!("Invalid container format: {format}"))),
    };
    let stream = stream.map_err(|error| failed(error, vm))?;
    let unchecked = format == FORMAT_ALONE || format == FORMAT_RAW;
    let object = LzmaDecompressor {
        header: Header::blank(),
        stream: Guarded::new(stream),
        feed: Feed::new(),
        head: Guarded::new(Vec::new()),
        check: Cell::new(if unchecked { CHECK_NONE } else { CHECK_UNKNOWN }),
    };
    Ok(Ref::new(vm, object).into_value())
}

impl LzmaDecompressor {
    /// Reads the kind of check from the beginning of the stream.
    fn look_at_head(&self, taken: &[u8]) {
        if self.check.get() != CHECK_UNKNOWN {
            return;
        }
        let head = self.head.with_mut(|head| {
            let room = 12usize.saturating_sub(head.len());
            head.extend_from_slice(&taken[..taken.len().min(room)]);
            head.clone()
        });
        if head.len() >= 12 && head.starts_with(&XZ_MAGIC) {
            self.check.set(i64::from(head[7] & 0x0F));
        } else if !head.is_empty() && !XZ_MAGIC.starts_with(&head[..head.len().min(6)]) {
            self.check.set(CHECK_NONE);
        }
    }
}

#[pyrope_macros::pymethods]
impl LzmaDecompressor {
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
            return Err(vm.eof_error("Already at end of stream"));
        }
        let input = self.feed.input(&data);
        let limit = usize::try_from(max_length).ok();
        let run = match self.stream.with_mut(|stream| run(stream, &input, Action::Run, limit)) {
            Ok(run) => run,
            Err(error) => return Err(failed(error, vm)),
        };
        let taken = self.feed.settle(input, &run, limit);
        self.look_at_head(&taken);
        vm.new_bytes(&run.output)
    }

    /// ID of the integrity check used by the input stream.
    #[getter]
    #[member]
    fn check(&self) -> i64 {
        self.check.get()
    }

    /// True if the end-of-stream marker has been reached.
    #[getter]
    #[member]
    fn eof(&self) -> bool {
        self.feed.eof()
    }

    /// True if more input is needed before more decompressed data can be produced.
    #[getter]
    #[member]
    fn needs_input(&self) -> bool {
        self.feed.needs_input()
    }

    /// Data found after the end of the compressed stream.
    #[getter]
    #[member]
    fn unused_data(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        self.feed.unused_data(vm)
    }
}
