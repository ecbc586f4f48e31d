//! See the crate's table of folders.

use crate::TypeEntry;

/// The types of this folder.
pub(crate) const TYPES: &[TypeEntry] = &[];

/// `a | b` for types: a union. `NotImplemented` if either operand cannot be part of one.
pub fn union_of(_: &pyrope_object::Value, _: &pyrope_object::Value, _: &pyrope_object::Vm) -> pyrope_object::PyResult {
    Ok(pyrope_object::Value::not_implemented())
}
