//! What the assembler must know of a scope besides its instructions.

use std::hash::{BuildHasher, Hash, Hasher};
use std::rc::Rc;

use foldhash::fast::RandomState;
use pyrope_bytecode::{Code, Constant};

use super::places::Places;
use crate::names::Name;

/// Metadata of one code object under construction.
#[derive(Clone, Debug, Default)]
pub struct CodeUnit {
    pub name: Rc<str>,
    pub qualname: Rc<str>,
    pub consts: ConstTable,
    /// `co_names` in order.
    pub names: NameTable,
    /// `co_varnames`: arguments, then other locals.
    pub varnames: NameTable,
    /// Cell variables, those that are arguments included. `*_DEREF` operands number cells, then free variables.
    pub cellvars: NameTable,
    /// Free variables; their operand is their index plus the number of cell variables.
    pub freevars: NameTable,
    /// Locals of inlined comprehensions that the function itself does not have, or has otherwise.
    pub fast_hidden: Vec<Rc<str>>,
    /// Positional arguments, positional-only ones included.
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    /// All parameters, `*args` and `**kwargs` included (the length of the scope's `ste_varnames`).
    pub param_count: u32,
    pub firstlineno: i32,
}

/// Names in order of first use, each with its index.
#[derive(Clone, Debug, Default)]
pub struct NameTable {
    names: Vec<Rc<str>>,
    places: Places,
    state: RandomState,
}

impl NameTable {
    /// The index of a name, which is appended if it is new.
    pub fn add(&mut self, name: &(impl Name + ?Sized)) -> u32 {
        let hash = self.state.hash_one(name.text());
        self.find(name.text(), hash).unwrap_or_else(|| {
            self.names.push(name.shared());
            self.places.push(hash)
        })
    }

    /// The index of a name.
    pub fn get(&self, name: &str) -> Option<u32> {
        if self.names.is_empty() { None } else { self.find(name, self.state.hash_one(name)) }
    }

    fn find(&self, name: &str, hash: u64) -> Option<u32> {
        self.places.find(hash, |place| &*self.names[place] == name)
    }

    /// The names in order.
    pub fn names(&self) -> &[Rc<str>] {
        &self.names
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// True without names.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl<N: Name> FromIterator<N> for NameTable {
    fn from_iter<I: IntoIterator<Item = N>>(names: I) -> Self {
        let mut table = NameTable::default();
        for name in names {
            table.add(&name);
        }
        table
    }
}

/// The constants of a code object without duplicates.
///
/// Two constants are one if they have the same type and value: `1`, `1.0`, `True` and `0.0`, `-0.0` are all apart.
#[derive(Clone, Debug, Default)]
pub struct ConstTable {
    consts: Vec<Constant>,
    places: Places,
    state: RandomState,
}

impl ConstTable {
    /// The index of a constant, which is appended if it is new.
    pub fn add(&mut self, constant: Constant) -> u32 {
        let hash = self.hash(&constant);
        let same = |place: usize| {
            let known = &self.consts[place];
            same_key(known, &constant) && same_code_and_no_nan(known, &constant)
        };
        match self.places.find(hash, same) {
            Some(place) => place,
            None => self.append(constant, hash),
        }
    }

    fn hash(&self, constant: &Constant) -> u64 {
        let mut hasher = self.state.build_hasher();
        hash_key(constant, &mut hasher);
        hasher.finish()
    }

    fn append(&mut self, constant: Constant, hash: u64) -> u32 {
        self.consts.push(constant);
        self.places.push(hash)
    }

    /// The constants in order.
    pub fn consts(&self) -> &[Constant] {
        &self.consts
    }

    /// The constants in order.
    pub fn into_consts(self) -> Vec<Constant> {
        self.consts
    }

    /// How many constants there are.
    pub fn len(&self) -> usize {
        self.consts.len()
    }

    /// True without constants.
    pub fn is_empty(&self) -> bool {
        self.consts.is_empty()
    }
}

impl From<Vec<Constant>> for ConstTable {
    /// Takes a list as it is, duplicates included.
    fn from(consts: Vec<Constant>) -> Self {
        let mut table = ConstTable::default();
        for constant in consts {
            let hash = table.hash(&constant);
            table.append(constant, hash);
        }
        table
    }
}

/// Equal keys mean equal type and value, except for code objects, of which only the name is in the key.
pub fn constant_key(constant: &Constant, key: &mut Vec<u8>) {
    fn sized(tag: u8, bytes: &[u8], key: &mut Vec<u8>) {
        key.push(tag);
        key.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        key.extend_from_slice(bytes);
    }
    fn items(tag: u8, items: &[Constant], key: &mut Vec<u8>) {
        key.push(tag);
        key.extend_from_slice(&(items.len() as u64).to_le_bytes());
        for item in items {
            constant_key(item, key);
        }
    }
    match constant {
        Constant::None => key.push(b'N'),
        Constant::Ellipsis => key.push(b'.'),
        Constant::Bool(value) => key.extend_from_slice(&[b'b', u8::from(*value)]),
        Constant::Int(value) => {
            let (sign, magnitude) = value.as_sign_words();
            key.extend_from_slice(&[b'i', u8::from(sign == dashu_int::Sign::Negative)]);
            key.extend_from_slice(&(magnitude.len() as u64).to_le_bytes());
            for word in magnitude {
                key.extend_from_slice(&word.to_le_bytes());
            }
        }
        Constant::Float(value) => {
            key.push(b'f');
            key.extend_from_slice(&value.to_bits().to_le_bytes());
        }
        Constant::Complex { real, imag } => {
            key.push(b'c');
            key.extend_from_slice(&real.to_bits().to_le_bytes());
            key.extend_from_slice(&imag.to_bits().to_le_bytes());
        }
        Constant::Str { value, .. } => sized(b's', value.as_bytes(), key),
        Constant::Bytes(value) => sized(b'y', value, key),
        Constant::Tuple(values) => items(b't', values, key),
        Constant::FrozenSet(values) => {
            let mut keys: Vec<Vec<u8>> = values
                .iter()
                .map(|value| {
                    let mut key = Vec::new();
                    constant_key(value, &mut key);
                    key
                })
                .collect();
            keys.sort();
            key.push(b'z');
            key.extend_from_slice(&(keys.len() as u64).to_le_bytes());
            keys.iter().for_each(|item| key.extend_from_slice(item));
        }
        Constant::Slice(values) => items(b':', &values[..], key),
        Constant::Code(code) => sized(b'C', code.qualname.as_bytes(), key),
    }
}

/// Hashes what [`constant_key`] would write.
fn hash_key(constant: &Constant, hasher: &mut impl Hasher) {
    match constant {
        Constant::None => hasher.write_u8(b'N'),
        Constant::Str { value, .. } => hasher.write(value.as_bytes()),
        Constant::Int(value) => value.hash(hasher),
        Constant::Float(value) => hasher.write_u64(value.to_bits()),
        Constant::Bytes(value) => hasher.write(value),
        Constant::Tuple(values) => values.iter().for_each(|value| hash_key(value, hasher)),
        Constant::Code(code) => hasher.write(code.qualname.as_bytes()),
        _ => {
            let mut key = Vec::new();
            constant_key(constant, &mut key);
            hasher.write(&key);
        }
    }
}

/// Have the constants equal keys (see [`constant_key`])?
fn same_key(a: &Constant, b: &Constant) -> bool {
    let all = |a: &[Constant], b: &[Constant]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_key(a, b));
    match (a, b) {
        (Constant::Str { value: a, .. }, Constant::Str { value: b, .. }) => a == b,
        (Constant::Tuple(a), Constant::Tuple(b)) => all(a, b),
        (Constant::Slice(a), Constant::Slice(b)) => all(&a[..], &b[..]),
        (Constant::Code(a), Constant::Code(b)) => a.qualname == b.qualname,
        (Constant::None, Constant::None) | (Constant::Ellipsis, Constant::Ellipsis) => true,
        (Constant::Bool(a), Constant::Bool(b)) => a == b,
        (Constant::Int(a), Constant::Int(b)) => a == b,
        (Constant::Bytes(a), Constant::Bytes(b)) => a == b,
        (Constant::Float(_), Constant::Float(_))
        | (Constant::Complex { .. }, Constant::Complex { .. })
        | (Constant::FrozenSet(_), Constant::FrozenSet(_)) => {
            let (mut left, mut right) = (Vec::new(), Vec::new());
            constant_key(a, &mut left);
            constant_key(b, &mut right);
            left == right
        }
        _ => false,
    }
}

/// Given equal keys: are the code objects in them equal too, and is no part unequal to itself?
fn same_code_and_no_nan(a: &Constant, b: &Constant) -> bool {
    match (a, b) {
        (Constant::Code(a), Constant::Code(b)) => Rc::ptr_eq(a, b) || same_code(a, b),
        (Constant::Float(value), _) => !value.is_nan(),
        (Constant::Complex { real, imag }, _) => !real.is_nan() && !imag.is_nan(),
        (Constant::Tuple(a), Constant::Tuple(b)) => a.iter().zip(b.iter()).all(|(a, b)| same_code_and_no_nan(a, b)),
        _ => true,
    }
}

/// Equality of code objects as Python defines it: the file and the qualified name do not count.
fn same_code(a: &Code, b: &Code) -> bool {
    let mut other = b.clone();
    other.filename = a.filename.clone();
    other.qualname = a.qualname.clone();
    *a == other
}
