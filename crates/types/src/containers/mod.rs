//! The containers: sequences, mappings, sets, slices and ranges.

pub mod dict;
mod hashing;
pub mod list;
pub mod mapping_proxy;
pub mod namespace;
pub mod range;
pub mod sequence;
pub mod set;
pub mod slice;
pub mod tuple;

pub use hashing::TupleHash;
pub use sequence::{builtin_function, generic_alias, slice_bound};
pub use slice::{Slice, SliceIndices, SliceParts, slice_indices, slice_parts};

use pyrope_object::Object;

use crate::TypeEntry;

/// The types of this folder.
pub(crate) const TYPES: &[TypeEntry] = &[
    list::ListType::def,
    tuple::TupleType::def,
    dict::DictType::def,
    <dict::views::DictKeys as Object>::def,
    <dict::views::DictValues as Object>::def,
    <dict::views::DictItems as Object>::def,
    <dict::iterators::DictKeyIterator as Object>::def,
    <dict::iterators::DictValueIterator as Object>::def,
    <dict::iterators::DictItemIterator as Object>::def,
    <dict::iterators::DictReverseKeyIterator as Object>::def,
    <dict::iterators::DictReverseValueIterator as Object>::def,
    <dict::iterators::DictReverseItemIterator as Object>::def,
    <set::Set as Object>::def,
    <set::FrozenSet as Object>::def,
    <set::iterator::SetIterator as Object>::def,
    <slice::Slice as Object>::def,
    <range::Range as Object>::def,
    <range::iterators::RangeIterator as Object>::def,
    <range::iterators::LongRangeIterator as Object>::def,
    <mapping_proxy::MappingProxy as Object>::def,
    <namespace::SimpleNamespace as Object>::def,
];
