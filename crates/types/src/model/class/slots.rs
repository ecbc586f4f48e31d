//! Giving a class the slots that its special methods ask for.

use std::cell::OnceCell;

use pyrope_object::{PyResult, Ref, Slots, Str, Type, Value, Vm};

use crate::model::builtin_function;
use crate::model::descriptors::WrapperDescriptor;
use crate::model::slot_table::{self, SlotEntry};
use crate::text::memory_view::lent::tells_release;

/// Computes all slots of a class from what its MRO defines, and those of its subclasses.
pub fn update_slots(class: &Type, vm: &Vm) {
    if class.is_heap() {
        let slots = compute(class, vm);
        class.slots_mut(|s| *s = slots);
    }
    for subclass in class.subclasses() {
        update_slots(&subclass, vm);
    }
}

/// The names of the table's entries.
#[derive(Default)]
struct SlotNames(OnceCell<Vec<Ref<Str>>>);

fn compute(class: &Type, vm: &Vm) -> Slots {
    let mut slots = Slots::EMPTY;
    let mut generic: Vec<&SlotEntry> = Vec::new();
    let names = vm.state::<SlotNames>();
    let names = names.0.get_or_init(|| slot_table::entries().map(|entry| vm.intern(entry.name)).collect());
    for (entry, name) in slot_table::entries().zip(names) {
        let Some(found) = class.lookup(name, vm) else { continue };
        match native_source(&found, entry, class) {
            Some(source) => {
                // Inherited as it is, unless the twin method was overridden.
                let mut probe = Slots::EMPTY;
                (entry.copy)(&mut probe, &source);
                if (entry.present)(&probe) && !(entry.present)(&slots) {
                    (entry.copy)(&mut slots, &source);
                }
            }
            None if entry.name == "__hash__" && found.is_none() => slots.hash = Some(refuse_hash),
            None if entry.name == "__getattribute__" && crate::model::object::is_object_getattribute(&found, vm) => {
                slots.getattr = slots.getattr.or(Some(pyrope_object::protocol::generic_getattr));
            }
            None => generic.push(entry),
        }
    }
    for entry in &generic {
        let inherits_only = {
            let mut probe = Slots::EMPTY;
            (entry.install)(&mut probe);
            !(entry.present)(&probe)
        };
        if !inherits_only {
            (entry.install)(&mut slots);
        }
    }
    let lends = generic.iter().any(|entry| entry.name == "__buffer__");
    if slots.buffer.is_some() && !lends && tells_release(class, vm) {
        slots.buffer = Some(slot_table::told_buffer);
    }
    if let Some(base) = class.base() {
        slots.am_send = base.slots().am_send;
        slots.new = new_slot(class, vm).or(base.slots().new);
    }
    slots
}

/// The slots of the native type whose wrapper was found, if it was one of that name and the class derives from the type.
fn native_source(found: &Value, entry: &SlotEntry, class: &Type) -> Option<Slots> {
    let wrapper = found.downcast_exact::<WrapperDescriptor>()?;
    (wrapper.entry.name == entry.name && class.is_subtype(&wrapper.owner)).then(|| *wrapper.owner.slots())
}

fn refuse_hash(value: &Value, vm: &Vm) -> PyResult<i64> {
    Err(vm.type_error(format!("unhashable type: '{}'", vm.type_name(value))))
}

/// `__new__` of the class by name, unless it is native: then the base's own slot, which fits the layout, serves.
fn new_slot(class: &Type, vm: &Vm) -> Option<pyrope_object::slots::NewFn> {
    let found = class.lookup(&vm.names().__new__, vm)?;
    if builtin_function::is_native_new(&found) { None } else { Some(slot_table::call_new) }
}
