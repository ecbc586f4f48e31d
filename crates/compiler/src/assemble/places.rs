//! Finding what a list holds by its hash.

use hashbrown::HashTable;

/// Shorter lists are searched from end to end.
const SEARCHED: usize = 16;

/// The hashes of a list's items; of a long list also the items' places by their hashes.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    hashes: Vec<u64>,
    table: HashTable<u32>,
}

impl Places {
    /// The place of the first item with this hash that is the one looked for.
    pub fn find(&self, hash: u64, is_it: impl Fn(usize) -> bool) -> Option<u32> {
        if self.hashes.len() > SEARCHED {
            return self.table.find(hash, |&place| is_it(place as usize)).copied();
        }
        let mut same = self.hashes.iter().enumerate().filter(|&(_, known)| *known == hash);
        same.find(|&(place, _)| is_it(place)).map(|(place, _)| place as u32)
    }

    /// The next item of the list has this hash; tells its place.
    pub fn push(&mut self, hash: u64) -> u32 {
        let place = self.hashes.len();
        if place == 0 {
            self.hashes.reserve(SEARCHED / 2);
        }
        self.hashes.push(hash);
        match place {
            ..SEARCHED => {}
            SEARCHED => {
                self.table.reserve(2 * SEARCHED, |_| 0);
                (0..=place as u32).for_each(|place| self.tabulate(place));
            }
            _ => self.tabulate(place as u32),
        }
        place as u32
    }

    fn tabulate(&mut self, place: u32) {
        let hashes = &self.hashes;
        let hash_of = |place: &u32| hashes[*place as usize];
        self.table.insert_unique(hash_of(&place), place, hash_of);
    }
}
