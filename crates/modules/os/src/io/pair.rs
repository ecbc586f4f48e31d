//! `BufferedRWPair`: a reader and a writer as one stream.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::check_positional;
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Value, Vm};

use super::base::{self, BufferedIOBase};
use super::buffered::{BufferedReader, BufferedWriter};

/// A buffered reader and writer object together.
///
/// A buffered reader object and buffered writer object put together to
/// form a sequential IO object that can read and write. This is typically
/// used with a socket or two-way pipe.
///
/// reader and writer are RawIOBase objects that are readable and
/// writeable respectively. If the buffer_size is omitted it defaults to
/// DEFAULT_BUFFER_SIZE.
#[pyclass(
    name = "BufferedRWPair", module = "_io", base = BufferedIOBase,
    signature = "(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)", flags(BASETYPE, GC, DICT, WEAKREF, PLAIN_NEW),
    slots = SLOTS, methods(BufferedRWPair::METHODS), getset(BufferedRWPair::GETSETS)
)]
#[derive(Traverse)]
pub struct BufferedRWPair {
    header: Header,
    reader: Guarded<Option<Value>>,
    writer: Guarded<Option<Value>>,
}

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let blank = BufferedRWPair { header: Header::blank(), reader: Guarded::default(), writer: Guarded::default() };
        Ok(Ref::new_in(vm, class, blank).into_value())
    }),
    init: Some(|slf: &Value, args: Args<'_>, vm: &Vm| {
        let values = check_positional("BufferedRWPair", args, 2, 3, vm)?;
        let Some(this) = slf.cast::<BufferedRWPair>() else { return Ok(()) };
        base::check_readable(&values[0], vm)?;
        base::check_writable(&values[1], vm)?;
        let make = |ty: Value, raw: &Value| {
            let mut arguments = vec![raw.clone()];
            arguments.extend(values.get(2).cloned());
            vm.call(&ty, &arguments)
        };
        let reader = make(vm.type_of::<BufferedReader>().to_value(), &values[0])?;
        let writer = make(vm.type_of::<BufferedWriter>().to_value(), &values[1])?;
        this.reader.set(Some(reader));
        this.writer.set(Some(writer));
        Ok(())
    }),
    ..Slots::EMPTY
};

impl BufferedRWPair {
    fn to(&self, end: &Guarded<Option<Value>>, method: &str, args: &[Value], vm: &Vm) -> PyResult {
        match end.get() {
            Some(stream) => vm.call_method(&stream, method, args),
            None => Err(vm.value_error("I/O operation on uninitialized object")),
        }
    }
}

#[pymethods]
impl BufferedRWPair {
    #[method("read($self, size=-1, /)")]
    fn read(&self, size: Option<&Value>, vm: &Vm) -> PyResult {
        self.to(&self.reader, "read", size.map(std::slice::from_ref).unwrap_or_default(), vm)
    }

    #[method("peek($self, size=0, /)")]
    fn peek(&self, size: Option<&Value>, vm: &Vm) -> PyResult {
        self.to(&self.reader, "peek", size.map(std::slice::from_ref).unwrap_or_default(), vm)
    }

    #[method("read1($self, size=-1, /)")]
    fn read1(&self, size: Option<&Value>, vm: &Vm) -> PyResult {
        self.to(&self.reader, "read1", size.map(std::slice::from_ref).unwrap_or_default(), vm)
    }

    #[method("readinto($self, buffer, /)")]
    fn readinto(&self, buffer: &Value, vm: &Vm) -> PyResult {
        self.to(&self.reader, "readinto", std::slice::from_ref(buffer), vm)
    }

    #[method("readinto1($self, buffer, /)")]
    fn readinto1(&self, buffer: &Value, vm: &Vm) -> PyResult {
        self.to(&self.reader, "readinto1", std::slice::from_ref(buffer), vm)
    }

    #[method("write($self, b, /)")]
    fn write(&self, b: &Value, vm: &Vm) -> PyResult {
        self.to(&self.writer, "write", std::slice::from_ref(b), vm)
    }

    #[method("flush($self, /)")]
    fn flush(&self, vm: &Vm) -> PyResult {
        self.to(&self.writer, "flush", &[], vm)
    }

    #[method("readable($self, /)")]
    fn readable(&self, vm: &Vm) -> PyResult {
        self.to(&self.reader, "readable", &[], vm)
    }

    #[method("writable($self, /)")]
    fn writable(&self, vm: &Vm) -> PyResult {
        self.to(&self.writer, "writable", &[], vm)
    }

    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult<()> {
        let written = self.to(&self.writer, "close", &[], vm).map(drop);
        base::then(written, vm, || self.to(&self.reader, "close", &[], vm).map(drop))
    }

    #[method("isatty($self, /)")]
    fn isatty(&self, vm: &Vm) -> PyResult {
        let answer = self.to(&self.writer, "isatty", &[], vm)?;
        if answer.as_bool() == Some(false) { self.to(&self.reader, "isatty", &[], vm) } else { Ok(answer) }
    }

    #[getter("closed")]
    fn closed(&self, vm: &Vm) -> PyResult {
        match self.writer.get() {
            Some(writer) => vm.get_attr_str(&writer, "closed"),
            None => Err(vm.runtime_error("the BufferedRWPair object is being garbage-collected")),
        }
    }
}
