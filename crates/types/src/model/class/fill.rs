//! Filling a native type's dict from its static description, on first look-up.

use pyrope_object::{Dict, Ref, Type, TypeFlags, Value, Vm};

use crate::model::builtin_function;
use crate::model::descriptors;
use crate::model::slot_table;

/// The hook behind `Type::dict`: methods, computed attributes, slot wrappers, `__new__`, `__doc__`.
pub fn fill_native_type(ty: &Type, dict: &Ref<Dict>, vm: &Vm) {
    let pending = vm.take_exception();
    if let Err(raised) = try_fill(ty, dict, vm) {
        vm.ignore(raised);
    }
    vm.restore_exception(pending);
}

fn try_fill(ty: &Type, dict: &Ref<Dict>, vm: &Vm) -> pyrope_object::PyResult<()> {
    let def = ty.behaviour();
    let add = |name: &str, value: Value| -> pyrope_object::PyResult<()> {
        let name = vm.intern(name).into_value();
        if dict.get(&name, vm)?.is_none() { dict.set(name, value, vm) } else { Ok(()) }
    };
    // `__new__` comes first, as CPython's type_ready puts it.
    if def.slots.new.is_some() && !def.flags.has(TypeFlags::PLAIN_NEW) {
        add("__new__", builtin_function::new_function(ty, vm))?;
    }
    for method in def.methods.iter().flat_map(|table| table.iter()) {
        add(method.name, descriptors::method_descriptor(ty, method, vm))?;
    }
    for entry in slot_table::entries() {
        // Only the type's own slots; `__getattr__` has no native form.
        if (entry.present)(&def.slots) && entry.name != "__getattr__" {
            add(entry.name, descriptors::wrapper_descriptor(ty, entry, vm))?;
        }
    }
    for attribute in def.getset.iter().flat_map(|table| table.iter()) {
        add(attribute.name, descriptors::getset_descriptor(ty, attribute, vm))?;
    }
    let inherits_dict = ty.base().is_some_and(|base| base.flags().has(TypeFlags::DICT));
    if def.flags.has(TypeFlags::DICT) && !inherits_dict {
        add("__dict__", descriptors::getset_descriptor(ty, &crate::model::object::NATIVE_DICT_ATTRIBUTE, vm))?;
    }
    if def.unhashable || (def.slots.richcompare.is_some() && def.slots.hash.is_none()) {
        add("__hash__", Value::none())?;
    }
    let doc = if def.doc.is_empty() { Value::none() } else { vm.new_str(def.doc).into_value() };
    add("__doc__", doc)?;
    if def.module != "builtins" {
        add("__module__", vm.intern(def.module).into_value())?;
    }
    match def.init {
        Some(init) => init(ty, vm),
        None => Ok(()),
    }
}
