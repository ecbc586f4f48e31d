//! `FrameLocalsProxy` (PEP 667): a function's locals as a mapping that writes through.

use pyrope_bytecode::FastKind;
use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Args, BuiltinType as B, CompareOp, Header, PyResult, Ref, Slots, Type, Value, Vm};

use super::{FrameObject, LocalPlace};

/// A write-through view of a frame's local variables.
#[pyclass(
    name = "FrameLocalsProxy",
    builtin = FrameLocalsProxy,
    flags(GC, MAPPING),
    doc = "",
    methods(FrameLocalsProxy::METHODS),
    slots = Slots {
        repr: Some(proxy_repr),
        richcompare: Some(proxy_compare),
        iter: Some(proxy_iter),
        new: Some(proxy_new),
        or: Some(proxy_or),
        inplace_or: Some(proxy_inplace_or),
        mp_length: Some(|value, _| Ok(this(value).map_or(0, |p| p.frame.bound_locals().len()))),
        mp_subscript: Some(proxy_get),
        mp_ass_subscript: Some(proxy_set),
        sq_contains: Some(|value, key, vm| Ok(this(value).map(|p| p.find(key, vm)).transpose()?.flatten().is_some())),
        ..Slots::EMPTY
    },
    unhashable
)]
#[derive(Traverse)]
pub struct FrameLocalsProxy {
    header: Header,
    frame: Ref<FrameObject>,
}

fn this(value: &Value) -> Option<&FrameLocalsProxy> {
    value.downcast::<FrameLocalsProxy>()
}

impl FrameLocalsProxy {
    /// The view of a frame's locals.
    pub fn new(frame: Ref<FrameObject>, vm: &Vm) -> Ref<FrameLocalsProxy> {
        Ref::new(vm, FrameLocalsProxy { header: Header::blank(), frame })
    }

    fn find(&self, key: &Value, vm: &Vm) -> PyResult<Option<Value>> {
        if let Some(place) = self.frame.place_of(key, vm, |frame, place| frame.local_value(place).is_some())? {
            return Ok(self.frame.local_value(place));
        }
        match self.frame.extra() {
            Some(extra) => extra.get(key, vm),
            None => Ok(None),
        }
    }

    fn store(&self, key: &Value, value: &Value, vm: &Vm) -> PyResult<()> {
        if let Some(place) = self.writable_place(key, vm)? {
            self.frame.set_local_value(place, value.clone());
            return Ok(());
        }
        self.frame.extra_or_new(vm).set(key.clone(), value.clone(), vm)
    }

    /// The place of a name that is a local wherever the frame stands.
    fn writable_place(&self, key: &Value, vm: &Vm) -> PyResult<Option<LocalPlace>> {
        self.frame.place_of(key, vm, |_, (_, kind)| kind & FastKind::HIDDEN == 0)
    }

    fn is_local(&self, key: &Value, vm: &Vm) -> PyResult<bool> {
        Ok(self.writable_place(key, vm)?.is_some())
    }

    fn to_dict(&self, vm: &Vm) -> PyResult {
        let dict = vm.new_dict();
        for (name, value) in self.frame.bound_locals() {
            dict.set(name, value, vm)?;
        }
        Ok(dict.into_value())
    }

    fn update_from(&self, other: &Value, vm: &Vm) -> PyResult<()> {
        use crate::instructions::containers::{NotMapping, each_entry};
        let entries = match this(other) {
            Some(proxy) => proxy.to_dict(vm)?,
            None => other.clone(),
        };
        each_entry(&entries, vm, |key, value| self.store(&key, &value, vm)).map_err(|failure| match failure {
            NotMapping::Raised(raised) => raised,
            NotMapping::NoKeys => vm.type_error("update() argument must be dict or another FrameLocalsProxy"),
        })
    }
}

#[pymethods]
impl FrameLocalsProxy {
    #[method("keys($self, /)")]
    fn keys(&self, vm: &Vm) -> Value {
        vm.new_list(self.frame.bound_locals().into_iter().map(|(k, _)| k).collect()).into_value()
    }

    #[method("values($self, /)")]
    fn values(&self, vm: &Vm) -> Value {
        vm.new_list(self.frame.bound_locals().into_iter().map(|(_, v)| v).collect()).into_value()
    }

    #[method("items($self, /)")]
    fn items(&self, vm: &Vm) -> Value {
        let pair = |(k, v)| vm.tuple_of([k, v]).into_value();
        vm.new_list(self.frame.bound_locals().into_iter().map(pair).collect()).into_value()
    }

    #[method("get($self, key, default=None, /)")]
    fn get(&self, key: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        Ok(self.find(key, vm)?.or_else(|| default.cloned()).unwrap_or(Value::none()))
    }

    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> PyResult {
        self.to_dict(vm)
    }

    #[method("__reversed__($self, /)")]
    fn __reversed__(&self, vm: &Vm) -> Value {
        vm.new_list(self.frame.bound_locals().into_iter().rev().map(|(k, _)| k).collect()).into_value()
    }

    #[method("update($self, other, /)")]
    fn update(&self, other: &Value, vm: &Vm) -> PyResult<()> {
        self.update_from(other, vm)
    }

    #[method("setdefault($self, key, default=None, /)")]
    fn setdefault(&self, key: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        if let Some(found) = self.find(key, vm)? {
            return Ok(found);
        }
        let default = default.cloned().unwrap_or(Value::none());
        self.store(key, &default, vm)?;
        Ok(default)
    }

    #[method("pop($self, key, default=<unrepresentable>, /)")]
    fn pop(&self, key: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        if self.is_local(key, vm)? {
            return Err(vm.value_error("cannot remove local variables from FrameLocalsProxy"));
        }
        let removed = match self.frame.extra() {
            Some(extra) => extra.remove(key, vm)?,
            None => None,
        };
        match (removed, default) {
            (Some(entry), _) => Ok(entry.value),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(vm.key_error(key)),
        }
    }
}

fn proxy_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if args.keyword_count() > 0 {
        return Err(vm.type_error("FrameLocalsProxy takes no keyword arguments"));
    }
    match args.positional() {
        [frame] => match frame.cast::<FrameObject>() {
            Some(frame) => Ok(FrameLocalsProxy::new(frame, vm).into_value()),
            None => Err(vm.type_error(format!("expect frame, not {}", vm.type_name(frame)))),
        },
        more => Err(vm.type_error(format!("FrameLocalsProxy expected 1 argument, got {}", more.len()))),
    }
}

fn proxy_get(value: &Value, key: &Value, vm: &Vm) -> PyResult {
    match this(value).map(|p| p.find(key, vm)).transpose()?.flatten() {
        Some(found) => Ok(found),
        None => {
            let text = vm.repr_text(key)?;
            Err(vm.key_error(vm.try_str(&format!("local variable {text} is not defined"))?.as_value()))
        }
    }
}

fn proxy_set(slf: &Value, key: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let Some(proxy) = this(slf) else { return Ok(()) };
    if let Some(value) = value {
        return proxy.store(key, value, vm);
    }
    if proxy.is_local(key, vm)? {
        return Err(vm.value_error("cannot remove local variables from FrameLocalsProxy"));
    }
    let removed = match proxy.frame.extra() {
        Some(extra) => extra.remove(key, vm)?,
        None => None,
    };
    if removed.is_some() { Ok(()) } else { Err(vm.key_error(key)) }
}

fn proxy_iter(value: &Value, vm: &Vm) -> PyResult {
    let names = this(value).map_or_else(Vec::new, |p| p.frame.bound_locals().into_iter().map(|(k, _)| k).collect());
    vm.iter(vm.new_list(names).as_value())
}

fn proxy_repr(value: &Value, vm: &Vm) -> PyResult {
    if !vm.enter_repr(value) {
        return Ok(vm.intern("{...}").into_value());
    }
    let dict = this(value).map(|p| p.to_dict(vm)).transpose();
    let text = dict.and_then(|dict| vm.repr(&dict.unwrap_or(Value::none())));
    vm.leave_repr(value);
    Ok(text?.into_value())
}

fn proxy_compare(a: &Value, b: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let Some(left) = this(a) else { return Ok(Value::not_implemented()) };
    if let Some(right) = this(b) {
        let same = left.frame.is(&right.frame);
        return Ok(match op {
            CompareOp::Eq => Value::bool(same),
            CompareOp::Ne => Value::bool(!same),
            _ => Value::not_implemented(),
        });
    }
    if b.ty(vm).is_subtype(vm.builtin(B::Dict)) {
        return vm.compare(&left.to_dict(vm)?, b, op);
    }
    Ok(Value::not_implemented())
}

fn proxy_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let plain = |value: &Value| -> PyResult<Option<Value>> {
        match this(value) {
            Some(proxy) => proxy.to_dict(vm).map(Some),
            None if value.ty(vm).is_subtype(vm.builtin(B::Dict)) => Ok(Some(value.clone())),
            None => Ok(None),
        }
    };
    match (plain(a)?, plain(b)?) {
        (Some(a), Some(b)) => vm.bit_or(&a, &b),
        _ => Ok(Value::not_implemented()),
    }
}

fn proxy_inplace_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let Some(proxy) = this(a) else { return Ok(Value::not_implemented()) };
    if this(b).is_none() && !b.ty(vm).is_subtype(vm.builtin(B::Dict)) {
        return Ok(Value::not_implemented());
    }
    proxy.update_from(b, vm)?;
    Ok(a.clone())
}
