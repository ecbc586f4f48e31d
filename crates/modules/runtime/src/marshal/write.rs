//! Writing runtime values.

use std::collections::{HashMap, HashSet};

use pyrope_bytecode::marshal::{MAX_DEPTH, PrimitiveWriter, code};
use pyrope_object::layout::{Bytes, Dict, List, Str, Tuple};
use pyrope_object::{BuiltinType as B, PyResult, Ref, Value, Vm};
use pyrope_vm::code::CodeObject;

/// `marshal.dumps(value, version)`
pub(super) fn dump(value: &Value, version: i64, allow_code: bool, vm: &Vm) -> PyResult<Vec<u8>> {
    if let (Some(code), true) = (value.downcast::<CodeObject>(), allow_code && version >= 3)
        && let Some(raw) = code.to_bytecode(vm)?
    {
        return Ok(pyrope_bytecode::marshal::dump_code(&raw));
    }
    let mut writer =
        Writer { out: PrimitiveWriter::default(), refs: HashMap::new(), open: HashSet::new(), version, allow_code, vm };
    writer.value(value, 0)?;
    Ok(writer.out.bytes)
}

struct Writer<'a> {
    out: PrimitiveWriter,
    /// Objects written with a flag, by identity.
    refs: HashMap<u64, u32>,
    /// Those of them that are being written and cannot be referred to before they are complete.
    open: HashSet<u64>,
    version: i64,
    allow_code: bool,
    vm: &'a Vm,
}

impl Writer<'_> {
    fn size(&mut self, size: usize) -> PyResult<()> {
        match self.out.size(size) {
            Some(()) => Ok(()),
            None => Err(self.vm.value_error("unmarshallable object")),
        }
    }

    /// Writes a reference if the object was written before; else tells whether to flag it.
    fn seen(&mut self, value: &Value) -> PyResult<Option<bool>> {
        if self.version < 3 || value.refcount() <= 1 {
            return Ok(Some(false));
        }
        if self.open.contains(&value.id()) {
            return Err(self.vm.value_error("unmarshallable object"));
        }
        if let Some(&index) = self.refs.get(&value.id()) {
            self.out.reference(index);
            return Ok(None);
        }
        let index = self.refs.len() as u32;
        self.refs.insert(value.id(), index);
        Ok(Some(true))
    }

    /// Writes what cannot contain itself.
    fn closed(&mut self, value: &Value, write: impl FnOnce(&mut Self) -> PyResult<()>) -> PyResult<()> {
        self.open.insert(value.id());
        let result = write(self);
        self.open.remove(&value.id());
        result
    }

    fn value(&mut self, value: &Value, depth: usize) -> PyResult<()> {
        if depth >= MAX_DEPTH {
            return Err(self.vm.value_error("object too deeply nested to marshal"));
        }
        let vm = self.vm;
        if value.is_none() {
            self.out.tag(code::NONE, false);
        } else if let Some(truth) = value.as_bool() {
            self.out.tag(if truth { code::TRUE } else { code::FALSE }, false);
        } else if value.is(&Value::ellipsis()) {
            self.out.tag(code::ELLIPSIS, false);
        } else if value.is(&vm.builtin(B::StopIteration).to_value()) {
            self.out.tag(code::STOPITER, false);
        } else if let Some(flagged) = self.seen(value)? {
            self.object(value, flagged, depth)?;
        }
        Ok(())
    }

    fn object(&mut self, value: &Value, flagged: bool, depth: usize) -> PyResult<()> {
        let vm = self.vm;
        let ty = value.ty(vm);
        let exactly = |kind: B| ty.is(vm.builtin(kind));
        if let (true, Some(n)) = (exactly(B::Int), value.as_int()) {
            self.out.int(&n.to_big(), flagged);
        } else if let (true, Some(x)) = (exactly(B::Float), value.as_float()) {
            self.float(x, flagged);
        } else if exactly(B::Complex) {
            self.complex(value, flagged)?;
        } else if let (true, Some(text)) = (exactly(B::Str), value.downcast::<Str>()) {
            let mut utf8 = pyrope_text::Wtf8Buf::new();
            text.code_points().for_each(|c| utf8.push_code_point(c));
            let interned = self.version >= 3 && text.is_interned();
            if self.version >= 4 {
                self.out.str(utf8.as_bytes(), interned, flagged);
            } else {
                // Without the short forms for ASCII.
                self.out.tag(if interned { code::INTERNED } else { code::UNICODE }, flagged);
                self.size(utf8.as_bytes().len())?;
                self.out.bytes.extend_from_slice(utf8.as_bytes());
            }
        } else if let (true, Some(bytes)) = (exactly(B::Bytes), value.downcast::<Bytes>()) {
            self.out.byte_string(bytes.as_slice(), flagged);
        } else if let (true, Some(tuple)) = (exactly(B::Tuple), value.downcast::<Tuple>()) {
            if self.version >= 4 {
                self.out.tuple_head(tuple.len(), flagged);
            } else {
                self.out.tag(code::TUPLE, flagged);
                self.size(tuple.len())?;
            }
            self.items(tuple.as_slice(), depth)?;
        } else if let (true, Some(list)) = (exactly(B::List), value.downcast::<List>()) {
            let items = list.to_vec();
            self.out.tag(code::LIST, flagged);
            self.size(items.len())?;
            self.items(&items, depth)?;
        } else if let (true, Some(dict)) = (exactly(B::Dict), value.downcast::<Dict>()) {
            self.out.tag(code::DICT, flagged);
            for entry in dict.entries() {
                self.value(&entry.key, depth + 1)?;
                self.value(&entry.value, depth + 1)?;
            }
            self.out.tag(code::NULL, false);
        } else if exactly(B::Set) || exactly(B::FrozenSet) {
            self.set(value, if exactly(B::Set) { code::SET } else { code::FROZENSET }, flagged, depth)?;
        } else if exactly(B::Slice) {
            self.closed(value, |this| this.slice(value, flagged, depth))?;
        } else if value.downcast::<CodeObject>().is_some() {
            self.closed(value, |this| this.code(value, flagged, depth))?;
        } else if let Some(get) = ty.slots().buffer {
            let bytes = get(value, 0, vm)?.to_vec();
            self.out.byte_string(&bytes, flagged);
        } else {
            self.out.tag(b'?', flagged);
            return Err(vm.value_error("unmarshallable object"));
        }
        Ok(())
    }

    fn items(&mut self, items: &[Value], depth: usize) -> PyResult<()> {
        items.iter().try_for_each(|item| self.value(item, depth + 1))
    }

    fn float(&mut self, x: f64, flagged: bool) {
        if self.version > 1 {
            return self.out.float(x, flagged);
        }
        self.out.tag(code::FLOAT, flagged);
        self.short_text(x);
    }

    /// Versions 0 and 1 write floats as text.
    fn short_text(&mut self, x: f64) {
        let text = pyrope_textual::float::repr(x);
        self.out.bytes.push(text.len() as u8);
        self.out.bytes.extend_from_slice(text.as_bytes());
    }

    fn complex(&mut self, value: &Value, flagged: bool) -> PyResult<()> {
        let part =
            |name: &str| -> PyResult<f64> { Ok(self.vm.get_attr_str(value, name)?.as_float().unwrap_or_default()) };
        let (real, imag) = (part("real")?, part("imag")?);
        if self.version > 1 {
            self.out.complex(real, imag, flagged);
        } else {
            self.out.tag(code::COMPLEX, flagged);
            self.short_text(real);
            self.short_text(imag);
        }
        Ok(())
    }

    /// Items in the order of their own marshalled bytes, so that equal sets give equal data.
    fn set(&mut self, value: &Value, tag: u8, flagged: bool, depth: usize) -> PyResult<()> {
        let mut keyed = Vec::new();
        let items = self.vm.collect(value)?;
        let size = items.len();
        for item in items {
            keyed.push((dump(&item, self.version, self.allow_code, self.vm)?, item));
            if self.vm.len(value)? != size {
                return Err(self.vm.runtime_error("set changed size during iteration"));
            }
        }
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        self.out.tag(tag, flagged);
        self.size(keyed.len())?;
        keyed.iter().try_for_each(|(_, item)| self.value(item, depth + 1))
    }

    fn slice(&mut self, value: &Value, flagged: bool, depth: usize) -> PyResult<()> {
        if self.version < 5 {
            return Err(self.vm.value_error("unmarshallable object"));
        }
        self.out.tag(code::SLICE, flagged);
        for name in ["start", "stop", "step"] {
            let part = self.vm.get_attr_str(value, name)?;
            self.value(&part, depth + 1)?;
        }
        Ok(())
    }

    fn code(&mut self, value: &Value, flagged: bool, depth: usize) -> PyResult<()> {
        let vm = self.vm;
        if !self.allow_code {
            return Err(vm.value_error("marshalling code objects is disallowed"));
        }
        let Some(object) = value.downcast::<CodeObject>() else { return Ok(()) };
        let objects = object.load(vm)?;
        self.out.tag(code::CODE, flagged);
        let numbers = [object.argcount, object.posonlyargcount, object.kwonlyargcount, object.stacksize, object.flags];
        for number in numbers {
            self.out.long(number as i32);
        }
        let strings = |names: &[Ref<Str>]| vm.new_tuple(names.iter().map(Ref::to_value).collect()).into_value();
        let parts = [
            vm.new_bytes(object.bytecode())?.into_value(),
            objects.consts.to_value(),
            strings(&objects.names),
            strings(&objects.local_names),
            vm.new_bytes(object.localspluskinds())?.into_value(),
            object.filename().into_value(),
            object.name.to_value(),
            object.qualname.to_value(),
        ];
        self.items(&parts, depth)?;
        self.out.long(object.firstlineno);
        let tables =
            [vm.new_bytes(object.linetable())?.into_value(), vm.new_bytes(object.exceptiontable())?.into_value()];
        self.items(&tables, depth)
    }
}
