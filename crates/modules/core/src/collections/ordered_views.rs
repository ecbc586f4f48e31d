//! Views and iterators of ordered dicts.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Guarded, Header, PyResult, Ref, Slots, Value, Vm};
use pyrope_types::containers::builtin_function;
use pyrope_types::containers::dict::views::{DictItems, DictKeys, DictValues};
use pyrope_types::iterators::{itself, reduced};

use super::order::NodeId;
use super::ordered_dict::{OrderedDict, as_dict};
use crate::support::{bad_receiver, receiver};

/// What an iterator gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Keys,
    Values,
    Items,
}

#[pyclass(name = "odict_iterator", doc = "", flags(GC, DISALLOW_INSTANTIATION), methods(OrderedIterator::METHODS), slots = ITERATOR_SLOTS)]
#[derive(Traverse)]
pub struct OrderedIterator {
    header: Header,
    /// None once exhausted.
    dict: Guarded<Option<Ref<OrderedDict>>>,
    #[traverse(skip)]
    kind: Kind,
    #[traverse(skip)]
    reverse: bool,
    /// None at the end.
    #[traverse(skip)]
    next: Cell<Option<NodeId>>,
    #[traverse(skip)]
    state: u64,
    #[traverse(skip)]
    size: usize,
}

const ITERATOR_SLOTS: Slots = Slots { iter: Some(itself), next: Some(iterator_next), ..Slots::EMPTY };

impl OrderedIterator {
    pub(super) fn over(dict: Ref<OrderedDict>, kind: Kind, reverse: bool, vm: &Vm) -> Value {
        let (state, size) = (dict.state(), dict.dict().len());
        let next = Cell::new(dict.end(reverse));
        let dict = Guarded::new(Some(dict));
        Ref::new(vm, OrderedIterator { header: Header::blank(), dict, kind, reverse, next, state, size }).into_value()
    }

    fn step(&self, next: &Cell<Option<NodeId>>, vm: &Vm) -> PyResult<Option<Value>> {
        let (Some(dict), Some(id)) = (self.dict.get(), next.get()) else { return Ok(None) };
        if dict.state() != self.state {
            drop(self.dict.take());
            return Err(vm.runtime_error("OrderedDict mutated during iteration"));
        }
        if dict.dict().len() != self.size {
            drop(self.dict.take());
            return Err(vm.runtime_error("OrderedDict changed size during iteration"));
        }
        let Some((key, after)) = dict.walk(id, self.reverse) else { return Ok(None) };
        next.set(None);
        dict.check_key(&key, vm)?;
        next.set(after);
        if self.kind == Kind::Keys {
            return Ok(Some(key));
        }
        let value = dict.value_of_key(&key, vm)?;
        Ok(Some(match self.kind {
            Kind::Items => vm.tuple_of([key, value]).into_value(),
            _ => value,
        }))
    }
}

fn iterator_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(OrderedIterator, slf, vm);
    let item = this.step(&this.next, vm)?;
    if item.is_none() {
        drop(this.dict.take());
    }
    Ok(item)
}

#[pymethods]
impl OrderedIterator {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let ahead = Cell::new(self.next.get());
        let mut rest = Vec::new();
        while let Some(item) = self.step(&ahead, vm)? {
            rest.push(item);
        }
        reduced(builtin_function("iter", vm)?, vm.new_list(rest).into_value(), None, vm)
    }
}

macro_rules! ordered_views {
    ($($ty:ident $name:literal $base:ident $kind:ident $slots:ident $iter:ident;)*) => {$(
        #[pyclass(name = $name, doc = "", base = $base, flags(GC, DISALLOW_INSTANTIATION), methods($ty::METHODS), slots = $slots)]
        pub struct $ty {
            header: $base,
        }

        impl pyrope_object::Traverse for $ty {
            fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
                self.header.traverse(visit);
            }
        }

        const $slots: Slots = Slots { iter: Some($iter), ..Slots::EMPTY };

        impl $ty {
            /// A view of an ordered dict.
            pub(super) fn over(dict: &Ref<OrderedDict>, vm: &Vm) -> PyResult {
                match as_dict(dict) {
                    Some(dict) => Ok(Ref::new(vm, $ty { header: $base::fields(dict) }).into_value()),
                    None => Err(bad_receiver(vm)),
                }
            }
        }

        fn $iter(slf: &Value, vm: &Vm) -> PyResult {
            walk(receiver!($ty, slf, vm).header.dict().as_value(), Kind::$kind, false, vm)
        }

        #[pymethods]
        impl $ty {
            /// A reverse iterator.
            #[method("__reversed__($self, /)")]
            fn reversed(&self, vm: &Vm) -> PyResult {
                walk(self.header.dict().as_value(), Kind::$kind, true, vm)
            }
        }
    )*};
}

fn walk(dict: &Value, kind: Kind, reverse: bool, vm: &Vm) -> PyResult {
    match dict.cast::<OrderedDict>() {
        Some(dict) => Ok(OrderedIterator::over(dict, kind, reverse, vm)),
        None => Err(bad_receiver(vm)),
    }
}

ordered_views! {
    OrderedKeys "odict_keys" DictKeys Keys KEYS_SLOTS keys_iter;
    OrderedItems "odict_items" DictItems Items ITEMS_SLOTS items_iter;
    OrderedValues "odict_values" DictValues Values VALUES_SLOTS values_iter;
}
