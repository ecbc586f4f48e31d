//! Arguments that are bytes, or anything that lends its bytes through the buffer protocol.

use std::borrow::Cow;

use crate::args::{ArgName, FromArg};
use crate::bind::convert::{NullableArg, bad_argument, full_type_name};
use crate::buffer::{Buffer, flags};
use crate::error::{PyResult, Raised};
use crate::layout::Bytes;
use crate::value::Value;
use crate::vm::Vm;

/// The bytes of a bytes-like object, C-contiguous. While it lives, the exporter cannot be resized.
pub enum BytesLike<'a> {
    /// Those of a `bytes` object, in place.
    Bytes(&'a [u8]),
    /// A view of another exporter.
    View(Buffer),
}

impl BytesLike<'_> {
    /// Number of bytes.
    pub fn len(&self) -> usize {
        match self {
            BytesLike::Bytes(bytes) => bytes.len(),
            BytesLike::View(view) => view.len,
        }
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads them in place. The closure runs no Python code.
    pub fn with<R>(&self, read: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            BytesLike::Bytes(bytes) => read(bytes),
            BytesLike::View(view) => view.with_contiguous(read),
        }
    }

    /// The bytes, copied unless they are immutable.
    pub fn to_cow(&self) -> Cow<'_, [u8]> {
        match self {
            BytesLike::Bytes(bytes) => Cow::Borrowed(bytes),
            BytesLike::View(view) => Cow::Owned(view.to_vec()),
        }
    }
}

/// A contiguous view, or BufferError; `None` for an object that has no buffer.
fn contiguous(value: &Value, request: u32, vm: &Vm) -> PyResult<Option<Buffer>> {
    let Some(lend) = value.ty(vm).slots().buffer else { return Ok(None) };
    let view = lend(value, request, vm)?;
    if view.is_c_contiguous() {
        Ok(Some(view))
    } else {
        Err(vm.buffer_error("memoryview: underlying buffer is not C-contiguous"))
    }
}

/// Raises `a bytes-like object is required, not 'int'`.
#[cold]
pub fn not_bytes_like(value: &Value, vm: &Vm) -> Raised {
    vm.type_error(format!("a bytes-like object is required, not '{}'", full_type_name(value, vm)))
}

impl<'a> FromArg<'a> for BytesLike<'a> {
    fn from_arg(value: &'a Value, _: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        if let Some(bytes) = value.downcast_exact::<Bytes>() {
            return Ok(BytesLike::Bytes(bytes.as_slice()));
        }
        let view = contiguous(value, flags::SIMPLE, vm)?;
        view.map(BytesLike::View).ok_or_else(|| not_bytes_like(value, vm))
    }
}

impl<'a> NullableArg<'a> for BytesLike<'a> {}

/// The bytes of a writable exporter, C-contiguous.
pub struct WritableBytes(pub Buffer);

impl WritableBytes {
    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Changes them in place. The closure runs no Python code.
    pub fn with_mut<R>(&self, change: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
        let view = &self.0;
        let (mut change, mut result) = (Some(change), None);
        view.access.with_bytes_mut(&view.owner, &mut |bytes| {
            if let (Some(change), Some(part)) = (change.take(), bytes.get_mut(view.offset..view.offset + view.len)) {
                result = Some(change(part));
            }
        });
        result
    }
}

impl<'a> FromArg<'a> for WritableBytes {
    fn from_arg(value: &'a Value, what: &ArgName<'_>, vm: &Vm) -> PyResult<Self> {
        let refuse = || bad_argument(what, "read-write bytes-like object", value, vm);
        match contiguous(value, flags::WRITABLE, vm) {
            Ok(Some(view)) if !view.readonly => Ok(WritableBytes(view)),
            Ok(_) => Err(refuse()),
            Err(raised) => {
                vm.ignore(raised);
                Err(refuse())
            }
        }
    }
}

impl<'a> NullableArg<'a> for WritableBytes {}
