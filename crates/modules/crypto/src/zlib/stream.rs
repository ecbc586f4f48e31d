//! Streams of zlib-rs, driven over growing buffers.

use zlib_rs::{
    Deflate, DeflateConfig, DeflateError, DeflateFlush, Inflate, InflateError, InflateFlush, Method, Status, Strategy,
};

pub(super) use zlib_rs::DeflateFlush as Flush;

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
    let strategy = match strategy {
        0 => Strategy::Default,
        1 => Strategy::Filtered,
        2 => Strategy::HuffmanOnly,
        3 => Strategy::Rle,
        4 => Strategy::Fixed,
        _ => return None,
    };
    let config = DeflateConfig { level, method: Method::Deflated, window_bits: wbits, mem_level, strategy };
    Some(Deflate::new_with_config(config))
}

/// A decompressor; `None` for a window that zlib refuses.
pub(super) fn inflater(wbits: i32) -> Option<Inflate> {
    match wbits {
        -15..=-8 => Some(Inflate::new(false, wbits.unsigned_abs() as u8)),
        0 | 8..=15 | 24..=31 | 40..=47 => Some(Inflate::new(true, wbits as u8)),
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
pub(super) fn deflate(stream: &mut Deflate, mut input: &[u8], flush: DeflateFlush) -> Result<(Vec<u8>, bool), Failure> {
    let mut output = Vec::new();
    let mut room = FIRST_CHUNK;
    loop {
        let start = output.len();
        if !extend(&mut output, room) {
            return Err(Failure::Memory);
        }
        let (taken, given) = (stream.total_in(), stream.total_out());
        let result = stream.compress(input, &mut output[start..], flush);
        let (taken, given) = ((stream.total_in() - taken) as usize, (stream.total_out() - given) as usize);
        input = input.get(taken..).unwrap_or_default();
        output.truncate(start + given);
        match result {
            Ok(Status::StreamEnd) => return Ok((output, true)),
            Ok(_) if given < room && input.is_empty() => return Ok((output, false)),
            Ok(Status::BufError) if taken == 0 && given == 0 => return Ok((output, false)),
            Ok(_) => room = (room * 2).min(LAST_CHUNK),
            Err(error) => {
                let code = match error {
                    DeflateError::StreamError => -2,
                    DeflateError::DataError => -3,
                    DeflateError::MemError => return Err(Failure::Memory),
                };
                return Err(Failure::Stream { code, message: stream.error_message() });
            }
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
        let (taken, given) = (stream.total_in(), stream.total_out());
        let rest = input.get(done.consumed..).unwrap_or_default();
        let result = stream.decompress(rest, &mut done.output[start..], InflateFlush::SyncFlush);
        let (taken, given) = ((stream.total_in() - taken) as usize, (stream.total_out() - given) as usize);
        done.consumed += taken;
        done.output.truncate(start + given);
        match result {
            Ok(Status::StreamEnd) => {
                done.ended = true;
                return Ok(done);
            }
            Ok(Status::BufError) => return Ok(done),
            Ok(Status::Ok) if given < room && done.consumed >= input.len() => return Ok(done),
            Ok(Status::Ok) => chunk = (chunk * 2).min(LAST_CHUNK),
            Err(InflateError::NeedDict { .. }) => match dictionary {
                Some(dictionary) => {
                    stream.set_dictionary(dictionary).map_err(|_| Failure::Dictionary)?;
                }
                None => return Err(Failure::Stream { code: 2, message: None }),
            },
            Err(InflateError::MemError) => return Err(Failure::Memory),
            Err(InflateError::StreamError) => {
                return Err(Failure::Stream { code: -2, message: stream.error_message() });
            }
            Err(InflateError::DataError) => {
                return Err(Failure::Stream { code: -3, message: stream.error_message() });
            }
        }
    }
}
