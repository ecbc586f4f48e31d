//! `BufferedReader`, `BufferedWriter`, `BufferedRandom`.
//!
//! One core serves the three: bytes read ahead, bytes not written yet. At most one of the two is not empty.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{BytesLike, OrNone, Signature, WritableBytes};
use pyrope_object::{
    Args, BuiltinType as B, Bytes, FromArg, Guarded, Header, Object, PyResult, Raised, Ref, Slots, Value, Vm,
};

use super::base::{self, BufferedIOBase};
use super::busy::Busy;
use super::fileio::FileIO;
use super::{DEFAULT_BUFFER_SIZE, bound, unsupported};

/// The state of a buffered stream.
#[derive(Traverse)]
pub struct Core {
    pub(super) raw: Guarded<Option<Value>>,
    #[traverse(skip)]
    detached: Cell<bool>,
    #[traverse(skip)]
    readable: Cell<bool>,
    #[traverse(skip)]
    writable: Cell<bool>,
    #[traverse(skip)]
    buffer_size: Cell<usize>,
    /// Bytes read ahead; those before `taken` are given out already.
    #[traverse(skip)]
    ahead: Guarded<Vec<u8>>,
    #[traverse(skip)]
    taken: Cell<usize>,
    /// Bytes to be written.
    #[traverse(skip)]
    pending: Guarded<Vec<u8>>,
    /// The raw stream's position, if known.
    #[traverse(skip)]
    raw_position: Cell<Option<i64>>,
    #[traverse(skip)]
    busy: Busy,
    #[traverse(skip)]
    finalizing: Cell<bool>,
}

impl Core {
    fn blank() -> Core {
        Core {
            raw: Guarded::default(),
            detached: Cell::new(false),
            readable: Cell::new(false),
            writable: Cell::new(false),
            buffer_size: Cell::new(DEFAULT_BUFFER_SIZE),
            ahead: Guarded::default(),
            taken: Cell::new(0),
            pending: Guarded::default(),
            raw_position: Cell::new(None),
            busy: Busy::default(),
            finalizing: Cell::new(false),
        }
    }
}

macro_rules! buffered {
    ($(#[$attribute:meta])* $name:ident, $readable:literal, $writable:literal, $signature:ident, $slots:ident) => {
        $(#[$attribute])*
        #[derive(Traverse)]
        pub struct $name {
            header: Header,
            pub(super) core: Core,
        }

        static $signature: Signature = Signature {
            function: stringify!($name),
            names: &["raw", "buffer_size"],
            posonly: 0,
            minpos: 1,
            maxpos: 2,
            minkw: 0,
            varargs: false,
            kwargs: false,
        };

        const $slots: Slots = Slots {
            new: Some(|class, _, vm| {
                let blank = $name { header: Header::blank(), core: Core::blank() };
                Ok(Ref::new_in(vm, class, blank).into_value())
            }),
            init: Some(|slf, args, vm| init(slf, &$signature, args, $readable, $writable, vm)),
            repr: Some(repr),
            ..Slots::EMPTY
        };
    };
}

buffered! {
    /// Create a new buffered reader using the given readable raw IO object.
    #[pyclass(
        name = "BufferedReader", module = "_io", base = BufferedIOBase,
        signature = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)", flags(BASETYPE, GC, DICT, WEAKREF, PLAIN_NEW), slots = READER_SLOTS,
        methods(Shared::METHODS, Shared::METHODS_READ), getset(Shared::GETSETS)
    )]
    BufferedReader, true, false, READER_INIT, READER_BASE
}

buffered! {
    /// A buffer for a writeable sequential RawIO object.
    ///
    /// The constructor creates a BufferedWriter for the given writeable raw
    /// stream. If the buffer_size is not given, it defaults to
    /// DEFAULT_BUFFER_SIZE.
    #[pyclass(
        name = "BufferedWriter", module = "_io", base = BufferedIOBase,
        signature = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)", flags(BASETYPE, GC, DICT, WEAKREF, PLAIN_NEW), slots = WRITER_SLOTS,
        methods(Shared::METHODS, Shared::METHODS_WRITE), getset(Shared::GETSETS)
    )]
    BufferedWriter, false, true, WRITER_INIT, WRITER_SLOTS
}

buffered! {
    /// A buffered interface to random access streams.
    ///
    /// The constructor creates a reader and writer for a seekable stream,
    /// raw, given in the first argument. If the buffer_size is omitted it
    /// defaults to DEFAULT_BUFFER_SIZE.
    #[pyclass(
        name = "BufferedRandom", module = "_io", base = BufferedIOBase,
        signature = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)", flags(BASETYPE, GC, DICT, WEAKREF, PLAIN_NEW), slots = RANDOM_SLOTS,
        methods(Shared::METHODS, Shared::METHODS_READ, Shared::METHODS_WRITE), getset(Shared::GETSETS)
    )]
    BufferedRandom, true, true, RANDOM_INIT, RANDOM_BASE
}

const READER_SLOTS: Slots = Slots { next: Some(next_line), ..READER_BASE };
const RANDOM_SLOTS: Slots = Slots { next: Some(next_line), ..RANDOM_BASE };

/// The core of whichever of the three this is.
pub(super) fn find_core(slf: &Value) -> Option<&Core> {
    if let Some(this) = slf.downcast::<BufferedReader>() {
        return Some(&this.core);
    }
    if let Some(this) = slf.downcast::<BufferedWriter>() {
        return Some(&this.core);
    }
    slf.downcast::<BufferedRandom>().map(|this| &this.core)
}

fn core<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a Core> {
    find_core(slf).ok_or_else(|| vm.type_error("a buffered stream is required"))
}

/// The core and its raw stream; ValueError if there is none.
fn ready<'a>(slf: &'a Value, vm: &Vm) -> PyResult<(&'a Core, Value)> {
    let core = core(slf, vm)?;
    match core.raw.get() {
        Some(raw) => Ok((core, raw)),
        None if core.detached.get() => Err(vm.value_error("raw stream has been detached")),
        None => Err(vm.value_error("I/O operation on uninitialized object")),
    }
}

/// The same for a stream that must not be closed.
fn opened<'a>(slf: &'a Value, what: &str, vm: &Vm) -> PyResult<(&'a Core, Value)> {
    let (core, raw) = ready(slf, vm)?;
    let closed = match raw.downcast_exact::<FileIO>() {
        Some(file) => file.fd.get() < 0,
        None => base::is_closed(&raw, vm)?,
    };
    if closed { Err(vm.value_error(format!("{what} of closed file"))) } else { Ok((core, raw)) }
}

fn opened_for_write<'a>(slf: &'a Value, vm: &Vm) -> PyResult<(&'a Core, Value)> {
    let (core, raw) = ready(slf, vm)?;
    let closed = match raw.downcast_exact::<FileIO>() {
        Some(file) => file.fd.get() < 0,
        None => base::is_closed(&raw, vm)?,
    };
    if closed { Err(vm.value_error("write to closed file")) } else { Ok((core, raw)) }
}

fn init(
    slf: &Value,
    signature: &'static Signature,
    args: Args<'_>,
    readable: bool,
    writable: bool,
    vm: &Vm,
) -> PyResult<()> {
    let [raw, size] = bound::<2>(signature, args, vm)?;
    let Some(raw) = raw else { return Err(vm.type_error("missing required argument")) };
    let core = core(slf, vm)?;
    let size = match size {
        Some(size) => vm.index_isize(size)?,
        None => DEFAULT_BUFFER_SIZE as isize,
    };
    drop(core.raw.replace(None));
    core.detached.set(false);
    if readable && writable {
        base::check_seekable(raw, vm)?;
    }
    if readable {
        base::check_readable(raw, vm)?;
    }
    if writable {
        base::check_writable(raw, vm)?;
    }
    let Some(size) = usize::try_from(size).ok().filter(|&size| size > 0) else {
        return Err(vm.value_error("buffer size must be strictly positive"));
    };
    core.readable.set(readable);
    core.writable.set(writable);
    core.buffer_size.set(size);
    core.ahead.set(Vec::new());
    core.taken.set(0);
    core.pending.set(Vec::new());
    core.raw_position.set(None);
    core.raw.set(Some(raw.clone()));
    Ok(())
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let module_name = type_shown(slf, vm);
    let named = match core(slf, vm)?.raw.get() {
        Some(_) => match vm.get_attr_str(slf, "name") {
            Ok(name) => Some(name),
            Err(raised) if vm.raised_is(B::AttributeError) || vm.raised_is(B::ValueError) => {
                vm.ignore(raised);
                None
            }
            Err(raised) => return Err(raised),
        },
        None => None,
    };
    let text = match named {
        None => format!("<{module_name}>"),
        Some(name) => {
            if !vm.enter_repr(slf) {
                return Err(vm.runtime_error(format!("reentrant call inside {module_name}.__repr__")));
            }
            let shown = vm.repr_text(&name);
            vm.leave_repr(slf);
            format!("<{module_name} name={}>", shown?)
        }
    };
    Ok(vm.try_str(&text)?.into_value())
}

/// The type's name as `tp_name` has it.
pub(super) fn type_shown(slf: &Value, vm: &Vm) -> String {
    let ty = slf.ty(vm);
    if ty.is_heap() { ty.name().to_string() } else { format!("_io.{}", ty.name()) }
}

fn next_line(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let own = slf.ty(vm).is_exactly(BufferedReader::def()) || slf.ty(vm).is_exactly(BufferedRandom::def());
    if own {
        let line = line(slf, None, vm)?;
        return if line.is_empty() { Ok(None) } else { Ok(Some(vm.new_bytes(&line)?.into_value())) };
    }
    let line = vm.call_method(slf, "readline", &[])?;
    match line.downcast::<Bytes>() {
        Some(bytes) if bytes.as_slice().is_empty() => Ok(None),
        Some(_) => Ok(Some(line)),
        None => Err(vm.raise(
            B::OSError,
            format!("readline() should have returned a bytes object, not '{}'", vm.type_name(&line)),
        )),
    }
}

impl Core {
    /// How many bytes are read ahead and not given out.
    fn available(&self) -> usize {
        self.ahead.with(Vec::len) - self.taken.get()
    }

    /// Gives out bytes that are there.
    fn take(&self, count: usize) -> Vec<u8> {
        let start = self.taken.get();
        let part = self.ahead.with(|ahead| ahead[start..start + count].to_vec());
        self.taken.set(start + count);
        part
    }

    fn forget_ahead(&self) {
        self.ahead.with_mut(Vec::clear);
        self.taken.set(0);
    }

    fn moved(&self, by: usize) {
        self.raw_position.set(self.raw_position.get().map(|at| at + by as i64));
    }
}

/// Reads once from the raw stream; `None` if it would block.
fn raw_read(core: &Core, raw: &Value, size: usize, vm: &Vm) -> PyResult<Option<Vec<u8>>> {
    if let Some(file) = raw.downcast_exact::<FileIO>() {
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(size).map_err(|_| vm.memory_error())?;
        buffer.resize(size, 0);
        let got = file.read_some(&mut buffer, vm)?;
        return Ok(got.map(|count| {
            core.moved(count);
            buffer.truncate(count);
            buffer
        }));
    }
    let array = vm.call(&vm.builtin(B::ByteArray).to_value(), &[vm.int_from_usize(size)])?;
    let view = vm.call(&vm.builtin(B::MemoryView).to_value(), std::slice::from_ref(&array))?;
    let got = vm.call_method(raw, "readinto", std::slice::from_ref(&view))?;
    vm.call_method(&view, "release", &[])?;
    if got.is_none() {
        return Ok(None);
    }
    let count = match vm.index_isize(&got) {
        Ok(count) => count,
        Err(raised) => return Err(cause_os_error("raw readinto() failed", raised, vm)),
    };
    match usize::try_from(count) {
        Ok(count) if count <= size => {
            let view = BytesLike::from_arg(&array, &DATA, vm)?;
            let data = view.with(|bytes| bytes[..count.min(bytes.len())].to_vec());
            core.moved(count);
            Ok(Some(data))
        }
        _ => Err(vm.raise(
            B::OSError,
            format!("raw readinto() returned invalid length {count} (should have been between 0 and {size})"),
        )),
    }
}

fn cause_os_error(message: &str, raised: Raised, vm: &Vm) -> Raised {
    let cause = vm.catch(raised);
    let raised = vm.raise(B::OSError, message);
    let error = vm.catch(raised);
    if let Err(raised) = vm.set_attr_str(&error, "__cause__", &cause) {
        return raised;
    }
    vm.reraise(error)
}

static DATA: pyrope_object::args::ArgName<'static> =
    pyrope_object::args::ArgName { function: "write", argument: std::borrow::Cow::Borrowed("argument 1") };

/// Writes once to the raw stream; `None` if it would block.
fn raw_write(core: &Core, raw: &Value, data: &[u8], vm: &Vm) -> PyResult<Option<usize>> {
    if let Some(file) = raw.downcast_exact::<FileIO>() {
        let done = file.write_some(data, vm)?;
        core.moved(done.unwrap_or(0));
        return Ok(done);
    }
    let bytes = vm.new_bytes(data)?.into_value();
    let view = vm.call(&vm.builtin(B::MemoryView).to_value(), &[bytes])?;
    let done = vm.call_method(raw, "write", &[view])?;
    if done.is_none() {
        return Ok(None);
    }
    let count = vm.index_isize(&done)?;
    match usize::try_from(count) {
        Ok(count) if count <= data.len() => {
            core.moved(count);
            Ok(Some(count))
        }
        _ => Err(vm.raise(
            B::OSError,
            format!("raw write() returned invalid length {count} (should have been between 0 and {})", data.len()),
        )),
    }
}

fn raw_seek(core: &Core, raw: &Value, target: i64, whence: i32, vm: &Vm) -> PyResult<i64> {
    let at = match raw.downcast_exact::<FileIO>() {
        Some(file) => file.seek_to(target, whence, vm)?,
        None => {
            let at = vm.call_method(raw, "seek", &[vm.int(target), vm.int(whence.into())])?;
            position(&at, vm)?
        }
    };
    core.raw_position.set(Some(at));
    Ok(at)
}

fn position(at: &Value, vm: &Vm) -> PyResult<i64> {
    match vm.index_i64(at)? {
        Some(at) if at >= 0 => Ok(at),
        _ => Err(vm.raise(B::OSError, format!("Raw stream returned invalid position {}", vm.repr_text(at)?))),
    }
}

fn raw_tell(core: &Core, raw: &Value, vm: &Vm) -> PyResult<i64> {
    core.raw_position.set(None);
    let at = match raw.downcast_exact::<FileIO>() {
        Some(file) => file.seek_to(0, 1, vm)?,
        None => position(&vm.call_method(raw, "tell", &[])?, vm)?,
    };
    core.raw_position.set(Some(at));
    Ok(at)
}

/// Runs an operation that must not be entered again from inside itself; other threads wait for its end.
fn exclusively<T>(slf: &Value, core: &Core, vm: &Vm, run: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    core.busy.enter(slf, vm)?;
    let result = run();
    core.busy.leave();
    result
}

#[cold]
fn would_block(written: usize, vm: &Vm) -> Raised {
    let message = vm.new_str("write could not complete without blocking").into_value();
    vm.raise_with(B::BlockingIOError, &[vm.int(libc::EAGAIN.into()), message, vm.int_from_usize(written)])
}

/// Writes out what is pending. What could not be written stays.
fn flush_pending(core: &Core, raw: &Value, vm: &Vm) -> PyResult<()> {
    let data = core.pending.take();
    if data.is_empty() {
        return Ok(());
    }
    let mut at = 0;
    let result = loop {
        if at == data.len() {
            break Ok(());
        }
        match raw_write(core, raw, &data[at..], vm) {
            Ok(Some(count)) => at += count,
            Ok(None) => break Err(would_block(0, vm)),
            Err(raised) => break Err(raised),
        }
        // A signal may have cut the writing short: its handler must run before this blocks again.
        if let Err(raised) = vm.check_breaker() {
            break Err(raised);
        }
    };
    core.pending.with_mut(|pending| {
        if at < data.len() {
            pending.splice(0..0, data[at..].iter().copied());
        } else if pending.is_empty() {
            // Keep the storage for the next round.
            let mut storage = data;
            storage.clear();
            *pending = storage;
        }
    });
    result
}

/// Brings the raw stream to where this one is: nothing pending, nothing ahead.
fn synchronise(core: &Core, raw: &Value, vm: &Vm) -> PyResult<()> {
    flush_pending(core, raw, vm)?;
    rewind(core, raw, vm)
}

fn rewind(core: &Core, raw: &Value, vm: &Vm) -> PyResult<()> {
    let ahead = core.available();
    if ahead > 0 {
        raw_seek(core, raw, -(ahead as i64), 1, vm)?;
    }
    core.forget_ahead();
    Ok(())
}

/// Reads one bufferful ahead, where nothing is. False at the end; `None` if it would block.
fn refill(core: &Core, raw: &Value, vm: &Vm) -> PyResult<Option<bool>> {
    match raw_read(core, raw, core.buffer_size.get(), vm)? {
        None => Ok(None),
        Some(data) => {
            let some = !data.is_empty();
            core.ahead.set(data);
            core.taken.set(0);
            Ok(Some(some))
        }
    }
}

/// Up to `size` bytes; fewer only at the end. `None` if there is nothing yet.
fn read_exactly(core: &Core, raw: &Value, size: usize, vm: &Vm) -> PyResult<Option<Vec<u8>>> {
    if size <= core.available() {
        return Ok(Some(core.take(size)));
    }
    flush_pending(core, raw, vm)?;
    let mut data = core.take(core.available());
    core.forget_ahead();
    while data.len() < size {
        let want = size - data.len();
        let whole = want - want % core.buffer_size.get();
        let part = if whole > 0 {
            match raw_read(core, raw, whole, vm)? {
                Some(part) => part,
                None => return Ok(if data.is_empty() { None } else { Some(data) }),
            }
        } else {
            match refill(core, raw, vm)? {
                Some(_) => core.take(want.min(core.available())),
                None => return Ok(if data.is_empty() { None } else { Some(data) }),
            }
        };
        if part.is_empty() {
            break;
        }
        data.try_reserve(part.len()).map_err(|_| vm.memory_error())?;
        data.extend_from_slice(&part);
    }
    Ok(Some(data))
}

/// All up to the end.
fn read_to_end(core: &Core, raw: &Value, vm: &Vm) -> PyResult {
    let mut data = core.take(core.available());
    core.forget_ahead();
    if core.writable.get() {
        flush_pending(core, raw, vm)?;
    }
    core.raw_position.set(None);
    if let Some(file) = raw.downcast_exact::<FileIO>() {
        let rest = file.read_all(vm)?;
        return match rest {
            None if data.is_empty() => Ok(Value::none()),
            None => Ok(vm.new_bytes(&data)?.into_value()),
            Some(rest) if data.is_empty() => Ok(vm.new_bytes(&rest)?.into_value()),
            Some(rest) => {
                data.extend_from_slice(&rest);
                Ok(vm.new_bytes(&data)?.into_value())
            }
        };
    }
    if let Some(readall) = vm.find_attr_str(raw, "readall")? {
        let rest = vm.call(&readall, &[])?;
        return match rest.downcast::<Bytes>() {
            Some(bytes) => {
                data.extend_from_slice(bytes.as_slice());
                Ok(vm.new_bytes(&data)?.into_value())
            }
            None if !rest.is_none() => Err(vm.type_error("readall() should return bytes")),
            None if data.is_empty() => Ok(rest),
            None => Ok(vm.new_bytes(&data)?.into_value()),
        };
    }
    loop {
        let part = vm.call_method(raw, "read", &[])?;
        let bytes = match part.downcast::<Bytes>() {
            Some(bytes) => bytes.as_slice(),
            None if part.is_none() && data.is_empty() => return Ok(part),
            None if part.is_none() => break,
            None => return Err(vm.type_error("read() should return bytes")),
        };
        if bytes.is_empty() {
            break;
        }
        data.extend_from_slice(bytes);
    }
    Ok(vm.new_bytes(&data)?.into_value())
}

/// At most `size` bytes with at most one read of the raw stream.
fn read_once(core: &Core, raw: &Value, size: usize, vm: &Vm) -> PyResult<Vec<u8>> {
    let available = core.available();
    if available > 0 {
        return Ok(core.take(size.min(available)));
    }
    flush_pending(core, raw, vm)?;
    core.forget_ahead();
    Ok(raw_read(core, raw, size, vm)?.unwrap_or_default())
}

/// `read1` of an exact BufferedReader over bytes, without objects in between. `None` if the stream is another.
pub(super) fn read1_native(slf: &Value, size: usize, vm: &Vm) -> PyResult<Option<Vec<u8>>> {
    if slf.downcast_exact::<BufferedReader>().is_none() && slf.downcast_exact::<BufferedRandom>().is_none() {
        return Ok(None);
    }
    let (core, raw) = opened(slf, "read", vm)?;
    exclusively(slf, core, vm, || read_once(core, &raw, size, vm)).map(Some)
}

/// `write` to an exact BufferedWriter or BufferedRandom. False if the stream is another.
pub(super) fn write_native(slf: &Value, data: &[u8], vm: &Vm) -> PyResult<bool> {
    if slf.downcast_exact::<BufferedWriter>().is_none() && slf.downcast_exact::<BufferedRandom>().is_none() {
        return Ok(false);
    }
    write_exclusively(slf, data, vm)?;
    Ok(true)
}

fn write_exclusively(slf: &Value, data: &[u8], vm: &Vm) -> PyResult<usize> {
    let (core, _) = opened_for_write(slf, vm)?;
    exclusively(slf, core, vm, || {
        // Another thread may have closed it while this one waited.
        let (_, raw) = opened_for_write(slf, vm)?;
        write(core, &raw, data, vm)
    })
}

fn write(core: &Core, raw: &Value, data: &[u8], vm: &Vm) -> PyResult<usize> {
    if core.available() > 0 {
        rewind(core, raw, vm)?;
    }
    core.forget_ahead();
    let size = core.buffer_size.get();
    if core.pending.with(Vec::len) + data.len() <= size {
        core.pending.with_mut(|pending| pending.extend_from_slice(data));
        return Ok(data.len());
    }
    // Fill what room there is first, so that a stream that blocks takes as much as it can.
    if let Err(raised) = flush_pending(core, raw, vm) {
        if !vm.raised_is(B::BlockingIOError) {
            return Err(raised);
        }
        let room = size.saturating_sub(core.pending.with(Vec::len)).min(data.len());
        core.pending.with_mut(|pending| pending.extend_from_slice(&data[..room]));
        vm.ignore(raised);
        return if room == data.len() { Ok(room) } else { Err(would_block(room, vm)) };
    }
    let mut at = 0;
    while data.len() - at > size {
        match raw_write(core, raw, &data[at..], vm)? {
            Some(count) => {
                at += count;
                vm.check_breaker()?;
            }
            None => {
                let end = (at + size).min(data.len());
                core.pending.with_mut(|pending| pending.extend_from_slice(&data[at..end]));
                return if end == data.len() { Ok(end) } else { Err(would_block(end, vm)) };
            }
        }
    }
    core.pending.with_mut(|pending| pending.extend_from_slice(&data[at..]));
    Ok(data.len())
}

/// The next line, at most `limit` bytes of it.
fn line(slf: &Value, limit: Option<usize>, vm: &Vm) -> PyResult<Vec<u8>> {
    let (core, raw) = opened(slf, "readline", vm)?;
    exclusively(slf, core, vm, || {
        let mut line = Vec::new();
        loop {
            let room = limit.map_or(usize::MAX, |limit| limit - line.len());
            let (found, length) = core.ahead.with(|ahead| {
                let rest = &ahead[core.taken.get()..];
                let rest = &rest[..rest.len().min(room)];
                let found = rest.iter().position(|&b| b == b'\n');
                (found.is_some(), found.map_or(rest.len(), |at| at + 1))
            });
            let part = core.take(length);
            if line.is_empty() {
                line = part;
            } else {
                line.extend_from_slice(&part);
            }
            if found || limit.is_some_and(|limit| line.len() >= limit) {
                return Ok(line);
            }
            flush_pending(core, &raw, vm)?;
            core.forget_ahead();
            if refill(core, &raw, vm)? != Some(true) {
                return Ok(line);
            }
        }
    })
}

/// What the three types share; the tables are theirs.
struct Shared;

#[pymethods]
impl Shared {
    #[method("detach($self, /)")]
    fn detach(slf: &Value, vm: &Vm) -> PyResult {
        let (core, _) = ready(slf, vm)?;
        vm.call_method(slf, "flush", &[])?;
        core.detached.set(true);
        Ok(core.raw.take().unwrap_or(Value::none()))
    }

    #[method("flush($self, /)")]
    fn flush(slf: &Value, vm: &Vm) -> PyResult {
        let (core, raw) = ready(slf, vm)?;
        if !core.writable.get() {
            return vm.call_method(&raw, "flush", &[]);
        }
        let (core, raw) = opened(slf, "flush", vm)?;
        exclusively(slf, core, vm, || synchronise(core, &raw, vm))?;
        Ok(Value::none())
    }

    #[method("close($self, /)")]
    fn close(slf: &Value, vm: &Vm) -> PyResult {
        let (core, raw) = ready(slf, vm)?;
        if base::is_closed(&raw, vm)? {
            return Ok(Value::none());
        }
        if core.finalizing.get()
            && let Err(raised) = vm.call_method(&raw, "_dealloc_warn", std::slice::from_ref(slf))
        {
            vm.ignore(raised);
        }
        let flushed = vm.call_method(slf, "flush", &[]).map(drop);
        base::then(flushed, vm, || {
            exclusively(slf, core, vm, || {
                let closed = vm.call_method(&raw, "close", &[]).map(drop);
                core.forget_ahead();
                core.pending.set(Vec::new());
                closed
            })
        })?;
        Ok(Value::none())
    }

    #[method("seekable($self, /)")]
    fn seekable(slf: &Value, vm: &Vm) -> PyResult {
        let (_, raw) = ready(slf, vm)?;
        vm.call_method(&raw, "seekable", &[])
    }

    #[method("fileno($self, /)")]
    fn fileno(slf: &Value, vm: &Vm) -> PyResult {
        let (_, raw) = ready(slf, vm)?;
        vm.call_method(&raw, "fileno", &[])
    }

    #[method("isatty($self, /)")]
    fn isatty(slf: &Value, vm: &Vm) -> PyResult {
        let (_, raw) = ready(slf, vm)?;
        vm.call_method(&raw, "isatty", &[])
    }

    #[method("_dealloc_warn($self, source, /)")]
    fn dealloc_warn(slf: &Value, source: &Value, vm: &Vm) -> PyResult<()> {
        if let Some(raw) = core(slf, vm)?.raw.get()
            && let Err(raised) = vm.call_method(&raw, "_dealloc_warn", std::slice::from_ref(source))
        {
            vm.ignore(raised);
        }
        Ok(())
    }

    #[method("seek($self, target, whence=0, /)")]
    fn seek(slf: &Value, target: &Value, whence: i32, vm: &Vm) -> PyResult<i64> {
        let (core, _) = ready(slf, vm)?;
        if !(0..=2).contains(&whence) && !matches!(whence, libc::SEEK_DATA | libc::SEEK_HOLE) {
            return Err(vm.value_error(format!("whence value {whence} unsupported")));
        }
        let (_, raw) = opened(slf, "seek", vm)?;
        match raw.downcast_exact::<FileIO>() {
            Some(file) if file.is_seekable(vm)? => {}
            _ => drop(base::check_seekable(&raw, vm)?),
        }
        let Some(mut target) = vm.index_i64(target)? else {
            return Err(vm.overflow_error("Python int too large to convert to C long"));
        };
        if core.readable.get() && whence < 2 && core.pending.with(Vec::is_empty) && core.ahead.with(|a| !a.is_empty()) {
            let at = match core.raw_position.get() {
                Some(at) => at,
                None => raw_tell(core, &raw, vm)?,
            };
            let here = at - core.available() as i64;
            let step = if whence == 0 { target.saturating_sub(here) } else { target };
            if step >= -(core.taken.get() as i64) && step <= core.available() as i64 {
                core.taken.set((core.taken.get() as i64 + step) as usize);
                // A device that cannot seek says that it is at its beginning, whatever was read.
                return Ok((here + step).max(0));
            }
        }
        exclusively(slf, core, vm, || {
            flush_pending(core, &raw, vm)?;
            if whence == 1 {
                target -= core.available() as i64;
            }
            let at = raw_seek(core, &raw, target, whence, vm)?;
            core.forget_ahead();
            Ok(at)
        })
    }

    #[method("tell($self, /)")]
    fn tell(slf: &Value, vm: &Vm) -> PyResult<i64> {
        let (core, raw) = ready(slf, vm)?;
        let at = raw_tell(core, &raw, vm)?;
        Ok((at - core.available() as i64 + core.pending.with(Vec::len) as i64).max(0))
    }

    #[method("truncate($self, pos=None, /)")]
    fn truncate(slf: &Value, pos: OrNone<&Value>, vm: &Vm) -> PyResult {
        let (core, _) = ready(slf, vm)?;
        let (_, raw) = opened(slf, "truncate", vm)?;
        if !core.writable.get() {
            return Err(unsupported("truncate", vm));
        }
        exclusively(slf, core, vm, || synchronise(core, &raw, vm))?;
        let pos = pos.0.cloned().unwrap_or(Value::none());
        let result = vm.call_method(&raw, "truncate", &[pos])?;
        if let Err(raised) = raw_tell(core, &raw, vm) {
            vm.ignore(raised);
        }
        Ok(result)
    }

    #[method("__sizeof__($self, /)")]
    fn sizeof(slf: &Value, vm: &Vm) -> PyResult<usize> {
        let core = core(slf, vm)?;
        Ok(size_of::<BufferedReader>() + if core.raw.with(Option::is_some) { core.buffer_size.get() } else { 0 })
    }

    #[method("__getstate__($self, /)")]
    fn getstate(slf: &Value, vm: &Vm) -> PyResult {
        Err(vm.type_error(format!("cannot pickle '{}' instances", vm.type_name(slf))))
    }

    #[getter("raw")]
    #[member]
    fn raw(slf: &Value, vm: &Vm) -> PyResult {
        Ok(core(slf, vm)?.raw.get().unwrap_or(Value::none()))
    }

    #[getter("_finalizing")]
    #[member]
    fn finalizing(slf: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(core(slf, vm)?.finalizing.get())
    }

    #[setter("_finalizing")]
    fn set_finalizing(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        core(slf, vm)?.finalizing.set(base::flag_of(value, vm)?);
        Ok(())
    }

    #[getter("closed")]
    fn closed(slf: &Value, vm: &Vm) -> PyResult {
        let (_, raw) = ready(slf, vm)?;
        vm.get_attr_str(&raw, "closed")
    }

    #[getter("name")]
    fn name(slf: &Value, vm: &Vm) -> PyResult {
        let (_, raw) = ready(slf, vm)?;
        vm.get_attr_str(&raw, "name")
    }

    #[getter("mode")]
    fn mode(slf: &Value, vm: &Vm) -> PyResult {
        let (_, raw) = ready(slf, vm)?;
        vm.get_attr_str(&raw, "mode")
    }
}

/// What is there, and more by one read of the raw stream: into the buffer if nothing was there, or past it if what is wanted
/// is larger.
fn read_more_once(core: &Core, raw: &Value, size: usize, vm: &Vm) -> PyResult<Option<Vec<u8>>> {
    let mut data = core.take(size.min(core.available()));
    let left = size - data.len();
    if left == 0 {
        return Ok(Some(data));
    }
    flush_pending(core, raw, vm)?;
    core.forget_ahead();
    let part = if left > core.buffer_size.get() {
        raw_read(core, raw, left, vm)?
    } else if data.is_empty() {
        refill(core, raw, vm)?.map(|_| core.take(left.min(core.available())))
    } else {
        Some(Vec::new())
    };
    match part {
        None if data.is_empty() => Ok(None),
        None => Ok(Some(data)),
        Some(part) => {
            data.extend_from_slice(&part);
            Ok(Some(data))
        }
    }
}

fn readinto(slf: &Value, buffer: &WritableBytes, once: bool, vm: &Vm) -> PyResult<Option<usize>> {
    let (core, raw) = opened(slf, "readinto", vm)?;
    let data = exclusively(slf, core, vm, || {
        if once { read_more_once(core, &raw, buffer.len(), vm) } else { read_exactly(core, &raw, buffer.len(), vm) }
    })?;
    Ok(data.map(|data| {
        buffer.with_mut(|bytes| bytes[..data.len()].copy_from_slice(&data));
        data.len()
    }))
}

#[pymethods(READ)]
impl Shared {
    #[method("readable($self, /)")]
    fn readable(slf: &Value, vm: &Vm) -> PyResult {
        let (_, raw) = ready(slf, vm)?;
        vm.call_method(&raw, "readable", &[])
    }

    #[method("read($self, size=-1, /)")]
    fn read(slf: &Value, size: Option<&Value>, vm: &Vm) -> PyResult {
        super::optional_size(size, vm)?;
        let size = size.filter(|size| !size.is_none()).map_or(Ok(-1), |size| vm.index_isize(size))?;
        ready(slf, vm)?;
        if size < -1 {
            return Err(vm.value_error("read length must be non-negative or -1"));
        }
        let (core, raw) = opened(slf, "read", vm)?;
        let Ok(size) = usize::try_from(size) else {
            return exclusively(slf, core, vm, || read_to_end(core, &raw, vm));
        };
        match exclusively(slf, core, vm, || read_exactly(core, &raw, size, vm))? {
            Some(data) => Ok(vm.new_bytes(&data)?.into_value()),
            None => Ok(Value::none()),
        }
    }

    #[method("peek($self, size=0, /)")]
    fn peek(slf: &Value, _size: isize, vm: &Vm) -> PyResult {
        let (core, raw) = opened(slf, "peek", vm)?;
        if core.available() == 0 {
            exclusively(slf, core, vm, || {
                flush_pending(core, &raw, vm)?;
                core.forget_ahead();
                refill(core, &raw, vm)
            })?;
        }
        let ahead = core.ahead.with(|ahead| ahead[core.taken.get()..].to_vec());
        Ok(vm.new_bytes(&ahead)?.into_value())
    }

    #[method("read1($self, size=-1, /)")]
    fn read1(slf: &Value, size: isize, vm: &Vm) -> PyResult {
        let (core, raw) = opened(slf, "read", vm)?;
        let size = usize::try_from(size).unwrap_or(core.buffer_size.get());
        if size == 0 {
            return Ok(vm.new_bytes(b"")?.into_value());
        }
        let data = exclusively(slf, core, vm, || read_once(core, &raw, size, vm))?;
        Ok(vm.new_bytes(&data)?.into_value())
    }

    #[method("readinto($self, buffer, /)")]
    fn readinto(slf: &Value, buffer: WritableBytes, vm: &Vm) -> PyResult<Option<usize>> {
        readinto(slf, &buffer, false, vm)
    }

    #[method("readinto1($self, buffer, /)")]
    fn readinto1(slf: &Value, buffer: WritableBytes, vm: &Vm) -> PyResult<Option<usize>> {
        readinto(slf, &buffer, true, vm)
    }

    #[method("readline($self, size=-1, /)")]
    fn readline(slf: &Value, size: Option<&Value>, vm: &Vm) -> PyResult {
        ready(slf, vm)?;
        let limit = super::optional_size(size, vm)?;
        Ok(vm.new_bytes(&line(slf, limit, vm)?)?.into_value())
    }
}

#[pymethods(WRITE)]
impl Shared {
    #[method("writable($self, /)")]
    fn writable(slf: &Value, vm: &Vm) -> PyResult {
        let (_, raw) = ready(slf, vm)?;
        vm.call_method(&raw, "writable", &[])
    }

    /// Write buffer b to the IO stream.
    ///
    /// Return the number of bytes written, which is always
    /// the length of b in bytes.
    ///
    /// Raise BlockingIOError if the buffer is full and the
    /// underlying raw stream cannot accept more data at the moment.
    #[method("write($self, buffer, /)")]
    fn write(slf: &Value, buffer: BytesLike<'_>, vm: &Vm) -> PyResult<usize> {
        opened_for_write(slf, vm)?;
        write_exclusively(slf, &buffer.to_cow(), vm)
    }
}
