//! `bytearray`: the type, its storage and its slots.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::bind::full_type_name;
use pyrope_object::buffer::{Buffer, BufferOwner};
use pyrope_object::{Args, BuiltinType as B, Guarded, Header, List, PyResult, Ref, Slots, Tuple, Type, Value, Vm};

use super::construct::{self, BAD_BYTE, Source};
use super::immutable::{octets_compare, octets_str, push_literal};
use super::iterators::ByteArrayIterator;
use super::{octets, with_octets};
use crate::containers::sequence::{bad_index, bad_receiver, is_index, receiver};
use crate::containers::slice::{Slice, SliceIndices, slice_parts};
use crate::text::builder::TextBuilder;
use crate::text::str_type::repeat_units;

#[pyclass(
    name = "bytearray",
    builtin = ByteArray,
    flags(BASETYPE, MATCH_SELF),
    methods(
        ByteArray::METHODS, ByteArray::METHODS_SHARED, ByteArray::METHODS_SEARCH
    ),
    slots = SLOTS,
    unhashable,
    doc = "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\nbytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\nbytearray(int) -> bytes array of size given by the parameter initialized with null bytes\nbytearray() -> empty bytes array\n\nConstruct a mutable bytearray object from:\n  - an iterable yielding integers in range(256)\n  - a text string encoded using the specified encoding\n  - a bytes or a buffer object\n  - any object implementing the buffer API.\n  - an integer"
)]
#[derive(Traverse)]
pub struct ByteArray {
    header: Header,
    #[traverse(skip)]
    pub data: Guarded<Vec<u8>>,
    /// Views that are out: as long as there are any, the size stays.
    #[traverse(skip)]
    pub exports: Cell<usize>,
}

const SLOTS: Slots = Slots {
    repr: Some(array_repr),
    str: Some(octets_str),
    richcompare: Some(octets_compare),
    iter: Some(array_iter),
    init: Some(array_init),
    new: Some(array_new),
    remainder: Some(super::percent::octets_remainder),
    sq_length: Some(array_len),
    sq_concat: Some(array_concat),
    sq_repeat: Some(array_repeat),
    sq_item: Some(array_item),
    sq_ass_item: Some(array_set_item),
    sq_contains: Some(super::search::octets_contains),
    sq_inplace_concat: Some(array_inplace_concat),
    sq_inplace_repeat: Some(array_inplace_repeat),
    mp_length: Some(array_len),
    mp_subscript: Some(array_subscript),
    mp_ass_subscript: Some(array_set_subscript),
    buffer: Some(array_buffer),
    ..Slots::EMPTY
};

impl ByteArray {
    /// A new object of a class.
    pub fn new(class: &Type, data: Vec<u8>, vm: &Vm) -> Ref<ByteArray> {
        let data = Guarded::new(data);
        Ref::new_in(vm, class, ByteArray { header: Header::blank(), data, exports: Cell::new(0) })
    }

    /// Number of octets now.
    pub fn len(&self) -> usize {
        self.data.with(Vec::len)
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// BufferError while views are out.
    pub(super) fn check_resizable(&self, vm: &Vm) -> PyResult<()> {
        if self.exports.get() == 0 {
            return Ok(());
        }
        Err(vm.buffer_error("Existing exports of data: object cannot be re-sized"))
    }

    /// Puts `new` in place of a range, which is in bounds.
    pub(super) fn replace_range(&self, start: usize, end: usize, new: &[u8], vm: &Vm) -> PyResult<()> {
        if new.len() != end - start {
            self.check_resizable(vm)?;
        }
        let done = self.data.with_mut(|data| {
            let end = end.min(data.len());
            let start = start.min(end);
            if data.try_reserve(new.len()).is_err() {
                return false;
            }
            if new.len() == end - start {
                data[start..end].copy_from_slice(new);
            } else {
                data.splice(start..end, new.iter().copied());
            }
            true
        });
        if done { Ok(()) } else { Err(vm.memory_error()) }
    }

    /// Appends octets.
    pub(super) fn extend(&self, new: &[u8], vm: &Vm) -> PyResult<()> {
        if new.is_empty() {
            return Ok(());
        }
        self.check_resizable(vm)?;
        let done = self.data.with_mut(|data| {
            let room = data.try_reserve(new.len()).is_ok();
            if room {
                data.extend_from_slice(new);
            }
            room
        });
        if done { Ok(()) } else { Err(vm.memory_error()) }
    }
}

fn array_new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    Ok(ByteArray::new(class, Vec::new(), vm).into_value())
}

fn array_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(ByteArray, slf, vm);
    let source = Source::parse(&construct::BYTEARRAY, args, vm)?;
    if !this.is_empty() {
        this.check_resizable(vm)?;
        this.data.set(Vec::new());
    }
    let data = match (source.object, source.encoded(vm)?) {
        (_, Some(encoded)) => octets(&encoded, vm)?.into_owned(),
        (None, None) => return Ok(()),
        (Some(object), None) if object.downcast::<pyrope_object::Str>().is_some() => {
            return Err(vm.type_error("string argument without an encoding"));
        }
        (Some(object), None) => match construct::octets_at_once(object, vm)? {
            Some(data) => data,
            None if object.downcast_exact::<List>().is_none() && object.downcast_exact::<Tuple>().is_none() => {
                return construct::each_octet(object, "bytearray", None, vm, |octet| this.extend(&[octet], vm));
            }
            None => construct::from_iterable(object, "bytearray", None, vm)?,
        },
    };
    this.check_resizable(vm)?;
    this.data.set(data);
    Ok(())
}

fn array_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(ByteArray, slf, vm);
    let mut out = TextBuilder::new();
    out.push_str(&vm.type_name(slf));
    out.push(b'('.into());
    this.data.with(|data| push_literal(data, true, &mut out));
    out.push(b')'.into());
    Ok(out.finish(vm)?.into_value())
}

fn array_iter(slf: &Value, vm: &Vm) -> PyResult {
    match slf.cast::<ByteArray>() {
        Some(array) => Ok(ByteArrayIterator::over(array, vm).into_value()),
        None => Err(bad_receiver(vm)),
    }
}

fn array_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    Ok(receiver!(ByteArray, slf, vm).len())
}

fn concat_operand<'a>(b: &'a Value, left: &str, vm: &Vm) -> PyResult<std::borrow::Cow<'a, [u8]>> {
    match octets(b, vm) {
        Ok(right) => Ok(right),
        Err(raised) if vm.raised_is(B::TypeError) => {
            vm.ignore(raised);
            let other = full_type_name(b, vm);
            Err(vm.type_error(format!("can't concat {other} to {left}")))
        }
        Err(raised) => Err(raised),
    }
}

fn array_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let right = concat_operand(b, &full_type_name(a, vm), vm)?;
    let mut data = with_octets(a, <[u8]>::to_vec);
    if data.try_reserve(right.len()).is_err() {
        return Err(vm.memory_error());
    }
    data.extend_from_slice(&right);
    Ok(ByteArray::new(vm.builtin(B::ByteArray), data, vm).into_value())
}

fn array_inplace_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let right = concat_operand(b, &full_type_name(a, vm), vm)?;
    receiver!(ByteArray, a, vm).extend(&right, vm)?;
    Ok(a.clone())
}

fn repeated(this: &ByteArray, count: isize, vm: &Vm) -> PyResult<Vec<u8>> {
    let mut data = Vec::new();
    let own = this.data.get();
    repeat_units(&own, count.max(0) as usize, &mut data, vm)?;
    Ok(data)
}

fn array_repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let data = repeated(receiver!(ByteArray, slf, vm), count, vm)?;
    Ok(ByteArray::new(vm.builtin(B::ByteArray), data, vm).into_value())
}

fn array_inplace_repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let this = receiver!(ByteArray, slf, vm);
    if count != 1 && !this.is_empty() {
        let data = repeated(this, count, vm)?;
        this.check_resizable(vm)?;
        this.data.set(data);
    }
    Ok(slf.clone())
}

fn array_item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    let this = receiver!(ByteArray, slf, vm);
    let found = usize::try_from(index).ok().and_then(|index| this.data.with(|data| data.get(index).copied()));
    found.map(|octet| vm.int(octet.into())).ok_or_else(|| out_of_range(vm))
}

fn out_of_range(vm: &Vm) -> pyrope_object::Raised {
    vm.index_error("bytearray index out of range")
}

fn array_set_item(slf: &Value, index: isize, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(ByteArray, slf, vm);
    let Some(index) = usize::try_from(index).ok().filter(|&index| index < this.len()) else {
        return Err(out_of_range(vm));
    };
    match value {
        Some(value) => {
            let octet = construct::octet(value, BAD_BYTE, vm)?;
            // The conversion may have run Python code.
            let done = this.data.with_mut(|data| data.get_mut(index).map(|place| *place = octet));
            done.ok_or_else(|| out_of_range(vm))
        }
        None => this.replace_range(index, index + 1, &[], vm),
    }
}

/// An index counted from the end if negative.
fn absolute(this: &ByteArray, key: &Value, vm: &Vm) -> PyResult<isize> {
    if !is_index(key, vm) {
        return Err(bad_index("bytearray", key, vm));
    }
    let index = vm.index_isize(key)?;
    Ok(if index < 0 { index.saturating_add(this.len() as isize) } else { index })
}

fn array_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(ByteArray, slf, vm);
    let Some(slice) = key.downcast::<Slice>() else { return array_item(slf, absolute(this, key, vm)?, vm) };
    let parts = slice_parts(slice, vm)?;
    let data = this.data.with(|data| {
        let indices = parts.adjust(data.len());
        indices.iter().map(|at| data[at]).collect::<Vec<u8>>()
    });
    Ok(ByteArray::new(vm.builtin(B::ByteArray), data, vm).into_value())
}

fn array_set_subscript(slf: &Value, key: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(ByteArray, slf, vm);
    let Some(slice) = key.downcast::<Slice>() else {
        return array_set_item(slf, absolute(this, key, vm)?, value, vm);
    };
    let parts = slice_parts(slice, vm)?;
    let new = match value {
        None => Vec::new(),
        Some(value) => assigned(value, vm)?,
    };
    let indices = parts.adjust(this.len());
    if indices.step == 1 {
        let start = indices.start.max(0) as usize;
        return this.replace_range(start, start + indices.count, &new, vm);
    }
    if value.is_none() {
        return delete_stepped(this, indices, vm);
    }
    if new.len() != indices.count {
        if new.is_empty() && value.is_some() {
            return delete_stepped(this, indices, vm);
        }
        return Err(vm.value_error(format!(
            "attempt to assign bytes of size {} to extended slice of size {}",
            new.len(),
            indices.count
        )));
    }
    this.data.with_mut(|data| {
        for (at, octet) in indices.iter().zip(&new) {
            if let Some(place) = data.get_mut(at) {
                *place = *octet;
            }
        }
    });
    Ok(())
}

/// What is assigned to a slice: octets of a buffer or an iterable of numbers.
fn assigned(value: &Value, vm: &Vm) -> PyResult<Vec<u8>> {
    if value.ty(vm).slots().buffer.is_some() {
        return Ok(octets(value, vm)?.into_owned());
    }
    let iterable = value.ty(vm).slots().iter.is_some() || value.ty(vm).slots().sq_item.is_some();
    if value.downcast::<pyrope_object::Str>().is_some() || is_index(value, vm) || !iterable {
        return Err(vm.type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)"));
    }
    construct::from_iterable(value, "bytearray", None, vm)
}

fn delete_stepped(this: &ByteArray, indices: SliceIndices, vm: &Vm) -> PyResult<()> {
    if indices.count == 0 {
        return Ok(());
    }
    this.check_resizable(vm)?;
    let mut gone: Vec<usize> = indices.iter().collect();
    gone.sort_unstable();
    this.data.with_mut(|data| {
        let mut next = gone.iter().copied().peekable();
        let mut at = 0;
        data.retain(|_| {
            let keep = next.peek() != Some(&at);
            if !keep {
                next.next();
            }
            at += 1;
            keep
        });
    });
    Ok(())
}

struct Access;

impl BufferOwner for Access {
    fn with_bytes(&self, owner: &Value, read: &mut dyn FnMut(&[u8])) {
        if let Some(array) = owner.downcast::<ByteArray>() {
            array.data.with(|data| read(data));
        }
    }

    fn with_bytes_mut(&self, owner: &Value, change: &mut dyn FnMut(&mut [u8])) {
        if let Some(array) = owner.downcast::<ByteArray>() {
            array.data.with_mut(|data| change(data));
        }
    }

    fn release(&self, owner: &Value) {
        if let Some(array) = owner.downcast::<ByteArray>() {
            array.exports.set(array.exports.get().saturating_sub(1));
        }
    }
}

fn array_buffer(slf: &Value, _: u32, vm: &Vm) -> PyResult<Buffer> {
    let this = receiver!(ByteArray, slf, vm);
    this.exports.set(this.exports.get() + 1);
    Ok(Buffer::simple(slf.clone(), &Access, this.len(), false))
}
