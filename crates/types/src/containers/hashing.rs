//! CPython's hash of a run of hashes: xxHash's lane mixing.

const PRIME_1: u64 = 11_400_714_785_074_694_791;
const PRIME_2: u64 = 14_029_467_366_897_019_727;
const PRIME_5: u64 = 2_870_177_450_012_600_261;
/// Instead of -1, which means "error" in C.
const INSTEAD_OF_MINUS_ONE: i64 = 1_546_275_796;

/// Combines the hashes of items in order, as `hash(tuple)` and `hash(slice)` do.
pub struct TupleHash(u64);

impl Default for TupleHash {
    fn default() -> Self {
        TupleHash(PRIME_5)
    }
}

impl TupleHash {
    /// Takes the next item's hash in.
    #[inline]
    pub fn lane(&mut self, hash: i64) {
        let mixed = self.0.wrapping_add((hash as u64).wrapping_mul(PRIME_2));
        self.0 = mixed.rotate_left(31).wrapping_mul(PRIME_1);
    }

    /// The hash of a tuple of that many items.
    pub fn finish_tuple(self, len: usize) -> i64 {
        TupleHash(self.0.wrapping_add(len as u64 ^ (PRIME_5 ^ 3_527_539))).finish()
    }

    /// The hash without the length.
    pub fn finish(self) -> i64 {
        if self.0 == u64::MAX { INSTEAD_OF_MINUS_ONE } else { self.0 as i64 }
    }
}
