//! Writing.
//!
//! CPython flags what has more than one reference and refers to it when it meets it again. Which objects of a freshly
//! compiled module are shared follows from how its compiler merges constants; [`dump_code`] applies the same rules to
//! values: equal constants are one object, small ints, short and empty strings, bytes and tuples exist once anyway,
//! interned strings are always flagged.

use std::rc::Rc;

use dashu_int::{IBig, Sign};
use foldhash::HashMap;

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

/// What makes two values one object; parts stand there by their numbers.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    None,
    Ellipsis,
    Bool(bool),
    Int(&'a IBig),
    Float(u64),
    Complex(u64, u64),
    /// The text, and whether it is interned.
    Str(&'a [u8], bool),
    Bytes(&'a [u8]),
    Tuple(Box<[u32]>),
    /// In ascending order.
    FrozenSet(Box<[u32]>),
    Slice([u32; 3]),
    Code(*const Code),
}

/// What is known of a value.
#[derive(Clone, Copy, Default)]
struct Known {
    uses: u32,
    /// The number by which it is referred to, once it is written.
    reference: Option<u32>,
}

#[derive(Default)]
struct Writer<'a> {
    out: PrimitiveWriter,
    /// The numbers of values; equal ones have the same.
    numbers: HashMap<Key<'a>, u32>,
    /// The numbers of tuples, names and bytes that were met, by address.
    places: HashMap<*const u8, u32>,
    /// By number.
    known: Vec<Known>,
    next_ref: u32,
}

/// A value to be written or counted.
#[derive(Clone, Copy)]
enum Item<'a> {
    Constant(&'a Constant),
    Name(&'a [u8]),
    Names(&'a [Rc<str>]),
    Consts(&'a [Constant]),
    Bytes(&'a [u8]),
}

impl Item<'_> {
    /// Where the contents lie. What is at one address is the same value always.
    fn address(&self) -> Option<*const u8> {
        match self {
            Item::Names(names) if !names.is_empty() => Some(names.as_ptr().cast()),
            Item::Consts(items) if !items.is_empty() => Some(items.as_ptr().cast()),
            Item::Constant(Constant::Tuple(items)) if !items.is_empty() => Some(items.as_ptr().cast()),
            Item::Name(bytes) | Item::Bytes(bytes) if !bytes.is_empty() => Some(bytes.as_ptr()),
            _ => None,
        }
    }

    /// Is it an object that exists once?
    fn is_unique(&self) -> bool {
        match self {
            Item::Name(_) => true,
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
        }
    }

    fn has_nan(&self) -> bool {
        matches!(self, Item::Constant(constant) if constant.has_nan())
    }
}

fn has_object(constant: &Constant) -> bool {
    !matches!(constant, Constant::None | Constant::Bool(_) | Constant::Ellipsis)
}

impl<'a> Writer<'a> {
    fn number(&mut self, item: Item<'a>) -> u32 {
        let address = item.address();
        if let Some(known) = address.and_then(|address| self.places.get(&address)) {
            return *known;
        }
        let key = self.key(item);
        let next = self.known.len() as u32;
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.known.push(Known::default());
        }
        if let Some(address) = address {
            self.places.insert(address, number);
        }
        number
    }

    fn numbers_of(&mut self, items: &'a [Constant]) -> Box<[u32]> {
        items.iter().map(|item| self.number(Item::Constant(item))).collect()
    }

    fn key(&mut self, item: Item<'a>) -> Key<'a> {
        match item {
            Item::Name(name) => Key::Str(name, true),
            Item::Bytes(value) => Key::Bytes(value),
            Item::Consts(items) => Key::Tuple(self.numbers_of(items)),
            Item::Names(names) => {
                Key::Tuple(names.iter().map(|name| self.number(Item::Name(name.as_bytes()))).collect())
            }
            Item::Constant(constant) => match constant {
                Constant::None => Key::None,
                Constant::Bool(value) => Key::Bool(*value),
                Constant::Ellipsis => Key::Ellipsis,
                Constant::Int(value) => Key::Int(value),
                Constant::Float(value) => Key::Float(value.to_bits()),
                Constant::Complex { real, imag } => Key::Complex(real.to_bits(), imag.to_bits()),
                Constant::Str { value, interned } => Key::Str(value.as_bytes(), *interned),
                Constant::Bytes(value) => Key::Bytes(value),
                Constant::Tuple(items) => Key::Tuple(self.numbers_of(items)),
                Constant::FrozenSet(items) => {
                    let mut numbers = self.numbers_of(items);
                    numbers.sort_unstable();
                    Key::FrozenSet(numbers)
                }
                Constant::Slice(parts) => Key::Slice(std::array::from_fn(|at| self.number(Item::Constant(&parts[at])))),
                Constant::Code(code) => Key::Code(Rc::as_ptr(code)),
            },
        }
    }

    /// Notes a use; true if it is the first. The uses of what exists once do not matter.
    fn used(&mut self, item: Item<'a>) -> bool {
        if item.is_unique() {
            return false;
        }
        let number = self.number(item);
        let uses = &mut self.known[number as usize].uses;
        *uses += 1;
        *uses == 1
    }

    /// Counts a value and, the first time, what is in it.
    fn count(&mut self, constant: &'a Constant) {
        if !has_object(constant) || !self.used(Item::Constant(constant)) {
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

    fn count_code(&mut self, code: &'a Code) {
        if self.used(Item::Consts(&code.consts)) {
            code.consts.iter().for_each(|item| self.count(item));
        }
        self.used(Item::Names(&code.names));
        self.used(Item::Bytes(&code.linetable));
        self.used(Item::Bytes(&code.exceptiontable));
        if !has_renamed_parameter(code) {
            self.used(Item::Names(&code.localsplusnames));
        }
    }

    /// Writes a reference if the object was written before. Otherwise: is it to be flagged?
    fn reference(&mut self, item: Item<'a>) -> Option<bool> {
        let unique = item.is_unique();
        let number = self.number(item);
        let known = &mut self.known[number as usize];
        if !unique && known.uses <= 1 || item.has_nan() {
            return Some(false);
        }
        if let Some(index) = known.reference {
            self.out.reference(index);
            return None;
        }
        known.reference = Some(self.next_ref);
        self.next_ref += 1;
        Some(true)
    }

    fn item(&mut self, item: Item<'a>) {
        if let Item::Constant(constant) = item {
            return self.constant(constant);
        }
        let Some(flagged) = self.reference(item) else { return };
        match item {
            Item::Constant(_) => {}
            Item::Name(name) => self.out.str(name, true, flagged),
            Item::Bytes(value) => self.out.byte_string(value, flagged),
            Item::Names(names) => self.names(names, flagged),
            Item::Consts(items) => {
                self.out.tuple_head(items.len(), flagged);
                items.iter().for_each(|item| self.constant(item));
            }
        }
    }

    fn names(&mut self, names: &'a [Rc<str>], flagged: bool) {
        self.out.tuple_head(names.len(), flagged);
        names.iter().for_each(|name| self.item(Item::Name(name.as_bytes())));
    }

    fn constant(&mut self, constant: &'a Constant) {
        match constant {
            Constant::None => return self.out.tag(code::NONE, false),
            Constant::Bool(value) => return self.out.tag(if *value { code::TRUE } else { code::FALSE }, false),
            Constant::Ellipsis => return self.out.tag(code::ELLIPSIS, false),
            _ => {}
        }
        let Some(flagged) = self.reference(Item::Constant(constant)) else { return };
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
    fn slice_part(&mut self, part: &'a Constant) {
        let number = self.number(Item::Constant(part)) as usize;
        let uses = std::mem::take(&mut self.known[number].uses);
        self.constant(part);
        self.known[number].uses = uses;
    }

    fn code_body(&mut self, code: &'a Code) {
        let counts = [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags];
        counts.iter().for_each(|count| self.out.long(*count as i32));
        // The bytes of the instructions are made on demand and kept, so they always have two references.
        self.out.byte_string(&code.code, true);
        self.next_ref += 1;
        self.item(Item::Consts(&code.consts));
        self.item(Item::Names(&code.names));
        match has_renamed_parameter(code) {
            true => self.names(&code.localsplusnames, false),
            false => self.item(Item::Names(&code.localsplusnames)),
        }
        // Not merged with other bytes, but the empty one exists once.
        match code.localspluskinds.is_empty() {
            true => self.item(Item::Bytes(&code.localspluskinds)),
            false => self.out.byte_string(&code.localspluskinds, false),
        }
        self.item(Item::Name(code.filename.as_bytes()));
        self.item(Item::Name(code.name.as_bytes()));
        self.item(Item::Name(code.qualname.as_bytes()));
        self.out.long(code.firstlineno);
        self.item(Item::Bytes(&code.linetable));
        self.item(Item::Bytes(&code.exceptiontable));
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
