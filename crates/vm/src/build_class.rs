//! `__build_class__`: what a `class` statement calls.

use pyrope_object::layout::{Dict, Str, Tuple};
use pyrope_object::{Args, BuiltinType as B, OwnedArgs, PyResult, Ref, Type, Value, Vm};
use pyrope_types::model::class::calculate_metaclass;

use crate::call::as_function;
use crate::cell::Cell;
use crate::eval::run_frame;
use crate::stack::machine;

/// `__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class`
pub fn build_class(args: Args<'_>, vm: &Vm) -> PyResult {
    let [function, name, bases @ ..] = args.positional() else {
        return Err(vm.type_error("__build_class__: not enough arguments"));
    };
    if as_function(function, machine(vm)).is_none() {
        return Err(vm.type_error("__build_class__: func must be a function"));
    }
    let Some(class_name) = name.downcast::<Str>() else {
        return Err(vm.type_error("__build_class__: name is not a string"));
    };
    let original = vm.tuple_from_slice(bases);
    let bases = resolve_bases(&original, vm)?;
    let (metaclass, keywords) = metaclass_of(args, &bases, vm)?;
    let namespace = prepare(&metaclass, name, &bases, &keywords, vm)?;
    let cell = run_body(function, &namespace, vm)?;
    if !bases.is(&original) {
        vm.set_item(&namespace, vm.names().__orig_bases__.as_value(), Some(original.as_value()))?;
    }
    let mut call = OwnedArgs { values: vec![name.clone(), bases.into_value(), namespace], kwnames: Vec::new() };
    for (key, value) in keywords {
        call.kwnames.push(key);
        call.values.push(value);
    }
    let class = vm.call_args(&metaclass, call.as_args())?;
    if class.downcast::<Type>().is_some()
        && let Some(cell) = cell.cast::<Cell>()
    {
        check_class_cell(&cell, &class, class_name, vm)?;
    }
    Ok(class)
}

/// `__class__` must have been set to the new class by `type.__new__`.
fn check_class_cell(cell: &Cell, class: &Value, name: &Str, vm: &Vm) -> PyResult<()> {
    match cell.get() {
        Some(held) if held.is(class) => Ok(()),
        None => {
            let (name, class) = (name_repr(name, vm)?, vm.repr_text(class)?);
            Err(vm.runtime_error(format!(
                "__class__ not set defining {name} as {class}. Was __classcell__ propagated to type.__new__?"
            )))
        }
        Some(held) => {
            let name = name_repr(name, vm)?;
            let (held, class) = (vm.repr_text(&held)?, vm.repr_text(class)?);
            Err(vm.type_error(format!("__class__ set to {held} defining {name} as {class}")))
        }
    }
}

fn name_repr(name: &Str, vm: &Vm) -> PyResult<String> {
    vm.repr_text(&pyrope_object::value_of(name))
}

/// Replaces bases that are no classes by what their `__mro_entries__` says.
fn resolve_bases(bases: &Ref<Tuple>, vm: &Vm) -> PyResult<Ref<Tuple>> {
    let mut resolved = Vec::new();
    let mut changed = false;
    for base in bases.as_slice() {
        if base.downcast::<Type>().is_none()
            && let Some(entries) = vm.find_attr(base, vm.names().__mro_entries__.as_value())?
        {
            let entries = vm.call(&entries, &[bases.to_value()])?;
            let Some(tuple) = entries.downcast::<Tuple>() else {
                return Err(vm.type_error("__mro_entries__ must return a tuple"));
            };
            resolved.extend_from_slice(tuple.as_slice());
            changed = true;
        } else {
            resolved.push(base.clone());
        }
    }
    Ok(if changed { vm.new_tuple(resolved) } else { bases.clone() })
}

type Keywords = Vec<(Value, Value)>;

/// The metaclass, and the keywords that are left.
fn metaclass_of(args: Args<'_>, bases: &Ref<Tuple>, vm: &Vm) -> PyResult<(Value, Keywords)> {
    let mut given = None;
    let mut keywords = Vec::new();
    for (key, value) in args.keywords() {
        if key.downcast::<Str>().is_some_and(|k| k.equals_str("metaclass")) {
            given = Some(value.clone());
        } else {
            keywords.push((key.clone(), value.clone()));
        }
    }
    let metaclass = match given {
        Some(given) => given,
        None => match bases.as_slice().first() {
            Some(base) => base.ty(vm).to_value(),
            None => vm.builtin(B::Type).to_value(),
        },
    };
    // A callable that is no class is called as it is.
    let winner = match metaclass.cast::<Type>() {
        Some(class) => calculate_metaclass(&class, bases.as_slice(), vm)?.into_value(),
        None => metaclass,
    };
    Ok((winner, keywords))
}

/// `metaclass.__prepare__(name, bases, **keywords)`
fn prepare(metaclass: &Value, name: &Value, bases: &Ref<Tuple>, keywords: &Keywords, vm: &Vm) -> PyResult {
    let Some(method) = vm.find_attr(metaclass, vm.names().__prepare__.as_value())? else {
        return Ok(vm.new_dict().into_value());
    };
    let mut call = OwnedArgs { values: vec![name.clone(), bases.to_value()], kwnames: Vec::new() };
    for (key, value) in keywords {
        call.kwnames.push(key.clone());
        call.values.push(value.clone());
    }
    let namespace = vm.call_args(&method, call.as_args())?;
    let slots = namespace.ty(vm).slots();
    if namespace.downcast::<Dict>().is_none() && slots.mp_subscript.is_none() {
        let owner = match metaclass.downcast::<Type>() {
            Some(class) => class.name().to_string(),
            None => "<metaclass>".to_owned(),
        };
        let kind = vm.type_name(&namespace);
        return Err(vm.type_error(format!("{owner}.__prepare__() must return a mapping, not {kind}")));
    }
    Ok(namespace)
}

/// Runs a class body in its namespace; gives the `__class__` cell, or None.
fn run_body(function: &Value, namespace: &Value, vm: &Vm) -> PyResult {
    let machine = machine(vm);
    let Some(function) = as_function(function, machine) else {
        return Err(vm.system_error("class body is no function"));
    };
    let frame = machine.new_frame(Ref::from_borrowed(function), vm)?;
    crate::stack::set_namespace(frame, namespace.clone());
    run_frame(frame, vm)
}
