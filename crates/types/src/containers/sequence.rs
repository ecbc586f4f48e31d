//! What lists, tuples and other sequences share.

use pyrope_object::bind::full_type_name;
use pyrope_object::{Args, BuiltinType as B, CompareOp, Dict, List, PyResult, Raised, Tuple, Value, Vm};

/// `cls[item]` for a class that is generic over its contents.
pub fn generic_alias(class: &Value, item: &Value, vm: &Vm) -> PyResult {
    vm.call(&vm.builtin(B::GenericAlias).to_value(), &[class.clone(), item.clone()])
}

/// A function of `builtins`, as the `__reduce__` of iterators names them.
pub fn builtin_function(name: &str, vm: &Vm) -> PyResult {
    let found = match (vm.frame_builtins(), vm.interp().builtins_dict.get()) {
        (Some(builtins), _) if builtins.downcast_exact::<Dict>().is_none() => {
            let found = vm.get_item(&builtins, &vm.intern(name).into_value());
            vm.suppress(found, B::KeyError)?
        }
        (Some(builtins), _) => match builtins.downcast::<Dict>() {
            Some(builtins) => builtins.get_str(name, vm)?,
            None => None,
        },
        (None, Some(builtins)) => builtins.get_str(name, vm)?,
        (None, None) => None,
    };
    found.ok_or_else(|| vm.attribute_error(name))
}

/// A `start` or `stop` argument of `index` methods: clamped to the machine's range, None refused.
pub fn slice_bound(value: Option<&Value>, default: isize, vm: &Vm) -> PyResult<isize> {
    let Some(value) = value else { return Ok(default) };
    if value.as_int().is_none() && value.ty(vm).slots().index.is_none() {
        return Err(vm.type_error("slice indices must be integers or have an __index__ method"));
    }
    vm.index_clamped(value)
}

/// A bound counted from the end if negative, never below zero.
pub(crate) fn from_end(bound: isize, len: usize) -> usize {
    if bound < 0 { bound.saturating_add(len as isize).max(0) as usize } else { bound as usize }
}

/// True if the value can be an index.
pub(crate) fn is_index(value: &Value, vm: &Vm) -> bool {
    value.as_int().is_some() || value.ty(vm).slots().index.is_some()
}

/// Raises `list indices must be integers or slices, not str`.
#[cold]
pub(crate) fn bad_index(what: &str, key: &Value, vm: &Vm) -> Raised {
    vm.type_error(format!("{what} indices must be integers or slices, not {}", full_type_name(key, vm)))
}

/// Refuses keyword arguments of a constructor.
pub(crate) fn no_keywords(function: &str, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    if args.keyword_count() == 0 { Ok(()) } else { Err(pyrope_object::bind::no_keywords(function, vm)) }
}

/// The result of comparing two sequences whose items are all equal up to the shorter one's end.
pub(crate) fn compare_lengths(a: usize, b: usize, op: CompareOp) -> Value {
    Value::bool(op.holds(a.cmp(&b)))
}

/// The `repr`s of items between brackets; the caller has guarded against recursion.
pub(crate) fn joined_reprs(
    open: &str,
    close: &str,
    mut item: impl FnMut(usize) -> Option<Value>,
    vm: &Vm,
) -> PyResult<String> {
    let mut text = String::from(open);
    let mut index = 0;
    while let Some(value) = item(index) {
        if index > 0 {
            text.push_str(", ");
        }
        let repr = vm.repr(&value)?;
        if text.try_reserve(repr.len() + 8).is_err() {
            return Err(vm.memory_error());
        }
        text.push_str(&repr.to_string_lossy());
        index += 1;
    }
    text.push_str(close);
    Ok(text)
}

/// The items `count` times over; `None` if that is more than memory holds.
pub(crate) fn repeated_checked(items: &[Value], count: isize) -> Option<Vec<Value>> {
    let count = count.max(0) as usize;
    let total = items.len().checked_mul(count).filter(|&n| n <= isize::MAX as usize / size_of::<Value>())?;
    let mut result = Vec::new();
    result.try_reserve_exact(total).ok()?;
    match items {
        [] => {}
        [single] => result.resize(count, single.clone()),
        _ => (0..count).for_each(|_| result.extend_from_slice(items)),
    }
    Some(result)
}

/// Appends the items of an iterable to whatever `push` stores into, one by one, as the iterator gives them. `reserve` makes
/// room for as many as the iterable promises.
pub(crate) fn push_each(
    iterable: &Value,
    vm: &Vm,
    reserve: impl FnOnce(usize) -> PyResult<()>,
    mut push: impl FnMut(Value) -> PyResult<()>,
) -> PyResult<()> {
    let iterator = vm.iter(iterable)?;
    reserve(vm.length_hint(iterable, 8)?)?;
    while let Some(item) = vm.next(&iterator)? {
        push(item)?;
    }
    Ok(())
}

/// The items of an iterable; where it cannot be iterated at all, TypeError says `message`.
pub(crate) fn collect_or(iterable: &Value, message: &str, vm: &Vm) -> PyResult<Vec<Value>> {
    if iterable.downcast_exact::<List>().is_some() || iterable.downcast_exact::<Tuple>().is_some() {
        return vm.collect(iterable);
    }
    match vm.iter(iterable) {
        Ok(iterator) => collect_rest(&iterator, vm),
        Err(raised) if vm.raised_is(B::TypeError) => {
            vm.ignore(raised);
            Err(vm.type_error(message))
        }
        Err(raised) => Err(raised),
    }
}

/// What an iterator still gives.
pub(crate) fn collect_rest(iterator: &Value, vm: &Vm) -> PyResult<Vec<Value>> {
    let mut items = Vec::new();
    while let Some(item) = vm.next(iterator)? {
        if items.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        items.push(item);
    }
    Ok(items)
}

/// The receiver of a slot function as its layout: the machine and the wrappers guarantee it.
macro_rules! receiver {
    ($ty:ty, $slf:expr, $vm:expr) => {
        match $slf.downcast::<$ty>() {
            Some(this) => this,
            None => return Err($crate::containers::sequence::bad_receiver($vm)),
        }
    };
}
pub(crate) use receiver;

#[cold]
pub(crate) fn bad_receiver(vm: &Vm) -> Raised {
    vm.system_error("bad argument to internal function")
}
