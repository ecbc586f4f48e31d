//! `object.__reduce_ex__`: what pickle and copy ask of any object.

use pyrope_object::layout::{Dict, List, Str, Tuple};
use pyrope_object::protocol::generic_getattr;
use pyrope_object::{BuiltinType as B, PyResult, Ref, TypeFlags, Value, Vm};

/// `object.__reduce_ex__(protocol)`
pub(crate) fn reduce_ex(slf: &Value, protocol: i64, vm: &Vm) -> PyResult {
    let name = vm.names().__reduce__.as_value();
    if is_objects_own(slf, &vm.names().__reduce__, vm)? {
        return self::reduce(slf, protocol, vm);
    }
    if let Some(reduce) = vm.find_attr(slf, name)? {
        let class = slf.ty(vm).to_value();
        let own = vm.get_attr(&class, name)?;
        let default = vm.get_attr(&vm.builtin(B::Object).to_value(), name)?;
        if !own.is(&default) {
            return vm.call(&reduce, &[]);
        }
    }
    self::reduce(slf, protocol, vm)
}

/// Is a method of an instance surely that of `object`?
fn is_objects_own(slf: &Value, name: &Ref<Str>, vm: &Vm) -> PyResult<bool> {
    let class = slf.ty(vm);
    let plain = class.slots().getattr.is_some_and(|f| std::ptr::fn_addr_eq(f, generic_getattr as fn(_, _, _) -> _));
    if !plain || !class.to_value().ty(vm).is(vm.builtin(B::Type)) {
        return Ok(false);
    }
    let same = match (class.lookup(name, vm), vm.builtin(B::Object).lookup(name, vm)) {
        (Some(own), Some(default)) => own.is(&default),
        _ => false,
    };
    Ok(same && slf.instance_attribute(name.as_value(), vm)?.is_none())
}

fn copyreg(vm: &Vm) -> PyResult {
    if let Some(modules) = vm.interp().modules.get()
        && let Some(module) = modules.get(vm.names().copyreg.as_value(), vm)?
        && module.ty(vm).is(vm.builtin(B::Module))
    {
        return Ok(module);
    }
    vm.import("copyreg")
}

/// `object.__reduce__`, by protocol.
pub(crate) fn reduce(slf: &Value, protocol: i64, vm: &Vm) -> PyResult {
    if protocol >= 2 {
        return reduce_newobj(slf, vm);
    }
    let copyreg = copyreg(vm)?;
    vm.call_method(&copyreg, "_reduce_ex", &[slf.clone(), vm.int(protocol)])
}

fn reduce_newobj(slf: &Value, vm: &Vm) -> PyResult {
    let class = slf.ty(vm);
    if class.slots().new.is_none() {
        return Err(vm.type_error(format!("cannot pickle '{}' object", class.name())));
    }
    let (args, kwargs) = new_arguments(slf, vm)?;
    let has_args = args.is_some();
    let copyreg = copyreg(vm)?;
    let class_value = class.to_value();
    let (constructor, constructor_args) = match kwargs.filter(|k| !k.is_empty()) {
        None => {
            let args = args.as_ref().map_or(&[][..], |args| args.as_slice());
            let values = std::iter::once(class_value).chain(args.iter().cloned());
            (vm.get_attr(&copyreg, vm.names().__newobj__.as_value())?, vm.tuple_from_iter(args.len() + 1, values))
        }
        Some(kwargs) => {
            let args = args.unwrap_or_else(|| vm.new_tuple(Vec::new()));
            let values = vec![class_value, args.into_value(), kwargs.into_value()];
            (vm.get_attr(&copyreg, vm.names().__newobj_ex__.as_value())?, vm.new_tuple(values))
        }
    };
    let is_list = slf.downcast::<List>().is_some();
    let is_dict = slf.downcast::<Dict>().is_some();
    let state = object_state(slf, !(has_args || is_list || is_dict), vm)?;
    let list_items = if is_list { vm.iter(slf)? } else { Value::none() };
    let dict_items = if is_dict {
        let items = vm.call_method(slf, "items", &[])?;
        vm.iter(&items)?
    } else {
        Value::none()
    };
    Ok(vm.tuple_of([constructor, constructor_args.into_value(), state, list_items, dict_items]).into_value())
}

type NewArguments = (Option<Ref<Tuple>>, Option<Ref<Dict>>);

/// What `__getnewargs_ex__` or `__getnewargs__` say.
fn new_arguments(slf: &Value, vm: &Vm) -> PyResult<NewArguments> {
    let names = vm.names();
    if let Some(method) = vm.lookup_special(slf, &names.__getnewargs_ex__)? {
        let result = vm.call(&method, &[])?;
        let Some(pair) = result.downcast::<Tuple>() else {
            return Err(
                vm.type_error(format!("__getnewargs_ex__ should return a tuple, not '{}'", vm.type_name(&result)))
            );
        };
        let [args, kwargs] = pair.as_slice() else {
            return Err(
                vm.value_error(format!("__getnewargs_ex__ should return a tuple of length 2, not {}", pair.len()))
            );
        };
        let Some(args) = args.cast::<Tuple>() else {
            return Err(vm.type_error(format!(
                "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{}'",
                vm.type_name(args)
            )));
        };
        let Some(kwargs) = kwargs.cast::<Dict>() else {
            return Err(vm.type_error(format!(
                "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{}'",
                vm.type_name(kwargs)
            )));
        };
        return Ok((Some(args), Some(kwargs)));
    }
    match vm.lookup_special(slf, &names.__getnewargs__)? {
        None => Ok((None, None)),
        Some(method) => {
            let result = vm.call(&method, &[])?;
            match result.cast::<Tuple>() {
                Some(args) => Ok((Some(args), None)),
                None => {
                    Err(vm.type_error(format!("__getnewargs__ should return a tuple, not '{}'", vm.type_name(&result))))
                }
            }
        }
    }
}

fn object_state(slf: &Value, required: bool, vm: &Vm) -> PyResult {
    let name = vm.names().__getstate__.as_value();
    if is_objects_own(slf, &vm.names().__getstate__, vm)? {
        return default_state(slf, required, vm);
    }
    let getstate = vm.get_attr(slf, name)?;
    let default = vm.get_attr(&vm.builtin(B::Object).to_value(), name)?;
    let own = vm.get_attr(&slf.ty(vm).to_value(), name)?;
    let shadowed = slf.instance_attribute(name, vm)?.is_some();
    if own.is(&default) && !shadowed { default_state(slf, required, vm) } else { vm.call(&getstate, &[]) }
}

/// `object.__getstate__`: the dict, or the pair of dict and `__slots__` members.
pub(crate) fn default_state(slf: &Value, required: bool, vm: &Vm) -> PyResult {
    let class = slf.ty(vm);
    let slot_names = slot_names(slf, vm)?;
    if required && !can_be_rebuilt(class) {
        return Err(vm.type_error(format!("cannot pickle '{}' object", super::class::type_full_name(class, vm))));
    }
    let bare = slf.has_instance_attributes() && slf.instance_attributes(vm).is_empty();
    let state = match vm.find_attr(slf, vm.names().__dict__.as_value())? {
        Some(dict) if !bare => dict,
        _ => Value::none(),
    };
    if slot_names.is_empty() {
        return Ok(state);
    }
    let members = vm.new_dict();
    for name in slot_names {
        if let Some(value) = vm.find_attr(slf, &name)? {
            members.set(name, value, vm)?;
        }
    }
    if members.is_empty() {
        return Ok(state);
    }
    Ok(vm.tuple_of([state, members.into_value()]).into_value())
}

/// Native state beyond dict and slots cannot be rebuilt by `__newobj__`.
fn can_be_rebuilt(class: &pyrope_object::Type) -> bool {
    let native = class.def();
    let small = native.layout.size == size_of::<pyrope_object::layout::Plain>() && native.layout.trailing.is_none();
    let plain = small && native.builtin != Some(B::Module);
    plain && (class.is_heap() || native.builtin == Some(B::Object) || class.flags().has(TypeFlags::DICT))
}

fn slot_names(slf: &Value, vm: &Vm) -> PyResult<Vec<Value>> {
    let class = slf.ty(vm).to_value();
    if let Some(ty) = class.downcast::<pyrope_object::Type>()
        && ty.member_slot_count() == 0
        && ty.dict(vm).get(vm.names().__slotnames__.as_value(), vm)?.is_none()
    {
        return Ok(Vec::new());
    }
    let copyreg = copyreg(vm)?;
    let names = vm.call_method(&copyreg, "_slotnames", &[class])?;
    match names.downcast::<List>() {
        Some(list) => Ok(list.to_vec().into_iter().filter(|n| n.downcast::<Str>().is_some()).collect()),
        None if names.is_none() => Ok(Vec::new()),
        None => Err(vm.type_error("copyreg._slotnames didn't return a list or None")),
    }
}
