//! What can be asked of a type: attribute access on classes, and `type`'s own attributes and methods.

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::utf8;
use pyrope_object::layout::{Dict, Str, TYPE_LAYOUT};
use pyrope_object::slots::{InitFn, NewFn};
use pyrope_object::{Args, BuiltinType as B, PyResult, Ref, Slots, Type, TypeDef, TypeFlags, Value, Vm};

use super::{bases, mro, slots};

/// The description of `type`.
pub fn type_def() -> &'static TypeDef {
    TypeType::def()
}

/// type(object) -> the object's type
/// type(name, bases, dict, **kwds) -> a new type
#[pyclass(
    name = "type",
    layout = TYPE_LAYOUT,
    builtin = Type,
    flags(BASETYPE, WEAKREF),
    slots = SLOTS,
    methods(TypeType::METHODS),
    getset(TypeType::GETSETS)
)]
pub struct TypeType;

const SLOTS: Slots = Slots {
    repr: Some(type_repr),
    call: Some(type_call),
    getattr: Some(pyrope_object::protocol::type_getattr),
    setattr: Some(type_setattr),
    init: Some(type_init),
    new: Some(super::new::type_new),
    or: Some(type_or),
    ..Slots::EMPTY
};

fn this(value: &Value) -> Option<&Type> {
    value.downcast::<Type>()
}

fn type_repr(slf: &Value, vm: &Vm) -> PyResult {
    let Some(ty) = this(slf) else { return Ok(vm.new_str("<type>").into_value()) };
    let module = module_of(ty, vm)?;
    let text = match module.downcast::<Str>().map(|m| m.to_string_lossy().into_owned()) {
        Some(module) if module != "builtins" => format!("<class '{module}.{}'>", ty.qualname()),
        Some(_) => format!("<class '{}'>", ty.qualname()),
        None => format!("<class '{}'>", ty.name()),
    };
    Ok(vm.try_str(&text)?.into_value())
}

/// `type.__call__`: make, then initialise.
pub fn type_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let Some(class) = this(slf) else { return Err(vm.type_error("type.__call__ needs a type")) };
    if class.is(vm.builtin(B::Type)) && args.keyword_count() == 0 && args.positional().len() == 1 {
        return Ok(args.positional()[0].ty(vm).to_value());
    }
    let Some(new) = class.slots().new.filter(|_| !class.flags().has(TypeFlags::DISALLOW_INSTANTIATION)) else {
        return Err(vm.type_error(format!("cannot create '{}' instances", qualified_name(class, vm)?)));
    };
    let object = new(class, args, vm)?;
    let made = object.ty(vm);
    if (made.is(class) || made.is_subtype(class))
        && let Some(init) = made.slots().init
        && !(made.is(class) && is_left_to_new(new, init, vm))
    {
        init(&object, args, vm)?;
    }
    Ok(object)
}

/// Is `init` that of `object`, which does nothing behind a `new` of another type?
fn is_left_to_new(new: NewFn, init: InitFn, vm: &Vm) -> bool {
    let object = vm.builtin(B::Object).slots();
    object.init.is_some_and(|plain| std::ptr::fn_addr_eq(plain, init))
        && !object.new.is_some_and(|plain| std::ptr::fn_addr_eq(plain, new))
}

fn type_init(_: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    match args.positional().len() {
        1 if args.keyword_count() > 0 => Err(vm.type_error("type.__init__() takes no keyword arguments")),
        1 | 3 => Ok(()),
        _ => Err(vm.type_error("type.__init__() takes 1 or 3 arguments")),
    }
}

fn type_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    crate::typing::union_of(a, b, vm)
}

fn type_setattr(slf: &Value, name: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    match this(slf) {
        Some(class) => set_type_attribute(class, name, value, vm),
        None => Ok(()),
    }
}

/// `setattr` on a class: the dict changes, caches are told, and slots follow special methods.
pub fn set_type_attribute(class: &Type, name: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let Some(name) = name.cast::<Str>() else {
        return Err(vm.type_error(format!("attribute name must be string, not '{}'", vm.type_name(name))));
    };
    if class.flags().has(TypeFlags::IMMUTABLE) {
        return Err(vm.type_error(format!(
            "cannot set {} attribute of immutable type '{}'",
            vm.repr_text(name.as_value())?,
            bases::type_full_name(class, vm)
        )));
    }
    let slf = class.to_value();
    let name = if name.is_interned() || name.as_value().ty(vm).is_heap() { name } else { vm.intern_str(&name) };
    if let Some(found) = slf.ty(vm).lookup(&name, vm)
        && let Some(set) = found.ty(vm).slots().descr_set
    {
        return set(&found, &slf, value, vm);
    }
    // The old value is dropped only after the caches know of the change.
    let dict = class.dict(vm);
    let old = match value {
        Some(value) => dict.insert(name.to_value(), value.clone(), vm)?,
        None => match dict.remove(name.as_value(), vm)? {
            Some(entry) => Some(entry.value),
            None => return Err(vm.no_attribute(&slf, name.as_value())),
        },
    };
    class.modified();
    if is_special(&name) {
        slots::update_slots(class, vm);
    }
    drop(old);
    Ok(())
}

fn is_special(name: &Str) -> bool {
    name.as_ascii().is_some_and(|n| n.len() > 4 && n.starts_with("__") && n.ends_with("__"))
}

/// `type.__module__`, without going through a metaclass.
pub fn module_of(ty: &Type, vm: &Vm) -> PyResult {
    match ty.dict(vm).get(vm.names().__module__.as_value(), vm)? {
        // What a native type has under that name may describe its instances, as with functions.
        Some(module) if ty.is_heap() || module.downcast::<Str>().is_some() => Ok(module),
        _ if ty.is_heap() => Err(vm.attribute_error("__module__")),
        _ => Ok(vm.intern(ty.behaviour().module).into_value()),
    }
}

/// Module and qualified name, without `builtins` and `__main__`.
pub fn qualified_name(ty: &Type, vm: &Vm) -> PyResult<String> {
    let module = module_of(ty, vm)?;
    let module = module.downcast::<Str>().map(Str::to_string_lossy);
    Ok(match module.as_deref() {
        None | Some("builtins" | "__main__") => ty.qualname().to_string(),
        Some(module) => format!("{module}.{}", ty.qualname()),
    })
}

fn audit_change(this: &Type, name: &str, value: &Value, vm: &Vm) -> PyResult<()> {
    vm.audit("object.__setattr__", || [this.to_value(), vm.intern(name).into_value(), value.clone()])
}

fn check_settable(class: &Type, attribute: &str, value: Option<&Value>, vm: &Vm) -> PyResult<Value> {
    if class.flags().has(TypeFlags::IMMUTABLE) || !class.is_heap() {
        return Err(vm.type_error(format!(
            "cannot set '{attribute}' attribute of immutable type '{}'",
            bases::type_full_name(class, vm)
        )));
    }
    match value {
        Some(value) => Ok(value.clone()),
        None => {
            Err(vm.type_error(format!("cannot delete '{attribute}' attribute of immutable type '{}'", class.name())))
        }
    }
}

fn set_own(class: &Type, name: &str, value: Value, vm: &Vm) -> PyResult<()> {
    class.dict(vm).set_str(name, value, vm)?;
    class.modified();
    Ok(())
}

fn own(class: &Type, name: &str, vm: &Vm) -> PyResult<Option<Value>> {
    class.dict(vm).get_str(name, vm)
}

#[pymethods]
impl TypeType {
    #[getter("__name__")]
    fn name(this: &Type, vm: &Vm) -> Value {
        vm.intern(&this.name()).into_value()
    }

    #[setter("__name__")]
    fn set_name(this: &Type, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let value = check_settable(this, "__name__", value, vm)?;
        audit_change(this, "__name__", &value, vm)?;
        let Some(text) = value.downcast::<Str>() else {
            return Err(vm.type_error(format!(
                "can only assign string to {}.__name__, not '{}'",
                this.name(),
                vm.type_name(&value)
            )));
        };
        if text.code_points().any(|c| c == 0) {
            return Err(vm.value_error("type name must not contain null characters"));
        }
        this.set_name(&utf8(&value, text, vm)?);
        this.modified();
        Ok(())
    }

    #[getter("__qualname__")]
    fn qualname(this: &Type, vm: &Vm) -> Value {
        vm.intern(&this.qualname()).into_value()
    }

    #[setter("__qualname__")]
    fn set_qualname(this: &Type, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let value = check_settable(this, "__qualname__", value, vm)?;
        match value.downcast::<Str>() {
            Some(text) => {
                this.set_qualname(&text.to_string_lossy());
                Ok(())
            }
            None => Err(vm.type_error(format!(
                "can only assign string to {}.__qualname__, not '{}'",
                this.name(),
                vm.type_name(&value)
            ))),
        }
    }

    #[getter("__module__")]
    fn module(this: &Type, vm: &Vm) -> PyResult {
        module_of(this, vm)
    }

    #[setter("__module__")]
    fn set_module(this: &Type, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let value = check_settable(this, "__module__", value, vm)?;
        drop(this.dict(vm).remove(vm.names().__firstlineno__.as_value(), vm)?);
        set_own(this, "__module__", value, vm)
    }

    #[getter("__bases__")]
    fn bases(this: &Type, vm: &Vm) -> Value {
        if let Some(tuple) = this.bases_tuple.get() {
            return tuple;
        }
        let tuple = vm.new_tuple(this.bases().iter().map(Ref::to_value).collect()).into_value();
        this.bases_tuple.set(Some(tuple.clone()));
        tuple
    }

    #[setter("__bases__")]
    fn set_bases(this: &Type, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let value = check_settable(this, "__bases__", value, vm)?;
        audit_change(this, "__bases__", &value, vm)?;
        super::bases::assign_bases(this, &value, vm)
    }

    #[getter("__base__")]
    #[member]
    fn base(this: &Type) -> Value {
        this.base().map_or(Value::none(), Ref::into_value)
    }

    #[getter("__mro__")]
    #[member]
    fn mro_attribute(this: &Type, vm: &Vm) -> Value {
        // None while `mro()` of a metaclass is at work.
        if this.mro().is_empty() { Value::none() } else { mro::mro_tuple(this, vm).into_value() }
    }

    #[getter("__dict__")]
    fn dict(this: &Type, vm: &Vm) -> PyResult {
        vm.call(&vm.builtin(B::MappingProxy).to_value(), &[this.dict(vm).to_value()])
    }

    #[getter("__doc__")]
    fn doc(this: &Type, vm: &Vm) -> PyResult {
        if !this.is_heap() && !this.behaviour().doc.is_empty() {
            return Ok(vm.new_str(this.behaviour().doc).into_value());
        }
        match own(this, "__doc__", vm)? {
            Some(doc) => match doc.ty(vm).slots().descr_get {
                Some(get) => get(&doc, None, Some(&this.to_value()), vm),
                None => Ok(doc),
            },
            None => Ok(Value::none()),
        }
    }

    #[setter("__doc__")]
    fn set_doc(this: &Type, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let value = check_settable(this, "__doc__", value, vm)?;
        set_own(this, "__doc__", value, vm)
    }

    #[getter("__text_signature__")]
    fn text_signature(this: &Type, vm: &Vm) -> PyResult {
        if !this.is_heap() {
            let signature = this.behaviour().signature;
            return Ok(if signature.is_empty() { Value::none() } else { vm.new_str(signature).into_value() });
        }
        let doc = own(this, "__doc__", vm)?;
        let Some(doc) = doc.as_ref().and_then(|doc| doc.downcast::<Str>()) else { return Ok(Value::none()) };
        let doc = doc.to_string_lossy();
        Ok(signature_in(&this.name(), &doc).map_or(Value::none(), |text| vm.new_str(text).into_value()))
    }

    #[getter("__abstractmethods__")]
    fn abstract_methods(this: &Type, vm: &Vm) -> PyResult {
        // `type` itself has the descriptor under this name in its dict.
        let found = if this.is(vm.builtin(B::Type)) { None } else { own(this, "__abstractmethods__", vm)? };
        found.ok_or_else(|| vm.no_attribute(&this.to_value(), vm.names().__abstractmethods__.as_value()))
    }

    #[setter("__abstractmethods__")]
    fn set_abstract_methods(this: &Type, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let abstract_now = match value {
            Some(value) => {
                let truth = vm.is_true(value)?;
                set_own(this, "__abstractmethods__", value.clone(), vm)?;
                truth
            }
            None => {
                if this.dict(vm).remove(vm.names().__abstractmethods__.as_value(), vm)?.is_none() {
                    return Err(vm.attribute_error("__abstractmethods__"));
                }
                this.modified();
                false
            }
        };
        let flags = this.flags();
        this.set_flags(if abstract_now { flags.or(TypeFlags::ABSTRACT) } else { flags.without(TypeFlags::ABSTRACT) });
        Ok(())
    }

    #[getter("__annotations__")]
    fn annotations(this: &Type, vm: &Vm) -> PyResult {
        if !this.is_heap() {
            return Err(vm.attribute_error_for(
                format!("type object '{}' has no attribute '__annotations__'", this.name()),
                &this.to_value(),
                vm.names().__annotations__.as_value(),
            ));
        }
        for key in ["__annotations__", "__annotations_cache__"] {
            if let Some(found) = own(this, key, vm)? {
                return match found.ty(vm).slots().descr_get {
                    Some(get) => get(&found, None, Some(&this.to_value()), vm),
                    None => Ok(found),
                };
            }
        }
        let annotate = vm.get_attr(&this.to_value(), vm.names().__annotate__.as_value())?;
        let annotations = if annotate.ty(vm).slots().call.is_some() {
            let result = vm.call(&annotate, &[vm.int(1)])?;
            if result.downcast::<Dict>().is_none() {
                return Err(
                    vm.type_error(format!("__annotate__ returned non-dict of type '{}'", vm.type_name(&result)))
                );
            }
            result
        } else {
            vm.new_dict().into_value()
        };
        set_own(this, "__annotations_cache__", annotations.clone(), vm)?;
        Ok(annotations)
    }

    #[setter("__annotations__")]
    fn set_annotations(this: &Type, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        if this.flags().has(TypeFlags::IMMUTABLE) || !this.is_heap() {
            return Err(vm.type_error(format!(
                "cannot set '__annotations__' attribute of immutable type '{}'",
                bases::type_full_name(this, vm)
            )));
        }
        let dict = this.dict(vm);
        match value {
            Some(value) => {
                let key = if dict.get_str("__annotations__", vm)?.is_some() {
                    "__annotations__"
                } else {
                    "__annotations_cache__"
                };
                set_own(this, key, value.clone(), vm)?;
            }
            None => {
                let first = dict.remove(vm.names().__annotations__.as_value(), vm)?;
                let second = match first {
                    Some(_) => None,
                    None => dict.remove(vm.names().__annotations_cache__.as_value(), vm)?,
                };
                if first.is_none() && second.is_none() {
                    return Err(vm.attribute_error("__annotations__"));
                }
            }
        }
        for key in [&vm.names().__annotate_func__, &vm.names().__annotate__] {
            drop(dict.remove(key.as_value(), vm)?);
        }
        this.modified();
        Ok(())
    }

    #[getter("__annotate__")]
    fn annotate(this: &Type, vm: &Vm) -> PyResult {
        if !this.is_heap() {
            return Err(vm.attribute_error_for(
                format!("type object '{}' has no attribute '__annotate__'", this.name()),
                &this.to_value(),
                vm.names().__annotate__.as_value(),
            ));
        }
        for key in ["__annotate__", "__annotate_func__"] {
            if let Some(found) = own(this, key, vm)? {
                return match found.ty(vm).slots().descr_get {
                    Some(get) => get(&found, None, Some(&this.to_value()), vm),
                    None => Ok(found),
                };
            }
        }
        set_own(this, "__annotate_func__", Value::none(), vm)?;
        Ok(Value::none())
    }

    #[setter("__annotate__")]
    fn set_annotate(this: &Type, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("cannot delete __annotate__ attribute")) };
        if this.flags().has(TypeFlags::IMMUTABLE) || !this.is_heap() {
            return Err(vm.type_error(format!(
                "cannot set '__annotate__' attribute of immutable type '{}'",
                bases::type_full_name(this, vm)
            )));
        }
        if !value.is_none() && value.ty(vm).slots().call.is_none() {
            return Err(vm.type_error("__annotate__ must be callable or None"));
        }
        set_own(this, "__annotate_func__", value.clone(), vm)?;
        if !value.is_none() {
            for key in [&vm.names().__annotations_cache__, &vm.names().__annotations__] {
                drop(this.dict(vm).remove(key.as_value(), vm)?);
            }
        }
        Ok(())
    }

    #[getter("__type_params__")]
    fn type_params(this: &Type, vm: &Vm) -> PyResult {
        if this.is(vm.builtin(B::Type)) {
            return Ok(vm.new_tuple(Vec::new()).into_value());
        }
        Ok(own(this, "__type_params__", vm)?.unwrap_or_else(|| vm.new_tuple(Vec::new()).into_value()))
    }

    #[setter("__type_params__")]
    fn set_type_params(this: &Type, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let value = check_settable(this, "__type_params__", value, vm)?;
        set_own(this, "__type_params__", value, vm)
    }

    #[getter("__basicsize__")]
    #[member]
    fn basicsize(this: &Type, vm: &Vm) -> usize {
        shown_basic_size(this, vm)
    }

    #[getter("__itemsize__")]
    #[member]
    fn itemsize(this: &Type) -> usize {
        match this.def().builtin {
            Some(B::Tuple) => 8,
            Some(B::Bytes) => 1,
            Some(B::Int) => 4,
            Some(B::Type) => 40,
            _ => 0,
        }
    }

    #[getter("__flags__")]
    #[member]
    fn flags(this: &Type, vm: &Vm) -> u64 {
        public_flags(this, vm)
    }

    #[getter("__weakrefoffset__")]
    #[member]
    fn weakrefoffset(this: &Type) -> i64 {
        if this.flags().has(TypeFlags::WEAKREF) { -32 } else { 0 }
    }

    #[getter("__dictoffset__")]
    #[member]
    fn dictoffset(this: &Type) -> i64 {
        if this.flags().has(TypeFlags::DICT) { -1 } else { 0 }
    }

    /// Return a type's method resolution order.
    #[method("mro($self, /)")]
    fn mro(this: &Type, vm: &Vm) -> PyResult {
        Ok(vm.new_list(mro::c3(this, vm)?.into_iter().map(Ref::into_value).collect()).into_value())
    }

    /// Return a list of immediate subclasses.
    #[method("__subclasses__($self, /)")]
    fn subclasses(this: &Type, vm: &Vm) -> Value {
        vm.new_list(this.subclasses().into_iter().map(Ref::into_value).collect()).into_value()
    }

    /// Create the namespace for the class statement
    #[classmethod("__prepare__($type, name, bases, /, **kwds)")]
    fn prepare(_cls: &Value, _args: Args<'_>, vm: &Vm) -> Value {
        vm.new_dict().into_value()
    }

    /// Check if an object is an instance.
    #[method("__instancecheck__($self, instance, /)")]
    fn instancecheck(slf: &Value, instance: &Value, vm: &Vm) -> PyResult<bool> {
        crate::model::instance_checks::recursive_isinstance(instance, slf, vm)
    }

    /// Check if a class is a subclass.
    #[method("__subclasscheck__($self, subclass, /)")]
    fn subclasscheck(slf: &Value, subclass: &Value, vm: &Vm) -> PyResult<bool> {
        crate::model::instance_checks::recursive_issubclass(subclass, slf, vm)
    }

    /// Specialized __dir__ implementation for types.
    #[method("__dir__($self, /)")]
    fn dir(slf: &Value, vm: &Vm) -> PyResult {
        let names = vm.new_dict();
        merge_class_dict(&names, slf, vm)?;
        Ok(vm.new_list(names.entries().into_iter().map(|e| e.key).collect()).into_value())
    }

    /// Return memory consumption of the type object.
    #[method("__sizeof__($self, /)")]
    fn sizeof(_this: &Type) -> usize {
        size_of::<Type>()
    }
}

/// `__basicsize__`. An `int` is shown as CPython's, whose digits of 30 bits are the items, wherever it is kept.
pub fn shown_basic_size(ty: &Type, vm: &Vm) -> usize {
    let boxed = size_of::<pyrope_object::layout::Int>();
    if ty.is_subtype(vm.builtin(B::Int)) { ty.basic_size() - boxed + 24 } else { ty.basic_size() }
}

/// Adds the names of a class and its bases to `names`, through `__dict__` and `__bases__`.
pub fn merge_class_dict(names: &Ref<Dict>, class: &Value, vm: &Vm) -> PyResult<()> {
    vm.check_stack(" while listing attributes")?;
    if let Some(dict) = vm.find_attr(class, vm.names().__dict__.as_value())? {
        let keys = vm.iter(&dict)?;
        while let Some(key) = vm.next(&keys)? {
            names.set(key, Value::none(), vm)?;
        }
    }
    if let Some(bases) = vm.find_attr(class, vm.names().__bases__.as_value())? {
        for base in vm.collect(&bases)? {
            merge_class_dict(names, &base, vm)?;
        }
    }
    Ok(())
}

/// True for native types that CPython makes when their module is loaded: all but those of `builtins` and of the
/// modules that still have static types. `copyreg` takes the first base that is none of them for the native part.
fn is_heap_type_in_cpython(ty: &Type) -> bool {
    let (module, name) = (ty.behaviour().module, ty.behaviour().name);
    let static_module = ["builtins", "types", "weakref", "datetime", "_contextvars", "string.templatelib"];
    let static_type = [("collections", "OrderedDict"), ("typing", "Union")];
    !static_module.contains(&module) && !static_type.contains(&(module, name))
}

/// `sys._clear_type_descriptors`: a class that another one takes over gives up `__dict__` and `__weakref__`.
pub fn clear_descriptors(class: &Type, vm: &Vm) -> PyResult<()> {
    if !class.is_heap() || class.flags().has(TypeFlags::IMMUTABLE) {
        return Err(vm.type_error("argument is immutable"));
    }
    for name in [&vm.names().__dict__, &vm.names().__weakref__] {
        drop(class.dict(vm).remove(name.as_value(), vm)?);
    }
    class.modified();
    Ok(())
}

/// `__flags__` with CPython's bits, as far as they mean something here.
fn public_flags(ty: &Type, vm: &Vm) -> u64 {
    let own = TypeFlags::HEAP
        .or(TypeFlags::BASETYPE)
        .or(TypeFlags::GC)
        .or(TypeFlags::IMMUTABLE)
        .or(TypeFlags::ABSTRACT)
        .or(TypeFlags::SEQUENCE)
        .or(TypeFlags::MAPPING)
        .or(TypeFlags::MATCH_SELF)
        .or(TypeFlags::METHOD_DESCRIPTOR)
        .or(TypeFlags::DISALLOW_INSTANTIATION);
    let mut flags = u64::from(ty.flags().0 & own.0) | 1 << 12;
    if is_heap_type_in_cpython(ty) {
        flags |= u64::from(TypeFlags::HEAP.0);
    }
    for (kind, bit) in [
        (B::Int, 24),
        (B::List, 25),
        (B::Tuple, 26),
        (B::Bytes, 27),
        (B::Str, 28),
        (B::Dict, 29),
        (B::BaseException, 30),
        (B::Type, 31),
    ] {
        if ty.is_subtype(vm.builtin(kind)) {
            flags |= 1 << bit;
        }
    }
    flags
}

/// The signature that begins a docstring: `NAME(…)`, a line `--`, an empty line.
fn signature_in<'a>(name: &str, doc: &'a str) -> Option<&'a str> {
    let rest = doc.strip_prefix(name)?.strip_prefix('(').map(|_| &doc[name.len()..])?;
    rest.find(")\n--\n\n").map(|end| &rest[..=end])
}
