//! `dict`: a mapping in the order of insertion.

pub mod iterators;
pub mod merge;
pub mod views;

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::{OrNone, check_positional};
use pyrope_object::layout::{DICT_LAYOUT, Str};
use pyrope_object::{Args, CompareOp, Dict, PyResult, Ref, Slots, Type, Value, Vm};

use super::sequence::{self, receiver};
use super::set::{FrozenSet, Set, body_of};
use iterators::{DictKeyIterator, DictReverseKeyIterator};
use merge::{Override, merge, update_from};
use views::{DictItems, DictKeys, DictValues};

/// A mapping of keys to values, in the order of insertion.
///
/// It begins with the pairs of a mapping or of an iterable of pairs, if one is given, and then those of the keyword
/// arguments.
#[pyclass(
    name = "dict",
    layout = DICT_LAYOUT,
    builtin = Dict,
    flags(BASETYPE, GC, MAPPING, MATCH_SELF),
    methods(DictType::METHODS),
    slots = SLOTS,
    unhashable
)]
pub struct DictType;

const SLOTS: Slots = Slots {
    repr: Some(dict_repr),
    richcompare: Some(dict_compare),
    iter: Some(dict_iter),
    init: Some(dict_init),
    new: Some(dict_new),
    or: Some(dict_or),
    inplace_or: Some(dict_inplace_or),
    sq_contains: Some(dict_contains),
    mp_length: Some(dict_len),
    mp_subscript: Some(dict_subscript),
    mp_ass_subscript: Some(dict_set_subscript),
    ..Slots::EMPTY
};

/// The hash of a key. TypeError names the use: `cannot use 'list' as a dict key (unhashable type: 'list')`.
#[inline]
pub fn hash_key(key: &Value, vm: &Vm) -> PyResult<i64> {
    vm.hash_key(key)
}

/// `dict.get(key)`
#[inline]
pub fn get(dict: &Dict, key: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    dict.get_hashed(key, hash_key(key, vm)?, vm)
}

/// `dict[key] = value`
#[inline]
pub fn set(dict: &Dict, key: Value, value: Value, vm: &Vm) -> PyResult<()> {
    let hash = hash_key(&key, vm)?;
    dict.insert_hashed(key, hash, value, vm).map(drop)
}

/// `del dict[key]`: KeyError if it is not there.
pub fn delete(dict: &Dict, key: &Value, vm: &Vm) -> PyResult<()> {
    match dict.remove_hashed(key, hash_key(key, vm)?, vm)? {
        Some(entry) => {
            drop(entry);
            Ok(())
        }
        None => Err(vm.key_error(key)),
    }
}

/// A new dict with the same entries.
pub fn copy(dict: &Dict, vm: &Vm) -> PyResult<Ref<Dict>> {
    let new = vm.new_dict();
    new.copy_from(dict, vm)?;
    Ok(new)
}

/// A new dict with what any dict holds, in the order in which that gives its keys.
pub fn copy_of(dict: &Value, vm: &Vm) -> PyResult<Ref<Dict>> {
    let new = vm.new_dict();
    merge(&new, dict, Override::Replace, vm)?;
    Ok(new)
}

fn dict_new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    Ok(Ref::new_in(vm, class, Dict::empty()).into_value())
}

fn dict_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    update_with(receiver!(Dict, slf, vm), "dict", args, vm)
}

fn update_with(dict: &Dict, function: &str, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    if let [argument] = check_positional(function, Args::positional_only(args.positional()), 0, 1, vm)? {
        update_from(dict, argument, vm)?;
    }
    check_keywords(args, vm)?;
    for (name, value) in args.keywords() {
        dict.set(name.clone(), value.clone(), vm)?;
    }
    Ok(())
}

/// TypeError unless all keywords are strings. Calls of subclasses made by programs may have others.
pub fn check_keywords(args: Args<'_>, vm: &Vm) -> PyResult<()> {
    match args.kwnames().iter().all(|name| name.downcast::<Str>().is_some()) {
        true => Ok(()),
        false => Err(vm.type_error("keywords must be strings")),
    }
}

fn dict_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    Ok(receiver!(Dict, slf, vm).len())
}

fn dict_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Dict, slf, vm);
    if this.is_empty() {
        return Ok(vm.new_str("{}").into_value());
    }
    if !vm.enter_repr(slf) {
        return Ok(vm.new_str("{...}").into_value());
    }
    let text = repr_of_entries(this, vm);
    vm.leave_repr(slf);
    Ok(vm.try_str(&text?)?.into_value())
}

fn repr_of_entries(dict: &Dict, vm: &Vm) -> PyResult<String> {
    let mut text = String::from("{");
    let mut position = 0;
    while let Some(entry) = dict.next_entry(&mut position) {
        if text.len() > 1 {
            text.push_str(", ");
        }
        for (part, after) in [(&entry.key, ": "), (&entry.value, "")] {
            let repr = vm.repr(part)?;
            if text.try_reserve(repr.len() + 4).is_err() {
                return Err(vm.memory_error());
            }
            text.push_str(&repr.to_string_lossy());
            text.push_str(after);
        }
    }
    text.push('}');
    Ok(text)
}

/// The same keys with equal values?
pub fn equals(a: &Dict, b: &Dict, vm: &Vm) -> PyResult<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    let mut position = 0;
    while let Some(entry) = a.next_entry(&mut position) {
        match b.get_hashed(&entry.key, entry.hash, vm)? {
            Some(other) if vm.equal(&entry.value, &other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn dict_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<Dict>(), other.downcast::<Dict>()) else {
        return Ok(Value::not_implemented());
    };
    match op {
        CompareOp::Eq => equals(a, b, vm).map(Value::bool),
        CompareOp::Ne => Ok(Value::bool(!equals(a, b, vm)?)),
        _ => Ok(Value::not_implemented()),
    }
}

pub(crate) fn dict_iter(slf: &Value, vm: &Vm) -> PyResult {
    match slf.cast::<Dict>() {
        Some(dict) => Ok(DictKeyIterator::over(dict, vm).into_value()),
        None => Err(sequence::bad_receiver(vm)),
    }
}

fn dict_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    if a.downcast::<Dict>().is_none() || b.downcast::<Dict>().is_none() {
        return Ok(Value::not_implemented());
    }
    let new = copy_of(a, vm)?;
    update_from(&new, b, vm)?;
    Ok(new.into_value())
}

fn dict_inplace_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    update_from(receiver!(Dict, a, vm), b, vm)?;
    Ok(a.clone())
}

fn dict_contains(slf: &Value, key: &Value, vm: &Vm) -> PyResult<bool> {
    Ok(get(receiver!(Dict, slf, vm), key, vm)?.is_some())
}

fn dict_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Dict, slf, vm);
    match get(this, key, vm)? {
        Some(value) => Ok(value),
        None => missing(slf, key, vm),
    }
}

/// What a look-up of an absent key gives: `__missing__` of subclasses, or KeyError.
#[cold]
pub fn missing(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    if slf.downcast_exact::<Dict>().is_none()
        && let Some(result) = vm.call_special(slf, &vm.names().__missing__, std::slice::from_ref(key))?
    {
        return Ok(result);
    }
    Err(vm.key_error(key))
}

fn dict_set_subscript(slf: &Value, key: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(Dict, slf, vm);
    match value {
        Some(value) => set(this, key.clone(), value.clone(), vm),
        None => delete(this, key, vm),
    }
}

#[pymethods]
impl DictType {
    /// True if the dict has the key.
    #[method("__contains__($self, key, /)")]
    fn contains(slf: &Value, key: &Value, vm: &Vm) -> PyResult<bool> {
        dict_contains(slf, key, vm)
    }

    /// The value of a key.
    #[method("__getitem__($self, key, /)")]
    fn getitem(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
        dict_subscript(slf, key, vm)
    }

    /// Bytes that the dict takes in memory.
    #[method("__sizeof__($self, /)")]
    fn sizeof(this: &Dict) -> usize {
        size_of::<Dict>() + this.storage_bytes()
    }

    /// The value of a key, or the default if it is not there.
    #[method("get($self, key, default=None, /)")]
    fn get(this: &Dict, key: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        let found = get(this, key, vm)?;
        Ok(found.or_else(|| default.cloned()).unwrap_or(Value::none()))
    }

    /// The value of a key; if it is not there, it is set to the default first.
    #[method("setdefault($self, key, default=None, /)")]
    fn setdefault(this: &Dict, key: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        let hash = hash_key(key, vm)?;
        this.set_default_hashed(key.clone(), hash, default.cloned().unwrap_or(Value::none()), vm)
    }

    /// Remove a key and return its value, or the default if it is not there.
    ///
    /// KeyError without a default.
    #[method("pop($self, key, default=<unrepresentable>, /)")]
    fn pop(this: &Dict, key: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        let removed = if this.is_empty() { None } else { this.remove_hashed(key, hash_key(key, vm)?, vm)? };
        match (removed, default) {
            (Some(entry), _) => Ok(entry.value),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(vm.key_error(key)),
        }
    }

    /// Remove the last pair of key and value and return it.
    ///
    /// KeyError if the dict is empty.
    #[method("popitem($self, /)")]
    fn popitem(this: &Dict, vm: &Vm) -> PyResult {
        match this.pop_last() {
            Some(entry) => Ok(vm.tuple_of([entry.key, entry.value]).into_value()),
            None => Err(vm.key_error(vm.new_str("popitem(): dictionary is empty").as_value())),
        }
    }

    /// A set-like view of the keys.
    #[method("keys($self, /)")]
    fn keys(this: &Ref<Dict>, vm: &Vm) -> PyResult {
        Ok(DictKeys::over(this.clone(), vm).into_value())
    }

    /// A set-like view of the pairs of key and value.
    #[method("items($self, /)")]
    fn items(this: &Ref<Dict>, vm: &Vm) -> PyResult {
        Ok(DictItems::over(this.clone(), vm).into_value())
    }

    /// A view of the values.
    #[method("values($self, /)")]
    fn values(this: &Ref<Dict>, vm: &Vm) -> PyResult {
        Ok(DictValues::over(this.clone(), vm).into_value())
    }

    /// Set the pairs of a mapping or of an iterable of pairs, then those of the keyword arguments.
    #[method("update")]
    fn update(this: &Dict, args: Args<'_>, vm: &Vm) -> PyResult<()> {
        update_with(this, "update", args, vm)
    }

    /// A new dict with the keys of an iterable, all set to one value.
    #[classmethod("fromkeys($type, iterable, value=None, /)")]
    fn fromkeys(cls: &Value, iterable: &Value, value: OrNone<&Value>, vm: &Vm) -> PyResult {
        let value = value.into_option().cloned().unwrap_or(Value::none());
        let new = vm.call(cls, &[])?;
        let exact = new.downcast_exact::<Dict>();
        if let Some(dict) = exact
            && fill_from_hashed(dict, iterable, &value, vm)?
        {
            return Ok(new);
        }
        vm.for_each(iterable, |key| match exact {
            Some(dict) => set(dict, key, value.clone(), vm),
            None => vm.set_item(&new, &key, Some(&value)),
        })?;
        Ok(new)
    }

    /// Remove all pairs.
    #[method("clear($self, /)")]
    fn clear(this: &Dict) {
        this.clear();
    }

    /// A shallow copy.
    #[method("copy($self, /)")]
    fn copy(this: &Ref<Dict>, vm: &Vm) -> PyResult {
        Ok(copy_of(this.as_value(), vm)?.into_value())
    }

    /// A reverse iterator over the keys.
    #[method("__reversed__($self, /)")]
    fn reversed(this: &Ref<Dict>, vm: &Vm) -> PyResult {
        Ok(DictReverseKeyIterator::over(this.clone(), vm).into_value())
    }

    /// Dicts are generic over the types of keys and values.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        sequence::generic_alias(cls, object, vm)
    }
}

/// Sets the keys of a dict or set, whose hashes are known, to one value; false for any other iterable.
fn fill_from_hashed(dict: &Dict, keys: &Value, value: &Value, vm: &Vm) -> PyResult<bool> {
    let mut position = 0;
    if let Some(keys) = keys.downcast_exact::<Dict>() {
        while let Some(entry) = keys.next_entry(&mut position) {
            drop(dict.insert_hashed(entry.key, entry.hash, value.clone(), vm)?);
        }
        return Ok(true);
    }
    if keys.downcast_exact::<Set>().is_none() && keys.downcast_exact::<FrozenSet>().is_none() {
        return Ok(false);
    }
    let Some(body) = body_of(keys) else { return Ok(false) };
    while let Some((hash, key)) = body.next(&mut position) {
        drop(dict.insert_hashed(key, hash, value.clone(), vm)?);
    }
    Ok(true)
}

/// A new dict from pairs of which later ones win.
pub fn from_pairs(pairs: impl IntoIterator<Item = (Value, Value)>, vm: &Vm) -> PyResult<Ref<Dict>> {
    let dict = vm.new_dict();
    for (key, value) in pairs {
        set(&dict, key, value, vm)?;
    }
    Ok(dict)
}

/// `dict(mapping)`, for keyword arguments given as `**mapping`.
pub fn from_mapping(mapping: &Value, vm: &Vm) -> PyResult<Ref<Dict>> {
    let dict = vm.new_dict();
    merge(&dict, mapping, Override::Replace, vm)?;
    Ok(dict)
}
