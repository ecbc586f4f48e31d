//! The exception table (`co_exceptiontable`): which handler covers which instructions.
//!
//! An entry is four numbers in groups of six bits, high bits first, bit 6 set on all groups but a number's last, bit 7 on
//! the first byte of an entry: start, length, handler (in code units), and depth times two plus the `lasti` flag.

/// A range of instructions and its handler. Offsets are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionEntry {
    pub start: usize,
    /// Offset of what follows the range.
    pub end: usize,
    /// Offset of the handler.
    pub target: usize,
    /// How many values stay on the operand stack.
    pub depth: u32,
    /// Is the offset of the instruction that raised pushed before the exception?
    pub lasti: bool,
}

/// Appends an entry.
pub fn write_exception_entry(table: &mut Vec<u8>, entry: &ExceptionEntry) {
    let units = |bytes: usize| (bytes / 2) as u32;
    write_number(table, units(entry.start), 0x80);
    write_number(table, units(entry.end - entry.start), 0);
    write_number(table, units(entry.target), 0);
    write_number(table, entry.depth << 1 | u32::from(entry.lasti), 0);
}

fn write_number(table: &mut Vec<u8>, value: u32, mut mark: u8) {
    for shift in [24, 18, 12, 6] {
        if value >= 1 << shift {
            table.push((value >> shift & 0x3F) as u8 | 0x40 | mark);
            mark = 0;
        }
    }
    table.push((value & 0x3F) as u8 | mark);
}

/// The entries of a table in order. Ends at the first entry that is cut off.
#[derive(Clone, Debug)]
pub struct ExceptionEntries<'a> {
    table: &'a [u8],
    at: usize,
}

impl<'a> ExceptionEntries<'a> {
    /// Reads a table.
    pub fn new(table: &'a [u8]) -> Self {
        ExceptionEntries { table, at: 0 }
    }

    fn number(&mut self) -> Option<usize> {
        let mut value = 0usize;
        loop {
            let byte = *self.table.get(self.at)?;
            self.at += 1;
            value = (value << 6 | usize::from(byte & 0x3F)) & 0xFFFF_FFFF;
            if byte & 0x40 == 0 {
                return Some(value);
            }
        }
    }
}

impl Iterator for ExceptionEntries<'_> {
    type Item = ExceptionEntry;

    fn next(&mut self) -> Option<ExceptionEntry> {
        let start = self.number()? * 2;
        let end = start + self.number()? * 2;
        let target = self.number()? * 2;
        let depth_lasti = self.number()? as u32;
        Some(ExceptionEntry { start, end, target, depth: depth_lasti >> 1, lasti: depth_lasti & 1 != 0 })
    }
}

/// The innermost entry that covers the instruction at a byte offset.
pub fn find_handler(table: &[u8], offset: usize) -> Option<ExceptionEntry> {
    ExceptionEntries::new(table).take_while(|entry| entry.start <= offset).find(|entry| offset < entry.end)
}
