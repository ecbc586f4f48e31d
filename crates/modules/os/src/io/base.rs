//! `_IOBase`, `_RawIOBase`, `_BufferedIOBase`, `_TextIOBase`: what all streams have in common.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::WritableBytes;
use pyrope_object::{BuiltinType as B, Bytes, Header, List, PyResult, Ref, Slots, Value, Vm};

use super::unsupported;

macro_rules! abstract_stream {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Traverse)]
        pub struct $name {
            header: Header,
        }

        impl $name {
            const SLOTS: Slots = Slots {
                new: Some(|class, _, vm| Ok(Ref::new_in(vm, class, $name { header: Header::blank() }).into_value())),
                ..Slots::EMPTY
            };
        }
    };
}

abstract_stream! {
    /// The abstract base class for all I/O classes.
    ///
    /// This class provides dummy implementations for many methods that
    /// derived classes can override selectively; the default implementations
    /// represent a file that cannot be read, written or seeked.
    #[pyclass(
        name = "_IOBase", module = "_io", flags(BASETYPE, GC, DICT, WEAKREF, PLAIN_NEW), slots = BASE_SLOTS,
        methods(IOBase::METHODS), getset(IOBase::GETSETS)
    )]
    IOBase
}

abstract_stream! {
    /// Base class for raw binary I/O.
    #[pyclass(
        name = "_RawIOBase", module = "_io", base = IOBase, flags(BASETYPE, GC, DICT, WEAKREF, PLAIN_NEW),
        slots = RawIOBase::SLOTS, methods(RawIOBase::METHODS)
    )]
    RawIOBase
}

abstract_stream! {
    /// Base class for buffered IO objects.
    ///
    /// The main difference with RawIOBase is that the read() method
    /// supports omitting the size argument, and does not have a default
    /// implementation that defers to readinto().
    #[pyclass(
        name = "_BufferedIOBase", module = "_io", base = IOBase, flags(BASETYPE, GC, DICT, WEAKREF, PLAIN_NEW),
        slots = BufferedIOBase::SLOTS, methods(BufferedIOBase::METHODS)
    )]
    BufferedIOBase
}

abstract_stream! {
    /// Base class for text I/O.
    ///
    /// This class provides a character and line based interface to stream
    /// I/O. There is no readinto method because Python's character strings
    /// are immutable.
    #[pyclass(
        name = "_TextIOBase", module = "_io", base = IOBase, flags(BASETYPE, GC, DICT, WEAKREF, PLAIN_NEW),
        slots = TextIOBase::SLOTS, methods(TextIOBase::METHODS), getset(TextIOBase::GETSETS)
    )]
    TextIOBase
}

const BASE_SLOTS: Slots = Slots {
    iter: Some(|slf, vm| {
        check_closed(slf, vm)?;
        Ok(slf.clone())
    }),
    next: Some(|slf, vm| {
        let line = vm.call_method(slf, "readline", &[])?;
        Ok(if vm.is_true(&line)? { Some(line) } else { None })
    }),
    finalize: Some(finalize),
    ..IOBase::SLOTS
};

/// Closes what nobody closed; what goes wrong is told to `sys.unraisablehook`.
pub(super) fn finalize(slf: &Value, vm: &Vm) {
    let closed = match vm.find_attr_str(slf, "closed") {
        Ok(Some(closed)) => vm.is_true(&closed),
        Ok(None) => Ok(true),
        Err(raised) => Err(raised),
    };
    let result = match closed {
        Ok(true) => return,
        Ok(false) => {
            if let Err(raised) = vm.set_attr_str(slf, "_finalizing", &Value::bool(true)) {
                vm.ignore(raised);
            }
            vm.call_method(slf, "close", &[]).map(drop)
        }
        // Detached, or not made to the end: there is nothing to close.
        Err(raised) => return vm.ignore(raised),
    };
    if let Err(raised) = result {
        let exception = vm.catch(raised);
        let message = match vm.repr_text(slf) {
            Ok(shown) => format!("Exception ignored while finalizing file {shown}"),
            Err(raised) => {
                vm.ignore(raised);
                "Exception ignored while finalizing file".to_owned()
            }
        };
        let _ = vm.reraise(exception);
        vm.write_unraisable(Some(&message), &Value::none());
    }
}

/// The new value of a member that is a flag.
pub(super) fn flag_of(value: Option<&Value>, vm: &Vm) -> PyResult<bool> {
    match value {
        None => Err(vm.type_error("can't delete numeric/char attribute")),
        Some(value) => value.as_bool().ok_or_else(|| vm.type_error("attribute value type must be bool")),
    }
}

const CLOSED_MARK: &str = "__IOBase_closed";

/// `stream.closed`
pub(super) fn is_closed(slf: &Value, vm: &Vm) -> PyResult<bool> {
    let closed = vm.get_attr_str(slf, "closed")?;
    vm.is_true(&closed)
}

/// Raises ValueError for a closed stream.
pub(super) fn check_closed(slf: &Value, vm: &Vm) -> PyResult<()> {
    match vm.find_attr_str(slf, "closed")? {
        Some(closed) if vm.is_true(&closed)? => Err(vm.value_error("I/O operation on closed file.")),
        _ => Ok(()),
    }
}

fn check(slf: &Value, method: &str, message: &str, vm: &Vm) -> PyResult {
    let answer = vm.call_method(slf, method, &[])?;
    if answer.as_bool() == Some(true) { Ok(answer) } else { Err(unsupported(message, vm)) }
}

/// UnsupportedOperation unless `seekable()`.
pub(super) fn check_seekable(slf: &Value, vm: &Vm) -> PyResult {
    check(slf, "seekable", "File or stream is not seekable.", vm)
}

/// UnsupportedOperation unless `readable()`.
pub(super) fn check_readable(slf: &Value, vm: &Vm) -> PyResult {
    check(slf, "readable", "File or stream is not readable.", vm)
}

/// UnsupportedOperation unless `writable()`.
pub(super) fn check_writable(slf: &Value, vm: &Vm) -> PyResult {
    check(slf, "writable", "File or stream is not writable.", vm)
}

fn expect_bytes<'a>(value: &'a Value, method: &str, vm: &Vm) -> PyResult<&'a Bytes> {
    value.downcast::<Bytes>().ok_or_else(|| {
        vm.type_error(format!("{method}() should have returned a bytes object, not '{}'", vm.type_name(value)))
    })
}

#[pymethods]
impl IOBase {
    /// Change the stream position to the given byte offset.
    #[method("seek($self, offset, whence=os.SEEK_SET, /)")]
    fn seek(_slf: &Value, _offset: &Value, _whence: Option<&Value>, vm: &Vm) -> PyResult {
        Err(unsupported("seek", vm))
    }

    /// Return current stream position.
    #[method("tell($self, /)")]
    fn tell(slf: &Value, vm: &Vm) -> PyResult {
        vm.call_method(slf, "seek", &[vm.int(0), vm.int(1)])
    }

    /// Truncate file to size bytes.
    #[method("truncate($self, size=None, /)")]
    fn truncate(_slf: &Value, _size: Option<&Value>, vm: &Vm) -> PyResult {
        Err(unsupported("truncate", vm))
    }

    /// Flush write buffers, if applicable.
    ///
    /// This is not implemented for read-only and non-blocking streams.
    #[method("flush($self, /)")]
    fn flush(slf: &Value, vm: &Vm) -> PyResult<()> {
        match vm.find_attr_str(slf, CLOSED_MARK)? {
            Some(mark) if vm.is_true(&mark)? => Err(vm.value_error("I/O operation on closed file.")),
            _ => Ok(()),
        }
    }

    /// Flush and close the IO object.
    ///
    /// This method has no effect if the file is already closed.
    #[method("close($self, /)")]
    fn close(slf: &Value, vm: &Vm) -> PyResult<()> {
        if let Some(mark) = vm.find_attr_str(slf, CLOSED_MARK)?
            && vm.is_true(&mark)?
        {
            return Ok(());
        }
        let flushed = vm.call_method(slf, "flush", &[]).map(drop);
        then(flushed, vm, || vm.set_attr_str(slf, CLOSED_MARK, &Value::bool(true)))
    }

    /// Return whether object supports random access.
    #[method("seekable($self, /)")]
    fn seekable(_slf: &Value) -> bool {
        false
    }

    /// Return whether object was opened for reading.
    #[method("readable($self, /)")]
    fn readable(_slf: &Value) -> bool {
        false
    }

    /// Return whether object was opened for writing.
    #[method("writable($self, /)")]
    fn writable(_slf: &Value) -> bool {
        false
    }

    #[method("_checkClosed($self, /)")]
    fn check_closed_method(slf: &Value, vm: &Vm) -> PyResult<()> {
        check_closed(slf, vm)
    }

    #[method("_checkSeekable($self, /)")]
    fn check_seekable_method(slf: &Value, vm: &Vm) -> PyResult {
        check_seekable(slf, vm)
    }

    #[method("_checkReadable($self, /)")]
    fn check_readable_method(slf: &Value, vm: &Vm) -> PyResult {
        check_readable(slf, vm)
    }

    #[method("_checkWritable($self, /)")]
    fn check_writable_method(slf: &Value, vm: &Vm) -> PyResult {
        check_writable(slf, vm)
    }

    /// Return underlying file descriptor if one exists.
    ///
    /// Raise OSError if the IO object does not use a file descriptor.
    #[method("fileno($self, /)")]
    fn fileno(_slf: &Value, vm: &Vm) -> PyResult {
        Err(unsupported("fileno", vm))
    }

    /// Return whether this is an 'interactive' stream.
    ///
    /// Return False if it can't be determined.
    #[method("isatty($self, /)")]
    fn isatty(slf: &Value, vm: &Vm) -> PyResult<bool> {
        check_closed(slf, vm)?;
        Ok(false)
    }

    #[method("__enter__($self, /)")]
    fn enter(slf: &Value, vm: &Vm) -> PyResult {
        check_closed(slf, vm)?;
        Ok(slf.clone())
    }

    #[method("__exit__($self, /, *args)")]
    fn exit(slf: &Value, _args: &[Value], vm: &Vm) -> PyResult {
        vm.call_method(slf, "close", &[])
    }

    /// Read and return a line from the stream.
    ///
    /// If size is specified, at most size bytes will be read.
    ///
    /// The line terminator is always b'\n' for binary files; for text
    /// files, the newlines argument to open can be used to select the line
    /// terminator(s) recognized.
    #[method("readline($self, size=-1, /)")]
    fn readline(slf: &Value, size: Option<&Value>, vm: &Vm) -> PyResult {
        let limit = super::optional_size(size, vm)?;
        let peek = vm.find_attr_str(slf, "peek")?;
        let mut line: Vec<u8> = Vec::new();
        while limit.is_none_or(|limit| line.len() < limit) {
            let room = limit.map_or(usize::MAX, |limit| limit - line.len());
            let mut want = 1;
            if let Some(peek) = &peek {
                let ahead = vm.call(peek, &[vm.int(1)])?;
                let ahead = expect_bytes(&ahead, "peek", vm)?.as_slice();
                if !ahead.is_empty() {
                    let end = ahead.iter().position(|&b| b == b'\n').map_or(ahead.len(), |at| at + 1);
                    want = end.min(room);
                }
            }
            let part = vm.call_method(slf, "read", &[vm.int_from_usize(want)])?;
            let part = match part.downcast::<Bytes>() {
                Some(part) => part.as_slice(),
                None => {
                    let kind = vm.type_name(&part);
                    let message = format!("read() should have returned a bytes object, not '{kind}'");
                    return Err(vm.raise(B::OSError, message));
                }
            };
            if part.is_empty() {
                break;
            }
            line.extend_from_slice(part);
            if line.last() == Some(&b'\n') {
                break;
            }
        }
        Ok(vm.new_bytes(&line)?.into_value())
    }

    /// Return a list of lines from the stream.
    ///
    /// hint can be specified to control the number of lines read: no more
    /// lines will be read if the total size (in bytes/characters) of all
    /// lines so far exceeds hint.
    #[method("readlines($self, hint=-1, /)")]
    fn readlines(slf: &Value, hint: Option<&Value>, vm: &Vm) -> PyResult<Ref<List>> {
        let hint = super::optional_size(hint, vm)?.filter(|&hint| hint > 0);
        let iterator = vm.iter(slf)?;
        let (mut lines, mut total) = (Vec::new(), 0);
        while let Some(line) = vm.next(&iterator)? {
            if let Some(hint) = hint {
                total += vm.len(&line)?;
                lines.push(line);
                if total > hint {
                    break;
                }
            } else {
                lines.push(line);
            }
        }
        Ok(vm.new_list(lines))
    }

    /// Write a list of lines to stream.
    ///
    /// Line separators are not added, so it is usual for each of the
    /// lines provided to have a line separator at the end.
    #[method("writelines($self, lines, /)")]
    fn writelines(slf: &Value, lines: &Value, vm: &Vm) -> PyResult<()> {
        check_closed(slf, vm)?;
        vm.for_each(lines, |line| vm.call_method(slf, "write", &[line]).map(drop))
    }

    #[getter("closed")]
    fn closed(slf: &Value, vm: &Vm) -> PyResult<bool> {
        match vm.find_attr_str(slf, CLOSED_MARK)? {
            Some(mark) => vm.is_true(&mark),
            None => Ok(false),
        }
    }
}

/// Does `next` whatever became of what was before; the first error wins, the second has it as context.
pub(super) fn then(first: PyResult<()>, vm: &Vm, next: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
    match first {
        Ok(()) => next(),
        Err(raised) => {
            let exception = vm.catch(raised);
            match next() {
                Ok(()) => Err(vm.reraise(exception)),
                Err(second) => {
                    let second = vm.catch(second);
                    if !second.is(&exception) {
                        let context = vm.intern("__context__");
                        vm.set_attr(&second, context.as_value(), Some(&exception))?;
                    }
                    Err(vm.reraise(second))
                }
            }
        }
    }
}

#[pymethods]
impl RawIOBase {
    #[method("read($self, size=-1, /)")]
    fn read(slf: &Value, size: isize, vm: &Vm) -> PyResult {
        let Ok(size) = usize::try_from(size) else { return vm.call_method(slf, "readall", &[]) };
        let buffer = vm.call(&vm.builtin(B::ByteArray).to_value(), &[vm.int_from_usize(size)])?;
        let count = vm.call_method(slf, "readinto", std::slice::from_ref(&buffer))?;
        if count.is_none() {
            return Ok(count);
        }
        let count = vm.index_isize(&count)?;
        match usize::try_from(count) {
            Ok(count) if count <= size => {
                let data = vm.call(&vm.builtin(B::Bytes).to_value(), &[buffer])?;
                let data = expect_bytes(&data, "bytes", vm)?.as_slice();
                Ok(vm.new_bytes(&data[..count.min(data.len())])?.into_value())
            }
            _ => Err(vm.value_error(format!("readinto returned {count} outside buffer size {size}"))),
        }
    }

    /// Read until EOF, using multiple read() call.
    #[method("readall($self, /)")]
    fn readall(slf: &Value, vm: &Vm) -> PyResult {
        let mut all: Vec<u8> = Vec::new();
        loop {
            let part = vm.call_method(slf, "read", &[vm.int_from_usize(super::DEFAULT_BUFFER_SIZE)])?;
            if part.is_none() {
                if all.is_empty() {
                    return Ok(part);
                }
                break;
            }
            let Some(bytes) = part.downcast::<Bytes>() else { return Err(vm.type_error("read() should return bytes")) };
            if bytes.as_slice().is_empty() {
                break;
            }
            all.try_reserve(bytes.as_slice().len()).map_err(|_| vm.memory_error())?;
            all.extend_from_slice(bytes.as_slice());
        }
        Ok(vm.new_bytes(&all)?.into_value())
    }

    #[method("readinto($self, buffer, /)")]
    fn readinto(_slf: &Value, _buffer: &Value, vm: &Vm) -> PyResult {
        Err(vm.raise_with(B::NotImplementedError, &[]))
    }

    #[method("write($self, b, /)")]
    fn write(_slf: &Value, _b: &Value, vm: &Vm) -> PyResult {
        Err(vm.raise_with(B::NotImplementedError, &[]))
    }
}

/// `readinto` in terms of another method.
fn read_into(slf: &Value, method: &str, buffer: &WritableBytes, vm: &Vm) -> PyResult<usize> {
    let room = buffer.len();
    let data = vm.call_method(slf, method, &[vm.int_from_usize(room)])?;
    let data = expect_bytes(&data, "read", vm)?.as_slice();
    if data.len() > room {
        return Err(
            vm.value_error(format!("read() returned too much data: {room} bytes requested, {} returned", data.len()))
        );
    }
    buffer.with_mut(|bytes| bytes[..data.len()].copy_from_slice(data));
    Ok(data.len())
}

#[pymethods]
impl BufferedIOBase {
    /// Disconnect this buffer from its underlying raw stream and return it.
    ///
    /// After the raw stream has been detached, the buffer is in an unusable
    /// state.
    #[method("detach($self, /)")]
    fn detach(_slf: &Value, vm: &Vm) -> PyResult {
        Err(unsupported("detach", vm))
    }

    /// Read and return up to n bytes.
    #[method("read($self, size=-1, /)")]
    fn read(_slf: &Value, _size: Option<&Value>, vm: &Vm) -> PyResult {
        Err(unsupported("read", vm))
    }

    /// Read and return up to size bytes, with at most one read() call to the underlying raw stream.
    #[method("read1($self, size=-1, /)")]
    fn read1(_slf: &Value, _size: Option<&Value>, vm: &Vm) -> PyResult {
        Err(unsupported("read1", vm))
    }

    #[method("readinto($self, buffer, /)")]
    fn readinto(slf: &Value, buffer: WritableBytes, vm: &Vm) -> PyResult<usize> {
        read_into(slf, "read", &buffer, vm)
    }

    #[method("readinto1($self, buffer, /)")]
    fn readinto1(slf: &Value, buffer: WritableBytes, vm: &Vm) -> PyResult<usize> {
        read_into(slf, "read1", &buffer, vm)
    }

    /// Write buffer b to the IO stream.
    ///
    /// Return the number of bytes written, which is always
    /// the length of b in bytes.
    #[method("write($self, b, /)")]
    fn write(_slf: &Value, _b: &Value, vm: &Vm) -> PyResult {
        Err(unsupported("write", vm))
    }
}

#[pymethods]
impl TextIOBase {
    /// Separate the underlying buffer from the TextIOBase and return it.
    ///
    /// After the underlying buffer has been detached, the TextIO is in an unusable state.
    #[method("detach($self, /)")]
    fn detach(_slf: &Value, vm: &Vm) -> PyResult {
        Err(unsupported("detach", vm))
    }

    /// Read at most size characters from stream.
    #[method("read($self, size=-1, /)")]
    fn read(_slf: &Value, _size: Option<&Value>, vm: &Vm) -> PyResult {
        Err(unsupported("read", vm))
    }

    /// Read until newline or EOF.
    ///
    /// Return an empty string if EOF is hit immediately.
    #[method("readline($self, size=-1, /)")]
    fn readline(_slf: &Value, _size: Option<&Value>, vm: &Vm) -> PyResult {
        Err(unsupported("readline", vm))
    }

    /// Write string s to stream.
    #[method("write($self, s, /)")]
    fn write(_slf: &Value, _s: &Value, vm: &Vm) -> PyResult {
        Err(unsupported("write", vm))
    }

    /// Encoding of the text stream.
    ///
    /// Subclasses should override.
    #[getter("encoding")]
    fn encoding(_slf: &Value) -> Value {
        Value::none()
    }

    /// Line endings translated so far.
    ///
    /// Only line endings translated during reading are considered.
    ///
    /// Subclasses should override.
    #[getter("newlines")]
    fn newlines(_slf: &Value) -> Value {
        Value::none()
    }

    /// The error setting of the decoder or encoder.
    ///
    /// Subclasses should override.
    #[getter("errors")]
    fn errors(_slf: &Value) -> Value {
        Value::none()
    }
}
