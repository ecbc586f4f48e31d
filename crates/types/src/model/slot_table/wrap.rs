//! Calling a native slot as a special method.

use pyrope_object::slots::{
    BinaryFn, BufferFn, CallFn, CompareFn, ContainsFn, DescrGetFn, DescrSetFn, FinalizeFn, GetattrFn, HashFn, InitFn,
    InquiryFn, ItemFn, LenFn, NextFn, RepeatFn, SetItemFn, SetSubscriptFn, SetattrFn, TernaryFn, UnaryFn,
};
use pyrope_object::{Args, CompareOp, PyResult, Str, Value, Vm};

use crate::text::memory_view::MemoryView;
use crate::text::memory_view::lent::lend_natively;

fn exactly<'a, const N: usize>(args: Args<'a>, vm: &Vm, name: &str) -> PyResult<&'a [Value; N]> {
    no_keywords(args, name, vm)?;
    let given = args.positional();
    given.try_into().map_err(|_| {
        // CPython counts one argument by hand and unpacks more by a function that knows the name.
        let (what, plural) = if N < 2 { (String::new(), ["s", ""][N]) } else { (format!("{name} "), "s") };
        vm.type_error(format!("{what}expected {N} argument{plural}, got {}", given.len()))
    })
}

/// The arguments of `__get__`: one or two.
fn of_get<'a>(args: Args<'a>, name: &str, vm: &Vm) -> PyResult<&'a [Value]> {
    no_keywords(args, name, vm)?;
    let given = args.positional();
    match given.len() {
        1 | 2 => Ok(given),
        0 => Err(vm.type_error(format!("{name} expected at least 1 argument, got 0"))),
        n => Err(vm.type_error(format!("{name} expected at most 2 arguments, got {n}"))),
    }
}

/// The arguments of `__pow__` and its like: one or two.
fn of_power<'a>(args: Args<'a>, name: &str, vm: &Vm) -> PyResult<&'a [Value]> {
    no_keywords(args, name, vm)?;
    let given = args.positional();
    match given.len() {
        1 | 2 => Ok(given),
        n => Err(vm.type_error(format!("expected 1 or 2 arguments, got {n}"))),
    }
}

fn no_keywords(args: Args<'_>, name: &str, vm: &Vm) -> PyResult<()> {
    if args.keyword_count() > 0 {
        return Err(vm.type_error(format!("wrapper {name}() takes no keyword arguments")));
    }
    Ok(())
}

fn int(value: Option<i64>, vm: &Vm) -> PyResult<isize> {
    value.map(|n| n as isize).ok_or_else(|| vm.overflow_error("cannot fit 'int' into an index-sized integer"))
}

pub(super) fn unary(f: UnaryFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    exactly::<0>(args, vm, name)?;
    f(slf, vm)
}

pub(super) fn inquiry(f: InquiryFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    exactly::<0>(args, vm, name)?;
    f(slf, vm).map(Value::bool)
}

pub(super) fn finalize(f: FinalizeFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    exactly::<0>(args, vm, name)?;
    f(slf, vm);
    Ok(Value::none())
}

pub(super) fn hash(f: HashFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    exactly::<0>(args, vm, name)?;
    Ok(vm.int(f(slf, vm)?))
}

pub(super) fn len(f: LenFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    exactly::<0>(args, vm, name)?;
    Ok(vm.int_from_usize(f(slf, vm)?))
}

pub(super) fn call(f: CallFn, _: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    f(slf, args, vm)
}

pub(super) fn init(f: InitFn, _: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    f(slf, args, vm)?;
    Ok(Value::none())
}

pub(super) fn next(f: NextFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    exactly::<0>(args, vm, name)?;
    match f(slf, vm)? {
        Some(item) => Ok(item),
        None => Err(vm.stop_iteration(Value::none())),
    }
}

pub(super) fn getattr(f: GetattrFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [attribute] = exactly(args, vm, name)?;
    check_attribute_name(attribute, vm)?;
    f(slf, attribute, vm)
}

fn check_attribute_name(name: &Value, vm: &Vm) -> PyResult<()> {
    if name.downcast::<Str>().is_none() {
        return Err(vm.type_error(format!("attribute name must be string, not '{}'", vm.type_name(name))));
    }
    Ok(())
}

/// `object.__setattr__` on a class whose nearest native base has another one is refused, as CPython's `hackcheck`.
fn check_most_specific(f: SetattrFn, slf: &Value, what: &str, vm: &Vm) -> PyResult<()> {
    let mut at = Some(pyrope_object::value_of(slf.ty(vm))).and_then(|t| t.cast::<pyrope_object::Type>());
    while let Some(ty) = at {
        if !ty.is_heap() {
            return match ty.slots().setattr {
                Some(own) if !std::ptr::fn_addr_eq(own, f) => {
                    Err(vm.type_error(format!("can't apply this {what} to {} object", vm.type_name(slf))))
                }
                _ => Ok(()),
            };
        }
        at = ty.base();
    }
    Ok(())
}

pub(super) fn setattr(f: SetattrFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [attribute, value] = exactly(args, vm, name)?;
    check_most_specific(f, slf, "__setattr__", vm)?;
    check_attribute_name(attribute, vm)?;
    f(slf, attribute, Some(value), vm)?;
    Ok(Value::none())
}

pub(super) fn delattr(f: SetattrFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [attribute] = exactly(args, vm, name)?;
    check_most_specific(f, slf, "__delattr__", vm)?;
    check_attribute_name(attribute, vm)?;
    f(slf, attribute, None, vm)?;
    Ok(Value::none())
}

pub(super) fn compare(f: CompareFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [other] = exactly(args, vm, name)?;
    let op = match name {
        "__lt__" => CompareOp::Lt,
        "__le__" => CompareOp::Le,
        "__eq__" => CompareOp::Eq,
        "__ne__" => CompareOp::Ne,
        "__gt__" => CompareOp::Gt,
        _ => CompareOp::Ge,
    };
    f(slf, other, op, vm)
}

pub(super) fn descr_get(f: DescrGetFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let given = of_get(args, name, vm)?;
    let object = given.first().filter(|v| !v.is_none());
    let owner = given.get(1).filter(|v| !v.is_none());
    if object.is_none() && owner.is_none() {
        return Err(vm.type_error("__get__(None, None) is invalid"));
    }
    f(slf, object, owner, vm)
}

pub(super) fn descr_set(f: DescrSetFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [object, value] = exactly(args, vm, name)?;
    f(slf, object, Some(value), vm)?;
    Ok(Value::none())
}

pub(super) fn descr_delete(f: DescrSetFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [object] = exactly(args, vm, name)?;
    f(slf, object, None, vm)?;
    Ok(Value::none())
}

pub(super) fn buffer(f: BufferFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [requested] = exactly(args, vm, name)?;
    let requested = match vm.index_i64(requested)? {
        Some(requested) if i32::try_from(requested).is_ok() => requested as u32,
        _ => return Err(vm.overflow_error("buffer flags out of range")),
    };
    // Of this very slot's buffer: the type of `slf` may have another one, which calls this.
    let buffer = lend_natively(slf, f(slf, requested, vm)?, vm);
    Ok(MemoryView::from_buffer(buffer, vm).into_value())
}

pub(super) fn binary_left(f: BinaryFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [other] = exactly(args, vm, name)?;
    f(slf, other, vm)
}

pub(super) fn binary_right(f: BinaryFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [other] = exactly(args, vm, name)?;
    f(other, slf, vm)
}

pub(super) fn power_left(f: TernaryFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let given = of_power(args, name, vm)?;
    f(slf, &given[0], given.get(1).unwrap_or(&Value::none()), vm)
}

pub(super) fn power_right(f: TernaryFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let given = of_power(args, name, vm)?;
    f(&given[0], slf, given.get(1).unwrap_or(&Value::none()), vm)
}

pub(super) fn set_subscript(f: SetSubscriptFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [key, value] = exactly(args, vm, name)?;
    f(slf, key, Some(value), vm)?;
    Ok(Value::none())
}

pub(super) fn delete_subscript(f: SetSubscriptFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [key] = exactly(args, vm, name)?;
    f(slf, key, None, vm)?;
    Ok(Value::none())
}

pub(super) fn repeat(f: RepeatFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [count] = exactly(args, vm, name)?;
    let count = int(vm.index_i64(count)?, vm)?;
    f(slf, count, vm)
}

fn sequence_index(slf: &Value, key: &Value, vm: &Vm) -> PyResult<isize> {
    let index = int(vm.index_i64(key)?, vm)?;
    match slf.ty(vm).slots().sq_length {
        Some(len) if index < 0 => Ok(index.saturating_add(len(slf, vm)? as isize)),
        _ => Ok(index),
    }
}

pub(super) fn item(f: ItemFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [key] = exactly(args, vm, name)?;
    f(slf, sequence_index(slf, key, vm)?, vm)
}

pub(super) fn set_item(f: SetItemFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [key, value] = exactly(args, vm, name)?;
    f(slf, sequence_index(slf, key, vm)?, Some(value), vm)?;
    Ok(Value::none())
}

pub(super) fn delete_item(f: SetItemFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [key] = exactly(args, vm, name)?;
    f(slf, sequence_index(slf, key, vm)?, None, vm)?;
    Ok(Value::none())
}

pub(super) fn contains(f: ContainsFn, name: &str, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let [item] = exactly(args, vm, name)?;
    f(slf, item, vm).map(Value::bool)
}
