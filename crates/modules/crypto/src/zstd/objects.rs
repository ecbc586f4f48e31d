//! `ZstdDict`, `ZstdCompressor` and `ZstdDecompressor`.

use std::cell::Cell;
use std::rc::Rc;

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::args::{ArgName, FromArg};
use pyrope_object::bind::{BytesLike, Signature, bind};
use pyrope_object::layout::Bytes;
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Tuple, Type, Value, Vm};
use zstd_sys::ZSTD_EndDirective as Mode;

use super::context::{Compression, Decompression, Dictionary, Failure, Usage};
use super::{failed, parameters, zstd_error};
use crate::feed::Feed;
use crate::given;

const USAGES: [Usage; 3] = [Usage::Digested, Usage::Undigested, Usage::Prefix];
const DIGESTED: i64 = 0;
const UNDIGESTED: i64 = 1;
const PREFIX: i64 = 2;

/// Represents a Zstandard dictionary.
///
///   dict_content
///     The content of a Zstandard dictionary as a bytes-like object.
///   is_raw
///     If true, perform no checks on *dict_content*, useful for some
///     advanced cases. Otherwise, check that the content represents
///     a Zstandard dictionary created by the zstd library or CLI.
///
/// The dictionary can be used for compression or decompression, and can be
/// shared by multiple ZstdCompressor or ZstdDecompressor objects.
#[pyclass(
    name = "ZstdDict", module = "compression.zstd", signature = "(dict_content, /, *, is_raw=False)",
    methods(ZstdDict::METHODS), getset(ZstdDict::GETSETS), slots = DICT_SLOTS
)]
pub(super) struct ZstdDict {
    header: Header,
    dictionary: Rc<Dictionary>,
}

const DICT_SLOTS: Slots = Slots {
    new: Some(new_dict),
    repr: Some(|slf, vm| {
        let Some(this) = slf.downcast::<ZstdDict>() else { return Ok(Value::none()) };
        let (id, size) = (this.dictionary.id, this.dictionary.content().len());
        Ok(vm.new_str(&format!("<ZstdDict dict_id={id} dict_size={size}>")).into_value())
    }),
    sq_length: Some(|slf, _| Ok(slf.downcast::<ZstdDict>().map_or(0, |this| this.dictionary.content().len()))),
    ..Slots::EMPTY
};

static NEW_DICT: Signature = Signature {
    function: "ZstdDict",
    names: &["", "is_raw"],
    posonly: 1,
    minpos: 1,
    maxpos: 1,
    minkw: 0,
    varargs: false,
    kwargs: false,
};

fn new_dict(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut slots = [None; 2];
    bind(&NEW_DICT, args, &mut slots, vm)?;
    let [Some(content), is_raw] = slots else { return Err(vm.type_error("ZstdDict() needs a content")) };
    let content = BytesLike::from_arg(content, &ArgName { function: "ZstdDict", argument: "argument 1".into() }, vm)?;
    let is_raw = is_raw.map_or(Ok(false), |flag| vm.is_true(flag))?;
    let content = content.to_cow();
    if content.len() < 8 {
        return Err(vm.value_error("Zstandard dictionary content too short (must have at least eight bytes)"));
    }
    let dictionary = Rc::new(Dictionary::new(&content));
    if !is_raw && dictionary.id == 0 {
        return Err(vm.value_error("invalid Zstandard dictionary"));
    }
    Ok(Ref::new(vm, ZstdDict { header: Header::blank(), dictionary }).into_value())
}

#[pymethods]
impl ZstdDict {
    /// The Zstandard dictionary, an int between 0 and 2**32.
    ///
    /// A non-zero value represents an ordinary Zstandard dictionary,
    /// conforming to the standardised format.
    ///
    /// A value of zero indicates a 'raw content' dictionary,
    /// without any restrictions on format or content.
    #[getter]
    #[member]
    fn dict_id(&self) -> u32 {
        self.dictionary.id
    }

    /// The content of a Zstandard dictionary, as a bytes object.
    #[getter]
    fn dict_content(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        vm.new_bytes(self.dictionary.content())
    }

    /// Load as a digested dictionary to compressor.
    ///
    /// Pass this attribute as zstd_dict argument:
    /// compress(dat, zstd_dict=zd.as_digested_dict)
    ///
    /// 1. Some advanced compression parameters of compressor may be overridden
    ///    by parameters of digested dictionary.
    /// 2. ZstdDict has a digested dictionaries cache for each compression level.
    ///    It's faster when loading again a digested dictionary with the same
    ///    compression level.
    /// 3. No need to use this for decompression.
    #[getter]
    fn as_digested_dict(slf: &Value, vm: &Vm) -> Value {
        vm.tuple_of([slf.clone(), vm.int(DIGESTED)]).into_value()
    }

    /// Load as an undigested dictionary to compressor.
    ///
    /// Pass this attribute as zstd_dict argument:
    /// compress(dat, zstd_dict=zd.as_undigested_dict)
    ///
    /// 1. The advanced compression parameters of compressor will not be overridden.
    /// 2. Loading an undigested dictionary is costly. If load an undigested dictionary
    ///    multiple times, consider reusing a compressor object.
    /// 3. No need to use this for decompression.
    #[getter]
    fn as_undigested_dict(slf: &Value, vm: &Vm) -> Value {
        vm.tuple_of([slf.clone(), vm.int(UNDIGESTED)]).into_value()
    }

    /// Load as a prefix to compressor/decompressor.
    ///
    /// Pass this attribute as zstd_dict argument:
    /// compress(dat, zstd_dict=zd.as_prefix)
    ///
    /// 1. Prefix is compatible with long distance matching, while dictionary is not.
    /// 2. It only works for the first frame, then the compressor/decompressor will
    ///    return to no prefix state.
    /// 3. When decompressing, must use the same prefix as when compressing.
    #[getter]
    fn as_prefix(slf: &Value, vm: &Vm) -> Value {
        vm.tuple_of([slf.clone(), vm.int(PREFIX)]).into_value()
    }
}

/// The argument `zstd_dict`: a dictionary, or one with how to use it.
fn dictionary_argument(value: &Value, usual: Usage, vm: &Vm) -> PyResult<(Rc<Dictionary>, Usage)> {
    if let Some(dict) = value.downcast::<ZstdDict>() {
        return Ok((dict.dictionary.clone(), usual));
    }
    if let Some(pair) = value.downcast_exact::<Tuple>()
        && let [dict, usage] = pair.as_slice()
        && let Some(dict) = dict.downcast::<ZstdDict>()
        && usage.as_int().is_some()
    {
        let usage = i32::from_arg(usage, &ArgName { function: "", argument: "argument".into() }, vm)?;
        if let Some(usage) = usize::try_from(usage).ok().and_then(|usage| USAGES.get(usage)) {
            return Ok((dict.dictionary.clone(), *usage));
        }
    }
    Err(vm.type_error("zstd_dict argument should be a ZstdDict object."))
}

/// Create a compressor object for compressing data incrementally.
///
///   level
///     The compression level to use. Defaults to COMPRESSION_LEVEL_DEFAULT.
///   options
///     A dict object that contains advanced compression parameters.
///   zstd_dict
///     A ZstdDict object, a pre-trained Zstandard dictionary.
///
/// Thread-safe at method level.  For one-shot compression, use the
/// compress() function instead.
#[pyclass(
    name = "ZstdCompressor", module = "compression.zstd", signature = "(level=None, options=None, zstd_dict=None)",
    methods(ZstdCompressor::METHODS), getset(ZstdCompressor::GETSETS), slots = COMPRESSOR_SLOTS,
    init = add_modes
)]
pub(super) struct ZstdCompressor {
    header: Header,
    context: Guarded<Compression>,
    last_mode: Cell<Mode>,
}

const COMPRESSOR_SLOTS: Slots = Slots { new: Some(new_compressor), ..Slots::EMPTY };

static NEW_COMPRESSOR: Signature = Signature::plain("ZstdCompressor", &["level", "options", "zstd_dict"], 0);

fn new_compressor(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut slots = [None; 3];
    bind(&NEW_COMPRESSOR, args, &mut slots, vm)?;
    let [level, options, dict] = slots.map(given);
    let Some(mut context) = Compression::new() else {
        return Err(zstd_error("Unable to create ZSTD_CCtx instance.", vm));
    };
    if level.is_some() && options.is_some() {
        return Err(vm.type_error("Only one of level or options should be used."));
    }
    let mut used_level = 0;
    if let Some(level) = level {
        if level.as_int().is_none() {
            return Err(vm.type_error("invalid type for level, expected int"));
        }
        let level = vm.index_i64(level)?.and_then(|level| i32::try_from(level).ok());
        parameters::set_level(&mut context, level, vm)?;
        used_level = level.unwrap_or_default();
    }
    if let Some(options) = options {
        used_level = parameters::set_compression(&mut context, options, vm)?;
    }
    if let Some(dict) = dict {
        let (dictionary, usage) = dictionary_argument(dict, Usage::Undigested, vm)?;
        let what = "load Zstandard dictionary or prefix for compression";
        context.load(dictionary, usage, used_level).map_err(|failure| failed(what, failure, vm))?;
    }
    let compressor = ZstdCompressor {
        header: Header::blank(),
        context: Guarded::new(context),
        last_mode: Cell::new(Mode::ZSTD_e_end),
    };
    Ok(Ref::new(vm, compressor).into_value())
}

fn add_modes(class: &Type, vm: &Vm) -> PyResult<()> {
    [("CONTINUE", 0), ("FLUSH_BLOCK", 1), ("FLUSH_FRAME", 2)]
        .into_iter()
        .try_for_each(|(name, number)| class.dict(vm).set_str(name, vm.int(number), vm))
}

impl ZstdCompressor {
    fn run(&self, data: &[u8], mode: Mode, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let result = self.context.with_mut(|context| {
            let result = context.run(data, mode);
            if result.is_err() {
                context.reset();
            }
            result
        });
        self.last_mode.set(if result.is_ok() { mode } else { Mode::ZSTD_e_end });
        match result {
            Ok(output) => vm.new_bytes(&output),
            Err(failure) => Err(failed("compress Zstandard data", failure, vm)),
        }
    }
}

#[pymethods]
impl ZstdCompressor {
    /// Provide data to the compressor object.
    ///
    ///   mode
    ///     Can be these 3 values ZstdCompressor.CONTINUE,
    ///     ZstdCompressor.FLUSH_BLOCK, ZstdCompressor.FLUSH_FRAME
    ///
    /// Return a chunk of compressed data if possible, or b'' otherwise. When you have
    /// finished providing data to the compressor, call the flush() method to finish
    /// the compression process.
    #[method("compress($self, /, data, mode=ZstdCompressor.CONTINUE)")]
    fn compress(&self, data: BytesLike<'_>, mode: Option<i32>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let mode = match mode.unwrap_or(0) {
            0 => Mode::ZSTD_e_continue,
            1 => Mode::ZSTD_e_flush,
            2 => Mode::ZSTD_e_end,
            _ => {
                return Err(vm.value_error(
                    "mode argument wrong value, it should be one of ZstdCompressor.CONTINUE, \
                     ZstdCompressor.FLUSH_BLOCK, ZstdCompressor.FLUSH_FRAME.",
                ));
            }
        };
        self.run(&data.to_cow(), mode, vm)
    }

    /// Finish the compression process.
    ///
    ///   mode
    ///     Can be these 2 values ZstdCompressor.FLUSH_FRAME,
    ///     ZstdCompressor.FLUSH_BLOCK
    ///
    /// Flush any remaining data left in internal buffers. Since Zstandard data
    /// consists of one or more independent frames, the compressor object can still
    /// be used after this method is called.
    #[method("flush($self, /, mode=ZstdCompressor.FLUSH_FRAME)")]
    fn flush(&self, mode: Option<i32>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let mode = match mode.unwrap_or(2) {
            1 => Mode::ZSTD_e_flush,
            2 => Mode::ZSTD_e_end,
            _ => {
                return Err(vm.value_error(
                    "mode argument wrong value, it should be ZstdCompressor.FLUSH_FRAME or \
                     ZstdCompressor.FLUSH_BLOCK.",
                ));
            }
        };
        self.run(b"", mode, vm)
    }

    /// Set the uncompressed content size to be written into the frame header.
    ///
    ///   size
    ///     The size of the uncompressed data to be provided to the compressor.
    ///
    /// This method can be used to ensure the header of the frame about to be written
    /// includes the size of the data, unless the CompressionParameter.content_size_flag
    /// is set to False. If last_mode != FLUSH_FRAME, then a RuntimeError is raised.
    ///
    /// It is important to ensure that the pledged data size matches the actual data
    /// size. If they do not match the compressed output data may be corrupted and the
    /// final chunk written may be lost.
    #[method("set_pledged_input_size($self, size, /)")]
    fn set_pledged_input_size(&self, size: &Value, vm: &Vm) -> PyResult<()> {
        /// The first of the numbers that stand for something else.
        const LIMIT: u64 = u64::MAX - 1;
        let size = match size.is_none() {
            true => None,
            false if size.as_int().is_none() => return Err(vm.type_error("an integer is required")),
            false => {
                let number = u64::try_from(vm.index_big(size)?).ok().filter(|&size| size < LIMIT);
                let message = "size argument should be a positive int less than 18446744073709551614";
                Some(number.ok_or_else(|| vm.value_error(message))?)
            }
        };
        if self.last_mode.get() != Mode::ZSTD_e_end {
            let message = "set_pledged_input_size() method must be called when last_mode == FLUSH_FRAME";
            return Err(vm.value_error(message));
        }
        let result = self.context.with_mut(|context| context.pledge(size));
        result.map_err(|failure| failed("set pledged uncompressed content size", failure, vm))
    }

    /// The last mode used to this compressor object, its value can be .CONTINUE,
    /// .FLUSH_BLOCK, .FLUSH_FRAME. Initialized to .FLUSH_FRAME.
    ///
    /// It can be used to get the current state of a compressor, such as, data
    /// flushed, or a frame ended.
    #[getter]
    #[member]
    fn last_mode(&self) -> i32 {
        self.last_mode.get() as i32
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
///   zstd_dict
///     A ZstdDict object, a pre-trained Zstandard dictionary.
///   options
///     A dict object that contains advanced decompression parameters.
///
/// Thread-safe at method level.  For one-shot decompression, use the
/// decompress() function instead.
#[pyclass(
    name = "ZstdDecompressor", module = "compression.zstd", signature = "(zstd_dict=None, options=None)",
    methods(ZstdDecompressor::METHODS), getset(ZstdDecompressor::GETSETS), slots = DECOMPRESSOR_SLOTS
)]
pub(super) struct ZstdDecompressor {
    header: Header,
    context: Guarded<Decompression>,
    feed: Guarded<Rc<Feed>>,
}

const DECOMPRESSOR_SLOTS: Slots = Slots { new: Some(new_decompressor), ..Slots::EMPTY };

static NEW_DECOMPRESSOR: Signature = Signature::plain("ZstdDecompressor", &["zstd_dict", "options"], 0);

fn new_decompressor(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut slots = [None; 2];
    bind(&NEW_DECOMPRESSOR, args, &mut slots, vm)?;
    let [dict, options] = slots.map(given);
    let Some(mut context) = Decompression::new() else {
        return Err(zstd_error("Unable to create ZSTD_DCtx instance.", vm));
    };
    if let Some(options) = options {
        parameters::set_decompression(&mut context, options, vm)?;
    }
    if let Some(dict) = dict {
        let (dictionary, usage) = dictionary_argument(dict, Usage::Digested, vm)?;
        let what = "load Zstandard dictionary or prefix for decompression";
        context.load(dictionary, usage).map_err(|failure| failed(what, failure, vm))?;
    }
    let feed = Guarded::new(Rc::new(Feed::new()));
    Ok(Ref::new(vm, ZstdDecompressor { header: Header::blank(), context: Guarded::new(context), feed }).into_value())
}

impl ZstdDecompressor {
    /// Begins anew after an error.
    fn restart(&self) {
        self.context.with_mut(Decompression::reset);
        self.feed.set(Rc::new(Feed::new()));
    }

    fn failed(&self, failure: Failure, vm: &Vm) -> pyrope_object::Raised {
        self.restart();
        failed("decompress Zstandard data", failure, vm)
    }
}

#[pymethods]
impl ZstdDecompressor {
    /// Decompress *data*, returning uncompressed bytes if possible, or b'' otherwise.
    ///
    ///   data
    ///     A bytes-like object, Zstandard data to be decompressed.
    ///   max_length
    ///     Maximum size of returned data. When it is negative, the size of
    ///     output buffer is unlimited. When it is nonnegative, returns at
    ///     most max_length bytes of decompressed data.
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
    /// Attempting to decompress data after the end of a frame is reached raises an
    /// EOFError. Any data found after the end of the frame is ignored and saved in
    /// the self.unused_data attribute.
    #[method("decompress($self, /, data, max_length=-1)")]
    fn decompress(&self, data: BytesLike<'_>, max_length: isize, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let feed = self.feed.get();
        if feed.eof() {
            return Err(vm.eof_error("Already at the end of a Zstandard frame."));
        }
        let input = feed.input(&data);
        let limit = usize::try_from(max_length).ok();
        let run = self.context.with_mut(|context| context.run(&input, limit));
        let run = run.map_err(|failure| self.failed(failure, vm))?;
        feed.settle(input, &run, limit);
        vm.new_bytes(&run.output)
    }

    /// True means the end of the first frame has been reached. If decompress data
    /// after that, an EOFError exception will be raised.
    #[getter]
    #[member]
    fn eof(&self) -> bool {
        self.feed.get().eof()
    }

    /// A bytes object of un-consumed input data.
    ///
    /// When ZstdDecompressor object stops after a frame is
    /// decompressed, unused input data after the frame. Otherwise this will be b''.
    #[getter]
    fn unused_data(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        self.feed.get().unused_data(vm)
    }

    /// If the max_length output limit in .decompress() method has been reached,
    /// and the decompressor has (or may has) unconsumed input data, it will be set
    /// to False. In this case, passing b'' to the .decompress() method may output
    /// further data.
    #[getter]
    #[member]
    fn needs_input(&self) -> bool {
        self.feed.get().needs_input()
    }
}
