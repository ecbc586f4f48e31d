//! Reading marshalled data into runtime values.

use dashu_int::IBig;
use pyrope_bytecode::marshal::{Builder, CodeParts, MarshalError, Source, read, read_from};
use pyrope_object::layout::{Bytes, Dict, List, Str, Tuple};
use pyrope_object::{BuiltinType as B, PyResult, Raised, Ref, Value, Vm};
use pyrope_text::Wtf8Buf;
use pyrope_vm::code::{self, CodeObject, Numbers, Objects, OwnTables, interned_name};
use std::rc::Rc;

/// Reads one value; what follows it is ignored.
pub(super) fn load(data: &[u8], allow_code: bool, vm: &Vm) -> PyResult {
    read(data, &mut ValueBuilder { allow_code, vm }).map_err(|failure| failure.raise(vm))
}

/// Reads one value from an object with `readinto`, no byte more than it takes.
pub(super) fn load_file(file: &Value, allow_code: bool, vm: &Vm) -> PyResult {
    let mut source = File { file, buffer: Vec::new(), vm };
    read_from(&mut source, &mut ValueBuilder { allow_code, vm }).map_err(|failure| failure.raise(vm))
}

struct File<'a> {
    file: &'a Value,
    buffer: Vec<u8>,
    vm: &'a Vm,
}

impl Source<Failure> for File<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], Failure> {
        let vm = self.vm;
        let array = vm.call(&vm.builtin(B::ByteArray).to_value(), &[vm.int_from_usize(count)])?;
        let view = vm.call(&vm.builtin(B::MemoryView).to_value(), std::slice::from_ref(&array))?;
        let got = vm.call_method(self.file, "readinto", &[view])?;
        let got = vm.index_isize(&got)?;
        if usize::try_from(got).is_ok_and(|got| got > count) {
            let message = format!("read() returned too much data: {count} bytes requested, {got} returned");
            return Err(vm.value_error(message).into());
        }
        if got < 0 || (got as usize) < count {
            return Err(MarshalError::Eof("EOF read where not expected").into());
        }
        self.buffer = match array.ty(vm).slots().buffer {
            Some(get) => get(&array, 0, vm)?.to_vec(),
            None => Vec::new(),
        };
        self.buffer.resize(count, 0);
        Ok(&self.buffer)
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

impl Failure {
    fn raise(self, vm: &Vm) -> Raised {
        match self {
            Failure::Raised(raised) => raised,
            Failure::Data(MarshalError::Eof(message)) => vm.eof_error(message),
            Failure::Data(MarshalError::Value(message)) => vm.value_error(message),
            Failure::Data(MarshalError::Type(message)) => vm.type_error(message),
        }
    }
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

/// What of a code object must be of a certain type.
struct Strings {
    consts: Ref<Tuple>,
    filename: Ref<Str>,
    name: Ref<Str>,
    qualname: Ref<Str>,
}

/// The parts of a code object, if each is of its type and in its range.
fn sorts(parts: &CodeParts<Value>) -> Option<(Numbers, OwnTables, Strings)> {
    let count = |n: i32| u32::try_from(n).ok();
    let bytes = |value: &Value| value.downcast::<Bytes>().map(|bytes| Rc::from(bytes.as_slice()));
    let numbers = Numbers {
        argcount: count(parts.argcount)?,
        posonlyargcount: count(parts.posonlyargcount)?,
        kwonlyargcount: count(parts.kwonlyargcount)?,
        stacksize: count(parts.stacksize)?,
        flags: count(parts.flags)?,
        firstlineno: parts.firstlineno,
    };
    let tables = OwnTables {
        code: bytes(&parts.code)?,
        localspluskinds: bytes(&parts.localspluskinds)?,
        linetable: bytes(&parts.linetable)?,
        exceptiontable: bytes(&parts.exceptiontable)?,
    };
    let strings = Strings {
        consts: parts.consts.cast()?,
        filename: parts.filename.cast()?,
        name: parts.name.cast()?,
        qualname: parts.qualname.cast()?,
    };
    let (_, locals) = (parts.names.downcast::<Tuple>()?, parts.localsplusnames.downcast::<Tuple>()?);
    (locals.len() == tables.localspluskinds.len()).then_some((numbers, tables, strings))
}

fn not_a_name(vm: &Vm) -> Raised {
    vm.system_error("non-string found in code slot")
}

impl Builder for ValueBuilder<'_> {
    type Value = Value;
    type Error = Failure;

    fn nothing(&mut self, too_short: Failure) -> Failure {
        match too_short {
            Failure::Data(MarshalError::Eof(_)) => MarshalError::Eof("EOF read where object expected").into(),
            other => other,
        }
    }

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
            Some(text) if interned => return Ok(self.vm.intern(text).into_value()),
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

    fn blank_tuple(&mut self, size: usize) -> Result<Value, Failure> {
        Ok(self.vm.new_tuple(vec![Value::none(); size]).into_value())
    }

    #[expect(unsafe_code, reason = "a tuple that contains itself cannot be made otherwise")]
    fn fill_tuple(&mut self, blank: &Value, items: Vec<Value>) {
        if let Some(tuple) = blank.downcast_exact::<Tuple>() {
            // SAFETY: `blank_tuple` made it for this reading; what runs meanwhile (a file's `read`, hashing) has come to
            // its end and borrows nothing.
            unsafe { tuple.fill(items) }
        }
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
        let vm = self.vm;
        let Some((numbers, tables, strings)) = sorts(&parts) else {
            return Err(vm.system_error("bad argument to internal function").into());
        };
        code::check(&numbers, &tables, vm)?;
        let names = |value: &Value| -> PyResult<Box<[Ref<Str>]>> {
            let items = value.downcast::<Tuple>().map_or(&[][..], Tuple::as_slice);
            items.iter().map(|name| interned_name(name, vm)?.ok_or_else(|| not_a_name(vm))).collect()
        };
        let Strings { consts, filename, name, qualname } = strings;
        let objects = Objects { consts, names: names(&parts.names)?, local_names: names(&parts.localsplusnames)? };
        let (name, qualname) = (vm.intern_str(&name), vm.intern_str(&qualname));
        let parts = code::CodeParts { numbers, tables, objects, filename, name, qualname };
        Ok(CodeObject::new(parts, vm).into_value())
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
