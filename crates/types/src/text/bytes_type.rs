//! `bytes` and `bytearray`: what they can do.

mod array;
mod array_methods;
mod construct;
mod hex;
mod immutable;
mod iterators;
mod methods;
mod percent;
mod search;

pub use array::ByteArray;
pub use hex::{hex_digits, hex_text};
pub use immutable::BytesType;
pub use iterators::{ByteArrayIterator, BytesIterator};

use std::borrow::Cow;

use pyrope_object::args::ArgName;
use pyrope_object::bind::BytesLike;
use pyrope_object::{BuiltinType as B, Bytes, FromArg, PyResult, Value, Vm};

/// Reads the octets of a `bytes` or `bytearray` (or a subclass) in place; of others none. Runs no Python code inside.
pub(crate) fn with_octets<R>(value: &Value, read: impl FnOnce(&[u8]) -> R) -> R {
    if let Some(bytes) = value.downcast::<Bytes>() {
        return read(bytes.as_slice());
    }
    match value.downcast::<ByteArray>() {
        Some(array) => array.data.with(|data| read(data)),
        None => read(&[]),
    }
}

/// Runs what may call Python code, with a `bytearray` kept from being resized.
pub(crate) fn pinned<R>(value: &Value, run: impl FnOnce() -> R) -> R {
    let Some(array) = value.downcast::<ByteArray>() else { return run() };
    array.exports.set(array.exports.get() + 1);
    let result = run();
    array.exports.set(array.exports.get().saturating_sub(1));
    result
}

/// The octets of anything bytes-like, copied unless immutable; TypeError otherwise.
pub(crate) fn octets<'a>(value: &'a Value, vm: &Vm) -> PyResult<Cow<'a, [u8]>> {
    if let Some(bytes) = value.downcast::<Bytes>() {
        return Ok(Cow::Borrowed(bytes.as_slice()));
    }
    let name = ArgName { function: "", argument: "argument".into() };
    let view = BytesLike::from_arg(value, &name, vm)?;
    Ok(Cow::Owned(view.to_cow().into_owned()))
}

/// A new object of the receiver's kind: `bytearray` for one (or a subclass), else `bytes`.
pub(crate) fn same_kind(receiver: &Value, data: Vec<u8>, vm: &Vm) -> PyResult {
    if receiver.downcast::<ByteArray>().is_some() {
        return Ok(ByteArray::new(vm.builtin(B::ByteArray), data, vm).into_value());
    }
    Ok(vm.new_bytes(&data)?.into_value())
}

/// The receiver itself if it is exactly `bytes`, else a copy of its kind.
pub(crate) fn unchanged(receiver: &Value, vm: &Vm) -> PyResult {
    if receiver.downcast_exact::<Bytes>().is_some() {
        return Ok(receiver.clone());
    }
    let data = with_octets(receiver, <[u8]>::to_vec);
    same_kind(receiver, data, vm)
}
