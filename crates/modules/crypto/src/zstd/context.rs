//! The library's contexts and dictionaries, made safe: what a context points to lives as long as it does.
#![allow(unsafe_code, reason = "the library is C")]

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, c_void};
use std::ptr::NonNull;
use std::rc::Rc;

use zstd_sys as c;

use super::parameters::Parameter;
use crate::feed::Run;

/// Output grows in steps of at least this many bytes.
const CHUNK: usize = 32 * 1024;
const LARGEST_CHUNK: usize = 64 * 1024 * 1024;

/// `ZSTD_CONTENTSIZE_UNKNOWN` and `ZSTD_CONTENTSIZE_ERROR`
const UNKNOWN_SIZE: u64 = u64::MAX;
const NO_SIZE: u64 = u64::MAX - 1;

/// Why something was not done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failure {
    Memory,
    /// A dictionary's content cannot be digested to this form.
    Digest(&'static str),
    /// The library's code.
    Code(usize),
}

impl Failure {
    /// The library's words.
    pub fn reason(self) -> String {
        match self {
            Failure::Memory => "Allocation error : not enough memory".to_owned(),
            Failure::Digest(form) => format!("no {form}"),
            Failure::Code(code) => {
                // SAFETY: the name of any code is a static text.
                unsafe { CStr::from_ptr(c::ZDICT_getErrorName(code)) }.to_string_lossy().into_owned()
            }
        }
    }
}

type Outcome<T> = Result<T, Failure>;

fn check(code: usize) -> Outcome<usize> {
    // SAFETY: any number can be asked about.
    if unsafe { c::ZSTD_isError(code) } == 0 { Ok(code) } else { Err(Failure::Code(code)) }
}

fn check_dictionary(code: usize) -> Outcome<usize> {
    // SAFETY: any number can be asked about.
    if unsafe { c::ZDICT_isError(code) } == 0 { Ok(code) } else { Err(Failure::Code(code)) }
}

fn start(bytes: &[u8]) -> *const c_void {
    bytes.as_ptr().cast()
}

/// The library's version as a number: 10507 is 1.5.7.
pub(super) fn version() -> u32 {
    // SAFETY: it takes nothing.
    unsafe { c::ZSTD_versionNumber() }
}

/// The level that stands for none.
pub(super) fn default_level() -> i32 {
    // SAFETY: it takes nothing.
    unsafe { c::ZSTD_defaultCLevel() }
}

/// How large a piece of output the library likes.
pub(super) fn output_size() -> usize {
    // SAFETY: it takes nothing.
    unsafe { c::ZSTD_DStreamOutSize() }
}

/// The least and greatest value of a parameter.
pub(super) fn bounds(parameter: Parameter) -> Outcome<(i32, i32)> {
    // SAFETY: parameters are those that the library knows.
    let bounds = unsafe {
        match parameter {
            Parameter::Compression(id) => c::ZSTD_cParam_getBounds(id),
            Parameter::Decompression(id) => c::ZSTD_dParam_getBounds(id),
        }
    };
    check(bounds.error).map(|_| (bounds.lowerBound, bounds.upperBound))
}

/// The compressed size of the frame that `data` begins with.
pub(super) fn frame_size(data: &[u8]) -> Outcome<usize> {
    // SAFETY: the range is that of the bytes.
    check(unsafe { c::ZSTD_findFrameCompressedSize(start(data), data.len()) })
}

/// What a frame's header says: the size of its content, if it does, and the dictionary's number. `None` for no header.
pub(super) fn frame_info(data: &[u8]) -> Option<(Option<u64>, u32)> {
    // SAFETY: the range is that of the bytes.
    let (size, dictionary) = unsafe {
        (c::ZSTD_getFrameContentSize(start(data), data.len()), c::ZSTD_getDictID_fromFrame(start(data), data.len()))
    };
    match size {
        UNKNOWN_SIZE => Some((None, dictionary)),
        NO_SIZE => None,
        size => Some((Some(size), dictionary)),
    }
}

/// Trains a dictionary of at most `size` bytes; the samples lie one behind the other and fill `samples`.
pub(super) fn train(samples: &[u8], sizes: &[usize], size: usize) -> Outcome<Vec<u8>> {
    let mut output = zeros(size)?;
    // SAFETY: the sizes' sum was compared with that of the samples, and the output has its size.
    let code = unsafe {
        c::ZDICT_trainFromBuffer(output.as_mut_ptr().cast(), size, start(samples), sizes.as_ptr(), sizes.len() as u32)
    };
    output.truncate(check_dictionary(code)?);
    Ok(output)
}

/// Makes a dictionary from a content, with tables for samples and a level.
pub(super) fn finalize(content: &[u8], samples: &[u8], sizes: &[usize], size: usize, level: i32) -> Outcome<Vec<u8>> {
    let mut output = zeros(size)?;
    let parameters = c::ZDICT_params_t { compressionLevel: level, notificationLevel: 0, dictID: 0 };
    // SAFETY: as for training.
    let code = unsafe {
        c::ZDICT_finalizeDictionary(
            output.as_mut_ptr().cast(),
            size,
            start(content),
            content.len(),
            start(samples),
            sizes.as_ptr(),
            sizes.len() as u32,
            parameters,
        )
    };
    output.truncate(check_dictionary(code)?);
    Ok(output)
}

fn zeros(size: usize) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| Failure::Memory)?;
    bytes.resize(size, 0);
    Ok(bytes)
}

/// How a dictionary is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    Digested,
    Undigested,
    Prefix,
}

/// A dictionary, with its digested forms.
pub(super) struct Dictionary {
    content: Box<[u8]>,
    pub id: u32,
    /// By level.
    for_compression: RefCell<HashMap<i32, NonNull<c::ZSTD_CDict>>>,
    for_decompression: OnceCell<NonNull<c::ZSTD_DDict>>,
}

impl Dictionary {
    pub fn new(content: &[u8]) -> Dictionary {
        // SAFETY: the range is that of the bytes.
        let id = unsafe { c::ZSTD_getDictID_fromDict(start(content), content.len()) };
        Dictionary {
            content: content.into(),
            id,
            for_compression: RefCell::default(),
            for_decompression: OnceCell::new(),
        }
    }

    pub fn content(&self) -> &[u8] {
        &self.content
    }

    fn digest(&self, level: i32) -> Outcome<NonNull<c::ZSTD_CDict>> {
        if let Some(known) = self.for_compression.borrow().get(&level) {
            return Ok(*known);
        }
        // SAFETY: the library copies the content.
        let made = unsafe { c::ZSTD_createCDict(start(&self.content), self.content.len(), level) };
        let made = NonNull::new(made).ok_or(Failure::Digest("ZSTD_CDict"))?;
        self.for_compression.borrow_mut().insert(level, made);
        Ok(made)
    }

    fn undigest(&self) -> Outcome<NonNull<c::ZSTD_DDict>> {
        if let Some(known) = self.for_decompression.get() {
            return Ok(*known);
        }
        // SAFETY: the library copies the content.
        let made = unsafe { c::ZSTD_createDDict(start(&self.content), self.content.len()) };
        let made = NonNull::new(made).ok_or(Failure::Digest("ZSTD_DDict"))?;
        Ok(*self.for_decompression.get_or_init(|| made))
    }
}

impl Drop for Dictionary {
    fn drop(&mut self) {
        for made in self.for_compression.get_mut().values() {
            // SAFETY: contexts that refer to it hold the dictionary.
            unsafe { c::ZSTD_freeCDict(made.as_ptr()) };
        }
        if let Some(made) = self.for_decompression.get() {
            // SAFETY: as above.
            unsafe { c::ZSTD_freeDDict(made.as_ptr()) };
        }
    }
}

/// A compression under way.
pub(super) struct Compression {
    context: NonNull<c::ZSTD_CCtx>,
    /// What the context points to.
    dictionary: Option<Rc<Dictionary>>,
    /// Threads of the library's own compress.
    has_workers: bool,
}

impl Compression {
    pub fn new() -> Option<Compression> {
        // SAFETY: it takes nothing.
        NonNull::new(unsafe { c::ZSTD_createCCtx() }).map(|context| Compression {
            context,
            dictionary: None,
            has_workers: false,
        })
    }

    pub fn set(&mut self, parameter: c::ZSTD_cParameter, value: i32) -> Outcome<()> {
        self.has_workers |= parameter == c::ZSTD_cParameter::ZSTD_c_nbWorkers && value != 0;
        // SAFETY: the context is alive.
        check(unsafe { c::ZSTD_CCtx_setParameter(self.context.as_ptr(), parameter, value) }).map(drop)
    }

    pub fn load(&mut self, dictionary: Rc<Dictionary>, usage: Usage, level: i32) -> Outcome<()> {
        let (context, content) = (self.context.as_ptr(), dictionary.content());
        // SAFETY: the context is alive, and keeps the dictionary that it comes to refer to.
        let code = unsafe {
            match usage {
                Usage::Digested => c::ZSTD_CCtx_refCDict(context, dictionary.digest(level)?.as_ptr()),
                Usage::Undigested => c::ZSTD_CCtx_loadDictionary(context, start(content), content.len()),
                Usage::Prefix => c::ZSTD_CCtx_refPrefix(context, start(content), content.len()),
            }
        };
        self.dictionary = Some(dictionary);
        check(code).map(drop)
    }

    /// Says how long the content of the next frame is.
    pub fn pledge(&mut self, size: Option<u64>) -> Outcome<()> {
        let size = size.unwrap_or(UNKNOWN_SIZE);
        // SAFETY: the context is alive.
        check(unsafe { c::ZSTD_CCtx_setPledgedSrcSize(self.context.as_ptr(), size) }).map(drop)
    }

    /// Compresses all of `data`. With workers of its own the library may keep it for later.
    pub fn run(&mut self, data: &[u8], mode: c::ZSTD_EndDirective) -> Outcome<Vec<u8>> {
        let goes_on = self.has_workers && mode == c::ZSTD_EndDirective::ZSTD_e_continue;
        let mut input = c::ZSTD_inBuffer { src: start(data), size: data.len(), pos: 0 };
        let mut output = Vec::new();
        // SAFETY: it only calculates.
        let mut room = if goes_on { CHUNK } else { unsafe { c::ZSTD_compressBound(data.len()) } };
        loop {
            let written = output.len();
            output.try_reserve(room.max(1)).map_err(|_| Failure::Memory)?;
            output.resize(written + room.max(1), 0);
            let mut piece = c::ZSTD_outBuffer { dst: output[written..].as_mut_ptr().cast(), size: room.max(1), pos: 0 };
            // SAFETY: the context is alive, and both buffers are as large as they say.
            let code = unsafe { c::ZSTD_compressStream2(self.context.as_ptr(), &mut piece, &mut input, mode) };
            output.truncate(written + piece.pos);
            let left = check(code)?;
            if left == 0 || goes_on && input.pos == input.size && piece.pos < piece.size {
                return Ok(output);
            }
            room = (room * 2).clamp(CHUNK, LARGEST_CHUNK);
        }
    }

    /// Forgets the frame under way.
    pub fn reset(&mut self) {
        // SAFETY: the context is alive; resetting the session cannot fail.
        unsafe { c::ZSTD_CCtx_reset(self.context.as_ptr(), c::ZSTD_ResetDirective::ZSTD_reset_session_only) };
    }
}

impl Drop for Compression {
    fn drop(&mut self) {
        // The library frees the dictionary without waiting for its threads; beginning a frame waits.
        if self.has_workers {
            self.reset();
            let (byte, mut room) = ([0u8], [0u8; 64]);
            let mut input = c::ZSTD_inBuffer { src: start(&byte), size: 1, pos: 0 };
            let mut output = c::ZSTD_outBuffer { dst: room.as_mut_ptr().cast(), size: room.len(), pos: 0 };
            let mode = c::ZSTD_EndDirective::ZSTD_e_continue;
            // SAFETY: the context is alive, and both buffers are as large as they say.
            unsafe { c::ZSTD_compressStream2(self.context.as_ptr(), &mut output, &mut input, mode) };
        }
        // SAFETY: nobody else has it.
        unsafe { c::ZSTD_freeCCtx(self.context.as_ptr()) };
    }
}

/// A decompression under way.
pub(super) struct Decompression {
    context: NonNull<c::ZSTD_DCtx>,
    /// What the context points to.
    dictionary: Option<Rc<Dictionary>>,
}

impl Decompression {
    pub fn new() -> Option<Decompression> {
        // SAFETY: it takes nothing.
        NonNull::new(unsafe { c::ZSTD_createDCtx() }).map(|context| Decompression { context, dictionary: None })
    }

    pub fn set(&mut self, parameter: c::ZSTD_dParameter, value: i32) -> Outcome<()> {
        // SAFETY: the context is alive.
        check(unsafe { c::ZSTD_DCtx_setParameter(self.context.as_ptr(), parameter, value) }).map(drop)
    }

    pub fn load(&mut self, dictionary: Rc<Dictionary>, usage: Usage) -> Outcome<()> {
        let (context, content) = (self.context.as_ptr(), dictionary.content());
        // SAFETY: the context is alive, and keeps the dictionary that it comes to refer to.
        let code = unsafe {
            match usage {
                Usage::Digested => c::ZSTD_DCtx_refDDict(context, dictionary.undigest()?.as_ptr()),
                Usage::Undigested => c::ZSTD_DCtx_loadDictionary(context, start(content), content.len()),
                Usage::Prefix => c::ZSTD_DCtx_refPrefix(context, start(content), content.len()),
            }
        };
        self.dictionary = Some(dictionary);
        check(code).map(drop)
    }

    /// Decompresses until the input is used up, the frame ends, or `limit` bytes have come out.
    pub fn run(&mut self, data: &[u8], limit: Option<usize>) -> Outcome<Run> {
        let mut input = c::ZSTD_inBuffer { src: start(data), size: data.len(), pos: 0 };
        let mut run = Run { output: Vec::new(), consumed: 0, ended: false };
        let mut chunk = CHUNK;
        loop {
            let written = run.output.len();
            let room = limit.map_or(chunk, |limit| chunk.min(limit.saturating_sub(written)));
            run.output.try_reserve(room).map_err(|_| Failure::Memory)?;
            run.output.resize(written + room, 0);
            let mut piece = c::ZSTD_outBuffer { dst: run.output[written..].as_mut_ptr().cast(), size: room, pos: 0 };
            // SAFETY: the context is alive, and both buffers are as large as they say.
            let code = unsafe { c::ZSTD_decompressStream(self.context.as_ptr(), &mut piece, &mut input) };
            run.output.truncate(written + piece.pos);
            run.consumed = input.pos;
            run.ended = check(code)? == 0;
            let is_full = piece.pos == piece.size;
            let reached = is_full && limit.is_some_and(|limit| run.output.len() >= limit);
            if run.ended || reached || !is_full && input.pos == input.size {
                return Ok(run);
            }
            chunk = (chunk * 2).min(LARGEST_CHUNK);
        }
    }

    /// Forgets the frame under way.
    pub fn reset(&mut self) {
        // SAFETY: the context is alive; resetting the session cannot fail.
        unsafe { c::ZSTD_DCtx_reset(self.context.as_ptr(), c::ZSTD_ResetDirective::ZSTD_reset_session_only) };
    }
}

impl Drop for Decompression {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        unsafe { c::ZSTD_freeDCtx(self.context.as_ptr()) };
    }
}
