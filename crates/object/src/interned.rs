//! The interned strings of an interpreter, found by their text. Interning keeps no string alive.

use std::hash::BuildHasher;
use std::ptr::NonNull;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::layout::{Str, StrView};
use crate::reference::Ref;

/// A set of strings by their text: a word for each, uncounted. A string takes itself out when it dies.
#[derive(Default)]
pub(crate) struct InternTable {
    strings: HashTable<NonNull<Str>>,
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
        let found = self.strings.find(hash, |known| {
            // SAFETY: a string is in the table until it dies.
            let known = unsafe { known.as_ref() };
            // One without references is about to die.
            known.raw() == raw && width(known) == width_wanted && known.is_referenced()
        });
        // SAFETY: as above.
        found.map(|known| Ref::from_borrowed(unsafe { known.as_ref() }))
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
    pub(crate) fn insert(&mut self, text: &Str) {
        let InternTable { strings, state } = self;
        // SAFETY: as in `find`.
        let hash = |text: &NonNull<Str>| unsafe { state.hash_one((width(text.as_ref()), text.as_ref().raw())) };
        let text = NonNull::from(text);
        strings.insert_unique(hash(&text), text, hash);
    }

    /// Takes a string out.
    pub(crate) fn remove(&mut self, text: &Str) {
        let hash = self.state.hash_one((width(text), text.raw()));
        if let Ok(entry) = self.strings.find_entry(hash, |known| std::ptr::eq(known.as_ptr(), text)) {
            entry.remove();
        }
    }
}
