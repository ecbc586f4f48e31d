//! Code objects outside the object heap: what the compiler makes, `.pyc` files hold and the machine loads.

use std::rc::Rc;

use dashu_int::IBig;
use pyrope_text::Wtf8Buf;

use crate::Location;
use crate::linetable::{LineTableWriter, LocationEntries};

/// A constant of a code object. Equality here is structural; the compiler's merging of constants also tells
/// `0.0` from `-0.0` and `1` from `True`.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    None,
    Bool(bool),
    Ellipsis,
    Int(IBig),
    Float(f64),
    Complex {
        real: f64,
        imag: f64,
    },
    /// The flag tells whether CPython interns the string (`marshal` and identity show it).
    Str {
        value: Rc<Wtf8Buf>,
        interned: bool,
    },
    Bytes(Rc<[u8]>),
    Tuple(Rc<[Constant]>),
    FrozenSet(Rc<[Constant]>),
    Slice(Rc<[Constant; 3]>),
    Code(Rc<Code>),
}

impl Constant {
    /// Is a NaN in it, so that it equals nothing and is one object with nothing else?
    pub fn has_nan(&self) -> bool {
        match self {
            Constant::Float(value) => value.is_nan(),
            Constant::Complex { real, imag } => real.is_nan() || imag.is_nan(),
            Constant::Tuple(items) | Constant::FrozenSet(items) => items.iter().any(Constant::has_nan),
            _ => false,
        }
    }
}

/// `co_flags` bits, with CPython's values.
pub struct CodeFlags;

impl CodeFlags {
    pub const OPTIMIZED: u32 = 0x1;
    pub const NEWLOCALS: u32 = 0x2;
    pub const VARARGS: u32 = 0x4;
    pub const VARKEYWORDS: u32 = 0x8;
    pub const NESTED: u32 = 0x10;
    pub const GENERATOR: u32 = 0x20;
    pub const COROUTINE: u32 = 0x80;
    pub const ITERABLE_COROUTINE: u32 = 0x100;
    pub const ASYNC_GENERATOR: u32 = 0x200;
    pub const FUTURE_DIVISION: u32 = 0x20000;
    pub const FUTURE_ABSOLUTE_IMPORT: u32 = 0x40000;
    pub const FUTURE_WITH_STATEMENT: u32 = 0x80000;
    pub const FUTURE_PRINT_FUNCTION: u32 = 0x100000;
    pub const FUTURE_UNICODE_LITERALS: u32 = 0x200000;
    pub const FUTURE_BARRY_AS_BDFL: u32 = 0x400000;
    pub const FUTURE_GENERATOR_STOP: u32 = 0x800000;
    pub const FUTURE_ANNOTATIONS: u32 = 0x1000000;
    pub const HAS_DOCSTRING: u32 = 0x4000000;
    pub const METHOD: u32 = 0x8000000;
}

/// A code object: the fields of CPython 3.14's, in the order in which `marshal` writes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub stacksize: u32,
    /// Bits of [`CodeFlags`].
    pub flags: u32,
    /// Instructions as code units (opcode byte, operand byte), `CACHE` words zero.
    pub code: Rc<[u8]>,
    pub consts: Rc<[Constant]>,
    pub names: Rc<[Rc<str>]>,
    /// Names of all fast locals: arguments, locals, cells, free variables.
    pub localsplusnames: Rc<[Rc<str>]>,
    /// One byte for each of `localsplusnames`: `CO_FAST_HIDDEN` 0x10, `CO_FAST_LOCAL` 0x20, `CO_FAST_CELL` 0x40,
    /// `CO_FAST_FREE` 0x80, and the argument kinds 0x02 (positional), 0x04 (keyword), 0x08 (variadic).
    pub localspluskinds: Rc<[u8]>,
    pub filename: Rc<Wtf8Buf>,
    pub name: Rc<str>,
    pub qualname: Rc<str>,
    pub firstlineno: i32,
    pub linetable: Rc<[u8]>,
    pub exceptiontable: Rc<[u8]>,
}

/// Bits of `localspluskinds`.
pub struct FastKind;

impl FastKind {
    /// An argument that may be given by position.
    pub const ARG_POSITIONAL: u8 = 0x02;
    /// An argument that may be given by keyword.
    pub const ARG_KEYWORD: u8 = 0x04;
    /// `*args` or `**kwargs`.
    pub const ARG_VARIADIC: u8 = 0x08;
    /// A local of an inlined comprehension.
    pub const HIDDEN: u8 = 0x10;
    pub const LOCAL: u8 = 0x20;
    pub const CELL: u8 = 0x40;
    pub const FREE: u8 = 0x80;
}

impl Code {
    /// The same code, and that within it, with lines only: what `-X no_debug_ranges` asks for.
    pub fn without_columns(&self) -> Code {
        let mut table = LineTableWriter::new(self.firstlineno);
        for entry in LocationEntries::new(&self.linetable, self.firstlineno) {
            table.add(Location::line(entry.location.line), (entry.end - entry.start) / 2);
        }
        let consts = self.consts.iter().map(|constant| match constant {
            Constant::Code(code) => Constant::Code(Rc::new(code.without_columns())),
            other => other.clone(),
        });
        Code { linetable: table.finish().into(), consts: consts.collect(), ..self.clone() }
    }

    /// The names of fast locals that have all bits of `kind` (see [`FastKind`]).
    pub fn names_of_kind(&self, kind: u8) -> impl Iterator<Item = &Rc<str>> + '_ {
        let kinds = self.localspluskinds.iter();
        self.localsplusnames.iter().zip(kinds).filter(move |(_, k)| *k & kind == kind).map(|(name, _)| name)
    }
}
