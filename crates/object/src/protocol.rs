//! The abstract operations: what `getattr`, `call`, `==`, `len`, `+` … mean for any value.

mod attributes;
mod calls;
mod compare;
mod iteration;
mod number;
mod subscript;
mod text;

pub use attributes::{generic_find_attr, generic_getattr, generic_setattr, lookup_str, type_find_attr, type_getattr};
pub use iteration::Walk;
pub use number::{BinarySlot, binary_operation};
