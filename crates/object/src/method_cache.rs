//! Attribute look-ups on types, remembered by (type version, name).

use std::cell::Cell;

use crate::layout::Str;
use crate::value::Value;

const ENTRIES: usize = 4096;

#[derive(Clone, Copy, Default)]
struct Entry {
    version: u32,
    /// The address of a name, counted: no other text gets it meanwhile. 0 for none.
    name: usize,
    /// The word of the value found, not counted: alive as long as the version holds. 0 for "not there".
    found: u64,
}

/// A direct-mapped cache.
pub(crate) struct MethodCache {
    entries: Box<[Cell<Entry>]>,
}

impl Default for MethodCache {
    fn default() -> Self {
        MethodCache { entries: (0..ENTRIES).map(|_| Cell::default()).collect() }
    }
}

impl MethodCache {
    #[inline]
    fn cell(&self, version: u32, name: &Str) -> (&Cell<Entry>, usize) {
        let address = std::ptr::from_ref(name) as usize;
        (&self.entries[(version as usize ^ (address >> 4)) % ENTRIES], address)
    }

    /// `None`: not remembered; `Some(None)`: known to be absent.
    #[inline]
    pub(crate) fn get(&self, version: u32, name: &Str) -> Option<Option<Value>> {
        let (cell, address) = self.cell(version, name);
        let entry = cell.get();
        if entry.version != version || entry.name != address {
            return None;
        }
        if entry.found == 0 {
            return Some(None);
        }
        // SAFETY: the version holds, so the class dict still owns this value; it is counted before it is given out.
        let borrowed = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(entry.found) });
        Some(Some((*borrowed).clone()))
    }

    #[inline]
    pub(crate) fn put(&self, version: u32, name: &Str, found: Option<&Value>) {
        let (cell, address) = self.cell(version, name);
        let kept = crate::reference::value_of(name).into_bits();
        let old = cell.replace(Entry { version, name: address, found: found.map_or(0, Value::bits) });
        debug_assert_eq!(kept, address as u64);
        if old.name != 0 {
            // SAFETY: counted when it was put; the word of an object is its address.
            drop(unsafe { Value::from_bits(old.name as u64) });
        }
    }
}
