//! `list`: a growing run of values.

use crate::guarded::Guarded;
use crate::header::Header;

/// The layout of `list`.
#[repr(C)]
pub struct List {
    pub header: Header,
    pub items: Guarded<Vec<crate::value::Value>>,
}

impl List {
    /// Number of items now.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.items.with(Vec::len)
    }

    /// True if empty now.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`, counted.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<crate::value::Value> {
        self.items.with(|items| items.get(index).cloned())
    }

    /// Appends.
    #[inline]
    pub fn push(&self, item: crate::value::Value) {
        self.items.with_mut(|items| items.push(item));
    }

    /// A copy of the items.
    pub fn to_vec(&self) -> Vec<crate::value::Value> {
        self.items.get()
    }
}
