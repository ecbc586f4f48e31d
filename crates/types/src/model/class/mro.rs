//! The C3 linearisation.

use pyrope_object::layout::Tuple;
use pyrope_object::{BuiltinType as B, PyResult, Ref, Type, Value, Vm};

/// The method resolution order of a class, through a metaclass's own `mro()` if it has one.
pub fn compute_mro(class: &Type, vm: &Vm) -> PyResult<Vec<Ref<Type>>> {
    let value = class.to_value();
    let metatype = value.ty(vm);
    if metatype.is(vm.builtin(B::Type)) || !has_custom_mro(metatype, vm) {
        return c3(class, vm);
    }
    let result = vm.call_special(&value, &vm.names().mro, &[])?.unwrap_or(Value::none());
    let items = vm.collect(&result)?;
    let solid = super::bases::solid_base(class, vm);
    let mut mro = Vec::with_capacity(items.len());
    for item in items {
        let Some(ty) = item.cast::<Type>() else {
            return Err(vm.type_error(format!("mro() returned a non-class ('{}')", vm.type_name(&item))));
        };
        if !solid.is_subtype(&super::bases::solid_base(&ty, vm)) {
            return Err(vm.type_error(format!("mro() returned base with unsuitable layout ('{}')", ty.name())));
        }
        mro.push(ty);
    }
    if mro.is_empty() {
        return Err(vm.type_error("type MRO must not be empty"));
    }
    Ok(mro)
}

fn has_custom_mro(metatype: &Type, vm: &Vm) -> bool {
    let own = vm.builtin(B::Type).lookup(&vm.names().mro, vm);
    match (metatype.lookup(&vm.names().mro, vm), own) {
        (Some(found), Some(own)) => !found.is(&own),
        _ => false,
    }
}

/// `type.mro(class)`
pub fn c3(class: &Type, vm: &Vm) -> PyResult<Vec<Ref<Type>>> {
    let bases = class.bases();
    if let Some(base) = bases.iter().find(|base| base.mro().is_empty()) {
        return Err(vm.type_error(format!("Cannot extend an incomplete type '{}'", base.name())));
    }
    for (i, base) in bases.iter().enumerate() {
        if bases[..i].iter().any(|b| b.is(base)) {
            return Err(vm.type_error(format!("duplicate base class {}", base.name())));
        }
    }
    let mut sequences: Vec<Vec<Ref<Type>>> = bases.iter().map(|b| b.mro().to_vec()).collect();
    sequences.push(bases);
    let mut result = vec![Ref::from_borrowed(class)];
    let mut heads = vec![0usize; sequences.len()];
    loop {
        let live = sequences.iter().zip(&heads).filter(|(s, h)| **h < s.len());
        let mut exhausted = true;
        let mut next = None;
        for (sequence, &head) in live {
            exhausted = false;
            let candidate = &sequence[head];
            let in_tail = sequences.iter().zip(&heads).any(|(s, &h)| s.iter().skip(h + 1).any(|t| t.is(candidate)));
            if !in_tail {
                next = Some(candidate.clone());
                break;
            }
        }
        if exhausted {
            return Ok(result);
        }
        let Some(next) = next else { return Err(inconsistent(&sequences, &heads, vm)) };
        for (sequence, head) in sequences.iter().zip(&mut heads) {
            if sequence.get(*head).is_some_and(|t| t.is(&next)) {
                *head += 1;
            }
        }
        result.push(next);
    }
}

fn inconsistent(sequences: &[Vec<Ref<Type>>], heads: &[usize], vm: &Vm) -> pyrope_object::Raised {
    let mut names: Vec<std::rc::Rc<str>> = Vec::new();
    let mut seen: Vec<&Ref<Type>> = Vec::new();
    for (sequence, &head) in sequences.iter().zip(heads) {
        if let Some(ty) = sequence.get(head)
            && !seen.iter().any(|t| t.is(ty))
        {
            seen.push(ty);
            names.push(ty.name());
        }
    }
    vm.type_error(format!("Cannot create a consistent method resolution order (MRO) for bases {}", names.join(", ")))
}

/// The MRO as a tuple.
pub fn mro_tuple(ty: &Type, vm: &Vm) -> Ref<Tuple> {
    vm.new_tuple(ty.mro().iter().map(Ref::to_value).collect())
}
