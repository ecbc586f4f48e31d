//! Streams of zlib-rs through its C interface, which can copy a stream.
#![allow(unsafe_code, reason = "the safe interface of zlib-rs cannot copy a stream")]

use std::ffi::{CStr, c_int};

use libz_rs_sys as z;

/// What to do with what waits in a compressor: zlib's numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    No = 0,
    Partial = 1,
    Sync = 2,
    Full = 3,
    Finish = 4,
    Block = 5,
}

/// zlib's answers.
pub mod code {
    pub const OK: i32 = 0;
    pub const STREAM_END: i32 = 1;
    pub const NEED_DICT: i32 = 2;
    pub const MEM_ERROR: i32 = -4;
    pub const BUF_ERROR: i32 = -5;
}

/// What one call did.
pub struct Step {
    pub code: i32,
    /// Bytes of the input that were used.
    pub taken: usize,
    /// Bytes that were written.
    pub given: usize,
}

/// A stream's C structure. It stays where it is: its state may refer to it.
struct Stream(Box<z::z_stream>);

impl Stream {
    fn blank() -> Stream {
        Stream(Box::default())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], run: impl FnOnce(&mut z::z_stream) -> c_int) -> Step {
        let stream = &mut *self.0;
        let room_in = u32::try_from(input.len()).unwrap_or(u32::MAX);
        let room_out = u32::try_from(output.len()).unwrap_or(u32::MAX);
        stream.next_in = input.as_ptr().cast_mut();
        stream.avail_in = room_in;
        stream.next_out = output.as_mut_ptr();
        stream.avail_out = room_out;
        let code = run(stream);
        let step =
            Step { code, taken: (room_in - stream.avail_in) as usize, given: (room_out - stream.avail_out) as usize };
        stream.next_in = std::ptr::null_mut();
        stream.next_out = std::ptr::null_mut();
        (stream.avail_in, stream.avail_out) = (0, 0);
        step
    }

    /// The library's word for what went wrong.
    fn message(&self) -> Option<&'static str> {
        if self.0.msg.is_null() {
            return None;
        }
        // SAFETY: messages are terminated strings of the library's own.
        unsafe { CStr::from_ptr(self.0.msg) }.to_str().ok()
    }
}

const SIZE: c_int = size_of::<z::z_stream>() as c_int;

/// A compressor.
pub struct Deflate(Stream);

impl Deflate {
    /// `None` for parameters that zlib refuses.
    pub fn new(level: i32, wbits: i32, mem_level: i32, strategy: i32) -> Option<Deflate> {
        let mut stream = Stream::blank();
        // SAFETY: a fresh stream, and the library's own version.
        let code = unsafe {
            let version = z::zlibVersion();
            z::deflateInit2_(&mut *stream.0, level, z::Z_DEFLATED, wbits, mem_level, strategy, version, SIZE)
        };
        (code == code::OK).then_some(Deflate(stream))
    }

    pub fn run(&mut self, input: &[u8], output: &mut [u8], flush: Flush) -> Step {
        // What does not go in at once is not the end.
        let flush = if u32::try_from(input.len()).is_ok() { flush } else { Flush::No };
        // SAFETY: an initialised stream over two live buffers.
        self.0.step(input, output, |stream| unsafe { z::deflate(stream, flush as c_int) })
    }

    /// False if the stream does not take it.
    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> bool {
        let Ok(length) = u32::try_from(dictionary.len()) else { return false };
        // SAFETY: an initialised stream and a live buffer.
        unsafe { z::deflateSetDictionary(&mut *self.0.0, dictionary.as_ptr(), length) == code::OK }
    }

    /// A second stream in the same state; `None` if memory does not suffice.
    pub fn copied(&mut self) -> Option<Deflate> {
        let mut copy = Stream::blank();
        self.0.0.next_out = std::ptr::dangling_mut();
        // SAFETY: an initialised stream and a blank one.
        let code = unsafe { z::deflateCopy(&mut *copy.0, &mut *self.0.0) };
        (code == code::OK).then_some(Deflate(copy))
    }

    pub fn message(&self) -> Option<&'static str> {
        self.0.message()
    }
}

impl Drop for Deflate {
    fn drop(&mut self) {
        // SAFETY: initialised, and not ended before.
        unsafe { z::deflateEnd(&mut *self.0.0) };
    }
}

/// A decompressor.
pub struct Inflate(Stream);

impl Inflate {
    /// `None` for a window that zlib refuses.
    pub fn new(wbits: i32) -> Option<Inflate> {
        let mut stream = Stream::blank();
        // SAFETY: a fresh stream, and the library's own version.
        let code = unsafe { z::inflateInit2_(&mut *stream.0, wbits, z::zlibVersion(), SIZE) };
        (code == code::OK).then_some(Inflate(stream))
    }

    pub fn run(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        // SAFETY: an initialised stream over two live buffers.
        self.0.step(input, output, |stream| unsafe { z::inflate(stream, z::Z_SYNC_FLUSH) })
    }

    /// False if it is not the one that the data was compressed with.
    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> bool {
        let Ok(length) = u32::try_from(dictionary.len()) else { return false };
        // SAFETY: an initialised stream and a live buffer.
        unsafe { z::inflateSetDictionary(&mut *self.0.0, dictionary.as_ptr(), length) == code::OK }
    }

    /// A second stream in the same state; `None` if memory does not suffice.
    pub fn copied(&mut self) -> Option<Inflate> {
        let mut copy = Stream::blank();
        // A stream without a place for output counts as broken, however little there is to put there.
        self.0.0.next_out = std::ptr::dangling_mut();
        // SAFETY: an initialised stream and a blank one.
        let code = unsafe { z::inflateCopy(&mut *copy.0, &*self.0.0) };
        (code == code::OK).then_some(Inflate(copy))
    }

    pub fn message(&self) -> Option<&'static str> {
        self.0.message()
    }
}

impl Drop for Inflate {
    fn drop(&mut self) {
        // SAFETY: initialised, and not ended before.
        unsafe { z::inflateEnd(&mut *self.0.0) };
    }
}
