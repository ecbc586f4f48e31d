//! What all modules of this crate share: calling the system, its errors, paths.
#![allow(unsafe_code, reason = "the system's errno")]

use std::ffi::CString;
use std::marker::PhantomData;

use pyrope_object::args::{ArgName, FromArg};
use pyrope_object::bind::{BytesLike, WritableBytes};
use pyrope_object::{BuiltinType as B, Bytes, PyResult, Raised, Str, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

/// Calls a C function. What is passed must be valid for it: NUL-terminated text, buffers with their lengths.
#[macro_export]
macro_rules! os_call {
    ($call:expr) => {{
        // SAFETY: pointers among the arguments come from live buffers, whose lengths are passed along.
        #[allow(clippy::macro_metavars_in_unsafe, reason = "the one wrapper of such calls")]
        unsafe {
            $call
        }
    }};
}
pub use os_call;

/// The number of the last failure.
pub fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Raises the OSError of the last failure.
pub fn last_error(vm: &Vm) -> Raised {
    os_error_from_errno(vm, errno(), None, None)
}

/// The last failure, about a file.
pub fn last_error_for(path: &Value, vm: &Vm) -> Raised {
    os_error_from_errno(vm, errno(), Some(path), None)
}

/// `-1` is failure.
pub fn checked(result: i32, vm: &Vm) -> PyResult<i32> {
    if result == -1 { Err(last_error(vm)) } else { Ok(result) }
}

/// Repeats a call while signals interrupt it; their handlers run in between.
pub fn retry(vm: &Vm, mut call: impl FnMut() -> isize) -> PyResult<Result<usize, i32>> {
    loop {
        let result = call();
        if result >= 0 {
            return Ok(Ok(result as usize));
        }
        match errno() {
            libc::EINTR => vm.check_breaker()?,
            errno => return Ok(Err(errno)),
        }
    }
}

/// The same for a call that may block and touches no object: other threads run meanwhile.
pub fn retry_released(vm: &Vm, mut call: impl FnMut() -> isize) -> PyResult<Result<usize, i32>> {
    loop {
        let (result, number) = vm.allow_threads(|| {
            let result = call();
            (result, if result < 0 { errno() } else { 0 })
        });
        if result >= 0 {
            return Ok(Ok(result as usize));
        }
        match number {
            libc::EINTR => vm.check_breaker()?,
            number => return Ok(Err(number)),
        }
    }
}

/// The same, raising OSError.
pub fn retried_released(vm: &Vm, call: impl FnMut() -> isize) -> PyResult<usize> {
    retry_released(vm, call)?.map_err(|errno| os_error_from_errno(vm, errno, None, None))
}

/// Repeats a call while signals interrupt it, raising OSError.
pub fn retried(vm: &Vm, call: impl FnMut() -> isize) -> PyResult<usize> {
    retry(vm, call)?.map_err(|errno| os_error_from_errno(vm, errno, None, None))
}

/// Text in the file system's encoding (UTF-8 with PEP 383).
pub fn fs_encode(value: &Value, text: &Str, vm: &Vm) -> PyResult<Vec<u8>> {
    if let Some(ascii) = text.as_ascii() {
        return Ok(ascii.as_bytes().to_vec());
    }
    let mut out = Vec::with_capacity(text.len());
    for (at, point) in text.code_points().enumerate() {
        match (char::from_u32(point), point) {
            (Some(c), _) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            (None, 0xDC80..=0xDCFF) => out.push((point - 0xDC00) as u8),
            _ => {
                let args = [
                    vm.intern("utf-8").into_value(),
                    value.clone(),
                    vm.int_from_usize(at),
                    vm.int_from_usize(at + 1),
                    vm.new_str("surrogates not allowed").into_value(),
                ];
                return Err(vm.raise_with(B::UnicodeEncodeError, &args));
            }
        }
    }
    Ok(out)
}

/// Bytes as a `str` (PEP 383).
pub fn fs_decode(bytes: &[u8], vm: &Vm) -> PyResult {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(vm.try_str(text)?.into_value());
    }
    let mut points = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        points.extend(chunk.valid().chars().map(u32::from));
        points.extend(chunk.invalid().iter().map(|&b| 0xDC00 + u32::from(b)));
    }
    Ok(vm.str_from_code_points(&points)?.into_value())
}

/// `os.fspath`: `str` and `bytes` as they are, others through `__fspath__`. `None` if there is no such method.
pub fn find_fspath(value: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    if value.downcast::<Str>().is_some() || value.downcast::<Bytes>().is_some() {
        return Ok(Some(value.clone()));
    }
    let Some(method) = vm.lookup_special(value, &vm.intern("__fspath__"))?.filter(|m| !m.is_none()) else {
        return Ok(None);
    };
    let path = vm.call(&method, &[])?;
    if path.downcast::<Str>().is_some() || path.downcast::<Bytes>().is_some() {
        return Ok(Some(path));
    }
    Err(vm.type_error(format!(
        "expected {}.__fspath__() to return str or bytes, not {}",
        vm.type_name(value),
        vm.type_name(&path)
    )))
}

/// `os.fspath`
pub fn fspath(value: &Value, vm: &Vm) -> PyResult {
    match find_fspath(value, vm)? {
        Some(path) => Ok(path),
        None => Err(vm.type_error(format!("expected str, bytes or os.PathLike object, not {}", vm.type_name(value)))),
    }
}

/// The bytes of a `str` or `bytes` that names a file.
pub fn path_bytes(path: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    match (path.downcast::<Str>(), path.downcast::<Bytes>()) {
        (Some(text), _) => fs_encode(path, text, vm),
        (_, Some(bytes)) => Ok(bytes.as_slice().to_vec()),
        _ => Err(vm.type_error(format!("expected str or bytes, not {}", vm.type_name(path)))),
    }
}

/// Text for a C function: what `PyUnicode_FSConverter` gives.
pub fn fs_c_string(value: &Value, vm: &Vm) -> PyResult<CString> {
    let path = fspath(value, vm)?;
    CString::new(path_bytes(&path, vm)?).map_err(|_| vm.value_error("embedded null byte"))
}

/// The name of a file, or an open one's descriptor.
pub struct Path {
    /// For the system; empty for a descriptor.
    pub text: CString,
    /// What the caller passed, for messages.
    pub object: Value,
    /// Given as `bytes`: results are too.
    pub is_bytes: bool,
    pub descriptor: Option<i32>,
}

impl Path {
    /// The text for a C function.
    pub fn ptr(&self) -> *const libc::c_char {
        self.text.as_ptr()
    }

    /// A name as it goes back to the caller.
    pub fn give(&self, bytes: &[u8], vm: &Vm) -> PyResult {
        if self.is_bytes { Ok(vm.new_bytes(bytes)?.into_value()) } else { fs_decode(bytes, vm) }
    }

    /// Raises the last failure about this path.
    pub fn error(&self, vm: &Vm) -> Raised {
        last_error_for(&self.object, vm)
    }

    /// `-1` is failure.
    pub fn checked(&self, result: i32, vm: &Vm) -> PyResult<i32> {
        if result == -1 { Err(self.error(vm)) } else { Ok(result) }
    }

    fn convert(value: &Value, what: &ArgName<'_>, kind: PathKind, vm: &Vm) -> PyResult<Path> {
        let name = what.argument.split('\'').nth(1).unwrap_or("path");
        if value.is_none() && kind.allows_none() {
            return Ok(Path { text: CString::from(c"."), object: Value::none(), is_bytes: false, descriptor: None });
        }
        if let Some(path) = find_fspath(value, vm)? {
            let text = CString::new(path_bytes(&path, vm)?)
                .map_err(|_| vm.value_error(format!("{}: embedded null character in {name}", what.function)))?;
            let is_bytes = path.downcast::<Bytes>().is_some();
            return Ok(Path { text, object: value.clone(), is_bytes, descriptor: None });
        }
        if kind.allows_descriptor() && value.ty(vm).slots().index.is_some() {
            if value.as_bool().is_some() {
                vm.warn(B::RuntimeWarning, "bool is used as a file descriptor", 1)?;
            }
            let descriptor = descriptor_number(value, vm)?;
            return Ok(Path {
                text: CString::default(),
                object: value.clone(),
                is_bytes: false,
                descriptor: Some(descriptor),
            });
        }
        Err(vm.type_error(format!(
            "{}: {name} should be {}, not {}",
            what.function,
            kind.expected(),
            vm.type_name(value)
        )))
    }
}

#[derive(Clone, Copy)]
enum PathKind {
    Plain,
    OrDescriptor,
    OrNone,
    OrDescriptorOrNone,
}

impl PathKind {
    fn allows_none(self) -> bool {
        matches!(self, PathKind::OrNone | PathKind::OrDescriptorOrNone)
    }

    fn allows_descriptor(self) -> bool {
        matches!(self, PathKind::OrDescriptor | PathKind::OrDescriptorOrNone)
    }

    fn expected(self) -> &'static str {
        match self {
            PathKind::Plain => "string, bytes or os.PathLike",
            PathKind::OrDescriptor => "string, bytes, os.PathLike or integer",
            PathKind::OrNone => "string, bytes, os.PathLike or None",
            PathKind::OrDescriptorOrNone => "string, bytes, os.PathLike, integer or None",
        }
    }
}

fn descriptor_number(value: &Value, vm: &Vm) -> PyResult<i32> {
    match vm.index_i64(value)?.map(i32::try_from) {
        Some(Ok(fd)) => Ok(fd),
        other => {
            let negative = matches!(other, Some(Err(_))) && vm.index_i64(value)?.is_some_and(|n| n < 0);
            let bound = if negative { "less than minimum" } else { "greater than maximum" };
            Err(vm.overflow_error(format!("fd is {bound}")))
        }
    }
}

impl<'a> FromArg<'a> for Path {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        Path::convert(value, what, PathKind::Plain, vm)
    }
}

/// A path, or an open file's descriptor.
pub struct PathOrFd(pub Path);

impl<'a> FromArg<'a> for PathOrFd {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        Path::convert(value, what, PathKind::OrDescriptor, vm).map(PathOrFd)
    }
}

/// A path, or None for the current folder.
pub struct PathOrNone(pub Path);

impl<'a> FromArg<'a> for PathOrNone {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        Path::convert(value, what, PathKind::OrNone, vm).map(PathOrNone)
    }
}

/// A path, a descriptor, or None for the current folder.
pub struct PathOrFdOrNone(pub Path);

impl<'a> FromArg<'a> for PathOrFdOrNone {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        Path::convert(value, what, PathKind::OrDescriptorOrNone, vm).map(PathOrFdOrNone)
    }
}

/// A folder's descriptor that relative paths start from; None is the current folder.
#[derive(Clone, Copy, PartialEq)]
pub struct DirFd(pub i32);

impl<'a> FromArg<'a> for DirFd {
    fn from_arg(value: &'a Value, _: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        if value.is_none() {
            return Ok(DirFd(libc::AT_FDCWD));
        }
        if value.ty(vm).slots().index.is_none() {
            return Err(vm.type_error(format!("argument should be integer or None, not {}", vm.type_name(value))));
        }
        if value.as_bool().is_some() {
            vm.warn(B::RuntimeWarning, "bool is used as a file descriptor", 1)?;
        }
        descriptor_number(value, vm).map(DirFd)
    }
}

/// The descriptor, or the current folder's stand-in.
pub fn dir_fd(argument: Option<DirFd>) -> i32 {
    argument.map_or(libc::AT_FDCWD, |fd| fd.0)
}

/// A descriptor: an integer, or an object with `fileno()`.
#[derive(Clone, Copy)]
pub struct Descriptor(pub i32);

impl<'a> FromArg<'a> for Descriptor {
    fn from_arg(value: &'a Value, _: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        descriptor_of(value, vm).map(Descriptor)
    }
}

/// The descriptor of an integer or an object with `fileno()`.
pub fn descriptor_of(value: &Value, vm: &Vm) -> PyResult<i32> {
    let as_c_int = |n: &Value| match vm.index_i64(n)?.map(i32::try_from) {
        Some(Ok(fd)) => Ok(fd),
        _ => Err(vm.overflow_error("Python int too large to convert to C int")),
    };
    let fd = if value.as_int().is_some() {
        if value.as_bool().is_some() {
            vm.warn(B::RuntimeWarning, "bool is used as a file descriptor", 1)?;
        }
        as_c_int(value)?
    } else {
        let Some(method) = vm.find_attr_str(value, "fileno")? else {
            return Err(vm.type_error("argument must be an int, or have a fileno() method."));
        };
        let fd = vm.call(&method, &[])?;
        if fd.as_int().is_none() {
            return Err(vm.type_error("fileno() returned a non-integer"));
        }
        as_c_int(&fd)?
    };
    if fd < 0 {
        return Err(vm.value_error(format!("file descriptor cannot be a negative integer ({fd})")));
    }
    Ok(fd)
}

/// Seconds since the epoch and nanoseconds, rounded down, of a number of seconds.
pub fn split_seconds(value: &Value, vm: &Vm) -> PyResult<(i64, i64)> {
    if let Some(seconds) = value.as_i64() {
        return Ok((seconds, 0));
    }
    if let Some(float) = value.as_float() {
        if float.is_nan() {
            return Err(vm.value_error("Invalid value NaN (not a number)"));
        }
        let whole = float.floor();
        if whole.abs() >= 9.2e18 {
            return Err(vm.overflow_error("timestamp out of range for platform time_t"));
        }
        let nanos = ((float - whole) * 1e9).floor() as i64;
        return Ok((whole as i64, nanos.clamp(0, 999_999_999)));
    }
    match vm.index_i64(value)? {
        Some(seconds) => Ok((seconds, 0)),
        None => Err(vm.overflow_error("timestamp out of range for platform time_t")),
    }
}

/// Nanoseconds of a number of seconds, rounded away from zero, as time limits are.
pub fn nanoseconds(value: &Value, vm: &Vm) -> PyResult<i64> {
    nanoseconds_of(value, 1_000_000_000, vm)
}

/// The same of a number in units of so many nanoseconds.
pub fn nanoseconds_of(value: &Value, unit: i64, vm: &Vm) -> PyResult<i64> {
    let too_large = || vm.overflow_error("timestamp out of range for C PyTime_t");
    if let Some(number) = value.as_float() {
        if number.is_nan() {
            return Err(vm.value_error("Invalid value NaN (not a number)"));
        }
        let exact = number * unit as f64;
        let rounded = if exact < 0.0 { exact.floor() } else { exact.ceil() };
        // The largest float below 2**63 is the largest number of nanoseconds.
        return if rounded.abs() < i64::MAX as f64 { Ok(rounded as i64) } else { Err(too_large()) };
    }
    if value.ty(vm).slots().index.is_none() {
        let kind = vm.type_name(value);
        return Err(vm.type_error(format!("'{kind}' object cannot be interpreted as an integer or float")));
    }
    vm.index_i64(value)?.and_then(|number| number.checked_mul(unit)).ok_or_else(too_large)
}

/// Where the bytes of a borrowed buffer lie, for calls that run while other threads do: its exporter neither moves nor
/// frees them as long as the buffer is held.
#[derive(Clone, Copy)]
pub struct Pinned<'a> {
    at: *mut u8,
    length: usize,
    held: PhantomData<&'a ()>,
}

impl<'a> Pinned<'a> {
    /// Bytes to read.
    pub fn readable(bytes: &'a BytesLike<'_>) -> Pinned<'a> {
        bytes.with(|bytes| Pinned { at: bytes.as_ptr().cast_mut(), length: bytes.len(), held: PhantomData })
    }

    /// Bytes to fill.
    pub fn writable(bytes: &'a WritableBytes) -> Pinned<'a> {
        let pinned = bytes.with_mut(|bytes| Pinned { at: bytes.as_mut_ptr(), length: bytes.len(), held: PhantomData });
        pinned.unwrap_or(Pinned { at: std::ptr::NonNull::dangling().as_ptr(), length: 0, held: PhantomData })
    }

    /// Without the first `count` bytes.
    pub fn from(self, count: usize) -> Pinned<'a> {
        let count = count.min(self.length);
        Pinned { at: self.at.wrapping_add(count), length: self.length - count, ..self }
    }

    pub fn pointer(self) -> *const u8 {
        self.at
    }

    pub fn pointer_mut(self) -> *mut u8 {
        self.at
    }

    #[allow(clippy::len_without_is_empty, reason = "a length for calls of the system")]
    pub fn len(self) -> usize {
        self.length
    }
}
