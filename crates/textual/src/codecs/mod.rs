//! Encoders and decoders: bytes to code points and back, with CPython's error ranges and reasons.
//!
//! A decoder appends to a [`Sink`] and reports each flaw to a [`DecodeErrors`]; an encoder appends bytes and reports to an
//! [`EncodeErrors`]. A handler answers with a replacement and the position to go on from, or with an error of its caller's.
//! [`Standard`] has the handlers that Python predefines. Decoders that keep state between calls take `is_final` and return
//! how many bytes they consumed: all of them if `is_final`.

mod charmap;
mod cjk;
mod escape;
mod handlers;
mod latin;
mod utf16;
mod utf32;
mod utf7;
mod utf8;
mod wide;

use std::borrow::Cow;

use pyrope_text::Wtf8Buf;

pub use charmap::{Mapped, decode_charmap, decode_table, encode_charmap};
pub use cjk::{Cjk, INCOMPLETE, State as CjkState};
pub use escape::{
    Escapes, InvalidEscape, InvalidValue, decode_bytes_escape, decode_raw_unicode_escape, decode_unicode_escape,
    encode_bytes_escape, encode_raw_unicode_escape, encode_unicode_escape,
};
pub use handlers::Standard;
pub use latin::{decode_ascii, decode_latin1, encode_ascii, encode_latin1};
pub use utf7::{decode_utf7, encode_utf7};
pub use utf8::{decode_utf8, encode_utf8};
pub use utf16::{decode_utf16, encode_utf16};
pub use utf32::{decode_utf32, encode_utf32};

use crate::Unit;

/// Order of bytes in a unit of UTF-16 or UTF-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// As a byte order mark says; without one, that of the machine. Encoders write a mark.
    Mark,
    /// Least significant byte first; no mark.
    Little,
    /// Most significant byte first; no mark.
    Big,
}

impl ByteOrder {
    /// True if units are most significant byte first, on this machine.
    fn is_big(self) -> bool {
        match self {
            ByteOrder::Mark => cfg!(target_endian = "big"),
            ByteOrder::Little => false,
            ByteOrder::Big => true,
        }
    }
}

/// Where text goes while it is decoded.
pub trait Sink {
    /// Appends a code point, `0..=0x10FFFF`.
    fn push(&mut self, code_point: u32);

    /// Appends UTF-8 text.
    fn push_str(&mut self, text: &str) {
        text.chars().for_each(|c| self.push(c as u32));
    }

    /// Appends Latin-1 text.
    fn push_latin1(&mut self, text: &[u8]) {
        text.iter().for_each(|&b| self.push(u32::from(b)));
    }
}

impl Sink for Vec<u32> {
    fn push(&mut self, code_point: u32) {
        Vec::push(self, code_point);
    }
}

impl Sink for Wtf8Buf {
    fn push(&mut self, code_point: u32) {
        self.push_code_point(code_point);
    }

    fn push_str(&mut self, text: &str) {
        Wtf8Buf::push_str(self, text);
    }
}

/// What could not be converted: the fields of `UnicodeDecodeError` and `UnicodeEncodeError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The name of the encoding as the exception shows it.
    pub encoding: &'static str,
    /// First byte, or code point, that is wrong.
    pub start: usize,
    /// Behind the last.
    pub end: usize,
    /// Why.
    pub reason: &'static str,
}

impl Issue {
    /// The range, cut to what an object of this length has (a program may have changed the exception).
    fn within(&self, length: usize) -> std::ops::Range<usize> {
        let start = self.start.min(length);
        start..self.end.clamp(start, length)
    }
}

/// Decides about bytes that cannot be decoded.
pub trait DecodeErrors<S: Sink> {
    /// Errors of the caller.
    type Error;

    /// Appends a replacement to `out` and returns the position in the input to go on from (clamped to its length).
    fn handle(&mut self, issue: &Issue, out: &mut S) -> Result<usize, Self::Error>;

    /// Another input, if the last handler has put one in place of the first, and the position in it.
    fn replaced(&mut self) -> Option<(Vec<u8>, usize)> {
        None
    }

    /// [`DecodeErrors::handle`] for decoders that can go on in another input.
    fn go_on(&mut self, issue: &Issue, input: &mut Cow<'_, [u8]>, out: &mut S) -> Result<usize, Self::Error> {
        let next = self.handle(issue, out)?;
        let next = match self.replaced() {
            Some((other, position)) => {
                *input = Cow::Owned(other);
                position
            }
            None => next,
        };
        Ok(next.min(input.len()))
    }
}

/// What to write for text that cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// These bytes as they are.
    Bytes(Vec<u8>),
    /// This text, encoded as the rest is.
    Text(Vec<u32>),
}

/// Decides about text that cannot be encoded.
pub trait EncodeErrors {
    /// Errors of the caller.
    type Error;

    /// A replacement, and the position in the text to go on from (clamped to its length).
    fn handle(&mut self, issue: &Issue) -> Result<(Replacement, usize), Self::Error>;

    /// The error to raise where the replacement cannot be encoded either.
    fn fail(&mut self, issue: &Issue) -> Self::Error;

    /// The same, told as an issue of the replacement.
    fn fail_within(&mut self, _replacement: &[u32], issue: &Issue) -> Self::Error {
        self.fail(issue)
    }
}

/// The code points from `start` on that `bad` holds for: where they end.
fn run_end<U: Unit>(text: &[U], start: usize, bad: impl Fn(u32) -> bool) -> usize {
    start + text[start..].iter().take_while(|&&unit| bad(unit.into())).count()
}

fn is_surrogate(code_point: u32) -> bool {
    (0xD800..0xE000).contains(&code_point)
}
