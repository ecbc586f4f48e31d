//! The object model: values, headers, shapes, types, reference counts and the cycle collector.
//!
//! This crate knows how objects lie in memory and live and die; it knows no behaviour of any concrete type. `layout`
//! holds the storage of the types that the model itself is made of.
#![allow(unsafe_code, reason = "one of the homes of unsafe code: object memory")]

pub mod args;
pub mod bind;
mod bootstrap;
pub mod buffer;
pub mod builtin;
pub mod error;
pub mod gc;
pub mod guarded;
pub mod header;
pub mod hooks;
pub mod instance;
mod interned;
pub mod interpreter;
pub mod layout;
pub mod lifetime;
pub mod lock;
mod method_cache;
pub mod names;
pub mod protocol;
pub mod reference;
pub mod shape;
pub mod slots;
pub mod tracing;
pub mod traverse;
pub mod ty;
pub mod typedef;
pub mod value;
pub mod vm;
pub mod weak;

pub use args::{Args, FromArg, IntoResult, Kwargs, OwnedArgs};
pub use builtin::BuiltinType;
pub use error::{PyResult, Raised};
pub use guarded::Guarded;
pub use header::Header;
pub use interpreter::Interpreter;
pub use layout::{Bytes, Dict, Float, Int, IntView, List, Str, StrView, Tuple};
pub use reference::{Object, Ref, value_of};
pub use slots::{CompareOp, Slots};
pub use traverse::{Traverse, TraverseMut};
pub use ty::Type;
pub use typedef::{Binding, GetSetDef, MethodDef, ModuleDef, NativeFn, TypeDef, TypeFlags};
pub use value::{Doomed, Value};
pub use vm::Vm;
