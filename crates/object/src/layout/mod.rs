//! Layouts of the builtin types that the model itself is made of: storage and its invariants, no Python meaning.
//! What the types *do* is in the crate `pyrope-types`.

mod bytes;
mod defs;
mod dict;
mod float;
mod int;
mod list;
mod str;
mod trailing;
mod tuple;

pub use bytes::Bytes;
pub(crate) use defs::core_def;
pub use defs::{
    BYTES_LAYOUT, DICT_LAYOUT, FLOAT_LAYOUT, INT_LAYOUT, LIST_LAYOUT, PLAIN_LAYOUT, Plain, STR_LAYOUT, TUPLE_LAYOUT,
    TYPE_LAYOUT, WEAKCALLABLEPROXY_LAYOUT, WEAKPROXY_LAYOUT, WEAKREF_LAYOUT,
};
pub use dict::{Dict, DictEntry};
pub use float::Float;
pub use int::{Int, IntView};
pub use list::List;
pub use str::{Str, StrView};
pub use tuple::Tuple;
