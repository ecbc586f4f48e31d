//! Opcodes that make numbers, text and bytes.

use dashu_int::IBig;
use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};
use pyrope_textual::codecs::{decode_bytes_escape, decode_raw_unicode_escape};
use pyrope_types::numbers::parse_int;
use pyrope_types::text::codec::PyDecodeErrors;
use pyrope_types::text::{TextBuilder, decode_bytes, decode_utf8, raise_text_error};

use super::load::Loader;
use super::state::unpickling_error;

impl Loader<'_, '_> {
    pub(super) fn load_text(&mut self, length: usize, vm: &Vm) -> PyResult<()> {
        let text = decode_utf8(self.input.read(length, vm)?, "surrogatepass", vm)?;
        self.stack.push(text.into_value());
        Ok(())
    }

    pub(super) fn load_bytes(&mut self, length: usize, vm: &Vm) -> PyResult<()> {
        let bytes = if length < 1 << 16 {
            vm.new_bytes(self.input.read(length, vm)?)?
        } else {
            vm.new_bytes(&self.input.read_vec(length, vm)?)?
        };
        self.stack.push(bytes.into_value());
        Ok(())
    }

    /// Text or bytes of Python 2, as `encoding` says.
    fn push_string(&mut self, bytes: &[u8], vm: &Vm) -> PyResult<()> {
        let encoding = self.unpickler.encoding.get();
        let value = if encoding == "bytes" {
            vm.new_bytes(bytes)?.into_value()
        } else {
            decode_bytes(bytes, &encoding, &self.unpickler.errors.get(), vm)?
        };
        self.stack.push(value);
        Ok(())
    }

    pub(super) fn load_counted_string(&mut self, length: usize, vm: &Vm) -> PyResult<()> {
        let bytes = self.input.read(length, vm)?.to_vec();
        self.push_string(&bytes, vm)
    }

    pub(super) fn load_string(&mut self, vm: &Vm) -> PyResult<()> {
        let line = self.input.line(vm)?;
        let body = match line[..line.len() - 1] {
            [b'\'', ref body @ .., b'\''] | [b'"', ref body @ .., b'"'] => body.to_vec(),
            _ => return Err(unpickling_error("the STRING opcode argument must be quoted", vm)),
        };
        let (bytes, _) = decode_bytes_escape(&body, "strict").map_err(|error| raise_text_error(&error, vm))?;
        self.push_string(&bytes, vm)
    }

    pub(super) fn load_unicode(&mut self, vm: &Vm) -> PyResult<()> {
        let line = self.input.line(vm)?;
        let body = line[..line.len() - 1].to_vec();
        let mut out = TextBuilder::new();
        let mut errors = PyDecodeErrors::new(&body, "strict", vm);
        decode_raw_unicode_escape(&body, true, &mut out, &mut errors)?;
        self.stack.push(out.finish(vm)?.into_value());
        Ok(())
    }

    pub(super) fn load_int(&mut self, vm: &Vm) -> PyResult<()> {
        let line = self.input.line(vm)?.to_vec();
        let value = match line.as_slice() {
            b"00\n" => Value::bool(false),
            b"01\n" => Value::bool(true),
            b"\n" => return Err(unpickling_error("pickle data was truncated", vm)),
            _ => match parse_int(&line, 10, vm)? {
                Some(n) => vm.int_from_big(n),
                None => return Err(vm.value_error("could not convert string to int")),
            },
        };
        self.stack.push(value);
        Ok(())
    }

    /// A decimal number on a line of its own, read as `int(line)` does.
    pub(super) fn decimal_line(&mut self, vm: &Vm) -> PyResult<IBig> {
        let line = self.input.line(vm)?.to_vec();
        if line.len() < 2 {
            return Err(unpickling_error("pickle data was truncated", vm));
        }
        decimal(&line, vm)
    }

    pub(super) fn load_long(&mut self, vm: &Vm) -> PyResult<()> {
        let mut line = self.input.line(vm)?.to_vec();
        if line.len() < 2 {
            return Err(unpickling_error("pickle data was truncated", vm));
        }
        if line[line.len() - 2] == b'L' {
            line.truncate(line.len() - 2);
        }
        let n = decimal(&line, vm)?;
        self.stack.push(vm.int_from_big(n));
        Ok(())
    }

    pub(super) fn load_long_bytes(&mut self, length: usize, vm: &Vm) -> PyResult<()> {
        let bytes = self.input.read(length, vm)?;
        let value = if let Ok(sized) = <[u8; 8]>::try_from(bytes) {
            vm.int(i64::from_le_bytes(sized))
        } else {
            vm.int_from_big(IBig::from_le_bytes(bytes))
        };
        self.stack.push(value);
        Ok(())
    }

    pub(super) fn load_float(&mut self, vm: &Vm) -> PyResult<()> {
        let line = self.input.line(vm)?;
        if line.len() < 2 {
            return Err(unpickling_error("pickle data was truncated", vm));
        }
        let body = &line[..line.len() - 1];
        let spaced = body.iter().any(|byte| byte.is_ascii_whitespace() || *byte == b'_');
        let parsed = std::str::from_utf8(body).ok().filter(|_| !spaced).and_then(pyrope_textual::float::parse);
        match parsed {
            Some(x) => {
                self.stack.push(vm.float(x));
                Ok(())
            }
            None => Err(vm.value_error("could not convert string to float")),
        }
    }

    pub(super) fn load_next_buffer(&mut self, vm: &Vm) -> PyResult<()> {
        let Some(buffers) = self.unpickler.buffers.get() else {
            let message = "pickle stream refers to out-of-band data but no *buffers* argument was given";
            return Err(unpickling_error(message, vm));
        };
        match vm.next(&buffers)? {
            Some(buffer) => {
                self.stack.push(buffer);
                Ok(())
            }
            None => Err(unpickling_error("not enough out-of-band buffers", vm)),
        }
    }

    pub(super) fn load_readonly_buffer(&mut self, vm: &Vm) -> PyResult<()> {
        let buffer = self.top(vm)?;
        let view = vm.call(&vm.builtin(B::MemoryView).to_value(), &[buffer])?;
        if !vm.is_true(&vm.get_attr_str(&view, "readonly")?)? {
            let readonly = vm.call_method(&view, "toreadonly", &[])?;
            self.pop(vm)?;
            self.stack.push(readonly);
        }
        Ok(())
    }
}

fn decimal(line: &[u8], vm: &Vm) -> PyResult<IBig> {
    match parse_int(line, 10, vm)? {
        Some(n) => Ok(n),
        None => {
            let shown = vm.repr_text(vm.str_from_latin1(line)?.as_value())?;
            Err(vm.value_error(format!("invalid literal for int() with base 10: {shown}")))
        }
    }
}
