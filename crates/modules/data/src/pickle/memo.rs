//! What a pickler has written already.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use pyrope_object::{Traverse, TraverseMut, Value};

/// Spreads the words of values, which differ in their middle bits.
#[derive(Default)]
pub(super) struct WordHasher(u64);

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ mixed >> 32;
    }
}

/// Room for so many objects is made at once: growing to it costs more than the room.
const FIRST_PLACES: usize = 100;

/// Object to number, keeping the objects alive so that no other takes their place.
#[derive(Default)]
pub(super) struct Memo {
    places: HashMap<u64, (usize, Value), BuildHasherDefault<WordHasher>>,
}

impl Memo {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn get(&self, object: &Value) -> Option<usize> {
        self.places.get(&object.id()).map(|(index, _)| *index)
    }

    /// Enters an object; gives what it replaces.
    pub(super) fn insert(&mut self, object: Value, index: usize) -> Option<Value> {
        if self.places.capacity() == 0 {
            self.places.reserve(FIRST_PLACES);
        }
        self.places.insert(object.id(), (index, object)).map(|(_, old)| old)
    }

    /// All entries: id, number, object.
    pub(super) fn entries(&self) -> Vec<(u64, usize, Value)> {
        self.places.iter().map(|(&id, (index, object))| (id, *index, object.clone())).collect()
    }

    /// The same entries.
    pub(super) fn copied(&self) -> Memo {
        Memo { places: self.places.clone() }
    }
}

impl Traverse for Memo {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        for (_, object) in self.places.values() {
            object.traverse(visit);
        }
    }
}

impl TraverseMut for Memo {
    fn drain(&mut self, out: &mut Vec<Value>) {
        out.extend(std::mem::take(&mut self.places).into_values().map(|(_, object)| object));
    }
}
