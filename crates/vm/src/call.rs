//! Calls between native code and Python functions, and the shortcuts of the CALL instructions.
#![allow(unsafe_code, reason = "the first test of every call: is the callable a Python function?")]

use pyrope_object::layout::{Dict, List, Plain, Str, Tuple};
use pyrope_object::shape::builtin_shape;
use pyrope_object::{Args, BuiltinType as B, NativeFn, Object, OwnedArgs, PyResult, Ref, Type, TypeFlags, Value, Vm};
use pyrope_types::containers::set::Set;
use pyrope_types::model::builtin_function::{BuiltinFunction, Method};
use pyrope_types::model::descriptors::MethodDescriptor;

use crate::errors;
use crate::eval::{Flow, run_frame};
use crate::function::plan::Plan;
use crate::function::{Function, bind_arguments};
use crate::inline_cache::Cache;
use crate::instructions::containers::{NotMapping, each_entry};
use crate::ops::Op;
use crate::stack::{Frame, Machine, Slot, machine};

/// The Python function that a value is.
#[inline(always)]
pub fn as_function<'a>(value: &'a Value, machine: &Machine) -> Option<&'a Function> {
    let header = value.header()?;
    if std::ptr::eq(header.ty(), machine.function_type) {
        // SAFETY: `function` cannot be subclassed and has this layout.
        Some(unsafe { &*std::ptr::from_ref(header).cast::<Function>() })
    } else {
        None
    }
}

/// A fresh frame of `function` with its arguments bound.
#[inline(never)]
pub fn bound_frame(function: &Function, args: Args<'_>, vm: &Vm, machine: &Machine) -> PyResult<*mut Frame> {
    let frame = machine.new_frame(Ref::from_borrowed(function), vm)?;
    // SAFETY: a fresh frame.
    match bind_arguments(unsafe { &*frame }, args, vm) {
        Ok(()) => Ok(frame),
        Err(raised) => {
            machine.drop_frame(frame);
            Err(raised)
        }
    }
}

/// A fresh frame of a function that takes the arguments as they are, if it needs no more than a few words.
#[inline(always)]
fn plain_frame(function: &Function, args: Args<'_>, vm: &Vm, machine: &Machine) -> Option<*mut Frame> {
    if args.keyword_count() != 0 {
        return None;
    }
    frame_of_values(function, None, args.positional(), vm, machine)
}

/// The same for a receiver, if there is one, and values.
#[inline(always)]
fn frame_of_values(
    function: &Function,
    receiver: Option<&Value>,
    values: &[Value],
    vm: &Vm,
    machine: &Machine,
) -> Option<*mut Frame> {
    if !function.accepts_exactly(values.len() + usize::from(receiver.is_some())) {
        return None;
    }
    let frame = machine.quick_frame(function, vm.recursion_remaining.get())?;
    let _owned_by_the_frame = pyrope_object::value_of(function).into_bits();
    for (index, value) in receiver.into_iter().chain(values).enumerate() {
        // SAFETY: the function takes so many arguments; the locals of the fresh frame are unbound.
        unsafe { (*frame).slots().add(index).write(Some(value.clone())) };
    }
    Some(frame)
}

/// `function(*args, **kwargs)` from native code.
pub fn function_call(function: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let machine = machine(vm);
    match as_function(function, machine) {
        Some(function) => {
            let frame = match plain_frame(function, args, vm, machine) {
                Some(frame) => frame,
                None => bound_frame(function, args, vm, machine)?,
            };
            run_frame(frame, vm)
        }
        None => Err(vm.type_error("not a Python function")),
    }
}

/// A bound method.
pub fn bound_method(function: &Value, instance: &Value, vm: &Vm) -> Value {
    pyrope_types::model::builtin_function::bound_method(function.clone(), instance.clone(), vm)
}

/// Function and instance of a bound method.
#[inline(always)]
pub fn unwrap_method(value: &Value) -> Option<(&Value, &Value)> {
    if value.shape() != builtin_shape(B::Method) {
        return None;
    }
    value.downcast_exact::<Method>().map(|method| (&method.function, &method.instance))
}

/// Calls what is no Python function with positional arguments.
#[inline(always)]
fn call_value(callable: &Value, values: &[Value], vm: &Vm) -> PyResult {
    let shape = callable.shape();
    if shape == builtin_shape(B::MethodDescriptor) {
        if let Some(method) = callable.downcast_exact::<MethodDescriptor>()
            && let Some((receiver, rest)) = values.split_first()
            && receiver.ty(vm).is(&method.owner)
        {
            match method.def.function {
                NativeFn::NoArgs(function) if rest.is_empty() => return function(receiver, vm),
                NativeFn::One(function) if rest.len() == 1 => return function(receiver, &rest[0], vm),
                NativeFn::Any(function) => return function(receiver, Args::positional_only(rest), vm),
                _ => {}
            }
        }
    } else if shape == builtin_shape(B::BuiltinFunction)
        && let Some(native) = callable.downcast_exact::<BuiltinFunction>()
    {
        match native.def.function {
            NativeFn::NoArgs(function) if values.is_empty() => return function(&native.slf, vm),
            NativeFn::One(function) if values.len() == 1 => return function(&native.slf, &values[0], vm),
            NativeFn::Any(function) => return function(&native.slf, Args::positional_only(values), vm),
            _ => {}
        }
    }
    vm.call_args(callable, Args::positional_only(values))
}

/// Calls a native function or method with operands as CALL has them, and drops them.
#[inline(never)]
pub fn call_natively(operands: &mut [Slot], vm: &Vm) -> PyResult {
    let Some(callable) = operands[0].as_ref() else { return Err(vm.system_error("CALL without callable")) };
    let result = call_value(callable, given(&operands[1..]), vm)?;
    clear(operands);
    Ok(result)
}

/// The instruction that calls what this one called quicker the next time.
#[inline(never)]
pub fn specialised(operands: &[Slot], cache: &Cache, machine: &Machine, vm: &Vm) -> Op {
    let [Some(callable), first, rest @ ..] = operands else { return Op::Call };
    if let Some(function) = as_function(callable, machine) {
        let given = rest.len() + usize::from(first.is_some());
        let by_defaults = function.completed_by_defaults(given).is_some_and(|missing| missing > 0);
        return if by_defaults { Op::CallDefaults } else { Op::Call };
    }
    if let Some(method) = callable.downcast_exact::<MethodDescriptor>() {
        let Some(receiver) = first else { return Op::CallNative };
        if !receiver.ty(vm).is(&method.owner) || !receiver.is_pointer() {
            return Op::CallNative;
        }
        return match method.def.function {
            NativeFn::NoArgs(_) if rest.is_empty() => Op::CallMethodNoArgs,
            NativeFn::One(_) if rest.len() == 1 => {
                if method.def.name == "append" && (*method.owner).is(vm.builtin(B::List)) {
                    cache.way.version.set(0);
                    cache.way.word.set(callable.bits());
                    return Op::CallListAppend;
                }
                Op::CallMethodOne
            }
            _ => Op::CallNative,
        };
    }
    if let Some(native) = callable.downcast_exact::<BuiltinFunction>() {
        return match native.def.function {
            NativeFn::One(_) if first.is_none() && rest.len() == 1 => Op::CallNativeOne,
            _ => Op::CallNative,
        };
    }
    if first.is_none() && rest.len() == 1 && callable.is(&vm.builtin(B::Type).to_value()) {
        return Op::CallType;
    }
    if first.is_none() && plain_init(callable, cache, machine, vm).is_some() {
        return Op::CallClass;
    }
    if is_native(callable, machine) { Op::CallNative } else { Op::Call }
}

/// Is this a native function or method, or a native type, which has no Python function to enter?
#[inline(always)]
pub fn is_native(callable: &Value, machine: &Machine) -> bool {
    let shape = callable.shape();
    shape == builtin_shape(B::BuiltinFunction)
        || shape == builtin_shape(B::MethodDescriptor)
        || exact_class(callable, machine).is_some_and(|class| !class.is_heap())
}

/// What became of a call.
pub enum Called {
    /// It is done, with this result.
    Done(Value),
    /// The frame of a Python function is ready.
    Frame(*mut Frame),
    /// The frame of an `__init__` is ready; the new instance took the callable's place.
    Init(*mut Frame),
}

/// Calls with operands as CALL has them: the callable, null or a first argument, the others. The operands are dropped.
#[inline(never)]
pub fn call_operands(operands: &mut [Slot], cache: &Cache, vm: &Vm, machine: &Machine) -> PyResult<Called> {
    let Some(callable) = operands[0].as_ref() else { return Err(vm.system_error("CALL without callable")) };
    if as_function(callable, machine).is_some() {
        return call_python(operands, vm, machine);
    }
    let shape = callable.shape();
    if shape == builtin_shape(B::MethodDescriptor) || shape == builtin_shape(B::BuiltinFunction) {
        let result = call_value(callable, given(&operands[1..]), vm)?;
        clear(operands);
        return Ok(Called::Done(result));
    }
    if expose_function(operands, vm, machine) {
        return call_python(operands, vm, machine);
    }
    let Some(callable) = operands[0].as_ref() else { return Err(vm.system_error("CALL without callable")) };
    // A decorator's only argument lies where the receiver would: such calls are rare.
    if operands[1].is_none()
        && let Some((class, init)) = plain_init(callable, cache, machine, vm)
    {
        let instance = new_plain(class, vm);
        return call_init(operands, &[], instance, &init, vm, machine);
    }
    let result = call_value(callable, given(&operands[1..]), vm)?;
    clear(operands);
    Ok(Called::Done(result))
}

/// Puts the Python function that calling a bound method or an instance comes to into the callable's place, and the
/// receiver behind it. True if there is such a function.
#[inline(always)]
fn expose_function(operands: &mut [Slot], vm: &Vm, machine: &Machine) -> bool {
    let [Some(callable), first @ None, ..] = operands else { return false };
    if let Some((function, instance)) = unwrap_method(callable) {
        if as_function(function, machine).is_none() {
            return false;
        }
        let (function, instance) = (function.clone(), instance.clone());
        *first = Some(instance);
        drop(std::mem::replace(callable, function));
        return true;
    }
    match python_call_of(callable, machine, vm) {
        Some(function) => {
            *first = Some(std::mem::replace(callable, function));
            true
        }
        None => false,
    }
}

/// Readies the frame of a Python function, the first of the operands.
#[inline(always)]
fn call_python(operands: &mut [Slot], vm: &Vm, machine: &Machine) -> PyResult<Called> {
    let [Some(callable), arguments @ ..] = &mut *operands else {
        return Err(vm.system_error("CALL without callable"));
    };
    let Some(function) = as_function(callable, machine) else { return Err(vm.system_error("CALL without function")) };
    let frame = frame_of(function, arguments, &[], vm, machine)?;
    clear(operands);
    Ok(Called::Frame(frame))
}

/// The Python function that is the `__call__` of an instance's class.
#[inline(always)]
fn python_call_of(callable: &Value, machine: &Machine, vm: &Vm) -> Option<Value> {
    let class = callable.ty(vm);
    if !class.is_heap() || class.slots().call.is_none() {
        return None;
    }
    class.lookup(&vm.names().__call__, vm).filter(|call| as_function(call, machine).is_some())
}

/// Readies the frame of a plain class's `__init__`.
#[inline(always)]
fn call_init(
    operands: &mut [Slot],
    names: &[Value],
    instance: Value,
    init: &Value,
    vm: &Vm,
    machine: &Machine,
) -> PyResult<Called> {
    let Some(function) = as_function(init, machine) else { return Err(vm.system_error("__init__ without function")) };
    operands[1] = Some(instance.clone());
    let frame = frame_of(function, &mut operands[1..], names, vm, machine)?;
    clear(&mut operands[1..]);
    drop(operands[0].replace(instance));
    Ok(Called::Init(frame))
}

/// A fresh frame of `function` with the arguments in `operands` (of which the first may be null) and their names, the
/// last ones' of them. What can be moved to the frame is.
#[inline(always)]
fn frame_of(
    function: &Function,
    operands: &mut [Slot],
    names: &[Value],
    vm: &Vm,
    machine: &Machine,
) -> PyResult<*mut Frame> {
    let plan = Plan::new(function, given_slots(operands), names);
    match plan {
        Some(plan) => plan.frame(function, given_slots(operands), vm, machine),
        None => bound_frame(function, Args::new(given(operands), names), vm, machine),
    }
}

/// The same as [`call_operands`] with a tuple of keyword names on top.
#[inline(never)]
pub fn call_with_names(operands: &mut [Slot], vm: &Vm, machine: &Machine) -> PyResult<Called> {
    let Some((Some(names), operands)) = operands.split_last_mut() else {
        return Err(vm.system_error("CALL_KW without names"));
    };
    let names_of_values = names.downcast::<Tuple>().map_or(&[][..], |n| n.as_slice());
    let called = call_named(operands, names_of_values, vm, machine)?;
    // The names are a constant, which the code keeps as well.
    let names = std::mem::replace(names, Value::none());
    drop(names);
    Ok(called)
}

#[inline(always)]
fn call_named(operands: &mut [Slot], names: &[Value], vm: &Vm, machine: &Machine) -> PyResult<Called> {
    expose_function(operands, vm, machine);
    let [Some(callable), values @ ..] = &mut *operands else {
        return Err(vm.system_error("CALL_KW without callable"));
    };
    if let Some(function) = as_function(callable, machine) {
        let frame = frame_of(function, values, names, vm, machine)?;
        clear(operands);
        return Ok(Called::Frame(frame));
    }
    if matches!(values.first(), Some(None))
        && let Some(class) = exact_class(callable, machine)
        && let Some(init) = find_plain_init(callable, machine, vm)
    {
        let instance = new_plain(class, vm);
        return call_init(operands, names, instance, &init, vm, machine);
    }
    let called = call_with(callable, Args::new(given(values), names), vm, machine)?;
    clear(operands);
    Ok(called)
}

/// `f(*iterable, **mapping)`, as CALL_FUNCTION_EX has its operands. They are dropped.
#[inline(never)]
pub fn call_spread(operands: &mut [Slot], vm: &Vm, machine: &Machine) -> PyResult<Called> {
    let [Some(_), _, Some(iterable), mapping] = &mut *operands else {
        return Err(vm.system_error("CALL_FUNCTION_EX without operands"));
    };
    if let Some(list) = iterable.downcast_exact::<List>() {
        let values = vm.new_tuple(list.to_vec()).into_value();
        drop(std::mem::replace(iterable, values));
    }
    let plain = iterable.downcast_exact::<Tuple>().is_some()
        && mapping.as_ref().is_none_or(|mapping| mapping.downcast_exact::<Dict>().is_some());
    if plain && let Some(called) = call_spread_plainly(operands, vm, machine)? {
        return Ok(called);
    }
    let [Some(callable), receiver, Some(iterable), mapping] = &*operands else {
        return Err(vm.system_error("CALL_FUNCTION_EX without operands"));
    };
    let mut args = spread_arguments(callable, iterable, mapping.as_ref(), vm)?;
    if let Some(receiver) = receiver {
        args.values.insert(0, receiver.clone());
    }
    let called = call_with(callable, args.as_args(), vm, machine)?;
    clear(operands);
    Ok(called)
}

/// The same for a tuple and a dict or nothing. `None` if it takes memory to lay the arguments out.
fn call_spread_plainly(operands: &mut [Slot], vm: &Vm, machine: &Machine) -> PyResult<Option<Called>> {
    let exposed = expose_function(operands, vm, machine);
    let [Some(callable), receiver, Some(iterable), mapping] = &*operands else { return Ok(None) };
    let keywords = mapping.as_ref().and_then(Value::downcast_exact::<Dict>).filter(|keywords| !keywords.is_empty());
    let values = iterable.downcast_exact::<Tuple>().map_or(&[][..], Tuple::as_slice);
    if let Some(function) = as_function(callable, machine) {
        let Some(frame) = spread_frame(function, receiver.as_ref(), values, keywords, vm, machine)? else {
            return Ok(None);
        };
        clear(operands);
        return Ok(Some(Called::Frame(frame)));
    }
    if !exposed
        && let Some(class) = exact_class(callable, machine)
        && let Some(init) = find_plain_init(callable, machine, vm)
        && let Some(function) = as_function(&init, machine)
    {
        let instance = new_plain(class, vm);
        let Some(frame) = spread_frame(function, Some(&instance), values, keywords, vm, machine)? else {
            return Ok(None);
        };
        clear(&mut operands[1..]);
        drop(operands[0].replace(instance));
        return Ok(Some(Called::Init(frame)));
    }
    if keywords.is_some() || receiver.is_some() {
        return Ok(None);
    }
    let value = vm.call_args(callable, Args::positional_only(values))?;
    clear(operands);
    Ok(Some(Called::Done(value)))
}

/// A fresh frame of a function for a receiver, a tuple's items and a dict's; `None` if they are too many to be laid out
/// without memory, or the dict has other keys than strings.
fn spread_frame(
    function: &Function,
    receiver: Option<&Value>,
    values: &[Value],
    keywords: Option<&Dict>,
    vm: &Vm,
    machine: &Machine,
) -> PyResult<Option<*mut Frame>> {
    /// So many arguments, and names of them, lie on the native stack.
    const FEW: usize = 12;
    if keywords.is_none()
        && let Some(frame) = frame_of_values(function, receiver, values, vm, machine)
    {
        return Ok(Some(frame));
    }
    let named = keywords.map_or(0, Dict::len);
    if usize::from(receiver.is_some()) + values.len() + named > FEW {
        return Ok(None);
    }
    let mut slots = [const { None::<Value> }; FEW];
    let mut names = [const { Value::none() }; FEW];
    let mut count = 0;
    for value in receiver.into_iter().chain(values) {
        slots[count] = Some(value.clone());
        count += 1;
    }
    if let Some(keywords) = keywords {
        let mut position = 0;
        for name in &mut names[..named] {
            let Some(entry) = keywords.next_entry(&mut position) else { return Ok(None) };
            if entry.key.downcast::<Str>().is_none() {
                return Ok(None);
            }
            *name = entry.key;
            slots[count] = Some(entry.value);
            count += 1;
        }
    }
    frame_of(function, &mut slots[..count], &names[..named], vm, machine).map(Some)
}

#[inline(always)]
fn call_with(callable: &Value, args: Args<'_>, vm: &Vm, machine: &Machine) -> PyResult<Called> {
    match as_function(callable, machine) {
        Some(function) => match plain_frame(function, args, vm, machine) {
            Some(frame) => Ok(Called::Frame(frame)),
            None => bound_frame(function, args, vm, machine).map(Called::Frame),
        },
        None => vm.call_args(callable, args).map(Called::Done),
    }
}

/// The slots with arguments: all but a null first.
#[inline(always)]
fn given_slots(slots: &mut [Slot]) -> &mut [Slot] {
    match slots {
        [None, rest @ ..] => rest,
        all => all,
    }
}

/// The arguments in slots, of which only the first may be null.
#[inline(always)]
fn given(slots: &[Slot]) -> &[Value] {
    let slots = match slots {
        [None, rest @ ..] => rest,
        all => all,
    };
    // SAFETY: a slot that is not null is a value.
    unsafe { std::slice::from_raw_parts(slots.as_ptr().cast(), slots.len()) }
}

/// Drops operands, the top one first.
#[inline(always)]
fn clear(operands: &mut [Slot]) {
    for slot in operands.iter_mut().rev() {
        drop(slot.take());
    }
}

/// The class that a value is, if its metaclass calls it as `type` does.
#[inline(always)]
fn exact_class<'a>(value: &'a Value, machine: &Machine) -> Option<&'a Type> {
    let header = value.header()?;
    let metaclass = header.ty();
    let called_by_type = || match (metaclass.slots().call, machine.type_call) {
        (Some(own), Some(plain)) => std::ptr::fn_addr_eq(own, plain),
        _ => false,
    };
    // SAFETY: only types inherit how `type` is called, and their instances have this layout.
    (std::ptr::eq(metaclass, machine.type_type) || called_by_type())
        .then(|| unsafe { &*std::ptr::from_ref(header).cast::<Type>() })
}

/// The `__init__` of a plain class: a Python class whose instances `object.__new__` makes and whose metaclass
/// calls it as `type` does.
#[inline(always)]
fn plain_init<'a>(callable: &'a Value, cache: &Cache, machine: &Machine, vm: &Vm) -> Option<(&'a Type, Value)> {
    let class = exact_class(callable, machine)?;
    let version = class.current_version();
    if version != 0 && version == cache.way.version.get() {
        // SAFETY: the class whose version holds owns the value; it is counted before it is given out.
        let init = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(cache.way.word.get()) });
        return Some((class, Value::clone(&init)));
    }
    let init = find_plain_init(callable, machine, vm)?;
    cache.way.version.set(class.version());
    cache.way.word.set(init.bits());
    Some((class, init))
}

#[inline(never)]
fn find_plain_init(callable: &Value, machine: &Machine, vm: &Vm) -> Option<Value> {
    let class = callable.downcast::<Type>()?;
    let plain = match (class.slots().new, vm.builtin(B::Object).slots().new) {
        (Some(own), Some(plain)) => std::ptr::fn_addr_eq(own, plain),
        _ => false,
    };
    let plainly_laid_out = class.derives_layout(<Plain as Object>::def());
    if !plain || !plainly_laid_out || !class.is_heap() || class.flags().has(TypeFlags::ABSTRACT) {
        return None;
    }
    class.lookup(&vm.names().__init__, vm).filter(|init| as_function(init, machine).is_some())
}

/// The class and `__init__` that a CALL remembers, if it calls that class again.
#[inline(always)]
pub fn remembered_class<'a>(callable: &'a Value, cache: &Cache, machine: &Machine) -> Option<(&'a Type, &'a Function)> {
    let class = exact_class(callable, machine)?;
    let version = class.current_version();
    // SAFETY: `plain_init` set both; the class whose version holds owns the function.
    (version != 0 && version == cache.way.version.get())
        .then(|| (class, unsafe { &*(cache.way.word.get() as *const Function) }))
}

/// A fresh instance of a class that passed [`plain_init`].
#[inline(never)]
pub fn new_plain(class: &Type, vm: &Vm) -> Value {
    pyrope_object::lifetime::new_instance(vm, class).into_value()
}

/// TypeError for an `__init__` that returned something.
#[cold]
#[inline(never)]
pub fn bad_init(value: Value, vm: &Vm) -> Flow {
    let kind = vm.type_name(&value);
    let _raised = vm.type_error(format!("__init__() should return None, not '{kind}'"));
    Flow::Raise
}

/// The arguments of `f(*iterable, **mapping)`.
#[inline(never)]
pub fn spread_arguments(callable: &Value, iterable: &Value, mapping: Option<&Value>, vm: &Vm) -> PyResult<OwnedArgs> {
    let mut args = OwnedArgs::default();
    match iterable.downcast_exact::<Tuple>() {
        Some(tuple) => args.values.extend_from_slice(tuple.as_slice()),
        None => {
            let slots = iterable.ty(vm).slots();
            if slots.iter.is_none() && slots.sq_item.is_none() {
                return Err(errors::not_an_iterable_argument(callable, iterable, vm));
            }
            args.values = vm.collect(iterable)?;
        }
    }
    let Some(mapping) = mapping else { return Ok(args) };
    let mut names = Vec::new();
    let result = each_entry(mapping, vm, |key, value| {
        if key.downcast::<Str>().is_none() && !takes_any_keyword(callable, vm) {
            return Err(vm.type_error("keywords must be strings"));
        }
        names.push(key);
        args.values.push(value);
        Ok(())
    });
    match result {
        Ok(()) => {
            args.kwnames = names;
            Ok(args)
        }
        Err(NotMapping::Raised(raised)) => Err(raised),
        Err(NotMapping::NoKeys) => Err(errors::not_a_mapping(callable, mapping, vm)),
    }
}

/// Sees it keywords that are no strings? As in CPython classes that a program made do, and native methods of their
/// instances: what is called as a last resort, with a dict. Most of them refuse such keywords themselves.
fn takes_any_keyword(callable: &Value, vm: &Vm) -> bool {
    if let Some(class) = callable.downcast::<Type>() {
        let plain = callable.ty(vm).is(vm.builtin(B::Type));
        return plain && (class.is_heap() || class.is(vm.builtin(B::Object)));
    }
    let method = callable.downcast::<BuiltinFunction>();
    method.is_some_and(|method| matches!(method.def.function, NativeFn::Any(_)) && method.slf.ty(vm).is_heap())
}

/// `set.add(item)`
pub fn set_insert(set: &Value, item: &Value, vm: &Vm) -> PyResult<()> {
    match set.downcast::<Set>() {
        Some(set) => set.add(item.clone(), vm),
        // A program can give `__conditional_annotations__` any value.
        None => Err(vm.type_error(format!("'{}' object is not a set", vm.type_name(set)))),
    }
}

/// The next item of an iterator; a StopIteration is the end.
#[inline(never)]
pub fn next_item(iterator: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    match iterator.ty(vm).slots().next {
        Some(next) => match next(iterator, vm) {
            Ok(item) => Ok(item),
            Err(raised) => end_of_iteration(raised, vm),
        },
        None => Err(vm.type_error(format!("'{}' object is not an iterator", vm.type_name(iterator)))),
    }
}

#[cold]
#[inline(never)]
fn end_of_iteration(raised: pyrope_object::Raised, vm: &Vm) -> PyResult<Option<Value>> {
    if vm.raised_is(B::StopIteration) {
        crate::monitor::stopped(vm)?;
        vm.ignore(raised);
        return Ok(None);
    }
    Err(raised)
}

/// The dict of a module.
#[inline(always)]
pub fn module_dict_of(value: &Value, vm: &Vm) -> Option<Ref<Dict>> {
    if value.ty(vm).is(vm.builtin(B::Module)) { value.dict_of_instance(vm).ok().flatten() } else { None }
}

/// The loop looks up from its work: signals, other threads, the collector.
#[cold]
#[inline(never)]
pub fn check_breaker(vm: &Vm) -> PyResult<()> {
    vm.check_breaker()
}
