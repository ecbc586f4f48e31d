//! The iterators of `builtins`.

pub mod combinators;
pub mod enumerate;
pub mod reversed;
pub mod sequence;
pub mod strict;

use pyrope_object::{Object, PyResult, Value, Vm};

use crate::TypeEntry;

/// The types of this folder.
pub(crate) const TYPES: &[TypeEntry] = &[
    <sequence::ListIterator as Object>::def,
    <sequence::ListReverseIterator as Object>::def,
    <sequence::TupleIterator as Object>::def,
    <sequence::SequenceIterator as Object>::def,
    <sequence::CallableIterator as Object>::def,
    <enumerate::Enumerate as Object>::def,
    <reversed::Reversed as Object>::def,
    <combinators::Zip as Object>::def,
    <combinators::Map as Object>::def,
    <combinators::Filter as Object>::def,
];

/// `iter(iterator)`
pub fn itself(slf: &Value, _: &Vm) -> PyResult {
    Ok(slf.clone())
}

/// The argument of `__setstate__` as an index.
pub fn state_index(state: &Value, vm: &Vm) -> PyResult<isize> {
    match state.as_int().map(|n| n.to_i64()) {
        Some(Some(n)) => Ok(n as isize),
        Some(None) => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
        None => Err(vm.type_error("an integer is required")),
    }
}

/// `(callable, (argument,), state)`, or without the state.
pub fn reduced(callable: Value, argument: Value, state: Option<isize>, vm: &Vm) -> PyResult {
    let arguments = vm.tuple_of([argument]).into_value();
    let mut parts = vec![callable, arguments];
    parts.extend(state.map(|n| vm.int(n as i64)));
    Ok(vm.new_tuple(parts).into_value())
}
