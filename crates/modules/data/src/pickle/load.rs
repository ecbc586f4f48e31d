//! The machine that runs a pickle's opcodes.

use dashu_int::IBig;
use pyrope_object::{BuiltinType as B, PyResult, Raised, Ref, Value, Vm};
use pyrope_types::containers::set::{FrozenSet, SetBody};
use pyrope_types::text::ByteArray;

use super::input::Input;
use super::opcodes as op;
use super::state::unpickling_error;
use super::unpickler::{Numbered, Unpickler};

/// One run over a pickle.
pub(super) struct Loader<'a, 'b> {
    pub(super) unpickler: &'a Ref<Unpickler>,
    pub(super) input: &'a mut Input<'b>,
    pub(super) stack: Vec<Value>,
    /// Heights of the stack at the marks.
    pub(super) marks: Vec<usize>,
    /// The topmost mark, or 0: what lies below cannot be reached.
    pub(super) fence: usize,
}

impl<'a, 'b> Loader<'a, 'b> {
    pub(super) fn new(unpickler: &'a Ref<Unpickler>, input: &'a mut Input<'b>) -> Self {
        Loader { unpickler, input, stack: Vec::with_capacity(32), marks: Vec::new(), fence: 0 }
    }

    /// Runs to STOP.
    pub(super) fn load(mut self, vm: &Vm) -> PyResult {
        loop {
            let code = match self.input.byte(vm) {
                Ok(op::STOP) => break,
                Ok(code) => code,
                Err(raised) => return Err(at_end(raised, vm)),
            };
            self.step(code, vm)?;
        }
        let value = self.pop(vm)?;
        self.input.finish(vm)?;
        Ok(value)
    }

    #[inline]
    fn step(&mut self, code: u8, vm: &Vm) -> PyResult<()> {
        match code {
            op::NONE => self.stack.push(Value::none()),
            op::NEWTRUE => self.stack.push(Value::bool(true)),
            op::NEWFALSE => self.stack.push(Value::bool(false)),
            op::BININT1 => {
                let n = self.input.byte(vm)?;
                self.stack.push(vm.int(n.into()));
            }
            op::BININT2 => {
                let n = u16::from_le_bytes(self.input.array(vm)?);
                self.stack.push(vm.int(n.into()));
            }
            op::BININT => {
                let n = i32::from_le_bytes(self.input.array(vm)?);
                self.stack.push(vm.int(n.into()));
            }
            op::BINFLOAT => {
                let x = f64::from_be_bytes(self.input.array(vm)?);
                self.stack.push(vm.float(x));
            }
            op::SHORT_BINUNICODE => {
                let length = self.input.byte(vm)?.into();
                self.load_text(length, vm)?;
            }
            op::BINUNICODE => {
                let length = u32::from_le_bytes(self.input.array(vm)?);
                self.load_text(length as usize, vm)?;
            }
            op::MEMOIZE => {
                let top = self.top(vm)?;
                drop(self.unpickler.memo.with_mut(|memo| memo.insert(memo.len(), top)));
            }
            op::BINGET => {
                let index = self.input.byte(vm)?.into();
                self.load_get(index, vm)?;
            }
            op::LONG_BINGET => {
                let index = u32::from_le_bytes(self.input.array(vm)?);
                self.load_get(index as usize, vm)?;
            }
            op::MARK => {
                self.marks.push(self.stack.len());
                self.fence = self.stack.len();
            }
            op::TUPLE1 => self.load_short_tuple(1, vm)?,
            op::TUPLE2 => self.load_short_tuple(2, vm)?,
            op::TUPLE3 => self.load_short_tuple(3, vm)?,
            op::EMPTY_TUPLE => self.stack.push(vm.new_tuple(Vec::new()).into_value()),
            op::TUPLE => {
                let items = self.pop_mark(vm)?;
                self.stack.push(vm.new_tuple(items).into_value());
            }
            op::EMPTY_LIST => self.stack.push(vm.new_list(Vec::new()).into_value()),
            op::EMPTY_DICT => self.stack.push(vm.new_dict().into_value()),
            op::APPEND => {
                let start = self.stack.len().saturating_sub(1);
                self.append_from(start, vm)?;
            }
            op::APPENDS => {
                let mark = self.marker(vm)?;
                self.append_from(mark, vm)?;
            }
            op::SETITEM => {
                let start = self.stack.len().saturating_sub(2);
                self.set_items_from(start, vm)?;
            }
            op::SETITEMS => {
                let mark = self.marker(vm)?;
                self.set_items_from(mark, vm)?;
            }
            op::STACK_GLOBAL => self.load_stack_global(vm)?,
            op::NEWOBJ => self.load_newobj(false, vm)?,
            op::REDUCE => self.load_reduce(vm)?,
            op::BUILD => self.load_build(vm)?,
            op::BINPUT => {
                let index = self.input.byte(vm)?.into();
                self.load_put(index, vm)?;
            }
            op::LONG_BINPUT => {
                let index = u32::from_le_bytes(self.input.array(vm)?);
                self.load_put(index as usize, vm)?;
            }
            op::FRAME => self.load_frame(vm)?,
            _ => self.step_rare(code, vm)?,
        }
        Ok(())
    }

    #[inline(never)]
    fn step_rare(&mut self, code: u8, vm: &Vm) -> PyResult<()> {
        match code {
            op::PROTO => self.load_protocol(vm),
            op::POP => self.load_pop(vm),
            op::POP_MARK => self.pop_mark(vm).map(drop),
            op::DUP => {
                let top = self.top(vm)?;
                self.stack.push(top);
                Ok(())
            }
            op::LIST => {
                let items = self.pop_mark(vm)?;
                self.stack.push(vm.new_list(items).into_value());
                Ok(())
            }
            op::DICT => self.load_dict(vm),
            op::EMPTY_SET => {
                let set = pyrope_types::containers::set::Set::with_body(SetBody::default(), vm);
                self.stack.push(set.into_value());
                Ok(())
            }
            op::ADDITEMS => self.load_additems(vm),
            op::FROZENSET => {
                let items = vm.new_list(self.pop_mark(vm)?).into_value();
                self.stack.push(FrozenSet::of(&items, vm)?.into_value());
                Ok(())
            }
            op::SHORT_BINBYTES => {
                let length = self.input.byte(vm)?.into();
                self.load_bytes(length, vm)
            }
            op::BINBYTES => {
                let length = u32::from_le_bytes(self.input.array(vm)?);
                self.load_bytes(length as usize, vm)
            }
            op::BINBYTES8 => {
                let length = self.long_length("BINBYTES", vm)?;
                self.load_bytes(length, vm)
            }
            op::BINUNICODE8 => {
                let length = self.long_length("BINUNICODE", vm)?;
                self.load_text(length, vm)
            }
            op::BYTEARRAY8 => {
                let length = self.long_length("BYTEARRAY8", vm)?;
                let data = self.input.read_vec(length, vm)?;
                self.stack.push(ByteArray::new(vm.builtin(B::ByteArray), data, vm).into_value());
                Ok(())
            }
            op::LONG1 => {
                let length = self.input.byte(vm)?.into();
                self.load_long_bytes(length, vm)
            }
            op::LONG4 => match i32::from_le_bytes(self.input.array(vm)?) {
                ..0 => Err(unpickling_error("LONG pickle has negative byte count", vm)),
                length => self.load_long_bytes(length as usize, vm),
            },
            op::SHORT_BINSTRING => {
                let length = self.input.byte(vm)?.into();
                self.load_counted_string(length, vm)
            }
            op::BINSTRING => match i32::from_le_bytes(self.input.array(vm)?) {
                ..0 => Err(unpickling_error("BINSTRING pickle has negative byte count", vm)),
                length => self.load_counted_string(length as usize, vm),
            },
            op::INT => self.load_int(vm),
            op::LONG => self.load_long(vm),
            op::FLOAT => self.load_float(vm),
            op::STRING => self.load_string(vm),
            op::UNICODE => self.load_unicode(vm),
            op::GET => {
                let key = self.decimal_line(vm)?;
                match usize::try_from(&key) {
                    Ok(index) => self.load_get(index, vm),
                    Err(_) => Err(memo_value_not_found(&key, vm)),
                }
            }
            op::PUT => {
                let key = self.decimal_line(vm)?;
                self.top(vm)?;
                match usize::try_from(&key) {
                    Ok(index) => self.load_put(index, vm),
                    Err(_) if key < IBig::ZERO => Err(vm.value_error("negative PUT argument")),
                    Err(_) => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
                }
            }
            op::GLOBAL => self.load_global(vm),
            op::INST => self.load_inst(vm),
            op::OBJ => self.load_obj(vm),
            op::NEWOBJ_EX => self.load_newobj(true, vm),
            op::PERSID => self.load_persid(vm),
            op::BINPERSID => {
                let id = self.pop(vm)?;
                self.load_persistent(id, vm)
            }
            op::EXT1 => {
                let code = self.input.byte(vm)?.into();
                self.load_extension(code, vm)
            }
            op::EXT2 => {
                let code = u16::from_le_bytes(self.input.array(vm)?);
                self.load_extension(code.into(), vm)
            }
            op::EXT4 => {
                let code = i32::from_le_bytes(self.input.array(vm)?);
                self.load_extension(code.into(), vm)
            }
            op::NEXT_BUFFER => self.load_next_buffer(vm),
            op::READONLY_BUFFER => self.load_readonly_buffer(vm),
            _ => Err(invalid_key(code, vm)),
        }
    }

    /// What an opcode finds where it needs more than the stack has.
    #[cold]
    pub(super) fn underflow(&self, vm: &Vm) -> Raised {
        unpickling_error(if self.marks.is_empty() { "unpickling stack underflow" } else { "unexpected MARK found" }, vm)
    }

    #[inline]
    pub(super) fn pop(&mut self, vm: &Vm) -> PyResult {
        if self.stack.len() > self.fence
            && let Some(value) = self.stack.pop()
        {
            return Ok(value);
        }
        Err(self.underflow(vm))
    }

    #[inline]
    pub(super) fn top(&self, vm: &Vm) -> PyResult {
        match self.stack.last() {
            Some(value) if self.stack.len() > self.fence => Ok(value.clone()),
            _ => Err(self.underflow(vm)),
        }
    }

    /// Takes the topmost mark away; gives where it stood.
    pub(super) fn marker(&mut self, vm: &Vm) -> PyResult<usize> {
        let Some(mark) = self.marks.pop() else { return Err(unpickling_error("could not find MARK", vm)) };
        self.fence = self.marks.last().copied().unwrap_or(0);
        Ok(mark)
    }

    /// Takes the items above the topmost mark, and the mark.
    pub(super) fn pop_mark(&mut self, vm: &Vm) -> PyResult<Vec<Value>> {
        let mark = self.marker(vm)?;
        Ok(self.pop_from(mark))
    }

    pub(super) fn pop_from(&mut self, start: usize) -> Vec<Value> {
        let start = start.min(self.stack.len());
        self.stack.split_off(start)
    }

    fn load_protocol(&mut self, vm: &Vm) -> PyResult<()> {
        let protocol = self.input.byte(vm)?.into();
        if protocol > op::HIGHEST_PROTOCOL {
            return Err(vm.value_error(format!("unsupported pickle protocol: {protocol}")));
        }
        self.unpickler.protocol.set(protocol);
        Ok(())
    }

    fn load_frame(&mut self, vm: &Vm) -> PyResult<()> {
        let length = u64::from_le_bytes(self.input.array(vm)?);
        match isize::try_from(length) {
            Ok(length) => self.input.enter_frame(length as usize, vm),
            Err(_) => {
                let most = isize::MAX;
                Err(vm.overflow_error(format!("FRAME length exceeds system's maximum of {most} bytes")))
            }
        }
    }

    /// A length of eight bytes.
    fn long_length(&mut self, what: &str, vm: &Vm) -> PyResult<usize> {
        let length = u64::from_le_bytes(self.input.array(vm)?);
        match isize::try_from(length) {
            Ok(length) => Ok(length as usize),
            Err(_) => {
                let most = isize::MAX;
                Err(vm.overflow_error(format!("{what} exceeds system's maximum size of {most} bytes")))
            }
        }
    }

    fn load_pop(&mut self, vm: &Vm) -> PyResult<()> {
        if self.marks.last() == Some(&self.stack.len()) {
            return self.marker(vm).map(drop);
        }
        self.pop(vm).map(drop)
    }

    fn load_get(&mut self, index: usize, vm: &Vm) -> PyResult<()> {
        match self.unpickler.memo.with(|memo: &Numbered| memo.get(index)) {
            Some(value) => {
                self.stack.push(value);
                Ok(())
            }
            None => Err(memo_value_not_found(&IBig::from(index), vm)),
        }
    }

    fn load_put(&mut self, index: usize, vm: &Vm) -> PyResult<()> {
        let top = self.top(vm)?;
        drop(self.unpickler.memo.with_mut(|memo| memo.insert(index, top)));
        Ok(())
    }

    fn load_short_tuple(&mut self, length: usize, vm: &Vm) -> PyResult<()> {
        if self.stack.len() - self.fence < length {
            return Err(self.underflow(vm));
        }
        let items = self.pop_from(self.stack.len() - length);
        self.stack.push(vm.new_tuple(items).into_value());
        Ok(())
    }
}

/// The end of the data between two opcodes is EOFError.
#[cold]
fn at_end(raised: Raised, vm: &Vm) -> Raised {
    let exception = vm.catch(raised);
    let is_ours = super::state::unpickling_error_class(vm).is_ok_and(|class| exception.ty(vm).to_value().is(&class));
    if is_ours { vm.raise(B::EOFError, "Ran out of input") } else { vm.reraise(exception) }
}

#[cold]
fn memo_value_not_found(index: &IBig, vm: &Vm) -> Raised {
    unpickling_error(format!("Memo value not found at index {index}"), vm)
}

#[cold]
fn invalid_key(code: u8, vm: &Vm) -> Raised {
    let shown = match code {
        b'\'' | b'\\' => format!("\\x{code:02x}"),
        0x20..=0x7E => char::from(code).to_string(),
        _ => format!("\\x{code:02x}"),
    };
    unpickling_error(format!("invalid load key, '{shown}'."), vm)
}
