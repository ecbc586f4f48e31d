//! `object`

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::layout::{Dict, PLAIN_LAYOUT, Plain, Str};
use pyrope_object::protocol::{generic_getattr, generic_setattr};
use pyrope_object::{
    Args, BuiltinType as B, CompareOp, GetSetDef, Header, PyResult, Ref, Slots, Type, TypeDef, TypeFlags, Value, Vm,
};

use super::class;

/// The description of `object`.
pub fn object_def() -> &'static TypeDef {
    ObjectType::def()
}

/// The base class of the class hierarchy.
///
/// When called, it accepts no arguments and returns a new featureless
/// instance that has no instance attributes and cannot be given any.
#[pyclass(
    name = "object",
    layout = PLAIN_LAYOUT,
    builtin = Object,
    signature = "()",
    flags(BASETYPE),
    slots = SLOTS,
    methods(ObjectType::METHODS),
    getset(ObjectType::GETSETS)
)]
pub struct ObjectType;

const SLOTS: Slots = Slots {
    new: Some(object_new),
    init: Some(object_init),
    repr: Some(default_repr),
    str: Some(object_str),
    hash: Some(identity_hash),
    getattr: Some(generic_getattr),
    setattr: Some(generic_setattr),
    richcompare: Some(object_compare),
    ..Slots::EMPTY
};

/// `object.__repr__`
pub(crate) fn default_repr(slf: &Value, vm: &Vm) -> PyResult {
    let ty = slf.ty(vm);
    let module = class_module(ty, vm)?;
    let name = match module.filter(|m| m != "builtins") {
        Some(module) => format!("{module}.{}", ty.qualname()),
        None => ty.qualname().to_string(),
    };
    Ok(vm.try_str(&format!("<{name} object at {:#x}>", slf.id()))?.into_value())
}

fn class_module(ty: &Type, vm: &Vm) -> PyResult<Option<String>> {
    if !ty.is_heap() {
        return Ok(Some(ty.behaviour().module.to_string()));
    }
    let module = ty.dict(vm).get(vm.names().__module__.as_value(), vm)?;
    Ok(module.and_then(|m| m.downcast::<Str>().map(|s| s.to_string_lossy().into_owned())))
}

fn object_str(slf: &Value, vm: &Vm) -> PyResult {
    match slf.ty(vm).slots().repr {
        Some(repr) => repr(slf, vm),
        None => default_repr(slf, vm),
    }
}

/// The hash of identity: the address, rotated as CPython does.
pub fn identity_hash(slf: &Value, _: &Vm) -> PyResult<i64> {
    let hash = slf.id().rotate_right(4) as i64;
    Ok(if hash == -1 { -2 } else { hash })
}

fn object_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    match op {
        CompareOp::Eq => Ok(if slf.is(other) { Value::bool(true) } else { Value::not_implemented() }),
        CompareOp::Ne => match slf.ty(vm).slots().richcompare {
            Some(compare) => {
                let equal = compare(slf, other, CompareOp::Eq, vm)?;
                if equal.is_not_implemented() { Ok(equal) } else { Ok(Value::bool(!vm.is_true(&equal)?)) }
            }
            None => Ok(Value::not_implemented()),
        },
        _ => Ok(Value::not_implemented()),
    }
}

/// True if `found` is `object.__getattribute__` itself.
pub(crate) fn is_object_getattribute(found: &Value, vm: &Vm) -> bool {
    found
        .downcast_exact::<super::descriptors::WrapperDescriptor>()
        .is_some_and(|w| w.entry.name == "__getattribute__" && (*w.owner).is(vm.builtin(B::Object)))
}

fn overrides_new(class: &Type) -> bool {
    class.slots().new.is_none_or(|new| !std::ptr::fn_addr_eq(new, object_new as fn(_, _, _) -> _))
}

fn overrides_init(class: &Type) -> bool {
    class.slots().init.is_none_or(|init| !std::ptr::fn_addr_eq(init, object_init as fn(_, _, _) -> _))
}

/// `object.__init__`
pub fn object_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    if !args.is_empty() {
        let class = slf.ty(vm);
        if overrides_init(class) {
            return Err(vm.type_error("object.__init__() takes exactly one argument (the instance to initialize)"));
        }
        if !overrides_new(class) {
            return Err(vm.type_error(format!(
                "{}.__init__() takes exactly one argument (the instance to initialize)",
                class.name()
            )));
        }
    }
    Ok(())
}

/// `object.__new__`
pub fn object_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if !args.is_empty() {
        if overrides_new(class) {
            return Err(vm.type_error("object.__new__() takes exactly one argument (the type to instantiate)"));
        }
        if !overrides_init(class) {
            return Err(vm.type_error(format!("{}() takes no arguments", class.name())));
        }
    }
    if class.flags().has(TypeFlags::ABSTRACT) {
        return Err(refuse_abstract(class, vm)?);
    }
    if !class.derives_layout(<Plain as pyrope_object::Object>::def()) {
        return Err(vm.type_error(format!("cannot create '{}' instances", super::class::type_full_name(class, vm))));
    }
    Ok(Ref::new_in(vm, class, Plain { header: Header::blank() }).into_value())
}

fn refuse_abstract(class: &Type, vm: &Vm) -> PyResult<pyrope_object::Raised> {
    let methods = vm.get_attr(&class.to_value(), vm.names().__abstractmethods__.as_value())?;
    let mut names: Vec<String> = vm
        .collect(&methods)?
        .iter()
        .map(|n| n.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default())
        .collect();
    names.sort();
    let plural = if names.len() > 1 { "s" } else { "" };
    let list: Vec<String> = names.iter().map(|n| format!("'{n}'")).collect();
    Ok(vm.type_error(format!(
        "Can't instantiate abstract class {} without an implementation for abstract method{plural} {}",
        class.name(),
        list.join(", ")
    )))
}

/// `__dict__` of instances of classes that add one.
pub(crate) static DICT_ATTRIBUTE: GetSetDef = GetSetDef {
    name: "__dict__",
    get: get_dict_of_class_instance,
    set: Some(set_dict_of_class_instance),
    doc: "dictionary for instance variables",
    member: false,
};

/// `__dict__` of instances of native types: it cannot be deleted.
pub(crate) static NATIVE_DICT_ATTRIBUTE: GetSetDef = GetSetDef {
    name: "__dict__",
    get: get_dict,
    set: Some(set_native_dict),
    doc: "dictionary for instance variables",
    member: false,
};

/// `object.__dict__ = value` for an instance of a native type.
pub fn set_native_dict(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    match value {
        Some(_) => set_dict(slf, value, vm),
        None => Err(vm.type_error("cannot delete __dict__")),
    }
}

/// `__weakref__` of instances of classes that add it.
pub(crate) static WEAKREF_ATTRIBUTE: GetSetDef = GetSetDef {
    name: "__weakref__",
    get: get_weakref,
    set: None,
    doc: "list of weak references to the object",
    member: false,
};

/// `object.__dict__` for any object with attributes of its own.
pub fn get_dict(slf: &Value, vm: &Vm) -> PyResult {
    match slf.dict_of_instance(vm)? {
        Some(dict) => Ok(dict.into_value()),
        None => Err(vm.attribute_error("This object has no __dict__")),
    }
}

/// The `__dict__` of a native ancestor, such as `type` and `module` have: it goes before that of Python classes.
fn native_dict_attribute(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let (ty, object) = (slf.ty(vm), vm.builtin(B::Object));
    if std::ptr::eq(ty.behaviour(), object.behaviour()) {
        return Ok(None);
    }
    for ancestor in ty.mro().iter().filter(|ty| !ty.is_heap() && !(***ty).is(object)) {
        if let Some(found) = ancestor.dict(vm).get(vm.names().__dict__.as_value(), vm)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn get_dict_of_class_instance(slf: &Value, vm: &Vm) -> PyResult {
    match native_dict_attribute(slf, vm)? {
        Some(found) => match found.ty(vm).slots().descr_get {
            Some(get) => get(&found, Some(slf), Some(&slf.ty(vm).to_value()), vm),
            None => Ok(found),
        },
        None => get_dict(slf, vm),
    }
}

fn set_dict_of_class_instance(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    match native_dict_attribute(slf, vm)?.and_then(|found| Some((found.ty(vm).slots().descr_set?, found))) {
        Some((set, found)) => set(&found, slf, value, vm),
        None => set_dict(slf, value, vm),
    }
}

/// `object.__dict__ = value`
pub fn set_dict(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let Some(value) = value else {
        slf.replace_instance_dict(vm.new_dict());
        return Ok(());
    };
    match value.cast::<Dict>() {
        Some(dict) => {
            slf.replace_instance_dict(dict);
            Ok(())
        }
        None => Err(vm.type_error(format!("__dict__ must be set to a dictionary, not a '{}'", vm.type_name(value)))),
    }
}

fn get_weakref(slf: &Value, _vm: &Vm) -> PyResult {
    Ok(pyrope_object::weak::references_to(slf).first().map_or(Value::none(), Ref::to_value))
}

#[pymethods]
impl ObjectType {
    #[getter("__class__")]
    fn class(slf: &Value, vm: &Vm) -> Value {
        slf.ty(vm).to_value()
    }

    #[setter("__class__")]
    fn set_class(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("can't delete __class__ attribute")) };
        vm.audit("object.__setattr__", || [slf.clone(), vm.intern("__class__").into_value(), value.clone()])?;
        let Some(new) = value.cast::<Type>() else {
            return Err(
                vm.type_error(format!("__class__ must be set to a class, not '{}' object", vm.type_name(value)))
            );
        };
        let old = slf.ty(vm);
        let modules = old.is_subtype(vm.builtin(B::Module)) && new.is_subtype(vm.builtin(B::Module));
        let mutable = |t: &Type| t.is_heap() && !t.flags().has(TypeFlags::IMMUTABLE);
        let allowed = modules || (mutable(old) && mutable(&new));
        if !allowed {
            return Err(vm.type_error("__class__ assignment only supported for mutable types or ModuleType subclasses"));
        }
        class::compatible_for_assignment(old, &new, "__class__", vm)?;
        slf.set_class(&new, vm)
    }

    /// Default dir() implementation.
    #[method("__dir__($self, /)")]
    fn dir(slf: &Value, vm: &Vm) -> PyResult {
        let names = vm.new_dict();
        if let Some(dict) = vm.find_attr(slf, vm.names().__dict__.as_value())?
            && let Some(dict) = dict.downcast::<Dict>()
        {
            for entry in dict.entries() {
                names.set(entry.key, Value::none(), vm)?;
            }
        }
        if let Some(class) = vm.find_attr(slf, vm.names().__class__.as_value())? {
            class::merge_class_dict(&names, &class, vm)?;
        }
        Ok(vm.new_list(names.entries().into_iter().map(|e| e.key).collect()).into_value())
    }

    /// Default object formatter.
    ///
    /// Return str(self) if format_spec is empty. Raise TypeError otherwise.
    #[method("__format__($self, format_spec, /)")]
    fn format(slf: &Value, format_spec: &Value, vm: &Vm) -> PyResult {
        let Some(spec) = format_spec.downcast::<Str>() else {
            return Err(vm.type_error(format!("__format__() argument must be str, not {}", vm.type_name(format_spec))));
        };
        if !spec.is_empty() {
            return Err(vm.type_error(format!("unsupported format string passed to {}.__format__", vm.type_name(slf))));
        }
        Ok(vm.str(slf)?.into_value())
    }

    /// Size of object in memory, in bytes.
    #[method("__sizeof__($self, /)")]
    fn sizeof(slf: &Value, vm: &Vm) -> usize {
        let ty = slf.ty(vm);
        ty.basic_size() + ty.inline_capacity() * 8
    }

    /// Helper for pickle.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        super::reduce::reduce(slf, 0, vm)
    }

    /// Helper for pickle.
    #[method("__reduce_ex__($self, protocol, /)")]
    fn reduce_ex(slf: &Value, protocol: i64, vm: &Vm) -> PyResult {
        super::reduce::reduce_ex(slf, protocol, vm)
    }

    /// Helper for pickle.
    #[method("__getstate__($self, /)")]
    fn getstate(slf: &Value, vm: &Vm) -> PyResult {
        super::reduce::default_state(slf, false, vm)
    }

    /// This method is called when a class is subclassed.
    ///
    /// The default implementation does nothing. It may be
    /// overridden to extend subclasses.
    #[classmethod("__init_subclass__($type, /)")]
    fn init_subclass(_cls: &Value) {}

    /// Abstract classes can override this to customize issubclass().
    ///
    /// This is invoked early on by abc.ABCMeta.__subclasscheck__().
    /// It should return True, False or NotImplemented.  If it returns
    /// NotImplemented, the normal algorithm is used.  Otherwise, it
    /// overrides the normal algorithm (and the outcome is cached).
    #[classmethod("__subclasshook__($type, object, /)")]
    fn subclasshook(_cls: &Value, _object: &Value) -> Value {
        Value::not_implemented()
    }
}
