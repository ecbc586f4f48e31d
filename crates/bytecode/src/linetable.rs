//! The location table (`co_linetable`): the source range of each instruction.
//!
//! An entry is a byte with bit 7 set (a kind in bits 3 to 6, the number of code units less one in the others) and what
//! the kind asks for. The format is described in CPython's `InternalDocs/code_objects.md`.

use crate::Location;
use crate::varint::{read_signed_varint, read_varint, write_signed_varint, write_varint};

const ONE_LINE: u8 = 10;
const NO_COLUMNS: u8 = 13;
const LONG: u8 = 14;
const NONE: u8 = 15;
/// Code units that one entry can cover.
const MAX_UNITS: usize = 8;

/// Writes a location table.
#[derive(Clone, Debug)]
pub struct LineTableWriter {
    table: Vec<u8>,
    line: i32,
}

impl LineTableWriter {
    /// An empty table of code that starts on `firstlineno`.
    pub fn new(firstlineno: i32) -> Self {
        LineTableWriter::with_capacity(firstlineno, 0)
    }

    /// The same, with room for so many bytes.
    pub fn with_capacity(firstlineno: i32, bytes: usize) -> Self {
        LineTableWriter { table: Vec::with_capacity(bytes), line: firstlineno }
    }

    /// Covers the next `units` code units.
    pub fn add(&mut self, location: Location, mut units: usize) {
        while units > 0 {
            let covered = units.min(MAX_UNITS);
            self.entry(location, covered);
            units -= covered;
        }
    }

    /// The finished table.
    pub fn finish(self) -> Vec<u8> {
        self.table
    }

    fn start(&mut self, kind: u8, units: usize) {
        self.table.push(first_byte(kind, units));
    }

    fn entry(&mut self, location: Location, units: usize) {
        let Location { line, end_line, col, end_col } = location;
        if line < 0 {
            return self.start(NONE, units);
        }
        let delta = line.wrapping_sub(self.line);
        self.line = line;
        let same_line = end_line == line;
        if col < 0 || end_col < 0 {
            if same_line || end_line < 0 {
                self.start(NO_COLUMNS, units);
                return write_signed_varint(&mut self.table, delta);
            }
        } else if same_line && delta == 0 && col < 80 && end_col >= col && end_col - col < 16 {
            let columns = (col & 7) << 4 | (end_col - col);
            return self.table.extend_from_slice(&[first_byte((col >> 3) as u8, units), columns as u8]);
        } else if same_line && (0..3).contains(&delta) && col < 128 && end_col < 128 {
            let first = first_byte(ONE_LINE + delta as u8, units);
            return self.table.extend_from_slice(&[first, col as u8, end_col as u8]);
        }
        self.start(LONG, units);
        write_signed_varint(&mut self.table, delta);
        for value in [end_line.wrapping_sub(line), col.wrapping_add(1), end_col.wrapping_add(1)] {
            write_varint(&mut self.table, value as u32);
        }
    }
}

fn first_byte(kind: u8, units: usize) -> u8 {
    0x80 | kind << 3 | (units - 1) as u8
}

/// Some code units and their source range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocationEntry {
    /// Byte offset of the first instruction.
    pub start: usize,
    /// Byte offset of what follows.
    pub end: usize,
    pub location: Location,
}

/// The entries of a location table, in order. Ends at the first entry that is cut off.
#[derive(Clone, Debug)]
pub struct LocationEntries<'a> {
    table: &'a [u8],
    at: usize,
    line: i32,
    offset: usize,
}

impl<'a> LocationEntries<'a> {
    /// Reads the table of code that starts on `firstlineno`.
    pub fn new(table: &'a [u8], firstlineno: i32) -> Self {
        LocationEntries { table, at: 0, line: firstlineno, offset: 0 }
    }

    fn byte(&mut self) -> Option<i32> {
        let byte = *self.table.get(self.at)?;
        self.at += 1;
        Some(i32::from(byte))
    }

    fn location(&mut self, kind: u8) -> Option<Location> {
        Some(match kind {
            NONE => Location::NONE,
            LONG => {
                self.line = self.line.wrapping_add(read_signed_varint(self.table, &mut self.at)?);
                let end_line = self.line.wrapping_add(read_varint(self.table, &mut self.at)? as i32);
                let col = (read_varint(self.table, &mut self.at)? as i32).wrapping_sub(1);
                let end_col = (read_varint(self.table, &mut self.at)? as i32).wrapping_sub(1);
                Location::new(self.line, end_line, col, end_col)
            }
            NO_COLUMNS => {
                self.line = self.line.wrapping_add(read_signed_varint(self.table, &mut self.at)?);
                Location::line(self.line)
            }
            ONE_LINE..NO_COLUMNS => {
                self.line = self.line.wrapping_add(i32::from(kind - ONE_LINE));
                let (col, end_col) = (self.byte()?, self.byte()?);
                Location::new(self.line, self.line, col, end_col)
            }
            _ => {
                let second = self.byte()?;
                let col = i32::from(kind) << 3 | second >> 4 & 7;
                Location::new(self.line, self.line, col, col + (second & 15))
            }
        })
    }
}

impl Iterator for LocationEntries<'_> {
    type Item = LocationEntry;

    fn next(&mut self) -> Option<LocationEntry> {
        let first = *self.table.get(self.at)?;
        self.at += 1;
        let location = self.location(first >> 3 & 15)?;
        let start = self.offset;
        self.offset += 2 * (usize::from(first & 7) + 1);
        Some(LocationEntry { start, end: self.offset, location })
    }
}

/// Runs of instructions on one line, as `co_lines()` gives them: byte offsets and the line, `None` where there is none.
pub fn lines(table: &[u8], firstlineno: i32) -> impl Iterator<Item = (usize, usize, Option<i32>)> + '_ {
    let mut entries = LocationEntries::new(table, firstlineno).peekable();
    std::iter::from_fn(move || {
        let first = entries.next()?;
        let mut end = first.end;
        while let Some(next) = entries.next_if(|next| next.location.line == first.location.line) {
            end = next.end;
        }
        Some((first.start, end, (first.location.line >= 0).then_some(first.location.line)))
    })
}

/// The location of each code unit, as `co_positions()` gives them.
pub fn positions(table: &[u8], firstlineno: i32) -> impl Iterator<Item = Location> + '_ {
    LocationEntries::new(table, firstlineno)
        .flat_map(|entry| std::iter::repeat_n(entry.location, (entry.end - entry.start) / 2))
}

/// The location of the instruction at a byte offset.
pub fn location_at(table: &[u8], firstlineno: i32, offset: usize) -> Option<Location> {
    LocationEntries::new(table, firstlineno).find(|entry| offset < entry.end).map(|entry| entry.location)
}
