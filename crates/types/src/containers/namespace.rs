//! `types.SimpleNamespace`: an object that is its attributes.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::check_positional;
use pyrope_object::{
    Args, BuiltinType as B, CompareOp, Dict, Header, Object, PyResult, Ref, Slots, Str, Type, Value, Vm,
};

use super::dict;
use super::dict::merge::update_from;
use crate::model::class::qualified_name;

/// An object with the given attributes.
#[pyclass(
    name = "SimpleNamespace",
    module = "types",
    builtin = SimpleNamespace,
    signature = "(mapping_or_iterable=(), /, **kwargs)",
    flags(BASETYPE, DICT),
    methods(SimpleNamespace::METHODS),
    slots = SLOTS,
    unhashable
)]
#[derive(Traverse)]
pub struct SimpleNamespace {
    header: Header,
}

const SLOTS: Slots = Slots {
    repr: Some(namespace_repr),
    richcompare: Some(namespace_compare),
    init: Some(namespace_init),
    new: Some(namespace_new),
    ..Slots::EMPTY
};

impl SimpleNamespace {
    /// A namespace with these attributes.
    pub fn with(attributes: &[(&str, Value)], vm: &Vm) -> PyResult<Ref<SimpleNamespace>> {
        let namespace = Ref::new(vm, SimpleNamespace { header: Header::blank() });
        for (name, value) in attributes {
            let name = vm.intern(name);
            namespace.as_value().set_instance_attribute(name.as_value(), value.clone(), vm)?;
        }
        Ok(namespace)
    }
}

fn namespace_new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    Ok(Ref::new_in(vm, class, SimpleNamespace { header: Header::blank() }).into_value())
}

fn namespace_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let positional = Args::positional_only(args.positional());
    if let [argument] = check_positional("SimpleNamespace", positional, 0, 1, vm)? {
        let attributes = vm.new_dict();
        update_from(&attributes, argument, vm)?;
        if !attributes.entries().iter().all(|e| e.key.downcast::<Str>().is_some()) {
            return Err(vm.type_error("keywords must be strings"));
        }
        set_all(slf, &attributes, vm)?;
    }
    dict::check_keywords(args, vm)?;
    for (name, value) in args.keywords() {
        slf.set_instance_attribute(name, value.clone(), vm)?;
    }
    Ok(())
}

fn set_all(slf: &Value, attributes: &Dict, vm: &Vm) -> PyResult<()> {
    for entry in attributes.entries() {
        slf.set_instance_attribute(&entry.key, entry.value, vm)?;
    }
    Ok(())
}

fn namespace_repr(slf: &Value, vm: &Vm) -> PyResult {
    let exact = slf.ty(vm).is(vm.builtin(B::SimpleNamespace));
    let name = if exact { "namespace".into() } else { vm.type_name(slf) };
    if !vm.enter_repr(slf) {
        return Ok(vm.new_str(&format!("{name}(...)")).into_value());
    }
    let text = attribute_texts(slf, vm);
    vm.leave_repr(slf);
    Ok(vm.try_str(&format!("{name}({})", text?))?.into_value())
}

fn attribute_texts(slf: &Value, vm: &Vm) -> PyResult<String> {
    let mut parts = Vec::new();
    for (name, value) in slf.instance_attributes(vm) {
        if let Some(name) = name.downcast::<Str>().filter(|name| !name.is_empty()) {
            parts.push(format!("{}={}", name.to_string_lossy(), vm.repr_text(&value)?));
        }
    }
    Ok(parts.join(", "))
}

fn attributes(slf: &Value, vm: &Vm) -> PyResult<Value> {
    Ok(dict::from_pairs(slf.instance_attributes(vm), vm)?.into_value())
}

fn namespace_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    if [slf, other].into_iter().any(|v| v.downcast::<SimpleNamespace>().is_none()) {
        return Ok(Value::not_implemented());
    }
    vm.compare(&attributes(slf, vm)?, &attributes(other, vm)?, op)
}

#[pymethods]
impl SimpleNamespace {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let state = match slf.dict_of_instance(vm)? {
            Some(dict) => dict.into_value(),
            None => Value::none(),
        };
        Ok(vm.tuple_of([slf.ty(vm).to_value(), vm.new_tuple(Vec::new()).into_value(), state]).into_value())
    }

    /// A copy with some attributes changed.
    #[method("__replace__($self, /, **changes)")]
    fn replace(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        if !args.positional().is_empty() {
            return Err(vm.type_error("__replace__() takes no positional arguments"));
        }
        let new = vm.call(&slf.ty(vm).to_value(), &[])?;
        if !new.ty(vm).derives_layout(SimpleNamespace::def()) {
            let message = format!(
                "expect types.SimpleNamespace type, but {}() returned '{}' object",
                qualified_name(slf.ty(vm), vm)?,
                vm.type_name(&new)
            );
            return Err(vm.type_error(message));
        }
        let changed = args.keywords().map(|(name, value)| (name.clone(), value.clone()));
        for (name, value) in slf.instance_attributes(vm).into_iter().chain(changed) {
            new.set_instance_attribute(&name, value, vm)?;
        }
        Ok(new)
    }
}
