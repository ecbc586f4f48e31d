//! The builtin types: what they do. How the core ones lie in memory is in `pyrope_object::layout`.
//!
//! | folder | types |
//! |---|---|
//! | `model` | object, type, descriptors, native functions and methods, module, property, super, weak references |
//! | `numbers` | int, bool, float, complex |
//! | `text` | str, bytes, bytearray, memoryview |
//! | `containers` | list, tuple, dict, set, frozenset, slice, range, mapping proxies and views |
//! | `iterators` | the iterators of `builtins`: enumerate, zip, map, filter, reversed, … |
//! | `exceptions` | the exception hierarchy |
//! | `typing` | generic aliases, unions, type variables, templates |

pub mod containers;
pub mod exceptions;
pub mod iterators;
pub mod model;
pub mod numbers;
pub mod text;
pub mod typing;

use pyrope_object::interpreter::BuiltinDefs;
use pyrope_object::{BuiltinType, TypeDef};

/// A type's place in the table and its description.
pub type TypeEntry = fn() -> &'static TypeDef;

/// Fills the places of the types that this crate defines.
pub fn fill_builtin_defs(defs: &mut BuiltinDefs) {
    let tables = [model::TYPES, numbers::TYPES, text::TYPES, containers::TYPES, iterators::TYPES, typing::TYPES];
    fill(defs, tables.into_iter().chain(exceptions::TABLES).flatten());
}

/// Puts each description in its place.
pub fn fill<'a>(defs: &mut BuiltinDefs, entries: impl IntoIterator<Item = &'a TypeEntry>) {
    for entry in entries {
        if let Some(kind) = entry().builtin {
            defs[kind as usize] = Some(*entry);
        }
    }
}

const _: () = assert!(BuiltinType::COUNT > 0);
