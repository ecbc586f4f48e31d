//! Attributes: what shapes and type versions allow is read straight from the object; see
//! [`attribute_kinds`](super::attribute_kinds).
//!
//! `FROM` says where the object is: on top of the stack, or in a local.
#![allow(unsafe_code, reason = "attribute slots are read in place under a shape that was checked")]

use pyrope_bytecode::SpecialMethod;
use pyrope_object::layout::Str;
use pyrope_object::{Header, PyResult, Ref, Type, TypeFlags, Value, Vm};
use pyrope_types::model::wrappers::Property;

use super::attribute_kinds::{loads_generically, module_dict, recognise, recognise_store};
use crate::errors;
use crate::eval::{Flow, Regs, check};
use crate::function::Function;
use crate::inline_cache::Cache;
use crate::ops::{LOCAL, Op};
use crate::quicken::Instr;
use crate::stack::{Frame, Machine, OnReturn};

/// The object whose attribute is wanted.
#[inline(always)]
fn owner<'a, const FROM: u8>(r: &Regs<'a>, i: Instr) -> &'a Value {
    if FROM == LOCAL { r.bound_local(i.a.into()) } else { r.peek(1) }
}

/// Pushes the attribute in place of its object, and the null that a call asks for.
#[inline(always)]
fn give<const FROM: u8>(r: &mut Regs<'_>, cache: &Cache, value: Value) -> Flow {
    if FROM == LOCAL {
        r.push(value);
    } else {
        let old = r.replace(1, Some(value));
        r.release(old);
    }
    if cache.method {
        r.push_slot(None);
    }
    r.flow()
}

/// Pushes a function and the object that it is to be called with.
#[inline(always)]
fn give_method<const FROM: u8>(r: &mut Regs<'_>, i: Instr, method: Value) -> Flow {
    if FROM == LOCAL {
        let receiver = owner::<FROM>(r, i).clone();
        r.push(method);
        r.push(receiver);
    } else {
        // The receiver goes up by one, without counting.
        let receiver = r.replace(1, Some(method));
        r.push_slot(receiver);
    }
    Flow::Next
}

/// What `object.name` finds.
pub(super) enum Found {
    /// To be called with the object first.
    Method(Value),
    /// To be used as it is.
    Attribute(Value),
}

#[inline(always)]
pub fn load_attr<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (frame, object) = (r.frame(), owner::<FROM>(r, i));
    match check!(resolve(frame, i, object, FROM == LOCAL, r.vm())) {
        Found::Attribute(value) => give::<FROM>(r, r.cache(i.index()), value),
        Found::Method(method) => give_method::<FROM>(r, i, method),
    }
}

/// Finds an attribute by the rules, and specialises the instruction for the next time.
#[inline(never)]
fn resolve(frame: &Frame, i: Instr, object: &Value, local: bool, vm: &Vm) -> PyResult<Found> {
    let cache = frame.quick().cache(i.index());
    let name = &frame.code().loaded().names[cache.name as usize];
    if cache.missed()
        && let Some((kind, way)) = recognise(object, name, cache.method, vm)
    {
        let op = kind.op(local);
        cache.remember(op == i.op, way);
        frame.quick().patch(frame.position(), op);
    }
    if cache.method {
        find_method(object, name, vm)
    } else {
        vm.get_attr(object, name.as_value()).map(Found::Attribute)
    }
}

fn find_method(object: &Value, name: &Ref<Str>, vm: &Vm) -> PyResult<Found> {
    let ty = object.ty(vm);
    if loads_generically(ty)
        && let Some(found) = ty.lookup(name, vm)
        && found.ty(vm).flags().has(TypeFlags::METHOD_DESCRIPTOR)
        && object.instance_attribute(name.as_value(), vm)?.is_none()
    {
        return Ok(Found::Method(found));
    }
    vm.get_attr(object, name.as_value()).map(Found::Attribute)
}

/// The slot at a remembered offset.
#[inline(always)]
fn slot_at(header: &Header, offset: u64) -> Option<Value> {
    // SAFETY: the shape says that a slot lies at the offset, initialised since the object was made.
    unsafe { (*std::ptr::from_ref(header).byte_add(offset as usize).cast::<Option<Value>>()).clone() }
}

#[inline(always)]
pub fn load_attr_slot<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    match cache.first(owner::<FROM>(r, i)).and_then(|(header, offset)| slot_at(header, offset)) {
        Some(value) => give::<FROM>(r, cache, value),
        None => Flow::Slow,
    }
}

/// The same by the further ways, or by the rules.
#[inline(always)]
pub fn load_attr_slot_slowly<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    if let Some((header, offset)) = cache.more(owner::<FROM>(r, i))
        && let Some(value) = slot_at(header, offset)
    {
        return give::<FROM>(r, cache, value);
    }
    load_attr::<FROM>(r, i)
}

/// An attribute beyond the slots in the instance itself.
#[inline(always)]
pub fn load_attr_overflow<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    match cache.first(owner::<FROM>(r, i)).and_then(|(header, slot)| header.overflow_slot(slot as usize)) {
        Some(value) => give::<FROM>(r, cache, value),
        None => Flow::Slow,
    }
}

/// The same by the further ways, or by the rules.
#[inline(always)]
pub fn load_attr_overflow_slowly<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    match cache.more(owner::<FROM>(r, i)).and_then(|(header, slot)| header.overflow_slot(slot as usize)) {
        Some(value) => give::<FROM>(r, cache, value),
        None => load_attr::<FROM>(r, i),
    }
}

/// The value that a cache remembers, counted.
#[inline(always)]
pub(super) fn remembered(word: u64) -> Value {
    // SAFETY: the class whose version was just checked owns the value; it is counted before it is given out.
    let value = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(word) });
    Value::clone(&value)
}

#[inline(always)]
pub fn load_attr_class<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    match cache.first(owner::<FROM>(r, i)) {
        Some((_, word)) => give::<FROM>(r, cache, remembered(word)),
        None => Flow::Slow,
    }
}

/// The same by the further ways, or by the rules.
#[inline(always)]
pub fn load_attr_class_slowly<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    match cache.more(owner::<FROM>(r, i)) {
        Some((_, word)) => give::<FROM>(r, cache, remembered(word)),
        None => load_attr::<FROM>(r, i),
    }
}

#[inline(always)]
pub fn load_method<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    match r.cache(i.index()).first(owner::<FROM>(r, i)) {
        Some((_, word)) => give_method::<FROM>(r, i, remembered(word)),
        None => Flow::Slow,
    }
}

/// The same by the further ways, or by the rules.
#[inline(always)]
pub fn load_method_slowly<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    match r.cache(i.index()).more(owner::<FROM>(r, i)) {
        Some((_, word)) => give_method::<FROM>(r, i, remembered(word)),
        None => load_attr::<FROM>(r, i),
    }
}

/// An attribute of a class: its metaclass and it itself must be as they were.
#[inline(always)]
pub fn load_attr_type<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    if let Some(class) = owner::<FROM>(r, i).downcast::<Type>()
        && class.current_version() == cache.way.shape.get()
        && owner::<FROM>(r, i).ty(r.quiet_vm()).current_version() == cache.way.version.get()
    {
        return give::<FROM>(r, cache, remembered(cache.way.word.get()));
    }
    Flow::Slow
}

/// What a remembered descriptor gives for an object.
#[inline(never)]
fn bound(word: u64, object: &Value, vm: &Vm) -> PyResult {
    let descriptor = remembered(word);
    match descriptor.ty(vm).slots().descr_get {
        Some(get) => get(&descriptor, Some(object), Some(&object.ty(vm).to_value()), vm),
        None => Ok(descriptor),
    }
}

/// What a remembered descriptor gives for a class.
#[inline(never)]
fn bound_to_class(word: u64, class: &Value, vm: &Vm) -> PyResult {
    let descriptor = remembered(word);
    match descriptor.ty(vm).slots().descr_get {
        Some(get) => get(&descriptor, None, Some(class), vm),
        None => Ok(descriptor),
    }
}

#[inline(always)]
pub fn load_attr_descriptor<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let object = owner::<FROM>(r, i);
    let Some((_, word)) = cache.first(object) else { return Flow::Slow };
    let value = check!(bound(word, object, r.vm()));
    give::<FROM>(r, cache, value)
}

/// The same by the further ways, or by the rules.
#[inline(always)]
pub fn load_attr_descriptor_slowly<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let object = owner::<FROM>(r, i);
    let Some((_, word)) = cache.more(object) else { return load_attr::<FROM>(r, i) };
    let value = check!(bound(word, object, r.vm()));
    give::<FROM>(r, cache, value)
}

#[inline(always)]
pub fn load_attr_type_descriptor<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let object = owner::<FROM>(r, i);
    if let Some(class) = object.downcast::<Type>()
        && class.current_version() == cache.way.shape.get()
        && object.ty(r.quiet_vm()).current_version() == cache.way.version.get()
    {
        let value = check!(bound_to_class(cache.way.word.get(), object, r.vm()));
        return give::<FROM>(r, cache, value);
    }
    Flow::Slow
}

/// An attribute in the dict of an instance in dict mode, whose class has no data descriptor of the name.
#[inline(always)]
pub fn load_attr_in_dict<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let object = owner::<FROM>(r, i);
    if cache.first(object).is_some()
        && let Some(value) = object.own_dict_item(r.name(cache.name as usize).as_value(), r.quiet_vm())
    {
        return give::<FROM>(r, cache, value);
    }
    Flow::Slow
}

/// A method of an instance in dict mode that has no attribute of the name.
#[inline(always)]
pub fn load_method_beside_dict<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let object = owner::<FROM>(r, i);
    match cache.first(object) {
        Some((_, word)) if object.own_dict_lacks(r.name(cache.name as usize).as_value(), r.quiet_vm()) => {
            give_method::<FROM>(r, i, remembered(word))
        }
        _ => Flow::Slow,
    }
}

#[inline(always)]
pub fn load_attr_module<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    if let Some(dict) = module_dict(owner::<FROM>(r, i), r.quiet_vm())
        && dict.current_version() == cache.way.version.get()
        && let Some(value) = dict.value_at(cache.way.word.get() as usize)
    {
        return give::<FROM>(r, cache, value);
    }
    Flow::Slow
}

/// A property: the frame of its getter runs in this loop.
#[inline(always)]
pub fn load_attr_property<const FROM: u8>(r: &mut Regs<'_>, i: Instr) -> Flow {
    let Some(function) = getter(r.cache(i.index()), owner::<FROM>(r, i), r.machine) else {
        return load_attr::<FROM>(r, i);
    };
    let frame = check!(r.machine.new_frame(function, r.vm()));
    if FROM == LOCAL {
        let object = owner::<FROM>(r, i).clone();
        r.push(object);
    }
    r.move_arguments(frame, 1);
    r.forget_top(1);
    if let Err(_raised) = r.enter(frame, OnReturn::Push) {
        r.machine.drop_frame(frame);
        return Flow::Raise;
    }
    Flow::Next
}

/// The function of a remembered property, if it takes the object alone.
#[inline(never)]
fn getter(cache: &Cache, object: &Value, machine: &Machine) -> Option<Ref<Function>> {
    let (_, word) = cache.first(object).or_else(|| cache.more(object))?;
    let getter = remembered(word).downcast_exact::<Property>()?.get.get()?;
    let function = crate::call::as_function(&getter, machine)?;
    function.accepts_exactly(1).then(|| Ref::from_borrowed(function))
}

#[inline(always)]
pub fn store_attr(r: &mut Regs<'_>, i: Instr) -> Flow {
    let (frame, value, object) = (r.frame(), r.peek(2), r.peek(1));
    check!(store(frame, i, object, value, r.vm()));
    r.drop_top(2);
    Flow::Next
}

/// Sets an attribute by the rules, and specialises the instruction for the next time.
#[inline(never)]
fn store(frame: &Frame, i: Instr, object: &Value, value: &Value, vm: &Vm) -> PyResult<()> {
    let cache = frame.quick().cache(i.index());
    let name = &frame.code().loaded().names[cache.name as usize];
    let shape = object.shape();
    vm.set_attr(object, name.as_value(), Some(value))?;
    if !cache.missed() {
        return Ok(());
    }
    let Some(way) = recognise_store(object, name, vm) else { return Ok(()) };
    let op = if way.shape.get() == shape {
        Op::StoreAttrSlot
    } else {
        // Objects of the shape before get the same slot, and the shape after.
        way.word.set(way.word.get() | u64::from(way.shape.get()) << 32);
        way.shape.set(shape);
        Op::StoreAttrNew
    };
    cache.remember(op == i.op, way);
    frame.quick().patch(frame.position(), op);
    Ok(())
}

/// Puts the value below the top, which is the object, into a slot.
#[inline(always)]
fn fill_slot(r: &mut Regs<'_>, header: &Header, offset: u64) -> Flow {
    let owner = r.pop_slot();
    let value = r.pop_slot();
    // SAFETY: the shape says that a slot lies at the offset; nothing refers to it during the swap.
    let old = unsafe {
        let slot = std::ptr::from_ref(header).byte_add(offset as usize).cast_mut().cast::<Option<Value>>();
        std::ptr::replace(slot, value)
    };
    r.release(old);
    r.release(owner);
    r.flow()
}

/// A new attribute: the slot is filled and the shape grows by the name.
#[inline(always)]
pub fn store_attr_new(r: &mut Regs<'_>, i: Instr) -> Flow {
    match r.cache(i.index()).first(r.peek(1)) {
        Some((header, word)) => fill_new_slot(r, header, word),
        None => Flow::Slow,
    }
}

#[inline(always)]
pub fn store_attr_new_slowly(r: &mut Regs<'_>, i: Instr) -> Flow {
    match r.cache(i.index()).more(r.peek(1)) {
        Some((header, word)) => fill_new_slot(r, header, word),
        None => store_attr(r, i),
    }
}

#[inline(always)]
fn fill_new_slot(r: &mut Regs<'_>, header: &Header, word: u64) -> Flow {
    header.shape.set((word >> 32) as u32);
    fill_slot(r, header, word & 0xFFFF_FFFF)
}

#[inline(always)]
pub fn store_attr_slot(r: &mut Regs<'_>, i: Instr) -> Flow {
    match r.cache(i.index()).first(r.peek(1)) {
        Some((header, offset)) => fill_slot(r, header, offset),
        None => Flow::Slow,
    }
}

#[inline(always)]
pub fn store_attr_slot_slowly(r: &mut Regs<'_>, i: Instr) -> Flow {
    match r.cache(i.index()).more(r.peek(1)) {
        Some((header, offset)) => fill_slot(r, header, offset),
        None => store_attr(r, i),
    }
}

#[inline(never)]
fn delete(object: &Value, name: &Ref<Str>, vm: &Vm) -> PyResult<()> {
    vm.set_attr(object, name.as_value(), None)
}

#[inline(always)]
pub fn delete_attr(r: &mut Regs<'_>, i: Instr) -> Flow {
    check!(delete(r.peek(1), r.name(i.index()), r.vm()));
    r.drop_top(1);
    Flow::Next
}

#[inline(always)]
pub fn load_special(r: &mut Regs<'_>, i: Instr) -> Flow {
    let found = check!(special(r.peek(1), i.arg, r.vm()));
    match found {
        Found::Method(method) => {
            let receiver = r.replace(1, Some(method));
            r.push_slot(receiver);
        }
        Found::Attribute(value) => {
            drop(r.replace(1, Some(value)));
            r.push_slot(None);
        }
    }
    Flow::Next
}

#[inline(never)]
fn special(object: &Value, number: u32, vm: &Vm) -> PyResult<Found> {
    let names = vm.names();
    let Some(which) = SpecialMethod::from_number(number) else { return Err(vm.system_error("unknown special method")) };
    let name = match which {
        SpecialMethod::Enter => &names.__enter__,
        SpecialMethod::Exit => &names.__exit__,
        SpecialMethod::AsyncEnter => &names.__aenter__,
        SpecialMethod::AsyncExit => &names.__aexit__,
    };
    let ty = object.ty(vm);
    match ty.lookup(name, vm) {
        Some(found) if found.ty(vm).flags().has(TypeFlags::METHOD_DESCRIPTOR) => Ok(Found::Method(found)),
        Some(found) => match found.ty(vm).slots().descr_get {
            Some(get) => get(&found, Some(object), Some(&ty.to_value()), vm).map(Found::Attribute),
            None => Ok(Found::Attribute(found)),
        },
        None => Err(errors::no_context_manager(object, which, vm)),
    }
}
