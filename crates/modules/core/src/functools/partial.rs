//! `functools.partial`: a call with some arguments given in advance.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{
    Args, BuiltinType as B, Dict, Guarded, Header, PyResult, Raised, Ref, Slots, Str, Tuple, Type, Value, Vm,
};
use pyrope_types::containers::dict;
use pyrope_types::containers::generic_alias;

use super::placeholder::is_placeholder;
use crate::support::receiver;

/// A callable that calls a function with the given arguments before its own. Placeholders stand for positional
/// arguments that the call will give.
#[pyclass(
    name = "partial",
    module = "functools",
    signature = "(func, /, *args, **keywords)",
    flags(DICT, WEAKREF, BASETYPE),
    methods(Partial::METHODS),
    getset(Partial::GETSETS),
    slots = SLOTS
)]
#[derive(Traverse)]
pub struct Partial {
    header: Header,
    function: Guarded<Value>,
    /// A tuple.
    args: Guarded<Value>,
    /// A dict.
    keywords: Guarded<Value>,
    #[traverse(skip)]
    placeholders: Cell<usize>,
}

const SLOTS: Slots = Slots {
    new: Some(partial_new),
    call: Some(partial_call),
    repr: Some(partial_repr),
    descr_get: Some(partial_get),
    ..Slots::EMPTY
};

fn trailing(vm: &Vm) -> Raised {
    vm.type_error("trailing Placeholders are not allowed")
}

fn count_placeholders(items: &[Value]) -> usize {
    items.iter().filter(|item| is_placeholder(item)).count()
}

/// Earlier arguments with their placeholders filled by new ones, as far as these go; the rest of the new ones follow.
fn filled(earlier: &[Value], new: &[Value]) -> Vec<Value> {
    let mut new = new.iter();
    let mut result = Vec::with_capacity(earlier.len() + new.len());
    for item in earlier {
        let item = if is_placeholder(item) { new.next().unwrap_or(item) } else { item };
        result.push(item.clone());
    }
    result.extend(new.cloned());
    result
}

impl Partial {
    fn args(&self) -> Vec<Value> {
        self.args.get().downcast::<Tuple>().map(|args| args.as_slice().to_vec()).unwrap_or_default()
    }
}

fn partial_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let Some((function, given)) = args.positional().split_first() else {
        return Err(vm.type_error("type 'partial' takes at least one argument"));
    };
    if function.ty(vm).slots().call.is_none() {
        return Err(vm.type_error("the first argument must be callable"));
    }
    if given.last().is_some_and(is_placeholder) {
        return Err(trailing(vm));
    }
    if args.keywords().any(|(_, value)| is_placeholder(value)) {
        return Err(vm.type_error("Placeholder cannot be passed as a keyword argument"));
    }
    let keywords = vm.new_dict();
    let (mut function, mut given) = (function.clone(), given.to_vec());
    let inner = function.cast::<Partial>().filter(|inner| {
        let own_call = inner.as_value().ty(vm).slots().call;
        let plain = own_call.is_some_and(|call| std::ptr::fn_addr_eq(call, partial_call as fn(_, _, _) -> _));
        plain && inner.as_value().instance_attributes(vm).is_empty()
    });
    if let Some(inner) = inner {
        given = filled(&inner.args(), &given);
        if let Some(earlier) = inner.keywords.get().downcast::<Dict>() {
            keywords.copy_from(earlier, vm)?;
        }
        function = inner.function.get();
    }
    for (name, value) in args.keywords() {
        keywords.set(name.clone(), value.clone(), vm)?;
    }
    let fields = Partial {
        header: Header::blank(),
        function: Guarded::new(function),
        placeholders: Cell::new(count_placeholders(&given)),
        args: Guarded::new(vm.new_tuple(given).into_value()),
        keywords: Guarded::new(keywords.into_value()),
    };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn partial_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let this = receiver!(Partial, slf, vm);
    let (least, given) = (this.placeholders.get(), args.positional());
    if given.len() < least {
        let got = given.len();
        return Err(vm.type_error(format!(
            "missing positional arguments in 'partial' call; expected at least {least}, got {got}"
        )));
    }
    let mut values = filled(&this.args(), given);
    let own = this.keywords.get();
    let own = own.downcast::<Dict>().filter(|own| !own.is_empty());
    let function = this.function.get();
    let Some(own) = own else {
        values.extend(args.keywords().map(|(_, value)| value.clone()));
        return vm.call_args(&function, Args::new(&values, args.kwnames()));
    };
    let merged = dict::copy(own, vm)?;
    for (name, value) in args.keywords() {
        merged.set(name.clone(), value.clone(), vm)?;
    }
    let mut names = Vec::with_capacity(merged.len());
    for entry in merged.entries() {
        if entry.key.downcast::<Str>().is_none() {
            return Err(vm.type_error("keywords must be strings"));
        }
        names.push(entry.key);
        values.push(entry.value);
    }
    vm.call_args(&function, Args::new(&values, &names))
}

fn partial_get(slf: &Value, object: Option<&Value>, _: Option<&Value>, vm: &Vm) -> PyResult {
    match object.filter(|object| !object.is_none()) {
        Some(object) => vm.call(&vm.builtin(B::Method).to_value(), &[slf.clone(), object.clone()]),
        None => Ok(slf.clone()),
    }
}

fn partial_repr(slf: &Value, vm: &Vm) -> PyResult {
    if !vm.enter_repr(slf) {
        return Ok(vm.new_str("...").into_value());
    }
    let text = repr_parts(slf, vm);
    vm.leave_repr(slf);
    Ok(vm.try_str(&text?)?.into_value())
}

fn repr_parts(slf: &Value, vm: &Vm) -> PyResult<String> {
    let this = receiver!(Partial, slf, vm);
    let class = slf.ty(vm).to_value();
    let module = vm.get_attr_str(&class, "__module__")?;
    let name = vm.get_attr_str(&class, "__qualname__")?;
    // The state at the beginning is shown, whatever the parts' own representations change.
    let (function, args, keywords) = (this.function.get(), this.args(), this.keywords.get());
    let mut parts = vec![vm.repr_text(&function)?];
    for item in args {
        parts.push(vm.repr_text(&item)?);
    }
    if let Some(keywords) = keywords.downcast::<Dict>() {
        for entry in keywords.entries() {
            let key = vm.str(&entry.key)?.to_string_lossy().into_owned();
            parts.push(format!("{key}={}", vm.repr_text(&entry.value)?));
        }
    }
    let (module, name) = (vm.str(&module)?, vm.str(&name)?);
    Ok(format!("{}.{}({})", module.to_string_lossy(), name.to_string_lossy(), parts.join(", ")))
}

#[pymethods]
impl Partial {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Partial, slf, vm);
        let function = this.function.get();
        let attributes = match slf.instance_attributes(vm).is_empty() {
            true => Value::none(),
            false => slf.dict_of_instance(vm)?.map_or(Value::none(), Ref::into_value),
        };
        let state = vec![function.clone(), this.args.get(), this.keywords.get(), attributes];
        let arguments = vm.tuple_of([function]).into_value();
        Ok(vm.tuple_of([slf.ty(vm).to_value(), arguments, vm.new_tuple(state).into_value()]).into_value())
    }

    /// Restore the state of a pickle.
    #[method("__setstate__($self, object, /)")]
    fn setstate(slf: &Value, object: &Value, vm: &Vm) -> PyResult<()> {
        let this = receiver!(Partial, slf, vm);
        let invalid = || vm.type_error("invalid partial state");
        let Some([function, args, keywords, attributes]) = object.downcast::<Tuple>().map(Tuple::as_slice) else {
            return Err(invalid());
        };
        let sequence = args.downcast::<Tuple>();
        let mapping = keywords.downcast::<Dict>();
        let attributes_fit = attributes.is_none() || attributes.downcast::<Dict>().is_some();
        if function.ty(vm).slots().call.is_none() || (mapping.is_none() && !keywords.is_none()) || !attributes_fit {
            return Err(invalid());
        }
        let Some(sequence) = sequence else { return Err(invalid()) };
        if sequence.as_slice().last().is_some_and(is_placeholder) {
            return Err(trailing(vm));
        }
        let keywords = match keywords.downcast_exact::<Dict>() {
            Some(_) => keywords.clone(),
            None => match mapping {
                Some(mapping) => dict::copy(mapping, vm)?.into_value(),
                None => vm.new_dict().into_value(),
            },
        };
        this.placeholders.set(count_placeholders(sequence.as_slice()));
        this.function.set(function.clone());
        this.args.set(match args.downcast_exact::<Tuple>() {
            Some(_) => args.clone(),
            None => vm.tuple_from_slice(sequence.as_slice()).into_value(),
        });
        this.keywords.set(keywords);
        match attributes.cast::<Dict>() {
            Some(attributes) => slf.replace_instance_dict(attributes),
            None if slf.instance_attributes(vm).is_empty() => {}
            None => slf.replace_instance_dict(vm.new_dict()),
        }
        Ok(())
    }

    /// Partials are generic over the function's result.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }

    /// The function that is called.
    #[getter("func")]
    #[member]
    fn function(&self) -> Value {
        self.function.get()
    }

    /// The positional arguments given in advance.
    #[getter("args")]
    #[member]
    fn args_tuple(&self) -> Value {
        self.args.get()
    }

    /// The keyword arguments given in advance.
    #[getter]
    #[member]
    fn keywords(&self) -> Value {
        self.keywords.get()
    }
}
