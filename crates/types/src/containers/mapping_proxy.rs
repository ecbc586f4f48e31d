//! `types.MappingProxyType`: a read-only view of a mapping.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Signature, bind, full_type_name};
use pyrope_object::{Args, CompareOp, Header, List, PyResult, Ref, Slots, Tuple, Type, Value, Vm};

use super::sequence::{generic_alias, receiver};

/// A read-only view of a mapping.
#[pyclass(
    name = "mappingproxy",
    builtin = MappingProxy,
    signature = "(mapping)",
    flags(GC, MAPPING),
    methods(MappingProxy::METHODS),
    slots = SLOTS
)]
#[derive(Traverse)]
pub struct MappingProxy {
    header: Header,
    mapping: Value,
}

const SLOTS: Slots = Slots {
    repr: Some(proxy_repr),
    str: Some(proxy_str),
    hash: Some(proxy_hash),
    richcompare: Some(proxy_compare),
    iter: Some(proxy_iter),
    new: Some(proxy_new),
    or: Some(proxy_or),
    inplace_or: Some(proxy_inplace_or),
    sq_contains: Some(proxy_contains),
    mp_length: Some(proxy_len),
    mp_subscript: Some(proxy_subscript),
    ..Slots::EMPTY
};

impl MappingProxy {
    /// A proxy of a mapping.
    pub fn over(mapping: Value, vm: &Vm) -> Ref<MappingProxy> {
        Ref::new(vm, MappingProxy { header: Header::blank(), mapping })
    }

    /// What the proxy stands for.
    pub fn mapping(&self) -> &Value {
        &self.mapping
    }
}

fn proxy_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = Signature::plain("mappingproxy", &["mapping"], 1);
    let mut slots = [None];
    bind(&SIGNATURE, args, &mut slots, vm)?;
    let [Some(mapping)] = slots else { return Err(vm.type_error("mappingproxy() missing required argument")) };
    let sequence = mapping.downcast::<List>().is_some() || mapping.downcast::<Tuple>().is_some();
    if sequence || mapping.ty(vm).slots().mp_subscript.is_none() {
        let name = full_type_name(mapping, vm);
        return Err(vm.type_error(format!("mappingproxy() argument must be a mapping, not {name}")));
    }
    Ok(MappingProxy::over(mapping.clone(), vm).into_value())
}

fn proxy_repr(slf: &Value, vm: &Vm) -> PyResult {
    let text = vm.repr_text(&receiver!(MappingProxy, slf, vm).mapping)?;
    Ok(vm.try_str(&format!("mappingproxy({text})"))?.into_value())
}

fn proxy_str(slf: &Value, vm: &Vm) -> PyResult {
    Ok(vm.str(&receiver!(MappingProxy, slf, vm).mapping)?.into_value())
}

fn proxy_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    vm.hash(&receiver!(MappingProxy, slf, vm).mapping)
}

fn unwrapped(value: &Value) -> &Value {
    value.downcast::<MappingProxy>().map_or(value, |proxy| &proxy.mapping)
}

fn proxy_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    vm.compare(unwrapped(slf), other, op)
}

fn proxy_iter(slf: &Value, vm: &Vm) -> PyResult {
    vm.iter(&receiver!(MappingProxy, slf, vm).mapping)
}

fn proxy_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    vm.bit_or(unwrapped(a), unwrapped(b))
}

fn proxy_inplace_or(a: &Value, _: &Value, vm: &Vm) -> PyResult {
    Err(vm.type_error(format!("'|=' is not supported by {}; use '|' instead", full_type_name(a, vm))))
}

fn proxy_contains(slf: &Value, key: &Value, vm: &Vm) -> PyResult<bool> {
    vm.contains(&receiver!(MappingProxy, slf, vm).mapping, key)
}

fn proxy_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    vm.len(&receiver!(MappingProxy, slf, vm).mapping)
}

fn proxy_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    vm.get_item(&receiver!(MappingProxy, slf, vm).mapping, key)
}

#[pymethods]
impl MappingProxy {
    /// The value of a key, or the default if it is not there.
    #[method("get($self, key, default=None, /)")]
    fn get(&self, key: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        let default = default.cloned().unwrap_or(Value::none());
        vm.call_method(&self.mapping, "get", &[key.clone(), default])
    }

    /// A set-like view of the keys.
    #[method("keys($self, /)")]
    fn keys(&self, vm: &Vm) -> PyResult {
        vm.call_method(&self.mapping, "keys", &[])
    }

    /// A view of the values.
    #[method("values($self, /)")]
    fn values(&self, vm: &Vm) -> PyResult {
        vm.call_method(&self.mapping, "values", &[])
    }

    /// A set-like view of the pairs of key and value.
    #[method("items($self, /)")]
    fn items(&self, vm: &Vm) -> PyResult {
        vm.call_method(&self.mapping, "items", &[])
    }

    /// A shallow copy of the mapping.
    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> PyResult {
        vm.call_method(&self.mapping, "copy", &[])
    }

    /// A reverse iterator over the keys.
    #[method("__reversed__($self, /)")]
    fn reversed(&self, vm: &Vm) -> PyResult {
        vm.call_method(&self.mapping, "__reversed__", &[])
    }

    /// Proxies are generic over the types of keys and values.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }
}
