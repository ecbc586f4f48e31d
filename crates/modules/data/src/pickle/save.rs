//! Writing one object: atoms here, containers and the rest in the neighbouring files.

use pyrope_object::{
    BuiltinType as B, Bytes, Dict, IntView, List, Object, PyResult, Ref, Str, StrView, Tuple, Value, Vm,
};
use pyrope_types::containers::set::{FrozenSet, Set};
use pyrope_types::text::{ByteArray, encode_utf8};

use super::buffer::{PickleBuffer, bytes_as_they_lie, is_contiguous};
use super::opcodes as op;
use super::pickler::Pickler;
use super::state::{codecs_encode, dispatch_table, pickling_error, type_text, with_note};

impl Pickler {
    /// Writes an object. `ask` is false for persistent ids, which are not asked about again.
    pub(super) fn save(&self, object: &Value, ask: bool, vm: &Vm) -> PyResult<()> {
        self.at_boundary(vm)?;
        if ask && self.save_persistent(object, vm)? {
            return Ok(());
        }
        if let Some(n) = object.as_small_int() {
            return self.save_small_int(n, vm);
        }
        if let Some(x) = object.as_small_float() {
            self.save_float(x);
            return Ok(());
        }
        if object.is_none() {
            self.write(&[op::NONE]);
            return Ok(());
        }
        if let Some(truth) = object.as_bool() {
            self.save_bool(truth);
            return Ok(());
        }
        if let Some(index) = self.memo.with(|memo| memo.get(object)) {
            return self.write_get(index, vm);
        }
        if let Some(text) = object.downcast_exact::<Str>() {
            return self.save_str(object, text, vm);
        }
        self.save_heap_object(object, vm)
    }

    /// Asks for a persistent id; true if there was one, which is written then.
    fn save_persistent(&self, object: &Value, vm: &Vm) -> PyResult<bool> {
        let Some(persistent_id) = self.persistent_id.get() else { return Ok(false) };
        let id = vm.call(&persistent_id, std::slice::from_ref(object))?;
        if id.is_none() {
            return Ok(false);
        }
        if self.is_binary() {
            self.save(&id, false, vm)?;
            self.write(&[op::BINPERSID]);
            return Ok(true);
        }
        let text = vm.str(&id)?;
        let Some(text) = text.as_ascii() else {
            return Err(pickling_error("persistent IDs in protocol 0 must be ASCII strings", vm));
        };
        self.write(&[op::PERSID]);
        self.write(text.as_bytes());
        self.write(b"\n");
        Ok(true)
    }

    fn save_heap_object(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        if let Some(x) = object.downcast_exact::<pyrope_object::Float>() {
            self.save_float(x.value);
            return Ok(());
        }
        if object.downcast_exact::<pyrope_object::Int>().is_some() {
            return self.save_big_int(object, vm);
        }
        if let Some(bytes) = object.downcast_exact::<Bytes>() {
            return self.save_bytes(object, bytes.as_slice(), vm);
        }
        vm.check_stack(" while pickling an object")?;
        if let Some(tuple) = object.downcast_exact::<Tuple>() {
            return self.save_tuple(object, tuple, vm);
        }
        if let Some(list) = object.downcast_exact::<List>() {
            return self.save_list(object, list, vm);
        }
        if let Some(dict) = object.downcast_exact::<Dict>() {
            return self.save_dict(object, dict, vm);
        }
        let ty = object.ty(vm);
        if ty.is_exactly(Set::def()) {
            return self.save_set(object, vm);
        }
        if ty.is_exactly(FrozenSet::def()) {
            return self.save_frozenset(object, vm);
        }
        if let Some(array) = object.downcast_exact::<ByteArray>() {
            return self.save_bytearray(object, array, vm);
        }
        if let Some(buffer) = object.downcast_exact::<PickleBuffer>() {
            return self.save_buffer(object, buffer, vm);
        }
        self.save_by_reduction(object, vm)
    }

    /// Everything that is not written by its type: what `reducer_override`, a dispatch table or `__reduce_ex__` say.
    fn save_by_reduction(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let mut reduced = None;
        if let Some(reducer) = self.reducer_override.get() {
            reduced = Some(vm.call(&reducer, std::slice::from_ref(object))?).filter(|r| !r.is_not_implemented());
        }
        if reduced.is_none() {
            let ty = object.ty(vm);
            if ty.is(vm.builtin(B::Type)) {
                return self.save_type(object, vm);
            }
            if ty.is(vm.builtin(B::Function)) {
                return self.save_global(object, None, vm);
            }
        }
        let reduced = match reduced {
            Some(reduced) => reduced,
            None => match self.reduce(object, vm)? {
                Some(reduced) => reduced,
                None => return self.save_global(object, None, vm),
            },
        };
        if reduced.downcast::<Str>().is_some() {
            return self.save_global(object, Some(&reduced), vm);
        }
        let result = match reduced.cast::<Tuple>() {
            Some(parts) => self.save_reduce(&parts, Some(object), vm),
            None => {
                let kind = type_text(&reduced, vm);
                Err(pickling_error(format!("__reduce__ must return a string or tuple, not {kind}"), vm))
            }
        };
        result.map_err(|raised| with_note(raised, format!("when serializing {} object", type_text(object, vm)), vm))
    }

    /// The reduction of an object; `None` for a class with a metaclass of its own, which is a global.
    fn reduce(&self, object: &Value, vm: &Vm) -> PyResult<Option<Value>> {
        let class = object.ty(vm).to_value();
        let reducer = match self.dispatch_table.get() {
            None => dispatch_table(vm)?.get(&class, vm)?,
            Some(table) => match table.downcast_exact::<Dict>() {
                Some(dict) => dict.get(&class, vm)?,
                None => vm.suppress(vm.get_item(&table, &class), B::KeyError)?,
            },
        };
        if let Some(reducer) = reducer {
            return vm.call(&reducer, std::slice::from_ref(object)).map(Some);
        }
        if object.ty(vm).is_subtype(vm.builtin(B::Type)) {
            return Ok(None);
        }
        if let Some(reducer) = vm.find_attr(object, vm.names().__reduce_ex__.as_value())? {
            return vm.call(&reducer, &[vm.int(self.protocol.get().into())]).map(Some);
        }
        match vm.find_attr(object, vm.names().__reduce__.as_value())? {
            Some(reducer) => vm.call(&reducer, &[]).map(Some),
            None => Err(pickling_error(format!("Can't pickle {} object", type_text(object, vm)), vm)),
        }
    }

    /// Enters an object into the memo and writes so.
    pub(super) fn memoize(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        if self.fast.get() != 0 {
            return Ok(());
        }
        let (index, old) = self.memo.with_mut(|memo| {
            let index = memo.len();
            (index, memo.insert(object.clone(), index))
        });
        drop(old);
        if self.protocol.get() >= 4 {
            self.write(&[op::MEMOIZE]);
            return Ok(());
        }
        self.write_memo_index([op::PUT, op::BINPUT, op::LONG_BINPUT], index, "PUT", vm)
    }

    /// Writes that the object with this number in the memo is meant.
    pub(super) fn write_get(&self, index: usize, vm: &Vm) -> PyResult<()> {
        self.write_memo_index([op::GET, op::BINGET, op::LONG_BINGET], index, "GET", vm)
    }

    fn write_memo_index(&self, codes: [u8; 3], index: usize, kind: &str, vm: &Vm) -> PyResult<()> {
        let [text, short, long] = codes;
        if !self.is_binary() {
            self.write(&[text]);
            self.write(format!("{index}\n").as_bytes());
        } else if let Ok(index) = u8::try_from(index) {
            self.write(&[short, index]);
        } else if let Ok(index) = u32::try_from(index) {
            let [a, b, c, d] = index.to_le_bytes();
            self.write(&[long, a, b, c, d]);
        } else {
            return Err(pickling_error(format!("memo id too large for LONG_BIN{kind}"), vm));
        }
        Ok(())
    }

    fn save_bool(&self, truth: bool) {
        match (self.protocol.get() >= 2, truth) {
            (true, true) => self.write(&[op::NEWTRUE]),
            (true, false) => self.write(&[op::NEWFALSE]),
            (false, true) => self.write(b"I01\n"),
            (false, false) => self.write(b"I00\n"),
        }
    }

    fn save_float(&self, x: f64) {
        if self.is_binary() {
            let mut code = [op::BINFLOAT; 9];
            code[1..].copy_from_slice(&x.to_be_bytes());
            self.write(&code);
        } else {
            self.write(format!("F{}\n", pyrope_textual::float::repr(x)).as_bytes());
        }
    }

    fn save_small_int(&self, n: i64, vm: &Vm) -> PyResult<()> {
        let Ok(n) = i32::try_from(n) else { return self.save_big_int(&vm.int(n), vm) };
        if !self.is_binary() {
            self.write(format!("I{n}\n").as_bytes());
            return Ok(());
        }
        let [a, b, c, d] = n.to_le_bytes();
        match n {
            0..=0xFF => self.write(&[op::BININT1, a]),
            0..=0xFFFF => self.write(&[op::BININT2, a, b]),
            _ => self.write(&[op::BININT, a, b, c, d]),
        }
        Ok(())
    }

    /// An integer of more than 32 bits.
    fn save_big_int(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        let Some(n) = object.as_int() else { return Err(vm.system_error("an int without a value")) };
        if self.protocol.get() < 2 {
            let text = vm.repr(object)?;
            self.write(format!("L{}L\n", text.to_string_lossy()).as_bytes());
            return Ok(());
        }
        let bytes = match n {
            IntView::Small(n) => shortest_signed(n.to_le_bytes().to_vec()),
            IntView::Big(n) => shortest_signed(n.to_le_bytes().into_vec()),
        };
        if let Ok(length) = u8::try_from(bytes.len()) {
            self.write(&[op::LONG1, length]);
            self.write(&bytes);
            return Ok(());
        }
        let Ok(length) = i32::try_from(bytes.len()) else {
            return Err(vm.overflow_error("int too large to pickle"));
        };
        let [a, b, c, d] = length.to_le_bytes();
        self.write(&[op::LONG4, a, b, c, d]);
        self.write_payload(&[], &bytes, None, vm)
    }

    fn save_bytes(&self, object: &Value, bytes: &[u8], vm: &Vm) -> PyResult<()> {
        if self.protocol.get() >= 3 {
            return self.save_bytes_data(object, bytes, Some(object), vm);
        }
        let parts = if bytes.is_empty() {
            vec![vm.builtin(B::Bytes).to_value(), vm.new_tuple(Vec::new()).into_value()]
        } else {
            let text = vm.str_from_latin1(bytes)?.into_value();
            let arguments = vm.tuple_of([text, vm.new_str("latin1").into_value()]).into_value();
            vec![codecs_encode(vm)?, arguments]
        };
        self.save_reduce(&vm.new_tuple(parts), Some(object), vm)
    }

    pub(super) fn save_bytes_data(
        &self,
        object: &Value,
        bytes: &[u8],
        payload: Option<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        let codes = [op::SHORT_BINBYTES, op::BINBYTES, op::BINBYTES8];
        if !self.write_counted(codes, 3, bytes, payload, vm)? {
            let message = "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher";
            return Err(vm.overflow_error(message));
        }
        self.memoize(object, vm)
    }

    /// Writes data with its length in one, four or eight bytes; false if there is no opcode for it. The short form
    /// came with protocol `short_since`.
    fn write_counted(
        &self,
        codes: [u8; 3],
        short_since: i32,
        data: &[u8],
        payload: Option<&Value>,
        vm: &Vm,
    ) -> PyResult<bool> {
        let [short, medium, long] = codes;
        let protocol = self.protocol.get();
        let mut head = [0; 9];
        let length = if data.len() <= 0xFF && protocol >= short_since {
            head[..2].copy_from_slice(&[short, data.len() as u8]);
            2
        } else if let Ok(n) = u32::try_from(data.len()) {
            head[0] = medium;
            head[1..5].copy_from_slice(&n.to_le_bytes());
            5
        } else if protocol >= 4 {
            head[0] = long;
            head[1..].copy_from_slice(&(data.len() as u64).to_le_bytes());
            9
        } else {
            return Ok(false);
        };
        self.write_payload(&head[..length], data, payload, vm)?;
        Ok(true)
    }

    fn save_str(&self, object: &Value, text: &Str, vm: &Vm) -> PyResult<()> {
        if !self.is_binary() {
            self.write(&[op::UNICODE]);
            self.write(&raw_unicode_escape(text));
            self.write(b"\n");
            return self.memoize(object, vm);
        }
        let written = match text.view() {
            StrView::Ascii(ascii) => self.write_text(ascii.as_bytes(), vm)?,
            _ => match text.to_utf8() {
                Some(utf8) => self.write_text(utf8.as_bytes(), vm)?,
                None => self.write_text(&encode_utf8(&Ref::from_borrowed(text), "surrogatepass", vm)?, vm)?,
            },
        };
        if !written {
            let message = "serializing a string larger than 4 GiB requires pickle protocol 4 or higher";
            return Err(vm.overflow_error(message));
        }
        self.memoize(object, vm)
    }

    fn write_text(&self, utf8: &[u8], vm: &Vm) -> PyResult<bool> {
        self.write_counted([op::SHORT_BINUNICODE, op::BINUNICODE, op::BINUNICODE8], 4, utf8, None, vm)
    }

    fn save_bytearray(&self, object: &Value, array: &ByteArray, vm: &Vm) -> PyResult<()> {
        let bytes = array.data.get();
        if self.protocol.get() >= 5 {
            return self.save_bytearray_data(object, &bytes, Some(object), vm);
        }
        let arguments = if bytes.is_empty() { Vec::new() } else { vec![vm.new_bytes(&bytes)?.into_value()] };
        let parts = vec![vm.builtin(B::ByteArray).to_value(), vm.new_tuple(arguments).into_value()];
        self.save_reduce(&vm.new_tuple(parts), Some(object), vm)
    }

    fn save_bytearray_data(&self, object: &Value, bytes: &[u8], payload: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let mut head = [op::BYTEARRAY8; 9];
        head[1..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.write_payload(&head, bytes, payload, vm)?;
        self.memoize(object, vm)
    }

    fn save_buffer(&self, object: &Value, buffer: &PickleBuffer, vm: &Vm) -> PyResult<()> {
        if self.protocol.get() < 5 {
            return Err(pickling_error("PickleBuffer can only be pickled with protocol >= 5", vm));
        }
        let view = buffer.view(vm)?;
        if !is_contiguous(&view) {
            let message = "PickleBuffer can not be pickled when pointing to a non-contiguous buffer";
            return Err(pickling_error(message, vm));
        }
        let in_band = match self.buffer_callback.get() {
            None => true,
            Some(callback) => vm.is_true(&vm.call(&callback, std::slice::from_ref(object))?)?,
        };
        if !in_band {
            self.write(&[op::NEXT_BUFFER]);
            if view.readonly {
                self.write(&[op::READONLY_BUFFER]);
            }
            return Ok(());
        }
        let bytes = bytes_as_they_lie(&view);
        if view.readonly {
            self.save_bytes_data(object, &bytes, None, vm)
        } else {
            self.save_bytearray_data(object, &bytes, None, vm)
        }
    }
}

/// Two's complement, least significant byte first, without bytes that only repeat the sign.
fn shortest_signed(mut bytes: Vec<u8>) -> Vec<u8> {
    while let [.., before, last] = bytes[..]
        && ((last == 0 && before < 0x80) || (last == 0xFF && before >= 0x80))
    {
        bytes.pop();
    }
    bytes
}

/// `raw-unicode-escape`, with line ends, NUL, the backslash and DOS's end of file escaped too.
fn raw_unicode_escape(text: &Str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.code_points() {
        match c {
            0x1_0000.. => out.extend_from_slice(format!("\\U{c:08x}").as_bytes()),
            0 | 0x0A | 0x0D | 0x1A | 0x5C | 0x100.. => out.extend_from_slice(format!("\\u{c:04x}").as_bytes()),
            _ => out.push(c as u8),
        }
    }
    out
}
