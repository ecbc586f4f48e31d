//! Compiled modules as the binary carries them: each code object lies for itself, so that a function's code is read when
//! it is first needed, and its tables are not copied at all.
//!
//! Layout, all numbers of 32 bits little-endian: [`HEADER`] numbers (the file name's string, where the module's code
//! begins, how many strings there are, where the code objects begin); for each string where its text begins and its length
//! times four, plus [`INTERNED`] and [`SURROGATES`]; the texts; the code objects. A code object has the numbers of
//! [`Field`], then instructions, kinds of locals, line table, exception table, indices of the names and of the locals'
//! names, constants. Offsets of code are from where the code objects begin.
//!
//! An image is made by this crate's [`write()`] and never comes from outside. Reading one that is cut or changed gives
//! empty tables and names, not a panic.

mod reader;
mod writer;

pub use reader::{ImageCode, ImageConstant, ImageString};
pub use writer::write;

/// Numbers before the strings.
const HEADER: usize = 4;
/// The string is interned.
const INTERNED: u32 = 1;
/// The text has lone surrogates: it is WTF-8, not UTF-8.
const SURROGATES: u32 = 2;

/// The numbers with which a code object begins, in order.
#[derive(Clone, Copy)]
enum Field {
    Argcount,
    Posonlyargcount,
    Kwonlyargcount,
    Stacksize,
    Flags,
    Firstlineno,
    /// Index of a string, as the next.
    Name,
    Qualname,
    /// How many bytes or names follow.
    Code,
    Locals,
    Linetable,
    Exceptiontable,
    Names,
    Consts,
}

/// How many numbers [`Field`] has.
const FIELDS: usize = Field::Consts as usize + 1;

/// What a constant begins with.
#[derive(Clone, Copy)]
enum Tag {
    None,
    False,
    True,
    Ellipsis,
    /// A length, then the magnitude's bytes.
    Int,
    NegativeInt,
    Float,
    Complex,
    /// The index of a string.
    Str,
    Bytes,
    Tuple,
    FrozenSet,
    Slice,
    /// Where the code begins.
    Code,
}

impl Tag {
    const ALL: [Tag; 14] = [
        Tag::None,
        Tag::False,
        Tag::True,
        Tag::Ellipsis,
        Tag::Int,
        Tag::NegativeInt,
        Tag::Float,
        Tag::Complex,
        Tag::Str,
        Tag::Bytes,
        Tag::Tuple,
        Tag::FrozenSet,
        Tag::Slice,
        Tag::Code,
    ];
}
