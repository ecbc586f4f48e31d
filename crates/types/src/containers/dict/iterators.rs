//! Iterators over the keys, values and items of a dict, in both directions.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::layout::DictEntry;
use pyrope_object::{Dict, Guarded, Header, PyResult, Ref, Slots, Tuple, Value, Vm};

use crate::containers::builtin_function;
use crate::containers::sequence::receiver;
use crate::iterators::enumerate::reuse_pair;
use crate::iterators::itself;

/// A walk over a dict that notices changes of its size.
#[derive(Traverse)]
pub struct Walk {
    /// None once exhausted.
    dict: Guarded<Option<Ref<Dict>>>,
    /// The dict's size at the beginning; `usize::MAX` after it was found changed.
    #[traverse(skip)]
    used: Cell<usize>,
    #[traverse(skip)]
    position: Cell<usize>,
    #[traverse(skip)]
    left: Cell<usize>,
    /// The last pair that an iterator over items gave.
    pair: Guarded<Option<Ref<Tuple>>>,
}

impl Walk {
    fn new(dict: Ref<Dict>, position: usize) -> Walk {
        let used = dict.len();
        Walk {
            dict: Guarded::new(Some(dict)),
            used: Cell::new(used),
            position: Cell::new(position),
            left: Cell::new(used),
            pair: Guarded::new(None),
        }
    }

    /// The next entry, or RuntimeError if the dict has changed.
    #[inline]
    pub fn step(&self, reverse: bool, vm: &Vm) -> PyResult<Option<DictEntry>> {
        let Some(dict) = self.dict.get() else { return Ok(None) };
        if dict.len() != self.used.get() {
            self.used.set(usize::MAX);
            return Err(vm.runtime_error("dictionary changed size during iteration"));
        }
        let mut position = self.position.get();
        let entry = if reverse { dict.previous_entry(&mut position) } else { dict.next_entry(&mut position) };
        match entry {
            Some(_) if self.left.get() == 0 => {
                drop(self.dict.take());
                Err(vm.runtime_error("dictionary keys changed during iteration"))
            }
            Some(entry) => {
                self.position.set(position);
                self.left.set(self.left.get() - 1);
                Ok(Some(entry))
            }
            None => {
                drop(self.dict.take());
                Ok(None)
            }
        }
    }

    fn hint(&self) -> usize {
        let len = self.dict.with(|dict| dict.as_ref().map(|d| d.len()));
        if len == Some(self.used.get()) { self.left.get() } else { 0 }
    }

    /// A walk from the same place, for looking ahead.
    fn fork(&self) -> Walk {
        Walk {
            dict: Guarded::new(self.dict.get()),
            used: self.used.clone(),
            position: self.position.clone(),
            left: self.left.clone(),
            pair: Guarded::new(None),
        }
    }
}

macro_rules! dict_iterators {
    ($($ty:ident $name:literal $slots:ident $next:ident $reverse:literal |$walk:ident, $entry:ident, $vm:ident| $give:expr;)*) => {$(
        #[pyclass(name = $name, builtin = $ty, flags(GC, DISALLOW_INSTANTIATION), methods($ty::METHODS), slots = $slots)]
        #[derive(Traverse)]
        pub struct $ty {
            header: Header,
            pub walk: Walk,
        }

        const $slots: Slots = Slots { iter: Some(itself), next: Some($next), ..Slots::EMPTY };

        impl $ty {
            /// An iterator at its beginning.
            pub fn over(dict: Ref<Dict>, vm: &Vm) -> Ref<$ty> {
                let position = if $reverse { dict.end_position() } else { 0 };
                Ref::new(vm, $ty { header: Header::blank(), walk: Walk::new(dict, position) })
            }
        }

        fn $next(slf: &Value, $vm: &Vm) -> PyResult<Option<Value>> {
            let $walk = &receiver!($ty, slf, $vm).walk;
            let Some($entry) = $walk.step($reverse, $vm)? else { return Ok(None) };
            Ok(Some($give))
        }

        #[pymethods]
        impl $ty {
            /// How many items are left.
            #[method("__length_hint__($self, /)")]
            fn length_hint(&self) -> usize {
                self.walk.hint()
            }

            /// State for pickling.
            #[method("__reduce__($self, /)")]
            fn reduce(&self, vm: &Vm) -> PyResult {
                let ahead = self.walk.fork();
                let mut rest = Vec::new();
                while let Some(item) = step_of(&ahead, vm)? {
                    rest.push(item);
                }
                let rest = vm.new_list(rest).into_value();
                return crate::iterators::reduced(builtin_function("iter", vm)?, rest, None, vm);

                fn step_of($walk: &Walk, $vm: &Vm) -> PyResult<Option<Value>> {
                    let Some($entry) = $walk.step($reverse, $vm)? else { return Ok(None) };
                    Ok(Some($give))
                }
            }
        }
    )*};
}

dict_iterators! {
    DictKeyIterator "dict_keyiterator" KEY_SLOTS key_next false |walk, entry, vm| entry.key;
    DictValueIterator "dict_valueiterator" VALUE_SLOTS value_next false |walk, entry, vm| entry.value;
    DictItemIterator "dict_itemiterator" ITEM_SLOTS item_next false
        |walk, entry, vm| reuse_pair(&walk.pair, entry.key, entry.value, vm);
    DictReverseKeyIterator "dict_reversekeyiterator" REVERSE_KEY_SLOTS reverse_key_next true |walk, entry, vm| entry.key;
    DictReverseValueIterator "dict_reversevalueiterator" REVERSE_VALUE_SLOTS reverse_value_next true
        |walk, entry, vm| entry.value;
    DictReverseItemIterator "dict_reverseitemiterator" REVERSE_ITEM_SLOTS reverse_item_next true
        |walk, entry, vm| reuse_pair(&walk.pair, entry.key, entry.value, vm);
}
