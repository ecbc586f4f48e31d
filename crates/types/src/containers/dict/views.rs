//! Views of a dict's keys, values and items.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{CompareOp, Dict, Header, PyResult, Ref, Slots, Tuple, Value, Vm};

use super::iterators::{
    DictItemIterator, DictKeyIterator, DictReverseItemIterator, DictReverseKeyIterator, DictReverseValueIterator,
    DictValueIterator,
};
use crate::containers::mapping_proxy::MappingProxy;
use crate::containers::sequence::receiver;
use crate::containers::set::{Set, body_of};

macro_rules! views {
    ($($ty:ident $name:literal $slots:ident $iter:ident $forward:ident $backward:ident { $($more:tt)* };)*) => {$(
        #[pyclass(name = $name, builtin = $ty, flags(GC, DISALLOW_INSTANTIATION), methods($ty::METHODS, $ty::METHODS_SET), getset($ty::GETSETS), slots = $slots $($more)*)]
        #[derive(Traverse)]
        pub struct $ty {
            header: Header,
            dict: Ref<Dict>,
        }

        impl $ty {
            /// A view of a dict.
            pub fn over(dict: Ref<Dict>, vm: &Vm) -> Ref<$ty> {
                Ref::new(vm, $ty::fields(dict))
            }

            /// The fields of a view, for layouts that extend it.
            pub fn fields(dict: Ref<Dict>) -> $ty {
                $ty { header: Header::blank(), dict }
            }

            /// The dict that is viewed.
            pub fn dict(&self) -> &Ref<Dict> {
                &self.dict
            }
        }

        #[pymethods]
        impl $ty {
            /// A reverse iterator.
            #[method("__reversed__($self, /)")]
            fn reversed(&self, vm: &Vm) -> PyResult {
                Ok($backward::over(self.dict.clone(), vm).into_value())
            }

            /// The dict that is viewed, read-only.
            #[getter]
            fn mapping(&self, vm: &Vm) -> PyResult {
                Ok(MappingProxy::over(self.dict.to_value(), vm).into_value())
            }
        }

        fn $iter(slf: &Value, vm: &Vm) -> PyResult {
            Ok($forward::over(receiver!($ty, slf, vm).dict.clone(), vm).into_value())
        }
    )*};
}

views! {
    DictKeys "dict_keys" KEYS_SLOTS keys_iter DictKeyIterator DictReverseKeyIterator {, unhashable};
    DictItems "dict_items" ITEMS_SLOTS items_iter DictItemIterator DictReverseItemIterator {, unhashable};
    DictValues "dict_values" VALUES_SLOTS values_iter DictValueIterator DictReverseValueIterator {};
}

#[pymethods(SET)]
impl DictKeys {
    /// True if no key is in the iterable.
    #[method("isdisjoint($self, object, /)")]
    fn isdisjoint(slf: &Value, object: &Value, vm: &Vm) -> PyResult<bool> {
        is_disjoint(slf, object, vm)
    }
}

#[pymethods(SET)]
impl DictItems {
    /// True if no item is in the iterable.
    #[method("isdisjoint($self, object, /)")]
    fn isdisjoint(slf: &Value, object: &Value, vm: &Vm) -> PyResult<bool> {
        is_disjoint(slf, object, vm)
    }
}

#[pymethods(SET)]
impl DictValues {}

const SET_LIKE: Slots = Slots {
    repr: Some(view_repr),
    richcompare: Some(view_compare),
    subtract: Some(view_subtract),
    and: Some(view_and),
    xor: Some(view_xor),
    or: Some(view_or),
    sq_length: Some(view_len),
    ..Slots::EMPTY
};
const KEYS_SLOTS: Slots = Slots { iter: Some(keys_iter), sq_contains: Some(keys_contains), ..SET_LIKE };
const ITEMS_SLOTS: Slots = Slots { iter: Some(items_iter), sq_contains: Some(items_contains), ..SET_LIKE };
const VALUES_SLOTS: Slots =
    Slots { iter: Some(values_iter), repr: Some(view_repr), sq_length: Some(view_len), ..Slots::EMPTY };

/// The dict behind any view.
fn viewed(value: &Value) -> Option<&Ref<Dict>> {
    if let Some(view) = value.downcast::<DictKeys>() {
        return Some(&view.dict);
    }
    if let Some(view) = value.downcast::<DictItems>() {
        return Some(&view.dict);
    }
    value.downcast::<DictValues>().map(|view| &view.dict)
}

/// A view that behaves as a set: of keys or items.
fn is_set_view(value: &Value) -> bool {
    value.downcast::<DictKeys>().is_some() || value.downcast::<DictItems>().is_some()
}

fn is_any_set(value: &Value) -> bool {
    body_of(value).is_some()
}

fn view_len(slf: &Value, _: &Vm) -> PyResult<usize> {
    Ok(viewed(slf).map_or(0, |dict| dict.len()))
}

fn view_repr(slf: &Value, vm: &Vm) -> PyResult {
    if !vm.enter_repr(slf) {
        return Ok(vm.new_str("...").into_value());
    }
    let text = vm.collect(slf).and_then(|items| vm.repr_text(vm.new_list(items).as_value()));
    vm.leave_repr(slf);
    Ok(vm.try_str(&format!("{}({})", vm.type_name(slf), text?))?.into_value())
}

fn keys_contains(slf: &Value, key: &Value, vm: &Vm) -> PyResult<bool> {
    Ok(super::get(&receiver!(DictKeys, slf, vm).dict, key, vm)?.is_some())
}

fn items_contains(slf: &Value, item: &Value, vm: &Vm) -> PyResult<bool> {
    let this = receiver!(DictItems, slf, vm);
    let Some([key, value]) = item.downcast::<Tuple>().map(Tuple::as_slice) else { return Ok(false) };
    match super::get(&this.dict, key, vm)? {
        Some(found) => vm.equal(&found, value),
        None => Ok(false),
    }
}

fn all_in(items: &Value, container: &Value, vm: &Vm) -> PyResult<bool> {
    let iterator = vm.iter(items)?;
    while let Some(item) = vm.next(&iterator)? {
        if !vm.contains(container, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn view_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    if !is_any_set(other) && !is_set_view(other) {
        return Ok(Value::not_implemented());
    }
    let (own, their) = (vm.len(slf)?, vm.len(other)?);
    let truth = match op {
        CompareOp::Eq => own == their && all_in(slf, other, vm)?,
        CompareOp::Ne => !(own == their && all_in(slf, other, vm)?),
        CompareOp::Lt => own < their && all_in(slf, other, vm)?,
        CompareOp::Le => own <= their && all_in(slf, other, vm)?,
        CompareOp::Gt => own > their && all_in(other, slf, vm)?,
        CompareOp::Ge => own >= their && all_in(other, slf, vm)?,
    };
    Ok(Value::bool(truth))
}

/// `set(operand)`
fn to_set(operand: &Value, vm: &Vm) -> PyResult<Ref<Set>> {
    let set = Set::new(vm);
    set.body().update(operand, vm)?;
    Ok(set)
}

fn view_subtract(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let result = to_set(a, vm)?;
    result.body().difference_update(b, vm)?;
    Ok(result.into_value())
}

fn view_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let result = to_set(a, vm)?;
    result.body().update(b, vm)?;
    Ok(result.into_value())
}

fn view_and(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let (mut slf, mut other) = if is_set_view(a) { (a, b) } else { (b, a) };
    let len = vm.len(slf)?;
    if other.downcast_exact::<Set>().is_some() && len <= vm.len(other)? {
        return vm.call_method(other, "intersection", std::slice::from_ref(slf));
    }
    if is_set_view(other) && vm.len(other)? > len {
        (slf, other) = (other, slf);
    }
    let result = Set::new(vm);
    vm.for_each(other, |item| {
        if vm.contains(slf, &item)? {
            result.body().add(item, vm)?;
        }
        Ok(())
    })?;
    Ok(result.into_value())
}

fn view_xor(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    if let (Some(a), Some(b)) = (a.downcast::<DictItems>(), b.downcast::<DictItems>()) {
        return items_xor(&a.dict, &b.dict, vm);
    }
    let result = to_set(a, vm)?;
    result.body().symmetric_difference_update(b, vm)?;
    Ok(result.into_value())
}

/// The items that only one of two dicts has; equal ones need no hash of their values.
fn items_xor(a: &Dict, b: &Dict, vm: &Vm) -> PyResult {
    let rest = super::copy(a, vm)?;
    let result = Set::new(vm);
    let mut position = 0;
    while let Some(entry) = b.next_entry(&mut position) {
        let own = rest.get_hashed(&entry.key, entry.hash, vm)?;
        let same = match &own {
            Some(own) => vm.equal(own, &entry.value)?,
            None => false,
        };
        if same {
            drop(rest.remove_hashed(&entry.key, entry.hash, vm)?);
        } else {
            result.body().add(vm.tuple_of([entry.key, entry.value]).into_value(), vm)?;
        }
    }
    result.body().update(DictItems::over(rest, vm).as_value(), vm)?;
    Ok(result.into_value())
}

fn is_disjoint(slf: &Value, other: &Value, vm: &Vm) -> PyResult<bool> {
    let (mut slf, mut other) = (slf, other);
    if slf.is(other) {
        return Ok(vm.len(slf)? == 0);
    }
    if (is_any_set(other) || is_set_view(other)) && vm.len(other)? > vm.len(slf)? {
        (slf, other) = (other, slf);
    }
    let iterator = vm.iter(other)?;
    while let Some(item) = vm.next(&iterator)? {
        if vm.contains(slf, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}
