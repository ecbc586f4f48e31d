//! Streams of zlib-rs, driven over growing buffers.

pub(super) use super::raw::{Deflate, Flush, Inflate};

use super::raw::code;
use crate::feed::Run;

/// Bytes of the first output buffer; each further one is twice as large, up to a bound.
const FIRST_CHUNK: usize = 16 * 1024;
const LAST_CHUNK: usize = 64 * 1024 * 1024;

/// Why a stream stopped.
pub(super) enum Failure {
    Memory,
    /// The dictionary does not fit the data.
    Dictionary,
    /// zlib's code, and its text if it gave one.
    Stream {
        code: i32,
        message: Option<&'static str>,
    },
}

/// A compressor; `None` for parameters that zlib refuses.
pub(super) fn deflater(level: i32, method: i32, wbits: i32, mem_level: i32, strategy: i32) -> Option<Deflate> {
    let window_fits = matches!(wbits, -15..=-9 | 8..=15 | 25..=31);
    if !(-1..=9).contains(&level) || method != 8 || !window_fits || !(1..=9).contains(&mem_level) {
        return None;
    }
    if !(0..=4).contains(&strategy) {
        return None;
    }
    Deflate::new(level, wbits, mem_level, strategy)
}

/// A decompressor; `None` for a window that zlib refuses.
pub(super) fn inflater(wbits: i32) -> Option<Inflate> {
    match wbits {
        -15..=-8 | 0 | 8..=15 | 24..=31 | 40..=47 => Inflate::new(wbits),
        _ => None,
    }
}

/// Makes `output` longer by `room` zeros; false if memory does not suffice.
fn extend(output: &mut Vec<u8>, room: usize) -> bool {
    if output.try_reserve(room).is_err() {
        return false;
    }
    output.resize(output.len() + room, 0);
    true
}

/// Compresses all of `input`; gives the output and whether the stream has ended.
pub(super) fn deflate(stream: &mut Deflate, mut input: &[u8], flush: Flush) -> Result<(Vec<u8>, bool), Failure> {
    let mut output = Vec::new();
    let mut room = FIRST_CHUNK;
    loop {
        let start = output.len();
        if !extend(&mut output, room) {
            return Err(Failure::Memory);
        }
        let step = stream.run(input, &mut output[start..], flush);
        input = input.get(step.taken..).unwrap_or_default();
        output.truncate(start + step.given);
        match step.code {
            code::STREAM_END => return Ok((output, true)),
            code::OK if step.given < room && input.is_empty() => return Ok((output, false)),
            code::BUF_ERROR if step.taken == 0 && step.given == 0 => return Ok((output, false)),
            code::OK | code::BUF_ERROR => room = (room * 2).min(LAST_CHUNK),
            code::MEM_ERROR => return Err(Failure::Memory),
            code => return Err(Failure::Stream { code, message: stream.message() }),
        }
    }
}

/// Decompresses until the input is used up, the stream ends, or `limit` bytes have come out.
pub(super) fn inflate(
    stream: &mut Inflate,
    dictionary: Option<&[u8]>,
    input: &[u8],
    limit: Option<usize>,
) -> Result<Run, Failure> {
    let mut done = Run { output: Vec::new(), consumed: 0, ended: false };
    let mut chunk = FIRST_CHUNK;
    loop {
        let start = done.output.len();
        let room = limit.map_or(chunk, |limit| chunk.min(limit.saturating_sub(start)));
        if room == 0 {
            return Ok(done);
        }
        if !extend(&mut done.output, room) {
            return Err(Failure::Memory);
        }
        let rest = input.get(done.consumed..).unwrap_or_default();
        let step = stream.run(rest, &mut done.output[start..]);
        done.consumed += step.taken;
        done.output.truncate(start + step.given);
        match step.code {
            code::STREAM_END => {
                done.ended = true;
                return Ok(done);
            }
            code::BUF_ERROR => return Ok(done),
            code::OK if step.given < room && done.consumed >= input.len() => return Ok(done),
            code::OK => chunk = (chunk * 2).min(LAST_CHUNK),
            code::NEED_DICT => match dictionary {
                Some(dictionary) if stream.set_dictionary(dictionary) => {}
                Some(_) => return Err(Failure::Dictionary),
                None => return Err(Failure::Stream { code: 2, message: None }),
            },
            code::MEM_ERROR => return Err(Failure::Memory),
            code => return Err(Failure::Stream { code, message: stream.message() }),
        }
    }
}
