//! `bytes`.

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::full_type_name;
use pyrope_object::buffer::{Buffer, BufferOwner, flags};
use pyrope_object::layout::BYTES_LAYOUT;
use pyrope_object::{Args, BuiltinType as B, Bytes, CompareOp, PyResult, Ref, Slots, Type, Value, Vm};

use super::construct::{self, Source, dunder_bytes};
use super::iterators::BytesIterator;
use super::{ByteArray, hex, octets, with_octets};
use crate::containers::sequence::{bad_receiver, is_index, receiver};
use crate::containers::slice::{Slice, slice_parts};
use crate::text::builder::TextBuilder;

#[pyclass(
    name = "bytes",
    layout = BYTES_LAYOUT,
    builtin = Bytes,
    flags(BASETYPE, MATCH_SELF),
    methods(
        BytesType::METHODS, BytesType::METHODS_SHARED, BytesType::METHODS_SEARCH
    ),
    slots = SLOTS,
    doc = "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\nbytes(int) -> bytes object of size given by the parameter initialized with null bytes\nbytes() -> empty bytes object\n\nConstruct an immutable array of bytes from:\n  - an iterable yielding integers in range(256)\n  - a text string encoded using the specified encoding\n  - any object implementing the buffer API.\n  - an integer"
)]
pub struct BytesType;

const SLOTS: Slots = Slots {
    repr: Some(bytes_repr),
    str: Some(octets_str),
    hash: Some(bytes_hash),
    richcompare: Some(octets_compare),
    iter: Some(bytes_iter),
    new: Some(bytes_new),
    remainder: Some(super::percent::octets_remainder),
    sq_length: Some(bytes_len),
    sq_concat: Some(bytes_concat),
    sq_repeat: Some(bytes_repeat),
    sq_item: Some(bytes_item),
    sq_contains: Some(super::search::octets_contains),
    mp_length: Some(bytes_len),
    mp_subscript: Some(bytes_subscript),
    buffer: Some(bytes_buffer),
    ..Slots::EMPTY
};

fn bytes_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let source = Source::parse(&construct::BYTES, args, vm)?;
    let made = match (source.object, source.encoded(vm)?) {
        (_, Some(encoded)) => encoded,
        (None, None) => vm.new_bytes(&[])?.into_value(),
        (Some(object), None) => from_object(object, vm)?,
    };
    if class.is(vm.builtin(B::Bytes)) {
        return Ok(made);
    }
    let data = receiver!(Bytes, made, vm);
    Ok(Bytes::try_new(vm, class, data.as_slice())?.into_value())
}

/// `bytes(object)`
pub(crate) fn from_object(object: &Value, vm: &Vm) -> PyResult {
    if object.downcast_exact::<Bytes>().is_some() {
        return Ok(object.clone());
    }
    if let Some(bytes) = dunder_bytes(object, vm)? {
        return Ok(bytes.into_value());
    }
    if object.downcast::<pyrope_object::Str>().is_some() {
        return Err(vm.type_error("string argument without an encoding"));
    }
    let data = match construct::octets_at_once(object, vm)? {
        Some(data) => data,
        None => construct::from_iterable(object, "bytes", Some(64), vm)?,
    };
    Ok(vm.new_bytes(&data)?.into_value())
}

/// The literal of octets, without what a `bytearray` has around it; that escapes apostrophes also where it need not.
pub(super) fn push_literal(data: &[u8], escape_apostrophe: bool, out: &mut TextBuilder) {
    let quote = if data.contains(&b'\'') && !data.contains(&b'"') { b'"' } else { b'\'' };
    out.push(b'b'.into());
    out.push(quote.into());
    for &byte in data {
        match byte {
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            _ if byte == quote || byte == b'\\' || (escape_apostrophe && byte == b'\'') => {
                out.push(b'\\'.into());
                out.push(byte.into());
            }
            0x20..0x7F => out.push(byte.into()),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote.into());
}

fn bytes_repr(slf: &Value, vm: &Vm) -> PyResult {
    let mut out = TextBuilder::new();
    push_literal(receiver!(Bytes, slf, vm).as_slice(), false, &mut out);
    Ok(out.finish(vm)?.into_value())
}

/// `str(octets)` is their `repr`.
pub(super) fn octets_str(slf: &Value, vm: &Vm) -> PyResult {
    if vm.interp().bytes_warning.get() > 0 {
        let kind = if slf.downcast::<Bytes>().is_some() { "bytes" } else { "bytearray" };
        vm.warn(B::BytesWarning, &format!("str() on a {kind} instance"), 1)?;
    }
    Ok(vm.repr(slf)?.into_value())
}

fn bytes_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    Ok(receiver!(Bytes, slf, vm).hash(vm))
}

/// With `-b`: octets are never equal to text or numbers.
#[cold]
fn warn_of_comparison(array: bool, other: &Value, vm: &Vm) -> PyResult<()> {
    let what = if other.downcast::<pyrope_object::Str>().is_some() {
        "string"
    } else if !array && other.as_int().is_some() {
        "int"
    } else {
        return Ok(());
    };
    let kind = if array { "bytearray" } else { "bytes" };
    vm.warn(B::BytesWarning, &format!("Comparison between {kind} and {what}"), 1)
}

/// Comparison of `bytes`, `bytearray` and, on the right, anything with a buffer.
pub(super) fn octets_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    if let (Some(a), Some(b)) = (slf.downcast::<Bytes>(), other.downcast::<Bytes>()) {
        let (a, b) = (a.as_slice(), b.as_slice());
        return Ok(Value::bool(match op {
            CompareOp::Eq => a == b,
            CompareOp::Ne => a != b,
            _ => op.holds(a.cmp(b)),
        }));
    }
    let array = slf.downcast::<ByteArray>().is_some();
    if vm.interp().bytes_warning.get() > 0 && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        warn_of_comparison(array, other, vm)?;
    }
    if !array && other.downcast::<ByteArray>().is_none() {
        // `bytes` compares with `bytes` only; the other side may know more.
        return Ok(Value::not_implemented());
    }
    if other.ty(vm).slots().buffer.is_none() {
        return Ok(Value::not_implemented());
    }
    if !array {
        return Ok(Value::not_implemented());
    }
    let right = match octets(other, vm) {
        Ok(right) => right,
        Err(raised) => {
            vm.ignore(raised);
            return Ok(Value::not_implemented());
        }
    };
    let ordering = with_octets(slf, |left| left.cmp(&right));
    Ok(Value::bool(op.holds(ordering)))
}

fn bytes_iter(slf: &Value, vm: &Vm) -> PyResult {
    match slf.cast::<Bytes>() {
        Some(bytes) => Ok(BytesIterator::over(bytes, vm).into_value()),
        None => Err(bad_receiver(vm)),
    }
}

fn bytes_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    Ok(receiver!(Bytes, slf, vm).as_slice().len())
}

fn bytes_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let right = match octets(b, vm) {
        Ok(right) => right,
        Err(raised) if vm.raised_is(B::TypeError) => {
            vm.ignore(raised);
            let other = full_type_name(b, vm);
            return Err(vm.type_error(format!("can't concat {other} to bytes")));
        }
        Err(raised) => return Err(raised),
    };
    let left = receiver!(Bytes, a, vm).as_slice();
    if left.is_empty() && b.downcast_exact::<Bytes>().is_some() {
        return Ok(b.clone());
    }
    if right.is_empty() && a.downcast_exact::<Bytes>().is_some() {
        return Ok(a.clone());
    }
    let mut data = Vec::new();
    if data.try_reserve_exact(left.len() + right.len()).is_err() {
        return Err(vm.memory_error());
    }
    data.extend_from_slice(left);
    data.extend_from_slice(&right);
    Ok(vm.new_bytes(&data)?.into_value())
}

fn bytes_repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let this = receiver!(Bytes, slf, vm).as_slice();
    let count = count.max(0) as usize;
    if (count == 1 || (this.is_empty() && count > 0)) && slf.downcast_exact::<Bytes>().is_some() {
        return Ok(slf.clone());
    }
    let Some(total) = this.len().checked_mul(count).filter(|&total| total <= isize::MAX as usize) else {
        return Err(vm.overflow_error("repeated bytes are too long"));
    };
    let repeated = Bytes::try_filled(vm, total, |out| match this {
        [] => {}
        [octet] => out.fill(*octet),
        _ => out.chunks_exact_mut(this.len()).for_each(|part| part.copy_from_slice(this)),
    });
    Ok(repeated?.into_value())
}

fn bytes_item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    let this = receiver!(Bytes, slf, vm).as_slice();
    match usize::try_from(index).ok().and_then(|index| this.get(index)) {
        Some(&octet) => Ok(vm.int(octet.into())),
        None => Err(vm.index_error("index out of range")),
    }
}

fn bytes_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Bytes, slf, vm).as_slice();
    if let Some(slice) = key.downcast::<Slice>() {
        let indices = slice_parts(slice, vm)?.adjust(this.len());
        if indices.step == 1 {
            if indices.count == this.len() && slf.downcast_exact::<Bytes>().is_some() {
                return Ok(slf.clone());
            }
            let start = indices.start as usize;
            let part = if indices.count == 0 { &[] } else { &this[start..start + indices.count] };
            return Ok(vm.new_bytes(part)?.into_value());
        }
        let data: Vec<u8> = indices.iter().map(|at| this[at]).collect();
        return Ok(vm.new_bytes(&data)?.into_value());
    }
    if !is_index(key, vm) {
        let kind = full_type_name(key, vm);
        return Err(vm.type_error(format!("byte indices must be integers or slices, not {kind}")));
    }
    let index = vm.index_isize(key)?;
    bytes_item(slf, if index < 0 { index.saturating_add(this.len() as isize) } else { index }, vm)
}

struct Access;

impl BufferOwner for Access {
    fn with_bytes(&self, owner: &Value, read: &mut dyn FnMut(&[u8])) {
        if let Some(bytes) = owner.downcast::<Bytes>() {
            read(bytes.as_slice());
        }
    }

    fn with_bytes_mut(&self, _: &Value, _: &mut dyn FnMut(&mut [u8])) {}

    fn release(&self, _: &Value) {}
}

fn bytes_buffer(slf: &Value, request: u32, vm: &Vm) -> PyResult<Buffer> {
    if request & flags::WRITABLE != 0 {
        return Err(vm.buffer_error("Object is not writable."));
    }
    let len = receiver!(Bytes, slf, vm).as_slice().len();
    Ok(Buffer::simple(slf.clone(), &Access, len, true))
}

#[pymethods]
impl BytesType {
    /// Arguments of `__new__` that make these bytes again.
    #[method("__getnewargs__($self, /)")]
    fn getnewargs(this: &Bytes, vm: &Vm) -> PyResult {
        let copy = vm.new_bytes(this.as_slice())?.into_value();
        Ok(vm.tuple_of([copy]).into_value())
    }

    /// These bytes as an exact `bytes` object.
    #[method("__bytes__($self, /)")]
    fn dunder_bytes(this: &Ref<Bytes>, vm: &Vm) -> PyResult {
        if this.as_value().downcast_exact::<Bytes>().is_some() {
            return Ok(this.to_value());
        }
        Ok(vm.new_bytes(this.as_slice())?.into_value())
    }

    /// The bytes that a text of hexadecimal digits stands for; space between pairs is passed over.
    #[classmethod("fromhex($type, string, /)")]
    fn fromhex(cls: &Value, string: &Value, vm: &Vm) -> PyResult {
        let made = vm.new_bytes(&hex::from_hex(string, vm)?)?.into_value();
        if cls.is(&vm.builtin(B::Bytes).to_value()) { Ok(made) } else { vm.call(cls, &[made]) }
    }

    /// Bytes that the object takes in memory.
    #[method("__sizeof__($self, /)")]
    fn sizeof(this: &Bytes) -> usize {
        33 + this.as_slice().len()
    }
}
