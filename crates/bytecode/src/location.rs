//! Source ranges of instructions.

use std::fmt;

/// The source range of an instruction: lines from 1, columns in UTF-8 bytes from 0. Negative numbers: not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    pub line: i32,
    pub end_line: i32,
    pub col: i32,
    pub end_col: i32,
}

impl Location {
    /// No source: the instruction belongs to no line.
    pub const NONE: Location = Location { line: -1, end_line: -1, col: -1, end_col: -1 };
    /// The line is that of the following instruction.
    pub const NEXT: Location = Location { line: -2, end_line: -2, col: -2, end_col: -2 };

    /// A range.
    pub const fn new(line: i32, end_line: i32, col: i32, end_col: i32) -> Location {
        Location { line, end_line, col, end_col }
    }

    /// A line without columns.
    pub const fn line(line: i32) -> Location {
        Location { line, end_line: line, col: -1, end_col: -1 }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.col) {
            (-1, _) => f.write_str("-"),
            (-2, _) => f.write_str("next"),
            (line, col) if col < 0 => write!(f, "{line}"),
            (line, col) => write!(f, "{line}:{col}-{}:{}", self.end_line, self.end_col),
        }
    }
}
