//! `set` and `frozenset`: the types. The table and its algorithms are in the modules below.

mod algebra;
pub mod iterator;
mod table;

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::check_positional;
use pyrope_object::{Args, BuiltinType as B, CompareOp, Header, PyResult, Ref, Slots, Type, Value, Vm};

use super::sequence::{self, no_keywords, receiver};
use super::tuple::same_init;
use iterator::SetIterator;
pub use table::{SetBody, hash_element};

/// A mutable collection of distinct hashable values.
#[pyclass(
    name = "set",
    builtin = Set,
    signature = "(iterable=(), /)",
    flags(BASETYPE, WEAKREF, MATCH_SELF),
    methods(Set::METHODS, COMMON_OF_SET),
    slots = SET_SLOTS,
    unhashable
)]
#[derive(Traverse)]
pub struct Set {
    header: Header,
    body: SetBody,
}

/// An immutable collection of distinct hashable values.
#[pyclass(
    name = "frozenset",
    builtin = FrozenSet,
    signature = "(iterable=(), /)",
    flags(BASETYPE, WEAKREF, MATCH_SELF),
    methods(FrozenSet::METHODS, COMMON_OF_FROZEN),
    slots = FROZEN_SLOTS
)]
#[derive(Traverse)]
pub struct FrozenSet {
    header: Header,
    body: SetBody,
    /// -1 until asked for.
    #[traverse(skip)]
    hash: Cell<i64>,
}

const COMMON: Slots = Slots {
    repr: Some(set_repr),
    richcompare: Some(set_compare),
    iter: Some(set_iter),
    new: Some(set_new),
    subtract: Some(set_subtract),
    and: Some(set_and),
    xor: Some(set_xor),
    or: Some(set_or),
    sq_length: Some(set_len),
    sq_contains: Some(contains),
    ..Slots::EMPTY
};
const SET_SLOTS: Slots = Slots {
    init: Some(set_init),
    inplace_subtract: Some(set_inplace_subtract),
    inplace_and: Some(set_inplace_and),
    inplace_xor: Some(set_inplace_xor),
    inplace_or: Some(set_inplace_or),
    ..COMMON
};
const FROZEN_SLOTS: Slots = Slots { new: Some(frozenset_new), hash: Some(frozenset_hash), ..COMMON };

impl Set {
    /// An empty set.
    pub fn new(vm: &Vm) -> Ref<Set> {
        Set::with_body(SetBody::default(), vm)
    }

    /// A set of a finished table.
    pub fn with_body(body: SetBody, vm: &Vm) -> Ref<Set> {
        Ref::new(vm, Set { header: Header::blank(), body })
    }

    /// The table.
    #[inline]
    pub fn body(&self) -> &SetBody {
        &self.body
    }

    /// `set.add(element)`
    #[inline]
    pub fn add(&self, element: Value, vm: &Vm) -> PyResult<()> {
        self.body.add(element, vm)
    }

    /// `element in set`
    #[inline]
    pub fn contains(&self, element: &Value, vm: &Vm) -> PyResult<bool> {
        self.body.contains(element, vm)
    }

    /// `len(set)`
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// True if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FrozenSet {
    /// A frozenset of the items of an iterable.
    pub fn of(iterable: &Value, vm: &Vm) -> PyResult<Ref<FrozenSet>> {
        let body = SetBody::default();
        body.update(iterable, vm)?;
        Ok(FrozenSet::with_body(body, vm))
    }

    /// A frozenset of a finished table.
    pub fn with_body(body: SetBody, vm: &Vm) -> Ref<FrozenSet> {
        Ref::new(vm, FrozenSet { header: Header::blank(), body, hash: Cell::new(-1) })
    }

    /// The table.
    pub fn body(&self) -> &SetBody {
        &self.body
    }
}

/// The table of a set or frozenset.
#[inline]
pub fn body_of(value: &Value) -> Option<&SetBody> {
    if let Some(set) = value.downcast::<Set>() {
        return Some(&set.body);
    }
    value.downcast::<FrozenSet>().map(|set| &set.body)
}

macro_rules! body {
    ($slf:expr, $vm:expr) => {
        match body_of($slf) {
            Some(body) => body,
            None => return Err(sequence::bad_receiver($vm)),
        }
    };
}

/// A result of `slf`'s kind: exactly `set` or exactly `frozenset`.
fn wrap(slf: &Value, body: SetBody, vm: &Vm) -> Value {
    if slf.downcast::<Set>().is_some() {
        Set::with_body(body, vm).into_value()
    } else {
        FrozenSet::with_body(body, vm).into_value()
    }
}

fn set_new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    Ok(Ref::new_in(vm, class, Set { header: Header::blank(), body: SetBody::default() }).into_value())
}

fn set_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    no_keywords("set", args, vm)?;
    let values = check_positional("set", args, 0, 1, vm)?;
    let body = body!(slf, vm);
    body.clear();
    match values {
        [iterable] => body.update(iterable, vm),
        _ => Ok(()),
    }
}

fn frozenset_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let own = vm.builtin(B::FrozenSet);
    if class.is(own) || same_init(class, own) {
        no_keywords("frozenset", args, vm)?;
    }
    let values = check_positional("frozenset", Args::positional_only(args.positional()), 0, 1, vm)?;
    let body = SetBody::default();
    if let [iterable] = values {
        if class.is(own) && iterable.downcast_exact::<FrozenSet>().is_some() {
            return Ok(iterable.clone());
        }
        body.update(iterable, vm)?;
    }
    Ok(Ref::new_in(vm, class, FrozenSet { header: Header::blank(), body, hash: Cell::new(-1) }).into_value())
}

fn set_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    Ok(body!(slf, vm).len())
}

fn set_iter(slf: &Value, vm: &Vm) -> PyResult {
    Ok(SetIterator::over(slf.clone(), body!(slf, vm).len(), vm).into_value())
}

fn set_repr(slf: &Value, vm: &Vm) -> PyResult {
    let body = body!(slf, vm);
    let name = vm.type_name(slf);
    if !vm.enter_repr(slf) {
        return Ok(vm.new_str(&format!("{name}(...)")).into_value());
    }
    let text = if body.is_empty() { Ok(String::new()) } else { repr_of_elements(body, vm) };
    vm.leave_repr(slf);
    let text = text?;
    let text = if text.is_empty() || !slf.ty(vm).is(vm.builtin(B::Set)) { format!("{name}({text})") } else { text };
    Ok(vm.try_str(&text)?.into_value())
}

fn repr_of_elements(body: &SetBody, vm: &Vm) -> PyResult<String> {
    let elements = body.elements();
    sequence::joined_reprs("{", "}", |index| elements.get(index).cloned(), vm)
}

fn set_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (body_of(slf), body_of(other)) else { return Ok(Value::not_implemented()) };
    let equal = || Ok(a.len() == b.len() && !hashes_differ(slf, other) && a.is_subset_of(b, vm)?);
    let truth = match op {
        CompareOp::Eq => equal()?,
        CompareOp::Ne => !equal()?,
        CompareOp::Le => a.is_subset_of(b, vm)?,
        CompareOp::Ge => b.is_subset_of(a, vm)?,
        CompareOp::Lt => a.len() < b.len() && a.is_subset_of(b, vm)?,
        CompareOp::Gt => a.len() > b.len() && b.is_subset_of(a, vm)?,
    };
    Ok(Value::bool(truth))
}

fn hashes_differ(a: &Value, b: &Value) -> bool {
    let known = |v: &Value| v.downcast::<FrozenSet>().map(|s| s.hash.get()).filter(|&h| h != -1);
    matches!((known(a), known(b)), (Some(a), Some(b)) if a != b)
}

fn frozenset_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let this = receiver!(FrozenSet, slf, vm);
    if this.hash.get() == -1 {
        this.hash.set(this.body.hash());
    }
    Ok(this.hash.get())
}

/// The hash of an element to look for; a set stands for the frozenset with its elements.
fn hash_to_find(element: &Value, vm: &Vm) -> PyResult<i64> {
    match hash_element(element, vm) {
        Err(raised) if vm.raised_is(B::TypeError) => match element.downcast::<Set>() {
            Some(set) => {
                vm.ignore(raised);
                Ok(set.body.hash())
            }
            None => Err(raised),
        },
        result => result,
    }
}

/// `element in set`, of a set or frozenset.
pub fn contains(slf: &Value, element: &Value, vm: &Vm) -> PyResult<bool> {
    let hash = hash_to_find(element, vm)?;
    body!(slf, vm).contains_hashed(element, hash, vm)
}

fn set_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let (Some(left), Some(_)) = (body_of(a), body_of(b)) else { return Ok(Value::not_implemented()) };
    let result = left.copied(vm)?;
    result.update(b, vm)?;
    Ok(wrap(a, result, vm))
}

fn set_and(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let (Some(left), Some(_)) = (body_of(a), body_of(b)) else { return Ok(Value::not_implemented()) };
    Ok(wrap(a, left.intersection(b, vm)?, vm))
}

fn set_subtract(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let (Some(left), Some(_)) = (body_of(a), body_of(b)) else { return Ok(Value::not_implemented()) };
    Ok(wrap(a, left.difference(b, vm)?, vm))
}

fn set_xor(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let (Some(left), Some(_)) = (body_of(a), body_of(b)) else { return Ok(Value::not_implemented()) };
    Ok(wrap(a, left.symmetric_difference(b, vm)?, vm))
}

macro_rules! inplace {
    ($($name:ident $method:ident;)*) => {$(
        fn $name(a: &Value, b: &Value, vm: &Vm) -> PyResult {
            let (Some(left), Some(_)) = (body_of(a), body_of(b)) else { return Ok(Value::not_implemented()) };
            left.$method(b, vm)?;
            Ok(a.clone())
        }
    )*};
}

inplace! {
    set_inplace_or update;
    set_inplace_and intersection_update;
    set_inplace_subtract difference_update;
    set_inplace_xor symmetric_difference_update;
}

/// The methods that both types have.
macro_rules! common_methods {
    ($ty:ident $table:ident) => {
        const $table: &[pyrope_object::MethodDef] = $ty::METHODS_COMMON;

        #[pymethods(COMMON)]
        impl $ty {
            /// True if the element is in the set.
            #[method("__contains__($self, object, /)")]
            fn contains_element(slf: &Value, object: &Value, vm: &Vm) -> PyResult<bool> {
                contains(slf, object, vm)
            }

            /// A new set without the elements of the others.
            #[method("difference($self, /, *others)")]
            fn difference(slf: &Value, others: &[Value], vm: &Vm) -> PyResult {
                let body = body!(slf, vm);
                let Some((first, rest)) = others.split_first() else { return Ok(wrap(slf, body.copied(vm)?, vm)) };
                let result = body.difference(first, vm)?;
                for other in rest {
                    result.difference_update(other, vm)?;
                }
                Ok(wrap(slf, result, vm))
            }

            /// A new set of the elements that are in this set and in all others.
            #[method("intersection($self, /, *others)")]
            fn intersection(slf: &Value, others: &[Value], vm: &Vm) -> PyResult {
                Ok(wrap(slf, body!(slf, vm).intersection_of_all(others, vm)?, vm))
            }

            /// True if no element is in the other.
            #[method("isdisjoint($self, other, /)")]
            fn isdisjoint(&self, other: &Value, vm: &Vm) -> PyResult<bool> {
                self.body.is_disjoint(other, vm)
            }

            /// True if all elements are in the other.
            #[method("issubset($self, other, /)")]
            fn issubset(&self, other: &Value, vm: &Vm) -> PyResult<bool> {
                match body_of(other) {
                    Some(other) => self.body.is_subset_of(other, vm),
                    None => Ok(self.body.intersection(other, vm)?.len() == self.body.len()),
                }
            }

            /// True if all elements of the other are in this set.
            #[method("issuperset($self, other, /)")]
            fn issuperset(&self, other: &Value, vm: &Vm) -> PyResult<bool> {
                match body_of(other) {
                    Some(other) => other.is_subset_of(&self.body, vm),
                    None => self.body.contains_all(other, vm),
                }
            }

            /// State for pickling.
            #[method("__reduce__($self, /)")]
            fn reduce(slf: &Value, vm: &Vm) -> PyResult {
                let elements = vm.new_list(body!(slf, vm).elements()).into_value();
                let state = vm.call_method(slf, "__getstate__", &[])?;
                let arguments = vm.tuple_of([elements]).into_value();
                Ok(vm.tuple_of([slf.ty(vm).to_value(), arguments, state]).into_value())
            }

            /// Bytes that the set takes in memory.
            #[method("__sizeof__($self, /)")]
            fn sizeof(&self) -> usize {
                self.body.size_in_bytes()
            }

            /// A new set of the elements that are in exactly one of both.
            #[method("symmetric_difference($self, other, /)")]
            fn symmetric_difference(slf: &Value, other: &Value, vm: &Vm) -> PyResult {
                Ok(wrap(slf, body!(slf, vm).symmetric_difference(other, vm)?, vm))
            }

            /// A new set of the elements of this set and all others.
            #[method("union($self, /, *others)")]
            fn union(slf: &Value, others: &[Value], vm: &Vm) -> PyResult {
                let body = body!(slf, vm);
                let result = body.copied(vm)?;
                for other in others.iter().filter(|other| !other.is(slf)) {
                    result.update(other, vm)?;
                }
                Ok(wrap(slf, result, vm))
            }

            /// Sets are generic over their elements' type.
            #[classmethod("__class_getitem__($type, object, /)")]
            fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
                sequence::generic_alias(cls, object, vm)
            }
        }
    };
}

common_methods!(Set COMMON_OF_SET);
common_methods!(FrozenSet COMMON_OF_FROZEN);

#[pymethods]
impl FrozenSet {
    /// A shallow copy.
    #[method("copy($self, /)")]
    fn copy(slf: &Value, vm: &Vm) -> PyResult {
        if slf.downcast_exact::<FrozenSet>().is_some() {
            return Ok(slf.clone());
        }
        Ok(wrap(slf, body!(slf, vm).copied(vm)?, vm))
    }
}

#[pymethods]
impl Set {
    /// Add an element, if it is not there.
    #[method("add($self, object, /)")]
    fn add_method(&self, object: Value, vm: &Vm) -> PyResult<()> {
        self.body.add(object, vm)
    }

    /// Remove all elements.
    #[method("clear($self, /)")]
    fn clear(&self) {
        self.body.clear();
    }

    /// A shallow copy.
    #[method("copy($self, /)")]
    fn copy(slf: &Value, vm: &Vm) -> PyResult {
        Ok(wrap(slf, body!(slf, vm).copied(vm)?, vm))
    }

    /// Remove an element, if it is there.
    #[method("discard($self, object, /)")]
    fn discard(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let hash = hash_to_find(object, vm)?;
        self.body.discard_hashed(object, hash, vm).map(drop)
    }

    /// Remove an element.
    ///
    /// KeyError if it is not there.
    #[method("remove($self, object, /)")]
    fn remove(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let hash = hash_to_find(object, vm)?;
        if self.body.discard_hashed(object, hash, vm)? { Ok(()) } else { Err(vm.key_error(object)) }
    }

    /// Remove some element and return it.
    ///
    /// KeyError if the set is empty.
    #[method("pop($self, /)")]
    fn pop(&self, vm: &Vm) -> PyResult {
        self.body.pop().ok_or_else(|| vm.key_error(vm.new_str("pop from an empty set").as_value()))
    }

    /// Remove the elements of the others.
    #[method("difference_update($self, /, *others)")]
    fn difference_update(&self, others: &[Value], vm: &Vm) -> PyResult<()> {
        others.iter().try_for_each(|other| self.body.difference_update(other, vm))
    }

    /// Keep the elements that are in all others too.
    #[method("intersection_update($self, /, *others)")]
    fn intersection_update(&self, others: &[Value], vm: &Vm) -> PyResult<()> {
        self.body.replace_with(self.body.intersection_of_all(others, vm)?);
        Ok(())
    }

    /// Keep the elements that are in exactly one of both.
    #[method("symmetric_difference_update($self, other, /)")]
    fn symmetric_difference_update(&self, other: &Value, vm: &Vm) -> PyResult<()> {
        self.body.symmetric_difference_update(other, vm)
    }

    /// Add the elements of the others.
    #[method("update($self, /, *others)")]
    fn update(&self, others: &[Value], vm: &Vm) -> PyResult<()> {
        others.iter().try_for_each(|other| self.body.update(other, vm))
    }
}
