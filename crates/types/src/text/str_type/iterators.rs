//! Iterators over text: one character at a time.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Guarded, Header, PyResult, Ref, Slots, Str, Value, Vm};

use super::super::builder::char_str;
use crate::containers::builtin_function;
use crate::containers::sequence::receiver;
use crate::iterators::{itself, reduced, state_index};

macro_rules! text_iterator {
    ($ty:ident $name:literal $kind:ident $slots:ident $next:ident) => {
        #[pyclass(name = $name, builtin = $kind, flags(GC, DISALLOW_INSTANTIATION), methods($ty::METHODS), slots = $slots)]
        #[derive(Traverse)]
        pub struct $ty {
            header: Header,
            text: Guarded<Option<Ref<Str>>>,
            #[traverse(skip)]
            index: Cell<usize>,
        }

        const $slots: Slots = Slots { iter: Some(itself), next: Some($next), ..Slots::EMPTY };

        fn $next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
            receiver!($ty, slf, vm).advance(vm)
        }

        impl $ty {
            /// An iterator at the text's beginning.
            pub fn over(text: Ref<Str>, vm: &Vm) -> Ref<$ty> {
                Ref::new(vm, $ty { header: Header::blank(), text: Guarded::new(Some(text)), index: Cell::new(0) })
            }

            /// The next character.
            #[inline]
            pub fn advance(&self, vm: &Vm) -> PyResult<Option<Value>> {
                let index = self.index.get();
                let found = self.text.with(|text| text.as_ref().and_then(|text| text.code_point(index)));
                match found {
                    Some(c) => {
                        self.index.set(index + 1);
                        if c < 0x100 {
                            return Ok(Some(vm.latin1_char(c as u8).into_value()));
                        }
                        Ok(Some(char_str(c, vm)?.into_value()))
                    }
                    None => {
                        drop(self.text.take());
                        Ok(None)
                    }
                }
            }
        }

        #[pymethods]
        impl $ty {
            /// How many characters are left.
            #[method("__length_hint__($self, /)")]
            fn length_hint(&self) -> usize {
                let len = self.text.with(|text| text.as_ref().map_or(0, |text| text.len()));
                len.saturating_sub(self.index.get())
            }

            /// State for pickling.
            #[method("__reduce__($self, /)")]
            fn reduce(&self, vm: &Vm) -> PyResult {
                let iter = builtin_function("iter", vm)?;
                match self.text.get() {
                    Some(text) => reduced(iter, text.into_value(), Some(self.index.get() as isize), vm),
                    None => reduced(iter, vm.empty_str().into_value(), None, vm),
                }
            }

            /// Restore the state of a pickle.
            #[method("__setstate__($self, object, /)")]
            fn setstate(&self, object: &Value, vm: &Vm) -> PyResult<()> {
                let index = state_index(object, vm)?.max(0) as usize;
                if let Some(text) = self.text.get() {
                    self.index.set(index.min(text.len()));
                }
                Ok(())
            }
        }
    };
}

text_iterator!(StrIterator "str_iterator" StrIterator STR_SLOTS str_next);
text_iterator!(StrAsciiIterator "str_ascii_iterator" StrAsciiIterator ASCII_SLOTS ascii_next);
