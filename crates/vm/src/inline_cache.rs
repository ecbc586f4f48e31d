//! What specialised instructions remember.

use std::cell::{Cell, OnceCell};

use pyrope_object::{Header, Value};

/// One thing that was seen at an instruction, and what it led to.
#[repr(C)]
pub struct Way {
    /// A type's or dict's version.
    pub version: Cell<u32>,
    /// A shape, or another version.
    pub shape: Cell<u32>,
    /// A borrowed word (a value that the version keeps alive), or an offset.
    pub word: Cell<u64>,
}

impl Default for Way {
    /// A way that nothing fits.
    fn default() -> Self {
        Way::new(0, u32::MAX, 0)
    }
}

impl Way {
    /// A way for objects of a type at a version, with a shape.
    pub fn new(version: u32, shape: u32, word: u64) -> Way {
        Way { version: Cell::new(version), shape: Cell::new(shape), word: Cell::new(word) }
    }

    /// Does an object have the remembered shape, and its type the remembered version?
    #[inline(always)]
    fn fits(&self, header: &Header) -> bool {
        header.shape.get() == self.shape.get() && header.ty().current_version() == self.version.get()
    }

    fn swap(&self, other: &Way) {
        self.version.swap(&other.version);
        self.shape.swap(&other.shape);
        self.word.swap(&other.word);
    }
}

/// Ways beyond the first.
const MORE: usize = 3;
/// Every miss up to here is a reason to specialise anew; afterwards every one whose number is a power of two.
const EAGER_MISSES: u32 = 16;

/// The memory of one instruction: a way, and further ones once the first did not do.
#[derive(Default)]
#[repr(C)]
pub struct Cache {
    pub way: Way,
    /// The instruction's name index.
    pub name: u32,
    misses: Cell<u32>,
    more: OnceCell<Box<[Way; MORE]>>,
    /// The attribute is loaded to be called.
    pub method: bool,
}

impl Cache {
    /// An empty cache of an instruction with a name.
    pub fn new(name: u32, method: bool) -> Cache {
        Cache { name, method, ..Cache::default() }
    }

    /// Counts a miss; says whether to specialise again.
    pub fn missed(&self) -> bool {
        let misses = self.misses.get().saturating_add(1);
        self.misses.set(misses);
        misses <= EAGER_MISSES || misses.is_power_of_two()
    }

    /// The header of an object that the first way fits, and its word.
    #[inline(always)]
    pub fn first<'a>(&self, object: &'a Value) -> Option<(&'a Header, u64)> {
        let header = object.header()?;
        self.way.fits(header).then(|| (header, self.way.word.get()))
    }

    /// The same by the other ways.
    #[inline]
    pub fn more<'a>(&self, object: &'a Value) -> Option<(&'a Header, u64)> {
        let header = object.header()?;
        let ways = self.more.get()?;
        let found = ways.iter().find(|way| way.fits(header))?;
        Some((header, found.word.get()))
    }

    /// Remembers a way. Those known so far stay if they mean the same kind of thing.
    pub fn remember(&self, same_kind: bool, way: Way) {
        if !same_kind {
            if let Some(more) = self.more.get() {
                more.iter().for_each(|old| old.swap(&Way::default()));
            }
        } else if self.way.version.get() != 0 {
            let more = self.more.get_or_init(Box::default);
            for at in (1..MORE).rev() {
                more[at].swap(&more[at - 1]);
            }
            more[0].swap(&self.way);
        }
        self.way.swap(&way);
    }
}
