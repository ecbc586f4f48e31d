//! Where a pickle is read from: bytes in hand, or a file, frame by frame and peeking if it can.

use std::borrow::Cow;

use pyrope_macros::Traverse;
use pyrope_object::bind::BytesLike;
use pyrope_object::{BuiltinType as B, FromArg, PyResult, Raised, Value, Vm};
use pyrope_types::text::{ByteArray, MemoryView};

use super::state::unpickling_error;

/// Bytes to peek at.
const PREFETCH: usize = 8192 * 16;

/// The methods of a file that are used.
#[derive(Clone, Traverse)]
pub(super) struct FileMethods {
    pub(super) read: Value,
    pub(super) readline: Value,
    pub(super) readinto: Option<Value>,
    pub(super) peek: Option<Value>,
}

/// A position in the bytes at hand, and the file for more.
pub(super) struct Input<'a> {
    data: Cow<'a, [u8]>,
    at: usize,
    /// The end of the frame, or of the data.
    limit: usize,
    in_frame: bool,
    /// Up to here the data has really been read; what follows was only peeked at.
    fetched: usize,
    file: Option<FileMethods>,
}

/// What is left over when a pickle ends before the bytes at hand.
#[derive(Default)]
pub(super) struct Leftover {
    data: Vec<u8>,
    at: usize,
    fetched: usize,
}

#[cold]
fn truncated(vm: &Vm) -> Raised {
    unpickling_error("pickle data was truncated", vm)
}

impl<'a> Input<'a> {
    /// Reads bytes.
    pub(super) fn of_bytes(data: &'a [u8]) -> Self {
        let limit = data.len();
        Input { data: Cow::Borrowed(data), at: 0, limit, in_frame: false, fetched: limit, file: None }
    }

    /// Reads on in a file.
    pub(super) fn of_file(file: FileMethods, leftover: Leftover) -> Self {
        let Leftover { data, at, fetched } = leftover;
        Input { limit: data.len(), data: Cow::Owned(data), at, in_frame: false, fetched, file: Some(file) }
    }

    /// Ends the reading: moves the file on to where the pickle ended.
    pub(super) fn finish(&mut self, vm: &Vm) -> PyResult<()> {
        self.skip_consumed(vm)
    }

    pub(super) fn into_leftover(self) -> Leftover {
        Leftover { data: self.data.into_owned(), at: self.at, fetched: self.fetched }
    }

    /// The next `n` bytes.
    #[inline]
    pub(super) fn read(&mut self, n: usize, vm: &Vm) -> PyResult<&[u8]> {
        if n > self.limit - self.at {
            self.want(n, vm)?;
        }
        let start = self.at;
        self.at += n;
        Ok(&self.data[start..self.at])
    }

    /// The next byte.
    #[inline]
    pub(super) fn byte(&mut self, vm: &Vm) -> PyResult<u8> {
        if self.at < self.limit {
            self.at += 1;
            return Ok(self.data[self.at - 1]);
        }
        self.read(1, vm).map(|bytes| bytes[0])
    }

    /// The next `N` bytes.
    #[inline]
    pub(super) fn array<const N: usize>(&mut self, vm: &Vm) -> PyResult<[u8; N]> {
        let mut out = [0; N];
        out.copy_from_slice(self.read(N, vm)?);
        Ok(out)
    }

    /// Sees to it that `n` bytes are at hand.
    #[cold]
    fn want(&mut self, n: usize, vm: &Vm) -> PyResult<()> {
        if self.in_frame {
            if self.at < self.limit {
                return Err(unpickling_error("pickle exhausted before end of frame", vm));
            }
            self.leave_frame();
            if n <= self.limit - self.at {
                return Ok(());
            }
        }
        if self.file.is_none() {
            return Err(truncated(vm));
        }
        self.fetch(n, vm)?;
        if self.limit < n { Err(truncated(vm)) } else { Ok(()) }
    }

    fn leave_frame(&mut self) {
        self.in_frame = false;
        self.limit = self.data.len();
    }

    /// Begins a frame of that length.
    pub(super) fn enter_frame(&mut self, length: usize, vm: &Vm) -> PyResult<()> {
        if self.in_frame && self.at < self.limit {
            return Err(unpickling_error("beginning of a new frame before end of current frame", vm));
        }
        self.leave_frame();
        self.read(length, vm)?;
        self.at -= length;
        self.limit = self.at + length;
        self.in_frame = true;
        Ok(())
    }

    /// The next line with its end.
    pub(super) fn line(&mut self, vm: &Vm) -> PyResult<&[u8]> {
        if self.in_frame && self.at == self.limit {
            self.leave_frame();
        }
        if let Some(length) = self.data[self.at..self.limit].iter().position(|&byte| byte == b'\n') {
            let start = self.at;
            self.at += length + 1;
            return Ok(&self.data[start..self.at]);
        }
        if self.in_frame {
            return Err(unpickling_error("pickle exhausted before end of frame", vm));
        }
        let Some(file) = self.file.clone() else { return Err(truncated(vm)) };
        self.skip_consumed(vm)?;
        let line = vm.call(&file.readline, &[])?;
        self.replace(&line, "readline() returned a non-bytes object", vm)?;
        if self.data.last() != Some(&b'\n') {
            return Err(truncated(vm));
        }
        self.at = self.limit;
        Ok(&self.data)
    }

    /// Reads `n` bytes into fresh memory: what lies at hand, the rest straight from the file.
    pub(super) fn read_vec(&mut self, n: usize, vm: &Vm) -> PyResult<Vec<u8>> {
        let mut out = Vec::new();
        if n <= self.limit - self.at || self.file.is_none() || self.in_frame {
            let bytes = self.read(n, vm)?;
            if out.try_reserve_exact(n).is_err() {
                return Err(vm.memory_error());
            }
            out.extend_from_slice(bytes);
            return Ok(out);
        }
        let Some(file) = self.file.clone() else { return Err(truncated(vm)) };
        out.extend_from_slice(&self.data[self.at..]);
        self.at = self.limit;
        self.skip_consumed(vm)?;
        let rest = n - out.len();
        let Some(readinto) = &file.readinto else {
            let data = vm.call(&file.read, &[vm.int_from_usize(rest)])?;
            let Some(bytes) = data.downcast::<pyrope_object::Bytes>() else {
                let shown = vm.repr_text(&data)?;
                return Err(vm.value_error(format!("read() returned non-bytes object ({shown})")));
            };
            if bytes.as_slice().len() < rest {
                return Err(truncated(vm));
            }
            out.extend_from_slice(&bytes.as_slice()[..rest]);
            return Ok(out);
        };
        let mut room = Vec::new();
        if room.try_reserve_exact(rest).is_err() || out.try_reserve_exact(rest).is_err() {
            return Err(vm.memory_error());
        }
        room.resize(rest, 0);
        let room = ByteArray::new(vm.builtin(B::ByteArray), room, vm);
        let view = MemoryView::of(room.as_value(), pyrope_object::buffer::flags::WRITABLE, vm)?.into_value();
        let got = vm.call(readinto, &[view])?;
        if vm.index_isize(&got)? < rest as isize {
            return Err(truncated(vm));
        }
        room.data.with(|data| out.extend_from_slice(data));
        Ok(out)
    }

    /// Moves the file past what was peeked at and used.
    fn skip_consumed(&mut self, vm: &Vm) -> PyResult<()> {
        let Some(file) = &self.file else { return Ok(()) };
        if self.at > self.fetched {
            let read = file.read.clone();
            vm.call(&read, &[vm.int_from_usize(self.at - self.fetched)])?;
            self.fetched = self.at;
        }
        Ok(())
    }

    /// Puts the next `n` bytes of the file, or fewer at its end, in place of the data.
    fn fetch(&mut self, n: usize, vm: &Vm) -> PyResult<()> {
        let Some(file) = self.file.clone() else { return Ok(()) };
        self.skip_consumed(vm)?;
        if n < PREFETCH
            && let Some(peek) = &file.peek
        {
            match vm.call(peek, &[vm.int_from_usize(PREFETCH)]) {
                Ok(data) => {
                    self.replace(&data, "peek() returned a non-bytes object", vm)?;
                    self.fetched = 0;
                    if n <= self.limit {
                        return Ok(());
                    }
                }
                Err(raised) if vm.raised_is(B::NotImplementedError) => {
                    vm.ignore(raised);
                    if let Some(file) = &mut self.file {
                        drop(file.peek.take());
                    }
                }
                Err(raised) => return Err(raised),
            }
        }
        let data = vm.call(&file.read, &[vm.int_from_usize(n)])?;
        self.replace(&data, "read() returned a non-bytes object", vm)
    }

    fn replace(&mut self, data: &Value, complaint: &str, vm: &Vm) -> PyResult<()> {
        let Some(bytes) = data.downcast::<pyrope_object::Bytes>() else { return Err(vm.type_error(complaint)) };
        self.data = Cow::Owned(bytes.as_slice().to_vec());
        self.at = 0;
        self.limit = self.data.len();
        self.fetched = self.limit;
        self.in_frame = false;
        Ok(())
    }
}

/// The bytes of the argument of `loads`.
pub(super) fn bytes_argument<'a>(data: &'a Value, vm: &Vm) -> PyResult<BytesLike<'a>> {
    BytesLike::from_arg(data, &pyrope_object::args::ArgName { function: "loads", argument: "argument".into() }, vm)
}
