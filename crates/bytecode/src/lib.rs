//! The opcode table, code objects, line and exception tables, .pyc files and listings.

mod code;

pub use code::{Code, CodeFlags, Constant};
