//! Building and unpacking containers.

use pyrope_object::layout::{Dict, List, Tuple};
use pyrope_object::{BuiltinType as B, PyResult, Raised, Value, Vm};

use pyrope_types::containers::set::Set;

use crate::errors;
use crate::eval::{Flow, Regs, check};
use crate::quicken::Instr;
use crate::stack::{MAX_DOOMED, Slot};

#[inline(always)]
pub fn build_tuple(r: &mut Regs<'_>, i: Instr) -> Flow {
    let tuple = tuple_of(r.top_slots(i.index()), r.vm());
    r.forget_top(i.index());
    r.push(tuple);
    Flow::Next
}

#[inline(never)]
fn tuple_of(slots: &mut [Slot], vm: &Vm) -> Value {
    vm.tuple_from_iter(slots.len(), slots.iter_mut().map(taken)).into_value()
}

fn taken(slot: &mut Slot) -> Value {
    slot.take().unwrap_or(Value::none())
}

#[inline(always)]
pub fn build_list(r: &mut Regs<'_>, i: Instr) -> Flow {
    let list = list_of(r.top_slots(i.index()), r.vm());
    r.forget_top(i.index());
    r.push(list);
    Flow::Next
}

#[inline(never)]
fn list_of(slots: &mut [Slot], vm: &Vm) -> Value {
    vm.new_list(slots.iter_mut().map(taken).collect()).into_value()
}

#[inline(always)]
pub fn build_set(r: &mut Regs<'_>, i: Instr) -> Flow {
    let set = check!(set_of(r.top_values(i.index()), r.vm()));
    r.finish(i.index(), set)
}

#[inline(never)]
fn set_of(items: &[Value], vm: &Vm) -> PyResult {
    let set = Set::new(vm);
    for item in items {
        set.add(item.clone(), vm)?;
    }
    Ok(set.into_value())
}

#[inline(always)]
pub fn build_map(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = 2 * i.index();
    let dict = check!(dict_of(r.top_values(count), r.vm()));
    r.finish(count, dict)
}

#[inline(never)]
fn dict_of(pairs: &[Value], vm: &Vm) -> PyResult {
    let dict = vm.new_dict();
    dict.reserve(pairs.len() / 2, vm)?;
    for pair in pairs.chunks_exact(2) {
        dict.set(pair[0].clone(), pair[1].clone(), vm)?;
    }
    Ok(dict.into_value())
}

#[inline(always)]
pub fn build_slice(r: &mut Regs<'_>, i: Instr) -> Flow {
    let slice = check!(super::subscript::slice(r.top_values(i.index()), r.vm()));
    r.finish(i.index(), slice)
}

#[inline(always)]
pub fn list_append(r: &mut Regs<'_>, i: Instr) -> Flow {
    let item = r.pop();
    if let Some(list) = r.peek(i.index()).downcast::<List>() {
        if list.items.with(|items| items.len() < items.capacity()) {
            list.push(item);
        } else {
            check!(push_growing(list, item, r.vm()));
        }
    }
    Flow::Next
}

#[inline(never)]
fn push_growing(list: &List, item: Value, vm: &Vm) -> PyResult<()> {
    pyrope_types::containers::list::push(list, item, vm)
}

#[inline(always)]
pub fn list_extend(r: &mut Regs<'_>, i: Instr) -> Flow {
    check!(extend(r.peek(i.index() + 1), r.peek(1), r.vm()));
    r.drop_top(1);
    Flow::Next
}

#[inline(never)]
fn extend(list: &Value, iterable: &Value, vm: &Vm) -> PyResult<()> {
    let Some(list) = list.cast::<List>() else { return Err(vm.system_error("LIST_EXTEND without list")) };
    let slots = iterable.ty(vm).slots();
    let iterates = slots.iter.is_some() || slots.sq_item.is_some();
    if !iterates {
        let kind = vm.type_name(iterable);
        return Err(vm.type_error(format!("Value after * must be an iterable, not {kind}")));
    }
    pyrope_types::containers::list::extend(&list, iterable, vm)
}

#[inline(always)]
pub fn set_add(r: &mut Regs<'_>, i: Instr) -> Flow {
    check!(crate::call::set_insert(r.peek(i.index() + 1), r.peek(1), r.vm()));
    r.drop_top(1);
    Flow::Next
}

#[inline(always)]
pub fn set_update(r: &mut Regs<'_>, i: Instr) -> Flow {
    check!(update_set(r.peek(i.index() + 1), r.peek(1), r.vm()));
    r.drop_top(1);
    Flow::Next
}

#[inline(never)]
fn update_set(set: &Value, iterable: &Value, vm: &Vm) -> PyResult<()> {
    vm.for_each(iterable, |item| crate::call::set_insert(set, &item, vm))
}

#[inline(always)]
pub fn map_add(r: &mut Regs<'_>, i: Instr) -> Flow {
    let value = r.pop();
    let key = r.pop();
    if let Some(dict) = r.peek(i.index()).downcast::<Dict>() {
        check!(dict.set(key, value, r.vm()));
    }
    Flow::Next
}

#[inline(always)]
pub fn dict_update(r: &mut Regs<'_>, i: Instr) -> Flow {
    check!(update(r.peek(i.index() + 1), r.peek(1), r.vm()));
    r.drop_top(1);
    Flow::Next
}

#[inline(never)]
fn update(dict: &Value, other: &Value, vm: &Vm) -> PyResult<()> {
    let Some(dict) = dict.cast::<Dict>() else { return Err(vm.system_error("DICT_UPDATE without dict")) };
    if let Some(other) = other.downcast_exact::<Dict>()
        && dict.is_empty()
    {
        return if other.is_empty() { Ok(()) } else { dict.copy_from(other, vm) };
    }
    each_entry(other, vm, |key, value| dict.set(key, value, vm)).map_err(|failure| match failure {
        NotMapping::Raised(raised) => raised,
        NotMapping::NoKeys => vm.type_error(format!("'{}' object is not a mapping", vm.type_name(other))),
    })
}

/// Why a mapping could not be walked.
pub(crate) enum NotMapping {
    NoKeys,
    Raised(Raised),
}

impl From<Raised> for NotMapping {
    fn from(raised: Raised) -> Self {
        NotMapping::Raised(raised)
    }
}

/// Calls back with the entries of a mapping: a dict, or anything with `keys()`.
pub(crate) fn each_entry(
    mapping: &Value,
    vm: &Vm,
    mut each: impl FnMut(Value, Value) -> PyResult<()>,
) -> Result<(), NotMapping> {
    if let Some(dict) = mapping.downcast_exact::<Dict>() {
        for entry in dict.entries() {
            each(entry.key, entry.value)?;
        }
        return Ok(());
    }
    let Some(keys) = vm.find_attr(mapping, vm.names().keys.as_value())? else { return Err(NotMapping::NoKeys) };
    let keys = vm.call(&keys, &[])?;
    vm.for_each(&keys, |key| {
        let value = vm.get_item(mapping, &key)?;
        each(key, value)
    })?;
    Ok(())
}

#[inline(always)]
pub fn dict_merge(r: &mut Regs<'_>, i: Instr) -> Flow {
    let callable = r.peek(i.index() + 4);
    check!(merge(callable, r.peek(i.index() + 1), r.peek(1), r.vm()));
    r.drop_top(1);
    Flow::Next
}

/// Adds the keyword arguments of a further `**mapping`.
#[inline(never)]
fn merge(callable: &Value, dict: &Value, other: &Value, vm: &Vm) -> PyResult<()> {
    let Some(dict) = dict.cast::<Dict>() else { return Err(vm.system_error("DICT_MERGE without dict")) };
    if let Some(other) = other.downcast_exact::<Dict>()
        && dict.is_empty()
    {
        return if other.is_empty() { Ok(()) } else { dict.copy_from(other, vm) };
    }
    let result = each_entry(other, vm, |key, value| {
        if dict.get(&key, vm)?.is_some() {
            return Err(errors::repeated_keyword(callable, &key, vm));
        }
        dict.set(key, value, vm)
    });
    result.map_err(|failure| match failure {
        NotMapping::Raised(raised) => raised,
        NotMapping::NoKeys => errors::not_a_mapping(callable, other, vm),
    })
}

#[inline(always)]
pub fn unpack_sequence(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = i.index();
    if let Some(tuple) = r.peek(1).downcast_exact::<Tuple>()
        && tuple.len() == count
    {
        let sequence = r.pop_slot();
        for item in tuple.as_slice().iter().rev() {
            r.push(item.clone());
        }
        r.vm();
        drop(sequence);
        return Flow::Next;
    }
    if let Some(list) = r.peek(1).downcast_exact::<List>()
        && list.len() == count
    {
        let sequence = r.pop_slot();
        r.grow(count);
        copy_items(list, r.top_slots(count));
        r.vm();
        drop(sequence);
        return Flow::Next;
    }
    unpack_onto(r, count, unpacked(r.peek(1), count, r.vm()))
}

/// Unpacks a tuple or a list to locals.
#[inline(always)]
pub fn unpack_store(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = usize::from(i.a);
    // Each local may leave an object to be ended, and so may the sequence.
    if count >= MAX_DOOMED {
        return Flow::Slow;
    }
    let sequence = r.peek(1);
    if let Some(tuple) = sequence.downcast_exact::<Tuple>() {
        if tuple.len() != count {
            return Flow::Slow;
        }
        store_items(r, i, tuple.as_slice());
    } else if let Some(list) = sequence.downcast_exact::<List>() {
        if list.len() != count {
            return Flow::Slow;
        }
        list.items.with(|items| store_items(r, i, items));
    } else {
        return Flow::Slow;
    }
    let sequence = r.pop_slot();
    r.release(sequence);
    r.flow()
}

/// Binds the locals of an UNPACK_STORE to items. What the locals held ends after the instruction.
#[inline(always)]
fn store_items(r: &mut Regs<'_>, i: Instr, items: &[Value]) {
    for (item, &local) in items.iter().zip(r.quick().stores(i.index(), items.len())) {
        r.set_local(local.into(), Some(item.clone()));
    }
}

/// Unpacks anything to locals.
#[inline(always)]
pub fn unpack_store_slowly(r: &mut Regs<'_>, i: Instr) -> Flow {
    let count = usize::from(i.a);
    check!(unpack_to_slots(r, count));
    let frame = r.frame();
    for &local in r.quick().stores(i.index(), count) {
        let item = r.pop_slot();
        drop(frame.replace_local(local.into(), item));
    }
    Flow::Next
}

/// Replaces the top by its items, the first one on top.
#[inline(always)]
fn unpack_to_slots(r: &mut Regs<'_>, count: usize) -> PyResult<()> {
    let items = match r.peek(1).downcast_exact::<List>() {
        Some(list) if list.len() == count => r.peek(1).clone(),
        _ => unpacked(r.peek(1), count, r.vm())?,
    };
    r.vm();
    drop(r.pop_slot());
    r.grow(count);
    copy_to_slots(items, r.top_slots(count));
    Ok(())
}

/// Copies the items of a list to slots, in reverse.
#[inline(never)]
fn copy_to_slots(items: Value, slots: &mut [Slot]) {
    if let Some(list) = items.downcast_exact::<List>() {
        copy_items(list, slots);
    }
}

/// Copies a list's items to slots, in reverse.
#[inline(never)]
fn copy_items(list: &List, slots: &mut [Slot]) {
    list.items.with(|items| {
        for (slot, item) in slots.iter_mut().rev().zip(items) {
            *slot = Some(item.clone());
        }
    });
}

/// Replaces the top by items; the first one is on top then.
#[inline(always)]
fn unpack_onto(r: &mut Regs<'_>, count: usize, items: PyResult) -> Flow {
    let items = check!(items);
    drop(r.pop_slot());
    r.grow(count);
    spread(items, r.top_slots(count));
    Flow::Next
}

/// Moves the items of a fresh list to slots, in reverse.
#[inline(never)]
fn spread(items: Value, slots: &mut [Slot]) {
    if let Some(list) = items.downcast_exact::<List>() {
        for (slot, item) in slots.iter_mut().rev().zip(list.items.take()) {
            *slot = Some(item);
        }
    }
}

/// Exactly `count` items of an iterable.
#[inline(never)]
fn unpacked(sequence: &Value, count: usize, vm: &Vm) -> PyResult {
    Ok(vm.new_list(unpacked_items(sequence, count, vm)?).into_value())
}

fn unpacked_items(sequence: &Value, count: usize, vm: &Vm) -> PyResult<Vec<Value>> {
    let iterator = unpack_iterator(sequence, vm)?;
    let mut items = Vec::with_capacity(count.min(64));
    while items.len() < count {
        match vm.next(&iterator)? {
            Some(item) => items.push(item),
            None => {
                let given = items.len();
                return Err(vm.value_error(format!("not enough values to unpack (expected {count}, got {given})")));
            }
        }
    }
    if vm.next(&iterator)?.is_none() {
        return Ok(items);
    }
    let known = [B::List, B::Tuple, B::Dict].iter().any(|&kind| sequence.ty(vm).is(vm.builtin(kind)));
    if known {
        let given = vm.len(sequence)?;
        return Err(vm.value_error(format!("too many values to unpack (expected {count}, got {given})")));
    }
    Err(vm.value_error(format!("too many values to unpack (expected {count})")))
}

fn unpack_iterator(sequence: &Value, vm: &Vm) -> PyResult {
    let slots = sequence.ty(vm).slots();
    if slots.iter.is_none() && slots.sq_item.is_none() {
        let kind = vm.type_name(sequence);
        return Err(vm.type_error(format!("cannot unpack non-iterable {kind} object")));
    }
    vm.iter(sequence)
}

#[inline(always)]
pub fn unpack_ex(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (before, after) = (i.arg as usize & 0xFF, i.arg as usize >> 8);
    unpack_onto(r, before + 1 + after, unpacked_around_star(r.peek(1), before, after, r.vm()))
}

/// The items before the star, a list of those under it, the items after it.
#[inline(never)]
fn unpacked_around_star(sequence: &Value, before: usize, after: usize, vm: &Vm) -> PyResult {
    let iterator = unpack_iterator(sequence, vm)?;
    let mut items = Vec::new();
    let too_few = |given: usize| {
        let (word, least) = if after > 0 { ("at least ", before + after) } else { ("at least ", before) };
        Err(vm.value_error(format!("not enough values to unpack (expected {word}{least}, got {given})")))
    };
    while items.len() < before {
        match vm.next(&iterator)? {
            Some(item) => items.push(item),
            None => return too_few(items.len()),
        }
    }
    let mut rest = Vec::new();
    while let Some(item) = vm.next(&iterator)? {
        if rest.len() == rest.capacity() && rest.try_reserve(rest.len().max(8)).is_err() {
            return Err(vm.memory_error());
        }
        rest.push(item);
    }
    if rest.len() < after {
        return too_few(before + rest.len());
    }
    let tail = rest.split_off(rest.len() - after);
    items.push(vm.new_list(rest).into_value());
    items.extend(tail);
    Ok(vm.new_list(items).into_value())
}
