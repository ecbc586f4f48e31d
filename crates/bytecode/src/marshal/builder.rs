//! What reading makes.

use std::rc::Rc;

use dashu_int::IBig;
use pyrope_text::Wtf8Buf;

use super::{INVALID_REFERENCE, MarshalError};
use crate::{Code, Constant};

/// The parts of a code object as they are read.
#[derive(Clone, Debug)]
pub struct CodeParts<V> {
    pub argcount: i32,
    pub posonlyargcount: i32,
    pub kwonlyargcount: i32,
    pub stacksize: i32,
    pub flags: i32,
    pub code: V,
    pub consts: V,
    pub names: V,
    pub localsplusnames: V,
    pub localspluskinds: V,
    pub filename: V,
    pub name: V,
    pub qualname: V,
    pub firstlineno: i32,
    pub linetable: V,
    pub exceptiontable: V,
}

/// Makes values of what is read. Lists, dicts and sets are made empty and filled, as they may contain themselves.
pub trait Builder {
    /// A value, cheap to clone.
    type Value: Clone;
    /// What can go wrong; [`MarshalError`] for bad data.
    type Error: From<MarshalError>;

    /// The error where data ends before a value begins.
    fn nothing(&mut self, _too_short: Self::Error) -> Self::Error {
        MarshalError::Eof("EOF read where object expected").into()
    }

    fn none(&mut self) -> Self::Value;
    fn bool(&mut self, value: bool) -> Self::Value;
    fn ellipsis(&mut self) -> Self::Value;
    fn stop_iteration(&mut self) -> Result<Self::Value, Self::Error>;
    fn int(&mut self, value: IBig) -> Result<Self::Value, Self::Error>;
    fn float(&mut self, value: f64) -> Result<Self::Value, Self::Error>;
    fn complex(&mut self, real: f64, imag: f64) -> Result<Self::Value, Self::Error>;
    fn str(&mut self, value: Wtf8Buf, interned: bool) -> Result<Self::Value, Self::Error>;
    fn bytes(&mut self, value: &[u8]) -> Result<Self::Value, Self::Error>;
    fn tuple(&mut self, items: Vec<Self::Value>) -> Result<Self::Value, Self::Error>;
    /// A tuple that is referred to before its items are read.
    fn blank_tuple(&mut self, _size: usize) -> Result<Self::Value, Self::Error> {
        Err(INVALID_REFERENCE.into())
    }
    /// Gives a blank tuple its items.
    fn fill_tuple(&mut self, _blank: &Self::Value, _items: Vec<Self::Value>) {}
    fn frozenset(&mut self, items: Vec<Self::Value>) -> Result<Self::Value, Self::Error>;
    fn slice(&mut self, parts: [Self::Value; 3]) -> Result<Self::Value, Self::Error>;
    fn code(&mut self, parts: CodeParts<Self::Value>) -> Result<Self::Value, Self::Error>;
    fn list(&mut self) -> Result<Self::Value, Self::Error>;
    fn list_push(&mut self, list: &Self::Value, item: Self::Value) -> Result<(), Self::Error>;
    fn dict(&mut self) -> Result<Self::Value, Self::Error>;
    fn dict_insert(&mut self, dict: &Self::Value, key: Self::Value, value: Self::Value) -> Result<(), Self::Error>;
    fn set(&mut self) -> Result<Self::Value, Self::Error>;
    fn set_add(&mut self, set: &Self::Value, item: Self::Value) -> Result<(), Self::Error>;
}

/// Makes [`Constant`]s; what a constant cannot be is an error.
#[derive(Clone, Copy, Debug)]
pub struct ConstantBuilder;

const NOT_A_CONSTANT: MarshalError = MarshalError::Value("bad marshal data (not a constant)");
const BAD_CODE: MarshalError = MarshalError::Type("bad marshal data (wrong type in code object)");

impl Builder for ConstantBuilder {
    type Value = Constant;
    type Error = MarshalError;

    fn none(&mut self) -> Constant {
        Constant::None
    }

    fn bool(&mut self, value: bool) -> Constant {
        Constant::Bool(value)
    }

    fn ellipsis(&mut self) -> Constant {
        Constant::Ellipsis
    }

    fn stop_iteration(&mut self) -> Result<Constant, MarshalError> {
        Err(NOT_A_CONSTANT)
    }

    fn int(&mut self, value: IBig) -> Result<Constant, MarshalError> {
        Ok(Constant::Int(value))
    }

    fn float(&mut self, value: f64) -> Result<Constant, MarshalError> {
        Ok(Constant::Float(value))
    }

    fn complex(&mut self, real: f64, imag: f64) -> Result<Constant, MarshalError> {
        Ok(Constant::Complex { real, imag })
    }

    fn str(&mut self, value: Wtf8Buf, interned: bool) -> Result<Constant, MarshalError> {
        Ok(Constant::Str { value: Rc::new(value), interned })
    }

    fn bytes(&mut self, value: &[u8]) -> Result<Constant, MarshalError> {
        Ok(Constant::Bytes(value.into()))
    }

    fn tuple(&mut self, items: Vec<Constant>) -> Result<Constant, MarshalError> {
        Ok(Constant::Tuple(items.into()))
    }

    fn frozenset(&mut self, items: Vec<Constant>) -> Result<Constant, MarshalError> {
        Ok(Constant::FrozenSet(items.into()))
    }

    fn slice(&mut self, parts: [Constant; 3]) -> Result<Constant, MarshalError> {
        Ok(Constant::Slice(Rc::new(parts)))
    }

    fn code(&mut self, parts: CodeParts<Constant>) -> Result<Constant, MarshalError> {
        let count = |number: i32| u32::try_from(number).map_err(|_| BAD_CODE);
        Ok(Constant::Code(Rc::new(Code {
            argcount: count(parts.argcount)?,
            posonlyargcount: count(parts.posonlyargcount)?,
            kwonlyargcount: count(parts.kwonlyargcount)?,
            stacksize: count(parts.stacksize)?,
            flags: count(parts.flags)?,
            code: bytes(parts.code)?,
            consts: tuple(parts.consts)?,
            names: names(parts.names)?,
            localsplusnames: names(parts.localsplusnames)?,
            localspluskinds: bytes(parts.localspluskinds)?,
            filename: match parts.filename {
                Constant::Str { value, .. } => value,
                _ => return Err(BAD_CODE),
            },
            name: name(&parts.name)?,
            qualname: name(&parts.qualname)?,
            firstlineno: parts.firstlineno,
            linetable: bytes(parts.linetable)?,
            exceptiontable: bytes(parts.exceptiontable)?,
        })))
    }

    fn list(&mut self) -> Result<Constant, MarshalError> {
        Err(NOT_A_CONSTANT)
    }

    fn list_push(&mut self, _: &Constant, _: Constant) -> Result<(), MarshalError> {
        Err(NOT_A_CONSTANT)
    }

    fn dict(&mut self) -> Result<Constant, MarshalError> {
        Err(NOT_A_CONSTANT)
    }

    fn dict_insert(&mut self, _: &Constant, _: Constant, _: Constant) -> Result<(), MarshalError> {
        Err(NOT_A_CONSTANT)
    }

    fn set(&mut self) -> Result<Constant, MarshalError> {
        Err(NOT_A_CONSTANT)
    }

    fn set_add(&mut self, _: &Constant, _: Constant) -> Result<(), MarshalError> {
        Err(NOT_A_CONSTANT)
    }
}

fn bytes(value: Constant) -> Result<Rc<[u8]>, MarshalError> {
    match value {
        Constant::Bytes(bytes) => Ok(bytes),
        _ => Err(BAD_CODE),
    }
}

fn tuple(value: Constant) -> Result<Rc<[Constant]>, MarshalError> {
    match value {
        Constant::Tuple(items) => Ok(items),
        _ => Err(BAD_CODE),
    }
}

fn name(value: &Constant) -> Result<Rc<str>, MarshalError> {
    match value {
        Constant::Str { value, .. } => value.as_str().map(Rc::from).ok_or(BAD_CODE),
        _ => Err(BAD_CODE),
    }
}

fn names(value: Constant) -> Result<Rc<[Rc<str>]>, MarshalError> {
    tuple(value)?.iter().map(name).collect()
}
