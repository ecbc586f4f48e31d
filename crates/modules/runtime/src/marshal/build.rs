//! Reading marshalled data into runtime values.

use dashu_int::IBig;
use pyrope_bytecode::Code;
use pyrope_bytecode::marshal::{Builder, CodeParts, MarshalError, read_prefix};
use pyrope_object::layout::{Bytes, Dict, List, Str, Tuple};
use pyrope_object::{BuiltinType as B, PyResult, Raised, Value, Vm};
use pyrope_text::Wtf8Buf;
use pyrope_vm::code::CodeObject;
use std::rc::Rc;

/// Reads one value; gives it and the number of bytes used.
pub(super) fn load_prefix(data: &[u8], allow_code: bool, vm: &Vm) -> PyResult<(Value, usize)> {
    match read_prefix(data, &mut ValueBuilder { allow_code, vm }) {
        Ok(result) => Ok(result),
        Err(Failure::Raised(raised)) => Err(raised),
        Err(Failure::Data(error)) => Err(match error {
            MarshalError::Eof(message) => vm.eof_error(message),
            MarshalError::Value(message) => vm.value_error(message),
            MarshalError::Type(message) => vm.type_error(message),
        }),
    }
}

struct ValueBuilder<'a> {
    allow_code: bool,
    vm: &'a Vm,
}

enum Failure {
    Data(MarshalError),
    Raised(Raised),
}

impl From<MarshalError> for Failure {
    fn from(error: MarshalError) -> Self {
        Failure::Data(error)
    }
}

impl From<Raised> for Failure {
    fn from(raised: Raised) -> Self {
        Failure::Raised(raised)
    }
}

const BAD_CODE: Failure = Failure::Data(MarshalError::Value("bad marshal data (invalid code object)"));

impl Builder for ValueBuilder<'_> {
    type Value = Value;
    type Error = Failure;

    fn none(&mut self) -> Value {
        Value::none()
    }

    fn bool(&mut self, value: bool) -> Value {
        Value::bool(value)
    }

    fn ellipsis(&mut self) -> Value {
        Value::ellipsis()
    }

    fn stop_iteration(&mut self) -> Result<Value, Failure> {
        Ok(self.vm.builtin(B::StopIteration).to_value())
    }

    fn int(&mut self, value: IBig) -> Result<Value, Failure> {
        Ok(self.vm.int_from_big(value))
    }

    fn float(&mut self, value: f64) -> Result<Value, Failure> {
        Ok(self.vm.float(value))
    }

    fn complex(&mut self, real: f64, imag: f64) -> Result<Value, Failure> {
        let class = self.vm.builtin(B::Complex).to_value();
        Ok(self.vm.call(&class, &[self.vm.float(real), self.vm.float(imag)])?)
    }

    fn str(&mut self, value: Wtf8Buf, interned: bool) -> Result<Value, Failure> {
        let text = match value.as_str() {
            Some(text) => self.vm.try_str(text)?,
            None => self.vm.str_from_code_points(&value.code_points().collect::<Vec<_>>())?,
        };
        Ok(if interned { self.vm.intern_str(&text) } else { text }.into_value())
    }

    fn bytes(&mut self, value: &[u8]) -> Result<Value, Failure> {
        Ok(self.vm.new_bytes(value)?.into_value())
    }

    fn tuple(&mut self, items: Vec<Value>) -> Result<Value, Failure> {
        Ok(self.vm.new_tuple(items).into_value())
    }

    fn frozenset(&mut self, items: Vec<Value>) -> Result<Value, Failure> {
        let list = self.vm.new_list(items).into_value();
        Ok(self.vm.call(&self.vm.builtin(B::FrozenSet).to_value(), &[list])?)
    }

    fn slice(&mut self, parts: [Value; 3]) -> Result<Value, Failure> {
        Ok(self.vm.call(&self.vm.builtin(B::Slice).to_value(), &parts)?)
    }

    fn code(&mut self, parts: CodeParts<Value>) -> Result<Value, Failure> {
        if !self.allow_code {
            return Err(Failure::Data(MarshalError::Value("unmarshalling code objects is disallowed")));
        }
        let count = |n: i32| u32::try_from(n).map_err(|_| BAD_CODE);
        let bytes = |value: &Value| value.downcast::<Bytes>().map(|b| Rc::from(b.as_slice())).ok_or(BAD_CODE);
        let name = |value: &Value| -> Result<Rc<str>, Failure> {
            value.downcast::<Str>().and_then(Str::to_utf8).map(|t| Rc::from(&*t)).ok_or(BAD_CODE)
        };
        let names = |value: &Value| -> Result<Rc<[Rc<str>]>, Failure> {
            value.downcast::<Tuple>().ok_or(BAD_CODE)?.as_slice().iter().map(name).collect()
        };
        let filename = parts.filename.cast::<Str>().ok_or(BAD_CODE)?;
        let raw = Code {
            argcount: count(parts.argcount)?,
            posonlyargcount: count(parts.posonlyargcount)?,
            kwonlyargcount: count(parts.kwonlyargcount)?,
            stacksize: count(parts.stacksize)?,
            flags: count(parts.flags)?,
            code: bytes(&parts.code)?,
            consts: Rc::new([]),
            names: names(&parts.names)?,
            localsplusnames: names(&parts.localsplusnames)?,
            localspluskinds: bytes(&parts.localspluskinds)?,
            filename: Rc::new(crate::builtins::filename_text(&parts.filename)),
            name: name(&parts.name)?,
            qualname: name(&parts.qualname)?,
            firstlineno: parts.firstlineno,
            linetable: bytes(&parts.linetable)?,
            exceptiontable: bytes(&parts.exceptiontable)?,
        };
        let consts = parts.consts.cast::<Tuple>().ok_or(BAD_CODE)?;
        Ok(CodeObject::new(pyrope_vm::code::CodeParts { raw, consts, filename }, self.vm).into_value())
    }

    fn list(&mut self) -> Result<Value, Failure> {
        Ok(self.vm.new_list(Vec::new()).into_value())
    }

    fn list_push(&mut self, list: &Value, item: Value) -> Result<(), Failure> {
        if let Some(list) = list.downcast::<List>() {
            list.push(item);
        }
        Ok(())
    }

    fn dict(&mut self) -> Result<Value, Failure> {
        Ok(self.vm.new_dict().into_value())
    }

    fn dict_insert(&mut self, dict: &Value, key: Value, value: Value) -> Result<(), Failure> {
        if let Some(dict) = dict.downcast::<Dict>() {
            dict.set(key, value, self.vm)?;
        }
        Ok(())
    }

    fn set(&mut self) -> Result<Value, Failure> {
        Ok(self.vm.call(&self.vm.builtin(B::Set).to_value(), &[])?)
    }

    fn set_add(&mut self, set: &Value, item: Value) -> Result<(), Failure> {
        self.vm.call_method(set, "add", &[item])?;
        Ok(())
    }
}
