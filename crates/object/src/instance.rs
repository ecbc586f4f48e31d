//! Attributes of instances: slots inside the object, then an overflow block, or a real dict.
//!
//! The shape number in the header says which names lie where. In dict mode the extension word points to a `Dict`;
//! otherwise to an overflow block (a boxed vector) for the slots beyond the inline ones, or to nothing.

use crate::error::PyResult;
use crate::header::{Extension, GcLinks, Header};
use crate::layout::{Dict, Str};
use crate::reference::Ref;
use crate::shape;
use crate::ty::Type;
use crate::typedef::TypeFlags;
use crate::value::Value;
use crate::vm::Vm;

type Overflow = Vec<Option<Value>>;

impl Value {
    /// The header, if the object can have attributes of its own.
    #[inline]
    fn attribute_header(&self) -> Option<&Header> {
        self.header().filter(|h| h.ty().flags().has(TypeFlags::DICT))
    }

    /// True if the object can have attributes of its own (a `__dict__`).
    pub fn has_instance_attributes(&self) -> bool {
        self.attribute_header().is_some()
    }

    /// The object's own attribute `name` (an exact `str`), not looking at its type.
    pub fn instance_attribute(&self, name: &Value, vm: &Vm) -> PyResult<Option<Value>> {
        let Some(header) = self.attribute_header() else { return Ok(None) };
        if let Some(dict) = header.attribute_dict() {
            return dict.get(name, vm);
        }
        let Some(text) = name.downcast::<Str>() else { return Ok(None) };
        let slot = vm.interp().shapes.with(|s| s.slot_of(header.shape.get(), text));
        Ok(slot.and_then(|slot| header.attribute_slot(slot)))
    }

    /// The attribute `name` (an exact `str`) in the dict of an instance in dict mode. `None` as well if keys would have
    /// to be compared by Python's rules.
    #[inline(never)]
    pub fn own_dict_item(&self, name: &Value, vm: &Vm) -> Option<Value> {
        let dict = self.attribute_header()?.attribute_dict()?;
        dict.position_of_str(name, vm).and_then(|position| dict.value_at(position))
    }

    /// Is this an instance in dict mode whose dict has only strings for keys, but not `name`?
    #[inline(never)]
    pub fn own_dict_lacks(&self, name: &Value, vm: &Vm) -> bool {
        let dict = self.attribute_header().and_then(Header::attribute_dict);
        dict.is_some_and(|dict| dict.lacks_str(name, vm))
    }

    /// Sets the object's own attribute; the caller knows that it can have some.
    pub fn set_instance_attribute(&self, name: &Value, value: Value, vm: &Vm) -> PyResult<()> {
        let Some(header) = self.attribute_header() else { return Err(vm.system_error("object has no attributes")) };
        if let Some(dict) = header.attribute_dict() {
            return dict.set(name.clone(), value, vm);
        }
        let Some(name) = exact_interned(name, vm) else {
            self.dict_of_instance(vm)?;
            return self.set_instance_attribute(name, value, vm);
        };
        let shape = header.shape.get();
        if let Some(slot) = vm.interp().shapes.with(|s| s.slot_of(shape, &name)) {
            drop(header.replace_attribute_slot(slot, Some(value)));
            return Ok(());
        }
        match vm.interp().shapes.with_mut(|s| s.with_name(shape, &name)) {
            Some(next) => {
                let slot = vm.interp().shapes.with(|s| s.get(next).map_or(0, |s| s.names.len() - 1));
                header.shape.set(next);
                drop(header.replace_attribute_slot(slot, Some(value)));
                Ok(())
            }
            None => {
                self.dict_of_instance(vm)?;
                self.set_instance_attribute(name.as_value(), value, vm)
            }
        }
    }

    /// Deletes the object's own attribute; gives its value.
    pub fn delete_instance_attribute(&self, name: &Value, vm: &Vm) -> PyResult<Option<Value>> {
        let Some(header) = self.attribute_header() else { return Ok(None) };
        if let Some(dict) = header.attribute_dict() {
            return Ok(dict.remove(name, vm)?.map(|entry| entry.value));
        }
        let Some(text) = name.downcast::<Str>() else { return Ok(None) };
        let shape = header.shape.get();
        let Some((slot, count)) = vm.interp().shapes.with(|s| {
            let slot = s.slot_of(shape, text)?;
            Some((slot, s.get(shape)?.names.len()))
        }) else {
            return Ok(None);
        };
        if slot + 1 == count {
            let parent = vm.interp().shapes.with(|s| s.parent(shape));
            header.shape.set(parent.unwrap_or(shape));
            return Ok(header.replace_attribute_slot(slot, None));
        }
        // A hole in the middle: order must be kept, so the attributes move to a dict.
        match self.dict_of_instance(vm)? {
            Some(dict) => Ok(dict.remove(name, vm)?.map(|entry| entry.value)),
            None => Ok(None),
        }
    }

    /// The object's attributes in order, copied.
    pub fn instance_attributes(&self, vm: &Vm) -> Vec<(Value, Value)> {
        let Some(header) = self.attribute_header() else { return Vec::new() };
        if let Some(dict) = header.attribute_dict() {
            return dict.entries().into_iter().map(|e| (e.key, e.value)).collect();
        }
        let names = vm.interp().shapes.with(|s| s.get(header.shape.get()).map(|s| s.names.clone()));
        names
            .unwrap_or_default()
            .into_iter()
            .enumerate()
            .filter_map(|(slot, name)| Some((name.into_value(), header.attribute_slot(slot)?)))
            .collect()
    }

    /// `__dict__`: moves the attributes into a dict (once) and gives it. `None` if the object has none.
    pub fn dict_of_instance(&self, vm: &Vm) -> PyResult<Option<Ref<Dict>>> {
        let Some(header) = self.attribute_header() else { return Ok(None) };
        if let Some(dict) = header.attribute_dict() {
            return Ok(Some(dict));
        }
        let dict = vm.new_dict();
        for (name, value) in self.instance_attributes(vm) {
            dict.set(name, value, vm)?;
        }
        header.enter_dict_mode(dict.clone());
        Ok(Some(dict))
    }

    /// Replaces `__dict__`.
    pub fn replace_instance_dict(&self, dict: Ref<Dict>) {
        if let Some(header) = self.attribute_header() {
            header.enter_dict_mode(dict);
        }
    }

    /// A `__slots__` member by number; `None` while it is unset.
    #[inline]
    pub fn member_slot(&self, index: usize) -> Option<Value> {
        let header = self.header()?;
        let address = header.member_address(index)?;
        // SAFETY: the address is a slot inside this object, initialised at allocation.
        unsafe { (*address).clone() }
    }

    /// Sets or clears a `__slots__` member; gives the old value.
    pub fn replace_member_slot(&self, index: usize, value: Option<Value>) -> Option<Value> {
        let header = self.header()?;
        let address = header.member_address(index)?;
        // SAFETY: as in `member_slot`; nothing else refers to the slot during the swap.
        unsafe { std::mem::replace(&mut *address, value) }
    }

    /// Makes the object an instance of another class with the same layout (the caller has checked that).
    pub fn set_class(&self, class: &Type, vm: &Vm) -> PyResult<()> {
        let Some(header) = self.header() else { return Ok(()) };
        let old = header.ty();
        let capacity = header.inline_capacity();
        let foreign = capacity != class.inline_capacity();
        if foreign {
            // The slots of the block fit no shape of the new class.
            self.dict_of_instance(vm)?;
        }
        if old.flags().has(TypeFlags::DICT) && header.attribute_dict().is_none() {
            let attributes = self.instance_attributes(vm);
            let mut shape = class.instance_shape();
            for (name, _) in &attributes {
                let Some(name) = exact_interned(name, vm) else { break };
                shape = vm.interp().shapes.with_mut(|s| s.with_name(shape, &name)).unwrap_or(shape);
            }
            header.shape.set(shape);
        } else if foreign {
            class.has_foreign_instances.set(true);
            header.shape.set(vm.interp().shapes.with_mut(|s| s.foreign(class.instance_shape(), capacity)));
        } else if header.attribute_dict().is_some() {
            header.shape.set(shape::dict_mode_shape(class.instance_shape()));
        } else {
            header.shape.set(class.instance_shape());
        }
        let old = if old.is_heap() { Some(old as *const Type) } else { None };
        header.set_ty(std::mem::ManuallyDrop::new(Ref::from_borrowed(class)).as_value().bits() as *const Type);
        if let Some(old) = old {
            // SAFETY: the instance owned one reference to its former class.
            drop(unsafe { Value::from_bits(old as u64) });
        }
        Ok(())
    }
}

fn exact_interned(name: &Value, vm: &Vm) -> Option<Ref<Str>> {
    if name.shape() != shape::STR_SHAPE {
        return None;
    }
    let name = name.cast::<Str>()?;
    Some(if name.is_interned() { name } else { vm.intern_str(&name) })
}

impl Header {
    /// The collector's links, if the type has them.
    #[inline]
    pub(crate) fn links(&self) -> Option<&GcLinks> {
        if self.ty().flags().has(TypeFlags::GC) {
            // SAFETY: objects of such types are allocated with links before the header.
            Some(unsafe { &*(self as *const Header).cast::<GcLinks>().sub(1) })
        } else {
            None
        }
    }

    /// The extension words, if the type has them.
    #[inline]
    pub(crate) fn extension(&self) -> Option<&Extension> {
        if self.ty().flags().has(TypeFlags::EXTENSION) {
            // SAFETY: objects of such types are allocated with extension words before the links.
            Some(unsafe { &*(self as *const Header).cast::<GcLinks>().sub(1).cast::<Extension>().sub(1) })
        } else {
            None
        }
    }

    /// The dict of an instance in dict mode.
    pub(crate) fn attribute_dict(&self) -> Option<Ref<Dict>> {
        let extension = self.extension()?;
        let word = extension.attributes.get();
        if word as usize & 1 == 0 {
            return None;
        }
        // SAFETY: a word with the low bit set is an owned reference to a dict.
        Some(Ref::from_borrowed(unsafe { &*word.map_addr(|a| a & !1).cast::<Dict>() }))
    }

    fn overflow(&self) -> Option<*mut Overflow> {
        let word = self.extension()?.attributes.get();
        (!word.is_null() && word as usize & 1 == 0).then_some(word.cast())
    }

    /// How many attribute slots this object's block has: its class's number, unless it came from another class.
    #[inline]
    pub(crate) fn inline_capacity(&self) -> usize {
        let ty = self.ty();
        if ty.has_foreign_instances.get() {
            let own = ty.interp().shapes.with(|s| s.get(self.shape.get()).and_then(|shape| shape.foreign_capacity));
            own.unwrap_or(ty.inline_capacity())
        } else {
            ty.inline_capacity()
        }
    }

    fn inline_slot(&self, slot: usize) -> Option<*mut Option<Value>> {
        (slot < self.inline_capacity()).then(|| {
            let base = (self as *const Header as *mut u8).wrapping_add(self.ty().basic_size());
            base.cast::<Option<Value>>().wrapping_add(slot)
        })
    }

    fn member_address(&self, index: usize) -> Option<*mut Option<Value>> {
        let ty = self.ty();
        (index < ty.member_slot_count()).then(|| {
            // SAFETY: a live object of this layout.
            let trailing = ty.def().layout.trailing.map_or(0, |trailing| unsafe { trailing(self) });
            let base = (self as *const Header as *mut u8).wrapping_add(ty.member_offset(trailing));
            base.cast::<Option<Value>>().wrapping_add(index)
        })
    }

    /// The attribute in a slot of the present shape.
    #[inline]
    pub(crate) fn attribute_slot(&self, slot: usize) -> Option<Value> {
        if let Some(address) = self.inline_slot(slot) {
            // SAFETY: inside this object, initialised at allocation.
            return unsafe { (*address).clone() };
        }
        self.overflow_slot(slot)
    }

    /// The attribute in a slot of the present shape beyond those that lie in the object itself.
    #[inline(always)]
    pub fn overflow_slot(&self, slot: usize) -> Option<Value> {
        let overflow = self.overflow()?;
        let index = slot.checked_sub(self.ty().inline_capacity())?;
        // SAFETY: an owned box; no other reference to it is live here.
        unsafe { (&*overflow).get(index).cloned().flatten() }
    }

    /// Replaces the attribute in a slot of the present shape; gives the old one.
    pub(crate) fn replace_attribute_slot(&self, slot: usize, value: Option<Value>) -> Option<Value> {
        if let Some(address) = self.inline_slot(slot) {
            // SAFETY: inside this object; nothing else refers to the slot during the swap.
            return unsafe { std::mem::replace(&mut *address, value) };
        }
        let extension = self.extension()?;
        if extension.attributes.get().is_null() {
            extension.attributes.set(Box::into_raw(Box::new(Overflow::new())).cast());
        }
        let overflow = self.overflow()?;
        // SAFETY: an owned box; no other reference to it is live here.
        let overflow = unsafe { &mut *overflow };
        let index = slot - self.ty().inline_capacity();
        if overflow.len() <= index {
            overflow.resize_with(index + 1, || None);
        }
        std::mem::replace(&mut overflow[index], value)
    }

    fn enter_dict_mode(&self, dict: Ref<Dict>) {
        let Some(extension) = self.extension() else { return };
        let mut old = Vec::new();
        self.take_attributes(&mut old);
        extension.attributes.set((dict.into_value().into_bits() | 1) as *mut u8);
        let ty = self.ty();
        if self.inline_capacity() == ty.inline_capacity() {
            self.shape.set(shape::dict_mode_shape(ty.instance_shape()));
        }
        drop(old);
    }

    /// Moves all attributes and the dict out, leaving none.
    pub(crate) fn take_attributes(&self, out: &mut Vec<Value>) {
        for slot in 0..self.inline_capacity() {
            out.extend(self.inline_slot(slot).and_then(|address| {
                // SAFETY: inside this object; the slot is left empty.
                unsafe { (*address).take() }
            }));
        }
        if let Some(extension) = self.extension() {
            let word = extension.attributes.replace(std::ptr::null_mut());
            if word as usize & 1 != 0 {
                // SAFETY: the word owned a reference to a dict.
                out.push(unsafe { Value::from_bits(word as u64 & !1) });
            } else if !word.is_null() {
                // SAFETY: the word owned the box.
                out.extend(unsafe { Box::from_raw(word.cast::<Overflow>()) }.into_iter().flatten());
            }
        }
    }

    /// Moves all `__slots__` members out.
    pub(crate) fn take_members(&self, out: &mut Vec<Value>) {
        for index in 0..self.ty().member_slot_count() {
            out.extend(self.member_address(index).and_then(|address| {
                // SAFETY: inside this object; the slot is left empty.
                unsafe { (*address).take() }
            }));
        }
    }

    /// The `__slots__` members and the attributes that lie in the object itself, which follow them.
    #[inline]
    fn own_slots(&self) -> *mut [Option<Value>] {
        let ty = self.ty();
        let first = self.member_address(0).or_else(|| self.inline_slot(0)).unwrap_or(std::ptr::dangling_mut());
        std::ptr::slice_from_raw_parts_mut(first, ty.member_slot_count() + self.inline_capacity())
    }

    /// Drops all `__slots__` members and inline attributes of an object that dies.
    pub(crate) fn drop_slots(&self) {
        let slots = self.own_slots();
        for index in 0..slots.len() {
            // SAFETY: inside this object, initialised at allocation; the slot is left empty.
            drop(unsafe { (*slots.cast::<Option<Value>>().add(index)).take() });
        }
    }

    /// Calls back with each member, attribute and the dict.
    #[inline]
    pub(crate) fn traverse_attributes<F: FnMut(&Value)>(&self, visit: &mut F) {
        // SAFETY: inside this object, initialised at allocation; visitors run no Python code.
        unsafe { &*self.own_slots() }.iter().flatten().for_each(&mut *visit);
        if let Some(dict) = self.attribute_dict() {
            visit(dict.as_value());
        } else if let Some(overflow) = self.overflow() {
            // SAFETY: an owned box; visitors run no Python code.
            unsafe { &*overflow }.iter().flatten().for_each(visit);
        }
    }
}
