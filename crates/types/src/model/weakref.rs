//! `weakref.ref` and the proxies. The list behind each object is in `pyrope_object::weak`.

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::{argument_type_name, check_positional, full_type_name};
use pyrope_object::layout::{Str, WEAKCALLABLEPROXY_LAYOUT, WEAKPROXY_LAYOUT, WEAKREF_LAYOUT};
use pyrope_object::weak::{WeakCallableProxy, WeakProxy, WeakRef, find_reference, references_to};
use pyrope_object::{Args, BuiltinType as B, CompareOp, PyResult, Raised, Ref, Slots, Type, Value, Vm};

/// A reference that does not keep its object alive.
#[pyclass(
    name = "ReferenceType", module = "weakref", layout = WEAKREF_LAYOUT, builtin = WeakRef, flags(BASETYPE, GC),
    slots = REF_SLOTS, methods(RefType::METHODS), getset(RefType::GETSETS), doc = ""
)]
pub struct RefType;

/// A stand-in for an object that does not keep it alive.
#[pyclass(
    name = "ProxyType", module = "weakref", layout = WEAKPROXY_LAYOUT, builtin = WeakProxy, flags(GC),
    slots = PROXY_SLOTS, methods(ProxyType::METHODS), unhashable, doc = ""
)]
pub struct ProxyType;

/// A stand-in for a callable object that does not keep it alive.
#[pyclass(
    name = "CallableProxyType", module = "weakref", layout = WEAKCALLABLEPROXY_LAYOUT, builtin = WeakCallableProxy,
    flags(GC), slots = CALLABLE_SLOTS, methods(ProxyType::METHODS), unhashable, doc = ""
)]
pub struct CallableProxyType;

const REF_SLOTS: Slots = Slots {
    new: Some(ref_new),
    init: Some(ref_init),
    call: Some(ref_call),
    hash: Some(ref_hash),
    repr: Some(ref_repr),
    richcompare: Some(ref_compare),
    ..Slots::EMPTY
};

/// A new `weakref.ref` to an object, or the one without callback that there is already.
pub fn reference(class: &Type, object: &Value, callback: Option<Value>, vm: &Vm) -> PyResult {
    let plain = class.is(vm.builtin(B::WeakRef));
    if plain
        && callback.is_none()
        && let Some(known) = canonical(object, B::WeakRef, vm)
    {
        return Ok(known);
    }
    let shared = plain && callback.is_none();
    let Some(fields) = WeakRef::to(object, callback) else { return Err(unsupported(object, vm)) };
    let new = Ref::new_in(vm, class, fields);
    if shared {
        WeakRef::register_shared(&new)
    } else {
        WeakRef::register(&new)
    }
    Ok(new.into_value())
}

/// `weakref.proxy(object, callback)`
pub fn proxy(object: &Value, callback: Option<Value>, vm: &Vm) -> PyResult {
    let callable = object.ty(vm).slots().call.is_some();
    let kind = if callable { B::WeakCallableProxy } else { B::WeakProxy };
    if callback.is_none()
        && let Some(known) = canonical(object, kind, vm)
    {
        return Ok(known);
    }
    let Some(reference) = WeakRef::to(object, callback) else { return Err(unsupported(object, vm)) };
    if callable {
        let new = Ref::new(vm, WeakCallableProxy { reference });
        WeakRef::register(&new.reference);
        Ok(new.into_value())
    } else {
        let new = Ref::new(vm, WeakProxy { reference });
        WeakRef::register(&new.reference);
        Ok(new.into_value())
    }
}

#[cold]
fn unsupported(object: &Value, vm: &Vm) -> Raised {
    vm.type_error(format!("cannot create weak reference to '{}' object", full_type_name(object, vm)))
}

fn is_canonical(reference: &Value, kind: B, vm: &Vm) -> bool {
    reference.ty(vm).is(vm.builtin(kind)) && part(reference).is_some_and(|r| r.callback.with(Option::is_none))
}

/// The shared reference or proxy without callback.
fn canonical(object: &Value, kind: B, vm: &Vm) -> Option<Value> {
    find_reference(object, |reference| is_canonical(reference, kind, vm))
}

/// All weak references to an object: the shared ones first, then the newest first.
pub fn all_references(object: &Value, vm: &Vm) -> Vec<Value> {
    let mut first = Vec::new();
    let mut rest = Vec::new();
    for reference in references_to(object).into_iter().rev().map(Ref::into_value) {
        if is_canonical(&reference, B::WeakRef, vm) {
            first.insert(0, reference);
        } else if is_canonical(&reference, B::WeakProxy, vm) || is_canonical(&reference, B::WeakCallableProxy, vm) {
            first.push(reference);
        } else {
            rest.push(reference);
        }
    }
    first.append(&mut rest);
    first
}

/// The weak reference that a `weakref.ref` or a proxy is.
pub fn part(value: &Value) -> Option<&WeakRef> {
    if let Some(reference) = value.downcast::<WeakRef>() {
        return Some(reference);
    }
    if let Some(proxy) = value.downcast::<WeakProxy>() {
        return Some(&proxy.reference);
    }
    value.downcast::<WeakCallableProxy>().map(|proxy| &proxy.reference)
}

fn arguments<'a>(function: &str, args: Args<'a>, vm: &Vm) -> PyResult<(&'a Value, Option<Value>)> {
    let values = check_positional(function, Args::positional_only(args.positional()), 1, 2, vm)?;
    Ok((&values[0], values.get(1).filter(|c| !c.is_none()).cloned()))
}

fn ref_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if class.is(vm.builtin(B::WeakRef)) && args.keyword_count() > 0 {
        return Err(vm.type_error("ref() takes no keyword arguments"));
    }
    let (object, callback) = arguments("__new__", args, vm)?;
    reference(class, object, callback, vm)
}

fn ref_init(_: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    if args.keyword_count() > 0 {
        return Err(vm.type_error("ref() takes no keyword arguments"));
    }
    arguments("__init__", args, vm).map(drop)
}

fn this<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a WeakRef> {
    part(slf).ok_or_else(|| vm.system_error("bad argument to internal function"))
}

fn ref_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    if args.keyword_count() > 0 {
        return Err(vm.type_error("weakref() takes no keyword arguments"));
    }
    check_positional("weakref", args, 0, 0, vm)?;
    Ok(this(slf, vm)?.get().unwrap_or(Value::none()))
}

fn ref_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let this = this(slf, vm)?;
    if this.hash.get() == -1 {
        let Some(object) = this.get() else { return Err(vm.type_error("weak object has gone away")) };
        this.hash.set(vm.hash(&object)?);
    }
    Ok(this.hash.get())
}

fn ref_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::not_implemented());
    }
    let (Some(a), Some(b)) = (part(slf), part(other)) else { return Ok(Value::not_implemented()) };
    match (a.get(), b.get()) {
        (Some(a), Some(b)) => vm.compare(&a, &b, op),
        _ => Ok(Value::bool(slf.is(other) == (op == CompareOp::Eq))),
    }
}

fn ref_repr(slf: &Value, vm: &Vm) -> PyResult {
    let here = slf.id();
    let Some(object) = this(slf, vm)?.get() else {
        return Ok(vm.new_str(&format!("<weakref at {here:#x}; dead>")).into_value());
    };
    let name = vm.lookup_special(&object, &vm.names().__name__)?;
    let name = name.as_ref().and_then(|n| n.downcast::<Str>()).map(|n| n.to_string_lossy().into_owned());
    let kind = full_type_name(&object, vm);
    let text = match name {
        Some(name) => format!("<weakref at {here:#x}; to '{kind}' at {:#x} ({name})>", object.id()),
        None => format!("<weakref at {here:#x}; to '{kind}' at {:#x}>", object.id()),
    };
    Ok(vm.try_str(&text)?.into_value())
}

#[pymethods]
impl RefType {
    /// The function that is called when the object dies.
    #[getter("__callback__")]
    #[member]
    fn callback(slf: &Value, vm: &Vm) -> PyResult {
        Ok(this(slf, vm)?.callback.get().unwrap_or(Value::none()))
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        crate::containers::sequence::generic_alias(cls, object, vm)
    }
}

// ---- proxies

#[cold]
fn gone(vm: &Vm) -> Raised {
    vm.reference_error("weakly-referenced object no longer exists")
}

/// What a proxy stands for; any other value stands for itself.
fn open(value: &Value, vm: &Vm) -> PyResult {
    let reference = match value.downcast::<WeakProxy>() {
        Some(proxy) => &proxy.reference,
        None => match value.downcast::<WeakCallableProxy>() {
            Some(proxy) => &proxy.reference,
            None => return Ok(value.clone()),
        },
    };
    reference.get().ok_or_else(|| gone(vm))
}

macro_rules! unary {
    ($method:ident) => {
        Some(|slf, vm| vm.$method(&open(slf, vm)?))
    };
}

macro_rules! binary {
    ($method:ident) => {
        Some(|a, b, vm| vm.$method(&open(a, vm)?, &open(b, vm)?))
    };
}

const PROXY_SLOTS: Slots = Slots {
    repr: Some(proxy_repr),
    str: Some(|slf, vm| Ok(vm.str(&open(slf, vm)?)?.into_value())),
    getattr: Some(|slf, name, vm| vm.get_attr(&open(slf, vm)?, name)),
    setattr: Some(|slf, name, value, vm| vm.set_attr(&open(slf, vm)?, name, value)),
    richcompare: Some(|slf, other, op, vm| vm.compare(&open(slf, vm)?, &open(other, vm)?, op)),
    iter: Some(|slf, vm| vm.iter(&open(slf, vm)?)),
    next: Some(proxy_next),
    add: binary!(add),
    subtract: binary!(subtract),
    multiply: binary!(multiply),
    remainder: binary!(remainder),
    divmod: binary!(divmod),
    power: Some(|a, b, modulus, vm| vm.power(&open(a, vm)?, &open(b, vm)?, &open(modulus, vm)?)),
    negative: unary!(negative),
    positive: unary!(positive),
    absolute: unary!(absolute),
    bool: Some(|slf, vm| vm.is_true(&open(slf, vm)?)),
    invert: unary!(invert),
    lshift: binary!(lshift),
    rshift: binary!(rshift),
    and: binary!(bit_and),
    xor: binary!(bit_xor),
    or: binary!(bit_or),
    int: Some(|slf, vm| vm.call(&vm.builtin(B::Int).to_value(), &[open(slf, vm)?])),
    float: Some(|slf, vm| Ok(vm.float(vm.to_f64(&open(slf, vm)?)?))),
    index: unary!(index),
    floor_divide: binary!(floor_divide),
    true_divide: binary!(true_divide),
    matrix_multiply: binary!(matrix_multiply),
    inplace_add: binary!(inplace_add),
    inplace_subtract: binary!(inplace_subtract),
    inplace_multiply: binary!(inplace_multiply),
    inplace_remainder: binary!(inplace_remainder),
    inplace_power: Some(|a, b, _, vm| vm.inplace_power(&open(a, vm)?, &open(b, vm)?)),
    inplace_lshift: binary!(inplace_lshift),
    inplace_rshift: binary!(inplace_rshift),
    inplace_and: binary!(inplace_bit_and),
    inplace_xor: binary!(inplace_bit_xor),
    inplace_or: binary!(inplace_bit_or),
    inplace_floor_divide: binary!(inplace_floor_divide),
    inplace_true_divide: binary!(inplace_true_divide),
    inplace_matrix_multiply: binary!(inplace_matrix_multiply),
    sq_contains: Some(|slf, item, vm| vm.contains(&open(slf, vm)?, &open(item, vm)?)),
    mp_length: Some(|slf, vm| vm.len(&open(slf, vm)?)),
    mp_subscript: binary!(get_item),
    mp_ass_subscript: Some(|slf, key, value, vm| vm.set_item(&open(slf, vm)?, &open(key, vm)?, value)),
    ..Slots::EMPTY
};

const CALLABLE_SLOTS: Slots = Slots { call: Some(|slf, args, vm| vm.call_args(&open(slf, vm)?, args)), ..PROXY_SLOTS };

fn proxy_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let object = open(slf, vm)?;
    match object.ty(vm).slots().next {
        Some(next) => next(&object, vm),
        None => {
            let name = argument_type_name(&object, vm);
            Err(vm.type_error(format!("Weakref proxy referenced a non-iterator '{name}' object")))
        }
    }
}

fn proxy_repr(slf: &Value, vm: &Vm) -> PyResult {
    let here = slf.id();
    let text = match this(slf, vm)?.get() {
        Some(object) => {
            format!("<weakproxy at {here:#x}; to '{}' at {:#x}>", full_type_name(&object, vm), object.id())
        }
        None => format!("<weakproxy at {here:#x}; dead>"),
    };
    Ok(vm.try_str(&text)?.into_value())
}

#[pymethods]
impl ProxyType {
    #[method("__bytes__($self, /)")]
    fn bytes(slf: &Value, vm: &Vm) -> PyResult {
        vm.call_method(&open(slf, vm)?, "__bytes__", &[])
    }

    #[method("__reversed__($self, /)")]
    fn reversed(slf: &Value, vm: &Vm) -> PyResult {
        vm.call_method(&open(slf, vm)?, "__reversed__", &[])
    }
}
