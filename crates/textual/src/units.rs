//! The unit of a string in memory.

/// One code point as `str` stores it (Latin-1, UCS-2 or UCS-4), or a byte of `bytes`.
pub trait Unit: Copy + Ord + std::hash::Hash + std::fmt::Debug + Into<u32> + 'static {}

impl Unit for u8 {}
impl Unit for u16 {}
impl Unit for u32 {}

/// A run of decimal digits (of any script) at the start of `units`: its value and length. `None` beyond `i64::MAX`.
pub(crate) fn read_integer<U: Unit>(units: &[U]) -> Option<(usize, usize)> {
    let mut value = 0usize;
    for (at, &unit) in units.iter().enumerate() {
        let Some(digit) = crate::unicode::decimal(unit.into()) else {
            return Some((value, at));
        };
        value = value.checked_mul(10)?.checked_add(digit as usize)?;
        if value > isize::MAX as usize {
            return None;
        }
    }
    Some((value, units.len()))
}
