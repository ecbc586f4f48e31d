//! `FileIO`: an unbuffered stream over a descriptor.
#![allow(unsafe_code, reason = "calls of the system")]

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{BytesLike, OrNone, Signature, WritableBytes};
use pyrope_object::{Args, BuiltinType as B, Header, PyResult, Ref, Slots, Str, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::base::{self, RawIOBase};
use super::{bound, unsupported};
use crate::posix::status_of;
use crate::system::{Pinned, checked, errno, fs_c_string, last_error, os_call, retry_released};

/// Open a file.
///
/// The mode can be 'r' (default), 'w', 'x' or 'a' for reading,
/// writing, exclusive creation or appending.  The file will be created if it
/// doesn't exist when opened for writing or appending; it will be truncated
/// when opened for writing.  A FileExistsError will be raised if it already
/// exists when opened for creating. Opening a file for creating implies
/// writing so this mode behaves in a similar way to 'w'.Add a '+' to the mode
/// to allow simultaneous reading and writing. A custom opener can be used by
/// passing a callable as *opener*. The underlying file descriptor for the file
/// object is then obtained by calling opener with (*name*, *flags*).
/// *opener* must return an open file descriptor (passing os.open as *opener*
/// results in functionality similar to passing None).
#[pyclass(
    name = "FileIO", module = "_io", base = RawIOBase, signature = "(file, mode='r', closefd=True, opener=None)",
    flags(BASETYPE, GC, DICT, WEAKREF), slots = SLOTS, methods(FileIO::METHODS), getset(FileIO::GETSETS)
)]
#[derive(Traverse)]
pub struct FileIO {
    header: Header,
    /// -1 when closed.
    #[traverse(skip)]
    pub(super) fd: Cell<i32>,
    #[traverse(skip)]
    created: Cell<bool>,
    #[traverse(skip)]
    pub(super) can_read: Cell<bool>,
    #[traverse(skip)]
    pub(super) can_write: Cell<bool>,
    #[traverse(skip)]
    appending: Cell<bool>,
    #[traverse(skip)]
    can_seek: Cell<Option<bool>>,
    #[traverse(skip)]
    close_fd: Cell<bool>,
    #[traverse(skip)]
    block_size: Cell<i64>,
    /// The size when it was opened, a hint for reading all.
    #[traverse(skip)]
    size_hint: Cell<i64>,
    /// A character device when it was opened: perhaps a terminal.
    #[traverse(skip)]
    maybe_terminal: Cell<bool>,
    #[traverse(skip)]
    finalizing: Cell<bool>,
}

static INIT: Signature = Signature::plain("FileIO", &["file", "mode", "closefd", "opener"], 1);

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let blank = FileIO {
            header: Header::blank(),
            fd: Cell::new(-1),
            created: Cell::new(false),
            can_read: Cell::new(false),
            can_write: Cell::new(false),
            appending: Cell::new(false),
            can_seek: Cell::new(None),
            close_fd: Cell::new(true),
            block_size: Cell::new(super::DEFAULT_BUFFER_SIZE as i64),
            size_hint: Cell::new(-1),
            maybe_terminal: Cell::new(true),
            finalizing: Cell::new(false),
        };
        Ok(Ref::new_in(vm, class, blank).into_value())
    }),
    init: Some(init),
    repr: Some(repr),
    ..Slots::EMPTY
};

/// What a mode asks for.
#[derive(Default)]
struct Mode {
    created: bool,
    readable: bool,
    writable: bool,
    appending: bool,
    flags: i32,
}

fn parse_mode(mode: &str, vm: &Vm) -> PyResult<Mode> {
    let mut parsed = Mode::default();
    let (mut kinds, mut plus, mut flags) = (0, 0, 0);
    for c in mode.chars() {
        match c {
            'x' | 'r' | 'w' | 'a' => kinds += 1,
            'b' => continue,
            '+' => plus += 1,
            _ => return Err(vm.value_error(format!("invalid mode: {mode}"))),
        }
        match c {
            'x' => {
                parsed.created = true;
                parsed.writable = true;
                flags |= libc::O_EXCL | libc::O_CREAT;
            }
            'r' => parsed.readable = true,
            'w' => {
                parsed.writable = true;
                flags |= libc::O_CREAT | libc::O_TRUNC;
            }
            'a' => {
                parsed.writable = true;
                parsed.appending = true;
                flags |= libc::O_APPEND | libc::O_CREAT;
            }
            _ => {}
        }
    }
    if kinds != 1 || plus > 1 {
        return Err(vm.value_error("Must have exactly one of create/read/write/append mode and at most one plus"));
    }
    if plus == 1 {
        parsed.readable = true;
        parsed.writable = true;
    }
    let access = match (parsed.readable, parsed.writable) {
        (true, true) => libc::O_RDWR,
        (true, false) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    parsed.flags = flags | access | libc::O_CLOEXEC;
    Ok(parsed)
}

fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let [file, mode, closefd, opener] = bound::<4>(&INIT, args, vm)?;
    let Some(file) = file else { return Err(vm.type_error("FileIO() missing required argument")) };
    let mode = match mode {
        None => std::borrow::Cow::Borrowed("r"),
        Some(mode) => match mode.downcast::<Str>() {
            Some(text) => pyrope_object::bind::utf8(mode, text, vm)?,
            None => {
                let kind = pyrope_object::bind::argument_type_name(mode, vm);
                return Err(vm.type_error(format!("FileIO() argument 'mode' must be str, not {kind}")));
            }
        },
    };
    let closefd = match closefd {
        Some(value) => vm.is_true(value)?,
        None => true,
    };
    let Some(this) = slf.cast::<FileIO>() else { return Ok(()) };
    let opened = open(slf, &this, file, &mode, closefd, opener.filter(|o| !o.is_none()), vm);
    if opened.is_err() {
        // A descriptor that the caller passed stays open.
        if file.as_int().is_none() && this.fd.get() >= 0 {
            os_call!(libc::close(this.fd.get()));
        }
        this.fd.set(-1);
    }
    opened
}

fn open(
    slf: &Value,
    this: &FileIO,
    file: &Value,
    mode: &str,
    closefd: bool,
    opener: Option<&Value>,
    vm: &Vm,
) -> PyResult<()> {
    if this.fd.get() >= 0 {
        if this.close_fd.get() {
            close_descriptor(this, vm)?;
        } else {
            this.fd.set(-1);
        }
    }
    let mut descriptor = -1;
    if file.as_int().is_some() {
        if file.as_bool().is_some() {
            vm.warn(B::RuntimeWarning, "bool is used as a file descriptor", 1)?;
        }
        descriptor = match file.as_i64().map(i32::try_from) {
            Some(Ok(fd)) => fd,
            _ => return Err(vm.overflow_error("Python int too large to convert to C int")),
        };
        if descriptor < 0 {
            return Err(vm.value_error("negative file descriptor"));
        }
    }
    let path = if descriptor < 0 { Some(fs_c_string(file, vm)?) } else { None };
    let mode_text = mode;
    let mode = parse_mode(mode, vm)?;
    vm.audit("open", || [file.clone(), vm.new_str(mode_text).into_value(), vm.int(mode.flags.into())])?;
    this.created.set(mode.created);
    this.can_read.set(mode.readable);
    this.can_write.set(mode.writable);
    this.appending.set(mode.appending);
    this.can_seek.set(None);
    this.close_fd.set(closefd);
    match path {
        None => this.fd.set(descriptor),
        Some(_) if !closefd => return Err(vm.value_error("Cannot use closefd=False with file name")),
        Some(path) => match opener {
            None => {
                let opened = retry_released(vm, || os_call!(libc::open(path.as_ptr(), mode.flags, 0o666)) as isize)?;
                match opened {
                    Ok(fd) => this.fd.set(fd as i32),
                    Err(number) => return Err(os_error_from_errno(vm, number, Some(file), None)),
                }
            }
            Some(opener) => {
                let made = vm.call(opener, &[file.clone(), vm.int(mode.flags.into())])?;
                if made.as_int().is_none() {
                    return Err(vm.type_error("expected integer from opener"));
                }
                let fd = made.as_i64().and_then(|fd| i32::try_from(fd).ok());
                let Some(fd) = fd else {
                    return Err(vm.overflow_error("Python int too large to convert to C int"));
                };
                if fd < 0 {
                    return Err(vm.value_error(format!("opener returned {fd}")));
                }
                this.fd.set(fd);
                let flags = checked(os_call!(libc::fcntl(fd, libc::F_GETFD)), vm)?;
                checked(os_call!(libc::fcntl(fd, libc::F_SETFD, flags | libc::FD_CLOEXEC)), vm)?;
            }
        },
    }
    match status_of(this.fd.get()) {
        Ok(st) => {
            if st.st_mode & libc::S_IFMT == libc::S_IFDIR {
                return Err(os_error_from_errno(vm, libc::EISDIR, Some(file), None));
            }
            if st.st_blksize > 1 {
                this.block_size.set(st.st_blksize);
            }
            this.size_hint.set(st.st_size);
            this.maybe_terminal.set(st.st_mode & libc::S_IFMT == libc::S_IFCHR);
        }
        Err(libc::EBADF) => return Err(os_error_from_errno(vm, libc::EBADF, Some(file), None)),
        Err(_) => {}
    }
    vm.set_attr_str(slf, "name", file)?;
    if mode.appending {
        os_call!(libc::lseek(this.fd.get(), 0, libc::SEEK_END));
    }
    Ok(())
}

fn close_descriptor(this: &FileIO, vm: &Vm) -> PyResult<()> {
    let fd = this.fd.replace(-1);
    if fd >= 0 && os_call!(libc::close(fd)) == -1 && errno() != libc::EINTR {
        return Err(last_error(vm));
    }
    Ok(())
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<FileIO>() else { return Ok(Value::none()) };
    let class = vm.type_name(slf);
    let shown = if &*class == "FileIO" { "_io.FileIO".to_owned() } else { class.to_string() };
    if this.fd.get() < 0 {
        return Ok(vm.new_str(&format!("<{shown} [closed]>")).into_value());
    }
    let tail = format!("mode='{}' closefd={}>", this.mode_text(), if this.close_fd.get() { "True" } else { "False" });
    let text = match vm.find_attr_str(slf, "name")? {
        None => format!("<{shown} fd={} {tail}", this.fd.get()),
        Some(name) => {
            if !vm.enter_repr(slf) {
                return Err(vm.runtime_error(format!("reentrant call inside {shown}.__repr__")));
            }
            let name = vm.repr_text(&name);
            vm.leave_repr(slf);
            format!("<{shown} name={} {tail}", name?)
        }
    };
    Ok(vm.try_str(&text)?.into_value())
}

impl FileIO {
    pub(super) fn mode_text(&self) -> &'static str {
        let plus = self.can_read.get() && (self.created.get() || self.appending.get() || self.can_write.get());
        match (self.created.get(), self.appending.get(), plus) {
            (true, _, true) => "xb+",
            (true, _, false) => "xb",
            (_, true, true) => "ab+",
            (_, true, false) => "ab",
            (_, _, true) => "rb+",
            _ if self.can_read.get() => "rb",
            _ => "wb",
        }
    }

    fn open_fd(&self, vm: &Vm) -> PyResult<i32> {
        match self.fd.get() {
            -1 => Err(vm.value_error("I/O operation on closed file")),
            fd => Ok(fd),
        }
    }

    fn for_reading(&self, vm: &Vm) -> PyResult<i32> {
        let fd = self.open_fd(vm)?;
        if self.can_read.get() { Ok(fd) } else { Err(unsupported("File not open for reading", vm)) }
    }

    fn for_writing(&self, vm: &Vm) -> PyResult<i32> {
        let fd = self.open_fd(vm)?;
        if self.can_write.get() { Ok(fd) } else { Err(unsupported("File not open for writing", vm)) }
    }

    /// Reads once; `None` if nothing is there yet.
    pub(super) fn read_some(&self, buffer: &mut [u8], vm: &Vm) -> PyResult<Option<usize>> {
        let fd = self.for_reading(vm)?;
        would_block(retry_released(vm, || os_call!(libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len())))?, vm)
    }

    /// Writes once; `None` if nothing can be written yet.
    pub(super) fn write_some(&self, data: &[u8], vm: &Vm) -> PyResult<Option<usize>> {
        let fd = self.for_writing(vm)?;
        would_block(retry_released(vm, || os_call!(libc::write(fd, data.as_ptr().cast(), data.len())))?, vm)
    }

    /// Reads up to the end; `None` if nothing is there yet.
    pub(super) fn read_all(&self, vm: &Vm) -> PyResult<Option<Vec<u8>>> {
        let fd = self.for_reading(vm)?;
        let mut data: Vec<u8> = Vec::new();
        let hint = match self.size_hint.get() {
            // In a large file, what lies before the position need not be allowed for.
            size if size >= LARGE_FILE => {
                let at = os_call!(libc::lseek(fd, 0, libc::SEEK_CUR));
                if (0..=size).contains(&at) { (size - at) as usize + 1 } else { size as usize + 1 }
            }
            size if size > 0 => size as usize + 1,
            _ => 8192,
        };
        data.try_reserve(hint.min(1 << 30)).map_err(|_| vm.memory_error())?;
        loop {
            let used = data.len();
            let step = data.capacity() - used;
            if step == 0 {
                data.try_reserve(used.clamp(8192, 1 << 26)).map_err(|_| vm.memory_error())?;
                continue;
            }
            data.resize(used + step, 0);
            let got = retry_released(vm, || os_call!(libc::read(fd, data[used..].as_mut_ptr().cast(), step)));
            let got = got?;
            match would_block(got, vm)? {
                None if used == 0 => return Ok(None),
                None | Some(0) => {
                    data.truncate(used);
                    return Ok(Some(data));
                }
                Some(n) => data.truncate(used + n),
            }
        }
    }

    pub(super) fn seek_to(&self, offset: i64, whence: i32, vm: &Vm) -> PyResult<i64> {
        let fd = self.open_fd(vm)?;
        let at = os_call!(libc::lseek(fd, offset, whence));
        if self.can_seek.get().is_none() {
            self.can_seek.set(Some(at >= 0));
        }
        if at < 0 { Err(last_error(vm)) } else { Ok(at) }
    }

    pub(super) fn is_seekable(&self, vm: &Vm) -> PyResult<bool> {
        let fd = self.open_fd(vm)?;
        if self.can_seek.get().is_none() {
            self.can_seek.set(Some(os_call!(libc::lseek(fd, 0, libc::SEEK_CUR)) >= 0));
        }
        Ok(self.can_seek.get() == Some(true))
    }
}

/// From this size on it is worth asking for the position before all is read.
const LARGE_FILE: i64 = 65536;

fn would_block(result: Result<usize, i32>, vm: &Vm) -> PyResult<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(libc::EAGAIN) => Ok(None),
        Err(number) => Err(os_error_from_errno(vm, number, None, None)),
    }
}

fn offset_of(value: &Value, vm: &Vm) -> PyResult<i64> {
    match vm.index_i64(value)? {
        Some(n) => Ok(n),
        None => Err(vm.overflow_error("Python int too large to convert to C long")),
    }
}

#[pymethods]
impl FileIO {
    /// Read at most size bytes, returned as bytes.
    ///
    /// If size is less than 0, read all bytes in the file making
    /// multiple read calls. See ``FileIO.readall``.
    ///
    /// Attempts to make only one system call, retrying only per
    /// PEP 475 (EINTR). This means less data may be returned than
    /// requested.
    ///
    /// In non-blocking mode, returns None if no data is available.
    /// Return an empty bytes object at EOF.
    #[method("read($self, size=-1, /)")]
    fn read(&self, size: Option<&Value>, vm: &Vm) -> PyResult {
        let size = super::optional_size(size, vm)?;
        self.for_reading(vm)?;
        let data = match size {
            None => self.read_all(vm)?,
            Some(size) => {
                let mut buffer = Vec::new();
                buffer.try_reserve_exact(size).map_err(|_| vm.memory_error())?;
                buffer.resize(size, 0);
                self.read_some(&mut buffer, vm)?.map(|n| {
                    buffer.truncate(n);
                    buffer
                })
            }
        };
        match data {
            Some(data) => Ok(vm.new_bytes(&data)?.into_value()),
            None => Ok(Value::none()),
        }
    }

    /// Read all data from the file, returned as bytes.
    ///
    /// Reads until either there is an error or read() returns size 0 (EOF).
    #[method("readall($self, /)")]
    fn readall(&self, vm: &Vm) -> PyResult {
        match self.read_all(vm)? {
            Some(data) => Ok(vm.new_bytes(&data)?.into_value()),
            None => Ok(Value::none()),
        }
    }

    /// Same as RawIOBase.readinto().
    #[method("readinto($self, buffer, /)")]
    fn readinto(&self, buffer: WritableBytes, vm: &Vm) -> PyResult<Option<usize>> {
        let fd = self.for_reading(vm)?;
        let buffer = Pinned::writable(&buffer);
        let got = retry_released(vm, || os_call!(libc::read(fd, buffer.pointer_mut().cast(), buffer.len())))?;
        would_block(got, vm)
    }

    /// Write buffer b to file, return number of bytes written.
    ///
    /// Only makes one system call, so not all of the data may be written.
    /// The number of bytes actually written is returned.  In non-blocking mode,
    /// returns None if the write would block.
    #[method("write($self, b, /)")]
    fn write(&self, b: BytesLike<'_>, vm: &Vm) -> PyResult<Option<usize>> {
        let fd = self.for_writing(vm)?;
        let data = Pinned::readable(&b);
        let done = retry_released(vm, || os_call!(libc::write(fd, data.pointer().cast(), data.len())))?;
        // A signal may have cut it short.
        vm.check_breaker()?;
        would_block(done, vm)
    }

    /// Move to new file position and return the file position.
    ///
    /// Argument offset is a byte count.  Optional argument whence defaults to
    /// SEEK_SET or 0 (offset from start of file, offset should be >= 0); other values
    /// are SEEK_CUR or 1 (move relative to current position, positive or negative),
    /// and SEEK_END or 2 (move relative to end of file, usually negative, although
    /// many platforms allow seeking beyond the end of a file).
    ///
    /// Note that not all file objects are seekable.
    #[method("seek($self, pos, whence=0, /)")]
    fn seek(&self, pos: &Value, whence: i32, vm: &Vm) -> PyResult<i64> {
        self.open_fd(vm)?;
        self.seek_to(offset_of(pos, vm)?, whence, vm)
    }

    /// Current file position.
    ///
    /// Can raise OSError for non seekable files.
    #[method("tell($self, /)")]
    fn tell(&self, vm: &Vm) -> PyResult<i64> {
        self.seek_to(0, libc::SEEK_CUR, vm)
    }

    /// Truncate the file to at most size bytes and return the truncated size.
    ///
    /// Size defaults to the current file position, as returned by tell().
    /// The current file position is changed to the value of size.
    #[method("truncate($self, size=None, /)")]
    fn truncate(&self, size: OrNone<&Value>, vm: &Vm) -> PyResult {
        let fd = self.for_writing(vm)?;
        let size = match size.0 {
            Some(size) => size.clone(),
            None => vm.int(self.seek_to(0, libc::SEEK_CUR, vm)?),
        };
        let length = offset_of(&size, vm)?;
        crate::system::retried(vm, || os_call!(libc::ftruncate(fd, length)) as isize)?;
        self.size_hint.set(-1);
        Ok(size)
    }

    /// Close the file.
    ///
    /// A closed file cannot be used for further I/O operations.  close() may be
    /// called more than once without error.
    #[method("close($self, /)")]
    fn close(slf: &Value, vm: &Vm) -> PyResult<()> {
        let Some(this) = slf.cast::<FileIO>() else { return Ok(()) };
        let base = pyrope_object::protocol::lookup_str(vm.type_of::<RawIOBase>(), "close", vm);
        let closed = match base {
            Some(close) => vm.call_found(slf, &close, &[]).map(drop),
            None => Ok(()),
        };
        if !this.close_fd.get() {
            this.fd.set(-1);
            return closed;
        }
        if this.finalizing.get() && this.fd.get() >= 0 {
            warn_unclosed(slf, slf, vm);
        }
        base::then(closed, vm, || close_descriptor(&this, vm))
    }

    /// True if file supports random-access.
    #[method("seekable($self, /)")]
    fn seekable(&self, vm: &Vm) -> PyResult<bool> {
        self.is_seekable(vm)
    }

    /// True if file was opened in a read mode.
    #[method("readable($self, /)")]
    fn readable(&self, vm: &Vm) -> PyResult<bool> {
        self.open_fd(vm)?;
        Ok(self.can_read.get())
    }

    /// True if file was opened in a write mode.
    #[method("writable($self, /)")]
    fn writable(&self, vm: &Vm) -> PyResult<bool> {
        self.open_fd(vm)?;
        Ok(self.can_write.get())
    }

    /// Return the underlying file descriptor (an integer).
    #[method("fileno($self, /)")]
    fn fileno(&self, vm: &Vm) -> PyResult<i32> {
        self.open_fd(vm)
    }

    /// True if the file is connected to a TTY device.
    #[method("isatty($self, /)")]
    fn isatty(&self, vm: &Vm) -> PyResult<bool> {
        let fd = self.open_fd(vm)?;
        Ok(os_call!(libc::isatty(fd)) == 1)
    }

    #[method("_isatty_open_only($self, /)")]
    fn isatty_open_only(&self, vm: &Vm) -> PyResult<bool> {
        let fd = self.open_fd(vm)?;
        Ok(self.maybe_terminal.get() && os_call!(libc::isatty(fd)) == 1)
    }

    #[method("_dealloc_warn($self, source, /)")]
    fn dealloc_warn(slf: &Value, source: &Value, vm: &Vm) {
        if let Some(this) = slf.downcast::<FileIO>()
            && this.fd.get() >= 0
            && this.close_fd.get()
        {
            warn_unclosed(slf, source, vm);
        }
    }

    #[method("__getstate__($self, /)")]
    fn getstate(slf: &Value, vm: &Vm) -> PyResult {
        Err(vm.type_error(format!("cannot pickle '{}' instances", vm.type_name(slf))))
    }

    /// True if the file is closed
    #[getter("closed")]
    fn closed(&self) -> bool {
        self.fd.get() < 0
    }

    /// True if the file descriptor will be closed by close().
    #[getter("closefd")]
    fn closefd(&self) -> bool {
        self.close_fd.get()
    }

    /// String giving the file mode
    #[getter("mode")]
    fn mode(&self) -> &'static str {
        self.mode_text()
    }

    #[getter("_blksize")]
    fn blksize(&self) -> i64 {
        self.block_size.get()
    }

    #[getter("_finalizing")]
    #[member]
    fn finalizing(&self) -> bool {
        self.finalizing.get()
    }

    #[setter("_finalizing")]
    fn set_finalizing(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.finalizing.set(base::flag_of(value, vm)?);
        Ok(())
    }
}

/// ResourceWarning for a stream that nobody closed.
fn warn_unclosed(slf: &Value, source: &Value, vm: &Vm) {
    let warned = vm.repr_text(source).and_then(|shown| vm.warn_unclosed(source, &format!("unclosed file {shown}")));
    if let Err(raised) = warned {
        if vm.raised_is(B::Warning) {
            vm.write_unraisable(None, slf);
        } else {
            vm.ignore(raised);
        }
    }
}
