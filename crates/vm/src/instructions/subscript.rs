//! Subscripts and slices.

use pyrope_object::layout::{Bytes, Dict, List, Str, Tuple};
use pyrope_object::{PyResult, Ref, Value, Vm};
use pyrope_types::containers::slice::Slice;

use crate::eval::{Flow, Regs, check};
use crate::quicken::Instr;

/// `slice(start, stop)` or `slice(start, stop, step)`
#[inline(never)]
pub(super) fn slice(parts: &[Value], vm: &Vm) -> PyResult {
    let part = |index: usize| parts.get(index).cloned().unwrap_or(Value::none());
    Ok(Slice::new(part(0), part(1), part(2), vm).into_value())
}

/// Sequences longer than this are left to their types, which know what to do when memory runs out.
const MAX_QUICK: usize = 1 << 20;

/// The range that `start:stop` selects of `len` items, if both are None or small integers.
#[inline]
fn range(start: &Value, stop: &Value, len: usize) -> Option<std::ops::Range<usize>> {
    let clip = |part: &Value, default: usize| -> Option<usize> {
        if part.is_none() {
            return Some(default);
        }
        let index = part.as_small_int()?;
        let index = if index < 0 { index + len as i64 } else { index };
        Some(index.clamp(0, len as i64) as usize)
    };
    let (start, stop) = (clip(start, 0)?, clip(stop, len)?);
    (len <= MAX_QUICK).then(|| start..stop.max(start))
}

#[inline(always)]
pub fn binary_slice(r: &mut Regs<'_>, _: Instr) -> Flow {
    let result = check!(sliced(r.top_values(3), r.vm()));
    r.finish(3, result)
}

#[inline(never)]
fn sliced(operands: &[Value], vm: &Vm) -> PyResult {
    let [object, start, stop] = operands else { return Err(vm.system_error("BINARY_SLICE without operands")) };
    if let Some(found) = quickly_sliced(object, start, stop, vm) {
        return found;
    }
    let slice = slice(&operands[1..], vm)?;
    vm.get_item(object, &slice)
}

/// Slices of exact lists, tuples, bytes and strings.
fn quickly_sliced(object: &Value, start: &Value, stop: &Value, vm: &Vm) -> Option<PyResult> {
    if let Some(list) = object.downcast_exact::<List>() {
        let range = range(start, stop, list.len())?;
        let items = list.items.with(|items| items.get(range).map(<[Value]>::to_vec))?;
        return Some(Ok(vm.new_list(items).into_value()));
    }
    if let Some(tuple) = object.downcast_exact::<Tuple>() {
        let range = range(start, stop, tuple.len())?;
        if range.len() == tuple.len() {
            return Some(Ok(object.clone()));
        }
        return Some(Ok(vm.tuple_from_slice(&tuple.as_slice()[range]).into_value()));
    }
    if let Some(bytes) = object.downcast_exact::<Bytes>() {
        let range = range(start, stop, bytes.as_slice().len())?;
        if range.len() == bytes.as_slice().len() {
            return Some(Ok(object.clone()));
        }
        return Some(vm.new_bytes(&bytes.as_slice()[range]).map(Ref::into_value));
    }
    let text = object.downcast_exact::<Str>()?;
    let range = range(start, stop, text.len())?;
    if range.len() == text.len() {
        return Some(Ok(object.clone()));
    }
    Some(vm.str_from_view(text.view().slice(range.start, range.end)).map(Ref::into_value))
}

#[inline(always)]
pub fn store_slice(r: &mut Regs<'_>, _: Instr) -> Flow {
    check!(assign_slice(r.top_values(4), r.vm()));
    r.drop_top(4);
    Flow::Next
}

#[inline(never)]
fn assign_slice(operands: &[Value], vm: &Vm) -> PyResult<()> {
    let [value, object, start, stop] = operands else { return Err(vm.system_error("STORE_SLICE without operands")) };
    if replace_items(value, object, start, stop).is_some() {
        return Ok(());
    }
    let slice = slice(&operands[2..], vm)?;
    vm.set_item(object, &slice, Some(value))
}

/// `list[start:stop] = sequence` for an exact list and an exact list or tuple.
fn replace_items(value: &Value, object: &Value, start: &Value, stop: &Value) -> Option<()> {
    let list = object.downcast_exact::<List>()?;
    if exchange_items(value, list, start, stop).is_some() {
        return Some(());
    }
    let new = match value.downcast_exact::<List>() {
        Some(other) if other.len() > MAX_QUICK => return None,
        Some(other) => other.to_vec(),
        None => value.downcast_exact::<Tuple>()?.as_slice().to_vec(),
    };
    let range = range(start, stop, list.len())?;
    let old: Vec<Value> = list.items.with_mut(|items| {
        if new.len() == range.len() {
            return items[range].iter_mut().zip(new).map(|(item, new)| std::mem::replace(item, new)).collect();
        }
        items.splice(range, new).collect()
    });
    drop(old);
    Some(())
}

/// The same where the sequence is a list of the range's length that nobody else knows: the items change places.
fn exchange_items(value: &Value, list: &List, start: &Value, stop: &Value) -> Option<()> {
    let other = value.downcast_exact::<List>().filter(|_| value.refcount() == 1)?;
    let range = range(start, stop, list.len()).filter(|range| range.len() == other.len())?;
    other.items.with_mut(|new| list.items.with_mut(|items| items[range].swap_with_slice(new)));
    Some(())
}

/// An item of an exact list, at an index that it has.
#[inline(always)]
pub fn store_subscr(r: &mut Regs<'_>, _: Instr) -> Flow {
    let (Some(list), Some(index)) = (r.peek(2).downcast_exact::<List>(), r.peek(1).as_small_int()) else {
        return Flow::Slow;
    };
    let len = list.len();
    let index = if index < 0 { index + len as i64 } else { index } as usize;
    if index >= len {
        return Flow::Slow;
    }
    let value = r.replace(3, None);
    let old = list.items.with_mut(|items| match (items.get_mut(index), value) {
        (Some(item), Some(value)) => Some(std::mem::replace(item, value)),
        (_, value) => value,
    });
    r.forget_top(1);
    let container = r.pop_slot();
    r.forget_top(1);
    r.release(old);
    r.release(container);
    r.flow()
}

#[inline(always)]
pub fn store_subscr_slowly(r: &mut Regs<'_>, _: Instr) -> Flow {
    let (value, container, key) = (r.peek(3), r.peek(2), r.peek(1));
    check!(assign(container, key, value, r.vm()));
    r.drop_top(3);
    Flow::Next
}

#[inline(never)]
fn assign(container: &Value, key: &Value, value: &Value, vm: &Vm) -> PyResult<()> {
    match container.downcast_exact::<Dict>() {
        Some(dict) => dict.set(key.clone(), value.clone(), vm),
        None => vm.set_item(container, key, Some(value)),
    }
}

#[inline(always)]
pub fn delete_subscr(r: &mut Regs<'_>, _: Instr) -> Flow {
    check!(remove(r.peek(2), r.peek(1), r.vm()));
    r.drop_top(2);
    Flow::Next
}

#[inline(never)]
fn remove(container: &Value, key: &Value, vm: &Vm) -> PyResult<()> {
    vm.set_item(container, key, None)
}
