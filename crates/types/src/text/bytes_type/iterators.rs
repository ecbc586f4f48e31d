//! Iterators over octets.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Bytes, Guarded, Header, PyResult, Ref, Slots, Value, Vm};

use super::{ByteArray, with_octets};
use crate::containers::builtin_function;
use crate::containers::sequence::receiver;
use crate::iterators::{itself, reduced, state_index};

macro_rules! octet_iterator {
    ($ty:ident $over:ident $name:literal $slots:ident $next:ident) => {
        #[pyclass(name = $name, builtin = $ty, flags(GC, DISALLOW_INSTANTIATION), methods($ty::METHODS), slots = $slots)]
        #[derive(Traverse)]
        pub struct $ty {
            header: Header,
            octets: Guarded<Option<Ref<$over>>>,
            #[traverse(skip)]
            index: Cell<usize>,
        }

        const $slots: Slots = Slots { iter: Some(itself), next: Some($next), ..Slots::EMPTY };

        fn $next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
            let this = receiver!($ty, slf, vm);
            let index = this.index.get();
            let Some(octets) = this.octets.get() else { return Ok(None) };
            match with_octets(octets.as_value(), |data| data.get(index).copied()) {
                Some(octet) => {
                    this.index.set(index + 1);
                    Ok(Some(vm.int(octet.into())))
                }
                None => {
                    drop(this.octets.take());
                    Ok(None)
                }
            }
        }

        impl $ty {
            /// An iterator at the beginning.
            pub fn over(octets: Ref<$over>, vm: &Vm) -> Ref<$ty> {
                Ref::new(vm, $ty { header: Header::blank(), octets: Guarded::new(Some(octets)), index: Cell::new(0) })
            }
        }

        #[pymethods]
        impl $ty {
            /// How many items are left.
            #[method("__length_hint__($self, /)")]
            fn length_hint(&self) -> usize {
                let len = self.octets.get().map_or(0, |octets| with_octets(octets.as_value(), <[u8]>::len));
                len.saturating_sub(self.index.get())
            }

            /// State for pickling.
            #[method("__reduce__($self, /)")]
            fn reduce(&self, vm: &Vm) -> PyResult {
                let iter = builtin_function("iter", vm)?;
                match self.octets.get() {
                    Some(octets) => reduced(iter, octets.into_value(), Some(self.index.get() as isize), vm),
                    None => reduced(iter, vm.new_tuple(Vec::new()).into_value(), None, vm),
                }
            }

            /// Restore the state of a pickle.
            #[method("__setstate__($self, object, /)")]
            fn setstate(&self, object: &Value, vm: &Vm) -> PyResult<()> {
                let index = state_index(object, vm)?.max(0) as usize;
                if let Some(octets) = self.octets.get() {
                    self.index.set(index.min(with_octets(octets.as_value(), <[u8]>::len)));
                }
                Ok(())
            }
        }
    };
}

octet_iterator!(BytesIterator Bytes "bytes_iterator" BYTES_SLOTS bytes_next);
octet_iterator!(ByteArrayIterator ByteArray "bytearray_iterator" ARRAY_SLOTS array_next);
