//! Which base a class extends in memory, and which layouts go together.

use std::rc::Rc;

use pyrope_object::{BuiltinType, PyResult, Ref, Type, TypeDef, TypeFlags, Value, Vm};

/// The most derived ancestor (or the type itself) that adds fields to the layout.
pub fn solid_base(ty: &Type, vm: &Vm) -> Ref<Type> {
    match ty.base() {
        None => Ref::from_borrowed(ty),
        Some(base) => {
            let solid = solid_base(&base, vm);
            let native = ty.basic_size() != base.basic_size()
                // Modules carry state that is not in their struct.
                || ty.is(vm.builtin(BuiltinType::Module))
                || (!ty.is_heap() && ty.def().layout.trailing.is_some() != base.def().layout.trailing.is_some())
                || (ty.def().layout.trailing.is_some() && base.def().layout.trailing.is_none());
            if native { Ref::from_borrowed(ty) } else { solid }
        }
    }
}

/// The native type as whose struct Rust code reaches the instances of `ty`; `None` for plain objects.
fn struct_of(ty: &Type) -> Option<&'static TypeDef> {
    let mut def = ty.def();
    while !def.flags.has(TypeFlags::STRUCT) {
        def = def.base?();
    }
    Some(def)
}

/// True if Rust code reaches instances of `ty` as a struct that instances of `other` are not.
fn has_narrower_struct(ty: &Type, other: &Type) -> bool {
    match (struct_of(ty), struct_of(other)) {
        (Some(own), Some(known)) => !std::ptr::eq(own, known) && ty.derives_layout(known),
        (own, _) => own.is_some(),
    }
}

/// The base whose layout a class with these bases extends.
pub fn best_base(bases: &[Ref<Type>], vm: &Vm) -> PyResult<Ref<Type>> {
    let mut winner: Option<Ref<Type>> = None;
    let mut best: Option<Ref<Type>> = None;
    for base in bases {
        if !base.flags().has(TypeFlags::BASETYPE) {
            return Err(vm.type_error(format!("type '{}' is not an acceptable base type", type_full_name(base, vm))));
        }
        let candidate = solid_base(base, vm);
        match &winner {
            None => {
                winner = Some(candidate);
                best = Some(base.clone());
            }
            Some(current) if current.is(&candidate) => {
                if best.as_ref().is_some_and(|best| has_narrower_struct(base, best)) {
                    best = Some(base.clone());
                }
            }
            Some(current) if current.is_subtype(&candidate) => {}
            Some(current) if candidate.is_subtype(current) => {
                winner = Some(candidate);
                best = Some(base.clone());
            }
            Some(_) => return Err(vm.type_error("multiple bases have instance lay-out conflict")),
        }
    }
    best.ok_or_else(|| vm.type_error("a new-style class can't have only classic bases"))
}

/// `tp_name` as C sees it: with the module for native types outside `builtins`.
pub fn type_full_name(ty: &Type, _: &Vm) -> String {
    let def = ty.behaviour();
    if ty.is_heap() || def.module == "builtins" {
        ty.name().to_string()
    } else {
        format!("{}.{}", def.module, ty.name())
    }
}

/// May an object of class `old` become one of class `new`? The error names the attribute being assigned.
pub fn compatible_for_assignment(old: &Type, new: &Type, attribute: &str, vm: &Vm) -> PyResult<()> {
    let same_solid = solid_base(old, vm).is(&solid_base(new, vm)) || same_members(old, new, vm);
    let interesting = TypeFlags::DICT.or(TypeFlags::WEAKREF);
    let same_extras = old.flags().0 & interesting.0 == new.flags().0 & interesting.0;
    if std::ptr::eq(old.def(), new.def()) && same_solid && same_extras && old.basic_size() == new.basic_size() {
        return Ok(());
    }
    Err(vm.type_error(format!("{attribute} assignment: '{}' object layout differs from '{}'", new.name(), old.name())))
}

/// Two classes that each add the same `__slots__` to the same base are alike.
fn same_members(old: &Type, new: &Type, vm: &Vm) -> bool {
    let (Some(old_base), Some(new_base)) = (old.base(), new.base()) else { return false };
    if old.member_slot_count() != new.member_slot_count() || !solid_base(&old_base, vm).is(&solid_base(&new_base, vm)) {
        return false;
    }
    let names = |ty: &Type| -> Option<Vec<String>> {
        let slots = ty.dict(vm).get_str("__slots__", vm).ok()??;
        let mut names: Vec<String> = match slots.downcast::<pyrope_object::Str>() {
            Some(one) => vec![one.to_string_lossy().into_owned()],
            None => vm
                .collect(&slots)
                .ok()?
                .iter()
                .filter_map(|n: &Value| n.downcast::<pyrope_object::Str>().map(|s| s.to_string_lossy().into_owned()))
                .collect(),
        };
        names.sort();
        Some(names)
    };
    matches!((names(old), names(new)), (Some(a), Some(b)) if a == b)
}

/// `class.__bases__ = value`
pub fn assign_bases(class: &Type, value: &Value, vm: &Vm) -> PyResult<()> {
    let Some(tuple) = value.downcast::<pyrope_object::Tuple>() else {
        return Err(vm.type_error(format!(
            "can only assign tuple to {}.__bases__, not {}",
            class.name(),
            vm.type_name(value)
        )));
    };
    if tuple.is_empty() {
        return Err(vm.type_error(format!("can only assign non-empty tuple to {}.__bases__, not ()", class.name())));
    }
    let mut new_bases = Vec::with_capacity(tuple.len());
    for item in tuple.as_slice() {
        let Some(base) = item.cast::<Type>() else {
            return Err(vm.type_error(format!(
                "{}.__bases__ must be tuple of classes, not '{}'",
                class.name(),
                vm.type_name(item)
            )));
        };
        if base.is_subtype(class) || extends(&base, class) {
            return Err(vm.type_error("a __bases__ item causes an inheritance cycle"));
        }
        new_bases.push(base);
    }
    let new_base = best_base(&new_bases, vm)?;
    let old_base = class.base().unwrap_or_else(|| Ref::from_borrowed(vm.builtin(BuiltinType::Object)));
    compatible_for_assignment(&old_base, &new_base, "__bases__", vm)?;
    let (old_bases, old_tuple) = (class.bases(), class.bases_tuple.replace(Some(value.clone())));
    class.set_bases(new_base, new_bases);
    let mut changes = Vec::new();
    if let Err(raised) = refresh_mro(class, &mut changes, vm) {
        undo(&changes);
        // Unless a metaclass's `mro()` has assigned others meanwhile.
        if class.bases_tuple.with(|tuple| tuple.as_ref().is_some_and(|tuple| tuple.is(value))) {
            class.bases_tuple.set(old_tuple);
            class.set_bases(old_base, old_bases);
        }
        return Err(raised);
    }
    super::update_slots(class, vm);
    Ok(())
}

type Mro = Rc<[Ref<Type>]>;

/// A class whose MRO was computed anew, with the old and the new one.
type MroChange = (Ref<Type>, Mro, Mro);

/// Gives classes their old MROs back, but those that got yet another one.
fn undo(changes: &[MroChange]) {
    for (class, old, new) in changes.iter().rev() {
        if Rc::ptr_eq(&class.mro(), new) {
            class.set_mro(old.to_vec());
        }
    }
}

/// True if `class` is in the chain of layout bases of `ty`, which is up to date even while MROs are computed.
fn extends(ty: &Ref<Type>, class: &Type) -> bool {
    std::iter::successors(Some(ty.clone()), |ty| ty.base()).any(|ty| (*ty).is(class))
}

/// Computes the MRO of a class and all its subclasses anew.
fn refresh_mro(class: &Type, changes: &mut Vec<MroChange>, vm: &Vm) -> PyResult<()> {
    let old = class.mro();
    let order = super::compute_mro(class, vm)?;
    if !Rc::ptr_eq(&class.mro(), &old) {
        // A metaclass's `mro()` had it computed in between.
        return Ok(());
    }
    class.set_mro(order);
    changes.push((Ref::from_borrowed(class), old, class.mro()));
    for subclass in class.subclasses() {
        refresh_mro(&subclass, changes, vm)?;
    }
    Ok(())
}
