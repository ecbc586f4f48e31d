//! `_abc`: abstract base classes, their registries and caches.

use std::cell::Cell;
use std::collections::HashMap;

use pyrope_macros::pyclass;
use pyrope_object::layout::{List, Tuple};
use pyrope_object::weak::WeakRef;
use pyrope_object::{BuiltinType as B, Guarded, Header, ModuleDef, PyResult, Ref, Type, TypeFlags, Value, Vm};
use pyrope_types::containers::set::{FrozenSet, Set, SetBody};
use pyrope_types::model::instance_checks::is_subclass;
use pyrope_types::model::weakref;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_abc",
    doc: "Module contains faster C implementation of abc.ABCMeta",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

/// Counts registrations: negative caches from before the last one are void.
#[derive(Default)]
struct AbcState {
    invalidations: Cell<u64>,
}

/// Internal state held by ABC machinery.
#[pyclass(name = "_abc_data", module = "_abc")]
pub struct AbcData {
    header: Header,
    registry: WeakClasses,
    cache: WeakClasses,
    negative: WeakClasses,
    negative_version: Cell<u64>,
}

/// A set of classes that does not keep them alive, by identity.
#[derive(Default)]
struct WeakClasses {
    /// By the class's word; an entry counts only while its reference still leads to that class.
    classes: Guarded<HashMap<u64, Value>>,
    /// Dead entries are swept when the table has grown to this size.
    sweep_at: Cell<usize>,
}

fn referent(reference: &Value) -> Option<Value> {
    reference.downcast::<WeakRef>().and_then(WeakRef::get)
}

impl WeakClasses {
    fn contains(&self, class: &Value) -> bool {
        let known = self.classes.with(|classes| classes.get(&class.id()).cloned());
        known.and_then(|reference| referent(&reference)).is_some_and(|known| known.is(class))
    }

    fn add(&self, class: &Value, vm: &Vm) -> PyResult<()> {
        let reference = weakref::reference(vm.builtin(B::WeakRef), class, None, vm)?;
        let (old, len) = self.classes.with_mut(|classes| {
            let old = classes.insert(class.id(), reference);
            (old, classes.len())
        });
        drop(old);
        if len >= self.sweep_at.get().max(16) {
            self.sweep();
        }
        Ok(())
    }

    fn sweep(&self) {
        let entries = self.classes.take();
        let live: HashMap<u64, Value> = entries.into_iter().filter(|(_, r)| referent(r).is_some()).collect();
        self.sweep_at.set(live.len() * 2);
        self.classes.set(live);
    }

    fn references(&self) -> Vec<Value> {
        self.classes.with(|classes| classes.values().cloned().collect())
    }

    fn clear(&self) {
        drop(self.classes.take());
    }

    fn as_set(&self, vm: &Vm) -> PyResult {
        let set = Set::new(vm);
        for reference in self.references() {
            if referent(&reference).is_some() {
                set.add(reference, vm)?;
            }
        }
        Ok(set.into_value())
    }
}

fn data_of(class: &Value, vm: &Vm) -> PyResult<Ref<AbcData>> {
    let data = vm.get_attr_str(class, "_abc_impl")?;
    data.cast::<AbcData>().ok_or_else(|| vm.type_error("_abc_impl is set to a wrong type"))
}

fn is_abstract(value: &Value, vm: &Vm) -> PyResult<bool> {
    match vm.find_attr(value, vm.names().__isabstractmethod__.as_value())? {
        Some(flag) => vm.is_true(&flag),
        None => Ok(false),
    }
}

/// Sets `__abstractmethods__` from the class's own namespace and its bases'.
fn compute_abstract_methods(class: &Value, vm: &Vm) -> PyResult<()> {
    let names = vm.names();
    let found = SetBody::default();
    let namespace = vm.get_attr(class, names.__dict__.as_value())?;
    for pair in vm.collect(&vm.call_method(&namespace, "items", &[])?)? {
        if let Some([key, value]) = pair.downcast::<Tuple>().map(Tuple::as_slice)
            && is_abstract(value, vm)?
        {
            found.add(key.clone(), vm)?;
        }
    }
    let bases = vm.get_attr(class, names.__bases__.as_value())?;
    let Some(bases) = bases.downcast::<Tuple>() else { return Err(vm.type_error("__bases__ is not tuple")) };
    for base in bases.as_slice() {
        let Some(inherited) = vm.find_attr(base, names.__abstractmethods__.as_value())? else { continue };
        for key in vm.collect(&inherited)? {
            if let Some(value) = vm.find_attr(class, &key)?
                && is_abstract(&value, vm)?
            {
                found.add(key, vm)?;
            }
        }
    }
    let frozen = FrozenSet::with_body(found, vm).into_value();
    vm.set_attr(class, names.__abstractmethods__.as_value(), Some(&frozen))
}

const COLLECTION: u32 = TypeFlags::SEQUENCE.0 | TypeFlags::MAPPING.0;

/// `__abc_tpflags__` says whether instances match sequence or mapping patterns.
fn take_collection_flags(class: &Type, vm: &Vm) -> PyResult<()> {
    let Some(entry) = class.dict(vm).remove(vm.intern("__abc_tpflags__").as_value(), vm)? else { return Ok(()) };
    let Some(flags) = entry.value.as_i64() else { return Ok(()) };
    let flags = flags as u32 & COLLECTION;
    if flags == COLLECTION {
        return Err(vm.type_error("__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING"));
    }
    class.set_flags(TypeFlags(class.flags().0 | flags));
    class.modified();
    Ok(())
}

/// Hands a collection flag down to a registered class and its subclasses.
fn set_collection_flag(class: &Type, flag: u32) {
    let flags = class.flags();
    if flags.has(TypeFlags::IMMUTABLE) || flags.0 & COLLECTION == flag {
        return;
    }
    class.set_flags(TypeFlags(flags.0 & !COLLECTION | flag));
    for subclass in class.subclasses() {
        set_collection_flag(&subclass, flag);
    }
}

/// What the hook of a class says: yes, no, or nothing.
fn ask_hook(class: &Value, subclass: &Value, vm: &Vm) -> PyResult<Option<bool>> {
    let answer = vm.call_method(class, "__subclasshook__", std::slice::from_ref(subclass))?;
    match answer.as_bool() {
        Some(answer) => Ok(Some(answer)),
        None if answer.is_not_implemented() => Ok(None),
        None => Err(vm.assertion_error("__subclasshook__ must return either False, True, or NotImplemented")),
    }
}

/// The part of `__subclasscheck__` behind the caches.
fn compute_subclass(class: &Value, subclass: &Ref<Type>, data: &AbcData, vm: &Vm) -> PyResult<bool> {
    if let Some(answer) = ask_hook(class, subclass.as_value(), vm)? {
        return Ok(answer);
    }
    if subclass.mro().iter().any(|ty| ty.as_value().is(class)) || data.registry.contains(subclass.as_value()) {
        return Ok(true);
    }
    for reference in data.registry.references() {
        if let Some(registered) = referent(&reference)
            && is_subclass(subclass.as_value(), &registered, vm)?
        {
            return Ok(true);
        }
    }
    let subclasses = vm.call_method(class, "__subclasses__", &[])?;
    let Some(subclasses) = subclasses.downcast::<List>() else {
        return Err(vm.type_error("__subclasses__() must return a list"));
    };
    for known in subclasses.to_vec() {
        if is_subclass(subclass.as_value(), &known, vm)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Returns the current ABC cache token.
    ///
    /// The token is an opaque object (supporting equality testing) identifying the
    /// current version of the ABC cache for virtual subclasses. The token changes
    /// with every call to register() on any ABC.
    #[pyfunction("get_cache_token()")]
    fn get_cache_token(vm: &Vm) -> Value {
        vm.int_from_u64(vm.state::<AbcState>().invalidations.get())
    }

    /// Internal ABC helper for class set-up. Should be never used outside abc module.
    #[pyfunction("_abc_init(self, /)")]
    fn abc_init(slf: &Value, vm: &Vm) -> PyResult<()> {
        compute_abstract_methods(slf, vm)?;
        let data = AbcData {
            header: Header::blank(),
            registry: WeakClasses::default(),
            cache: WeakClasses::default(),
            negative: WeakClasses::default(),
            negative_version: Cell::new(vm.state::<AbcState>().invalidations.get()),
        };
        vm.set_attr_str(slf, "_abc_impl", Ref::new(vm, data).as_value())?;
        match slf.downcast::<Type>() {
            Some(class) => take_collection_flags(class, vm),
            None => Ok(()),
        }
    }

    /// Internal ABC helper for subclasss registration. Should be never used outside abc module.
    #[pyfunction("_abc_register(self, subclass, /)")]
    fn abc_register(slf: &Value, subclass: &Value, vm: &Vm) -> PyResult {
        let Some(class) = subclass.downcast::<Type>() else {
            return Err(vm.type_error("Can only register classes"));
        };
        if is_subclass(subclass, slf, vm)? {
            return Ok(subclass.clone());
        }
        if is_subclass(slf, subclass, vm)? {
            return Err(vm.runtime_error("Refusing to create an inheritance cycle"));
        }
        data_of(slf, vm)?.registry.add(subclass, vm)?;
        let state = vm.state::<AbcState>();
        state.invalidations.set(state.invalidations.get() + 1);
        if let Some(abc) = slf.downcast::<Type>() {
            let flag = abc.flags().0 & COLLECTION;
            if flag != 0 {
                set_collection_flag(class, flag);
            }
        }
        Ok(subclass.clone())
    }

    /// Internal ABC helper for instance checks. Should be never used outside abc module.
    #[pyfunction("_abc_instancecheck(self, instance, /)")]
    fn abc_instancecheck(slf: &Value, instance: &Value, vm: &Vm) -> PyResult {
        let data = data_of(slf, vm)?;
        let subclass = vm.find_attr(instance, vm.names().__class__.as_value())?;
        let subclass = subclass.unwrap_or_else(|| instance.ty(vm).to_value());
        if data.cache.contains(&subclass) {
            return Ok(Value::bool(true));
        }
        let real = instance.ty(vm).to_value();
        let check = |class: &Value| vm.call_method(slf, "__subclasscheck__", std::slice::from_ref(class));
        if real.is(&subclass) {
            if data.negative_version.get() == vm.state::<AbcState>().invalidations.get()
                && data.negative.contains(&subclass)
            {
                return Ok(Value::bool(false));
            }
            return check(&subclass);
        }
        let result = check(&subclass)?;
        if vm.is_true(&result)? { Ok(result) } else { check(&real) }
    }

    /// Internal ABC helper for subclasss checks. Should be never used outside abc module.
    #[pyfunction("_abc_subclasscheck(self, subclass, /)")]
    fn abc_subclasscheck(slf: &Value, subclass: &Value, vm: &Vm) -> PyResult<bool> {
        let Some(class) = subclass.cast::<Type>() else {
            return Err(vm.type_error("issubclass() arg 1 must be a class"));
        };
        let data = data_of(slf, vm)?;
        if data.cache.contains(subclass) {
            return Ok(true);
        }
        let invalidations = vm.state::<AbcState>().invalidations.get();
        if data.negative_version.get() < invalidations {
            data.negative.clear();
            data.negative_version.set(invalidations);
        } else if data.negative.contains(subclass) {
            return Ok(false);
        }
        let answer = compute_subclass(slf, &class, &data, vm)?;
        let cache = if answer { &data.cache } else { &data.negative };
        cache.add(subclass, vm)?;
        Ok(answer)
    }

    /// Internal ABC helper to reset registry of a given class.
    ///
    /// Should be only used by refleak.py
    #[pyfunction("_reset_registry(self, /)")]
    fn reset_registry(slf: &Value, vm: &Vm) -> PyResult<()> {
        data_of(slf, vm)?.registry.clear();
        Ok(())
    }

    /// Internal ABC helper to reset both caches of a given class.
    ///
    /// Should be only used by refleak.py
    #[pyfunction("_reset_caches(self, /)")]
    fn reset_caches(slf: &Value, vm: &Vm) -> PyResult<()> {
        let data = data_of(slf, vm)?;
        data.cache.clear();
        data.negative.clear();
        Ok(())
    }

    /// Internal ABC helper for cache and registry debugging.
    ///
    /// Return shallow copies of registry, of both caches, and
    /// negative cache version. Don't call this function directly,
    /// instead use ABC._dump_registry() for a nice repr.
    #[pyfunction("_get_dump(self, /)")]
    fn get_dump(slf: &Value, vm: &Vm) -> PyResult {
        let data = data_of(slf, vm)?;
        let version = vm.int_from_u64(data.negative_version.get());
        let parts = vec![data.registry.as_set(vm)?, data.cache.as_set(vm)?, data.negative.as_set(vm)?, version];
        Ok(vm.new_tuple(parts).into_value())
    }
}
