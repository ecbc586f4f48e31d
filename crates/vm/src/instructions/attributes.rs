//! Attributes: what shapes and type versions allow is read straight from the object.
//!
//! A cached attribute is valid while the receiver has the remembered shape (its layout and own attributes) and its type
//! the remembered version (what the class says of the name).
#![allow(unsafe_code, reason = "attribute slots are read in place under a shape that was checked")]

use pyrope_bytecode::SpecialMethod;
use pyrope_object::layout::{Dict, Str};
use pyrope_object::protocol::generic_getattr;
use pyrope_object::{BuiltinType as B, Header, PyResult, Ref, Type, TypeFlags, Value, Vm};

use crate::errors;
use crate::eval::{Flow, Regs, check};
use crate::ops::Op;
use crate::quicken::{Cache, Instr};

/// Specialisation is given up after so many misses.
const MAX_MISSES: u32 = 16;

#[inline(always)]
pub fn load_attr(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let name = r.name(cache.name as usize);
    let object = r.peek(1);
    if cache.misses.get() < MAX_MISSES
        && let Some(kind) = specialise(cache, object, name, r.quiet_vm())
    {
        r.respecialise(match kind {
            Kind::Slot => Op::LoadAttrSlot,
            Kind::Class => Op::LoadAttrClass,
            Kind::Module => Op::LoadAttrModule,
        });
    }
    let value = check!(r.vm().get_attr(object, name.as_value()));
    r.finish(1, value)
}

#[inline(always)]
pub fn load_attr_local(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let name = r.name(cache.name as usize);
    let object = r.bound_local(i.a.into());
    if cache.misses.get() < MAX_MISSES
        && let Some(Kind::Slot) = specialise(cache, object, name, r.quiet_vm())
    {
        r.respecialise(Op::LoadAttrSlotLocal);
    }
    let value = check!(r.vm().get_attr(object, name.as_value()));
    r.push(value);
    Flow::Next
}

/// What was found out about an attribute.
enum Kind {
    /// In a slot of the instance.
    Slot,
    /// An attribute of the class that binds to nothing.
    Class,
    /// In a module's dict.
    Module,
}

/// Remembers where an attribute is, if it is at a place that can be remembered.
#[inline(never)]
fn specialise(cache: &Cache, object: &Value, name: &Ref<Str>, vm: &Vm) -> Option<Kind> {
    cache.misses.set(cache.misses.get() + 1);
    let ty = object.ty(vm);
    let getattr = ty.slots().getattr?;
    if !object.is_pointer() {
        return None;
    }
    if ty.is(vm.builtin(B::Module)) {
        return specialise_module(cache, object, name, vm);
    }
    if !std::ptr::fn_addr_eq(getattr, generic_getattr as fn(&Value, &Value, &Vm) -> PyResult) {
        return None;
    }
    let class_attribute = ty.lookup(name, vm);
    if let Some(found) = &class_attribute
        && found.ty(vm).slots().descr_set.is_some()
    {
        return None;
    }
    cache.version.set(ty.version());
    cache.shape.set(object.shape());
    if let Some(offset) = slot_offset(object, name, vm) {
        cache.word.set(offset);
        return Some(Kind::Slot);
    }
    let found = class_attribute?;
    if found.ty(vm).slots().descr_get.is_some() || !shape_tells_attributes(object, vm) {
        return None;
    }
    // An attribute of the instance's own may lie beyond the inline slots.
    if vm.interp().shapes.with(|shapes| shapes.slot_of(object.shape(), name)).is_some() {
        return None;
    }
    cache.word.set(found.bits());
    Some(Kind::Class)
}

/// Do objects of this shape all lack the same attributes of their own?
fn shape_tells_attributes(object: &Value, vm: &Vm) -> bool {
    let ty = object.ty(vm);
    if !ty.flags().has(TypeFlags::DICT) {
        // Without attributes any shape will do; plain classes have one root shape per class.
        return object.shape() != pyrope_object::shape::NO_SHAPE;
    }
    vm.interp().shapes.with(|shapes| shapes.get(object.shape()).is_some_and(|shape| !shape.dict_mode))
}

/// Byte offset of an attribute's inline slot from the header.
fn slot_offset(object: &Value, name: &Str, vm: &Vm) -> Option<u64> {
    let ty = object.ty(vm);
    if !ty.flags().has(TypeFlags::DICT) {
        return None;
    }
    let slot = vm.interp().shapes.with(|shapes| {
        let shape = shapes.get(object.shape())?;
        if shape.dict_mode { None } else { shapes.slot_of(object.shape(), name) }
    })?;
    (slot < ty.inline_capacity()).then(|| (ty.basic_size() + slot * 8) as u64)
}

fn specialise_module(cache: &Cache, object: &Value, name: &Ref<Str>, vm: &Vm) -> Option<Kind> {
    let dict = module_dict(object, vm)?;
    // A data descriptor of the class (`__dict__`, `__class__`) would go first.
    if object.ty(vm).lookup(name, vm).is_some() {
        return None;
    }
    let position = dict.position_of_str(name.as_value(), vm)?;
    cache.version.set(dict.keys_version(vm));
    cache.word.set(position as u64);
    Some(Kind::Module)
}

/// The dict of a module.
#[inline(always)]
fn module_dict(object: &Value, vm: &Vm) -> Option<Ref<Dict>> {
    crate::call::module_dict_of(object, vm)
}

/// Does the object have the remembered shape, and its type the remembered version?
#[inline(always)]
fn holds<'a>(cache: &Cache, object: &'a Value) -> Option<&'a Header> {
    let header = object.header()?;
    (header.shape.get() == cache.shape.get() && header.ty().current_version() == cache.version.get()).then_some(header)
}

/// The slot at a remembered offset.
#[inline(always)]
fn slot_at(header: &Header, offset: u64) -> Option<Value> {
    // SAFETY: the shape says that a slot lies at the offset, initialised since the object was made.
    unsafe { (*std::ptr::from_ref(header).byte_add(offset as usize).cast::<Option<Value>>()).clone() }
}

#[inline(always)]
pub fn load_attr_slot(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    if let Some(header) = holds(cache, r.peek(1))
        && let Some(value) = slot_at(header, cache.word.get())
    {
        r.vm();
        return r.finish(1, value);
    }
    r.respecialise(Op::LoadAttr);
    load_attr(r, i)
}

#[inline(always)]
pub fn load_attr_slot_local(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    if let Some(header) = holds(cache, r.bound_local(i.a.into()))
        && let Some(value) = slot_at(header, cache.word.get())
    {
        r.push(value);
        return Flow::Next;
    }
    r.respecialise(Op::LoadAttrLocal);
    load_attr_local(r, i)
}

/// The value that a cache remembers, counted.
#[inline(always)]
fn remembered(cache: &Cache) -> Value {
    // SAFETY: the class whose version was just checked owns the value; it is counted before it is given out.
    let value = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(cache.word.get()) });
    Value::clone(&value)
}

#[inline(always)]
pub fn load_attr_class(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    if holds(cache, r.peek(1)).is_some() {
        r.vm();
        return r.finish(1, remembered(cache));
    }
    r.respecialise(Op::LoadAttr);
    load_attr(r, i)
}

#[inline(always)]
pub fn load_attr_module(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    if let Some(dict) = module_dict(r.peek(1), r.quiet_vm())
        && dict.current_version() == cache.version.get()
        && let Some(value) = dict.value_at(cache.word.get() as usize)
    {
        return r.finish(1, value);
    }
    r.respecialise(Op::LoadAttr);
    load_attr(r, i)
}

#[inline(always)]
pub fn load_method(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let name = r.name(cache.name as usize);
    let object = r.peek(1);
    if cache.misses.get() < MAX_MISSES && specialise_method(cache, object, name, r.quiet_vm()) {
        r.respecialise(Op::LoadMethodCached);
    }
    match check!(find_method(object, name, r.vm())) {
        Found::Method(method) => {
            // The receiver goes up by one, without counting.
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

/// What `object.name(` finds.
enum Found {
    /// To be called with the object first.
    Method(Value),
    /// To be called as it is.
    Attribute(Value),
}

#[inline(never)]
fn find_method(object: &Value, name: &Ref<Str>, vm: &Vm) -> PyResult<Found> {
    let ty = object.ty(vm);
    let generic = ty
        .slots()
        .getattr
        .is_some_and(|f| std::ptr::fn_addr_eq(f, generic_getattr as fn(&Value, &Value, &Vm) -> PyResult));
    if generic
        && let Some(found) = ty.lookup(name, vm)
        && found.ty(vm).flags().has(TypeFlags::METHOD_DESCRIPTOR)
        && object.instance_attribute(name.as_value(), vm)?.is_none()
    {
        return Ok(Found::Method(found));
    }
    vm.get_attr(object, name.as_value()).map(Found::Attribute)
}

/// Remembers a method of the class that no instance of this shape hides.
#[inline(never)]
fn specialise_method(cache: &Cache, object: &Value, name: &Ref<Str>, vm: &Vm) -> bool {
    cache.misses.set(cache.misses.get() + 1);
    let ty = object.ty(vm);
    let generic = ty
        .slots()
        .getattr
        .is_some_and(|f| std::ptr::fn_addr_eq(f, generic_getattr as fn(&Value, &Value, &Vm) -> PyResult));
    if !object.is_pointer() || !generic || !shape_tells_attributes(object, vm) {
        return false;
    }
    let Some(found) = ty.lookup(name, vm) else { return false };
    if !found.ty(vm).flags().has(TypeFlags::METHOD_DESCRIPTOR) {
        return false;
    }
    if vm.interp().shapes.with(|shapes| shapes.slot_of(object.shape(), name)).is_some() {
        return false;
    }
    cache.version.set(ty.version());
    cache.shape.set(object.shape());
    cache.word.set(found.bits());
    true
}

#[inline(always)]
pub fn load_method_cached(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    if holds(cache, r.peek(1)).is_some() {
        let receiver = r.replace(1, Some(remembered(cache)));
        r.push_slot(receiver);
        return Flow::Next;
    }
    r.respecialise(Op::LoadMethod);
    load_method(r, i)
}

#[inline(always)]
pub fn store_attr(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let name = r.name(cache.name as usize);
    let (value, owner) = (r.peek(2), r.peek(1));
    let shape = owner.shape();
    check!(r.vm().set_attr(owner, name.as_value(), Some(value)));
    if cache.misses.get() < MAX_MISSES && specialise_store(cache, owner, name, r.quiet_vm()) {
        if shape == owner.shape() {
            r.respecialise(Op::StoreAttrSlot);
        } else if owner.is_pointer() {
            // Objects of the shape before get the same slot, and the shape after.
            cache.word.set(cache.word.get() | u64::from(owner.shape()) << 32);
            cache.shape.set(shape);
            r.respecialise(Op::StoreAttrNew);
        }
    }
    r.drop_top(2);
    Flow::Next
}

/// A new attribute: the slot is filled and the shape grows by the name.
#[inline(always)]
pub fn store_attr_new(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let Some(header) = holds(cache, r.peek(1)) else {
        r.respecialise(Op::StoreAttr);
        return store_attr(r, i);
    };
    let owner = r.replace(1, None);
    let value = r.replace(2, None);
    r.forget_top(2);
    let word = cache.word.get();
    // SAFETY: the shape after, which the same class has, says that a slot lies at the offset; it is empty now.
    let old = unsafe {
        let slot =
            std::ptr::from_ref(header).byte_add((word & 0xFFFF_FFFF) as usize).cast_mut().cast::<Option<Value>>();
        std::ptr::replace(slot, value)
    };
    header.shape.set((word >> 32) as u32);
    drop(old);
    drop(owner);
    Flow::Next
}

/// Remembers the slot that a name is stored to.
#[inline(never)]
fn specialise_store(cache: &Cache, object: &Value, name: &Ref<Str>, vm: &Vm) -> bool {
    use pyrope_object::protocol::generic_setattr;
    type Setattr = fn(&Value, &Value, Option<&Value>, &Vm) -> PyResult<()>;
    cache.misses.set(cache.misses.get() + 1);
    let ty = object.ty(vm);
    let generic = ty.slots().setattr.is_some_and(|f| std::ptr::fn_addr_eq(f, generic_setattr as Setattr));
    if !generic || ty.lookup(name, vm).is_some_and(|found| found.ty(vm).slots().descr_set.is_some()) {
        return false;
    }
    let Some(offset) = slot_offset(object, name, vm) else { return false };
    cache.version.set(ty.version());
    cache.shape.set(object.shape());
    cache.word.set(offset);
    true
}

#[inline(always)]
pub fn store_attr_slot(r: &mut Regs<'_>, i: Instr) -> Flow {
    let cache = r.cache(i.index());
    let Some(header) = holds(cache, r.peek(1)) else {
        r.respecialise(Op::StoreAttr);
        return store_attr(r, i);
    };
    let owner = r.replace(1, None);
    let value = r.replace(2, None);
    r.forget_top(2);
    // SAFETY: the shape says that a slot lies at the offset; nothing refers to it during the swap.
    let old = unsafe {
        let slot = std::ptr::from_ref(header).byte_add(cache.word.get() as usize).cast_mut().cast::<Option<Value>>();
        std::ptr::replace(slot, value)
    };
    r.vm();
    drop(old);
    drop(owner);
    Flow::Next
}

#[inline(always)]
pub fn delete_attr(r: &mut Regs<'_>, i: Instr) -> Flow {
    check!(r.vm().set_attr(r.peek(1), r.name(i.index()).as_value(), None));
    r.drop_top(1);
    Flow::Next
}

#[inline(always)]
pub fn load_super_attr(r: &mut Regs<'_>, i: Instr) -> Flow {
    let name = r.name(r.cache(i.index()).name as usize);
    let two_arguments = i.a & 2 != 0;
    let found = check!(super_attribute(r.top_values(3), name, two_arguments, i.a & 1 != 0, r.vm()));
    let receiver = r.pop();
    r.drop_top(1);
    match found {
        Found::Method(method) => {
            drop(r.replace(1, Some(method)));
            r.push(receiver);
        }
        Found::Attribute(value) => {
            drop(receiver);
            drop(r.replace(1, Some(value)));
            if i.a & 1 != 0 {
                r.push_slot(None);
            }
        }
    }
    Flow::Next
}

/// `super(class, self).name`; `operands` are `super` itself, the class and the object.
#[inline(never)]
fn super_attribute(operands: &[Value], name: &Ref<Str>, two: bool, method: bool, vm: &Vm) -> PyResult<Found> {
    use pyrope_types::model::super_object::{super_lookup, super_start};
    let (callable, class, object) = (&operands[0], &operands[1], &operands[2]);
    if callable.is(&vm.builtin(B::Super).to_value())
        && let Some(class_ref) = class.cast::<Type>()
        && !name.equals_str("__class__")
    {
        let start = super_start(&class_ref, object, vm)?;
        let mro = start.mro();
        let found = mro.iter().position(|t| t.is(&class_ref)).and_then(|at| {
            mro[at + 1..].iter().find_map(|t| match t.dict(vm).get(name.as_value(), vm) {
                Ok(found) => found,
                Err(raised) => {
                    vm.ignore(raised);
                    None
                }
            })
        });
        if let Some(found) = &found
            && method
            && found.ty(vm).flags().has(TypeFlags::METHOD_DESCRIPTOR)
            && object.ty(vm).is_subtype(&class_ref)
        {
            return Ok(Found::Method(found.clone()));
        }
        if let Some(value) = super_lookup(&class_ref, object, &start, name, vm)? {
            return Ok(Found::Attribute(value));
        }
    }
    let proxy = if two { vm.call(callable, &operands[1..])? } else { vm.call(callable, &[])? };
    vm.get_attr(&proxy, name.as_value()).map(Found::Attribute)
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
