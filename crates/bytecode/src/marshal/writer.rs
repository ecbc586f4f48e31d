//! Writing.
//!
//! CPython flags what has more than one reference and refers to it when it meets it again. Which objects of a freshly
//! compiled module are shared follows from how its compiler merges constants; [`dump_code`] applies the same rules to
//! values: equal constants are one object, small ints, short and empty strings, bytes and tuples exist once anyway,
//! interned strings are always flagged.

use std::collections::HashMap;
use std::rc::Rc;

use dashu_int::{IBig, Sign};

use super::{FLAG_REF, code};
use crate::{Code, Constant};

/// Writes a code object as CPython writes a freshly compiled one.
pub fn dump_code(code: &Code) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.count_code(code);
    writer.out.tag(code::CODE, true);
    writer.next_ref = 1;
    writer.code_body(code);
    writer.out.bytes
}

/// Writes a constant.
pub fn dump_constant(constant: &Constant) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.count(constant);
    writer.constant(constant);
    writer.out.bytes
}

/// The forms of single values, without references.
#[derive(Clone, Debug, Default)]
pub struct PrimitiveWriter {
    pub bytes: Vec<u8>,
}

impl PrimitiveWriter {
    /// A type code, with or without [`FLAG_REF`].
    pub fn tag(&mut self, type_code: u8, flagged: bool) {
        self.bytes.push(if flagged { type_code | FLAG_REF } else { type_code });
    }

    /// A number in four bytes.
    pub fn long(&mut self, value: i32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// A length in four bytes; `None` if it is too large.
    pub fn size(&mut self, size: usize) -> Option<()> {
        self.long(i32::try_from(size).ok()?);
        Some(())
    }

    /// A reference to the flagged object of that number.
    pub fn reference(&mut self, index: u32) {
        self.tag(code::REF, false);
        self.bytes.extend_from_slice(&index.to_le_bytes());
    }

    /// An `int`.
    pub fn int(&mut self, value: &IBig, flagged: bool) {
        if let Ok(value) = i32::try_from(value) {
            self.tag(code::INT, flagged);
            return self.long(value);
        }
        let (sign, words) = value.as_sign_words();
        let mut digits: Vec<u16> = Vec::new();
        let (mut pending, mut bits) = (0u128, 0);
        for &word in words {
            pending |= u128::from(word) << bits;
            bits += 64;
            while bits >= 15 {
                digits.push((pending & 0x7FFF) as u16);
                pending >>= 15;
                bits -= 15;
            }
        }
        digits.push(pending as u16);
        while digits.last() == Some(&0) {
            digits.pop();
        }
        self.tag(code::LONG, flagged);
        let count = digits.len() as i32;
        self.long(if sign == Sign::Negative { -count } else { count });
        digits.iter().for_each(|digit| self.bytes.extend_from_slice(&digit.to_le_bytes()));
    }

    /// A `float`.
    pub fn float(&mut self, value: f64, flagged: bool) {
        self.tag(code::BINARY_FLOAT, flagged);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// A `complex`.
    pub fn complex(&mut self, real: f64, imag: f64, flagged: bool) {
        self.tag(code::BINARY_COMPLEX, flagged);
        self.bytes.extend_from_slice(&real.to_le_bytes());
        self.bytes.extend_from_slice(&imag.to_le_bytes());
    }

    /// A `str` in generalised UTF-8.
    pub fn str(&mut self, utf8: &[u8], interned: bool, flagged: bool) {
        if !utf8.is_ascii() {
            self.tag(if interned { code::INTERNED } else { code::UNICODE }, flagged);
            self.long(utf8.len() as i32);
        } else if let Ok(length) = u8::try_from(utf8.len()) {
            self.tag(if interned { code::SHORT_ASCII_INTERNED } else { code::SHORT_ASCII }, flagged);
            self.bytes.push(length);
        } else {
            self.tag(if interned { code::ASCII_INTERNED } else { code::ASCII }, flagged);
            self.long(utf8.len() as i32);
        }
        self.bytes.extend_from_slice(utf8);
    }

    /// A `bytes`.
    pub fn byte_string(&mut self, value: &[u8], flagged: bool) {
        self.tag(code::STRING, flagged);
        self.long(value.len() as i32);
        self.bytes.extend_from_slice(value);
    }

    /// The head of a tuple.
    pub fn tuple_head(&mut self, length: usize, flagged: bool) {
        match u8::try_from(length) {
            Ok(length) => {
                self.tag(code::SMALL_TUPLE, flagged);
                self.bytes.push(length);
            }
            Err(_) => {
                self.tag(code::TUPLE, flagged);
                self.long(length as i32);
            }
        }
    }
}

/// What makes two values one object.
type Key = Vec<u8>;

#[derive(Default)]
struct Writer {
    out: PrimitiveWriter,
    uses: HashMap<Key, u32>,
    refs: HashMap<Key, u32>,
    next_ref: u32,
}

/// A value to be written or counted.
enum Item<'a> {
    Constant(&'a Constant),
    Name(&'a str),
    Names(&'a [Rc<str>]),
    Consts(&'a [Constant]),
    Bytes(&'a [u8]),
}

fn key_of(item: &Item<'_>) -> Key {
    let mut writer = PrimitiveWriter::default();
    write_key(item, &mut writer);
    writer.bytes
}

fn write_key(item: &Item<'_>, out: &mut PrimitiveWriter) {
    let constants = |items: &[Constant], out: &mut PrimitiveWriter| {
        out.tag(code::TUPLE, false);
        out.long(items.len() as i32);
        items.iter().for_each(|item| write_key(&Item::Constant(item), out));
    };
    match item {
        Item::Name(name) => out.str(name.as_bytes(), true, false),
        Item::Bytes(value) => out.byte_string(value, false),
        Item::Consts(items) => constants(items, out),
        Item::Names(names) => {
            out.tag(code::TUPLE, false);
            out.long(names.len() as i32);
            names.iter().for_each(|name| write_key(&Item::Name(name), out));
        }
        Item::Constant(constant) => match constant {
            Constant::None => out.tag(code::NONE, false),
            Constant::Bool(value) => out.tag(if *value { code::TRUE } else { code::FALSE }, false),
            Constant::Ellipsis => out.tag(code::ELLIPSIS, false),
            Constant::Int(value) => out.int(value, false),
            Constant::Float(value) => out.float(*value, false),
            Constant::Complex { real, imag } => out.complex(*real, *imag, false),
            Constant::Str { value, interned } => out.str(value.as_bytes(), *interned, false),
            Constant::Bytes(value) => out.byte_string(value, false),
            Constant::Tuple(items) => constants(items, out),
            Constant::FrozenSet(items) => {
                out.tag(code::FROZENSET, false);
                let mut keys: Vec<Key> = items.iter().map(|item| key_of(&Item::Constant(item))).collect();
                keys.sort();
                keys.iter().for_each(|key| out.bytes.extend_from_slice(key));
            }
            Constant::Slice(parts) => {
                out.tag(code::SLICE, false);
                parts.iter().for_each(|part| write_key(&Item::Constant(part), out));
            }
            Constant::Code(code) => {
                out.tag(code::CODE, false);
                out.bytes.extend_from_slice(&(Rc::as_ptr(code) as usize).to_le_bytes());
            }
        },
    }
}

fn has_object(constant: &Constant) -> bool {
    !matches!(constant, Constant::None | Constant::Bool(_) | Constant::Ellipsis)
}

impl Writer {
    /// Notes a use; true if it is the first.
    fn used(&mut self, item: &Item<'_>) -> bool {
        let uses = self.uses.entry(key_of(item)).or_insert(0);
        *uses += 1;
        *uses == 1
    }

    fn count_item(&mut self, item: &Item<'_>) {
        match item {
            Item::Constant(constant) => self.count(constant),
            _ if !self.used(item) => {}
            Item::Names(names) => names.iter().for_each(|name| self.count_item(&Item::Name(name))),
            Item::Consts(items) => items.iter().for_each(|item| self.count(item)),
            Item::Name(_) | Item::Bytes(_) => {}
        }
    }

    /// Counts a value and, the first time, what is in it.
    fn count(&mut self, constant: &Constant) {
        if !has_object(constant) || !self.used(&Item::Constant(constant)) {
            return;
        }
        match constant {
            Constant::Tuple(items) => items.iter().for_each(|item| self.count(item)),
            // While a set is written, the list that sorts its items refers to them too.
            Constant::FrozenSet(items) => (0..2).for_each(|_| items.iter().for_each(|item| self.count(item))),
            Constant::Code(code) => self.count_code(code),
            _ => {}
        }
    }

    fn count_code(&mut self, code: &Code) {
        let items = [
            Item::Consts(&code.consts),
            Item::Names(&code.names),
            Item::Bytes(&code.linetable),
            Item::Bytes(&code.exceptiontable),
        ];
        items.iter().for_each(|item| self.count_item(item));
        if !has_renamed_parameter(code) {
            self.count_item(&Item::Names(&code.localsplusnames));
        }
    }

    /// Is the object one that exists once, or is it met more than once?
    fn is_shared(&self, item: &Item<'_>, key: &Key) -> bool {
        if matches!(item, Item::Constant(constant) if constant.has_nan()) {
            return false;
        }
        let unique = match item {
            Item::Name(_) => return true,
            Item::Consts(items) => items.is_empty(),
            Item::Names(names) => names.is_empty(),
            Item::Bytes(value) => value.len() <= 1,
            Item::Constant(constant) => match constant {
                Constant::Int(value) => i16::try_from(value).is_ok_and(|value| (-5..=256).contains(&value)),
                Constant::Str { interned, .. } => *interned,
                Constant::Bytes(value) => value.len() <= 1,
                Constant::Tuple(items) => items.is_empty(),
                _ => false,
            },
        };
        unique || self.uses.get(key).is_some_and(|uses| *uses > 1)
    }

    /// Writes a reference if the object was written before. Otherwise: is it to be flagged?
    fn reference(&mut self, item: &Item<'_>) -> Option<bool> {
        let key = key_of(item);
        if !self.is_shared(item, &key) {
            return Some(false);
        }
        if let Some(index) = self.refs.get(&key) {
            self.out.reference(*index);
            return None;
        }
        self.refs.insert(key, self.next_ref);
        self.next_ref += 1;
        Some(true)
    }

    fn item(&mut self, item: &Item<'_>) {
        if let Item::Constant(constant) = item {
            return self.constant(constant);
        }
        let Some(flagged) = self.reference(item) else { return };
        match item {
            Item::Constant(_) => {}
            Item::Name(name) => self.out.str(name.as_bytes(), true, flagged),
            Item::Bytes(value) => self.out.byte_string(value, flagged),
            Item::Names(names) => {
                self.out.tuple_head(names.len(), flagged);
                names.iter().for_each(|name| self.item(&Item::Name(name)));
            }
            Item::Consts(items) => {
                self.out.tuple_head(items.len(), flagged);
                items.iter().for_each(|item| self.constant(item));
            }
        }
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::None => return self.out.tag(code::NONE, false),
            Constant::Bool(value) => return self.out.tag(if *value { code::TRUE } else { code::FALSE }, false),
            Constant::Ellipsis => return self.out.tag(code::ELLIPSIS, false),
            _ => {}
        }
        let Some(flagged) = self.reference(&Item::Constant(constant)) else { return };
        match constant {
            Constant::None | Constant::Bool(_) | Constant::Ellipsis => {}
            Constant::Int(value) => self.out.int(value, flagged),
            Constant::Float(value) => self.out.float(*value, flagged),
            Constant::Complex { real, imag } => self.out.complex(*real, *imag, flagged),
            Constant::Str { value, interned } => self.out.str(value.as_bytes(), *interned, flagged),
            Constant::Bytes(value) => self.out.byte_string(value, flagged),
            Constant::Tuple(items) => {
                self.out.tuple_head(items.len(), flagged);
                items.iter().for_each(|item| self.constant(item));
            }
            Constant::FrozenSet(items) => {
                self.out.tag(code::FROZENSET, flagged);
                self.out.long(items.len() as i32);
                // In an order that does not depend on hashes: that of the items' own serialised forms.
                let mut sorted: Vec<(Vec<u8>, &Constant)> =
                    items.iter().map(|item| (dump_flagged(item), item)).collect();
                sorted.sort_by(|a, b| a.0.cmp(&b.0));
                sorted.iter().for_each(|(_, item)| self.constant(item));
            }
            Constant::Slice(parts) => {
                self.out.tag(code::SLICE, flagged);
                parts.iter().for_each(|part| self.slice_part(part));
            }
            Constant::Code(code) => {
                self.out.tag(code::CODE, flagged);
                self.code_body(code);
            }
        }
    }

    /// The parts of slices are not merged with other constants.
    fn slice_part(&mut self, part: &Constant) {
        let key = key_of(&Item::Constant(part));
        let uses = self.uses.remove(&key);
        self.constant(part);
        if let Some(uses) = uses {
            self.uses.insert(key, uses);
        }
    }

    fn code_body(&mut self, code: &Code) {
        let counts = [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags];
        counts.iter().for_each(|count| self.out.long(*count as i32));
        // The bytes of the instructions are made on demand and kept, so they always have two references.
        self.out.byte_string(&code.code, true);
        self.next_ref += 1;
        self.item(&Item::Consts(&code.consts));
        self.item(&Item::Names(&code.names));
        match has_renamed_parameter(code) {
            true => self.fresh_names(&code.localsplusnames),
            false => self.item(&Item::Names(&code.localsplusnames)),
        }
        // Not merged with other bytes, but the empty one exists once.
        match code.localspluskinds.is_empty() {
            true => self.item(&Item::Bytes(&code.localspluskinds)),
            false => self.out.byte_string(&code.localspluskinds, false),
        }
        self.filename(code);
        self.item(&Item::Name(&code.name));
        self.item(&Item::Name(&code.qualname));
        self.out.long(code.firstlineno);
        self.item(&Item::Bytes(&code.linetable));
        self.item(&Item::Bytes(&code.exceptiontable));
    }

    fn fresh_names(&mut self, names: &[Rc<str>]) {
        self.out.tuple_head(names.len(), false);
        names.iter().for_each(|name| self.item(&Item::Name(name)));
    }

    fn filename(&mut self, code: &Code) {
        let constant = Constant::Str { value: code.filename.clone(), interned: true };
        self.constant(&constant);
    }
}

/// The compiler renames the parameter of an annotations function, for which it makes another tuple of names.
fn has_renamed_parameter(code: &Code) -> bool {
    &*code.name == "__annotate__" && code.localsplusnames.first().is_some_and(|name| &**name == "format")
}

/// A set's item written on its own; the set and the writer refer to it, so it is flagged.
fn dump_flagged(constant: &Constant) -> Vec<u8> {
    let mut dumped = dump_constant(constant);
    if let (true, Some(first)) = (has_object(constant), dumped.first_mut()) {
        *first |= FLAG_REF;
    }
    dumped
}
