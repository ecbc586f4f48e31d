//! Where an attribute lies, as far as the type and shape of its object tell.
//!
//! What is found out is valid while the object has the same shape (its layout and own attributes) and its type the same
//! version (what the class says of the name).

use pyrope_object::layout::{Dict, Str};
use pyrope_object::protocol::{generic_getattr, generic_setattr};
use pyrope_object::shape::NO_SHAPE;
use pyrope_object::{BuiltinType as B, PyResult, Ref, Type, TypeFlags, Value, Vm};
use pyrope_types::model::descriptors::{MemberDescriptor, MemberKind};
use pyrope_types::model::wrappers::Property;

use crate::inline_cache::Way;
use crate::ops::Op;

/// What was found out about an attribute that is loaded.
#[derive(Clone, Copy)]
pub enum Kind {
    /// In a slot of the instance.
    Slot,
    /// In a slot beyond those that lie in the instance itself.
    Overflow,
    /// An attribute of the class that binds to nothing.
    Class,
    /// The object is a class, and the attribute one of its own or its bases' that binds to nothing.
    Type,
    /// In a module's dict.
    Module,
    /// A property whose getter is a Python function.
    Property,
    /// A function of the class, to be called with the object first.
    Method,
    /// A native descriptor of the class, to be asked each time.
    Descriptor,
    /// The object is a class, and the attribute a native descriptor of its own or its bases'.
    TypeDescriptor,
    /// In the dict of an instance in dict mode.
    InDict,
    /// Like `Method`, of an instance in dict mode.
    MethodBesideDict,
}

impl Kind {
    /// The instruction for an attribute of this kind, of the top operand or a local.
    pub fn op(self, local: bool) -> Op {
        match (self, local) {
            (Kind::Slot, false) => Op::LoadAttrSlot,
            (Kind::Overflow, false) => Op::LoadAttrOverflow,
            (Kind::Overflow, true) => Op::LoadAttrOverflowLocal,
            (Kind::Class, false) => Op::LoadAttrClass,
            (Kind::Type, false) => Op::LoadAttrType,
            (Kind::Module, false) => Op::LoadAttrModule,
            (Kind::Property, false) => Op::LoadAttrProperty,
            (Kind::Method, false) => Op::LoadMethod,
            (Kind::Slot, true) => Op::LoadAttrSlotLocal,
            (Kind::Class, true) => Op::LoadAttrClassLocal,
            (Kind::Type, true) => Op::LoadAttrTypeLocal,
            (Kind::Module, true) => Op::LoadAttrModuleLocal,
            (Kind::Property, true) => Op::LoadAttrPropertyLocal,
            (Kind::Method, true) => Op::LoadMethodLocal,
            (Kind::Descriptor, false) => Op::LoadAttrDescriptor,
            (Kind::Descriptor, true) => Op::LoadAttrDescriptorLocal,
            (Kind::TypeDescriptor, false) => Op::LoadAttrTypeDescriptor,
            (Kind::TypeDescriptor, true) => Op::LoadAttrTypeDescriptorLocal,
            (Kind::InDict, false) => Op::LoadAttrInDict,
            (Kind::InDict, true) => Op::LoadAttrInDictLocal,
            (Kind::MethodBesideDict, false) => Op::LoadMethodBesideDict,
            (Kind::MethodBesideDict, true) => Op::LoadMethodBesideDictLocal,
        }
    }
}

type Getattr = fn(&Value, &Value, &Vm) -> PyResult;
type Setattr = fn(&Value, &Value, Option<&Value>, &Vm) -> PyResult<()>;

/// Are the type's attributes looked up as `object`'s are?
pub fn loads_generically(ty: &Type) -> bool {
    ty.slots().getattr.is_some_and(|f| std::ptr::fn_addr_eq(f, generic_getattr as Getattr))
}

fn loads_as_class(ty: &Type, vm: &Vm) -> bool {
    match (ty.slots().getattr, vm.builtin(B::Type).slots().getattr) {
        (Some(own), Some(of_type)) => std::ptr::fn_addr_eq(own, of_type),
        _ => false,
    }
}

/// Where the attribute `name` of objects like this one is, if it is at a place that can be remembered; `method` says
/// that it will be called.
pub fn recognise(object: &Value, name: &Ref<Str>, method: bool, vm: &Vm) -> Option<(Kind, Way)> {
    let ty = object.header()?.ty();
    if loads_as_class(ty, vm) {
        return of_class(object, name, vm);
    }
    if ty.is(vm.builtin(B::Module)) {
        return of_module(object, name, vm);
    }
    if !loads_generically(ty) {
        return None;
    }
    let way = |word| Way::new(ty.version(), object.shape(), word);
    let found = ty.lookup(name, vm);
    if let Some(found) = &found
        && found.ty(vm).slots().descr_set.is_some()
    {
        return match member_offset(found, ty) {
            Some(offset) => Some((Kind::Slot, way(offset))),
            None if python_property(found, vm) && !method => Some((Kind::Property, way(found.bits()))),
            None => native_descriptor(found, vm).then(|| (Kind::Descriptor, way(found.bits()))),
        };
    }
    if is_in_dict_mode(object, vm) {
        return beside_dict(object, name, found.as_ref(), method, vm).map(|(kind, word)| (kind, way(word)));
    }
    match own_slot(object, name, vm) {
        Some(slot) if slot < ty.inline_capacity() => return Some((Kind::Slot, way(slot_offset(ty, slot)))),
        Some(slot) => return Some((Kind::Overflow, way(slot as u64))),
        None => {}
    }
    let found = found?;
    let kind_of_found = found.ty(vm);
    if !shape_tells_attributes(object, vm) {
        return None;
    }
    if method && kind_of_found.flags().has(TypeFlags::METHOD_DESCRIPTOR) {
        return Some((Kind::Method, way(found.bits())));
    }
    match kind_of_found.slots().descr_get {
        None => Some((Kind::Class, way(found.bits()))),
        Some(_) => native_descriptor(&found, vm).then(|| (Kind::Descriptor, way(found.bits()))),
    }
}

/// Can `__get__` of this descriptor not change?
fn native_descriptor(descriptor: &Value, vm: &Vm) -> bool {
    let kind = descriptor.ty(vm);
    !kind.is_heap() && kind.slots().descr_get.is_some()
}

fn is_in_dict_mode(object: &Value, vm: &Vm) -> bool {
    vm.interp().shapes.with(|shapes| shapes.get(object.shape()).is_some_and(|shape| shape.dict_mode))
}

/// An attribute of an instance in dict mode, of which the class has at most `found`, no data descriptor.
fn beside_dict(object: &Value, name: &Ref<Str>, found: Option<&Value>, method: bool, vm: &Vm) -> Option<(Kind, u64)> {
    if object.own_dict_item(name.as_value(), vm).is_some() {
        return Some((Kind::InDict, 0));
    }
    let found = found.filter(|found| method && found.ty(vm).flags().has(TypeFlags::METHOD_DESCRIPTOR))?;
    object.own_dict_lacks(name.as_value(), vm).then(|| (Kind::MethodBesideDict, found.bits()))
}

/// Byte offset of the `__slots__` member that a descriptor stands for.
fn member_offset(descriptor: &Value, ty: &Type) -> Option<u64> {
    let member = descriptor.downcast_exact::<MemberDescriptor>()?;
    match member.kind {
        MemberKind::Slot(index) if ty.is_subtype(&member.owner) => {
            ty.fixed_member_offset(index).map(|offset| offset as u64)
        }
        _ => None,
    }
}

fn python_property(descriptor: &Value, vm: &Vm) -> bool {
    let getter = descriptor.downcast_exact::<Property>().and_then(|property| property.get.get());
    getter.is_some_and(|getter| getter.ty(vm).is(vm.builtin(B::Function)))
}

/// The class in place of an instance's shape has its own version there.
fn of_class(object: &Value, name: &Ref<Str>, vm: &Vm) -> Option<(Kind, Way)> {
    let class = object.downcast::<Type>()?;
    let metatype = object.ty(vm);
    if metatype.lookup(name, vm).is_some_and(|found| found.ty(vm).slots().descr_set.is_some()) {
        return None;
    }
    let found = class.lookup(name, vm)?;
    let plain = match found.ty(vm).slots().descr_get {
        None => true,
        // Functions and native methods give themselves when they are asked for through a class.
        Some(_) => found.ty(vm).is(vm.builtin(B::Function)) || found.ty(vm).is(vm.builtin(B::MethodDescriptor)),
    };
    let way = Way::new(metatype.version(), class.version(), found.bits());
    if plain {
        return Some((Kind::Type, way));
    }
    native_descriptor(&found, vm).then_some((Kind::TypeDescriptor, way))
}

fn of_module(object: &Value, name: &Ref<Str>, vm: &Vm) -> Option<(Kind, Way)> {
    let dict = crate::call::module_dict_of(object, vm)?;
    // A data descriptor of the class (`__dict__`, `__class__`) would go first.
    if object.ty(vm).lookup(name, vm).is_some() {
        return None;
    }
    let position = dict.position_of_str(name.as_value(), vm)?;
    Some((Kind::Module, Way::new(dict.keys_version(vm), NO_SHAPE, position as u64)))
}

/// The slot that a name is stored to.
pub fn recognise_store(object: &Value, name: &Ref<Str>, vm: &Vm) -> Option<Way> {
    let ty = object.header()?.ty();
    let generic = ty.slots().setattr.is_some_and(|f| std::ptr::fn_addr_eq(f, generic_setattr as Setattr));
    if !generic {
        return None;
    }
    let offset = match ty.lookup(name, vm) {
        Some(found) if found.ty(vm).slots().descr_set.is_some() => member_offset(&found, ty)?,
        _ => {
            own_slot(object, name, vm).filter(|&slot| slot < ty.inline_capacity()).map(|slot| slot_offset(ty, slot))?
        }
    };
    Some(Way::new(ty.version(), object.shape(), offset))
}

/// Do objects of this shape all lack the same attributes of their own?
fn shape_tells_attributes(object: &Value, vm: &Vm) -> bool {
    let ty = object.ty(vm);
    if !ty.flags().has(TypeFlags::DICT) {
        // Without attributes any shape will do.
        return true;
    }
    vm.interp().shapes.with(|shapes| shapes.get(object.shape()).is_some_and(|shape| !shape.dict_mode))
}

/// The slot of an attribute of the instance's own, if slots are where it has its attributes.
fn own_slot(object: &Value, name: &Str, vm: &Vm) -> Option<usize> {
    if !object.ty(vm).flags().has(TypeFlags::DICT) {
        return None;
    }
    vm.interp().shapes.with(|shapes| {
        let shape = shapes.get(object.shape())?;
        if shape.dict_mode { None } else { shapes.slot_of(object.shape(), name) }
    })
}

/// Byte offset of an inline slot from the header.
fn slot_offset(ty: &Type, slot: usize) -> u64 {
    (ty.basic_size() + slot * size_of::<Value>()) as u64
}

/// The value in a module's dict.
#[inline(always)]
pub fn module_dict(object: &Value, vm: &Vm) -> Option<Ref<Dict>> {
    crate::call::module_dict_of(object, vm)
}
