//! The objects that compress and decompress piece by piece.

use std::cell::Cell;

use pyrope_object::args::{ArgName, FromArg};
use pyrope_object::bind::{BytesLike, Signature, bind};
use pyrope_object::layout::Bytes;
use pyrope_object::{Args, Guarded, Header, PyResult, Raised, Ref, Slots, Type, Value, Vm};

use super::stream::{self, Deflate, Failure, Flush, Inflate};
use super::{error, failed};
use crate::feed::{Feed, Run};

const ENDED: Failure = Failure::Stream { code: -2, message: None };

#[pyrope_macros::pyclass(name = "Compress", module = "zlib", flags(DISALLOW_INSTANTIATION), methods(Compress::METHODS))]
pub(super) struct Compress {
    header: Header,
    /// Gone at the end of the stream.
    stream: Guarded<Option<Deflate>>,
}

impl Compress {
    pub(super) fn make(stream: Deflate, vm: &Vm) -> Ref<Compress> {
        Ref::new(vm, Compress { header: Header::blank(), stream: Guarded::new(Some(stream)) })
    }

    fn run(&self, input: &[u8], flush: Flush) -> Result<Vec<u8>, Failure> {
        self.stream.with_mut(|place| {
            let (output, ended) = stream::deflate(place.as_mut().ok_or(ENDED)?, input, flush)?;
            if ended {
                *place = None;
            }
            Ok(output)
        })
    }
}

#[pyrope_macros::pymethods]
impl Compress {
    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///
    /// After calling this function, some of the input data may still
    /// be stored in internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[method("compress($self, data, /)")]
    fn compress(&self, data: BytesLike<'_>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let data = data.to_cow();
        match self.run(&data, Flush::No) {
            Ok(output) => vm.new_bytes(&output),
            Err(failure) => Err(failed(&failure, "while compressing data", vm)),
        }
    }

    /// Return a bytes object containing any remaining compressed data.
    ///
    ///   mode
    ///     One of the constants Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH.
    ///     If mode == Z_FINISH, the compressor object can no longer be
    ///     used after calling the flush() method.  Otherwise, more data
    ///     can still be compressed.
    #[method("flush($self, mode=zlib.Z_FINISH, /)")]
    fn flush(&self, mode: Option<i32>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let flush = match mode.unwrap_or(4) {
            0 => return vm.new_bytes(b""),
            1 => Flush::Partial,
            2 => Flush::Sync,
            3 => Flush::Full,
            4 => Flush::Finish,
            5 => Flush::Block,
            _ => return Err(failed(&ENDED, "while flushing", vm)),
        };
        match self.run(b"", flush) {
            Ok(output) => vm.new_bytes(&output),
            Err(failure) => Err(failed(&failure, "while flushing", vm)),
        }
    }

    /// Return a copy of the compression object.
    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> PyResult<Ref<Compress>> {
        match self.stream.with_mut(|stream| stream.as_mut().map(Deflate::copied)) {
            Some(Some(copy)) => Ok(Compress::make(copy, vm)),
            Some(None) => Err(vm.memory_error()),
            None => Err(inconsistent(vm)),
        }
    }

    #[method("__copy__($self, /)")]
    fn copy_method(&self, vm: &Vm) -> PyResult<Ref<Compress>> {
        self.copy(vm)
    }

    #[method("__deepcopy__($self, memo, /)")]
    fn deepcopy(&self, _memo: &Value, vm: &Vm) -> PyResult<Ref<Compress>> {
        self.copy(vm)
    }
}

fn inconsistent(vm: &Vm) -> Raised {
    vm.value_error("Inconsistent stream state")
}

/// A fresh decompressor; one of raw data gets its dictionary at once.
pub(super) fn prepared(wbits: i32, zdict: Option<&[u8]>, vm: &Vm) -> PyResult<Inflate> {
    let Some(mut stream) = stream::inflater(wbits) else {
        return Err(vm.value_error("Invalid initialization option"));
    };
    if wbits < 0
        && let Some(zdict) = zdict
        && !stream.set_dictionary(zdict)
    {
        return Err(error("Error -3 while setting zdict: invalid input data", vm));
    }
    Ok(stream)
}

#[pyrope_macros::pyclass(
    name = "Decompress",
    module = "zlib",
    flags(DISALLOW_INSTANTIATION),
    methods(Decompress::METHODS),
    getset(Decompress::GETSETS)
)]
pub(super) struct Decompress {
    header: Header,
    stream: Guarded<Inflate>,
    zdict: Option<Vec<u8>>,
    unused: Guarded<Vec<u8>>,
    tail: Guarded<Vec<u8>>,
    eof: Cell<bool>,
    /// Flushed at the end: it cannot be copied any more.
    finished: Cell<bool>,
}

impl Decompress {
    pub(super) fn make(stream: Inflate, zdict: Option<Vec<u8>>, vm: &Vm) -> Ref<Decompress> {
        Ref::new(
            vm,
            Decompress {
                header: Header::blank(),
                stream: Guarded::new(stream),
                zdict,
                unused: Guarded::new(Vec::new()),
                tail: Guarded::new(Vec::new()),
                eof: Cell::new(false),
                finished: Cell::new(false),
            },
        )
    }

    /// Decompresses and keeps what the stream did not take.
    fn run(&self, input: &[u8], limit: Option<usize>) -> Result<Vec<u8>, Failure> {
        let done = if self.eof.get() {
            Run { output: Vec::new(), consumed: 0, ended: true }
        } else {
            self.stream.with_mut(|stream| stream::inflate(stream, self.zdict.as_deref(), input, limit))?
        };
        let rest = input.get(done.consumed..).unwrap_or_default();
        if done.ended {
            self.eof.set(true);
            self.unused.with_mut(|unused| unused.extend_from_slice(rest));
            self.tail.set(Vec::new());
        } else {
            self.tail.set(rest.to_vec());
        }
        Ok(done.output)
    }
}

#[pyrope_macros::pymethods]
impl Decompress {
    /// Return a bytes object containing the decompressed version of the data.
    ///
    ///   data
    ///     The binary data to decompress.
    ///   max_length
    ///     The maximum allowable length of the decompressed data.
    ///     Unconsumed input data will be stored in
    ///     the unconsumed_tail attribute.
    ///
    /// After calling this function, some of the input data may still be stored in
    /// internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[method("decompress($self, data, /, max_length=0)")]
    fn decompress(&self, data: BytesLike<'_>, max_length: isize, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let limit = match usize::try_from(max_length) {
            Ok(0) => None,
            Ok(limit) => Some(limit),
            Err(_) => return Err(vm.value_error("max_length must be non-negative")),
        };
        let data = data.to_cow();
        match self.run(&data, limit) {
            Ok(output) => vm.new_bytes(&output),
            Err(failure) => Err(failed(&failure, "while decompressing data", vm)),
        }
    }

    /// Return a bytes object containing any remaining decompressed data.
    ///
    ///   length
    ///     the initial size of the output buffer.
    #[method("flush($self, length=zlib.DEF_BUF_SIZE, /)")]
    fn flush(&self, length: Option<isize>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        if length.is_some_and(|length| length <= 0) {
            return Err(vm.value_error("length must be greater than zero"));
        }
        let input = self.tail.with(Clone::clone);
        let flushed = self.run(&input, None);
        self.finished.set(self.eof.get());
        match flushed {
            Ok(output) => vm.new_bytes(&output),
            Err(failure) => Err(failed(&failure, "while decompressing data", vm)),
        }
    }

    /// Return a copy of the decompression object.
    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> PyResult<Ref<Decompress>> {
        if self.finished.get() {
            return Err(inconsistent(vm));
        }
        let Some(stream) = self.stream.with_mut(Inflate::copied) else { return Err(vm.memory_error()) };
        let copy = Decompress::make(stream, self.zdict.clone(), vm);
        copy.unused.set(self.unused.with(Clone::clone));
        copy.tail.set(self.tail.with(Clone::clone));
        copy.eof.set(self.eof.get());
        Ok(copy)
    }

    #[method("__copy__($self, /)")]
    fn copy_method(&self, vm: &Vm) -> PyResult<Ref<Decompress>> {
        self.copy(vm)
    }

    #[method("__deepcopy__($self, memo, /)")]
    fn deepcopy(&self, _memo: &Value, vm: &Vm) -> PyResult<Ref<Decompress>> {
        self.copy(vm)
    }

    #[getter]
    #[member]
    fn unused_data(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        vm.new_bytes(&self.unused.with(Clone::clone))
    }

    #[getter]
    #[member]
    fn unconsumed_tail(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        vm.new_bytes(&self.tail.with(Clone::clone))
    }

    #[getter]
    #[member]
    fn eof(&self) -> bool {
        self.eof.get()
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
///   wbits = 15
///   zdict
///      The predefined compression dictionary. This is a sequence of bytes
///      (such as a bytes object) containing subsequences that are expected
///      to occur frequently in the data that is to be compressed. Those
///      subsequences that are expected to be most common should come at the
///      end of the dictionary. This must be the same dictionary as used by the
///      compressor that produced the input data.
#[pyrope_macros::pyclass(
    name = "_ZlibDecompressor",
    module = "zlib",
    signature = "(wbits=15, zdict=b'')",
    methods(ZlibDecompressor::METHODS),
    getset(ZlibDecompressor::GETSETS),
    slots = DECOMPRESSOR_SLOTS
)]
pub(super) struct ZlibDecompressor {
    header: Header,
    stream: Guarded<Inflate>,
    zdict: Option<Vec<u8>>,
    feed: Feed,
}

const DECOMPRESSOR_SLOTS: Slots = Slots { new: Some(new_decompressor), ..Slots::EMPTY };

fn new_decompressor(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = Signature::plain("_ZlibDecompressor", &["wbits", "zdict"], 0);
    let mut slots = [None; 2];
    bind(&SIGNATURE, args, &mut slots, vm)?;
    let what = |name: &'static str| ArgName { function: SIGNATURE.function, argument: name.into() };
    let wbits = match slots[0] {
        Some(value) => i32::from_arg(value, &what("argument 'wbits'"), vm)?,
        None => 15,
    };
    let zdict = match slots[1] {
        Some(value) => Some(BytesLike::from_arg(value, &what("argument 'zdict'"), vm)?.to_cow().into_owned()),
        None => None,
    };
    let zdict = zdict.filter(|bytes| !bytes.is_empty());
    let stream = prepared(wbits, zdict.as_deref(), vm)?;
    let object = ZlibDecompressor { header: Header::blank(), stream: Guarded::new(stream), zdict, feed: Feed::new() };
    Ok(Ref::new(vm, object).into_value())
}

#[pyrope_macros::pymethods]
impl ZlibDecompressor {
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
        let input = self.feed.input(&data);
        let limit = usize::try_from(max_length).ok();
        let done = self.stream.with_mut(|stream| stream::inflate(stream, self.zdict.as_deref(), &input, limit));
        let done = match done {
            Ok(done) => done,
            Err(failure) => return Err(failed(&failure, "while decompressing data", vm)),
        };
        self.feed.settle(input, &done, limit);
        vm.new_bytes(&done.output)
    }

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
