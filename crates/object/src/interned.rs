//! The interned strings of an interpreter, found by their text.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::layout::{Str, StrView};
use crate::reference::Ref;

/// A set of strings by their text: a word for each, no copies.
#[derive(Default)]
pub(crate) struct InternTable {
    strings: HashTable<Ref<Str>>,
    state: RandomState,
}

/// How many bytes a character takes; ASCII text is told from other text by 0.
fn width(text: &Str) -> u8 {
    match text.view() {
        StrView::Ascii(_) => 0,
        StrView::Latin1(_) => 1,
        StrView::Ucs2(_) => 2,
        StrView::Ucs4(_) => 4,
    }
}

impl InternTable {
    fn find(&self, width_wanted: u8, raw: &[u8]) -> Option<Ref<Str>> {
        let hash = self.state.hash_one((width_wanted, raw));
        self.strings.find(hash, |known| known.raw() == raw && width(known) == width_wanted).cloned()
    }

    /// The string with this text.
    pub(crate) fn get(&self, text: &Str) -> Option<Ref<Str>> {
        self.find(width(text), text.raw())
    }

    /// The string with this text, if it is ASCII.
    pub(crate) fn get_ascii(&self, text: &str) -> Option<Ref<Str>> {
        self.find(0, text.as_bytes())
    }

    /// Enters a string whose text is not there yet.
    pub(crate) fn insert(&mut self, text: Ref<Str>) {
        let InternTable { strings, state } = self;
        let hash = |text: &Ref<Str>| state.hash_one((width(text), text.raw()));
        strings.insert_unique(hash(&text), text, hash);
    }
}
