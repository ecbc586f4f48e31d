//! What the decompressors that are fed piece by piece (`zlib`, `bz2`, `lzma`) keep between two pieces.

use std::cell::Cell;

use pyrope_object::bind::BytesLike;
use pyrope_object::layout::Bytes;
use pyrope_object::{Guarded, PyResult, Ref, Vm};

/// What one run of a stream gave.
pub struct Run {
    pub output: Vec<u8>,
    /// How much of the input was used.
    pub consumed: usize,
    /// The stream's end was seen.
    pub ended: bool,
}

/// Input that waits, and what Python may ask about it.
pub struct Feed {
    /// Input not yet taken; after the end, what followed the stream.
    rest: Guarded<Vec<u8>>,
    eof: Cell<bool>,
    needs_input: Cell<bool>,
}

impl Feed {
    pub fn new() -> Feed {
        Feed { rest: Guarded::new(Vec::new()), eof: Cell::new(false), needs_input: Cell::new(true) }
    }

    /// True once the end of the stream was seen.
    pub fn eof(&self) -> bool {
        self.eof.get()
    }

    /// True if more input is needed before more decompressed data can be produced.
    pub fn needs_input(&self) -> bool {
        self.needs_input.get()
    }

    /// Data found after the end of the stream.
    pub fn unused_data(&self, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let rest = if self.eof() { self.rest.with(Clone::clone) } else { Vec::new() };
        vm.new_bytes(&rest)
    }

    /// The input that waited, and `data` behind it.
    pub fn input(&self, data: &BytesLike<'_>) -> Vec<u8> {
        let mut input = self.rest.take();
        data.with(|bytes| input.extend_from_slice(bytes));
        input
    }

    /// Keeps what a run over `input` with this limit of output left; gives what it took.
    pub fn settle(&self, mut input: Vec<u8>, run: &Run, limit: Option<usize>) -> Vec<u8> {
        let rest = input.split_off(run.consumed.min(input.len()));
        let full = limit.is_some_and(|limit| run.output.len() >= limit);
        self.eof.set(run.ended);
        self.needs_input.set(!run.ended && rest.is_empty() && !full);
        self.rest.set(rest);
        input
    }

    /// The stream cannot go on.
    pub fn stop(&self) {
        self.needs_input.set(false);
    }
}
