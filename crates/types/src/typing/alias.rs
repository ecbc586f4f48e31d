//! `types.GenericAlias`: `list[int]` and its like (PEP 585).

use std::cell::OnceCell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{check_positional, no_keywords};
use pyrope_object::layout::{List, Str, Tuple};
use pyrope_object::protocol::generic_getattr;
use pyrope_object::{Args, BuiltinType as B, CompareOp, Guarded, Header, PyResult, Ref, Slots, Type, Value, Vm};

use super::params::make_parameters;
use super::substitute::substitute;
use super::type_repr;
use crate::containers::sequence::{builtin_function, receiver};
use crate::iterators::{itself, reduced};

/// Represent a PEP 585 generic type
///
/// For example, for t = list[int], t.__origin__ is list and t.__args__
/// is (int,).
#[pyclass(
    name = "GenericAlias", module = "types", builtin = GenericAlias, signature = "(origin, args, /)",
    flags(BASETYPE, WEAKREF), slots = SLOTS, methods(GenericAlias::METHODS), getset(GenericAlias::GETSETS)
)]
#[derive(Traverse)]
pub struct GenericAlias {
    header: Header,
    origin: Value,
    args: Ref<Tuple>,
    /// Made on first use.
    #[traverse(skip)]
    parameters: OnceCell<Ref<Tuple>>,
    /// `*list[int]`
    #[traverse(skip)]
    starred: bool,
}

const SLOTS: Slots = Slots {
    new: Some(alias_new),
    repr: Some(alias_repr),
    hash: Some(|slf, vm| {
        let this = receiver!(GenericAlias, slf, vm);
        match vm.hash(&this.origin)? ^ vm.hash(this.args.as_value())? {
            -1 => Ok(-2),
            hash => Ok(hash),
        }
    }),
    call: Some(alias_call),
    getattr: Some(alias_getattr),
    richcompare: Some(alias_compare),
    iter: Some(|slf, vm| {
        let iterator = AliasIterator { header: Header::blank(), alias: Guarded::new(slf.cast::<GenericAlias>()) };
        Ok(Ref::new(vm, iterator).into_value())
    }),
    or: Some(super::union_of),
    mp_subscript: Some(|slf, item, vm| {
        let this = receiver!(GenericAlias, slf, vm);
        let args = substitute(slf, this.args.as_slice(), &this.parameters(vm)?, item, vm)?;
        Ok(make(slf.ty(vm), &this.origin, &vm.new_tuple(args), this.starred, vm))
    }),
    ..Slots::EMPTY
};

/// Gives `*alias` once.
#[pyclass(
    name = "generic_alias_iterator", flags(GC, DISALLOW_INSTANTIATION), slots = ITERATOR_SLOTS,
    methods(AliasIterator::METHODS), doc = ""
)]
#[derive(Traverse)]
pub struct AliasIterator {
    header: Header,
    /// None once it was given.
    alias: Guarded<Option<Ref<GenericAlias>>>,
}

const ITERATOR_SLOTS: Slots = Slots {
    iter: Some(itself),
    next: Some(|slf, vm| {
        let alias = receiver!(AliasIterator, slf, vm).alias.take();
        Ok(alias.map(|alias| make(vm.builtin(B::GenericAlias), &alias.origin, &alias.args, true, vm)))
    }),
    ..Slots::EMPTY
};

#[pymethods]
impl AliasIterator {
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        // The look-up may run Python code, which may use the iterator up.
        let iter = builtin_function("iter", vm)?;
        let rest = self.alias.get().map_or_else(|| vm.new_tuple(Vec::new()).into_value(), Ref::into_value);
        reduced(iter, rest, None, vm)
    }
}

fn make(class: &Type, origin: &Value, args: &Ref<Tuple>, starred: bool, vm: &Vm) -> Value {
    let alias = GenericAlias {
        header: Header::blank(),
        origin: origin.clone(),
        args: args.clone(),
        parameters: OnceCell::new(),
        starred,
    };
    Ref::new_in(vm, class, alias).into_value()
}

/// `origin[item]`
pub fn generic_alias(origin: &Value, item: &Value, vm: &Vm) -> Value {
    make(vm.builtin(B::GenericAlias), origin, &as_tuple(item, vm), false, vm)
}

fn as_tuple(item: &Value, vm: &Vm) -> Ref<Tuple> {
    item.cast::<Tuple>().unwrap_or_else(|| vm.tuple_of([item.clone()]))
}

fn alias_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if args.keyword_count() > 0 {
        return Err(no_keywords("GenericAlias", vm));
    }
    let values = check_positional("GenericAlias", args, 2, 2, vm)?;
    Ok(make(class, &values[0], &as_tuple(&values[1], vm), false, vm))
}

impl GenericAlias {
    fn parameters(&self, vm: &Vm) -> PyResult<Ref<Tuple>> {
        if let Some(known) = self.parameters.get() {
            return Ok(known.clone());
        }
        let made = make_parameters(self.args.as_slice(), vm)?;
        Ok(self.parameters.get_or_init(|| made).clone())
    }

    /// `__origin__`
    pub fn origin(&self) -> &Value {
        &self.origin
    }

    /// `__args__`
    pub fn args(&self) -> &Ref<Tuple> {
        &self.args
    }
}

/// An argument: a list is shown item by item.
fn item_repr(item: &Value, vm: &Vm) -> PyResult<String> {
    let Some(list) = item.downcast::<List>() else { return type_repr_keeping_none(item, vm) };
    vm.check_stack("")?;
    let mut parts = Vec::new();
    for index in 0..list.len() {
        // An item's repr may shrink the list.
        let item = list.get(index).ok_or_else(|| vm.index_error("list index out of range"))?;
        parts.push(type_repr_keeping_none(&item, vm)?);
    }
    Ok(format!("[{}]", parts.join(", ")))
}

/// NoneType is shown by its name in an alias, as `None` in a union.
fn type_repr_keeping_none(item: &Value, vm: &Vm) -> PyResult<String> {
    if item.is(&vm.builtin(B::NoneType).to_value()) { Ok("NoneType".to_owned()) } else { type_repr(item, vm) }
}

fn alias_repr(slf: &Value, vm: &Vm) -> PyResult {
    vm.check_stack(" while getting the repr of an object")?;
    let this = receiver!(GenericAlias, slf, vm);
    let star = if this.starred { "*" } else { "" };
    let origin = type_repr_keeping_none(&this.origin, vm)?;
    let items = this.args.as_slice().iter().map(|item| item_repr(item, vm)).collect::<PyResult<Vec<_>>>()?;
    let items = if items.is_empty() { "()".to_owned() } else { items.join(", ") };
    Ok(vm.try_str(&format!("{star}{origin}[{items}]"))?.into_value())
}

fn alias_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let this = receiver!(GenericAlias, slf, vm);
    let object = vm.call_args(&this.origin, args)?;
    match vm.set_attr(&object, vm.names().__orig_class__.as_value(), Some(slf)) {
        Ok(()) => {}
        Err(raised) if vm.raised_is(B::AttributeError) || vm.raised_is(B::TypeError) => vm.ignore(raised),
        Err(raised) => return Err(raised),
    }
    Ok(object)
}

/// Attributes of the alias itself; all others are the origin's.
const OWN: &[&str] = &[
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    "__bases__",
    "__copy__",
    "__deepcopy__",
];

fn alias_getattr(slf: &Value, name: &Value, vm: &Vm) -> PyResult {
    let own = name.downcast::<Str>().and_then(Str::as_ascii).is_none_or(|name| OWN.contains(&name));
    if own { generic_getattr(slf, name, vm) } else { vm.get_attr(&receiver!(GenericAlias, slf, vm).origin, name) }
}

fn alias_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<GenericAlias>(), other.downcast::<GenericAlias>()) else {
        return Ok(Value::not_implemented());
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::not_implemented());
    }
    let equal =
        a.starred == b.starred && vm.equal(&a.origin, &b.origin)? && vm.equal(a.args.as_value(), b.args.as_value())?;
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

#[pymethods]
impl GenericAlias {
    #[getter("__origin__")]
    #[member]
    fn get_origin(&self) -> Value {
        self.origin.clone()
    }

    #[getter("__args__")]
    #[member]
    fn get_args(&self) -> Value {
        self.args.to_value()
    }

    #[getter("__unpacked__")]
    #[member]
    fn get_unpacked(&self) -> bool {
        self.starred
    }

    /// Type variables in the GenericAlias.
    #[getter("__parameters__")]
    fn get_parameters(&self, vm: &Vm) -> PyResult {
        Ok(self.parameters(vm)?.into_value())
    }

    #[getter("__typing_unpacked_tuple_args__")]
    fn unpacked_tuple_args(&self, vm: &Vm) -> Value {
        let is_tuple = self.starred && self.origin.is(&vm.builtin(B::Tuple).to_value());
        if is_tuple { self.args.to_value() } else { Value::none() }
    }

    #[method("__mro_entries__($self, bases, /)")]
    fn mro_entries(&self, _bases: &Value, vm: &Vm) -> Value {
        vm.tuple_of([self.origin.clone()]).into_value()
    }

    #[method("__instancecheck__($self, instance, /)")]
    fn instancecheck(&self, _instance: &Value, vm: &Vm) -> PyResult {
        Err(vm.type_error("isinstance() argument 2 cannot be a parameterized generic"))
    }

    #[method("__subclasscheck__($self, cls, /)")]
    fn subclasscheck(&self, _cls: &Value, vm: &Vm) -> PyResult {
        Err(vm.type_error("issubclass() argument 2 cannot be a parameterized generic"))
    }

    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(GenericAlias, slf, vm);
        let tuple = |items: Vec<Value>| vm.new_tuple(items).into_value();
        if this.starred {
            let plain = make(vm.builtin(B::GenericAlias), &this.origin, &this.args, false, vm);
            return Ok(tuple(vec![builtin_function("next", vm)?, tuple(vec![vm.iter(&plain)?])]));
        }
        let args = tuple(vec![this.origin.clone(), this.args.to_value()]);
        Ok(tuple(vec![slf.ty(vm).to_value(), args]))
    }

    #[method("__dir__($self, /)")]
    fn dir(&self, vm: &Vm) -> PyResult {
        let dir = builtin_function("dir", vm)?;
        let names = vm.collect(&vm.call(&dir, std::slice::from_ref(&self.origin))?)?;
        let list = vm.new_list(names);
        for name in &OWN[..9] {
            let name = vm.intern(name).into_value();
            if !vm.contains(list.as_value(), &name)? {
                list.push(name);
            }
        }
        Ok(list.into_value())
    }
}
