//! Source text: encodings, positions, line index, identifiers, and Python strings outside the object heap.

mod wtf8;

pub use wtf8::Wtf8Buf;
