//! Listing folders: `listdir`, `scandir`, `DirEntry`.
#![allow(unsafe_code, reason = "calls of the system")]

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{BuiltinType as B, Guarded, Header, PyResult, Ref, Slots, Value, Vm};
use pyrope_types::exceptions::os_error_from_errno;

use super::stat::{blank_stat, stat_result};
use crate::system::{Path, PathOrFdOrNone, errno, fs_encode, os_call};

/// An open folder; closed when dropped.
struct Folder {
    stream: *mut libc::DIR,
    /// Opened over a descriptor of the caller's, which is to be rewound.
    borrowed: bool,
}

/// What one entry of a folder is.
struct RawEntry {
    name: Vec<u8>,
    inode: u64,
    kind: u8,
}

impl Folder {
    fn open(path: &Path) -> Result<Folder, i32> {
        let stream = match path.descriptor {
            None => os_call!(libc::opendir(path.ptr())),
            Some(fd) => {
                let own = os_call!(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0));
                if own == -1 {
                    return Err(errno());
                }
                let stream = os_call!(libc::fdopendir(own));
                if stream.is_null() {
                    let number = errno();
                    os_call!(libc::close(own));
                    return Err(number);
                }
                stream
            }
        };
        if stream.is_null() { Err(errno()) } else { Ok(Folder { stream, borrowed: path.descriptor.is_some() }) }
    }

    /// The next entry, without `.` and `..`.
    fn next(&self) -> Result<Option<RawEntry>, i32> {
        loop {
            // SAFETY: the stream is open; errno is this thread's own.
            let entry = unsafe {
                *libc::__errno_location() = 0;
                libc::readdir(self.stream)
            };
            if entry.is_null() {
                return match errno() {
                    0 => Ok(None),
                    number => Err(number),
                };
            }
            // SAFETY: the entry lives until the next call, and its name ends in NUL.
            let (name, inode, kind) = unsafe {
                (std::ffi::CStr::from_ptr((*entry).d_name.as_ptr()).to_bytes(), (*entry).d_ino, (*entry).d_type)
            };
            if name != b"." && name != b".." {
                return Ok(Some(RawEntry { name: name.to_vec(), inode, kind }));
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.borrowed {
            os_call!(libc::rewinddir(self.stream));
        }
        os_call!(libc::closedir(self.stream));
    }
}

fn path_error(path: &Path, number: i32, vm: &Vm) -> pyrope_object::Raised {
    os_error_from_errno(vm, number, Some(&path.object), None)
}

/// One entry of a folder, with what is known of it without asking the system.
#[pyclass(
    name = "DirEntry",
    module = "posix",
    flags(GC, DISALLOW_INSTANTIATION),
    slots = ENTRY_SLOTS,
    methods(DirEntry::METHODS),
    getset(DirEntry::GETSETS),
    doc = ""
)]
#[derive(Traverse)]
pub struct DirEntry {
    header: Header,
    name: Value,
    path: Value,
    status: Guarded<Option<Value>>,
    link_status: Guarded<Option<Value>>,
    #[traverse(skip)]
    inode: u64,
    #[traverse(skip)]
    kind: u8,
    /// The folder's descriptor, if it was listed by one.
    #[traverse(skip)]
    folder: Option<i32>,
}

const ENTRY_SLOTS: Slots = Slots {
    repr: Some(|slf, vm| {
        let Some(this) = slf.downcast::<DirEntry>() else { return Ok(Value::none()) };
        let name = vm.repr_text(&this.name)?;
        Ok(vm.try_str(&format!("<DirEntry {name}>"))?.into_value())
    }),
    ..Slots::EMPTY
};

impl DirEntry {
    fn fetch(&self, follow: bool, vm: &Vm) -> PyResult<Result<libc::stat, i32>> {
        let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
        let (dir, name) = match self.folder {
            Some(fd) => (fd, &self.name),
            None => (libc::AT_FDCWD, &self.path),
        };
        let bytes = match name.downcast::<pyrope_object::Str>() {
            Some(text) => fs_encode(name, text, vm)?,
            None => crate::system::path_bytes(name, vm)?,
        };
        let Ok(text) = std::ffi::CString::new(bytes) else { return Ok(Err(libc::EINVAL)) };
        let mut st = blank_stat();
        let failed = os_call!(libc::fstatat(dir, text.as_ptr(), &mut st, flags)) == -1;
        Ok(if failed { Err(errno()) } else { Ok(st) })
    }

    fn stat_value(&self, follow: bool, vm: &Vm) -> PyResult {
        // What is no link is the same, followed or not.
        let slot = if follow && self.kind_is_link(vm)? { &self.status } else { &self.link_status };
        if let Some(known) = slot.get() {
            return Ok(known);
        }
        let st = match self.fetch(follow, vm)? {
            Ok(st) => st,
            Err(number) => return Err(os_error_from_errno(vm, number, Some(&self.path), None)),
        };
        let value = stat_result(&st, vm)?;
        slot.set(Some(value.clone()));
        Ok(value)
    }

    fn kind_is_link(&self, vm: &Vm) -> PyResult<bool> {
        match self.kind {
            libc::DT_UNKNOWN => self.test(libc::S_IFLNK, false, vm),
            kind => Ok(kind == libc::DT_LNK),
        }
    }

    fn test(&self, format: u32, follow: bool, vm: &Vm) -> PyResult<bool> {
        let needs_status = self.kind == libc::DT_UNKNOWN || (follow && self.kind == libc::DT_LNK);
        if !needs_status {
            return Ok(match format {
                libc::S_IFDIR => self.kind == libc::DT_DIR,
                libc::S_IFREG => self.kind == libc::DT_REG,
                _ => self.kind == libc::DT_LNK,
            });
        }
        match self.fetch(follow, vm)? {
            Ok(st) => Ok(st.st_mode & libc::S_IFMT == format),
            Err(libc::ENOENT) => Ok(false),
            Err(number) => Err(os_error_from_errno(vm, number, Some(&self.path), None)),
        }
    }
}

#[pymethods]
impl DirEntry {
    #[getter]
    #[member]
    fn name(&self) -> Value {
        self.name.clone()
    }

    #[getter]
    #[member]
    fn path(&self) -> Value {
        self.path.clone()
    }

    /// Return True if the entry is a directory; cached per entry.
    #[method("is_dir($self, /, *, follow_symlinks=True)")]
    fn is_dir(&self, follow_symlinks: bool, vm: &Vm) -> PyResult<bool> {
        self.test(libc::S_IFDIR, follow_symlinks, vm)
    }

    /// Return True if the entry is a file; cached per entry.
    #[method("is_file($self, /, *, follow_symlinks=True)")]
    fn is_file(&self, follow_symlinks: bool, vm: &Vm) -> PyResult<bool> {
        self.test(libc::S_IFREG, follow_symlinks, vm)
    }

    /// Return True if the entry is a symbolic link; cached per entry.
    #[method("is_symlink($self, /)")]
    fn is_symlink(&self, vm: &Vm) -> PyResult<bool> {
        self.kind_is_link(vm)
    }

    /// Return True if the entry is a junction; cached per entry.
    #[method("is_junction($self, /)")]
    fn is_junction(&self) -> bool {
        false
    }

    /// Return stat_result object for the entry; cached per entry.
    #[method("stat($self, /, *, follow_symlinks=True)")]
    fn stat(&self, follow_symlinks: bool, vm: &Vm) -> PyResult {
        self.stat_value(follow_symlinks, vm)
    }

    /// Return inode of the entry; cached per entry.
    #[method("inode($self, /)")]
    fn inode(&self) -> u64 {
        self.inode
    }

    /// Returns the path for the entry.
    #[method("__fspath__($self, /)")]
    fn fspath(&self) -> Value {
        self.path.clone()
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, item, /)")]
    fn class_getitem(cls: &Value, item: &Value, vm: &Vm) -> PyResult {
        vm.call(&vm.builtin(B::GenericAlias).to_value(), &[cls.clone(), item.clone()])
    }
}

/// The iterator that `scandir` gives.
#[pyclass(
    name = "ScandirIterator",
    module = "posix",
    flags(GC, DISALLOW_INSTANTIATION),
    slots = ITERATOR_SLOTS,
    methods(ScandirIterator::METHODS),
    doc = ""
)]
#[derive(Traverse)]
struct ScandirIterator {
    header: Header,
    #[traverse(skip)]
    folder: Cell<Option<Folder>>,
    path: Value,
    #[traverse(skip)]
    is_bytes: bool,
    #[traverse(skip)]
    descriptor: Option<i32>,
}

const ITERATOR_SLOTS: Slots = Slots {
    iter: Some(|slf, _| Ok(slf.clone())),
    next: Some(next_entry),
    finalize: Some(|slf, vm| {
        let Some(this) = slf.downcast::<ScandirIterator>() else { return };
        let folder = this.folder.take();
        if folder.is_none() {
            return;
        }
        drop(folder);
        let shown = vm.repr_text(slf).unwrap_or_default();
        if vm.warn_unclosed(slf, &format!("unclosed scandir iterator {shown}")).is_err() {
            vm.write_unraisable(None, slf);
        }
    }),
    ..Slots::EMPTY
};

fn next_entry(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let Some(this) = slf.downcast::<ScandirIterator>() else { return Ok(None) };
    let Some(folder) = this.folder.take() else { return Ok(None) };
    let entry = match folder.next() {
        Ok(Some(entry)) => entry,
        Ok(None) => return Ok(None),
        Err(number) => return Err(os_error_from_errno(vm, number, Some(&this.path), None)),
    };
    this.folder.set(Some(folder));
    let give = |bytes: &[u8]| {
        if this.is_bytes { Ok(vm.new_bytes(bytes)?.into_value()) } else { crate::system::fs_decode(bytes, vm) }
    };
    let path = if this.descriptor.is_some() {
        give(&entry.name)?
    } else {
        let mut full = match crate::system::find_fspath(&this.path, vm)? {
            Some(path) => crate::system::path_bytes(&path, vm)?,
            None => b".".to_vec(),
        };
        if !full.ends_with(b"/") {
            full.push(b'/');
        }
        full.extend_from_slice(&entry.name);
        give(&full)?
    };
    let entry = DirEntry {
        header: Header::blank(),
        name: give(&entry.name)?,
        path,
        status: Guarded::default(),
        link_status: Guarded::default(),
        inode: entry.inode,
        kind: entry.kind,
        folder: this.descriptor,
    };
    Ok(Some(Ref::new(vm, entry).into_value()))
}

#[pymethods]
impl ScandirIterator {
    #[method("__enter__($self, /)")]
    fn enter(slf: &Value) -> Value {
        slf.clone()
    }

    #[method("__exit__($self, /, *args)")]
    fn exit(&self, _args: &[Value]) {
        drop(self.folder.take());
    }

    #[method("close($self, /)")]
    fn close(&self) {
        drop(self.folder.take());
    }
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Return a list containing the names of the files in the directory.
    ///
    /// path can be specified as either str, bytes, or a path-like object.  If path is bytes,
    ///   the filenames returned will also be bytes; in all other circumstances
    ///   the filenames returned will be str.
    /// If path is None, uses the path='.'.
    /// On some platforms, path may also be specified as an open file descriptor;\
    ///   the file descriptor must refer to a directory.
    ///   If this functionality is unavailable, using it raises NotImplementedError.
    ///
    /// The list is in arbitrary order.  It does not include the special
    /// entries '.' and '..' even if they are present in the directory.
    #[pyfunction("listdir(path=None)")]
    fn listdir(path: Option<PathOrFdOrNone>, vm: &Vm) -> PyResult {
        let path = path.map_or_else(here, |path| path.0);
        let folder = Folder::open(&path).map_err(|number| path_error(&path, number, vm))?;
        let mut names = Vec::new();
        while let Some(entry) = folder.next().map_err(|number| path_error(&path, number, vm))? {
            names.push(path.give(&entry.name, vm)?);
        }
        Ok(vm.new_list(names).into_value())
    }

    /// Return an iterator of DirEntry objects for given path.
    ///
    /// path can be specified as either str, bytes, or a path-like object.  If path
    /// is bytes, the names of yielded DirEntry objects will also be bytes; in
    /// all other circumstances they will be str.
    ///
    /// If path is None, uses the path='.'.
    #[pyfunction("scandir(path=None)")]
    fn scandir(path: Option<PathOrFdOrNone>, vm: &Vm) -> PyResult {
        let path = path.map_or_else(here, |path| path.0);
        let folder = Folder::open(&path).map_err(|number| path_error(&path, number, vm))?;
        let iterator = ScandirIterator {
            header: Header::blank(),
            folder: Cell::new(Some(folder)),
            path: if path.object.is_none() { vm.intern(".").into_value() } else { path.object.clone() },
            is_bytes: path.is_bytes,
            descriptor: path.descriptor,
        };
        Ok(Ref::new(vm, iterator).into_value())
    }

    fn here() -> Path {
        Path { text: std::ffi::CString::from(c"."), object: Value::none(), is_bytes: false, descriptor: None }
    }
}
