//! The buffer protocol's currency.

use crate::value::Value;

/// `PyBUF_*` request flags.
pub mod flags {
    pub const SIMPLE: u32 = 0;
    pub const WRITABLE: u32 = 0x1;
    pub const FORMAT: u32 = 0x4;
    pub const ND: u32 = 0x8;
    pub const STRIDES: u32 = 0x10 | ND;
    pub const C_CONTIGUOUS: u32 = 0x20 | STRIDES;
    pub const F_CONTIGUOUS: u32 = 0x40 | STRIDES;
    pub const ANY_CONTIGUOUS: u32 = 0x80 | STRIDES;
    pub const INDIRECT: u32 = 0x100 | STRIDES;
    pub const FULL_RO: u32 = INDIRECT | FORMAT;
    pub const FULL: u32 = INDIRECT | WRITABLE | FORMAT;
}

/// A view of an exporter's bytes. The exporter cannot resize while a view is out (it counts exports in its
/// [`BufferOwner`] implementation and refuses with BufferError).
pub struct Buffer {
    /// The object that exports.
    pub owner: Value,
    /// How the bytes are reached and released.
    pub access: &'static dyn BufferOwner,
    /// Byte offset of the view's first element in the exporter's bytes.
    pub offset: usize,
    /// Total bytes: product of shape times item size.
    pub len: usize,
    pub item_size: usize,
    pub readonly: bool,
    /// Struct-module format, `B` by default.
    pub format: std::borrow::Cow<'static, str>,
    /// Elements per dimension.
    pub shape: Vec<isize>,
    /// Bytes between neighbours per dimension.
    pub strides: Vec<isize>,
}

/// How an exporter gives access to its bytes. Closures run no Python code.
pub trait BufferOwner: Sync {
    /// Reads all bytes of the exporter.
    fn with_bytes(&self, owner: &Value, read: &mut dyn FnMut(&[u8]));
    /// Changes the bytes in place; never called for a read-only view.
    fn with_bytes_mut(&self, owner: &Value, change: &mut dyn FnMut(&mut [u8]));
    /// The view is gone: uncount the export.
    fn release(&self, owner: &Value);
}

impl Buffer {
    /// A one-dimensional view of unsigned bytes.
    pub fn simple(owner: Value, access: &'static dyn BufferOwner, len: usize, readonly: bool) -> Buffer {
        Buffer {
            owner,
            access,
            offset: 0,
            len,
            item_size: 1,
            readonly,
            format: "B".into(),
            shape: vec![len as isize],
            strides: vec![1],
        }
    }

    /// True if the elements lie in C order without gaps.
    pub fn is_c_contiguous(&self) -> bool {
        let mut expected = self.item_size as isize;
        for (&extent, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if extent > 1 && stride != expected {
                return false;
            }
            expected *= extent;
        }
        true
    }

    /// A copy of the view's bytes in C order.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len);
        self.access.with_bytes(&self.owner, &mut |bytes| {
            if self.is_c_contiguous() {
                out.extend_from_slice(bytes.get(self.offset..self.offset + self.len).unwrap_or(&[]));
            } else {
                self.gather(bytes, 0, self.offset as isize, &mut out);
            }
        });
        out
    }

    fn gather(&self, bytes: &[u8], dimension: usize, at: isize, out: &mut Vec<u8>) {
        match self.shape.get(dimension) {
            None => out.extend_from_slice(bytes.get(at as usize..at as usize + self.item_size).unwrap_or(&[])),
            Some(&extent) => {
                for i in 0..extent {
                    self.gather(bytes, dimension + 1, at + i * self.strides[dimension], out);
                }
            }
        }
    }

    /// Reads the bytes of a contiguous view in place.
    pub fn with_contiguous<R>(&self, read: impl FnOnce(&[u8]) -> R) -> R {
        debug_assert!(self.is_c_contiguous());
        let mut read = Some(read);
        let mut result = None;
        self.access.with_bytes(&self.owner, &mut |bytes| {
            if let Some(read) = read.take() {
                result = Some(read(bytes.get(self.offset..self.offset + self.len).unwrap_or(&[])));
            }
        });
        match (result, read) {
            (Some(result), _) => result,
            (None, Some(read)) => read(&[]),
            (None, None) => unreachable!("the reader ran but gave nothing"),
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.access.release(&self.owner);
    }
}
