//! Slots that call special methods: what a class gets for the dunder methods that it defines.

use pyrope_object::buffer::Buffer;
use pyrope_object::layout::Str;
use pyrope_object::protocol::generic_find_attr;
use pyrope_object::{Args, BuiltinType as B, CompareOp, PyResult, Ref, Type, Value, Vm};

use crate::text::memory_view::MemoryView;
use crate::text::memory_view::lent::{lend, lend_natively};

/// Calls a special method of a value; TypeError-free: `None` if its type has none.
pub(crate) fn lookup_and_call(slf: &Value, name: &Ref<Str>, args: &[Value], vm: &Vm) -> PyResult<Option<Value>> {
    vm.check_stack(" while calling a Python object")?;
    vm.call_special(slf, name, args)
}

fn required(slf: &Value, name: &Ref<Str>, args: &[Value], vm: &Vm) -> PyResult {
    match lookup_and_call(slf, name, args, vm)? {
        Some(result) => Ok(result),
        None => Err(vm.no_attribute(slf, name.as_value())),
    }
}

macro_rules! unary {
    ($($slot:ident $name:ident;)*) => {
        $(pub(super) fn $slot(slf: &Value, vm: &Vm) -> PyResult { required(slf, &vm.names().$name, &[], vm) })*
    };
}

unary! {
    negative __neg__; positive __pos__; absolute __abs__; invert __invert__; int __int__; float __float__;
    index __index__; am_await __await__; am_aiter __aiter__; am_anext __anext__;
}

/// One operand's method, or `NotImplemented` if the type has none.
fn try_method(slf: &Value, name: &Ref<Str>, other: &Value, vm: &Vm) -> PyResult {
    Ok(lookup_and_call(slf, name, std::slice::from_ref(other), vm)?.unwrap_or(Value::not_implemented()))
}

/// The logic of CPython's `SLOT1BINFULL`: `is_own` tells whether a type's slot is this very function.
fn binary(a: &Value, b: &Value, is_own: fn(&Type) -> bool, name: &Ref<Str>, rname: &Ref<Str>, vm: &Vm) -> PyResult {
    let (a_type, b_type) = (a.ty(vm), b.ty(vm));
    let mut do_other = !a_type.is(b_type) && is_own(b_type);
    if is_own(a_type) {
        if do_other && b_type.is_subtype(a_type) {
            // The subclass goes first only if it really overrides the reflected method.
            let overrides = match (a_type.lookup(rname, vm), b_type.lookup(rname, vm)) {
                (Some(left), Some(right)) => !left.is(&right),
                (None, Some(_)) => true,
                _ => false,
            };
            if overrides {
                let result = try_method(b, rname, a, vm)?;
                if !result.is_not_implemented() {
                    return Ok(result);
                }
                do_other = false;
            }
        }
        let result = try_method(a, name, b, vm)?;
        if !result.is_not_implemented() || a.ty(vm).is(b.ty(vm)) {
            return Ok(result);
        }
    }
    if do_other { try_method(b, rname, a, vm) } else { Ok(Value::not_implemented()) }
}

macro_rules! binary {
    ($($slot:ident $name:ident $rname:ident;)*) => {
        $(pub(super) fn $slot(a: &Value, b: &Value, vm: &Vm) -> PyResult {
            let names = vm.names();
            binary(a, b, |t| t.slots().$slot.is_some_and(|f| std::ptr::fn_addr_eq(f, $slot as fn(_, _, _) -> _)), &names.$name, &names.$rname, vm)
        })*
    };
}

binary! {
    add __add__ __radd__; subtract __sub__ __rsub__; multiply __mul__ __rmul__; remainder __mod__ __rmod__;
    divmod __divmod__ __rdivmod__; lshift __lshift__ __rlshift__; rshift __rshift__ __rrshift__; and __and__ __rand__;
    xor __xor__ __rxor__; or __or__ __ror__; floor_divide __floordiv__ __rfloordiv__;
    true_divide __truediv__ __rtruediv__; matrix_multiply __matmul__ __rmatmul__;
}

macro_rules! inplace {
    ($($slot:ident $name:ident;)*) => {
        $(pub(super) fn $slot(a: &Value, b: &Value, vm: &Vm) -> PyResult { try_method(a, &vm.names().$name, b, vm) })*
    };
}

inplace! {
    inplace_add __iadd__; inplace_subtract __isub__; inplace_multiply __imul__; inplace_remainder __imod__;
    inplace_lshift __ilshift__; inplace_rshift __irshift__; inplace_and __iand__; inplace_xor __ixor__; inplace_or __ior__;
    inplace_floor_divide __ifloordiv__; inplace_true_divide __itruediv__; inplace_matrix_multiply __imatmul__;
}

pub(super) fn power(a: &Value, b: &Value, modulus: &Value, vm: &Vm) -> PyResult {
    let names = vm.names();
    let is_own = |t: &Type| t.slots().power.is_some_and(|f| std::ptr::fn_addr_eq(f, power as fn(_, _, _, _) -> _));
    if modulus.is_none() {
        return binary(a, b, is_own, &names.__pow__, &names.__rpow__, vm);
    }
    // Three-argument pow has no reflected method before 3.14; with it, __rpow__(base, modulus) is tried.
    if is_own(a.ty(vm)) {
        let result = lookup_and_call(a, &names.__pow__, &[b.clone(), modulus.clone()], vm)?;
        if let Some(result) = result.filter(|r| !r.is_not_implemented()) {
            return Ok(result);
        }
    }
    if is_own(b.ty(vm)) && !a.ty(vm).is(b.ty(vm)) {
        let result = lookup_and_call(b, &names.__rpow__, &[a.clone(), modulus.clone()], vm)?;
        if let Some(result) = result {
            return Ok(result);
        }
    }
    Ok(Value::not_implemented())
}

pub(super) fn inplace_power(a: &Value, b: &Value, _: &Value, vm: &Vm) -> PyResult {
    try_method(a, &vm.names().__ipow__, b, vm)
}

pub(super) fn repr(slf: &Value, vm: &Vm) -> PyResult {
    match lookup_and_call(slf, &vm.names().__repr__, &[], vm)? {
        Some(result) => Ok(result),
        None => super::super::object::default_repr(slf, vm),
    }
}

pub(super) fn str(slf: &Value, vm: &Vm) -> PyResult {
    required(slf, &vm.names().__str__, &[], vm)
}

pub(super) fn hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let method = vm.lookup_special(slf, &vm.names().__hash__)?.filter(|m| !m.is_none());
    let Some(method) = method else {
        return Err(vm.type_error(format!("unhashable type: '{}'", vm.type_name(slf))));
    };
    let result = vm.call(&method, &[])?;
    let Some(n) = result.as_int() else { return Err(vm.type_error("__hash__ method should return an integer")) };
    let hash = match n.to_i64() {
        Some(n) => n,
        // Too large for a word: reduced as the hash of that integer.
        None => vm.hash(&vm.int_from_big(n.to_big().into_owned()))?,
    };
    Ok(if hash == -1 { -2 } else { hash })
}

pub(super) fn call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    vm.check_stack(" while calling a Python object")?;
    match slf.ty(vm).lookup(&vm.names().__call__, vm) {
        None => Err(vm.type_error(format!("'{}' object is not callable", vm.type_name(slf)))),
        Some(found) if found.ty(vm).flags().has(pyrope_object::TypeFlags::METHOD_DESCRIPTOR) => {
            args.behind(slf, |args| vm.call_args(&found, args))
        }
        Some(_) => match vm.lookup_special(slf, &vm.names().__call__)? {
            Some(bound) => vm.call_args(&bound, args),
            None => Err(vm.type_error(format!("'{}' object is not callable", vm.type_name(slf)))),
        },
    }
}

pub(super) fn getattr(slf: &Value, name: &Value, vm: &Vm) -> PyResult {
    let names = vm.names();
    let ty = slf.ty(vm);
    let fallback = ty.lookup(&names.__getattr__, vm);
    let own = ty.lookup(&names.__getattribute__, vm);
    let plain = own.as_ref().is_none_or(|f| super::super::object::is_object_getattribute(f, vm));
    let Some(fallback) = fallback else {
        return match own {
            Some(own) if !plain => vm.call_found(slf, &own, std::slice::from_ref(name)),
            _ => pyrope_object::protocol::generic_getattr(slf, name, vm),
        };
    };
    let result = match own {
        Some(own) if !plain => vm.call_found(slf, &own, std::slice::from_ref(name)),
        _ => match generic_find_attr(slf, name, vm) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => return call_getattr(slf, &fallback, name, vm),
            Err(raised) => Err(raised),
        },
    };
    match result {
        Err(raised) if vm.raised_is(B::AttributeError) => {
            vm.ignore(raised);
            call_getattr(slf, &fallback, name, vm)
        }
        result => result,
    }
}

/// `__getattr__`, whose AttributeError gets to know what was looked for.
fn call_getattr(slf: &Value, method: &Value, name: &Value, vm: &Vm) -> PyResult {
    vm.call_found(slf, method, std::slice::from_ref(name)).map_err(|raised| {
        if !vm.raised_is(B::AttributeError) {
            return raised;
        }
        let exception = vm.catch(raised);
        crate::exceptions::fill_attribute_error(&exception, slf, name);
        vm.reraise(exception)
    })
}

pub(super) fn setattr(slf: &Value, name: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let names = vm.names();
    match value {
        Some(value) => required(slf, &names.__setattr__, &[name.clone(), value.clone()], vm)?,
        None => required(slf, &names.__delattr__, std::slice::from_ref(name), vm)?,
    };
    Ok(())
}

pub(super) fn richcompare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let names = vm.names();
    let name = match op {
        CompareOp::Lt => &names.__lt__,
        CompareOp::Le => &names.__le__,
        CompareOp::Eq => &names.__eq__,
        CompareOp::Ne => &names.__ne__,
        CompareOp::Gt => &names.__gt__,
        CompareOp::Ge => &names.__ge__,
    };
    let Some(found) = slf.ty(vm).lookup(name, vm) else { return Ok(Value::not_implemented()) };
    vm.check_stack(" while calling a Python object")?;
    let ty = found.ty(vm);
    match ty.slots().descr_get.filter(|_| !ty.flags().has(pyrope_object::TypeFlags::METHOD_DESCRIPTOR)) {
        None => vm.call_found(slf, &found, std::slice::from_ref(other)),
        // A binding without result counts as having no such method.
        Some(get) => match get(&found, Some(slf), Some(&slf.ty(vm).to_value()), vm) {
            Ok(bound) => vm.call(&bound, std::slice::from_ref(other)),
            Err(raised) => Ok(vm.suppress(Err(raised), B::AttributeError)?.unwrap_or(Value::not_implemented())),
        },
    }
}

pub(super) fn iter(slf: &Value, vm: &Vm) -> PyResult {
    let names = vm.names();
    match slf.ty(vm).lookup(&names.__iter__, vm) {
        Some(found) if found.is_none() => Err(vm.type_error(format!("'{}' object is not iterable", vm.type_name(slf)))),
        Some(found) => vm.call_found(slf, &found, &[]),
        None if slf.ty(vm).lookup(&names.__getitem__, vm).is_some() => {
            let class = vm.builtin(B::SequenceIterator).to_value();
            vm.call(&class, std::slice::from_ref(slf))
        }
        None => Err(vm.type_error(format!("'{}' object is not iterable", vm.type_name(slf)))),
    }
}

pub(super) fn next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    match required(slf, &vm.names().__next__, &[], vm) {
        Ok(item) => Ok(Some(item)),
        Err(raised) if vm.raised_is(B::StopIteration) => {
            // One that carries a value is kept for `yield from`.
            let stop = vm.catch(raised);
            if crate::exceptions::stop_iteration_value(&stop).is_none() { Ok(None) } else { Err(vm.reraise(stop)) }
        }
        Err(raised) => Err(raised),
    }
}

pub(super) fn descr_get(slf: &Value, object: Option<&Value>, owner: Option<&Value>, vm: &Vm) -> PyResult {
    let none = Value::none();
    let args = [object.unwrap_or(&none).clone(), owner.unwrap_or(&none).clone()];
    match lookup_and_call(slf, &vm.names().__get__, &args, vm)? {
        Some(result) => Ok(result),
        None => Ok(slf.clone()),
    }
}

pub(super) fn descr_set(slf: &Value, object: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let names = vm.names();
    match value {
        Some(value) => required(slf, &names.__set__, &[object.clone(), value.clone()], vm)?,
        None => required(slf, &names.__delete__, std::slice::from_ref(object), vm)?,
    };
    Ok(())
}

pub(super) fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let Some(found) = slf.ty(vm).lookup(&vm.names().__init__, vm) else { return Ok(()) };
    let result = if found.ty(vm).flags().has(pyrope_object::TypeFlags::METHOD_DESCRIPTOR) {
        args.behind(slf, |args| vm.call_args(&found, args))?
    } else {
        match vm.lookup_special(slf, &vm.names().__init__)? {
            Some(bound) => vm.call_args(&bound, args)?,
            None => Value::none(),
        }
    };
    if result.is_none() {
        return Ok(());
    }
    Err(vm.type_error(format!("__init__() should return None, not '{}'", vm.type_name(&result))))
}

/// The `new` slot of a class that defines `__new__`.
pub(crate) fn call_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let class = class.to_value();
    let function = vm.get_attr(&class, vm.names().__new__.as_value())?;
    args.behind(&class, |args| vm.call_args(&function, args))
}

pub(super) fn finalize(slf: &Value, vm: &Vm) {
    let Ok(Some(method)) = vm.lookup_special(slf, &vm.names().__del__) else { return };
    if vm.call(&method, &[]).is_err() {
        let function = slf.ty(vm).lookup(&vm.names().__del__, vm).unwrap_or(method);
        vm.write_unraisable(Some("Exception ignored while calling deallocator"), &function);
    }
}

pub(super) fn bool(slf: &Value, vm: &Vm) -> PyResult<bool> {
    let result = required(slf, &vm.names().__bool__, &[], vm)?;
    match result.as_bool() {
        Some(truth) => Ok(truth),
        None => Err(vm.type_error(format!("__bool__ should return bool, returned {}", vm.type_name(&result)))),
    }
}

pub(super) fn len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    let result = required(slf, &vm.names().__len__, &[], vm)?;
    let index = vm.index(&result)?;
    match index.as_int() {
        Some(n) if n.is_negative() => Err(vm.value_error("__len__() should return >= 0")),
        Some(n) => match n.to_i64() {
            Some(n) => Ok(n as usize),
            None => Err(vm.overflow_error("cannot fit 'int' into an index-sized integer")),
        },
        None => Ok(0),
    }
}

pub(super) fn mp_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    required(slf, &vm.names().__getitem__, std::slice::from_ref(key), vm)
}

pub(super) fn mp_ass_subscript(slf: &Value, key: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let names = vm.names();
    match value {
        Some(value) => required(slf, &names.__setitem__, &[key.clone(), value.clone()], vm)?,
        None => required(slf, &names.__delitem__, std::slice::from_ref(key), vm)?,
    };
    Ok(())
}

pub(super) fn sq_item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    required(slf, &vm.names().__getitem__, &[vm.int(index as i64)], vm)
}

pub(super) fn sq_ass_item(slf: &Value, index: isize, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    mp_ass_subscript(slf, &vm.int(index as i64), value, vm)
}

pub(super) fn contains(slf: &Value, item: &Value, vm: &Vm) -> PyResult<bool> {
    match slf.ty(vm).lookup(&vm.names().__contains__, vm) {
        Some(found) if found.is_none() => {
            Err(vm.type_error(format!("'{}' object is not a container", vm.type_name(slf))))
        }
        Some(found) => {
            let result = vm.call_found(slf, &found, std::slice::from_ref(item))?;
            vm.is_true(&result)
        }
        None => {
            let mut present = false;
            let iterator = vm.iter(slf)?;
            while let Some(candidate) = vm.next(&iterator)? {
                if vm.equal(&candidate, item)? {
                    present = true;
                    break;
                }
            }
            Ok(present)
        }
    }
}

pub(super) fn buffer(slf: &Value, flags: u32, vm: &Vm) -> PyResult<Buffer> {
    let view = required(slf, &vm.names().__buffer__, &[vm.int(i64::from(flags))], vm)?;
    let (Some(lent), Some(get)) = (view.cast::<MemoryView>(), view.ty(vm).slots().buffer) else {
        return Err(vm.type_error(format!("__buffer__ returned non-memoryview object (type {})", vm.type_name(&view))));
    };
    lend(slf, lent, get(&view, flags, vm)?, vm)
}

/// The buffer of a native base, of whose end `__release_buffer__` is told.
pub(crate) fn told_buffer(slf: &Value, flags: u32, vm: &Vm) -> PyResult<Buffer> {
    let mro = slf.ty(vm).mro();
    match mro.iter().find_map(|class| class.slots().buffer.filter(|_| !class.is_heap())) {
        Some(native) => Ok(lend_natively(slf, native(slf, flags, vm)?, vm)),
        None => buffer(slf, flags, vm),
    }
}
