//! The serialised form of code and constants: CPython's `marshal`, version 5.
//!
//! [`dump_code`] writes what CPython writes for the same compilation, back references included. [`read`] understands
//! every type code and makes whatever values its [`Builder`] makes, so that the runtime reads lists and dicts with it
//! too; [`load_code`] and [`load_constant`] make [`Constant`]s.

mod builder;
mod reader;
mod writer;

use std::fmt;

pub use builder::{Builder, CodeParts, ConstantBuilder};
pub use reader::{Source, read, read_from, read_prefix};
pub use writer::{PrimitiveWriter, dump_code, dump_constant};

use std::rc::Rc;

use crate::{Code, Constant};

/// The version written (`marshal.version`).
pub const VERSION: i32 = 5;
/// Deeper nesting is an error.
pub const MAX_DEPTH: usize = 2000;
/// Bit of a type code: the object can be referred to later.
pub const FLAG_REF: u8 = 0x80;

/// The type codes.
pub mod code {
    pub const NULL: u8 = b'0';
    pub const NONE: u8 = b'N';
    pub const FALSE: u8 = b'F';
    pub const TRUE: u8 = b'T';
    pub const STOPITER: u8 = b'S';
    pub const ELLIPSIS: u8 = b'.';
    pub const INT: u8 = b'i';
    pub const INT64: u8 = b'I';
    pub const LONG: u8 = b'l';
    pub const FLOAT: u8 = b'f';
    pub const BINARY_FLOAT: u8 = b'g';
    pub const COMPLEX: u8 = b'x';
    pub const BINARY_COMPLEX: u8 = b'y';
    pub const STRING: u8 = b's';
    pub const UNICODE: u8 = b'u';
    pub const INTERNED: u8 = b't';
    pub const ASCII: u8 = b'a';
    pub const ASCII_INTERNED: u8 = b'A';
    pub const SHORT_ASCII: u8 = b'z';
    pub const SHORT_ASCII_INTERNED: u8 = b'Z';
    pub const TUPLE: u8 = b'(';
    pub const SMALL_TUPLE: u8 = b')';
    pub const LIST: u8 = b'[';
    pub const DICT: u8 = b'{';
    pub const SET: u8 = b'<';
    pub const FROZENSET: u8 = b'>';
    pub const SLICE: u8 = b':';
    pub const CODE: u8 = b'c';
    pub const REF: u8 = b'r';
}

/// Why data could not be read or written. The text is CPython's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarshalError {
    /// `EOFError`.
    Eof(&'static str),
    /// `ValueError`.
    Value(&'static str),
    /// `TypeError`.
    Type(&'static str),
}

/// A reference to what was not read or is not complete.
pub(crate) const INVALID_REFERENCE: MarshalError = MarshalError::Value("bad marshal data (invalid reference)");

impl fmt::Display for MarshalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MarshalError::Eof(message) | MarshalError::Value(message) | MarshalError::Type(message) => {
                f.write_str(message)
            }
        }
    }
}

impl std::error::Error for MarshalError {}

/// Reads a constant.
pub fn load_constant(data: &[u8]) -> Result<Constant, MarshalError> {
    read(data, &mut ConstantBuilder)
}

/// Reads a code object.
pub fn load_code(data: &[u8]) -> Result<Rc<Code>, MarshalError> {
    match load_constant(data)? {
        Constant::Code(code) => Ok(code),
        _ => Err(MarshalError::Type("not a code object")),
    }
}
