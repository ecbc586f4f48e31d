//! `BytesIO`: bytes in memory as a stream.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{BytesLike, OrNone, Signature, WritableBytes};
use pyrope_object::buffer::{Buffer, BufferOwner, flags};
use pyrope_object::{
    Args, BuiltinType as B, Dict, FromArg, Guarded, Header, Object, PyResult, Ref, Slots, Tuple, Value, Vm,
};

use super::base::BufferedIOBase;
use super::{bound, optional_size};

/// Buffered I/O implementation using an in-memory bytes buffer.
#[pyclass(
    name = "BytesIO", module = "_io", base = BufferedIOBase, signature = "(initial_bytes=b'')",
    flags(BASETYPE, GC, DICT, WEAKREF), slots = SLOTS, methods(BytesIO::METHODS), getset(BytesIO::GETSETS)
)]
#[derive(Traverse)]
pub struct BytesIO {
    header: Header,
    #[traverse(skip)]
    data: Guarded<Vec<u8>>,
    #[traverse(skip)]
    pos: Cell<usize>,
    #[traverse(skip)]
    closed: Cell<bool>,
    #[traverse(skip)]
    exports: Cell<usize>,
}

static INIT: Signature = Signature::plain("BytesIO", &["initial_bytes"], 0);

static INITIAL: pyrope_object::args::ArgName<'static> =
    pyrope_object::args::ArgName { function: "BytesIO", argument: std::borrow::Cow::Borrowed("argument 1") };

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let blank = BytesIO {
            header: Header::blank(),
            data: Guarded::default(),
            pos: Cell::new(0),
            closed: Cell::new(false),
            exports: Cell::new(0),
        };
        let stream = Ref::new_in(vm, class, blank).into_value();
        if class.is_exactly(BytesIO::def()) {
            // Nobody can see that it is closed when it goes.
            pyrope_object::lifetime::settle(&stream, vm);
        }
        Ok(stream)
    }),
    init: Some(|slf: &Value, args: Args<'_>, vm: &Vm| {
        let [initial] = bound::<1>(&INIT, args, vm)?;
        let Some(this) = slf.downcast::<BytesIO>() else { return Ok(()) };
        this.resizable(vm)?;
        let data = match initial.filter(|v| !v.is_none()) {
            Some(initial) => BytesLike::from_arg(initial, &INITIAL, vm)?.to_cow().into_owned(),
            None => Vec::new(),
        };
        this.data.set(data);
        this.pos.set(0);
        this.closed.set(false);
        Ok(())
    }),
    iter: Some(|slf, vm| {
        if let Some(this) = slf.downcast::<BytesIO>() {
            this.open(vm)?;
        }
        Ok(slf.clone())
    }),
    next: Some(|slf, vm| {
        let Some(this) = slf.downcast::<BytesIO>() else { return Ok(None) };
        this.open(vm)?;
        let line = this.take(this.line_length(None));
        if line.is_empty() { Ok(None) } else { Ok(Some(vm.new_bytes(&line)?.into_value())) }
    }),
    ..Slots::EMPTY
};

impl BytesIO {
    fn open(&self, vm: &Vm) -> PyResult<()> {
        if self.closed.get() { Err(vm.value_error("I/O operation on closed file.")) } else { Ok(()) }
    }

    fn resizable(&self, vm: &Vm) -> PyResult<()> {
        if self.exports.get() > 0 {
            return Err(vm.buffer_error("Existing exports of data: object cannot be re-sized"));
        }
        Ok(())
    }

    /// Bytes from the position to the end.
    fn left(&self) -> usize {
        self.data.with(|data| data.len().saturating_sub(self.pos.get()))
    }

    /// Copies out bytes that are there, and moves on.
    fn take(&self, count: usize) -> Vec<u8> {
        let start = self.pos.get();
        let part = self.data.with(|data| data.get(start..start + count).unwrap_or_default().to_vec());
        self.pos.set(start + part.len());
        part
    }

    /// The length of the line at the position, at most `limit`.
    fn line_length(&self, limit: Option<usize>) -> usize {
        let start = self.pos.get();
        let length = self.data.with(|data| {
            let rest = data.get(start..).unwrap_or_default();
            rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |at| at + 1)
        });
        length.min(limit.unwrap_or(usize::MAX))
    }

    fn put(&self, bytes: &[u8], vm: &Vm) -> PyResult<usize> {
        self.open(vm)?;
        self.resizable(vm)?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let start = self.pos.get();
        let Some(end) = start.checked_add(bytes.len()).filter(|&end| end <= isize::MAX as usize) else {
            return Err(vm.overflow_error("new buffer size too large"));
        };
        let stored = self.data.with_mut(|data| {
            if end > data.len() {
                if data.try_reserve(end - data.len()).is_err() {
                    return false;
                }
                data.resize(end, 0);
            }
            data[start..end].copy_from_slice(bytes);
            true
        });
        if !stored {
            return Err(vm.memory_error());
        }
        self.pos.set(end);
        Ok(bytes.len())
    }
}

#[pymethods]
impl BytesIO {
    /// Returns True if the IO object can be read.
    #[method("readable($self, /)")]
    fn readable(&self, vm: &Vm) -> PyResult<bool> {
        self.open(vm)?;
        Ok(true)
    }

    /// Returns True if the IO object can be seeked.
    #[method("seekable($self, /)")]
    fn seekable(&self, vm: &Vm) -> PyResult<bool> {
        self.open(vm)?;
        Ok(true)
    }

    /// Returns True if the IO object can be written.
    #[method("writable($self, /)")]
    fn writable(&self, vm: &Vm) -> PyResult<bool> {
        self.open(vm)?;
        Ok(true)
    }

    /// Disable all I/O operations.
    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult<()> {
        self.resizable(vm)?;
        self.closed.set(true);
        self.data.set(Vec::new());
        Ok(())
    }

    /// Does nothing.
    #[method("flush($self, /)")]
    fn flush(&self, vm: &Vm) -> PyResult<()> {
        self.open(vm)
    }

    /// Always returns False.
    ///
    /// BytesIO objects are not connected to a TTY-like device.
    #[method("isatty($self, /)")]
    fn isatty(&self, vm: &Vm) -> PyResult<bool> {
        self.open(vm)?;
        Ok(false)
    }

    /// Current file position, an integer.
    #[method("tell($self, /)")]
    fn tell(&self, vm: &Vm) -> PyResult<usize> {
        self.open(vm)?;
        Ok(self.pos.get())
    }

    /// Write bytes to file.
    ///
    /// Return the number of bytes written.
    #[method("write($self, b, /)")]
    fn write(&self, b: BytesLike<'_>, vm: &Vm) -> PyResult<usize> {
        let bytes = b.to_cow();
        self.put(&bytes, vm)
    }

    /// Write lines to the file.
    ///
    /// Note that newlines are not added.  lines can be any iterable object
    /// producing bytes-like objects. This is equivalent to calling write() for
    /// each element.
    #[method("writelines($self, lines, /)")]
    fn writelines(&self, lines: &Value, vm: &Vm) -> PyResult<()> {
        self.open(vm)?;
        vm.for_each(lines, |line| {
            let bytes = BytesLike::from_arg(&line, &INITIAL, vm)?.to_cow().into_owned();
            self.put(&bytes, vm).map(drop)
        })
    }

    /// Read at most size bytes, returned as a bytes object.
    ///
    /// If the size argument is negative or omitted, read until EOF is reached.
    /// Return an empty bytes object at EOF.
    #[method("read1($self, size=-1, /)")]
    fn read1(&self, size: Option<&Value>, vm: &Vm) -> PyResult {
        self.read(size, vm)
    }

    /// Read bytes into buffer.
    ///
    /// Returns number of bytes read (0 for EOF), or None if the object
    /// is set not to block and has no data to read.
    #[method("readinto($self, buffer, /)")]
    fn readinto(&self, buffer: WritableBytes, vm: &Vm) -> PyResult<usize> {
        self.open(vm)?;
        let part = self.take(self.left().min(buffer.len()));
        buffer.with_mut(|bytes| bytes[..part.len()].copy_from_slice(&part));
        Ok(part.len())
    }

    /// Next line from the file, as a bytes object.
    ///
    /// Retain newline.  A non-negative size argument limits the maximum
    /// number of bytes to return (an incomplete line may be returned then).
    /// Return an empty bytes object at EOF.
    #[method("readline($self, size=-1, /)")]
    fn readline(&self, size: Option<&Value>, vm: &Vm) -> PyResult {
        self.open(vm)?;
        let limit = optional_size(size, vm)?;
        Ok(vm.new_bytes(&self.take(self.line_length(limit)))?.into_value())
    }

    /// List of bytes objects, each a line from the file.
    ///
    /// Call readline() repeatedly and return a list of the lines so read.
    /// The optional size argument, if given, is an approximate bound on the
    /// total number of bytes in the lines returned.
    #[method("readlines($self, size=None, /)")]
    fn readlines(&self, size: Option<&Value>, vm: &Vm) -> PyResult {
        self.open(vm)?;
        let bound = optional_size(size, vm)?.filter(|&bound| bound > 0);
        let (mut lines, mut total) = (Vec::new(), 0);
        loop {
            let line = self.take(self.line_length(None));
            if line.is_empty() {
                break;
            }
            total += line.len();
            lines.push(vm.new_bytes(&line)?.into_value());
            if bound.is_some_and(|bound| total >= bound) {
                break;
            }
        }
        Ok(vm.new_list(lines).into_value())
    }

    /// Read at most size bytes, returned as a bytes object.
    ///
    /// If the size argument is negative, read until EOF is reached.
    /// Return an empty bytes object at EOF.
    #[method("read($self, size=-1, /)")]
    fn read(&self, size: Option<&Value>, vm: &Vm) -> PyResult {
        self.open(vm)?;
        let count = optional_size(size, vm)?.unwrap_or(usize::MAX).min(self.left());
        Ok(vm.new_bytes(&self.take(count))?.into_value())
    }

    /// Get a read-write view over the contents of the BytesIO object.
    #[method("getbuffer($self, /)")]
    fn getbuffer(slf: &Value, vm: &Vm) -> PyResult {
        if let Some(this) = slf.downcast::<BytesIO>() {
            this.open(vm)?;
        }
        let lender = BytesIOBuffer { header: Header::blank(), source: slf.clone() };
        let lender = Ref::new(vm, lender).into_value();
        vm.call(&vm.builtin(B::MemoryView).to_value(), &[lender])
    }

    /// Retrieve the entire contents of the BytesIO object.
    #[method("getvalue($self, /)")]
    fn getvalue(&self, vm: &Vm) -> PyResult {
        self.open(vm)?;
        Ok(vm.new_bytes(&self.data.get())?.into_value())
    }

    /// Change stream position.
    ///
    /// Seek to byte offset pos relative to position indicated by whence:
    ///      0  Start of stream (the default).  pos should be >= 0;
    ///      1  Current position - pos may be negative;
    ///      2  End of stream - pos usually negative.
    /// Returns the new absolute position.
    #[method("seek($self, pos, whence=0, /)")]
    fn seek(&self, pos: &Value, whence: i32, vm: &Vm) -> PyResult<usize> {
        let pos = vm.index_isize(pos)?;
        self.open(vm)?;
        let base = match whence {
            0 if pos < 0 => return Err(vm.value_error(format!("negative seek value {pos}"))),
            0 => 0,
            1 => self.pos.get() as isize,
            2 => self.data.with(Vec::len) as isize,
            _ => return Err(vm.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
        };
        let Some(target) = base.checked_add(pos) else { return Err(vm.overflow_error("new position too large")) };
        self.pos.set(target.max(0) as usize);
        Ok(self.pos.get())
    }

    /// Truncate the file to at most size bytes.
    ///
    /// Size defaults to the current file position, as returned by tell().
    /// The current file position is unchanged.  Returns the new size.
    #[method("truncate($self, size=None, /)")]
    fn truncate(&self, size: OrNone<isize>, vm: &Vm) -> PyResult<usize> {
        self.open(vm)?;
        self.resizable(vm)?;
        let size = match size.0 {
            None => self.pos.get(),
            Some(size) => match usize::try_from(size) {
                Ok(size) => size,
                Err(_) => return Err(vm.value_error(format!("negative size value {size}"))),
            },
        };
        self.data.with_mut(|data| data.truncate(size));
        Ok(size)
    }

    #[method("__getstate__($self, /)")]
    fn getstate(slf: &Value, vm: &Vm) -> PyResult {
        let Some(this) = slf.downcast::<BytesIO>() else { return Ok(Value::none()) };
        this.open(vm)?;
        let data = vm.new_bytes(&this.data.get())?.into_value();
        let dict = own_dict(slf, vm)?;
        Ok(vm.tuple_of([data, vm.int_from_usize(this.pos.get()), dict]).into_value())
    }

    #[method("__setstate__($self, object, /)")]
    fn setstate(slf: &Value, object: &Value, vm: &Vm) -> PyResult<()> {
        let Some(this) = slf.downcast::<BytesIO>() else { return Ok(()) };
        let Some([data, pos, dict, ..]) = object.downcast::<Tuple>().map(Tuple::as_slice) else {
            return Err(vm.type_error(format!(
                "{}.__setstate__ argument should be 3-tuple, got {}",
                vm.type_name(slf),
                vm.type_name(object)
            )));
        };
        this.resizable(vm)?;
        this.open(vm)?;
        let data = BytesLike::from_arg(data, &INITIAL, vm)?.to_cow().into_owned();
        if pos.as_int().is_none() {
            return Err(vm.type_error(format!("second item of state must be an integer, not {}", vm.type_name(pos))));
        }
        let Ok(pos) = usize::try_from(vm.index_isize(pos)?) else {
            return Err(vm.value_error("position value cannot be negative"));
        };
        this.data.set(data);
        this.pos.set(pos);
        update_dict(slf, dict, "third", vm)
    }

    #[method("__sizeof__($self, /)")]
    fn sizeof(&self) -> usize {
        size_of::<BytesIO>() + self.data.with(Vec::capacity)
    }

    /// True if the file is closed.
    #[getter("closed")]
    fn closed(&self) -> bool {
        self.closed.get()
    }
}

/// A copy of the instance's dict, or None.
pub(super) fn own_dict(slf: &Value, vm: &Vm) -> PyResult {
    let attributes = slf.instance_attributes(vm);
    if attributes.is_empty() {
        return Ok(Value::none());
    }
    let dict = vm.new_dict();
    for (name, value) in attributes {
        dict.set(name, value, vm)?;
    }
    Ok(dict.into_value())
}

/// Adds a pickled dict's items to the instance.
pub(super) fn update_dict(slf: &Value, dict: &Value, which: &str, vm: &Vm) -> PyResult<()> {
    if dict.is_none() {
        return Ok(());
    }
    let Some(dict) = dict.downcast::<Dict>() else {
        return Err(vm.type_error(format!("{which} item of state should be a dict, got a {}", vm.type_name(dict))));
    };
    for entry in dict.entries() {
        slf.set_instance_attribute(&entry.key, entry.value.clone(), vm)?;
    }
    Ok(())
}

/// Lends the bytes of a BytesIO, which cannot be resized meanwhile.
#[pyclass(name = "_BytesIOBuffer", module = "_io", flags(GC, DISALLOW_INSTANTIATION), slots = BUFFER_SLOTS, doc = "")]
#[derive(Traverse)]
pub struct BytesIOBuffer {
    header: Header,
    source: Value,
}

const BUFFER_SLOTS: Slots = Slots {
    buffer: Some(|slf, request, vm| {
        let Some(source) = slf.downcast::<BytesIOBuffer>().and_then(|this| this.source.downcast::<BytesIO>()) else {
            return Err(vm.buffer_error("no bytes to lend"));
        };
        let _ = request & flags::WRITABLE;
        source.exports.set(source.exports.get() + 1);
        Ok(Buffer::simple(slf.clone(), &Lender, source.data.with(Vec::len), false))
    }),
    ..Slots::EMPTY
};

struct Lender;

impl Lender {
    fn source(owner: &Value) -> Option<&BytesIO> {
        owner.downcast::<BytesIOBuffer>()?.source.downcast::<BytesIO>()
    }
}

impl BufferOwner for Lender {
    fn with_bytes(&self, owner: &Value, read: &mut dyn FnMut(&[u8])) {
        if let Some(source) = Lender::source(owner) {
            source.data.with(|data| read(data));
        }
    }

    fn with_bytes_mut(&self, owner: &Value, change: &mut dyn FnMut(&mut [u8])) {
        if let Some(source) = Lender::source(owner) {
            source.data.with_mut(|data| change(data));
        }
    }

    fn release(&self, owner: &Value) {
        if let Some(source) = Lender::source(owner) {
            source.exports.set(source.exports.get().saturating_sub(1));
        }
    }
}
