//! Arrays as sequences: items, slices, comparison, concatenation.

use pyrope_object::bind::full_type_name;
use pyrope_object::buffer::Buffer;
use pyrope_object::{CompareOp, Guarded, Header, PyResult, Raised, Ref, Value, Vm};
use pyrope_types::containers::slice::{SliceIndices, as_slice, slice_parts};

use super::items::{encode, is_text};
use super::{Access, Array, ArrayIterator};

fn array(slf: &Value, vm: &Vm) -> PyResult<Ref<Array>> {
    slf.cast::<Array>().ok_or_else(|| vm.type_error("an array is required"))
}

pub(super) fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = array(slf, vm)?;
    let (name, code) = (slf.ty(vm).name(), this.code as char);
    if this.len() == 0 {
        return Ok(vm.try_str(&format!("{name}('{code}')"))?.into_value());
    }
    let items = if is_text(this.code) { this.text(vm)?.into_value() } else { this.to_list(vm)? };
    let items = vm.repr(&items)?;
    let head = format!("{name}('{code}', ");
    let points: Vec<u32> = head.chars().map(u32::from).chain(items.code_points()).chain([u32::from(b')')]).collect();
    Ok(vm.str_from_code_points(&points)?.into_value())
}

pub(super) fn compare(a: &Value, b: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(x), Some(y)) = (a.cast::<Array>(), b.cast::<Array>()) else { return Ok(Value::not_implemented()) };
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    if equality && x.len() != y.len() {
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    if equality && x.code == y.code && !matches!(x.code, b'f' | b'd') {
        let bytes = y.data.get();
        let same = x.data.with(|data| *data == bytes);
        return Ok(Value::bool(same == (op == CompareOp::Eq)));
    }
    let mut index = 0;
    while let (Some(p), Some(q)) = (x.get(index, vm)?, y.get(index, vm)?) {
        if !vm.compare_bool(&p, &q, CompareOp::Eq)? {
            return match op {
                CompareOp::Eq => Ok(Value::bool(false)),
                CompareOp::Ne => Ok(Value::bool(true)),
                _ => vm.compare(&p, &q, op),
            };
        }
        index += 1;
    }
    Ok(Value::bool(op.holds(x.len().cmp(&y.len()))))
}

pub(super) fn iter(slf: &Value, vm: &Vm) -> PyResult {
    let iterator =
        ArrayIterator { header: Header::blank(), array: Guarded::new(Some(slf.clone())), index: Default::default() };
    Ok(Ref::new(vm, iterator).into_value())
}

pub(super) fn buffer(slf: &Value, _: u32, vm: &Vm) -> PyResult<Buffer> {
    let this = array(slf, vm)?;
    this.exports.set(this.exports.get() + 1);
    let (count, size) = (this.len(), this.item_size());
    let mut view = Buffer::simple(slf.clone(), &Access, count * size, false);
    let code = if this.code == b'u' { b'w' } else { this.code };
    view.format = (code as char).to_string().into();
    view.item_size = size;
    view.shape = vec![count as isize];
    view.strides = vec![size as isize];
    Ok(view)
}

#[cold]
fn out_of_range(what: &str, vm: &Vm) -> Raised {
    vm.index_error(format!("array {what}index out of range"))
}

pub(super) fn item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    let this = array(slf, vm)?;
    match usize::try_from(index) {
        Ok(index) => this.get(index, vm)?.ok_or_else(|| out_of_range("", vm)),
        Err(_) => Err(out_of_range("", vm)),
    }
}

pub(super) fn set_item(slf: &Value, index: isize, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = array(slf, vm)?;
    let size = this.item_size();
    let Some(value) = value else {
        let Some(index) = usize::try_from(index).ok().filter(|&i| i < this.len()) else {
            return Err(out_of_range("assignment ", vm));
        };
        return this.remove_range(index, 1, vm);
    };
    if index < 0 || index as usize >= this.len() {
        return Err(out_of_range("assignment ", vm));
    }
    let word = encode(this.code, value, vm)?;
    let at = index as usize * size;
    let stored = this.data.with_mut(|data| match data.get_mut(at..at + size) {
        Some(place) => {
            place.copy_from_slice(&word[..size]);
            true
        }
        None => false,
    });
    if stored { Ok(()) } else { Err(out_of_range("assignment ", vm)) }
}

pub(super) fn contains(slf: &Value, value: &Value, vm: &Vm) -> PyResult<bool> {
    Ok(array(slf, vm)?.position(value, 0, usize::MAX, vm)?.is_some())
}

pub(super) fn concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let this = array(a, vm)?;
    let Some(other) = b.cast::<Array>() else {
        let kind = full_type_name(b, vm);
        return Err(vm.type_error(format!("can only append array (not \"{kind}\") to array")));
    };
    if this.code != other.code {
        return Err(vm.type_error("bad argument type for built-in operation"));
    }
    let mut data = this.data.get();
    if data.try_reserve(other.data.with(Vec::len)).is_err() {
        return Err(vm.memory_error());
    }
    data.extend(other.data.get());
    Ok(this.with_data(data, vm))
}

fn repeated(data: &[u8], count: isize, vm: &Vm) -> PyResult<Vec<u8>> {
    let count = count.max(0) as usize;
    let mut out = Vec::new();
    match data.len().checked_mul(count) {
        Some(total) if out.try_reserve_exact(total).is_ok() => {}
        _ => return Err(vm.memory_error()),
    }
    for _ in 0..if data.is_empty() { 0 } else { count } {
        out.extend_from_slice(data);
    }
    Ok(out)
}

pub(super) fn repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let this = array(slf, vm)?;
    let data = repeated(&this.data.get(), count, vm)?;
    Ok(this.with_data(data, vm))
}

pub(super) fn inplace_repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let this = array(slf, vm)?;
    if this.len() > 0 && count != 1 {
        this.check_resizable(vm)?;
        let data = repeated(&this.data.get(), count, vm)?;
        this.data.set(data);
    }
    Ok(slf.clone())
}

pub(super) fn inplace_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let this = array(a, vm)?;
    if b.downcast::<Array>().is_none() {
        let kind = full_type_name(b, vm);
        return Err(vm.type_error(format!("can only extend with array (not \"{kind}\")")));
    }
    this.extend_with(b, vm)?;
    Ok(a.clone())
}

fn is_index(key: &Value, vm: &Vm) -> bool {
    key.as_int().is_some() || key.ty(vm).slots().index.is_some()
}

fn from_end(index: isize, length: usize) -> isize {
    if index < 0 { index.saturating_add(length as isize) } else { index }
}

pub(super) fn subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let this = array(slf, vm)?;
    if is_index(key, vm) {
        let index = vm.index_isize(key)?;
        return item(slf, from_end(index, this.len()), vm);
    }
    let Some(slice) = as_slice(key) else { return Err(vm.type_error("array indices must be integers")) };
    let parts = slice_parts(&slice, vm)?;
    let size = this.item_size();
    let data = this.data.with(|data| {
        let chosen = parts.adjust(data.len() / size);
        let mut out = Vec::with_capacity(chosen.count * size);
        for index in chosen.iter() {
            out.extend_from_slice(&data[index * size..(index + 1) * size]);
        }
        out
    });
    Ok(this.with_data(data, vm))
}

pub(super) fn set_subscript(slf: &Value, key: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = array(slf, vm)?;
    if is_index(key, vm) {
        let index = vm.index_isize(key)?;
        return set_item(slf, from_end(index, this.len()), value, vm);
    }
    let Some(slice) = as_slice(key) else { return Err(vm.type_error("array indices must be integers")) };
    let parts = slice_parts(&slice, vm)?;
    let new = match value {
        None => Vec::new(),
        Some(value) => match value.downcast::<Array>() {
            Some(other) if other.code == this.code => other.data.get(),
            Some(_) => return Err(vm.type_error("bad argument type for built-in operation")),
            None => {
                let kind = full_type_name(value, vm);
                return Err(vm.type_error(format!("can only assign array (not \"{kind}\") to array slice")));
            }
        },
    };
    let chosen = parts.adjust(this.len());
    if value.is_none() { this.delete(chosen, vm) } else { this.assign(chosen, &new, vm) }
}

impl Array {
    /// Removes `count` items from `start` on.
    pub(super) fn remove_range(&self, start: usize, count: usize, vm: &Vm) -> PyResult<()> {
        if count == 0 {
            return Ok(());
        }
        self.check_resizable(vm)?;
        let size = self.item_size();
        self.data.with_mut(|data| {
            let end = ((start + count) * size).min(data.len());
            data.drain((start * size).min(end)..end);
        });
        Ok(())
    }

    fn delete(&self, chosen: SliceIndices, vm: &Vm) -> PyResult<()> {
        if chosen.count == 0 {
            return Ok(());
        }
        self.check_resizable(vm)?;
        let size = self.item_size();
        let mut gone: Vec<usize> = chosen.iter().collect();
        gone.sort_unstable();
        self.data.with_mut(|data| {
            let mut gone = gone.into_iter().peekable();
            let mut kept = 0;
            for index in 0..data.len() / size {
                if gone.next_if_eq(&index).is_none() {
                    data.copy_within(index * size..(index + 1) * size, kept);
                    kept += size;
                }
            }
            data.truncate(kept);
        });
        Ok(())
    }

    fn assign(&self, chosen: SliceIndices, new: &[u8], vm: &Vm) -> PyResult<()> {
        let size = self.item_size();
        let needed = new.len() / size;
        if chosen.step == 1 {
            let (start, end) = (chosen.start as usize * size, (chosen.start as usize + chosen.count) * size);
            if needed != chosen.count {
                self.check_resizable(vm)?;
            }
            self.data.with_mut(|data| drop(data.splice(start..end, new.iter().copied())));
            return Ok(());
        }
        if needed != chosen.count {
            let count = chosen.count;
            return Err(
                vm.value_error(format!("attempt to assign array of size {needed} to extended slice of size {count}"))
            );
        }
        self.data.with_mut(|data| {
            for (index, item) in chosen.iter().zip(new.chunks_exact(size)) {
                data[index * size..(index + 1) * size].copy_from_slice(item);
            }
        });
        Ok(())
    }

    /// The first index in a range whose item equals a value.
    pub(super) fn position(&self, value: &Value, start: usize, stop: usize, vm: &Vm) -> PyResult<Option<usize>> {
        let mut index = start;
        while index < stop {
            let Some(item) = self.get(index, vm)? else { break };
            if vm.compare_bool(&item, value, CompareOp::Eq)? {
                return Ok(Some(index));
            }
            index += 1;
        }
        Ok(None)
    }
}
