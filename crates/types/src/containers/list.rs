//! `list`: a mutable sequence.

pub mod sort;

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::{check_positional, full_type_name};
use pyrope_object::layout::LIST_LAYOUT;
use pyrope_object::{Args, CompareOp, Guarded, Header, List, PyResult, Ref, Slots, Tuple, Type, Value, Vm};

use super::sequence::{self, bad_index, compare_lengths, from_end, is_index, receiver, slice_bound};
use super::slice::{Slice, SliceIndices, slice_parts};
use crate::iterators::sequence::{ListIterator, ListReverseIterator};

/// A mutable sequence of any values.
///
/// Without an argument the list is empty; otherwise it holds the items of the iterable.
#[pyclass(
    name = "list",
    layout = LIST_LAYOUT,
    builtin = List,
    signature = "(iterable=(), /)",
    flags(BASETYPE, GC, SEQUENCE, MATCH_SELF),
    methods(ListType::METHODS),
    slots = SLOTS,
    unhashable
)]
pub struct ListType;

const SLOTS: Slots = Slots {
    repr: Some(list_repr),
    richcompare: Some(list_compare),
    iter: Some(list_iter),
    init: Some(list_init),
    new: Some(list_new),
    sq_length: Some(list_len),
    sq_concat: Some(list_concat),
    sq_repeat: Some(list_repeat),
    sq_item: Some(list_item),
    sq_ass_item: Some(list_set_item),
    sq_contains: Some(list_contains),
    sq_inplace_concat: Some(list_inplace_concat),
    sq_inplace_repeat: Some(list_inplace_repeat),
    mp_length: Some(list_len),
    mp_subscript: Some(list_subscript),
    mp_ass_subscript: Some(list_set_subscript),
    ..Slots::EMPTY
};

fn list_new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    Ok(Ref::new_in(vm, class, List { header: Header::blank(), items: Guarded::new(Vec::new()) }).into_value())
}

fn list_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(List, slf, vm);
    if slf.ty(vm).slots().new.is_some_and(|new| std::ptr::fn_addr_eq(new, list_new as fn(_, _, _) -> _)) {
        sequence::no_keywords("list", args, vm)?;
    }
    let values = check_positional("list", Args::positional_only(args.positional()), 0, 1, vm)?;
    drop(this.items.take());
    match values {
        [iterable] => extend(this, iterable, vm),
        _ => Ok(()),
    }
}

/// Appends one item, or MemoryError.
pub fn push(list: &List, item: Value, vm: &Vm) -> PyResult<()> {
    let mut item = Some(item);
    list.items.with_mut(|items| {
        if items.try_reserve(1).is_ok() {
            items.extend(item.take());
        }
    });
    if item.is_none() { Ok(()) } else { Err(vm.memory_error()) }
}

fn append_all(list: &List, new: Vec<Value>, vm: &Vm) -> PyResult<()> {
    let mut new = Some(new);
    list.items.with_mut(|items| {
        if items.is_empty() && items.capacity() == 0 {
            *items = new.take().unwrap_or_default();
        } else if items.try_reserve(new.as_ref().map_or(0, Vec::len)).is_ok() {
            items.extend(new.take().into_iter().flatten());
        }
    });
    if new.is_none() { Ok(()) } else { Err(vm.memory_error()) }
}

/// `list.extend(iterable)`
pub fn extend(list: &List, iterable: &Value, vm: &Vm) -> PyResult<()> {
    if iterable.downcast_exact::<List>().is_some() || iterable.downcast_exact::<Tuple>().is_some() {
        return append_all(list, vm.collect(iterable)?, vm);
    }
    sequence::push_each(iterable, vm, |count| reserve(list, count, vm), |item| push(list, item, vm))?;
    list.items.with_mut(|items| {
        // The promise may have been far too high.
        if items.capacity() / 2 > items.len().max(8) {
            items.shrink_to_fit();
        }
    });
    Ok(())
}

/// Room for `count` more items, or MemoryError. A few are not worth it; more than a list can ever hold are no promise.
fn reserve(list: &List, count: usize, vm: &Vm) -> PyResult<()> {
    let is_possible = list.len().checked_add(count).is_some_and(|total| isize::try_from(total).is_ok());
    if count <= 8 || !is_possible || list.items.with_mut(|items| items.try_reserve(count)).is_ok() {
        return Ok(());
    }
    Err(vm.memory_error())
}

fn list_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    Ok(receiver!(List, slf, vm).len())
}

fn list_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(List, slf, vm);
    if this.is_empty() {
        return Ok(vm.new_str("[]").into_value());
    }
    if !vm.enter_repr(slf) {
        return Ok(vm.new_str("[...]").into_value());
    }
    let text = sequence::joined_reprs("[", "]", |index| this.get(index), vm);
    vm.leave_repr(slf);
    Ok(vm.try_str(&text?)?.into_value())
}

fn list_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<List>(), other.downcast::<List>()) else {
        return Ok(Value::not_implemented());
    };
    if a.len() != b.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    let mut index = 0;
    while let (Some(x), Some(y)) = (a.get(index), b.get(index)) {
        if !vm.equal(&x, &y)? {
            // The comparison may have shortened a list.
            if index >= a.len() || index >= b.len() {
                break;
            }
            return match op {
                CompareOp::Eq => Ok(Value::bool(false)),
                CompareOp::Ne => Ok(Value::bool(true)),
                _ => vm.compare(&x, &y, op),
            };
        }
        index += 1;
    }
    Ok(compare_lengths(a.len(), b.len(), op))
}

fn list_iter(slf: &Value, vm: &Vm) -> PyResult {
    match slf.cast::<List>() {
        Some(list) => Ok(ListIterator::over(list, vm).into_value()),
        None => Err(sequence::bad_receiver(vm)),
    }
}

fn list_contains(slf: &Value, item: &Value, vm: &Vm) -> PyResult<bool> {
    let this = receiver!(List, slf, vm);
    let mut index = 0;
    while let Some(candidate) = this.get(index) {
        if vm.equal(&candidate, item)? {
            return Ok(true);
        }
        index += 1;
    }
    Ok(false)
}

fn list_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let left = receiver!(List, a, vm);
    let Some(right) = b.downcast::<List>() else {
        let other = full_type_name(b, vm);
        return Err(vm.type_error(format!("can only concatenate list (not \"{other}\") to list")));
    };
    let mut items = Vec::new();
    if items.try_reserve_exact(left.len() + right.len()).is_err() {
        return Err(vm.memory_error());
    }
    left.items.with(|l| items.extend_from_slice(l));
    right.items.with(|r| items.extend_from_slice(r));
    Ok(vm.new_list(items).into_value())
}

fn list_repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let this = receiver!(List, slf, vm);
    let items = this.items.with(|items| sequence::repeated_checked(items, count));
    Ok(vm.new_list(items.ok_or_else(|| vm.memory_error())?).into_value())
}

fn list_inplace_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    extend(receiver!(List, a, vm), b, vm)?;
    Ok(a.clone())
}

fn list_inplace_repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let this = receiver!(List, slf, vm);
    let items = this.items.with(|items| sequence::repeated_checked(items, count));
    this.items.set(items.ok_or_else(|| vm.memory_error())?);
    Ok(slf.clone())
}

fn list_item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    let this = receiver!(List, slf, vm);
    let found = usize::try_from(index).ok().and_then(|index| this.get(index));
    found.ok_or_else(|| vm.index_error("list index out of range"))
}

fn list_set_item(slf: &Value, index: isize, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(List, slf, vm);
    let old = this.items.with_mut(|items| match (usize::try_from(index), value) {
        (Ok(index), Some(value)) => items.get_mut(index).map(|slot| std::mem::replace(slot, value.clone())),
        (Ok(index), None) if index < items.len() => Some(items.remove(index)),
        _ => None,
    });
    match old {
        Some(old) => {
            drop(old);
            Ok(())
        }
        None => Err(vm.index_error("list assignment index out of range")),
    }
}

fn list_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(List, slf, vm);
    if let Some(slice) = key.downcast::<Slice>() {
        let parts = slice_parts(slice, vm)?;
        return Ok(vm.new_list(selected(this, parts.adjust(this.len()))).into_value());
    }
    if !is_index(key, vm) {
        return Err(bad_index("list", key, vm));
    }
    let index = vm.index_isize(key)?;
    let index = if index < 0 { index.saturating_add(this.len() as isize) } else { index };
    list_item(slf, index, vm)
}

fn selected(list: &List, indices: SliceIndices) -> Vec<Value> {
    list.items.with(|items| {
        if indices.step == 1 {
            let start = indices.start as usize;
            return items[start..start + indices.count].to_vec();
        }
        indices.iter().map(|i| items[i].clone()).collect()
    })
}

fn list_set_subscript(slf: &Value, key: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(List, slf, vm);
    if let Some(slice) = key.downcast::<Slice>() {
        let parts = slice_parts(slice, vm)?;
        return match value {
            None => delete_slice(this, parts.adjust(this.len()), vm),
            Some(value) => {
                let new = sequence::collect_or(value, "must assign iterable to extended slice", vm)?;
                assign_slice(this, parts.adjust(this.len()), new, vm)
            }
        };
    }
    if !is_index(key, vm) {
        return Err(bad_index("list", key, vm));
    }
    let index = vm.index_isize(key)?;
    let index = if index < 0 { index.saturating_add(this.len() as isize) } else { index };
    list_set_item(slf, index, value, vm)
}

/// A list that became less than half as long as it has room for gives the room back.
fn give_back_room(items: &mut Vec<Value>) {
    if items.capacity() > 64 && items.len() < items.capacity() / 2 {
        items.shrink_to(items.len() + items.len() / 8);
    }
}

fn delete_slice(list: &List, indices: SliceIndices, _: &Vm) -> PyResult<()> {
    if indices.count == 0 {
        return Ok(());
    }
    let step = indices.step.unsigned_abs();
    let last = indices.start + (indices.count as isize - 1) * indices.step;
    let first = indices.start.min(last) as usize;
    let gone: Vec<Value> = list.items.with_mut(|items| {
        if step == 1 {
            let gone = items.drain(first..first + indices.count).collect();
            give_back_room(items);
            return gone;
        }
        let mut gone = Vec::with_capacity(indices.count);
        let mut kept = Vec::with_capacity(items.len() - indices.count);
        for (index, item) in std::mem::take(items).into_iter().enumerate() {
            let offset = index.wrapping_sub(first);
            let hit = index >= first && offset % step == 0 && offset / step < indices.count;
            if hit { gone.push(item) } else { kept.push(item) }
        }
        *items = kept;
        gone
    });
    drop(gone);
    Ok(())
}

fn assign_slice(list: &List, indices: SliceIndices, new: Vec<Value>, vm: &Vm) -> PyResult<()> {
    if indices.step == 1 {
        let start = indices.start as usize;
        let end = start + indices.count;
        let old: Vec<Value> = list.items.with_mut(|items| items.splice(start..end, new).collect());
        drop(old);
        return Ok(());
    }
    if new.len() != indices.count {
        let (given, size) = (new.len(), indices.count);
        let message = format!("attempt to assign sequence of size {given} to extended slice of size {size}");
        return Err(vm.value_error(message));
    }
    let old: Vec<Value> = list.items.with_mut(|items| {
        indices.iter().zip(new).map(|(index, value)| std::mem::replace(&mut items[index], value)).collect()
    });
    drop(old);
    Ok(())
}

#[pymethods]
impl ListType {
    /// The item at an index, or the list of those in a slice.
    #[method("__getitem__($self, index, /)")]
    fn getitem(slf: &Value, index: &Value, vm: &Vm) -> PyResult {
        list_subscript(slf, index, vm)
    }

    /// A reverse iterator over the list.
    #[method("__reversed__($self, /)")]
    fn reversed(this: &Ref<List>, vm: &Vm) -> PyResult {
        Ok(ListReverseIterator::over(this.clone(), vm).into_value())
    }

    /// Bytes that the list takes in memory.
    #[method("__sizeof__($self, /)")]
    fn sizeof(this: &List) -> usize {
        40 + this.items.with(|items| items.capacity() * size_of::<Value>())
    }

    /// Remove all items.
    #[method("clear($self, /)")]
    fn clear(this: &List) {
        drop(this.items.take());
    }

    /// A shallow copy.
    #[method("copy($self, /)")]
    fn copy(this: &List, vm: &Vm) -> PyResult {
        Ok(vm.new_list(this.to_vec()).into_value())
    }

    /// Add an object at the end.
    #[method("append($self, object, /)")]
    fn append(this: &List, object: Value, vm: &Vm) -> PyResult<()> {
        push(this, object, vm)
    }

    /// Put an object before an index.
    #[method("insert($self, index, object, /)")]
    fn insert(this: &List, index: isize, object: Value, vm: &Vm) -> PyResult<()> {
        let mut object = Some(object);
        this.items.with_mut(|items| {
            let at = from_end(index, items.len()).min(items.len());
            if items.try_reserve(1).is_ok()
                && let Some(object) = object.take()
            {
                items.insert(at, object);
            }
        });
        if object.is_none() { Ok(()) } else { Err(vm.memory_error()) }
    }

    /// Add the items of an iterable at the end.
    #[method("extend($self, iterable, /)")]
    fn extend(this: &List, iterable: &Value, vm: &Vm) -> PyResult<()> {
        extend(this, iterable, vm)
    }

    /// Remove the item at an index (the last one by default) and return it.
    ///
    /// IndexError if there is none.
    #[method("pop($self, index=-1, /)")]
    fn pop(this: &List, index: isize, vm: &Vm) -> PyResult {
        if this.is_empty() {
            return Err(vm.index_error("pop from empty list"));
        }
        let popped = this.items.with_mut(|items| {
            let index = if index < 0 { index.checked_add(items.len() as isize)? } else { index };
            let index = usize::try_from(index).ok().filter(|&i| i < items.len())?;
            let item = items.remove(index);
            give_back_room(items);
            Some(item)
        });
        popped.ok_or_else(|| vm.index_error("pop index out of range"))
    }

    /// Remove the first item equal to a value.
    ///
    /// ValueError if there is none.
    #[method("remove($self, value, /)")]
    fn remove(this: &List, value: &Value, vm: &Vm) -> PyResult<()> {
        let mut index = 0;
        while let Some(candidate) = this.get(index) {
            if vm.equal(&candidate, value)? {
                let gone = this.items.with_mut(|items| (index < items.len()).then(|| items.remove(index)));
                drop(gone);
                return Ok(());
            }
            index += 1;
        }
        Err(vm.value_error("list.remove(x): x not in list"))
    }

    /// The first index of a value.
    ///
    /// ValueError if it is not there.
    #[method("index($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(this: &List, value: &Value, start: Option<&Value>, stop: Option<&Value>, vm: &Vm) -> PyResult<usize> {
        let (start, stop) = (slice_bound(start, 0, vm)?, slice_bound(stop, isize::MAX, vm)?);
        let len = this.len();
        let (mut index, stop) = (from_end(start, len), from_end(stop, len));
        while index < stop
            && let Some(candidate) = this.get(index)
        {
            if vm.equal(&candidate, value)? {
                return Ok(index);
            }
            index += 1;
        }
        Err(vm.value_error("list.index(x): x not in list"))
    }

    /// How often a value occurs.
    #[method("count($self, value, /)")]
    fn count(this: &List, value: &Value, vm: &Vm) -> PyResult<usize> {
        let (mut index, mut count) = (0, 0);
        while let Some(candidate) = this.get(index) {
            count += usize::from(vm.equal(&candidate, value)?);
            index += 1;
        }
        Ok(count)
    }

    /// Turn the order round, in place.
    #[method("reverse($self, /)")]
    fn reverse(this: &List) {
        this.items.with_mut(|items| items.reverse());
    }

    /// Sort the items in place, in ascending order, and return None.
    ///
    /// The sort is stable. With a key function, items are ordered by its results, each computed once.
    /// With reverse, the order is descending.
    #[method("sort($self, /, *, key=None, reverse=False)")]
    fn sort(this: &List, key: Option<&Value>, reverse: bool, vm: &Vm) -> PyResult<()> {
        sort::sort_list(this, key.filter(|key| !key.is_none()), reverse, vm)
    }

    /// Lists are generic over their items' type.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        sequence::generic_alias(cls, object, vm)
    }
}
