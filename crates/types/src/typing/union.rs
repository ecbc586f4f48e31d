//! `typing.Union`: `int | str` (PEP 604).

use std::cell::OnceCell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::layout::Tuple;
use pyrope_object::{BuiltinType as B, CompareOp, Header, PyResult, Ref, Slots, Type, Value, Vm};

use super::alias::GenericAlias;
use super::params::make_parameters;
use super::substitute::substitute;
use super::{type_check, type_repr};
use crate::containers::sequence::receiver;
use crate::containers::set::{FrozenSet, SetBody};

/// Represent a union type
///
/// E.g. for int | str
#[pyclass(
    name = "Union", module = "typing", builtin = Union, flags(WEAKREF, DISALLOW_INSTANTIATION), slots = SLOTS,
    methods(Union::METHODS), getset(Union::GETSETS)
)]
#[derive(Traverse)]
pub struct Union {
    header: Header,
    /// Without duplicates, in order.
    args: Ref<Tuple>,
    /// Those that can be hashed, and those that cannot.
    hashable: Ref<FrozenSet>,
    unhashable: Vec<Value>,
    #[traverse(skip)]
    parameters: OnceCell<Ref<Tuple>>,
}

const SLOTS: Slots = Slots {
    repr: Some(union_repr),
    hash: Some(union_hash),
    richcompare: Some(union_compare),
    or: Some(|a, b, vm| union_of_args(&[a.clone(), b.clone()], vm)),
    mp_subscript: Some(|slf, item, vm| {
        let this = receiver!(Union, slf, vm);
        let args = substitute(slf, this.args.as_slice(), &this.parameters(vm)?, item, vm)?;
        union_of_args(&args, vm)
    }),
    ..Slots::EMPTY
};

/// What `|` takes as it is.
pub(crate) fn is_unionable(value: &Value, vm: &Vm) -> bool {
    value.is_none()
        || value.downcast::<Type>().is_some()
        || value.downcast::<GenericAlias>().is_some()
        || value.ty(vm).is(vm.builtin(B::TypeAlias))
        || value.ty(vm).is(vm.builtin(B::Union))
}

/// `a | b` for types: a union. `NotImplemented` if either operand cannot be part of one.
pub fn union_of(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    if !is_unionable(a, vm) || !is_unionable(b, vm) {
        return Ok(Value::not_implemented());
    }
    union_of_args(&[a.clone(), b.clone()], vm)
}

/// Collects the members of a union.
#[derive(Default)]
struct Members {
    args: Vec<Value>,
    hashable: SetBody,
    unhashable: Vec<Value>,
}

impl Members {
    fn add(&mut self, arg: &Value, vm: &Vm) -> PyResult<()> {
        if let Some(inner) = arg.downcast::<Union>() {
            for arg in inner.args.as_slice() {
                self.add_one(arg.clone(), vm)?;
            }
            return Ok(());
        }
        self.add_one(type_check(arg, "Union[arg, ...]: each arg must be a type.", vm)?, vm)
    }

    fn add_one(&mut self, arg: Value, vm: &Vm) -> PyResult<()> {
        if let Some(inner) = arg.downcast::<Union>() {
            for arg in inner.args.as_slice() {
                self.add_one(arg.clone(), vm)?;
            }
            return Ok(());
        }
        match vm.hash(&arg) {
            Ok(hash) => {
                if self.hashable.contains_hashed(&arg, hash, vm)? {
                    return Ok(());
                }
                self.hashable.add_hashed(arg.clone(), hash, vm)?;
            }
            Err(raised) => {
                vm.ignore(raised);
                for known in &self.unhashable {
                    if vm.equal(known, &arg)? {
                        return Ok(());
                    }
                }
                self.unhashable.push(arg.clone());
            }
        }
        self.args.push(arg);
        Ok(())
    }
}

/// The union of some types; one alone stands for itself.
pub fn union_of_args(args: &[Value], vm: &Vm) -> PyResult {
    vm.check_stack("")?;
    let mut members = Members::default();
    for arg in args {
        members.add(arg, vm)?;
    }
    match members.args.as_slice() {
        [] => return Err(vm.type_error("Cannot take a Union of no types.")),
        [only] => return Ok(only.clone()),
        _ => {}
    }
    let union = Union {
        header: Header::blank(),
        args: vm.new_tuple(members.args),
        hashable: FrozenSet::with_body(members.hashable, vm),
        unhashable: members.unhashable,
        parameters: OnceCell::new(),
    };
    Ok(Ref::new(vm, union).into_value())
}

fn union_repr(slf: &Value, vm: &Vm) -> PyResult {
    vm.check_stack(" while getting the repr of an object")?;
    let this = receiver!(Union, slf, vm);
    let parts = this.args.as_slice().iter().map(|arg| type_repr(arg, vm)).collect::<PyResult<Vec<_>>>()?;
    Ok(vm.try_str(&parts.join(" | "))?.into_value())
}

fn union_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let this = receiver!(Union, slf, vm);
    // What cannot be hashed may have become hashable; else this says why it cannot.
    for arg in &this.unhashable {
        vm.hash(arg)?;
    }
    match this.unhashable.len() {
        0 => vm.hash(this.hashable.as_value()),
        1 => Err(vm.type_error("union contains 1 unhashable element")),
        n => Err(vm.type_error(format!("union contains {n} unhashable elements"))),
    }
}

fn union_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<Union>(), other.downcast::<Union>()) else {
        return Ok(Value::not_implemented());
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::not_implemented());
    }
    let equal = vm.equal(a.hashable.as_value(), b.hashable.as_value())?
        && a.unhashable.len() == b.unhashable.len()
        && all_among(&a.unhashable, &b.unhashable, vm)?
        && all_among(&b.unhashable, &a.unhashable, vm)?;
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

fn all_among(items: &[Value], others: &[Value], vm: &Vm) -> PyResult<bool> {
    'items: for item in items {
        for other in others {
            if vm.equal(item, other)? {
                continue 'items;
            }
        }
        return Ok(false);
    }
    Ok(true)
}

impl Union {
    /// `__args__`
    pub fn args(&self) -> &Ref<Tuple> {
        &self.args
    }

    fn parameters(&self, vm: &Vm) -> PyResult<Ref<Tuple>> {
        if let Some(known) = self.parameters.get() {
            return Ok(known.clone());
        }
        let made = make_parameters(self.args.as_slice(), vm)?;
        Ok(self.parameters.get_or_init(|| made).clone())
    }
}

#[pymethods]
impl Union {
    #[getter("__args__")]
    #[member]
    fn get_args(&self) -> Value {
        self.args.to_value()
    }

    #[getter("__name__")]
    fn name(&self, vm: &Vm) -> Value {
        vm.intern("Union").into_value()
    }

    #[getter("__qualname__")]
    fn qualname(&self, vm: &Vm) -> Value {
        vm.intern("Union").into_value()
    }

    /// Always returns the type
    #[getter("__origin__")]
    fn origin(&self, vm: &Vm) -> Value {
        vm.builtin(B::Union).to_value()
    }

    /// Type variables in the types.UnionType.
    #[getter("__parameters__")]
    fn get_parameters(&self, vm: &Vm) -> PyResult {
        Ok(self.parameters(vm)?.into_value())
    }

    #[method("__mro_entries__($self, bases, /)")]
    fn mro_entries(slf: &Value, _bases: &Value, vm: &Vm) -> PyResult {
        Err(vm.type_error(format!("Cannot subclass {}", vm.repr_text(slf)?)))
    }

    #[classmethod("__class_getitem__($type, params, /)")]
    fn class_getitem(_cls: &Value, params: &Value, vm: &Vm) -> PyResult {
        match params.downcast::<Tuple>() {
            Some(params) => union_of_args(params.as_slice(), vm),
            None => union_of_args(std::slice::from_ref(params), vm),
        }
    }
}
