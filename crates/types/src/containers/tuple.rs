//! `tuple`: an immutable sequence.

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::{check_positional, full_type_name};
use pyrope_object::layout::TUPLE_LAYOUT;
use pyrope_object::{Args, BuiltinType as B, CompareOp, List, PyResult, Ref, Slots, Tuple, Type, Value, Vm};

use super::TupleHash;
use super::sequence::{self, bad_index, compare_lengths, from_end, is_index, receiver, slice_bound};
use super::slice::{Slice, slice_parts};
use crate::iterators::sequence::TupleIterator;

/// An immutable sequence of any values.
///
/// Without an argument the tuple is empty; otherwise it holds the items of the iterable. A tuple as argument is returned
/// as it is.
#[pyclass(
    name = "tuple",
    layout = TUPLE_LAYOUT,
    builtin = Tuple,
    signature = "(iterable=(), /)",
    flags(BASETYPE, GC, SEQUENCE, MATCH_SELF),
    methods(TupleType::METHODS),
    slots = SLOTS
)]
pub struct TupleType;

const SLOTS: Slots = Slots {
    repr: Some(tuple_repr),
    hash: Some(tuple_hash),
    richcompare: Some(tuple_compare),
    iter: Some(tuple_iter),
    new: Some(tuple_new),
    sq_length: Some(tuple_len),
    sq_concat: Some(tuple_concat),
    sq_repeat: Some(tuple_repeat),
    sq_item: Some(tuple_item),
    sq_contains: Some(tuple_contains),
    mp_length: Some(tuple_len),
    mp_subscript: Some(tuple_subscript),
    ..Slots::EMPTY
};

fn tuple_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let exact = class.is(vm.builtin(B::Tuple));
    // A subclass with its own `__init__` may take keywords.
    if exact || same_init(class, vm.builtin(B::Tuple)) {
        sequence::no_keywords("tuple", args, vm)?;
    }
    let values = check_positional("tuple", Args::positional_only(args.positional()), 0, 1, vm)?;
    let items = match values {
        [iterable] if exact && iterable.downcast_exact::<Tuple>().is_some() => return Ok(iterable.clone()),
        [iterable] if exact => match iterable.downcast_exact::<List>() {
            Some(list) if list.len() <= SMALL => {
                let items = (0..list.len()).map(|index| list.get(index).unwrap_or(Value::none()));
                return Ok(vm.tuple_from_iter(items.len(), items).into_value());
            }
            _ => vm.collect(iterable)?,
        },
        [iterable] => vm.collect(iterable)?,
        _ => Vec::new(),
    };
    if exact { make(items, vm) } else { Ok(Tuple::try_new(vm, class, &items)?.into_value()) }
}

pub(crate) fn same_init(class: &Type, base: &Type) -> bool {
    match (class.slots().init, base.slots().init) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Tuples up to this length are made without asking whether there is memory.
const SMALL: usize = 1 << 16;

/// A tuple of user-sized contents, or MemoryError.
fn make(items: Vec<Value>, vm: &Vm) -> PyResult {
    if items.len() > SMALL {
        return Ok(Tuple::try_new(vm, vm.builtin(B::Tuple), &items)?.into_value());
    }
    Ok(vm.new_tuple(items).into_value())
}

fn tuple_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    Ok(receiver!(Tuple, slf, vm).len())
}

fn tuple_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Tuple, slf, vm);
    if this.is_empty() {
        return Ok(vm.new_str("()").into_value());
    }
    if !vm.enter_repr(slf) {
        return Ok(vm.new_str("(...)").into_value());
    }
    let close = if this.len() == 1 { ",)" } else { ")" };
    let text = sequence::joined_reprs("(", close, |index| this.as_slice().get(index).cloned(), vm);
    vm.leave_repr(slf);
    Ok(vm.try_str(&text?)?.into_value())
}

fn tuple_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let this = receiver!(Tuple, slf, vm);
    if let Some(known) = this.known_hash() {
        return Ok(known);
    }
    vm.check_stack(" while hashing a tuple")?;
    let mut hash = TupleHash::default();
    for item in this.as_slice() {
        hash.lane(vm.hash(item)?);
    }
    let hash = hash.finish_tuple(this.len());
    this.remember_hash(hash);
    Ok(hash)
}

fn tuple_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<Tuple>(), other.downcast::<Tuple>()) else {
        return Ok(Value::not_implemented());
    };
    for (x, y) in a.as_slice().iter().zip(b.as_slice()) {
        if !vm.equal(x, y)? {
            return match op {
                CompareOp::Eq => Ok(Value::bool(false)),
                CompareOp::Ne => Ok(Value::bool(true)),
                _ => vm.compare(x, y, op),
            };
        }
    }
    Ok(compare_lengths(a.len(), b.len(), op))
}

fn tuple_iter(slf: &Value, vm: &Vm) -> PyResult {
    match slf.cast::<Tuple>() {
        Some(tuple) => Ok(TupleIterator::over(tuple, vm).into_value()),
        None => Err(sequence::bad_receiver(vm)),
    }
}

fn tuple_contains(slf: &Value, item: &Value, vm: &Vm) -> PyResult<bool> {
    for candidate in receiver!(Tuple, slf, vm).as_slice() {
        if vm.equal(candidate, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn tuple_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let left = receiver!(Tuple, a, vm);
    if left.is_empty() && b.downcast_exact::<Tuple>().is_some() {
        return Ok(b.clone());
    }
    let Some(right) = b.downcast::<Tuple>() else {
        let other = full_type_name(b, vm);
        return Err(vm.type_error(format!("can only concatenate tuple (not \"{other}\") to tuple")));
    };
    if right.is_empty() && a.downcast_exact::<Tuple>().is_some() {
        return Ok(a.clone());
    }
    let mut items = Vec::new();
    if items.try_reserve_exact(left.len() + right.len()).is_err() {
        return Err(vm.memory_error());
    }
    items.extend_from_slice(left.as_slice());
    items.extend_from_slice(right.as_slice());
    make(items, vm)
}

fn tuple_repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let this = receiver!(Tuple, slf, vm);
    if (count == 1 || this.is_empty()) && slf.downcast_exact::<Tuple>().is_some() {
        return Ok(slf.clone());
    }
    let items = sequence::repeated_checked(this.as_slice(), count).ok_or_else(|| vm.memory_error())?;
    make(items, vm)
}

fn tuple_item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    let this = receiver!(Tuple, slf, vm);
    let found = usize::try_from(index).ok().and_then(|index| this.as_slice().get(index));
    found.cloned().ok_or_else(|| vm.index_error("tuple index out of range"))
}

fn tuple_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Tuple, slf, vm);
    if let Some(slice) = key.downcast::<Slice>() {
        let indices = slice_parts(slice, vm)?.adjust(this.len());
        let items = this.as_slice();
        if indices.count == items.len() && indices.step == 1 && slf.downcast_exact::<Tuple>().is_some() {
            return Ok(slf.clone());
        }
        if indices.step == 1 {
            let start = indices.start as usize;
            return Ok(vm.tuple_from_slice(&items[start..start + indices.count]).into_value());
        }
        return make(indices.iter().map(|i| items[i].clone()).collect(), vm);
    }
    if !is_index(key, vm) {
        return Err(bad_index("tuple", key, vm));
    }
    let index = vm.index_isize(key)?;
    tuple_item(slf, if index < 0 { index.saturating_add(this.len() as isize) } else { index }, vm)
}

#[pymethods]
impl TupleType {
    /// Arguments of `__new__` that make this tuple again.
    #[method("__getnewargs__($self, /)")]
    fn getnewargs(this: &Ref<Tuple>, vm: &Vm) -> PyResult {
        let copy = vm.tuple_from_slice(this.as_slice()).into_value();
        Ok(vm.tuple_of([copy]).into_value())
    }

    /// The first index of a value.
    ///
    /// ValueError if it is not there.
    #[method("index($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(this: &Tuple, value: &Value, start: Option<&Value>, stop: Option<&Value>, vm: &Vm) -> PyResult<usize> {
        let (start, stop) = (slice_bound(start, 0, vm)?, slice_bound(stop, isize::MAX, vm)?);
        let (start, stop) = (from_end(start, this.len()), from_end(stop, this.len()).min(this.len()));
        for index in start..stop {
            if vm.equal(&this.as_slice()[index], value)? {
                return Ok(index);
            }
        }
        Err(vm.value_error("tuple.index(x): x not in tuple"))
    }

    /// How often a value occurs.
    #[method("count($self, value, /)")]
    fn count(this: &Tuple, value: &Value, vm: &Vm) -> PyResult<usize> {
        let mut count = 0;
        for candidate in this.as_slice() {
            count += usize::from(vm.equal(candidate, value)?);
        }
        Ok(count)
    }

    /// Bytes that the tuple takes in memory.
    #[method("__sizeof__($self, /)")]
    fn sizeof(this: &Tuple) -> usize {
        size_of::<Tuple>() + 8 + this.len() * size_of::<Value>()
    }

    /// Tuples are generic over their items' types.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        sequence::generic_alias(cls, object, vm)
    }
}
