//! The keys of a document's objects: equal ones are one string.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use pyrope_object::{PyResult, Value, Vm};
use pyrope_textual::Unit;

/// A quick hash for short keys, different in each interpreter.
#[derive(Clone, Copy)]
struct KeyHasher(u64);

const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

impl KeyHasher {
    fn mix(&mut self, word: u64) {
        let wide = u128::from(self.0 ^ word) * u128::from(MIX);
        self.0 = wide as u64 ^ (wide >> 64) as u64;
    }
}

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.mix(word.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
        self.mix(words.remainder().iter().fold(bytes.len() as u64, |word, &byte| word << 8 | u64::from(byte)));
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

impl BuildHasher for KeyHasher {
    type Hasher = KeyHasher;

    fn build_hasher(&self) -> KeyHasher {
        *self
    }
}

/// Keys that were met.
pub(super) struct Keys<U> {
    known: HashMap<Box<[U]>, Value, KeyHasher>,
}

impl<U: Unit> Keys<U> {
    pub(super) fn new(vm: &Vm) -> Self {
        Keys { known: HashMap::with_hasher(KeyHasher(vm.interp().hash_bytes(b"json") as u64)) }
    }

    /// The string with these code points; `make` makes the first one.
    pub(super) fn find(&mut self, units: &[U], make: impl FnOnce() -> PyResult) -> PyResult {
        if let Some(known) = self.known.get(units) {
            return Ok(known.clone());
        }
        let key = make()?;
        self.known.insert(units.into(), key.clone());
        Ok(key)
    }
}
