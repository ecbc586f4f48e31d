//! `mmap`: files and memory as one run of bytes.
#![allow(unsafe_code, reason = "calls of the system and memory that it maps")]

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{BytesLike, OrNone, Signature, bind};
use pyrope_object::buffer::{Buffer, BufferOwner, flags as request};
use pyrope_object::{Args, BuiltinType as B, Header, ModuleDef, Object, PyResult, Ref, Slots, Type, Value, Vm};
use pyrope_textual::search;
use pyrope_types::containers::{Slice, SliceIndices, slice_parts};
use pyrope_types::exceptions::os_error_from_errno;
use pyrope_types::model::module;

use crate::arguments::part;
use crate::posix::status_of;
use crate::system::{last_error, os_call};

pub static MODULE: ModuleDef = ModuleDef {
    name: "mmap",
    doc: "",
    functions: &[],
    types: &[<Mmap as Object>::def],
    exec: Some(|module, vm| {
        let dict = module::module_dict(module, vm)?;
        for (name, number) in CONSTANTS {
            dict.set_str(name, vm.int(*number), vm)?;
        }
        let page = os_call!(libc::sysconf(libc::_SC_PAGESIZE));
        dict.set_str("PAGESIZE", vm.int(page), vm)?;
        dict.set_str("ALLOCATIONGRANULARITY", vm.int(page), vm)?;
        dict.set_str("error", vm.builtin(B::OSError).to_value(), vm)
    }),
};

const CONSTANTS: &[(&str, i64)] = &[
    ("ACCESS_COPY", 3),
    ("ACCESS_DEFAULT", 0),
    ("ACCESS_READ", 1),
    ("ACCESS_WRITE", 2),
    ("MADV_DODUMP", 17),
    ("MADV_DOFORK", 11),
    ("MADV_DONTDUMP", 16),
    ("MADV_DONTFORK", 10),
    ("MADV_DONTNEED", 4),
    ("MADV_FREE", 8),
    ("MADV_HUGEPAGE", 14),
    ("MADV_HWPOISON", 100),
    ("MADV_MERGEABLE", 12),
    ("MADV_NOHUGEPAGE", 15),
    ("MADV_NORMAL", 0),
    ("MADV_RANDOM", 1),
    ("MADV_REMOVE", 9),
    ("MADV_SEQUENTIAL", 2),
    ("MADV_UNMERGEABLE", 13),
    ("MADV_WILLNEED", 3),
    ("MAP_32BIT", 64),
    ("MAP_ANON", 32),
    ("MAP_ANONYMOUS", 32),
    ("MAP_DENYWRITE", 2048),
    ("MAP_EXECUTABLE", 4096),
    ("MAP_NORESERVE", 16384),
    ("MAP_POPULATE", 32768),
    ("MAP_PRIVATE", 2),
    ("MAP_SHARED", 1),
    ("MAP_STACK", 131072),
    ("PROT_EXEC", 4),
    ("PROT_READ", 1),
    ("PROT_WRITE", 2),
];

/// What may be done with the memory.
#[derive(Clone, Copy, PartialEq)]
enum Access {
    Default,
    Read,
    Write,
    Copy,
}

impl Access {
    fn from_number(number: i32) -> Option<Access> {
        Some(match number {
            0 => Access::Default,
            1 => Access::Read,
            2 => Access::Write,
            3 => Access::Copy,
            _ => return None,
        })
    }

    fn number(self) -> i64 {
        match self {
            Access::Default => 0,
            Access::Read => 1,
            Access::Write => 2,
            Access::Copy => 3,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Access::Default => "ACCESS_DEFAULT",
            Access::Read => "ACCESS_READ",
            Access::Write => "ACCESS_WRITE",
            Access::Copy => "ACCESS_COPY",
        }
    }
}

/// Maps length bytes of the open file fileno from offset on into memory, or fresh memory with -1.
///
/// flags and prot are the system's (MAP_SHARED …, PROT_READ …); access (ACCESS_READ, ACCESS_WRITE, ACCESS_COPY) stands for
/// both.  With trackfd=False the file is not kept open, and the size is fixed.
#[pyclass(
    name = "mmap", module = "mmap", flags(BASETYPE, GC, WEAKREF), slots = SLOTS, methods(Mmap::METHODS),
    getset(Mmap::GETSETS)
)]
#[derive(Traverse)]
pub struct Mmap {
    header: Header,
    /// Null when closed.
    #[traverse(skip)]
    data: Cell<*mut u8>,
    #[traverse(skip)]
    size: Cell<usize>,
    /// Where reading goes on; at most the size.
    #[traverse(skip)]
    position: Cell<usize>,
    #[traverse(skip)]
    offset: i64,
    /// An own descriptor of the file; -1 for none.
    #[traverse(skip)]
    fd: Cell<i32>,
    #[traverse(skip)]
    flags: i32,
    #[traverse(skip)]
    track_fd: bool,
    #[traverse(skip)]
    access: Access,
    /// Views that are out: as long as there are any, the memory stays.
    #[traverse(skip)]
    exports: Cell<usize>,
}

impl Drop for Mmap {
    fn drop(&mut self) {
        self.unmap();
    }
}

const SLOTS: Slots = Slots {
    new: Some(new),
    repr: Some(repr),
    sq_length: Some(length),
    sq_item: Some(item),
    sq_ass_item: Some(set_item),
    mp_length: Some(length),
    mp_subscript: Some(subscript),
    mp_ass_subscript: Some(set_subscript),
    buffer: Some(buffer),
    ..Slots::EMPTY
};

static NEW: Signature = Signature {
    function: "mmap",
    names: &["fileno", "length", "flags", "prot", "access", "offset", "trackfd"],
    posonly: 0,
    minpos: 2,
    maxpos: 6,
    minkw: 0,
    varargs: false,
    kwargs: false,
};

/// What to map, as the caller says it.
struct Wanted {
    fileno: i32,
    length: usize,
    flags: i32,
    prot: i32,
    access: Access,
    offset: i64,
    track_fd: bool,
}

fn parse(args: Args<'_>, vm: &Vm) -> PyResult<Wanted> {
    let mut given = [None; 7];
    bind(&NEW, args, &mut given, vm)?;
    let number = |index: usize, default: i32| given[index].map_or(Ok(default), |value| part::<i32>(value, vm));
    let (shared, both) = (libc::MAP_SHARED, libc::PROT_READ | libc::PROT_WRITE);
    let fileno = number(0, -1)?;
    let length = given[1].map_or(Ok(0), |value| part::<isize>(value, vm))?;
    let (flags, prot, access) = (number(2, shared)?, number(3, both)?, number(4, 0)?);
    let offset = given[5].map_or(Ok(0), |value| part::<i64>(value, vm))?;
    let track_fd = given[6].map_or(Ok(true), |value| vm.is_true(value))?;
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.overflow_error("memory mapped length must be positive"));
    };
    if offset < 0 {
        return Err(vm.overflow_error("memory mapped offset must be positive"));
    }
    if access != 0 && (flags != shared || prot != both) {
        return Err(vm.value_error("mmap can't specify both access and flags, prot."));
    }
    let Some(access) = Access::from_number(access) else {
        return Err(vm.value_error("mmap invalid access parameter."));
    };
    let (flags, prot, access) = match access {
        Access::Read => (shared, libc::PROT_READ, access),
        Access::Write => (shared, both, access),
        Access::Copy => (libc::MAP_PRIVATE, both, access),
        Access::Default if prot & both == both => (flags, prot, access),
        Access::Default if prot & libc::PROT_WRITE != 0 => (flags, prot, Access::Write),
        Access::Default => (flags, prot, Access::Read),
    };
    Ok(Wanted { fileno, length, flags, prot, access, offset, track_fd })
}

/// The length to map of a regular file; no length is all that is left.
fn length_in_file(wanted: &Wanted, vm: &Vm) -> PyResult<usize> {
    let Ok(status) = status_of(wanted.fileno) else { return Ok(wanted.length) };
    if status.st_mode & libc::S_IFMT != libc::S_IFREG {
        return Ok(wanted.length);
    }
    let error = |message: &str| Err(vm.value_error(message));
    let left = status.st_size - wanted.offset;
    match wanted.length {
        0 if status.st_size == 0 => error("cannot mmap an empty file"),
        0 if left <= 0 => error("mmap offset is greater than file size"),
        0 => Ok(left as usize),
        length if left < 0 || (left as usize) < length => error("mmap length is greater than file size"),
        length => Ok(length),
    }
}

fn new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut wanted = parse(args, vm)?;
    vm.audit("mmap.__new__", || {
        let Wanted { fileno, length, offset, .. } = wanted;
        [vm.int(fileno.into()), vm.int_from_usize(length), vm.int(wanted.access.number()), vm.int(offset)]
    })?;
    let mut fd = -1;
    if wanted.fileno == -1 {
        wanted.flags |= libc::MAP_ANONYMOUS;
    } else {
        wanted.length = length_in_file(&wanted, vm)?;
        if wanted.track_fd {
            fd = os_call!(libc::fcntl(wanted.fileno, libc::F_DUPFD_CLOEXEC, 0));
            if fd == -1 {
                return Err(last_error(vm));
            }
        }
    }
    let this = Mmap {
        header: Header::blank(),
        data: Cell::new(std::ptr::null_mut()),
        size: Cell::new(wanted.length),
        position: Cell::new(0),
        offset: wanted.offset,
        fd: Cell::new(fd),
        flags: wanted.flags,
        track_fd: wanted.track_fd,
        access: wanted.access,
        exports: Cell::new(0),
    };
    let data = vm.allow_threads(|| {
        let Wanted { fileno, length, flags, prot, offset, .. } = wanted;
        os_call!(libc::mmap(std::ptr::null_mut(), length, prot, flags, fileno, offset))
    });
    if data == libc::MAP_FAILED {
        return Err(last_error(vm));
    }
    this.data.set(data.cast());
    Ok(Ref::new_in(vm, class, this).into_value())
}

impl Mmap {
    fn unmap(&self) {
        let (data, fd) = (self.data.replace(std::ptr::null_mut()), self.fd.replace(-1));
        if fd >= 0 {
            os_call!(libc::close(fd));
        }
        if !data.is_null() {
            os_call!(libc::munmap(data.cast(), self.size.get()));
        }
    }

    fn check_open(&self, vm: &Vm) -> PyResult<()> {
        if self.data.get().is_null() { Err(vm.value_error("mmap closed or invalid")) } else { Ok(()) }
    }

    fn check_writable(&self, vm: &Vm) -> PyResult<()> {
        match self.access {
            Access::Read => Err(vm.type_error("mmap can't modify a readonly memory map.")),
            _ => Ok(()),
        }
    }

    /// Reads the memory. Other processes may change it meanwhile: nothing is to be concluded from what was read before.
    fn with<R>(&self, read: impl FnOnce(&[u8]) -> R) -> R {
        match self.data.get() {
            data if data.is_null() => read(&[]),
            // SAFETY: mapped with this size, until it is closed; the closure runs no Python code that could.
            data => read(unsafe { std::slice::from_raw_parts(data, self.size.get()) }),
        }
    }

    /// Changes the memory, which the caller knows to be writable.
    fn with_mut<R>(&self, change: impl FnOnce(&mut [u8]) -> R) -> R {
        match self.data.get() {
            data if data.is_null() => change(&mut []),
            // SAFETY: as in `with`.
            data => change(unsafe { std::slice::from_raw_parts_mut(data, self.size.get()) }),
        }
    }

    /// Bytes from the position on, which moves behind them.
    fn take(&self, count: usize, vm: &Vm) -> PyResult {
        let start = self.position.get().min(self.size.get());
        let end = start.saturating_add(count).min(self.size.get());
        let bytes = self.with(|data| vm.new_bytes(data.get(start..end).unwrap_or_default()))?;
        self.position.set(end);
        Ok(bytes.into_value())
    }

    fn find_in(
        &self,
        view: &BytesLike<'_>,
        start: OrNone<isize>,
        end: OrNone<isize>,
        find: fn(&[u8], &[u8]) -> Option<usize>,
        vm: &Vm,
    ) -> PyResult<isize> {
        self.check_open(vm)?;
        let size = self.size.get() as isize;
        let bound = |at: isize| (if at < 0 { at.saturating_add(size) } else { at }).clamp(0, size) as usize;
        let start = bound(start.0.unwrap_or(self.position.get() as isize));
        let end = bound(end.0.unwrap_or(size));
        let wanted = view.to_cow();
        let found = self.with(|data| data.get(start..end).and_then(|part| find(part, &wanted)));
        Ok(found.map_or(-1, |at| (start + at) as isize))
    }
}

fn receiver<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a Mmap> {
    slf.downcast::<Mmap>().ok_or_else(|| vm.type_error("an mmap object is required"))
}

fn open_receiver<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a Mmap> {
    let this = receiver(slf, vm)?;
    this.check_open(vm)?;
    Ok(this)
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver(slf, vm)?;
    let class = vm.type_name(slf);
    let class = if &*class == "mmap" { "mmap.mmap" } else { &class };
    let text = if this.data.get().is_null() {
        format!("<{class} closed=True>")
    } else {
        let (access, length, position) = (this.access.name(), this.size.get(), this.position.get());
        format!("<{class} closed=False, access={access}, length={length}, pos={position}, offset={}>", this.offset)
    };
    Ok(vm.new_str(&text).into_value())
}

fn length(slf: &Value, vm: &Vm) -> PyResult<usize> {
    Ok(open_receiver(slf, vm)?.size.get())
}

fn out_of_range(vm: &Vm) -> pyrope_object::Raised {
    vm.index_error("mmap index out of range")
}

/// As a sequence, items are `bytes` of length one.
fn item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    let this = open_receiver(slf, vm)?;
    let byte = usize::try_from(index).ok().and_then(|index| this.with(|data| data.get(index).copied()));
    byte.map_or_else(|| Err(out_of_range(vm)), |byte| Ok(vm.new_bytes(&[byte])?.into_value()))
}

fn set_item(slf: &Value, index: isize, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    set_subscript(slf, &vm.int(index as i64), value, vm)
}

/// An index counted from the end if negative, in bounds.
fn place(this: &Mmap, key: &Value, vm: &Vm) -> PyResult<usize> {
    let index = vm.index_isize(key)?;
    this.check_open(vm)?;
    let index = if index < 0 { index.saturating_add(this.size.get() as isize) } else { index };
    usize::try_from(index).ok().filter(|&index| index < this.size.get()).ok_or_else(|| out_of_range(vm))
}

/// What a slice selects now.
fn selected(this: &Mmap, slice: &Slice, vm: &Vm) -> PyResult<SliceIndices> {
    let parts = slice_parts(slice, vm)?;
    this.check_open(vm)?;
    Ok(parts.adjust(this.size.get()))
}

fn subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let this = open_receiver(slf, vm)?;
    if let Some(slice) = key.downcast::<Slice>() {
        let indices = selected(this, slice, vm)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(indices.count).map_err(|_| vm.memory_error())?;
        this.with(|data| match indices.step {
            1 => {
                let start = indices.start.max(0) as usize;
                bytes.extend_from_slice(data.get(start..start + indices.count).unwrap_or_default());
            }
            _ => bytes.extend(indices.iter().filter_map(|at| data.get(at))),
        });
        return Ok(vm.new_bytes(&bytes)?.into_value());
    }
    if key.ty(vm).slots().index.is_none() {
        return Err(vm.type_error("mmap indices must be integers"));
    }
    let at = place(this, key, vm)?;
    Ok(vm.int(this.with(|data| data.get(at).copied().unwrap_or_default()).into()))
}

fn set_subscript(slf: &Value, key: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = open_receiver(slf, vm)?;
    this.check_writable(vm)?;
    if let Some(slice) = key.downcast::<Slice>() {
        let parts = slice_parts(slice, vm)?;
        let Some(value) = value else {
            return Err(vm.type_error("mmap object doesn't support slice deletion"));
        };
        let new = part::<BytesLike<'_>>(value, vm)?.to_cow().into_owned();
        // Lending its bytes, the value may have run code that resized or closed this.
        this.check_open(vm)?;
        let indices = parts.adjust(this.size.get());
        if new.len() != indices.count {
            return Err(vm.index_error("mmap slice assignment is wrong size"));
        }
        this.with_mut(|data| {
            for (at, byte) in indices.iter().zip(&new) {
                if let Some(place) = data.get_mut(at) {
                    *place = *byte;
                }
            }
        });
        return Ok(());
    }
    if key.ty(vm).slots().index.is_none() {
        return Err(vm.type_error("mmap indices must be integer"));
    }
    let at = place(this, key, vm)?;
    let Some(value) = value else { return Err(vm.type_error("mmap doesn't support item deletion")) };
    if value.ty(vm).slots().index.is_none() {
        return Err(vm.type_error("mmap item value must be an int"));
    }
    let byte = vm.index_i64(value)?.and_then(|n| u8::try_from(n).ok());
    let Some(byte) = byte else { return Err(vm.value_error("mmap item value must be in range(0, 256)")) };
    this.check_open(vm)?;
    this.with_mut(|data| data.get_mut(at).map(|place| *place = byte)).ok_or_else(|| out_of_range(vm))
}

struct Memory;

impl BufferOwner for Memory {
    fn with_bytes(&self, owner: &Value, read: &mut dyn FnMut(&[u8])) {
        if let Some(this) = owner.downcast::<Mmap>() {
            this.with(|data| read(data));
        }
    }

    fn with_bytes_mut(&self, owner: &Value, change: &mut dyn FnMut(&mut [u8])) {
        if let Some(this) = owner.downcast::<Mmap>() {
            this.with_mut(|data| change(data));
        }
    }

    fn release(&self, owner: &Value) {
        if let Some(this) = owner.downcast::<Mmap>() {
            this.exports.set(this.exports.get().saturating_sub(1));
        }
    }
}

fn buffer(slf: &Value, flags: u32, vm: &Vm) -> PyResult<Buffer> {
    let this = open_receiver(slf, vm)?;
    let readonly = this.access == Access::Read;
    if readonly && flags & request::WRITABLE != 0 {
        return Err(vm.buffer_error("Object is not writable."));
    }
    this.exports.set(this.exports.get() + 1);
    Ok(Buffer::simple(slf.clone(), &Memory, this.size.get(), readonly))
}

#[pymethods]
impl Mmap {
    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult<()> {
        if self.exports.get() > 0 {
            return Err(vm.buffer_error("cannot close exported pointers exist"));
        }
        self.unmap();
        Ok(())
    }

    #[getter("closed")]
    fn closed(&self) -> bool {
        self.data.get().is_null()
    }

    #[method("find($self, view, start=None, end=None, /)")]
    fn find(&self, view: BytesLike<'_>, start: OrNone<isize>, end: OrNone<isize>, vm: &Vm) -> PyResult<isize> {
        self.find_in(&view, start, end, search::find, vm)
    }

    #[method("rfind($self, view, start=None, end=None, /)")]
    fn rfind(&self, view: BytesLike<'_>, start: OrNone<isize>, end: OrNone<isize>, vm: &Vm) -> PyResult<isize> {
        self.find_in(&view, start, end, search::rfind, vm)
    }

    #[method("flush($self, offset=0, size=None, /)")]
    fn flush(&self, offset: isize, size: OrNone<isize>, vm: &Vm) -> PyResult<()> {
        self.check_open(vm)?;
        let size = size.0.unwrap_or(self.size.get() as isize - offset);
        let (Ok(offset), Ok(size)) = (usize::try_from(offset), usize::try_from(size)) else {
            return Err(vm.value_error("flush values out of range"));
        };
        if size > self.size.get() || offset > self.size.get() - size {
            return Err(vm.value_error("flush values out of range"));
        }
        if matches!(self.access, Access::Read | Access::Copy) {
            return Ok(());
        }
        let at = self.data.get().wrapping_add(offset);
        match os_call!(libc::msync(at.cast(), size, libc::MS_SYNC)) {
            -1 => Err(last_error(vm)),
            _ => Ok(()),
        }
    }

    #[method("madvise($self, option, start=0, length=None, /)")]
    fn madvise(&self, option: i32, start: isize, length: OrNone<isize>, vm: &Vm) -> PyResult<()> {
        self.check_open(vm)?;
        let size = self.size.get();
        let Some(start) = usize::try_from(start).ok().filter(|&start| start < size) else {
            return Err(vm.value_error("madvise start out of bounds"));
        };
        let Ok(length) = usize::try_from(length.0.unwrap_or(size as isize)) else {
            return Err(vm.value_error("madvise length invalid"));
        };
        if start.checked_add(length).is_none_or(|end| end > isize::MAX as usize) {
            return Err(vm.overflow_error("madvise length too large"));
        }
        let at = self.data.get().wrapping_add(start);
        match os_call!(libc::madvise(at.cast(), length.min(size - start), option)) {
            -1 => Err(last_error(vm)),
            _ => Ok(()),
        }
    }

    #[method("move($self, dest, src, count, /)")]
    fn move_bytes(&self, dest: isize, src: isize, count: isize, vm: &Vm) -> PyResult<()> {
        self.check_open(vm)?;
        self.check_writable(vm)?;
        let refuse = || vm.value_error("source, destination, or count out of range");
        let numbers = [dest, src, count].map(usize::try_from);
        let [Ok(dest), Ok(src), Ok(count)] = numbers else { return Err(refuse()) };
        let room = self.size.get().checked_sub(count).filter(|&room| dest <= room && src <= room);
        if room.is_none() {
            return Err(refuse());
        }
        self.with_mut(|data| data.copy_within(src..src + count, dest));
        Ok(())
    }

    #[method("read($self, n=None, /)")]
    fn read(&self, n: OrNone<isize>, vm: &Vm) -> PyResult {
        self.check_open(vm)?;
        self.take(n.0.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX), vm)
    }

    #[method("read_byte($self, /)")]
    fn read_byte(&self, vm: &Vm) -> PyResult<u8> {
        self.check_open(vm)?;
        let at = self.position.get();
        let byte = self.with(|data| data.get(at).copied());
        let byte = byte.ok_or_else(|| vm.value_error("read byte out of range"))?;
        self.position.set(at + 1);
        Ok(byte)
    }

    #[method("readline($self, /)")]
    fn readline(&self, vm: &Vm) -> PyResult {
        self.check_open(vm)?;
        let rest = self.position.get();
        let end = self.with(|data| data.get(rest..).and_then(|rest| rest.iter().position(|&byte| byte == b'\n')));
        self.take(end.map_or(usize::MAX, |end| end + 1), vm)
    }

    #[method("resize($self, newsize, /)")]
    fn resize(&self, newsize: isize, vm: &Vm) -> PyResult<()> {
        self.check_open(vm)?;
        if self.exports.get() > 0 {
            return Err(vm.buffer_error("mmap can't resize with extant buffers exported."));
        }
        if !self.track_fd {
            return Err(vm.value_error("mmap can't resize with trackfd=False."));
        }
        if matches!(self.access, Access::Read | Access::Copy) {
            return Err(vm.type_error("mmap can't resize a readonly or copy-on-write memory map."));
        }
        let end = i64::try_from(newsize).ok().filter(|&n| n >= 0).and_then(|n| n.checked_add(self.offset));
        let (Some(end), Ok(new)) = (end, usize::try_from(newsize)) else {
            return Err(vm.value_error("new size out of range"));
        };
        let (fd, old) = (self.fd.get(), self.size.get());
        if fd == -1 && self.flags & libc::MAP_PRIVATE == 0 && new > old {
            return Err(vm.value_error("mmap: can't expand a shared anonymous mapping"));
        }
        if fd != -1 && os_call!(libc::ftruncate(fd, end)) == -1 {
            return Err(last_error(vm));
        }
        let moved = os_call!(libc::mremap(self.data.get().cast(), old, new, libc::MREMAP_MAYMOVE));
        if moved == libc::MAP_FAILED {
            return Err(last_error(vm));
        }
        self.data.set(moved.cast());
        self.size.set(new);
        Ok(())
    }

    #[method("seek($self, pos, whence=0, /)")]
    fn seek(&self, pos: isize, whence: i32, vm: &Vm) -> PyResult<usize> {
        self.check_open(vm)?;
        let base = match whence {
            0 => 0,
            1 => self.position.get(),
            2 => self.size.get(),
            _ => return Err(vm.value_error("unknown seek type")),
        };
        let at = base.checked_add_signed(pos).filter(|&at| at <= self.size.get());
        let at = at.ok_or_else(|| vm.value_error("seek out of range"))?;
        self.position.set(at);
        Ok(at)
    }

    #[method("seekable($self, /)")]
    fn seekable(&self) -> bool {
        true
    }

    #[method("size($self, /)")]
    fn size(&self, vm: &Vm) -> PyResult<i64> {
        self.check_open(vm)?;
        status_of(self.fd.get())
            .map(|status| status.st_size)
            .map_err(|number| os_error_from_errno(vm, number, None, None))
    }

    #[method("tell($self, /)")]
    fn tell(&self, vm: &Vm) -> PyResult<usize> {
        self.check_open(vm)?;
        Ok(self.position.get())
    }

    #[method("write($self, bytes, /)")]
    fn write(&self, bytes: BytesLike<'_>, vm: &Vm) -> PyResult<usize> {
        self.check_open(vm)?;
        self.check_writable(vm)?;
        // A copy, as the bytes may be a view of this memory.
        let bytes = bytes.to_cow();
        let at = self.position.get();
        let done = self.with_mut(|data| {
            let place = at.checked_add(bytes.len()).and_then(|end| data.get_mut(at..end));
            place.map(|place| place.copy_from_slice(&bytes))
        });
        done.ok_or_else(|| vm.value_error("data out of range"))?;
        self.position.set(at + bytes.len());
        Ok(bytes.len())
    }

    #[method("write_byte($self, byte, /)")]
    fn write_byte(&self, byte: u8, vm: &Vm) -> PyResult<()> {
        self.check_open(vm)?;
        self.check_writable(vm)?;
        let at = self.position.get();
        let done = self.with_mut(|data| data.get_mut(at).map(|place| *place = byte));
        done.ok_or_else(|| vm.value_error("write byte out of range"))?;
        self.position.set(at + 1);
        Ok(())
    }

    #[method("__enter__($self, /)")]
    fn enter(slf: &Value, vm: &Vm) -> PyResult {
        open_receiver(slf, vm)?;
        Ok(slf.clone())
    }

    #[method("__exit__($self, exc_type, exc_value, traceback, /)")]
    fn exit(&self, _exc_type: &Value, _exc_value: &Value, _traceback: &Value, vm: &Vm) -> PyResult<()> {
        self.close(vm)
    }
}
