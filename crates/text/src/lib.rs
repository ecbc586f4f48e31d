//! Source text: encodings, positions, line index, identifiers, and Python strings outside the object heap.

mod aliases;
pub mod encoding;
pub mod escape;
pub mod identifier;
pub mod lines;
pub mod source;
mod wtf8;

pub use lines::LineIndex;
pub use wtf8::Wtf8Buf;
