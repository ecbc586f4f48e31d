//! The sparse index of a dict's entries, and how it is probed.

/// No entry, nor was there ever one.
pub(super) const FREE: u32 = u32::MAX;
/// An entry was there.
pub(super) const DELETED: u32 = u32::MAX - 1;
/// Entries at most: positions are 32 bits wide.
pub(super) const MAX_ENTRIES: usize = (u32::MAX - 2) as usize;
/// Cells at least.
const MIN_CELLS: usize = 8;

/// Power-of-two many positions of entries, or `FREE` or `DELETED`. Most dicts are small: theirs lies in the dict itself.
pub(super) enum Index {
    /// The low bytes of the cells.
    Small([u8; MIN_CELLS]),
    Large(Box<[u32]>),
}

impl Default for Index {
    fn default() -> Self {
        Index::Small([FREE as u8; MIN_CELLS])
    }
}

impl Index {
    /// An index for so many entries, with every cell free; `None` without memory for it.
    pub(super) fn for_entries(entries: usize) -> Option<Index> {
        Some(match (entries * 3 / 2 + 1).next_power_of_two() {
            0..=MIN_CELLS => Index::default(),
            count => {
                let mut cells = Vec::new();
                cells.try_reserve_exact(count).ok()?;
                cells.resize(count, FREE);
                Index::Large(cells.into_boxed_slice())
            }
        })
    }

    /// The same index; `None` without memory for it.
    pub(super) fn copied(&self) -> Option<Index> {
        Some(match self {
            Index::Small(cells) => Index::Small(*cells),
            Index::Large(cells) => {
                let mut copy = Vec::new();
                copy.try_reserve_exact(cells.len()).ok()?;
                copy.extend_from_slice(cells);
                Index::Large(copy.into_boxed_slice())
            }
        })
    }

    #[inline(always)]
    pub(super) fn cells(&self) -> usize {
        match self {
            Index::Small(cells) => cells.len(),
            Index::Large(cells) => cells.len(),
        }
    }

    #[inline(always)]
    pub(super) fn get(&self, cell: usize) -> u32 {
        match self {
            // Extended by its sign, so that `FREE` and `DELETED` come out as such.
            Index::Small(cells) => i32::from(cells[cell] as i8) as u32,
            Index::Large(cells) => cells[cell],
        }
    }

    #[inline(always)]
    pub(super) fn set(&mut self, cell: usize, position: u32) {
        match self {
            Index::Small(cells) => cells[cell] = position as u8,
            Index::Large(cells) => cells[cell] = position,
        }
    }

    /// Bytes outside the dict itself.
    pub(super) fn size(&self) -> usize {
        match self {
            Index::Small(_) => 0,
            Index::Large(cells) => size_of_val(&**cells),
        }
    }
}

/// The open-addressing probe sequence of CPython: perturbed by the high bits of the hash.
pub(super) struct Probe {
    pub(super) cell: usize,
    perturb: u64,
    mask: usize,
}

impl Probe {
    #[inline]
    pub(super) fn new(hash: i64, cells: usize) -> Probe {
        let mask = cells - 1;
        Probe { cell: hash as usize & mask, perturb: hash as u64, mask }
    }

    #[inline]
    pub(super) fn advance(&mut self) {
        self.perturb >>= 5;
        self.cell = (self.cell.wrapping_mul(5).wrapping_add(self.perturb as usize).wrapping_add(1)) & self.mask;
    }
}
