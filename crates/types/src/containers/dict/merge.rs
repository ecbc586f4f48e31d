//! Filling a dict from mappings and from iterables of pairs.

use pyrope_object::bind::full_type_name;
use pyrope_object::{BuiltinType as B, Dict, PyResult, Raised, Tuple, Value, Vm};

use super::{hash_key, set};
use crate::containers::sequence::collect_or;

/// What happens to a key that is there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Override {
    /// It keeps its value.
    Keep,
    /// It gets the new value.
    Replace,
    /// KeyError with the key: for `**kwargs` of calls.
    Unique,
}

/// `dict.update(argument)`: a dict, a mapping with `keys()`, or an iterable of pairs.
pub fn update_from(dict: &Dict, argument: &Value, vm: &Vm) -> PyResult<()> {
    if argument.downcast_exact::<Dict>().is_some() || vm.has_attr(argument, vm.names().keys.as_value())? {
        merge(dict, argument, Override::Replace, vm)
    } else {
        merge_pairs(dict, argument, Override::Replace, vm)
    }
}

/// Takes the entries of a mapping in.
pub fn merge(dict: &Dict, mapping: &Value, mode: Override, vm: &Vm) -> PyResult<()> {
    let plain_iter = |other: &Value| {
        other.ty(vm).slots().iter.is_some_and(|f| std::ptr::fn_addr_eq(f, super::dict_iter as fn(_, _) -> _))
    };
    if let Some(other) = mapping.downcast::<Dict>()
        && plain_iter(mapping)
    {
        return merge_dict(dict, other, mode, vm);
    }
    for key in keys_of(mapping, vm)? {
        if mode != Override::Replace && super::get(dict, &key, vm)?.is_some() {
            match mode {
                Override::Unique => return Err(vm.key_error(&key)),
                _ => continue,
            }
        }
        let value = vm.get_item(mapping, &key)?;
        set(dict, key, value, vm)?;
    }
    Ok(())
}

fn merge_dict(dict: &Dict, other: &Dict, mode: Override, vm: &Vm) -> PyResult<()> {
    if std::ptr::eq(dict, other) || other.is_empty() {
        return Ok(());
    }
    if dict.is_empty() {
        return dict.copy_from(other, vm);
    }
    let len = other.len();
    let mut position = 0;
    while let Some(entry) = other.next_entry(&mut position) {
        if mode != Override::Replace && dict.get_hashed(&entry.key, entry.hash, vm)?.is_some() {
            match mode {
                Override::Unique => return Err(vm.key_error(&entry.key)),
                _ => continue,
            }
        }
        drop(dict.insert_hashed(entry.key, entry.hash, entry.value, vm)?);
        if other.len() != len {
            return Err(vm.runtime_error("dict mutated during update"));
        }
    }
    Ok(())
}

/// `list(mapping.keys())`
pub fn keys_of(mapping: &Value, vm: &Vm) -> PyResult<Vec<Value>> {
    let keys = vm.call_method(mapping, "keys", &[])?;
    match vm.iter(&keys) {
        Ok(iterator) => crate::containers::sequence::collect_rest(&iterator, vm),
        Err(raised) if vm.raised_is(B::TypeError) => {
            vm.ignore(raised);
            let (mapping, keys) = (full_type_name(mapping, vm), full_type_name(&keys, vm));
            Err(vm.type_error(format!("{mapping}.keys() returned a non-iterable (type {keys})")))
        }
        Err(raised) => Err(raised),
    }
}

/// Takes the pairs of an iterable in.
pub fn merge_pairs(dict: &Dict, pairs: &Value, mode: Override, vm: &Vm) -> PyResult<()> {
    let mut walk = vm.walk(pairs)?;
    let mut number = 0;
    while let Some(pair) = walk.next(vm)? {
        if let Some([key, value]) = pair.downcast_exact::<Tuple>().map(Tuple::as_slice) {
            merge_pair(dict, key, value, mode, vm)?;
            number += 1;
            continue;
        }
        let parts = collect_or(&pair, "object is not iterable", vm);
        let parts = parts.map_err(|raised| noted(raised, number, vm))?;
        let [key, value] = &parts[..] else {
            let len = parts.len();
            let message = format!("dictionary update sequence element #{number} has length {len}; 2 is required");
            return Err(vm.value_error(message));
        };
        merge_pair(dict, key, value, mode, vm)?;
        number += 1;
    }
    Ok(())
}

fn merge_pair(dict: &Dict, key: &Value, value: &Value, mode: Override, vm: &Vm) -> PyResult<()> {
    let hash = hash_key(key, vm)?;
    if mode == Override::Replace || dict.get_hashed(key, hash, vm)?.is_none() {
        drop(dict.insert_hashed(key.clone(), hash, value.clone(), vm)?);
    }
    Ok(())
}

/// Adds a note that says which pair was none.
#[cold]
fn noted(raised: Raised, number: usize, vm: &Vm) -> Raised {
    if !vm.raised_is(B::TypeError) {
        return raised;
    }
    let exception = vm.catch(raised);
    let note = format!("Cannot convert dictionary update sequence element #{number} to a sequence");
    match vm.call_method(&exception, "add_note", &[vm.new_str(&note).into_value()]) {
        Ok(_) => vm.reraise(exception),
        Err(raised) => raised,
    }
}
