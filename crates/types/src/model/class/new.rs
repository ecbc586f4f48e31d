//! `type(name, bases, namespace)`

use std::rc::Rc;

use pyrope_object::bind::utf8;
use pyrope_object::layout::{Dict, Str, Tuple};
use pyrope_object::ty::ClassParts;
use pyrope_object::{Args, BuiltinType as B, PyResult, Ref, Type, TypeFlags, Value, Vm};

use super::{bases, mro, slots};
use crate::containers::dict;
use crate::model::descriptors;

/// Attribute slots reserved in instances when nothing is known of what `__init__` sets.
const DEFAULT_CAPACITY: u32 = 6;
/// And at most.
const MAX_CAPACITY: usize = 30;

/// The most derived metaclass among `metatype` and the types of the bases.
pub fn calculate_metaclass(metatype: &Ref<Type>, bases: &[Value], vm: &Vm) -> PyResult<Ref<Type>> {
    let mut winner = metatype.clone();
    for base in bases {
        let candidate = base.ty(vm);
        if winner.is_subtype(candidate) {
            continue;
        }
        if candidate.is_subtype(&winner) {
            winner = Ref::from_borrowed(candidate);
            continue;
        }
        return Err(vm.type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of \
             all its bases",
        ));
    }
    Ok(winner)
}

/// `type.__new__(metatype, name, bases, namespace, **kwargs)`
pub(crate) fn type_new(metatype: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if metatype.is(vm.builtin(B::Type)) && args.positional().len() == 1 && args.keyword_count() == 0 {
        return Ok(args.positional()[0].ty(vm).to_value());
    }
    let [name, base_values, namespace] = args.positional() else {
        return Err(vm.type_error(match args.positional().len() {
            _ if metatype.is(vm.builtin(B::Type)) => "type() takes 1 or 3 arguments".to_string(),
            n => format!("type.__new__() takes exactly 3 arguments ({n} given)"),
        }));
    };
    let Some(name_text) = name.cast::<Str>() else {
        return Err(wrong_argument(1, "str", name, vm));
    };
    let Some(base_tuple) = base_values.cast::<Tuple>() else {
        return Err(wrong_argument(2, "tuple", base_values, vm));
    };
    let Some(namespace) = namespace.cast::<Dict>() else {
        return Err(wrong_argument(3, "dict", namespace, vm));
    };
    for base in base_tuple.as_slice() {
        if base.downcast::<Type>().is_none() && vm.find_attr(base, vm.names().__mro_entries__.as_value())?.is_some() {
            return Err(vm.type_error("type() doesn't support MRO entry resolution; use types.new_class()"));
        }
    }
    let metatype_ref = Ref::from_borrowed(metatype);
    let winner = calculate_metaclass(&metatype_ref, base_tuple.as_slice(), vm)?;
    if !winner.is(&metatype_ref)
        && let Some(new) = winner.slots().new
        && !std::ptr::fn_addr_eq(new, type_new as fn(_, _, _) -> _)
    {
        return new(&winner, args, vm);
    }
    let copy = dict::copy_of(namespace.as_value(), vm)?;
    let class = new_class_from_namespace(&winner, &name_text, base_tuple.as_slice(), copy, vm)?;
    if !base_tuple.is_empty() && class.bases_tuple.with(Option::is_none) {
        class.bases_tuple.set(Some(base_values.clone()));
    }
    finish(&class, args, vm)?;
    Ok(class.into_value())
}

fn wrong_argument(position: usize, expected: &str, got: &Value, vm: &Vm) -> pyrope_object::Raised {
    vm.type_error(format!("type.__new__() argument {position} must be {expected}, not {}", vm.type_name(got)))
}

/// Makes the class of a namespace (which it takes over): layout, `__slots__`, MRO, slots; no `__set_name__`, no
/// `__init_subclass__`.
pub fn new_class_from_namespace(
    metatype: &Type,
    name: &Ref<Str>,
    base_values: &[Value],
    namespace: Ref<Dict>,
    vm: &Vm,
) -> PyResult<Ref<Type>> {
    let base_list = base_types(base_values, vm)?;
    let base = bases::best_base(&base_list, vm)?;
    let name_text = class_name(name, vm)?;
    let members = Members::from_namespace(&base, &base_list, &namespace, &name_text, vm)?;
    let qualname = match namespace.remove(vm.names().__qualname__.as_value(), vm)? {
        None => name_text.clone(),
        Some(entry) => match entry.value.downcast::<Str>() {
            Some(text) => text.to_string_lossy().into(),
            None => {
                return Err(
                    vm.type_error(format!("type __qualname__ must be a str, not {}", vm.type_name(&entry.value)))
                );
            }
        },
    };
    set_default_module(&namespace, vm)?;
    wrap_implicit_methods(&namespace, vm)?;
    let capacity = if members.dict { inline_capacity(&namespace, &base, vm)? } else { base.inline_capacity() as u32 };
    let parts = ClassParts {
        name: name_text,
        qualname,
        flags: class_flags(&base, &base_list, &members),
        bases: base_list,
        base: base.clone(),
        namespace: namespace.clone(),
        member_slots: members.names.len() as u32,
        inline_capacity: capacity,
    };
    let class = Type::new_class(vm, metatype, parts);
    fill_class_cells(&class, &namespace, vm)?;
    add_members(&class, &base, &members, vm)?;
    add_standard_attributes(&class, &base, &namespace, &members, vm)?;
    let order = mro::compute_mro(&class, vm)?;
    // Unless a metaclass's `mro()` had it computed in between.
    if class.mro().is_empty() {
        class.set_mro(order);
    }
    slots::update_slots(&class, vm);
    if !namespace.has_only_str_keys() {
        let message = format!("non-string key in the __dict__ of class {}", class.name());
        vm.warn(B::RuntimeWarning, &message, 1)?;
    }
    Ok(class)
}

fn base_types(values: &[Value], vm: &Vm) -> PyResult<Vec<Ref<Type>>> {
    if values.is_empty() {
        return Ok(vec![Ref::from_borrowed(vm.builtin(B::Object))]);
    }
    values.iter().map(|v| v.cast::<Type>().ok_or_else(|| vm.type_error("bases must be types"))).collect()
}

fn class_name(name: &Ref<Str>, vm: &Vm) -> PyResult<Rc<str>> {
    if name.code_points().any(|c| c == 0) {
        return Err(vm.value_error("type name must not contain null characters"));
    }
    Ok(utf8(name.as_value(), name, vm)?.into())
}

/// What `__slots__` says.
struct Members {
    /// Mangled names, sorted as CPython sorts them.
    names: Vec<Ref<Str>>,
    /// Instances have a `__dict__`, and this class adds it.
    dict: bool,
    adds_dict: bool,
    weakref: bool,
    adds_weakref: bool,
}

impl Members {
    fn from_namespace(
        base: &Type,
        base_list: &[Ref<Type>],
        namespace: &Ref<Dict>,
        class_name: &str,
        vm: &Vm,
    ) -> PyResult<Members> {
        let may_add_dict = !base.flags().has(TypeFlags::DICT) && !base.derives_layout(vm.builtin(B::Type).def());
        let may_add_weakref = !base.flags().has(TypeFlags::WEAKREF) && !has_items(base, vm);
        let mut members =
            Members { names: Vec::new(), dict: false, adds_dict: false, weakref: false, adds_weakref: false };
        match namespace.get(vm.names().__slots__.as_value(), vm)? {
            None => {
                members.adds_dict = may_add_dict;
                members.adds_weakref = may_add_weakref;
            }
            Some(slots) => {
                members.read(&slots, base, namespace, class_name, may_add_dict, may_add_weakref, vm)?;
                // A base other than the primary one may still bring a dict or weak references in.
                if base_list.len() > 1 {
                    for other in base_list.iter().filter(|b| !(***b).is(base)) {
                        members.adds_dict |= may_add_dict && other.flags().has(TypeFlags::DICT);
                        members.adds_weakref |= may_add_weakref && other.flags().has(TypeFlags::WEAKREF);
                    }
                }
            }
        }
        members.dict = members.adds_dict || base.flags().has(TypeFlags::DICT);
        members.weakref = members.adds_weakref || base.flags().has(TypeFlags::WEAKREF);
        Ok(members)
    }

    #[allow(clippy::too_many_arguments, reason = "the facts of one class body, gathered by one caller")]
    fn read(
        &mut self,
        slots: &Value,
        base: &Type,
        namespace: &Ref<Dict>,
        class_name: &str,
        may_add_dict: bool,
        may_add_weakref: bool,
        vm: &Vm,
    ) -> PyResult<()> {
        let names = if slots.downcast::<Str>().is_some() { vec![slots.clone()] } else { vm.collect(slots)? };
        if !names.is_empty() && has_items(base, vm) {
            return Err(vm.type_error(format!("nonempty __slots__ not supported for subtype of '{}'", base.name())));
        }
        for name in names {
            let Some(text) = name.cast::<Str>() else {
                return Err(vm.type_error(format!("__slots__ items must be strings, not '{}'", vm.type_name(&name))));
            };
            if !crate::text::is_identifier(&text) {
                return Err(vm.type_error("__slots__ must be identifiers"));
            }
            if text.equals_str("__dict__") {
                if !may_add_dict || self.adds_dict {
                    return Err(vm.type_error("__dict__ slot disallowed: we already got one"));
                }
                self.adds_dict = true;
                continue;
            }
            if text.equals_str("__weakref__") {
                if !may_add_weakref || self.adds_weakref {
                    return Err(vm.type_error("__weakref__ slot disallowed: we already got one"));
                }
                self.adds_weakref = true;
                continue;
            }
            let mangled = mangle(class_name, &text, vm);
            let special = ["__qualname__", "__classcell__", "__classdictcell__"].iter().any(|n| mangled.equals_str(n));
            if !special && namespace.get(mangled.as_value(), vm)?.is_some() {
                return Err(vm.value_error(format!(
                    "{} in __slots__ conflicts with class variable",
                    vm.repr_text(mangled.as_value())?
                )));
            }
            self.names.push(mangled);
        }
        self.names.sort_by(|a, b| a.code_points().cmp(b.code_points()));
        Ok(())
    }
}

/// True for layouts that CPython gives an item size: nothing can follow their items.
fn has_items(base: &Type, vm: &Vm) -> bool {
    [B::Int, B::Bytes, B::Tuple, B::Type].into_iter().any(|kind| base.derives_layout(vm.builtin(kind).def()))
}

/// Private names get the class's name before them.
fn mangle(class_name: &str, name: &Ref<Str>, vm: &Vm) -> Ref<Str> {
    let text = name.to_string_lossy();
    let class_name = class_name.trim_start_matches('_');
    if !text.starts_with("__") || text.ends_with("__") || text.contains('.') || class_name.is_empty() {
        return vm.intern(&text);
    }
    vm.intern(&format!("_{class_name}{text}"))
}

fn class_flags(base: &Type, base_list: &[Ref<Type>], members: &Members) -> TypeFlags {
    let mut flags = TypeFlags::HEAP.or(TypeFlags::BASETYPE).or(TypeFlags::GC);
    let inherited = [TypeFlags::EXTENSION, TypeFlags::DICT, TypeFlags::WEAKREF, TypeFlags::MATCH_SELF, TypeFlags::GC];
    for flag in inherited {
        if base.flags().has(flag) {
            flags = flags.or(flag);
        }
    }
    if members.dict {
        flags = flags.or(TypeFlags::DICT).or(TypeFlags::EXTENSION);
    }
    if members.weakref {
        flags = flags.or(TypeFlags::WEAKREF).or(TypeFlags::EXTENSION);
    }
    // The first base that says sequence or mapping decides which patterns match.
    if let Some(kind) =
        base_list.iter().find_map(|b| [TypeFlags::SEQUENCE, TypeFlags::MAPPING].into_iter().find(|f| b.flags().has(*f)))
    {
        flags = flags.or(kind);
    }
    flags
}

/// As many attribute slots as the class body's methods assign to `self`, plus the base's.
fn inline_capacity(namespace: &Ref<Dict>, base: &Type, vm: &Vm) -> PyResult<u32> {
    let own = namespace.get(vm.names().__static_attributes__.as_value(), vm)?;
    let own = own.and_then(|names| names.downcast::<Tuple>().map(Tuple::len)).unwrap_or(0);
    Ok(match base.inline_capacity() + own {
        0 => DEFAULT_CAPACITY,
        // Even counts keep instances of like classes interchangeable more often.
        wanted => (wanted.min(MAX_CAPACITY) as u32).next_multiple_of(2),
    })
}

fn set_default_module(namespace: &Ref<Dict>, vm: &Vm) -> PyResult<()> {
    let key = vm.names().__module__.as_value();
    if namespace.get(key, vm)?.is_some() {
        return Ok(());
    }
    let Some(globals) = vm.frame_globals() else { return Ok(()) };
    match globals.get(vm.names().__name__.as_value(), vm)? {
        Some(module) => namespace.set(key.clone(), module, vm),
        None => Ok(()),
    }
}

/// `__new__` becomes a static method, `__init_subclass__` and `__class_getitem__` class methods.
fn wrap_implicit_methods(namespace: &Ref<Dict>, vm: &Vm) -> PyResult<()> {
    let names = vm.names();
    let function = vm.builtin(B::Function);
    for (name, wrapper) in [
        (&names.__new__, B::StaticMethod),
        (&names.__init_subclass__, B::ClassMethod),
        (&names.__class_getitem__, B::ClassMethod),
    ] {
        if let Some(found) = namespace.get(name.as_value(), vm)?
            && found.ty(vm).is(function)
        {
            let wrapped = vm.call(&vm.builtin(wrapper).to_value(), &[found])?;
            namespace.set(name.to_value(), wrapped, vm)?;
        }
    }
    Ok(())
}

fn add_members(class: &Ref<Type>, base: &Type, members: &Members, vm: &Vm) -> PyResult<()> {
    let first = base.member_slot_count();
    for (i, name) in members.names.iter().enumerate() {
        let descriptor = descriptors::slot_member(class, name, first + i, vm);
        class.dict(vm).set(name.to_value(), descriptor, vm)?;
    }
    Ok(())
}

fn add_standard_attributes(
    class: &Ref<Type>,
    base: &Type,
    namespace: &Ref<Dict>,
    members: &Members,
    vm: &Vm,
) -> PyResult<()> {
    let names = vm.names();
    if members.adds_dict && !base.flags().has(TypeFlags::DICT) {
        let descriptor = descriptors::getset_descriptor(class, &crate::model::object::DICT_ATTRIBUTE, vm);
        set_default(namespace, names.__dict__.as_value(), descriptor, vm)?;
    }
    if members.adds_weakref {
        let descriptor = descriptors::getset_descriptor(class, &crate::model::object::WEAKREF_ATTRIBUTE, vm);
        set_default(namespace, names.__weakref__.as_value(), descriptor, vm)?;
    }
    if let Some(doc) = namespace.get(names.__doc__.as_value(), vm)?
        && let Some(text) = doc.downcast::<Str>()
    {
        utf8(&doc, text, vm)?;
    }
    set_default(namespace, names.__doc__.as_value(), Value::none(), vm)?;
    if namespace.get(names.__eq__.as_value(), vm)?.is_some() {
        set_default(namespace, names.__hash__.as_value(), Value::none(), vm)?;
    }
    Ok(())
}

fn set_default(dict: &Ref<Dict>, key: &Value, value: Value, vm: &Vm) -> PyResult<()> {
    if dict.get(key, vm)?.is_none() { dict.set(key.clone(), value, vm) } else { Ok(()) }
}

/// The compiler leaves cells in the namespace that want the class and its dict.
fn fill_class_cells(class: &Ref<Type>, namespace: &Ref<Dict>, vm: &Vm) -> PyResult<()> {
    let names = vm.names();
    let cells = [(&names.__classcell__, class.to_value()), (&names.__classdictcell__, class.dict(vm).to_value())];
    for (name, content) in cells {
        if let Some(entry) = namespace.remove(name.as_value(), vm)? {
            if !entry.value.ty(vm).is(vm.builtin(B::Cell)) {
                return Err(vm.type_error(format!(
                    "{} must be a nonlocal cell, not {}",
                    name.to_string_lossy(),
                    vm.repr_text(&entry.value.ty(vm).to_value())?
                )));
            }
            vm.set_attr_str(&entry.value, "cell_contents", &content)?;
        }
    }
    Ok(())
}

/// `__set_name__` of each attribute, then `super().__init_subclass__(**kwargs)`.
fn finish(class: &Ref<Type>, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let names = vm.names();
    for entry in class.dict(vm).entries() {
        let Some(method) = vm.lookup_special(&entry.value, &names.__set_name__)? else { continue };
        if let Err(raised) = vm.call(&method, &[class.to_value(), entry.key.clone()]) {
            let exception = vm.catch(raised);
            let note = format!(
                "Error calling __set_name__ on '{}' instance {} in '{}'",
                vm.type_name(&entry.value),
                vm.repr_text(&entry.key)?,
                class.name()
            );
            vm.call_method(&exception, "add_note", &[vm.new_str(&note).into_value()])?;
            return Err(vm.reraise(exception));
        }
    }
    let parent = vm.builtin(B::Super).to_value();
    let parent = vm.call(&parent, &[class.to_value(), class.to_value()])?;
    let hook = vm.get_attr(&parent, names.__init_subclass__.as_value())?;
    let values: Vec<Value> = args.keywords().map(|(_, v)| v.clone()).collect();
    vm.call_args(&hook, Args::new(&values, args.kwnames()))?;
    Ok(())
}
