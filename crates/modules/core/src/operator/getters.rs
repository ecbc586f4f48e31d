//! `attrgetter`, `itemgetter`, `methodcaller`: calls made of names and keys.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{check_positional, no_keywords};
use pyrope_object::{Args, Header, PyResult, Ref, Slots, Str, Type, Value, Vm};

use crate::support::receiver;

/// The sole argument of a getter's call.
fn sole<'a>(function: &str, args: Args<'a>, vm: &Vm) -> PyResult<&'a Value> {
    if args.keyword_count() > 0 {
        return Err(no_keywords(function, vm));
    }
    Ok(&check_positional(function, args, 1, 1, vm)?[0])
}

/// At least one positional argument and no keywords, for a constructor.
fn some<'a>(function: &str, args: Args<'a>, vm: &Vm) -> PyResult<&'a [Value]> {
    if args.keyword_count() > 0 {
        return Err(no_keywords(function, vm));
    }
    if args.positional().is_empty() {
        return Err(vm.type_error(format!("{function} expected 1 argument, got 0")));
    }
    Ok(args.positional())
}

fn repr_call(slf: &Value, parts: &[Value], keywords: &[(Value, Value)], vm: &Vm) -> PyResult {
    let name = pyrope_object::bind::full_type_name(slf, vm);
    if !vm.enter_repr(slf) {
        return Ok(vm.new_str(&format!("{name}(...)")).into_value());
    }
    let texts = parts
        .iter()
        .map(|part| vm.repr_text(part))
        .chain(keywords.iter().map(|(key, value)| {
            let key = vm.str(key)?.to_string_lossy().into_owned();
            Ok(format!("{key}={}", vm.repr_text(value)?))
        }))
        .collect::<PyResult<Vec<_>>>();
    vm.leave_repr(slf);
    Ok(vm.try_str(&format!("{name}({})", texts?.join(", ")))?.into_value())
}

/// A callable that gives the named attributes of its argument; names may have dots.
#[pyclass(
    name = "attrgetter",
    module = "operator",
    signature = "(attr, /, *attrs)",
    flags(GC),
    methods(AttrGetter::METHODS),
    getset(AttrGetter::GETSETS),
    slots = ATTR_SLOTS
)]
#[derive(Traverse)]
pub struct AttrGetter {
    header: Header,
    names: Box<[Value]>,
    /// Each name split at its dots, interned.
    paths: Box<[Box<[Ref<Str>]>]>,
}

const ATTR_SLOTS: Slots = Slots { new: Some(attr_new), call: Some(attr_call), repr: Some(attr_repr), ..Slots::EMPTY };

fn attr_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let names = some("attrgetter", args, vm)?;
    let mut paths = Vec::with_capacity(names.len());
    for name in names {
        let Some(text) = name.downcast::<Str>() else { return Err(vm.type_error("attribute name must be a string")) };
        paths.push(text.to_string_lossy().split('.').map(|part| vm.intern(part)).collect());
    }
    let fields = AttrGetter { header: Header::blank(), names: names.into(), paths: paths.into_boxed_slice() };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn follow(object: &Value, path: &[Ref<Str>], vm: &Vm) -> PyResult {
    let mut at = object.clone();
    for name in path {
        at = vm.get_attr(&at, name.as_value())?;
    }
    Ok(at)
}

fn attr_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let this = receiver!(AttrGetter, slf, vm);
    let object = sole("attrgetter", args, vm)?;
    if let [path] = &*this.paths {
        return follow(object, path, vm);
    }
    let values = this.paths.iter().map(|path| follow(object, path, vm)).collect::<PyResult<Vec<_>>>()?;
    Ok(vm.new_tuple(values).into_value())
}

fn attr_repr(slf: &Value, vm: &Vm) -> PyResult {
    repr_call(slf, &receiver!(AttrGetter, slf, vm).names, &[], vm)
}

fn reduced(slf: &Value, arguments: &[Value], vm: &Vm) -> PyResult {
    let arguments = vm.tuple_from_slice(arguments).into_value();
    Ok(vm.tuple_of([slf.ty(vm).to_value(), arguments]).into_value())
}

#[pymethods]
impl AttrGetter {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        reduced(slf, &receiver!(AttrGetter, slf, vm).names, vm)
    }

    #[getter("__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj, /)"
    }
}

/// A callable that gives the items of its argument under the given keys.
#[pyclass(
    name = "itemgetter",
    module = "operator",
    signature = "(item, /, *items)",
    flags(GC),
    methods(ItemGetter::METHODS),
    getset(ItemGetter::GETSETS),
    slots = ITEM_SLOTS
)]
#[derive(Traverse)]
pub struct ItemGetter {
    header: Header,
    keys: Box<[Value]>,
}

const ITEM_SLOTS: Slots = Slots { new: Some(item_new), call: Some(item_call), repr: Some(item_repr), ..Slots::EMPTY };

fn item_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let keys = some("itemgetter", args, vm)?.into();
    Ok(Ref::new_in(vm, class, ItemGetter { header: Header::blank(), keys }).into_value())
}

fn item_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let this = receiver!(ItemGetter, slf, vm);
    let object = sole("itemgetter", args, vm)?;
    if let [key] = &*this.keys {
        return vm.get_item(object, key);
    }
    let values = this.keys.iter().map(|key| vm.get_item(object, key)).collect::<PyResult<Vec<_>>>()?;
    Ok(vm.new_tuple(values).into_value())
}

fn item_repr(slf: &Value, vm: &Vm) -> PyResult {
    repr_call(slf, &receiver!(ItemGetter, slf, vm).keys, &[], vm)
}

#[pymethods]
impl ItemGetter {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        reduced(slf, &receiver!(ItemGetter, slf, vm).keys, vm)
    }

    #[getter("__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj, /)"
    }
}

/// A callable that calls the named method of its argument with the other arguments.
#[pyclass(
    name = "methodcaller",
    module = "operator",
    signature = "(name, /, *args, **kwargs)",
    flags(GC),
    methods(MethodCaller::METHODS),
    getset(MethodCaller::GETSETS),
    slots = METHOD_SLOTS
)]
#[derive(Traverse)]
pub struct MethodCaller {
    header: Header,
    name: Value,
    /// Positional arguments, then the values of keyword ones.
    values: Box<[Value]>,
    kwnames: Box<[Value]>,
}

const METHOD_SLOTS: Slots =
    Slots { new: Some(method_new), call: Some(method_call), repr: Some(method_repr), ..Slots::EMPTY };

fn method_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let Some(name) = args.positional().first() else {
        return Err(vm.type_error("methodcaller needs at least one argument, the method name"));
    };
    let Some(name) = name.cast::<Str>() else { return Err(vm.type_error("method name must be a string")) };
    let name = if name.as_value().downcast_exact::<Str>().is_some() { vm.intern_str(&name) } else { name };
    let fields = MethodCaller {
        header: Header::blank(),
        name: name.into_value(),
        values: args.values()[1..].into(),
        kwnames: args.kwnames().into(),
    };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn method_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let this = receiver!(MethodCaller, slf, vm);
    let object = sole("methodcaller", args, vm)?;
    let method = vm.get_attr(object, &this.name)?;
    vm.call_args(&method, Args::new(&this.values, &this.kwnames))
}

impl MethodCaller {
    fn args(&self) -> Args<'_> {
        Args::new(&self.values, &self.kwnames)
    }

    fn keywords(&self) -> Vec<(Value, Value)> {
        self.args().keywords().map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

fn method_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(MethodCaller, slf, vm);
    let mut parts = vec![this.name.clone()];
    parts.extend_from_slice(this.args().positional());
    repr_call(slf, &parts, &this.keywords(), vm)
}

#[pymethods]
impl MethodCaller {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(MethodCaller, slf, vm);
        let positional = this.args().positional();
        if this.kwnames.is_empty() {
            let mut arguments = vec![this.name.clone()];
            arguments.extend_from_slice(positional);
            return reduced(slf, &arguments, vm);
        }
        let partial = vm.get_attr_str(&vm.import("functools")?, "partial")?;
        let mut values = vec![slf.ty(vm).to_value(), this.name.clone()];
        values.extend(this.keywords().into_iter().map(|(_, value)| value));
        let maker = vm.call_args(&partial, Args::new(&values, &this.kwnames))?;
        Ok(vm.tuple_of([maker, vm.tuple_from_slice(positional).into_value()]).into_value())
    }

    #[getter("__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj, /)"
    }
}
