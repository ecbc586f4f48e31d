//! Items and slices of a view.

use pyrope_object::buffer::flags;
use pyrope_object::{PyResult, Raised, Tuple, Value, Vm};

use super::{ItemFormat, MemoryView, pack_item};
use crate::containers::sequence::{is_index, receiver};
use crate::containers::slice::{Slice, slice_parts};

pub(super) fn view_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    let this = receiver!(MemoryView, slf, vm);
    this.source(vm)?;
    match this.window.shape.first() {
        Some(&len) => Ok(len as usize),
        None => Err(vm.type_error("0-dim memory has no length")),
    }
}

/// The byte offset of an index in a dimension, relative to where that begins.
fn step(this: &MemoryView, index: isize, dimension: usize, vm: &Vm) -> PyResult<isize> {
    let extent = this.window.shape[dimension];
    let at = if index < 0 { index.saturating_add(extent) } else { index };
    if (0..extent).contains(&at) {
        return Ok(at * this.window.strides[dimension]);
    }
    Err(vm.index_error(format!("index out of bounds on dimension {}", dimension + 1)))
}

fn single(this: &MemoryView, index: isize, many: &str, vm: &Vm) -> PyResult<usize> {
    match this.window.shape.len() {
        0 => Err(vm.type_error("invalid indexing of 0-dim memory")),
        1 => Ok(this.window.offset.wrapping_add_signed(step(this, index, 0, vm)?)),
        _ => Err(vm.not_implemented_error(many)),
    }
}

pub(super) fn view_item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    let this = receiver!(MemoryView, slf, vm);
    this.source(vm)?;
    let offset = single(this, index, "multi-dimensional sub-views are not implemented", vm)?;
    this.item_at(offset, vm)
}

/// The byte offset that a tuple of indices selects.
fn multi(this: &MemoryView, indices: &[Value], vm: &Vm) -> PyResult<usize> {
    let dimensions = this.window.shape.len();
    if indices.len() < dimensions {
        return Err(vm.not_implemented_error("sub-views are not implemented"));
    }
    if indices.len() > dimensions {
        let message = format!("cannot index {dimensions}-dimension view with {}-element tuple", indices.len());
        return Err(vm.type_error(message));
    }
    let mut offset = this.window.offset;
    for (dimension, index) in indices.iter().enumerate() {
        let index = vm.index_isize(index)?;
        offset = offset.wrapping_add_signed(step(this, index, dimension, vm)?);
    }
    Ok(offset)
}

fn invalid_key(vm: &Vm) -> Raised {
    vm.type_error("memoryview: invalid slice key")
}

/// True for a tuple of slices only.
fn is_multislice(key: &[Value]) -> bool {
    !key.is_empty() && key.iter().all(|part| part.downcast::<Slice>().is_some())
}

/// The view that a slice of the first dimension selects.
fn sliced(this: &MemoryView, slice: &Slice, vm: &Vm) -> PyResult {
    // Evaluating the slice may release this view; the new one is not concerned.
    let source = this.shareable_source(vm)?;
    let parts = slice_parts(slice, vm)?;
    let indices = parts.adjust(this.window.shape[0] as usize);
    let mut window = this.window.clone();
    let stride = window.strides[0];
    if indices.count > 0 {
        window.offset = window.offset.wrapping_add_signed(indices.start * stride);
    }
    window.shape[0] = indices.count as isize;
    window.strides[0] = stride.wrapping_mul(indices.step);
    Ok(MemoryView::over(source, window, vm).into_value())
}

pub(super) fn view_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(MemoryView, slf, vm);
    this.source(vm)?;
    let tuple = key.downcast::<Tuple>().map(Tuple::as_slice);
    if this.window.shape.is_empty() {
        return match tuple {
            Some([]) => this.item_at(this.window.offset, vm),
            _ if key.is(&Value::ellipsis()) => Ok(slf.clone()),
            _ => Err(vm.type_error("invalid indexing of 0-dim memory")),
        };
    }
    if let Some(slice) = key.downcast::<Slice>() {
        return sliced(this, slice, vm);
    }
    match tuple {
        Some(parts) if parts.iter().all(|part| is_index(part, vm)) => this.item_at(multi(this, parts, vm)?, vm),
        Some(parts) if is_multislice(parts) => {
            Err(vm.not_implemented_error("multi-dimensional slicing is not implemented"))
        }
        None if is_index(key, vm) => {
            let index = vm.index_isize(key)?;
            view_item(slf, index, vm)
        }
        _ => Err(invalid_key(vm)),
    }
}

/// Packs the value and writes it, unless packing released the view.
fn store(this: &MemoryView, offset: usize, value: &Value, vm: &Vm) -> PyResult<()> {
    let format = ItemFormat::of_view(&this.window.format, vm)?;
    let data = pack_item(format, value, vm)?;
    this.write_at(offset, &data, vm)
}

pub(super) fn view_set_subscript(slf: &Value, key: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(MemoryView, slf, vm);
    this.source(vm)?;
    if this.window.readonly {
        return Err(vm.type_error("cannot modify read-only memory"));
    }
    let Some(value) = value else { return Err(vm.type_error("cannot delete memory")) };
    let tuple = key.downcast::<Tuple>().map(Tuple::as_slice);
    if this.window.shape.is_empty() {
        let whole = key.is(&Value::ellipsis()) || matches!(tuple, Some([]));
        return if whole {
            store(this, this.window.offset, value, vm)
        } else {
            Err(vm.type_error("invalid indexing of 0-dim memory"))
        };
    }
    if let Some(slice) = key.downcast::<Slice>() {
        if this.window.shape.len() != 1 {
            let message = "memoryview slice assignments are currently restricted to ndim = 1";
            return Err(vm.not_implemented_error(message));
        }
        return assign_slice(this, slice, value, vm);
    }
    match tuple {
        Some(parts) if parts.iter().all(|part| is_index(part, vm)) => {
            let offset = multi(this, parts, vm)?;
            store(this, offset, value, vm)
        }
        Some(parts) if is_multislice(parts) => {
            Err(vm.not_implemented_error("memoryview slice assignments are currently restricted to ndim = 1"))
        }
        None if is_index(key, vm) => {
            let index = vm.index_isize(key)?;
            let offset = single(this, index, "sub-views are not implemented", vm)?;
            store(this, offset, value, vm)
        }
        _ => Err(invalid_key(vm)),
    }
}

fn assign_slice(this: &MemoryView, slice: &Slice, value: &Value, vm: &Vm) -> PyResult<()> {
    let target = sliced(this, slice, vm)?;
    this.source(vm)?;
    let target = receiver!(MemoryView, target, vm);
    if value.ty(vm).slots().buffer.is_none() {
        return Err(pyrope_object::bind::not_bytes_like(value, vm));
    }
    let from = MemoryView::of(value, flags::FULL_RO, vm)?;
    let (to, from_window) = (&target.window, &from.window);
    let same = to.format.trim_start_matches('@') == from_window.format.trim_start_matches('@')
        && to.item_size == from_window.item_size
        && to.shape == from_window.shape;
    if !same {
        return Err(vm.value_error("memoryview assignment: lvalue and rvalue have different structures"));
    }
    let data = from.to_vec(vm)?;
    let source = target.source(vm)?;
    let (size, offsets) = (to.item_size, to.offsets());
    source.buffer.access.with_bytes_mut(&source.buffer.owner, &mut |bytes| {
        for (item, &at) in data.chunks_exact(size.max(1)).zip(&offsets) {
            if let Some(place) = bytes.get_mut(at..at + size) {
                place.copy_from_slice(item);
            }
        }
    });
    Ok(())
}
