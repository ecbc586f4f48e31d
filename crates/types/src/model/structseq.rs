//! Struct sequences: tuples with named fields, such as `sys.flags` and `os.stat_result`.
//!
//! The visible items are the tuple's. Fields beyond them are kept where `__slots__` members are.

use std::rc::Rc;

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::layout::{Dict, Str, Tuple};
use pyrope_object::ty::ClassParts;
use pyrope_object::{
    Args, Binding, BuiltinType as B, Header, MethodDef, NativeFn, PyResult, Ref, Slots, Type, TypeFlags, Value, Vm,
};

use super::{builtin_function, class, descriptors};

/// What a struct sequence type consists of.
pub struct StructSequence {
    /// Qualified name, such as `os.stat_result`: all before the last dot is the module.
    pub name: &'static str,
    pub doc: &'static str,
    /// Name and description of each field; an empty name is an unnamed visible item.
    pub fields: &'static [(&'static str, &'static str)],
    /// How many of the fields are items of the tuple.
    pub visible: usize,
}

/// A field of a struct sequence.
#[pyclass(name = "member_descriptor", slots = FIELD_SLOTS, flags(GC), doc = "")]
#[derive(Traverse)]
struct Field {
    header: Header,
    name: Ref<Str>,
    /// The type's full name.
    #[traverse(skip)]
    owner: &'static str,
    /// Among all fields.
    #[traverse(skip)]
    index: usize,
    /// How many fields are items of the tuple.
    #[traverse(skip)]
    visible: usize,
}

const FIELD_SLOTS: Slots = Slots {
    descr_get: Some(|slf, object, _, vm| {
        let (Some(field), Some(object)) = (slf.downcast::<Field>(), object) else { return Ok(slf.clone()) };
        let found = match field.index.checked_sub(field.visible) {
            None => object.downcast::<Tuple>().and_then(|t| t.as_slice().get(field.index).cloned()),
            Some(hidden) => object.member_slot(hidden),
        };
        found.ok_or_else(|| vm.no_attribute(object, field.name.as_value()))
    }),
    descr_set: Some(|_, _, _, vm| Err(vm.attribute_error("readonly attribute"))),
    repr: Some(|slf, vm| {
        let Some(field) = slf.downcast::<Field>() else { return Ok(Value::none()) };
        let (name, owner) = (field.name.to_string_lossy(), &field.owner);
        Ok(vm.try_str(&format!("<member '{name}' of '{owner}' objects>"))?.into_value())
    }),
    ..Slots::EMPTY
};

static METHODS: [MethodDef; 3] = [
    MethodDef {
        name: "__repr__",
        function: NativeFn::NoArgs(repr),
        binding: Binding::Instance,
        signature: "($self, /)",
        keywords: false,
        doc: "Return repr(self).",
    },
    MethodDef {
        name: "__reduce__",
        function: NativeFn::NoArgs(reduce),
        binding: Binding::Instance,
        signature: "($self, /)",
        keywords: false,
        doc: "",
    },
    MethodDef {
        name: "__replace__",
        function: NativeFn::Any(replace),
        binding: Binding::Instance,
        signature: "($self, /, **changes)",
        keywords: true,
        doc: "Return a copy of the structure with new values for the specified fields.",
    },
];

static NEW: MethodDef = MethodDef {
    name: "__new__",
    function: NativeFn::Any(new),
    binding: Binding::Static,
    signature: "($type, *args, **kwargs)",
    keywords: true,
    doc: "Create and return a new object.  See help(type) for accurate signature.",
};

/// Makes the type.
pub fn struct_sequence_type(def: &'static StructSequence, vm: &Vm) -> PyResult<Ref<Type>> {
    let (module, name) = def.name.rsplit_once('.').unwrap_or(("builtins", def.name));
    let namespace = vm.new_dict();
    let set = |key: &str, value: Value| namespace.set_str(key, value, vm);
    let count = |n: usize| vm.int_from_usize(n);
    set("__doc__", vm.new_str(def.doc).into_value())?;
    set("__module__", vm.intern(module).into_value())?;
    set("n_sequence_fields", count(def.visible))?;
    set("n_fields", count(def.fields.len()))?;
    set("n_unnamed_fields", count(def.fields.iter().filter(|f| f.0.is_empty()).count()))?;
    let visible = def.fields[..def.visible].iter().filter(|f| !f.0.is_empty());
    let names = visible.map(|f| vm.intern(f.0).into_value()).collect();
    set("__match_args__", vm.new_tuple(names).into_value())?;
    let all = def.fields.iter().map(|f| vm.intern(f.0).into_value()).collect();
    set("_struct_fields", vm.new_tuple(all).into_value())?;
    for (index, (name, _)) in def.fields.iter().enumerate().filter(|(_, f)| !f.0.is_empty()) {
        let (header, name_object) = (Header::blank(), vm.intern(name));
        let field = Field { header, name: name_object, owner: def.name, index, visible: def.visible };
        set(name, Ref::new(vm, field).into_value())?;
    }
    let tuple = Ref::from_borrowed(vm.builtin(B::Tuple));
    let parts = ClassParts {
        name: Rc::from(name),
        qualname: Rc::from(name),
        bases: vec![tuple.clone()],
        base: tuple,
        namespace: namespace.clone(),
        flags: TypeFlags::GC.or(TypeFlags::SEQUENCE),
        member_slots: (def.fields.len() - def.visible) as u32,
        inline_capacity: 0,
    };
    let ty = Type::new_class(vm, vm.builtin(B::Type), parts);
    for method in &METHODS {
        namespace.set_str(method.name, descriptors::method_descriptor(&ty, method, vm), vm)?;
    }
    let new = builtin_function::native_function(&NEW, ty.to_value(), None, vm);
    namespace.set_str("__new__", super::wrappers::static_method(new, vm), vm)?;
    ty.set_mro(class::compute_mro(&ty, vm)?);
    class::update_slots(&ty, vm);
    if module == "sys" {
        ty.set_flags(ty.flags().or(TypeFlags::IMMUTABLE));
    }
    Ok(ty)
}

/// An instance of a struct sequence type from the values of all fields.
pub fn struct_sequence(ty: &Type, values: Vec<Value>, vm: &Vm) -> PyResult {
    let visible = number(ty, "n_sequence_fields", vm)?;
    let instance = Tuple::try_new(vm, ty, &values[..visible.min(values.len())])?.into_value();
    for (index, value) in values.into_iter().skip(visible).enumerate() {
        drop(instance.replace_member_slot(index, Some(value)));
    }
    Ok(instance)
}

fn number(ty: &Type, name: &str, vm: &Vm) -> PyResult<usize> {
    let found = pyrope_object::protocol::lookup_str(ty, name, vm);
    Ok(found.and_then(|n| n.as_i64()).and_then(|n| usize::try_from(n).ok()).unwrap_or(0))
}

fn field_names(ty: &Type, vm: &Vm) -> PyResult<Vec<Value>> {
    let found = pyrope_object::protocol::lookup_str(ty, "_struct_fields", vm);
    Ok(found.and_then(|n| n.downcast::<Tuple>().map(|t| t.as_slice().to_vec())).unwrap_or_default())
}

/// The type's name with its module.
fn shown_name(ty: &Type, vm: &Vm) -> PyResult<String> {
    let module = super::class::module_of(ty, vm)?;
    let module = module.downcast::<Str>().map(|m| m.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(format!("{module}.{}", ty.name()))
}

/// The class to make an instance of, and the other arguments; `owner` is the type whose `__new__` was called.
fn class_argument<'a>(owner: &Value, args: Args<'a>, vm: &Vm) -> PyResult<(&'a Type, &'a [Value])> {
    let Some(owner) = owner.downcast::<Type>() else {
        return Err(vm.system_error("__new__() called with non-type 'self'"));
    };
    let name = shown_name(owner, vm)?;
    let Some((class, rest)) = args.positional().split_first() else {
        return Err(vm.type_error(format!("{name}.__new__(): not enough arguments")));
    };
    let Some(ty) = class.downcast::<Type>() else {
        let kind = vm.type_name(class);
        return Err(vm.type_error(format!("{name}.__new__(X): X is not a type object ({kind})")));
    };
    if !ty.is_subtype(owner) {
        return Err(vm.type_error(format!("{name}.__new__({0}): {0} is not a subtype of {name}", ty.name())));
    }
    Ok((ty, rest))
}

fn new(owner: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let (ty, rest) = class_argument(owner, args, vm)?;
    if ty.flags().has(TypeFlags::DISALLOW_INSTANTIATION) {
        return Err(vm.type_error(format!("cannot create '{}' instances", shown_name(ty, vm)?)));
    }
    let mut sequence = rest.first().cloned();
    let mut extra = rest.get(1).cloned();
    for (key, value) in args.keywords() {
        match key.downcast::<Str>().and_then(Str::as_ascii) {
            Some("sequence") => sequence = Some(value.clone()),
            Some("dict") => extra = Some(value.clone()),
            _ => {
                return Err(
                    vm.type_error(format!("structseq() got an unexpected keyword argument {}", vm.repr_text(key)?))
                );
            }
        }
    }
    let Some(sequence) = sequence else {
        return Err(vm.type_error(format!("{}() missing required argument 'sequence' (pos 1)", ty.name())));
    };
    if sequence.ty(vm).slots().iter.is_none() && sequence.ty(vm).slots().sq_item.is_none() {
        return Err(vm.type_error("constructor requires a sequence"));
    }
    let mut values = vm.collect(&sequence)?;
    let (least, most) = (number(ty, "n_sequence_fields", vm)?, number(ty, "n_fields", vm)?);
    let given = values.len();
    let shown = shown_name(ty, vm)?;
    let wrong = |how: &str, bound: usize| {
        vm.type_error(format!("{shown}() takes {how} {bound}-sequence ({given}-sequence given)"))
    };
    if least != most {
        if given < least {
            return Err(wrong("an at least", least));
        }
        if given > most {
            return Err(wrong("an at most", most));
        }
    } else if given != least {
        return Err(wrong("a", least));
    }
    let extra = match extra {
        None => None,
        Some(extra) => match extra.cast::<Dict>() {
            Some(dict) => Some(dict),
            None => return Err(vm.type_error(format!("{shown}() takes a dict as second arg, if any"))),
        },
    };
    let names = field_names(ty, vm)?;
    let mut used = 0;
    for name in &names[given..] {
        let found = match &extra {
            Some(dict) => dict.get(name, vm)?,
            None => None,
        };
        used += usize::from(found.is_some());
        values.push(found.unwrap_or(Value::none()));
    }
    if extra.is_some_and(|dict| dict.len() > used) {
        return Err(vm.type_error(format!("{shown}() got duplicate or unexpected field name(s)")));
    }
    struct_sequence(ty, values, vm)
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let ty = slf.ty(vm);
    let module = class::module_of(ty, vm)?;
    let module = module.downcast::<Str>().map(|m| m.to_string_lossy().into_owned()).unwrap_or_default();
    let names = field_names(ty, vm)?;
    let mut parts = Vec::new();
    // As in CPython, unnamed items borrow the names of the fields that follow.
    let named = names.iter().filter(|n| n.downcast::<Str>().is_some_and(|n| !n.is_empty()));
    for (name, item) in named.zip(slf.downcast::<Tuple>().map(Tuple::as_slice).unwrap_or_default()) {
        let name = name.downcast::<Str>().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        parts.push(format!("{name}={}", vm.repr_text(item)?));
    }
    let prefix = if module == "builtins" { String::new() } else { format!("{module}.") };
    Ok(vm.try_str(&format!("{prefix}{}({})", ty.name(), parts.join(", ")))?.into_value())
}

fn hidden(slf: &Value, vm: &Vm) -> PyResult<Ref<Dict>> {
    let dict = vm.new_dict();
    let visible = slf.downcast::<Tuple>().map_or(0, Tuple::len);
    for (index, name) in field_names(slf.ty(vm), vm)?.into_iter().skip(visible).enumerate() {
        if let Some(value) = slf.member_slot(index) {
            dict.set(name, value, vm)?;
        }
    }
    Ok(dict)
}

fn reduce(slf: &Value, vm: &Vm) -> PyResult {
    let items = slf.downcast::<Tuple>().map(Tuple::as_slice).unwrap_or_default();
    let plain = vm.tuple_from_slice(items).into_value();
    let args = vm.tuple_of([plain, hidden(slf, vm)?.into_value()]);
    Ok(vm.tuple_of([slf.ty(vm).to_value(), args.into_value()]).into_value())
}

fn replace(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    if !args.positional().is_empty() {
        return Err(vm.type_error("__replace__() takes no positional arguments"));
    }
    let ty = slf.ty(vm);
    if number(ty, "n_unnamed_fields", vm)? > 0 {
        return Err(
            vm.type_error(format!("__replace__() is not supported for {} because it has unnamed field(s)", ty.name()))
        );
    }
    let names = field_names(ty, vm)?;
    let mut values = slf.downcast::<Tuple>().map(Tuple::as_slice).unwrap_or_default().to_vec();
    for index in 0..names.len() - values.len() {
        values.push(slf.member_slot(index).unwrap_or(Value::none()));
    }
    let mut unexpected = Vec::new();
    for (key, value) in args.keywords() {
        match names.iter().position(|n| n.is(key)) {
            Some(index) => values[index] = value.clone(),
            None => unexpected.push(key.clone()),
        }
    }
    if !unexpected.is_empty() {
        let list = vm.new_list(unexpected).into_value();
        return Err(vm.type_error(format!("Got unexpected field name(s): {}", vm.repr_text(&list)?)));
    }
    struct_sequence(ty, values, vm)
}
